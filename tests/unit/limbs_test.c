/* SPDX-License-Identifier: BSD-3-Clause */
/* limbs_test.c: big natural numbers: identities that arithmetic must keep, and rounding to float64
 * at its edges. */
#include "kern/limbs.h"
#include "unit.h"

#include <math.h>
#include <string.h>

static void squaring_and_dividing_agree(void)
{
    uint64_t state = 5;
    for (int round = 0; round < 2000; round++) {
        uint64_t a[8] = {0}, square[16], again[9];
        uint32_t n = 1 + (uint32_t)(round % 8);
        for (uint32_t i = 0; i < n; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            a[i] = round % 5 == 0 ? UINT64_MAX : state;
        }
        /* a * d / d = a without a rest */
        uint64_t divisor = state | 1;
        rask_limbs_scale(a, n, divisor, again);
        CU_ASSERT_EQUAL(rask_limbs_divide(again, n + 1, divisor), 0);
        CU_ASSERT(memcmp(again, a, n * 8) == 0 && again[n] == 0);
        /* (a + 1)^2 - a^2 = 2 a + 1, for a that does not overflow */
        a[n - 1] >>= 2;
        uint64_t plus[8], larger[16];
        memcpy(plus, a, sizeof plus);
        for (uint32_t i = 0; i < n && ++plus[i] == 0; i++)
            ;
        rask_limbs_square(a, n, square);
        rask_limbs_square(plus, n, larger);
        CU_ASSERT_EQUAL(rask_limbs_subtract(larger, square, 2 * n), 0);
        rask_limbs_scale(a, n, 2, again);
        again[0] |= 1;
        CU_ASSERT(memcmp(larger, again, n * 8) == 0);
    }
}

static void negative_numbers_are_turned(void)
{
    uint64_t a[2] = {0, UINT64_MAX}; /* -2^64 */
    CU_ASSERT_EQUAL(rask_limbs_absolute(a, 2), 1);
    CU_ASSERT(a[0] == 0 && a[1] == 1);
    CU_ASSERT_EQUAL(rask_limbs_absolute(a, 2), 0);
}

static void rounding_at_the_edges(void)
{
    uint64_t a[2] = {1, 0};
    CU_ASSERT_EQUAL(rask_limbs_to_double(a, 2, -1074, 0), 0x1p-1074);
    CU_ASSERT_EQUAL(rask_limbs_to_double(a, 2, -1075, 0), 0.0); /* a tie goes to even */
    CU_ASSERT_EQUAL(rask_limbs_to_double(a, 2, -1075, 1), 0x1p-1074);
    CU_ASSERT_EQUAL(rask_limbs_to_double(a, 2, -2000, 1), 0.0);
    CU_ASSERT_EQUAL(rask_limbs_to_double(a, 2, 1023, 0), 0x1p1023);
    CU_ASSERT_EQUAL(rask_limbs_to_double(a, 2, 1024, 0), INFINITY);
    a[0] = UINT64_MAX;
    CU_ASSERT_EQUAL(rask_limbs_to_double(a, 1, 0, 0), 0x1p64);
    CU_ASSERT_EQUAL(rask_limbs_to_double(a, 1, 960, 0), INFINITY); /* rounds up to 2^1024 */
    a[0] = (UINT64_C(1) << 53) + 1;
    CU_ASSERT_EQUAL(rask_limbs_to_double(a, 1, 0, 0), 0x1p53);
    CU_ASSERT_EQUAL(rask_limbs_to_double(a, 1, 0, 1), 0x1p53 + 2);
    a[0] = (UINT64_C(1) << 53) + 3;
    CU_ASSERT_EQUAL(rask_limbs_to_double(a, 1, 0, 0), 0x1p53 + 4);
    a[0] = 5;
    CU_ASSERT_EQUAL(rask_limbs_to_double(a, 1, -1075, 0), 0x1p-1073); /* 2.5 units */
}

static void quotients_are_nearest(void)
{
    uint64_t state = 9;
    for (int round = 0; round < 5000; round++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        uint64_t a = state >> 12, divisor = 1 + (state & 0xfff);
        /* both are exact in float64, whose division rounds correctly */
        CU_ASSERT_EQUAL(rask_limbs_quotient(&a, 1, 0, divisor, 1), (double)a / (double)divisor);
        CU_ASSERT_EQUAL(rask_limbs_quotient(&a, 1, -40, divisor, 1),
                        ldexp((double)a / (double)divisor, -40));
    }
    uint64_t one = 1;
    CU_ASSERT_EQUAL(rask_limbs_quotient(&one, 1, 0, UINT64_MAX, UINT64_MAX), 0x1p-128);
}

RASK_UNIT_MAIN("limbs", {"squaring and dividing agree", squaring_and_dividing_agree},
               {"negative numbers are turned", negative_numbers_are_turned},
               {"rounding at the edges", rounding_at_the_edges},
               {"quotients are nearest", quotients_are_nearest})
