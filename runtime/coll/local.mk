# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/coll and their unit tests.
librask_core_la_SOURCES += \
	runtime/coll/csv_block.c runtime/coll/csv_block.h \
	runtime/coll/csv_groupby.c runtime/coll/csv_groupby.h \
	runtime/coll/csv_plan.c runtime/coll/csv_plan.h

check_PROGRAMS += tests/unit/csv_plan_test
tests_unit_csv_plan_test_SOURCES = tests/unit/csv_plan_test.c
tests_unit_csv_plan_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/csv_plan_test

check_PROGRAMS += tests/unit/csv_groupby_test
tests_unit_csv_groupby_test_SOURCES = tests/unit/csv_groupby_test.c
tests_unit_csv_groupby_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/csv_groupby_test
