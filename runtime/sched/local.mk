librask_core_la_SOURCES += runtime/sched/order.c runtime/sched/order.h
librask_core_la_SOURCES += runtime/sched/order_pressure.c
librask_core_la_SOURCES += runtime/sched/order_rows.c runtime/sched/order_rows.h
check_PROGRAMS += tests/unit/order_test
tests_unit_order_test_SOURCES = tests/unit/order_test.c tests/unit/order_shapes.c tests/unit/order_shapes.h
tests_unit_order_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/order_test
