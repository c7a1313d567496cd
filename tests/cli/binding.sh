#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# binding.sh: ranks that the launcher has bound to cores: what fits is shown by `rask info`, and sets of cores that
# overlap in part end the start.
# shellcheck source=tests/cli/cli.bash
. "$top_srcdir/tests/cli/cli.bash"
has_mpi || {
    echo "SKIP: no MPI, or ThreadSanitizer, which does not know it"
    exit 77
}
for tool in python3 taskset; do
    command -v $tool >/dev/null || {
        echo "SKIP: no $tool here"
        exit 77
    }
done

# member EXPRESSION: of the JSON object `info` in $out.
member()
{
    printf '%s' "$out" | python3 -c "
import json, sys
info = json.load(sys.stdin)
ranks = info['ranks']
print($1)"
}

# The first two processors of different cores that this test may use.
first_of_two_cores()
{
    python3 -c "
import os
def core(cpu):
    try:
        return open('/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list' % cpu).read()
    except OSError:
        return cpu
cpus = sorted(os.sched_getaffinity(0))
other = [cpu for cpu in cpus if core(cpu) != core(cpus[0])]
print(cpus[0], *other[:1])"
}

read -r a b < <(first_of_two_cores)
[ -n "${b-}" ] || {
    echo "SKIP: one core: nothing can overlap in part"
    exit 77
}
bound=("$BASH" "$top_srcdir/tests/mpirun.sh" -n 1)

keep 1 "overlapping in part" "${bound[@]}" taskset -c "$a" "$RASK" info : -n 1 taskset -c "$a,$b" "$RASK" info
silent out
said err "ranks 0 and 1 of this node are bound to cpusets that overlap in part: $a and "
said err "start with mpirun --bind-to none"
[ "$(own_lines)" = 1 ] || fail "overlapping in part: $(own_lines) lines of rask, not 1"

# Sets that do not overlap are used as they are.
keep 0 "one core each" "${bound[@]}" taskset -c "$a" "$RASK" info --json : -n 1 taskset -c "$b" "$RASK" info --json
[ "$(member "*[r['cpuset'] for r in ranks]")" = "$a $b" ] || fail "one core each: $a and $b"
[ "$(member "all(r['is_bound'] for r in ranks)")" = True ] || fail "one core each: bound"

# What the launcher binds itself.
keep 0 "--bind-to core" "$BASH" "$top_srcdir/tests/mpirun.sh" -n 2 --map-by core --bind-to core "$RASK" info --json
[ "$(member "len({r['cpuset'] for r in ranks})")" = 2 ] || fail "--bind-to core: two ranks on different cores"
[ "$(member "all(r['is_bound'] for r in ranks)")" = True ] || fail "--bind-to core: bound"
finish
