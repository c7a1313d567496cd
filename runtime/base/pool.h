/* SPDX-License-Identifier: BSD-3-Clause */
/* pool.h: blocks of varying size, by size class, from one owner.
 *
 * Classes 16, 32, 48, 64, 96, 128, 192, 256, 384, ... 64 KiB are carved from slabs of 256 KiB and
 * kept in one free list per class; what is left of a slab that is too short for the next block goes
 * to the free lists of smaller classes. Larger blocks come from rask_alloc one by one. Blocks are
 * aligned to 16. Slabs go back to the system only when the pool is released, all at once. A zeroed
 * struct is an empty valid pool. The pool must not be copied or moved while it has large blocks.
 * Thread: one at a time. Owns: every block, until rask_pool_release. */
#ifndef RASK_BASE_POOL_H
#define RASK_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

#define RASK_POOL_CLASSES 24
#define RASK_POOL_MAX_BYTES 65536 /* the largest class */
#define RASK_POOL_SLAB_BYTES 262144

struct rask_pool_block {
    struct rask_pool_block *next;
};

struct rask_pool {
    struct rask_pool_block *free[RASK_POOL_CLASSES];
    uint8_t *bump, *bump_end; /* the uncarved rest of the newest slab */
    struct rask_pool_slab *slabs; /* all slabs, newest first */
    struct rask_pool_large *large; /* all larger blocks, newest first */
    uint64_t bytes_in_use; /* taken and not given back, rounded up to their classes */
    uint64_t bytes_held; /* got from the system */
};

/* The slow paths: carve or get a slab for this class; a block beyond the largest class and its
 * return. */
void *rask_pool_carve(struct rask_pool *pool, unsigned class_index);
void *rask_pool_take_large(struct rask_pool *pool, size_t bytes);
void rask_pool_give_large(struct rask_pool *pool, void *block, size_t bytes);

/* Frees every block and slab; the pool is empty and usable again. */
void rask_pool_release(struct rask_pool *pool);

/* The class of a size up to RASK_POOL_MAX_BYTES: four of 16 bytes, then two for each doubling. */
static inline unsigned rask_pool_class(size_t bytes)
{
    if (bytes <= 64)
        return bytes == 0 ? 0 : (unsigned)(bytes - 1) / 16;
    unsigned last = (unsigned)bytes - 1;
    unsigned log2 = 31 - (unsigned)__builtin_clz(last);
    return 4 + 2 * (log2 - 6) + (last >> (log2 - 1) & 1);
}

/* Bytes of a block of this class. */
static inline size_t rask_pool_class_bytes(unsigned class_index)
{
    if (class_index < 4)
        return (size_t)16 * (class_index + 1);
    unsigned step = class_index - 4;
    return (size_t)(step % 2 == 0 ? 96 : 128) << (step / 2);
}

/* An uninitialised block of at least `bytes`, or NULL for want of memory. */
static inline void *rask_pool_take(struct rask_pool *pool, size_t bytes)
{
    if (__builtin_expect(bytes > RASK_POOL_MAX_BYTES, 0))
        return rask_pool_take_large(pool, bytes);
    unsigned class_index = rask_pool_class(bytes);
    struct rask_pool_block *block = pool->free[class_index];
    if (__builtin_expect(block == NULL, 0))
        return rask_pool_carve(pool, class_index);
    pool->free[class_index] = block->next;
    pool->bytes_in_use += rask_pool_class_bytes(class_index);
    return block;
}

/* Gives back a block of this pool; `bytes` as it was taken. NULL is fine. */
static inline void rask_pool_give(struct rask_pool *pool, void *block, size_t bytes)
{
    if (block == NULL)
        return;
    if (__builtin_expect(bytes > RASK_POOL_MAX_BYTES, 0)) {
        rask_pool_give_large(pool, block, bytes);
        return;
    }
    unsigned class_index = rask_pool_class(bytes);
    struct rask_pool_block *given = (struct rask_pool_block *)block;
    given->next = pool->free[class_index];
    pool->free[class_index] = given;
    pool->bytes_in_use -= rask_pool_class_bytes(class_index);
}

#endif
