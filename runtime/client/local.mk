# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/client and their unit tests.
librask_core_la_SOURCES += runtime/client/client.c runtime/client/client.h
check_PROGRAMS += tests/unit/client_test
tests_unit_client_test_SOURCES = tests/unit/client_test.c
tests_unit_client_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/client_test
