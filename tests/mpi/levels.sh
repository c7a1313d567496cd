#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# levels.sh: Rask inside programs that have started MPI at each thread level: an error that names a rank, both levels
# and the remedy where it is too low; where it is high enough the program's other threads may call MPI meanwhile.
# shellcheck source=tests/cli/cli.bash
. "$top_srcdir/tests/cli/cli.bash"
has_mpi || {
    echo "SKIP: no MPI, or ThreadSanitizer, which does not know it"
    exit 77
}

# levels N LEVEL SETTING: what the program says is in $out.
levels()
{
    keep 0 "$*" "$BASH" "$top_srcdir/tests/mpirun.sh" -n "$1" "$top_builddir/tests/mpi/levels" "$2" "$3"
}

# needs LEVEL: the start has failed, since this level is needed.
needs()
{
    said out "rank 0 (host "
    said out "Rask needs $1: "
    said out "start MPI with MPI_Init_thread("
}

for n in 2 4; do
    levels $n serialized mpi-threads=serialized
    [ "$out" = works ] || fail "$n: serialized is enough"
    levels $n serialized mpi-threads=multiple
    needs MPI_THREAD_MULTIPLE
    said out "MPI provides MPI_THREAD_SERIALIZED,"
    levels $n multiple mpi-threads=multiple
    [ "$out" = works ] || fail "$n: another thread may call MPI"
done
# What MPI_Init gives is MPI's affair: Open MPI gives MPI_THREAD_SINGLE.
levels 2 single mpi-threads=serialized
needs MPI_THREAD_SERIALIZED
said out "MPI provides MPI_THREAD_SINGLE,"
finish
