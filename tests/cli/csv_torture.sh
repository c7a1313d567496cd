#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# csv_torture.sh: files that were made to break readers. Those of csv-spectrum have their right answers beside
# them; each of the others gets an answer, or one line that says what is wrong with it, and nothing else.
. "$(dirname "$0")/csv.bash"
needs_python
seconds_each=60

# spectrum DATA: all columns as text and as groups give back the records, of which a group counts its own.
spectrum()
{
    local file expected columns found=0
    for file in "$1"/csvs/*.csv; do
        expected=$1/json/$(basename "$file" .csv).json
        columns=$(python3 -c 'import json, sys; print(",".join(json.load(open(sys.argv[1]))[0]))' "$expected")
        keep 0 "$file" "$RASK" csv --quiet --format json --by "$columns" \
            --types "${columns//,/=text,}=text" "$file"
        python3 - "$expected" "$scratch/out" <<'END' || fail "$file: not the records of $expected"
import json, sys
wanted, groups = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:])
found = []
for group in groups:
    found += [group] * group.pop("count")
order = lambda record: sorted(record.items())
sys.exit(sorted(wanted, key=order) != sorted(found, key=order))
END
        found=$((found + 1))
    done
    [ "$found" -gt 0 ] || fail "$1/csvs: no files"
    echo "$found files of csv-spectrum"
}

# What the command may do with a file: an answer and no error, or one line of error and no answer.
is_clean()
{
    local code=$1
    case $code in
        0) [ -s "$scratch/out" ] && [ ! -s "$scratch/err" ] ;;
        1 | 2) [ ! -s "$scratch/out" ] && [ "$(wc -l <"$scratch/err")" = 1 ] && grep -q '^rask' "$scratch/err" ;;
        *) return 1 ;;
    esac
}

# try FILE ARGUMENT...: sets `code`.
try()
{
    local file=$1
    shift
    timeout "$seconds_each" "$RASK" csv --quiet --format csv "$@" "$file" \
        </dev/null >"$scratch/out" 2>"$scratch/err"
    code=$?
    is_clean "$code" || fail "csv $* $file: exit code $code: $(head -c 300 "$scratch/err")"
}

# Small blocks give the same answer or error.
same_in_blocks()
{
    local file=$1 first=$2
    cat "$scratch/out" "$scratch/err" >"$scratch/first"
    try "$file" --threads 1 --block 1KiB
    cat "$scratch/out" "$scratch/err" | cmp -s "$scratch/first" - && [ "$code" = "$first" ] ||
        fail "$file: with small blocks $(cat "$scratch/out" "$scratch/err"), else $(cat "$scratch/first")"
}

# A count looks at every record. Blocks are tried with each eighth file, or with all in a full run; AddressSanitizer,
# whose processes start slowly, sees each eighth file at all.
torture()
{
    local file code first n=0 n_answers=0 n_refused=0
    while IFS= read -r file; do
        n=$((n + 1))
        [ -n "${RASK_TEST_FULL-}" ] || [ $((n % 8)) = 1 ] || [[ ${TEST_CFLAGS-} != *address* ]] || continue
        try "$file" --threads 1
        first=$code
        if [ -n "${RASK_TEST_FULL-}" ] || [ $((n % 8)) = 1 ]; then
            same_in_blocks "$file" "$first"
        fi
        if [ "$first" = 0 ]; then
            n_answers=$((n_answers + 1))
        else
            n_refused=$((n_refused + 1))
        fi
    done < <(find "$1" -type f | LC_ALL=C sort)
    [ "$n_answers" -gt 0 ] && [ "$n_refused" -gt 0 ] || fail "$1: $n_answers answers, $n_refused refused"
    echo "$n_answers files of torture-duckdb-csv have an answer, $n_refused are refused"
}

found=${RASK_TEST_DATA:-$top_srcdir/../shared/data}/csv
if [ ! -d "$found/csv-spectrum/csvs" ] && [ ! -f "$found/torture-duckdb-csv.tar.xz" ]; then
    echo "SKIP: neither csv-spectrum nor torture-duckdb-csv in $found"
    exit 77
fi
if [ -d "$found/csv-spectrum/csvs" ]; then
    spectrum "$found/csv-spectrum"
else
    echo "SKIP (part): no csv-spectrum in $found"
fi
if [[ ${TEST_CFLAGS-} == *thread* ]]; then
    echo "SKIP (part): torture-duckdb-csv is read by one thread, of which ThreadSanitizer has nothing to say"
elif find_data torture-duckdb-csv; then
    torture "$scratch/data"
else
    echo "SKIP (part): no torture-duckdb-csv in $found"
fi
finish
