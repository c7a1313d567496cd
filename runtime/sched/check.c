/* SPDX-License-Identifier: BSD-3-Clause */
/* check.c: every invariant of the scheduler, by name. Runs after each step in debug and simulation
 * builds; the cost is proportional to all live records. */
#include "sched/state.h"

#include "base/error.h"

#include <stdio.h>

struct report {
    struct rask_error *error;
    rask_status status;
};

static void broken(struct report *report, const char *invariant, const struct rask_sched_task *t)
{
    if (report->status != RASK_OK)
        return;
    report->status =
        rask_error_set(report->error, RASK_ERR_INTERNAL,
                       "invariant '%s' broken: task %llx is %s, claims %u, waiters %u, missing %u",
                       invariant, (unsigned long long)t->id, rask_sched_task_state_text(t->state),
                       t->n_claims, t->n_waiters, t->n_missing);
}

#define HOLDS(condition, invariant)         \
    do {                                    \
        if (!(condition))                   \
            broken(report, (invariant), t); \
    } while (0)

/* A task in one of these states claims its inputs. */
static int claims_inputs(const struct rask_sched_task *t)
{
    return rask_sched_is_unfinished(t->state) || t->state == RASK_TASK_LEAVING;
}

static void check_counts(const struct rask_sched *s, const struct rask_sched_task *t,
                         struct report *report)
{
    uint32_t n_users = 0, n_waiters = 0, n_missing = 0;
    for (uint32_t e = t->dependents; e != 0; e = rask_edge_at(s, e)->next_user) {
        const struct rask_sched_task *u = rask_sched_task_at(s, rask_edge_at(s, e)->user);
        n_users++;
        n_waiters += (uint32_t)claims_inputs(u);
    }
    for (uint32_t e = t->deps; e != 0; e = rask_edge_at(s, e)->next_dep)
        n_missing += rask_sched_task_at(s, rask_edge_at(s, e)->source)->state != RASK_TASK_MEMORY;
    for (uint32_t r = t->replicas; r != 0; r = rask_replica_at(s, r)->next_of_task)
        n_waiters += rask_replica_at(s, r)->offset == RASK_WIRE_NO_OFFSET;
    HOLDS(n_users == t->n_dependents, "n_dependents counts the edges to users");
    HOLDS(n_waiters == t->n_waiters,
          "n_waiters counts users that need the result and copies under way");
    if (t->state == RASK_TASK_WAITING)
        HOLDS(n_missing == t->n_missing && n_missing > 0,
              "a waiting task counts its missing inputs");
    if (t->state == RASK_TASK_QUEUED || t->state == RASK_TASK_NO_WORKER)
        HOLDS(n_missing == 0, "a ready task has all its inputs");
}

static void check_state(const struct rask_sched *s, uint32_t id, const struct rask_sched_task *t,
                        struct report *report)
{
    HOLDS((t->state == RASK_TASK_MEMORY) == (t->data != NULL || rask_replica_is_there(s, t) ||
                                             (t->state == RASK_TASK_MEMORY && t->bytes == 0)),
          "only a task in memory has a result, and it has one");
    HOLDS(t->state == RASK_TASK_MEMORY || t->replicas == 0, "only a task in memory has copies");
    HOLDS((t->state == RASK_TASK_ERRED) <= (t->error != 0), "a failed task has an error");
    HOLDS(t->n_claims != 0 || t->n_waiters != 0 || !claims_inputs(t) ||
              t->state == RASK_TASK_LEAVING,
          "nobody computes what nobody needs");
    HOLDS(t->state != RASK_TASK_RELEASED || t->n_dependents > 0,
          "a released task is kept only as lineage");
    HOLDS(t->state != RASK_TASK_RELEASED || (t->n_claims == 0 && t->n_waiters == 0),
          "a needed task is under way");
    HOLDS(t->state != RASK_TASK_MEMORY || t->n_claims != 0 || t->n_waiters != 0 ||
              (t->replicas == 0 && t->n_dependents != 0),
          "a result that nobody needs is freed, or kept inline as lineage");
    HOLDS(rask_ids_find(s, t->id) == id, "a task is found by its id");
    HOLDS(!rask_sched_has_seat(t->state) ||
              (s->peers[t->rank].is_alive && s->peers[t->rank].seats.items[t->slot].task == id),
          "an assigned task has a seat at a living worker");
    if (t->state == RASK_TASK_NO_WORKER) {
        size_t at = rask_extra_at(s, t->extra)->starving_at;
        HOLDS(at < s->starving.count && s->starving.items[at] == id,
              "a task without a worker is listed");
    }
    if (t->flags & RASK_TASK_PURE) {
        uint32_t keyed = 0;
        rask_map128_get(&s->keys, rask_extra_at(s, t->extra)->key, &keyed);
        HOLDS(keyed == id, "a pure task is found by its key");
    }
}

/* Counts of one worker that the tasks give. */
struct tally {
    uint32_t n_homed[RASK_HOME_KINDS];
    uint32_t n_objects;
    uint64_t object_bytes;
};

/* Counts of the scheduler itself. */
struct totals {
    uint32_t n_common, n_starving;
    uint64_t n_unfinished;
};

static void tally_task(const struct rask_sched *s, const struct rask_sched_task *t,
                       struct tally *tallies, struct totals *totals)
{
    totals->n_starving += t->state == RASK_TASK_NO_WORKER;
    if (t->state == RASK_TASK_QUEUED && t->rank < 0)
        totals->n_common++;
    else if (t->state == RASK_TASK_QUEUED)
        tallies[t->rank].n_homed[(t->flags & RASK_TASK_SPECIAL) != 0]++;
    totals->n_unfinished += (uint64_t)rask_sched_is_unfinished(t->state);
    for (uint32_t r = t->replicas; r != 0; r = rask_replica_at(s, r)->next_of_task) {
        const struct rask_sched_replica *replica = rask_replica_at(s, r);
        tallies[replica->rank].n_objects++;
        if (replica->offset != RASK_WIRE_NO_OFFSET)
            tallies[replica->rank].object_bytes += t->bytes;
    }
}

static const char *check_seats(const struct rask_sched *s, int32_t rank)
{
    const struct rask_sched_peer *p = &s->peers[rank];
    uint32_t n = 0, n_away = 0;
    uint64_t backlog = 0;
    if (p->seats.count == 0)
        return NULL;
    for (uint32_t slot = p->seats.items[0].next; slot != 0; slot = p->seats.items[slot].next) {
        const struct rask_sched_seat *seat = &p->seats.items[slot];
        const struct rask_sched_task *t = rask_sched_task_at(s, seat->task);
        n++;
        n_away += seat->is_away;
        backlog += seat->estimate_ns;
        if (t->rank != rank || t->slot != slot || !rask_sched_has_seat(t->state))
            return "a seat names the task that is assigned to it";
    }
    if (n != p->n_assigned || n_away != p->n_away)
        return "a worker counts its assignments";
    return backlog == p->backlog_ns ? NULL : "a worker's backlog is the sum of its assignments";
}

static const char *check_peer(const struct rask_sched *s, int32_t rank, const struct tally *tally)
{
    const struct rask_sched_peer *p = &s->peers[rank];
    for (uint32_t kind = 0; kind < RASK_HOME_KINDS; kind++)
        if (tally->n_homed[kind] != p->home[kind].n_tasks)
            return "a worker counts the tasks that wait for it";
    if (tally->n_objects != p->n_objects || tally->object_bytes != p->object_bytes)
        return "a worker's objects are those that tasks name";
    if (!p->is_alive && (p->n_assigned != 0 || p->n_objects != 0 || rask_peer_n_homed(p) != 0))
        return "a lost worker has nothing";
    if (!p->is_alive && rask_idset_has(&s->workers, (uint32_t)rank))
        return "the set of workers holds the living";
    return check_seats(s, rank);
}

static rask_status check_totals(const struct rask_sched *s, const struct totals *totals,
                                struct rask_error *error)
{
    if (totals->n_common != s->n_common)
        return rask_error_set(error, RASK_ERR_INTERNAL,
                              "invariant 'the common queue is counted' broken: %u, counted %u",
                              totals->n_common, s->n_common);
    if (totals->n_starving != s->starving.count)
        return rask_error_set(
            error, RASK_ERR_INTERNAL,
            "invariant 'each task without a worker is listed once' broken: %zu listed, %u there",
            s->starving.count, totals->n_starving);
    if (totals->n_unfinished != s->n_unfinished)
        return rask_error_set(error, RASK_ERR_INTERNAL,
                              "invariant 'unfinished tasks are counted' broken");
    return RASK_OK;
}

rask_status rask_sched_check(const struct rask_sched *s, struct rask_error *error)
{
    struct report report = {error, RASK_OK};
    struct tally *tallies = rask_alloc_zeroed(s->config.n_ranks, sizeof *tallies);
    struct totals totals = {0};
    if (tallies == NULL)
        return rask_error_memory(error, s->config.n_ranks * sizeof *tallies,
                                 "the invariant checker");
    for (uint32_t id = rask_slab_next(&s->tasks, 1); id != 0;
         id = rask_slab_next(&s->tasks, id + 1)) {
        const struct rask_sched_task *t = rask_sched_task_at(s, id);
        check_counts(s, t, &report);
        check_state(s, id, t, &report);
        tally_task(s, t, tallies, &totals);
    }
    for (uint32_t rank = 0; rank < s->config.n_ranks && report.status == RASK_OK; rank++) {
        const char *invariant = check_peer(s, (int32_t)rank, &tallies[rank]);
        if (invariant != NULL)
            report.status = rask_error_set(error, RASK_ERR_INTERNAL,
                                           "invariant '%s' broken at rank %u", invariant, rank);
    }
    rask_free(tallies);
    if (report.status == RASK_OK && s->tasks.count == 0 &&
        (s->edges.count != 0 || s->replicas.count != 0 || s->claims.count != 0 ||
         s->extras.count != 0 || s->errors.count != 0 || s->keys.count != 0 ||
         s->pool.bytes_in_use != 0))
        return rask_error_set(
            error, RASK_ERR_INTERNAL,
            "invariant 'without tasks there are no records' broken: %u edges, %u copies, %u ids, "
            "%u extras, %u errors, %zu keys, %llu bytes",
            s->edges.count, s->replicas.count, s->claims.count, s->extras.count, s->errors.count,
            s->keys.count, (unsigned long long)s->pool.bytes_in_use);
    return report.status == RASK_OK ? check_totals(s, &totals, error) : report.status;
}
