# SPDX-License-Identifier: BSD-3-Clause
# Stories: simulations of a whole job, and the randomised run.
#
#   check_PROGRAMS += tests/sim/x_test
#   tests_sim_x_test_SOURCES = tests/sim/x_test.c
#   tests_sim_x_test_LDADD = $(unit_ldadd)
#   TESTS += tests/sim/x_test
