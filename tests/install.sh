#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# install.sh: a program that knows nothing but `pkg-config rask` compiles, links and runs against the
# installed library, in C and in C++; the command runs from where it was installed.
set -eu
scratch=$top_builddir/tests/scratch/install
rm -rf "$scratch"
mkdir -p "$scratch"
unset MAKEFLAGS MAKELEVEL MFLAGS
fail()
{
    echo "FAIL: $1"
    exit 1
}
make -s -C "$top_builddir" install DESTDIR="$scratch/root" >"$scratch/install.out" 2>&1 || {
    cat "$scratch/install.out"
    fail "make install"
}
pc=$(find "$scratch/root" -name rask.pc)
[ -n "$pc" ] || fail "rask.pc is not installed"
libdir=$(dirname "$(dirname "$pc")")
prefix=$(sed -n 's/^prefix=//p' "$pc")
# The same file, as if the root of the file system were where it was installed.
sed "s|^prefix=.*|prefix=$scratch/root$prefix|" "$pc" >"$scratch/rask.pc"
export PKG_CONFIG_PATH=$scratch:${PKG_CONFIG_PATH-}
read -r -a flags <<<"$($PKG_CONFIG --cflags --libs rask) ${TEST_CFLAGS-}"
version=$($PKG_CONFIG --modversion rask)
library_path=$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

cat >"$scratch/hello.c" <<'END'
#include <rask/status.h>
#include <rask/version.h>
#include <stdio.h>

int main(void)
{
    printf("%s %s\n", RASK_VERSION_TEXT, rask_version());
    return 0;
}
END
cp "$scratch/hello.c" "$scratch/hello.cc"

# try NAME COMPILER FILE: -Wall and -Werror, because a user may compile so.
try()
{
    local said
    "${@:2}" -Wall -Wextra -Werror -o "$scratch/$1" "${flags[@]}" || fail "$1 does not compile: ${*:2}"
    said=$(LD_LIBRARY_PATH=$library_path "$scratch/$1") || fail "$1 does not run"
    [ "$said" = "$version $version" ] || fail "$1 prints '$said', rask.pc says $version"
    echo "$1: $said"
}
# shellcheck disable=SC2086
try hello_c $CC -std=c99 "$scratch/hello.c"
if [ -n "${TEST_CXX-}" ]; then
    # shellcheck disable=SC2086
    try hello_cxx $TEST_CXX -std=c++11 "$scratch/hello.cc"
else
    echo "no C++ compiler here: C alone was tried"
fi

# The examples as they were installed; the first one a newcomer runs must also run.
# One that includes rask/mpi.h is an MPI program, and is compiled as one where there is an MPI.
while read -r example; do
    name=$(basename "$example" .c)
    mpi=
    if grep -q 'include <rask/mpi.h>' "$example"; then
        [ -n "${MPIEXEC-}" ] || continue
        mpi="${TEST_CPPFLAGS-} ${TEST_LIBS-}"
    fi
    # shellcheck disable=SC2086
    $CC -std=c11 -Wall -Wextra -Werror -o "$scratch/$name" "$example" "${flags[@]}" $mpi -lm ||
        fail "the example $name.c does not compile"
    [ "$name" != hello ] || LD_LIBRARY_PATH=$library_path "$scratch/hello" || fail "the example hello does not run"
done < <(find "$scratch/root" -path '*/examples/*.c' | sort)

# Nothing but rask_ is visible outside.
so=$(find "$libdir" -name 'librask.so' | head -1)
if [ -n "$so" ] && command -v nm >/dev/null; then
    other=$(nm -D --defined-only "$so" | awk '$2 ~ /[TDBR]/ && $3 !~ /^(rask_|_init$|_fini$|__|_)/ { print $3 }')
    [ -z "$other" ] || fail "librask.so shows names that do not begin with rask_: $other"
fi
command=$(find "$scratch/root" -path '*/bin/rask' -type f)
if [ -n "$command" ]; then
    "$command" --version || fail "the installed command does not run"
fi
rm -rf "$scratch"
