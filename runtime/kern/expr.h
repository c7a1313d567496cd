/* SPDX-License-Identifier: BSD-3-Clause */
/* expr.h: conditions on rows, as in `--where "price > 10 and city like 'New%'"`.
 *
 * Grammar, loosest first:
 *   or | and | not
 *   = == != <> < <= > >=, IN (literals), BETWEEN a AND b, LIKE pattern, IS [NOT] NULL|MISSING;
 *     NOT may stand before IN, BETWEEN and LIKE
 *   + - | * / % | unary -
 *   number, 'text' ('' is a quote), true, false, date '2020-01-01', datetime '2020-01-01T12:00:00',
 *   column, "column", `column`, f(x, ...), (expr)
 *   functions: contains(x, s), starts_with(x, s), ends_with(x, s), lower(x), upper(x), length(x)
 * Words of the language are known in any case; column names are exact.
 *
 * Missing values: an operation on a missing value is missing; and, or, not are three-valued; a row
 * is kept when the condition is true. / is a float64 division; x / 0 and x % 0 are missing; % has
 * the sign of its left side. Whole numbers are exact: a result beyond int64 is an error of the row.
 * A whole number and a float64 are compared exactly. NaN equals nothing and is neither less nor
 * greater. LIKE: % is any text, _ one character, \ takes the next literally; texts compare
 * bytewise.
 *
 * Use: parse (knows names only), ask which columns it needs, bind to types and places, evaluate
 * batches. Errors name the condition and the character, counted from 1, at which it is wrong.
 * Thread: one at a time for one expression (it owns its scratch memory). */
#ifndef RASK_KERN_EXPR_H
#define RASK_KERN_EXPR_H

#include "kern/batch.h"

#include <rask/status.h>

/* Nodes of one condition, and how deep parentheses and operators may nest. */
#define RASK_EXPR_MAX_NODES 65536
#define RASK_EXPR_MAX_DEPTH 256

struct rask_expr;

/* RASK_ERR_SYNTAX; RASK_ERR_LIMIT (too deep, too long); RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_expr_new(const char *text, struct rask_expr **expr,
                                        struct rask_error *error);
void rask_expr_free(struct rask_expr *expr);

/* The columns it names, each once, in the order of the text. Owns: the expression. */
uint32_t rask_expr_n_columns(const struct rask_expr *expr);
const char *rask_expr_column(const struct rask_expr *expr, uint32_t i);

/* What a name may mean: the columns of the batches to come, in their order. */
struct rask_expr_scope {
    const char *const *names;
    const uint32_t *types; /* rask_type */
    uint32_t n_columns;
};

/* Binds names to places and checks types; to be called once, before the first evaluation.
 * RASK_ERR_ARGUMENT: an unknown column (names the nearest); RASK_ERR_TYPE: an operation that its
 * types do not have, or a condition that is no truth value; RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_expr_bind(struct rask_expr *expr,
                                         const struct rask_expr_scope *scope,
                                         struct rask_error *error);

/* Writes the indices of the rows for which the condition is true to rows[], ascending, their number
 * to *n_rows. RASK_ERR_LIMIT: whole numbers overflow; *n_rows is then the number of the first such
 * row of the batch; RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_expr_select(struct rask_expr *expr, const struct rask_batch *batch,
                                           uint32_t rows[RASK_BATCH_ROWS], uint32_t *n_rows,
                                           struct rask_error *error);

/* The name among names[0 .. n) that looks most like `name`, or NULL when none is near. */
const char *rask_name_nearest(const char *name, const char *const *names, uint32_t n);

#endif
