# SPDX-License-Identifier: BSD-3-Clause
# The n-th allocation fails, then the n-th message, for all n: nothing leaks or hangs.
#
#   check_PROGRAMS += tests/fault/x_test
#   tests_fault_x_test_SOURCES = tests/fault/x_test.c
#   tests_fault_x_test_LDADD = $(unit_ldadd)
#   TESTS += tests/fault/x_test

check_PROGRAMS += tests/fault/api_fault_test
tests_fault_api_fault_test_SOURCES = tests/fault/api_fault_test.c
tests_fault_api_fault_test_LDADD = $(unit_ldadd)
TESTS += tests/fault/api_fault_test
