/* SPDX-License-Identifier: BSD-3-Clause */
/* peer.c: a rank as the scheduler sees it: its assignments (seats), its resources, and the objects
 * it holds.
 *
 * A seat is one running number of an assignment. There are more seats than slots, since work is
 * sent ahead. The worker answers each assignment exactly once (DONE, ERRED, RETURNED or inside
 * MISSING); only then is its seat free and does the task let go of its inputs, so that no byte that
 * the worker may be reading is freed. */
#include "sched/state.h"

#include <math.h>
#include <assert.h>
#include <string.h>

struct rask_buf *rask_peer_out(struct rask_sched *s, int32_t rank)
{
    if (rask_idset_add(&s->with_output, (uint32_t)rank) != 0)
        rask_sched_break(s, RASK_ERR_MEMORY, "the set of outputs");
    return &s->peers[rank].out;
}

static void put_failed(struct rask_sched *s)
{
    rask_sched_break(s, RASK_ERR_MEMORY, "a message");
}

static int has_room(const struct rask_sched *s, const struct rask_sched_peer *p)
{
    if (!p->is_alive || p->is_paused || p->n_slots == 0)
        return 0;
    if (rask_peer_n_busy(p) < p->base_window)
        return 1;
    return rask_peer_n_busy(p) < (uint64_t)s->config.max_ahead * p->n_slots &&
           p->backlog_ns < s->config.ahead_ns * p->n_slots;
}

void rask_peer_update_room(struct rask_sched *s, int32_t rank)
{
    int is_in = rask_idset_has(&s->with_room, (uint32_t)rank);
    int is_open = has_room(s, &s->peers[rank]);
    if (is_open && !is_in && rask_idset_add(&s->with_room, (uint32_t)rank) != 0)
        rask_sched_break(s, RASK_ERR_MEMORY, "the set of workers with room");
    if (!is_open && is_in)
        rask_idset_remove(&s->with_room, (uint32_t)rank);
}

/* Tasks of long or unknown duration that a worker is given: at least one, UINT32_MAX without bound.
 */
static uint32_t base_window(double saturation, uint32_t n_slots)
{
    double window = ceil(saturation * n_slots);
    if (saturation <= 0 || window >= UINT32_MAX)
        return UINT32_MAX;
    return window < 1 ? 1 : (uint32_t)window;
}

void rask_peer_hello(struct rask_sched *s, const struct rask_msg_hello *m)
{
    struct rask_sched_peer *p = &s->peers[m->rank];
    if (p->is_alive)
        return;
    p->is_alive = 1;
    p->n_slots = m->n_slots;
    p->base_window = base_window(s->config.saturation, m->n_slots);
    p->node = m->node;
    p->reads_in_place = m->reads_in_place != 0;
    p->n_resources = m->n_resource;
    for (uint32_t i = 0; i < m->n_resource; i++)
        p->resources[i] = p->capacity[i] = m->resource[i];
    s->n_slots += m->n_slots;
    if (m->n_slots > 0 && rask_idset_add(&s->workers, (uint32_t)m->rank) != 0)
        rask_sched_break(s, RASK_ERR_MEMORY, "the set of workers");
    rask_peer_update_room(s, m->rank);
    rask_locate_retry_starving(s);
}

static const struct rask_wire_resource *find_resource(const struct rask_wire_resource *list,
                                                      uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        if (memcmp(list[i].name, name, sizeof list[i].name) == 0)
            return &list[i];
    return NULL;
}

static int has_resources(const struct rask_sched_peer *p, const struct rask_wire_resource *list,
                         const struct rask_sched_extra *x)
{
    for (uint32_t i = 0; i < x->n_resources; i++) {
        const struct rask_wire_resource *there =
            find_resource(list, p->n_resources, x->resources[i].name);
        if (there == NULL || there->amount < x->resources[i].amount)
            return 0;
    }
    return 1;
}

static int is_allowed(const struct rask_sched *s, int32_t rank, const struct rask_sched_task *t,
                      int is_strict)
{
    const struct rask_sched_extra *x = rask_extra_at(s, t->extra);
    if (x->n_allow == 0)
        return 1;
    for (uint32_t i = 0; i < x->n_allow; i++)
        if (x->allow[i] == (uint32_t)rank)
            return 1;
    if (is_strict || !(t->flags & RASK_TASK_LOOSE))
        return 0;
    for (uint32_t i = 0; i < x->n_allow; i++)
        if (rask_idset_has(&s->workers, x->allow[i]))
            return 0;
    return 1;
}

/* Whether the worker could ever run it. */
int rask_peer_could_run(const struct rask_sched *s, int32_t rank, const struct rask_sched_task *t)
{
    const struct rask_sched_peer *p = &s->peers[rank];
    if (!p->is_alive || p->n_slots == 0)
        return 0;
    if (!(t->flags & RASK_TASK_SPECIAL))
        return 1;
    return is_allowed(s, rank, t, 0) && has_resources(p, p->capacity, rask_extra_at(s, t->extra));
}

/* Whether it may start there now, as far as resources go. */
int rask_peer_may_run(const struct rask_sched *s, int32_t rank, const struct rask_sched_task *t)
{
    const struct rask_sched_peer *p = &s->peers[rank];
    if (!(t->flags & RASK_TASK_SPECIAL))
        return 1;
    return rask_peer_could_run(s, rank, t) &&
           has_resources(p, p->resources, rask_extra_at(s, t->extra));
}

static void change_resources(struct rask_sched *s, struct rask_sched_peer *p,
                             const struct rask_sched_task *t, int is_taking)
{
    if (!(t->flags & RASK_TASK_SPECIAL))
        return;
    const struct rask_sched_extra *x = rask_extra_at(s, t->extra);
    for (uint32_t i = 0; i < x->n_resources; i++) {
        uint32_t amount = x->resources[i].amount;
        for (uint32_t k = 0; k < p->n_resources; k++) {
            struct rask_wire_resource *there = &p->resources[k];
            if (memcmp(there->name, x->resources[i].name, sizeof there->name) != 0)
                continue;
            assert(!is_taking || there->amount >= amount);
            assert(is_taking || p->capacity[k].amount - there->amount >= amount);
            there->amount += is_taking ? -amount : amount;
        }
    }
}

/* A free seat, linked in as the newest assignment. 0 without memory. */
static uint32_t take_seat(struct rask_sched_peer *p)
{
    struct rask_sched_seat seat = {.thief = -1};
    if (p->seats.count == 0 && rask_sched_seats_push(&p->seats, seat) != 0)
        return 0;
    uint32_t slot = p->free_seat;
    if (slot == 0) {
        slot = (uint32_t)p->seats.count;
        if (rask_sched_seats_push(&p->seats, seat) != 0)
            return 0;
    } else {
        p->free_seat = p->seats.items[slot].next;
    }
    struct rask_sched_seat *seats = p->seats.items;
    seats[slot].epoch++;
    seats[slot].is_away = 0;
    seats[slot].withdrawn = RASK_WITHDRAWN_NO;
    seats[slot].thief = -1;
    seats[slot].next = 0;
    seats[slot].previous = seats[0].previous;
    seats[seats[0].previous].next = slot;
    seats[0].previous = slot;
    return slot;
}

/* How much a replica is worth to a task on `rank`: its own is best, then one of the same node; a
 * copy that a rank without slots (rank 0, for its client) has fetched is the last resort, so that
 * it carries no data between workers. */
static int worth(const struct rask_sched *s, const struct rask_sched_replica *replica, int32_t rank)
{
    if (replica->offset == RASK_WIRE_NO_OFFSET)
        return 0;
    if (replica->rank == rank)
        return 4;
    if (replica->is_copy && (replica->rank == 0 || s->peers[replica->rank].n_slots == 0))
        return 1;
    return s->peers[replica->rank].node == s->peers[rank].node ? 3 : 2;
}

static const struct rask_sched_replica *nearest(const struct rask_sched *s,
                                                const struct rask_sched_task *d, int32_t rank)
{
    const struct rask_sched_replica *best = NULL;
    int most = 0;
    for (uint32_t r = d->replicas; r != 0 && most < 4;) {
        const struct rask_sched_replica *replica = rask_replica_at(s, r);
        int value = worth(s, replica, rank);
        if (value > most)
            best = replica;
        most = value > most ? value : most;
        r = replica->next_of_task;
    }
    return best;
}

/* Fills the inputs of a RUN message into s->inputs and s->input_data. */
static void gather_inputs(struct rask_sched *s, const struct rask_sched_task *t, int32_t rank)
{
    s->inputs.count = 0;
    rask_buf_clear(&s->input_data);
    for (uint32_t e = t->deps; e != 0; e = rask_edge_at(s, e)->next_dep) {
        const struct rask_sched_task *d = rask_sched_task_at(s, rask_edge_at(s, e)->source);
        struct rask_wire_input input = {
            .object = d->id, .offset = RASK_WIRE_NO_OFFSET, .bytes = d->bytes, .holder = -1};
        if (d->replicas != 0) {
            const struct rask_sched_replica *replica = nearest(s, d, rank);
            input.offset = replica->offset;
            input.holder = replica->rank;
            if (replica->is_copy && replica->rank == 0 && rank != 0)
                s->counters.relayed_bytes += d->bytes;
        } else {
            uint8_t *room = rask_buf_room(&s->input_data, rask_wire_pad(d->bytes));
            if (room == NULL) {
                put_failed(s);
                return;
            }
            memset(room, 0, rask_wire_pad(d->bytes));
            if (d->bytes != 0)
                memcpy(room, d->data, d->bytes);
        }
        if (rask_sched_inputs_push(&s->inputs, input) != 0)
            put_failed(s);
    }
}

static void send_run(struct rask_sched *s, const struct rask_sched_task *t, int32_t rank,
                     uint32_t epoch)
{
    struct rask_msg_run m = {.task = t->id,
                             .priority_hi = t->hi,
                             .priority_lo = t->lo,
                             .slot = t->slot,
                             .epoch = epoch,
                             .function = t->function,
                             .call = t->call,
                             .n_call = t->call_bytes};
    if (t->deps != 0) {
        gather_inputs(s, t, rank);
        m.input = s->inputs.items;
        m.n_input = (uint32_t)s->inputs.count;
        m.data = s->input_data.data;
        m.n_data = (uint32_t)s->input_data.size;
    }
    if (rask_wire_put_run(rask_peer_out(s, rank), &m) != 0)
        put_failed(s);
}

/* Gives a QUEUED task to a worker. */
void rask_peer_assign(struct rask_sched *s, uint32_t task, int32_t rank)
{
    struct rask_sched_peer *p = &s->peers[rank];
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    uint32_t slot = take_seat(p);
    if (slot == 0) {
        rask_sched_break(s, RASK_ERR_MEMORY, "the seats of a worker");
        return;
    }
    struct rask_sched_seat *seat = &p->seats.items[slot];
    rask_sched_task_assign(s, task, rank, slot);
    seat->task = task;
    seat->since_ns = s->now_ns;
    seat->estimate_ns = rask_sched_estimate(s, t->function);
    p->backlog_ns += seat->estimate_ns;
    p->n_assigned++;
    change_resources(s, p, t, 1);
    s->counters.assigned++;
    send_run(s, t, rank, seat->epoch);
    rask_peer_update_room(s, rank);
}

/* The task of an assignment, 0 if the message is about one that is over. */
uint32_t rask_peer_seat_task(const struct rask_sched *s, int32_t rank, uint32_t slot,
                             uint32_t epoch)
{
    const struct rask_sched_peer *p = &s->peers[rank];
    if (slot == 0 || slot >= p->seats.count || p->seats.items[slot].epoch != epoch)
        return 0;
    return p->seats.items[slot].task;
}

/* An assignment is over: frees its seat and what it took. */
void rask_peer_leave(struct rask_sched *s, int32_t rank, uint32_t slot)
{
    struct rask_sched_peer *p = &s->peers[rank];
    struct rask_sched_seat *seats = p->seats.items;
    struct rask_sched_seat *seat = &seats[slot];
    const struct rask_sched_task *t = rask_sched_task_at(s, seat->task);
    change_resources(s, p, t, 0);
    p->backlog_ns -= seat->estimate_ns;
    p->n_assigned--;
    p->n_away -= seat->is_away;
    if (seat->thief >= 0)
        s->peers[seat->thief].is_robbing = 0;
    seats[seat->previous].next = seat->next;
    seats[seat->next].previous = seat->previous;
    seat->task = 0;
    seat->next = p->free_seat;
    p->free_seat = slot;
    rask_peer_update_room(s, rank);
}

/* Asks for an assignment back; at most once per reason. */
void rask_peer_withdraw(struct rask_sched *s, int32_t rank, uint32_t slot,
                        enum rask_sched_withdrawal why)
{
    struct rask_sched_seat *seat = &s->peers[rank].seats.items[slot];
    if (seat->withdrawn >= why)
        return;
    seat->withdrawn = (uint8_t)why;
    struct rask_msg_withdraw m = {
        .slot = slot, .epoch = seat->epoch, .is_unwanted = why == RASK_WITHDRAWN_UNWANTED};
    s->counters.withdrawn++;
    if (rask_wire_put_withdraw(rask_peer_out(s, rank), &m) != 0)
        put_failed(s);
}
