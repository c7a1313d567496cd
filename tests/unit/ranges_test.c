/* SPDX-License-Identifier: BSD-3-Clause */
/* ranges_test.c: ranges that tile a file become one, in whatever order they come; gaps stay. */
#include "unit.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "kern/ranges.h"

#define N_PIECES 64

static void add(struct rask_ranges *ranges, uint64_t file, uint64_t first, uint64_t next)
{
    struct rask_flat_range range = {file, first, next};
    CU_ASSERT_EQUAL(rask_ranges_add(ranges, &range), 0);
}

static int is_range(const struct rask_flat_range *range, uint64_t file, uint64_t first,
                    uint64_t next)
{
    return range->file == file && range->first_start == first && range->next_start == next;
}

static void tiles_become_one_in_any_order(void)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct rask_ranges ranges = {0};
        struct rask_rng rng;
        uint64_t order[N_PIECES];
        rask_rng_seed(&rng, seed);
        for (uint64_t i = 0; i < N_PIECES; i++) {
            uint64_t at = rask_rng_below(&rng, i + 1);
            order[i] = order[at];
            order[at] = i;
        }
        for (size_t i = 0; i < N_PIECES; i++)
            add(&ranges, 3, order[i] * 10, order[i] * 10 + 10);
        CU_ASSERT_EQUAL_FATAL(ranges.count, 1);
        CU_ASSERT(is_range(&ranges.items[0], 3, 0, N_PIECES * 10));
        rask_ranges_release(&ranges);
    }
}

static void gaps_and_files_keep_ranges_apart(void)
{
    struct rask_ranges ranges = {0};
    add(&ranges, 1, 100, 200);
    add(&ranges, 0, 50, 100);
    add(&ranges, 1, 0, 99);
    add(&ranges, 0, 0, 49);
    CU_ASSERT_EQUAL_FATAL(ranges.count, 4);
    CU_ASSERT(is_range(&ranges.items[0], 0, 0, 49));
    CU_ASSERT(is_range(&ranges.items[1], 0, 50, 100));
    CU_ASSERT(is_range(&ranges.items[2], 1, 0, 99));
    CU_ASSERT(is_range(&ranges.items[3], 1, 100, 200));
    add(&ranges, 1, 99, 100);
    CU_ASSERT_EQUAL_FATAL(ranges.count, 3);
    CU_ASSERT(is_range(&ranges.items[2], 1, 0, 200));
    rask_ranges_release(&ranges);
}

static void a_range_without_rows_says_nothing(void)
{
    struct rask_ranges ranges = {0};
    add(&ranges, 0, 10, 10);
    CU_ASSERT_EQUAL(ranges.count, 0);
    add(&ranges, 0, 0, 10);
    add(&ranges, 0, 10, 10);
    CU_ASSERT_EQUAL(ranges.count, 1);
    rask_ranges_release(&ranges);
}

RASK_UNIT_MAIN("ranges", {"tiles become one in any order", tiles_become_one_in_any_order},
               {"gaps and files keep ranges apart", gaps_and_files_keep_ranges_apart},
               {"a range without rows says nothing", a_range_without_rows_says_nothing})
