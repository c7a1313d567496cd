# SPDX-License-Identifier: BSD-3-Clause
# cli.bash: what tests of the command share: running it with its output and exit code kept, alone or
# on ranks, and looking at what it said.
#
#   run 2 info --threads x          exit code 2 is expected; $out and $err hold what was said
#   run_ranks 4 0 info              the same on 4 ranks, if this build has MPI
#   said err "option --threads"     the text is there
set -u
scratch=$top_builddir/tests/scratch/cli.$$
mkdir -p "$scratch"
trap 'rm -rf "$scratch"' EXIT
# Nothing of the user's own settings.
export XDG_CONFIG_HOME=$scratch/none
unset RASK_CONFIG RASK_THREADS RASK_LOG RASK_SIGNALS
failures=0
out=
err=

fail()
{
    echo "FAIL: $*"
    [ -z "$out$err" ] || printf -- '--- standard output\n%s\n--- standard error\n%s\n' "$out" "$err"
    failures=$((failures + 1))
}

# keep CODE WHAT COMMAND...: runs it and compares the exit code.
keep()
{
    local wanted=$1 what=$2 code=0
    shift 2
    "$@" >"$scratch/out" 2>"$scratch/err" || code=$?
    out=$(cat "$scratch/out")
    err=$(cat "$scratch/err")
    [ "$code" = "$wanted" ] || fail "$what: exit code $code, not $wanted"
}

run()
{
    local wanted=$1
    shift
    keep "$wanted" "rask $*" "$RASK" "$@"
}

run_ranks()
{
    local n=$1 wanted=$2
    shift 2
    keep "$wanted" "$n ranks: rask $*" "$BASH" "$top_srcdir/tests/mpirun.sh" -n "$n" "$RASK" "$@"
}

# Whether to run on ranks: not under ThreadSanitizer, which knows nothing of what happens inside MPI.
has_mpi()
{
    [ -n "${MPIEXEC-}" ] && [[ ${TEST_CFLAGS-} != *thread* ]]
}

# said out|err TEXT, silent out|err
said()
{
    case ${!1} in
        *"$2"*) ;;
        *) fail "no '$2' in standard $1" ;;
    esac
}

silent()
{
    [ -z "${!1}" ] || fail "standard $1 is not empty"
}

# How many lines of $err come from rask itself, whatever the launcher adds.
own_lines()
{
    printf '%s\n' "$err" | grep -c '^rask'
}

finish()
{
    [ "$failures" = 0 ] || exit 1
    exit 0
}
