/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_plan.c: a question about CSV files made into a plan; entry point rask_csv_plan_init. */
#include "coll/csv_plan.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/vec.h"
#include "coll/csv_block.h"
#include "kern/expr.h"
#include "kern/fold.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

RASK_VEC_DEFINE(plan_names, const char *);
RASK_VEC_DEFINE(plan_flags, uint8_t);

/* The plan while it is made. */
struct making {
    const struct rask_csv_query *query;
    struct rask_csv_plan *plan;
    struct plan_names names; /* the columns to read; borrowed from query and where */
    /* [names] whether the answer may depend on its type: not if its values are only counted */
    struct plan_flags needs_type;
    struct rask_expr *where;
    struct rask_infer_answer answer;
};

static rask_status add_name(struct making *making, const char *name, bool needs_type,
                            struct rask_error *error)
{
    for (size_t i = 0; i < making->names.count; i++)
        if (strcmp(making->names.items[i], name) == 0) {
            making->needs_type.items[i] |= needs_type;
            return RASK_OK;
        }
    return plan_flags_push(&making->needs_type, needs_type) == 0 &&
                   plan_names_push(&making->names, name) == 0
               ? RASK_OK
               : rask_error_memory(error, sizeof name, "the names of columns");
}

/* The error of a condition, told with the option that it came by. */
static rask_status blame_where(rask_status status, struct rask_error *error)
{
    if (status >= 0 || status == RASK_ERR_MEMORY || error == NULL)
        return status;
    return rask_error_set(error, status, "option --where: %s", error->text);
}

/* The columns that keys, aggregates and the condition name. */
static rask_status collect_names(struct making *making, struct rask_error *error)
{
    const struct rask_csv_query *query = making->query;
    rask_status status = RASK_OK;
    for (size_t i = 0; status == RASK_OK && i < query->n_keys; i++)
        status = add_name(making, query->keys[i], true, error);
    for (size_t i = 0; status == RASK_OK && i < query->n_aggregates; i++) {
        rask_aggregate_fn fn;
        const char *column = NULL;
        status = rask_aggregate_parse(query->aggregates[i], &fn, &column, error);
        if (status == RASK_OK && column != NULL)
            status = add_name(making, column, fn != RASK_AGGREGATE_COUNT, error);
    }
    if (status != RASK_OK || query->where == NULL || *query->where == '\0')
        return status;
    status = rask_expr_new(query->where, &making->where, error);
    if (status == RASK_ERR_LIMIT) /* a condition, and no record of a file, is too large */
        status = RASK_ERR_SYNTAX;
    status = blame_where(status, error);
    uint32_t n = status == RASK_OK ? rask_expr_n_columns(making->where) : 0;
    for (uint32_t i = 0; status == RASK_OK && i < n; i++)
        status = add_name(making, rask_expr_column(making->where, i), true, error);
    return status;
}

static rask_status infer(struct making *making, struct rask_error *error)
{
    const struct rask_csv_query *query = making->query;
    static const char *const none[1] = {NULL};
    struct rask_infer_question question = {.files = query->files,
                                           .dialect = &query->dialect,
                                           .names =
                                               making->names.count > 0 ? making->names.items : none,
                                           .n_names = making->names.count,
                                           .declared = query->declared,
                                           .n_declared = query->n_declared};
    return rask_infer_answer_init(&making->answer, &question, error);
}

/* A column that had no value in the sample was taken as text: the error that an aggregate does not
 * go with its type says how to settle that. */
static void explain(const struct making *making, const char *aggregate, struct rask_error *error)
{
    rask_aggregate_fn fn;
    const char *name = NULL;
    char shown[RASK_SHOWN_BYTES];
    if (error == NULL || rask_aggregate_parse(aggregate, &fn, &name, NULL) != RASK_OK)
        return;
    for (size_t i = 0; name != NULL && i < making->answer.n_columns; i++) {
        const struct rask_infer_column *column = &making->answer.columns[i];
        size_t n = strlen(error->text);
        if (column->is_declared || strcmp(column->name, name) != 0)
            continue;
        snprintf(error->text + n, sizeof error->text - n, "%s; say --types %s=TYPE to settle it",
                 column->n_values == 0 ? " (no value of it was found in the sample)" : "",
                 rask_text_show(shown, name));
    }
}

static rask_status fill_groupby(struct making *making, struct rask_error *error)
{
    const struct rask_csv_query *query = making->query;
    struct rask_groupby *groupby = &making->plan->groupby;
    rask_status status = RASK_OK;
    for (size_t i = 0; status == RASK_OK && i < making->answer.n_columns; i++)
        status = rask_groupby_add_column(groupby, making->answer.columns[i].name,
                                         making->answer.columns[i].type, error);
    for (size_t i = 0; status == RASK_OK && i < query->n_keys; i++)
        status = rask_groupby_add_key(groupby, query->keys[i], error);
    for (size_t i = 0; status == RASK_OK && i < query->n_aggregates; i++) {
        status = rask_groupby_add_aggregate(groupby, query->aggregates[i], error);
        if (status == RASK_ERR_TYPE)
            explain(making, query->aggregates[i], error);
    }
    if (status == RASK_OK && query->n_aggregates == 0)
        status = rask_groupby_add_aggregate(groupby, "count", error);
    if (status == RASK_OK)
        status = rask_groupby_set_where(groupby, query->where, error);
    if (status != RASK_OK)
        return status;
    /* A fold that is made and dropped finds what is wrong with the condition. */
    struct rask_fold *fold = NULL;
    status = rask_fold_new(groupby, &fold, error);
    rask_fold_free(fold);
    return blame_where(status, error);
}

static rask_status pack(struct making *making, struct rask_error *error)
{
    const struct rask_infer_answer *answer = &making->answer;
    struct rask_csv_want *wants = rask_alloc_zeroed(answer->n_columns + 1, sizeof *wants);
    if (wants == NULL)
        return rask_error_memory(error, answer->n_columns * sizeof *wants, "a plan");
    for (size_t i = 0; i < answer->n_columns; i++)
        wants[i] = (struct rask_csv_want){.name = answer->columns[i].name,
                                          .type = answer->columns[i].type,
                                          .is_declared = answer->columns[i].is_declared,
                                          .is_unknown = answer->columns[i].n_values == 0 &&
                                                        !answer->columns[i].is_declared &&
                                                        making->needs_type.items[i]};
    struct rask_csv_spec spec = {making->query->dialect, wants, answer->n_columns};
    rask_status status =
        rask_csv_job_pack(&making->plan->groupby, &spec, &making->plan->job, error);
    rask_free(wants);
    return status;
}

rask_status rask_csv_plan_init(struct rask_csv_plan *plan, const struct rask_csv_query *query,
                               struct rask_error *error)
{
    struct making making = {.query = query, .plan = plan};
    *plan = (struct rask_csv_plan){0};
    rask_groupby_init(&plan->groupby);
    rask_status status = collect_names(&making, error);
    if (status == RASK_OK)
        status = infer(&making, error);
    if (status == RASK_OK)
        status = fill_groupby(&making, error);
    if (status == RASK_OK)
        status = pack(&making, error);
    rask_infer_answer_release(&making.answer);
    rask_expr_free(making.where);
    plan_names_release(&making.names);
    plan_flags_release(&making.needs_type);
    if (status != RASK_OK)
        rask_csv_plan_release(plan);
    return status;
}

void rask_csv_plan_release(struct rask_csv_plan *plan)
{
    rask_groupby_release(&plan->groupby);
    rask_buf_release(&plan->job);
}
