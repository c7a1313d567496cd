/* SPDX-License-Identifier: BSD-3-Clause */
/* ids.c: from a client's task id to the scheduler's record.
 *
 * A client numbers its tasks in sequence, so each client has pages of ids by sequence number; a
 * page goes when the last of its tasks has been forgotten, and is the next one that is needed. The
 * table of pages begins near the oldest task that lives: its size depends on how far apart the
 * living tasks are, not on how many there have been. Looking up costs two loads and no hashing. */
#include "sched/state.h"

#include "base/alloc.h"

#include <string.h>

static inline uint32_t client_of(uint64_t id)
{
    return (uint32_t)rask_id_client(id);
}

/* Where the page of an id is in the client's table; at or beyond pages.count if it has none. */
static inline uint64_t place_of(const struct rask_sched_client *c, uint64_t id)
{
    return rask_id_sequence(id) / RASK_IDS_PER_PAGE - c->first;
}

uint32_t rask_ids_find(const struct rask_sched *s, uint64_t id)
{
    if (client_of(id) >= s->config.n_ranks)
        return 0;
    const struct rask_sched_client *c = &s->clients[client_of(id)];
    uint64_t place = place_of(c, id);
    if (place >= c->pages.count || c->pages.items[place] == NULL)
        return 0;
    return c->pages.items[place]->tasks[rask_id_sequence(id) % RASK_IDS_PER_PAGE];
}

/* Makes the table begin at page `first`: what is before it has no page. 0, or -1 without memory. */
static int begin_at(struct rask_sched_client *c, uint64_t first)
{
    struct rask_sched_pages *pages = &c->pages;
    if (first < c->first) {
        size_t n_more = c->first - first;
        if (rask_sched_pages_reserve(pages, pages->count + n_more) != 0)
            return -1;
        memmove(pages->items + n_more, pages->items, pages->count * sizeof *pages->items);
        memset(pages->items, 0, n_more * sizeof *pages->items);
        pages->count += n_more;
    } else if (first > c->first) {
        size_t n_less = first - c->first;
        pages->count -= n_less;
        memmove(pages->items, pages->items + n_less, pages->count * sizeof *pages->items);
    }
    c->first = first;
    return 0;
}

/* A full table lets go of the pages that are no more, if they are at least half of it. */
static int drop_leading(struct rask_sched_client *c)
{
    size_t n_gone = 0;
    while (n_gone < c->pages.count && c->pages.items[n_gone] == NULL)
        n_gone++;
    return n_gone < c->pages.count - n_gone ? 0 : begin_at(c, c->first + n_gone);
}

static struct rask_sched_page *page_new(struct rask_sched *s)
{
    struct rask_sched_page *page = s->spare_page;
    if (page == NULL) {
        page = rask_alloc_zeroed(1, sizeof *page);
        s->n_id_pages += page != NULL;
    }
    s->spare_page = NULL;
    return page;
}

/* The page of an id, made if need be; NULL without memory. */
static struct rask_sched_page *page_make(struct rask_sched *s, uint64_t id)
{
    struct rask_sched_client *c = &s->clients[client_of(id)];
    uint64_t number = rask_id_sequence(id) / RASK_IDS_PER_PAGE;
    if (number < c->first && begin_at(c, number) != 0)
        return NULL;
    while (number - c->first >= c->pages.count)
        if ((c->pages.count == c->pages.capacity && drop_leading(c) != 0) ||
            rask_sched_pages_push(&c->pages, NULL) != 0)
            return NULL;
    struct rask_sched_page **page = &c->pages.items[number - c->first];
    if (*page == NULL)
        *page = page_new(s);
    return *page;
}

int rask_ids_put(struct rask_sched *s, uint64_t id, uint32_t task)
{
    if (client_of(id) >= s->config.n_ranks || rask_id_sequence(id) / RASK_IDS_PER_PAGE > UINT32_MAX)
        return -1;
    struct rask_sched_page *page = page_make(s, id);
    if (page == NULL)
        return -1;
    page->tasks[rask_id_sequence(id) % RASK_IDS_PER_PAGE] = task;
    page->n_live++;
    return 0;
}

void rask_ids_remove(struct rask_sched *s, uint64_t id)
{
    struct rask_sched_client *c = &s->clients[client_of(id)];
    struct rask_sched_page **page = &c->pages.items[place_of(c, id)];
    (*page)->tasks[rask_id_sequence(id) % RASK_IDS_PER_PAGE] = 0;
    if (--(*page)->n_live != 0)
        return;
    if (s->spare_page == NULL) {
        s->spare_page = *page;
    } else {
        rask_free(*page);
        s->n_id_pages--;
    }
    *page = NULL;
}

void rask_ids_release(struct rask_sched *s)
{
    for (uint32_t c = 0; s->clients != NULL && c < s->config.n_ranks; c++) {
        for (size_t i = 0; i < s->clients[c].pages.count; i++)
            rask_free(s->clients[c].pages.items[i]);
        rask_sched_pages_release(&s->clients[c].pages);
    }
    rask_free(s->spare_page);
}
