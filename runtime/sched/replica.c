/* SPDX-License-Identifier: BSD-3-Clause */
/* replica.c: which rank holds a copy of which object, and where. A replica with offset
 * RASK_WIRE_NO_OFFSET is on its way: the rank has been told to fetch it; it counts as a waiter of
 * the object until it arrives or fails. */
#include "sched/state.h"

/* The replica of a task on a rank, NULL if it has none; there is at most one. */
struct rask_sched_replica *rask_replica_find(const struct rask_sched *s,
                                             const struct rask_sched_task *t, int32_t rank)
{
    for (uint32_t r = t->replicas; r != 0; r = rask_replica_at(s, r)->next_of_task)
        if (rask_replica_at(s, r)->rank == rank)
            return rask_replica_at(s, r);
    return NULL;
}

/* Adds a replica, or completes one that was on its way; `is_copy`: fetched from another rank. */
void rask_replica_add(struct rask_sched *s, uint32_t task, int32_t rank, uint64_t offset,
                      int is_copy)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    struct rask_sched_peer *p = &s->peers[rank];
    struct rask_sched_replica *there = rask_replica_find(s, t, rank);
    if (there != NULL) {
        if (there->offset == RASK_WIRE_NO_OFFSET && offset != RASK_WIRE_NO_OFFSET) {
            there->offset = offset;
            p->object_bytes += t->bytes;
            rask_sched_task_unwait(s, task);
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
    replica->is_copy = is_copy != 0;
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

/* Tells a rank that nobody reads a copy of its store any more. */
void rask_replica_tell_free(struct rask_sched *s, int32_t rank, uint64_t object, uint64_t offset)
{
    uint64_t pair[2] = {object, offset};
    struct rask_msg_free m = {.pair = pair, .n_pair = 2};
    if (rask_wire_put_free(rask_peer_out(s, rank), &m) != 0)
        rask_sched_break(s, RASK_ERR_MEMORY, "a message");
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
        if (is_telling && replica->offset != RASK_WIRE_NO_OFFSET &&
            s->peers[replica->rank].is_alive)
            rask_replica_tell_free(s, replica->rank, t->id, replica->offset);
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
    if (replica->offset == RASK_WIRE_NO_OFFSET)
        rask_sched_task_unwait(s, task);
    unlink_from_rank(s, id, t->bytes);
}

/* A copy that was on its way to `rank` does not come; one that is there stays. */
void rask_replica_end_fetch(struct rask_sched *s, uint32_t task, int32_t rank)
{
    const struct rask_sched_replica *replica =
        rask_replica_find(s, rask_sched_task_at(s, task), rank);
    if (replica != NULL && replica->offset == RASK_WIRE_NO_OFFSET)
        rask_replica_free_one(s, task, rank);
}

/* 1 if some copy can be read. */
int rask_replica_is_there(const struct rask_sched *s, const struct rask_sched_task *t)
{
    for (uint32_t r = t->replicas; r != 0; r = rask_replica_at(s, r)->next_of_task)
        if (rask_replica_at(s, r)->offset != RASK_WIRE_NO_OFFSET)
            return 1;
    return 0;
}
