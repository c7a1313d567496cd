# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/sched and their unit tests.
librask_core_la_SOURCES += runtime/sched/sched.c runtime/sched/sched.h runtime/sched/state.h
librask_core_la_SOURCES += runtime/sched/receive.c runtime/sched/task.c runtime/sched/edges.c runtime/sched/ids.c
librask_core_la_SOURCES += runtime/sched/peer.c runtime/sched/replica.c runtime/sched/ready.c runtime/sched/ready.h
librask_core_la_SOURCES += runtime/sched/locate.c runtime/sched/place.c runtime/sched/steal.c runtime/sched/recover.c
librask_core_la_SOURCES += runtime/sched/check.c runtime/sched/report.c
librask_core_la_SOURCES += runtime/sched/order.c runtime/sched/order.h
librask_core_la_SOURCES += runtime/sched/order_pressure.c
librask_core_la_SOURCES += runtime/sched/order_rows.c runtime/sched/order_rows.h
check_PROGRAMS += tests/unit/order_test
tests_unit_order_test_SOURCES = tests/unit/order_test.c tests/unit/order_shapes.c tests/unit/order_shapes.h
tests_unit_order_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/order_test
check_PROGRAMS += tests/unit/sched_test
tests_unit_sched_test_SOURCES = tests/unit/sched_test.c
tests_unit_sched_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/sched_test
check_PROGRAMS += tests/unit/ready_test
tests_unit_ready_test_SOURCES = tests/unit/ready_test.c
tests_unit_ready_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/ready_test
