/* SPDX-License-Identifier: BSD-3-Clause */
/* exact.c: exact sums: the slow paths, merging, the settled form, and the finish.
 *
 * The two shapes have the same struct but for the number of limbs, so one set of functions treats
 * both through struct window. Wide arithmetic wraps at the ends of the wide form, which sums of
 * fewer than 2^64 values do not reach. */
#include "kern/exact.h"

#include <assert.h>
#include <math.h>

/* Either shape, through which the compiler must not assume that no other struct is meant. */
struct __attribute__((may_alias)) window {
    int32_t base;
    uint32_t flags;
    uint64_t limb[];
};

/* Room for a copy of either. */
struct any_window {
    int32_t base;
    uint32_t flags;
    uint64_t limb[RASK_SQUARES_LIMBS];
};

#define MAX_WIDE RASK_SQUARES_WIDE_LIMBS
#define TOP_BOUND (UINT64_C(1) << 62)

const struct rask_exact_shape rask_sum_shape = {RASK_SUM_LIMBS, RASK_SUM_WIDE_LIMBS, 2,
                                                RASK_SUM_EXPONENT};
const struct rask_exact_shape rask_squares_shape = {RASK_SQUARES_LIMBS, RASK_SQUARES_WIDE_LIMBS, 3,
                                                    RASK_SQUARES_EXPONENT};

/* -2^62 <= top < 2^62 */
static int is_top_in_bounds(uint64_t top)
{
    return top + TOP_BOUND < 2 * TOP_BOUND;
}

static uint64_t sign_limb(uint64_t top)
{
    return top >> 63 ? UINT64_MAX : 0;
}

static void make_empty(struct window *w, uint32_t n_limbs)
{
    w->base = RASK_EXACT_NO_BASE;
    w->flags = RASK_EXACT_IS_EMPTY;
    memset(w->limb, 0, n_limbs * sizeof *w->limb);
}

void rask_sum_init(struct rask_sum *sum)
{
    make_empty((struct window *)sum, RASK_SUM_LIMBS);
}

void rask_squares_init(struct rask_squares *squares)
{
    make_empty((struct window *)squares, RASK_SQUARES_LIMBS);
}

int rask_exact_carry(uint64_t *limb, uint32_t n_limbs, uint32_t from, int carry)
{
    for (uint32_t i = from; i < n_limbs; i++) {
        limb[i] += (uint64_t)(int64_t)carry;
        if (limb[i] != (carry > 0 ? 0 : UINT64_MAX))
            break;
    }
    return !is_top_in_bounds(limb[n_limbs - 1]);
}

static uint64_t *wide_of(const struct window *w)
{
    return (uint64_t *)(uintptr_t)w->limb[0];
}

void rask_exact_limbs(const struct rask_exact_shape *shape, const void *window, const void *wide,
                      uint64_t *limbs)
{
    const struct window *w = window;
    if (w->flags & RASK_EXACT_IS_WIDE) {
        memcpy(limbs, wide, shape->wide_limbs * sizeof *limbs);
        return;
    }
    uint32_t base = w->flags & RASK_EXACT_IS_EMPTY ? 0 : (uint32_t)w->base;
    uint32_t end = base + shape->limbs;
    memset(limbs, 0, base * sizeof *limbs);
    memcpy(limbs + base, w->limb, shape->limbs * sizeof *limbs);
    uint64_t sign = sign_limb(w->limb[shape->limbs - 1]);
    for (uint32_t i = end; i < shape->wide_limbs; i++)
        limbs[i] = sign;
}

int rask_exact_widen(const struct rask_exact_shape *shape, void *window, struct rask_pool *pool)
{
    struct window *w = window;
    if (w->flags & RASK_EXACT_IS_WIDE)
        return 0;
    uint64_t *wide = rask_pool_take(pool, shape->wide_limbs * sizeof *wide);
    if (wide == NULL)
        return -1;
    rask_exact_limbs(shape, w, NULL, wide);
    memset(w->limb, 0, shape->limbs * sizeof *w->limb);
    w->limb[0] = (uint64_t)(uintptr_t)wide;
    w->base = RASK_EXACT_NO_BASE;
    w->flags = (w->flags & ~RASK_EXACT_IS_EMPTY) | RASK_EXACT_IS_WIDE;
    return 0;
}

/* a += b, both of n limbs in two's complement. */
static void add_limbs(uint64_t *a, const uint64_t *b, uint32_t n)
{
    uint64_t carry = 0;
    for (uint32_t i = 0; i < n; i++) {
        rask_u128 t = (rask_u128)a[i] + b[i] + carry;
        a[i] = (uint64_t)t;
        carry = (uint64_t)(t >> 64);
    }
}

/* Moves the window up (by > 0) or down so that its base changes by that many limbs. 0 when limbs
 * that would be lost are not empty, and then nothing has changed. */
static int move_window(const struct rask_exact_shape *shape, struct window *w, int32_t by)
{
    int32_t n = (int32_t)shape->limbs, base = w->base + by;
    if (by >= n || by <= -n || base < 0 || base > (int32_t)(shape->wide_limbs - shape->limbs))
        return 0;
    uint64_t moved[RASK_SQUARES_LIMBS];
    uint64_t sign = sign_limb(w->limb[n - 1]);
    for (int32_t i = 0; i < n; i++) {
        int32_t from = i + by;
        moved[i] = from < 0 ? 0 : from < n ? w->limb[from] : sign;
    }
    for (int32_t i = 0; i < by; i++)
        if (w->limb[i] != 0)
            return 0;
    for (int32_t i = n + by; i < n; i++)
        if (w->limb[i] != sign)
            return 0;
    if (!is_top_in_bounds(moved[n - 1]) || sign_limb(moved[n - 1]) != sign)
        return 0;
    memcpy(w->limb, moved, (size_t)n * sizeof *moved);
    w->base = base;
    return 1;
}

/* Makes room in the window for a value at wide limb `index`; 0 when it cannot be. */
static int reach(const struct rask_exact_shape *shape, struct window *w, int32_t index, int is_low)
{
    int32_t last = (int32_t)(shape->limbs - shape->value_limbs) - 1; /* highest place of a value */
    int32_t highest_base = (int32_t)(shape->wide_limbs - shape->limbs);
    if (w->flags & RASK_EXACT_IS_EMPTY) {
        int32_t base = index - is_low;
        w->base = base < 0 ? 0 : base > highest_base ? highest_base : base;
        w->flags &= ~RASK_EXACT_IS_EMPTY;
    }
    int32_t place = index - w->base;
    if (place < 0)
        return move_window(shape, w, place);
    return place <= last || move_window(shape, w, place - last);
}

/* A natural number from wide limb `index` on, to be added or subtracted. */
struct addend {
    uint64_t limb[3];
    int32_t index;
    int is_negative;
};

static int add_value(const struct rask_exact_shape *shape, struct window *w,
                     const struct addend *added, struct rask_pool *pool)
{
    /* The lower half of its limb leaves less than 32 bits below: then a limb more. */
    int is_low = added->limb[0] << 32 != 0;
    uint64_t addend[MAX_WIDE] = {0};
    if (!(w->flags & RASK_EXACT_IS_WIDE) && !reach(shape, w, added->index, is_low) &&
        rask_exact_widen(shape, w, pool) != 0)
        return -1;
    int is_wide = (w->flags & RASK_EXACT_IS_WIDE) != 0;
    uint32_t n = is_wide ? shape->wide_limbs : shape->limbs;
    uint64_t *limb = is_wide ? wide_of(w) : w->limb;
    uint32_t place = (uint32_t)(is_wide ? added->index : added->index - w->base);
    memcpy(addend + place, added->limb, shape->value_limbs * sizeof *addend);
    if (added->is_negative) {
        uint64_t carry = 1;
        for (uint32_t i = 0; i < n; i++) {
            addend[i] = ~addend[i] + carry;
            carry = carry && addend[i] == 0;
        }
    }
    add_limbs(limb, addend, n);
    if (!is_wide && !is_top_in_bounds(limb[n - 1]))
        return rask_exact_widen(shape, w, pool);
    return 0;
}

/* Splits a float64 into mantissa and position above 2^-1074. 0 when it is zero or not finite (then
 * with its flag in *flags). */
static int split_double(double value, uint64_t *mantissa, uint32_t *position, uint32_t *flags)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t biased = (uint32_t)(bits >> 52) & 0x7ff;
    uint64_t fraction = bits & 0xfffffffffffff;
    if (biased == 0x7ff) {
        if (fraction != 0)
            *flags |= RASK_EXACT_HAS_NAN;
        else
            *flags |= bits >> 63 ? RASK_EXACT_HAS_NEG_INF : RASK_EXACT_HAS_INF;
        return 0;
    }
    *mantissa = biased == 0 ? fraction : fraction | 0x10000000000000;
    *position = biased == 0 ? 0 : biased - 1;
    return *mantissa != 0;
}

int rask_sum_add_slow(struct rask_sum *sum, double value, struct rask_pool *pool)
{
    uint64_t mantissa;
    uint32_t position;
    if (!split_double(value, &mantissa, &position, &sum->flags))
        return 0;
    rask_u128 part = (rask_u128)mantissa << (position & 63);
    struct addend added = {
        {(uint64_t)part, (uint64_t)(part >> 64), 0}, (int32_t)(position >> 6), signbit(value) != 0};
    return add_value(&rask_sum_shape, (struct window *)sum, &added, pool);
}

int rask_squares_add_slow(struct rask_squares *squares, double value, struct rask_pool *pool)
{
    uint64_t mantissa;
    uint32_t position;
    if (!split_double(fabs(value), &mantissa, &position, &squares->flags))
        return 0;
    rask_u128 square = (rask_u128)mantissa * mantissa;
    uint32_t shift = 2 * position & 63;
    rask_u128 low = square << shift;
    uint64_t high = (uint64_t)(square >> 64 >> (63 - shift) >> 1);
    struct addend added = {
        {(uint64_t)low, (uint64_t)(low >> 64), high}, (int32_t)(2 * position >> 6), 0};
    return add_value(&rask_squares_shape, (struct window *)squares, &added, pool);
}

#define SPECIAL_FLAGS (RASK_EXACT_HAS_INF | RASK_EXACT_HAS_NEG_INF | RASK_EXACT_HAS_NAN)

/* Copies `from` to *moved and moves one of the two windows to the base of the other; 0 when neither
 * can be moved. */
static int align(const struct rask_exact_shape *shape, struct window *w, const struct window *from,
                 struct any_window *moved)
{
    memcpy(moved, from, sizeof *from + shape->limbs * sizeof *from->limb);
    return w->base == from->base || move_window(shape, w, from->base - w->base) ||
           move_window(shape, (struct window *)moved, w->base - from->base);
}

int rask_exact_merge(const struct rask_exact_shape *shape, void *window, const void *from,
                     const void *from_wide, struct rask_pool *pool)
{
    struct window *w = window;
    const struct window *f = from;
    uint32_t special = f->flags & SPECIAL_FLAGS;
    if (f->flags & RASK_EXACT_IS_EMPTY) {
        w->flags |= special;
        return 0;
    }
    if (w->flags & RASK_EXACT_IS_EMPTY && !(f->flags & RASK_EXACT_IS_WIDE)) {
        special |= w->flags & SPECIAL_FLAGS;
        memcpy(w, f, sizeof *w + shape->limbs * sizeof *w->limb);
        w->flags = special;
        return 0;
    }
    struct any_window moved;
    if (!((w->flags | f->flags) & RASK_EXACT_IS_WIDE) && align(shape, w, f, &moved)) {
        add_limbs(w->limb, moved.limb, shape->limbs); /* |tops| <= 2^62 each: no overflow */
        w->flags |= special;
        return is_top_in_bounds(w->limb[shape->limbs - 1]) ? 0 : rask_exact_widen(shape, w, pool);
    }
    uint64_t addend[MAX_WIDE];
    rask_exact_limbs(shape, f, from_wide, addend);
    if (rask_exact_widen(shape, w, pool) != 0)
        return -1;
    add_limbs(wide_of(w), addend, shape->wide_limbs);
    w->flags |= special;
    return 0;
}

/* The settled window of wide limbs in *w; 0 when there is none. */
static int settle_limbs(const struct rask_exact_shape *shape, struct window *w,
                        const uint64_t *limbs)
{
    uint32_t base = 0;
    while (base < shape->wide_limbs && limbs[base] == 0)
        base++;
    uint32_t special = w->flags & SPECIAL_FLAGS;
    if (base == shape->wide_limbs) {
        make_empty(w, shape->limbs);
        w->flags |= special;
        return 1;
    }
    if (base > shape->wide_limbs - shape->limbs)
        base = shape->wide_limbs - shape->limbs;
    uint64_t top = limbs[base + shape->limbs - 1];
    for (uint32_t i = base + shape->limbs; i < shape->wide_limbs; i++)
        if (limbs[i] != sign_limb(top))
            return 0;
    if (!is_top_in_bounds(top))
        return 0;
    memcpy(w->limb, limbs + base, shape->limbs * sizeof *limbs);
    w->base = (int32_t)base;
    w->flags = special;
    return 1;
}

void rask_exact_settle(const struct rask_exact_shape *shape, void *window, struct rask_pool *pool)
{
    struct window *w = window;
    if (w->flags & RASK_EXACT_IS_EMPTY)
        return;
    if (w->flags & RASK_EXACT_IS_WIDE) {
        uint64_t *wide = wide_of(w);
        if (settle_limbs(shape, w, wide))
            rask_pool_give(pool, wide, shape->wide_limbs * sizeof *wide);
        return;
    }
    int32_t by = 0, highest_base = (int32_t)(shape->wide_limbs - shape->limbs);
    while (by < (int32_t)shape->limbs && w->limb[by] == 0)
        by++;
    if (by == (int32_t)shape->limbs) {
        uint32_t special = w->flags & SPECIAL_FLAGS;
        make_empty(w, shape->limbs);
        w->flags |= special;
        return;
    }
    if (w->base + by > highest_base)
        by = highest_base - w->base;
    if (by > 0)
        move_window(shape, w, by);
}

int rask_exact_is_settled(const struct rask_exact_shape *shape, const void *window,
                          const void *wide)
{
    const struct window *w = window;
    struct any_window settled = {.flags = w->flags};
    if (w->flags & ~RASK_EXACT_ALL_FLAGS)
        return 0;
    uint64_t limbs[MAX_WIDE];
    if (w->flags & RASK_EXACT_IS_WIDE) {
        memcpy(limbs, wide, shape->wide_limbs * sizeof *limbs);
        return w->base == RASK_EXACT_NO_BASE && !(w->flags & RASK_EXACT_IS_EMPTY) &&
               !settle_limbs(shape, (struct window *)&settled, limbs);
    }
    int is_empty = (w->flags & RASK_EXACT_IS_EMPTY) != 0;
    if (!is_empty && (w->base < 0 || w->base > (int32_t)(shape->wide_limbs - shape->limbs)))
        return 0;
    rask_exact_limbs(shape, w, NULL, limbs);
    return settle_limbs(shape, (struct window *)&settled, limbs) && settled.base == w->base &&
           settled.flags == w->flags &&
           memcmp(settled.limb, w->limb, shape->limbs * sizeof *w->limb) == 0;
}

/* 1 and the value in *value when infinities or NaN decide it. */
static int is_special(uint32_t flags, double *value)
{
    int both = (flags & RASK_EXACT_HAS_INF) && (flags & RASK_EXACT_HAS_NEG_INF);
    if ((flags & RASK_EXACT_HAS_NAN) || both)
        *value = NAN;
    else if (flags & SPECIAL_FLAGS)
        *value = flags & RASK_EXACT_HAS_INF ? INFINITY : -INFINITY;
    return (flags & SPECIAL_FLAGS) != 0;
}

double rask_sum_value(const struct rask_sum *sum, const void *wide)
{
    return rask_sum_mean(sum, wide, 1);
}

double rask_sum_mean(const struct rask_sum *sum, const void *wide, uint64_t n)
{
    double value;
    if (is_special(sum->flags, &value))
        return value;
    uint64_t limbs[RASK_SUM_WIDE_LIMBS];
    rask_exact_limbs(&rask_sum_shape, sum, wide, limbs);
    int is_negative = rask_limbs_absolute(limbs, RASK_SUM_WIDE_LIMBS);
    value = n == 1 ? rask_limbs_to_double(limbs, RASK_SUM_WIDE_LIMBS, RASK_SUM_EXPONENT, 0)
                   : rask_limbs_quotient(limbs, RASK_SUM_WIDE_LIMBS, RASK_SUM_EXPONENT, n, 1);
    return is_negative ? -value : value;
}

double rask_exact_variance(const struct rask_sum *sum, const void *sum_wide,
                           const struct rask_squares *squares, const void *squares_wide, uint64_t n)
{
    if (sum->flags & SPECIAL_FLAGS)
        return NAN;
    /* Both sides in units of 2^-2148: sum^2 has 68 limbs, n * squares 67 + 1. */
    uint64_t s[RASK_SUM_WIDE_LIMBS], square[2 * RASK_SUM_WIDE_LIMBS];
    uint64_t q[RASK_SQUARES_WIDE_LIMBS], scaled[RASK_SQUARES_WIDE_LIMBS + 1];
    rask_exact_limbs(&rask_sum_shape, sum, sum_wide, s);
    rask_limbs_absolute(s, RASK_SUM_WIDE_LIMBS);
    rask_limbs_square(s, RASK_SUM_WIDE_LIMBS, square);
    rask_exact_limbs(&rask_squares_shape, squares, squares_wide, q);
    rask_limbs_scale(q, RASK_SQUARES_WIDE_LIMBS, n, scaled);
    /* A borrow is possible only where the two are not of the same values: a table that lies. */
    if (rask_limbs_subtract(scaled, square, RASK_SQUARES_WIDE_LIMBS + 1))
        return NAN;
    return rask_limbs_quotient(scaled, RASK_SQUARES_WIDE_LIMBS + 1, RASK_SQUARES_EXPONENT, n,
                               n - 1);
}

double rask_int_sum_mean(const uint64_t sum[2], uint64_t n)
{
    uint64_t limbs[2] = {sum[0], sum[1]};
    int is_negative = rask_limbs_absolute(limbs, 2);
    double value = rask_limbs_quotient(limbs, 2, 0, n, 1);
    return is_negative ? -value : value;
}

double rask_int_variance(const uint64_t sum[2], const uint64_t squares[3], uint64_t n)
{
    uint64_t s[2] = {sum[0], sum[1]}, square[4], scaled[4];
    rask_limbs_absolute(s, 2);
    rask_limbs_square(s, 2, square);
    rask_limbs_scale(squares, 3, n, scaled);
    if (rask_limbs_subtract(scaled, square, 4))
        return NAN;
    return rask_limbs_quotient(scaled, 4, 0, n, n - 1);
}
