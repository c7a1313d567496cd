/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_column.h: parses one wanted column of a batch of records whose marks are known. */
#ifndef RASK_IO_CSV_COLUMN_H
#define RASK_IO_CSV_COLUMN_H

#include "io/csv.h"
#include "io/csv_head.h"
#include "io/missing.h"

/* Records of a batch. Field c of record r ends at marks[first_marks[r] + c] and begins behind the
 * mark before, field 0 at starts[r]. Positions are in `bytes`, of which RASK_CSV_PADDING more can
 * be read. */
struct rask_csv_rows {
    const char *bytes;
    const uint32_t *marks;
    uint32_t n_rows;
    bool has_short; /* some records have fewer fields than the header: see n_fields */
    uint32_t starts[RASK_BATCH_ROWS];
    uint32_t first_marks[RASK_BATCH_ROWS];
    uint32_t n_fields[RASK_BATCH_ROWS]; /* valid when has_short */
    uint64_t offsets[RASK_BATCH_ROWS]; /* in the file */
};

/* Memory for text that had to be decoded; its addresses hold until the next reset. */
struct rask_csv_arena {
    struct rask_csv_arena_chunk *chunk; /* the newest, linked to those before */
};

/* What one column needs. */
struct rask_csv_parse {
    const struct rask_missing *missing;
    struct rask_csv_arena *arena;
    uint32_t field; /* position in the file's records; RASK_CSV_ABSENT: the file lacks the column */
    rask_type type;
    bool is_declared;
    bool is_unknown; /* a value that is neither blanks nor a missing word does not fit */
};

/* Where the values go. */
struct rask_csv_values {
    union {
        int64_t ints[RASK_BATCH_ROWS];
        double doubles[RASK_BATCH_ROWS];
        struct rask_slice texts[RASK_BATCH_ROWS];
    } values;
    uint8_t missing[RASK_BATCH_ROWS];
    uint32_t n_missing;
};

/* Fills `values` and returns n_rows, or the first row whose value does not fit the type, or
 * RASK_CSV_NO_MEMORY. */
#define RASK_CSV_NO_MEMORY UINT32_MAX
uint32_t rask_csv_column_parse(const struct rask_csv_parse *parse, const struct rask_csv_rows *rows,
                               struct rask_csv_values *values);

/* The raw bytes of field `field` of row `row`, quotes and all: its length in *n. */
const char *rask_csv_rows_field(const struct rask_csv_rows *rows, uint32_t row, uint32_t field,
                                size_t *n);

/* Takes blanks and quotes off a value of a type that is no text. `*n` is 0 for nothing left. A
 * quoted value with quotes inside is given back as it is: it is no number either way. */
const char *rask_csv_value_trim(const char *text, size_t *n);

void rask_csv_arena_reset(struct rask_csv_arena *arena);
void rask_csv_arena_release(struct rask_csv_arena *arena);

#endif
