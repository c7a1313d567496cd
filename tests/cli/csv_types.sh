#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# csv_types.sh: columns whose first values come late: their type is found, or the first value that
# comes without a type is an error; never an answer of the wrong type.
. "$(dirname "$0")/csv.bash"
cd "$scratch" || exit 1

# answers EXPECTED ARGUMENT...: the result as CSV, rows joined by blanks.
answers()
{
    local expected=$1 found
    shift
    found=$("$RASK" csv --quiet --format csv "$@" 2>err | tr '\n' ' ')
    [ "$found" = "$expected " ] || fail "csv $*: '$found' and not '$expected': $(head -c 300 err)"
}

# The values are at the end of a file that is read whole for its types.
small_file()
{
    awk 'BEGIN { print "a,b"; for (i = 0; i < 60000; i++) print i ","; print "1,9\n2,10\n3,100" }' >small.csv
    answers "max_b,min_b 100,9" --agg max:b,min:b small.csv
    answers "count 2" --where 'b < 50' small.csv
    answers "b,count 9,1 10,1 100,1 ,60000" --by b small.csv
    answers "a,max_b 3,100" --by a --agg max:b --sort max_b:desc --limit 1 small.csv
}

# The values are in files that no sample looks at.
unseen_file()
{
    local i
    mkdir -p many.d
    for ((i = 100; i < 700; i++)); do
        printf 'a,b\n%d,\n' $i >many.d/$i.csv
    done
    printf 'a,b\n1,""\n2,NA\n3, \n4,9\n5,10\n' >many.d/101.csv
    local question place="many.d/101.csv: line 5, column b: '9'"
    for question in "--agg max:b" "--agg min:b" "--agg first:b" "--agg last:b" "--agg nunique:b" "--by b"; do
        # shellcheck disable=SC2086 # words of a command line
        refuses 1 "$place" $question many.d
        grep -qF -- "say --types b=TYPE" err || fail "$question: no remedy in: $(cat err)"
        # shellcheck disable=SC2086
        refuses 1 "$place" $question --block 10 many.d
    done
    refuses 1 "$place" --where "b > '5'" many.d
    answers "max_b,min_b 10,9" --agg max:b,min:b --types b=int64 many.d
    answers 'max_b,min_b 9,""' --agg max:b,min:b --types b=text many.d
    answers "count 604" many.d
    answers "max_a 699" --agg max:a many.d
}

# No value anywhere: nothing is refused that has an answer.
no_value()
{
    printf 'a,b\n1,\n2,""\n' >none.csv
    answers 'b,count "",1 ,1' --by b none.csv
    answers 'max_b,nunique_b "",1' --agg max:b,nunique:b none.csv
}

# A header longer than what was once looked at.
wide_file()
{
    awk 'BEGIN { for (i = 0; i < 20000; i++) printf "column%d%s", i, i < 19999 ? "," : "\n"
                 for (row = 9; row <= 10; row++)
                     for (i = 0; i < 20000; i++) printf "%d%s", row, i < 19999 ? "," : "\n" }' >wide.csv
    answers "max_column19999,sum_column7 10,19" --agg max:column19999,sum:column7 wide.csv
    [ "$("$RASK" csv --list-columns wide.csv | grep -c '^int64 ')" = 20000 ] || fail "types of a wide file"
}

small_file
unseen_file
no_value
wide_file
finish
