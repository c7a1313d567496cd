/* SPDX-License-Identifier: BSD-3-Clause */
/* ranges.c: ranges of rows. Ascending by (file, first_start, next_start). */
#include "kern/ranges.h"

#include <string.h>

static int is_before(const struct rask_flat_range *a, const struct rask_flat_range *b)
{
    if (a->file != b->file)
        return a->file < b->file;
    if (a->first_start != b->first_start)
        return a->first_start < b->first_start;
    return a->next_start < b->next_start;
}

static size_t place_of(const struct rask_ranges *ranges, const struct rask_flat_range *range)
{
    size_t low = 0, high = ranges->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (is_before(&ranges->items[middle], range))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Joins items[at] and items[at + 1] if one ends where the other begins. */
static void join(struct rask_ranges *ranges, size_t at)
{
    if (at + 1 >= ranges->count)
        return;
    struct rask_flat_range *left = &ranges->items[at], *right = left + 1;
    if (left->file != right->file || left->next_start != right->first_start)
        return;
    left->next_start = right->next_start;
    ranges->count--;
    memmove(right, right + 1, (ranges->count - at - 1) * sizeof *right);
}

int rask_ranges_add(struct rask_ranges *ranges, const struct rask_flat_range *range)
{
    if (range->first_start == range->next_start)
        return 0;
    size_t at = place_of(ranges, range);
    if (rask_ranges_push(ranges, *range) != 0)
        return -1;
    struct rask_flat_range *items = ranges->items;
    memmove(items + at + 1, items + at, (ranges->count - 1 - at) * sizeof *items);
    items[at] = *range;
    join(ranges, at);
    if (at > 0)
        join(ranges, at - 1);
    return 0;
}
