/* SPDX-License-Identifier: BSD-3-Clause */
/* expr_body.h: the inside of a condition; for expr*.c only.
 *
 * Parsing makes nodes in the order of evaluation: operands before their operator, each subtree a
 * contiguous run. So typing and evaluating are loops over the nodes, and depth costs no C stack. A
 * node's value lives in a register; registers are used as a stack, whose depth is known after
 * parsing. */
#ifndef RASK_KERN_EXPR_BODY_H
#define RASK_KERN_EXPR_BODY_H

#include "base/buf.h"
#include "base/vec.h"
#include "kern/expr.h"

#define NO_NODE UINT32_MAX

enum token_kind {
    TOKEN_END,
    TOKEN_NAME, /* a bare word that is no word of the language */
    TOKEN_QUOTED, /* a column in quotes or backticks */
    TOKEN_INT,
    TOKEN_FLOAT,
    TOKEN_TEXT,
    TOKEN_SYMBOL, /* `op`, or one of ( ) , in `symbol` */
    TOKEN_WORD /* a word of the language in `word` */
};

enum word {
    WORD_AND,
    WORD_OR,
    WORD_NOT,
    WORD_IN,
    WORD_BETWEEN,
    WORD_LIKE,
    WORD_IS,
    WORD_NULL,
    WORD_MISSING,
    WORD_TRUE,
    WORD_FALSE,
    N_WORDS
};

enum op {
    OP_LITERAL,
    OP_COLUMN,
    OP_OR,
    OP_AND,
    OP_NOT,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_IN,
    OP_BETWEEN,
    OP_LIKE,
    OP_IS_MISSING,
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_MOD,
    OP_NEG,
    OP_CONTAINS,
    OP_STARTS_WITH,
    OP_ENDS_WITH,
    OP_LOWER,
    OP_UPPER,
    OP_LENGTH,
    N_OPS
};

struct token {
    enum token_kind kind;
    enum op op; /* TOKEN_SYMBOL: an operator, or OP_LITERAL for punctuation */
    char symbol; /* TOKEN_SYMBOL: ( ) , or 0 */
    enum word word;
    uint32_t position; /* byte offset in the text */
    uint32_t n_bytes; /* of it in the text */
    int64_t number;
    double real;
    char *text; /* TOKEN_NAME, _QUOTED, _TEXT: terminated, in the expression's pool of texts */
    uint32_t text_bytes;
};

struct value {
    uint32_t type; /* rask_type */
    union {
        int64_t number;
        double real;
        struct rask_slice text;
    } as;
};

struct node {
    uint8_t op;
    uint8_t is_negated; /* IN, BETWEEN, LIKE, IS */
    uint16_t n_operands;
    uint32_t type; /* of the result, after binding */
    uint32_t position; /* in the text, for messages */
    uint32_t operand[3]; /* nodes */
    uint32_t first; /* the first node of its subtree */
    uint32_t scope; /* the and/or whose right side begins here, or NO_NODE */
    uint32_t column; /* OP_COLUMN: index into names, after binding into the batch */
    uint32_t list, n_list; /* OP_IN: its values in the list */
    struct value value; /* OP_LITERAL; OP_LIKE: the pattern */
};

/* A node's value for the rows of a batch. */
struct reg {
    const uint8_t *missing; /* NULL: none */
    const void *values; /* int64_t, double or struct rask_slice by type; one when `is_scalar` */
    int is_scalar;
    uint8_t *own_missing;
    void *own_values;
    struct rask_buf bytes; /* of texts made here */
};

RASK_VEC_DEFINE(expr_nodes, struct node);
RASK_VEC_DEFINE(expr_values, struct value);
RASK_VEC_DEFINE(expr_texts, char *);

struct rask_expr {
    char *text;
    struct expr_nodes nodes;
    struct expr_values list;
    struct expr_texts texts; /* names and texts of the source, owned */
    struct expr_texts names; /* columns, each once; in texts */
    struct reg *regs; /* [n_regs + 2]: the last two are for BETWEEN */
    uint8_t (*masks)[RASK_BATCH_ROWS]; /* [n_masks]: the rows that the running part must look at */
    int8_t *order; /* [RASK_BATCH_ROWS] outcome of comparing */
    uint32_t n_regs, n_masks;
    uint32_t failed_row, failed_node; /* of the batch being evaluated; UINT32_MAX: none */
    int is_out_of_memory;
    struct rask_error *error; /* of the public call that is running; may be NULL */
};

/* expr_lex.c: the next token at *at; RASK_ERR_SYNTAX or RASK_ERR_MEMORY. */
rask_status rask_expr_token(struct rask_expr *expr, uint32_t *at, struct token *token,
                            struct rask_error *error);
/* Fills expr->error: the text (or the part around the place), the character at `position`, counted
 * from 1, and the message. */
rask_status rask_expr_fail(const struct rask_expr *expr, rask_status code, uint32_t position,
                           const char *format, ...) RASK_PRINTF(4, 5);
rask_status rask_expr_no_memory(struct rask_error *error);
const char *rask_expr_op_name(uint32_t op);

/* expr_bind.c: compares two values of literals of one type; for IN's search too. */
int rask_expr_value_compare(const struct value *a, const struct value *b);

/* expr_text.c: whether the text is like the pattern. */
int rask_expr_is_like(struct rask_slice text, struct rask_slice pattern);
int rask_expr_contains(struct rask_slice text, struct rask_slice part);

#endif
