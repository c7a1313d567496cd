#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# quickstart.sh: what ./quickstart says where something is missing, and what it runs on files of the user's. It
# is run from copies of the sources' top, of which one has nothing and the other finds this build: the tree that
# runs this test is built by nobody else.
. "$(dirname "$0")/csv.bash"
[ -f "$top_srcdir/quickstart" ] || { echo "SKIP: no quickstart here"; exit 77; }
quickstart=$(realpath "$top_srcdir/quickstart")
command -v realpath >/dev/null || { echo "SKIP: no realpath"; exit 77; }

# links DIRECTORY COMMAND...: a directory for PATH that has these commands only.
links()
{
    local directory=$1 name found
    shift
    mkdir -p "$directory"
    for name in "$@"; do
        found=$(type -P "$name") && ln -sf "$found" "$directory/$name"
    done
}

# Without apt the list of what to install, and nothing is built.
without_apt()
{
    mkdir -p "$scratch/bare" && cp "$quickstart" "$scratch/bare"
    links "$scratch/few" bash sed awk cut tr dirname realpath mktemp id cat
    keep 1 "no apt" env PATH="$scratch/few" bash "$scratch/bare/quickstart"
    said out "This system has no apt. Install what gives these"
    said out "  gcc (compiles C)"
    said out "  libopenmpi-dev (MPI, to compile with)"
    silent err
    keep 1 "no apt, check" env PATH="$scratch/few" bash "$scratch/bare/quickstart" check
    said out "  python3 (independent results to compare with)"
    [ "$(ls -A "$scratch/bare")" = quickstart ] || fail "no apt: something was built: $(ls -A "$scratch/bare")"
}

# refused TEXT ARGUMENT...: one line of error.
refused()
{
    local text=$1
    shift
    keep 1 "quickstart $*" bash "$scratch/bare/quickstart" "$@"
    said err "$text"
    silent out
    [ "$(wc -l <"$scratch/err")" = 1 ] || fail "quickstart $*: more than a line"
}

wrong_words()
{
    refused "quickstart: nowhere.csv: no such file or directory" nowhere.csv
    refused "quickstart: nowhere*.csv: no file has such a name" 'nowhere*.csv'
    refused "quickstart: after check there may be the word full, not: fast" check fast
    keep 1 "quickstart --bogus" bash "$scratch/bare/quickstart" --bogus
    said err "quickstart: unknown option --bogus"
    keep 0 "quickstart --help" bash "$scratch/bare/quickstart" --help
    said out "Usage: ./quickstart"
}

# A tree that is built: every tool is there, and make has nothing to do.
built()
{
    local tree=$scratch/tree
    mkdir -p "$tree/build" "$tree/m4" && cp "$quickstart" "$tree"
    touch "$tree/configure.ac" "$tree/m4/rask_x.m4"
    printf '#!/bin/sh\nexit 0\n' >"$tree/configure" && chmod +x "$tree/configure"
    printf 'all:\n\t@echo nothing to do\n' >"$tree/build/Makefile"
    ln -s "$(realpath "$RASK")" "$tree/build/rask"
    mkdir -p "$scratch/mine" && cd "$scratch/mine" || exit 1
    printf 'city,price\nOslo,3\nBergen,4\n' >a.csv
    printf 'city,price\nBonn,5\n' >b.csv
    local turn
    for turn in first second; do
        keep 0 "quickstart a.csv, $turn" bash "$tree/quickstart" a.csv
        said out "build/rask csv --agg count $scratch/mine/a.csv"
        said out "price"
        printf '%s\n' "$out" | grep -qx ' *2 *' || fail "quickstart a.csv, $turn: no count"
    done
    keep 0 "quickstart '*.csv'" bash "$tree/quickstart" '*.csv'
    printf '%s\n' "$out" | grep -qx ' *3 *' || fail "quickstart '*.csv': no count of both files"
    keep 0 "quickstart '../mine/?.csv'" bash "$tree/quickstart" '../mine/?.csv'
    printf '%s\n' "$out" | grep -qx ' *3 *' || fail "quickstart '../mine/?.csv': no count of both files"
}

# Whether what a build needs is there: this test installs nothing.
has_all()
{
    local name
    for name in gcc make autoconf automake libtoolize pkg-config mpicc mpirun; do
        PATH=$PATH:/usr/sbin:/sbin command -v "$name" >/dev/null || return 1
    done
    pkg-config --exists hwloc libxxhash cunit
}

scratch=$(realpath "$scratch")
without_apt
wrong_words
if has_all; then
    built
else
    echo "SKIP (part): a tool is missing that quickstart would install"
fi
finish
