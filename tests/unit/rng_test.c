/* SPDX-License-Identifier: BSD-3-Clause */
/* rng_test.c: the published sequence, bounds, and no visible bias. */
#include "base/rng.h"
#include "unit.h"

/* First outputs for the state {1, 2, 3, 4}, as the authors' program gives them. */
static void follows_the_published_sequence(void)
{
    static const uint64_t expected[] = {11520, 0, 1509978240, 1215971899390074240};
    struct rask_rng rng = {{1, 2, 3, 4}};
    for (int i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(rask_rng_next64(&rng), expected[i]);
}

/* First outputs of splitmix64 for the seed 1234567. */
static void seeds_through_splitmix64(void)
{
    struct rask_rng rng;
    rask_rng_seed(&rng, 1234567);
    CU_ASSERT_EQUAL(rng.s[0], UINT64_C(6457827717110365317));
    CU_ASSERT_EQUAL(rng.s[1], UINT64_C(3203168211198807973));
    rask_rng_seed(&rng, 0);
    CU_ASSERT_NOT_EQUAL(rng.s[0] | rng.s[1] | rng.s[2] | rng.s[3], 0);
}

static void same_seed_same_numbers(void)
{
    struct rask_rng a, b, c;
    rask_rng_seed(&a, 42);
    rask_rng_seed(&b, 42);
    rask_rng_seed(&c, 43);
    int n_equal = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t number = rask_rng_next64(&a);
        CU_ASSERT_EQUAL(number, rask_rng_next64(&b));
        n_equal += number == rask_rng_next64(&c);
    }
    CU_ASSERT_EQUAL(n_equal, 0);
}

static void below_is_even(void)
{
    struct rask_rng rng;
    int counts[7] = {0};
    rask_rng_seed(&rng, 7);
    for (int i = 0; i < 70000; i++) {
        uint64_t number = rask_rng_below(&rng, 7);
        CU_ASSERT_FATAL(number < 7);
        counts[number]++;
    }
    for (int i = 0; i < 7; i++)
        CU_ASSERT(counts[i] > 9500 && counts[i] < 10500);
    CU_ASSERT_EQUAL(rask_rng_below(&rng, 1), 0);
    /* At 3/4 of the range, a multiply and shift alone gives multiples of 3 twice as often. */
    int n_multiples = 0;
    for (int i = 0; i < 30000; i++)
        n_multiples += rask_rng_below(&rng, UINT64_C(3) << 62) % 3 == 0;
    CU_ASSERT(n_multiples > 9500 && n_multiples < 10500);
}

RASK_UNIT_MAIN("rng", {"follows the published sequence", follows_the_published_sequence},
               {"seeds through splitmix64", seeds_through_splitmix64},
               {"same seed, same numbers", same_seed_same_numbers},
               {"below is even", below_is_even})
