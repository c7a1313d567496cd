# SPDX-License-Identifier: BSD-3-Clause
librask_core_la_SOURCES += runtime/place/cpuset.c runtime/place/cpuset.h
librask_core_la_SOURCES += runtime/place/sysfs.c runtime/place/sysfs.h
librask_core_la_SOURCES += runtime/place/topo.c runtime/place/topo.h
librask_core_la_SOURCES += runtime/place/bind.c runtime/place/bind.h
librask_core_la_SOURCES += runtime/place/apply.c runtime/place/apply.h
librask_core_la_SOURCES += runtime/place/probe.c runtime/place/probe.h
librask_core_la_SOURCES += runtime/place/memory.c runtime/place/memory.h

check_PROGRAMS += tests/unit/memory_test
tests_unit_memory_test_SOURCES = tests/unit/memory_test.c
tests_unit_memory_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/memory_test

check_PROGRAMS += tests/unit/cpuset_test
tests_unit_cpuset_test_SOURCES = tests/unit/cpuset_test.c
tests_unit_cpuset_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/cpuset_test

check_PROGRAMS += tests/unit/sysfs_test
tests_unit_sysfs_test_SOURCES = tests/unit/sysfs_test.c
tests_unit_sysfs_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/sysfs_test

check_PROGRAMS += tests/unit/topo_test
tests_unit_topo_test_SOURCES = tests/unit/topo_test.c
tests_unit_topo_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/topo_test

check_PROGRAMS += tests/unit/bind_test
tests_unit_bind_test_SOURCES = tests/unit/bind_test.c
tests_unit_bind_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/bind_test

check_PROGRAMS += tests/unit/probe_test
tests_unit_probe_test_SOURCES = tests/unit/probe_test.c
tests_unit_probe_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/probe_test

# The test defines a function that the code looks up in the running program.
check_PROGRAMS += tests/unit/apply_test
tests_unit_apply_test_SOURCES = tests/unit/apply_test.c tests/unit/openmp.c tests/unit/openmp.h
tests_unit_apply_test_LDADD = $(unit_ldadd)
tests_unit_apply_test_LDFLAGS = -export-dynamic
TESTS += tests/unit/apply_test

EXTRA_DIST += tests/golden/machines/cluster_node.xml tests/golden/machines/laptop.xml
EXTRA_DIST += tests/golden/machines/single.xml tests/golden/machines/restricted.xml
EXTRA_DIST += tests/golden/machines/README.md
