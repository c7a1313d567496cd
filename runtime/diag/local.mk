# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/diag and their unit tests.
librask_core_la_SOURCES += runtime/diag/progress.c runtime/diag/progress.h

check_PROGRAMS += tests/unit/progress_test
tests_unit_progress_test_SOURCES = tests/unit/progress_test.c
tests_unit_progress_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/progress_test
