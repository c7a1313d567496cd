# SPDX-License-Identifier: BSD-3-Clause
# Stories: simulations of a whole job by theme (story.h), and the randomised run (random_test.c).

EXTRA_DIST += tests/sim/story.h tests/sim/seeds.txt
check_PROGRAMS += tests/sim/queueing_test
tests_sim_queueing_test_SOURCES = tests/sim/queueing_test.c
tests_sim_queueing_test_LDADD = $(unit_ldadd)
TESTS += tests/sim/queueing_test
check_PROGRAMS += tests/sim/placement_test
tests_sim_placement_test_SOURCES = tests/sim/placement_test.c
tests_sim_placement_test_LDADD = $(unit_ldadd)
TESTS += tests/sim/placement_test
check_PROGRAMS += tests/sim/failures_test
tests_sim_failures_test_SOURCES = tests/sim/failures_test.c
tests_sim_failures_test_LDADD = $(unit_ldadd)
TESTS += tests/sim/failures_test
check_PROGRAMS += tests/sim/lifetimes_test
tests_sim_lifetimes_test_SOURCES = tests/sim/lifetimes_test.c
tests_sim_lifetimes_test_LDADD = $(unit_ldadd)
TESTS += tests/sim/lifetimes_test
check_PROGRAMS += tests/sim/cancel_test
tests_sim_cancel_test_SOURCES = tests/sim/cancel_test.c
tests_sim_cancel_test_LDADD = $(unit_ldadd)
TESTS += tests/sim/cancel_test
check_PROGRAMS += tests/sim/client_test
tests_sim_client_test_SOURCES = tests/sim/client_test.c
tests_sim_client_test_LDADD = $(unit_ldadd)
TESTS += tests/sim/client_test
check_PROGRAMS += tests/sim/random_test
tests_sim_random_test_SOURCES = tests/sim/random_test.c
tests_sim_random_test_LDADD = librask_core.la
TESTS += tests/sim/random_test
check_PROGRAMS += tests/sim/memory_test
tests_sim_memory_test_SOURCES = tests/sim/memory_test.c
tests_sim_memory_test_LDADD = $(unit_ldadd)
TESTS += tests/sim/memory_test
