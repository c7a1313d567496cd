/* SPDX-License-Identifier: BSD-3-Clause */
/* token.c: typed values as an unambiguous stream of bytes into the 128-bit hash.
 *
 * Each value is one type byte, then either a fixed number of bytes or a length and that many. A
 * reader could take the stream apart again, so two different lists of values never feed the hash
 * the same bytes. */
#include "lazy/token.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum token_type {
    TOKEN_NULL = 'n',
    TOKEN_BOOL = 'b',
    TOKEN_INT64 = 'i',
    TOKEN_UINT64 = 'u',
    TOKEN_DOUBLE = 'd',
    TOKEN_TEXT = 't',
    TOKEN_BYTES = 'y',
    TOKEN_KEY = 'k',
    TOKEN_SEQUENCE = 's',
    TOKEN_DICTIONARY = 'm',
    TOKEN_ARRAY = 'a',
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

void rask_token_null(struct rask_token *token)
{
    feed_type(token, TOKEN_NULL);
}

void rask_token_bool(struct rask_token *token, int is_true)
{
    feed_typed(token, TOKEN_BOOL, is_true != 0);
}

void rask_token_int64(struct rask_token *token, int64_t value)
{
    feed_typed(token, TOKEN_INT64, (uint64_t)value);
}

void rask_token_uint64(struct rask_token *token, uint64_t value)
{
    feed_typed(token, TOKEN_UINT64, value);
}

/* NaNs differ in sign and payload, which arithmetic does not promise to keep: one pattern stands
 * for all. */
void rask_token_double(struct rask_token *token, double value)
{
    uint64_t bits = UINT64_C(0x7ff8000000000000);
    if (!isnan(value))
        memcpy(&bits, &value, sizeof bits);
    feed_typed(token, TOKEN_DOUBLE, bits);
}

void rask_token_text(struct rask_token *token, const char *text, size_t n_bytes)
{
    feed_typed(token, TOKEN_TEXT, n_bytes);
    rask_hash_update(&token->hash, text, n_bytes);
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

static int compare_keys(struct rask_key128 a, struct rask_key128 b)
{
    if (a.hi != b.hi)
        return a.hi < b.hi ? -1 : 1;
    return a.lo < b.lo ? -1 : a.lo > b.lo;
}

static int compare_pairs(const void *a, const void *b)
{
    const struct rask_token_pair *x = a, *y = b;
    int order = compare_keys(x->name, y->name);
    return order != 0 ? order : compare_keys(x->value, y->value);
}

void rask_token_dictionary(struct rask_token *token, struct rask_token_pair *pairs, size_t n_items)
{
    assert(pairs != NULL || n_items == 0);
    if (n_items > 1)
        qsort(pairs, n_items, sizeof *pairs, compare_pairs);
    feed_typed(token, TOKEN_DICTIONARY, n_items);
    for (size_t i = 0; i < n_items; i++) {
        rask_token_key(token, pairs[i].name);
        rask_token_key(token, pairs[i].value);
    }
}

void rask_token_array(struct rask_token *token, const struct rask_token_array_view *array)
{
    feed_typed(token, TOKEN_ARRAY, array->dtype);
    feed_word(token, array->n_dims);
    for (uint32_t i = 0; i < array->n_dims; i++)
        feed_word(token, (uint64_t)array->shape[i]);
    feed_word(token, array->n_bytes);
    rask_hash_update(&token->hash, array->elements, array->n_bytes);
}
