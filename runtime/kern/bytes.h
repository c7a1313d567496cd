/* SPDX-License-Identifier: BSD-3-Clause */
/* bytes.h: hashing and comparing short runs of bytes, inline, without a call and without reading a
 * byte outside of the run. The hash folds 16 bytes at a time with a 64 x 64 -> 128 bit
 * multiplication (the idea of wyhash, Wang Yi 2019). It is part of the flat form of tables (their
 * order), so it is the same in every build; it does not resist somebody who chooses keys to
 * collide. */
#ifndef RASK_KERN_BYTES_H
#define RASK_KERN_BYTES_H

#include "kern/limbs.h"

#include <string.h>

static inline uint64_t rask_load8(const void *from)
{
    uint64_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline uint32_t rask_load4(const void *from)
{
    uint32_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline uint64_t rask_fold_product(uint64_t a, uint64_t b)
{
    rask_u128 product = (rask_u128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#define RASK_HASH_A UINT64_C(0xa0761d6478bd642f)
#define RASK_HASH_B UINT64_C(0xe7037ed1a0b428db)

static inline uint64_t rask_int_hash(uint64_t value, uint64_t seed)
{
    return rask_fold_product(rask_fold_product(value ^ RASK_HASH_A, seed ^ RASK_HASH_B) ^ value,
                             RASK_HASH_B);
}

static inline uint64_t rask_bytes_hash(const void *data, size_t n, uint64_t seed)
{
    const uint8_t *p = data;
    uint64_t a, b;
    size_t left = n;
    for (; left > 16; left -= 16, p += 16)
        seed =
            rask_fold_product(rask_load8(p) ^ RASK_HASH_A, rask_load8(p + 8) ^ seed ^ RASK_HASH_B);
    if (left >= 8) {
        a = rask_load8(p);
        b = rask_load8(p + left - 8);
    } else if (left >= 4) {
        a = rask_load4(p);
        b = rask_load4(p + left - 4);
    } else if (left > 0) {
        a = (uint64_t)p[0] << 16 | (uint64_t)p[left >> 1] << 8 | p[left - 1];
        b = 0;
    } else {
        a = b = 0;
    }
    return rask_fold_product(rask_fold_product(a ^ RASK_HASH_A, b ^ seed ^ RASK_HASH_B) ^ n,
                             RASK_HASH_B);
}

static inline int rask_bytes_equal(const void *x, const void *y, size_t n)
{
    const uint8_t *a = x, *b = y;
    if (n >= 8) {
        size_t i = 0;
        for (; i + 8 < n; i += 8)
            if (rask_load8(a + i) != rask_load8(b + i))
                return 0;
        return rask_load8(a + n - 8) == rask_load8(b + n - 8);
    }
    if (n >= 4)
        return rask_load4(a) == rask_load4(b) && rask_load4(a + n - 4) == rask_load4(b + n - 4);
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i])
            return 0;
    return 1;
}

/* Less, equal, greater than 0, as the bytes compare; a prefix comes before what it begins. */
static inline int rask_bytes_compare(const void *x, size_t x_bytes, const void *y, size_t y_bytes)
{
    size_t n = x_bytes < y_bytes ? x_bytes : y_bytes;
    int order = n == 0 ? 0 : memcmp(x, y, n);
    return order != 0 ? order : (x_bytes > y_bytes) - (x_bytes < y_bytes);
}

/* The first 8 bytes as a number that orders as the bytes do. */
static inline uint64_t rask_bytes_rank(const void *data, size_t n)
{
    const uint8_t *p = data;
    if (n >= 8)
        return __builtin_bswap64(rask_load8(p));
    uint64_t rank = 0;
    for (size_t i = 0; i < n; i++)
        rank |= (uint64_t)p[i] << (56 - 8 * i);
    return rank;
}

/* Numbers that order as the values do. NaN has one pattern and comes after infinity; -0 is 0. */
static inline uint64_t rask_int_rank(int64_t value)
{
    return (uint64_t)value ^ UINT64_C(1) << 63;
}

static inline uint64_t rask_double_rank(double value)
{
    if (value != value)
        return UINT64_MAX;
    if (value == 0)
        return UINT64_C(1) << 63;
    uint64_t bits = rask_load8(&value);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static inline double rask_double_of_rank(uint64_t rank)
{
    uint64_t bits = rank >> 63 ? rank & ~(UINT64_C(1) << 63) : ~rank;
    if (rank == UINT64_MAX)
        bits = UINT64_C(0x7ff8000000000000);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint64_t rask_round8(uint64_t n)
{
    return (n + 7) & ~UINT64_C(7);
}

#endif
