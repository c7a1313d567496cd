/* SPDX-License-Identifier: BSD-3-Clause */
/* frame.h: for tests of the group-by: a small frame of six columns, one of each type, filled at
 * random from a seed, and its way through fold, flat tables and merges. */
#ifndef RASK_TESTS_FRAME_H
#define RASK_TESTS_FRAME_H

#include "base/alloc.h"
#include "kern/groupby.h"
#include "kern/flat.h"
#include "kern/fold.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_ROWS 3000

struct frame {
    struct rask_slice texts[FRAME_ROWS];
    char bytes[FRAME_ROWS][24];
    int64_t ints[4][FRAME_ROWS]; /* int64, bool, date, datetime */
    double doubles[FRAME_ROWS];
    uint8_t missing[6][FRAME_ROWS];
    uint64_t offsets[FRAME_ROWS];
};

static const char *const frame_names[6] = {"i", "f", "b", "d", "t", "s"};

static inline uint64_t frame_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static inline void frame_fill(struct frame *frame, uint64_t seed)
{
    for (int r = 0; r < FRAME_ROWS; r++) {
        int n =
            snprintf(frame->bytes[r], sizeof frame->bytes[r], "%.*s%u",
                     (int)(frame_random(&seed) % 4), "abcd", (unsigned)(frame_random(&seed) % 9));
        if (frame_random(&seed) % 20 == 0)
            n = 0;
        frame->texts[r] = (struct rask_slice){frame->bytes[r], (uint64_t)n};
        frame->ints[0][r] = (int64_t)(frame_random(&seed) % 2001) - 1000;
        frame->ints[1][r] = (int64_t)(frame_random(&seed) % 2);
        frame->ints[2][r] = (int64_t)(frame_random(&seed) % 30) + 18000;
        frame->ints[3][r] = (int64_t)(frame_random(&seed) % 100) * 43200000000;
        frame->doubles[r] = ((double)(frame_random(&seed) % 2000001) - 1000000) / 64;
        for (int c = 0; c < 6; c++)
            frame->missing[c][r] = frame_random(&seed) % 10 == 0;
        frame->offsets[r] = (uint64_t)r * 10;
    }
}

static inline void frame_columns(const struct frame *frame, uint32_t first,
                                 struct rask_column *columns)
{
    for (uint32_t c = 0; c < 6; c++)
        columns[c] = (struct rask_column){.type = c, .missing = frame->missing[c] + first};
    columns[0].values.ints = frame->ints[0] + first;
    columns[1].values.doubles = frame->doubles + first;
    columns[2].values.ints = frame->ints[1] + first;
    columns[3].values.ints = frame->ints[2] + first;
    columns[4].values.ints = frame->ints[3] + first;
    columns[5].values.texts = frame->texts + first;
}

/* A plan over the frame; keys and aggregates are lists in one text, separated by spaces. */
static inline void frame_plan(struct rask_groupby *plan, const char *keys, const char *aggregates,
                              const char *where)
{
    struct rask_error error;
    char word[64];
    int n;
    rask_groupby_init(plan);
    for (uint32_t c = 0; c < 6; c++)
        CU_ASSERT_EQUAL(rask_groupby_add_column(plan, frame_names[c], (rask_type)c, &error),
                        RASK_OK);
    for (; sscanf(keys, " %63s%n", word, &n) == 1; keys += n)
        CU_ASSERT_EQUAL(rask_groupby_add_key(plan, word, &error), RASK_OK);
    for (; sscanf(aggregates, " %63s%n", word, &n) == 1; aggregates += n)
        CU_ASSERT_EQUAL(rask_groupby_add_aggregate(plan, word, &error), RASK_OK);
    CU_ASSERT_EQUAL(rask_groupby_set_where(plan, where, &error), RASK_OK);
}

struct flat_bytes {
    void *bytes;
    size_t n;
};

static inline struct flat_bytes frame_flatten(struct rask_table *table)
{
    struct flat_bytes flat = {.n = rask_table_flat_bytes(table)};
    struct rask_error error;
    flat.bytes = rask_alloc(flat.n);
    CU_ASSERT_EQUAL(rask_table_flatten(table, flat.bytes, flat.n, &error), RASK_OK);
    return flat;
}

/* Rows [first, end) in batches of at most `step` rows. */
static inline struct flat_bytes frame_fold(const struct frame *frame,
                                           const struct rask_groupby *plan, uint32_t first,
                                           uint32_t end, uint32_t step)
{
    struct rask_fold *fold;
    struct rask_error error = {0};
    CU_ASSERT_EQUAL_FATAL(rask_fold_new(plan, &fold, &error), RASK_OK);
    for (uint32_t at = first; at < end; at += step) {
        struct rask_column columns[6];
        uint32_t n = end - at < step ? end - at : step;
        struct rask_batch batch = {n, 6, 3, 0, frame->offsets + at, columns};
        frame_columns(frame, at, columns);
        CU_ASSERT_EQUAL(rask_fold_batch(fold, &batch, &error), RASK_OK);
    }
    struct rask_flat_range range = {3, first, end};
    CU_ASSERT_EQUAL(rask_table_add_range(rask_fold_table(fold), &range, &error), RASK_OK);
    struct flat_bytes flat = frame_flatten(rask_fold_table(fold));
    rask_fold_free(fold);
    return flat;
}

/* Merges `from` into `into`, or the other way round. */
static inline void frame_merge(struct flat_bytes *into, struct flat_bytes *from, int is_swapped)
{
    struct rask_flat flats[2];
    struct rask_error error = {0};
    struct rask_table *table;
    CU_ASSERT_EQUAL_FATAL(rask_flat_open(into->bytes, into->n, &flats[0], &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_flat_open(from->bytes, from->n, &flats[1], &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_table_new(&flats[0].layout, &table, &error), RASK_OK);
    CU_ASSERT_EQUAL(rask_table_merge(table, &flats[is_swapped], &error), RASK_OK);
    CU_ASSERT_EQUAL(rask_table_merge(table, &flats[!is_swapped], &error), RASK_OK);
    struct flat_bytes merged = frame_flatten(table);
    rask_table_free(table);
    rask_flat_close(&flats[0]);
    rask_flat_close(&flats[1]);
    rask_free(into->bytes);
    rask_free(from->bytes);
    *into = merged;
    *from = (struct flat_bytes){0};
}

#endif
