/* SPDX-License-Identifier: BSD-3-Clause */
/* pool_test.c: blocks of every size do not overlap, come back, and are counted. */
#include "base/alloc.h"
#include "base/pool.h"
#include "base/rng.h"
#include "unit.h"

#include <string.h>

static void classes_fit_their_sizes(void)
{
    CU_ASSERT_EQUAL(rask_pool_class_bytes(RASK_POOL_CLASSES - 1), RASK_POOL_MAX_BYTES);
    CU_ASSERT_EQUAL(rask_pool_class(0), 0);
    for (size_t bytes = 1; bytes <= RASK_POOL_MAX_BYTES; bytes++) {
        unsigned class_index = rask_pool_class(bytes);
        CU_ASSERT_FATAL(class_index < RASK_POOL_CLASSES);
        CU_ASSERT_FATAL(rask_pool_class_bytes(class_index) >= bytes);
        CU_ASSERT_FATAL(class_index == 0 || rask_pool_class_bytes(class_index - 1) < bytes);
    }
}

struct held {
    uint8_t *block;
    size_t bytes;
    uint8_t mark;
};

static size_t random_size(struct rask_rng *rng)
{
    static const uint64_t bounds[] = {64, 1000, 70000, 200000};
    return (size_t)rask_rng_below(rng, bounds[rask_rng_below(rng, 4)]);
}

static int is_intact(const struct held *held)
{
    for (size_t i = 0; i < held->bytes; i++)
        if (held->block[i] != held->mark)
            return 0;
    return 1;
}

/* Takes and gives at random; every byte of every block keeps its mark until it is given back. */
static void blocks_do_not_overlap(void)
{
    enum { HELD = 300, STEPS = 20000 };
    static struct held held[HELD];
    struct rask_pool pool = {0};
    struct rask_rng rng;
    rask_rng_seed(&rng, 1);
    memset(held, 0, sizeof held);
    for (uint32_t step = 0; step < STEPS; step++) {
        struct held *one = &held[rask_rng_below(&rng, HELD)];
        if (one->block != NULL) {
            CU_ASSERT_FATAL(is_intact(one));
            rask_pool_give(&pool, one->block, one->bytes);
        }
        one->bytes = random_size(&rng);
        one->mark = (uint8_t)step;
        one->block = rask_pool_take(&pool, one->bytes);
        CU_ASSERT_PTR_NOT_NULL_FATAL(one->block);
        CU_ASSERT_EQUAL_FATAL((uintptr_t)one->block % 16, 0);
        memset(one->block, one->mark, one->bytes);
    }
    for (int i = 0; i < HELD; i++)
        if (held[i].block != NULL)
            rask_pool_give(&pool, held[i].block, held[i].bytes);
    CU_ASSERT_EQUAL(pool.bytes_in_use, 0);
    rask_pool_release(&pool);
}

static void reuses_and_counts(void)
{
    struct rask_pool pool = {0};
    void *small = rask_pool_take(&pool, 100);
    CU_ASSERT_EQUAL(pool.bytes_in_use, 128);
    CU_ASSERT_EQUAL(pool.bytes_held, RASK_POOL_SLAB_BYTES);
    rask_pool_give(&pool, small, 100);
    CU_ASSERT_EQUAL(pool.bytes_in_use, 0);
    CU_ASSERT_PTR_EQUAL(rask_pool_take(&pool, 128), small);
    void *large = rask_pool_take(&pool, 100000);
    CU_ASSERT_EQUAL(pool.bytes_in_use, 100128);
    rask_pool_give(&pool, large, 100000);
    CU_ASSERT_EQUAL(pool.bytes_in_use, 128);
    CU_ASSERT_EQUAL(pool.bytes_held, RASK_POOL_SLAB_BYTES);
    rask_pool_give(&pool, NULL, 5);
    rask_pool_release(&pool);
    CU_ASSERT_EQUAL(pool.bytes_held, 0);
}

/* Three of the largest blocks and the header leave 65,472 bytes of a slab; those of the first slab
 * are used when the second has begun. */
static void wastes_little_of_a_slab(void)
{
    struct rask_pool pool = {0};
    for (int i = 0; i < 6; i++)
        (void)rask_pool_take(&pool, 65536);
    CU_ASSERT_EQUAL(pool.bytes_held, 2 * RASK_POOL_SLAB_BYTES);
    for (int i = 0; i < 2; i++) {
        (void)rask_pool_take(&pool, 49152);
        (void)rask_pool_take(&pool, 12288);
    }
    CU_ASSERT_EQUAL(pool.bytes_held, 2 * RASK_POOL_SLAB_BYTES);
    CU_ASSERT_EQUAL(pool.bytes_in_use, 6 * 65536 + 2 * (49152 + 12288));
    rask_pool_release(&pool);
}

static void survives_want_of_memory(void)
{
    struct rask_pool pool = {0};
    rask_alloc_fail_at(1, 1);
    CU_ASSERT_PTR_NULL(rask_pool_take(&pool, 10));
    CU_ASSERT_PTR_NULL(rask_pool_take(&pool, 100000));
    rask_alloc_fail_at(0, 0);
    CU_ASSERT_PTR_NULL(rask_pool_take(&pool, SIZE_MAX));
    CU_ASSERT_EQUAL(pool.bytes_in_use, 0);
    CU_ASSERT_PTR_NOT_NULL(rask_pool_take(&pool, 10));
    CU_ASSERT_PTR_NOT_NULL(rask_pool_take(&pool, 100000));
    rask_pool_release(&pool);
}

RASK_UNIT_MAIN("pool", {"classes fit their sizes", classes_fit_their_sizes},
               {"blocks do not overlap", blocks_do_not_overlap},
               {"reuses and counts", reuses_and_counts},
               {"wastes little of a slab", wastes_little_of_a_slab},
               {"survives want of memory", survives_want_of_memory})
