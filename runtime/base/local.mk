# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/base and their unit tests.
librask_core_la_SOURCES += \
	runtime/base/alloc.c \
	runtime/base/alloc.h \
	runtime/base/buf.c \
	runtime/base/buf.h \
	runtime/base/clock.c \
	runtime/base/clock.h \
	runtime/base/config.c \
	runtime/base/config.def \
	runtime/base/config.h \
	runtime/base/config_load.c \
	runtime/base/config_table.h \
	runtime/base/config_text.c \
	runtime/base/counters.c \
	runtime/base/counters.def \
	runtime/base/counters.h \
	runtime/base/error.c \
	runtime/base/error.h \
	runtime/base/fence.h \
	runtime/base/fmt.c \
	runtime/base/fmt.h \
	runtime/base/hash.c \
	runtime/base/hash.h \
	runtime/base/heap.c \
	runtime/base/heap.h \
	runtime/base/idset.c \
	runtime/base/idset.h \
	runtime/base/json.c \
	runtime/base/json.h \
	runtime/base/key.h \
	runtime/base/log.c \
	runtime/base/log.h \
	runtime/base/map.c \
	runtime/base/map.h \
	runtime/base/map_body.def \
	runtime/base/pool.c \
	runtime/base/pool.h \
	runtime/base/rng.c \
	runtime/base/rng.h \
	runtime/base/slab.c \
	runtime/base/slab.h \
	runtime/base/spin.h \
	runtime/base/trace.c \
	runtime/base/trace.def \
	runtime/base/trace.h \
	runtime/base/vec.h \
	runtime/base/version.c

check_PROGRAMS += tests/unit/alloc_test
tests_unit_alloc_test_SOURCES = tests/unit/alloc_test.c
tests_unit_alloc_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/alloc_test

check_PROGRAMS += tests/unit/buf_test
tests_unit_buf_test_SOURCES = tests/unit/buf_test.c
tests_unit_buf_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/buf_test

check_PROGRAMS += tests/unit/clock_test
tests_unit_clock_test_SOURCES = tests/unit/clock_test.c
tests_unit_clock_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/clock_test

check_PROGRAMS += tests/unit/config_test
tests_unit_config_test_SOURCES = tests/unit/config_test.c
tests_unit_config_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/config_test

check_PROGRAMS += tests/unit/counters_test
tests_unit_counters_test_SOURCES = tests/unit/counters_test.c
tests_unit_counters_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/counters_test

check_PROGRAMS += tests/unit/error_test
tests_unit_error_test_SOURCES = tests/unit/error_test.c
tests_unit_error_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/error_test

check_PROGRAMS += tests/unit/fmt_test
tests_unit_fmt_test_SOURCES = tests/unit/fmt_test.c
tests_unit_fmt_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/fmt_test

check_PROGRAMS += tests/unit/hash_test
tests_unit_hash_test_SOURCES = tests/unit/hash_test.c
tests_unit_hash_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/hash_test

check_PROGRAMS += tests/unit/heap_test
tests_unit_heap_test_SOURCES = tests/unit/heap_test.c
tests_unit_heap_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/heap_test

check_PROGRAMS += tests/unit/idset_test
tests_unit_idset_test_SOURCES = tests/unit/idset_test.c
tests_unit_idset_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/idset_test

check_PROGRAMS += tests/unit/json_test
tests_unit_json_test_SOURCES = tests/unit/json_test.c
tests_unit_json_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/json_test

check_PROGRAMS += tests/unit/log_test
tests_unit_log_test_SOURCES = tests/unit/log_test.c
tests_unit_log_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/log_test

check_PROGRAMS += tests/unit/map_test
tests_unit_map_test_SOURCES = tests/unit/map_test.c
tests_unit_map_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/map_test

check_PROGRAMS += tests/unit/pool_test
tests_unit_pool_test_SOURCES = tests/unit/pool_test.c
tests_unit_pool_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/pool_test

check_PROGRAMS += tests/unit/rng_test
tests_unit_rng_test_SOURCES = tests/unit/rng_test.c
tests_unit_rng_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/rng_test

check_PROGRAMS += tests/unit/slab_test
tests_unit_slab_test_SOURCES = tests/unit/slab_test.c
tests_unit_slab_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/slab_test

check_PROGRAMS += tests/unit/trace_test
tests_unit_trace_test_SOURCES = tests/unit/trace_test.c
tests_unit_trace_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/trace_test

check_PROGRAMS += tests/unit/vec_test
tests_unit_vec_test_SOURCES = tests/unit/vec_test.c
tests_unit_vec_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/vec_test
