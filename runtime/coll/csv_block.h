/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_block.h: the tasks of a group-by over CSV files, and what travels to and from them.
 *
 *   rask.csv.block  (job, block) -> partial   reads, filters and groups the ranges of one block
 *   rask.csv.head   (partial)    -> head      the part of it that the driver needs, wherever it is
 *   rask.csv.merge  (partial...) -> partial   one table of all
 *
 *   job      what is the same for all blocks: header | flat plan | packed spec of the reader
 *   block    header | for each range: fixed part, path with its terminating zero, up to 8 bytes
 *   partial  head | the flat table, or the text of the error
 *
 * A task is a function of these bytes and of the files. What is wrong with the data is no failure
 * of the task: it is in the partial's head, because it counts only when the block began where the
 * block before it ended, and that the driver knows (see RANGES in io/csv.h). */
#ifndef RASK_COLL_CSV_BLOCK_H
#define RASK_COLL_CSV_BLOCK_H

#include "base/buf.h"
#include "io/csv.h"
#include "kern/flat.h"
#include "kern/groupby.h"

#include <rask/future.h>
#include <rask/task.h>

/* What a partial begins with; the table behind it is aligned as the partial is. */
struct rask_csv_head_bytes {
    uint64_t first_start, next_start; /* of the block's last range */
    uint64_t rows_read;
    int32_t code; /* rask_status: what is wrong with the data */
    uint32_t text_bytes; /* of the error */
    uint64_t reserved[4]; /* 0 */
};

extern const struct rask_function rask_csv_block_function, rask_csv_head_function,
    rask_csv_merge_function;

/* Appends the bytes of a job. RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_csv_job_pack(const struct rask_groupby *plan,
                                            const struct rask_csv_spec *spec, struct rask_buf *buf,
                                            struct rask_error *error);

/* The bytes of a block: begin, then its ranges (`path` and `identity` of each are copied).
 * RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_csv_block_begin(struct rask_buf *buf, struct rask_error *error);
RASK_MUST_USE rask_status rask_csv_block_add(struct rask_buf *buf,
                                             const struct rask_csv_range *range,
                                             struct rask_error *error);

/* The head of a partial, or RASK_ERR_FORMAT. With an error in it, `error` gets its code and text.
 */
RASK_MUST_USE rask_status rask_csv_head_read(struct rask_view partial,
                                             struct rask_csv_head_bytes *head,
                                             struct rask_error *error);

/* Opens the table of a partial without an error; errors are those of rask_flat_open. */
RASK_MUST_USE rask_status rask_csv_partial_open(struct rask_view partial, struct rask_flat *flat,
                                                struct rask_error *error);

#endif
