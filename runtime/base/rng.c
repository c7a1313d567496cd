/* SPDX-License-Identifier: BSD-3-Clause */
/* rng.c: seeding, unbiased bounded numbers and shuffling. Sources of the algorithms: rng.h. */
#include "base/rng.h"

#include <assert.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

/* Consecutive outputs of splitmix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014): never four zeros.
 */
void rask_rng_seed(struct rask_rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t x = (seed ^ seed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
        rng->s[i] = x ^ x >> 31;
    }
}

/* The high half of a product with n is the number; low halves below 2^64 mod n are drawn again,
 * which leaves each number the same share. */
uint64_t rask_rng_below(struct rask_rng *rng, uint64_t n)
{
    assert(n > 0);
    wide product = (wide)rask_rng_next64(rng) * n;
    if ((uint64_t)product < n) {
        uint64_t surplus = -n % n;
        while ((uint64_t)product < surplus)
            product = (wide)rask_rng_next64(rng) * n;
    }
    return (uint64_t)(product >> 64);
}
