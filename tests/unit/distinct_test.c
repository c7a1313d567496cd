/* SPDX-License-Identifier: BSD-3-Clause */
/* distinct_test.c: sets of (group, value): each value counts once in each group, and they are
 * written in order. */
#include "unit.h"

#include "kern/distinct.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define N_GROUPS 7
#define N_VALUES 5000

static void numbers_count_once_in_each_group(void)
{
    struct rask_distinct set = {0};
    uint64_t n_new[2] = {0};
    for (uint32_t i = 0; i < 2 * N_GROUPS * N_VALUES; i++) {
        uint64_t value = i / N_GROUPS % N_VALUES;
        int outcome = rask_distinct_add_rank(&set, i % N_GROUPS, value * value);
        CU_ASSERT_FATAL(outcome >= 0);
        n_new[i / (N_GROUPS * N_VALUES)] += outcome == 1;
    }
    CU_ASSERT(n_new[0] == N_GROUPS * N_VALUES && n_new[1] == 0);
    CU_ASSERT_EQUAL(set.n_entries, N_GROUPS * N_VALUES);
    rask_distinct_release(&set);
}

static void texts_are_kept_and_compared_by_their_bytes(void)
{
    struct rask_distinct set = {.is_text = 1};
    struct rask_pool pool = {0};
    char text[32];
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < N_VALUES; i++) {
            int length = snprintf(text, sizeof text, "text %" PRIu32, i);
            struct rask_slice slice = {text, (uint64_t)length};
            if (rask_distinct_add_text(&set, i % N_GROUPS, slice, &pool) != (round == 0))
                CU_FAIL("a text is new once only");
        }
    struct rask_slice empty = {text, 0}, zeros = {"\0\0", 2}, zero = {"\0", 1};
    CU_ASSERT_EQUAL(rask_distinct_add_text(&set, 0, empty, &pool), 1);
    CU_ASSERT_EQUAL(rask_distinct_add_text(&set, 0, zeros, &pool), 1);
    CU_ASSERT_EQUAL(rask_distinct_add_text(&set, 0, zero, &pool), 1);
    CU_ASSERT_EQUAL(rask_distinct_add_text(&set, 1, empty, &pool), 1);
    CU_ASSERT_EQUAL(rask_distinct_add_text(&set, 0, empty, &pool), 0);
    CU_ASSERT_EQUAL(set.n_entries, N_VALUES + 4);
    rask_distinct_release(&set);
    rask_pool_release(&pool);
}

static void entries_are_ordered_by_group_and_value(void)
{
    struct rask_distinct set = {0};
    for (uint64_t value = N_VALUES; value > 0; value--)
        CU_ASSERT_EQUAL(rask_distinct_add_rank(&set, (uint32_t)(value % 3), value * 7 % N_VALUES),
                        1);
    CU_ASSERT_EQUAL_FATAL(rask_distinct_sort(&set, 4), 0);
    CU_ASSERT(set.starts[0] == 0 && set.starts[4] == set.n_entries);
    CU_ASSERT_EQUAL(set.starts[3], set.starts[4]);
    for (uint32_t group = 0; group < 3; group++)
        for (uint64_t i = set.starts[group]; i < set.starts[group + 1]; i++) {
            CU_ASSERT_EQUAL(rask_distinct_at(&set, i)->group, group);
            CU_ASSERT(i == set.starts[group] ||
                      rask_distinct_at(&set, i - 1)->value < rask_distinct_at(&set, i)->value);
        }
    /* More can be added afterwards. */
    rask_distinct_unsort(&set);
    CU_ASSERT_EQUAL(rask_distinct_add_rank(&set, 0, 10 * N_VALUES), 1);
    rask_distinct_release(&set);
}

static void texts_are_ordered_as_bytes(void)
{
    static const char *const words[] = {
        "b", "a", "\xc3\xa9", "ab", "", "aaaaaaaaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaa"};
    struct rask_distinct set = {.is_text = 1};
    struct rask_pool pool = {0};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct rask_slice slice = {words[i], strlen(words[i])};
        CU_ASSERT_EQUAL(rask_distinct_add_text(&set, 0, slice, &pool), 1);
    }
    CU_ASSERT_EQUAL_FATAL(rask_distinct_sort(&set, 1), 0);
    for (uint64_t i = 1; i < set.n_entries; i++) {
        const struct rask_distinct_entry *a = rask_distinct_at(&set, i - 1);
        const struct rask_distinct_entry *b = rask_distinct_at(&set, i);
        uint32_t shorter = a->length < b->length ? a->length : b->length;
        int order =
            memcmp((const void *)(uintptr_t)a->value, (const void *)(uintptr_t)b->value, shorter);
        CU_ASSERT(order < 0 || (order == 0 && a->length < b->length));
    }
    rask_distinct_release(&set);
    rask_pool_release(&pool);
}

RASK_UNIT_MAIN("distinct", {"numbers count once in each group", numbers_count_once_in_each_group},
               {"texts are kept and compared by their bytes",
                texts_are_kept_and_compared_by_their_bytes},
               {"entries are ordered by group and value", entries_are_ordered_by_group_and_value},
               {"texts are ordered as bytes", texts_are_ordered_as_bytes})
