/* SPDX-License-Identifier: BSD-3-Clause */
/* client.h: the client of a rank, a pure state machine: the futures that this process holds.
 *
 * In: calls of the program, wire records from the scheduler. Out: wire records for the scheduler
 * (`out`). Futures are numbered in sequence and found through a table of pages, so that any thread
 * can look at a future's state without a lock; everything else is called under the owner's lock.
 *
 * A future: PENDING -> DONE (a result is known: inline here, or where it lies) -> released
 *                  \-> FAILED or CANCELLED (with the story)                  -/
 * A DONE result may move: the scheduler tells again where it lies when its holder was lost. */
#ifndef RASK_CLIENT_CLIENT_H
#define RASK_CLIENT_CLIENT_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/slab.h"
#include "base/vec.h"
#include "wire/wire.h"

#include <rask/future.h>
#include <stdatomic.h>

#define RASK_CLIENT_PAGE 1024u
#define RASK_CLIENT_TABLE 4096u

/* Where a DONE result's bytes are. */
#define RASK_CLAIM_ELSEWHERE 1u /* at (holder, offset); data is NULL */
#define RASK_CLAIM_COMING 2u /* being fetched to this rank */
#define RASK_CLAIM_NO_ROOM 8u /* this rank had no memory for it */
#define RASK_CLAIM_AWAITED 16u /* a thread sleeps until it is finished */
#define RASK_CLAIM_HERE 4u /* in this rank's store at offset; pinned by this claim */

/* One future. 64 bytes. */
struct rask_claim {
    _Atomic uint32_t state; /* enum rask_future_state */
    uint32_t flags;
    uint32_t watchers; /* first of the completed-queues that wait for it */
    int32_t holder;
    uint64_t bytes;
    /* ELSEWHERE, HERE; an inline result of at most 8 bytes itself */
    uint64_t offset;
    /* [own] a larger inline result; FAILED: [own] struct rask_error */
    void *data;
    struct rask_key128 key; /* content key; {0, 0} if impure */
    uint64_t object; /* id under which the result is stored */
};

struct rask_client_page {
    uint32_t n_live, n_used;
    struct rask_claim claims[RASK_CLIENT_PAGE];
};

struct rask_client_mid {
    struct rask_client_page *pages[RASK_CLIENT_TABLE];
};

/* A result that is being fetched to this rank for a future. */
struct rask_client_coming {
    uint64_t id, object;
    /* the future is gone; the scheduler hears of it when the fetch has ended */
    uint32_t is_released;
};
RASK_VEC_DEFINE(rask_client_comings, struct rask_client_coming);

/* A completed-queue: futures that have finished, in that order. */
RASK_VEC_DEFINE(rask_client_ids, uint64_t);
struct rask_client_queue {
    struct rask_client_ids done;
    size_t n_taken;
    size_t n_watched; /* futures that are still to come */
};

struct rask_client {
    int32_t rank;
    uint64_t next_sequence; /* starts at 1 */
    struct rask_buf out;
    struct rask_client_ids releases; /* ids to be released with the next batch */
    struct rask_client_comings coming; /* results that are being fetched */
    struct rask_slab watchers;
    uint64_t n_pending; /* futures not finished */
    uint64_t n_submitted; /* records put into `out` since the last take */
    _Atomic uint32_t has_output; /* something to take; readable without the lock */
    /* a future that somebody sleeps for has finished; the owner clears it */
    _Atomic uint32_t has_woken;
    _Atomic(struct rask_client_mid *) table[RASK_CLIENT_TABLE];
};

void rask_client_init(struct rask_client *client, int32_t rank);
void rask_client_free(struct rask_client *client);

/* A new future, PENDING. Its id, or 0 without memory. */
uint64_t rask_client_new(struct rask_client *client, struct rask_claim **claim);

/* The record of a future of this client; NULL if it is none of this client's or was released.
 * Thread: any. */
struct rask_claim *rask_client_find(const struct rask_client *client, uint64_t id);

/* STATE or FAILED. `function_name` and `host_of` of a failure are the owner's to fill in later. */
rask_status rask_client_receive(struct rask_client *client, const uint8_t *record,
                                struct rask_error *error);

/* The result of a DONE future is being fetched to this rank. RASK_ERR_MEMORY. */
rask_status rask_client_want(struct rask_client *client, uint64_t id, struct rask_claim *claim);

/* A fetch for this client has ended: the object of `holder` is at `offset` of this rank's store
 * now, or the scheduler is asked for it again. Returns the number of claims that it was for; each
 * of them pins the object. */
uint32_t rask_client_arrived(struct rask_client *client, uint64_t object, int32_t holder,
                             uint64_t offset, rask_status status);

/* Ends a claim. If it pinned an object of this rank's store, *pinned is its offset, else
 * RASK_WIRE_NO_OFFSET. While its result is being fetched the scheduler is not told, since the
 * holder's bytes must stay; once they are here it is. */
void rask_client_release(struct rask_client *client, uint64_t id, uint64_t *pinned);

/* Forgets a future without telling the scheduler: it never was, or claims itself. */
void rask_client_drop(struct rask_client *client, uint64_t id);

/* Adds a future to a completed-queue. RASK_ERR_MEMORY; RASK_ERR_ARGUMENT if it is none. */
rask_status rask_client_watch(struct rask_client *client, uint64_t id,
                              struct rask_client_queue *queue);
/* No future names the queue any more. */
void rask_client_unwatch(struct rask_client *client, struct rask_client_queue *queue);

/* The job has ended under the futures: all that are pending fail with this error. */
void rask_client_fail_all(struct rask_client *client, const struct rask_error *error);

/* Moves the records for the scheduler, releases last, into `batch` (which is empty).
 * RASK_ERR_MEMORY. */
rask_status rask_client_take(struct rask_client *client, struct rask_buf *batch);

/* After putting a record into `out`. */
static inline void rask_client_mark(struct rask_client *client)
{
    client->n_submitted++;
    atomic_store_explicit(&client->has_output, 1, memory_order_release);
}

/* Thread: any, without the lock. */
static inline int rask_client_has_output(const struct rask_client *client)
{
    return atomic_load_explicit(&client->has_output, memory_order_acquire) != 0;
}

#endif
