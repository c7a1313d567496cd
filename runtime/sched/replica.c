/* SPDX-License-Identifier: BSD-3-Clause */
/* replica.c: which rank holds a copy of which object, and where. A replica with offset
 * RASK_WIRE_NO_OFFSET is on its way: the rank has been told to fetch it; it counts as a waiter of
 * the object until it arrives or fails. */
#include "sched/state.h"

/* Adds a copy, or completes one that was on its way. A second copy on the same rank is freed there.
 */
void rask_replica_add(struct rask_sched *s, uint32_t task, int32_t rank, uint64_t offset)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    struct rask_sched_peer *p = &s->peers[rank];
    for (uint32_t r = t->replicas; r != 0; r = rask_replica_at(s, r)->next_of_task) {
        struct rask_sched_replica *there = rask_replica_at(s, r);
        if (there->rank != rank)
            continue;
        if (there->offset == RASK_WIRE_NO_OFFSET && offset != RASK_WIRE_NO_OFFSET) {
            there->offset = offset;
            p->object_bytes += t->bytes;
            if (--t->n_waiters == 0 && t->n_claims == 0 &&
                rask_sched_ids_push(&s->unsettled, task) != 0)
                rask_sched_break(s, RASK_ERR_MEMORY, "the list of tasks to settle");
        }
        return;
    }
    uint32_t id;
    struct rask_sched_replica *replica = rask_slab_take(&s->replicas, &id);
    if (replica == NULL) {
        rask_sched_break(s, RASK_ERR_MEMORY, "a replica record");
        return;
    }
    replica->offset = offset;
    replica->task = task;
    replica->rank = rank;
    replica->next_of_task = t->replicas;
    t->replicas = id;
    replica->next_of_rank = p->objects;
    if (p->objects != 0)
        rask_replica_at(s, p->objects)->previous_of_rank = id;
    p->objects = id;
    p->n_objects++;
    if (offset == RASK_WIRE_NO_OFFSET)
        t->n_waiters++;
    else
        p->object_bytes += t->bytes;
}

/* Takes a replica out of its rank's list and frees the record; the task's list is the caller's
 * business. */
static void unlink_from_rank(struct rask_sched *s, uint32_t id, uint64_t bytes)
{
    struct rask_sched_replica *replica = rask_replica_at(s, id);
    struct rask_sched_peer *p = &s->peers[replica->rank];
    if (replica->next_of_rank != 0)
        rask_replica_at(s, replica->next_of_rank)->previous_of_rank = replica->previous_of_rank;
    if (replica->previous_of_rank != 0)
        rask_replica_at(s, replica->previous_of_rank)->next_of_rank = replica->next_of_rank;
    else
        p->objects = replica->next_of_rank;
    p->n_objects--;
    if (replica->offset != RASK_WIRE_NO_OFFSET)
        p->object_bytes -= bytes;
    rask_slab_give(&s->replicas, id);
}

/* Forgets all copies, also those on their way; `is_telling`: their holders are told to free them.
 */
void rask_replica_free_all(struct rask_sched *s, uint32_t task, int is_telling)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    while (t->replicas != 0) {
        uint32_t id = t->replicas;
        struct rask_sched_replica *replica = rask_replica_at(s, id);
        t->replicas = replica->next_of_task;
        t->n_waiters -= replica->offset == RASK_WIRE_NO_OFFSET;
        uint64_t pair[2] = {t->id, replica->offset};
        struct rask_msg_free m = {.pair = pair, .n_pair = 2};
        if (is_telling && replica->offset != RASK_WIRE_NO_OFFSET &&
            s->peers[replica->rank].is_alive &&
            rask_wire_put_free(rask_peer_out(s, replica->rank), &m) != 0)
            rask_sched_break(s, RASK_ERR_MEMORY, "a message");
        unlink_from_rank(s, id, t->bytes);
    }
}

/* Forgets the copy on one rank, without telling it. */
void rask_replica_free_one(struct rask_sched *s, uint32_t task, int32_t rank)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    uint32_t *link = &t->replicas;
    while (*link != 0 && rask_replica_at(s, *link)->rank != rank)
        link = &rask_replica_at(s, *link)->next_of_task;
    if (*link == 0)
        return;
    uint32_t id = *link;
    const struct rask_sched_replica *replica = rask_replica_at(s, id);
    *link = replica->next_of_task;
    if (replica->offset == RASK_WIRE_NO_OFFSET) {
        assert(t->n_waiters > 0);
        if (--t->n_waiters == 0 && t->n_claims == 0 &&
            rask_sched_ids_push(&s->unsettled, task) != 0)
            rask_sched_break(s, RASK_ERR_MEMORY, "the list of tasks to settle");
    }
    unlink_from_rank(s, id, t->bytes);
}

/* A copy that was on its way to `rank` does not come; one that is there stays. */
void rask_replica_end_fetch(struct rask_sched *s, uint32_t task, int32_t rank)
{
    for (uint32_t r = rask_sched_task_at(s, task)->replicas; r != 0;
         r = rask_replica_at(s, r)->next_of_task) {
        const struct rask_sched_replica *replica = rask_replica_at(s, r);
        if (replica->rank == rank && replica->offset == RASK_WIRE_NO_OFFSET) {
            rask_replica_free_one(s, task, rank);
            return;
        }
    }
}

/* 1 if some copy can be read. */
int rask_replica_is_there(const struct rask_sched *s, const struct rask_sched_task *t)
{
    for (uint32_t r = t->replicas; r != 0; r = rask_replica_at(s, r)->next_of_task)
        if (rask_replica_at(s, r)->offset != RASK_WIRE_NO_OFFSET)
            return 1;
    return 0;
}
