/* SPDX-License-Identifier: BSD-3-Clause */
/* key.h: a 128-bit key, as content hashes make them. A plain value; all zero means "none" by
 * custom. */
#ifndef RASK_BASE_KEY_H
#define RASK_BASE_KEY_H

#include <stdint.h>

struct rask_key128 {
    uint64_t lo, hi;
};

/* Room for a key as 32 hexadecimal digits and a terminating zero. */
#define RASK_KEY128_TEXT_BYTES 33

static inline int rask_key128_equal(struct rask_key128 a, struct rask_key128 b)
{
    return a.lo == b.lo && a.hi == b.hi;
}

static inline int rask_key128_is_none(struct rask_key128 key)
{
    return (key.lo | key.hi) == 0;
}

/* Writes the key, high half first, into `text` of RASK_KEY128_TEXT_BYTES; returns `text`. */
static inline const char *rask_key128_text(struct rask_key128 key, char *text)
{
    for (int i = 0; i < 32; i++) {
        uint64_t half = i < 16 ? key.hi : key.lo;
        text[i] = "0123456789abcdef"[half >> (60 - i % 16 * 4) & 15];
    }
    text[32] = '\0';
    return text;
}

#endif
