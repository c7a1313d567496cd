#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# csv_guide.sh: the examples of docs/guide/csv.md run as they are written there.
. "$(dirname "$0")/csv.bash"
guide=$top_srcdir/docs/guide/csv.md
cd "$scratch" || exit 1
printf 'city,price,day,note,kind,Full Name\n' >rows.csv
printf 'New York,30,2020-02-02,,A,x\nOslo,3,2021-01-01,n,b,a test\nBergen,40,2021-01-01,n,c,y\n' >>rows.csv

# The conditions: each is understood, and takes the rows it should.
conditions()
{
    local line expected
    while read -r expected line; do
        line=${line#--where }
        [ "$(eval "\"\$RASK\" csv --quiet --format csv --where $line rows.csv")" = "$(printf 'count\n%s' "$expected")" ] ||
            fail "where $line does not take $expected rows"
    done < <(grep '^--where' "$guide" | paste -d' ' <(printf '1\n1\n1\n') -)
    [ "$(grep -c '^--where' "$guide")" = 3 ] || fail "another number of conditions in the guide"
}

# The first example, but for its figures, which follow the registries.
first_example()
{
    local files=(/usr/share/ieee-data/*.csv)
    [ -e "${files[0]}" ] || { echo "SKIP (part): no ieee-data"; return; }
    local line
    line=$(sed -n 's/^\$ rask \(csv .*\)$/\1/p' "$guide" | head -n 1)
    eval "\"\$RASK\" $line" >out 2>err || fail "the first example: $(cat err)"
    [ "$(wc -l <out)" = 5 ] || fail "the first example: $(cat out)"
    grep -q '^Organization Name  *count$' out || fail "the first example: $(head -n 1 out)"
    grep -Eq '^[0-9,]+ rows, [0-9.]+ MB in [0-9.]+ s: .*rows/s, [0-9]+ MB/s on 1 rank x [0-9]+ thread' err ||
        fail "the summary: $(cat err)"
}

conditions
first_example
finish
