/* SPDX-License-Identifier: BSD-3-Clause */
/* loop.c: one turn of the loop, in the order that loop.h lists. */
#include "comm/loop.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"

#include <string.h>
#include <time.h>

/* Room comes back a while after a release, when the scheduler has answered it: hope ends when the
 * store has not changed for the first, or at the second. */
#define ROOM_PATIENCE_NS 200000000u
#define ROOM_MOST_NS 10000000000u
#define ROOM_SLEEP_NS 50000

/* A get under way: payload and header are read separately, since the local header has links of its
 * own. */
struct get {
    struct rask_object_header remote; /* what came */
    uint64_t object, bytes; /* all bytes of the object */
    uint64_t offset; /* in the local store */
    uint32_t fetch; /* the worker's request */
    uint32_t n_left; /* parts still to come */
    rask_status status;
};

/* Rounds within one turn: a record may cause another one for this same rank. */
#define MAX_ROUNDS 4

int rask_loop_wake(struct rask_loop *loop, int32_t n)
{
    int n_woken = rask_bell_ring(loop->comm->bell, n);
    if (n_woken < n)
        n_woken += rask_bell_ring(&loop->surplus, n - n_woken);
    return n_woken;
}

struct rask_waiter *rask_loop_waiter(struct rask_loop *loop)
{
    struct rask_waiter *waiter = loop->free_waiters;
    if (waiter != NULL) {
        loop->free_waiters = waiter->next;
    } else {
        waiter = rask_alloc_aligned(_Alignof(struct rask_waiter), sizeof *waiter);
        if (waiter == NULL)
            return NULL;
        memset(waiter, 0, sizeof *waiter);
    }
    /* Not the bell: somebody may still be ringing for the one before. */
    waiter->is_guest = waiter->is_rung = 0;
    return waiter;
}

void rask_loop_enlist(struct rask_loop *loop, struct rask_waiter *waiter)
{
    waiter->next = loop->waiters;
    waiter->previous = NULL;
    if (waiter->next != NULL)
        waiter->next->previous = waiter;
    loop->waiters = waiter;
}

void rask_loop_delist(struct rask_loop *loop, struct rask_waiter *waiter)
{
    if (waiter->is_rung && waiter->bell == &waiter->own)
        atomic_fetch_sub_explicit(&loop->n_waking, 1, memory_order_relaxed);
    if (waiter->next != NULL)
        waiter->next->previous = waiter->previous;
    if (waiter->previous != NULL)
        waiter->previous->next = waiter->next;
    else
        loop->waiters = waiter->next;
    waiter->next = loop->free_waiters;
    loop->free_waiters = waiter;
}

/* A thread to be woken, which is then marked; the client's lock is held. */
static struct rask_waiter *next_to_wake(struct rask_loop *loop, int is_for_all)
{
    for (struct rask_waiter *w = loop->waiters; w != NULL; w = w->next) {
        if (w->is_rung || !(is_for_all || w->is_over(w)))
            continue;
        w->is_rung = 1;
        if (w->bell == &w->own)
            atomic_fetch_add_explicit(&loop->n_waking, 1, memory_order_relaxed);
        return w;
    }
    return NULL;
}

/* Wakes the threads that sleep for what is over, or all. Bells are rung without the lock. */
static void wake_waiters(struct rask_loop *loop, int is_for_all)
{
    struct rask_bell *bells[16];
    size_t n;
    do {
        struct rask_waiter *waiter;
        n = 0;
        rask_spin_lock(&loop->client_lock);
        while (n < 16 && (waiter = next_to_wake(loop, is_for_all)) != NULL)
            bells[n++] = waiter->bell;
        rask_spin_unlock(&loop->client_lock);
        for (size_t i = 0; i < n; i++)
            rask_bell_ring(bells[i], INT32_MAX);
    } while (n == 16);
}

void rask_loop_wake_all(struct rask_loop *loop)
{
    rask_bell_ring(loop->comm->bell, INT32_MAX);
    rask_bell_ring(&loop->surplus, INT32_MAX);
    wake_waiters(loop, 1);
}

void rask_loop_break(struct rask_loop *loop, const struct rask_error *error)
{
    if (loop->status != RASK_OK)
        return;
    loop->error = *error;
    loop->status = error->code;
    if (!loop->is_starting)
        rask_log_failure(loop->log, error);
    rask_spin_lock(&loop->client_lock);
    rask_client_fail_all(&loop->client, error);
    /* Before the lock is free: no future is made that nobody would fail. */
    atomic_store_explicit(&loop->has_ended, 1, memory_order_release);
    rask_spin_unlock(&loop->client_lock);
    rask_loop_wake_all(loop);
}

static void break_with(struct rask_loop *loop, rask_status status, const char *what)
{
    struct rask_error error;
    rask_error_set(&error, status, "%s: %s", what, rask_status_text(status));
    error.rank = loop->comm->caps.rank;
    rask_loop_break(loop, &error);
}

/* Hands the records of a batch from the scheduler to this rank's worker and client. */
static void to_machines(struct rask_loop *loop, const uint8_t *batch, size_t size)
{
    struct rask_error error = {.code = RASK_OK};
    size_t at = 0;
    int is_malformed = 0, is_locked = 0;
    const uint8_t *record;
    rask_status status = RASK_OK;
    while (status == RASK_OK &&
           (record = rask_wire_next(batch, size, &at, &is_malformed)) != NULL) {
        if (rask_wire_role(rask_wire_id(record)) != RASK_ROLE_CLIENT) {
            status = rask_worker_receive(&loop->worker, record, &error);
            continue;
        }
        if (!is_locked)
            rask_spin_lock(&loop->client_lock);
        is_locked = 1;
        status = rask_client_receive(&loop->client, record, &error);
    }
    if (is_locked)
        rask_spin_unlock(&loop->client_lock);
    if (is_malformed)
        status = rask_error_set(&error, RASK_ERR_PROTOCOL, "malformed record at byte %zu of %zu",
                                at, size);
    if (status != RASK_OK)
        rask_loop_break(loop, &error);
}

static void to_scheduler(struct rask_loop *loop, int32_t source, const uint8_t *bytes, size_t size)
{
    struct rask_error error;
    struct rask_sched_batch batch = {loop->now_ns, bytes, size, source};
    if (rask_sched_receive(loop->sched, &batch, &error) != RASK_OK)
        rask_loop_break(loop, &error);
}

static void on_batch(void *context, int32_t source, const uint8_t *bytes, size_t size)
{
    struct rask_loop *loop = context;
    if (loop->status != RASK_OK || size < sizeof(struct rask_wire_head))
        return;
    if (loop->sched != NULL && rask_wire_role(rask_wire_id(bytes)) == RASK_ROLE_SCHEDULER)
        to_scheduler(loop, source, bytes, size);
    else
        to_machines(loop, bytes, size);
}

const void *rask_loop_in_place(struct rask_loop *loop, const struct rask_wire_input *object)
{
    if (loop->comm->arenas == NULL)
        return NULL;
    const struct rask_comm_arena *arena = &loop->comm->arenas[object->holder];
    if (object->offset >= arena->bytes || object->bytes > arena->bytes - object->offset)
        return NULL;
    const struct rask_object_header *header = (const void *)(arena->base + object->offset);
    if (header->magic != RASK_OBJECT_MAGIC || header->id != object->object ||
        header->bytes != object->bytes)
        return NULL;
    loop->counters.reads_in_place++;
    loop->counters.bytes_in_place += object->bytes;
    return header + 1;
}

/* A fetch has ended; the worker hears of it. */
static void tell_fetched(struct rask_loop *loop, uint32_t fetch, uint64_t offset,
                         rask_status status)
{
    rask_status told = rask_worker_fetched(&loop->worker, fetch, offset, status);
    if (told != RASK_OK)
        break_with(loop, told, "an object to be fetched");
}

/* A part of a get is there; with the last one the worker gets the object, if it is the right one.
 * When the holder was lost under it, the places for header and payload are left to the network. */
static void on_got(void *context, uint64_t request, rask_status status)
{
    struct rask_loop *loop = context;
    struct get *get = rask_slab_at(&loop->gets, (uint32_t)request);
    uint64_t offset = get->offset;
    if (status != RASK_OK)
        get->status = status;
    if (--get->n_left > 0)
        return;
    if (get->status == RASK_OK &&
        (get->remote.magic != RASK_OBJECT_MAGIC || get->remote.id != get->object ||
         get->remote.bytes != get->bytes))
        get->status = RASK_ERR_OBJECT_LOST;
    if (get->status != RASK_OK && get->status != RASK_ERR_PEER_LOST)
        rask_store_give(loop->store, offset);
    tell_fetched(loop, get->fetch, get->status == RASK_OK ? offset : RASK_WIRE_NO_OFFSET,
                 get->status);
    if (get->status != RASK_ERR_PEER_LOST)
        rask_slab_give(&loop->gets, (uint32_t)request);
}

static void on_lost(void *context, int32_t rank)
{
    struct rask_loop *loop = context;
    struct rask_error error;
    if (loop->sched != NULL && rask_sched_lost(loop->sched, loop->now_ns, rank, &error) != RASK_OK)
        rask_loop_break(loop, &error);
    if (loop->sched == NULL && rank == 0) {
        rask_error_set(&error, RASK_ERR_PEER_LOST, "rank 0, which schedules, is gone");
        rask_loop_break(loop, &error);
    }
}

static void on_failed(void *context, const struct rask_error *error)
{
    struct rask_loop *loop = context;
    struct rask_error own = *error;
    own.rank = loop->comm->caps.rank;
    rask_loop_break(loop, &own);
}

static int poll_transport(struct rask_loop *loop)
{
    struct rask_comm_handler handler = {loop, on_batch, on_got, on_lost, on_failed};
    return loop->comm->ops->poll(loop->comm, &handler);
}

static int take_finished(struct rask_loop *loop)
{
    int n = 0;
    struct rask_task *next;
    for (struct rask_task *task = rask_exec_take_finished(&loop->exec); task != NULL;
         task = next, n++) {
        next = task->next;
        rask_status status = rask_worker_finished(&loop->worker, task);
        if (status != RASK_OK)
            break_with(loop, status, "the outcome of a task");
    }
    return n;
}

/* Sends one batch for the scheduler, or hands it over here. */
static void deliver_up(struct rask_loop *loop, struct rask_buf *batch)
{
    if (batch->size == 0)
        return;
    if (loop->sched != NULL) {
        to_scheduler(loop, loop->comm->caps.rank, batch->data, batch->size);
    } else {
        rask_status status = loop->comm->ops->send(loop->comm, 0, batch->data, batch->size);
        if (status != RASK_OK)
            break_with(loop, status, "sending to rank 0");
    }
    rask_buf_clear(batch);
}

static int send_up(struct rask_loop *loop)
{
    int n = 0;
    if (loop->worker.out.size != 0) {
        rask_buf_swap(&loop->worker.out, &loop->worker_batch);
        deliver_up(loop, &loop->worker_batch);
        n++;
    }
    if (rask_client_has_output(&loop->client)) {
        rask_spin_lock(&loop->client_lock);
        rask_status status = rask_client_take(&loop->client, &loop->client_batch);
        rask_spin_unlock(&loop->client_lock);
        if (status != RASK_OK)
            break_with(loop, status, "the records of the client");
        deliver_up(loop, &loop->client_batch);
        n++;
    }
    return n;
}

static int schedule(struct rask_loop *loop)
{
    struct rask_error error;
    int n = 0;
    if (rask_sched_place(loop->sched, loop->now_ns, &error) != RASK_OK)
        rask_loop_break(loop, &error);
    for (int32_t rank = rask_sched_next_output(loop->sched, 0);
         rank >= 0 && loop->status == RASK_OK;
         rank = rask_sched_next_output(loop->sched, rank + 1), n++) {
        struct rask_buf *out = rask_sched_output(loop->sched, rank);
        rask_status status = RASK_OK;
        if (rank == loop->comm->caps.rank)
            to_machines(loop, out->data, out->size);
        else if (out->size != 0)
            status = loop->comm->ops->send(loop->comm, rank, out->data, out->size);
        rask_sched_output_taken(loop->sched, rank);
        /* Of a lost peer the transport tells by itself. */
        if (status != RASK_OK && status != RASK_ERR_PEER_LOST)
            break_with(loop, status, "sending to a worker");
    }
    return n;
}

/* The gets of one fetch: the header, and then the payload, or a part of it, if it has any bytes. If
 * the second cannot begin the fetch fails when the first has ended. */
static rask_status issue(struct rask_loop *loop, const struct rask_worker_fetch *fetch,
                         struct get *get, uint32_t id)
{
    struct rask_comm *comm = loop->comm;
    struct rask_comm_get header = {.rank = fetch->holder,
                                   .offset = fetch->offset,
                                   .local = &get->remote,
                                   .bytes = sizeof get->remote,
                                   .request = id};
    struct rask_comm_get payload = {.rank = fetch->holder,
                                    .offset = fetch->offset + RASK_OBJECT_HEADER_BYTES +
                                              fetch->part_offset,
                                    .local = rask_store_payload(loop->store, get->offset),
                                    .bytes = fetch->part_bytes,
                                    .request = id};
    rask_status status = comm->ops->get(comm, &header);
    if (status != RASK_OK || fetch->part_bytes == 0)
        return status;
    get->n_left++;
    get->status = comm->ops->get(comm, &payload);
    get->n_left -= get->status != RASK_OK;
    return RASK_OK;
}

/* Begins to hope for room: now, with the store as it is. */
static struct rask_loop_hope begin_hope(const struct rask_loop *loop, uint64_t now_ns)
{
    struct rask_store_usage usage;
    rask_store_usage(loop->store, &usage);
    return (struct rask_loop_hope){usage.used_bytes, usage.n_objects, now_ns,
                                   now_ns + ROOM_MOST_NS};
}

/* Whether objects still come and go, or have until a moment ago. */
static int has_hope(const struct rask_loop *loop, struct rask_loop_hope *hope, uint64_t now_ns)
{
    struct rask_loop_hope now = begin_hope(loop, now_ns);
    if (now.used_bytes != hope->used_bytes || now.n_objects != hope->n_objects) {
        now.end_ns = hope->end_ns;
        *hope = now;
    }
    return now_ns < hope->end_ns && now_ns - hope->since_ns < ROOM_PATIENCE_NS;
}

/* Whether the arena, empty, has room for a payload. */
static int may_ever_fit(const struct rask_loop *loop, uint64_t bytes)
{
    uint64_t arena_bytes = rask_store_arena_bytes(loop->store);
    return arena_bytes > RASK_OBJECT_HEADER_BYTES &&
           bytes <= arena_bytes - RASK_OBJECT_HEADER_BYTES;
}

uint64_t rask_loop_take_room(struct rask_loop *loop, uint64_t id, uint64_t bytes)
{
    uint64_t offset = rask_store_take(loop->store, id, bytes);
    if (offset != RASK_STORE_NONE || !may_ever_fit(loop, bytes))
        return offset;
    uint64_t now_ns = rask_now_ns();
    struct rask_loop_hope hope = begin_hope(loop, now_ns);
    while (offset == RASK_STORE_NONE && has_hope(loop, &hope, now_ns) &&
           !atomic_load_explicit(&loop->has_ended, memory_order_relaxed)) {
        if (rask_loop_try(loop, 0) <= 0)
            nanosleep(&(struct timespec){.tv_nsec = ROOM_SLEEP_NS}, NULL);
        offset = rask_store_take(loop->store, id, bytes);
        now_ns = rask_now_ns();
    }
    return offset;
}

/* The same for a task that runs here, which knows nothing of the loop. */
static uint64_t wait_for_room(void *context, uint64_t id, uint64_t bytes)
{
    return rask_loop_take_room(context, id, bytes);
}

/* Starts one fetch into its room at `offset`; RASK_STORE_NONE: there is none. */
static void start_fetch(struct rask_loop *loop, const struct rask_worker_fetch *fetch,
                        uint64_t offset)
{
    uint32_t id = 0;
    rask_status status = RASK_ERR_MEMORY;
    struct get *get = offset == RASK_STORE_NONE ? NULL : rask_slab_take(&loop->gets, &id);
    if (get != NULL) {
        *get = (struct get){.object = fetch->object,
                            .bytes = fetch->bytes,
                            .offset = offset,
                            .fetch = fetch->request,
                            .n_left = 1};
        status = issue(loop, fetch, get, id);
    }
    if (status == RASK_OK)
        return;
    if (offset != RASK_STORE_NONE)
        rask_store_give(loop->store, offset);
    if (get != NULL)
        rask_slab_give(&loop->gets, id);
    if (status == RASK_ERR_MEMORY || status == RASK_ERR_PEER_LOST)
        tell_fetched(loop, fetch->request, RASK_WIRE_NO_OFFSET, status);
    else
        break_with(loop, status, "starting to fetch an object");
}

/* Starts a fetch if there is room for it, or if there is no hope for any. 1 if it has started. */
static int try_fetch(struct rask_loop *loop, struct rask_loop_starved *starved)
{
    const struct rask_worker_fetch *fetch = &starved->fetch;
    uint64_t offset = rask_store_take(loop->store, fetch->object, fetch->part_bytes);
    if (offset == RASK_STORE_NONE && may_ever_fit(loop, fetch->part_bytes) &&
        has_hope(loop, &starved->hope, loop->now_ns))
        return 0;
    start_fetch(loop, fetch, offset);
    return 1;
}

/* Starts what the worker has ordered; what finds no room waits for it, turn by turn. Returns how
 * many wait no longer. */
static int start_fetches(struct rask_loop *loop)
{
    struct rask_worker_fetches *fetches = &loop->worker.fetches;
    size_t n_left = 0;
    for (size_t i = 0; i < loop->starved.count && loop->status == RASK_OK; i++) {
        struct rask_loop_starved starved = loop->starved.items[i];
        if (!try_fetch(loop, &starved))
            loop->starved.items[n_left++] = starved;
    }
    int n_settled = (int)(loop->starved.count - n_left);
    loop->starved.count = n_left;
    for (size_t i = 0; i < fetches->count && loop->status == RASK_OK; i++) {
        struct rask_loop_starved starved = {fetches->items[i], begin_hope(loop, loop->now_ns)};
        if (!try_fetch(loop, &starved) && rask_loop_starved_list_push(&loop->starved, starved) != 0)
            start_fetch(loop, &starved.fetch, RASK_STORE_NONE);
    }
    fetches->count = 0;
    return n_settled;
}

/* Tells the client of this rank that what it asked for is here. */
static void hand_arrivals(struct rask_loop *loop)
{
    rask_spin_lock(&loop->client_lock);
    for (size_t i = 0; i < loop->worker.arrivals.count; i++) {
        const struct rask_worker_arrival *a = &loop->worker.arrivals.items[i];
        uint32_t n = rask_client_arrived(&loop->client, a->object, a->holder, a->offset, a->status);
        for (; n > 0; n--)
            rask_store_pin(loop->store, a->offset);
    }
    loop->worker.arrivals.count = 0;
    rask_spin_unlock(&loop->client_lock);
}

/* How many sleepers the queue needs: one per task that can start now, but for those that the caller
 * runs itself and those that spinning threads find. A spinner that goes to sleep stops counting
 * before it looks for the last time. */
static int32_t n_to_wake(struct rask_exec *exec, uint32_t n_own)
{
    uint32_t n_spinning = atomic_fetch_add_explicit(&exec->n_spinning, 0, memory_order_seq_cst);
    uint32_t n_queued = atomic_load_explicit(&exec->n_queued, memory_order_relaxed);
    uint32_t n_running = atomic_load_explicit(&exec->n_running, memory_order_relaxed);
    uint32_t n_free = n_running < exec->n_slots ? exec->n_slots - n_running : 0;
    uint32_t n_start = n_queued < n_free ? n_queued : n_free;
    uint32_t n_awake = n_own + n_spinning;
    return n_start > n_awake ? (int32_t)(n_start - n_awake) : 0;
}

/* Queues tasks that have become ready and wakes threads for them. */
static void queue_ready(struct rask_loop *loop, uint32_t n_own)
{
    uint32_t n;
    struct rask_task *list = rask_worker_take_ready(&loop->worker, &n);
    if (rask_exec_push(&loop->exec, &list) != 0)
        break_with(loop, RASK_ERR_MEMORY, "the run queue");
    int32_t n_wake = n_to_wake(&loop->exec, n_own);
    if (n_wake > 0)
        (void)rask_loop_wake(loop, n_wake);
}

static int carry_out(struct rask_loop *loop, uint32_t n_own)
{
    struct rask_worker *w = &loop->worker;
    int n = (int)(w->fetches.count + w->frees.count + w->n_ready);
    /* Before the frees: the client pins what the scheduler may have let go meanwhile. */
    if (w->arrivals.count != 0)
        hand_arrivals(loop);
    for (size_t i = 0; i < w->frees.count; i++)
        rask_store_give(loop->store, w->frees.items[i]);
    w->frees.count = 0;
    if (w->fetches.count != 0 || loop->starved.count != 0)
        n += start_fetches(loop);
    if (w->arrivals.count != 0)
        hand_arrivals(loop);
    if (w->n_ready != 0)
        queue_ready(loop, n_own);
    return n;
}

static int turn(struct rask_loop *loop, uint32_t n_own)
{
    int n_all = 0;
    for (int round = 0; round < MAX_ROUNDS && loop->status == RASK_OK; round++) {
        int n = poll_transport(loop) + take_finished(loop);
        n += send_up(loop);
        if (loop->sched != NULL && (n > 0 || rask_sched_next_call(loop->sched) <= loop->now_ns))
            n += schedule(loop);
        n += carry_out(loop, n_own);
        n_all += n;
        if (n == 0 || (loop->worker.out.size == 0 && !rask_client_has_output(&loop->client)))
            break;
    }
    loop->counters.turns++;
    uint32_t n_transfers = loop->comm->n_pending + (uint32_t)loop->starved.count;
    if (n_transfers != atomic_load_explicit(&loop->n_transfers, memory_order_relaxed))
        atomic_store_explicit(&loop->n_transfers, n_transfers, memory_order_relaxed);
    uint64_t next_ns = loop->sched == NULL ? UINT64_MAX : rask_sched_next_call(loop->sched);
    if (next_ns != atomic_load_explicit(&loop->next_call_ns, memory_order_relaxed))
        atomic_store_explicit(&loop->next_call_ns, next_ns, memory_order_relaxed);
    if (loop->worker.has_stopped)
        atomic_store_explicit(&loop->has_ended, 1, memory_order_release);
    return n_all;
}

static int try_take(struct rask_loop *loop)
{
    uint32_t free_value = 0;
    return atomic_load_explicit(&loop->is_held, memory_order_relaxed) == 0 &&
           atomic_compare_exchange_strong_explicit(&loop->is_held, &free_value, 1,
                                                   memory_order_acquire, memory_order_relaxed);
}

/* One turn by the holder, who gives the loop back. */
static int turn_and_give(struct rask_loop *loop, uint32_t n_own)
{
    loop->now_ns = rask_now_ns();
    atomic_store_explicit(&loop->last_turn_ns, loop->now_ns, memory_order_relaxed);
    int n = turn(loop, n_own);
    int has_stopped = loop->worker.has_stopped, has_woken = 0;
    if (atomic_load_explicit(&loop->client.has_woken, memory_order_relaxed) != 0)
        has_woken = (int)atomic_exchange_explicit(&loop->client.has_woken, 0, memory_order_relaxed);
    atomic_store_explicit(&loop->is_held, 0, memory_order_seq_cst);
    if (has_stopped)
        rask_loop_wake_all(loop);
    else if (has_woken)
        wake_waiters(loop, 0);
    return n;
}

/* After giving the loop back: turns it for those who asked meanwhile. Who asks again while the loop
 * is being taken is answered too: the exchange sees what he has left behind. */
static int answer(struct rask_loop *loop)
{
    int n = 0;
    while (atomic_load_explicit(&loop->is_asked, memory_order_seq_cst) != 0 && try_take(loop)) {
        (void)atomic_exchange_explicit(&loop->is_asked, 0, memory_order_acq_rel);
        n += turn_and_give(loop, 0);
    }
    return n;
}

int rask_loop_try(struct rask_loop *loop, uint32_t n_own)
{
    if (!try_take(loop))
        return -1;
    int n = turn_and_give(loop, n_own);
    return n + answer(loop);
}

int rask_loop_ask(struct rask_loop *loop, uint32_t n_own)
{
    int n = rask_loop_try(loop, n_own);
    if (n >= 0)
        return n;
    atomic_store_explicit(&loop->is_asked, 1, memory_order_seq_cst);
    if (atomic_load_explicit(&loop->is_held, memory_order_seq_cst) != 0)
        return -1;
    return answer(loop);
}

void rask_loop_take(struct rask_loop *loop)
{
    uint32_t free_value = 0;
    for (uint32_t n = 1; !atomic_compare_exchange_weak_explicit(
             &loop->is_held, &free_value, 1, memory_order_acquire, memory_order_relaxed);
         n++) {
        free_value = 0;
        rask_pause();
        if (n % RASK_SPIN_PAUSES == 0)
            (void)sched_yield();
    }
}

void rask_loop_give(struct rask_loop *loop)
{
    atomic_store_explicit(&loop->is_held, 0, memory_order_seq_cst);
    (void)answer(loop);
}

rask_status rask_loop_init(struct rask_loop *loop, struct rask_error *error)
{
    atomic_init(&loop->next_call_ns, UINT64_MAX);
    loop->exec.wait_for_room = wait_for_room;
    loop->exec.room_context = loop;
    if (rask_slab_init(&loop->gets, sizeof(struct get), 64) != 0)
        return rask_error_memory(error, 64 * sizeof(struct get), "the table of gets");
    return RASK_OK;
}

void rask_loop_leave_gets(struct rask_loop *loop)
{
    if (loop->gets.count != 0)
        loop->gets = (struct rask_slab){0};
}

void rask_loop_release(struct rask_loop *loop)
{
    rask_exec_release(&loop->exec);
    rask_worker_release(&loop->worker);
    rask_client_free(&loop->client);
    rask_sched_free(loop->sched);
    rask_slab_release(&loop->gets);
    rask_loop_starved_list_release(&loop->starved);
    rask_buf_release(&loop->client_batch);
    rask_buf_release(&loop->worker_batch);
    for (struct rask_waiter *waiter = loop->free_waiters, *next; waiter != NULL; waiter = next) {
        next = waiter->next;
        rask_free(waiter);
    }
}
