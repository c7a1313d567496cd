/* SPDX-License-Identifier: BSD-3-Clause */
/* claims_test.c: the table of futures by number: what is live is found, what was released is not,
 * and others may look meanwhile. */
#include "unit.h"

#include "base/alloc.h"
#include "client/claims.h"

#include <pthread.h>
#include <stdatomic.h>

static uint64_t add(struct rask_claims *claims)
{
    uint64_t sequence = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(rask_claims_new(claims, &sequence));
    return sequence;
}

static void drop(struct rask_claims *claims, uint64_t sequence)
{
    rask_claims_drop(claims, rask_claims_find(claims, sequence), sequence);
}

/* Few stay out of many, in the way of a program that runs for long. */
static void what_stays_is_found_among_many_that_went(void)
{
    struct rask_claims claims;
    uint64_t kept[100], n_kept = 0, n_allocations = 0, at = 0;
    rask_claims_init(&claims);
    for (uint64_t i = 0; i < 1000000; i++) {
        uint64_t sequence = add(&claims);
        CU_ASSERT_EQUAL_FATAL(sequence, i + 1);
        if (i % 10000 == 5000)
            kept[n_kept++] = sequence;
        else
            drop(&claims, sequence);
        if (i == 10000)
            n_allocations = rask_alloc_count();
    }
    /* A page for each that stays, and none for what went. */
    CU_ASSERT(rask_alloc_count() - n_allocations <= n_kept);
    for (uint64_t i = 0; i < n_kept; i++) {
        CU_ASSERT_EQUAL(rask_claims_state(&claims, kept[i]), RASK_FUTURE_PENDING);
        CU_ASSERT_PTR_NOT_NULL(rask_claims_find(&claims, kept[i]));
        CU_ASSERT_PTR_NULL(rask_claims_find(&claims, kept[i] + 1));
        CU_ASSERT_PTR_EQUAL(rask_claims_next(&claims, &at), rask_claims_find(&claims, kept[i]));
        CU_ASSERT_EQUAL(at, kept[i]);
    }
    CU_ASSERT_PTR_NULL(rask_claims_next(&claims, &at));
    rask_claims_release(&claims);
}

static void without_memory_there_is_none(void)
{
    struct rask_claims claims;
    uint64_t sequence, at = 0;
    rask_claims_init(&claims);
    CU_ASSERT_EQUAL(rask_claims_state(&claims, 1), RASK_FUTURE_NONE);
    CU_ASSERT_PTR_NULL(rask_claims_next(&claims, &at));
    for (uint64_t n = 1; n <= 2; n++) {
        rask_alloc_fail_at(n, 0);
        CU_ASSERT_PTR_NULL(rask_claims_new(&claims, &sequence));
        rask_alloc_fail_at(0, 0);
    }
    CU_ASSERT_EQUAL(add(&claims), 1);
    rask_claims_release(&claims);
}

struct look {
    const struct rask_claims *claims;
    uint64_t sequence;
    _Atomic int is_over;
    uint64_t n_wrong;
};

static void *look(void *context)
{
    struct look *l = context;
    while (!atomic_load(&l->is_over))
        l->n_wrong += rask_claims_state(l->claims, l->sequence) != RASK_FUTURE_PENDING;
    return NULL;
}

/* One thread looks at a future while pages before it in its bucket come and go, and are used again
 * in another bucket. */
static void a_live_future_is_seen_while_others_go(void)
{
    struct rask_claims claims;
    pthread_t thread;
    const uint64_t round = (uint64_t)RASK_CLAIMS_BUCKETS * RASK_CLAIMS_PER_PAGE;
    rask_claims_init(&claims);
    struct look l = {.claims = &claims, .sequence = add(&claims)};
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, look, &l), 0);
    for (uint64_t i = 1; i <= 20000; i++) {
        claims.next_sequence = i * round;
        uint64_t same_bucket = add(&claims);
        claims.next_sequence = i * round + RASK_CLAIMS_PER_PAGE;
        drop(&claims, same_bucket);
        uint64_t next_bucket = add(&claims);
        claims.next_sequence = i * round + 2 * (uint64_t)RASK_CLAIMS_PER_PAGE;
        drop(&claims, next_bucket);
    }
    atomic_store(&l.is_over, 1);
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(l.n_wrong, 0);
    rask_claims_release(&claims);
}

RASK_UNIT_MAIN("claims", {"what stays is found", what_stays_is_found_among_many_that_went},
               {"without memory there is none", without_memory_there_is_none},
               {"seen while others go", a_live_future_is_seen_while_others_go})
