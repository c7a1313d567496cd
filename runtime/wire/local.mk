# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/wire and their unit tests.
librask_core_la_SOURCES += runtime/wire/wire.c runtime/wire/wire.h runtime/wire/messages.def
librask_core_la_SOURCES += runtime/wire/call.h runtime/wire/id.h
check_PROGRAMS += tests/unit/wire_test
tests_unit_wire_test_SOURCES = tests/unit/wire_test.c
tests_unit_wire_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/wire_test
