/* SPDX-License-Identifier: BSD-3-Clause */
/* limbs.c: natural numbers as arrays of limbs. */
#include "kern/limbs.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* The length without leading zeros. */
static uint32_t length_of(const uint64_t *a, uint32_t n)
{
    while (n > 0 && a[n - 1] == 0)
        n--;
    return n;
}

int rask_limbs_absolute(uint64_t *a, uint32_t n)
{
    if (n == 0 || a[n - 1] >> 63 == 0)
        return 0;
    uint64_t carry = 1;
    for (uint32_t i = 0; i < n; i++) {
        a[i] = ~a[i] + carry;
        carry = carry && a[i] == 0;
    }
    return 1;
}

void rask_limbs_scale(const uint64_t *a, uint32_t n, uint64_t factor, uint64_t *product)
{
    uint64_t carry = 0;
    for (uint32_t i = 0; i < n; i++) {
        rask_u128 t = (rask_u128)a[i] * factor + carry;
        product[i] = (uint64_t)t;
        carry = (uint64_t)(t >> 64);
    }
    product[n] = carry;
}

void rask_limbs_square(const uint64_t *a, uint32_t n, uint64_t *product)
{
    memset(product, 0, (size_t)n * 2 * sizeof *product);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t carry = 0;
        for (uint32_t j = 0; j < n && a[i] != 0; j++) {
            rask_u128 t = (rask_u128)a[i] * a[j] + product[i + j] + carry;
            product[i + j] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
        product[i + n] += carry;
    }
}

int rask_limbs_subtract(uint64_t *a, const uint64_t *b, uint32_t n)
{
    uint64_t borrow = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t difference = a[i] - b[i] - borrow;
        borrow = a[i] < b[i] || (borrow && a[i] == b[i]);
        a[i] = difference;
    }
    return (int)borrow;
}

uint64_t rask_limbs_divide(uint64_t *a, uint32_t n, uint64_t divisor)
{
    uint64_t rest = 0;
    for (uint32_t i = n; i-- > 0;) {
        rask_u128 part = ((rask_u128)rest << 64) | a[i];
        a[i] = (uint64_t)(part / divisor);
        rest = (uint64_t)(part % divisor);
    }
    return rest;
}

/* 64 bits of a from bit `low` on, which may be negative: below bit 0 there are zeros. */
static uint64_t bits_from(const uint64_t *a, uint32_t n, int64_t low)
{
    if (low <= -64)
        return 0;
    if (low < 0)
        return a[0] << -low;
    uint32_t limb = (uint32_t)(low >> 6), shift = (uint32_t)(low & 63);
    uint64_t high = limb + 1 < n ? a[limb + 1] : 0;
    return shift == 0 ? a[limb] : a[limb] >> shift | high << (64 - shift);
}

static int any_bit_below(const uint64_t *a, int64_t low)
{
    if (low <= 0)
        return 0;
    for (int64_t i = 0; i < low >> 6; i++)
        if (a[i] != 0)
            return 1;
    return (low & 63) != 0 && (a[low >> 6] & ((UINT64_C(1) << (low & 63)) - 1)) != 0;
}

double rask_limbs_to_double(const uint64_t *a, uint32_t n, int exponent, int is_inexact)
{
    n = length_of(a, n);
    if (n == 0)
        return 0.0;
    int64_t top = (int64_t)n * 64 - __builtin_clzll(a[n - 1]); /* a < 2^top */
    if (top + exponent > 1024)
        return INFINITY;
    /* 53 bits are kept, or fewer where the result is subnormal: down to 2^-1074. */
    int64_t low = top - 53;
    if (low + exponent < -1074)
        low = -1074 - (int64_t)exponent;
    if (low > top)
        return 0.0;
    uint64_t kept = low < top ? bits_from(a, n, low) : 0;
    if (top - low < 64)
        kept &= (UINT64_C(1) << (top - low)) - 1;
    int half = low > 0 && (a[(low - 1) >> 6] >> ((low - 1) & 63) & 1);
    int rest = is_inexact || any_bit_below(a, low - 1);
    kept += (uint64_t)(half && (rest || (kept & 1)));
    return ldexp((double)kept, (int)(low + exponent));
}

double rask_limbs_quotient(const uint64_t *a, uint32_t n, int exponent, uint64_t divisor,
                           uint64_t divisor2)
{
    assert(n <= RASK_LIMBS_MAX - 3 && divisor > 0 && divisor2 > 0);
    uint64_t shifted[RASK_LIMBS_MAX];
    memset(shifted, 0, 3 * sizeof *shifted);
    memcpy(shifted + 3, a, (size_t)n * sizeof *shifted);
    n = length_of(shifted, n + 3);
    /* 192 more bits than the whole quotient has: at least 64 of them remain below any divisor. */
    uint64_t rest = rask_limbs_divide(shifted, n, divisor);
    rest |= rask_limbs_divide(shifted, n, divisor2);
    return rask_limbs_to_double(shifted, n, exponent - 192, rest != 0);
}
