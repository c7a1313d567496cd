/* SPDX-License-Identifier: BSD-3-Clause */
/* client.h: the client of a rank, a pure state machine: the futures that this process holds.
 *
 * In: calls of the program, wire records from the scheduler. Out: wire records for the scheduler
 * (`out`). Any thread can look at a future's state without a lock (claims.h); everything else is
 * called under the owner's lock.
 *
 * A future: PENDING -> DONE (a result is known: inline here, or where it lies) -> released
 *                  \-> FAILED or CANCELLED (with the story)                  -/
 * The bytes of a DONE result (`place`), until they can be read here:
 *
 *     told       want         arrived, well
 *     ---> ELSEWHERE ---> COMING ---> HERE (pinned)        told: ---> INLINE
 *             ^             |  |
 *             |             |  +-> NO_ROOM (this rank had no memory) -- want --> COMING
 *             +--- told --- ASKED (lost; the scheduler has been asked)
 *     ELSEWHERE, in a store that this process maps: -> NEAR
 *
 * The scheduler may tell of another place at any time, as long as the bytes are not here. */
#ifndef RASK_CLIENT_CLIENT_H
#define RASK_CLIENT_CLIENT_H

#include "base/buf.h"
#include "base/slab.h"
#include "base/vec.h"
#include "client/claims.h"
#include "wire/wire.h"

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
    struct rask_client_ids done; /* has room for those that are still to come */
    size_t n_taken; /* of `done`, from its beginning */
    size_t n_watched; /* futures that are still to come */
};

struct rask_client {
    int32_t rank;
    struct rask_claims claims;
    struct rask_buf out;
    struct rask_client_ids releases; /* ids to be released with the next batch */
    struct rask_client_comings coming; /* results that are being fetched */
    struct rask_slab watchers;
    uint64_t n_pending; /* futures not finished */
    uint64_t n_submitted; /* records put into `out` since the last take */
    _Atomic uint32_t has_output; /* something to take; readable without the lock */
    /* something that somebody may sleep for has happened to a future; the owner clears it */
    _Atomic uint32_t has_woken;
    int is_broken; /* a future made a move that it must not; told by the next take */
};

void rask_client_init(struct rask_client *client, int32_t rank);
void rask_client_free(struct rask_client *client);

/* A new future, PENDING. Its id, or 0 without memory. */
uint64_t rask_client_new(struct rask_client *client, struct rask_claim **claim);

/* The record of a future of this client; NULL if it is none of this client's or was released.
 * Thread: any; but what it points to is the future's only under the lock (claims.h). */
struct rask_claim *rask_client_find(const struct rask_client *client, uint64_t id);

/* RASK_FUTURE_NONE if it is none of this client's or was released. Thread: any. */
enum rask_future_state rask_client_state(const struct rask_client *client, uint64_t id);

/* Where the bytes of a result are, NONE if it is not DONE: the only rule for that. INLINE, HERE
 * and NEAR stay so until the release; COMING and ASKED change without a call; else
 * rask_client_want. */
enum rask_claim_place rask_client_where(const struct rask_claim *claim);

/* The bytes of a result that is INLINE. Owns: [borrow] until the release. */
struct rask_view rask_client_inline(const struct rask_claim *claim);

/* STATE or FAILED. The names of a failure's function, key and host are the owner's to fill in. */
rask_status rask_client_receive(struct rask_client *client, const uint8_t *record,
                                struct rask_error *error);

/* A result that is ELSEWHERE, or had NO_ROOM, is being fetched to this rank. RASK_ERR_MEMORY. */
rask_status rask_client_want(struct rask_client *client, uint64_t id, struct rask_claim *claim);
/* Takes the last rask_client_want back: the fetch could not be started. */
void rask_client_unwant(struct rask_client *client, struct rask_claim *claim);

/* A result that is ELSEWHERE lies in this rank's own store, and the caller has pinned it there. */
void rask_client_pinned(struct rask_client *client, struct rask_claim *claim);

/* A result that is ELSEWHERE lies in a store that this process maps; the scheduler leaves it there
 * until it hears of the release. */
void rask_client_near(struct rask_client *client, struct rask_claim *claim);

/* A fetch for this client has ended: the object of `holder` is at `offset` of this rank's store
 * now, or there was no memory for it, or the scheduler is asked for it again. Returns the number of
 * claims that it was for; each of them pins the object. */
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
/* Whether the next of a completed-queue has finished, or none is to come. */
static inline int rask_client_is_next(const struct rask_client_queue *queue)
{
    return queue->n_taken < queue->done.count || queue->n_watched == 0;
}
/* Takes the next out of a completed-queue; 0 if none has finished. */
uint64_t rask_client_next(struct rask_client_queue *queue);
/* No future names the queue any more. */
void rask_client_unwatch(struct rask_client *client, struct rask_client_queue *queue);

/* The job has ended under the futures: all that are pending fail with this error. */
void rask_client_fail_all(struct rask_client *client, const struct rask_error *error);

/* Moves the records for the scheduler, releases last, into `batch` (which is empty).
 * RASK_ERR_MEMORY; RASK_ERR_INTERNAL: a future made a move that is not in its table since. */
rask_status rask_client_take(struct rask_client *client, struct rask_buf *batch);

/* Every invariant, by name. */
rask_status rask_client_check(const struct rask_client *client, struct rask_error *error);

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
