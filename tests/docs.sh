#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# docs.sh: the code in README.md, docs/guide/*.md and docs/man/rask.3 compiles against the headers,
# as C11 without any extension.
#
# A block ```c with a main is a program: it is compiled, linked and run, and must end with 0. Any other block is
# a fragment: what stands before a line `...` is at file scope, the rest inside a function, with the names of
# tests/docs.h; a line that begins with `...` is left out.
set -u
scratch=$top_builddir/tests/scratch/docs
rm -rf "$scratch"
mkdir -p "$scratch"
failed=0
read -r -a flags <<<"${TEST_CPPFLAGS-} ${TEST_CFLAGS-} -I$top_srcdir/include -I$top_builddir/include -I$top_srcdir/tests"
compile=("$top_builddir/libtool" --silent --tag=CC --mode=link ${CC:-cc} -std=c11 -pedantic -Wall -Wextra -Werror "${flags[@]}")

fail()
{
    echo "FAIL: $1"
    failed=1
}

# Writes the blocks of a page to $scratch/NAME.N.c.
blocks_of()
{
    awk -v prefix="$scratch/$(basename "$1")" '
        /^```c$/ { n++; is_in = 1; next }
        /^```$/ { is_in = 0 }
        is_in { print > (prefix "." n ".c") }' "$1"
}

# The example of the man page: what stands between the second .nf and its .fi.
example_of()
{
    awk '/^\.nf$/ { n++; next } /^\.fi$/ { is_done = n > 1 } n > 1 && !is_done { gsub(/\\e/, "\\"); print }' "$1"
}

# fragment FILE: the fragment as a source.
fragment()
{
    local is_split=0
    grep -q '^\.\.\.$' "$1" && is_split=1
    echo '#include "docs.h"'
    [ $is_split = 0 ] || sed '/^\.\.\.$/,$d' "$1"
    echo 'int fragment(void);'
    echo 'int fragment(void)'
    echo '{'
    if [ $is_split = 1 ]; then sed '1,/^\.\.\.$/d' "$1"; else cat "$1"; fi | sed 's/^ *\.\.\..*/;/'
    echo '; return 0; }'
}

for page in "$top_srcdir/README.md" "$top_srcdir"/docs/guide/*.md; do
    blocks_of "$page"
done
example_of "$top_srcdir/docs/man/rask.3" >"$scratch/rask.3.c"

n_programs=0 n_fragments=0
for block in "$scratch"/*.c; do
    name=$(basename "$block" .c)
    if grep -q '^int main' "$block"; then
        n_programs=$((n_programs + 1))
        "${compile[@]}" "$block" "$top_builddir/librask.la" -o "$scratch/$name" || {
            fail "$name does not compile"
            continue
        }
        "$scratch/$name" || fail "$name ends with $?"
    else
        n_fragments=$((n_fragments + 1))
        fragment "$block" >"$scratch/$name.fragment"
        # shellcheck disable=SC2086
        ${CC:-cc} -std=c11 -pedantic -Wall -Wextra -Werror -Wno-unused-result -Wno-unused-function "${flags[@]}" \
            -fsyntax-only -x c "$scratch/$name.fragment" || fail "$name does not compile"
    fi
done
echo "$n_programs programs, $n_fragments fragments"
[ $n_programs -ge 3 ] && [ $n_fragments -ge 2 ] || fail "blocks are missing"
exit $failed
