/* SPDX-License-Identifier: BSD-3-Clause */
/* table.h: the group table: from keys to records of state, filled by batches or by merging flat
 * tables.
 *
 *     index  | tag+group | ... |  open addressing by the top bits of a 64-bit hash, half full
 *     pages  records of layout.stride bytes, never moved
 *     pool   keys, texts, wide sums
 *     sets   one per DISTINCT slot
 *
 * Merging is exact, associative and commutative: the bytes that rask_table_flatten writes depend on
 * the rows alone and not on their order or on how they were cut and merged. Costs per group:
 * layout.stride + key bytes, and 16 to 32 bytes of index, since places of 8 bytes are at most half
 * full and double (twice that after merging a table whose groups were there already: room is made
 * for all of them). nunique keeps each distinct value of each group (distinct.h). There is no
 * ceiling: the number of groups and of distinct values is what the data has. */
#ifndef RASK_KERN_TABLE_H
#define RASK_KERN_TABLE_H

#include "kern/batch.h"
#include "kern/flat.h"
#include "kern/layout.h"

struct rask_table;

/* An empty table. A layout without keys has its one group from the start. RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_table_new(const struct rask_layout *layout,
                                         struct rask_table **table, struct rask_error *error);
void rask_table_free(struct rask_table *table);

/* Adds the rows rows[0 .. n_rows) of the batch (ascending indices). RASK_ERR_MEMORY,
 * RASK_ERR_LIMIT: the table is then unusable but for being freed. */
RASK_MUST_USE rask_status rask_table_add(struct rask_table *table, const struct rask_batch *batch,
                                         const uint32_t *rows, uint32_t n_rows,
                                         struct rask_error *error);

/* Adds an opened flat table with everything it counted. RASK_ERR_ARGUMENT: another layout;
 * RASK_ERR_MEMORY and RASK_ERR_LIMIT as above. */
RASK_MUST_USE rask_status rask_table_merge(struct rask_table *table, const struct rask_flat *flat,
                                           struct rask_error *error);

/* What travels with the groups. A range joins its neighbours. Of errors the one with the lowest
 * (file, offset, column, text) is kept. RASK_ERR_MEMORY. */
void rask_table_count(struct rask_table *table, const struct rask_flat_counts *counts);
RASK_MUST_USE rask_status rask_table_add_range(struct rask_table *table,
                                               const struct rask_flat_range *range,
                                               struct rask_error *error);
RASK_MUST_USE rask_status rask_table_add_error(struct rask_table *table,
                                               const struct rask_flat_error *found,
                                               struct rask_error *error);
int rask_table_has_error(const struct rask_table *table);
/* The error that is kept, text_bytes 0 when there is none. [borrow] until the table changes. */
const struct rask_flat_error *rask_table_error(const struct rask_table *table);

/* The flat form: its exact size, and writing it to `bytes` of that size, 8-byte aligned. Nothing
 * may be added in between. flatten: RASK_ERR_MEMORY (for the order of the groups). */
uint64_t rask_table_flat_bytes(struct rask_table *table);
RASK_MUST_USE rask_status rask_table_flatten(struct rask_table *table, void *bytes,
                                             uint64_t n_bytes, struct rask_error *error);

#endif
