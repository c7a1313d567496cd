/* SPDX-License-Identifier: BSD-3-Clause */
/* distinct.h: the sets of distinct values of all groups of a table for one column: one hash set of
 * (group, value), so that many small sets cost no more than one large one.
 *
 * A value costs 16 to 32 bytes of entries, which double, and 16 to 32 of index, whose places of 8
 * bytes are at most half full; the bytes of texts come from the table's pool. Values of numbers
 * are ranks (bytes.h): equal values have equal ranks. */
#ifndef RASK_KERN_DISTINCT_H
#define RASK_KERN_DISTINCT_H

#include "base/pool.h"
#include "kern/batch.h"
#include "kern/sort.h"

struct rask_distinct_entry {
    uint32_t group;
    uint32_t length; /* of a text, 0 for a rank */
    uint64_t value; /* rank, or address of the text */
};

struct rask_distinct {
    struct rask_distinct_entry *entries;
    uint64_t *index; /* tag << 32 | entry + 1; 0 = free */
    uint64_t n_entries, entry_capacity;
    uint32_t index_bits; /* 0: no index yet */
    int is_text;
    /* Between sort and unsort: the entries by group and then by value. */
    struct rask_sort_item *sorted;
    uint64_t *starts; /* [n_groups + 1] into sorted */
};

void rask_distinct_release(struct rask_distinct *set);

/* 1: new, 0: there already, -1: for want of memory, -2: more than 2^31 values. */
int rask_distinct_add_rank(struct rask_distinct *set, uint32_t group, uint64_t rank);
int rask_distinct_add_text(struct rask_distinct *set, uint32_t group, struct rask_slice text,
                           struct rask_pool *pool);

/* Orders the entries for writing; 0 or -1. The value at a place: a rank, or a text. */
int rask_distinct_sort(struct rask_distinct *set, uint64_t n_groups);
void rask_distinct_unsort(struct rask_distinct *set);

static inline const struct rask_distinct_entry *rask_distinct_at(const struct rask_distinct *set,
                                                                 uint64_t place)
{
    return &set->entries[set->sorted[place].ref];
}

#endif
