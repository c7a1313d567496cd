# SPDX-License-Identifier: BSD-3-Clause
# Programs of less than 100 lines, one per way to use the library. make check runs them alone, and attach on 3 ranks.
check_PROGRAMS += apps/examples/hello
apps_examples_hello_SOURCES = apps/examples/hello.c
apps_examples_hello_LDADD = librask.la
TESTS += apps/examples/hello

check_PROGRAMS += apps/examples/tree_sum
apps_examples_tree_sum_SOURCES = apps/examples/tree_sum.c
apps_examples_tree_sum_LDADD = librask.la
TESTS += apps/examples/tree_sum

check_PROGRAMS += apps/examples/montecarlo_pi
apps_examples_montecarlo_pi_SOURCES = apps/examples/montecarlo_pi.c
apps_examples_montecarlo_pi_LDADD = librask.la -lm
TESTS += apps/examples/montecarlo_pi

check_PROGRAMS += apps/examples/pipeline
apps_examples_pipeline_SOURCES = apps/examples/pipeline.c
apps_examples_pipeline_LDADD = librask.la -lm
TESTS += apps/examples/pipeline

check_PROGRAMS += apps/examples/nested
apps_examples_nested_SOURCES = apps/examples/nested.c
apps_examples_nested_LDADD = librask.la -lm
TESTS += apps/examples/nested

if HAVE_MPI
check_PROGRAMS += apps/examples/attach
apps_examples_attach_SOURCES = apps/examples/attach.c
apps_examples_attach_LDADD = librask.la $(MPI_LIBS)
endif
TESTS += apps/examples/examples.sh

dist_examples_DATA += apps/examples/hello.c apps/examples/tree_sum.c apps/examples/montecarlo_pi.c \
	apps/examples/pipeline.c apps/examples/nested.c apps/examples/attach.c
EXTRA_DIST += apps/examples/examples.sh
