/* SPDX-License-Identifier: BSD-3-Clause */
/* sort_test.c: order, stability and the second criterion, for all sizes around the run length. */
#include "kern/sort.h"
#include "unit.h"

#include <stdlib.h>

static int by_last_digit(const void *context, uint64_t a, uint64_t b)
{
    (void)context;
    return (int)(a % 10) - (int)(b % 10);
}

static void check(size_t n, uint64_t n_ranks, rask_sort_compare *compare)
{
    struct rask_sort_item *items = calloc(n + 1, sizeof *items),
                          *scratch = calloc(n + 1, sizeof *items);
    uint64_t state = n * 31 + n_ranks, n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        items[i] = (struct rask_sort_item){(state >> 33) % n_ranks, i};
    }
    rask_sort(items, n, scratch, compare, NULL);
    for (size_t i = 1; i < n; i++) {
        struct rask_sort_item *a = &items[i - 1], *b = &items[i];
        int order = a->rank != b->rank ? (a->rank < b->rank ? -1 : 1)
                    : compare == NULL  ? 0
                                       : compare(NULL, a->ref, b->ref);
        n_wrong += order > 0 || (order == 0 && a->ref >= b->ref);
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
    free(items);
    free(scratch);
}

static void sorts_and_is_stable(void)
{
    for (size_t n = 0; n < 200; n++) {
        check(n, 7, NULL);
        check(n, 1000000, NULL);
        check(n, 3, by_last_digit);
    }
    check(100000, 5000, by_last_digit);
}

RASK_UNIT_MAIN("sort", {"sorts and is stable", sorts_and_is_stable})
