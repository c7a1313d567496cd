/* SPDX-License-Identifier: BSD-3-Clause */
/* result_test.c: every aggregate against a slow reference that goes through the rows of a group one
 * by one; then order, sort and limit. The frame's numbers are so few and short that long double and
 * 128-bit sums of them are exact, so that the reference needs one rounding too. */
#include "frame.h"

#include "kern/limbs.h"
#include "kern/result.h"

#include <math.h>

static struct frame frame;

static const char *const aggregates =
    "count count:f sum:i sum:f sum:b mean:i mean:f var:i var:f std:f min:i max:i min:f max:f min:s "
    "max:s min:d "
    "max:t first:s last:s first:i last:f first:b nunique:s nunique:i nunique:f nunique:b";

struct answer {
    struct rask_groupby plan;
    struct flat_bytes bytes;
    struct rask_flat flat;
    struct rask_result *result;
};

static void ask(struct answer *answer, const char *keys, const char *fns, const char *where,
                const struct rask_result_options *options)
{
    struct rask_error error = {0};
    frame_plan(&answer->plan, keys, fns, where);
    answer->bytes = frame_fold(&frame, &answer->plan, 0, FRAME_ROWS, 1000);
    CU_ASSERT_EQUAL_FATAL(
        rask_flat_open(answer->bytes.bytes, answer->bytes.n, &answer->flat, &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(
        rask_result_new(&answer->plan, &answer->flat, options, &answer->result, &error), RASK_OK);
}

static void forget(struct answer *answer)
{
    rask_result_free(answer->result);
    rask_flat_close(&answer->flat);
    rask_free(answer->bytes.bytes);
    rask_groupby_release(&answer->plan);
}

static int compare_texts(struct rask_slice a, struct rask_slice b)
{
    uint64_t n = a.length < b.length ? a.length : b.length;
    int order = n == 0 ? 0 : memcmp(a.data, b.data, n);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

/* The rows of one group, by a text key that may be missing. */
static uint32_t rows_of(const struct rask_cell *key, uint32_t *rows)
{
    uint32_t n = 0;
    for (uint32_t r = 0; r < FRAME_ROWS; r++)
        if (frame.missing[5][r]
                ? key->is_missing
                : !key->is_missing && compare_texts(frame.texts[r], key->value.text) == 0)
            rows[n++] = r;
    return n;
}

static uint32_t keep_present(uint32_t column, const uint32_t *rows, uint32_t n, uint32_t *kept)
{
    uint32_t n_kept = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!frame.missing[column][rows[i]])
            kept[n_kept++] = rows[i];
    return n_kept;
}

/* The numeric value of a row, scaled to a whole number. */
static int64_t scaled(uint32_t column, uint32_t row)
{
    if (column == 1)
        return (int64_t)(frame.doubles[row] * 64);
    return frame.ints[column == 0 ? 0 : column - 1][row];
}

static double reference_moment(uint32_t fn, uint32_t column, const uint32_t *rows, uint32_t n)
{
    rask_i128 sum = 0, squares = 0;
    double unit = column == 1 ? 64 : 1;
    for (uint32_t i = 0; i < n; i++) {
        int64_t x = scaled(column, rows[i]);
        sum += x;
        squares += (rask_i128)x * x;
    }
    if (fn == RASK_AGGREGATE_SUM)
        return (double)sum / unit;
    if (fn == RASK_AGGREGATE_MEAN)
        return (double)sum / (double)n / unit;
    double variance = (double)((long double)(squares * n - sum * sum) / ((long double)n * (n - 1)) /
                               ((long double)unit * unit));
    return fn == RASK_AGGREGATE_VAR ? variance : sqrt(variance);
}

static int compare_rows(uint32_t column, uint32_t a, uint32_t b)
{
    if (column == 5)
        return compare_texts(frame.texts[a], frame.texts[b]);
    int64_t x = scaled(column, a), y = scaled(column, b);
    return (x > y) - (x < y);
}

static uint32_t reference_distinct(uint32_t column, const uint32_t *rows, uint32_t n)
{
    uint32_t n_distinct = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t j = 0;
        while (j < i && compare_rows(column, rows[i], rows[j]) != 0)
            j++;
        n_distinct += j == i;
    }
    return n_distinct;
}

/* Whether the cell is the value of that row. */
static int is_value_of(const struct rask_cell *cell, uint32_t column, uint32_t row)
{
    if (column == 5)
        return compare_texts(cell->value.text, frame.texts[row]) == 0;
    if (column == 1)
        return cell->value.real == frame.doubles[row];
    return cell->value.number == scaled(column, row);
}

static int is_right(const struct rask_cell *cell, const struct rask_groupby_aggregate *aggregate,
                    const uint32_t *group, uint32_t n_group)
{
    static uint32_t rows[FRAME_ROWS];
    uint32_t column = aggregate->column, best = 0;
    uint32_t n =
        column == RASK_GROUPBY_ALL_ROWS ? n_group : keep_present(column, group, n_group, rows);
    switch ((rask_aggregate_fn)aggregate->fn) {
    case RASK_AGGREGATE_COUNT:
        return cell->value.number == n;
    case RASK_AGGREGATE_NUNIQUE:
        return cell->value.number == reference_distinct(column, rows, n);
    case RASK_AGGREGATE_SUM:
        if (cell->type == RASK_CELL_WIDE)
            return (double)(int64_t)cell->value.wide.low ==
                   reference_moment(aggregate->fn, column, rows, n);
        return cell->value.real == reference_moment(aggregate->fn, column, rows, n);
    case RASK_AGGREGATE_MEAN:
    case RASK_AGGREGATE_VAR:
    case RASK_AGGREGATE_STD:
        if (n < (aggregate->fn == RASK_AGGREGATE_MEAN ? 1u : 2u))
            return cell->is_missing;
        /* long double rounds twice: the last digit may differ by one */
        return fabs(cell->value.real - reference_moment(aggregate->fn, column, rows, n)) <=
               fabs(cell->value.real) * 0x1p-51;
    default:
        break;
    }
    if (n == 0 || cell->is_missing)
        return n == 0 && cell->is_missing;
    if (aggregate->fn == RASK_AGGREGATE_LAST)
        best = n - 1;
    for (uint32_t i = 1; i < n && aggregate->fn != RASK_AGGREGATE_LAST; i++) {
        int order = compare_rows(column, rows[i], rows[best]);
        if ((aggregate->fn == RASK_AGGREGATE_MIN && order < 0) ||
            (aggregate->fn == RASK_AGGREGATE_MAX && order > 0))
            best = i;
    }
    return is_value_of(cell, column, rows[best]);
}

static void every_aggregate_is_right(void)
{
    static uint32_t rows[FRAME_ROWS];
    struct rask_result_options options = {0};
    struct answer answer;
    frame_fill(&frame, 21);
    ask(&answer, "s", aggregates, NULL, &options);
    uint32_t n_all = 0;
    for (uint64_t row = 0; row < rask_result_n_rows(answer.result); row++) {
        struct rask_cell key = rask_result_cell(answer.result, row, 0);
        uint32_t n = rows_of(&key, rows);
        n_all += n;
        for (uint32_t i = 0; i < answer.plan.n_aggregates; i++) {
            struct rask_cell cell = rask_result_cell(answer.result, row, 1 + i);
            CU_ASSERT_EQUAL(cell.type, rask_result_type(answer.result, 1 + i));
            int right = is_right(&cell, &answer.plan.aggregates[i], rows, n);
            if (!right)
                printf("\n    %s of row %d", answer.plan.aggregates[i].label, (int)row);
            CU_ASSERT(right);
        }
    }
    CU_ASSERT_EQUAL(n_all, FRAME_ROWS);
    forget(&answer);
}

static int compare_keys(struct rask_cell a, struct rask_cell b)
{
    if (a.is_missing || b.is_missing)
        return a.is_missing - b.is_missing;
    if (a.type == RASK_TYPE_TEXT)
        return compare_texts(a.value.text, b.value.text);
    if (a.type == RASK_TYPE_FLOAT64)
        return isnan(b.value.real) || a.value.real < b.value.real ? -1
                                                                  : a.value.real > b.value.real;
    return (a.value.number > b.value.number) - (a.value.number < b.value.number);
}

static int is_row_after(const struct answer *answer, uint64_t row)
{
    int order = 0;
    for (uint32_t c = 0; c < answer->plan.n_keys && order == 0; c++)
        order = compare_keys(rask_result_cell(answer->result, row - 1, c),
                             rask_result_cell(answer->result, row, c));
    return order < 0;
}

static void rows_ascend_by_their_keys_missing_last(void)
{
    static const char *const keys[] = {"s", "i", "f", "b", "d", "t", "b s", "d b s"};
    struct rask_result_options options = {0};
    frame_fill(&frame, 22);
    frame.doubles[5] = NAN;
    frame.doubles[6] = INFINITY;
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        struct answer answer;
        ask(&answer, keys[k], "count", NULL, &options);
        uint64_t n_wrong = 0;
        for (uint64_t row = 1; row < rask_result_n_rows(answer.result); row++)
            n_wrong += !is_row_after(&answer, row);
        CU_ASSERT_EQUAL(n_wrong, 0);
        forget(&answer);
    }
}

static int is_same_cell(struct rask_cell a, struct rask_cell b)
{
    if (a.is_missing || b.is_missing)
        return a.is_missing == b.is_missing;
    return a.type == RASK_TYPE_TEXT ? compare_texts(a.value.text, b.value.text) == 0
                                    : a.value.number == b.value.number;
}

static void a_limit_gives_the_first_rows_of_the_whole_order(void)
{
    static const char *const columns[] = {"count:desc", "sum:i",  "sum_f:desc", "mean:f",
                                          "min:s:desc", "s:desc", "b"};
    static const char *const fns = "count sum:i sum:f mean:f min:s";
    frame_fill(&frame, 23);
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) {
        struct answer all, some;
        struct rask_sort_key sorts[2];
        struct rask_groupby plan;
        struct rask_error error;
        frame_plan(&plan, "s b d", fns, NULL);
        CU_ASSERT_EQUAL_FATAL(rask_sort_parse(&plan, columns[k], &sorts[0], &error), RASK_OK);
        CU_ASSERT_EQUAL_FATAL(rask_sort_parse(&plan, "count:asc", &sorts[1], &error), RASK_OK);
        rask_groupby_release(&plan);
        struct rask_result_options options = {sorts, 1 + (uint32_t)(k % 2), 0, 0};
        ask(&all, "s b d", fns, NULL, &options);
        options.limit = 17;
        ask(&some, "s b d", fns, NULL, &options);
        CU_ASSERT_EQUAL(rask_result_n_rows(some.result), 17);
        for (uint32_t i = 0; i < 17 * 4; i++)
            CU_ASSERT(is_same_cell(rask_result_cell(all.result, i / 4, i % 4),
                                   rask_result_cell(some.result, i / 4, i % 4)));
        forget(&all);
        forget(&some);
    }
}

static void a_sort_is_descending_with_missing_last(void)
{
    struct answer answer;
    struct rask_sort_key sort = {2, 1};
    struct rask_result_options options = {&sort, 1, 0, 0};
    frame_fill(&frame, 24);
    ask(&answer, "i", "count mean:f", NULL, &options);
    uint64_t n = rask_result_n_rows(answer.result), n_wrong = 0, n_missing = 0;
    for (uint64_t row = 1; row < n; row++) {
        struct rask_cell a = rask_result_cell(answer.result, row - 1, 2);
        struct rask_cell b = rask_result_cell(answer.result, row, 2);
        n_missing += b.is_missing;
        n_wrong += (a.is_missing && !b.is_missing) ||
                   (!a.is_missing && !b.is_missing && a.value.real < b.value.real);
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
    CU_ASSERT(n_missing > 0);
    forget(&answer);
}

static void no_keys_give_one_row_also_of_nothing(void)
{
    struct answer answer;
    struct rask_result_options options = {0};
    frame_fill(&frame, 25);
    ask(&answer, "", "count sum:i sum:f mean:f min:s var:i nunique:s", "i > 100000", &options);
    CU_ASSERT_EQUAL_FATAL(rask_result_n_rows(answer.result), 1);
    for (uint32_t c = 0; c < 7; c++) {
        struct rask_cell cell = rask_result_cell(answer.result, 0, c);
        CU_ASSERT_EQUAL(cell.is_missing, c >= 3 && c <= 5);
        if (!cell.is_missing)
            CU_ASSERT_EQUAL(cell.value.number, 0);
    }
    forget(&answer);
}

static void what_is_refused(void)
{
    struct answer answer;
    struct rask_sort_key sort;
    struct rask_groupby other;
    struct rask_result *result = NULL;
    struct rask_error error;
    struct rask_result_options options = {0};
    frame_fill(&frame, 26);
    ask(&answer, "s", "count", NULL, &options);
    CU_ASSERT_EQUAL(rask_sort_parse(&answer.plan, "cuont:desc", &sort, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "s, count"));
    CU_ASSERT_EQUAL(rask_sort_parse(&answer.plan, "count:down", &sort, &error), RASK_ERR_ARGUMENT);
    sort.column = 2;
    options.sorts = &sort;
    options.n_sorts = 1;
    CU_ASSERT_EQUAL(rask_result_new(&answer.plan, &answer.flat, &options, &result, &error),
                    RASK_ERR_ARGUMENT);
    frame_plan(&other, "b", "count", NULL);
    options.n_sorts = 0;
    CU_ASSERT_EQUAL(rask_result_new(&other, &answer.flat, &options, &result, &error),
                    RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NULL(result);
    rask_groupby_release(&other);
    forget(&answer);
}

RASK_UNIT_MAIN("result", {"every aggregate is right", every_aggregate_is_right},
               {"rows ascend by their keys, missing last", rows_ascend_by_their_keys_missing_last},
               {"a limit gives the first rows", a_limit_gives_the_first_rows_of_the_whole_order},
               {"descending with missing last", a_sort_is_descending_with_missing_last},
               {"no keys give one row", no_keys_give_one_row_also_of_nothing},
               {"what is refused", what_is_refused})
