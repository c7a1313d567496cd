/* SPDX-License-Identifier: BSD-3-Clause */
/* claims.h: the records of futures, found by sequence number.
 *
 *     buckets [index % N] -> page -> page       a page holds the claims of 1024 numbers in a row;
 *     oldest <-> ... <-> newest                 index = sequence / 1024
 *
 * Numbers are given out in order, so the pages in use have neighbouring indices and a bucket of its
 * own each, as long as they span less than N pages. A page whose numbers are all given out and
 * released is used again for later numbers. Its memory stays a page until the end, which is why any
 * thread may look a future up without a lock: at worst it reads a claim of another time, and then
 * sees by the page's index that it has. All else is called under the owner's lock. */
#ifndef RASK_CLIENT_CLAIMS_H
#define RASK_CLIENT_CLAIMS_H

#include "base/hash.h"

#include <rask/future.h>
#include <stdatomic.h>

#define RASK_CLAIMS_PER_PAGE 1024u
#define RASK_CLAIMS_BUCKETS 65536u

/* Where the bytes of a DONE result are, as far as this rank knows. */
enum rask_claim_place {
    RASK_PLACE_NONE, /* not DONE */
    RASK_PLACE_INLINE, /* in the claim */
    RASK_PLACE_HERE, /* in this rank's store at `offset`; pinned by this claim */
    RASK_PLACE_NEAR, /* at `offset` of `holder`'s store, where this rank reads it in place */
    RASK_PLACE_ELSEWHERE, /* at `offset` of `holder`'s store */
    RASK_PLACE_COMING, /* being fetched from there to this rank */
    RASK_PLACE_NO_ROOM, /* as ELSEWHERE; this rank had no memory for it */
    RASK_PLACE_ASKED /* it could not be fetched; the scheduler is to say where it is now */
};

/* One future. 64 bytes. */
struct rask_claim {
    _Atomic uint32_t state; /* enum rask_future_state; the only part that is read without a lock */
    uint8_t place; /* enum rask_claim_place; read it with rask_client_where */
    uint8_t is_coming; /* a fetch for it is under way, whatever has been told meanwhile */
    uint8_t is_awaited; /* a thread sleeps until it is finished */
    uint32_t watchers; /* first of the completed-queues that wait for it */
    int32_t holder;
    uint64_t bytes;
    /* in a store; an inline result of at most 8 bytes itself; FAILED: the function at fault */
    uint64_t offset;
    /* [own] a larger inline result; FAILED: [own] struct rask_error */
    void *data;
    struct rask_key128 key; /* content key; {0, 0} if impure */
    uint64_t object; /* id under which the result is stored; FAILED: the task at fault */
};
_Static_assert(sizeof(struct rask_claim) == 64, "a claim is a cache line");

struct rask_claims_page {
    _Atomic uint64_t index;
    _Atomic(struct rask_claims_page *) next_in_bucket;
    struct rask_claims_page *older, *newer; /* of those in use */
    uint32_t n_live;
    _Alignas(64) struct rask_claim claims[RASK_CLAIMS_PER_PAGE];
};

struct rask_claims_buckets {
    _Atomic(struct rask_claims_page *) first[RASK_CLAIMS_BUCKETS];
};

struct rask_claims {
    uint64_t next_sequence; /* starts at 1 */
    _Atomic(struct rask_claims_buckets *) buckets; /* [own] NULL before the first claim */
    _Atomic uint64_t n_given_back; /* pages, ever */
    struct rask_claims_page *oldest, *newest;
    struct rask_claims_page *unused; /* a list by `newer` */
};

void rask_claims_init(struct rask_claims *claims);
/* Frees what the claims own, too. */
void rask_claims_release(struct rask_claims *claims);

/* The claim of the next number, PENDING and else all zero; NULL without memory. */
struct rask_claim *rask_claims_new(struct rask_claims *claims, uint64_t *sequence);

/* NULL if there is none of this number. Thread: any; what it points to may be another future's as
 * soon as somebody releases this one, which the lock keeps away. */
struct rask_claim *rask_claims_find(const struct rask_claims *claims, uint64_t sequence);

/* RASK_FUTURE_NONE if there is none of this number. Thread: any. */
enum rask_future_state rask_claims_state(const struct rask_claims *claims, uint64_t sequence);

/* The live claim after that of *sequence, which is live (0: the first of all); *sequence is set to
 * its number. NULL if there is none. Walks the pages in use alone. */
struct rask_claim *rask_claims_next(const struct rask_claims *claims, uint64_t *sequence);

/* Frees what the claim of this number owns; the number is none from now on. */
void rask_claims_drop(struct rask_claims *claims, struct rask_claim *claim, uint64_t sequence);

#endif
