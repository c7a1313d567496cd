/* SPDX-License-Identifier: BSD-3-Clause */
/* heap.h: a 4-ary min-heap of (hi, lo, id), smallest first. Entries that agree in hi and lo come in
 * the order of their ids, so the order of pops does not depend on the order of pushes. A zeroed
 * struct is an empty valid heap. Thread: one at a time. */
#ifndef RASK_BASE_HEAP_H
#define RASK_BASE_HEAP_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

struct rask_heap_entry {
    uint64_t hi, lo;
    uint32_t id;
};

struct rask_heap {
    struct rask_heap_entry *entries; /* children of i are 4 i + 1 to 4 i + 4 */
    size_t count, capacity;
};

/* 0, or -1 for want of memory, and then the heap is unchanged. */
int rask_heap_push(struct rask_heap *heap, struct rask_heap_entry entry);

/* Removes and returns the smallest entry. Undefined on an empty heap (asserted). */
struct rask_heap_entry rask_heap_pop(struct rask_heap *heap);

/* Frees the memory; the heap is empty and usable again. */
void rask_heap_release(struct rask_heap *heap);

/* The smallest entry, valid until the next change; NULL when empty. */
static inline const struct rask_heap_entry *rask_heap_top(const struct rask_heap *heap)
{
    return heap->count == 0 ? NULL : &heap->entries[0];
}

static inline size_t rask_heap_count(const struct rask_heap *heap)
{
    return heap->count;
}

/* Whether a comes before b. */
static inline int rask_heap_is_before(const struct rask_heap_entry *a,
                                      const struct rask_heap_entry *b)
{
    if (a->hi != b->hi)
        return a->hi < b->hi;
    if (a->lo != b->lo)
        return a->lo < b->lo;
    return a->id < b->id;
}

#endif
