#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# jobs.sh: the job scripts under a real Slurm of three virtual nodes, with srun and with mpirun. Each job runs where
# it says, and gives the same as one process. Skipped where there are no virtual hosts or no Slurm.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
spread=$top_builddir/tests/cluster/spread
failed=0

fail()
{
    echo "FAIL: $1"
    failed=1
}

# submit NAME LAUNCHER SCRIPT COMMAND...: one job, its output in NAME.out
submit()
{
    local name=$1 launcher=$2 script=$3
    shift 3
    LAUNCHER=$launcher sbatch -Q --job-name="$name" --output="$name.out" --time=2 --chdir="$PWD" \
        "$top_srcdir/jobscripts/$script" "$@" || fail "$name cannot be submitted"
}

# Until no job waits or runs.
wait_for_jobs()
{
    while [ -n "$(squeue -h -o %i)" ]; do
        sleep 0.2
    done
}

# check NAME N: the job's program was on N hosts and found the sum. Which hosts is Slurm's affair.
check()
{
    local where
    where=$(sed -n 's/^ranks .*, hosts //p' "$1.out" 2>/dev/null)
    if [ "$(tr ' ' '\n' <<<"$where" | grep -cx 'n[123]')" = "$2" ] && [ "$(grep ^sum "$1.out")" = "$alone" ]; then
        echo "ok: $1: $(grep ^ranks "$1.out")"
    else
        fail "$1: should be on $2 hosts with $alone, but says:"
        cat "$1.out"
    fi
}

# check_all_cores LAUNCHER: rask info had one rank with a slot for each CPU of its node. The nodes have as many as
# slurm.sh says, or as this machine has cores if those are fewer; if they are more, nothing keeps a rank to the former.
check_all_cores()
{
    local slots cpus
    cpus=$(sinfo -h -n n1 -o %c)
    slots=$(sed -n 's/^  size .* 1 rank on 1 node; 1 worker, \([0-9]*\) slots*$/\1/p' "cores_$1.out")
    [ "$cpus" -le "$cores" ] || cpus=$cores
    if [ -n "$slots" ] && [ "$slots" -ge "$cpus" ] && [ "$slots" -le "$cores" ]; then
        echo "ok: cores_$1: $slots slots, a node has $cpus CPUs"
    else
        fail "cores_$1: should be one rank with $cpus slots"
        cat "cores_$1.out"
    fi
}

# The command itself, whose answer is compared with that of one process.
csv=(csv --quiet --by kind --agg count,sum:amount --block 16KiB --format csv data.csv)

make_data()
{
    awk 'BEGIN { print "kind,amount"; for (i = 0; i < 20000; i++) printf "k%d,%d\n", i * 7 % 13, i % 101 }' >data.csv
}

# check_command LAUNCHER: rask info names two nodes and a window between them, rask csv has the right answer.
check_command()
{
    if grep -q 'size .* 2 ranks on 2 nodes' "info_$1.out" && grep -q 'window .* one-sided' "info_$1.out"; then
        echo "ok: info_$1"
    else
        fail "info_$1: should name 2 ranks on 2 nodes, and a one-sided window"
        cat "info_$1.out"
    fi
    cmp "csv_$1.out" csv_alone.txt && echo "ok: csv_$1" || fail "csv_$1 has another answer"
}

inside()
{
    local launcher
    rm -f ./*.out
    alone=$("$spread" | grep ^sum) || { echo "FAIL: spread does not run in one process"; exit 1; }
    if [ "$(id -u)" = 0 ]; then
        export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
        export PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
    fi
    # As in mpirun.sh: what MPI's plug-ins keep is no leak of ours.
    export ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0"
    # The virtual nodes share the cores of one machine.
    export OMPI_MCA_mpi_yield_when_idle=1
    make_data
    "$RASK" "${csv[@]}" >csv_alone.txt || fail "rask csv in one process"
    cores=$("$RASK" info | sed -n 's/^  size .*, \([0-9]*\) slots*$/\1/p')
    [ -n "$cores" ] || fail "rask info does not tell its slots"
    for launcher in srun mpirun; do
        submit "one_$launcher" $launcher one_node.sh "$spread"
        submit "several_$launcher" $launcher several_nodes.sh "$spread"
        submit "cores_$launcher" $launcher one_node.sh "$RASK" info
        submit "info_$launcher" $launcher several_nodes.sh "$RASK" info
        submit "csv_$launcher" $launcher several_nodes.sh "$RASK" "${csv[@]}"
    done
    wait_for_jobs
    for launcher in srun mpirun; do
        check "one_$launcher" 1
        check "several_$launcher" 2
        check_all_cores $launcher
        check_command $launcher
    done
    exit $failed
}

if [ "${1-}" = --inside ]; then
    cd "$2" && inside
fi
[ -n "${MPIEXEC-}" ] || { echo "SKIP: this build has no MPI"; exit 77; }
[ "$(id -u)" = 0 ] || { echo "SKIP: a Slurm of virtual nodes needs root"; exit 77; }
for tool in munged slurmctld slurmd sbatch srun; do
    PATH=$PATH:/usr/sbin:/sbin command -v $tool >/dev/null || { echo "SKIP: no Slurm here: $tool is missing"; exit 77; }
done
scratch=$top_builddir/tests/scratch/jobs
mkdir -p "$scratch"
exec "$BASH" "$here/cluster.sh" 3 "$BASH" "$here/slurm.sh" "$BASH" "$here/jobs.sh" --inside "$scratch"
