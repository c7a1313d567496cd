/* SPDX-License-Identifier: BSD-3-Clause */
/* content.h: content keys: what makes two pure calls the same call.
 *
 * The key of a call is the hash of its function's name and version and of the keys of its inputs;
 * the key of bytes is the hash of the bytes. Bytes have one key whether they travel in the call,
 * were scattered as pure data or are a constant of a graph, and a call has one key whether it was
 * submitted alone or as a member of a fused chain. Private to api/. */
#ifndef RASK_API_CONTENT_H
#define RASK_API_CONTENT_H

#include "base/hash.h"
#include "comm/loop.h"

#include <rask/function.h>
#include <rask/future.h>
#include <rask/task.h>

/* The key of bytes. Never {0, 0}. */
struct rask_key128 rask_content_of_bytes(struct rask_view bytes);

/* The key of a call's input: that of its bytes, or of a future's object: its content key, or for an
 * impure one a key that nothing else has; and which part of it. The client's lock is taken, and not
 * held. */
struct rask_key128 rask_content_of_input(struct rask_loop *loop, const struct rask_input *input);

/* The key of a call: begin, one add per input in order, end. Never {0, 0}. */
void rask_content_begin(struct rask_hash *hash, const struct rask_function *function);
void rask_content_add(struct rask_hash *hash, struct rask_key128 input);
struct rask_key128 rask_content_end(const struct rask_hash *hash);

#endif
