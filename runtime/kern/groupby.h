/* SPDX-License-Identifier: BSD-3-Clause */
/* groupby.h: the plan of a group-by: which columns are read, by which the rows are grouped, what is
 * computed per group, and which rows count. It is a description and computes nothing: kern/fold
 * turns a plan and batches into a table, kern/result turns the merged table into an answer.
 *
 * The flat form is what travels as a task's argument: no pointers, little-endian, versioned,
 * checked when it is read. Equal plans have equal bytes.
 *
 *   struct rask_groupby plan;
 *   rask_groupby_init(&plan);
 *   rask_groupby_add_column(&plan, "city", RASK_TYPE_TEXT, &error);
 *   rask_groupby_add_column(&plan, "price", RASK_TYPE_FLOAT64, &error);
 *   rask_groupby_add_key(&plan, "city", &error);
 *   rask_groupby_add_aggregate(&plan, "mean:price", &error);
 *   rask_groupby_set_where(&plan, "price > 0", &error);
 *   ... rask_groupby_release(&plan);
 *
 * Thread: one at a time; a plan that is not changed may be read by all. */
#ifndef RASK_KERN_GROUPBY_H
#define RASK_KERN_GROUPBY_H

#include "kern/type.h"

#include <rask/status.h>

/* X(NAME, number, text): the aggregates. Numbers are part of flat forms. */
#define RASK_AGGREGATE_LIST(X) \
    X(COUNT, 0, "count")       \
    X(SUM, 1, "sum")           \
    X(MEAN, 2, "mean")         \
    X(MIN, 3, "min")           \
    X(MAX, 4, "max")           \
    X(VAR, 5, "var")           \
    X(STD, 6, "std")           \
    X(FIRST, 7, "first")       \
    X(LAST, 8, "last")         \
    X(NUNIQUE, 9, "nunique")

typedef enum rask_aggregate_fn {
#define RASK_AGGREGATE_ENUM(name, number, text) RASK_AGGREGATE_##name = (number),
    RASK_AGGREGATE_LIST(RASK_AGGREGATE_ENUM)
#undef RASK_AGGREGATE_ENUM
} rask_aggregate_fn;

#define RASK_N_AGGREGATES 10
#define RASK_GROUPBY_MAX_COLUMNS 4096 /* each of columns, keys and aggregates */
#define RASK_GROUPBY_ALL_ROWS UINT32_MAX /* the `column` of a plain count */

struct rask_groupby_column {
    char *name;
    uint32_t type; /* rask_type */
};

struct rask_groupby_aggregate {
    uint32_t fn; /* rask_aggregate_fn */
    uint32_t column; /* index into columns, or RASK_GROUPBY_ALL_ROWS */
    char *label; /* name of the result column: "count", "sum_price"; unlike all others */
};

struct rask_groupby {
    struct rask_groupby_column *columns; /* what a reader delivers, in this order */
    uint32_t *keys; /* indices into columns; no keys = one group of all rows */
    struct rask_groupby_aggregate *aggregates;
    char *where; /* text of the condition, or NULL */
    uint32_t n_columns, n_keys, n_aggregates;
};

void rask_groupby_init(struct rask_groupby *plan);
void rask_groupby_release(struct rask_groupby *plan);

/* Appends a column to be read; a name that is there already with the same type is not repeated.
 * RASK_ERR_ARGUMENT: there already with another type; RASK_ERR_LIMIT: too many; RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_groupby_add_column(struct rask_groupby *plan, const char *name,
                                                  rask_type type, struct rask_error *error);

/* Groups by that column, after the keys there are. Undefined when there are aggregates already,
 * whose labels would not differ from it.
 * RASK_ERR_ARGUMENT: no such column, or a key already; RASK_ERR_LIMIT; RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_groupby_add_key(struct rask_groupby *plan, const char *name,
                                               struct rask_error *error);

/* Appends an aggregate written as "FN:COLUMN", or "count" for the rows of a group. Its label gets a
 * number, "count_2", where a key is named so.
 * RASK_ERR_ARGUMENT: unknown function or column, or twice the same; RASK_ERR_TYPE: a sum, mean, var
 * or std of a column that is not a number; RASK_ERR_LIMIT; RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_groupby_add_aggregate(struct rask_groupby *plan, const char *text,
                                                     struct rask_error *error);

/* The condition's text (copied), not parsed here; NULL or "" takes it away. RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_groupby_set_where(struct rask_groupby *plan, const char *text,
                                                 struct rask_error *error);

/* Reads "FN:COLUMN" or "count" without a plan: *fn, and *column as a pointer into `text`, or NULL
 * for a plain count. RASK_ERR_ARGUMENT: unknown function, or no column where one is needed. */
RASK_MUST_USE rask_status rask_aggregate_parse(const char *text, rask_aggregate_fn *fn,
                                               const char **column, struct rask_error *error);

/* Result columns are the keys and then the aggregates. Their number; the name of one. */
uint32_t rask_groupby_n_results(const struct rask_groupby *plan);
const char *rask_groupby_result_name(const struct rask_groupby *plan, uint32_t result);
/* The result column named `name`: a key, a label ("sum_price") or what was asked ("sum:price").
 * UINT32_MAX if there is none. */
uint32_t rask_groupby_find_result(const struct rask_groupby *plan, const char *name);

/* The flat form: its exact size (a multiple of 8), writing it into `bytes` of that size, reading
 * it. read: `plan` is filled on success only and then to be released. RASK_ERR_FORMAT: malformed;
 * RASK_ERR_VERSION: written by another version; RASK_ERR_MEMORY. */
size_t rask_groupby_flat_bytes(const struct rask_groupby *plan);
void rask_groupby_flat_write(const struct rask_groupby *plan, void *bytes);
RASK_MUST_USE rask_status rask_groupby_flat_read(const void *bytes, size_t n_bytes,
                                                 struct rask_groupby *plan,
                                                 struct rask_error *error);

#endif
