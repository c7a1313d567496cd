#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# csv_errors.sh: what `rask csv` says to wrong input: one message that names the thing and the
# place, the exit code, nothing on standard output; the same for any block size and any rank.
. "$(dirname "$0")/csv.bash"
cd "$scratch" || exit 1

# refuses_everywhere CODE TEXT ARGUMENT...: the very same message however the file is cut.
refuses_everywhere()
{
    refuses "$@"
    cp err expected
    local code=$1 block
    shift 2
    for block in 5000 10007 64KiB 1MiB; do
        "$RASK" csv --block "$block" "$@" >out 2>err
        [ $? = "$code" ] && [ ! -s out ] && cmp -s err expected ||
            fail "csv --block $block $*: $(head -c 300 err) and not $(cat expected)"
    done
    has_mpi || return
    on_ranks 2 "$RASK" csv --block 50000 "$@" >out 2>err
    [ $? = "$code" ] && [ ! -s out ] && grep -qF -- "$(cat expected)" err ||
        fail "csv on 2 ranks $*: $(head -c 300 err) and not $(cat expected)"
}

printf 'city,price,day\nOslo,3,2020-01-01\nBergen,4,2020-01-02\n' >good.csv

wrong_use()
{
    refuses 2 "unknown option '--bye', did you mean '--by'" --bye city good.csv
    refuses 2 "unknown option '-x'" -x good.csv
    refuses 2 "needs a value" good.csv --by
    refuses 2 "no files" --by city
    refuses 2 "'yaml' is not table, csv or json" --format yaml good.csv
    refuses 2 "--limit: 'x'" --limit x good.csv
    [ "$("$RASK" csv --quiet --format csv --by city --limit 0 good.csv)" = "city,count" ] || fail "--limit 0"
    refuses 2 "--block: '0'" --block 0 good.csv
    refuses 2 "'price=number' is not COLUMN=TYPE" --types price=number good.csv
    refuses 2 "there twice" --types price=text,price=int64 good.csv
    refuses 2 "neither one character" --delimiter ab good.csv
    refuses 2 "'  ' is neither one character" --delimiter $'\n\n' good.csv
    refuses 2 "option --where: the condition is empty" --where '' good.csv
    refuses 2 "option --where: the condition is empty" --where ' ' good.csv
    refuses 2 "an empty name in ''" --by '' good.csv
    refuses 2 "an empty name in 'city,'" --by city, good.csv
    refuses 2 "unknown aggregate 'median'" --agg median:price good.csv
    refuses 2 "aggregate 'sum' needs a column" --agg sum good.csv
    refuses 2 "sum of column 'city' is not possible: it is text" --agg sum:city good.csv
    refuses 2 "twice" --agg sum:price,sum:price good.csv
    refuses 2 "cannot sort by 'prize'" --sort prize good.csv
    refuses 2 "threads" --threads many good.csv
}

wrong_names()
{
    refuses 2 "no column 'cty' in good.csv; did you mean 'city'?" --by cty good.csv
    refuses 2 "no column 'xyzzy' in good.csv; the columns are: city, price, day" --by xyzzy good.csv
    refuses 2 "did you mean 'price'?" --agg sum:prize good.csv
    refuses 2 "did you mean 'day'?" --types dya=date good.csv
    refuses 2 "did you mean 'price'?" --where 'prise > 3' good.csv
    printf 'a,b\n1,2\n' >ab.csv
    refuses 2 "no column 'zz' in ab.csv; the columns are: a, b" --by zz ab.csv
}

# A name of any length leaves room for the place and the remedy.
long_names()
{
    local long
    long=$(printf 'x%.0s' {1..60000})
    printf '%s,b\n1,2\n' "$long" >long_name.csv
    awk 'BEGIN { for (i = 0; i < 2500000; i++) print "1,2"; print "oops,2" }' >>long_name.csv
    refuses 1 "oops" --types "$long=int64" --agg "max:$long" long_name.csv
    grep -q "long_name.csv: line 2500003, column xxx.*\.\.\.: 'oops' is no int64; say --types xxx.*\.\.\.=TYPE" err ||
        fail "a long name: $(head -c 600 err)"
    printf '%s,b\nu,2\n' "$long" >long_name.csv
    refuses 2 "is not possible: it is text; say --types xxx" --agg "sum:$long" long_name.csv
    refuses 2 "in long_name.csv; the columns are: xxx" --by other long_name.csv
}

wrong_conditions()
{
    local blanks
    refuses 2 "option --where: 'price >' at character 8: a column, a literal" --where 'price >' good.csv
    refuses 2 "option --where: 'price > 3)' at character 10: " --where 'price > 3)' good.csv
    refuses 2 "option --where: 'city = 'Oslo' at character 8: " --where "city = 'Oslo" good.csv
    refuses 2 "option --where: 'city > 3' at character 6: " --where "city > 3" good.csv
    refuses 2 "option --where: 'price + 1' at character 7: " --where "price + 1" good.csv
    refuses 2 "option --where: 'price >  )' at character 10: " --where $'price\n>\t\t)' good.csv
    blanks=$(printf '%300s' "")
    refuses 2 " ? 1' at character 307: " --where "price $blanks? 1" good.csv
    refuses 2 "option --where: '...(((" --where "$(printf '(%.0s' {1..300})price" good.csv
    grep -q "(\.\.\.' at character [0-9]*: .*nested more than" err || fail "deep: $(cat err)"
    refuses 2 "parts" --where "price > 1$(printf '+1%.0s' {1..40000})" good.csv
}

wrong_files()
{
    mkdir -p empty.d
    : >empty.csv
    printf '\x7fELF\x02\x01\x00\x00\x00,binary\n\x00\x01\x02\n' >binary.csv
    gzip -c good.csv >packed.csv.gz
    refuses 1 "nowhere.csv: No such file or directory" nowhere.csv
    refuses 1 "nowhere*.csv: no file has such a name" 'nowhere*.csv'
    refuses 1 "no .csv or .tsv file in this directory" empty.d
    refuses 1 "empty.csv: no header and no record" empty.csv
    refuses 1 "binary.csv: a NUL byte at offset 6: a binary file" binary.csv
    refuses 1 "packed.csv.gz: is compressed by gzip" packed.csv.gz
    mkfifo pipe.csv
    refuses 1 "pipe.csv: is no regular file" pipe.csv
}

# A binary file may begin as text does: what is told is that it is binary, and not which of its "records" has
# too few "fields", or a "value" of a wrong type, before its first NUL.
binary_files()
{
    printf 'a,b,c\n1,2\n3,4,\0\n' >short.bin
    refuses_everywhere 1 "short.bin: a NUL byte at offset 14: a binary file" short.bin
    refuses 1 "short.bin: a NUL byte at offset 14: a binary file" --by nothing short.bin
    { printf 'a,b,c\n1,2\n'; head -c 20000 /dev/zero | tr '\0' x; printf '\n3,4,\0\n'; } >far.bin
    refuses 1 "far.bin: a NUL byte at offset 20015: a binary file" far.bin
    { awk 'BEGIN { print "a,b"; for (i = 0; i < 3000; i++) print i ",2"; print "x,1" }'; printf '1,\0\n'; } >type.bin
    refuses_everywhere 1 "type.bin: a NUL byte at offset 19900: a binary file" \
        --types a=int64 --agg max:a type.bin
    { printf 'a,b\n1,"never closed\n'; head -c 30000 /dev/zero; } >quote.bin
    refuses 1 "quote.bin: a NUL byte at offset 20: a binary file" quote.bin
    cp good.csv same.csv && { cat good.csv; printf '1\n2,3,4\n\0'; } >same.bin
    refuses 1 "same.bin: a NUL byte at offset" same.csv same.bin
}

# Permissions mean nothing to root, so another user tries.
forbidden_files()
{
    mkdir -p closed.d && cp good.csv closed.d && cp good.csv closed.csv && chmod 000 closed.d closed.csv
    if [ "$(id -u)" != 0 ]; then
        refuses 1 "closed.d: the directory cannot be read: Permission denied" closed.d
        refuses 1 "closed.csv: Permission denied" closed.csv
    elif command -v setpriv >/dev/null && chmod 755 . && setpriv --reuid 65534 --clear-groups test -x "$RASK"; then
        local path
        for path in closed.d closed.csv; do
            setpriv --reuid 65534 --clear-groups "$RASK" csv $path >out 2>err
            [ $? = 1 ] && [ ! -s out ] && grep -q "$path: .*Permission denied" err || fail "$path: $(cat err)"
        done
    else
        echo "SKIP (part): root may read everything, and no other user can run $RASK"
    fi
    chmod 755 closed.d closed.csv
}

# Errors in the data: the first one in the order of files and lines is told, wherever it is found.
wrong_data()
{
    awk 'BEGIN { print "k,v,w"; for (i = 1; i <= 40000; i++) print i % 7 "," i ",\"a\nb\"" }' >big.csv
    { cat big.csv; printf '1,oops,x\n2,1.5,y\n3,4\n'; cat good.csv; } >value.csv
    refuses_everywhere 1 "value.csv: line 80002, column v: 'oops' is no int64; say --types v=TYPE" \
        --by k --agg sum:v --types k=int64,v=int64 value.csv
    { cat big.csv; printf '1,2\n2,oops,x\n'; } >short.csv
    refuses_everywhere 1 "short.csv: line 80002: 2 fields where the header has 3; --fill-short" \
        --by k --agg sum:v --types v=int64 short.csv
    { cat big.csv; printf '1,2,3,4\n'; } >long.csv
    refuses_everywhere 1 "long.csv: line 80002: 4 fields where the header has 3" --by k long.csv
    { cat big.csv; printf '1,2,"never\nclosed\n'; } >quote.csv
    refuses_everywhere 1 "quote.csv: line 80002: a quote in the record that begins here is never closed" \
        --by k quote.csv
    { cat big.csv; printf '1,2,\0\n'; } >nul.csv
    refuses_everywhere 1 "nul.csv: a NUL byte at offset" --by k nul.csv
    { cat big.csv; printf '1,9223372036854775807,x\n'; } >overflow.csv
    refuses_everywhere 1 "overflow.csv: line 80002: --where 'v + 1 > 0' at character 3: " --by k --where 'v + 1 > 0' overflow.csv
    refuses_everywhere 1 "short.csv: line 80002" --by k --types v=int64 --agg max:v short.csv value.csv long.csv
    refuses_everywhere 1 "value.csv: line 80002" --by k --types v=int64 --agg max:v value.csv short.csv long.csv
}

# A header without rows is no error, and neither are files of which some are empty.
nothing_to_count()
{
    printf 'city,price\n' >header.csv
    [ "$("$RASK" csv --quiet --format csv header.csv)" = "$(printf 'count\n0')" ] || fail "a header alone"
    [ "$("$RASK" csv --quiet --format csv --by city header.csv)" = "city,count" ] || fail "a header alone, by city"
    [ "$("$RASK" csv --quiet --format csv header.csv empty.csv good.csv)" = "$(printf 'count\n2')" ] ||
        fail "an empty file beside others"
}

# A file that is named twice is read once, and what is left out of a directory is told.
odd_paths()
{
    mkdir -p d.d && cp good.csv d.d/a.csv && ln -s a.csv d.d/link && mkfifo d.d/x.csv
    "$RASK" csv --format csv d.d/a.csv ./d.d/../d.d/a.csv d.d/link >out 2>err
    [ $? = 0 ] && [ "$(cat out)" = "$(printf 'count\n2')" ] || fail "a file named three times: $(cat out err)"
    grep -q "2 files are named more than once, such as ./d.d/../d.d/a.csv, which is d.d/a.csv" err ||
        fail "a file named three times: $(cat err)"
    "$RASK" csv --format csv d.d good.csv >out 2>err
    [ $? = 0 ] && [ "$(cat out)" = "$(printf 'count\n4')" ] || fail "a pipe in a directory: $(cat out err)"
    grep -q "left out: d.d/x.csv, no regular file" err || fail "a pipe in a directory: $(cat err)"
    "$RASK" csv --quiet --format csv d.d d.d/a.csv >out 2>err
    [ $? = 0 ] && [ ! -s err ] || fail "quiet: $(cat err)"
    mkdir -p pipes.d && mkfifo pipes.d/x.csv
    refuses 1 "no .csv or .tsv file in this directory: pipes.d/x.csv is no regular file" pipes.d
    refuses 1 "standard input cannot be read in blocks; write it to a file first" -
    [ ! -r /proc/cpuinfo ] || refuses 1 "/proc/cpuinfo: is no regular file with a size; copy it" /proc/cpuinfo
}

# A disk that is full where the answer goes.
wrong_output()
{
    [ -w /dev/full ] || return
    local question
    for question in "" --list-columns; do
        # shellcheck disable=SC2086 # no word or one
        "$RASK" csv $question good.csv >/dev/full 2>err
        [ $? = 1 ] && [ "$(wc -l <err)" = 1 ] && grep -q "standard output: No space left" err ||
            fail "a full disk: $(cat err)"
    done
}

wrong_use
wrong_names
long_names
wrong_conditions
wrong_files
binary_files
forbidden_files
wrong_data
nothing_to_count
odd_paths
wrong_output
finish
