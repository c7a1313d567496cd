/* SPDX-License-Identifier: BSD-3-Clause */
/* heap_test.c: entries come out sorted whatever the order they went in. */
#include "base/alloc.h"
#include "base/heap.h"
#include "base/rng.h"
#include "unit.h"

#include <string.h>

static void pops_in_order(void)
{
    struct rask_heap heap = {0};
    struct rask_rng rng;
    rask_rng_seed(&rng, 5);
    for (uint32_t i = 0; i < 20000; i++) {
        struct rask_heap_entry entry = {rask_rng_below(&rng, 20), rask_rng_below(&rng, 20),
                                        20000 - i};
        CU_ASSERT_EQUAL_FATAL(rask_heap_push(&heap, entry), 0);
    }
    struct rask_heap_entry last = rask_heap_pop(&heap);
    for (uint32_t i = 1; i < 20000; i++) {
        struct rask_heap_entry top = *rask_heap_top(&heap), entry = rask_heap_pop(&heap);
        CU_ASSERT_EQUAL_FATAL(entry.id, top.id);
        CU_ASSERT_FATAL(rask_heap_is_before(&last, &entry));
        last = entry;
    }
    CU_ASSERT_EQUAL(rask_heap_count(&heap), 0);
    CU_ASSERT_PTR_NULL(rask_heap_top(&heap));
    rask_heap_release(&heap);
}

static void order_is_hi_then_lo_then_id(void)
{
    static const struct rask_heap_entry sorted[] = {
        {0, UINT64_MAX, 9}, {1, 0, 8}, {1, 2, 3}, {1, 2, 4}, {UINT64_MAX, 0, 0}};
    static const int orders[][5] = {{4, 3, 2, 1, 0}, {0, 1, 2, 3, 4}, {2, 4, 0, 3, 1}};
    for (int k = 0; k < 3; k++) {
        struct rask_heap heap = {0};
        for (int i = 0; i < 5; i++)
            CU_ASSERT_EQUAL_FATAL(rask_heap_push(&heap, sorted[orders[k][i]]), 0);
        for (int i = 0; i < 5; i++)
            CU_ASSERT_EQUAL(rask_heap_pop(&heap).id, sorted[i].id);
        rask_heap_release(&heap);
    }
}

static void mixes_pushes_and_pops(void)
{
    struct rask_heap heap = {0};
    for (uint32_t i = 0; i < 1000; i++) {
        (void)rask_heap_push(&heap, (struct rask_heap_entry){0, 2 * i, i});
        (void)rask_heap_push(&heap, (struct rask_heap_entry){0, 2 * i + 1, i});
        CU_ASSERT_EQUAL_FATAL(rask_heap_pop(&heap).lo, i);
    }
    CU_ASSERT_EQUAL(rask_heap_count(&heap), 1000);
    rask_heap_release(&heap);
    CU_ASSERT_EQUAL(rask_heap_count(&heap), 0);
}

static void is_unchanged_without_memory(void)
{
    struct rask_heap heap = {0};
    uint32_t n = 0;
    (void)rask_heap_push(&heap, (struct rask_heap_entry){1, 1, n++});
    rask_alloc_fail_at(1, 1);
    while (rask_heap_push(&heap, (struct rask_heap_entry){1, 1, n}) == 0)
        n++;
    rask_alloc_fail_at(0, 0);
    CU_ASSERT_EQUAL(rask_heap_count(&heap), n);
    for (uint32_t i = 0; i < n; i++)
        CU_ASSERT_EQUAL(rask_heap_pop(&heap).id, i);
    rask_heap_release(&heap);
}

RASK_UNIT_MAIN("heap", {"pops in order", pops_in_order},
               {"order is hi, then lo, then id", order_is_hi_then_lo_then_id},
               {"mixes pushes and pops", mixes_pushes_and_pops},
               {"is unchanged without memory", is_unchanged_without_memory})
