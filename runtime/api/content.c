/* SPDX-License-Identifier: BSD-3-Clause */
/* content.c: content keys. See content.h. */
#include "api/content.h"

#include <string.h>

/* No key is {0, 0}, which means "impure". */
static struct rask_key128 some(struct rask_key128 key)
{
    key.lo |= 1;
    return key;
}

struct rask_key128 rask_content_of_bytes(struct rask_view bytes)
{
    struct rask_key128 key = rask_hash128(bytes.data, bytes.bytes);
    key.hi ^= bytes.bytes;
    return some(key);
}

struct rask_key128 rask_content_of_input(struct rask_loop *loop, const struct rask_input *input)
{
    if (input->data != NULL)
        return rask_content_of_bytes((struct rask_view){input->data, input->bytes});
    uint64_t id = input->future.id;
    struct rask_key128 key = {id << 1, id}; /* an even low half is no content key */
    rask_spin_lock(&loop->client_lock);
    const struct rask_claim *claim = rask_client_find(&loop->client, id);
    if (claim != NULL && !rask_key128_is_none(claim->key))
        key = claim->key;
    rask_spin_unlock(&loop->client_lock);
    if (input->offset == 0 && input->bytes == 0)
        return key;
    const uint64_t part[4] = {key.lo, key.hi, input->offset, input->bytes};
    return some(rask_hash128(part, sizeof part));
}

void rask_content_begin(struct rask_hash *hash, const struct rask_function *function)
{
    rask_hash_init(hash);
    rask_hash_update(hash, function->name, strlen(function->name) + 1);
    rask_hash_update(hash, &function->version, sizeof function->version);
}

void rask_content_add(struct rask_hash *hash, struct rask_key128 input)
{
    uint64_t halves[2] = {input.lo, input.hi};
    rask_hash_update(hash, halves, sizeof halves);
}

struct rask_key128 rask_content_end(const struct rask_hash *hash)
{
    return some(rask_hash_final(hash));
}
