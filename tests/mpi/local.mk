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
