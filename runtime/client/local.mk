# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/client and their unit tests.
librask_core_la_SOURCES += runtime/client/claims.c runtime/client/claims.h \
	runtime/client/client.c runtime/client/client.h
check_PROGRAMS += tests/unit/claims_test tests/unit/client_test
tests_unit_claims_test_SOURCES = tests/unit/claims_test.c
tests_unit_claims_test_LDADD = $(unit_ldadd)
tests_unit_client_test_SOURCES = tests/unit/client_test.c
tests_unit_client_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/claims_test tests/unit/client_test
