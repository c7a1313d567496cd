# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/coll and their unit tests.
librask_core_la_SOURCES += \
	runtime/coll/csv_block.c runtime/coll/csv_block.h \
	runtime/coll/csv_groupby.c runtime/coll/csv_groupby.h \
	runtime/coll/csv_plan.c runtime/coll/csv_plan.h
