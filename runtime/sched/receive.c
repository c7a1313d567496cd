/* SPDX-License-Identifier: BSD-3-Clause */
/* receive.c: what each message to the scheduler does. A message about an assignment that is over,
 * or about a task that is forgotten, is ignored: it was under way when things changed. */
#include "base/error.h"
#include "sched/state.h"

#include <stdio.h>
#include <string.h>

/* Copies `bytes` into a pool block; NULL for 0 bytes or without memory (then the machine is
 * broken). */
static void *keep(struct rask_sched *s, const void *bytes, size_t size)
{
    if (size == 0)
        return NULL;
    void *block = rask_pool_take(&s->pool, size);
    if (block == NULL)
        rask_sched_break(s, RASK_ERR_MEMORY, "a task record");
    else
        memcpy(block, bytes, size);
    return block;
}

static struct rask_key128 key_of(const struct rask_msg_submit *m)
{
    return (struct rask_key128){m->key[0], m->key[1]};
}

/* The record for key, restrictions and resources. 0 if the task needs none (or without memory). */
static uint32_t extra_new(struct rask_sched *s, const struct rask_msg_submit *m)
{
    uint32_t id;
    if (m->n_key == 0 && m->n_allow == 0 && m->n_resource == 0)
        return 0;
    struct rask_sched_extra *x = rask_slab_take(&s->extras, &id);
    if (x == NULL) {
        rask_sched_break(s, RASK_ERR_MEMORY, "a task record");
        return 0;
    }
    if (m->n_key == 2)
        x->key = key_of(m);
    x->allow = keep(s, m->allow, m->n_allow * sizeof *m->allow);
    x->n_allow = m->n_allow;
    x->resources = keep(s, m->resource, m->n_resource * sizeof *m->resource);
    x->n_resources = m->n_resource;
    return id;
}

/* Priority, low first: the user's, then the generation; children come before what was submitted
 * after their parent. */
static uint64_t priority_of(struct rask_sched *s, const struct rask_msg_submit *m)
{
    uint64_t user = (uint64_t)(32768 - (m->priority > 32767    ? 32767
                                        : m->priority < -32767 ? -32767
                                                               : m->priority));
    uint32_t parent = m->parent == 0 ? 0 : rask_ids_find(s, m->parent);
    uint64_t generation;
    if (parent != 0) {
        generation = rask_sched_task_at(s, parent)->hi & ((UINT64_C(1) << 48) - 1);
        generation -= generation != 0;
    } else {
        if (s->now_ns - s->last_submit_ns > s->config.generation_gap_ns)
            s->generation += 256;
        s->last_submit_ns = s->now_ns;
        generation = s->generation;
    }
    return user << 48 | (generation & ((UINT64_C(1) << 48) - 1));
}

/* What is cancelled or lost is not what a later call with the same key asks for. */
static void detach_key(struct rask_sched *s, struct rask_sched_task *t)
{
    if (t->flags & RASK_TASK_PURE)
        rask_map128_remove(&s->keys, rask_extra_at(s, t->extra)->key, NULL);
    t->flags &= (uint8_t)~RASK_TASK_PURE;
}

/* A task that is known gets one more claim: it is needed again. */
static void revive(struct rask_sched *s, uint32_t task)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    t->n_claims++;
    if (t->state == RASK_TASK_RELEASED)
        rask_sched_task_want(s, task);
    else if (t->state == RASK_TASK_LEAVING)
        rask_sched_task_move(s, task, RASK_EVENT_WANT);
}

/* A pure call that is known already, and for which nobody will hold a future. */
static void share_unclaimed(struct rask_sched *s, uint32_t task)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    if (t->state == RASK_TASK_MEMORY || t->state == RASK_TASK_ERRED ||
        (t->flags & RASK_TASK_SELF_CLAIM))
        return;
    t->flags |= RASK_TASK_SELF_CLAIM;
    revive(s, task);
}

/* A pure call that is known already: one more claim on it. */
static rask_status share(struct rask_sched *s, uint32_t task, const struct rask_msg_submit *m)
{
    uint32_t id;
    if (m->flags & RASK_SUBMIT_UNCLAIMED) {
        share_unclaimed(s, task);
        return s->status;
    }
    struct rask_sched_claim *claim = rask_slab_take(&s->claims, &id);
    if (claim == NULL || rask_ids_put(s, m->task, task) != 0)
        return RASK_ERR_MEMORY;
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    claim->id = m->task;
    claim->next = t->claims;
    t->claims = id;
    if (t->state == RASK_TASK_MEMORY || t->state == RASK_TASK_ERRED)
        rask_sched_task_tell_id(s, task, m->task);
    revive(s, task);
    return s->status;
}

/* Puts the inputs' records on s->work; the machine is broken if there was no memory for one. 0, or
 * -1 if one is unknown. */
static int find_inputs(struct rask_sched *s, const struct rask_msg_submit *m)
{
    for (uint32_t i = 0; i < m->n_dep; i++) {
        uint32_t source = rask_ids_find(s, m->dep[i]);
        if (source == 0)
            return -1;
        if (rask_sched_ids_push(&s->work, source) != 0)
            rask_sched_break(s, RASK_ERR_MEMORY, "the inputs of a task");
    }
    return 0;
}

static void fill_task(struct rask_sched *s, uint32_t task, const struct rask_msg_submit *m)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    t->id = m->task;
    t->hi = priority_of(s, m);
    t->lo = m->order;
    t->function = m->function;
    t->rank = -1;
    t->retries = m->retries;
    t->call = keep(s, m->call, m->n_call);
    t->call_bytes = m->n_call;
    t->extra = extra_new(s, m);
    t->n_claims = 1;
    if (m->n_key == 2)
        t->flags |= RASK_TASK_PURE;
    if (m->n_allow != 0 || m->n_resource != 0)
        t->flags |= RASK_TASK_SPECIAL;
    if (m->flags & RASK_SUBMIT_PRODUCER)
        t->flags |= RASK_TASK_PRODUCER;
    if (m->flags & RASK_SUBMIT_LOOSE)
        t->flags |= RASK_TASK_LOOSE;
    if (m->flags & RASK_SUBMIT_UNCLAIMED)
        t->flags |= RASK_TASK_RELEASED_ID | RASK_TASK_SELF_CLAIM;
    s->counters.submitted++;
}

/* Whether `source` may begin a task with this id and key: the id is one of its own, and new. */
static int may_begin(const struct rask_sched *s, int32_t source, const struct rask_msg_submit *m)
{
    return rask_id_client(m->task) == source && !(m->n_key & 1) && rask_ids_find(s, m->task) == 0;
}

/* The task that the key names, 0 without a key or for a new one. */
static uint32_t find_known(const struct rask_sched *s, const struct rask_msg_submit *m)
{
    uint32_t known = 0;
    if (m->n_key == 2)
        rask_map128_get(&s->keys, key_of(m), &known);
    return known;
}

/* A new task under its id, and its key if it has one. 0 without memory, and the machine is broken
 * if there was none for the rest of its record. */
static uint32_t task_new(struct rask_sched *s, const struct rask_msg_submit *m)
{
    uint32_t task;
    if (rask_slab_take(&s->tasks, &task) == NULL || rask_ids_put(s, m->task, task) != 0)
        return 0;
    fill_task(s, task, m);
    return m->n_key == 2 && rask_map128_put(&s->keys, key_of(m), task) != 0 ? 0 : task;
}

rask_status rask_sched_on_submit(struct rask_sched *s, int32_t source,
                                 const struct rask_msg_submit *m)
{
    if (!may_begin(s, source, m) || m->function >= s->config.n_functions)
        return RASK_ERR_PROTOCOL;
    uint32_t known = find_known(s, m);
    if (known != 0)
        return share(s, known, m);
    uint32_t task = task_new(s, m);
    if (task == 0)
        return RASK_ERR_MEMORY;
    size_t base = s->work.count;
    int is_known = find_inputs(s, m) == 0;
    if (s->status == RASK_OK && is_known &&
        rask_edges_link(s, task, s->work.items + base, m->n_dep) != 0)
        rask_sched_break(s, RASK_ERR_MEMORY, "the inputs of a task");
    s->work.count = base;
    if (s->status != RASK_OK)
        return s->status;
    if (is_known)
        rask_sched_task_want(s, task);
    else
        rask_sched_task_fail(
            s, task,
            rask_sched_error_new(s, task, RASK_ERR_ARGUMENT, "an input is not known (any more)"));
    return s->status;
}

/* Whether all of these were given out by the client of `source`, who alone may speak of them. */
static int are_of(int32_t source, const uint64_t *ids, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (rask_id_client(ids[i]) != source)
            return 0;
    return 1;
}

rask_status rask_sched_on_release(struct rask_sched *s, int32_t source,
                                  const struct rask_msg_release *m)
{
    if (!are_of(source, m->task, m->n_task))
        return RASK_ERR_PROTOCOL;
    for (uint32_t i = 0; i < m->n_task; i++)
        rask_sched_release_id(s, m->task[i]);
    return RASK_OK;
}

static const char cancelled_text[] = "cancelled by the program";

/* Tells one client alone that its future is cancelled; others go on to want the task. */
static void tell_cancelled(struct rask_sched *s, const struct rask_sched_task *t, uint64_t id)
{
    struct rask_msg_failed m = {.task = id,
                                .origin = id,
                                .code = RASK_ERR_CANCELLED,
                                .rank = -1,
                                .function = t->function,
                                .text = cancelled_text,
                                .n_text = sizeof cancelled_text - 1};
    if (rask_wire_put_failed(rask_peer_out(s, rask_id_client(id)), &m) != 0)
        rask_sched_break(s, RASK_ERR_MEMORY, "a message");
}

/* An assigned task is cancelled: its users fail now, it ends when the worker has answered. */
static void cancel_assigned(struct rask_sched *s, uint32_t task, uint32_t error)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    rask_peer_withdraw(s, t->rank, t->slot, RASK_WITHDRAWN_UNWANTED);
    if (t->state == RASK_TASK_PROCESSING)
        rask_sched_task_move(s, task, RASK_EVENT_DROP);
    t->flags |= RASK_TASK_CANCELLED;
    t->error = error;
    rask_sched_error_at(s, error)->n_users++;
    s->counters.failed++;
    rask_sched_task_tell(s, task);
    for (uint32_t e = t->dependents; e != 0;) {
        uint32_t user = rask_edge_at(s, e)->user;
        if (rask_sched_task_at(s, user)->state == RASK_TASK_WAITING) {
            rask_sched_task_fail(s, user, error);
            e = t->dependents;
        } else {
            e = rask_edge_at(s, e)->next_user;
        }
    }
}

static void cancel_one(struct rask_sched *s, uint64_t id)
{
    uint32_t task = rask_ids_find(s, id);
    if (task == 0)
        return;
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    if (t->state == RASK_TASK_MEMORY || t->state == RASK_TASK_ERRED ||
        t->state == RASK_TASK_RELEASED || (t->flags & RASK_TASK_CANCELLED))
        return;
    if (t->n_claims > 1) {
        tell_cancelled(s, t, id);
        return;
    }
    uint32_t error = rask_sched_error_new(s, task, RASK_ERR_CANCELLED, cancelled_text);
    if (error == 0)
        return;
    detach_key(s, t);
    if (rask_sched_has_seat(t->state))
        cancel_assigned(s, task, error);
    else
        rask_sched_task_fail(s, task, error);
}

rask_status rask_sched_on_cancel_tasks(struct rask_sched *s, int32_t source,
                                       const struct rask_msg_cancel_tasks *m)
{
    if (!are_of(source, m->task, m->n_task))
        return RASK_ERR_PROTOCOL;
    for (uint32_t i = 0; i < m->n_task; i++)
        cancel_one(s, m->task[i]);
    return RASK_OK;
}

/* The worker whose turn it is, by slots: two workers of two slots get 0 1, then the other 2 3, and
 * so on. */
static int32_t spread(struct rask_sched *s)
{
    if (s->n_slots == 0)
        return -1;
    uint32_t turn = s->next_spread++ % s->n_slots;
    for (uint32_t rank = rask_idset_next(&s->workers, 0); rank != RASK_IDSET_NONE;
         rank = rask_idset_next(&s->workers, rank + 1)) {
        if (turn < s->peers[rank].n_slots)
            return (int32_t)rank;
        turn -= s->peers[rank].n_slots;
    }
    return -1;
}

static void order_fetch(struct rask_sched *s, uint32_t task, int32_t rank, int32_t holder)
{
    const struct rask_sched_task *t = rask_sched_task_at(s, task);
    const struct rask_sched_replica *source = rask_replica_find(s, t, holder);
    if (rank == holder || source == NULL || source->offset == RASK_WIRE_NO_OFFSET ||
        !s->peers[rank].is_alive)
        return;
    struct rask_msg_fetch m = {
        .object = t->id, .offset = source->offset, .bytes = t->bytes, .holder = holder};
    rask_replica_add(s, task, rank, RASK_WIRE_NO_OFFSET, 1);
    if (rask_wire_put_fetch(rask_peer_out(s, rank), &m) != 0)
        rask_sched_break(s, RASK_ERR_MEMORY, "a message");
}

static void distribute(struct rask_sched *s, uint32_t task, int32_t source,
                       const struct rask_msg_scatter *m)
{
    if (m->flags & RASK_SCATTER_BROADCAST) {
        for (uint32_t rank = rask_idset_next(&s->workers, 0); rank != RASK_IDSET_NONE;
             rank = rask_idset_next(&s->workers, rank + 1))
            order_fetch(s, task, (int32_t)rank, source);
        return;
    }
    int32_t rank =
        m->n_allow > 0 && m->allow[0] < s->config.n_ranks ? (int32_t)m->allow[0] : spread(s);
    if (rank >= 0)
        order_fetch(s, task, rank, source);
}

rask_status rask_sched_on_scatter(struct rask_sched *s, int32_t source,
                                  const struct rask_msg_scatter *m)
{
    int is_inline = m->offset == RASK_WIRE_NO_OFFSET;
    struct rask_msg_submit as = {.task = m->task,
                                 .order = m->task,
                                 .function = s->config.n_functions,
                                 .key = m->key,
                                 .n_key = m->n_key};
    if (!may_begin(s, source, &as) || (is_inline && m->n_data != m->bytes))
        return RASK_ERR_PROTOCOL;
    uint32_t known = find_known(s, &as);
    if (known != 0 && rask_sched_task_at(s, known)->state != RASK_TASK_MEMORY) {
        detach_key(s, rask_sched_task_at(s, known));
        known = 0;
    }
    if (known != 0) {
        if (!is_inline)
            rask_replica_tell_free(s, source, m->task, m->offset);
        return share(s, known, &as);
    }
    uint32_t task = task_new(s, &as);
    if (task == 0)
        return RASK_ERR_MEMORY;
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    t->flags |= RASK_TASK_DATA;
    t->bytes = m->bytes;
    if (is_inline)
        t->data = keep(s, m->data, m->n_data);
    else
        rask_replica_add(s, task, source, m->offset, 0);
    if (s->status == RASK_OK)
        rask_sched_task_done(s, task);
    if (s->status == RASK_OK && !is_inline)
        distribute(s, task, source, m);
    return s->status;
}

/* A copy that cannot be read is no copy. */
static void copy_is_bad(struct rask_sched *s, uint64_t object, int32_t holder)
{
    uint32_t task = rask_ids_find(s, object);
    if (task == 0 || holder < 0 || (uint32_t)holder >= s->config.n_ranks)
        return;
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    if (t->state != RASK_TASK_MEMORY || t->replicas == 0)
        return;
    rask_replica_free_one(s, task, holder);
    if (!rask_replica_is_there(s, t))
        rask_sched_lose_copies(s, task);
}

rask_status rask_sched_on_lost(struct rask_sched *s, int32_t source, const struct rask_msg_lost *m)
{
    if (!are_of(source, &m->task, 1))
        return RASK_ERR_PROTOCOL;
    copy_is_bad(s, m->task, m->holder);
    uint32_t task = rask_ids_find(s, m->task);
    if (task != 0 && rask_sched_task_at(s, task)->state == RASK_TASK_MEMORY)
        rask_sched_task_tell_id(s, task, m->task);
    return RASK_OK;
}

rask_status rask_sched_on_hello(struct rask_sched *s, int32_t source,
                                const struct rask_msg_hello *m)
{
    if (m->rank != source)
        return RASK_ERR_PROTOCOL;
    rask_peer_hello(s, m);
    return RASK_OK;
}

/* Learns how long a function takes: a moving average that follows half the way. */
static void learn(struct rask_sched *s, uint32_t function, uint64_t duration_ns)
{
    uint64_t *average = &s->functions[function].average_ns;
    uint64_t ns = duration_ns < 50 ? 50 : duration_ns;
    *average = *average == 0 ? ns : (*average + ns) / 2;
}

rask_status rask_sched_on_done(struct rask_sched *s, int32_t source, const struct rask_msg_done *m)
{
    uint32_t task = rask_peer_seat_task(s, source, m->slot, m->epoch);
    if (task == 0)
        return RASK_OK;
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    if (m->offset == RASK_WIRE_NO_OFFSET && m->n_data != m->bytes)
        return RASK_ERR_PROTOCOL;
    learn(s, t->function, m->duration_ns);
    if (t->state == RASK_TASK_LEAVING) {
        if (m->offset != RASK_WIRE_NO_OFFSET)
            rask_replica_tell_free(s, source, t->id, m->offset);
        rask_sched_end_leaving(s, task);
        return s->status;
    }
    rask_peer_leave(s, source, m->slot);
    t->bytes = m->bytes;
    if (m->offset != RASK_WIRE_NO_OFFSET) {
        rask_replica_add(s, task, source, m->offset, 0);
    } else {
        t->data = keep(s, m->data, m->n_data);
        s->counters.inline_bytes += m->n_data;
    }
    if (s->status == RASK_OK)
        rask_sched_task_done(s, task);
    return s->status;
}

rask_status rask_sched_on_erred(struct rask_sched *s, int32_t source,
                                const struct rask_msg_erred *m)
{
    uint32_t task = rask_peer_seat_task(s, source, m->slot, m->epoch);
    char text[RASK_ERROR_TEXT_BYTES];
    if (task == 0)
        return RASK_OK;
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    if (s->peers[source].seats.items[m->slot].withdrawn == RASK_WITHDRAWN_UNWANTED) {
        /* It was told to stop; somebody may have come to need it after all. */
        rask_sched_give_back(s, task);
        return s->status;
    }
    if (t->retries > 0) {
        t->retries--;
        s->counters.retried++;
        rask_sched_give_back(s, task);
        return s->status;
    }
    snprintf(text, sizeof text, "%.*s", (int)m->n_text, m->n_text == 0 ? "" : m->text);
    uint32_t error = rask_sched_error_new(s, task, m->code, text);
    if (error != 0)
        rask_sched_error_at(s, error)->function = m->function;
    rask_peer_leave(s, source, m->slot);
    rask_sched_task_fail(s, task, error);
    return s->status;
}

/* Hands a task that came back to the worker on whose behalf it was taken. */
static void hand_over(struct rask_sched *s, uint32_t task, int32_t thief)
{
    const struct rask_sched_task *t = rask_sched_task_at(s, task);
    if (thief < 0 || t->state != RASK_TASK_QUEUED || !rask_peer_could_run(s, thief, t))
        return;
    s->counters.stolen++;
    rask_locate_home(s, task, thief);
}

rask_status rask_sched_on_returned(struct rask_sched *s, int32_t source,
                                   const struct rask_msg_returned *m)
{
    uint32_t task = rask_peer_seat_task(s, source, m->slot, m->epoch);
    if (task == 0)
        return RASK_OK;
    int32_t thief = s->peers[source].seats.items[m->slot].thief;
    rask_sched_give_back(s, task);
    hand_over(s, task, thief);
    return s->status;
}

rask_status rask_sched_on_seceded(struct rask_sched *s, int32_t source,
                                  const struct rask_msg_seceded *m)
{
    uint32_t task = rask_peer_seat_task(s, source, m->slot, m->epoch);
    if (task == 0)
        return RASK_OK;
    struct rask_sched_peer *p = &s->peers[source];
    struct rask_sched_seat *seat = &p->seats.items[m->slot];
    if (seat->is_away != (m->is_away != 0)) {
        seat->is_away = m->is_away != 0;
        p->n_away += seat->is_away ? 1 : -1u;
        rask_peer_update_room(s, source);
    }
    return RASK_OK;
}

rask_status rask_sched_on_have(struct rask_sched *s, int32_t source, const struct rask_msg_have *m)
{
    uint32_t task = rask_ids_find(s, m->object);
    struct rask_sched_task *t = task == 0 ? NULL : rask_sched_task_at(s, task);
    int is_known =
        t != NULL && t->state == RASK_TASK_MEMORY && t->replicas != 0 && t->bytes == m->bytes;
    const struct rask_sched_replica *there = is_known ? rask_replica_find(s, t, source) : NULL;
    if (is_known && (there == NULL || there->offset == RASK_WIRE_NO_OFFSET))
        rask_replica_add(s, task, source, m->offset, 1);
    else
        rask_replica_tell_free(s, source, m->object, m->offset);
    return s->status;
}

rask_status rask_sched_on_missing(struct rask_sched *s, int32_t source,
                                  const struct rask_msg_missing *m)
{
    uint32_t object = rask_ids_find(s, m->object);
    if (object != 0)
        rask_replica_end_fetch(s, object, source);
    copy_is_bad(s, m->object, m->holder);
    for (uint32_t i = 0; i < m->n_ended; i++) {
        uint32_t task = rask_peer_seat_task(s, source, m->ended[i].slot, m->ended[i].epoch);
        if (task != 0)
            rask_sched_give_back(s, task);
    }
    return s->status;
}

rask_status rask_sched_on_paused(struct rask_sched *s, int32_t source,
                                 const struct rask_msg_paused *m)
{
    if (m->rank != source)
        return RASK_ERR_PROTOCOL;
    s->peers[source].is_paused = m->is_paused != 0;
    rask_peer_update_room(s, source);
    return RASK_OK;
}

/* The job ends with it: the step in which the message came fails with the rank's own story. */
rask_status rask_sched_on_broken(struct rask_sched *s, int32_t source,
                                 const struct rask_msg_broken *m)
{
    if (s->status != RASK_OK)
        return RASK_OK;
    s->status = m->code < 0 ? (rask_status)m->code : RASK_ERR_PROTOCOL;
    rask_error_set(&s->error, s->status, "rank %d cannot go on: %.*s", source, (int)m->n_text,
                   m->n_text == 0 ? "" : m->text);
    s->error.rank = source;
    return RASK_OK;
}
