/* SPDX-License-Identifier: BSD-3-Clause */
/* recover.c: a rank is gone. Its assignments are repeated elsewhere, its objects are computed again
 * from lineage when somebody needs them, its client's claims are given up. Only the assignments
 * that its slots were running are held against a task; those that merely waited in its queue are
 * innocent. */
#include "sched/state.h"

#include <stdio.h>

static void blame(struct rask_sched *s, uint32_t task, int32_t rank)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    char text[160];
    t->suspicion++;
    if (t->suspicion <= s->config.allowed_failures) {
        s->counters.recomputed++;
        rask_sched_task_again(s, task);
        return;
    }
    snprintf(text, sizeof text,
             "%u workers died while they ran this task, the last one was rank %d", t->suspicion,
             rank);
    rask_sched_task_fail(s, task, rask_sched_error_new(s, task, RASK_ERR_WORKER_KILLED, text));
}

static void end_assignments(struct rask_sched *s, int32_t rank)
{
    struct rask_sched_peer *p = &s->peers[rank];
    uint32_t n_run = 0;
    while (p->n_assigned > 0) {
        uint32_t slot = p->seats.items[0].next;
        uint32_t task = p->seats.items[slot].task;
        int was_running = p->seats.items[slot].is_away || n_run++ < p->n_slots;
        if (was_running && rask_sched_task_at(s, task)->state != RASK_TASK_LEAVING) {
            rask_peer_leave(s, rank, slot);
            blame(s, task, rank);
        } else {
            rask_sched_give_back(s, task);
        }
    }
}

/* The tasks that wait here for a lost worker find other homes. */
static void move_homed(struct rask_sched *s, struct rask_sched_home *home, int32_t rank)
{
    const struct rask_heap_entry *top;
    while ((top = rask_ready_meant_top(s, &home->queue, rank)) != NULL) {
        uint32_t task = top->id;
        rask_ready_pop(&home->queue);
        rask_sched_task_at(s, task)->rank = -1;
        home->n_tasks--;
        s->n_common++;
        rask_locate_queue(s, task);
    }
}

static void end_replicas(struct rask_sched *s, int32_t rank)
{
    while (s->peers[rank].objects != 0) {
        uint32_t task = rask_replica_at(s, s->peers[rank].objects)->task;
        rask_replica_free_one(s, task, rank);
        struct rask_sched_task *t = rask_sched_task_at(s, task);
        if (t->state == RASK_TASK_MEMORY && t->data == NULL && !rask_replica_is_there(s, t))
            rask_sched_lose_copies(s, task);
    }
}

static void end_claims(struct rask_sched *s, int32_t rank)
{
    const struct rask_sched_pages *pages = &s->clients[rank].pages;
    uint64_t first = s->clients[rank].first;
    for (size_t i = 0; i < pages->count; i++)
        for (uint32_t k = 0; pages->items[i] != NULL && k < RASK_IDS_PER_PAGE; k++)
            if (pages->items[i]->tasks[k] != 0)
                rask_sched_release_id(s, rask_id_make(rank, (first + i) * RASK_IDS_PER_PAGE + k));
}

rask_status rask_sched_lost(struct rask_sched *s, uint64_t now_ns, int32_t rank,
                            struct rask_error *error)
{
    if (rank < 0 || (uint32_t)rank >= s->config.n_ranks || !s->peers[rank].is_alive)
        return RASK_OK;
    struct rask_sched_peer *p = &s->peers[rank];
    s->now_ns = now_ns;
    p->is_alive = 0;
    s->n_slots -= p->n_slots;
    rask_idset_remove(&s->workers, (uint32_t)rank);
    rask_peer_update_room(s, rank);
    end_claims(s, rank);
    end_replicas(s, rank);
    end_assignments(s, rank);
    for (uint32_t kind = 0; kind < RASK_HOME_KINDS; kind++)
        move_homed(s, &p->home[kind], rank);
    rask_locate_retry_starving(s);
    rask_sched_task_settle(s);
    rask_buf_clear(&p->out);
    rask_idset_remove(&s->with_output, (uint32_t)rank);
    return rask_sched_end_step(s, error);
}
