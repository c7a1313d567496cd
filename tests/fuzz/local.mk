# SPDX-License-Identifier: BSD-3-Clause
# Fuzzers of whatever reads bytes from outside, built with --enable-fuzz.
#
#   if BUILD_FUZZERS
#   noinst_PROGRAMS += tests/fuzz/x_fuzz
#   tests_fuzz_x_fuzz_SOURCES = tests/fuzz/x_fuzz.c
#   tests_fuzz_x_fuzz_LDFLAGS = $(fuzz_ldflags)
#   tests_fuzz_x_fuzz_LDADD = $(fuzz_ldadd)
#   endif
# Inputs worth keeping are files of tests/fuzz/corpus/x/; all of them belong to a release.
EXTRA_DIST += tests/fuzz/corpus

if BUILD_FUZZERS
noinst_PROGRAMS += tests/fuzz/table_fuzz
tests_fuzz_table_fuzz_SOURCES = tests/fuzz/table_fuzz.c
tests_fuzz_table_fuzz_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_table_fuzz_LDADD = $(fuzz_ldadd)
noinst_PROGRAMS += tests/fuzz/wire_fuzz
tests_fuzz_wire_fuzz_SOURCES = tests/fuzz/wire_fuzz.c
tests_fuzz_wire_fuzz_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_wire_fuzz_LDADD = $(fuzz_ldadd)
endif
