/* SPDX-License-Identifier: BSD-3-Clause */
/* map.h: hash maps from 64-bit and from 128-bit keys to uint32_t (ids of slab records).
 *
 * Open addressing with linear probing, at most three quarters full; removal shifts the following
 * entries back, so there are no tombstones and lookups do not decay. Every key value is allowed, 0
 * too. A zeroed struct is an empty valid map. Thread: one at a time. There is no walk on
 * purpose: an order that depends on hashes must not reach a decision. */
#ifndef RASK_BASE_MAP_H
#define RASK_BASE_MAP_H

#include "base/key.h"

#include <stddef.h>
#include <stdint.h>

struct rask_map64_slot {
    uint64_t key;
    uint32_t value;
    uint32_t is_used;
};

struct rask_map64 {
    struct rask_map64_slot *slots;
    size_t capacity; /* slots, 0 or a power of two */
    size_t count; /* entries */
};

struct rask_map128_slot {
    struct rask_key128 key;
    uint32_t value;
    uint32_t is_used;
};

struct rask_map128 {
    struct rask_map128_slot *slots;
    size_t capacity; /* slots, 0 or a power of two */
    size_t count; /* entries */
};

/* 1 and *value (if not NULL), or 0 when the key is not there. */
int rask_map64_get(const struct rask_map64 *map, uint64_t key, uint32_t *value);
int rask_map128_get(const struct rask_map128 *map, struct rask_key128 key, uint32_t *value);

/* Adds the key or replaces its value. 0, or -1 for want of memory, and then the map is unchanged;
 * replacing never fails. */
int rask_map64_put(struct rask_map64 *map, uint64_t key, uint32_t value);
int rask_map128_put(struct rask_map128 *map, struct rask_key128 key, uint32_t value);

/* 1 when the key was there, and *value (if not NULL) is what it had; 0 when it was not. */
int rask_map64_remove(struct rask_map64 *map, uint64_t key, uint32_t *value);
int rask_map128_remove(struct rask_map128 *map, struct rask_key128 key, uint32_t *value);

/* Frees the memory; the map is empty and usable again. */
void rask_map64_release(struct rask_map64 *map);
void rask_map128_release(struct rask_map128 *map);

#endif
