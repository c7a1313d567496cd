#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# csv_stops.sh: what ends `rask csv` in the middle: Ctrl-C, and a file that changes while it is read; and the
# line of progress until then.
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

shrink()
{
    truncate -s 30000000 "$1"
}

grow()
{
    echo 1,2 >>"$1"
}

# Another file of the same name, size and time.
replace()
{
    cp -p "$1" "$1.new" && mv "$1.new" "$1"
}

# The command is stopped in the middle, which the progress line tells, until the file is another.
changed_under_way()
{
    local change=$1 expected=$2 pid code
    cp rows.csv moving.csv
    : >err
    "$RASK" csv --progress yes --block 1KiB --by k --agg sum:v moving.csv >out 2>err &
    pid=$!
    until [ -s err ] || ! kill -0 $pid 2>/dev/null; do
        :
    done
    kill -s STOP $pid
    [ ! -s out ] || fail "$change: the command had done before the file could change"
    $change moving.csv
    kill -s CONT $pid
    wait $pid
    code=$?
    [ $code = 1 ] || fail "$change under way: exit code $code"
    [ ! -s out ] || fail "$change under way: standard output: $(head -c 100 out)"
    tr '\r' '\n' <err >lines
    [ "$(grep -c '^.*rask csv: ' lines)" = 1 ] && grep -qF "rask csv: moving.csv: $expected" lines ||
        fail "$change under way: $(tail -c 300 err)"
    rm -f moving.csv
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

# on_terminal ARGUMENT...: standard error is a terminal, what comes there goes to err. Ctrl-C follows the first
# line of progress.
on_terminal()
{
    python3 - "$RASK" csv "$@" <<'END' >err
import os, pty, signal, subprocess, sys
master, slave = pty.openpty()
with open("out", "wb") as out:
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=out, stderr=slave)
os.close(slave)
said = b""
is_interrupted = False
while True:
    try:
        text = os.read(master, 65536)
    except OSError:  # the other end is closed
        break
    if not text:
        break
    said += text
    if b" left" in said and not is_interrupted:
        process.send_signal(signal.SIGINT)
        is_interrupted = True
sys.stdout.buffer.write(said)
sys.exit(process.wait())
END
}

# Without a word about it, progress is shown to whoever looks at a terminal, and to nobody else.
terminal()
{
    command -v python3 >/dev/null || { echo "SKIP (part): no python3 for a terminal"; return; }
    on_terminal --block 1KiB --agg max:v rows.csv
    [ $? = 130 ] && [ ! -s out ] || fail "terminal: not interrupted: $(tail -c 300 err)"
    grep -q $'\r\\[[#.]*\\].*%, [0-9]* MB/s, .* left' err || fail "terminal: no progress: $(head -c 200 err)"
    on_terminal --quiet --block 16KiB --agg max:v rows.csv || fail "quiet terminal: $(tail -c 300 err)"
    [ ! -s err ] || fail "quiet terminal: $(head -c 200 err)"
    on_terminal --progress no --block 16KiB --agg max:v rows.csv || fail "terminal without progress: $(cat err)"
    ! grep -q ' left' err || fail "terminal without progress: $(head -c 200 err)"
    "$RASK" csv --block 16KiB --agg max:v rows.csv >out 2>err || fail "no terminal: $(cat err)"
    ! grep -q $'[\r\033]' err || fail "no terminal: $(head -c 200 err)"
}

interrupted "Ctrl-C" INT 130 "$RASK" csv --threads 1
interrupted "SIGTERM" TERM 143 "$RASK" csv --threads 2
ignored
changed
changed_under_way shrink "the file changed while it was read"
changed_under_way grow "the file changed while it was read"
changed_under_way replace "the file changed while it was read"
changed_under_way "rm -f" "No such file or directory"
progress
terminal
finish
