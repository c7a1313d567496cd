# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/kern and their unit tests.
librask_core_la_SOURCES += \
	runtime/kern/batch.h \
	runtime/kern/bytes.h \
	runtime/kern/caltime.c \
	runtime/kern/caltime.h \
	runtime/kern/distinct.c \
	runtime/kern/distinct.h \
	runtime/kern/exact.c \
	runtime/kern/exact.h \
	runtime/kern/expr.c \
	runtime/kern/expr.h \
	runtime/kern/expr_bind.c \
	runtime/kern/expr_body.h \
	runtime/kern/expr_eval.c \
	runtime/kern/expr_lex.c \
	runtime/kern/expr_text.c \
	runtime/kern/flat.c \
	runtime/kern/flat.h \
	runtime/kern/flat_format.h \
	runtime/kern/flatten.c \
	runtime/kern/fold.c \
	runtime/kern/fold.h \
	runtime/kern/groupby.c \
	runtime/kern/groupby.h \
	runtime/kern/key.c \
	runtime/kern/key.h \
	runtime/kern/layout.c \
	runtime/kern/layout.h \
	runtime/kern/limbs.c \
	runtime/kern/limbs.h \
	runtime/kern/print.c \
	runtime/kern/print.h \
	runtime/kern/ranges.c \
	runtime/kern/ranges.h \
	runtime/kern/result.c \
	runtime/kern/result.h \
	runtime/kern/sort.c \
	runtime/kern/sort.h \
	runtime/kern/state.c \
	runtime/kern/state.h \
	runtime/kern/state_number.c \
	runtime/kern/state_value.c \
	runtime/kern/table.c \
	runtime/kern/table.h \
	runtime/kern/table_body.h \
	runtime/kern/type.c \
	runtime/kern/type.h \
	runtime/kern/utf8.c \
	runtime/kern/utf8.h

check_PROGRAMS += tests/unit/caltime_test
tests_unit_caltime_test_SOURCES = tests/unit/caltime_test.c
tests_unit_caltime_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/caltime_test

check_PROGRAMS += tests/unit/distinct_test
tests_unit_distinct_test_SOURCES = tests/unit/distinct_test.c
tests_unit_distinct_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/distinct_test

check_PROGRAMS += tests/unit/exact_test
tests_unit_exact_test_SOURCES = tests/unit/exact_test.c
tests_unit_exact_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/exact_test

check_PROGRAMS += tests/unit/expr_test
tests_unit_expr_test_SOURCES = tests/unit/expr_test.c
tests_unit_expr_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/expr_test

check_PROGRAMS += tests/unit/groupby_test
tests_unit_groupby_test_SOURCES = tests/unit/groupby_test.c
tests_unit_groupby_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/groupby_test

check_PROGRAMS += tests/unit/limbs_test
tests_unit_limbs_test_SOURCES = tests/unit/limbs_test.c
tests_unit_limbs_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/limbs_test

check_PROGRAMS += tests/unit/print_test
tests_unit_print_test_SOURCES = tests/unit/print_test.c tests/unit/frame.h
tests_unit_print_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/print_test

check_PROGRAMS += tests/unit/ranges_test
tests_unit_ranges_test_SOURCES = tests/unit/ranges_test.c
tests_unit_ranges_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/ranges_test

check_PROGRAMS += tests/unit/result_test
tests_unit_result_test_SOURCES = tests/unit/result_test.c tests/unit/frame.h
tests_unit_result_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/result_test

check_PROGRAMS += tests/unit/sort_test
tests_unit_sort_test_SOURCES = tests/unit/sort_test.c
tests_unit_sort_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/sort_test

check_PROGRAMS += tests/unit/table_test
tests_unit_table_test_SOURCES = tests/unit/table_test.c tests/unit/frame.h
tests_unit_table_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/table_test

check_PROGRAMS += tests/unit/utf8_test
tests_unit_utf8_test_SOURCES = tests/unit/utf8_test.c
tests_unit_utf8_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/utf8_test
