#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# bench.sh: `rask bench` prints one JSON object per line with the members that are promised, for every
# benchmark, alone and on ranks; no figure is judged. Ctrl-C stops it in order.
# shellcheck source=tests/cli/cli.bash
. "$top_srcdir/tests/cli/cli.bash"
command -v python3 >/dev/null || {
    echo "SKIP: no python3 to read JSON with"
    exit 77
}
all="noop latency chain tree fanout transfer shuffle objects idle start"

# expect_lines NAMES RANKS [private]: $out has these lines in this order, each complete; objects were read in place,
# or fetched if node-memory is private. Each tells of at least $least_load threads of others, if that is set.
expect_lines()
{
    printf '%s\n' "$out" | python3 -c "
import json, sys
own = {'noop': ['tasks_per_s', 'scheduler_bytes_per_task'], 'latency': ['p50_ns', 'p99_ns'],
       'chain': ['ns_per_task'], 'tree': ['tasks_per_s'], 'fanout': ['tasks_per_s'],
       'transfer': ['bytes', 'bytes_per_s', 'raw_get_bytes_per_s', 'memcpy_bytes_per_s', 'moved_bytes'],
       'shuffle': ['bytes', 'blocks', 'bytes_per_s', 'memcpy_bytes_per_s'],
       'objects': ['take_and_give_ns', 'take_p99_ns', 'give_p99_ns'],
       'idle': ['scheduler_cpu', 'scheduler_cpu_max', 'worker_cpu', 'worker_cpu_max', 'wake_p50_ns', 'cpu'],
       'start': ['job_ranks', 'job_start_s']}
lines = [json.loads(line) for line in sys.stdin]
assert [line['bench'] for line in lines] == '$1'.split(), lines
for line in lines:
    name = line['bench']
    common = ['ranks', 'threads', 'tasks', 'seconds', 'min', 'max', 'repeats', 'probe_ns', 'load', 'version']
    for member in common + own[name]:
        assert member in line, (name, member)
    assert line['ranks'] == (1 if name == 'start' else $2) and line['threads'] >= 1, line
    assert 0 < line['min'] <= line['seconds'] <= line['max'] and line['repeats'] >= 1, line
    assert line['probe_ns'] is None or line['probe_ns'] > 0, line
    assert line['load'] is None or line['load'] >= ${least_load-0}, line
    for member in own[name]:
        if line[member] is None:
            assert member in ('raw_get_bytes_per_s', 'bytes_per_s') or $2 == 1 and member == 'job_start_s', line
        else:
            assert isinstance(line[member], list) or line[member] >= 0, (name, member, line)
    if name == 'noop':
        assert line['scheduler_bytes_per_task'] > 0, line
    if name == 'idle':
        assert len(line['cpu']) == line['ranks'], line
        assert line['scheduler_cpu'] <= line['scheduler_cpu_max'], line
    if name == 'start':
        assert line['job_ranks'] == $2 and (line['job_start_s'] is None) == ($2 == 1), line
    if name == 'transfer':
        moved = line['moved_bytes']
        assert moved == (line['bytes'] + 64 if '${3-}' == 'private' else 0), line
        assert (line['bytes_per_s'] is None) == (moved == 0), line
" || fail "lines of $1"
}

run 0 bench --tasks 500 --repeats 2 --seconds 0.2 --bytes 100kB
silent err
expect_lines "$all" 1
run 0 bench --tasks 300 --repeats 1 --threads 1 tree noop
expect_lines "tree noop" 1
said out '"threads": 1,'
said out '"repeats": 1,'
said out '"tasks": 599,'
run 0 bench --bytes 1 --seconds 0 transfer
expect_lines transfer 1
said out '"repeats": 1,'

# Somebody who takes a core is seen at once.
timeout 60 "$BASH" -c 'while :; do :; done' &
other=$!
run 0 bench --tasks 50 --repeats 1 noop
kill $other
wait $other
least_load=1 expect_lines noop 1

# The hidden side of `start` is not for people.
run 2 bench --first-result
silent out

# The first Ctrl-C ends it in order, with its own exit code.
keep 130 "interrupted" env --default-signal=INT timeout --foreground --preserve-status -s INT 1 "$RASK" bench noop --seconds 100 --repeats 1000
said err "rask: interrupted"

if has_mpi; then
    for n in 2 4; do
        run_ranks "$n" 0 bench --tasks 300 --repeats 2 --seconds 0.2 --bytes 100kB --threads 1
        expect_lines "$all" "$n"
    done
    # Read in place, and fetched: by the client, and by a task.
    run_ranks 2 0 bench --tasks 200 --repeats 1 --bytes 50kB --rank0-works no --window two-sided transfer latency
    expect_lines "transfer latency" 2
    said out '"raw_get_bytes_per_s": null'
    for n in 2 3; do
        run_ranks "$n" 0 bench --repeats 2 --bytes 50kB --rank0-works no --node-memory private transfer
        expect_lines "transfer" "$n" private
    done
fi
finish
