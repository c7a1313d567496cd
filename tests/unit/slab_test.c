/* SPDX-License-Identifier: BSD-3-Clause */
/* slab_test.c: ids are dense and reused, addresses stay, records come zeroed, want of memory is
 * survived. */
#include "base/alloc.h"
#include "base/slab.h"
#include "unit.h"

struct record {
    uint64_t values[3];
};

enum { MANY = 5000 };

static void gives_dense_ids_and_stable_addresses(void)
{
    static struct record *at[MANY + 1];
    struct rask_slab slab;
    CU_ASSERT_EQUAL(rask_slab_init(&slab, sizeof(struct record), 64), 0);
    for (uint32_t i = 1; i <= MANY; i++) {
        uint32_t id = 0;
        at[i] = rask_slab_take(&slab, &id);
        CU_ASSERT_PTR_NOT_NULL_FATAL(at[i]);
        CU_ASSERT_EQUAL_FATAL(id, i);
        CU_ASSERT_EQUAL_FATAL(at[i]->values[0] | at[i]->values[1] | at[i]->values[2], 0);
        at[i]->values[0] = at[i]->values[2] = i;
    }
    CU_ASSERT_EQUAL(slab.count, MANY);
    for (uint32_t i = 1; i <= MANY; i++) {
        CU_ASSERT_PTR_EQUAL_FATAL(rask_slab_at(&slab, i), at[i]);
        CU_ASSERT_EQUAL_FATAL(at[i]->values[2], i);
    }
    rask_slab_release(&slab);
    CU_ASSERT_EQUAL(slab.count, 0);
    uint32_t id;
    CU_ASSERT_PTR_NOT_NULL(rask_slab_take(&slab, &id));
    CU_ASSERT_EQUAL(id, 1);
    rask_slab_release(&slab);
}

static void reuses_what_was_given_back(void)
{
    struct rask_slab slab;
    uint32_t ids[4], again;
    (void)rask_slab_init(&slab, sizeof(struct record), 16);
    for (int i = 0; i < 4; i++)
        memset(rask_slab_take(&slab, &ids[i]), 0xff, sizeof(struct record));
    rask_slab_give(&slab, ids[1]);
    rask_slab_give(&slab, ids[2]);
    CU_ASSERT_EQUAL(slab.count, 2);
    CU_ASSERT(!rask_slab_is_live(&slab, ids[1]));
    CU_ASSERT(rask_slab_is_live(&slab, ids[3]));
    struct record *record = rask_slab_take(&slab, &again);
    CU_ASSERT_EQUAL(again, ids[2]);
    CU_ASSERT_EQUAL(record->values[0] | record->values[1] | record->values[2], 0);
    CU_ASSERT(rask_slab_is_live(&slab, again));
    (void)rask_slab_take(&slab, &again);
    CU_ASSERT_EQUAL(again, ids[1]);
    (void)rask_slab_take(&slab, &again);
    CU_ASSERT_EQUAL(again, 5);
    rask_slab_release(&slab);
}

static void knows_what_is_live(void)
{
    struct rask_slab slab;
    uint32_t id;
    (void)rask_slab_init(&slab, 8, 4);
    CU_ASSERT(!rask_slab_is_live(&slab, 0));
    CU_ASSERT(!rask_slab_is_live(&slab, 1));
    CU_ASSERT_EQUAL(rask_slab_next(&slab, 0), 0);
    for (int i = 0; i < 300; i++)
        (void)rask_slab_take(&slab, &id);
    CU_ASSERT(!rask_slab_is_live(&slab, 0));
    CU_ASSERT(!rask_slab_is_live(&slab, 301));
    CU_ASSERT(!rask_slab_is_live(&slab, UINT32_MAX));
    for (uint32_t i = 1; i <= 300; i++)
        if (i % 100 != 0)
            rask_slab_give(&slab, i);
    CU_ASSERT_EQUAL(rask_slab_next(&slab, 0), 100);
    CU_ASSERT_EQUAL(rask_slab_next(&slab, 101), 200);
    CU_ASSERT_EQUAL(rask_slab_next(&slab, 201), 300);
    CU_ASSERT_EQUAL(rask_slab_next(&slab, 301), 0);
    rask_slab_release(&slab);
}

static void works_with_pages_of_one_record(void)
{
    struct rask_slab slab;
    uint32_t id;
    CU_ASSERT_EQUAL(rask_slab_init(&slab, 4, 1), 0);
    for (uint32_t i = 1; i < 100; i++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(rask_slab_take(&slab, &id));
        CU_ASSERT_EQUAL_FATAL(id, i);
    }
    rask_slab_release(&slab);
}

static void refuses_sizes_that_cannot_work(void)
{
    struct rask_slab slab;
    CU_ASSERT_EQUAL(rask_slab_init(&slab, 3, 64), -1);
    CU_ASSERT_EQUAL(rask_slab_init(&slab, 8, 0), -1);
    CU_ASSERT_EQUAL(rask_slab_init(&slab, 8, 48), -1);
    struct rask_slab zeroed = {0};
    rask_slab_release(&zeroed);
}

static void survives_want_of_memory_at_every_allocation(void)
{
    for (uint64_t n = 1; n <= 12; n++) {
        struct rask_slab slab;
        uint32_t id = 77, n_taken = 0;
        (void)rask_slab_init(&slab, 16, 2);
        rask_alloc_fail_at(n, 0);
        for (int i = 0; i < 40; i++) {
            uint32_t before = id;
            if (rask_slab_take(&slab, &id) != NULL)
                n_taken++;
            else
                CU_ASSERT_EQUAL(id, before);
        }
        rask_alloc_fail_at(0, 0);
        CU_ASSERT_EQUAL(n_taken, 39);
        CU_ASSERT_EQUAL(slab.count, 39);
        CU_ASSERT_EQUAL(id, 39);
        rask_slab_release(&slab);
    }
}

RASK_UNIT_MAIN("slab",
               {"gives dense ids and stable addresses", gives_dense_ids_and_stable_addresses},
               {"reuses what was given back", reuses_what_was_given_back},
               {"knows what is live", knows_what_is_live},
               {"works with pages of one record", works_with_pages_of_one_record},
               {"refuses sizes that cannot work", refuses_sizes_that_cannot_work},
               {"survives want of memory at every allocation",
                survives_want_of_memory_at_every_allocation})
