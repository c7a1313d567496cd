#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# mpirun.sh: runs a test under MPI, cut by a timeout.
#
#   mpirun.sh [DIRECTORY/]NAME.nK.mpi          tests/mpi/NAME on K ranks; the file may hold its arguments, and before
#                                              them NAME=VALUE for its environment
#   mpirun.sh -n K PROGRAM [ARGUMENT...]       any program on K ranks
#
# It makes any machine fit: more ranks than cores, running as root, no binding to one core. Exit code:
# the launcher's, 77 (skipped) when the build has no MPI, 124 after a timeout.
set -u
here=$(cd "$(dirname "$0")" && pwd)
builddir=${top_builddir:-.}

usage()
{
    echo "mpirun.sh: $1" >&2
    exit 2
}

# The line of arguments of a NAME.nK.mpi file, if it has one.
arguments_of()
{
    [ -f "$1" ] && sed -n '/^[^#]/{p;q;}' "$1"
}

if [ "${1-}" = -n ]; then
    [ $# -ge 3 ] || usage "-n needs a number of ranks and a program"
    ranks=$2
    shift 2
else
    [ $# -eq 1 ] || usage "one test NAME.nK.mpi is expected, or -n K PROGRAM"
    name=$(basename "$1" .mpi)
    ranks=${name##*.n}
    program=$builddir/tests/mpi/${name%.n*}
    read -r -a arguments <<<"$(arguments_of "$1")"
    while [[ ${arguments[0]-} =~ ^[A-Z_]+= ]]; do
        export "${arguments[0]}"
        arguments=(${arguments[@]+"${arguments[@]:1}"})
    done
    set -- "$program" ${arguments[@]+"${arguments[@]}"}
fi
case $ranks in
    '' | *[!0-9]* | 0) usage "'$ranks' is no number of ranks" ;;
esac
if [ -z "${MPIEXEC-}" ]; then
    echo "SKIP: this build has no MPI"
    exit 77
fi

if [ "$(id -u)" = 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    export PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
export OMPI_MCA_hwloc_base_binding_policy=none PRTE_MCA_hwloc_default_binding_policy=none
export OMPI_MCA_mpi_yield_when_idle=1
# One-sided access between hosts on TCP, which Debian's defaults switch off.
export OMPI_MCA_osc=${OMPI_MCA_osc-^ucx}

# What MPI's plug-ins keep cannot be told apart from leaks of ours once they are unloaded; the same code
# is looked through for leaks where it runs without MPI.
export ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0"

# mpirun hands SIGUSR1 on to the ranks; timeout cuts those that do not answer.
exec "${BASH:-bash}" "$here/run_with_timeout" "$MPIEXEC" -n "$ranks" "$@"
