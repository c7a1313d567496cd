/* SPDX-License-Identifier: BSD-3-Clause */
/* rng.h: random numbers whose state is an argument, so that a seed replays a run on any machine.
 *
 * Generator: xoshiro256** 1.0 by D. Blackman and S. Vigna ("Scrambled linear pseudorandom number
 * generators", ACM TOMS 47(4), 2021), seeded through splitmix64. Bounded numbers: D. Lemire, "Fast
 * random integer generation in an interval", ACM TOMACS 29(1), 2019. Not for secrets. Thread: one
 * per state. */
#ifndef RASK_BASE_RNG_H
#define RASK_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rask_rng {
    uint64_t s[4]; /* never all zero */
};

/* Every seed is good, 0 too. */
void rask_rng_seed(struct rask_rng *rng, uint64_t seed);

static inline uint64_t rask_rng_rotated(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

/* Uniform over all 64-bit values. */
static inline uint64_t rask_rng_next64(struct rask_rng *rng)
{
    uint64_t *s = rng->s;
    uint64_t result = rask_rng_rotated(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rask_rng_rotated(s[3], 45);
    return result;
}

/* Uniform over 0 .. n - 1, without bias. n > 0 (asserted). */
uint64_t rask_rng_below(struct rask_rng *rng, uint64_t n);

#endif
