/* SPDX-License-Identifier: BSD-3-Clause */
/* expr_eval.c: evaluating a bound condition over a batch, one node at a time over all rows.
 *
 * A literal is a register of one value; operations of such registers are done once. The right side
 * of an AND looks only at rows whose left side is not false (of an OR: not true): the mask on top
 * of the stack says which; loops over numbers ignore it, those over texts and everything that can
 * fail obey it. */
#include "kern/expr_body.h"

#include "kern/bytes.h"
#include "kern/caltime.h"
#include "kern/utf8.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define UNORDERED 2

/* An operand as loops read it: values[i * step]. A single value is copied out of its register,
 * which the result may overwrite. */
struct arg {
    const uint8_t *missing;
    const void *values;
    uint32_t step, type;
    union {
        int64_t number;
        double real;
        struct rask_slice text;
    } one;
    uint8_t one_missing;
};

struct run {
    struct rask_expr *expr;
    const struct rask_batch *batch;
    const struct node *node;
    uint32_t index; /* of node */
    uint32_t top; /* registers in use */
    uint32_t mask; /* the mask in force */
    uint32_t n; /* rows that the current operation computes: 1 when all operands are single */
    struct arg args[3];
    struct reg *out;
};

static void load_arg(struct arg *arg, const struct reg *reg, uint32_t type)
{
    arg->missing = reg->missing;
    arg->values = reg->values;
    arg->step = !reg->is_scalar;
    arg->type = type;
    if (!reg->is_scalar)
        return;
    memcpy(&arg->one, reg->values,
           type == RASK_TYPE_TEXT ? sizeof arg->one.text : sizeof arg->one.number);
    arg->values = &arg->one;
    if (reg->missing != NULL) {
        arg->one_missing = reg->missing[0];
        arg->missing = &arg->one_missing;
    }
}

static inline int64_t int_at(const struct arg *arg, uint32_t i)
{
    return ((const int64_t *)arg->values)[i * arg->step];
}

static inline double real_at(const struct arg *arg, uint32_t i)
{
    return arg->type == RASK_TYPE_FLOAT64 ? ((const double *)arg->values)[i * arg->step]
                                          : (double)int_at(arg, i);
}

static inline struct rask_slice text_at(const struct arg *arg, uint32_t i)
{
    return ((const struct rask_slice *)arg->values)[i * arg->step];
}

static inline int missing_at(const struct arg *arg, uint32_t i)
{
    return arg->missing != NULL && arg->missing[i * arg->step];
}

/* The result is missing where an operand is. */
static void join_missing(struct run *r, const struct arg *a, const struct arg *b)
{
    uint8_t *out = r->out->own_missing;
    r->out->missing = a->missing == NULL && b->missing == NULL ? NULL : out;
    for (uint32_t i = 0; r->out->missing != NULL && i < r->n; i++)
        out[i] = (uint8_t)(missing_at(a, i) | missing_at(b, i));
}

/* For results that can be missing though no operand is. */
static uint8_t *make_missing(struct run *r, const struct arg *a, const struct arg *b)
{
    join_missing(r, a, b);
    if (r->out->missing == NULL)
        memset(r->out->own_missing, 0, r->n);
    r->out->missing = r->out->own_missing;
    return r->out->own_missing;
}

static inline int is_active(const struct run *r, uint32_t i)
{
    return r->expr->masks[r->mask][i];
}

/* One operation of single values stands for all rows: it matters if any row looks at it. */
static int is_wanted(const struct run *r, uint32_t i)
{
    if (r->n == r->batch->n_rows)
        return is_active(r, i);
    return memchr(r->expr->masks[r->mask], 1, r->batch->n_rows) != NULL;
}

static void fail_at(struct run *r, uint32_t i)
{
    uint32_t row = i;
    if (!is_wanted(r, i) || (r->out->missing != NULL && r->out->missing[i]))
        return;
    while (r->n == 1 && !is_active(r, row))
        row++;
    if (row < r->expr->failed_row) {
        r->expr->failed_row = row;
        r->expr->failed_node = r->index;
    }
}

/* comparing */

static int compare_int_real(int64_t a, double b)
{
    if (isnan(b))
        return UNORDERED;
    if (b >= 0x1p63)
        return -1;
    if (b < -0x1p63)
        return 1;
    int64_t whole = (int64_t)b;
    double rest = b - (double)whole;
    if (a != whole)
        return a < whole ? -1 : 1;
    return (rest < 0) - (rest > 0);
}

static int compare_reals(double a, double b)
{
    return isnan(a) || isnan(b) ? UNORDERED : (a > b) - (a < b);
}

static int flip(int order)
{
    return order == UNORDERED ? UNORDERED : -order;
}

static int64_t moment_at(const struct arg *arg, uint32_t i)
{
    return arg->type == RASK_TYPE_DATE ? rask_date_to_datetime(int_at(arg, i)) : int_at(arg, i);
}

static void compare_mixed(const struct run *r, const struct arg *a, const struct arg *b,
                          int8_t *order)
{
    int a_is_real = a->type == RASK_TYPE_FLOAT64, b_is_real = b->type == RASK_TYPE_FLOAT64;
    for (uint32_t i = 0; i < r->n; i++) {
        int outcome;
        if (a_is_real && b_is_real)
            outcome = compare_reals(real_at(a, i), real_at(b, i));
        else if (b_is_real)
            outcome = compare_int_real(int_at(a, i), real_at(b, i));
        else
            outcome = flip(compare_int_real(int_at(b, i), real_at(a, i)));
        order[i] = (int8_t)outcome;
    }
}

static void compare_texts(const struct run *r, const struct arg *a, const struct arg *b,
                          int8_t *order)
{
    for (uint32_t i = 0; i < r->n; i++) {
        order[i] = 0;
        if (!is_wanted(r, i) || missing_at(a, i) || missing_at(b, i))
            continue;
        struct rask_slice x = text_at(a, i), y = text_at(b, i);
        int outcome = rask_bytes_compare(x.data, x.length, y.data, y.length);
        order[i] = (int8_t)((outcome > 0) - (outcome < 0));
    }
}

static void compare(const struct run *r, const struct arg *a, const struct arg *b, int8_t *order)
{
    if (a->type == RASK_TYPE_TEXT) {
        compare_texts(r, a, b, order);
    } else if (a->type == RASK_TYPE_FLOAT64 || b->type == RASK_TYPE_FLOAT64) {
        compare_mixed(r, a, b, order);
    } else if (a->type != b->type) {
        for (uint32_t i = 0; i < r->n; i++)
            order[i] =
                (int8_t)((moment_at(a, i) > moment_at(b, i)) - (moment_at(a, i) < moment_at(b, i)));
    } else {
        for (uint32_t i = 0; i < r->n; i++)
            order[i] = (int8_t)((int_at(a, i) > int_at(b, i)) - (int_at(a, i) < int_at(b, i)));
    }
}

/* Bit order + 1 is set where the operator holds. */
static int holds(enum op op)
{
    switch (op) {
    case OP_EQ:
        return 2;
    case OP_NE:
        return 1 | 4 | 8;
    case OP_LT:
        return 1;
    case OP_LE:
        return 1 | 2;
    case OP_GT:
        return 4;
    default:
        return 2 | 4;
    }
}

static void eval_compare(struct run *r)
{
    int64_t *out = r->out->own_values;
    int bits = holds((enum op)r->node->op);
    compare(r, &r->args[0], &r->args[1], r->expr->order);
    join_missing(r, &r->args[0], &r->args[1]);
    for (uint32_t i = 0; i < r->n; i++)
        out[i] = bits >> (r->expr->order[i] + 1) & 1;
}

/* Three-valued truth: 0 false, 1 true, 2 missing. */
static inline int truth_at(const struct arg *arg, uint32_t i)
{
    return missing_at(arg, i) ? 2 : int_at(arg, i) != 0;
}

static inline int both(int a, int b)
{
    return a == 0 || b == 0 ? 0 : a == 1 && b == 1 ? 1 : 2;
}

static void put_truth(struct run *r, uint32_t i, int truth)
{
    ((int64_t *)r->out->own_values)[i] = truth == 1;
    r->out->own_missing[i] = truth == 2;
}

static void eval_logic(struct run *r)
{
    const struct arg *a = &r->args[0], *b = &r->args[1];
    int is_or = r->node->op == OP_OR;
    for (uint32_t i = 0; i < r->n; i++) {
        int x = truth_at(a, i), y = truth_at(b, i);
        if (is_or)
            put_truth(r, i, x == 1 || y == 1 ? 1 : x == 0 && y == 0 ? 0 : 2);
        else
            put_truth(r, i, both(x, y));
    }
    r->out->missing = r->out->own_missing;
}

static void eval_between(struct run *r)
{
    const struct arg *x = &r->args[0], *low = &r->args[1], *high = &r->args[2];
    int8_t low_order[RASK_BATCH_ROWS], *high_order = r->expr->order;
    compare(r, x, low, low_order);
    compare(r, x, high, high_order);
    for (uint32_t i = 0; i < r->n; i++) {
        int x_missing = missing_at(x, i);
        int above = x_missing || missing_at(low, i) ? 2 : holds(OP_GE) >> (low_order[i] + 1) & 1;
        int below = x_missing || missing_at(high, i) ? 2 : holds(OP_LE) >> (high_order[i] + 1) & 1;
        int truth = both(above, below);
        put_truth(r, i, truth == 2 ? 2 : truth ^ r->node->is_negated);
    }
    r->out->missing = r->out->own_missing;
}

static int is_in_list(const struct run *r, const struct value *wanted)
{
    const struct value *list = r->expr->list.items + r->node->list;
    uint32_t low = 0, high = r->node->n_list;
    if (wanted->type == RASK_TYPE_FLOAT64 && isnan(wanted->as.real))
        return 0;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int order = rask_expr_value_compare(&list[middle], wanted);
        if (order == 0)
            return 1;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

static void eval_in(struct run *r)
{
    const struct arg *a = &r->args[0];
    int64_t *out = r->out->own_values;
    join_missing(r, a, a);
    for (uint32_t i = 0; i < r->n; i++) {
        struct value wanted = {.type = a->type};
        if (missing_at(a, i) || !is_wanted(r, i)) {
            out[i] = 0;
            continue;
        }
        if (a->type == RASK_TYPE_TEXT)
            wanted.as.text = text_at(a, i);
        else if (a->type == RASK_TYPE_FLOAT64)
            wanted.as.real = real_at(a, i);
        else
            wanted.as.number = int_at(a, i);
        out[i] = is_in_list(r, &wanted) ^ r->node->is_negated;
    }
}

static void eval_is_missing(struct run *r)
{
    int64_t *out = r->out->own_values;
    for (uint32_t i = 0; i < r->n; i++)
        out[i] = missing_at(&r->args[0], i) ^ r->node->is_negated;
    r->out->missing = NULL;
}

static void eval_not(struct run *r)
{
    int64_t *out = r->out->own_values;
    join_missing(r, &r->args[0], &r->args[0]);
    for (uint32_t i = 0; i < r->n; i++)
        out[i] = int_at(&r->args[0], i) == 0;
}

/* arithmetic */

static int int_result(enum op op, int64_t a, int64_t b, int64_t *result)
{
    switch (op) {
    case OP_ADD:
        return __builtin_add_overflow(a, b, result);
    case OP_SUB:
        return __builtin_sub_overflow(a, b, result);
    default:
        return __builtin_mul_overflow(a, b, result);
    }
}

static void eval_ints(struct run *r)
{
    const struct arg *a = &r->args[0], *b = &r->args[1];
    int64_t *out = r->out->own_values;
    join_missing(r, a, b);
    for (uint32_t i = 0; i < r->n; i++) {
        int64_t result;
        if (int_result((enum op)r->node->op, int_at(a, i), int_at(b, i), &result))
            fail_at(r, i);
        out[i] = result;
    }
}

static void eval_reals(struct run *r)
{
    const struct arg *a = &r->args[0], *b = &r->args[1];
    double *out = r->out->own_values;
    join_missing(r, a, b);
    for (uint32_t i = 0; i < r->n; i++) {
        double x = real_at(a, i), y = real_at(b, i);
        out[i] = r->node->op == OP_ADD ? x + y : r->node->op == OP_SUB ? x - y : x * y;
    }
}

/* / and %: missing where the right side is 0. */
static void eval_division(struct run *r)
{
    const struct arg *a = &r->args[0], *b = &r->args[1];
    uint8_t *missing = make_missing(r, a, b);
    int is_quotient = r->node->op == OP_DIV, is_int = r->node->type == RASK_TYPE_INT64;
    for (uint32_t i = 0; i < r->n; i++) {
        if (is_int) {
            int64_t x = int_at(a, i), y = int_at(b, i);
            missing[i] |= y == 0;
            ((int64_t *)r->out->own_values)[i] = y == 0 || y == -1 ? 0 : x % y;
            continue;
        }
        double x = real_at(a, i), y = real_at(b, i);
        missing[i] |= y == 0;
        ((double *)r->out->own_values)[i] = y == 0 ? 0 : is_quotient ? x / y : fmod(x, y);
    }
}

static void eval_minus(struct run *r)
{
    const struct arg *a = &r->args[0];
    join_missing(r, a, a);
    for (uint32_t i = 0; i < r->n; i++) {
        if (r->node->type == RASK_TYPE_FLOAT64) {
            ((double *)r->out->own_values)[i] = -real_at(a, i);
            continue;
        }
        int64_t result;
        if (__builtin_sub_overflow(0, int_at(a, i), &result))
            fail_at(r, i);
        ((int64_t *)r->out->own_values)[i] = result;
    }
}

/* texts */

static int64_t text_result(const struct node *node, struct rask_slice x, struct rask_slice y)
{
    switch ((enum op)node->op) {
    case OP_CONTAINS:
        return rask_expr_contains(x, y);
    case OP_STARTS_WITH:
        return x.length >= y.length && rask_bytes_equal(x.data, y.data, y.length);
    case OP_ENDS_WITH:
        return x.length >= y.length &&
               rask_bytes_equal(x.data + x.length - y.length, y.data, y.length);
    case OP_LENGTH:
        return (int64_t)rask_utf8_length(x.data, x.length);
    default:
        return rask_expr_is_like(x, node->value.as.text) ^ node->is_negated;
    }
}

static void eval_texts(struct run *r)
{
    const struct arg *a = &r->args[0], *b = r->node->n_operands > 1 ? &r->args[1] : a;
    int64_t *out = r->out->own_values;
    join_missing(r, a, b);
    for (uint32_t i = 0; i < r->n; i++) {
        int is_needed = is_wanted(r, i) && !missing_at(a, i) && !missing_at(b, i);
        out[i] = is_needed ? text_result(r->node, text_at(a, i), text_at(b, i)) : 0;
    }
}

/* Letters keep their number of bytes, and what is no letter is copied, so the room is known before.
 */
static struct rask_slice change_case(struct rask_slice text, char *to, int is_upper)
{
    uint32_t character;
    for (size_t at = 0, n; at < text.length; at += n) {
        n = rask_utf8_read(text.data + at, text.length - at, &character);
        if (rask_utf8_is_bad(character, n))
            to[at] = text.data[at];
        else
            rask_utf8_write(is_upper ? rask_utf8_upper(character) : rask_utf8_lower(character),
                            to + at);
    }
    return (struct rask_slice){to, text.length};
}

static void eval_case(struct run *r)
{
    const struct arg *a = &r->args[0];
    struct rask_slice *out = r->out->own_values;
    size_t n_bytes = 1;
    join_missing(r, a, a);
    for (uint32_t i = 0; i < r->n; i++)
        if (is_wanted(r, i) && !missing_at(a, i))
            n_bytes += text_at(a, i).length;
    /* The operand may itself lie in this register's bytes: they are kept until the new ones are
     * made. */
    struct rask_buf made = {0};
    char *to = rask_buf_room(&made, n_bytes);
    if (to == NULL) {
        r->expr->is_out_of_memory = 1;
        n_bytes = 0;
    }
    for (uint32_t i = 0; i < r->n; i++) {
        if (n_bytes == 0 || !is_wanted(r, i) || missing_at(a, i)) {
            out[i] = (struct rask_slice){"", 0};
            continue;
        }
        out[i] = change_case(text_at(a, i), to, r->node->op == OP_UPPER);
        to += out[i].length;
    }
    rask_buf_swap(&made, &r->out->bytes);
    rask_buf_release(&made);
}

/* running */

static void eval_column(struct run *r)
{
    const struct rask_column *column = &r->batch->columns[r->node->column];
    r->out->missing = column->missing;
    r->out->values = column->type == RASK_TYPE_TEXT      ? (const void *)column->values.texts
                     : column->type == RASK_TYPE_FLOAT64 ? (const void *)column->values.doubles
                                                         : (const void *)column->values.ints;
    r->out->is_scalar = 0;
}

static void eval_literal(struct run *r)
{
    r->out->missing = NULL;
    r->out->values = &r->node->value.as;
    r->out->is_scalar = 1;
}

static void eval_operation(struct run *r)
{
    switch ((enum op)r->node->op) {
    case OP_OR:
    case OP_AND:
        eval_logic(r);
        break;
    case OP_NOT:
        eval_not(r);
        break;
    case OP_IN:
        eval_in(r);
        break;
    case OP_BETWEEN:
        eval_between(r);
        break;
    case OP_IS_MISSING:
        eval_is_missing(r);
        break;
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
        if (r->node->type == RASK_TYPE_FLOAT64)
            eval_reals(r);
        else
            eval_ints(r);
        break;
    case OP_DIV:
    case OP_MOD:
        eval_division(r);
        break;
    case OP_NEG:
        eval_minus(r);
        break;
    case OP_LIKE:
    case OP_CONTAINS:
    case OP_STARTS_WITH:
    case OP_ENDS_WITH:
    case OP_LENGTH:
        eval_texts(r);
        break;
    case OP_LOWER:
    case OP_UPPER:
        eval_case(r);
        break;
    default:
        eval_compare(r);
    }
}

static void eval_node(struct run *r)
{
    const struct node *node = r->node;
    r->top -= node->n_operands;
    r->out = &r->expr->regs[r->top];
    if (node->op == OP_COLUMN) {
        eval_column(r);
    } else if (node->op == OP_LITERAL) {
        eval_literal(r);
    } else {
        int is_scalar = 1;
        for (uint32_t i = 0; i < node->n_operands; i++) {
            const struct reg *reg = &r->expr->regs[r->top + i];
            load_arg(&r->args[i], reg, r->expr->nodes.items[node->operand[i]].type);
            is_scalar &= reg->is_scalar;
        }
        r->n = is_scalar ? 1 : r->batch->n_rows;
        eval_operation(r);
        r->out->values = r->out->own_values;
        r->out->is_scalar = is_scalar;
    }
    r->top++;
}

/* Before the right side of an AND or OR: the rows that its left side leaves open. 0 when there are
 * none. */
static int narrow(struct run *r, enum op op)
{
    struct arg left;
    int settled = op == OP_OR, any = 0;
    load_arg(&left, &r->expr->regs[r->top - 1], RASK_TYPE_BOOL);
    const uint8_t *old = r->expr->masks[r->mask];
    uint8_t *mask = r->expr->masks[r->mask + 1];
    for (uint32_t i = 0; i < r->batch->n_rows; i++) {
        mask[i] = (uint8_t)(old[i] & (truth_at(&left, i) != settled));
        any |= mask[i];
    }
    r->mask++;
    return any;
}

/* Stands for a right side that nobody looks at: any value does. */
static void skip_right_side(struct run *r)
{
    static const int64_t nothing = 0;
    struct reg *reg = &r->expr->regs[r->top++];
    reg->missing = NULL;
    reg->values = &nothing;
    reg->is_scalar = 1;
}

static void evaluate(struct run *r)
{
    const struct expr_nodes *nodes = &r->expr->nodes;
    for (uint32_t i = 0; i < nodes->count; i++) {
        uint32_t scope = nodes->items[i].scope;
        if (scope != NO_NODE && !narrow(r, (enum op)nodes->items[scope].op)) {
            skip_right_side(r);
            i = scope;
        }
        r->node = &nodes->items[i];
        r->index = i;
        if (r->node->op == OP_AND || r->node->op == OP_OR)
            r->mask--;
        eval_node(r);
    }
}

rask_status rask_expr_select(struct rask_expr *expr, const struct rask_batch *batch,
                             uint32_t rows[RASK_BATCH_ROWS], uint32_t *n_rows,
                             struct rask_error *error)
{
    struct run r = {.expr = expr, .batch = batch};
    uint32_t n = 0;
    struct arg truth;
    *n_rows = 0;
    if (batch->n_rows == 0)
        return RASK_OK;
    expr->failed_row = UINT32_MAX;
    expr->is_out_of_memory = 0;
    expr->error = error;
    memset(expr->masks[0], 1, batch->n_rows);
    evaluate(&r);
    assert(r.top == 1 && r.mask == 0);
    if (expr->is_out_of_memory)
        return rask_expr_no_memory(error);
    if (expr->failed_row != UINT32_MAX) {
        *n_rows = expr->failed_row;
        return rask_expr_fail(
            expr, RASK_ERR_LIMIT, expr->nodes.items[expr->failed_node].position,
            "a whole number does not fit 64 bits here; make an operand a float, as in 1.0 * x");
    }
    load_arg(&truth, &expr->regs[0], RASK_TYPE_BOOL);
    for (uint32_t i = 0; i < batch->n_rows; i++) {
        rows[n] = i;
        n += truth_at(&truth, i) == 1;
    }
    *n_rows = n;
    return RASK_OK;
}
