#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# csv_stops.sh: what ends `rask csv` in the middle: Ctrl-C, and a file that changes while it is read.
. "$(dirname "$0")/csv.bash"
cd "$scratch" || exit 1

awk 'BEGIN { print "k,v"; for (i = 0; i < 4000000; i++) print i % 7 "," i }' >rows.csv

# The progress line says that it is at work; blocks this small keep it there for seconds.
interrupted()
{
    local name=$1 signal=$2 expected=$3 pid code
    shift 3
    : >err
    env --default-signal=INT "$@" --progress yes --block 1KiB --by k --agg sum:v,nunique:v rows.csv >out 2>err &
    pid=$!
    until [ -s err ] || ! kill -0 $pid 2>/dev/null; do
        :
    done
    kill -s "$signal" $pid
    wait $pid
    code=$?
    [ $code = "$expected" ] || fail "$name: exit code $code: $(tail -c 300 err)"
    [ ! -s out ] || fail "$name: standard output: $(head -c 100 out)"
    tail -n 1 err | grep -q "rask csv: interrupted" || fail "$name: $(tail -c 300 err)"
}

# A job in the background of a script ignores Ctrl-C, and goes on ignoring it.
ignored()
{
    local pid
    : >err
    env --ignore-signal=INT "$RASK" csv --format csv --progress yes --block 16KiB --agg max:v rows.csv >out 2>err &
    pid=$!
    until [ -s err ] || ! kill -0 $pid 2>/dev/null; do
        :
    done
    kill -s INT $pid
    wait $pid || fail "an ignored Ctrl-C: exit code $?: $(tail -c 300 err)"
    [ "$(cat out)" = "$(printf 'max_v\n3999999')" ] || fail "an ignored Ctrl-C: $(head -c 100 out)"
}

# Somebody writes to the file all the time: what was looked at first is not what is read later.
changed()
{
    local writer
    (while :; do touch rows.csv; done) &
    writer=$!
    "$RASK" csv --by k --agg sum:v rows.csv >out 2>err
    local code=$?
    kill $writer
    wait $writer 2>/dev/null
    [ $code = 1 ] || fail "a file that changes: exit code $code"
    [ ! -s out ] || fail "a file that changes: standard output: $(head -c 100 out)"
    grep -q "rask csv: rows.csv: the file changed while it was read" err || fail "a file that changes: $(cat err)"
}

# The line of progress is gone at the end, and is not there when it is not wanted.
progress()
{
    "$RASK" csv --progress yes --block 1KiB --by k rows.csv >out 2>err || fail "progress: $(cat err)"
    grep -q '% *, [0-9]* MB/s, .* left' err || fail "progress: none shown: $(head -c 200 err)"
    tail -n 1 err | grep -q $'\r\033\\[K[0-9,]* rows, ' || fail "progress: not erased: $(tail -c 200 err)"
    "$RASK" csv --by k rows.csv >out 2>err
    ! grep -q $'\r' err || fail "progress where nobody looks"
    "$RASK" csv --quiet --by k rows.csv >out 2>err
    [ ! -s err ] || fail "not quiet: $(cat err)"
}

interrupted "Ctrl-C" INT 130 "$RASK" csv --threads 1
interrupted "SIGTERM" TERM 143 "$RASK" csv --threads 2
ignored
changed
progress
finish
