# SPDX-License-Identifier: BSD-3-Clause
# Virtual hosts and a real Slurm on them, made of namespaces; skipped where these cannot be made.

if HAVE_MPI
check_PROGRAMS += tests/cluster/spread
tests_cluster_spread_SOURCES = tests/cluster/spread.c
tests_cluster_spread_LDADD = librask_core.la
endif
TESTS += tests/cluster/hosts.sh tests/cluster/jobs.sh
EXTRA_DIST += tests/cluster/cluster.sh tests/cluster/on.sh tests/cluster/slurm.sh tests/cluster/hosts.sh \
	tests/cluster/jobs.sh
