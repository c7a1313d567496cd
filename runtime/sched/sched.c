/* SPDX-License-Identifier: BSD-3-Clause */
/* sched.c: the scheduler's door: making it, taking messages in, handing output out. What a message
 * entails is in task.c (lives of tasks), peer.c (workers), locate.c, place.c and steal.c (who runs
 * what), recover.c (losses). */
#include "sched/state.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

#define TASKS_PER_PAGE 4096u

void rask_sched_config_default(struct rask_sched_config *config)
{
    *config = (struct rask_sched_config){.n_ranks = 1,
                                         .saturation = 1.1,
                                         .ahead_ns = 50000,
                                         .max_ahead = 256,
                                         .allowed_failures = 3,
                                         .generation_gap_ns = 100000000,
                                         .is_stealing = 1};
}

void rask_sched_break(struct rask_sched *s, rask_status status, const char *what)
{
    if (s->status != RASK_OK)
        return;
    s->status = status;
    rask_error_set(&s->error, status, "scheduler: %s: %s", rask_status_text(status), what);
}

static int init_records(struct rask_sched *s)
{
    s->clients = rask_alloc_zeroed(s->config.n_ranks, sizeof *s->clients);
    s->peers = rask_alloc_zeroed(s->config.n_ranks, sizeof *s->peers);
    s->functions = rask_alloc_zeroed(s->config.n_functions, sizeof *s->functions);
    if (s->clients == NULL || s->peers == NULL || s->functions == NULL)
        return -1;
    return rask_slab_init(&s->tasks, sizeof(struct rask_sched_task), TASKS_PER_PAGE) != 0 ||
                   rask_slab_init(&s->edges, sizeof(struct rask_sched_edge), TASKS_PER_PAGE) != 0 ||
                   rask_slab_init(&s->replicas, sizeof(struct rask_sched_replica),
                                  TASKS_PER_PAGE) != 0 ||
                   rask_slab_init(&s->claims, sizeof(struct rask_sched_claim), 256) != 0 ||
                   rask_slab_init(&s->extras, sizeof(struct rask_sched_extra), 256) != 0 ||
                   rask_slab_init(&s->errors, sizeof(struct rask_sched_error), 16) != 0 ||
                   rask_trace_init(&s->trace, s->config.trace_events) != 0
               ? -1
               : 0;
}

rask_status rask_sched_new(const struct rask_sched_config *config, struct rask_sched **sched,
                           struct rask_error *error)
{
    if (config->n_ranks == 0 || config->n_ranks > RASK_LIMIT_RANKS)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "a scheduler for %u ranks; 1 to %u are possible", config->n_ranks,
                              RASK_LIMIT_RANKS);
    struct rask_sched *s = rask_alloc_zeroed(1, sizeof *s);
    if (s == NULL)
        return rask_error_memory(error, sizeof *s, "the scheduler");
    s->config = *config;
    s->next_call_ns = UINT64_MAX;
    s->generation = 256;
    if (init_records(s) != 0) {
        rask_sched_free(s);
        return rask_error_memory(error, config->n_ranks * sizeof *s->peers,
                                 "the scheduler's records");
    }
    *sched = s;
    return RASK_OK;
}

void rask_sched_free(struct rask_sched *s)
{
    if (s == NULL)
        return;
    for (uint32_t r = 0; s->peers != NULL && r < s->config.n_ranks; r++) {
        for (uint32_t kind = 0; kind < RASK_HOME_KINDS; kind++)
            rask_ready_release(&s->peers[r].home[kind].queue);
        rask_sched_seats_release(&s->peers[r].seats);
        rask_buf_release(&s->peers[r].out);
    }
    rask_ids_release(s);
    rask_free(s->clients);
    rask_free(s->peers);
    rask_free(s->functions);
    rask_slab_release(&s->tasks);
    rask_slab_release(&s->edges);
    rask_slab_release(&s->replicas);
    rask_slab_release(&s->claims);
    rask_slab_release(&s->extras);
    rask_slab_release(&s->errors);
    rask_pool_release(&s->pool);
    rask_map128_release(&s->keys);
    rask_ready_release(&s->common);
    rask_sched_ids_release(&s->starving);
    rask_sched_ids_release(&s->unsettled);
    rask_sched_ids_release(&s->work);
    rask_sched_inputs_release(&s->inputs);
    rask_buf_release(&s->input_data);
    rask_idset_release(&s->with_room);
    rask_idset_release(&s->with_output);
    rask_idset_release(&s->workers);
    rask_trace_release(&s->trace);
    rask_free(s);
}

/* Closes a step: the checker if it is on, and the machine's own error. */
rask_status rask_sched_end_step(struct rask_sched *s, struct rask_error *error)
{
    if (s->tasks.count > s->counters.peak_tasks)
        s->counters.peak_tasks = s->tasks.count;
    if (s->status == RASK_OK && s->config.is_checking)
        s->status = rask_sched_check(s, &s->error);
    if (s->status != RASK_OK && error != NULL)
        *error = s->error;
    return s->status;
}

/* A client lets go of one of its ids. */
void rask_sched_release_id(struct rask_sched *s, uint64_t id)
{
    uint32_t task = rask_ids_find(s, id);
    if (task == 0)
        return;
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    if (t->id == id) {
        if (t->flags & RASK_TASK_RELEASED_ID)
            return;
        t->flags |= RASK_TASK_RELEASED_ID;
        rask_sched_task_unclaim(s, task);
        return;
    }
    uint32_t *link = &t->claims;
    while (*link != 0) {
        struct rask_sched_claim *claim = rask_slab_at(&s->claims, *link);
        if (claim->id == id) {
            uint32_t gone = *link;
            *link = claim->next;
            rask_ids_remove(s, id);
            rask_slab_give(&s->claims, gone);
            rask_sched_task_unclaim(s, task);
            return;
        }
        link = &claim->next;
    }
}

/* The worker has answered for an assignment that nobody needs: the task ends, as cancelled if it
 * was. */
void rask_sched_end_leaving(struct rask_sched *s, uint32_t task)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    rask_peer_leave(s, t->rank, t->slot);
    if (t->flags & RASK_TASK_CANCELLED) {
        rask_sched_task_fail(s, task, t->error);
        return;
    }
    rask_sched_task_release_inputs(s, t);
    rask_sched_task_move(s, task, RASK_EVENT_END);
    rask_sched_task_unsettle(s, task);
}

/* An assignment has ended without a result and through no fault of the task: what is needed runs
 * again. */
void rask_sched_give_back(struct rask_sched *s, uint32_t task)
{
    const struct rask_sched_task *t = rask_sched_task_at(s, task);
    if (t->state == RASK_TASK_LEAVING) {
        rask_sched_end_leaving(s, task);
        return;
    }
    rask_peer_leave(s, t->rank, t->slot);
    rask_sched_task_again(s, task);
}

/* A result whose last copy is gone or cannot be read. */
void rask_sched_lose_copies(struct rask_sched *s, uint32_t task)
{
    rask_replica_free_all(s, task, 0);
    rask_sched_task_lose(s, task);
}

static rask_status receive_one(struct rask_sched *s, int32_t source, const uint8_t *record)
{
    switch (rask_wire_id(record)) {
#define RASK_TAKE(NAME, name)                       \
    case RASK_MESSAGE_##NAME: {                     \
        struct rask_msg_##name m;                   \
        if (rask_wire_get_##name(record, &m) != 0)  \
            return RASK_ERR_PROTOCOL;               \
        return rask_sched_on_##name(s, source, &m); \
    }
        RASK_SCHED_MESSAGES(RASK_TAKE)
#undef RASK_TAKE
    default:
        return RASK_ERR_PROTOCOL;
    }
}

rask_status rask_sched_receive(struct rask_sched *s, const struct rask_sched_batch *batch,
                               struct rask_error *error)
{
    size_t at = 0;
    int is_malformed = 0;
    const uint8_t *record;
    if (batch->source < 0 || (uint32_t)batch->source >= s->config.n_ranks)
        return rask_error_set(error, RASK_ERR_PROTOCOL, "a message from rank %d, which is none",
                              batch->source);
    s->now_ns = batch->now_ns;
    while (s->status == RASK_OK &&
           (record = rask_wire_next(batch->bytes, batch->size, &at, &is_malformed)) != NULL) {
        rask_status status = receive_one(s, batch->source, record);
        if (status != RASK_OK) {
            char text[256];
            rask_wire_describe(record, text, sizeof text);
            return rask_error_set(error, status, "%s: from rank %d: %s", rask_status_text(status),
                                  batch->source, text);
        }
        rask_sched_task_settle(s);
    }
    if (is_malformed)
        return rask_error_set(error, RASK_ERR_PROTOCOL,
                              "from rank %d: malformed record at byte %zu of %zu", batch->source,
                              at, batch->size);
    return rask_sched_end_step(s, error);
}

uint64_t rask_sched_next_call(const struct rask_sched *s)
{
    return s->next_call_ns;
}

int32_t rask_sched_next_output(const struct rask_sched *s, int32_t from)
{
    uint32_t rank = rask_idset_next(&s->with_output, (uint32_t)from);
    return rank == RASK_IDSET_NONE ? -1 : (int32_t)rank;
}

struct rask_buf *rask_sched_output(struct rask_sched *s, int32_t rank)
{
    return &s->peers[rank].out;
}

void rask_sched_output_taken(struct rask_sched *s, int32_t rank)
{
    rask_buf_clear(&s->peers[rank].out);
    rask_idset_remove(&s->with_output, (uint32_t)rank);
}

uint64_t rask_sched_unfinished(const struct rask_sched *s)
{
    return s->n_unfinished;
}
