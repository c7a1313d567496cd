/* SPDX-License-Identifier: BSD-3-Clause */
/* token.c: typed values as an unambiguous stream of bytes into the 128-bit hash.
 *
 * Each value is one type byte, then either a fixed number of bytes or a length and that many. A
 * reader could take the stream apart again, so two different lists of values never feed the hash
 * the same bytes. */
#include "lazy/token.h"

enum token_type {
    TOKEN_UINT64 = 'u',
    TOKEN_BYTES = 'y',
    TOKEN_KEY = 'k',
    TOKEN_SEQUENCE = 's',
};

static void feed_word(struct rask_token *token, uint64_t value)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    rask_hash_update(&token->hash, bytes, sizeof bytes);
}

static void feed_type(struct rask_token *token, enum token_type type)
{
    unsigned char byte = (unsigned char)type;
    rask_hash_update(&token->hash, &byte, 1);
}

static void feed_typed(struct rask_token *token, enum token_type type, uint64_t value)
{
    feed_type(token, type);
    feed_word(token, value);
}

void rask_token_begin(struct rask_token *token)
{
    rask_hash_init(&token->hash);
}

struct rask_key128 rask_token_end(struct rask_token *token)
{
    return rask_hash_final(&token->hash);
}

void rask_token_uint64(struct rask_token *token, uint64_t value)
{
    feed_typed(token, TOKEN_UINT64, value);
}

void rask_token_bytes(struct rask_token *token, const void *bytes, size_t n_bytes)
{
    feed_typed(token, TOKEN_BYTES, n_bytes);
    rask_hash_update(&token->hash, bytes, n_bytes);
}

void rask_token_key(struct rask_token *token, struct rask_key128 key)
{
    feed_typed(token, TOKEN_KEY, key.lo);
    feed_word(token, key.hi);
}

void rask_token_sequence(struct rask_token *token, uint64_t n_items)
{
    feed_typed(token, TOKEN_SEQUENCE, n_items);
}
