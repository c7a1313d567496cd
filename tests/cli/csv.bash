# SPDX-License-Identifier: BSD-3-Clause
# csv.bash: what the tests of `rask csv` share beyond cli.bash. Sourced; a test run by hand begins in
# the build directory.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${RASK:=$PWD/rask}" "${top_srcdir:=$here/../..}" "${top_builddir:=$PWD}"
. "$here/cli.bash"

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

# refuses CODE TEXT ARGUMENT...: one line, which holds TEXT, and nothing on standard output.
refuses()
{
    local code=$1 text=$2 found lines
    shift 2
    "$RASK" csv "$@" >out 2>err
    found=$?
    lines=$(wc -l <err)
    [ "$found" = "$code" ] || fail "csv $*: exit code $found and not $code: $(head -c 300 err)"
    [ ! -s out ] || fail "csv $*: standard output: $(head -c 100 out)"
    grep -qF -- "$text" err || fail "csv $*: no '$text' in: $(head -c 300 err)"
    [ "$lines" = 1 ] || fail "csv $*: $lines lines: $(cat err)"
}

# Sets `data` to a directory with the real files NAME of RASK_TEST_DATA, expanded; 1 if they are not there.
find_data()
{
    local name=$1 found=${RASK_TEST_DATA-}/csv file
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
