#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# meets.sh: ranks that are not all the same program end at the start, with one line that names the ranks and the
# remedy: another build of it, and one with a task function that the others do not have.
# shellcheck source=tests/cli/cli.bash
. "$top_srcdir/tests/cli/cli.bash"
has_mpi || {
    echo "SKIP: no MPI, or ThreadSanitizer, which does not know it"
    exit 77
}
program=$top_builddir/tests/mpi/meets

# meets CODE N BUILD N BUILD: so many ranks of the one, and then of the other.
meets()
{
    keep "$1" "builds $3 and $5" "$BASH" "$top_srcdir/tests/mpirun.sh" -n "$2" "$program$3" : -n "$4" "$program$5"
}

# tells TEXT...: all of it on the one line that Rask says.
tells()
{
    silent out
    [ "$(own_lines)" = 1 ] || fail "$(own_lines) lines of rask, not 1"
    local text
    for text; do
        said err "$text"
    done
}

meets 0 1 1 1 1
[ "$out" = 41 ] || fail "the same program twice: 41"
if readelf -n "${program}1" 2>/dev/null | grep -q 'Build ID'; then
    meets 1 1 1 1 2
    tells "rank 1 (host " "another program, or another build of it, than rank 0 (host " \
        "start the same executable with the same library on every rank"
    meets 1 1 2 3 1
    tells "ranks 1-3: another program, or another build of it, than rank 0 (host "
else
    echo "the linker writes no build ids: builds are not compared"
fi
meets 1 2 3 1 1
tells 'task function "extra" is missing on rank 2 (host ' "start the same program on every rank"
meets 1 1 1 2 3
tells 'task function "extra" is missing on rank 0 (host '
finish
