/* SPDX-License-Identifier: BSD-3-Clause */
/* pool.c: where a pool's blocks come from.
 *
 *     slab:   | next, padding (64 bytes) | block | block | ... | uncarved: bump .. bump_end |
 *     larger: | prev, next (16 bytes) | the caller's bytes | */
#include "base/pool.h"

#include "base/alloc.h"

#include <assert.h>

#define SLAB_ALIGNMENT 64

struct rask_pool_slab {
    _Alignas(SLAB_ALIGNMENT) struct rask_pool_slab *next;
};

struct rask_pool_large {
    _Alignas(16) struct rask_pool_large *prev;
    struct rask_pool_large *next;
};

void rask_pool_release(struct rask_pool *pool)
{
    while (pool->slabs != NULL) {
        struct rask_pool_slab *next = pool->slabs->next;
        rask_free(pool->slabs);
        pool->slabs = next;
    }
    while (pool->large != NULL) {
        struct rask_pool_large *next = pool->large->next;
        rask_free(pool->large);
        pool->large = next;
    }
    *pool = (struct rask_pool){0};
}

/* Cuts the uncarved rest into free blocks, the largest class that fits first. */
static void save_rest(struct rask_pool *pool)
{
    for (unsigned i = RASK_POOL_CLASSES; i-- > 0;)
        while ((size_t)(pool->bump_end - pool->bump) >= rask_pool_class_bytes(i)) {
            struct rask_pool_block *block = (struct rask_pool_block *)(void *)pool->bump;
            block->next = pool->free[i];
            pool->free[i] = block;
            pool->bump += rask_pool_class_bytes(i);
        }
}

static int add_slab(struct rask_pool *pool)
{
    struct rask_pool_slab *slab = rask_alloc_aligned(SLAB_ALIGNMENT, RASK_POOL_SLAB_BYTES);
    if (slab == NULL)
        return -1;
    if (pool->bump != NULL)
        save_rest(pool);
    slab->next = pool->slabs;
    pool->slabs = slab;
    pool->bump = (uint8_t *)slab + sizeof *slab;
    pool->bump_end = (uint8_t *)slab + RASK_POOL_SLAB_BYTES;
    pool->bytes_held += RASK_POOL_SLAB_BYTES;
    return 0;
}

void *rask_pool_carve(struct rask_pool *pool, unsigned class_index)
{
    assert(class_index < RASK_POOL_CLASSES && pool->free[class_index] == NULL);
    size_t bytes = rask_pool_class_bytes(class_index);
    if ((pool->bump == NULL || (size_t)(pool->bump_end - pool->bump) < bytes) &&
        add_slab(pool) != 0)
        return NULL;
    void *block = pool->bump;
    pool->bump += bytes;
    pool->bytes_in_use += bytes;
    return block;
}

void *rask_pool_take_large(struct rask_pool *pool, size_t bytes)
{
    if (bytes > PTRDIFF_MAX - sizeof(struct rask_pool_large))
        return NULL;
    struct rask_pool_large *large = rask_alloc(sizeof *large + bytes);
    if (large == NULL)
        return NULL;
    large->prev = NULL;
    large->next = pool->large;
    if (pool->large != NULL)
        pool->large->prev = large;
    pool->large = large;
    pool->bytes_in_use += bytes;
    pool->bytes_held += sizeof *large + bytes;
    return large + 1;
}

void rask_pool_give_large(struct rask_pool *pool, void *block, size_t bytes)
{
    struct rask_pool_large *large = (struct rask_pool_large *)block - 1;
    if (large->next != NULL)
        large->next->prev = large->prev;
    if (large->prev != NULL)
        large->prev->next = large->next;
    else
        pool->large = large->next;
    pool->bytes_in_use -= bytes;
    pool->bytes_held -= sizeof *large + bytes;
    rask_free(large);
}
