/* SPDX-License-Identifier: BSD-3-Clause */
/* expr_bind.c: names to columns, types of all nodes, literals to the types they are compared with.
 */
#include "kern/expr_body.h"

#include "base/alloc.h"
#include "kern/bytes.h"
#include "kern/caltime.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct binder {
    struct rask_expr *expr;
    const struct rask_expr_scope *scope;
};

#define MAX_NAME_BYTES 64

static char lower_of(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Insertions, deletions and replacements between two names, case aside (V. Levenshtein 1966). */
static uint32_t distance(const char *a, const char *b)
{
    uint32_t row[MAX_NAME_BYTES + 1], n = (uint32_t)strlen(b);
    for (uint32_t j = 0; j <= n; j++)
        row[j] = j;
    for (uint32_t i = 0; a[i] != '\0'; i++) {
        uint32_t diagonal = row[0];
        row[0] = i + 1;
        for (uint32_t j = 0; j < n; j++) {
            uint32_t replaced = diagonal + (lower_of(a[i]) != lower_of(b[j]));
            uint32_t shorter = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
            diagonal = row[j + 1];
            row[j + 1] = replaced < shorter ? replaced : shorter;
        }
    }
    return row[n];
}

const char *rask_name_nearest(const char *name, const char *const *names, uint32_t n)
{
    size_t length = strlen(name);
    const char *nearest = NULL;
    uint32_t best = (uint32_t)(length < 3 ? 1 : length < 6 ? 2 : 3) + 1;
    for (uint32_t i = 0; i < n && length <= MAX_NAME_BYTES; i++) {
        if (strlen(names[i]) > MAX_NAME_BYTES)
            continue;
        uint32_t d = distance(name, names[i]);
        if (d < best && d < length) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}

static rask_status unknown(const struct binder *b, const struct node *node, const char *name)
{
    const char *nearest = rask_name_nearest(name, b->scope->names, b->scope->n_columns);
    if (nearest != NULL)
        return rask_expr_fail(b->expr, RASK_ERR_ARGUMENT, node->position,
                              "there is no column '%.60s'; did you mean '%.60s'?", name, nearest);
    return rask_expr_fail(b->expr, RASK_ERR_ARGUMENT, node->position, "there is no column '%.60s'",
                          name);
}

static rask_status bind_column(struct binder *b, struct node *node)
{
    const char *name = b->expr->names.items[node->column];
    for (uint32_t i = 0; i < b->scope->n_columns; i++)
        if (strcmp(b->scope->names[i], name) == 0) {
            node->column = i;
            node->type = b->scope->types[i];
            return RASK_OK;
        }
    return unknown(b, node, name);
}

static int is_arithmetic(uint32_t type)
{
    return type == RASK_TYPE_INT64 || type == RASK_TYPE_FLOAT64;
}

static int is_calendar(uint32_t type)
{
    return type == RASK_TYPE_DATE || type == RASK_TYPE_DATETIME;
}

static rask_status mismatch(const struct binder *b, const struct node *node, uint32_t x, uint32_t y)
{
    return rask_expr_fail(b->expr, RASK_ERR_TYPE, node->position,
                          "%s cannot be used with %s and %s", rask_expr_op_name(node->op),
                          rask_type_name(x), rask_type_name(y));
}

static rask_status wrong_type(const struct binder *b, const struct node *node, uint32_t type,
                              const char *wanted)
{
    return rask_expr_fail(b->expr, RASK_ERR_TYPE, node->position, "%s needs %s, not %s",
                          rask_expr_op_name(node->op), wanted, rask_type_name(type));
}

/* Turns a text that stands beside a date into a date or datetime. 0 when it is none. */
static int read_calendar(struct value *value, uint32_t beside)
{
    int64_t number;
    if (value->type != RASK_TYPE_TEXT || !is_calendar(beside))
        return 1;
    const char *text = value->as.text.data;
    size_t n = value->as.text.length;
    if (rask_date_parse(text, n, &number))
        *value = (struct value){.type = RASK_TYPE_DATE, .as.number = number};
    else if (rask_datetime_parse(text, n, &number))
        *value = (struct value){.type = RASK_TYPE_DATETIME, .as.number = number};
    else
        return 0;
    return 1;
}

/* Whether values of the two types have an order between them. */
static int is_comparable(uint32_t x, uint32_t y)
{
    return x == y || (is_arithmetic(x) && is_arithmetic(y)) || (is_calendar(x) && is_calendar(y));
}

static rask_status bind_compared(struct binder *b, struct node *node, struct node *x,
                                 struct node *y)
{
    struct node *pair[2] = {x, y};
    for (int i = 0; i < 2; i++) {
        struct node *one = pair[i], *other = pair[1 - i];
        if (one->op != OP_LITERAL)
            continue;
        if (!read_calendar(&one->value, other->type))
            return rask_expr_fail(
                b->expr, RASK_ERR_TYPE, one->position,
                "this text is no date; write '2020-12-31' or '2020-12-31T23:59:59'");
        one->type = one->value.type;
    }
    return is_comparable(x->type, y->type) ? RASK_OK : mismatch(b, node, x->type, y->type);
}

/* A list's value as the type of what is looked up; 0 when no such value can be equal to it, -1 when
 * the two cannot be compared. */
static int fit_value(struct value *value, uint32_t type)
{
    if (!read_calendar(value, type) || !is_comparable(value->type, type))
        return -1;
    if (value->type == type)
        return type != RASK_TYPE_FLOAT64 || !isnan(value->as.real);
    if (type == RASK_TYPE_FLOAT64) {
        double real = (double)value->as.number;
        int is_exact = real < 0x1p63 && (int64_t)real == value->as.number;
        *value = (struct value){.type = type, .as.real = real};
        return is_exact;
    }
    if (type == RASK_TYPE_INT64) {
        double real = value->as.real;
        int is_exact = real >= -0x1p63 && real < 0x1p63 && real == floor(real);
        *value = (struct value){.type = type, .as.number = is_exact ? (int64_t)real : 0};
        return is_exact;
    }
    int64_t number = value->as.number;
    if (type == RASK_TYPE_DATETIME) {
        value->as.number = rask_date_to_datetime(number);
    } else {
        value->as.number = number / RASK_US_PER_DAY;
        if (number % RASK_US_PER_DAY != 0)
            return 0;
    }
    value->type = type;
    return 1;
}

int rask_expr_value_compare(const struct value *a, const struct value *b)
{
    if (a->type == RASK_TYPE_TEXT)
        return rask_bytes_compare(a->as.text.data, a->as.text.length, b->as.text.data,
                                  b->as.text.length);
    if (a->type == RASK_TYPE_FLOAT64)
        return (a->as.real > b->as.real) - (a->as.real < b->as.real);
    return (a->as.number > b->as.number) - (a->as.number < b->as.number);
}

static int compare_values(const void *a, const void *b)
{
    return rask_expr_value_compare(a, b);
}

static rask_status bind_in(struct binder *b, struct node *node, uint32_t type)
{
    struct value *list = b->expr->list.items + node->list;
    uint32_t n = 0;
    for (uint32_t i = 0; i < node->n_list; i++) {
        uint32_t was = list[i].type;
        int fits = fit_value(&list[i], type);
        if (fits < 0)
            return mismatch(b, node, type, was);
        if (fits)
            list[n++] = list[i];
    }
    node->n_list = n;
    qsort(list, n, sizeof *list, compare_values);
    return RASK_OK;
}

/* The type of x op y in arithmetic; RASK_N_TYPES when there is none. */
static uint32_t arithmetic_type(uint32_t op, uint32_t x, uint32_t y)
{
    if (is_arithmetic(x) && is_arithmetic(y)) {
        if (op == OP_DIV || x == RASK_TYPE_FLOAT64 || y == RASK_TYPE_FLOAT64)
            return RASK_TYPE_FLOAT64;
        return RASK_TYPE_INT64;
    }
    if (op == OP_SUB && x == RASK_TYPE_DATE && y == RASK_TYPE_DATE)
        return RASK_TYPE_INT64;
    if ((op == OP_ADD || op == OP_SUB) && x == RASK_TYPE_DATE && y == RASK_TYPE_INT64)
        return RASK_TYPE_DATE;
    if (op == OP_ADD && x == RASK_TYPE_INT64 && y == RASK_TYPE_DATE)
        return RASK_TYPE_DATE;
    return RASK_N_TYPES;
}

static rask_status bind_arithmetic(struct binder *b, struct node *node, uint32_t x, uint32_t y)
{
    node->type = arithmetic_type(node->op, x, y);
    if (node->op == OP_NEG && !is_arithmetic(x))
        return wrong_type(b, node, x, "a number");
    return node->type == RASK_N_TYPES ? mismatch(b, node, x, y) : RASK_OK;
}

static rask_status bind_text(struct binder *b, struct node *node, uint32_t x, uint32_t y)
{
    node->type = node->op == OP_LENGTH                          ? RASK_TYPE_INT64
                 : node->op == OP_LOWER || node->op == OP_UPPER ? RASK_TYPE_TEXT
                                                                : RASK_TYPE_BOOL;
    if (x != RASK_TYPE_TEXT || y != RASK_TYPE_TEXT)
        return wrong_type(b, node, x != RASK_TYPE_TEXT ? x : y, "text");
    return RASK_OK;
}

static rask_status bind_logic(struct binder *b, struct node *node, uint32_t x, uint32_t y)
{
    if (x != RASK_TYPE_BOOL || y != RASK_TYPE_BOOL)
        return wrong_type(b, node, x != RASK_TYPE_BOOL ? x : y, "true or false on each side");
    return RASK_OK;
}

static rask_status bind_node(struct binder *b, struct node *node)
{
    struct node *nodes = b->expr->nodes.items;
    struct node *x = node->n_operands > 0 ? &nodes[node->operand[0]] : NULL;
    struct node *y = node->n_operands > 1 ? &nodes[node->operand[1]] : x;
    node->type = RASK_TYPE_BOOL;
    switch ((enum op)node->op) {
    case OP_LITERAL:
        node->type = node->value.type;
        return RASK_OK;
    case OP_COLUMN:
        return bind_column(b, node);
    case OP_OR:
    case OP_AND:
    case OP_NOT:
        return bind_logic(b, node, x->type, y->type);
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        return bind_compared(b, node, x, y);
    case OP_BETWEEN: {
        rask_status status = bind_compared(b, node, x, y);
        return status == RASK_OK ? bind_compared(b, node, x, &nodes[node->operand[2]]) : status;
    }
    case OP_IN:
        return bind_in(b, node, x->type);
    case OP_IS_MISSING:
        return RASK_OK;
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
    case OP_MOD:
    case OP_NEG:
        return bind_arithmetic(b, node, x->type, y->type);
    case OP_LIKE:
    case OP_CONTAINS:
    case OP_STARTS_WITH:
    case OP_ENDS_WITH:
    case OP_LOWER:
    case OP_UPPER:
    case OP_LENGTH:
        return bind_text(b, node, x->type, y->type);
    case N_OPS:
        break;
    }
    return RASK_ERR_INTERNAL;
}

/* How deep the stacks of registers and masks get. */
static void measure(struct rask_expr *expr)
{
    uint32_t depth = 0, n_masks = 1;
    expr->n_masks = 1;
    for (size_t i = 0; i < expr->nodes.count; i++) {
        const struct node *node = &expr->nodes.items[i];
        if (node->scope != NO_NODE && ++n_masks > expr->n_masks)
            expr->n_masks = n_masks;
        if (node->op == OP_AND || node->op == OP_OR)
            n_masks--;
        depth = depth - node->n_operands + 1;
        if (depth > expr->n_regs)
            expr->n_regs = depth;
    }
}

static rask_status make_room(struct rask_expr *expr, struct rask_error *error)
{
    measure(expr);
    expr->masks = rask_alloc(expr->n_masks * sizeof *expr->masks);
    expr->order = rask_alloc(RASK_BATCH_ROWS);
    expr->regs = rask_alloc_zeroed(expr->n_regs + 2, sizeof *expr->regs);
    if (expr->masks == NULL || expr->order == NULL || expr->regs == NULL)
        return rask_expr_no_memory(error);
    for (uint32_t i = 0; i < expr->n_regs + 2; i++) {
        expr->regs[i].own_missing = rask_alloc(RASK_BATCH_ROWS);
        expr->regs[i].own_values = rask_alloc(RASK_BATCH_ROWS * sizeof(struct rask_slice));
        if (expr->regs[i].own_missing == NULL || expr->regs[i].own_values == NULL)
            return rask_expr_no_memory(error);
    }
    return RASK_OK;
}

rask_status rask_expr_bind(struct rask_expr *expr, const struct rask_expr_scope *scope,
                           struct rask_error *error)
{
    struct binder binder = {expr, scope};
    expr->error = error;
    for (size_t i = 0; i < expr->nodes.count; i++) {
        rask_status status = bind_node(&binder, &expr->nodes.items[i]);
        if (status != RASK_OK)
            return status;
    }
    const struct node *root = &expr->nodes.items[expr->nodes.count - 1];
    if (root->type != RASK_TYPE_BOOL)
        return rask_expr_fail(expr, RASK_ERR_TYPE, root->position,
                              "a condition is true or false, this is %s; compare it with something",
                              rask_type_name(root->type));
    return make_room(expr, error);
}
