/* SPDX-License-Identifier: BSD-3-Clause */
/* place.c: gives ready tasks to workers that have room.
 *
 * Two rounds: first every idle slot gets a task, then the windows are filled that keep slots from
 * waiting for a round trip. A worker takes from its own queue and from the common one, whichever is
 * more urgent. From a long common queue it takes a run of neighbours at once into its own, so that
 * siblings in the order end up together; what it does not get to is stolen from there without a
 * message. */
#include "sched/state.h"

/* A worker reserves at most this many neighbours per slot at once. */
#define MAX_RUN 64u
/* Restricted tasks in a worker's queue that are looked at for one whose resources are free. */
#define MAX_BLOCKED 64u

/* Moves a run of neighbours from the front of the common queue to a worker's own. */
static void reserve_run(struct rask_sched *s, int32_t rank)
{
    uint32_t share = s->n_common / (4 * s->n_slots);
    uint32_t n = (share > MAX_RUN ? MAX_RUN : share) * s->peers[rank].n_slots;
    for (; n > 1; n--) {
        const struct rask_heap_entry *top = rask_ready_meant_top(s, &s->common, -1);
        if (top == NULL)
            return;
        uint32_t task = top->id;
        rask_ready_pop(&s->common);
        rask_locate_home(s, task, rank);
    }
}

/* A producer is not sent ahead: its result would only take room until somebody consumes it. */
static int is_held_back(const struct rask_sched *s, uint32_t task, int32_t rank)
{
    const struct rask_sched_peer *p = &s->peers[rank];
    return (rask_sched_task_at(s, task)->flags & RASK_TASK_PRODUCER) &&
           rask_peer_n_busy(p) >= p->base_window;
}

/* The most urgent task of the worker's own among the first `n_kinds` queues, NULL if there is none.
 */
static const struct rask_heap_entry *homed_top(struct rask_sched *s, int32_t rank, uint32_t n_kinds,
                                               struct rask_ready **queue)
{
    const struct rask_heap_entry *best = NULL;
    for (uint32_t kind = 0; kind < n_kinds; kind++) {
        struct rask_ready *of_kind = &s->peers[rank].home[kind].queue;
        const struct rask_heap_entry *top = rask_ready_meant_top(s, of_kind, rank);
        if (top != NULL && (best == NULL || rask_heap_is_before(top, best))) {
            best = top;
            *queue = of_kind;
        }
    }
    return best;
}

/* The most urgent task of the worker's own whose resources are free; the blocked ones, which are
 * restricted, stay. */
static uint32_t pop_homed(struct rask_sched *s, int32_t rank, uint64_t below_hi, uint64_t below_lo)
{
    struct rask_ready *queue = NULL;
    struct rask_heap_entry blocked[MAX_BLOCKED];
    uint32_t n_blocked = 0, found = 0;
    const struct rask_heap_entry *top;
    while ((top = homed_top(s, rank, n_blocked < MAX_BLOCKED ? RASK_HOME_KINDS : 1, &queue)) !=
           NULL) {
        if (top->hi > below_hi || (top->hi == below_hi && top->lo > below_lo))
            break;
        if (is_held_back(s, top->id, rank))
            break;
        struct rask_heap_entry entry = *top;
        rask_ready_pop(queue);
        if (rask_peer_may_run(s, rank, rask_sched_task_at(s, entry.id))) {
            found = entry.id;
            break;
        }
        blocked[n_blocked++] = entry;
    }
    for (uint32_t i = 0; i < n_blocked; i++)
        if (rask_ready_push(&s->peers[rank].home[RASK_HOME_RESTRICTED].queue, blocked[i]) != 0)
            rask_sched_break(s, RASK_ERR_MEMORY, "a ready queue");
    return found;
}

static uint32_t next_task(struct rask_sched *s, int32_t rank)
{
    const struct rask_heap_entry *common = rask_ready_meant_top(s, &s->common, -1);
    uint32_t task = 0;
    if (rask_peer_n_homed(&s->peers[rank]) > 0)
        task = common == NULL ? pop_homed(s, rank, UINT64_MAX, UINT64_MAX)
                              : pop_homed(s, rank, common->hi, common->lo);
    if (task != 0 || common == NULL || is_held_back(s, common->id, rank))
        return task;
    task = common->id;
    rask_ready_pop(&s->common);
    if (s->n_common / 4 > s->n_slots && rask_idset_count(&s->workers) > 1)
        reserve_run(s, rank);
    return task;
}

/* Fills one worker: its idle slots, or its whole window. */
static void fill(struct rask_sched *s, int32_t rank, int is_window)
{
    const struct rask_sched_peer *p = &s->peers[rank];
    while (s->status == RASK_OK && rask_idset_has(&s->with_room, (uint32_t)rank) &&
           (is_window || rask_peer_n_busy(p) < p->n_slots)) {
        uint32_t task = next_task(s, rank);
        if (task == 0 && rask_peer_n_busy(p) < p->n_slots) {
            task = rask_steal_homed(s, rank);
            if (task == 0)
                rask_steal_assigned(s, rank);
        }
        if (task == 0)
            return;
        rask_peer_assign(s, task, rank);
    }
}

static void fill_all(struct rask_sched *s, int is_window)
{
    uint32_t first = s->first_place;
    for (uint32_t rank = rask_idset_next(&s->with_room, first); rank != RASK_IDSET_NONE;
         rank = rask_idset_next(&s->with_room, rank + 1))
        fill(s, (int32_t)rank, is_window);
    for (uint32_t rank = rask_idset_next(&s->with_room, 0); rank != RASK_IDSET_NONE && rank < first;
         rank = rask_idset_next(&s->with_room, rank + 1))
        fill(s, (int32_t)rank, is_window);
}

/* Whether a round can do anything: something is queued, or somebody idle could rob. */
static int is_anything_to_place(const struct rask_sched *s)
{
    return s->n_unfinished != 0 && rask_idset_any(&s->with_room);
}

static void starve_out(struct rask_sched *s, uint32_t task)
{
    const struct rask_sched_task *t = rask_sched_task_at(s, task);
    const struct rask_sched_extra *x = rask_extra_at(s, t->extra);
    struct rask_buf text = {0};
    size_t n_workers = rask_idset_count(&s->workers);
    rask_status status = rask_buf_printf(&text, "no worker may run the task: asked for");
    for (uint32_t i = 0; status == RASK_OK && i < x->n_allow && i < 8; i++)
        status = rask_buf_printf(&text, "%s %u", i == 0 ? " rank" : " or", x->allow[i]);
    for (uint32_t i = 0; status == RASK_OK && i < x->n_resources; i++)
        status = rask_buf_printf(&text, "%s %u %.12s", i == 0 && x->n_allow == 0 ? "" : " and",
                                 x->resources[i].amount, x->resources[i].name);
    if (status == RASK_OK)
        status = rask_buf_printf(
            &text, n_workers == 1 ? "; there is %zu worker" : "; there are %zu workers", n_workers);
    if (status != RASK_OK)
        rask_sched_break(s, status, "an error text");
    else
        rask_sched_task_fail(
            s, task, rask_sched_error_new(s, task, RASK_ERR_NO_WORKER, (const char *)text.data));
    rask_buf_release(&text);
}

/* Tasks that nobody may run fail when no worker can come any more, or when their time is up. */
static void check_starving(struct rask_sched *s)
{
    uint64_t timeout = s->config.no_worker_timeout_ns;
    if (timeout == 0 && !s->config.is_closed)
        return;
    for (size_t i = s->starving.count; i-- > 0 && s->status == RASK_OK;) {
        uint32_t task = s->starving.items[i];
        uint64_t end_ns =
            rask_extra_at(s, rask_sched_task_at(s, task)->extra)->starving_since_ns + timeout;
        if (s->config.is_closed || end_ns <= s->now_ns) {
            starve_out(s, task);
        } else if (end_ns < s->next_call_ns) {
            s->next_call_ns = end_ns;
        }
    }
}

rask_status rask_sched_place(struct rask_sched *s, uint64_t now_ns, struct rask_error *error)
{
    s->now_ns = now_ns;
    s->next_call_ns = UINT64_MAX;
    if (s->starving.count != 0) {
        check_starving(s);
        rask_sched_task_settle(s);
    }
    if (is_anything_to_place(s)) {
        fill_all(s, 0);
        fill_all(s, 1);
        uint32_t next = rask_idset_next(&s->workers, s->first_place + 1);
        s->first_place = next == RASK_IDSET_NONE ? 0 : next;
    }
    return rask_sched_end_step(s, error);
}
