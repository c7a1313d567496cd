# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/worker and their unit tests.
librask_core_la_SOURCES += runtime/worker/worker.c runtime/worker/worker.h runtime/worker/task.h
librask_core_la_SOURCES += runtime/worker/inputs.c runtime/worker/inputs.h
librask_core_la_SOURCES += runtime/worker/exec.c runtime/worker/exec.h runtime/worker/task.c
librask_core_la_SOURCES += runtime/worker/fused.c runtime/worker/fused.h

librask_core_la_SOURCES += runtime/worker/registry.c runtime/worker/registry.h
check_PROGRAMS += tests/unit/registry_test
tests_unit_registry_test_SOURCES = tests/unit/registry_test.c
tests_unit_registry_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/registry_test
check_PROGRAMS += tests/unit/worker_test
tests_unit_worker_test_SOURCES = tests/unit/worker_test.c
tests_unit_worker_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/worker_test
