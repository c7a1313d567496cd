/* SPDX-License-Identifier: BSD-3-Clause */
/* table_body.h: the inside of a group table; for table.c and flatten.c only. */
#ifndef RASK_KERN_TABLE_BODY_H
#define RASK_KERN_TABLE_BODY_H

#include "base/buf.h"
#include "base/pool.h"
#include "base/vec.h"
#include "kern/key.h"
#include "kern/ranges.h"
#include "kern/state.h"
#include "kern/table.h"

RASK_VEC_DEFINE(rask_pages, uint8_t *);

struct rask_table {
    struct rask_layout layout;
    const struct rask_slot_ops **ops; /* [n_slots] */
    struct rask_distinct *sets; /* [n_slots], used for DISTINCT */
    uint8_t *blank; /* a record that has seen nothing */
    uint64_t *index; /* [2^index_bits] hash's upper half << 32 | group + 1; 0 = free */
    struct rask_pages pages; /* records, 2^page_shift to a page */
    struct rask_pool pool; /* keys, texts, wide sums */
    struct rask_buf scratch; /* encoded keys of a batch */
    struct rask_ranges ranges;
    struct rask_flat_counts counts;
    struct rask_flat_error error;
    char *error_text;
    uint64_t n_groups; /* <= 2^31 */
    uint64_t heap_bytes; /* of the flat form, once rask_table_flat_bytes has computed it */
    uint32_t index_bits, page_shift;
    int is_one_text; /* the key is one text column */
    int is_full; /* a group more than there may be was asked for */
};

static inline struct rask_record *rask_table_record(const struct rask_table *table, uint32_t group)
{
    uint8_t *page = table->pages.items[group >> table->page_shift];
    uint32_t in_page = group & ((1u << table->page_shift) - 1);
    return (struct rask_record *)(page + (size_t)in_page * table->layout.stride);
}

/* The group of that key, made if there is none; NULL for want of memory or when the table is full.
 * `key` is without its missing bits, which are `bits`, in a table of one text, and else the whole
 * key. */
struct rask_record *rask_table_find(struct rask_table *table, uint64_t hash, struct rask_slice key,
                                    uint8_t bits);

#endif
