/* SPDX-License-Identifier: BSD-3-Clause */
/* fold.c: a plan and batches to a table: select the rows that count, then add them. */
#include "kern/fold.h"

#include "base/alloc.h"
#include "base/error.h"
#include "kern/expr.h"

#include <assert.h>
#include <string.h>

struct rask_fold {
    const struct rask_groupby *plan;
    struct rask_expr *where; /* NULL: every row counts */
    struct rask_table *table;
    uint32_t every_row[RASK_BATCH_ROWS]; /* 0, 1, 2, ... */
};

static rask_status bind_where(struct rask_fold *fold, struct rask_error *error)
{
    const struct rask_groupby *plan = fold->plan;
    rask_status status = rask_expr_new(plan->where, &fold->where, error);
    if (status != RASK_OK)
        return status;
    const char **names = rask_alloc(plan->n_columns * sizeof *names);
    uint32_t *types = rask_alloc(plan->n_columns * sizeof *types);
    if (names == NULL || types == NULL) {
        status =
            rask_error_memory(error, plan->n_columns * sizeof *names, "the columns of a condition");
    } else {
        for (uint32_t i = 0; i < plan->n_columns; i++) {
            names[i] = plan->columns[i].name;
            types[i] = plan->columns[i].type;
        }
        struct rask_expr_scope scope = {names, types, plan->n_columns};
        status = rask_expr_bind(fold->where, &scope, error);
    }
    rask_free(names);
    rask_free(types);
    return status;
}

rask_status rask_fold_new(const struct rask_groupby *plan, struct rask_fold **fold,
                          struct rask_error *error)
{
    struct rask_fold *made = rask_alloc_zeroed(1, sizeof *made);
    if (made == NULL)
        return rask_error_memory(error, sizeof *made, "a group-by");
    made->plan = plan;
    for (uint32_t i = 0; i < RASK_BATCH_ROWS; i++)
        made->every_row[i] = i;
    struct rask_layout layout = {0};
    rask_status status = plan->where == NULL ? RASK_OK : bind_where(made, error);
    if (status == RASK_OK)
        status = rask_layout_init(&layout, plan, error);
    if (status == RASK_OK)
        status = rask_table_new(&layout, &made->table, error);
    rask_layout_release(&layout);
    if (status != RASK_OK)
        rask_fold_free(made);
    else
        *fold = made;
    return status;
}

void rask_fold_free(struct rask_fold *fold)
{
    if (fold == NULL)
        return;
    rask_expr_free(fold->where);
    rask_table_free(fold->table);
    rask_free(fold);
}

static int fits(const struct rask_groupby *plan, const struct rask_batch *batch)
{
    if (batch->n_columns != plan->n_columns || batch->n_rows > RASK_BATCH_ROWS)
        return 0;
    for (uint32_t i = 0; i < plan->n_columns; i++)
        if (batch->columns[i].type != plan->columns[i].type)
            return 0;
    return 1;
}

/* The condition failed on one row: an error of the data with the row's position. */
static rask_status record(struct rask_fold *fold, const struct rask_batch *batch, uint32_t row,
                          const struct rask_error *cause, struct rask_error *error)
{
    struct rask_flat_error found = {batch->file, batch->offsets[row], 0,
                                    cause->text, strlen(cause->text), cause->code};
    return rask_table_add_error(fold->table, &found, error);
}

rask_status rask_fold_batch(struct rask_fold *fold, const struct rask_batch *batch,
                            struct rask_error *error)
{
    assert(fits(fold->plan, batch));
    (void)fits;
    uint32_t selected[RASK_BATCH_ROWS], n = batch->n_rows;
    const uint32_t *rows = fold->every_row;
    if (fold->where != NULL) {
        struct rask_error cause = {0};
        rask_status status = rask_expr_select(fold->where, batch, selected, &n, &cause);
        if (status == RASK_ERR_LIMIT)
            return record(fold, batch, n, &cause, error);
        if (status != RASK_OK) {
            if (error != NULL)
                *error = cause;
            return status;
        }
        rows = selected;
    }
    struct rask_flat_counts counts = {batch->n_rows, n, 0};
    rask_table_count(fold->table, &counts);
    return n == 0 ? RASK_OK : rask_table_add(fold->table, batch, rows, n, error);
}

struct rask_table *rask_fold_table(struct rask_fold *fold)
{
    return fold->table;
}
