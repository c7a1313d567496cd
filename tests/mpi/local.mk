# SPDX-License-Identifier: BSD-3-Clause
# Programs that run under MPI, each on several numbers of ranks.
#
#   if HAVE_MPI
#   check_PROGRAMS += tests/mpi/x
#   tests_mpi_x_SOURCES = tests/mpi/x.c
#   tests_mpi_x_LDADD = $(mpi_ldadd)
#   endif
#   TESTS += tests/mpi/x.n2.mpi tests/mpi/x.n4.mpi
# Only rank 0 prints. Without MPI the tests are skipped by tests/mpirun.sh.

if HAVE_MPI
check_PROGRAMS += tests/mpi/api_test
tests_mpi_api_test_SOURCES = tests/mpi/api_test.c tests/mpi/tap.h
tests_mpi_api_test_LDADD = $(mpi_ldadd)
check_PROGRAMS += tests/mpi/lost_test
tests_mpi_lost_test_SOURCES = tests/mpi/lost_test.c tests/mpi/tap.h
tests_mpi_lost_test_LDADD = $(mpi_ldadd)
endif
TESTS += tests/mpi/lost_test.n2.mpi tests/mpi/lost_test.n3.mpi
TESTS += tests/mpi/api_test.n1.mpi tests/mpi/api_test.n2.mpi tests/mpi/api_test.n3.mpi \
	tests/mpi/api_test.n4.mpi tests/mpi/api_test.n8.mpi

# Objects are fetched and not read in place.
EXTRA_DIST += tests/mpi/api_test.n4.mpi tests/mpi/calls_test.n4.mpi

# The marks' first lines are the setting node-memory.
if HAVE_MPI
check_PROGRAMS += tests/mpi/node_memory_test
tests_mpi_node_memory_test_SOURCES = tests/mpi/node_memory_test.c
tests_mpi_node_memory_test_LDADD = $(mpi_ldadd)
endif
TESTS += tests/mpi/node_memory_test.n2.mpi tests/mpi/node_memory_test.n3.mpi tests/mpi/node_memory_test.n4.mpi
EXTRA_DIST += tests/mpi/node_memory_test.n2.mpi tests/mpi/node_memory_test.n3.mpi tests/mpi/node_memory_test.n4.mpi

if HAVE_MPI
check_PROGRAMS += tests/mpi/attach_test
tests_mpi_attach_test_SOURCES = tests/mpi/attach_test.c tests/mpi/tap.h
tests_mpi_attach_test_LDADD = $(mpi_ldadd)
endif
TESTS += tests/mpi/attach_test.n2.mpi tests/mpi/attach_test.n4.mpi

# The cases of tests/unit/api_test.c, on ranks.
api_ranks = tests/mpi/api_ranks.c tests/unit/api_home.c tests/unit/api_home.h
if HAVE_MPI
check_PROGRAMS += tests/mpi/calls_test
tests_mpi_calls_test_SOURCES = tests/unit/api_test.c $(api_ranks)
tests_mpi_calls_test_LDADD = $(unit_ldadd) $(MPI_LIBS)
endif
TESTS += tests/mpi/calls_test.n1.mpi tests/mpi/calls_test.n2.mpi tests/mpi/calls_test.n3.mpi \
	tests/mpi/calls_test.n4.mpi tests/mpi/calls_test.n8.mpi

# The cases of tests/unit/parts_test.c, on ranks; the mark of 3 has objects fetched.
if HAVE_MPI
check_PROGRAMS += tests/mpi/parts_test
tests_mpi_parts_test_SOURCES = tests/unit/parts_test.c $(api_ranks)
tests_mpi_parts_test_LDADD = $(unit_ldadd) $(MPI_LIBS)
endif
TESTS += tests/mpi/parts_test.n2.mpi tests/mpi/parts_test.n3.mpi
EXTRA_DIST += tests/mpi/parts_test.n3.mpi

# The cases of tests/unit/waits_test.c, on ranks.
if HAVE_MPI
check_PROGRAMS += tests/mpi/waits_test
tests_mpi_waits_test_SOURCES = tests/unit/waits_test.c $(api_ranks)
tests_mpi_waits_test_LDADD = $(unit_ldadd) $(MPI_LIBS)
endif
TESTS += tests/mpi/waits_test.n1.mpi tests/mpi/waits_test.n2.mpi tests/mpi/waits_test.n3.mpi \
	tests/mpi/waits_test.n4.mpi tests/mpi/waits_test.n8.mpi

# The cases of tests/unit/api_story_test.c, on ranks.
if HAVE_MPI
check_PROGRAMS += tests/mpi/story_test
tests_mpi_story_test_SOURCES = tests/unit/api_story_test.c $(api_ranks)
tests_mpi_story_test_LDADD = $(unit_ldadd) $(MPI_LIBS)
endif
TESTS += tests/mpi/story_test.n1.mpi tests/mpi/story_test.n2.mpi tests/mpi/story_test.n4.mpi

# How jobs end otherwise: a program that does, and a script that looks at what is left; alone without MPI.
check_PROGRAMS += tests/mpi/ending
tests_mpi_ending_SOURCES = tests/mpi/ending.c
tests_mpi_ending_LDADD = $(mpi_ldadd)
TESTS += tests/mpi/endings.sh
EXTRA_DIST += tests/mpi/endings.sh

# Programs that have started MPI at each thread level.
if HAVE_MPI
check_PROGRAMS += tests/mpi/levels
tests_mpi_levels_SOURCES = tests/mpi/levels.c
tests_mpi_levels_LDADD = $(mpi_ldadd)
endif
TESTS += tests/mpi/levels.sh
EXTRA_DIST += tests/mpi/levels.sh

# Ranks that are not the same program: one source, built three times.
if HAVE_MPI
check_PROGRAMS += tests/mpi/meets1 tests/mpi/meets2 tests/mpi/meets3
tests_mpi_meets1_SOURCES = tests/mpi/meets.c
tests_mpi_meets1_CPPFLAGS = $(AM_CPPFLAGS) -DBUILD=1
tests_mpi_meets1_LDADD = librask_core.la
tests_mpi_meets2_SOURCES = tests/mpi/meets.c
tests_mpi_meets2_CPPFLAGS = $(AM_CPPFLAGS) -DBUILD=2
tests_mpi_meets2_LDADD = librask_core.la
tests_mpi_meets3_SOURCES = tests/mpi/meets.c
tests_mpi_meets3_CPPFLAGS = $(AM_CPPFLAGS) -DBUILD=3
tests_mpi_meets3_LDADD = librask_core.la
endif
TESTS += tests/mpi/meets.sh
EXTRA_DIST += tests/mpi/meets.sh
