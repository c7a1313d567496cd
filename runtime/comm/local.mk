# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/comm and their unit tests.
librask_core_la_SOURCES += runtime/comm/comm.h runtime/comm/boot.h runtime/comm/bell.c runtime/comm/local.c
check_PROGRAMS += tests/unit/bell_test
tests_unit_bell_test_SOURCES = tests/unit/bell_test.c
tests_unit_bell_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/bell_test
