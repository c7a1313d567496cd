/* SPDX-License-Identifier: BSD-3-Clause */
/* client.c: the futures of one process. See client.h for the diagrams.
 *
 * A claim begins PENDING (claims.c), and its state and place change in move_state and move_place
 * alone, along the tables below; the end is rask_claims_drop. */
#include "client/client.h"

#include "base/alloc.h"
#include "base/error.h"

#include <assert.h>
#include <string.h>

#define N_STATES (RASK_FUTURE_CANCELLED + 1)
#define N_PLACES (RASK_PLACE_ASKED + 1)

/* [from][to] of a future: whether it may become that. */
static const uint8_t state_moves[N_STATES][N_STATES] = {
    [RASK_FUTURE_PENDING] =
        {[RASK_FUTURE_DONE] = 1, [RASK_FUTURE_FAILED] = 1, [RASK_FUTURE_CANCELLED] = 1},
    /* told another place; lost, and not to be computed again */
    [RASK_FUTURE_DONE] =
        {[RASK_FUTURE_DONE] = 1, [RASK_FUTURE_FAILED] = 1, [RASK_FUTURE_CANCELLED] = 1},
};

enum place_event {
    PLACE_TOLD_BYTES, /* the scheduler has sent them */
    PLACE_TOLD, /* the scheduler has told where they are */
    PLACE_FAIL, /* the future has failed or is cancelled */
    PLACE_WANT, /* a fetch begins */
    PLACE_AGAIN, /* the fetch has not begun, or went to an older place: as it was told */
    PLACE_ARRIVE, /* they are in this rank's store, and pinned */
    PLACE_NEAR, /* this rank can read them where they are */
    PLACE_NO_MEMORY, /* no room for them here, or for asking */
    PLACE_ASK, /* the scheduler is asked */
    PLACE_N_EVENTS
};

#define P(NAME) (RASK_PLACE_##NAME + 1)

/* What the scheduler tells is heard as long as the bytes are not here. */
#define TOLD [PLACE_TOLD_BYTES] = P(INLINE), [PLACE_TOLD] = P(ELSEWHERE), [PLACE_FAIL] = P(NONE)

/* [place][event] -> place + 1; 0 is a move that must not happen. */
static const uint8_t place_moves[N_PLACES][PLACE_N_EVENTS] = {
    [RASK_PLACE_NONE] = {TOLD},
    [RASK_PLACE_ELSEWHERE] =
        {TOLD, [PLACE_WANT] = P(COMING), [PLACE_ARRIVE] = P(HERE), [PLACE_NEAR] = P(NEAR)},
    [RASK_PLACE_COMING] = {TOLD, [PLACE_AGAIN] = P(ELSEWHERE), [PLACE_ARRIVE] = P(HERE),
                           [PLACE_NO_MEMORY] = P(NO_ROOM), [PLACE_ASK] = P(ASKED)},
    [RASK_PLACE_NO_ROOM] = {TOLD, [PLACE_WANT] = P(COMING)},
    [RASK_PLACE_ASKED] = {TOLD},
};
#undef TOLD
#undef P

/* What must not happen is told by the next rask_client_take. */
static void break_off(struct rask_client *client)
{
    assert(0 && "a future cannot make this move");
    client->is_broken = 1;
    rask_client_mark(client);
}

/* The only writer of a place. */
static void move_place(struct rask_client *client, struct rask_claim *claim, enum place_event event)
{
    uint8_t to = place_moves[claim->place][event];
    if (to == 0)
        break_off(client);
    else
        claim->place = (uint8_t)(to - 1);
}

/* The only writer of a state, but for its beginning and end. */
static void move_state(struct rask_client *client, struct rask_claim *claim, uint32_t from,
                       uint32_t to)
{
    if (!state_moves[from][to])
        break_off(client);
    else
        atomic_store_explicit(&claim->state, to, memory_order_release);
}

struct watcher {
    struct rask_client_queue *queue;
    uint32_t next;
};

void rask_client_init(struct rask_client *client, int32_t rank)
{
    memset(client, 0, sizeof *client);
    client->rank = rank;
    rask_claims_init(&client->claims);
    rask_slab_init(&client->watchers, sizeof(struct watcher), 256);
}

void rask_client_free(struct rask_client *client)
{
    rask_claims_release(&client->claims);
    rask_buf_release(&client->out);
    rask_client_ids_release(&client->releases);
    rask_client_comings_release(&client->coming);
    rask_slab_release(&client->watchers);
}

static uint64_t id_of(const struct rask_client *client, uint64_t sequence)
{
    return rask_id_make(client->rank, sequence);
}

uint64_t rask_client_new(struct rask_client *client, struct rask_claim **claim)
{
    uint64_t sequence;
    *claim = rask_claims_new(&client->claims, &sequence);
    if (*claim == NULL)
        return 0;
    client->n_pending++;
    return id_of(client, sequence);
}

static int is_mine(const struct rask_client *client, uint64_t id)
{
    return id != 0 && rask_id_client(id) == client->rank;
}

struct rask_claim *rask_client_find(const struct rask_client *client, uint64_t id)
{
    return is_mine(client, id) ? rask_claims_find(&client->claims, rask_id_sequence(id)) : NULL;
}

enum rask_future_state rask_client_state(const struct rask_client *client, uint64_t id)
{
    return is_mine(client, id) ? rask_claims_state(&client->claims, rask_id_sequence(id))
                               : RASK_FUTURE_NONE;
}

enum rask_claim_place rask_client_where(const struct rask_claim *claim)
{
    if (claim->state != RASK_FUTURE_DONE)
        return RASK_PLACE_NONE;
    if (claim->place == RASK_PLACE_ELSEWHERE && claim->is_coming)
        return RASK_PLACE_COMING;
    return (enum rask_claim_place)claim->place;
}

struct rask_view rask_client_inline(const struct rask_claim *claim)
{
    const void *data = claim->data != NULL ? claim->data : &claim->offset;
    return (struct rask_view){data, claim->bytes};
}

/* Queues that wait for this future get it, in order of finishing. */
static void tell_watchers(struct rask_client *client, struct rask_claim *claim, uint64_t id)
{
    while (claim->watchers != 0) {
        uint32_t w = claim->watchers;
        struct watcher *watcher = rask_slab_at(&client->watchers, w);
        claim->watchers = watcher->next;
        if (watcher->queue != NULL) {
            /* rask_client_watch has made room for it. */
            (void)!rask_client_ids_push(&watcher->queue->done, id);
            watcher->queue->n_watched--;
            client->has_woken = 1;
        }
        rask_slab_give(&client->watchers, w);
    }
}

static void finish(struct rask_client *client, struct rask_claim *claim, uint64_t id,
                   enum rask_future_state state)
{
    uint32_t from = atomic_load_explicit(&claim->state, memory_order_relaxed);
    int was_pending = from == RASK_FUTURE_PENDING;
    client->n_pending -= was_pending != 0;
    /* Who waits for the bytes of a result that moves has not asked to be woken. */
    if (claim->is_awaited || !was_pending)
        client->has_woken = 1;
    move_state(client, claim, from, (uint32_t)state);
    if (claim->watchers != 0)
        tell_watchers(client, claim, id);
}

/* The claim that news is for; NULL if there is none, or if nothing can change it any more. */
static struct rask_claim *open_claim(const struct rask_client *client, uint64_t id)
{
    struct rask_claim *claim = rask_client_find(client, id);
    if (claim == NULL || claim->state == RASK_FUTURE_CANCELLED ||
        claim->state == RASK_FUTURE_FAILED || claim->place == RASK_PLACE_HERE ||
        claim->place == RASK_PLACE_NEAR || claim->place == RASK_PLACE_INLINE)
        return NULL;
    return claim;
}

static rask_status on_state(struct rask_client *client, const struct rask_msg_state *m)
{
    struct rask_claim *claim = open_claim(client, m->task);
    void *data = NULL;
    if (claim == NULL)
        return RASK_OK;
    if (m->holder < 0 && m->n_data != m->bytes)
        return RASK_ERR_PROTOCOL;
    if (m->holder < 0 && m->n_data > sizeof claim->offset) {
        data = rask_alloc(m->n_data);
        if (data == NULL)
            return RASK_ERR_MEMORY;
        memcpy(data, m->data, m->n_data);
    }
    claim->data = data;
    claim->bytes = m->bytes;
    claim->holder = m->holder;
    claim->object = m->object;
    claim->offset = m->offset;
    if (m->holder < 0 && data == NULL)
        memcpy(&claim->offset, m->data, m->n_data);
    move_place(client, claim, m->holder < 0 ? PLACE_TOLD_BYTES : PLACE_TOLD);
    finish(client, claim, m->task, RASK_FUTURE_DONE);
    return RASK_OK;
}

static rask_status on_failed(struct rask_client *client, const struct rask_msg_failed *m)
{
    struct rask_claim *claim = open_claim(client, m->task);
    if (claim == NULL)
        return RASK_OK;
    struct rask_error *error = rask_alloc_zeroed(1, sizeof *error);
    if (error == NULL)
        return RASK_ERR_MEMORY;
    error->code = (rask_status)m->code;
    error->rank = m->rank;
    memcpy(error->text, m->text,
           m->n_text < sizeof error->text ? m->n_text : sizeof error->text - 1);
    claim->data = error;
    claim->offset = m->function;
    claim->object = m->origin;
    move_place(client, claim, PLACE_FAIL);
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
    if (rask_wire_put_lost(&client->out, &m) != 0)
        return -1;
    rask_client_mark(client);
    return 0;
}

rask_status rask_client_want(struct rask_client *client, uint64_t id, struct rask_claim *claim)
{
    struct rask_client_coming coming = {id, claim->object, 0};
    if (claim->is_coming)
        return RASK_OK;
    if (rask_client_comings_push(&client->coming, coming) != 0)
        return RASK_ERR_MEMORY;
    move_place(client, claim, PLACE_WANT);
    claim->is_coming = 1;
    return RASK_OK;
}

void rask_client_unwant(struct rask_client *client, struct rask_claim *claim)
{
    (void)rask_client_comings_pop(&client->coming);
    move_place(client, claim, PLACE_AGAIN);
    claim->is_coming = 0;
}

void rask_client_pinned(struct rask_client *client, struct rask_claim *claim)
{
    move_place(client, claim, PLACE_ARRIVE);
}

void rask_client_near(struct rask_client *client, struct rask_claim *claim)
{
    move_place(client, claim, PLACE_NEAR);
}

/* A fetch from `holder` has failed, and nothing else has been told since it began. If the scheduler
 * cannot be asked for want of memory, that is what the reader hears, who may try again. */
static enum place_event after_failure(struct rask_client *client, uint64_t id,
                                      const struct rask_claim *claim, int32_t holder)
{
    /* It shared the fetch of another claim, which went to another holder. */
    if (claim->holder != holder)
        return PLACE_AGAIN;
    return ask_again(client, id, holder) == 0 ? PLACE_ASK : PLACE_NO_MEMORY;
}

/* The fetch for one claim has ended. 1 if the claim pins the object now. The claim may have been
 * told of another place meanwhile: then only a good end matters. */
static uint32_t end_coming(struct rask_client *client, uint64_t id, int32_t holder, uint64_t offset,
                           rask_status status)
{
    struct rask_claim *claim = rask_client_find(client, id);
    claim->is_coming = 0;
    if (claim->state != RASK_FUTURE_DONE || claim->place == RASK_PLACE_INLINE)
        return 0;
    if (status == RASK_OK) {
        claim->offset = offset;
        move_place(client, claim, PLACE_ARRIVE);
        return 1;
    }
    if (claim->place != RASK_PLACE_COMING)
        return 0;
    move_place(client, claim,
               status == RASK_ERR_MEMORY ? PLACE_NO_MEMORY
                                         : after_failure(client, id, claim, holder));
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

static void drop(struct rask_client *client, struct rask_claim *claim, uint64_t id)
{
    if (claim->state == RASK_FUTURE_PENDING)
        client->n_pending--;
    tell_watchers(client, claim, id);
    rask_claims_drop(&client->claims, claim, rask_id_sequence(id));
}

void rask_client_drop(struct rask_client *client, uint64_t id)
{
    struct rask_claim *claim = rask_client_find(client, id);
    if (claim != NULL)
        drop(client, claim, id);
}

void rask_client_release(struct rask_client *client, uint64_t id, uint64_t *pinned)
{
    struct rask_claim *claim = rask_client_find(client, id);
    *pinned = RASK_WIRE_NO_OFFSET;
    if (claim == NULL)
        return;
    if (claim->place == RASK_PLACE_HERE)
        *pinned = claim->offset;
    int is_coming = claim->is_coming;
    drop(client, claim, id);
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
    if (rask_client_ids_reserve(&queue->done, queue->done.count + queue->n_watched + 1) != 0)
        return RASK_ERR_MEMORY;
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

uint64_t rask_client_next(struct rask_client_queue *queue)
{
    struct rask_client_ids *done = &queue->done;
    if (queue->n_taken == done->count)
        return 0;
    uint64_t id = done->items[queue->n_taken++];
    /* Moves fewer than were taken since the last time. */
    if (queue->n_taken > done->count / 2) {
        done->count -= queue->n_taken;
        memmove(done->items, done->items + queue->n_taken, done->count * sizeof *done->items);
        queue->n_taken = 0;
    }
    return id;
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
    uint64_t sequence = 0;
    struct rask_claim *claim;
    while ((claim = rask_claims_next(&client->claims, &sequence)) != NULL) {
        if (claim->state != RASK_FUTURE_PENDING)
            continue;
        struct rask_error *copy = rask_alloc(sizeof *copy);
        if (copy != NULL)
            *copy = *error;
        claim->data = copy;
        finish(client, claim, id_of(client, sequence), RASK_FUTURE_FAILED);
    }
    client->has_woken = 1;
}

rask_status rask_client_take(struct rask_client *client, struct rask_buf *batch)
{
    size_t at = 0;
    if (client->is_broken)
        return RASK_ERR_INTERNAL;
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

/* What must hold for one claim; its fetch, if it has one, is in the list. */
static const char *check_claim(const struct rask_claim *claim)
{
    uint32_t state = claim->state;
    int is_done = state == RASK_FUTURE_DONE;
    if (state >= N_STATES || claim->place >= N_PLACES)
        return "state and place are in their tables";
    if (is_done != (claim->place != RASK_PLACE_NONE))
        return "a future has a place while it is done";
    if (claim->place == RASK_PLACE_COMING && !claim->is_coming)
        return "what is coming is being fetched";
    if (claim->is_coming &&
        (claim->place == RASK_PLACE_HERE || claim->place == RASK_PLACE_NEAR ||
         claim->place == RASK_PLACE_NO_ROOM || claim->place == RASK_PLACE_ASKED))
        return "a fetch ends before its outcome is known";
    if (claim->place == RASK_PLACE_INLINE &&
        (claim->data != NULL) != (claim->bytes > sizeof claim->offset))
        return "inline bytes lie in the claim if they fit";
    if ((state == RASK_FUTURE_PENDING || (is_done && claim->place != RASK_PLACE_INLINE)) &&
        claim->data != NULL)
        return "only inline bytes and failures own memory";
    return state != RASK_FUTURE_PENDING && claim->watchers != 0
               ? "a queue hears of a future when it is finished"
               : NULL;
}

/* The list of fetches: one for each claim that says so, and those of released ones. */
static const char *check_coming(const struct rask_client *client, size_t n_coming)
{
    size_t n = 0;
    for (size_t i = 0; i < client->coming.count; i++) {
        const struct rask_client_coming *coming = &client->coming.items[i];
        const struct rask_claim *claim = rask_client_find(client, coming->id);
        if (coming->is_released ? claim != NULL : claim == NULL || !claim->is_coming)
            return "a fetch is for a claim that waits for it, or for a released one";
        n += coming->is_released == 0;
    }
    return n == n_coming ? NULL : "a claim has one fetch";
}

rask_status rask_client_check(const struct rask_client *client, struct rask_error *error)
{
    const char *invariant = NULL;
    const struct rask_claim *claim;
    uint64_t sequence = 0, n_pending = 0;
    size_t n_coming = 0;
    while (invariant == NULL && (claim = rask_claims_next(&client->claims, &sequence)) != NULL) {
        n_pending += claim->state == RASK_FUTURE_PENDING;
        n_coming += claim->is_coming;
        invariant = check_claim(claim);
    }
    uint64_t id = invariant == NULL ? 0 : id_of(client, sequence);
    if (invariant == NULL && n_pending != client->n_pending)
        invariant = "a client counts its pending futures";
    if (invariant == NULL)
        invariant = check_coming(client, n_coming);
    for (size_t i = 0; invariant == NULL && i < client->releases.count; i++)
        if (rask_client_find(client, client->releases.items[i]) != NULL)
            invariant = "what is announced as released is none";
    if (invariant == NULL)
        return RASK_OK;
    return rask_error_set(error, RASK_ERR_INTERNAL,
                          "invariant '%s' broken at client %d, future %llx", invariant,
                          client->rank, (unsigned long long)id);
}
