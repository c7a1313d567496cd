/* SPDX-License-Identifier: BSD-3-Clause */
/* hash.h: content hashes, 128 and 64 bits, the same on every machine and in every run.
 *
 * The algorithm is XXH3 (Y. Collet), compiled in from the headers of libxxhash by hash.c alone.
 * Not for secrets: somebody who chooses the bytes can make two contents collide. Thread: one per
 * state. */
#ifndef RASK_BASE_HASH_H
#define RASK_BASE_HASH_H

#include "base/key.h"

#include <stddef.h>
#include <stdint.h>

/* A hash under way: the library's state, opaque, no heap memory. */
struct rask_hash {
    unsigned char state[576] __attribute__((aligned(64)));
};

/* init, any number of updates, final. How the bytes are cut into updates does not matter. After
 * final more updates may follow: final does not change the state. `data` may be NULL for 0 bytes.
 */
void rask_hash_init(struct rask_hash *hash);
void rask_hash_update(struct rask_hash *hash, const void *data, size_t bytes);
struct rask_key128 rask_hash_final(const struct rask_hash *hash);

/* The same as init, one update, final. */
struct rask_key128 rask_hash128(const void *data, size_t bytes);

/* XXH3-64: not a half of the 128-bit hash. */
uint64_t rask_hash64(const void *data, size_t bytes);

#endif
