/* SPDX-License-Identifier: BSD-3-Clause */
/* edges.c: who needs whose result. An edge is in two lists: the users of its source (doubly linked,
 * since a user may go at any time and a source may have a million) and the inputs of its user, in
 * the order of the call. */
#include "sched/state.h"

int rask_edges_link(struct rask_sched *s, uint32_t user, const uint32_t *sources, uint32_t n)
{
    for (uint32_t i = n; i-- > 0;) {
        uint32_t id;
        struct rask_sched_edge *edge = rask_slab_take(&s->edges, &id);
        if (edge == NULL)
            return -1;
        struct rask_sched_task *source = rask_sched_task_at(s, sources[i]);
        struct rask_sched_task *t = rask_sched_task_at(s, user);
        edge->source = sources[i];
        edge->user = user;
        edge->next_dep = t->deps;
        t->deps = id;
        edge->next_user = source->dependents;
        if (source->dependents != 0)
            rask_edge_at(s, source->dependents)->previous_user = id;
        source->dependents = id;
        source->n_dependents++;
    }
    return 0;
}

void rask_edges_unlink(struct rask_sched *s, uint32_t user)
{
    struct rask_sched_task *t = rask_sched_task_at(s, user);
    uint32_t next;
    for (uint32_t id = t->deps; id != 0; id = next) {
        struct rask_sched_edge *edge = rask_edge_at(s, id);
        struct rask_sched_task *source = rask_sched_task_at(s, edge->source);
        next = edge->next_dep;
        if (edge->next_user != 0)
            rask_edge_at(s, edge->next_user)->previous_user = edge->previous_user;
        if (edge->previous_user != 0)
            rask_edge_at(s, edge->previous_user)->next_user = edge->next_user;
        else
            source->dependents = edge->next_user;
        assert(source->n_dependents > 0);
        if (--source->n_dependents == 0)
            rask_sched_task_unsettle(s, edge->source);
        rask_slab_give(&s->edges, id);
    }
    t->deps = 0;
}
