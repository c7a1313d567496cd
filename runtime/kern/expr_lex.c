/* SPDX-License-Identifier: BSD-3-Clause */
/* expr_lex.c: tokens of a condition, and messages that name a place in its text. */
#include "kern/expr_body.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/fmt.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What of a long text a message shows: this many bytes before and behind the place. */
#define SHOWN_BEFORE 60
#define SHOWN_BEHIND 40
#define MESSAGE_BYTES 201
#define MAX_NUMBER_BYTES 400

static const char *const words[N_WORDS] = {"and", "or",   "not",     "in",   "between", "like",
                                           "is",  "null", "missing", "true", "false"};

static const char *const op_names[N_OPS] = {"a literal", "a column", "or",          "and",
                                            "not",       "=",        "!=",          "<",
                                            "<=",        ">",        ">=",          "in",
                                            "between",   "like",     "is missing",  "+",
                                            "-",         "*",        "/",           "%",
                                            "-",         "contains", "starts_with", "ends_with",
                                            "lower",     "upper",    "length"};

const char *rask_expr_op_name(uint32_t op)
{
    return op_names[op];
}

rask_status rask_expr_no_memory(struct rask_error *error)
{
    return rask_error_memory(error, sizeof(struct node), "a condition");
}

static int is_inside_character(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

rask_status rask_expr_fail(const struct rask_expr *expr, rask_status code, uint32_t position,
                           const char *format, ...)
{
    const char *text = expr->text;
    char message[MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    size_t from = position > SHOWN_BEFORE ? position - SHOWN_BEFORE : 0;
    while (from < position && is_inside_character(text[from]))
        from++;
    size_t to = position + strnlen(text + position, SHOWN_BEHIND);
    while (to > position && is_inside_character(text[to]))
        to--;
    unsigned long character = 1;
    for (size_t i = 0; i < position; i++)
        character += !is_inside_character(text[i]);
    return rask_error_set(expr->error, code, "'%s%.*s%s' at character %lu: %s",
                          from > 0 ? "..." : "", (int)(to - from), text + from,
                          text[to] != '\0' ? "..." : "", character, message);
}

static int is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || (unsigned char)c >= 0x80;
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* An owned copy; NULL for want of memory. */
static char *keep(struct rask_expr *expr, const char *text, size_t n)
{
    char *copy = rask_alloc(n + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, n);
    copy[n] = '\0';
    if (expr_texts_push(&expr->texts, copy) == 0)
        return copy;
    rask_free(copy);
    return NULL;
}

/* A run in quotes at *at, a doubled quote stands for itself. */
static rask_status read_quoted(struct rask_expr *expr, uint32_t *at, struct token *token,
                               struct rask_error *error)
{
    const char *text = expr->text;
    char quote = text[*at];
    uint32_t from = *at + 1, to = from, n = 0;
    while (text[to] != '\0' && (text[to] != quote || text[to + 1] == quote))
        to += text[to] == quote ? 2 : 1;
    if (text[to] == '\0')
        return rask_expr_fail(expr, RASK_ERR_SYNTAX, *at, "the %s that begins here has no end",
                              quote == '\'' ? "text" : "column name");
    char *copy = keep(expr, text + from, to - from);
    if (copy == NULL)
        return rask_expr_no_memory(error);
    for (uint32_t i = from; i < to; i += text[i] == quote ? 2 : 1)
        copy[n++] = text[i];
    copy[n] = '\0';
    token->kind = quote == '\'' ? TOKEN_TEXT : TOKEN_QUOTED;
    token->text = copy;
    token->text_bytes = n;
    *at = to + 1;
    return RASK_OK;
}

static rask_status read_number(struct rask_expr *expr, uint32_t *at, struct token *token)
{
    const char *text = expr->text;
    uint32_t from = *at, to = from;
    int is_whole = 1;
    while (is_digit(text[to]))
        to++;
    if (text[to] == '.') {
        is_whole = 0;
        for (to++; is_digit(text[to]);)
            to++;
    }
    if (text[to] == 'e' || text[to] == 'E') {
        is_whole = 0;
        to += text[to + 1] == '+' || text[to + 1] == '-' ? 2 : 1;
        while (is_digit(text[to]))
            to++;
    }
    char copy[MAX_NUMBER_BYTES + 1];
    uint32_t n = to - from;
    int is_fine = n <= MAX_NUMBER_BYTES && !is_name_byte(text[to]);
    if (is_fine) {
        memcpy(copy, text + from, n);
        copy[n] = '\0';
        token->kind = TOKEN_INT;
        if (!is_whole || rask_parse_int64(copy, INT64_MIN, INT64_MAX, &token->number) != RASK_OK) {
            token->kind = TOKEN_FLOAT;
            is_fine = rask_parse_double(copy, -__DBL_MAX__, __DBL_MAX__, &token->real) == RASK_OK;
        }
    }
    if (!is_fine)
        return rask_expr_fail(expr, RASK_ERR_SYNTAX, from, "this is no number");
    *at = to;
    return RASK_OK;
}

static int is_word(const char *text, size_t n, const char *word)
{
    if (strlen(word) != n)
        return 0;
    for (size_t i = 0; i < n; i++)
        if ((text[i] | 0x20) != word[i])
            return 0;
    return 1;
}

static rask_status read_name(struct rask_expr *expr, uint32_t *at, struct token *token,
                             struct rask_error *error)
{
    const char *text = expr->text + *at;
    uint32_t n = 0;
    while (is_name_byte(text[n]))
        n++;
    *at += n;
    for (int i = 0; i < N_WORDS; i++)
        if (is_word(text, n, words[i])) {
            token->kind = TOKEN_WORD;
            token->word = (enum word)i;
            return RASK_OK;
        }
    token->kind = TOKEN_NAME;
    token->text = keep(expr, text, n);
    token->text_bytes = n;
    return token->text == NULL ? rask_expr_no_memory(error) : RASK_OK;
}

static rask_status read_symbol(struct rask_expr *expr, uint32_t *at, struct token *token)
{
    static const struct {
        const char *text;
        enum op op;
    } symbols[] = {{"==", OP_EQ}, {"=", OP_EQ},      {"!=", OP_NE},     {"<>", OP_NE},
                   {"<=", OP_LE}, {"<", OP_LT},      {">=", OP_GE},     {">", OP_GT},
                   {"+", OP_ADD}, {"-", OP_SUB},     {"*", OP_MUL},     {"/", OP_DIV},
                   {"%", OP_MOD}, {"(", OP_LITERAL}, {")", OP_LITERAL}, {",", OP_LITERAL}};
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        size_t n = strlen(symbols[i].text);
        if (strncmp(expr->text + *at, symbols[i].text, n) != 0)
            continue;
        token->kind = TOKEN_SYMBOL;
        token->op = symbols[i].op;
        token->symbol = symbols[i].op == OP_LITERAL ? symbols[i].text[0] : 0;
        *at += (uint32_t)n;
        return RASK_OK;
    }
    return rask_expr_fail(expr, RASK_ERR_SYNTAX, *at,
                          "a condition cannot have this character here");
}

rask_status rask_expr_token(struct rask_expr *expr, uint32_t *at, struct token *token,
                            struct rask_error *error)
{
    const char *text = expr->text;
    while (text[*at] == ' ' || (text[*at] >= '\t' && text[*at] <= '\r'))
        (*at)++;
    *token = (struct token){.kind = TOKEN_END, .op = OP_LITERAL, .position = *at};
    char c = text[*at];
    rask_status status = RASK_OK;
    if (c == '\'' || c == '"' || c == '`')
        status = read_quoted(expr, at, token, error);
    else if (is_digit(c) || (c == '.' && is_digit(text[*at + 1])))
        status = read_number(expr, at, token);
    else if (is_name_byte(c))
        status = read_name(expr, at, token, error);
    else if (c != '\0')
        status = read_symbol(expr, at, token);
    token->n_bytes = *at - token->position;
    return status;
}
