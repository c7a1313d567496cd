/* SPDX-License-Identifier: BSD-3-Clause */
/* idset_test.c: sets of ids hold what was added and walk in ascending order. */
#include "base/alloc.h"
#include "base/idset.h"
#include "unit.h"

static void fill(struct rask_idset *set, const uint32_t *ids, int n)
{
    for (int i = 0; i < n; i++)
        CU_ASSERT_EQUAL_FATAL(rask_idset_add(set, ids[i]), 0);
}

static void adds_removes_and_walks(void)
{
    static const uint32_t ids[] = {700, 0, 63, 64, 5, 5, 4095};
    static const uint32_t sorted[] = {0, 5, 63, 64, 700, 4095};
    struct rask_idset set = {0};
    CU_ASSERT(!rask_idset_any(&set));
    CU_ASSERT(!rask_idset_has(&set, 0));
    CU_ASSERT_EQUAL(rask_idset_next(&set, 0), RASK_IDSET_NONE);
    fill(&set, ids, 7);
    CU_ASSERT_EQUAL(rask_idset_count(&set), 6);
    int n = 0;
    for (uint32_t id = rask_idset_next(&set, 0); id != RASK_IDSET_NONE;
         id = rask_idset_next(&set, id + 1))
        CU_ASSERT_EQUAL(id, sorted[n++]);
    CU_ASSERT_EQUAL(n, 6);
    CU_ASSERT_EQUAL(rask_idset_remove(&set, 63), 1);
    CU_ASSERT_EQUAL(rask_idset_remove(&set, 63), 0);
    CU_ASSERT_EQUAL(rask_idset_remove(&set, 1000000), 0);
    CU_ASSERT(!rask_idset_has(&set, 63));
    CU_ASSERT(rask_idset_has(&set, 64));
    CU_ASSERT_EQUAL(rask_idset_next(&set, 6), 64);
    CU_ASSERT_EQUAL(rask_idset_next(&set, RASK_IDSET_NONE), RASK_IDSET_NONE);
    rask_idset_clear(&set);
    CU_ASSERT(!rask_idset_any(&set));
    CU_ASSERT(!rask_idset_has(&set, 0));
    rask_idset_release(&set);
    rask_idset_clear(&set);
}

static void intersects(void)
{
    static const uint32_t odd[] = {1, 3, 65, 1001}, low[] = {1, 2, 65, 66};
    struct rask_idset a = {0}, b = {0}, empty = {0};
    fill(&a, odd, 4);
    fill(&b, low, 4);
    rask_idset_intersect(&a, &b);
    CU_ASSERT_EQUAL(rask_idset_count(&a), 2);
    CU_ASSERT(rask_idset_has(&a, 1));
    CU_ASSERT(rask_idset_has(&a, 65));
    CU_ASSERT(!rask_idset_has(&a, 1001));
    CU_ASSERT_EQUAL(rask_idset_remove(&b, 1), 1);
    CU_ASSERT_EQUAL(rask_idset_remove(&b, 65), 1);
    rask_idset_intersect(&a, &empty);
    CU_ASSERT(!rask_idset_any(&a));
    rask_idset_release(&a);
    rask_idset_release(&b);
}

static void is_unchanged_without_memory(void)
{
    struct rask_idset set = {0};
    CU_ASSERT_EQUAL(rask_idset_add(&set, 3), 0);
    rask_alloc_fail_at(1, 1);
    CU_ASSERT_EQUAL(rask_idset_add(&set, 100000), -1);
    rask_alloc_fail_at(0, 0);
    CU_ASSERT_EQUAL(rask_idset_add(&set, RASK_IDSET_NONE), -1);
    CU_ASSERT_EQUAL(rask_idset_count(&set), 1);
    CU_ASSERT(rask_idset_has(&set, 3));
    rask_idset_release(&set);
}

RASK_UNIT_MAIN("idset", {"adds, removes and walks", adds_removes_and_walks},
               {"intersects", intersects},
               {"is unchanged without memory", is_unchanged_without_memory})
