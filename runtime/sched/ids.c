/* SPDX-License-Identifier: BSD-3-Clause */
/* ids.c: from a client's task id to the scheduler's record.
 *
 * A client numbers its tasks in sequence, so each client has pages of ids by sequence number; a
 * page goes when the last of its tasks has been forgotten. Looking up costs two loads and no
 * hashing. */
#include "sched/state.h"

#include "base/alloc.h"

static inline uint32_t client_of(uint64_t id)
{
    return (uint32_t)rask_id_client(id);
}

uint32_t rask_ids_find(const struct rask_sched *s, uint64_t id)
{
    uint64_t index = rask_id_sequence(id) / RASK_IDS_PER_PAGE;
    if (client_of(id) >= s->config.n_ranks || index >= s->clients[client_of(id)].count)
        return 0;
    const struct rask_sched_page *page = s->clients[client_of(id)].items[index];
    return page == NULL ? 0 : page->tasks[rask_id_sequence(id) % RASK_IDS_PER_PAGE];
}

/* The page of an id, made if need be; NULL without memory. */
static struct rask_sched_page *page_make(struct rask_sched_pages *pages, uint64_t index)
{
    while (pages->count <= index)
        if (rask_sched_pages_push(pages, NULL) != 0)
            return NULL;
    if (pages->items[index] == NULL)
        pages->items[index] = rask_alloc_zeroed(1, sizeof(struct rask_sched_page));
    return pages->items[index];
}

int rask_ids_put(struct rask_sched *s, uint64_t id, uint32_t task)
{
    if (client_of(id) >= s->config.n_ranks || rask_id_sequence(id) / RASK_IDS_PER_PAGE > UINT32_MAX)
        return -1;
    struct rask_sched_page *page =
        page_make(&s->clients[client_of(id)], rask_id_sequence(id) / RASK_IDS_PER_PAGE);
    if (page == NULL)
        return -1;
    page->tasks[rask_id_sequence(id) % RASK_IDS_PER_PAGE] = task;
    page->n_live++;
    return 0;
}

void rask_ids_remove(struct rask_sched *s, uint64_t id)
{
    struct rask_sched_pages *pages = &s->clients[client_of(id)];
    uint64_t index = rask_id_sequence(id) / RASK_IDS_PER_PAGE;
    struct rask_sched_page *page = pages->items[index];
    page->tasks[rask_id_sequence(id) % RASK_IDS_PER_PAGE] = 0;
    if (--page->n_live == 0 && index + 1 < pages->count) {
        rask_free(page);
        pages->items[index] = NULL;
    }
}

void rask_ids_release(struct rask_sched *s)
{
    for (uint32_t c = 0; s->clients != NULL && c < s->config.n_ranks; c++) {
        for (size_t i = 0; i < s->clients[c].count; i++)
            rask_free(s->clients[c].items[i]);
        rask_sched_pages_release(&s->clients[c]);
    }
}
