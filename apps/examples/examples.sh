#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# examples.sh: the examples under MPI: the same programs on several ranks, and attach, which is an MPI program.
set -u
failed=0
for run in "2 hello" "3 attach" "1 attach" "3 pipeline"; do
    read -r ranks name <<<"$run"
    echo "mpirun -n $ranks $name"
    "${BASH:-bash}" "$top_srcdir/tests/mpirun.sh" -n "$ranks" "$top_builddir/apps/examples/$name"
    code=$?
    [ $code -ne 77 ] || exit 77
    [ $code -eq 0 ] || failed=1
done
exit $failed
