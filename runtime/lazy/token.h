/* SPDX-License-Identifier: BSD-3-Clause */
/* token.h: a 128-bit token of the content of typed values.
 *
 * Equal values give equal tokens in every process, run and rank; values of different type or
 * structure give different ones. A token is started, fed with values, and read:
 *
 *     struct rask_token token;
 *     rask_token_begin(&token);
 *     rask_token_text(&token, "threshold", 9);
 *     rask_token_double(&token, 0.5);
 *     struct rask_key128 key = rask_token_end(&token);
 *
 * Rules: all NaNs are one value; -0.0 and 0.0 are two; int64 1 and double 1.0 are two; a sequence
 * keeps its order; a dictionary does not. Every value is written as a type byte, lengths where
 * needed and its bytes in little-endian order, so no two different inputs feed the hash the same
 * bytes. */
#ifndef RASK_LAZY_TOKEN_H
#define RASK_LAZY_TOKEN_H

#include "base/hash.h"

#include <rask/status.h>
#include <stddef.h>
#include <stdint.h>

/* A token under way. The fields are this file's own. */
struct rask_token {
    struct rask_hash hash;
};

/* Thread of all: any, one at a time per token. Owns: nothing; the values are read during the call.
 */
void rask_token_begin(struct rask_token *token);
struct rask_key128 rask_token_end(struct rask_token *token);

void rask_token_null(struct rask_token *token);
void rask_token_bool(struct rask_token *token, int is_true);
void rask_token_int64(struct rask_token *token, int64_t value);
void rask_token_uint64(struct rask_token *token, uint64_t value);
void rask_token_double(struct rask_token *token, double value);
void rask_token_text(struct rask_token *token, const char *text, size_t n_bytes);
void rask_token_bytes(struct rask_token *token, const void *bytes, size_t n_bytes);
/* A value that already has a token of its own (a nested value, the key of an input). */
void rask_token_key(struct rask_token *token, struct rask_key128 key);

/* Announces that the next `n_items` values are the items of one sequence, in order. */
void rask_token_sequence(struct rask_token *token, uint64_t n_items);

/* One dictionary: n_items pairs (tokens of name and value) in whatever order they were inserted.
 * `pairs` is sorted in place, which is why it is not const. A set is a dictionary whose values are
 * all the same. */
struct rask_token_pair {
    struct rask_key128 name, value;
};
void rask_token_dictionary(struct rask_token *token, struct rask_token_pair *pairs, size_t n_items);

/* An array: what its elements are (`dtype`, a code; arrays of equal bytes and different dtype
 * differ), its shape, and its elements in row-major order without gaps. */
struct rask_token_array_view {
    uint32_t dtype;
    uint32_t n_dims;
    const int64_t *shape;
    const void *elements;
    size_t n_bytes;
};
void rask_token_array(struct rask_token *token, const struct rask_token_array_view *array);

#endif
