/* SPDX-License-Identifier: BSD-3-Clause */
/* claims.c: see claims.h.
 *
 * A reader without the lock that stands on a page while it is given back may be led into another
 * bucket, and miss what it looks for. It then finds that n_given_back has changed, and looks again:
 * a page is counted after it was taken out and before it is put in anew. */
#include "client/claims.h"

#include "base/alloc.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

void rask_claims_init(struct rask_claims *claims)
{
    memset(claims, 0, sizeof *claims);
    claims->next_sequence = 1;
}

static void free_pages(struct rask_claims_page *page)
{
    while (page != NULL) {
        struct rask_claims_page *newer = page->newer;
        for (uint32_t i = 0; i < RASK_CLAIMS_PER_PAGE; i++)
            rask_free(page->claims[i].data);
        rask_free(page);
        page = newer;
    }
}

void rask_claims_release(struct rask_claims *claims)
{
    free_pages(claims->oldest);
    free_pages(claims->unused);
    rask_free(atomic_load_explicit(&claims->buckets, memory_order_relaxed));
    memset(claims, 0, sizeof *claims);
}

static struct rask_claims_buckets *make_buckets(struct rask_claims *claims)
{
    struct rask_claims_buckets *buckets =
        atomic_load_explicit(&claims->buckets, memory_order_relaxed);
    if (buckets != NULL)
        return buckets;
    buckets = rask_alloc_zeroed(1, sizeof *buckets);
    atomic_store_explicit(&claims->buckets, buckets, memory_order_release);
    return buckets;
}

static struct rask_claims_page *make_page(void)
{
    struct rask_claims_page *page =
        rask_alloc_aligned(_Alignof(struct rask_claims_page), sizeof *page);
    if (page != NULL)
        memset(page, 0, sizeof *page);
    return page;
}

/* A page for the numbers of `index`, which are the newest. */
static struct rask_claims_page *add_page(struct rask_claims *claims, uint64_t index)
{
    struct rask_claims_buckets *buckets = make_buckets(claims);
    struct rask_claims_page *page = claims->unused;
    if (buckets == NULL)
        return NULL;
    if (page != NULL)
        claims->unused = page->newer;
    else if ((page = make_page()) == NULL)
        return NULL;
    _Atomic(struct rask_claims_page *) *first = &buckets->first[index % RASK_CLAIMS_BUCKETS];
    atomic_store_explicit(&page->index, index, memory_order_release);
    atomic_store_explicit(&page->next_in_bucket, atomic_load_explicit(first, memory_order_relaxed),
                          memory_order_release);
    atomic_store_explicit(first, page, memory_order_release);
    page->older = claims->newest;
    page->newer = NULL;
    if (claims->newest != NULL)
        claims->newest->newer = page;
    else
        claims->oldest = page;
    claims->newest = page;
    return page;
}

struct rask_claim *rask_claims_new(struct rask_claims *claims, uint64_t *sequence)
{
    uint64_t index = claims->next_sequence / RASK_CLAIMS_PER_PAGE;
    struct rask_claims_page *page = claims->newest;
    if (page == NULL || atomic_load_explicit(&page->index, memory_order_relaxed) != index)
        page = add_page(claims, index);
    if (page == NULL)
        return NULL;
    *sequence = claims->next_sequence++;
    page->n_live++;
    struct rask_claim *claim = &page->claims[*sequence % RASK_CLAIMS_PER_PAGE];
    atomic_store_explicit(&claim->state, RASK_FUTURE_PENDING, memory_order_release);
    return claim;
}

static struct rask_claims_page *find_once(const struct rask_claims_buckets *buckets, uint64_t index)
{
    struct rask_claims_page *page =
        atomic_load_explicit(&buckets->first[index % RASK_CLAIMS_BUCKETS], memory_order_acquire);
    while (page != NULL && atomic_load_explicit(&page->index, memory_order_acquire) != index)
        page = atomic_load_explicit(&page->next_in_bucket, memory_order_acquire);
    return page;
}

static struct rask_claims_page *find_page(const struct rask_claims *claims, uint64_t index)
{
    const struct rask_claims_buckets *buckets =
        atomic_load_explicit(&claims->buckets, memory_order_acquire);
    struct rask_claims_page *page = NULL;
    uint64_t before, after = atomic_load_explicit(&claims->n_given_back, memory_order_acquire);
    if (buckets == NULL)
        return NULL;
    do {
        before = after;
        page = find_once(buckets, index);
        after = atomic_load_explicit(&claims->n_given_back, memory_order_acquire);
    } while (page == NULL && before != after);
    return page;
}

struct rask_claim *rask_claims_find(const struct rask_claims *claims, uint64_t sequence)
{
    struct rask_claims_page *page = find_page(claims, sequence / RASK_CLAIMS_PER_PAGE);
    struct rask_claim *claim = page == NULL ? NULL : &page->claims[sequence % RASK_CLAIMS_PER_PAGE];
    return claim == NULL ||
                   atomic_load_explicit(&claim->state, memory_order_relaxed) == RASK_FUTURE_NONE
               ? NULL
               : claim;
}

enum rask_future_state rask_claims_state(const struct rask_claims *claims, uint64_t sequence)
{
    uint64_t index = sequence / RASK_CLAIMS_PER_PAGE;
    struct rask_claims_page *page = find_page(claims, index);
    if (page == NULL)
        return RASK_FUTURE_NONE;
    uint32_t state = atomic_load_explicit(&page->claims[sequence % RASK_CLAIMS_PER_PAGE].state,
                                          memory_order_acquire);
    /* The page is another's by now: this future has been released. */
    if (atomic_load_explicit(&page->index, memory_order_relaxed) != index)
        return RASK_FUTURE_NONE;
    return (enum rask_future_state)state;
}

struct rask_claim *rask_claims_next(const struct rask_claims *claims, uint64_t *sequence)
{
    uint64_t at = *sequence + 1;
    struct rask_claims_page *page = claims->oldest;
    if (*sequence != 0)
        page = find_page(claims, *sequence / RASK_CLAIMS_PER_PAGE);
    for (; page != NULL; page = page->newer) {
        uint64_t first = page->index * RASK_CLAIMS_PER_PAGE;
        for (uint64_t i = at > first ? at - first : 0; i < RASK_CLAIMS_PER_PAGE; i++) {
            if (page->claims[i].state == RASK_FUTURE_NONE)
                continue;
            *sequence = first + i;
            return &page->claims[i];
        }
    }
    return NULL;
}

static void give_back(struct rask_claims *claims, struct rask_claims_page *page, uint64_t index)
{
    struct rask_claims_buckets *buckets =
        atomic_load_explicit(&claims->buckets, memory_order_relaxed);
    _Atomic(struct rask_claims_page *) *link = &buckets->first[index % RASK_CLAIMS_BUCKETS];
    struct rask_claims_page *at;
    while ((at = atomic_load_explicit(link, memory_order_relaxed)) != page)
        link = &at->next_in_bucket;
    atomic_store_explicit(link, atomic_load_explicit(&page->next_in_bucket, memory_order_relaxed),
                          memory_order_release);
    atomic_fetch_add_explicit(&claims->n_given_back, 1, memory_order_release);
    if (page->older != NULL)
        page->older->newer = page->newer;
    else
        claims->oldest = page->newer;
    if (page->newer != NULL)
        page->newer->older = page->older;
    else
        claims->newest = page->older;
    page->newer = claims->unused;
    claims->unused = page;
}

void rask_claims_drop(struct rask_claims *claims, struct rask_claim *claim, uint64_t sequence)
{
    void *first = claim - sequence % RASK_CLAIMS_PER_PAGE;
    void *at = (char *)first - offsetof(struct rask_claims_page, claims);
    struct rask_claims_page *page = at;
    uint64_t index = sequence / RASK_CLAIMS_PER_PAGE;
    assert(page == find_page(claims, index));
    rask_free(claim->data);
    atomic_store_explicit(&claim->state, RASK_FUTURE_NONE, memory_order_release);
    memset((char *)claim + sizeof claim->state, 0, sizeof *claim - sizeof claim->state);
    if (--page->n_live == 0 && claims->next_sequence / RASK_CLAIMS_PER_PAGE > index)
        give_back(claims, page, index);
}
