/* SPDX-License-Identifier: BSD-3-Clause */
/* groupby.c: the plan of a group-by: building it, its names, its flat form.
 *
 * Flat form: header | n_columns x {type, bytes of name} | n_keys x column | n_aggregates x {fn,
 * column} | names one after the other | condition, all filled up to a multiple of 8. Labels follow
 * from the rest. */
#include "kern/groupby.h"

#include "base/alloc.h"
#include "base/error.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define FLAT_MAGIC UINT64_C(0x4e414c504b534152) /* "RASKPLAN" in little-endian order */
#define FLAT_VERSION 1
#define LABEL_EXTRA_BYTES 13 /* "_" and "_4294967295" */

struct flat_header {
    uint64_t magic;
    uint32_t version;
    uint32_t n_columns, n_keys, n_aggregates;
    uint32_t names_bytes; /* of all names */
    uint32_t where_bytes; /* of the condition, 0 = none */
};

struct flat_pair {
    uint32_t a, b;
};

static const char *const aggregate_names[RASK_N_AGGREGATES] = {
#define AGGREGATE_NAME(name, number, text) [number] = (text),
    RASK_AGGREGATE_LIST(AGGREGATE_NAME)
#undef AGGREGATE_NAME
};

void rask_groupby_init(struct rask_groupby *plan)
{
    *plan = (struct rask_groupby){0};
}

void rask_groupby_release(struct rask_groupby *plan)
{
    for (uint32_t i = 0; i < plan->n_columns; i++)
        rask_free(plan->columns[i].name);
    for (uint32_t i = 0; i < plan->n_aggregates; i++)
        rask_free(plan->aggregates[i].label);
    rask_free(plan->columns);
    rask_free(plan->keys);
    rask_free(plan->aggregates);
    rask_free(plan->where);
    rask_groupby_init(plan);
}

/* The index of a column by its name, or UINT32_MAX. */
static uint32_t find_column(const struct rask_groupby *plan, const char *name)
{
    for (uint32_t i = 0; i < plan->n_columns; i++)
        if (strcmp(plan->columns[i].name, name) == 0)
            return i;
    return UINT32_MAX;
}

/* Room for one item more at the end of an array of n; 0, or the error. */
static rask_status grow(void *array_of_items, uint32_t n, size_t item_bytes, const char *what,
                        struct rask_error *error)
{
    void *items, *grown;
    memcpy(&items, array_of_items, sizeof items);
    if (n >= RASK_GROUPBY_MAX_COLUMNS)
        return rask_error_set(error, RASK_ERR_LIMIT, "more than %d %s", RASK_GROUPBY_MAX_COLUMNS,
                              what);
    /* Powers of two: whenever n is one, the room is used up. */
    if ((n & (n - 1)) != 0)
        return RASK_OK;
    grown = rask_realloc(items, (n == 0 ? 1 : (size_t)n * 2) * item_bytes);
    if (grown == NULL)
        return rask_error_memory(error, (uint64_t)n * 2 * item_bytes, what);
    memcpy(array_of_items, &grown, sizeof grown);
    return RASK_OK;
}

rask_status rask_groupby_add_column(struct rask_groupby *plan, const char *name, rask_type type,
                                    struct rask_error *error)
{
    uint32_t there = find_column(plan, name);
    if (there != UINT32_MAX && plan->columns[there].type == (uint32_t)type)
        return RASK_OK;
    if (there != UINT32_MAX)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "column '%.60s' cannot be both %s and %s",
                              name, rask_type_name(plan->columns[there].type),
                              rask_type_name(type));
    rask_status status =
        grow(&plan->columns, plan->n_columns, sizeof *plan->columns, "columns", error);
    if (status != RASK_OK)
        return status;
    char *copy = rask_strdup(name);
    if (copy == NULL)
        return rask_error_memory(error, strlen(name) + 1, "a column's name");
    plan->columns[plan->n_columns++] = (struct rask_groupby_column){copy, type};
    return RASK_OK;
}

static rask_status unknown_column(const char *name, struct rask_error *error)
{
    return rask_error_set(error, RASK_ERR_ARGUMENT, "there is no column '%.60s'", name);
}

static rask_status add_key(struct rask_groupby *plan, uint32_t column, struct rask_error *error)
{
    for (uint32_t i = 0; i < plan->n_keys; i++)
        if (plan->keys[i] == column)
            return rask_error_set(error, RASK_ERR_ARGUMENT,
                                  "column '%.60s' is given twice to group by",
                                  plan->columns[column].name);
    assert(plan->n_aggregates == 0);
    rask_status status = grow(&plan->keys, plan->n_keys, sizeof *plan->keys, "keys", error);
    if (status == RASK_OK)
        plan->keys[plan->n_keys++] = column;
    return status;
}

rask_status rask_groupby_add_key(struct rask_groupby *plan, const char *name,
                                 struct rask_error *error)
{
    uint32_t column = find_column(plan, name);
    return column == UINT32_MAX ? unknown_column(name, error) : add_key(plan, column, error);
}

rask_status rask_aggregate_parse(const char *text, rask_aggregate_fn *fn, const char **column,
                                 struct rask_error *error)
{
    size_t n = strcspn(text, ":");
    for (uint32_t i = 0; i < RASK_N_AGGREGATES; i++) {
        if (strlen(aggregate_names[i]) != n || strncmp(aggregate_names[i], text, n) != 0)
            continue;
        if ((text[n] == '\0' || text[n + 1] == '\0') && i != RASK_AGGREGATE_COUNT)
            return rask_error_set(error, RASK_ERR_ARGUMENT,
                                  "aggregate '%.60s' needs a column: %s:COLUMN", text,
                                  aggregate_names[i]);
        *fn = (rask_aggregate_fn)i;
        *column = text[n] == '\0' || text[n + 1] == '\0' ? NULL : text + n + 1;
        return RASK_OK;
    }
    return rask_error_set(
        error, RASK_ERR_ARGUMENT,
        "unknown aggregate '%.*s'; there are count, sum, mean, min, max, var, std, first, "
        "last and nunique",
        (int)(n > 100 ? 100 : n), text);
}

static int is_key_name(const struct rask_groupby *plan, const char *name)
{
    for (uint32_t i = 0; i < plan->n_keys; i++)
        if (strcmp(plan->columns[plan->keys[i]].name, name) == 0)
            return 1;
    return 0;
}

/* "count" or "sum_price", with a number behind it where a key has that name; with the number it is
 * neither a key's name nor what an aggregate of another column is called. */
static char *make_label(const struct rask_groupby *plan, uint32_t fn, uint32_t column)
{
    const char *name = column == RASK_GROUPBY_ALL_ROWS ? "" : plan->columns[column].name;
    size_t n_fn = strlen(aggregate_names[fn]), n_bytes = n_fn + strlen(name) + LABEL_EXTRA_BYTES;
    char *label = rask_alloc(n_bytes);
    if (label == NULL)
        return NULL;
    snprintf(label, n_bytes, "%s%s%s", aggregate_names[fn],
             column == RASK_GROUPBY_ALL_ROWS ? "" : "_", name);
    size_t length = strlen(label);
    unsigned copy = 2;
    for (int is_taken = is_key_name(plan, label); is_taken; copy++) {
        snprintf(label + length, n_bytes - length, "_%u", copy);
        is_taken = is_key_name(plan, label) || find_column(plan, label + n_fn + 1) != UINT32_MAX;
    }
    return label;
}

static rask_status add_aggregate(struct rask_groupby *plan, uint32_t fn, uint32_t column,
                                 struct rask_error *error)
{
    uint32_t type = column == RASK_GROUPBY_ALL_ROWS ? 0 : plan->columns[column].type;
    char shown[RASK_SHOWN_BYTES];
    int needs_number = fn == RASK_AGGREGATE_SUM || fn == RASK_AGGREGATE_MEAN ||
                       fn == RASK_AGGREGATE_VAR || fn == RASK_AGGREGATE_STD;
    if (needs_number && !rask_type_is_number(type))
        return rask_error_set(error, RASK_ERR_TYPE, "%s of column '%s' is not possible: it is %s",
                              aggregate_names[fn],
                              rask_text_show(shown, plan->columns[column].name),
                              rask_type_name(type));
    for (uint32_t i = 0; i < plan->n_aggregates; i++)
        if (plan->aggregates[i].fn == fn && plan->aggregates[i].column == column)
            return rask_error_set(error, RASK_ERR_ARGUMENT, "aggregate '%.60s' is asked for twice",
                                  plan->aggregates[i].label);
    rask_status status =
        grow(&plan->aggregates, plan->n_aggregates, sizeof *plan->aggregates, "aggregates", error);
    if (status != RASK_OK)
        return status;
    char *label = make_label(plan, fn, column);
    if (label == NULL)
        return rask_error_memory(error, RASK_NAME_BYTES, "an aggregate's name");
    plan->aggregates[plan->n_aggregates++] = (struct rask_groupby_aggregate){fn, column, label};
    return RASK_OK;
}

rask_status rask_groupby_add_aggregate(struct rask_groupby *plan, const char *text,
                                       struct rask_error *error)
{
    rask_aggregate_fn fn;
    const char *name;
    rask_status status = rask_aggregate_parse(text, &fn, &name, error);
    if (status != RASK_OK)
        return status;
    uint32_t column = name == NULL ? RASK_GROUPBY_ALL_ROWS : find_column(plan, name);
    if (name != NULL && column == UINT32_MAX)
        return unknown_column(name, error);
    return add_aggregate(plan, fn, column, error);
}

rask_status rask_groupby_set_where(struct rask_groupby *plan, const char *text,
                                   struct rask_error *error)
{
    char *copy = NULL;
    if (text != NULL && *text != '\0') {
        copy = rask_strdup(text);
        if (copy == NULL)
            return rask_error_memory(error, strlen(text) + 1, "a condition");
    }
    rask_free(plan->where);
    plan->where = copy;
    return RASK_OK;
}

uint32_t rask_groupby_n_results(const struct rask_groupby *plan)
{
    return plan->n_keys + plan->n_aggregates;
}

const char *rask_groupby_result_name(const struct rask_groupby *plan, uint32_t result)
{
    return result < plan->n_keys ? plan->columns[plan->keys[result]].name
                                 : plan->aggregates[result - plan->n_keys].label;
}

/* Whether `name` is the aggregate as it was asked for: "sum:price". */
static int is_asked_as(const struct rask_groupby *plan,
                       const struct rask_groupby_aggregate *aggregate, const char *name)
{
    const char *fn = aggregate_names[aggregate->fn];
    size_t n = strlen(fn);
    return aggregate->column != RASK_GROUPBY_ALL_ROWS && strncmp(name, fn, n) == 0 &&
           name[n] == ':' && strcmp(name + n + 1, plan->columns[aggregate->column].name) == 0;
}

uint32_t rask_groupby_find_result(const struct rask_groupby *plan, const char *name)
{
    for (uint32_t i = 0; i < rask_groupby_n_results(plan); i++)
        if (strcmp(rask_groupby_result_name(plan, i), name) == 0)
            return i;
    for (uint32_t i = 0; i < plan->n_aggregates; i++)
        if (is_asked_as(plan, &plan->aggregates[i], name))
            return plan->n_keys + i;
    return UINT32_MAX;
}

static size_t names_bytes(const struct rask_groupby *plan)
{
    size_t n = 0;
    for (uint32_t i = 0; i < plan->n_columns; i++)
        n += strlen(plan->columns[i].name);
    return n;
}

size_t rask_groupby_flat_bytes(const struct rask_groupby *plan)
{
    size_t n = sizeof(struct flat_header) +
               ((size_t)plan->n_columns + plan->n_aggregates) * sizeof(struct flat_pair) +
               (size_t)plan->n_keys * sizeof(uint32_t) + names_bytes(plan) +
               (plan->where == NULL ? 0 : strlen(plan->where));
    return (n + 7) & ~(size_t)7;
}

static void put(uint8_t **at, const void *data, size_t n)
{
    if (n > 0)
        memcpy(*at, data, n);
    *at += n;
}

void rask_groupby_flat_write(const struct rask_groupby *plan, void *bytes)
{
    size_t where_bytes = plan->where == NULL ? 0 : strlen(plan->where);
    struct flat_header header = {FLAT_MAGIC,           FLAT_VERSION,
                                 plan->n_columns,      plan->n_keys,
                                 plan->n_aggregates,   (uint32_t)names_bytes(plan),
                                 (uint32_t)where_bytes};
    uint8_t *at = bytes;
    memset(bytes, 0, rask_groupby_flat_bytes(plan));
    put(&at, &header, sizeof header);
    for (uint32_t i = 0; i < plan->n_columns; i++) {
        struct flat_pair pair = {plan->columns[i].type, (uint32_t)strlen(plan->columns[i].name)};
        put(&at, &pair, sizeof pair);
    }
    put(&at, plan->keys, plan->n_keys * sizeof *plan->keys);
    for (uint32_t i = 0; i < plan->n_aggregates; i++) {
        struct flat_pair pair = {plan->aggregates[i].fn, plan->aggregates[i].column};
        put(&at, &pair, sizeof pair);
    }
    for (uint32_t i = 0; i < plan->n_columns; i++)
        put(&at, plan->columns[i].name, strlen(plan->columns[i].name));
    put(&at, plan->where, where_bytes);
}

static rask_status malformed(struct rask_error *error)
{
    return rask_error_set(error, RASK_ERR_FORMAT, "malformed plan of a group-by");
}

/* A terminated copy of n bytes without zeros among them; NULL and an error otherwise. */
static char *copy_text(const uint8_t *from, size_t n, rask_status *status, struct rask_error *error)
{
    if (memchr(from, 0, n) != NULL) {
        *status = malformed(error);
        return NULL;
    }
    char *text = rask_alloc(n + 1);
    if (text == NULL) {
        *status = rask_error_memory(error, n + 1, "a name");
        return NULL;
    }
    memcpy(text, from, n);
    text[n] = '\0';
    return text;
}

/* Reads what the header announces; all of it is known to be there. */
static rask_status read_columns(const struct flat_header *header, const uint8_t *pairs,
                                const uint8_t *names, struct rask_groupby *plan,
                                struct rask_error *error)
{
    uint64_t left = header->names_bytes;
    rask_status status = RASK_OK;
    for (uint32_t i = 0; i < header->n_columns && status == RASK_OK; i++) {
        struct flat_pair pair;
        memcpy(&pair, pairs + i * sizeof pair, sizeof pair);
        if (pair.a >= RASK_N_TYPES || pair.b > left)
            return malformed(error);
        char *name = copy_text(names, pair.b, &status, error);
        if (name == NULL)
            return status;
        if (find_column(plan, name) != UINT32_MAX)
            status = malformed(error);
        else
            status = rask_groupby_add_column(plan, name, (rask_type)pair.a, error);
        rask_free(name);
        names += pair.b;
        left -= pair.b;
    }
    return status != RASK_OK || left == 0 ? status : malformed(error);
}

static rask_status read_keys(const struct flat_header *header, const uint8_t *keys,
                             const uint8_t *aggregates, struct rask_groupby *plan,
                             struct rask_error *error)
{
    rask_status status = RASK_OK;
    for (uint32_t i = 0; i < header->n_keys && status == RASK_OK; i++) {
        uint32_t column;
        memcpy(&column, keys + i * sizeof column, sizeof column);
        status = column >= plan->n_columns ? malformed(error) : add_key(plan, column, error);
    }
    for (uint32_t i = 0; i < header->n_aggregates && status == RASK_OK; i++) {
        struct flat_pair pair;
        memcpy(&pair, aggregates + i * sizeof pair, sizeof pair);
        int is_plain = pair.a == RASK_AGGREGATE_COUNT && pair.b == RASK_GROUPBY_ALL_ROWS;
        if (pair.a >= RASK_N_AGGREGATES || (pair.b >= plan->n_columns && !is_plain))
            return malformed(error);
        status = add_aggregate(plan, pair.a, pair.b, error);
    }
    return status;
}

rask_status rask_groupby_flat_read(const void *bytes, size_t n_bytes, struct rask_groupby *plan,
                                   struct rask_error *error)
{
    struct flat_header header;
    if (n_bytes < sizeof header)
        return malformed(error);
    memcpy(&header, bytes, sizeof header);
    if (header.magic != FLAT_MAGIC)
        return malformed(error);
    if (header.version != FLAT_VERSION)
        return rask_error_set(error, RASK_ERR_VERSION, "plan of version %u, this program reads %d",
                              header.version, FLAT_VERSION);
    if (header.n_columns > RASK_GROUPBY_MAX_COLUMNS || header.n_keys > RASK_GROUPBY_MAX_COLUMNS ||
        header.n_aggregates > RASK_GROUPBY_MAX_COLUMNS)
        return malformed(error);
    const uint8_t *pairs = (const uint8_t *)bytes + sizeof header;
    const uint8_t *keys = pairs + header.n_columns * sizeof(struct flat_pair);
    const uint8_t *aggregates = keys + header.n_keys * sizeof(uint32_t);
    const uint8_t *names = aggregates + header.n_aggregates * sizeof(struct flat_pair);
    size_t before = sizeof header +
                    ((size_t)header.n_columns + header.n_aggregates) * sizeof(struct flat_pair) +
                    header.n_keys * sizeof(uint32_t);
    uint64_t used = before + (uint64_t)header.names_bytes + header.where_bytes;
    if (((used + 7) & ~UINT64_C(7)) != n_bytes)
        return malformed(error);
    struct rask_groupby made = {0};
    rask_status status = read_columns(&header, pairs, names, &made, error);
    if (status == RASK_OK)
        status = read_keys(&header, keys, aggregates, &made, error);
    if (status == RASK_OK && header.where_bytes > 0)
        made.where = copy_text(names + header.names_bytes, header.where_bytes, &status, error);
    if (status != RASK_OK)
        rask_groupby_release(&made);
    else
        *plan = made;
    return status;
}
