/* SPDX-License-Identifier: BSD-3-Clause */
/* expr.c: parsing a condition to nodes in the order of evaluation.
 *
 * Operator precedence with two explicit stacks (E. W. Dijkstra's shunting yard, 1961), extended by
 * the operators that follow their operand. `is_operand_next` is the parser's whole state beside
 * them. */
#include "kern/expr_body.h"

#include "base/alloc.h"
#include "base/error.h"
#include "kern/caltime.h"

#include <assert.h>
#include <string.h>

/* How tight an operator binds; 0 for what only a closing bracket takes off the stack. */
enum level {
    LEVEL_OPEN,
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_COMPARE,
    LEVEL_SUM,
    LEVEL_PRODUCT,
    LEVEL_SIGN
};

static const uint8_t levels[N_OPS] = {
    [OP_OR] = LEVEL_OR,           [OP_AND] = LEVEL_AND,     [OP_NOT] = LEVEL_NOT,
    [OP_EQ] = LEVEL_COMPARE,      [OP_NE] = LEVEL_COMPARE,  [OP_LT] = LEVEL_COMPARE,
    [OP_LE] = LEVEL_COMPARE,      [OP_GT] = LEVEL_COMPARE,  [OP_GE] = LEVEL_COMPARE,
    [OP_BETWEEN] = LEVEL_COMPARE, [OP_ADD] = LEVEL_SUM,     [OP_SUB] = LEVEL_SUM,
    [OP_MUL] = LEVEL_PRODUCT,     [OP_DIV] = LEVEL_PRODUCT, [OP_MOD] = LEVEL_PRODUCT,
    [OP_NEG] = LEVEL_SIGN};

struct pending {
    enum op op; /* OP_LITERAL: an opening bracket; a function: its call, open */
    uint32_t position;
    uint16_t n_operands; /* of a call: those behind the last comma; of BETWEEN: 1 before its AND */
    uint8_t is_negated;
};

struct parser {
    struct rask_expr *expr;
    struct rask_error *error;
    uint32_t at;
    struct token token; /* the current one */
    struct pending ops[RASK_EXPR_MAX_DEPTH];
    uint32_t operands[2 * RASK_EXPR_MAX_DEPTH + 4]; /* nodes whose operator is to come */
    uint32_t n_ops, n_operands;
    int is_operand_next;
};

static rask_status next(struct parser *p)
{
    return rask_expr_token(p->expr, &p->at, &p->token, p->error);
}

static rask_status fail(struct parser *p, uint32_t position, const char *what)
{
    return rask_expr_fail(p->expr, RASK_ERR_SYNTAX, position, "%s", what);
}

static int is_symbol(const struct parser *p, char symbol)
{
    return p->token.kind == TOKEN_SYMBOL && p->token.symbol == symbol;
}

static int is_word(const struct parser *p, enum word word)
{
    return p->token.kind == TOKEN_WORD && p->token.word == word;
}

static rask_status push_op(struct parser *p, enum op op, uint32_t position, int is_negated)
{
    if (p->n_ops == RASK_EXPR_MAX_DEPTH)
        return rask_expr_fail(p->expr, RASK_ERR_LIMIT, position,
                              "the condition is nested more than %d deep", RASK_EXPR_MAX_DEPTH);
    p->ops[p->n_ops++] = (struct pending){op, position, 1, (uint8_t)is_negated};
    return RASK_OK;
}

/* Appends a node that takes its operands from the stack, and puts it there. */
static rask_status push_node(struct parser *p, struct node node)
{
    uint32_t index = (uint32_t)p->expr->nodes.count;
    if (index >= RASK_EXPR_MAX_NODES)
        return rask_expr_fail(p->expr, RASK_ERR_LIMIT, node.position,
                              "the condition has more than %d parts", RASK_EXPR_MAX_NODES);
    assert(p->n_operands >= node.n_operands);
    p->n_operands -= node.n_operands;
    for (uint32_t i = 0; i < node.n_operands; i++)
        node.operand[i] = p->operands[p->n_operands + i];
    node.first = node.n_operands == 0 ? index : p->expr->nodes.items[node.operand[0]].first;
    node.scope = NO_NODE;
    if (expr_nodes_push(&p->expr->nodes, node) != 0)
        return rask_expr_no_memory(p->error);
    if (node.op == OP_AND || node.op == OP_OR)
        p->expr->nodes.items[p->expr->nodes.items[node.operand[1]].first].scope = index;
    p->operands[p->n_operands++] = index;
    return RASK_OK;
}

static rask_status reduce_one(struct parser *p)
{
    struct pending op = p->ops[--p->n_ops];
    int n = op.op == OP_NOT || op.op == OP_NEG ? 1 : op.op == OP_BETWEEN ? 3 : 2;
    if (op.op == OP_BETWEEN && op.n_operands != 2)
        return fail(p, op.position, "BETWEEN needs two limits: x between a and b");
    return push_node(p, (struct node){.op = (uint8_t)op.op,
                                      .position = op.position,
                                      .n_operands = (uint16_t)n,
                                      .is_negated = op.is_negated});
}

/* Takes off all operators that bind at least as tight as `level`. */
static rask_status reduce(struct parser *p, enum level level)
{
    rask_status status = RASK_OK;
    while (status == RASK_OK && p->n_ops > 0 && levels[p->ops[p->n_ops - 1].op] >= level) {
        struct pending *top = &p->ops[p->n_ops - 1];
        if (level <= LEVEL_AND && top->op == OP_BETWEEN && top->n_operands == 1 &&
            is_word(p, WORD_AND))
            break; /* this AND is its own */
        status = reduce_one(p);
    }
    return status;
}

/* Before an operator of the level of comparisons: its left side is complete, and is no comparison.
 */
static rask_status reduce_to_compare(struct parser *p)
{
    rask_status status = reduce(p, LEVEL_SUM);
    if (status == RASK_OK && p->n_ops > 0 && levels[p->ops[p->n_ops - 1].op] == LEVEL_COMPARE)
        status = fail(p, p->token.position, "comparisons cannot be chained; use AND");
    return status;
}

static rask_status push_literal(struct parser *p, struct value value, uint32_t position)
{
    return push_node(p, (struct node){.op = OP_LITERAL, .position = position, .value = value});
}

/* date '...' and datetime '...'; p->token is the text. */
static rask_status read_calendar(struct parser *p, uint32_t type, struct value *value)
{
    const struct token *text = &p->token;
    int64_t number;
    int is_fine = type == RASK_TYPE_DATE
                      ? rask_date_parse(text->text, text->text_bytes, &number)
                      : rask_datetime_parse(text->text, text->text_bytes, &number);
    if (!is_fine)
        return fail(p, text->position,
                    type == RASK_TYPE_DATE ? "a date is written '2020-12-31'"
                                           : "a datetime is written '2020-12-31T23:59:59'");
    *value = (struct value){.type = type, .as.number = number};
    return RASK_OK;
}

static int is_calendar_name(const struct parser *p, uint32_t *type)
{
    rask_type found;
    if (p->token.kind != TOKEN_NAME || !rask_type_find(p->token.text, &found))
        return 0;
    *type = found;
    return found == RASK_TYPE_DATE || found == RASK_TYPE_DATETIME;
}

/* Whether the token is a literal, and its value. */
static int is_literal(const struct parser *p, struct value *value)
{
    const struct token *t = &p->token;
    if (t->kind == TOKEN_INT)
        *value = (struct value){.type = RASK_TYPE_INT64, .as.number = t->number};
    else if (t->kind == TOKEN_FLOAT)
        *value = (struct value){.type = RASK_TYPE_FLOAT64, .as.real = t->real};
    else if (t->kind == TOKEN_TEXT)
        *value = (struct value){.type = RASK_TYPE_TEXT, .as.text = {t->text, t->text_bytes}};
    else if (is_word(p, WORD_TRUE) || is_word(p, WORD_FALSE))
        *value = (struct value){.type = RASK_TYPE_BOOL, .as.number = t->word == WORD_TRUE};
    else
        return 0;
    return 1;
}

static rask_status push_column(struct parser *p, const struct token *name)
{
    struct expr_texts *names = &p->expr->names;
    uint32_t i = 0;
    while (i < names->count && strcmp(names->items[i], name->text) != 0)
        i++;
    if (i == names->count && expr_texts_push(names, name->text) != 0)
        return rask_expr_no_memory(p->error);
    return push_node(p, (struct node){.op = OP_COLUMN, .position = name->position, .column = i});
}

static rask_status open_call(struct parser *p, const struct token *name)
{
    for (uint32_t op = OP_CONTAINS; op <= OP_LENGTH; op++)
        if (strcasecmp(name->text, rask_expr_op_name(op)) == 0) {
            p->is_operand_next = 1;
            return push_op(p, (enum op)op, name->position, 0);
        }
    return fail(
        p, name->position,
        "unknown function; there are contains, starts_with, ends_with, lower, upper, length");
}

/* A bare word: a column, a call, or a date. The token behind it is read. */
static rask_status read_word(struct parser *p)
{
    struct token name = p->token;
    struct value value;
    uint32_t type = 0;
    int is_calendar = is_calendar_name(p, &type);
    rask_status status = next(p);
    if (status != RASK_OK)
        return status;
    if (is_calendar && p->token.kind == TOKEN_TEXT) {
        status = read_calendar(p, type, &value);
        if (status == RASK_OK)
            status = push_literal(p, value, name.position);
        return status == RASK_OK ? next(p) : status;
    }
    if (!is_symbol(p, '('))
        return push_column(p, &name);
    status = open_call(p, &name);
    return status == RASK_OK ? next(p) : status;
}

static rask_status read_operand(struct parser *p)
{
    struct value value;
    struct token token = p->token;
    rask_status status;
    p->is_operand_next = 0;
    if (token.kind == TOKEN_NAME)
        return read_word(p);
    if (is_literal(p, &value)) {
        status = push_literal(p, value, token.position);
    } else if (token.kind == TOKEN_QUOTED) {
        status = push_column(p, &token);
    } else {
        p->is_operand_next = 1;
        if (is_word(p, WORD_NOT)) {
            if (p->n_ops > 0 && levels[p->ops[p->n_ops - 1].op] > LEVEL_NOT)
                return fail(p, token.position, "NOT needs parentheses here");
            status = push_op(p, OP_NOT, token.position, 0);
        } else if (token.kind == TOKEN_SYMBOL && token.op == OP_SUB) {
            status = push_op(p, OP_NEG, token.position, 0);
        } else if (is_symbol(p, '(')) {
            status = push_op(p, OP_LITERAL, token.position, 0);
        } else if (is_word(p, WORD_NULL) || is_word(p, WORD_MISSING)) {
            return fail(p, token.position, "a missing value equals nothing; write: x is null");
        } else {
            return fail(p, token.position, "a column, a literal or a parenthesis is missing here");
        }
    }
    return status == RASK_OK ? next(p) : status;
}

static rask_status read_list_value(struct parser *p, struct value *value)
{
    uint32_t type, position = p->token.position;
    rask_status status;
    if (is_calendar_name(p, &type)) {
        status = next(p);
        if (status == RASK_OK && p->token.kind != TOKEN_TEXT)
            return fail(p, position, "a list holds literals only");
        return status == RASK_OK ? read_calendar(p, type, value) : status;
    }
    int is_minus = p->token.kind == TOKEN_SYMBOL && p->token.op == OP_SUB;
    if (is_minus && (status = next(p)) != RASK_OK)
        return status;
    if (!is_literal(p, value) || (is_minus && value->type > RASK_TYPE_FLOAT64))
        return fail(p, p->token.position, "a list holds literals only");
    if (is_minus && value->type == RASK_TYPE_INT64)
        value->as.number = -value->as.number;
    else if (is_minus)
        value->as.real = -value->as.real;
    return RASK_OK;
}

/* IN (a, b, ...); the token is the one behind IN. */
static rask_status read_in(struct parser *p, uint32_t position, int is_negated)
{
    uint32_t first = (uint32_t)p->expr->list.count;
    if (!is_symbol(p, '('))
        return fail(p, p->token.position, "IN needs a list: x in (1, 2, 3)");
    do {
        struct value value;
        rask_status status = next(p);
        if (status == RASK_OK)
            status = read_list_value(p, &value);
        if (status != RASK_OK)
            return status;
        if (expr_values_push(&p->expr->list, value) != 0)
            return rask_expr_no_memory(p->error);
        status = next(p);
        if (status != RASK_OK)
            return status;
    } while (is_symbol(p, ','));
    if (!is_symbol(p, ')'))
        return fail(p, p->token.position, "a comma or the list's ) is missing here");
    rask_status status =
        push_node(p, (struct node){.op = OP_IN,
                                   .position = position,
                                   .n_operands = 1,
                                   .is_negated = (uint8_t)is_negated,
                                   .list = first,
                                   .n_list = (uint32_t)p->expr->list.count - first});
    return status == RASK_OK ? next(p) : status;
}

static rask_status read_like(struct parser *p, uint32_t position, int is_negated)
{
    struct value pattern;
    if (p->token.kind != TOKEN_TEXT || !is_literal(p, &pattern))
        return fail(p, p->token.position, "LIKE needs a text: x like 'a%'");
    rask_status status = push_node(p, (struct node){.op = OP_LIKE,
                                                    .position = position,
                                                    .n_operands = 1,
                                                    .is_negated = (uint8_t)is_negated,
                                                    .value = pattern});
    return status == RASK_OK ? next(p) : status;
}

/* IS [NOT] NULL|MISSING; the token is the one behind IS. */
static rask_status read_is(struct parser *p, uint32_t position)
{
    int is_negated = is_word(p, WORD_NOT);
    rask_status status = is_negated ? next(p) : RASK_OK;
    if (status != RASK_OK)
        return status;
    if (!is_word(p, WORD_NULL) && !is_word(p, WORD_MISSING))
        return fail(p, p->token.position,
                    "IS is followed by NULL, MISSING, NOT NULL or NOT MISSING");
    status = push_node(p, (struct node){.op = OP_IS_MISSING,
                                        .position = position,
                                        .n_operands = 1,
                                        .is_negated = (uint8_t)is_negated});
    return status == RASK_OK ? next(p) : status;
}

/* The operators of words that stand at the level of comparisons. */
static rask_status read_predicate(struct parser *p)
{
    uint32_t position = p->token.position;
    rask_status status = reduce_to_compare(p);
    int is_negated = is_word(p, WORD_NOT);
    if (status == RASK_OK && is_negated)
        status = next(p);
    if (status != RASK_OK)
        return status;
    enum word word = p->token.kind == TOKEN_WORD ? p->token.word : N_WORDS;
    if (word != WORD_IN && word != WORD_BETWEEN && word != WORD_LIKE &&
        (word != WORD_IS || is_negated))
        return fail(p, p->token.position, "an operator is missing here");
    status = next(p);
    if (status != RASK_OK)
        return status;
    if (word == WORD_IN)
        return read_in(p, position, is_negated);
    if (word == WORD_LIKE)
        return read_like(p, position, is_negated);
    if (word == WORD_IS)
        return read_is(p, position);
    p->is_operand_next = 1;
    return push_op(p, OP_BETWEEN, position, is_negated);
}

static rask_status close_call(struct parser *p, const struct pending *call)
{
    uint32_t wanted = call->op >= OP_LOWER ? 1 : 2;
    if (call->n_operands != wanted)
        return rask_expr_fail(p->expr, RASK_ERR_SYNTAX, call->position, "%s takes %u argument%s",
                              rask_expr_op_name(call->op), wanted, wanted == 1 ? "" : "s");
    return push_node(p, (struct node){.op = (uint8_t)call->op,
                                      .position = call->position,
                                      .n_operands = (uint16_t)wanted});
}

/* A comma or a closing parenthesis. */
static rask_status read_bracket(struct parser *p)
{
    rask_status status = reduce(p, LEVEL_OR);
    if (status != RASK_OK)
        return status;
    if (p->n_ops == 0)
        return fail(p, p->token.position,
                    p->token.symbol == ',' ? "a comma has no place here" : "this ) closes nothing");
    struct pending *open = &p->ops[p->n_ops - 1];
    if (p->token.symbol == ',') {
        if (open->op == OP_LITERAL)
            return fail(p, p->token.position, "a comma has no place here");
        open->n_operands = (uint16_t)(open->n_operands + (open->n_operands < 9));
        if (open->n_operands > 2)
            return close_call(p, open);
        p->is_operand_next = 1;
        return next(p);
    }
    struct pending closed = p->ops[--p->n_ops];
    if (closed.op != OP_LITERAL)
        status = close_call(p, &closed);
    return status == RASK_OK ? next(p) : status;
}

static rask_status read_binary(struct parser *p, enum op op)
{
    enum level level = (enum level)levels[op];
    uint32_t position = p->token.position;
    rask_status status = level == LEVEL_COMPARE ? reduce_to_compare(p) : reduce(p, level);
    if (status != RASK_OK)
        return status;
    struct pending *top = p->n_ops == 0 ? NULL : &p->ops[p->n_ops - 1];
    if (op == OP_AND && top != NULL && top->op == OP_BETWEEN && top->n_operands == 1)
        top->n_operands = 2;
    else
        status = push_op(p, op, position, 0);
    p->is_operand_next = 1;
    return status == RASK_OK ? next(p) : status;
}

static rask_status read_operator(struct parser *p)
{
    const struct token *t = &p->token;
    if (t->kind == TOKEN_SYMBOL && t->op != OP_LITERAL)
        return read_binary(p, t->op);
    if (is_symbol(p, ')') || is_symbol(p, ','))
        return read_bracket(p);
    if (is_word(p, WORD_AND) || is_word(p, WORD_OR))
        return read_binary(p, t->word == WORD_AND ? OP_AND : OP_OR);
    if (t->kind == TOKEN_WORD)
        return read_predicate(p);
    return fail(p, t->position, "an operator is missing here");
}

static rask_status parse(struct parser *p)
{
    rask_status status = next(p);
    p->is_operand_next = 1;
    while (status == RASK_OK && (p->token.kind != TOKEN_END || p->is_operand_next))
        status = p->is_operand_next ? read_operand(p) : read_operator(p);
    if (status == RASK_OK)
        status = reduce(p, LEVEL_OR);
    if (status == RASK_OK && p->n_ops > 0)
        status =
            fail(p, p->ops[p->n_ops - 1].position, "the parenthesis that opens here is not closed");
    assert(status != RASK_OK || p->n_operands == 1);
    return status;
}

rask_status rask_expr_new(const char *text, struct rask_expr **expr, struct rask_error *error)
{
    struct rask_expr *made = rask_alloc_zeroed(1, sizeof *made);
    struct parser *parser = rask_alloc_zeroed(1, sizeof *parser);
    rask_status status = RASK_OK;
    if (made != NULL)
        made->text = rask_strdup(text);
    if (made == NULL || parser == NULL || made->text == NULL) {
        status = rask_expr_no_memory(error);
    } else if (strlen(text) >= UINT32_MAX) {
        status = rask_error_set(error, RASK_ERR_LIMIT, "the condition is too long");
    } else {
        made->error = error;
        parser->expr = made;
        parser->error = error;
        status = parse(parser);
    }
    rask_free(parser);
    if (status != RASK_OK)
        rask_expr_free(made);
    else
        *expr = made;
    return status;
}

void rask_expr_free(struct rask_expr *expr)
{
    if (expr == NULL)
        return;
    for (size_t i = 0; i < expr->texts.count; i++)
        rask_free(expr->texts.items[i]);
    for (uint32_t i = 0; expr->regs != NULL && i < expr->n_regs + 2; i++) {
        rask_free(expr->regs[i].own_missing);
        rask_free(expr->regs[i].own_values);
        rask_buf_release(&expr->regs[i].bytes);
    }
    expr_texts_release(&expr->texts);
    expr_texts_release(&expr->names);
    expr_nodes_release(&expr->nodes);
    expr_values_release(&expr->list);
    rask_free(expr->regs);
    rask_free(expr->masks);
    rask_free(expr->order);
    rask_free(expr->text);
    rask_free(expr);
}

uint32_t rask_expr_n_columns(const struct rask_expr *expr)
{
    return (uint32_t)expr->names.count;
}

const char *rask_expr_column(const struct rask_expr *expr, uint32_t i)
{
    return expr->names.items[i];
}
