#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# csv_types.sh: columns whose first values come late: their type is found, or the first value that
# comes without a type is an error; never an answer of the wrong type. Names of columns, what is
# missing, records of any length.
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

# A name that is made up never stands for the column that has it in the header.
names_of_columns()
{
    printf 'a,a,a_2\n1,10,100\n' >repeated.csv
    answers "sum_a,sum_a_2,sum_a_3 1,100,10" --agg sum:a,sum:a_2,sum:a_3 repeated.csv
    printf ',c1\n5,7\n' >unnamed.csv
    printf 'c1,x\n100,1\n' >named.csv
    answers "sum_c1 107" --agg sum:c1 unnamed.csv named.csv
    answers "sum_c1_2 5" --agg sum:c1_2 unnamed.csv
}

# No two columns of a result have one name, in any format.
names_of_results()
{
    printf 'sum_v,v,count\nx,2,c\n' >twice.csv
    answers "sum_v,sum_v_2 x,2" --by sum_v --agg sum:v twice.csv
    answers "count,count_2 c,1" --by count twice.csv
    answers "sum_v,sum_v_2 x,2" --by sum_v --agg sum:v --sort sum_v_2:desc twice.csv
    answers "sum_v,sum_v_2 x,2" --by sum_v --agg sum:v --sort sum:v twice.csv
    [ "$("$RASK" csv --quiet --format json --by sum_v --agg sum:v twice.csv | sed -n 2p)" = '{"sum_v": "x", "sum_v_2": 2}' ] ||
        fail "names in JSON"
}

# JSON is UTF-8: what is not is refused and not made equal.
latin1()
{
    printf 'a,b\ncaf\xe9,1\ncaf\xe8,2\n' >latin1.csv
    refuses 1 "column a: 'caf\\xe9' is no UTF-8" --by a --format json --sort sum_b --agg sum:b latin1.csv
    answers "$(printf 'a,sum_b caf\xe9,1 caf\xe8,2')" --by a --agg sum:b --sort sum_b latin1.csv
    printf 'caf\xe9,b\nu,2\n' >latin1.csv
    refuses 1 "column caf\\xe9: 'caf\\xe9' is no UTF-8" --by "$(printf 'caf\xe9')" --format json latin1.csv
    [ "$("$RASK" csv --quiet --format json --agg sum:b latin1.csv | sed -n 2p)" = '{"sum_b": 2}' ] || fail "ASCII in JSON"
}

# A word for missing in quotes is a text, and in a column of another type missing.
quoted_missing()
{
    printf 'a,b\n"NA",1\nNA,"NA"\n' >quoted.csv
    answers "count_a,count_b 1,1" --agg count:a,count:b quoted.csv
}

# The limit on a record is the same for any block size.
long_record()
{
    local block
    { printf 'a,b\n1,'; head -c 70000000 /dev/zero | tr '\0' x; printf '\n2,y\n'; } >long.csv
    for block in 4MiB 64MiB 80MiB; do
        refuses 1 "long.csv: line 2: a record of more than 67108864 bytes" --agg sum:a --block $block long.csv
    done
    { printf 'a,b\n1,'; head -c 60000000 /dev/zero | tr '\0' x; printf '\n2,y\n'; } >long.csv
    for block in 1MiB 4MiB 80MiB; do
        answers "sum_a 3" --agg sum:a --block $block long.csv
    done
    rm long.csv
}

small_file
unseen_file
no_value
wide_file
names_of_columns
names_of_results
latin1
quoted_missing
long_record
finish
