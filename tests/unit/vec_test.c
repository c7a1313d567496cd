/* SPDX-License-Identifier: BSD-3-Clause */
/* vec_test.c: a typed vector keeps its items and survives want of memory. */
#include "base/vec.h"
#include "unit.h"

struct pair {
    uint32_t a;
    uint64_t b;
};

RASK_VEC_DEFINE(pairs, struct pair);

static void pushes_and_pops(void)
{
    struct pairs v = {0};
    for (uint32_t i = 0; i < 10000; i++)
        CU_ASSERT_EQUAL_FATAL(pairs_push(&v, (struct pair){i, i * UINT64_C(3)}), 0);
    CU_ASSERT_EQUAL(v.count, 10000);
    CU_ASSERT_EQUAL(v.items[1234].b, 3702);
    for (uint32_t i = 10000; i-- > 0;)
        CU_ASSERT_EQUAL_FATAL(pairs_pop(&v).a, i);
    CU_ASSERT_EQUAL(v.count, 0);
    pairs_release(&v);
    CU_ASSERT_PTR_NULL(v.items);
}

static void reserved_room_cannot_fail(void)
{
    struct pairs v = {0};
    CU_ASSERT_EQUAL(pairs_reserve(&v, 1000), 0);
    CU_ASSERT_EQUAL(v.count, 0);
    rask_alloc_fail_at(1, 1);
    for (uint32_t i = 0; i < 1000; i++)
        CU_ASSERT_EQUAL_FATAL(pairs_push(&v, (struct pair){i, 0}), 0);
    CU_ASSERT_EQUAL(pairs_reserve(&v, v.capacity), 0);
    rask_alloc_fail_at(0, 0);
    pairs_clear(&v);
    CU_ASSERT_EQUAL(v.count, 0);
    pairs_release(&v);
}

static void is_unchanged_without_memory(void)
{
    struct pairs v = {0};
    CU_ASSERT_EQUAL(pairs_push(&v, (struct pair){7, 8}), 0);
    while (v.count < v.capacity)
        CU_ASSERT_EQUAL_FATAL(pairs_push(&v, (struct pair){1, 1}), 0);
    size_t count = v.count, capacity = v.capacity;
    rask_alloc_fail_at(1, 1);
    CU_ASSERT_EQUAL(pairs_push(&v, (struct pair){1, 1}), -1);
    rask_alloc_fail_at(0, 0);
    CU_ASSERT_EQUAL(pairs_reserve(&v, SIZE_MAX / 2), -1);
    CU_ASSERT_EQUAL(v.count, count);
    CU_ASSERT_EQUAL(v.capacity, capacity);
    CU_ASSERT_EQUAL(v.items[0].a, 7);
    pairs_release(&v);
}

RASK_UNIT_MAIN("vec", {"pushes and pops", pushes_and_pops},
               {"reserved room cannot fail", reserved_room_cannot_fail},
               {"is unchanged without memory", is_unchanged_without_memory})
