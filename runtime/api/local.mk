# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/api: the calls of include/rask, which join machines, loop and threads.
librask_core_la_SOURCES += runtime/api/runtime.h runtime/api/setup.c runtime/api/start.c
librask_core_la_SOURCES += runtime/api/submit.c runtime/api/wait.c runtime/api/threads.c
librask_core_la_SOURCES += runtime/api/signals.c runtime/api/signals.h runtime/api/stall.c runtime/api/settings.c runtime/api/settings.h
librask_core_la_SOURCES += runtime/api/content.c runtime/api/content.h runtime/api/resources.c
librask_core_la_SOURCES += runtime/api/graph.c runtime/api/graph.h runtime/api/graph_submit.c
if HAVE_MPI
librask_core_la_SOURCES += runtime/api/attach.c
endif
EXTRA_DIST += runtime/api/attach.c
librask_core_la_SOURCES += runtime/api/options.c runtime/api/options.h
librask_core_la_SOURCES += runtime/api/describe.c runtime/api/exit.c runtime/api/measure.c runtime/api/measure.h
librask_core_la_SOURCES += runtime/api/story.c

# Where cases of the public interface run, and what they have in common.
api_alone = tests/unit/api_alone.c tests/unit/api_home.c tests/unit/api_home.h

check_PROGRAMS += tests/unit/graph_api_test
tests_unit_graph_api_test_SOURCES = tests/unit/graph_api_test.c $(api_alone)
tests_unit_graph_api_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/graph_api_test

check_PROGRAMS += tests/unit/api_test
tests_unit_api_test_SOURCES = tests/unit/api_test.c $(api_alone)
tests_unit_api_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/api_test

check_PROGRAMS += tests/unit/parts_test
tests_unit_parts_test_SOURCES = tests/unit/parts_test.c $(api_alone)
tests_unit_parts_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/parts_test

check_PROGRAMS += tests/unit/waits_test
tests_unit_waits_test_SOURCES = tests/unit/waits_test.c $(api_alone)
tests_unit_waits_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/waits_test

check_PROGRAMS += tests/unit/api_life_test
tests_unit_api_life_test_SOURCES = tests/unit/api_life_test.c tests/unit/openmp.c tests/unit/openmp.h $(api_alone)
tests_unit_api_life_test_LDADD = $(unit_ldadd)
tests_unit_api_life_test_LDFLAGS = -export-dynamic
TESTS += tests/unit/api_life_test

check_PROGRAMS += tests/unit/annotations_test
tests_unit_annotations_test_SOURCES = tests/unit/annotations_test.c $(api_alone)
tests_unit_annotations_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/annotations_test

check_PROGRAMS += tests/unit/api_args_test
tests_unit_api_args_test_SOURCES = tests/unit/api_args_test.c $(api_alone)
tests_unit_api_args_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/api_args_test

check_PROGRAMS += tests/unit/api_story_test
tests_unit_api_story_test_SOURCES = tests/unit/api_story_test.c $(api_alone)
tests_unit_api_story_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/api_story_test

check_PROGRAMS += tests/unit/describe_test
tests_unit_describe_test_SOURCES = tests/unit/describe_test.c
tests_unit_describe_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/describe_test
