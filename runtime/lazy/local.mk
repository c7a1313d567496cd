# SPDX-License-Identifier: BSD-3-Clause
librask_core_la_SOURCES += runtime/lazy/graph.c runtime/lazy/graph.h
librask_core_la_SOURCES += runtime/lazy/opt.c runtime/lazy/opt.h
check_PROGRAMS += tests/unit/opt_test
tests_unit_opt_test_SOURCES = tests/unit/opt_test.c
tests_unit_opt_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/opt_test
check_PROGRAMS += tests/unit/lazy_graph_test
tests_unit_lazy_graph_test_SOURCES = tests/unit/lazy_graph_test.c
tests_unit_lazy_graph_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/lazy_graph_test
