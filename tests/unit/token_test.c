/* SPDX-License-Identifier: BSD-3-Clause */
/* token_test.c: equal values have equal tokens, and different ones, also nearly equal ones,
 * different tokens. */
#include "lazy/token.h"
#include "unit.h"

#include <string.h>

static struct rask_key128 of_two(const char *a, const char *b)
{
    struct rask_token token;
    rask_token_begin(&token);
    rask_token_bytes(&token, a, strlen(a));
    rask_token_bytes(&token, b, strlen(b));
    return rask_token_end(&token);
}

static void order_and_borders_count(void)
{
    CU_ASSERT(rask_key128_equal(of_two("a", "b"), of_two("a", "b")));
    CU_ASSERT_FALSE(rask_key128_equal(of_two("a", "b"), of_two("b", "a")));
    CU_ASSERT_FALSE(rask_key128_equal(of_two("ab", "c"), of_two("a", "bc")));
}

/* (1, (2, 3)) and ((1, 2), 3) hold the same numbers in the same order. */
static void nesting_counts(void)
{
    struct rask_token left, right;
    rask_token_begin(&left);
    rask_token_sequence(&left, 2);
    rask_token_uint64(&left, 1);
    rask_token_sequence(&left, 2);
    rask_token_uint64(&left, 2);
    rask_token_uint64(&left, 3);
    rask_token_begin(&right);
    rask_token_sequence(&right, 2);
    rask_token_sequence(&right, 2);
    rask_token_uint64(&right, 1);
    rask_token_uint64(&right, 2);
    rask_token_uint64(&right, 3);
    CU_ASSERT_FALSE(rask_key128_equal(rask_token_end(&left), rask_token_end(&right)));
}

static void types_count(void)
{
    const uint64_t one = 1;
    struct rask_token tokens[4];
    struct rask_key128 keys[4];
    for (int i = 0; i < 4; i++)
        rask_token_begin(&tokens[i]);
    rask_token_uint64(&tokens[0], one);
    rask_token_bytes(&tokens[1], &one, sizeof one);
    rask_token_key(&tokens[2], (struct rask_key128){.lo = one});
    rask_token_sequence(&tokens[3], one);
    for (int i = 0; i < 4; i++)
        keys[i] = rask_token_end(&tokens[i]);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < i; j++)
            CU_ASSERT_FALSE(rask_key128_equal(keys[i], keys[j]));
}

/* Keys are kept in durable stores, so they are the same in every version: this one was recorded. */
static void tokens_stay_as_they_are(void)
{
    char text[RASK_KEY128_TEXT_BYTES];
    struct rask_token token;
    rask_token_begin(&token);
    rask_token_bytes(&token, "rask", 4);
    rask_token_sequence(&token, 2);
    rask_token_uint64(&token, UINT64_MAX - 1);
    rask_token_key(&token, (struct rask_key128){1, 2});
    CU_ASSERT_STRING_EQUAL(rask_key128_text(rask_token_end(&token), text),
                           "a10fee51096a4a605920b2c505111bc9");
}

RASK_UNIT_MAIN("token", {"order and borders count", order_and_borders_count},
               {"nesting counts", nesting_counts}, {"types count", types_count},
               {"tokens stay as they are", tokens_stay_as_they_are})
