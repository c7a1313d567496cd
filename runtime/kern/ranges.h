/* SPDX-License-Identifier: BSD-3-Clause */
/* ranges.h: the ranges of rows that a table covers, kept in order and joined where they meet. */
#ifndef RASK_KERN_RANGES_H
#define RASK_KERN_RANGES_H

#include "base/vec.h"
#include "kern/flat.h"

RASK_VEC_DEFINE(rask_ranges, struct rask_flat_range);

/* Adds a range and joins it with the one that ends where it begins and the one that begins where it
 * ends. A range without rows (next_start = first_start) says nothing that its neighbours do not and
 * is dropped. 0, or -1 for want of memory. The outcome does not depend on the order of ranges that
 * tile. */
int rask_ranges_add(struct rask_ranges *ranges, const struct rask_flat_range *range);

#endif
