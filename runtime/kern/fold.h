/* SPDX-License-Identifier: BSD-3-Clause */
/* fold.h: the core of a group-by's block function: a plan and batches in, a table out.
 *
 *   rask_fold_new(plan) -> rask_fold_batch ... -> rask_fold_table -> rask_table_flat_bytes/_flatten
 *
 * Neither tasks nor files: the block function reads its bytes, fills batches and hands them in. */
#ifndef RASK_KERN_FOLD_H
#define RASK_KERN_FOLD_H

#include "kern/batch.h"
#include "kern/groupby.h"
#include "kern/table.h"

struct rask_fold;

/* `plan` [borrow] until the fold is freed. Errors are those of rask_expr_new and rask_expr_bind for
 * the condition, and RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_fold_new(const struct rask_groupby *plan, struct rask_fold **fold,
                                        struct rask_error *error);
void rask_fold_free(struct rask_fold *fold);

/* Adds the rows of a batch whose columns are the plan's columns in the plan's order (asserted). An
 * error of a row (whole numbers overflow in the condition) is recorded in the table with its
 * position, like an error that a reader finds, and the call succeeds. RASK_ERR_MEMORY: the table is
 * then unusable but for being freed; RASK_ERR_LIMIT: more than 2^32 - 2 groups. */
RASK_MUST_USE rask_status rask_fold_batch(struct rask_fold *fold, const struct rask_batch *batch,
                                          struct rask_error *error);

/* The table so far, for adding ranges and counts and for writing. Owns: the fold. */
struct rask_table *rask_fold_table(struct rask_fold *fold);

#endif
