/* SPDX-License-Identifier: BSD-3-Clause */
/* locate.c: where a ready task should run.
 *
 * A task without stored inputs waits in the common queue: any worker with room takes it, and
 * neighbours in the order go to the same worker (place.c). A task with stored inputs gets a home,
 * the worker with the lowest price: the time to move what is not there, plus the time until the
 * worker gets to it. A restricted task gets a home among those that may run it. Homed tasks stay
 * with the scheduler until their home has room, so that an idle worker can be given them instead
 * without asking anybody. */
#include "sched/state.h"

/* Moving: a start-up cost and a cost per byte. Read in place, fetched within the node, and between
 * nodes; only their ratio to task times matters. */
#define IN_PLACE_NS_PER_KIB 10u
#define NEAR_START_NS 5000u
#define NEAR_NS_PER_KIB 200u
#define FAR_START_NS 30000u
#define FAR_NS_PER_KIB 1000u
#define MAX_CANDIDATES 16u

static uint64_t cost_ns(const struct rask_sched *s, uint64_t bytes, int32_t holder, int32_t rank)
{
    const struct rask_sched_peer *p = &s->peers[rank];
    if (holder == rank)
        return 0;
    if (s->peers[holder].node != p->node)
        return FAR_START_NS + bytes / 1024 * FAR_NS_PER_KIB;
    return p->reads_in_place ? bytes / 1024 * IN_PLACE_NS_PER_KIB
                             : NEAR_START_NS + bytes / 1024 * NEAR_NS_PER_KIB;
}

/* Time to bring the task's inputs to `rank`. */
uint64_t rask_locate_move_ns(const struct rask_sched *s, const struct rask_sched_task *t,
                             int32_t rank)
{
    uint64_t ns = 0;
    for (uint32_t e = t->deps; e != 0; e = rask_edge_at(s, e)->next_dep) {
        const struct rask_sched_task *d = rask_sched_task_at(s, rask_edge_at(s, e)->source);
        if (d->replicas == 0)
            continue;
        uint64_t best = UINT64_MAX;
        for (uint32_t r = d->replicas; r != 0 && best != 0;
             r = rask_replica_at(s, r)->next_of_task) {
            uint64_t cost = cost_ns(s, d->bytes, rask_replica_at(s, r)->rank, rank);
            if (cost < best)
                best = cost;
        }
        ns += best;
    }
    return ns;
}

/* Time until `rank` would get to a further task. */
static uint64_t wait_ns(const struct rask_sched *s, const struct rask_sched_task *t, int32_t rank)
{
    const struct rask_sched_peer *p = &s->peers[rank];
    int is_idle = rask_peer_n_busy(p) < p->n_slots && rask_peer_n_homed(p) == 0;
    return is_idle ? 0 : rask_peer_queue_ns(s, p, t->function);
}

struct choice {
    int32_t rank;
    uint64_t price, load;
};

static void consider(const struct rask_sched *s, const struct rask_sched_task *t, int32_t rank,
                     struct choice *best)
{
    if (!rask_peer_could_run(s, rank, t))
        return;
    const struct rask_sched_peer *p = &s->peers[rank];
    uint64_t price = rask_locate_move_ns(s, t, rank) + wait_ns(s, t, rank);
    uint64_t load = ((uint64_t)p->n_assigned + rask_peer_n_homed(p)) * 1024 / p->n_slots;
    if (p->is_paused)
        price = UINT64_MAX - 1;
    if (best->rank < 0 || price < best->price || (price == best->price && load < best->load))
        *best = (struct choice){rank, price, load};
}

/* The best of the ranks that hold inputs. A worker that idles while the task waits there takes it
 * without a message if that pays (steal.c). */
static int32_t choose_by_inputs(const struct rask_sched *s, const struct rask_sched_task *t)
{
    struct choice best = {-1, 0, 0};
    uint32_t n_seen = 0;
    for (uint32_t e = t->deps; e != 0 && n_seen < MAX_CANDIDATES;
         e = rask_edge_at(s, e)->next_dep) {
        const struct rask_sched_task *d = rask_sched_task_at(s, rask_edge_at(s, e)->source);
        for (uint32_t r = d->replicas; r != 0 && n_seen < MAX_CANDIDATES; n_seen++) {
            const struct rask_sched_replica *replica = rask_replica_at(s, r);
            consider(s, t, replica->rank, &best);
            r = replica->next_of_task;
        }
    }
    return best.rank;
}

static int32_t choose_by_restriction(const struct rask_sched *s, const struct rask_sched_task *t)
{
    struct choice best = {-1, 0, 0};
    for (uint32_t rank = rask_idset_next(&s->workers, 0); rank != RASK_IDSET_NONE;
         rank = rask_idset_next(&s->workers, rank + 1))
        consider(s, t, (int32_t)rank, &best);
    return best.rank;
}

static void push(struct rask_sched *s, struct rask_ready *queue, const struct rask_sched_task *t,
                 uint32_t task)
{
    struct rask_heap_entry entry = {t->hi, t->lo, task};
    if (rask_ready_push(queue, entry) != 0)
        rask_sched_break(s, RASK_ERR_MEMORY, "a ready queue");
}

/* Moves a QUEUED task into the queue of `rank`. The entry left behind is stale. */
void rask_locate_home(struct rask_sched *s, uint32_t task, int32_t rank)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    rask_home_leave(s, t);
    t->rank = rank;
    rask_home_of(s, t)->n_tasks++;
    push(s, &rask_home_of(s, t)->queue, t, task);
}

static void starve(struct rask_sched *s, uint32_t task)
{
    struct rask_sched_extra *x = rask_extra_at(s, rask_sched_task_at(s, task)->extra);
    x->starving_since_ns = s->now_ns;
    x->starving_at = s->starving.count;
    if (rask_sched_ids_push(&s->starving, task) != 0)
        rask_sched_break(s, RASK_ERR_MEMORY, "the list of tasks without a worker");
    else
        rask_sched_task_move(s, task, RASK_EVENT_STARVE);
}

/* Puts a task that has just become QUEUED (counted as common) into the right queue. */
void rask_locate_queue(struct rask_sched *s, uint32_t task)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    int32_t home = -1;
    if (t->flags & RASK_TASK_SPECIAL) {
        home = choose_by_restriction(s, t);
        if (home < 0) {
            starve(s, task);
            return;
        }
    } else if (t->deps != 0) {
        home = choose_by_inputs(s, t);
    }
    if (home < 0)
        push(s, &s->common, t, task);
    else
        rask_locate_home(s, task, home);
}

/* Looks again at the tasks that nobody could run: a worker has come or gone, or time is up. */
void rask_locate_retry_starving(struct rask_sched *s)
{
    for (size_t i = s->starving.count; i-- > 0;) {
        uint32_t task = s->starving.items[i];
        if (choose_by_restriction(s, rask_sched_task_at(s, task)) >= 0)
            rask_sched_task_ready(s, task);
    }
}
