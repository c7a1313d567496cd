# SPDX-License-Identifier: BSD-3-Clause
# csv.bash: what the tests of `rask csv` share. Sourced; needs RASK and top_srcdir.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${RASK:=$PWD/rask}" "${top_srcdir:=$here/../..}"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/rask-csv.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
failures=0

fail()
{
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# The end of a test: 1 if anything failed.
finish()
{
    [ "$failures" = 0 ] || exit 1
    echo "passed"
    exit 0
}

needs_python()
{
    command -v python3 >/dev/null && return
    echo "SKIP: no python3"
    exit 77
}

# on_ranks N COMMAND...: under MPI; N = 1 is the embedded form.
on_ranks()
{
    local n=$1
    shift
    if [ "$n" = 1 ]; then
        "$@"
    else
        bash "$top_srcdir/tests/mpirun.sh" -n "$n" "$@"
    fi
}

# Whether a build with MPI and a launcher is there.
has_mpi()
{
    [ -n "${MPIEXEC-}" ]
}

# Sets `data` to a directory with the real files NAME, expanded; 1 if they are not there.
find_data()
{
    local name=$1 found=${RASK_TEST_DATA:-$top_srcdir/../shared/data}/csv file
    data=$scratch/data/$name
    mkdir -p "$data"
    if [ -f "$found/$name.tar.xz" ]; then
        tar -xJf "$found/$name.tar.xz" -C "$scratch/data"
    elif [ -d "$found/$name" ]; then
        for file in "$found/$name"/*; do
            case $file in
                *.xz) xz -dc "$file" >"$data/$(basename "$file" .xz)" ;;
                *) cp "$file" "$data" ;;
            esac
        done
    else
        return 1
    fi
}
