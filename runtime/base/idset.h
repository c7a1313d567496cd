/* SPDX-License-Identifier: BSD-3-Clause */
/* idset.h: a set of small ids (workers, slots, ranks), one bit each; grows with the largest id
 * added. A zeroed struct is the empty set. Walk in ascending order:
 *
 *     for (uint32_t id = rask_idset_next(&set, 0); id != RASK_IDSET_NONE; id =
 * rask_idset_next(&set, id + 1))
 *
 * Thread: one at a time. */
#ifndef RASK_BASE_IDSET_H
#define RASK_BASE_IDSET_H

#include <stddef.h>
#include <stdint.h>

#define RASK_IDSET_NONE UINT32_MAX /* not an id that a set can hold */

struct rask_idset {
    uint64_t *words;
    size_t n_words;
    size_t count; /* ids in the set */
};

/* 0 (also when it was there), or -1 for want of memory or for RASK_IDSET_NONE. */
int rask_idset_add(struct rask_idset *set, uint32_t id);

/* The smallest id >= from, or RASK_IDSET_NONE. */
uint32_t rask_idset_next(const struct rask_idset *set, uint32_t from);

/* Keeps in `set` only what is also in `other`. */
void rask_idset_intersect(struct rask_idset *set, const struct rask_idset *other);

/* Empties the set and keeps the memory; frees it. */
void rask_idset_clear(struct rask_idset *set);
void rask_idset_release(struct rask_idset *set);

static inline int rask_idset_has(const struct rask_idset *set, uint32_t id)
{
    return id / 64 < set->n_words && (set->words[id / 64] >> (id % 64) & 1) != 0;
}

/* 1 when it was there. */
static inline int rask_idset_remove(struct rask_idset *set, uint32_t id)
{
    if (!rask_idset_has(set, id))
        return 0;
    set->words[id / 64] &= ~(UINT64_C(1) << (id % 64));
    set->count--;
    return 1;
}

static inline size_t rask_idset_count(const struct rask_idset *set)
{
    return set->count;
}

static inline int rask_idset_any(const struct rask_idset *set)
{
    return set->count != 0;
}

#endif
