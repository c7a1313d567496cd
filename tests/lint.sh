#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# lint.sh: the rules of form, checked (`make lint`). Breaches that stand for now are listed in
# tests/lint.exceptions, one "rule place" per line; the number of lines there is held below, and an
# exception that is no longer needed is an error, so that the list only shrinks.
set -u
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 2
max_exceptions=3
build=${top_builddir:-$PWD}
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
order="base wire place store sched worker client comm diag lazy api kern io coll"

c_files()
{
    find include runtime apps tests \( -name '*.c' -o -name '*.h' -o -name '*.h.in' \) \
        ! -path include/rask/version.h | sort
}

# The percentile is one rule over all functions: 9 of 10 fit into 40 lines.
check_form()
{
    c_files | xargs awk -f tests/lint.awk >"$scratch/form"
    grep -v '^length ' "$scratch/form"
    sed -n 's/^length .* //p' "$scratch/form" | sort -n | awk '
        { length_of[NR] = $1 }
        END {
            at = int(NR * 0.9 + 0.999)
            if (NR > 0 && length_of[at] > 40)
                printf "percentile all 0 9 of 10 functions have up to %d lines, at most 40\n", length_of[at]
        }'
}

# A folder includes its own headers and those of folders before it; mpi.h and hwloc.h have one home.
check_includes()
{
    local folder allowed=""
    for folder in $order; do
        allowed="$allowed $folder"
        [ -d "runtime/$folder" ] || continue
        grep -rnoE --include='*.[ch]' '^#include "[a-z]+/' "runtime/$folder" |
            sed 's/#include "//; s,/$,,' |
            while IFS=: read -r file line target; do
                case " $allowed " in
                    *" $target "*) ;;
                    *) echo "order $file $line $folder includes $target, which comes after it" ;;
                esac
            done
    done
    grep -rnE '^#include <mpi\.h>' runtime apps --include='*.[ch]' | grep -v '^runtime/comm/' |
        sed -E 's/^([^:]*):([0-9]*):.*/order \1 \2 only runtime\/comm includes mpi.h/'
    grep -rnE '^#include <hwloc' runtime apps --include='*.[ch]' | grep -v '^runtime/place/' |
        sed -E 's/^([^:]*):([0-9]*):.*/order \1 \2 only runtime\/place includes hwloc.h/'
}

# Variants are files or vtables: conditionals besides include guards and extern "C", per folder.
check_conditionals()
{
    local folder files n lines
    for folder in runtime/* apps; do
        case $folder in runtime/base | runtime/comm) continue ;; esac
        files=$(find "$folder" -name '*.[ch]')
        [ -n "$files" ] || continue
        n=$(echo "$files" | xargs cat | grep -E '^#[ ]*(if|ifdef|ifndef|elif)' |
            grep -cvE '__cplusplus|^#ifndef [A-Z_]+_H$')
        lines=$(echo "$files" | xargs cat | wc -l)
        if [ "$n" -gt 2 ] && [ $((n * 1000)) -gt $((lines * 2)) ]; then
            echo "conditionals $folder 0 $n in $lines lines, at most 2 per 1,000"
        fi
    done
}

# Each header alone; the public ones without any extension, and also as C++.
check_headers()
{
    local header flags form
    flags="-D_GNU_SOURCE -Iinclude -I$build/include -Iruntime -Itests/unit ${TEST_CPPFLAGS-}"
    [ -f "$build/config.h" ] && flags="-include $build/config.h $flags"
    while read -r header; do
        form=-std=c11
        case $header in include/*) form="-std=c11 -pedantic" ;; esac
        # shellcheck disable=SC2086
        echo "#include \"$header\"" |
            ${CC:-cc} $form -Wall -Wextra -Werror -fsyntax-only $flags -I. -x c - 2>"$scratch/said" ||
            echo "header-c $header 0 does not compile alone: $(grep -m1 error "$scratch/said")"
        case $header in include/*) ;; *) continue ;; esac
        [ -n "${TEST_CXX-}" ] || continue
        # shellcheck disable=SC2086
        echo "#include \"$header\"" |
            $TEST_CXX -std=c++11 -Wall -Wextra -Werror -fsyntax-only $flags -I. -x c++ - 2>"$scratch/said" ||
            echo "header-c++ $header 0 does not compile alone: $(grep -m1 error "$scratch/said")"
    done < <(find include runtime -name '*.h' ! -path include/rask/version.h ! -name 'mpi.h' | sort
             [ "${HAVE_MPI-}" = 1 ] && find include -name mpi.h)
}

# What no local.mk lists is not built, or is missing in a release.
check_listed()
{
    cat Makefile.am include/local.mk runtime/*/local.mk apps/local.mk apps/*/local.mk tests/local.mk tests/*/local.mk |
        tr -s ' \t\\=' '\n' | sort -u >"$scratch/listed"
    find include runtime apps tests \( -name '*.[ch]' -o -name '*.def' -o -name '*.sh' \) \
        ! -path include/rask/version.h | sort | comm -23 - "$scratch/listed" |
        sed 's/.*/listed & 0 no local.mk lists it/'
}

# A hello world is under 20 lines; README, guide, man page and example show the same one.
check_hello()
{
    local page n
    sed '1,/\*\/$/d' apps/examples/hello.c >"$scratch/hello"
    n=$(wc -l <"$scratch/hello")
    [ "$n" -gt 1 ] && [ "$n" -lt 20 ] || echo "hello apps/examples/hello.c 0 $n lines of code, less than 20 are promised"
    for page in README.md docs/guide/getting-started.md; do
        awk '/^```$/ { exit } is_in { print } /^```c$/ { is_in = 1 }' $page | cmp -s - "$scratch/hello" ||
            echo "hello $page 0 its first program is not apps/examples/hello.c"
    done
    awk '/^\.nf$/ { n++; next } /^\.fi$/ && n > 1 { exit } n > 1 { gsub(/\\e/, "\\"); print }' docs/man/rask.3 |
        cmp -s - "$scratch/hello" || echo "hello docs/man/rask.3 0 its program is not apps/examples/hello.c"
    find apps/examples -name '*.c' | sort | while read -r page; do
        n=$(wc -l <"$page")
        [ "$n" -lt 100 ] || echo "example $page $n $n lines; an example has less than 100"
    done
}

# The table of docs/design/build.md: each source once, each test there.
check_tests()
{
    local table=docs/design/build.md
    sed -n 's/^| \(`[a-z]*\/[a-z_0-9]*\.c`.*\) | .*/\1/p' $table | tr -d '`' | tr ' ' '\n' | sort >"$scratch/tabled"
    (cd runtime && find . -name '*.c' | sed 's,^\./,,' | sort) >"$scratch/sources"
    uniq -d "$scratch/tabled" | sed "s,.*,tested $table 0 & is in the table of tests twice,"
    comm -13 <(uniq "$scratch/tabled") "$scratch/sources" |
        sed "s,.*,tested runtime/& 0 the table in $table names no test for it,"
    comm -23 <(uniq "$scratch/tabled") "$scratch/sources" |
        sed "s,.*,tested $table 0 the table of tests names & that is not there,"
    sed -n 's/^| `[a-z]*\/[a-z_0-9]*\.c`.* | \(`.*\) |$/\1/p' $table | tr -d '`' | sed 's/, /\n/g' | sort -u |
        while read -r name; do
            # A program under MPI may be made of sources with other names; its local.mk lists it.
            [ -f "tests/$name" ] || [ -f "tests/$name.c" ] || [ -f "$name" ] ||
                grep -q "tests/$name\b" tests/*/local.mk ||
                echo "tested $table 0 the table names a test $name that is not there"
        done
}

check_licence()
{
    find . \( -name '*.sh' -o -name '*.mk' -o -name '*.m4' -o -name '*.am' -o -name '*.ac' -o -name '*.awk' \) \
        ! -path './build*' ! -path './rask-*' ! -name 'libtool.m4' ! -name 'lt*.m4' ! -name aclocal.m4 |
        while read -r file; do
            head -3 "$file" | grep -q 'SPDX-License-Identifier: BSD-3-Clause' ||
                echo "spdx ${file#./} 1 no licence line among the first three"
        done
}

{ check_form; check_includes; check_conditionals; check_headers; check_listed; check_hello; check_tests; check_licence; } \
    >"$scratch/breaches"

grep -vE '^(#|$)' tests/lint.exceptions | sort >"$scratch/exceptions"
cut -d' ' -f1,2 "$scratch/breaches" | sort -u >"$scratch/found"
bad=0
while read -r rule place line text; do
    grep -qxF "$rule $place" "$scratch/exceptions" && continue
    echo "${place%%:*}:$line: $text ($rule${place#"${place%%:*}"})"
    bad=$((bad + 1))
done <"$scratch/breaches"
while read -r entry; do
    echo "tests/lint.exceptions: not needed any more, remove: $entry"
    bad=$((bad + 1))
done < <(comm -13 "$scratch/found" "$scratch/exceptions")
n=$(wc -l <"$scratch/exceptions")
if [ "$n" -ne "$max_exceptions" ]; then
    echo "tests/lint.exceptions: $n entries, max_exceptions in tests/lint.sh is $max_exceptions: it only goes down"
    bad=$((bad + 1))
fi
echo "lint: $(c_files | wc -l) files, $(grep -c '^length ' "$scratch/form") functions, $n exceptions, $bad breaches"
[ "$bad" -eq 0 ]
