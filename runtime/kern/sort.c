/* SPDX-License-Identifier: BSD-3-Clause */
/* sort.c: the stable merge sort. */
#include "kern/sort.h"

#include <string.h>

#define RUN 16

struct order {
    rask_sort_compare *compare;
    const void *context;
};

/* Whether a must come before b, which stands to the right of it or did. */
static int is_after(const struct order *order, const struct rask_sort_item *a,
                    const struct rask_sort_item *b)
{
    if (a->rank != b->rank || order->compare == NULL)
        return a->rank > b->rank;
    return order->compare(order->context, a->ref, b->ref) > 0;
}

static void sort_run(struct rask_sort_item *items, size_t n, const struct order *order)
{
    for (size_t i = 1; i < n; i++) {
        struct rask_sort_item item = items[i];
        size_t at = i;
        for (; at > 0 && is_after(order, &items[at - 1], &item); at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* Merges items[0 .. left) and items[left .. n); the left part goes by way of scratch. */
static void merge_runs(struct rask_sort_item *items, size_t left, size_t n,
                       struct rask_sort_item *scratch, const struct order *order)
{
    size_t i = 0, j = left, out = 0;
    memcpy(scratch, items, left * sizeof *items);
    while (i < left && j < n)
        items[out++] = is_after(order, &scratch[i], &items[j]) ? items[j++] : scratch[i++];
    memcpy(items + out, scratch + i, (left - i) * sizeof *items);
}

void rask_sort(struct rask_sort_item *items, size_t n, struct rask_sort_item *scratch,
               rask_sort_compare *compare, const void *context)
{
    struct order order = {compare, context};
    for (size_t at = 0; at < n; at += RUN)
        sort_run(items + at, n - at < RUN ? n - at : RUN, &order);
    for (size_t width = RUN; width < n; width *= 2)
        for (size_t at = 0; at + width < n; at += 2 * width) {
            size_t end = n - at < 2 * width ? n - at : 2 * width;
            struct rask_sort_item *part = items + at;
            if (!is_after(&order, &part[width - 1], &part[width]))
                continue;
            merge_runs(part, width, end, scratch, &order);
        }
}
