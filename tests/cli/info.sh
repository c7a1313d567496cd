#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# info.sh: `rask info` alone and on ranks: what it shows of the job, and where settings come from.
# shellcheck source=tests/cli/cli.bash
. "$top_srcdir/tests/cli/cli.bash"

# expect_json EXPRESSION: $out is one JSON object `info` for which the expression holds.
expect_json()
{
    command -v python3 >/dev/null || return 0
    printf '%s' "$out" | python3 -c "
import json, sys
info = json.load(sys.stdin)
settings = {s['name']: s for s in info['settings']}
sys.exit(0 if ($1) else 1)" || fail "JSON: not so: $1"
}

# setting NAME: its line on the page.
setting()
{
    printf '%s\n' "$out" | sed -n "s/^  $1  *//p"
}

run 0 info --threads 1
silent err
for word in Machine Job Ranks Settings embedded "one process" "scheduler, client, worker"; do
    said out "$word"
done
[[ $(setting threads) =~ ^1\ .*option\ --threads$ ]] || fail "threads: value 1 from option --threads"
[[ $(setting bind) =~ default$ ]] || fail "bind: from default"

run 0 info --json --threads=2
silent err
expect_json "info['form'] == 'embedded' and info['slots'] == 2 and info['workers'] == 1"
expect_json "len(info['ranks']) == 1 and info['ranks'][0]['slots'] == 2 and info['ranks'][0]['host'] != ''"
expect_json "settings['threads'] == {'name': 'threads', 'value': '2', 'source': 'option --threads'}"
expect_json "settings['signals']['source'] == 'program' and 'arena' in settings"

# Option before environment before file before default; the place is told.
printf '# mine\nlog = info\nspin = 7us\nthreads = 3\n' >"$scratch/settings"
export RASK_CONFIG=$scratch/settings RASK_SPIN=9us
run 0 info --json --threads 1
unset RASK_SPIN
expect_json "settings['threads']['value'] == '1' and settings['threads']['source'] == 'option --threads'"
expect_json "settings['spin']['value'] == '9 us' and settings['spin']['source'] == 'RASK_SPIN'"
expect_json "settings['log']['value'] == 'info' and settings['log']['source'].endswith('settings line 2')"
expect_json "settings['arena']['source'] == 'default'"

# --quiet: no progress, no warnings; an option of one's own still counts.
run 0 info --json --quiet
expect_json "settings['log']['value'] == 'error' and settings['progress']['value'] == 'no'"
run 0 info --json --quiet --log debug
expect_json "settings['log']['value'] == 'debug'"

# What is wrong in the file or the environment is told with its place.
printf 'threads = 1\nthread = 2\n' >"$scratch/settings"
run 2 info
silent out
said err "settings line 2"
said err "the nearest is \"threads\""
unset RASK_CONFIG
RASK_THREDS=1 run 2 info
said err "RASK_THREDS"
said err "RASK_THREADS"

# The trace of a job: the states of each task, from the first to the last, in the order of their times.
printf 'kind,amount\na,1\nb,2\na,3\n' >"$scratch/data.csv"
run 0 csv --quiet --trace "$scratch/trace" --threads 1 --by kind --agg count "$scratch/data.csv"
! command -v python3 >/dev/null || python3 - "$scratch/trace" <<'END' || fail "the trace: $(cat "$scratch/trace")"
import re, sys
named = re.compile(r'function=(\d+) is (\S+)\n')
form = re.compile(r'\d+\.\d{9} task-state task=(\d+) (\S+) -> (\S+) cause=\S+ worker=\S+ epoch=\S+ function=(\d+)\n')
names, stories, times = {}, {}, []
for line in open(sys.argv[1]):
    if not times and named.fullmatch(line):
        names.update([named.fullmatch(line).groups()])
        continue
    task, before, after, function = form.fullmatch(line).groups()
    times.append(float(line.split()[0]))
    assert names[function].startswith('rask.csv.'), line
    assert stories.setdefault(task, ['released'])[-1] == before, line
    stories[task].append(after)
# What is still held when the command ends is not let go any more.
whole = 'released waiting queued processing memory released forgotten'.split()
assert len(stories) >= 2 and all(len(story) >= 5 and story == whole[:len(story)] for story in stories.values()), stories
assert times == sorted(times)
END

run 0 info --counters
silent err
said out "tasks_done"
said out "get_bytes_rank0_relayed"

if has_mpi; then
    for n in 2 4; do
        run_ranks "$n" 0 info --threads 1
        said out "$n ranks"
        said out "Open MPI"
        said out "MPI_THREAD_"
        [ "$(printf '%s\n' "$out" | grep -c ' worker ')" -ge "$((n - 1))" ] || fail "$n ranks: a line per worker"
        [ "$(printf '%s\n' "$out" | grep -c '^Settings')" = 1 ] || fail "$n ranks: one page"
        run_ranks "$n" 0 info --json --threads 1 --rank0-works no
        expect_json "info['form'] == 'MPI' and [r['rank'] for r in info['ranks']] == list(range($n))"
        expect_json "info['workers'] == $n - 1 and sum(r['slots'] for r in info['ranks']) == info['slots']"
        expect_json "info['ranks'][0]['roles'] == 'scheduler, client' and info['ranks'][1]['roles'] == 'worker'"
        expect_json "len({r['process'] for r in info['ranks']}) == $n"
    done
    # Where one rank cannot share its memory, its whole node does without, or all ranks end if it was asked for.
    run_ranks 2 0 info
    said out "objects are read in place"
    printf '[ "${OMPI_COMM_WORLD_RANK-${PMI_RANK-0}}" != 1 ] || ulimit -f 102400\nexec "$rask" "$@"\n' \
        >"$scratch/one_limited"
    rask=$RASK RASK=$BASH run_ranks 2 0 "$scratch/one_limited" info --arena 1GiB
    said out "objects are fetched"
    said out "ulimit -f"
    rask=$RASK RASK=$BASH run_ranks 2 1 "$scratch/one_limited" info --arena 1GiB --node-memory shared
    said err "ulimit -f"
    said err "set node-memory to auto or private"
    run_ranks 2 0 info --node-memory private
    said out "the setting node-memory asks for it"
    # What is wrong on one rank alone is told once, and all ranks end.
    printf '[ "${OMPI_COMM_WORLD_RANK-${PMI_RANK-0}}" != 1 ] || export RASK_THREADS=many\nexec "$rask" "$@"\n' \
        >"$scratch/one_wrong"
    rask=$RASK RASK=$BASH run_ranks 2 2 "$scratch/one_wrong" info
    said err "many"
    said err "rank 1"
    [ "$(printf '%s\n' "$err" | grep -c '^rask: ')" = 1 ] || fail "one rank with a wrong setting: one line"
fi
finish
