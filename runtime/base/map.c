/* SPDX-License-Identifier: BSD-3-Clause */
/* map.c: map_body.def for both key types, and the function that spreads keys over slots: the
 * finaliser of splitmix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014), because ids and addresses
 * differ in few bits. */
#include "base/map.h"

#include "base/alloc.h"

#define FIRST_CAPACITY 16

static inline size_t spread(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (size_t)(x ^ x >> 31);
}

static inline size_t spread128(struct rask_key128 key)
{
    return spread(key.lo ^ key.hi * UINT64_C(0x9e3779b97f4a7c15));
}

#define MAP rask_map64
#define SLOT rask_map64_slot
#define KEY uint64_t
#define HASH(key) spread(key)
#define EQUAL(a, b) ((a) == (b))
#include "base/map_body.def"
#undef MAP
#undef SLOT
#undef KEY
#undef HASH
#undef EQUAL

#define MAP rask_map128
#define SLOT rask_map128_slot
#define KEY struct rask_key128
#define HASH(key) spread128(key)
#define EQUAL(a, b) rask_key128_equal(a, b)
#include "base/map_body.def"
