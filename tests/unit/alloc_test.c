/* SPDX-License-Identifier: BSD-3-Clause */
/* alloc_test.c: memory comes, and fails exactly where a test asks for it. */
#include "base/alloc.h"
#include "unit.h"

#include <pthread.h>
#include <string.h>

static void gives_memory(void)
{
    void *nothing = rask_alloc(0);
    CU_ASSERT_PTR_NOT_NULL(nothing);
    rask_free(nothing);
    rask_free(NULL);

    unsigned char *zeros = rask_alloc_zeroed(10, 3);
    CU_ASSERT_PTR_NOT_NULL_FATAL(zeros);
    for (int i = 0; i < 30; i++)
        CU_ASSERT_EQUAL(zeros[i], 0);
    rask_free(zeros);

    void *aligned = rask_alloc_aligned(4096, 5);
    CU_ASSERT_PTR_NOT_NULL(aligned);
    CU_ASSERT_EQUAL((uintptr_t)aligned % 4096, 0);
    rask_free(aligned);

    char *copy = rask_strdup("héllo");
    CU_ASSERT_STRING_EQUAL(copy, "héllo");
    copy = rask_realloc(copy, 1000);
    CU_ASSERT_STRING_EQUAL(copy, "héllo");
    rask_free(copy);
}

static void refuses_what_no_object_can_be(void)
{
    volatile size_t half = SIZE_MAX / 2;
    CU_ASSERT_PTR_NULL(rask_alloc_zeroed(half, 3));
    CU_ASSERT_PTR_NULL(rask_alloc(half + 1));
    CU_ASSERT_PTR_NULL(rask_realloc(NULL, half + 1));
    CU_ASSERT_PTR_NULL(rask_alloc_aligned(64, half + 1));
}

static void fails_the_nth_once(void)
{
    rask_alloc_fail_at(2, 0);
    void *first = rask_alloc(8), *second = rask_alloc(8), *third = rask_alloc(8);
    rask_alloc_fail_at(0, 0);
    CU_ASSERT_PTR_NOT_NULL(first);
    CU_ASSERT_PTR_NULL(second);
    CU_ASSERT_PTR_NOT_NULL(third);
    rask_free(first);
    rask_free(third);
}

static void fails_every_way_of_allocating(void)
{
    char *kept = rask_strdup("kept");
    rask_alloc_fail_at(1, 1);
    CU_ASSERT_PTR_NULL(rask_alloc(8));
    CU_ASSERT_PTR_NULL(rask_alloc_zeroed(1, 8));
    CU_ASSERT_PTR_NULL(rask_realloc(kept, 100));
    CU_ASSERT_PTR_NULL(rask_alloc_aligned(64, 8));
    CU_ASSERT_PTR_NULL(rask_strdup("x"));
    rask_alloc_fail_at(0, 0);
    CU_ASSERT_STRING_EQUAL(kept, "kept");
    rask_free(kept);
    void *again = rask_alloc(8);
    CU_ASSERT_PTR_NOT_NULL(again);
    rask_free(again);
}

enum { THREADS = 4, ROUNDS = 10000 };

static void *allocate_often(void *n_failed)
{
    for (int i = 0; i < ROUNDS; i++) {
        void *memory = rask_alloc(16);
        *(int *)n_failed += memory == NULL;
        rask_free(memory);
    }
    return NULL;
}

static void counts_and_fails_across_threads(void)
{
    pthread_t threads[THREADS];
    int failed[THREADS] = {0}, sum = 0;
    uint64_t before = rask_alloc_count();
    rask_alloc_fail_at(THREADS * ROUNDS / 2, 0);
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, allocate_often, &failed[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        sum += failed[i];
    }
    rask_alloc_fail_at(0, 0);
    CU_ASSERT_EQUAL(sum, 1);
    CU_ASSERT_EQUAL(rask_alloc_count() - before, THREADS * ROUNDS);
}

RASK_UNIT_MAIN("alloc", {"gives memory", gives_memory},
               {"refuses what no object can be", refuses_what_no_object_can_be},
               {"fails the n-th once", fails_the_nth_once},
               {"fails every way of allocating", fails_every_way_of_allocating},
               {"counts and fails across threads", counts_and_fails_across_threads})
