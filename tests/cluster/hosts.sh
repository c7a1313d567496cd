#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# hosts.sh: mpirun over two hosts that share nothing but the network. The transport and a whole program give the
# same as in one process, where the MPI makes no window between hosts (objects are then asked for in messages)
# and where it does. Skipped where virtual hosts cannot be made.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
spread=$top_builddir/tests/cluster/spread
transport=$top_builddir/tests/mpi/comm_test
failed=0

# Inside the cluster: on_hosts PROGRAM [ARGUMENT...], two ranks on each host.
on_hosts()
{
    "$BASH" "$here/../mpirun.sh" -n 4 "$@"
}

# expect WHAT IS SHOULD
expect()
{
    if [ "$2" = "$3" ]; then
        echo "ok: $1"
    else
        printf 'FAIL: %s\n  is:     %s\n  should: %s\n' "$1" "$2" "$3"
        failed=1
    fi
}

# try WHAT: the program spread on both hosts.
try()
{
    local said
    said=$(on_hosts "$spread") || { echo "FAIL: $1: spread ends with code $?"; failed=1; }
    expect "$1: the workers are on both hosts" "$(sed -n 's/^ranks 4, workers [34], hosts //p' <<<"$said")" "n1 n2"
    expect "$1: the sum is that of one process" "$(grep ^sum <<<"$said")" "$alone"
}

inside()
{
    local hosts=/run/rask-cluster/hostfile
    printf 'n1 slots=2\nn2 slots=2\n' >$hosts
    export OMPI_MCA_orte_default_hostfile=$hosts PRTE_MCA_prte_default_hostfile=$hosts
    export OMPI_MCA_plm_rsh_agent="$here/on.sh --agent" PRTE_MCA_plm_ssh_agent="$here/on.sh --agent"
    alone=$("$spread" | grep ^sum) || { echo "FAIL: spread does not run in one process"; exit 1; }

    # As Debian configures Open MPI: no window between hosts.
    export OMPI_MCA_osc=^ucx,pt2pt
    try "no window"
    on_hosts "$transport" boot >transport.out 2>&1 || { cat transport.out; echo "FAIL: comm_test without window"; failed=1; }

    local said
    said=$(RASK_WINDOW=one-sided on_hosts "$spread" 2>&1)
    expect "asked for a window that cannot be had: exit code" $? 1
    expect "asked for a window that cannot be had: the error" "$(grep -o -m 1 'no usable window' <<<"$said")" \
        "no usable window"

    export OMPI_MCA_osc=^ucx
    RASK_WINDOW=one-sided try "window"
    on_hosts "$transport" boot >transport.out 2>&1 || { cat transport.out; echo "FAIL: comm_test with window"; failed=1; }
    exit $failed
}

if [ "${1-}" = --inside ]; then
    cd "$2" && inside
fi
[ -n "${MPIEXEC-}" ] || { echo "SKIP: this build has no MPI"; exit 77; }
scratch=$top_builddir/tests/scratch/hosts
mkdir -p "$scratch"
exec "$BASH" "$here/cluster.sh" 2 "$BASH" "$here/hosts.sh" --inside "$scratch"
