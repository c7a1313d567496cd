/* SPDX-License-Identifier: BSD-3-Clause */
/* sort.h: a stable sort of (rank, reference): ranks decide, and a function where ranks are equal.
 *
 * Bottom-up merging with insertion-sorted runs; a pair of runs that is in order already is left
 * alone, so that input that is nearly in order costs little more than a look. n log n, no
 * recursion. */
#ifndef RASK_KERN_SORT_H
#define RASK_KERN_SORT_H

#include <stddef.h>
#include <stdint.h>

struct rask_sort_item {
    uint64_t rank;
    uint64_t ref;
};

/* Less, equal, greater than 0. NULL for a sort by rank alone. */
typedef int rask_sort_compare(const void *context, uint64_t ref_a, uint64_t ref_b);

/* Sorts ascending; `scratch` has room for n items. */
void rask_sort(struct rask_sort_item *items, size_t n, struct rask_sort_item *scratch,
               rask_sort_compare *compare, const void *context);

#endif
