/* SPDX-License-Identifier: BSD-3-Clause */
/* task.c: the life of a task: the only writer of its state, and what each move entails.
 *
 *              want            ready            assign             done
 *   RELEASED --------> WAITING -------> QUEUED ---------> PROCESSING ------> MEMORY
 *      ^  ^               ^              |  ^               |   |             |
 *      |  |               |        starve|  |ready      drop|   |again        |drop, lose
 *      |  |               |              v  |               |   v             v
 *      |  |               +--- again - NO_WORKER            | WAITING      RELEASED
 *      |  +------ end ------- LEAVING <---------------------+
 *      +---- drop: from WAITING, QUEUED, NO_WORKER and ERRED
 *
 *   RELEASED --forget--> FORGOTTEN.  fail: from anywhere but MEMORY to ERRED.
 *
 * Who keeps what: n_claims counts futures, n_waiters the dependents that still need the result,
 * n_dependents the dependents whose records live. Without claims and waiters the result goes
 * (settle); without dependents the record goes too. A task whose result travelled inline can never
 * be lost, so its inputs' records are let go at once.
 *
 * Walks over the graph use the stack s->work, above the height at which they began; nothing
 * recurses. */
#include "sched/state.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

#define S(NAME) (RASK_TASK_##NAME + 1)

/* [state][event] -> state + 1; 0 is a move that must not happen. */
static const uint8_t moves[RASK_TASK_N_STATES][RASK_TASK_N_EVENTS] = {
    [RASK_TASK_RELEASED] = {[RASK_EVENT_WANT] = S(WAITING),
                            [RASK_EVENT_FAIL] = S(ERRED),
                            [RASK_EVENT_DONE] = S(MEMORY),
                            [RASK_EVENT_FORGET] = S(FORGOTTEN)},
    [RASK_TASK_WAITING] = {[RASK_EVENT_READY] = S(QUEUED),
                           [RASK_EVENT_DROP] = S(RELEASED),
                           [RASK_EVENT_FAIL] = S(ERRED)},
    [RASK_TASK_QUEUED] = {[RASK_EVENT_ASSIGN] = S(PROCESSING),
                          [RASK_EVENT_STARVE] = S(NO_WORKER),
                          [RASK_EVENT_DROP] = S(RELEASED),
                          [RASK_EVENT_FAIL] = S(ERRED),
                          [RASK_EVENT_AGAIN] = S(WAITING)},
    [RASK_TASK_NO_WORKER] = {[RASK_EVENT_READY] = S(QUEUED),
                             [RASK_EVENT_DROP] = S(RELEASED),
                             [RASK_EVENT_FAIL] = S(ERRED),
                             [RASK_EVENT_AGAIN] = S(WAITING)},
    [RASK_TASK_PROCESSING] = {[RASK_EVENT_DONE] = S(MEMORY),
                              [RASK_EVENT_FAIL] = S(ERRED),
                              [RASK_EVENT_AGAIN] = S(WAITING),
                              [RASK_EVENT_DROP] = S(LEAVING)},
    [RASK_TASK_LEAVING] = {[RASK_EVENT_WANT] = S(PROCESSING),
                           [RASK_EVENT_END] = S(RELEASED),
                           [RASK_EVENT_FAIL] = S(ERRED)},
    [RASK_TASK_MEMORY] = {[RASK_EVENT_DROP] = S(RELEASED), [RASK_EVENT_LOSE] = S(RELEASED)},
    [RASK_TASK_ERRED] = {[RASK_EVENT_DROP] = S(RELEASED)},
};
#undef S

/* A task without a worker leaves that state; the last of the list takes its place. */
static void unlist_starving(struct rask_sched *s, const struct rask_sched_task *t)
{
    size_t at = rask_extra_at(s, t->extra)->starving_at;
    uint32_t last = rask_sched_ids_pop(&s->starving);
    if (at == s->starving.count)
        return;
    s->starving.items[at] = last;
    rask_extra_at(s, rask_sched_task_at(s, last)->extra)->starving_at = at;
}

/* Writes the move that has been made: with the worker and the number of the assignment if there is
 * one, with the worker alone if the task waits for it here. */
static void trace_move(struct rask_sched *s, const struct rask_sched_task *t, uint8_t from,
                       enum rask_task_event event)
{
    if (s->trace.events == NULL)
        return;
    int is_assigned = rask_sched_has_seat(from) || rask_sched_has_seat(t->state);
    int has_worker = is_assigned || t->state == RASK_TASK_QUEUED;
    struct rask_trace_event trace = {
        .time_ns = s->now_ns,
        .id = t->id,
        .a = has_worker && t->rank >= 0 ? (uint32_t)t->rank : RASK_TRACE_NONE,
        .b = is_assigned ? s->peers[t->rank].seats.items[t->slot].epoch : RASK_TRACE_NONE,
        .c = t->function < UINT16_MAX && !(t->flags & RASK_TASK_DATA) ? (uint16_t)t->function
                                                                      : UINT16_MAX,
        .cause = (uint16_t)event,
        .kind = RASK_TRACE_TASK_STATE,
        .from = from,
        .to = t->state};
    rask_trace_write(&s->trace, trace);
}

/* Takes a task off the lists of its state and sets the next one. 0, or -1 for a move that must not
 * happen. */
static int change_state(struct rask_sched *s, struct rask_sched_task *t, enum rask_task_event event)
{
    uint8_t from = t->state;
    assert(moves[from][event] != 0);
    if (moves[from][event] == 0) {
        rask_sched_break(s, RASK_ERR_INTERNAL, "a task cannot make this move");
        return -1;
    }
    uint8_t to = (uint8_t)(moves[from][event] - 1);
    if (from == RASK_TASK_QUEUED)
        rask_home_leave(s, t);
    else if (from == RASK_TASK_NO_WORKER)
        unlist_starving(s, t);
    t->state = to;
    s->n_unfinished += (uint64_t)rask_sched_is_unfinished(to);
    s->n_unfinished -= (uint64_t)rask_sched_is_unfinished(from);
    return 0;
}

void rask_sched_task_move(struct rask_sched *s, uint32_t task, enum rask_task_event event)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    uint8_t from = t->state;
    if (change_state(s, t, event) == 0)
        trace_move(s, t, from, event);
}

/* QUEUED -> PROCESSING. While queued the task's rank is that of its home, so it changes after the
 * lists and before the trace. */
void rask_sched_task_assign(struct rask_sched *s, uint32_t task, int32_t rank, uint32_t slot)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    uint8_t from = t->state;
    if (change_state(s, t, RASK_EVENT_ASSIGN) != 0)
        return;
    t->rank = rank;
    t->slot = slot;
    trace_move(s, t, from, RASK_EVENT_ASSIGN);
}

static void push_work(struct rask_sched *s, uint32_t task)
{
    if (rask_sched_ids_push(&s->work, task) != 0)
        rask_sched_break(s, RASK_ERR_MEMORY, "a walk over the graph");
}

static inline int is_needed(const struct rask_sched_task *t)
{
    return t->n_claims != 0 || t->n_waiters != 0;
}

/* A task no longer needs its inputs. */
void rask_sched_task_release_inputs(struct rask_sched *s, const struct rask_sched_task *t)
{
    for (uint32_t e = t->deps; e != 0; e = rask_edge_at(s, e)->next_dep)
        rask_sched_task_unwait(s, rask_edge_at(s, e)->source);
}

/* All its inputs are there, or somebody has come who may run it. */
void rask_sched_task_ready(struct rask_sched *s, uint32_t task)
{
    rask_sched_task_at(s, task)->rank = -1;
    s->n_common++;
    rask_sched_task_move(s, task, RASK_EVENT_READY);
    rask_locate_queue(s, task);
}

/* The error of an input that has failed or is cancelled; 0 for one that is well. */
static uint32_t error_of(const struct rask_sched_task *d)
{
    int has_failed = d->state == RASK_TASK_ERRED ||
                     (d->state == RASK_TASK_LEAVING && (d->flags & RASK_TASK_CANCELLED));
    return has_failed ? d->error : 0;
}

/* Claims the inputs of a task that is wanted. Returns the error of an input that has failed, or 0.
 */
static uint32_t claim_inputs(struct rask_sched *s, struct rask_sched_task *t)
{
    uint32_t failed = 0;
    t->n_missing = 0;
    for (uint32_t e = t->deps; e != 0; e = rask_edge_at(s, e)->next_dep) {
        uint32_t source = rask_edge_at(s, e)->source;
        struct rask_sched_task *d = rask_sched_task_at(s, source);
        d->n_waiters++;
        if (d->state == RASK_TASK_MEMORY)
            continue;
        t->n_missing++;
        if (error_of(d) != 0)
            failed = error_of(d);
        else if (d->state == RASK_TASK_LEAVING)
            rask_sched_task_move(s, source, RASK_EVENT_WANT);
        else if (d->state == RASK_TASK_RELEASED)
            push_work(s, source);
    }
    return failed;
}

/* Makes a RELEASED task, and of its inputs what is not there, be computed. */
void rask_sched_task_want(struct rask_sched *s, uint32_t task)
{
    size_t base = s->work.count;
    push_work(s, task);
    while (s->work.count > base) {
        uint32_t id = rask_sched_ids_pop(&s->work);
        struct rask_sched_task *t = rask_sched_task_at(s, id);
        if (t->state != RASK_TASK_RELEASED || !is_needed(t))
            continue;
        if (t->flags & RASK_TASK_DATA) {
            uint32_t lost =
                rask_sched_error_new(s, id, RASK_ERR_OBJECT_LOST,
                                     "scattered data was lost with the worker that held it");
            rask_sched_task_fail(s, id, lost);
            continue;
        }
        rask_sched_task_move(s, id, RASK_EVENT_WANT);
        uint32_t failed = claim_inputs(s, t);
        if (failed != 0)
            rask_sched_task_fail(s, id, failed);
        else if (t->n_missing == 0)
            rask_sched_task_ready(s, id);
    }
}

/* A task is finished: nobody but futures and users holds it any longer. */
static inline void end_self_claim(struct rask_sched *s, uint32_t task, struct rask_sched_task *t)
{
    if (t->flags & RASK_TASK_SELF_CLAIM) {
        t->flags &= (uint8_t)~RASK_TASK_SELF_CLAIM;
        t->n_claims--;
    }
    if (!is_needed(t))
        rask_sched_task_unsettle(s, task);
}

/* The result is in place (t->data or a replica): tells everybody who waits. */
void rask_sched_task_done(struct rask_sched *s, uint32_t task)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    int had_inputs = t->state != RASK_TASK_RELEASED;
    rask_sched_task_move(s, task, RASK_EVENT_DONE);
    s->counters.done++;
    if (t->deps != 0) {
        if (had_inputs)
            rask_sched_task_release_inputs(s, t);
        if (t->replicas == 0)
            rask_edges_unlink(s, task);
    }
    rask_sched_task_tell(s, task);
    for (uint32_t e = t->dependents; e != 0; e = rask_edge_at(s, e)->next_user) {
        uint32_t user = rask_edge_at(s, e)->user;
        struct rask_sched_task *u = rask_sched_task_at(s, user);
        if (u->state == RASK_TASK_WAITING && --u->n_missing == 0)
            rask_sched_task_ready(s, user);
    }
    end_self_claim(s, task, t);
}

/* One task of a failing set. */
static void fail_one(struct rask_sched *s, uint32_t task, uint32_t error)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    int was_told = t->state == RASK_TASK_LEAVING;
    if (t->state != RASK_TASK_RELEASED)
        rask_sched_task_release_inputs(s, t);
    if (t->error == 0) {
        t->error = error;
        rask_sched_error_at(s, error)->n_users++;
    }
    rask_sched_task_move(s, task, RASK_EVENT_FAIL);
    if (!was_told) {
        s->counters.failed++;
        rask_sched_task_tell(s, task);
    }
    for (uint32_t e = t->dependents; e != 0; e = rask_edge_at(s, e)->next_user)
        if (rask_sched_task_at(s, rask_edge_at(s, e)->user)->state == RASK_TASK_WAITING)
            push_work(s, rask_edge_at(s, e)->user);
    rask_edges_unlink(s, task);
    end_self_claim(s, task, t);
}

/* A task and all that needs its result fail. The error record is shared; it tells who is at fault.
 */
void rask_sched_task_fail(struct rask_sched *s, uint32_t task, uint32_t error)
{
    size_t base = s->work.count;
    if (error == 0)
        return;
    fail_one(s, task, error);
    while (s->work.count > base) {
        uint32_t id = rask_sched_ids_pop(&s->work);
        if (rask_sched_task_at(s, id)->state == RASK_TASK_WAITING)
            fail_one(s, id, error);
    }
}

/* An assigned or queued task has to run (again) from its inputs, which it still claims; one of them
 * may have been lost and have failed meanwhile. */
void rask_sched_task_again(struct rask_sched *s, uint32_t task)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    uint32_t failed = 0;
    rask_sched_task_move(s, task, RASK_EVENT_AGAIN);
    t->n_missing = 0;
    for (uint32_t e = t->deps; e != 0; e = rask_edge_at(s, e)->next_dep) {
        const struct rask_sched_task *d = rask_sched_task_at(s, rask_edge_at(s, e)->source);
        t->n_missing += d->state != RASK_TASK_MEMORY;
        failed = error_of(d) != 0 ? error_of(d) : failed;
    }
    if (failed != 0)
        rask_sched_task_fail(s, task, failed);
    else if (t->n_missing == 0)
        rask_sched_task_ready(s, task);
}

/* The last replica of a result is gone: whoever waited for it waits again, and it is computed
 * again. */
void rask_sched_task_lose(struct rask_sched *s, uint32_t task)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    rask_sched_task_move(s, task, RASK_EVENT_LOSE);
    for (uint32_t e = t->dependents; e != 0; e = rask_edge_at(s, e)->next_user) {
        struct rask_sched_task *u = rask_sched_task_at(s, rask_edge_at(s, e)->user);
        u->n_missing += u->state == RASK_TASK_WAITING;
    }
    /* Separately, since a user may need it twice and counts anew here. */
    for (uint32_t e = t->dependents; e != 0; e = rask_edge_at(s, e)->next_user) {
        uint32_t user = rask_edge_at(s, e)->user;
        uint8_t state = rask_sched_task_at(s, user)->state;
        if (state == RASK_TASK_QUEUED || state == RASK_TASK_NO_WORKER)
            rask_sched_task_again(s, user);
    }
    if (is_needed(t)) {
        s->counters.recomputed++;
        rask_sched_task_want(s, task);
    } else {
        rask_sched_task_unsettle(s, task);
    }
}

/* Frees a result that is in place. */
void rask_sched_task_drop_data(struct rask_sched *s, uint32_t task)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    if (t->data != NULL)
        rask_pool_give(&s->pool, t->data, t->bytes);
    t->data = NULL;
    rask_replica_free_all(s, task, 1);
}

void rask_sched_task_unclaim(struct rask_sched *s, uint32_t task)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    assert(t->n_claims > 0);
    if (--t->n_claims == 0 && t->n_waiters == 0)
        rask_sched_task_unsettle(s, task);
}

/* Gives back all that a task has: its ids, blocks, and its share of an error. */
static void free_records(struct rask_sched *s, uint32_t task)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    while (t->claims != 0) {
        uint32_t id = t->claims;
        struct rask_sched_claim *claim = rask_slab_at(&s->claims, id);
        t->claims = claim->next;
        rask_ids_remove(s, claim->id);
        rask_slab_give(&s->claims, id);
    }
    rask_ids_remove(s, t->id);
    rask_pool_give(&s->pool, t->call, t->call_bytes);
    if (t->extra != 0) {
        struct rask_sched_extra *x = rask_extra_at(s, t->extra);
        if (t->flags & RASK_TASK_PURE)
            rask_map128_remove(&s->keys, x->key, NULL);
        rask_pool_give(&s->pool, x->allow, x->n_allow * sizeof *x->allow);
        rask_pool_give(&s->pool, x->resources, x->n_resources * sizeof *x->resources);
        rask_slab_give(&s->extras, t->extra);
    }
    if (t->error != 0 && --rask_sched_error_at(s, t->error)->n_users == 0)
        rask_slab_give(&s->errors, t->error);
    rask_slab_give(&s->tasks, task);
}

static void forget(struct rask_sched *s, uint32_t task)
{
    rask_edges_unlink(s, task);
    rask_sched_task_move(s, task, RASK_EVENT_FORGET);
    free_records(s, task);
    s->counters.forgotten++;
}

static void settle_one(struct rask_sched *s, uint32_t task)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    if (!is_needed(t)) {
        switch (t->state) {
        case RASK_TASK_MEMORY:
            if (t->replicas == 0 && t->n_dependents != 0)
                break;
            rask_sched_task_drop_data(s, task);
            rask_sched_task_move(s, task, RASK_EVENT_DROP);
            break;
        case RASK_TASK_WAITING:
        case RASK_TASK_QUEUED:
        case RASK_TASK_NO_WORKER:
            rask_sched_task_release_inputs(s, t);
            rask_sched_task_move(s, task, RASK_EVENT_DROP);
            break;
        case RASK_TASK_PROCESSING:
            rask_peer_withdraw(s, t->rank, t->slot, RASK_WITHDRAWN_UNWANTED);
            rask_sched_task_move(s, task, RASK_EVENT_DROP);
            break;
        case RASK_TASK_ERRED:
            if (t->n_dependents != 0)
                break;
            rask_sched_task_move(s, task, RASK_EVENT_DROP);
            break;
        default:
            break;
        }
    }
    if (t->state == RASK_TASK_RELEASED && !is_needed(t) && t->n_dependents == 0)
        forget(s, task);
}

/* Lets go of what is not needed any more; runs at the end of every step. */
void rask_sched_task_settle(struct rask_sched *s)
{
    while (s->unsettled.count > 0) {
        uint32_t task = rask_sched_ids_pop(&s->unsettled);
        if (rask_slab_is_live(&s->tasks, task))
            settle_one(s, task);
    }
}

/* A new error record about `task`; 0 without memory. */
uint32_t rask_sched_error_new(struct rask_sched *s, uint32_t task, int32_t code, const char *text)
{
    uint32_t id;
    struct rask_sched_error *error = rask_slab_take(&s->errors, &id);
    if (error == NULL) {
        rask_sched_break(s, RASK_ERR_MEMORY, "an error record");
        return 0;
    }
    const struct rask_sched_task *t = rask_sched_task_at(s, task);
    error->origin = t->id;
    error->function = t->function;
    error->code = code;
    error->rank = rask_sched_has_seat(t->state) ? t->rank : -1;
    rask_text_copy(error->text, sizeof error->text, text);
    return id;
}

static void tell_done(struct rask_sched *s, const struct rask_sched_task *t, uint64_t id)
{
    struct rask_msg_state m = {.task = id,
                               .object = t->id,
                               .offset = RASK_WIRE_NO_OFFSET,
                               .bytes = t->bytes,
                               .holder = -1};
    if (t->replicas != 0) {
        const struct rask_sched_replica *replica = rask_replica_at(s, t->replicas);
        while (replica->offset == RASK_WIRE_NO_OFFSET && replica->next_of_task != 0)
            replica = rask_replica_at(s, replica->next_of_task);
        m.offset = replica->offset;
        m.holder = replica->rank;
    } else {
        m.data = t->data;
        m.n_data = (uint32_t)t->bytes;
    }
    if (rask_wire_put_state(rask_peer_out(s, rask_id_client(id)), &m) != 0)
        rask_sched_break(s, RASK_ERR_MEMORY, "a message");
}

static void tell_failed(struct rask_sched *s, const struct rask_sched_task *t, uint64_t id)
{
    const struct rask_sched_error *error = rask_sched_error_at(s, t->error);
    struct rask_msg_failed m = {.task = id,
                                .origin = error->origin,
                                .code = error->code,
                                .rank = error->rank,
                                .function = error->function,
                                .text = error->text,
                                .n_text = (uint32_t)strlen(error->text)};
    if (error->origin != t->id && error->code != RASK_ERR_CANCELLED)
        m.code = RASK_ERR_DEPENDENCY;
    else if (error->origin != t->id)
        m.n_text = 0;
    if (rask_wire_put_failed(rask_peer_out(s, rask_id_client(id)), &m) != 0)
        rask_sched_break(s, RASK_ERR_MEMORY, "a message");
}

static inline void tell(struct rask_sched *s, const struct rask_sched_task *t, uint64_t id)
{
    if (t->state == RASK_TASK_MEMORY)
        tell_done(s, t, id);
    else
        tell_failed(s, t, id);
}

/* Tells the client that holds a future on it under `id`. */
void rask_sched_task_tell_id(struct rask_sched *s, uint32_t task, uint64_t id)
{
    tell(s, rask_sched_task_at(s, task), id);
}

/* Tells every client that holds a future on it. */
void rask_sched_task_tell(struct rask_sched *s, uint32_t task)
{
    const struct rask_sched_task *t = rask_sched_task_at(s, task);
    if (!(t->flags & RASK_TASK_RELEASED_ID))
        tell(s, t, t->id);
    for (uint32_t c = t->claims; c != 0;) {
        const struct rask_sched_claim *claim = rask_slab_at(&s->claims, c);
        tell(s, t, claim->id);
        c = claim->next;
    }
}
