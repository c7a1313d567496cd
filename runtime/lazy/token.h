/* SPDX-License-Identifier: BSD-3-Clause */
/* token.h: a 128-bit token of the content of typed values.
 *
 * Equal values give equal tokens in every process, run and rank; values of different type or
 * structure give different ones. A token is started, fed with values, and read:
 *
 *     struct rask_token token;
 *     rask_token_begin(&token);
 *     rask_token_bytes(&token, argument, n_bytes);
 *     rask_token_uint64(&token, 3);
 *     struct rask_key128 key = rask_token_end(&token);
 *
 * A number and its bytes are two values; a sequence keeps its order. Every value is written as a
 * type byte, lengths where needed and its bytes in little-endian order, so no two different inputs
 * feed the hash the same bytes. */
#ifndef RASK_LAZY_TOKEN_H
#define RASK_LAZY_TOKEN_H

#include "base/hash.h"

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

void rask_token_uint64(struct rask_token *token, uint64_t value);
void rask_token_bytes(struct rask_token *token, const void *bytes, size_t n_bytes);
/* A value that already has a token of its own (a nested value, the key of an input). */
void rask_token_key(struct rask_token *token, struct rask_key128 key);

/* Announces that the next `n_items` values are the items of one sequence, in order. */
void rask_token_sequence(struct rask_token *token, uint64_t n_items);

#endif
