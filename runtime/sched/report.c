/* SPDX-License-Identifier: BSD-3-Clause */
/* report.c: what the scheduler can tell about itself: counters, one worker, one task's story, a
 * page for stalls. */
#include "sched/state.h"

#include <inttypes.h>

static const char *const state_names[] = {
#define X(NAME, text) text,
    RASK_TASK_STATES(X)
#undef X
};

static const char *const event_names[] = {
#define X(NAME, text) text,
    RASK_TASK_EVENTS(X)
#undef X
};

static const struct rask_trace_names names = {state_names, event_names, RASK_TASK_N_STATES,
                                              RASK_TASK_N_EVENTS};

const char *rask_sched_task_state_text(uint8_t state)
{
    return state < RASK_TASK_N_STATES ? state_names[state] : "?";
}

static uint64_t bytes_of(const struct rask_slab *slab)
{
    return (uint64_t)slab->n_pages * (slab->page_mask + 1u) * slab->record_bytes;
}

void rask_sched_counters(const struct rask_sched *s, struct rask_sched_counters *counters)
{
    *counters = s->counters;
    counters->live_tasks = s->tasks.count;
    counters->live_bytes = bytes_of(&s->tasks) + bytes_of(&s->edges) + bytes_of(&s->replicas) +
                           bytes_of(&s->claims) + bytes_of(&s->extras) + bytes_of(&s->errors) +
                           s->n_id_pages * sizeof(struct rask_sched_page) + s->pool.bytes_held;
}

int rask_sched_about(const struct rask_sched *s, uint64_t task, struct rask_sched_about *about)
{
    uint32_t id = rask_ids_find(s, task);
    *about = (struct rask_sched_about){.id = task, .function = UINT32_MAX, .state = "unknown"};
    if (id == 0)
        return 0;
    const struct rask_sched_task *t = rask_sched_task_at(s, id);
    about->id = t->id;
    about->function = t->flags & RASK_TASK_DATA ? UINT32_MAX : t->function;
    about->state = rask_sched_task_state_text(t->state);
    return 1;
}

void rask_sched_worker(const struct rask_sched *s, int32_t rank, struct rask_sched_worker *worker)
{
    const struct rask_sched_peer *p = &s->peers[rank];
    *worker = (struct rask_sched_worker){.n_slots = p->n_slots,
                                         .n_assigned = p->n_assigned,
                                         .n_seceded = p->n_away,
                                         .n_homed = rask_peer_n_homed(p),
                                         .n_objects = p->n_objects,
                                         .object_bytes = p->object_bytes,
                                         .is_alive = p->is_alive,
                                         .is_paused = p->is_paused};
}

rask_status rask_sched_story(const struct rask_sched *s, uint64_t task, struct rask_buf *text)
{
    struct rask_sched_about about;
    (void)rask_sched_about(s, task, &about);
    return rask_trace_story(&s->trace, about.id, &names, text);
}

rask_status rask_sched_trace(const struct rask_sched *s, struct rask_buf *text)
{
    rask_status status = RASK_OK;
    const struct rask_trace_event *event;
    for (uint64_t i = 0; status == RASK_OK && (event = rask_trace_at(&s->trace, i)) != NULL; i++)
        status = rask_trace_print(event, &names, text);
    return status;
}

static rask_status describe_peer(const struct rask_sched *s, uint32_t rank, struct rask_buf *text)
{
    const struct rask_sched_peer *p = &s->peers[rank];
    if (!p->is_alive)
        return rask_buf_printf(text, "  rank %u: %s\n", rank,
                               p->n_slots == 0 ? "not there" : "lost");
    rask_status status =
        rask_buf_printf(text,
                        "  rank %u: %u slots, %u assigned, %u waiting for tasks "
                        "of their own, %u homed, %u objects%s\n",
                        rank, p->n_slots, p->n_assigned, p->n_away, rask_peer_n_homed(p),
                        p->n_objects, p->is_paused ? ", paused" : "");
    uint32_t slot = p->seats.count == 0 ? 0 : p->seats.items[0].next;
    for (uint32_t n = 0; status == RASK_OK && slot != 0 && n < 4; n++) {
        const struct rask_sched_task *t = rask_sched_task_at(s, p->seats.items[slot].task);
        status = rask_buf_printf(text, "    assigned: task %" PRIu64 ", function %u, %s\n", t->id,
                                 t->function, rask_sched_task_state_text(t->state));
        slot = p->seats.items[slot].next;
    }
    return status;
}

rask_status rask_sched_describe(const struct rask_sched *s, struct rask_buf *text)
{
    uint64_t n[RASK_TASK_N_STATES] = {0};
    for (uint32_t id = rask_slab_next(&s->tasks, 1); id != 0;
         id = rask_slab_next(&s->tasks, id + 1))
        n[rask_sched_task_at(s, id)->state]++;
    rask_status status = rask_buf_printf(text, "scheduler: %u tasks:", s->tasks.count);
    for (uint32_t i = 0; i < RASK_TASK_N_STATES && status == RASK_OK; i++)
        if (n[i] != 0)
            status = rask_buf_printf(text, " %" PRIu64 " %s", n[i], state_names[i]);
    if (status == RASK_OK)
        status = rask_buf_printf(text, "; common queue %u\n", s->n_common);
    for (uint32_t rank = 0; rank < s->config.n_ranks && status == RASK_OK; rank++)
        status = describe_peer(s, rank, text);
    uint32_t shown = 0;
    for (uint32_t id = rask_slab_next(&s->tasks, 1); id != 0 && shown < 8 && status == RASK_OK;
         id = rask_slab_next(&s->tasks, id + 1)) {
        const struct rask_sched_task *t = rask_sched_task_at(s, id);
        if (t->state != RASK_TASK_WAITING && t->state != RASK_TASK_NO_WORKER)
            continue;
        shown++;
        status =
            rask_buf_printf(text, "  %s: task %" PRIu64 ", function %u, %u of its inputs missing\n",
                            rask_sched_task_state_text(t->state), t->id, t->function, t->n_missing);
        if (status == RASK_OK)
            status = rask_sched_story(s, t->id, text);
    }
    return status;
}
