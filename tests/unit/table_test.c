/* SPDX-License-Identifier: BSD-3-Clause */
/* table_test.c: group tables: the bytes do not depend on order, cutting or merging; malformed bytes
 * are refused; want of memory is an error and leaks nothing; ranges, counts and errors travel
 * along. */
#include "frame.h"

#include "kern/table.h"

static const char *const every_aggregate =
    "count count:i sum:i mean:f min:f max:i var:f std:i first:i last:f nunique:s nunique:i "
    "nunique:f min:s "
    "max:s first:s last:s min:d max:t sum:b var:b first:b last:t nunique:d min:b sum:f";

static struct frame frame;

static void check_any_way(const char *keys, const char *where, uint64_t seed)
{
    struct rask_groupby plan;
    frame_fill(&frame, seed);
    frame_plan(&plan, keys, every_aggregate, where);
    struct flat_bytes whole = frame_fold(&frame, &plan, 0, FRAME_ROWS, RASK_BATCH_ROWS);
    for (int round = 0; round < 12; round++) {
        enum { MAX_PARTS = 16 };
        struct flat_bytes parts[MAX_PARTS];
        uint32_t n = 2 + (uint32_t)(frame_random(&seed) % (MAX_PARTS - 1)), at = 0;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t end =
                i + 1 == n ? FRAME_ROWS : at + (uint32_t)(frame_random(&seed) % (FRAME_ROWS - at));
            uint32_t step = 1 + (uint32_t)(frame_random(&seed) % RASK_BATCH_ROWS);
            parts[i] = frame_fold(&frame, &plan, at, end, step);
            at = end;
        }
        for (; n > 1; n--) {
            /* The last one goes into any other, which then changes places with any. */
            uint32_t a = (uint32_t)(frame_random(&seed) % (n - 1));
            uint32_t b = (uint32_t)(frame_random(&seed) % (n - 1));
            frame_merge(&parts[a], &parts[n - 1], frame_random(&seed) & 1);
            struct flat_bytes kept = parts[a];
            parts[a] = parts[b];
            parts[b] = kept;
        }
        CU_ASSERT_EQUAL_FATAL(parts[0].n, whole.n);
        CU_ASSERT_EQUAL(memcmp(parts[0].bytes, whole.bytes, whole.n), 0);
        rask_free(parts[0].bytes);
    }
    struct rask_flat flat;
    struct rask_error error;
    CU_ASSERT_EQUAL(rask_flat_open(whole.bytes, whole.n, &flat, &error), RASK_OK);
    CU_ASSERT_EQUAL(flat.counts.rows_read, FRAME_ROWS);
    CU_ASSERT_EQUAL(flat.n_ranges, 1);
    CU_ASSERT_EQUAL(rask_flat_check_chain(&flat, NULL, &error), RASK_OK);
    rask_flat_close(&flat);
    rask_free(whole.bytes);
    rask_groupby_release(&plan);
}

static void bytes_do_not_depend_on_cutting_and_merging(void)
{
    check_any_way("s", NULL, 1);
    check_any_way("s i f b d t", NULL, 2);
    check_any_way("f", "i > 0 or s like 'a%'", 3);
    check_any_way("b d", "b", 4);
    check_any_way("", NULL, 5);
    check_any_way("d s", "i > 5000", 6);
}

/* Sums of wildly different sizes and signs, where any rounding on the way would show. */
static void sums_of_any_size(void)
{
    struct rask_groupby plan;
    uint64_t seed = 9;
    frame_fill(&frame, 9);
    for (int r = 0; r < FRAME_ROWS; r++) {
        int power = (int)(frame_random(&seed) % 1000) - 500;
        frame.doubles[r] = __builtin_ldexp(frame.doubles[r], power);
    }
    frame_plan(&plan, "b", "sum:f var:f mean:f", NULL);
    struct flat_bytes whole = frame_fold(&frame, &plan, 0, FRAME_ROWS, RASK_BATCH_ROWS);
    struct flat_bytes left = frame_fold(&frame, &plan, 0, 1100, 7);
    struct flat_bytes right = frame_fold(&frame, &plan, 1100, FRAME_ROWS, 100);
    frame_merge(&right, &left, 0);
    CU_ASSERT_EQUAL_FATAL(right.n, whole.n);
    CU_ASSERT_EQUAL(memcmp(right.bytes, whole.bytes, whole.n), 0);
    rask_free(right.bytes);
    rask_free(whole.bytes);
    rask_groupby_release(&plan);
}

static void many_groups(void)
{
    struct rask_layout layout;
    struct rask_groupby plan;
    struct rask_table *table, *merged;
    struct rask_error error;
    frame_plan(&plan, "i", "count max:i", NULL);
    CU_ASSERT_EQUAL_FATAL(rask_layout_init(&layout, &plan, &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_table_new(&layout, &table, &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_table_new(&layout, &merged, &error), RASK_OK);
    enum { BATCHES = 60 };
    uint32_t rows[RASK_BATCH_ROWS];
    for (int64_t b = 0; b < 2 * BATCHES; b++) {
        struct rask_column columns[6];
        struct rask_batch batch = {RASK_BATCH_ROWS, 6, 0, 0, frame.offsets, columns};
        frame_columns(&frame, 0, columns);
        columns[0].missing = NULL;
        for (uint32_t r = 0; r < RASK_BATCH_ROWS; r++) {
            rows[r] = r;
            frame.ints[0][r] = (b % BATCHES) * RASK_BATCH_ROWS + (int64_t)r;
        }
        CU_ASSERT_EQUAL(rask_table_add(table, &batch, rows, RASK_BATCH_ROWS, &error), RASK_OK);
    }
    struct flat_bytes bytes = frame_flatten(table);
    struct rask_flat flat;
    CU_ASSERT_EQUAL_FATAL(rask_flat_open(bytes.bytes, bytes.n, &flat, &error), RASK_OK);
    CU_ASSERT_EQUAL(flat.n_groups, BATCHES * RASK_BATCH_ROWS);
    const struct rask_slot *slot =
        rask_layout_find(&flat.layout, RASK_SLOT_ROWS, RASK_GROUPBY_ALL_ROWS);
    uint64_t not_two = 0;
    for (uint64_t g = 0; g < flat.n_groups; g++) {
        uint64_t n;
        memcpy(&n, flat.records + g * flat.layout.stride + slot->offset, sizeof n);
        not_two += n != 2;
    }
    CU_ASSERT_EQUAL(not_two, 0);
    CU_ASSERT_EQUAL(rask_table_merge(merged, &flat, &error), RASK_OK);
    struct flat_bytes again = frame_flatten(merged);
    CU_ASSERT(again.n == bytes.n && memcmp(again.bytes, bytes.bytes, bytes.n) == 0);
    rask_flat_close(&flat);
    rask_free(again.bytes);
    rask_free(bytes.bytes);
    rask_table_free(table);
    rask_table_free(merged);
    rask_layout_release(&layout);
    rask_groupby_release(&plan);
}

static void changed_bytes_are_refused_or_harmless(void)
{
    struct rask_groupby plan;
    uint64_t seed = 11;
    frame_fill(&frame, 11);
    frame_plan(&plan, "s b", every_aggregate, NULL);
    struct flat_bytes good = frame_fold(&frame, &plan, 0, 60, 60);
    uint8_t *bytes = rask_alloc(good.n);
    int n_refused = 0;
    enum { ROUNDS = 4000 };
    for (int round = 0; round < ROUNDS; round++) {
        struct rask_flat flat;
        struct rask_table *table;
        struct rask_error error;
        size_t n = round % 10 == 0 ? frame_random(&seed) % good.n / 8 * 8 : good.n;
        memcpy(bytes, good.bytes, good.n);
        for (uint64_t k = 1 + frame_random(&seed) % 3; k > 0; k--)
            bytes[frame_random(&seed) % good.n] = (uint8_t)frame_random(&seed);
        if (rask_flat_open(bytes, n, &flat, &error) != RASK_OK) {
            n_refused++;
            continue;
        }
        CU_ASSERT_EQUAL_FATAL(rask_table_new(&flat.layout, &table, &error), RASK_OK);
        CU_ASSERT_EQUAL(rask_table_merge(table, &flat, &error), RASK_OK);
        struct flat_bytes merged = frame_flatten(table);
        rask_free(merged.bytes);
        rask_table_free(table);
        rask_flat_close(&flat);
    }
    CU_ASSERT(n_refused > ROUNDS / 2);
    rask_free(bytes);
    rask_free(good.bytes);
    rask_groupby_release(&plan);
}

static void want_of_memory_is_an_error(void)
{
    struct rask_groupby plan;
    frame_fill(&frame, 12);
    frame_plan(&plan, "s", every_aggregate, "lower(s) != 'x'");
    int is_done = 0;
    for (uint64_t n = 1; !is_done && n < 5000; n++) {
        struct rask_fold *fold = NULL;
        struct rask_column columns[6];
        struct rask_batch batch = {200, 6, 0, 0, frame.offsets, columns};
        struct rask_error error = {0};
        frame_columns(&frame, 0, columns);
        rask_alloc_fail_at(n, 0);
        rask_status status = rask_fold_new(&plan, &fold, &error);
        if (status == RASK_OK)
            status = rask_fold_batch(fold, &batch, &error);
        uint64_t n_bytes = status == RASK_OK ? rask_table_flat_bytes(rask_fold_table(fold)) : 0;
        void *bytes = status == RASK_OK ? malloc(n_bytes) : NULL;
        if (status == RASK_OK)
            status = rask_table_flatten(rask_fold_table(fold), bytes, n_bytes, &error);
        rask_alloc_fail_at(0, 0);
        is_done = status == RASK_OK;
        if (!is_done) {
            CU_ASSERT_EQUAL(status, RASK_ERR_MEMORY);
            CU_ASSERT_EQUAL(error.code, RASK_ERR_MEMORY);
        }
        free(bytes);
        rask_fold_free(fold);
    }
    CU_ASSERT(is_done);
    rask_groupby_release(&plan);
}

static void the_earliest_error_is_kept(void)
{
    struct rask_groupby plan;
    struct rask_layout layout;
    struct rask_table *table;
    struct rask_error error;
    frame_plan(&plan, "s", "count", NULL);
    CU_ASSERT_EQUAL_FATAL(rask_layout_init(&layout, &plan, &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_table_new(&layout, &table, &error), RASK_OK);
    static const struct rask_flat_error found[3] = {{2, 10, 0, "late", 4, RASK_ERR_TYPE},
                                                    {1, 70, 5, "first", 5, RASK_ERR_TYPE},
                                                    {1, 71, 0, "second", 6, RASK_ERR_FORMAT}};
    CU_ASSERT(!rask_table_has_error(table));
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(rask_table_add_error(table, &found[i], &error), RASK_OK);
    struct flat_bytes bytes = frame_flatten(table);
    struct rask_flat flat;
    CU_ASSERT_EQUAL_FATAL(rask_flat_open(bytes.bytes, bytes.n, &flat, &error), RASK_OK);
    CU_ASSERT(flat.error.text_bytes == 5 && memcmp(flat.error.text, "first", 5) == 0);
    CU_ASSERT(flat.error.file == 1 && flat.error.offset == 70 && flat.error.column == 5);
    rask_flat_close(&flat);
    rask_free(bytes.bytes);
    rask_table_free(table);
    rask_layout_release(&layout);
    rask_groupby_release(&plan);
}

static void ranges_join_and_a_gap_is_found(void)
{
    struct rask_groupby plan;
    struct rask_layout layout;
    struct rask_table *table;
    struct rask_error error;
    frame_plan(&plan, "s", "count", NULL);
    CU_ASSERT_EQUAL_FATAL(rask_layout_init(&layout, &plan, &error), RASK_OK);
    for (int has_gap = 0; has_gap < 2; has_gap++) {
        CU_ASSERT_EQUAL_FATAL(rask_table_new(&layout, &table, &error), RASK_OK);
        struct rask_flat_range ranges[] = {{0, 60, 90},
                                           {1, 0, 5},
                                           {0, 0, 30},
                                           {0, 30, 30},
                                           {0, 30, (uint64_t)(has_gap ? 50 : 60)}};
        for (int i = 0; i < 5; i++)
            CU_ASSERT_EQUAL(rask_table_add_range(table, &ranges[i], &error), RASK_OK);
        struct flat_bytes bytes = frame_flatten(table);
        struct rask_flat flat;
        struct rask_flat_range gap = {0};
        CU_ASSERT_EQUAL_FATAL(rask_flat_open(bytes.bytes, bytes.n, &flat, &error), RASK_OK);
        rask_status status = rask_flat_check_chain(&flat, &gap, &error);
        CU_ASSERT_EQUAL(status, has_gap ? RASK_ERR_CHANGED : RASK_OK);
        CU_ASSERT_EQUAL(flat.n_ranges, has_gap ? 3 : 2);
        CU_ASSERT_EQUAL(gap.next_start, has_gap ? 50 : 0);
        rask_flat_close(&flat);
        rask_free(bytes.bytes);
        rask_table_free(table);
    }
    rask_layout_release(&layout);
    rask_groupby_release(&plan);
}

static void overflow_in_the_condition_is_an_error_of_its_row(void)
{
    struct rask_groupby plan;
    frame_fill(&frame, 13);
    frame_plan(&plan, "s", "count", "i * i * i > 5");
    frame.ints[0][700] = INT64_MAX;
    frame.missing[0][700] = 0;
    struct flat_bytes whole = frame_fold(&frame, &plan, 0, 900, 512);
    struct rask_flat flat;
    struct rask_error error;
    CU_ASSERT_EQUAL_FATAL(rask_flat_open(whole.bytes, whole.n, &flat, &error), RASK_OK);
    CU_ASSERT(flat.error.file == 3 && flat.error.offset == 7000 &&
              flat.error.code == RASK_ERR_LIMIT);
    rask_flat_close(&flat);
    rask_free(whole.bytes);
    rask_groupby_release(&plan);
}

RASK_UNIT_MAIN("table",
               {"bytes do not depend on cutting and merging",
                bytes_do_not_depend_on_cutting_and_merging},
               {"sums of any size", sums_of_any_size}, {"many groups", many_groups},
               {"changed bytes are refused or harmless", changed_bytes_are_refused_or_harmless},
               {"want of memory is an error", want_of_memory_is_an_error},
               {"the earliest error is kept", the_earliest_error_is_kept},
               {"ranges join and a gap is found", ranges_join_and_a_gap_is_found},
               {"overflow in the condition", overflow_in_the_condition_is_an_error_of_its_row})
