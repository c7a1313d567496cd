/* SPDX-License-Identifier: BSD-3-Clause */
/* steal.c: work for an idle worker. First what waits with the scheduler for another worker: that
 * costs no message. Then what another worker was given and has not begun: it is asked for back,
 * newest first, one at a time per thief. Running tasks are never taken, nor any task whose inputs
 * take longer to move than it would wait where it is. */
#include "sched/state.h"

/* A queue shorter than this is left alone: the worker gets to it before a withdrawal would come
 * back. */
#define WORTH_STEALING_NS 50000u
/* Assignments that are looked at for one that may be taken. */
#define MAX_LOOKS 8u

/* Whether moving it to the thief pays, when it would otherwise wait `wait_ns`. */
static int is_worth_moving(const struct rask_sched *s, const struct rask_sched_task *t,
                           int32_t thief, uint64_t wait_ns)
{
    return rask_peer_may_run(s, thief, t) && rask_locate_move_ns(s, t, thief) <= wait_ns;
}

/* The worker with the most tasks waiting for it here, -1 if none. */
static int32_t fullest_home(const struct rask_sched *s, int32_t thief)
{
    int32_t victim = -1;
    uint32_t most = 0;
    for (uint32_t rank = rask_idset_next(&s->workers, 0); rank != RASK_IDSET_NONE;
         rank = rask_idset_next(&s->workers, rank + 1)) {
        if ((int32_t)rank != thief && s->peers[rank].n_homed > most) {
            most = s->peers[rank].n_homed;
            victim = (int32_t)rank;
        }
    }
    return victim;
}

/* Takes the most urgent task that is homed elsewhere and worth moving. 0 if there is none. */
uint32_t rask_steal_homed(struct rask_sched *s, int32_t thief)
{
    int32_t victim = s->config.is_stealing ? fullest_home(s, thief) : -1;
    if (victim < 0)
        return 0;
    struct rask_sched_peer *p = &s->peers[victim];
    const struct rask_heap_entry *top;
    while ((top = rask_ready_top(&p->homed)) != NULL && !rask_ready_is_meant(s, top, victim))
        rask_ready_pop(&p->homed);
    if (top == NULL)
        return 0;
    uint32_t task = top->id;
    const struct rask_sched_task *t = rask_life_at(s, task);
    uint64_t queue_ns = (uint64_t)p->n_homed * rask_sched_estimate(s, t->function);
    uint64_t wait_ns = p->is_paused ? UINT64_MAX : (p->backlog_ns + queue_ns) / p->n_slots;
    if (!is_worth_moving(s, t, thief, wait_ns))
        return 0;
    rask_ready_pop(&p->homed);
    s->counters.stolen++;
    return task;
}

/* How long an assignment beyond the slots of a worker has to wait: by the estimates, or as long
 * again as the oldest one has been there, whichever is longer; estimates of functions that suddenly
 * take longer are far too low. */
static uint64_t wait_at(const struct rask_sched *s, const struct rask_sched_peer *p)
{
    uint64_t wait_ns = p->backlog_ns / p->n_slots;
    uint32_t slot = p->seats.items[0].next, n_looked = 0;
    while (slot != 0 && p->seats.items[slot].is_away && n_looked++ < MAX_LOOKS)
        slot = p->seats.items[slot].next;
    uint64_t age_ns =
        slot == 0 || p->seats.items[slot].is_away ? 0 : s->now_ns - p->seats.items[slot].since_ns;
    return age_ns > wait_ns ? age_ns : wait_ns;
}

/* The worker whose assignments beyond its slots would wait longest, -1 if none is worth it. If one
 * may come to be worth it, the scheduler asks to be called again. */
static int32_t most_loaded(struct rask_sched *s, int32_t thief, uint64_t *most)
{
    int32_t victim = -1;
    int has_queue = 0;
    *most = WORTH_STEALING_NS;
    for (uint32_t rank = rask_idset_next(&s->workers, 0); rank != RASK_IDSET_NONE;
         rank = rask_idset_next(&s->workers, rank + 1)) {
        const struct rask_sched_peer *p = &s->peers[rank];
        if ((int32_t)rank == thief || p->n_assigned - p->n_away <= p->n_slots)
            continue;
        has_queue = 1;
        if (wait_at(s, p) > *most) {
            *most = wait_at(s, p);
            victim = (int32_t)rank;
        }
    }
    if (has_queue && s->now_ns + *most < s->next_call_ns)
        s->next_call_ns = s->now_ns + *most;
    return victim;
}

/* Asks the most loaded worker for its newest assignment that is worth moving. */
void rask_steal_assigned(struct rask_sched *s, int32_t thief)
{
    uint64_t wait_ns;
    if (!s->config.is_stealing || s->peers[thief].is_robbing)
        return;
    int32_t victim = most_loaded(s, thief, &wait_ns);
    if (victim < 0)
        return;
    struct rask_sched_peer *p = &s->peers[victim];
    uint32_t n_looked = 0;
    for (uint32_t slot = p->seats.items[0].previous; slot != 0 && n_looked < MAX_LOOKS;
         n_looked++) {
        struct rask_sched_seat *seat = &p->seats.items[slot];
        const struct rask_sched_task *t = rask_life_at(s, seat->task);
        if (seat->withdrawn == RASK_WITHDRAWN_NO && !seat->is_away &&
            t->state == RASK_TASK_PROCESSING && is_worth_moving(s, t, thief, wait_ns)) {
            seat->thief = thief;
            s->peers[thief].is_robbing = 1;
            rask_peer_withdraw(s, victim, slot, RASK_WITHDRAWN_FOR_THIEF);
            return;
        }
        slot = seat->previous;
    }
}
