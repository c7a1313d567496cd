/* SPDX-License-Identifier: BSD-3-Clause */
/* batch.h: some rows of a frame, column by column: what a reader fills and the kernels loop over.
 *
 * A batch holds at most RASK_BATCH_ROWS consecutive rows of one file, in the file's order, and the
 * columns in the order in which they were asked for. Everything it points to belongs to whoever
 * filled it and stays unchanged until the kernel's call returns; kernels copy what they keep.
 *
 * A row's position is (file, offset of its first byte). Positions order all rows of a job, so
 * "first" and "last" do not depend on who read what. Offsets of a batch ascend strictly. */
#ifndef RASK_KERN_BATCH_H
#define RASK_KERN_BATCH_H

#include "kern/type.h"

#include <stddef.h>
#include <stdint.h>

/* 1024 rows of one 8-byte column are 8 KiB: a handful of columns stay in the first-level cache. */
#define RASK_BATCH_ROWS 1024

/* Bytes of a text value, any bytes, not terminated. `data` is never NULL, also when length is 0. */
struct rask_slice {
    const char *data;
    uint64_t length; /* below 2^32 - 16 */
};

/* One column of a batch. `missing` has one byte per row, 1 where the value is missing and else 0,
 * or is NULL when no value is missing. The value of a missing row may be anything for numbers; for
 * text it is a slice that may be read (length 0 is fine). */
struct rask_column {
    uint32_t type; /* rask_type: which member of `values` holds */
    uint32_t reserved; /* 0 */
    const uint8_t *missing;
    union {
        const int64_t *ints; /* int64; bool as 0 or 1; date in days since 1970-01-01 */
        /* (proleptic Gregorian); datetime in microseconds since */
        /* 1970-01-01T00:00:00 (UTC where the text named a zone) */
        const double *doubles; /* float64 */
        const struct rask_slice *texts; /* text */
    } values;
};

struct rask_batch {
    uint32_t n_rows; /* 0 .. RASK_BATCH_ROWS */
    uint32_t n_columns;
    uint32_t file; /* index of the file among the job's files */
    uint32_t reserved; /* 0 */
    const uint64_t *offsets; /* [n_rows] first byte of each row in the file */
    const struct rask_column *columns; /* [n_columns] */
};

#endif
