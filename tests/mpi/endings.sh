#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# endings.sh: how a job ends when it does not end by rask_stop: a hang that is cut by a timeout tells where each
# rank is; an early return, exit, Ctrl-C, SIGTERM and the death of a rank leave no process and no shared memory
# behind. Alone, and on ranks if this build has MPI.
# shellcheck source=tests/cli/cli.bash
. "$top_srcdir/tests/cli/cli.bash"
ending=$top_builddir/tests/mpi/ending
alone=("${BASH:-bash}" "$top_srcdir/tests/run_with_timeout")

on_ranks()
{
    local n=$1
    local -x ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
    shift
    "${BASH:-bash}" "$top_srcdir/tests/mpirun.sh" -n "$n" "$@"
}

# hangs N COMMAND...: the time grows until the hang is reached before it, on whatever machine.
hangs()
{
    local n=$1 seconds rank what
    shift
    for seconds in 2 10 60; do
        RASK_TEST_TIMEOUT=$seconds keep 124 "$n: a hang" "$@" "$ending" hang
        [[ $err != *"waits for ever"* ]] || break
    done
    for ((rank = 0; rank < n; rank++)); do
        [[ $out$err == *"report of rank $rank of $n"* ]] || fail "$n: no stall report of rank $rank"
    done
    # Who waits for whom: the client for its future, which the scheduler sees run at the last worker.
    for what in "client: 1 futures pending" "scheduler: 1 tasks: 1 processing;" "    assigned: task " \
        "worker $((n - 1)): 1 assignments, 0 wait for inputs"; do
        [[ $out$err == *"$what"* ]] || fail "$n: the stall reports do not say '$what'"
    done
    said err "run_with_timeout: stopped after"
}

# ends CODE WHAT COMMAND...
ends()
{
    keep "$@"
    [[ $err != *rask:* ]] || fail "$2: an error is told"
}

# Those of the process ids that are still there, dead ones that nobody has waited for aside.
left_over()
{
    local id state
    for id in "$@"; do
        state=$(sed -n 's/^State:[[:space:]]*//p' "/proc/$id/status" 2>/dev/null)
        case $state in '' | Z* | X*) ;; *) echo "process $id" ;; esac
        find /dev/shm -maxdepth 1 -name "rask.$id.*" 2>/dev/null
    done
}

# stopped N SIGNAL WHOM WHAT COMMAND...: a job at work gets the signal; WHOM counts the launcher as 0, the ranks
# from 1. What it says is in $err, its exit code in $code.
stopped()
{
    local n=$1 signal=$2 whom=$3 what=$4 job ids left tries=100
    shift 4
    rm -f "$scratch/ids"
    mkfifo "$scratch/ids"
    exec 3<>"$scratch/ids"
    "$@" "$ending" work "$scratch/ids" >"$scratch/out" 2>"$scratch/err" 3<&- &
    job=$!
    read -r -t 100 -a ids <&3
    exec 3<&-
    [ ${#ids[@]} = $((n + 1)) ] || fail "$what: ${#ids[@]} process ids, not $((n + 1))"
    kill -s "$signal" "${ids[whom]}"
    wait $job
    code=$?
    out=$(cat "$scratch/out")
    err=$(cat "$scratch/err")
    # Whoever was killed takes a moment to be gone.
    while left=$(left_over "${ids[@]:1}") && [ -n "$left" ] && [ $((tries -= 1)) -gt 0 ]; do
        sleep 0.1
    done
    [ -z "$left" ] || fail "$what: left over: $left"
    [ $code != 0 ] && [ $code != 124 ] || fail "$what: exit code $code"
}

hangs 1 "${alone[@]}"
ends 0 "an early return" "${alone[@]}" "$ending" return
ends 5 "exit" "${alone[@]}" "$ending" exit
# The leak checker of a child of fork does not see the memory of the threads that are not there.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 ends 0 "children" "${alone[@]}" "$ending" fork
ends 0 "a second runtime" "${alone[@]}" "$ending" twice
for signal in INT TERM; do
    stopped 1 $signal 1 "alone, SIG$signal" "${alone[@]}"
    said err "ending: interrupted"
done

if has_mpi; then
    hangs 2 on_ranks 2
    for n in 2 4; do
        ends 0 "$n: an early return" on_ranks $n "$ending" return
        keep 5 "$n: exit" on_ranks $n "$ending" exit
    done
    ends 0 "3: children" on_ranks 3 "$ending" fork
    ends 0 "3: a second start" on_ranks 3 "$ending" twice
    stopped 2 INT 0 "2: Ctrl-C" on_ranks 2
    stopped 4 TERM 0 "4: SIGTERM" on_ranks 4
    RASK_SIGNALS=no stopped 2 INT 0 "2: Ctrl-C without signals" on_ranks 2
    # The launcher names the rank that died.
    stopped 3 KILL 2 "3: the death of a worker" on_ranks 3
    [[ $err == *[Kk]illed* ]] || fail "3: nobody tells of the death of a worker"
    stopped 2 KILL 1 "2: the death of rank 0" on_ranks 2
    [[ $err == *[Kk]illed* ]] || fail "2: nobody tells of the death of rank 0"
fi
finish
