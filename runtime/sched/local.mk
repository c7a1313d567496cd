librask_core_la_SOURCES += runtime/sched/order.c runtime/sched/order.h
check_PROGRAMS += tests/unit/order_test
tests_unit_order_test_SOURCES = tests/unit/order_test.c
tests_unit_order_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/order_test
