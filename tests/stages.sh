#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# stages.sh: builds Rask in every way that must work and runs the tests that belong to each.
#
#   tests/stages.sh [--full] [STAGE...]        all stages in this order, or the named ones
#
#   normal     the build that users get, all tests
#   lint       the rules of form
#   asan       gcc with AddressSanitizer and UndefinedBehaviorSanitizer, assertions and invariant checker
#   tsan       ThreadSanitizer over the tests that use threads
#   nompi      --without-mpi: the embedded form alone
#   clang      everything compiled by clang, with the fuzzers
#   fuzz       each fuzzer for a short while, beginning with the inputs that are kept
#   mpich      a second MPI: the programs under MPI with MPICH, if mpicc.mpich is there (Debian: libmpich-dev,
#              mpich)
#   distcheck  the release: complete, builds elsewhere, passes its tests, installs, and cleans up behind itself
#
# Warnings are errors in all but the first. Builds stay in build/ (normal) and build/stages/, so that the
# second run compiles only what changed. --full adds the slow tests, longer fuzzing and the stage mpich. Prints
# the logs of failed tests and ends with one line, "N passed, N failed, N skipped". Exit code: 0 when nothing
# failed.
set -u
cd "$(dirname "$0")/.." || exit 2
source_dir=$PWD
build=$source_dir/build
jobs=${RASK_BUILD_JOBS:-2}
stages="normal lint asan tsan nompi clang fuzz mpich distcheck"
n_passed=0 n_failed=0 n_skipped=0
failed_logs=()

fuzz_seconds=15
if [ "${1-}" = --full ]; then
    export RASK_TEST_FULL=1 RASK_TEST_TIMEOUT=${RASK_TEST_TIMEOUT:-1800}
    fuzz_seconds=300
    shift
fi
for stage in "$@"; do
    case " $stages " in
        *" $stage "*) ;;
        *) echo "stages.sh: no stage '$stage'; there are: $stages" >&2; exit 2 ;;
    esac
done
if [ $# -gt 0 ]; then
    stages=$*
elif [ -z "${RASK_TEST_FULL-}" ]; then
    stages=${stages/mpich /}
fi
unset MAKEFLAGS MAKELEVEL RASK_BUILD_JOBS # the last is no setting of the runtime

# One result that is no automake test: a build, a fuzzer. record PASS|FAIL|SKIP NAME LOG
record()
{
    case $1 in
        PASS) n_passed=$((n_passed + 1)) ;;
        SKIP) n_skipped=$((n_skipped + 1)) ;;
        FAIL)
            n_failed=$((n_failed + 1))
            echo "  FAIL $2 ($([ -f "$3" ] && echo "log: ${3#"$source_dir"/}" || echo "could not be built"))"
            [ ! -f "$3" ] || failed_logs+=("$3")
            ;;
    esac
}

# configure_in DIRECTORY OPTION...: once, or anew with other options; make itself configures again when
# configure changes.
configure_in()
{
    local directory=$1
    shift
    if [ -f "$directory/options" ] && [ "$(cat "$directory/options")" != "$*" ]; then
        rm -rf "$directory"
    fi
    mkdir -p "$directory"
    if [ ! -f "$directory/options" ] || [ ! -f "$directory/Makefile" ]; then
        (cd "$directory" && "$source_dir/configure" -q "$@") >"$directory/configure.out" 2>&1 || {
            record FAIL "$stage: configure $*" "$directory/configure.out"
            return 1
        }
        echo "$*" >"$directory/options"
    fi
}

# build_in DIRECTORY: everything, the programs of the tests included. False without the library; for the rest,
# what can be built is, and its tests run.
build_in()
{
    local result=PASS
    make -k -C "$1" -j"$jobs" librask_core.la >"$1/make.out" 2>&1 || {
        record FAIL "$stage: library" "$1/make.out"
        return 1
    }
    make -k -C "$1" -j"$jobs" all >>"$1/make.out" 2>&1 || result=FAIL
    make -k -C "$1" -j"$jobs" check TESTS= >>"$1/make.out" 2>&1 || result=FAIL
    record $result "$stage: build" "$1/make.out"
}

# count_tests DIRECTORY TEST...: reads the results that automake's driver wrote.
count_tests()
{
    local directory=$1 test base result
    shift
    for test in "$@"; do
        base=$directory/${test%.sh}
        base=${base%.mpi}
        result=$(sed -n 's/^:global-test-result: //p' "$base.trs" 2>/dev/null)
        case $result in
            PASS | XFAIL) record PASS "$stage: $test" "$base.log" ;;
            SKIP) record SKIP "$stage: $test" "$base.log" ;;
            *) record FAIL "$stage: $test" "$base.log" ;;
        esac
    done
}

# test_in DIRECTORY PATTERN...: the tests whose names match, or all.
test_in()
{
    local directory=$1 pattern test tests=()
    shift
    for test in $(make -s -C "$directory" print-tests); do
        for pattern in "$@"; do
            # shellcheck disable=SC2254
            case $test in $pattern) tests+=("$test"); break ;; esac
        done
    done
    [ ${#tests[@]} -gt 0 ] || return 0
    # Results of an earlier run must not stand in for tests that could not be started.
    for test in "${tests[@]}"; do
        test=${test%.sh}
        rm -f "$directory/${test%.mpi}.trs"
    done
    # Each test still needs its own program; the list would make all tests need all programs.
    make -k -C "$directory" check-TESTS check_PROGRAMS= TESTS="${tests[*]}" \
        >"$directory/check.out" 2>&1
    count_tests "$directory" "${tests[@]}"
}

stage_normal()
{
    [ -f "$build/Makefile" ] || configure_in "$build" || return
    build_in "$build" && test_in "$build" '*'
}

stage_lint()
{
    [ -f "$build/Makefile" ] || configure_in "$build" || return
    if make -s -C "$build" lint >"$build/lint.out" 2>&1; then
        record PASS lint "$build/lint.out"
    else
        record FAIL lint "$build/lint.out"
    fi
}

stage_asan()
{
    local directory=$build/stages/asan
    configure_in "$directory" --enable-werror --enable-debug --enable-sanitizers=address,undefined || return
    build_in "$directory" && RASK_TEST_TIMEOUT=${RASK_TEST_TIMEOUT:-360} test_in "$directory" \
        'tests/unit/*' 'tests/sim/*' 'tests/fault/*' 'tests/mpi/*' 'tests/cli/*'
}

# ThreadSanitizer does not find its memory when addresses are randomised too widely.
stage_tsan()
{
    local directory=$build/stages/tsan
    configure_in "$directory" --enable-werror --enable-sanitizers=thread || return
    build_in "$directory" && RASK_TEST_PREFIX="setarch $(uname -m) -R" \
        RASK_TEST_TIMEOUT=${RASK_TEST_TIMEOUT:-360} test_in "$directory" 'tests/unit/*' 'tests/cli/*'
}

stage_nompi()
{
    local directory=$build/stages/nompi
    configure_in "$directory" --enable-werror --without-mpi || return
    build_in "$directory" && test_in "$directory" 'tests/unit/*' 'tests/sim/*' 'tests/cli/*'
}

# The build of the clang and the fuzz stage.
build_clang()
{
    command -v clang >/dev/null || {
        echo "  SKIP clang is not installed"
        record SKIP "$stage" /dev/null
        return 1
    }
    configure_in "$build/stages/clang" CC=clang --enable-werror --enable-debug --enable-fuzz \
        --enable-sanitizers=address,undefined || return
    build_in "$build/stages/clang"
}

stage_clang()
{
    build_clang
}

stage_fuzz()
{
    local directory=$build/stages/clang fuzzer name corpus
    [ -n "$(find tests/fuzz -name '*_fuzz.c')" ] || return 0
    [ -f "$directory/Makefile" ] || build_clang || return
    for fuzzer in "$directory"/tests/fuzz/*_fuzz; do
        [ -x "$fuzzer" ] || continue
        name=$(basename "$fuzzer" _fuzz)
        corpus=tests/fuzz/corpus/$name
        mkdir -p "$directory/corpus/$name"
        if "$fuzzer" -max_total_time="$fuzz_seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
            -artifact_prefix="$directory/corpus/$name-" "$directory/corpus/$name" \
            $([ -d "$corpus" ] && echo "$corpus") </dev/null >"$fuzzer.out" 2>&1; then
            record PASS "fuzz: $name" "$fuzzer.out"
        else
            record FAIL "fuzz: $name" "$fuzzer.out"
        fi
    done
}

# MPICH=DIRECTORY: an MPICH that is unpacked there and not installed, as by `dpkg -x`.
stage_mpich()
{
    local directory=$build/stages/mpich root=${MPICH-} libs
    if [ -n "$root" ]; then
        libs=$root/usr/lib/x86_64-linux-gnu
        local -x LD_LIBRARY_PATH=$libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
        configure_in "$directory" --enable-werror --enable-debug MPICC=false \
            MPI_CFLAGS="-I$root/usr/include/x86_64-linux-gnu/mpich" MPI_LIBS="-L$libs -lmpich" \
            MPIEXEC="$root/usr/bin/mpiexec.hydra" || return
    elif command -v mpicc.mpich >/dev/null; then
        configure_in "$directory" --enable-werror --enable-debug MPICC=mpicc.mpich || return
    else
        echo "  SKIP MPICH is not installed"
        record SKIP mpich /dev/null
        return
    fi
    # endings.sh is about what Open MPI's mpirun does: MPICH's does not hand SIGUSR1 on.
    build_in "$directory" && test_in "$directory" 'tests/mpi/*.mpi'
}

# From the release, whose sources cannot be written. What needs ranks or a cluster ran in the other stages.
stage_distcheck()
{
    local tests pattern='^tests/((unit|sim|fault|cli)/|install\.sh$|docs\.sh$)'
    [ -f "$build/Makefile" ] || configure_in "$build" || return
    [ -z "${RASK_TEST_FULL-}" ] || pattern=.
    tests=$(make -s -C "$build" print-tests | grep -E "$pattern" | tr '\n' ' ')
    if make -C "$build" -j"$jobs" distcheck TESTS="$tests" >"$build/distcheck.out" 2>&1; then
        record PASS distcheck "$build/distcheck.out"
    else
        record FAIL distcheck "$build/distcheck.out"
    fi
}

[ -f configure ] || ./bootstrap >/dev/null || exit 1
for stage in $stages; do
    started=$SECONDS
    before="$n_passed $n_failed $n_skipped"
    "stage_$stage"
    read -r p f s <<<"$before"
    echo "$stage: $((n_passed - p)) passed, $((n_failed - f)) failed, $((n_skipped - s)) skipped" \
        "in $((SECONDS - started)) s"
done
for log in ${failed_logs[@]+"${failed_logs[@]}"}; do
    echo
    case $log in
        */make.out)
            echo "---- ${log#"$source_dir"/} (its errors)"
            grep -E -A 4 'error:|\*\*\*|undefined reference|warning:' "$log" | head -n 60
            ;;
        *)
            echo "---- ${log#"$source_dir"/} (its last 60 lines)"
            tail -n 60 "$log"
            ;;
    esac
done
echo
echo "$n_passed passed, $n_failed failed, $n_skipped skipped"
[ "$n_failed" -eq 0 ]
