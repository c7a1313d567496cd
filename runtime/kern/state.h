/* SPDX-License-Identifier: BSD-3-Clause */
/* state.h: what can be done with one slot of a record: one table of functions per (kind, type).
 *
 * Updates run over a batch, column by column: the records of the rows are found first, then each
 * slot's loop adds its column. All orders of updates and merges give the same flat bytes. */
#ifndef RASK_KERN_STATE_H
#define RASK_KERN_STATE_H

#include "kern/batch.h"
#include "kern/distinct.h"
#include "kern/exact.h"
#include "kern/layout.h"

/* Slots. In memory and in the flat form alike, but for the marked fields. */
struct rask_count_slot {
    uint64_t n;
};

struct rask_int_sum_slot {
    uint64_t limb[2]; /* two's complement */
};

struct rask_int_squares_slot {
    uint64_t limb[3];
};

/* MIN and MAX but of texts. The rank of NaN is above all numbers in MIN and below them in MAX, so
 * that NaN is the answer only where there is nothing else. */
struct rask_extreme_slot {
    uint64_t rank;
    uint64_t is_seen;
};

struct rask_text_slot {
    uint64_t data; /* address; flat: offset into the heap, 0 when nothing was seen */
    uint32_t length;
    uint32_t capacity; /* bytes at data, 0 when nothing was seen; flat: 1 when something was */
};

struct rask_position {
    uint64_t file;
    uint64_t offset; /* of the row; UINT64_MAX with file UINT64_MAX when nothing was seen */
};

struct rask_place_slot {
    struct rask_position position;
    uint64_t rank;
};

struct rask_place_text_slot {
    struct rask_position position;
    struct rask_text_slot text;
};

struct rask_distinct_slot {
    uint64_t n;
    uint64_t bytes; /* of the list in the heap, unrounded; flat: the list's offset, 0 when n is 0 */
};

/* What an update reads. */
struct rask_update {
    const struct rask_batch *batch;
    const struct rask_column *column; /* NULL for ROWS */
    const uint32_t *rows; /* [n] indices into the batch */
    uint8_t *const *slots; /* [n] record of each of these rows ... */
    uint32_t offset; /* ... and where in it the slot is */
    uint32_t n;
    struct rask_pool *pool;
    struct rask_distinct *set; /* DISTINCT only */
};

/* One slot of one group, to merge into or to write. */
struct rask_slot_ref {
    void *slot;
    uint32_t group;
    struct rask_pool *pool;
    struct rask_distinct *set;
};

/* A growing or a checked heap: `used` is where the next item is to lie. */
struct rask_heap_cursor {
    uint8_t *heap; /* NULL when checking */
    const uint8_t *read_heap;
    uint64_t used, bytes;
};

struct rask_slot_ops {
    uint32_t bytes;
    void (*init)(void *slot);
    /* 0, -1 (memory) or -2 (too many distinct values). */
    int (*update)(const struct rask_update *update);
    int (*merge)(const struct rask_slot_ref *ref, const void *flat_slot, const uint8_t *heap);
    /* Bytes the slot needs in the heap, a multiple of 8; settles the slot. NULL: none ever. */
    uint64_t (*heap_bytes)(const struct rask_slot_ref *ref);
    /* Writes what lies in the heap and the slot's flat form. NULL: the slot is its flat form. */
    void (*write)(const struct rask_slot_ref *ref, void *flat_slot,
                  struct rask_heap_cursor *cursor);
    /* Whether a flat slot is in order; moves the cursor over its part of the heap. */
    int (*check)(const void *flat_slot, struct rask_heap_cursor *cursor);
};

/* The functions of that kind of slot for that type of column, or NULL when there is none. */
const struct rask_slot_ops *rask_slot_ops(uint32_t kind, uint32_t type);
/* The two halves of that table: state_number.c and state_value.c. */
const struct rask_slot_ops *rask_number_slot_ops(uint32_t kind, uint32_t type);
const struct rask_slot_ops *rask_value_slot_ops(uint32_t kind, uint32_t type);

#endif
