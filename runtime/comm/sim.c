/* SPDX-License-Identifier: BSD-3-Clause */
/* sim.c: the clock, the network and the scheduler's side of a simulated job. The ranks are in
 * sim_rank.c, the records in sim_state.h. */
#include "comm/sim_state.h"

#include "base/alloc.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void rask_sim_config_default(struct rask_sim_config *config)
{
    *config = (struct rask_sim_config){.latency_ns = 2000, .ns_per_kib = 1000, .detect_ns = 10000};
    rask_sched_config_default(&config->sched);
    config->sched.n_functions = 8;
    config->sched.is_checking = 1;
    config->sched.trace_events = 65536;
}

void sim_break(struct rask_sim *sim, const char *format, ...)
{
    char text[400];
    va_list arguments;
    if (sim->error.code != RASK_OK)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    rask_error_set(&sim->error, RASK_ERR_INTERNAL, "at %" PRIu64 " ns: %s", sim->now_ns, text);
}

void sim_out_of_memory(struct rask_sim *sim)
{
    if (sim->error.code == RASK_OK)
        rask_error_memory(&sim->error, sizeof(struct sim_event), "the simulator");
}

void sim_tell(struct rask_sim *sim, const char *format, ...)
{
    char text[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (rask_buf_printf(&sim->trace, "%10.1f us %s\n", (double)sim->now_ns / 1000, text) != RASK_OK)
        sim_out_of_memory(sim);
}

const char *rask_sim_trace(struct rask_sim *sim)
{
    return sim->trace.size == 0 ? "" : (const char *)sim->trace.data;
}

/* 0 .. most. */
uint64_t sim_random(struct rask_sim *sim, uint64_t most)
{
    return most == 0 ? 0 : rask_rng_below(&sim->rng, most + 1);
}

/* Messages of rank 0 do not leave its process. */
uint64_t sim_latency(struct rask_sim *sim, int32_t rank)
{
    uint64_t ns = rank == 0 ? sim->config.latency_ns / 10 : sim->config.latency_ns;
    return ns + sim_random(sim, sim->config.jitter_ns);
}

struct sim_event *sim_event_new(struct rask_sim *sim, uint64_t time_ns, enum sim_event_kind kind,
                                int32_t rank)
{
    uint32_t id;
    struct sim_event *event = rask_slab_take(&sim->events, &id);
    struct rask_heap_entry entry = {time_ns, sim->n_events++, id};
    if (event == NULL || rask_heap_push(&sim->queue, entry) != 0) {
        sim_out_of_memory(sim);
        if (event != NULL)
            rask_slab_give(&sim->events, id);
        return NULL;
    }
    event->kind = kind;
    event->rank = rank;
    return event;
}

static void wake_sched(struct rask_sim *sim)
{
    if (sim->has_sched_turn)
        return;
    sim->has_sched_turn = 1;
    uint64_t at_ns = sim->now_ns + sim_random(sim, sim->config.turn_ns);
    (void)sim_event_new(sim, at_ns, SIM_SCHED_TURN, 0);
}

void sim_wake_rank(struct rask_sim *sim, int32_t rank)
{
    struct sim_rank *r = &sim->ranks[rank];
    if (r->has_turn || r->is_lost)
        return;
    r->has_turn = 1;
    uint64_t at_ns = sim->now_ns + sim_random(sim, sim->config.turn_ns);
    (void)sim_event_new(sim, at_ns, SIM_RANK_TURN, rank);
}

/* Sends a batch; `batch` is empty afterwards. */
void sim_send_to_sched(struct sim_rank *r, struct rask_buf *batch)
{
    struct rask_sim *sim = r->sim;
    uint64_t at_ns = sim->now_ns + sim_latency(sim, r->rank);
    if (batch->size == 0)
        return;
    if (at_ns < r->last_to_sched_ns)
        at_ns = r->last_to_sched_ns;
    r->last_to_sched_ns = at_ns;
    struct sim_event *event = sim_event_new(sim, at_ns, SIM_TO_SCHED, r->rank);
    if (event == NULL)
        return;
    event->sequence = r->n_sent++;
    rask_buf_swap(&event->batch, batch);
}

static void send_to_rank(struct rask_sim *sim, int32_t rank, const struct rask_buf *out)
{
    struct sim_rank *r = &sim->ranks[rank];
    uint64_t at_ns = sim->now_ns + sim_latency(sim, rank);
    if (at_ns < r->last_to_rank_ns)
        at_ns = r->last_to_rank_ns;
    r->last_to_rank_ns = at_ns;
    struct sim_event *event = sim_event_new(sim, at_ns, SIM_TO_RANK, rank);
    if (event != NULL && rask_buf_append(&event->batch, out->data, out->size) != 0)
        sim_out_of_memory(sim);
}

static void check_status(struct rask_sim *sim, rask_status status, const struct rask_error *error)
{
    if (status == RASK_ERR_MEMORY && sim->error.code == RASK_OK)
        sim->error = *error;
    if (status != RASK_OK)
        sim_break(sim, "scheduler: %s", error->text);
}

static void sched_turn(struct rask_sim *sim)
{
    struct rask_error error;
    sim->has_sched_turn = 0;
    check_status(sim, rask_sched_place(sim->sched, sim->now_ns, &error), &error);
    for (int32_t rank = rask_sched_next_output(sim->sched, 0); rank >= 0;
         rank = rask_sched_next_output(sim->sched, rank + 1)) {
        send_to_rank(sim, rank, rask_sched_output(sim->sched, rank));
        rask_sched_output_taken(sim->sched, rank);
    }
    uint64_t next_ns = rask_sched_next_call(sim->sched);
    if (next_ns != UINT64_MAX && next_ns != sim->next_call_ns) {
        sim->next_call_ns = next_ns;
        (void)sim_event_new(sim, next_ns, SIM_SCHED_TURN, 0);
    }
}

static void sched_receive(struct rask_sim *sim, const struct sim_event *event)
{
    struct sim_rank *r = &sim->ranks[event->rank];
    struct rask_error error;
    if (r->is_lost && event->sequence >= r->cut)
        return;
    r->n_delivered++;
    struct rask_sched_batch batch = {sim->now_ns, event->batch.data, event->batch.size,
                                     event->rank};
    check_status(sim, rask_sched_receive(sim->sched, &batch, &error), &error);
    wake_sched(sim);
}

void rask_sim_lose(struct rask_sim *sim, int32_t rank)
{
    struct sim_rank *r = &sim->ranks[rank];
    if (r->is_lost || rank == 0)
        return;
    sim_tell(sim, "lost rank %d", rank);
    r->is_lost = 1;
    r->cut = r->n_delivered + sim_random(sim, r->n_sent - r->n_delivered);
    uint64_t from_ns = r->last_to_sched_ns > sim->now_ns ? r->last_to_sched_ns : sim->now_ns;
    (void)sim_event_new(sim, from_ns + sim_random(sim, sim->config.detect_ns), SIM_LOST, rank);
}

static void perform(struct rask_sim *sim, struct sim_event *event)
{
    struct sim_rank *r = &sim->ranks[event->rank];
    struct rask_error error;
    switch (event->kind) {
    case SIM_TO_SCHED:
        sched_receive(sim, event);
        return;
    case SIM_LOST:
        check_status(sim, rask_sched_lost(sim->sched, sim->now_ns, event->rank, &error), &error);
        wake_sched(sim);
        return;
    case SIM_SCHED_TURN:
        sched_turn(sim);
        return;
    default:
        break;
    }
    if (r->is_lost)
        return;
    if (event->kind == SIM_TO_RANK)
        sim_rank_receive(r, &event->batch);
    else if (event->kind == SIM_STEP_END)
        sim_rank_step_end(r, event->run);
    else if (event->kind == SIM_FETCHED)
        sim_rank_fetched(r, &event->fetch);
    else if (event->kind == SIM_START)
        r->is_started = 1;
    else
        sim_rank_turn(r);
    if (event->kind != SIM_RANK_TURN)
        sim_wake_rank(sim, event->rank);
}

int rask_sim_step(struct rask_sim *sim)
{
    if (sim->error.code != RASK_OK || rask_heap_count(&sim->queue) == 0)
        return 0;
    struct rask_heap_entry entry = rask_heap_pop(&sim->queue);
    assert(entry.hi >= sim->now_ns);
    sim->now_ns = entry.hi;
    struct sim_event event = *(struct sim_event *)rask_slab_at(&sim->events, entry.id);
    rask_slab_give(&sim->events, entry.id);
    perform(sim, &event);
    rask_buf_release(&event.batch);
    if (sim->config.max_events != 0 && sim->n_events > sim->config.max_events)
        sim_break(sim, "livelock: %" PRIu64 " events", sim->n_events);
    return 1;
}

void rask_sim_run(struct rask_sim *sim, uint64_t until_ns)
{
    const struct rask_heap_entry *next;
    while ((next = rask_heap_top(&sim->queue)) != NULL && next->hi <= until_ns)
        if (!rask_sim_step(sim))
            return;
    if (until_ns != UINT64_MAX && sim->now_ns < until_ns)
        sim->now_ns = until_ns;
}

uint64_t rask_sim_now(const struct rask_sim *sim)
{
    return sim->now_ns;
}

const struct rask_error *rask_sim_error(const struct rask_sim *sim)
{
    return &sim->error;
}

static rask_status init_ranks(struct rask_sim *sim, const struct rask_sim_config *config,
                              struct rask_error *error)
{
    sim->ranks = rask_alloc_zeroed(config->n_ranks, sizeof *sim->ranks);
    if (sim->ranks == NULL)
        return rask_error_memory(error, config->n_ranks * sizeof *sim->ranks, "simulated ranks");
    for (uint32_t i = 0; i < config->n_ranks; i++) {
        struct sim_rank *r = &sim->ranks[i];
        r->sim = sim;
        r->rank = (int32_t)i;
        rask_status status = sim_rank_init(r, &config->ranks[i], error);
        if (status != RASK_OK)
            return status;
        if (config->ranks[i].start_ns == 0)
            r->is_started = 1;
        if (sim_event_new(sim, config->ranks[i].start_ns, SIM_START, (int32_t)i) == NULL)
            return rask_error_memory(error, sizeof(struct sim_event), "the simulator");
    }
    return RASK_OK;
}

rask_status rask_sim_new(const struct rask_sim_config *config, struct rask_sim **sim,
                         struct rask_error *error)
{
    if (config->n_ranks == 0 || config->ranks == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "a simulated job needs ranks");
    struct rask_sim *made = rask_alloc_zeroed(1, sizeof *made);
    if (made == NULL)
        return rask_error_memory(error, sizeof *made, "the simulator");
    made->config = *config;
    made->config.ranks = NULL;
    made->config.sched.n_ranks = config->n_ranks;
    made->next_call_ns = UINT64_MAX;
    rask_rng_seed(&made->rng, config->seed);
    rask_status status = rask_slab_init(&made->events, sizeof(struct sim_event), 256) == 0
                             ? rask_sched_new(&made->config.sched, &made->sched, error)
                             : rask_error_memory(error, sizeof(struct sim_event), "the simulator");
    if (status == RASK_OK)
        status = init_ranks(made, config, error);
    if (status != RASK_OK) {
        rask_sim_free(made);
        return status;
    }
    *sim = made;
    return RASK_OK;
}

void rask_sim_free(struct rask_sim *sim)
{
    if (sim == NULL)
        return;
    for (uint32_t id = rask_slab_next(&sim->events, 1); id != 0;
         id = rask_slab_next(&sim->events, id + 1))
        rask_buf_release(&((struct sim_event *)rask_slab_at(&sim->events, id))->batch);
    for (uint32_t i = 0; sim->ranks != NULL && i < sim->config.n_ranks; i++)
        sim_rank_release(&sim->ranks[i]);
    rask_free(sim->ranks);
    rask_sched_free(sim->sched);
    rask_slab_release(&sim->events);
    rask_heap_release(&sim->queue);
    sim_scripts_release(&sim->scripts);
    rask_map64_release(&sim->script_of);
    rask_buf_release(&sim->trace);
    rask_free(sim);
}

const struct rask_sched *rask_sim_sched(const struct rask_sim *sim)
{
    return sim->sched;
}

struct rask_client *rask_sim_client(struct rask_sim *sim, int32_t rank)
{
    return &sim->ranks[rank].client;
}

int rask_sim_is_lost(const struct rask_sim *sim, int32_t rank)
{
    return sim->ranks[rank].is_lost;
}

void rask_sim_figures(const struct rask_sim *sim, int32_t rank, struct rask_sim_figures *figures)
{
    *figures = sim->ranks[rank].figures;
}

struct sim_script *sim_script_of(const struct rask_sim *sim, uint64_t id)
{
    uint32_t script;
    return rask_map64_get(&sim->script_of, id, &script) ? &sim->scripts.items[script] : NULL;
}

uint32_t rask_sim_runs(const struct rask_sim *sim, uint64_t id)
{
    const struct sim_script *script = sim_script_of(sim, id);
    return script == NULL ? 0 : script->n_runs;
}

const char *sim_name(const struct rask_sim *sim, uint64_t id, char *text, size_t size)
{
    const struct sim_script *script = sim_script_of(sim, id);
    if (script != NULL && script->call.name != NULL)
        return script->call.name;
    snprintf(text, size, "%" PRId32 ".%" PRIu64, rask_id_client(id), rask_id_sequence(id));
    return text;
}

static void expect_rank_empty(struct rask_sim *sim, const struct sim_rank *r)
{
    struct rask_sched_worker seen;
    rask_sched_worker(sim->sched, r->rank, &seen);
    if (seen.n_assigned != 0 || seen.n_objects != 0 || seen.n_homed != 0)
        sim_break(sim, "the scheduler still has %u assignments, %u objects, %u ready for rank %d",
                  seen.n_assigned, seen.n_objects, seen.n_homed, r->rank);
    if (r->is_lost)
        return;
    if (r->figures.n_objects != 0)
        sim_break(sim, "leak: rank %d still holds %u objects", r->rank, r->figures.n_objects);
    if (r->worker.n_assigned != 0 || r->worker.fetched.count != 0 || r->worker.uses.count != 0)
        sim_break(sim, "leak: worker %d still has %u assignments, %u fetched objects, %u uses",
                  r->rank, r->worker.n_assigned, r->worker.fetched.count, r->worker.uses.count);
    if (r->worker.pool.bytes_in_use != 0)
        sim_break(sim, "leak: worker %d still has %" PRIu64 " bytes of task blocks", r->rank,
                  r->worker.pool.bytes_in_use);
    if (r->client.n_pending != 0 || r->client.watchers.count != 0 || r->client.coming.count != 0)
        sim_break(sim, "leak: client %d still has %" PRIu64 " pending futures, %u watchers",
                  r->rank, r->client.n_pending, r->client.watchers.count);
}

void rask_sim_expect_nothing_left(struct rask_sim *sim)
{
    struct rask_sched_counters counters;
    rask_sched_counters(sim->sched, &counters);
    if (counters.live_tasks != 0 || rask_sched_unfinished(sim->sched) != 0)
        sim_break(sim, "leak: %" PRIu64 " tasks are left, %" PRIu64 " of them unfinished",
                  counters.live_tasks, rask_sched_unfinished(sim->sched));
    for (uint32_t i = 0; i < sim->config.n_ranks; i++)
        expect_rank_empty(sim, &sim->ranks[i]);
}
