/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_groupby.h: runs a group-by over CSV files as tasks: cuts the files into blocks, reads and
 * groups each block, checks that the blocks fit together, merges the tables in a tree.
 *
 * Blocks are submitted a few ahead of the one that is looked at and merged as soon as eight in a
 * row are known to be right, so memory does not depend on the size of the input. A block in the
 * middle of a file guesses where its first record begins; the driver compares that with where the
 * block before it ended and has the block read again from there if it was wrong. So the answer, and
 * the error if there is one (the first in the order of files and rows), do not depend on blocks,
 * threads or ranks. */
#ifndef RASK_COLL_CSV_GROUPBY_H
#define RASK_COLL_CSV_GROUPBY_H

#include "coll/csv_plan.h"
#include "kern/flat.h"

#include <rask/future.h>

struct rask_csv_progress {
    uint64_t bytes_done, bytes_all;
    uint64_t rows_done;
};

struct rask_csv_job {
    const struct rask_csv_plan *plan;
    const struct rask_file_list *files;
    uint64_t block_bytes; /* 0: by the size of the input and the number of slots */
    void (*on_progress)(void *context, const struct rask_csv_progress *progress); /* or NULL */
    void *context;
};

struct rask_csv_answer {
    struct rask *rask;
    struct rask_future future; /* of the merged table */
    struct rask_flat flat; /* it, opened in place */
    uint64_t n_blocks;
    uint64_t n_redone; /* blocks that had guessed wrong */
};

/* Runs the job and waits for it. `answer` is filled on success and then to be released. Files must
 * be the same on all ranks. Ranks: the client's. Thread: the one of rask_start.
 * Errors: RASK_ERR_FORMAT, RASK_ERR_TYPE, RASK_ERR_LIMIT, RASK_ERR_IO, RASK_ERR_CHANGED what is
 * wrong with the files, at the earliest position; RASK_ERR_INTERRUPTED; RASK_ERR_MEMORY; those of
 * tasks. */
RASK_MUST_USE rask_status rask_csv_groupby(struct rask *rask, const struct rask_csv_job *job,
                                           struct rask_csv_answer *answer,
                                           struct rask_error *error);
void rask_csv_answer_release(struct rask_csv_answer *answer);

#endif
