/* SPDX-License-Identifier: BSD-3-Clause */
/* result.c: from the flat table to rows of cells in order.
 *
 * Each group becomes an item (rank of its first sort column, number of the group); items are sorted
 * by rank, and where ranks are equal by the sort columns' exact values and then by the keys, which
 * differ. So the order is total, and the k first rows are found with a heap of k items. */
#include "kern/result.h"

#include "base/alloc.h"
#include "base/error.h"
#include "kern/bytes.h"
#include "kern/key.h"
#include "kern/sort.h"
#include "kern/state.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Where an aggregate finds its components in a record; 0 where it has none. */
struct source {
    uint32_t fn, type;
    uint32_t value, squares, count; /* offsets */
};

struct rask_result {
    const struct rask_groupby *plan;
    const struct rask_flat *flat;
    struct source *sources; /* [n_aggregates] */
    struct rask_key_part *parts; /* [2 * n_keys]: scratch for decoding two keys */
    struct rask_sort_key *sorts;
    struct rask_sort_item *rows; /* [n_rows] */
    uint64_t n_rows;
    uint32_t n_sorts;
};

static const uint8_t *record_at(const struct rask_result *result, uint64_t group)
{
    return result->flat->records + group * result->flat->layout.stride;
}

static void decode_key(const struct rask_result *result, uint64_t group,
                       struct rask_key_part *parts)
{
    const struct rask_record *record = (const struct rask_record *)record_at(result, group);
    rask_key_decode(&result->flat->layout, result->flat->heap + record->key, record->key_bytes,
                    parts);
}

/* cells */

static struct rask_cell missing_cell(uint32_t type)
{
    return (struct rask_cell){.type = (uint8_t)type, .is_missing = 1};
}

static struct rask_cell int_cell(uint32_t type, int64_t number)
{
    return (struct rask_cell){.type = (uint8_t)type, .value.number = number};
}

static struct rask_cell real_cell(double real)
{
    return (struct rask_cell){.type = RASK_TYPE_FLOAT64, .value.real = real};
}

static struct rask_cell rank_cell(uint32_t type, uint64_t rank)
{
    if (type == RASK_TYPE_FLOAT64)
        return real_cell(rask_double_of_rank(rank));
    return int_cell(type, (int64_t)(rank ^ UINT64_C(1) << 63));
}

static struct rask_cell key_cell(const struct rask_key_part *part)
{
    if (part->is_missing)
        return missing_cell(part->type);
    if (part->type == RASK_TYPE_TEXT)
        return (struct rask_cell){.type = RASK_TYPE_TEXT, .value.text = part->text};
    return rank_cell(part->type, part->rank);
}

static struct rask_cell text_cell(const struct rask_result *result,
                                  const struct rask_text_slot *slot)
{
    if (slot->capacity == 0)
        return missing_cell(RASK_TYPE_TEXT);
    struct rask_slice text = {(const char *)result->flat->heap + slot->data, slot->length};
    return (struct rask_cell){.type = RASK_TYPE_TEXT, .value.text = text};
}

static const void *wide_of(const struct rask_result *result, const struct rask_sum *window)
{
    return window->flags & RASK_EXACT_IS_WIDE ? result->flat->heap + window->limb[0] : NULL;
}

static struct rask_cell sum_cell(const struct rask_result *result, const struct source *source,
                                 const uint8_t *record)
{
    if (source->type == RASK_TYPE_FLOAT64) {
        const struct rask_sum *sum = (const struct rask_sum *)(record + source->value);
        return real_cell(rask_sum_value(sum, wide_of(result, sum)));
    }
    const struct rask_int_sum_slot *sum =
        (const struct rask_int_sum_slot *)(record + source->value);
    struct rask_cell cell = {.type = RASK_CELL_WIDE};
    cell.value.wide.low = sum->limb[0];
    cell.value.wide.high = (int64_t)sum->limb[1];
    return cell;
}

static double variance_of(const struct rask_result *result, const struct source *source,
                          const uint8_t *record, uint64_t n)
{
    if (source->type != RASK_TYPE_FLOAT64) {
        const struct rask_int_sum_slot *sum =
            (const struct rask_int_sum_slot *)(record + source->value);
        const struct rask_int_squares_slot *squares =
            (const struct rask_int_squares_slot *)(record + source->squares);
        return rask_int_variance(sum->limb, squares->limb, n);
    }
    const struct rask_sum *sum = (const struct rask_sum *)(record + source->value);
    const struct rask_squares *squares = (const struct rask_squares *)(record + source->squares);
    const void *wide =
        squares->flags & RASK_EXACT_IS_WIDE ? result->flat->heap + squares->limb[0] : NULL;
    return rask_exact_variance(sum, wide_of(result, sum), squares, wide, n);
}

/* mean, var, std: a float64, missing with too few values. */
static struct rask_cell moment_cell(const struct rask_result *result, const struct source *source,
                                    const uint8_t *record)
{
    uint64_t n = ((const struct rask_count_slot *)(record + source->count))->n;
    if (n < (source->fn == RASK_AGGREGATE_MEAN ? 1u : 2u))
        return missing_cell(RASK_TYPE_FLOAT64);
    if (source->fn != RASK_AGGREGATE_MEAN) {
        double variance = variance_of(result, source, record, n);
        return real_cell(source->fn == RASK_AGGREGATE_STD ? sqrt(variance) : variance);
    }
    if (source->type != RASK_TYPE_FLOAT64)
        return real_cell(rask_int_sum_mean(
            ((const struct rask_int_sum_slot *)(record + source->value))->limb, n));
    const struct rask_sum *sum = (const struct rask_sum *)(record + source->value);
    return real_cell(rask_sum_mean(sum, wide_of(result, sum), n));
}

static struct rask_cell extreme_cell(const struct rask_result *result, const struct source *source,
                                     const uint8_t *record)
{
    if (source->type == RASK_TYPE_TEXT)
        return text_cell(result, (const struct rask_text_slot *)(record + source->value));
    const struct rask_extreme_slot *slot =
        (const struct rask_extreme_slot *)(record + source->value);
    int is_nan = source->fn == RASK_AGGREGATE_MAX && slot->rank == 0;
    if (!slot->is_seen)
        return missing_cell(source->type);
    return source->type == RASK_TYPE_FLOAT64 && is_nan ? real_cell(NAN)
                                                       : rank_cell(source->type, slot->rank);
}

static struct rask_cell place_cell(const struct rask_result *result, const struct source *source,
                                   const uint8_t *record)
{
    if (source->type == RASK_TYPE_TEXT)
        return text_cell(result,
                         &((const struct rask_place_text_slot *)(record + source->value))->text);
    const struct rask_place_slot *slot = (const struct rask_place_slot *)(record + source->value);
    return slot->position.file == UINT64_MAX ? missing_cell(source->type)
                                             : rank_cell(source->type, slot->rank);
}

static struct rask_cell aggregate_cell(const struct rask_result *result, uint64_t group, uint32_t i)
{
    const struct source *source = &result->sources[i];
    const uint8_t *record = record_at(result, group);
    switch ((rask_aggregate_fn)source->fn) {
    case RASK_AGGREGATE_COUNT:
    case RASK_AGGREGATE_NUNIQUE:
        return int_cell(RASK_TYPE_INT64, (int64_t)rask_load8(record + source->value));
    case RASK_AGGREGATE_SUM:
        return sum_cell(result, source, record);
    case RASK_AGGREGATE_MEAN:
    case RASK_AGGREGATE_VAR:
    case RASK_AGGREGATE_STD:
        return moment_cell(result, source, record);
    case RASK_AGGREGATE_MIN:
    case RASK_AGGREGATE_MAX:
        return extreme_cell(result, source, record);
    case RASK_AGGREGATE_FIRST:
    case RASK_AGGREGATE_LAST:
        return place_cell(result, source, record);
    }
    return missing_cell(source->type);
}

static struct rask_cell group_cell(const struct rask_result *result, uint64_t group,
                                   uint32_t column)
{
    uint32_t n_keys = result->plan->n_keys;
    if (column >= n_keys)
        return aggregate_cell(result, group, column - n_keys);
    decode_key(result, group, result->parts);
    return key_cell(&result->parts[column]);
}

/* order */

static int64_t clamped(const struct rask_cell *cell)
{
    if (cell->value.wide.high == (int64_t)cell->value.wide.low >> 63)
        return (int64_t)cell->value.wide.low;
    return cell->value.wide.high < 0 ? INT64_MIN : INT64_MAX;
}

/* A number that orders as the cells do, as far as 64 bits go. Missing cells are last either way. */
static uint64_t rank_of(const struct rask_cell *cell, int is_descending)
{
    uint64_t rank;
    if (cell->is_missing)
        return UINT64_MAX;
    if (cell->type == RASK_TYPE_TEXT)
        rank = rask_bytes_rank(cell->value.text.data, cell->value.text.length);
    else if (cell->type == RASK_TYPE_FLOAT64)
        rank = rask_double_rank(cell->value.real);
    else if (cell->type == RASK_CELL_WIDE)
        rank = rask_int_rank(clamped(cell));
    else
        rank = rask_int_rank(cell->value.number);
    return is_descending ? ~rank : rank;
}

static int compare_cells(const struct rask_cell *a, const struct rask_cell *b, int is_descending)
{
    int order;
    if (a->is_missing || b->is_missing)
        return a->is_missing - b->is_missing;
    if (a->type == RASK_TYPE_TEXT) {
        order = rask_bytes_compare(a->value.text.data, a->value.text.length, b->value.text.data,
                                   b->value.text.length);
    } else if (a->type == RASK_CELL_WIDE && a->value.wide.high != b->value.wide.high) {
        order = a->value.wide.high < b->value.wide.high ? -1 : 1;
    } else if (a->type == RASK_CELL_WIDE) {
        order = (a->value.wide.low > b->value.wide.low) - (a->value.wide.low < b->value.wide.low);
    } else {
        uint64_t x = rank_of(a, 0), y = rank_of(b, 0);
        order = (x > y) - (x < y);
    }
    return is_descending ? -order : order;
}

static int compare_groups(const void *context, uint64_t a, uint64_t b)
{
    const struct rask_result *result = context;
    uint32_t n_keys = result->plan->n_keys;
    for (uint32_t i = 0; i < result->n_sorts; i++) {
        struct rask_cell x = group_cell(result, a, result->sorts[i].column);
        struct rask_cell y = group_cell(result, b, result->sorts[i].column);
        int order = compare_cells(&x, &y, result->sorts[i].is_descending);
        if (order != 0)
            return order;
    }
    struct rask_key_part *x = result->parts, *y = result->parts + n_keys;
    decode_key(result, a, x);
    decode_key(result, b, y);
    for (uint32_t i = 0; i < n_keys; i++) {
        int order = rask_key_part_compare(&x[i], &y[i]);
        if (order != 0)
            return order;
    }
    return 0;
}

static int is_after(const struct rask_result *result, const struct rask_sort_item *a,
                    const struct rask_sort_item *b)
{
    return a->rank != b->rank ? a->rank > b->rank : compare_groups(result, a->ref, b->ref) > 0;
}

/* Lets the item at the top of a heap, largest first, sink to its place. */
static void sink(const struct rask_result *result, struct rask_sort_item *heap, uint64_t n,
                 uint64_t at)
{
    struct rask_sort_item item = heap[at];
    for (uint64_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && is_after(result, &heap[child + 1], &heap[child]))
            child++;
        if (!is_after(result, &heap[child], &item))
            break;
        heap[at] = heap[child];
    }
    heap[at] = item;
}

/* Brings the k smallest of n items to the front, in any order. */
static void select_first(const struct rask_result *result, struct rask_sort_item *items, uint64_t n,
                         uint64_t k)
{
    for (uint64_t i = k / 2; i-- > 0;)
        sink(result, items, k, i);
    for (uint64_t i = k; i < n; i++)
        if (is_after(result, &items[0], &items[i])) {
            items[0] = items[i];
            sink(result, items, k, 0);
        }
}

static rask_status order_rows(struct rask_result *result, const struct rask_result_options *options,
                              struct rask_error *error)
{
    uint64_t n = result->flat->n_groups;
    struct rask_sort_item *items = rask_alloc(n * sizeof *items);
    uint64_t k = options->limit == 0 || options->limit > n ? n : options->limit;
    k = options->is_empty ? 0 : k;
    struct rask_sort_item *scratch = rask_alloc(k * sizeof *scratch);
    if (items == NULL || scratch == NULL) {
        rask_free(items);
        rask_free(scratch);
        return rask_error_memory(error, n * sizeof *items, "the order of the rows");
    }
    int has_rank = result->n_sorts > 0 || result->plan->n_keys > 0;
    uint32_t column = result->n_sorts > 0 ? result->sorts[0].column : 0;
    int is_descending = result->n_sorts > 0 && result->sorts[0].is_descending;
    for (uint64_t g = 0; g < n; g++) {
        struct rask_cell cell = {.is_missing = 1};
        if (has_rank)
            cell = group_cell(result, g, column);
        items[g] = (struct rask_sort_item){rank_of(&cell, is_descending), g};
    }
    if (k > 0 && k < n)
        select_first(result, items, n, k);
    rask_sort(items, k, scratch, compare_groups, result);
    rask_free(scratch);
    result->rows = items;
    result->n_rows = k;
    return RASK_OK;
}

/* making */

static uint32_t offset_of(const struct rask_layout *layout, rask_slot_kind kind, uint32_t column)
{
    const struct rask_slot *slot = rask_layout_find(layout, kind, column);
    return slot == NULL ? 0 : slot->offset;
}

static void find_source(const struct rask_result *result, uint32_t i)
{
    static const uint8_t kinds[RASK_N_AGGREGATES] = {
        RASK_SLOT_COUNT, RASK_SLOT_SUM, RASK_SLOT_SUM,   RASK_SLOT_MIN,  RASK_SLOT_MAX,
        RASK_SLOT_SUM,   RASK_SLOT_SUM, RASK_SLOT_FIRST, RASK_SLOT_LAST, RASK_SLOT_DISTINCT};
    const struct rask_groupby_aggregate *aggregate = &result->plan->aggregates[i];
    const struct rask_layout *layout = &result->flat->layout;
    int is_all = aggregate->column == RASK_GROUPBY_ALL_ROWS;
    rask_slot_kind kind = is_all ? RASK_SLOT_ROWS : (rask_slot_kind)kinds[aggregate->fn];
    result->sources[i] = (struct source){
        aggregate->fn, is_all ? RASK_TYPE_INT64 : result->plan->columns[aggregate->column].type,
        offset_of(layout, kind, aggregate->column),
        offset_of(layout, RASK_SLOT_SQUARES, aggregate->column),
        offset_of(layout, RASK_SLOT_COUNT, aggregate->column)};
}

static rask_status check(const struct rask_groupby *plan, const struct rask_flat *flat,
                         const struct rask_result_options *options, struct rask_error *error)
{
    struct rask_layout layout;
    rask_status status = rask_layout_init(&layout, plan, error);
    if (status != RASK_OK)
        return status;
    if (!rask_layout_is_same(&layout, &flat->layout))
        status = rask_error_set(error, RASK_ERR_ARGUMENT, "the group table is not of this plan");
    if (options->n_sorts > RASK_RESULT_MAX_SORTS)
        status = rask_error_set(error, RASK_ERR_ARGUMENT, "more than %d columns to sort by",
                                RASK_RESULT_MAX_SORTS);
    for (uint32_t i = 0; i < options->n_sorts && status == RASK_OK; i++)
        if (options->sorts[i].column >= rask_groupby_n_results(plan))
            status =
                rask_error_set(error, RASK_ERR_ARGUMENT, "there is no result column %u to sort by",
                               options->sorts[i].column);
    rask_layout_release(&layout);
    return status;
}

rask_status rask_result_new(const struct rask_groupby *plan, const struct rask_flat *flat,
                            const struct rask_result_options *options, struct rask_result **result,
                            struct rask_error *error)
{
    rask_status status = check(plan, flat, options, error);
    if (status != RASK_OK)
        return status;
    struct rask_result *made = rask_alloc_zeroed(1, sizeof *made);
    if (made == NULL)
        return rask_error_memory(error, sizeof *made, "a result");
    made->plan = plan;
    made->flat = flat;
    made->sources = rask_alloc(plan->n_aggregates * sizeof *made->sources);
    made->parts = rask_alloc((2 * (size_t)plan->n_keys + 1) * sizeof *made->parts);
    made->sorts = rask_alloc(options->n_sorts * sizeof *made->sorts);
    if (made->sources == NULL || made->parts == NULL || made->sorts == NULL) {
        status = rask_error_memory(error, plan->n_aggregates * sizeof *made->sources, "a result");
    } else {
        for (uint32_t i = 0; i < plan->n_aggregates; i++)
            find_source(made, i);
        made->n_sorts = options->n_sorts;
        if (made->n_sorts > 0)
            memcpy(made->sorts, options->sorts, made->n_sorts * sizeof *made->sorts);
        status = order_rows(made, options, error);
    }
    if (status != RASK_OK)
        rask_result_free(made);
    else
        *result = made;
    return status;
}

void rask_result_free(struct rask_result *result)
{
    if (result == NULL)
        return;
    rask_free(result->sources);
    rask_free(result->parts);
    rask_free(result->sorts);
    rask_free(result->rows);
    rask_free(result);
}

uint64_t rask_result_n_rows(const struct rask_result *result)
{
    return result->n_rows;
}

uint32_t rask_result_n_columns(const struct rask_result *result)
{
    return rask_groupby_n_results(result->plan);
}

const char *rask_result_name(const struct rask_result *result, uint32_t column)
{
    return rask_groupby_result_name(result->plan, column);
}

uint32_t rask_result_type(const struct rask_result *result, uint32_t column)
{
    uint32_t n_keys = result->plan->n_keys;
    if (column < n_keys)
        return result->flat->layout.key_types[column];
    const struct source *source = &result->sources[column - n_keys];
    switch ((rask_aggregate_fn)source->fn) {
    case RASK_AGGREGATE_COUNT:
    case RASK_AGGREGATE_NUNIQUE:
        return RASK_TYPE_INT64;
    case RASK_AGGREGATE_SUM:
        return source->type == RASK_TYPE_FLOAT64 ? RASK_TYPE_FLOAT64 : RASK_CELL_WIDE;
    case RASK_AGGREGATE_MEAN:
    case RASK_AGGREGATE_VAR:
    case RASK_AGGREGATE_STD:
        return RASK_TYPE_FLOAT64;
    default:
        return source->type;
    }
}

struct rask_cell rask_result_cell(const struct rask_result *result, uint64_t row, uint32_t column)
{
    return group_cell(result, result->rows[row].ref, column);
}

/* "a, b, c" of the result columns, as far as it goes. */
static void list_names(const struct rask_groupby *plan, char *text, size_t n_bytes)
{
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < rask_groupby_n_results(plan) && used < n_bytes; i++) {
        int n = snprintf(text + used, n_bytes - used, "%s%s", i == 0 ? "" : ", ",
                         rask_groupby_result_name(plan, i));
        used += n < 0 ? 0 : (size_t)n;
    }
}

rask_status rask_sort_parse(const struct rask_groupby *plan, const char *text,
                            struct rask_sort_key *key, struct rask_error *error)
{
    /* A whole name comes first, so that a column named "a:desc" can be sorted by. */
    uint32_t column = rask_groupby_find_result(plan, text);
    const char *colon = strrchr(text, ':');
    int is_descending = colon != NULL && strcmp(colon, ":desc") == 0;
    if (column != UINT32_MAX) {
        *key = (struct rask_sort_key){column, 0};
        return RASK_OK;
    }
    if (is_descending || (colon != NULL && strcmp(colon, ":asc") == 0)) {
        char *name = rask_strdup(text);
        if (name == NULL)
            return rask_error_memory(error, strlen(text) + 1, "a column's name");
        name[colon - text] = '\0';
        column = rask_groupby_find_result(plan, name);
        rask_free(name);
    }
    if (column == UINT32_MAX) {
        char names[300];
        list_names(plan, names, sizeof names);
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "cannot sort by '%.100s'; the result's columns are %s", text, names);
    }
    *key = (struct rask_sort_key){column, is_descending};
    return RASK_OK;
}
