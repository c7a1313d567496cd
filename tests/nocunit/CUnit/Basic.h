/* SPDX-License-Identifier: BSD-3-Clause */
/* Basic.h: stands in for CUnit where it is not installed. A unit test still compiles, says that it
 * is skipped, and exits with 77, which the test driver counts as skipped. Nothing here checks
 * anything; the names are CUnit's, so that the tests need no conditional compilation. */
#ifndef RASK_TESTS_NOCUNIT_BASIC_H
#define RASK_TESTS_NOCUNIT_BASIC_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUE_SUCCESS = 0, CU_BRM_VERBOSE = 2 };
typedef int CU_ErrorCode;
typedef struct CU_Suite *CU_pSuite;
typedef struct CU_Test *CU_pTest;

static inline CU_ErrorCode CU_initialize_registry(void)
{
    puts("SKIP: unit tests need CUnit, which was not there when this was configured");
    exit(77);
}

static inline CU_pSuite CU_add_suite(const char *name, int (*init)(void), int (*clean)(void))
{
    (void)name;
    (void)init;
    (void)clean;
    return NULL;
}

static inline CU_pTest CU_add_test(CU_pSuite suite, const char *name, void (*run)(void))
{
    (void)suite;
    (void)name;
    (void)run;
    return NULL;
}

static inline void CU_cleanup_registry(void)
{
}

static inline void CU_basic_set_mode(int mode)
{
    (void)mode;
}

static inline CU_ErrorCode CU_basic_run_tests(void)
{
    return CUE_SUCCESS;
}

static inline unsigned CU_get_number_of_failures(void)
{
    return 0;
}

static inline unsigned CU_get_number_of_asserts(void)
{
    return 0;
}

#define CU_ASSERT(value) ((void)(value))
#define CU_TEST(value) ((void)(value))
#define CU_TEST_FATAL(value) ((void)(value))
#define CU_ASSERT_FATAL(value) ((void)(value))
#define CU_ASSERT_TRUE(value) ((void)(value))
#define CU_ASSERT_TRUE_FATAL(value) ((void)(value))
#define CU_ASSERT_FALSE(value) ((void)(value))
#define CU_ASSERT_FALSE_FATAL(value) ((void)(value))
#define CU_PASS(text) ((void)(text))
#define CU_FAIL(text) ((void)(text))
#define CU_FAIL_FATAL(text) ((void)(text))
#define CU_ASSERT_EQUAL(actual, expected) ((void)((actual) == (expected)))
#define CU_ASSERT_EQUAL_FATAL(actual, expected) ((void)((actual) == (expected)))
#define CU_ASSERT_NOT_EQUAL(actual, expected) ((void)((actual) != (expected)))
#define CU_ASSERT_NOT_EQUAL_FATAL(actual, expected) ((void)((actual) != (expected)))
#define CU_ASSERT_PTR_EQUAL(actual, expected) \
    ((void)((const void *)(actual) == (const void *)(expected)))
#define CU_ASSERT_PTR_EQUAL_FATAL(actual, expected) CU_ASSERT_PTR_EQUAL(actual, expected)
#define CU_ASSERT_PTR_NOT_EQUAL(actual, expected) CU_ASSERT_PTR_EQUAL(actual, expected)
#define CU_ASSERT_PTR_NOT_EQUAL_FATAL(actual, expected) CU_ASSERT_PTR_EQUAL(actual, expected)
#define CU_ASSERT_PTR_NULL(value) ((void)(value))
#define CU_ASSERT_PTR_NULL_FATAL(value) ((void)(value))
#define CU_ASSERT_PTR_NOT_NULL(value) ((void)(value))
#define CU_ASSERT_PTR_NOT_NULL_FATAL(value) ((void)(value))
#define CU_ASSERT_STRING_EQUAL(actual, expected) ((void)strcmp((actual), (expected)))
#define CU_ASSERT_STRING_EQUAL_FATAL(actual, expected) ((void)strcmp((actual), (expected)))
#define CU_ASSERT_STRING_NOT_EQUAL(actual, expected) ((void)strcmp((actual), (expected)))
#define CU_ASSERT_STRING_NOT_EQUAL_FATAL(actual, expected) ((void)strcmp((actual), (expected)))
#define CU_ASSERT_NSTRING_EQUAL(actual, expected, count) \
    ((void)strncmp((actual), (expected), (count)))
#define CU_ASSERT_NSTRING_EQUAL_FATAL(actual, expected, count) \
    ((void)strncmp((actual), (expected), (count)))
#define CU_ASSERT_NSTRING_NOT_EQUAL(actual, expected, count) \
    ((void)strncmp((actual), (expected), (count)))
#define CU_ASSERT_NSTRING_NOT_EQUAL_FATAL(actual, expected, count) \
    ((void)strncmp((actual), (expected), (count)))
#define CU_ASSERT_DOUBLE_EQUAL(actual, expected, granularity) \
    ((void)(fabs((double)(actual) - (expected)) <= fabs((double)(granularity))))
#define CU_ASSERT_DOUBLE_EQUAL_FATAL(actual, expected, granularity) \
    CU_ASSERT_DOUBLE_EQUAL(actual, expected, granularity)
#define CU_ASSERT_DOUBLE_NOT_EQUAL(actual, expected, granularity) \
    CU_ASSERT_DOUBLE_EQUAL(actual, expected, granularity)
#define CU_ASSERT_DOUBLE_NOT_EQUAL_FATAL(actual, expected, granularity) \
    CU_ASSERT_DOUBLE_EQUAL(actual, expected, granularity)

#endif
