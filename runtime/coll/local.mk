# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/coll and their unit tests.
librask_core_la_SOURCES += \
	runtime/coll/csv_block.c runtime/coll/csv_block.h \
	runtime/coll/csv_groupby.c runtime/coll/csv_groupby.h \
	runtime/coll/csv_plan.c runtime/coll/csv_plan.h \
	runtime/coll/groupby.c runtime/coll/groupby.h \
	runtime/coll/type.c runtime/coll/type.h

check_PROGRAMS += tests/unit/groupby_test
tests_unit_groupby_test_SOURCES = tests/unit/groupby_test.c
tests_unit_groupby_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/groupby_test
