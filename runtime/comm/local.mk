# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/comm and their unit tests.
librask_core_la_SOURCES += runtime/comm/comm.h runtime/comm/boot.h runtime/comm/bell.c runtime/comm/local.c \
	runtime/comm/launch.c runtime/comm/launch.h runtime/comm/loop.c runtime/comm/loop.h
if HAVE_MPI
librask_core_la_SOURCES += runtime/comm/boot.c runtime/comm/same.c runtime/comm/same.h runtime/comm/mpi.c \
	runtime/comm/mpi_comm.h runtime/comm/mpi_err.c runtime/comm/mpi_err.h runtime/comm/flight.c \
	runtime/comm/message.c runtime/comm/node.c runtime/comm/probe.c runtime/comm/read.c runtime/comm/rma.c \
	runtime/comm/ring.c runtime/comm/ring.h runtime/comm/share.c runtime/comm/shm.c runtime/comm/shm.h
else
librask_core_la_SOURCES += runtime/comm/boot_none.c runtime/comm/ring.c runtime/comm/ring.h \
	runtime/comm/shm.c runtime/comm/shm.h
endif

check_PROGRAMS += tests/unit/bell_test tests/unit/ring_test
tests_unit_bell_test_SOURCES = tests/unit/bell_test.c
tests_unit_bell_test_LDADD = $(unit_ldadd)
tests_unit_ring_test_SOURCES = tests/unit/ring_test.c
tests_unit_ring_test_LDADD = $(unit_ldadd)
check_PROGRAMS += tests/unit/loop_test
tests_unit_loop_test_SOURCES = tests/unit/loop_test.c
tests_unit_loop_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/loop_test
check_PROGRAMS += tests/unit/launch_test tests/unit/shm_test
tests_unit_launch_test_SOURCES = tests/unit/launch_test.c
tests_unit_launch_test_LDADD = $(unit_ldadd)
tests_unit_shm_test_SOURCES = tests/unit/shm_test.c
tests_unit_shm_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/bell_test tests/unit/ring_test tests/unit/launch_test tests/unit/shm_test
if HAVE_MPI
check_PROGRAMS += tests/mpi/comm_test
tests_mpi_comm_test_SOURCES = tests/mpi/comm_test.c tests/mpi/tap.h
tests_mpi_comm_test_LDADD = $(mpi_ldadd)
check_PROGRAMS += tests/mpi/boot_test
tests_mpi_boot_test_SOURCES = tests/mpi/boot_test.c tests/mpi/tap.h
tests_mpi_boot_test_LDADD = $(mpi_ldadd)
endif
TESTS += tests/mpi/comm_test.n1.mpi tests/mpi/comm_test.n2.mpi tests/mpi/comm_test.n3.mpi \
	tests/mpi/comm_test.n4.mpi tests/mpi/comm_test.n8.mpi tests/mpi/boot_test.n2.mpi tests/mpi/boot_test.n4.mpi
EXTRA_DIST += tests/mpi/comm_test.n1.mpi tests/mpi/comm_test.n3.mpi tests/mpi/comm_test.n8.mpi
librask_core_la_SOURCES += runtime/comm/sim.c runtime/comm/sim.h runtime/comm/sim_rank.c runtime/comm/sim_state.h
