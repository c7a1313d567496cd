/* SPDX-License-Identifier: BSD-3-Clause */
/* steal.c: work for an idle worker. First what waits with the scheduler for another worker: that
 * costs no message. Then what another worker was given and has not begun: it is asked for back,
 * newest first, one at a time per thief. Running tasks are never taken, nor any task whose inputs
 * take longer to move than it would wait where it is.
 *
 * The worker with the longest queue is looked at first, then the others in turn. Of each queue a
 * few tasks are looked at, and of all together a bounded number; a thief that finds none of them
 * worth moving leaves a mark, where the next search goes on. So a search costs the same however
 * much is queued, and what may be moved is found sooner or later behind any amount that may not. */
#include "sched/state.h"

/* A queue shorter than this is left alone: the worker gets to it before a withdrawal would come
 * back. */
#define WORTH_STEALING_NS 50000u
/* Tasks of one worker, and of all workers, that are looked at for one that may be taken. */
#define MAX_LOOKS 8u
#define MAX_LOOKS_IN_ALL 32u

/* Whether moving it to the thief pays, when it would otherwise wait `wait_ns`. */
static int is_worth_moving(const struct rask_sched *s, const struct rask_sched_task *t,
                           int32_t thief, uint64_t wait_ns)
{
    return rask_peer_may_run(s, thief, t) && rask_locate_move_ns(s, t, thief) <= wait_ns;
}

/* Whether a thief should get a task that is homed at `victim`. */
static int is_worth_taking(const struct rask_sched *s, const struct rask_sched_task *t,
                           int32_t thief, int32_t victim)
{
    const struct rask_sched_peer *p = &s->peers[victim];
    uint64_t wait_ns = p->is_paused ? UINT64_MAX : rask_peer_queue_ns(s, p, t->function);
    return is_worth_moving(s, t, thief, wait_ns);
}

/* A task homed at `victim` that is worth moving: the most urgent one, else one of a few others. An
 * entry that is taken from amid the queue stays behind, stale. 0 if there is none. */
static uint32_t take_homed(struct rask_sched *s, int32_t thief, int32_t victim,
                           enum rask_sched_home_kind kind)
{
    struct rask_sched_home *home = &s->peers[victim].home[kind];
    const struct rask_heap_entry *entry = rask_ready_meant_top(s, &home->queue, victim);
    if (entry == NULL)
        return 0;
    uint32_t task = entry->id;
    if (is_worth_taking(s, rask_sched_task_at(s, task), thief, victim)) {
        rask_ready_pop(&home->queue);
        return task;
    }
    uint64_t n_entries = rask_ready_count(&home->queue);
    for (uint32_t n = 1; n < MAX_LOOKS && n < n_entries; n++) {
        entry = rask_ready_at(&home->queue, home->next_look % n_entries);
        if (rask_ready_is_meant(s, entry, victim) &&
            is_worth_taking(s, rask_sched_task_at(s, entry->id), thief, victim))
            return entry->id;
        home->next_look++;
    }
    return 0;
}

/* The worker but for the thief that has most tasks of a kind waiting for it here, -1 if none. */
static int32_t fullest_home(const struct rask_sched *s, int32_t thief,
                            enum rask_sched_home_kind kind)
{
    int32_t victim = -1;
    uint32_t most = 0;
    for (uint32_t rank = rask_idset_next(&s->workers, 0); rank != RASK_IDSET_NONE;
         rank = rask_idset_next(&s->workers, rank + 1)) {
        if ((int32_t)rank != thief && s->peers[rank].home[kind].n_tasks > most) {
            most = s->peers[rank].home[kind].n_tasks;
            victim = (int32_t)rank;
        }
    }
    return victim;
}

/* The worker after `rank`, in a circle; there is one. */
static uint32_t worker_after(const struct rask_sched *s, uint32_t rank)
{
    uint32_t next = rask_idset_next(&s->workers, rank + 1);
    return next == RASK_IDSET_NONE ? rask_idset_next(&s->workers, 0) : next;
}

/* Takes a task of the kind from the fullest home, else from the next ones in turn. */
static uint32_t search_homes(struct rask_sched *s, int32_t thief, enum rask_sched_home_kind kind)
{
    int32_t fullest = fullest_home(s, thief, kind);
    uint32_t task = fullest < 0 ? 0 : take_homed(s, thief, fullest, kind);
    uint32_t n_looks = MAX_LOOKS;
    for (size_t n = rask_idset_count(&s->workers);
         fullest >= 0 && task == 0 && n > 0 && n_looks < MAX_LOOKS_IN_ALL; n--) {
        uint32_t victim = worker_after(s, s->next_victim);
        s->next_victim = victim;
        uint32_t n_tasks = s->peers[victim].home[kind].n_tasks;
        if ((int32_t)victim == fullest || (int32_t)victim == thief || n_tasks == 0)
            continue;
        task = take_homed(s, thief, (int32_t)victim, kind);
        n_looks += n_tasks < MAX_LOOKS ? n_tasks : MAX_LOOKS;
    }
    return task;
}

/* Takes a task that is homed elsewhere and worth moving; what may run anywhere first. 0 if none is
 * found. */
uint32_t rask_steal_homed(struct rask_sched *s, int32_t thief)
{
    uint32_t task = s->config.is_stealing ? search_homes(s, thief, RASK_HOME_FREE) : 0;
    if (task == 0 && s->config.is_stealing)
        task = search_homes(s, thief, RASK_HOME_RESTRICTED);
    s->counters.stolen += task != 0;
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

/* How long the assignments of a worker beyond its slots would wait; 0 for one that has none. */
static uint64_t queue_at(const struct rask_sched *s, int32_t thief, uint32_t rank)
{
    const struct rask_sched_peer *p = &s->peers[rank];
    return (int32_t)rank == thief || rask_peer_n_busy(p) <= p->n_slots ? 0 : wait_at(s, p);
}

/* The worker whose assignments beyond its slots would wait longest, -1 if none is worth it. If one
 * may come to be worth it, the scheduler asks to be called again. */
static int32_t most_loaded(struct rask_sched *s, int32_t thief)
{
    int32_t victim = -1;
    int has_queue = 0;
    uint64_t most = WORTH_STEALING_NS;
    for (uint32_t rank = rask_idset_next(&s->workers, 0); rank != RASK_IDSET_NONE;
         rank = rask_idset_next(&s->workers, rank + 1)) {
        uint64_t queue_ns = queue_at(s, thief, rank);
        has_queue |= queue_ns != 0;
        if (queue_ns > most) {
            most = queue_ns;
            victim = (int32_t)rank;
        }
    }
    if (has_queue && s->now_ns + most < s->next_call_ns)
        s->next_call_ns = s->now_ns + most;
    return victim;
}

/* Asks `victim` for its newest assignment that is worth moving. Whether there was one. */
static int rob(struct rask_sched *s, int32_t thief, int32_t victim)
{
    struct rask_sched_peer *p = &s->peers[victim];
    uint64_t wait_ns = wait_at(s, p);
    uint32_t n_looked = 0;
    for (uint32_t slot = p->seats.items[0].previous; slot != 0 && n_looked < MAX_LOOKS;
         n_looked++) {
        struct rask_sched_seat *seat = &p->seats.items[slot];
        const struct rask_sched_task *t = rask_sched_task_at(s, seat->task);
        if (seat->withdrawn == RASK_WITHDRAWN_NO && !seat->is_away &&
            t->state == RASK_TASK_PROCESSING && is_worth_moving(s, t, thief, wait_ns)) {
            seat->thief = thief;
            s->peers[thief].is_robbing = 1;
            rask_peer_withdraw(s, victim, slot, RASK_WITHDRAWN_FOR_THIEF);
            return 1;
        }
        slot = seat->previous;
    }
    return 0;
}

/* Robs the most loaded worker, else the next ones in turn that have a queue worth it. */
void rask_steal_assigned(struct rask_sched *s, int32_t thief)
{
    if (!s->config.is_stealing || s->peers[thief].is_robbing)
        return;
    int32_t loaded = most_loaded(s, thief);
    if (loaded < 0 || rob(s, thief, loaded))
        return;
    uint32_t n_looks = MAX_LOOKS;
    for (size_t n = rask_idset_count(&s->workers); n > 0 && n_looks < MAX_LOOKS_IN_ALL; n--) {
        uint32_t victim = worker_after(s, s->next_victim);
        s->next_victim = victim;
        if ((int32_t)victim == loaded || queue_at(s, thief, victim) <= WORTH_STEALING_NS)
            continue;
        n_looks += MAX_LOOKS;
        if (rob(s, thief, (int32_t)victim))
            return;
    }
}
