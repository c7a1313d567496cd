# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/store and their unit tests.
librask_core_la_SOURCES += \
	runtime/store/segment.c \
	runtime/store/segment.h \
	runtime/store/store.c \
	runtime/store/store.h

check_PROGRAMS += tests/unit/store_test
tests_unit_store_test_SOURCES = tests/unit/store_test.c
tests_unit_store_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/store_test

check_PROGRAMS += tests/unit/segment_test
tests_unit_segment_test_SOURCES = tests/unit/segment_test.c
tests_unit_segment_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/segment_test
