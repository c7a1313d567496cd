/* SPDX-License-Identifier: BSD-3-Clause */
/* exact_test.c: exact sums against a slow reference: 32-bit digits in int64_t, one for each 32 bits
 * of the range of squares of float64. The reference checks a result by measuring its distance from
 * the exact number in half units of its last place, so it needs no rounding of its own. */
#include "base/alloc.h"
#include "kern/exact.h"
#include "unit.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#define N_DIGITS 150
#define REF_EXPONENT (-2304) /* of digit 0's bit 0 */

struct reference {
    int64_t digit[N_DIGITS];
};

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static void tidy(struct reference *r)
{
    for (int i = 0; i + 1 < N_DIGITS; i++) {
        int64_t carry = r->digit[i] >> 32;
        r->digit[i] -= carry * (INT64_C(1) << 32);
        r->digit[i + 1] += carry;
    }
}

/* r += sign * m * 2^exponent, bit by bit groups of 16. */
static void ref_add_int(struct reference *r, uint64_t m, int exponent, int sign)
{
    for (int part = 0; part < 4; part++) {
        int64_t bits = (int64_t)(m >> (16 * part) & 0xffff);
        int at = exponent + 16 * part - REF_EXPONENT;
        r->digit[at / 32] += sign * (bits << (at % 32));
    }
    tidy(r);
}

static void ref_add(struct reference *r, double x)
{
    if (x == 0)
        return;
    int exponent;
    double fraction = frexp(fabs(x), &exponent);
    ref_add_int(r, (uint64_t)ldexp(fraction, 53), exponent - 53, x < 0 ? -1 : 1);
}

/* x * x by splitting the mantissa in halves. */
static void ref_add_square(struct reference *r, double x)
{
    int exponent;
    double fraction = frexp(fabs(x), &exponent);
    uint64_t m = (uint64_t)ldexp(fraction, 53), high = m >> 27, low = m & ((1 << 27) - 1);
    int e = 2 * (exponent - 53);
    ref_add_int(r, high * high, e + 54, 1);
    ref_add_int(r, high * low, e + 28, 1);
    ref_add_int(r, low * low, e, 1);
}

static int ref_sign(const struct reference *r)
{
    for (int i = N_DIGITS - 1; i >= 0; i--)
        if (r->digit[i] != 0)
            return r->digit[i] < 0 ? -1 : 1;
    return 0;
}

/* r *= by: the top digit holds the sign, all others are in [0, 2^32). */
static void ref_scale(struct reference *r, int64_t by)
{
    for (int i = 0; i < N_DIGITS; i++)
        r->digit[i] *= by;
    tidy(r);
}

static void ref_subtract(struct reference *r, const struct reference *other)
{
    for (int i = 0; i < N_DIGITS; i++)
        r->digit[i] -= other->digit[i];
    tidy(r);
}

/* Whether |r - value| <= half an ulp of value, and even on a tie. `scale` (small): r stands for
 * scale * the number, so that quotients are checked without dividing. */
static int is_nearest(const struct reference *number, double value, int64_t scale)
{
    struct reference r = *number, v = {0}, ulp = {0};
    int exponent;
    ref_add(&v, value);
    ref_scale(&v, scale);
    ref_subtract(&r, &v);
    ref_scale(&r, 2 * ref_sign(&r));
    frexp(value, &exponent);
    int ulp_exponent = value == 0 || exponent - 53 < -1074 ? -1074 : exponent - 53;
    ref_add_int(&ulp, 1, ulp_exponent, 1);
    ref_scale(&ulp, scale);
    ref_subtract(&r, &ulp);
    int over = ref_sign(&r);
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return over < 0 || (over == 0 && (bits & 1) == 0);
}

static double random_double(uint64_t *state, int low_exponent, int high_exponent)
{
    uint64_t r = next_random(state);
    double mantissa = 1.0 + (double)(r >> 12) * 0x1p-52;
    int span = high_exponent - low_exponent + 1;
    int exponent = low_exponent + (int)(next_random(state) % (uint64_t)span);
    return ldexp(r & 1 ? -mantissa : mantissa, exponent);
}

struct range {
    int low, high;
};
static const struct range ranges[] = {{0, 6},      {-20, 20},      {-60, 60},    {-300, 300},
                                      {900, 1000}, {-1074, -1000}, {-1074, 990}, {30, 34}};
#define N_RANGES (sizeof ranges / sizeof ranges[0])

static void sums_are_nearest(void)
{
    struct rask_pool pool = {0};
    uint64_t seed = 1;
    for (size_t k = 0; k < N_RANGES; k++)
        for (int n = 1; n < 400; n = n * 3 / 2 + 1) {
            struct rask_sum sum;
            struct reference reference = {0};
            rask_sum_init(&sum);
            for (int i = 0; i < n; i++) {
                double x = random_double(&seed, ranges[k].low, ranges[k].high);
                CU_ASSERT_EQUAL(rask_sum_add(&sum, x, &pool), 0);
                ref_add(&reference, x);
            }
            const void *wide = (void *)(uintptr_t)sum.limb[0];
            CU_ASSERT(is_nearest(&reference, rask_sum_value(&sum, wide), 1));
            CU_ASSERT(is_nearest(&reference, rask_sum_mean(&sum, wide, (uint64_t)n), n));
        }
    rask_pool_release(&pool);
}

/* The reference computes n (n-1) var = n squares - sum^2 with the sum as an integer of few bits. */
static void variances_are_nearest(void)
{
    struct rask_pool pool = {0};
    uint64_t seed = 2;
    for (int n = 2; n < 600; n = n * 2 + 1)
        for (int offset_exponent = 0; offset_exponent < 45; offset_exponent += 11) {
            struct rask_sum sum;
            struct rask_squares squares;
            struct reference reference = {0}, square_of_sum = {0};
            rask_sum_init(&sum);
            rask_squares_init(&squares);
            int64_t total = 0;
            for (int i = 0; i < n; i++) {
                int64_t x = (INT64_C(1) << offset_exponent) + (int64_t)(next_random(&seed) % 100);
                total += x;
                CU_ASSERT_EQUAL(rask_sum_add(&sum, (double)x, &pool), 0);
                CU_ASSERT_EQUAL(rask_squares_add(&squares, (double)x, &pool), 0);
                ref_add_square(&reference, (double)x);
            }
            ref_scale(&reference, n);
            uint64_t low = (uint64_t)total & 0xffffffff, high = (uint64_t)total >> 32;
            ref_add_int(&square_of_sum, low * low, 0, 1);
            ref_add_int(&square_of_sum, high * low, 33, 1);
            ref_add_int(&square_of_sum, high * high, 64, 1);
            ref_subtract(&reference, &square_of_sum);
            double variance = rask_exact_variance(&sum, NULL, &squares, NULL, (uint64_t)n);
            CU_ASSERT(is_nearest(&reference, variance, (int64_t)n * (n - 1)));
        }
    rask_pool_release(&pool);
}

static void variance_of_tiny_and_huge_values(void)
{
    struct rask_pool pool = {0};
    struct rask_sum sum;
    struct rask_squares squares;
    rask_sum_init(&sum);
    rask_squares_init(&squares);
    double values[] = {1e300, -1e-300, 1e-300, 5e-324};
    struct reference r = {0};
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(rask_sum_add(&sum, values[i], &pool), 0);
        CU_ASSERT_EQUAL(rask_squares_add(&squares, values[i], &pool), 0);
        ref_add_square(&r, values[i]);
    }
    const void *wide = (void *)(uintptr_t)squares.limb[0];
    CU_ASSERT(squares.flags & RASK_EXACT_IS_WIDE);
    uint64_t limbs[RASK_SQUARES_WIDE_LIMBS];
    rask_exact_limbs(&rask_squares_shape, &squares, wide, limbs);
    for (int i = 0; i < N_DIGITS; i++) {
        int bit = REF_EXPONENT + 32 * i + 2148; /* of this digit in the limbs */
        uint64_t digit = 0;
        for (int k = 0; k < 32; k++) {
            int at = bit + k;
            uint64_t is_set =
                at >= 0 && at < 64 * RASK_SQUARES_WIDE_LIMBS ? limbs[at / 64] >> (at % 64) & 1 : 0;
            digit |= is_set << k;
        }
        CU_ASSERT_EQUAL(digit, (uint64_t)r.digit[i]);
    }
    CU_ASSERT_EQUAL(rask_exact_variance(&sum, (void *)(uintptr_t)sum.limb[0], &squares, wide, 4),
                    INFINITY);
    rask_pool_release(&pool);
}

enum { N_VALUES = 200, N_PARTS = 7 };

/* A sum and a sum of squares of the same values. */
struct both {
    struct rask_sum sum;
    struct rask_squares squares;
};

static const void *sum_wide(const struct both *both)
{
    return (const void *)(uintptr_t)both->sum.limb[0];
}

static const void *squares_wide(const struct both *both)
{
    return (const void *)(uintptr_t)both->squares.limb[0];
}

static void both_init(struct both *both)
{
    rask_sum_init(&both->sum);
    rask_squares_init(&both->squares);
}

static void both_add(struct both *both, double x, struct rask_pool *pool)
{
    int failed = rask_sum_add(&both->sum, x, pool) | rask_squares_add(&both->squares, x, pool);
    CU_ASSERT_EQUAL(failed, 0);
}

static void both_merge(struct both *to, const struct both *from, struct rask_pool *pool)
{
    int failed = rask_exact_merge(&rask_sum_shape, &to->sum, &from->sum, sum_wide(from), pool) |
                 rask_exact_merge(&rask_squares_shape, &to->squares, &from->squares,
                                  squares_wide(from), pool);
    CU_ASSERT_EQUAL(failed, 0);
}

static void both_settle(struct both *both, struct rask_pool *pool)
{
    rask_exact_settle(&rask_sum_shape, &both->sum, pool);
    rask_exact_settle(&rask_squares_shape, &both->squares, pool);
    CU_ASSERT(rask_exact_is_settled(&rask_sum_shape, &both->sum, sum_wide(both)));
    CU_ASSERT(rask_exact_is_settled(&rask_squares_shape, &both->squares, squares_wide(both)));
}

static int is_same(const struct both *a, const struct both *b)
{
    uint64_t x[RASK_SQUARES_WIDE_LIMBS], y[RASK_SQUARES_WIDE_LIMBS];
    if (a->sum.flags != b->sum.flags || a->squares.flags != b->squares.flags)
        return 0;
    rask_exact_limbs(&rask_sum_shape, &a->sum, sum_wide(a), x);
    rask_exact_limbs(&rask_sum_shape, &b->sum, sum_wide(b), y);
    if (memcmp(x, y, RASK_SUM_WIDE_LIMBS * sizeof *x) != 0)
        return 0;
    rask_exact_limbs(&rask_squares_shape, &a->squares, squares_wide(a), x);
    rask_exact_limbs(&rask_squares_shape, &b->squares, squares_wide(b), y);
    if (memcmp(x, y, sizeof x) != 0)
        return 0;
    return (a->sum.flags & RASK_EXACT_IS_WIDE) || memcmp(&a->sum, &b->sum, sizeof a->sum) == 0;
}

/* Splits the values over parts, merges these in a random tree, and compares with adding them in
 * order. */
static void check_tree(const double *x, uint64_t *seed)
{
    struct rask_pool pool = {0};
    struct both whole, part[N_PARTS];
    both_init(&whole);
    for (int i = 0; i < N_PARTS; i++)
        both_init(&part[i]);
    for (int i = 0; i < N_VALUES; i++) {
        both_add(&whole, x[i], &pool);
        both_add(&part[next_random(seed) % N_PARTS], x[N_VALUES - 1 - i], &pool);
    }
    for (uint64_t n = N_PARTS; n > 1; n--) {
        uint64_t to = next_random(seed) % (n - 1);
        if (next_random(seed) & 1)
            both_settle(&part[next_random(seed) & 1 ? to : n - 1], &pool);
        both_merge(&part[to], &part[n - 1], &pool);
    }
    both_settle(&whole, &pool);
    both_settle(&part[0], &pool);
    CU_ASSERT(is_same(&whole, &part[0]));
    rask_pool_release(&pool);
}

static void any_tree_of_merges_settles_to_the_same_bytes(void)
{
    uint64_t seed = 3;
    for (int round = 0; round < 30 * (int)N_RANGES; round++) {
        const struct range *range = &ranges[(size_t)round % N_RANGES];
        double x[N_VALUES];
        for (int i = 0; i < N_VALUES; i++)
            x[i] = random_double(&seed, range->low, range->high);
        for (int i = 0; round % 3 == 0 && i < N_VALUES / 2; i++)
            x[N_VALUES / 2 + i] = -x[i]; /* all cancels */
        check_tree(x, &seed);
    }
}

static double sum_of(const double *x, int n, struct rask_pool *pool)
{
    struct rask_sum sum;
    rask_sum_init(&sum);
    for (int i = 0; i < n; i++)
        CU_ASSERT_EQUAL(rask_sum_add(&sum, x[i], pool), 0);
    return rask_sum_value(&sum, (void *)(uintptr_t)sum.limb[0]);
}

static void known_sums(void)
{
    struct rask_pool pool = {0};
    CU_ASSERT_EQUAL(sum_of((double[]){1e308, 1e308, -1e308, -1e308, 1}, 5, &pool), 1.0);
    CU_ASSERT_EQUAL(sum_of((double[]){DBL_MAX, DBL_MAX}, 2, &pool), INFINITY);
    CU_ASSERT_EQUAL(sum_of((double[]){DBL_MAX, 0x1p969}, 2, &pool), DBL_MAX);
    CU_ASSERT_EQUAL(sum_of((double[]){DBL_MAX, 0x1p970}, 2, &pool), INFINITY);
    CU_ASSERT_EQUAL(sum_of((double[]){5e-324, 5e-324}, 2, &pool), 1e-323);
    CU_ASSERT_EQUAL(sum_of((double[]){1, 0x1p-53, 0x1p-1074}, 3, &pool), 1 + DBL_EPSILON);
    CU_ASSERT_EQUAL(sum_of((double[]){1, 0x1p-53}, 2, &pool), 1);
    CU_ASSERT_EQUAL(sum_of((double[]){INFINITY, 1}, 2, &pool), INFINITY);
    CU_ASSERT(isnan(sum_of((double[]){INFINITY, -INFINITY}, 2, &pool)));
    CU_ASSERT(isnan(sum_of((double[]){NAN, 1}, 2, &pool)));
    double zero = sum_of((double[]){0.1, -0.1}, 2, &pool);
    CU_ASSERT(zero == 0 && !signbit(zero));
    CU_ASSERT_EQUAL(sum_of(NULL, 0, &pool), 0.0);
    rask_pool_release(&pool);
}

static void ordinary_data_stay_in_the_window(void)
{
    struct rask_pool pool = {0};
    struct rask_sum sum;
    struct rask_squares squares;
    rask_sum_init(&sum);
    rask_squares_init(&squares);
    uint64_t seed = 4;
    for (int i = 0; i < 100000; i++) {
        double x = (double)(next_random(&seed) % 100000000) / 1e6;
        CU_ASSERT_EQUAL_FATAL(rask_sum_add(&sum, x, &pool) | rask_squares_add(&squares, x, &pool),
                              0);
    }
    CU_ASSERT_EQUAL((sum.flags | squares.flags) & RASK_EXACT_IS_WIDE, 0);
    CU_ASSERT_EQUAL(pool.bytes_in_use, 0);
    rask_pool_release(&pool);
}

static void whole_numbers_of_any_size(void)
{
    uint64_t sum[2] = {0}, squares[3] = {0};
    for (int i = 0; i < 4; i++) {
        int64_t x = i % 2 == 0 ? INT64_MAX : INT64_MIN;
        rask_int_sum_add(sum, x);
        rask_int_squares_add(squares, x);
    }
    CU_ASSERT_EQUAL(sum[0], (uint64_t)-2);
    CU_ASSERT_EQUAL(sum[1], UINT64_MAX);
    CU_ASSERT_EQUAL(rask_int_sum_mean(sum, 4), -0.5);
    /* (x + 1/2)^2 summed = 4 (2^63 - 1/2)^2, over 3 */
    CU_ASSERT_EQUAL(rask_int_variance(sum, squares, 4), 0x1p128 / 3);
}

static void want_of_memory_is_reported(void)
{
    struct rask_pool pool = {0};
    struct rask_sum sum;
    rask_sum_init(&sum);
    CU_ASSERT_EQUAL(rask_sum_add(&sum, 1e300, &pool), 0);
    rask_alloc_fail_at(1, 1);
    CU_ASSERT_EQUAL(rask_sum_add(&sum, 1e-300, &pool), -1);
    rask_alloc_fail_at(0, 0);
    CU_ASSERT_EQUAL(rask_sum_value(&sum, NULL), 1e300);
    rask_pool_release(&pool);
}

RASK_UNIT_MAIN("exact", {"sums and means are the nearest float64", sums_are_nearest},
               {"variances are the nearest float64", variances_are_nearest},
               {"squares over the whole range", variance_of_tiny_and_huge_values},
               {"any tree of merges settles to the same bytes",
                any_tree_of_merges_settles_to_the_same_bytes},
               {"known sums, infinities, NaN", known_sums},
               {"ordinary data stay in the window", ordinary_data_stay_in_the_window},
               {"whole numbers of any size", whole_numbers_of_any_size},
               {"want of memory is reported", want_of_memory_is_reported})
