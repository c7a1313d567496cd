# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/io and their unit tests.
librask_core_la_SOURCES += \
	runtime/io/csv.c runtime/io/csv.h \
	runtime/io/csv_column.c runtime/io/csv_column.h \
	runtime/io/csv_guess.c \
	runtime/io/csv_head.c runtime/io/csv_head.h \
	runtime/io/csv_header.c \
	runtime/io/csv_reader.h \
	runtime/io/csv_scan.c runtime/io/csv_scan.h runtime/io/csv_scan_core.h \
	runtime/io/csv_scan_x86.c \
	runtime/io/csv_spec.c \
	runtime/io/csv_window.c runtime/io/csv_window.h \
	runtime/io/file.c runtime/io/file.h \
	runtime/io/file_list.c \
	runtime/io/infer.c runtime/io/infer.h \
	runtime/io/missing.c runtime/io/missing.h \
	runtime/io/number.c runtime/io/number.h \
	runtime/io/split.c runtime/io/split.h

check_PROGRAMS += tests/unit/file_test
tests_unit_file_test_SOURCES = tests/unit/file_test.c
tests_unit_file_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/file_test

check_PROGRAMS += tests/unit/split_test
tests_unit_split_test_SOURCES = tests/unit/split_test.c
tests_unit_split_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/split_test

check_PROGRAMS += tests/unit/number_test
tests_unit_number_test_SOURCES = tests/unit/number_test.c
tests_unit_number_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/number_test

check_PROGRAMS += tests/unit/csv_scan_test
tests_unit_csv_scan_test_SOURCES = tests/unit/csv_scan_test.c
tests_unit_csv_scan_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/csv_scan_test

check_PROGRAMS += tests/unit/csv_test
tests_unit_csv_test_SOURCES = tests/unit/csv_test.c tests/unit/csv_oracle.h
tests_unit_csv_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/csv_test

check_PROGRAMS += tests/unit/csv_files_test
tests_unit_csv_files_test_SOURCES = tests/unit/csv_files_test.c tests/unit/csv_oracle.h
tests_unit_csv_files_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/csv_files_test

check_PROGRAMS += tests/unit/csv_window_test
tests_unit_csv_window_test_SOURCES = tests/unit/csv_window_test.c
tests_unit_csv_window_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/csv_window_test

check_PROGRAMS += tests/unit/missing_test
tests_unit_missing_test_SOURCES = tests/unit/missing_test.c
tests_unit_missing_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/missing_test

check_PROGRAMS += tests/unit/infer_test
tests_unit_infer_test_SOURCES = tests/unit/infer_test.c
tests_unit_infer_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/infer_test

if BUILD_FUZZERS
noinst_PROGRAMS += tests/fuzz/csv_fuzz
tests_fuzz_csv_fuzz_SOURCES = tests/fuzz/csv_fuzz.c tests/unit/csv_oracle.h
tests_fuzz_csv_fuzz_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_csv_fuzz_LDADD = $(fuzz_ldadd)
endif
