/* SPDX-License-Identifier: BSD-3-Clause */
/* client.c: the futures of one process. See client.h. */
#include "client/client.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

struct watcher {
    struct rask_client_queue *queue;
    uint32_t next;
};

void rask_client_init(struct rask_client *client, int32_t rank)
{
    memset(client, 0, sizeof *client);
    client->rank = rank;
    client->next_sequence = 1;
    rask_slab_init(&client->watchers, sizeof(struct watcher), 256);
}

/* The memory that a claim owns. */
static void free_data(struct rask_claim *claim)
{
    rask_free(claim->data);
    claim->data = NULL;
}

static void free_page(struct rask_client_page *page)
{
    for (uint32_t i = 0; i < RASK_CLIENT_PAGE; i++)
        free_data(&page->claims[i]);
    rask_free(page);
}

void rask_client_free(struct rask_client *client)
{
    for (uint32_t t = 0; t < RASK_CLIENT_TABLE; t++) {
        struct rask_client_mid *mid = atomic_load_explicit(&client->table[t], memory_order_relaxed);
        for (uint32_t m = 0; mid != NULL && m < RASK_CLIENT_TABLE; m++)
            if (mid->pages[m] != NULL)
                free_page(mid->pages[m]);
        rask_free(mid);
        atomic_store_explicit(&client->table[t], NULL, memory_order_relaxed);
    }
    rask_buf_release(&client->out);
    rask_client_ids_release(&client->releases);
    rask_client_comings_release(&client->coming);
    rask_slab_release(&client->watchers);
}

/* The place of the page of a sequence number; NULL without memory. */
static struct rask_client_page **page_place(struct rask_client *client, uint64_t sequence)
{
    uint64_t index = sequence / RASK_CLIENT_PAGE;
    uint64_t top = index / RASK_CLIENT_TABLE;
    if (top >= RASK_CLIENT_TABLE)
        return NULL;
    struct rask_client_mid *mid = atomic_load_explicit(&client->table[top], memory_order_relaxed);
    if (mid == NULL) {
        mid = rask_alloc_zeroed(1, sizeof *mid);
        if (mid == NULL)
            return NULL;
        atomic_store_explicit(&client->table[top], mid, memory_order_release);
    }
    return &mid->pages[index % RASK_CLIENT_TABLE];
}

uint64_t rask_client_new(struct rask_client *client, struct rask_claim **claim)
{
    uint64_t sequence = client->next_sequence;
    struct rask_client_page **place = page_place(client, sequence);
    if (place == NULL)
        return 0;
    if (*place == NULL) {
        *place = rask_alloc_zeroed(1, sizeof **place);
        if (*place == NULL)
            return 0;
    }
    client->next_sequence++;
    struct rask_client_page *page = *place;
    page->n_live++;
    page->n_used++;
    *claim = &page->claims[sequence % RASK_CLIENT_PAGE];
    client->n_pending++;
    atomic_store_explicit(&(*claim)->state, RASK_FUTURE_PENDING, memory_order_relaxed);
    return rask_id_make(client->rank, sequence);
}

struct rask_claim *rask_client_find(const struct rask_client *client, uint64_t id)
{
    uint64_t index = rask_id_sequence(id) / RASK_CLIENT_PAGE;
    if (id == 0 || rask_id_client(id) != client->rank ||
        index / RASK_CLIENT_TABLE >= RASK_CLIENT_TABLE)
        return NULL;
    const struct rask_client_mid *mid =
        atomic_load_explicit(&client->table[index / RASK_CLIENT_TABLE], memory_order_acquire);
    struct rask_client_page *page = mid == NULL ? NULL : mid->pages[index % RASK_CLIENT_TABLE];
    if (page == NULL)
        return NULL;
    struct rask_claim *claim = &page->claims[rask_id_sequence(id) % RASK_CLIENT_PAGE];
    return atomic_load_explicit(&claim->state, memory_order_relaxed) == RASK_FUTURE_NONE ? NULL
                                                                                         : claim;
}

/* Queues that wait for this future get it, in order of finishing. */
static void tell_watchers(struct rask_client *client, struct rask_claim *claim, uint64_t id)
{
    while (claim->watchers != 0) {
        uint32_t w = claim->watchers;
        struct watcher *watcher = rask_slab_at(&client->watchers, w);
        claim->watchers = watcher->next;
        if (watcher->queue != NULL) {
            watcher->queue->n_watched--;
            if (rask_client_ids_push(&watcher->queue->done, id) == 0)
                client->has_woken = 1;
        }
        rask_slab_give(&client->watchers, w);
    }
}

static void finish(struct rask_client *client, struct rask_claim *claim, uint64_t id,
                   enum rask_future_state state)
{
    if (atomic_load_explicit(&claim->state, memory_order_relaxed) == RASK_FUTURE_PENDING)
        client->n_pending--;
    if (claim->flags & RASK_CLAIM_AWAITED)
        client->has_woken = 1;
    atomic_store_explicit(&claim->state, (uint32_t)state, memory_order_release);
    if (claim->watchers != 0)
        tell_watchers(client, claim, id);
}

static rask_status on_state(struct rask_client *client, const struct rask_msg_state *m)
{
    struct rask_claim *claim = rask_client_find(client, m->task);
    if (claim == NULL || claim->state == RASK_FUTURE_CANCELLED ||
        claim->state == RASK_FUTURE_FAILED || (claim->flags & RASK_CLAIM_HERE))
        return RASK_OK;
    claim->bytes = m->bytes;
    claim->holder = m->holder;
    claim->object = m->object;
    claim->flags &= ~RASK_CLAIM_ELSEWHERE;
    if (m->holder >= 0) {
        claim->offset = m->offset;
        claim->flags |= RASK_CLAIM_ELSEWHERE;
    } else if (m->n_data != m->bytes) {
        return RASK_ERR_PROTOCOL;
    } else if (m->n_data <= sizeof claim->offset) {
        memcpy(&claim->offset, m->data, m->n_data);
    } else {
        void *data = rask_alloc(m->n_data);
        if (data == NULL)
            return RASK_ERR_MEMORY;
        free_data(claim);
        memcpy(data, m->data, m->n_data);
        claim->data = data;
    }
    finish(client, claim, m->task, RASK_FUTURE_DONE);
    return RASK_OK;
}

static rask_status on_failed(struct rask_client *client, const struct rask_msg_failed *m)
{
    struct rask_claim *claim = rask_client_find(client, m->task);
    if (claim == NULL || claim->state == RASK_FUTURE_CANCELLED ||
        claim->state == RASK_FUTURE_FAILED || (claim->flags & RASK_CLAIM_HERE))
        return RASK_OK;
    struct rask_error *error = rask_alloc_zeroed(1, sizeof *error);
    if (error == NULL)
        return RASK_ERR_MEMORY;
    error->code = (rask_status)m->code;
    error->rank = m->rank;
    memcpy(error->text, m->text,
           m->n_text < sizeof error->text ? m->n_text : sizeof error->text - 1);
    free_data(claim);
    claim->data = error;
    claim->offset = m->function;
    claim->object = m->origin;
    finish(client, claim, m->task,
           m->code == RASK_ERR_CANCELLED ? RASK_FUTURE_CANCELLED : RASK_FUTURE_FAILED);
    return RASK_OK;
}

rask_status rask_client_receive(struct rask_client *client, const uint8_t *record,
                                struct rask_error *error)
{
    rask_status status = RASK_ERR_PROTOCOL;
    struct rask_msg_state state;
    struct rask_msg_failed failed;
    if (rask_wire_id(record) == RASK_MESSAGE_STATE && rask_wire_get_state(record, &state) == 0)
        status = on_state(client, &state);
    else if (rask_wire_id(record) == RASK_MESSAGE_FAILED &&
             rask_wire_get_failed(record, &failed) == 0)
        status = on_failed(client, &failed);
    if (status == RASK_ERR_PROTOCOL)
        return rask_error_set(error, status, "client %d: malformed %s", client->rank,
                              rask_wire_name(rask_wire_id(record)));
    return status == RASK_OK
               ? status
               : rask_error_memory(error, sizeof(struct rask_error), "the outcome of a task");
}

static int ask_again(struct rask_client *client, uint64_t id, int32_t holder)
{
    struct rask_msg_lost m = {.task = id, .holder = holder};
    rask_client_mark(client);
    return rask_wire_put_lost(&client->out, &m);
}

rask_status rask_client_want(struct rask_client *client, uint64_t id, struct rask_claim *claim)
{
    struct rask_client_coming coming = {id, claim->object, 0};
    if (claim->flags & RASK_CLAIM_COMING)
        return RASK_OK;
    if (rask_client_comings_push(&client->coming, coming) != 0)
        return RASK_ERR_MEMORY;
    claim->flags = (claim->flags & ~RASK_CLAIM_NO_ROOM) | RASK_CLAIM_COMING;
    return RASK_OK;
}

/* The fetch for one claim has ended. 1 if the claim pins the object now. The claim may have been
 * told of another place meanwhile: then only a good end matters. */
static uint32_t end_coming(struct rask_client *client, uint64_t id, int32_t holder, uint64_t offset,
                           rask_status status)
{
    struct rask_claim *claim = rask_client_find(client, id);
    claim->flags &= ~RASK_CLAIM_COMING;
    if (claim->state != RASK_FUTURE_DONE || !(claim->flags & RASK_CLAIM_ELSEWHERE))
        return 0;
    if (status == RASK_OK) {
        claim->offset = offset;
        claim->flags = (claim->flags & ~RASK_CLAIM_ELSEWHERE) | RASK_CLAIM_HERE;
        return 1;
    }
    if (status == RASK_ERR_MEMORY) {
        claim->flags |= RASK_CLAIM_NO_ROOM;
    } else if (claim->holder == holder) {
        claim->flags &= ~RASK_CLAIM_ELSEWHERE;
        ask_again(client, id, holder);
    }
    return 0;
}

static void push_release(struct rask_client *client, uint64_t id)
{
    /* Without memory for it the scheduler keeps the object until the end: a leak, not an error. */
    (void)!rask_client_ids_push(&client->releases, id);
    rask_client_mark(client);
}

uint32_t rask_client_arrived(struct rask_client *client, uint64_t object, int32_t holder,
                             uint64_t offset, rask_status status)
{
    uint32_t n = 0;
    size_t kept = 0;
    for (size_t i = 0; i < client->coming.count; i++) {
        struct rask_client_coming coming = client->coming.items[i];
        if (coming.object != object)
            client->coming.items[kept++] = coming;
        else if (coming.is_released)
            push_release(client, coming.id);
        else
            n += end_coming(client, coming.id, holder, offset, status);
    }
    if (kept != client->coming.count)
        client->has_woken = 1;
    client->coming.count = kept;
    return n;
}

/* Gives the page back when all its futures are over. */
static void drop_from_page(struct rask_client *client, uint64_t id)
{
    struct rask_client_page **place = page_place(client, rask_id_sequence(id));
    struct rask_client_page *page = *place;
    if (--page->n_live == 0 &&
        page->n_used == RASK_CLIENT_PAGE - (rask_id_sequence(id) < RASK_CLIENT_PAGE)) {
        *place = NULL;
        rask_free(page);
    }
}

void rask_client_drop(struct rask_client *client, uint64_t id)
{
    struct rask_claim *claim = rask_client_find(client, id);
    if (claim == NULL)
        return;
    if (claim->state == RASK_FUTURE_PENDING)
        client->n_pending--;
    tell_watchers(client, claim, id);
    free_data(claim);
    memset(claim, 0, sizeof *claim);
    drop_from_page(client, id);
}

void rask_client_release(struct rask_client *client, uint64_t id, uint64_t *pinned)
{
    struct rask_claim *claim = rask_client_find(client, id);
    *pinned = RASK_WIRE_NO_OFFSET;
    if (claim == NULL)
        return;
    if (claim->flags & RASK_CLAIM_HERE)
        *pinned = claim->offset;
    int is_coming = (claim->flags & RASK_CLAIM_COMING) != 0;
    rask_client_drop(client, id);
    if (!is_coming)
        push_release(client, id);
    for (size_t i = 0; is_coming && i < client->coming.count; i++)
        if (client->coming.items[i].id == id)
            client->coming.items[i].is_released = 1;
}

rask_status rask_client_watch(struct rask_client *client, uint64_t id,
                              struct rask_client_queue *queue)
{
    uint32_t w;
    struct rask_claim *claim = rask_client_find(client, id);
    if (claim == NULL)
        return RASK_ERR_ARGUMENT;
    if (claim->state != RASK_FUTURE_PENDING)
        return rask_client_ids_push(&queue->done, id) == 0 ? RASK_OK : RASK_ERR_MEMORY;
    struct watcher *watcher = rask_slab_take(&client->watchers, &w);
    if (watcher == NULL)
        return RASK_ERR_MEMORY;
    watcher->queue = queue;
    watcher->next = claim->watchers;
    claim->watchers = w;
    queue->n_watched++;
    return RASK_OK;
}

void rask_client_unwatch(struct rask_client *client, struct rask_client_queue *queue)
{
    for (uint32_t w = rask_slab_next(&client->watchers, 1); w != 0;
         w = rask_slab_next(&client->watchers, w + 1)) {
        struct watcher *watcher = rask_slab_at(&client->watchers, w);
        if (watcher->queue == queue)
            watcher->queue = NULL;
    }
    queue->n_watched = 0;
}

void rask_client_fail_all(struct rask_client *client, const struct rask_error *error)
{
    for (uint64_t sequence = 1; sequence < client->next_sequence; sequence++) {
        uint64_t id = rask_id_make(client->rank, sequence);
        struct rask_claim *claim = rask_client_find(client, id);
        if (claim == NULL || claim->state != RASK_FUTURE_PENDING)
            continue;
        struct rask_error *copy = rask_alloc(sizeof *copy);
        if (copy != NULL)
            *copy = *error;
        claim->data = copy;
        finish(client, claim, id, RASK_FUTURE_FAILED);
    }
    client->has_woken = 1;
}

rask_status rask_client_take(struct rask_client *client, struct rask_buf *batch)
{
    size_t at = 0;
    while (at < client->releases.count) {
        size_t n = client->releases.count - at;
        n = n > RASK_LIMIT_BATCH ? RASK_LIMIT_BATCH : n;
        struct rask_msg_release m = {.task = client->releases.items + at, .n_task = (uint32_t)n};
        if (rask_wire_put_release(&client->out, &m) != 0)
            return RASK_ERR_MEMORY;
        at += n;
    }
    client->releases.count = 0;
    client->n_submitted = 0;
    atomic_store_explicit(&client->has_output, 0, memory_order_relaxed);
    rask_buf_swap(&client->out, batch);
    return RASK_OK;
}
