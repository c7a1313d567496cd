/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_plan.h: from what a user asks about CSV files to a plan: which columns are read, of which
 * types they are, and the bytes that the tasks get.
 *
 * Types come from a sample of the files (io/infer.h) unless they are declared. Columns are those
 * that keys, aggregates and the condition name, each once; other columns are never looked at. */
#ifndef RASK_COLL_CSV_PLAN_H
#define RASK_COLL_CSV_PLAN_H

#include "base/buf.h"
#include "io/infer.h"
#include "kern/groupby.h"

/* The question. Everything in it is borrowed for the call. */
struct rask_csv_query {
    const struct rask_file_list *files;
    struct rask_csv_dialect dialect;
    const char *const *keys; /* columns to group by */
    const char *const *aggregates; /* "FN:COLUMN" or "count"; none: "count" */
    const char *where; /* a condition, or NULL */
    const struct rask_infer_declared *declared;
    size_t n_keys, n_aggregates, n_declared;
};

struct rask_csv_plan {
    struct rask_groupby groupby;
    struct rask_buf job; /* the tasks' first argument */
};

/* Makes the plan; release it. Thread: any.
 * Errors: RASK_ERR_ARGUMENT an unknown column (the nearest one is named) or aggregate, one asked
 * for twice; RASK_ERR_SYNTAX the condition, also one that is too large; RASK_ERR_TYPE
 * an aggregate or a condition that a column's type does not have; those of rask_infer_answer_init.
 */
RASK_MUST_USE rask_status rask_csv_plan_init(struct rask_csv_plan *plan,
                                             const struct rask_csv_query *query,
                                             struct rask_error *error);
void rask_csv_plan_release(struct rask_csv_plan *plan);

#endif
