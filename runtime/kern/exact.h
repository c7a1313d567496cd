/* SPDX-License-Identifier: BSD-3-Clause */
/* exact.h: exact sums of float64 and of their squares: the same number in any order, rounded once.
 *
 * The sum is a fixed-point number in two's complement. All of float64 needs 34 limbs of 64 bits
 * (for squares 67), but the values of one group mostly lie close together, so a sum is a window of
 * 4 limbs (squares 6) with a base, and only when a value lies outside is it replaced by the wide
 * form:
 *
 *   wide     | 0 | 1 | ... | base | base+1 | base+2 | base+3 | ... | 33 |    bit 0 of limb 0 =
 * 2^-1074 window                 |  0   |   1    |   2    | carries|
 *
 * A value touches two limbs (a square three) of the window, never the top one, and carries run
 * upward at once, so that the window always is the sum, without a form to be tidied. |top limb| <=
 * 2^62 outside of the functions. Infinities and NaN are flags. Adding costs 2 to 3 ns.
 *
 * Source of the idea (an accumulator over the whole range, mantissas added as integers): R. Neal,
 * "Fast exact summation using small and large superaccumulators", arXiv:1505.05571. The window,
 * full carries and two's complement differ from it.
 *
 * `pool` is where wide blocks come from; it is the same one in all calls for one sum. */
#ifndef RASK_KERN_EXACT_H
#define RASK_KERN_EXACT_H

#include "base/pool.h"
#include "kern/limbs.h"

#include <string.h>

#define RASK_SUM_LIMBS 4
#define RASK_SUM_WIDE_LIMBS 34
#define RASK_SUM_EXPONENT (-1074) /* of bit 0 */
#define RASK_SQUARES_LIMBS 6
#define RASK_SQUARES_WIDE_LIMBS 67
#define RASK_SQUARES_EXPONENT (-2148)

#define RASK_EXACT_IS_EMPTY \
    1u /* no finite value but 0 so far: limbs are 0, base is RASK_EXACT_NO_BASE */
#define RASK_EXACT_IS_WIDE 2u /* limb[0] is the wide block (flat: its offset), base as above */
#define RASK_EXACT_HAS_INF 4u
#define RASK_EXACT_HAS_NEG_INF 8u
#define RASK_EXACT_HAS_NAN 16u
#define RASK_EXACT_ALL_FLAGS 31u
/* Far from every value, so that the fast path of adding needs no other test. */
#define RASK_EXACT_NO_BASE (-1000)

struct rask_sum {
    int32_t base; /* limb of the wide form that limb[0] is; 0 .. wide limbs - limbs */
    uint32_t flags; /* RASK_EXACT_* */
    uint64_t limb[RASK_SUM_LIMBS];
};

struct rask_squares {
    int32_t base;
    uint32_t flags;
    uint64_t limb[RASK_SQUARES_LIMBS];
};

/* The two shapes, for the functions that treat them alike. `window` is a rask_sum or rask_squares.
 */
struct rask_exact_shape {
    uint32_t limbs, wide_limbs;
    uint32_t value_limbs; /* limbs that an added value may touch: 2 or 3 */
    int exponent; /* of bit 0 of the wide form */
};
extern const struct rask_exact_shape rask_sum_shape, rask_squares_shape;

void rask_sum_init(struct rask_sum *sum);
void rask_squares_init(struct rask_squares *squares);

/* The rare cases of adding: zero, subnormal, infinite, outside of the window. 0, or -1 for memory.
 */
int rask_sum_add_slow(struct rask_sum *sum, double value, struct rask_pool *pool);
int rask_squares_add_slow(struct rask_squares *squares, double value, struct rask_pool *pool);

/* Runs a carry of +1 or -1 from limb `from` up. 0, or 1 when the top limb has come to its bound. */
int rask_exact_carry(uint64_t *limb, uint32_t n_limbs, uint32_t from, int carry);
/* Replaces a window by the wide form. 0, or -1 for memory, and then it is as it was. */
int rask_exact_widen(const struct rask_exact_shape *shape, void *window, struct rask_pool *pool);

/* Adds one value: 0, or -1 for want of memory (the sum is then without it). */
static inline int rask_sum_add(struct rask_sum *sum, double value, struct rask_pool *pool)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t biased = (uint32_t)(bits >> 52) & 0x7ff;
    uint32_t position = biased - 1; /* of the mantissa's bit 0 above 2^-1074 */
    int32_t i = (int32_t)(position >> 6) - sum->base;
    if (__builtin_expect(position >= 0x7fe || (uint32_t)i > RASK_SUM_LIMBS - 3, 0))
        return rask_sum_add_slow(sum, value, pool);
    uint64_t mantissa = (bits & 0xfffffffffffff) | 0x10000000000000;
    uint64_t *limb = sum->limb + i;
    /* a - v = ~(~a + v): the sign turns the limbs over and not the value, and a carry out of the
     * second limb is then a borrow. */
    uint64_t sign = -(bits >> 63);
    uint32_t shift = position & 63;
    uint64_t low = mantissa << shift, high = mantissa >> 1 >> (shift ^ 63);
    high += __builtin_add_overflow(limb[0] ^ sign, low, &low); /* high < 2^53 */
    uint64_t out = __builtin_add_overflow(limb[1] ^ sign, high, &high);
    limb[0] = low ^ sign;
    limb[1] = high ^ sign;
    if (__builtin_expect(out != 0, 0) &&
        rask_exact_carry(sum->limb, RASK_SUM_LIMBS, (uint32_t)i + 2, sign == 0 ? 1 : -1) != 0)
        return rask_exact_widen(&rask_sum_shape, sum, pool);
    return 0;
}

/* Adds value * value, exactly. */
static inline int rask_squares_add(struct rask_squares *squares, double value,
                                   struct rask_pool *pool)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t biased = (uint32_t)(bits >> 52) & 0x7ff;
    uint32_t position = 2 * (biased - 1); /* of the square's bit 0 above 2^-2148 */
    int32_t i = (int32_t)(position >> 6) - squares->base;
    if (__builtin_expect(biased - 1 >= 0x7fe || (uint32_t)i > RASK_SQUARES_LIMBS - 4, 0))
        return rask_squares_add_slow(squares, value, pool);
    uint64_t mantissa = (bits & 0xfffffffffffff) | 0x10000000000000;
    rask_u128 square = (rask_u128)mantissa * mantissa; /* < 2^106, so third < 2^42 */
    uint32_t shift = position & 63;
    uint64_t square_low = (uint64_t)square, square_high = (uint64_t)(square >> 64);
    uint64_t *limb = squares->limb + i;
    uint64_t first = square_low << shift;
    uint64_t second = square_high << shift | square_low >> 1 >> (shift ^ 63);
    uint64_t third = square_high >> 1 >> (shift ^ 63);
    uint64_t carry = __builtin_add_overflow(limb[0], first, &limb[0]);
    third += __builtin_add_overflow(second, carry, &second);
    third += __builtin_add_overflow(limb[1], second, &limb[1]);
    uint64_t out = __builtin_add_overflow(limb[2], third, &limb[2]);
    if (__builtin_expect(out != 0, 0) &&
        rask_exact_carry(squares->limb, RASK_SQUARES_LIMBS, (uint32_t)i + 3, 1) != 0)
        return rask_exact_widen(&rask_squares_shape, squares, pool);
    return 0;
}

/* Adds one accumulator to another; `from_wide` is the wide block of `from` when it has one (it may
 * lie in a flat table) and is not read else. 0, or -1 for memory, and then `window` is unchanged.
 */
int rask_exact_merge(const struct rask_exact_shape *shape, void *window, const void *from,
                     const void *from_wide, struct rask_pool *pool);

/* Brings the accumulator to the one form that its value has: the base is the lowest limb that is
 * not zero, and the form is wide only where no window holds it. */
void rask_exact_settle(const struct rask_exact_shape *shape, void *window, struct rask_pool *pool);

/* Whether these bytes are an accumulator in settled form; its wide block, if it has one, is `wide`.
 */
int rask_exact_is_settled(const struct rask_exact_shape *shape, const void *window,
                          const void *wide);

/* The value as wide limbs in two's complement. */
void rask_exact_limbs(const struct rask_exact_shape *shape, const void *window, const void *wide,
                      uint64_t *limbs);

/* The sum, correctly rounded; the sum / n (n > 0), correctly rounded. */
double rask_sum_value(const struct rask_sum *sum, const void *wide);
double rask_sum_mean(const struct rask_sum *sum, const void *wide, uint64_t n);
/* The sample variance (n * squares - sum^2) / (n (n - 1)), n > 1, correctly rounded, never
 * negative. */
double rask_exact_variance(const struct rask_sum *sum, const void *sum_wide,
                           const struct rask_squares *squares, const void *squares_wide,
                           uint64_t n);

/* Whole numbers: sum of 128 bits in two's complement, squares of 192 bits. */
double rask_int_sum_mean(const uint64_t sum[2], uint64_t n);
double rask_int_variance(const uint64_t sum[2], const uint64_t squares[3], uint64_t n);

static inline void rask_int_sum_add(uint64_t sum[2], int64_t value)
{
    rask_u128 t = (sum[0] | (rask_u128)sum[1] << 64) + (rask_u128)(rask_i128)value;
    sum[0] = (uint64_t)t;
    sum[1] = (uint64_t)(t >> 64);
}

static inline void rask_int_squares_add(uint64_t squares[3], int64_t value)
{
    rask_u128 square = (rask_u128)((rask_i128)value * value);
    rask_u128 old = squares[0] | (rask_u128)squares[1] << 64;
    rask_u128 new = old + square;
    squares[0] = (uint64_t) new;
    squares[1] = (uint64_t)(new >> 64);
    squares[2] += new < old;
}

#endif
