/* SPDX-License-Identifier: BSD-3-Clause */
/* flat.h: the flat form of a group table: what a block's task returns and what merges read in
 * place.
 *
 *   header | key types | slots | ranges | error text | records | heap       each part 8-byte
 * aligned record = hash, offset and length of the key in the heap, one slot of state per component
 *   heap   = keys, texts, wide sums, lists of distinct values
 *
 * No pointers: offsets from the start of a part. Little-endian. The order of records is by (hash,
 * key), the heap follows the records, and states are in their canonical form: tables of equal
 * content have equal bytes, however they were made.
 *
 * rask_flat_open checks every offset, length and invariant, so that all later readers need not. The
 * bytes must be 8-byte aligned and unchanged while a view is used. */
#ifndef RASK_KERN_FLAT_H
#define RASK_KERN_FLAT_H

#include "kern/layout.h"

#include <rask/status.h>

/* Rows whose first byte lies in one block: the first of them begins at first_start, the first row
 * after them at next_start. Ranges of one file join when one's next_start is the other's
 * first_start; a range without rows is not kept, so a file without rows has none. */
struct rask_flat_range {
    uint64_t file;
    uint64_t first_start, next_start; /* byte offsets, first_start < next_start */
};

/* What a table counted, summed over merges. */
struct rask_flat_counts {
    uint64_t rows_read; /* rows seen */
    uint64_t rows_kept; /* rows for which the condition was true */
    uint64_t bytes_read; /* bytes of input behind them */
};

/* The error of the earliest position. */
struct rask_flat_error {
    uint64_t file, offset;
    uint64_t column; /* as its reporter numbers columns */
    const char *text; /* not terminated */
    uint64_t text_bytes; /* 0: no error */
    int64_t code; /* rask_status */
};

/* An opened table. Everything points into the bytes that were opened. */
struct rask_flat {
    struct rask_layout layout; /* release with rask_flat_close */
    struct rask_flat_counts counts;
    struct rask_flat_error error;
    const struct rask_flat_range *ranges;
    uint64_t n_ranges;
    const uint8_t *records; /* [n_groups] of layout.stride bytes */
    uint64_t n_groups;
    const uint8_t *heap;
    uint64_t heap_bytes;
};

/* RASK_ERR_FORMAT: malformed; RASK_ERR_VERSION: of another version; RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_flat_open(const void *bytes, size_t n_bytes, struct rask_flat *flat,
                                         struct rask_error *error);
void rask_flat_close(struct rask_flat *flat);

/* Whether the ranges of each file have joined to one, that is, whether each block began where the
 * block before it ended. RASK_OK, or RASK_ERR_CHANGED with the first place where they did not:
 * *gap, if not NULL, is then the range before it. */
RASK_MUST_USE rask_status rask_flat_check_chain(const struct rask_flat *flat,
                                                struct rask_flat_range *gap,
                                                struct rask_error *error);

#endif
