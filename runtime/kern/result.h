/* SPDX-License-Identifier: BSD-3-Clause */
/* result.h: the answer of a group-by: the merged table as rows of typed cells, sorted and limited.
 *
 * Columns are the plan's keys and then its aggregates. Without a sort the rows ascend by their
 * keys: numbers by value (NaN after them), false before true, texts bytewise, missing last. A sort
 * is stable on top of that order; missing cells come last, ascending or descending. With a limit of
 * k only the k rows that are shown are kept in order. Types of aggregates: count and nunique int64;
 * sum of int64 and bool is an integer of 128 bits, of float64 a float64; mean, var, std float64;
 * min, max, first, last as their column. A group without values has sum 0, count 0 and otherwise
 * missing cells; var and std need two values (divisor n - 1). */
#ifndef RASK_KERN_RESULT_H
#define RASK_KERN_RESULT_H

#include "kern/batch.h"
#include "kern/flat.h"
#include "kern/groupby.h"

#define RASK_RESULT_MAX_SORTS 64
#define RASK_CELL_WIDE RASK_N_TYPES /* type of a cell: an integer of 128 bits */

struct rask_cell {
    uint8_t type; /* rask_type or RASK_CELL_WIDE */
    uint8_t is_missing;
    union {
        int64_t number; /* int64, bool, date, datetime */
        double real; /* float64 */
        struct rask_slice text;
        struct {
            uint64_t low; /* value = high * 2^64 + low */
            int64_t high;
        } wide;
    } value;
};

struct rask_sort_key {
    uint32_t column; /* result column */
    int is_descending;
};

struct rask_result_options {
    const struct rask_sort_key *sorts; /* most important first */
    uint32_t n_sorts; /* at most RASK_RESULT_MAX_SORTS */
    uint64_t limit; /* 0 = all rows */
    int is_empty; /* no row at all, whatever the limit */
};

struct rask_result;

/* `plan` and `flat` [borrow] until the result is freed. RASK_ERR_ARGUMENT: the table is not of this
 * plan, or a sort column does not exist; RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_result_new(const struct rask_groupby *plan,
                                          const struct rask_flat *flat,
                                          const struct rask_result_options *options,
                                          struct rask_result **result, struct rask_error *error);
void rask_result_free(struct rask_result *result);

uint64_t rask_result_n_rows(const struct rask_result *result);
uint32_t rask_result_n_columns(const struct rask_result *result);
const char *rask_result_name(const struct rask_result *result, uint32_t column);
/* rask_type or RASK_CELL_WIDE: the type of the column's cells. */
uint32_t rask_result_type(const struct rask_result *result, uint32_t column);
/* A cell by value; its text points into the flat table. */
struct rask_cell rask_result_cell(const struct rask_result *result, uint64_t row, uint32_t column);

/* Reads "COL[:asc|:desc]" into *key, COL a result column's name as rask_groupby_find_result knows
 * it. RASK_ERR_ARGUMENT with the names there are. */
RASK_MUST_USE rask_status rask_sort_parse(const struct rask_groupby *plan, const char *text,
                                          struct rask_sort_key *key, struct rask_error *error);

#endif
