/* SPDX-License-Identifier: BSD-3-Clause */
/* token_test.c: equal values have equal tokens, and different ones, also nearly equal ones,
 * different tokens. */
#include "lazy/token.h"
#include "unit.h"

#include <float.h>
#include <math.h>
#include <string.h>

static struct rask_key128 of_double(double value)
{
    struct rask_token token;
    rask_token_begin(&token);
    rask_token_double(&token, value);
    return rask_token_end(&token);
}

static struct rask_key128 of_int64(int64_t value)
{
    struct rask_token token;
    rask_token_begin(&token);
    rask_token_int64(&token, value);
    return rask_token_end(&token);
}

static struct rask_key128 of_text(const char *text)
{
    struct rask_token token;
    rask_token_begin(&token);
    rask_token_text(&token, text, strlen(text));
    return rask_token_end(&token);
}

static struct rask_key128 of_texts(const char *a, const char *b)
{
    struct rask_token token;
    rask_token_begin(&token);
    rask_token_text(&token, a, strlen(a));
    rask_token_text(&token, b, strlen(b));
    return rask_token_end(&token);
}

static void dictionaries_have_no_order(void)
{
    struct rask_token_pair forward[3], backward[3], other[3];
    const char *names[3] = {"alpha", "beta", "gamma"};
    struct rask_key128 keys[3];
    for (int i = 0; i < 3; i++) {
        forward[i] = (struct rask_token_pair){of_text(names[i]), of_int64(i)};
        backward[2 - i] = forward[i];
        other[i] = (struct rask_token_pair){of_text(names[i]), of_int64(2 - i)};
    }
    struct rask_token_pair *dictionaries[3] = {forward, backward, other};
    for (int i = 0; i < 3; i++) {
        struct rask_token token;
        rask_token_begin(&token);
        rask_token_dictionary(&token, dictionaries[i], 3);
        keys[i] = rask_token_end(&token);
    }
    CU_ASSERT(rask_key128_equal(keys[0], keys[1]));
    CU_ASSERT_FALSE(rask_key128_equal(keys[0], keys[2]));
}

static void sequences_have_an_order(void)
{
    CU_ASSERT(rask_key128_equal(of_texts("a", "b"), of_texts("a", "b")));
    CU_ASSERT_FALSE(rask_key128_equal(of_texts("a", "b"), of_texts("b", "a")));
    CU_ASSERT_FALSE(rask_key128_equal(of_texts("ab", "c"), of_texts("a", "bc")));
}

/* (1, (2, 3)) and ((1, 2), 3) hold the same numbers in the same order. */
static void nesting_counts(void)
{
    struct rask_token left, right;
    rask_token_begin(&left);
    rask_token_sequence(&left, 2);
    rask_token_int64(&left, 1);
    rask_token_sequence(&left, 2);
    rask_token_int64(&left, 2);
    rask_token_int64(&left, 3);
    rask_token_begin(&right);
    rask_token_sequence(&right, 2);
    rask_token_sequence(&right, 2);
    rask_token_int64(&right, 1);
    rask_token_int64(&right, 2);
    rask_token_int64(&right, 3);
    CU_ASSERT_FALSE(rask_key128_equal(rask_token_end(&left), rask_token_end(&right)));
}

static void doubles_by_value(void)
{
    double other_nan = 0;
    uint64_t bits = UINT64_C(0xfff8000000001234);
    memcpy(&other_nan, &bits, sizeof bits);
    CU_ASSERT(rask_key128_equal(of_double(NAN), of_double(other_nan)));
    CU_ASSERT_FALSE(rask_key128_equal(of_double(NAN), of_double(INFINITY)));
    CU_ASSERT_FALSE(rask_key128_equal(of_double(0.0), of_double(-0.0)));
    CU_ASSERT_FALSE(rask_key128_equal(of_double(1.0), of_double(1.0 + DBL_EPSILON)));
    CU_ASSERT_FALSE(rask_key128_equal(of_double(1.0), of_int64(1)));
}

static void types_count(void)
{
    struct rask_token tokens[6];
    struct rask_key128 keys[6];
    for (int i = 0; i < 6; i++)
        rask_token_begin(&tokens[i]);
    rask_token_bool(&tokens[0], 7);
    rask_token_int64(&tokens[1], 1);
    rask_token_uint64(&tokens[2], 1);
    rask_token_text(&tokens[3], "1", 1);
    rask_token_bytes(&tokens[4], "1", 1);
    rask_token_null(&tokens[5]);
    for (int i = 0; i < 6; i++)
        keys[i] = rask_token_end(&tokens[i]);
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < i; j++)
            CU_ASSERT_FALSE(rask_key128_equal(keys[i], keys[j]));
    rask_token_begin(&tokens[1]);
    rask_token_bool(&tokens[1], 1);
    CU_ASSERT(rask_key128_equal(keys[0], rask_token_end(&tokens[1])));
}

static struct rask_key128 of_array(uint32_t dtype, int64_t rows, int64_t columns)
{
    static const double elements[6] = {1, 2, 3, 4, 5, 6};
    struct rask_token token;
    rask_token_begin(&token);
    rask_token_array(&token, &(struct rask_token_array_view){.dtype = dtype,
                                                             .n_dims = 2,
                                                             .shape = (int64_t[]){rows, columns},
                                                             .elements = elements,
                                                             .n_bytes = sizeof elements});
    return rask_token_end(&token);
}

static void arrays_by_type_and_shape(void)
{
    CU_ASSERT(rask_key128_equal(of_array(4, 2, 3), of_array(4, 2, 3)));
    CU_ASSERT_FALSE(rask_key128_equal(of_array(4, 2, 3), of_array(4, 3, 2)));
    CU_ASSERT_FALSE(rask_key128_equal(of_array(4, 2, 3), of_array(5, 2, 3)));
}

/* Keys are kept in durable stores, so they are the same in every version: this one was recorded. */
static void tokens_stay_as_they_are(void)
{
    char text[RASK_KEY128_TEXT_BYTES];
    struct rask_token token;
    rask_token_begin(&token);
    rask_token_text(&token, "rask", 4);
    rask_token_int64(&token, -2);
    rask_token_double(&token, 0.5);
    CU_ASSERT_STRING_EQUAL(rask_key128_text(rask_token_end(&token), text),
                           "bcd9071bd57fbb78fa976bbebd2c0fea");
}

RASK_UNIT_MAIN("token", {"a dictionary has no order", dictionaries_have_no_order},
               {"a sequence has one", sequences_have_an_order}, {"nesting counts", nesting_counts},
               {"doubles: one NaN, two zeros, no integers", doubles_by_value},
               {"types count", types_count},
               {"arrays: element type and shape count", arrays_by_type_and_shape},
               {"tokens stay as they are", tokens_stay_as_they_are})
