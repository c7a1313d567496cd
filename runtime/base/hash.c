/* SPDX-License-Identifier: BSD-3-Clause */
/* hash.c: XXH3 of libxxhash, compiled in from its header, behind Rask's types. The library's state
 * lies in the caller's struct rask_hash, and only the functions here touch it. */
#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

_Static_assert(sizeof(XXH3_state_t) <= sizeof(struct rask_hash), "room for the state of libxxhash");
_Static_assert(_Alignof(XXH3_state_t) <= _Alignof(struct rask_hash), "alignment of that state");

static struct rask_key128 to_key(XXH128_hash_t hash)
{
    return (struct rask_key128){.lo = hash.low64, .hi = hash.high64};
}

void rask_hash_init(struct rask_hash *hash)
{
    XXH3_state_t *state = (XXH3_state_t *)(void *)hash->state;
    XXH3_INITSTATE(state);
    (void)XXH3_128bits_reset(state);
}

void rask_hash_update(struct rask_hash *hash, const void *data, size_t bytes)
{
    if (bytes != 0)
        (void)XXH3_128bits_update((XXH3_state_t *)(void *)hash->state, data, bytes);
}

struct rask_key128 rask_hash_final(const struct rask_hash *hash)
{
    return to_key(XXH3_128bits_digest((const XXH3_state_t *)(const void *)hash->state));
}

struct rask_key128 rask_hash128(const void *data, size_t bytes)
{
    return to_key(XXH3_128bits(bytes == 0 ? "" : data, bytes));
}

uint64_t rask_hash64(const void *data, size_t bytes)
{
    return XXH3_64bits(bytes == 0 ? "" : data, bytes);
}
