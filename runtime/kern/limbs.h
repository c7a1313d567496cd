/* SPDX-License-Identifier: BSD-3-Clause */
/* limbs.h: natural numbers as little-endian arrays of 64-bit limbs: what the finish of exact sums
 * needs.
 *
 * Schoolbook methods: numbers have at most RASK_LIMBS_MAX limbs and this runs once per group.
 * Lengths are fixed by the caller, leading zeros are fine. No allocation, no failure. */
#ifndef RASK_KERN_LIMBS_H
#define RASK_KERN_LIMBS_H

#include <stddef.h>
#include <stdint.h>

/* n * sum of squares of float64: 67 limbs + 1, its shifted form for a quotient + 3. */
#define RASK_LIMBS_MAX 80

__extension__ typedef unsigned __int128 rask_u128;
__extension__ typedef __int128 rask_i128;

/* If the two's complement number a is negative, negates it in place and returns 1; else 0. */
int rask_limbs_absolute(uint64_t *a, uint32_t n);

/* product[n + 1] = a[n] * factor */
void rask_limbs_scale(const uint64_t *a, uint32_t n, uint64_t factor, uint64_t *product);
/* product[2 n] = a[n] * a[n]; product is none of a */
void rask_limbs_square(const uint64_t *a, uint32_t n, uint64_t *product);
/* a -= b, both of n limbs; returns the borrow. */
int rask_limbs_subtract(uint64_t *a, const uint64_t *b, uint32_t n);
/* a /= divisor (> 0); returns the remainder. */
uint64_t rask_limbs_divide(uint64_t *a, uint32_t n, uint64_t divisor);

/* The float64 nearest to (a + f) * 2^exponent, ties to even, where f is 0, or some number between 0
 * and 1 when `is_inexact`. Infinity when it is too large. */
double rask_limbs_to_double(const uint64_t *a, uint32_t n, int exponent, int is_inexact);

/* The float64 nearest to a * 2^exponent / (divisor * divisor2); n <= RASK_LIMBS_MAX - 3, divisors >
 * 0. */
double rask_limbs_quotient(const uint64_t *a, uint32_t n, int exponent, uint64_t divisor,
                           uint64_t divisor2);

#endif
