/* SPDX-License-Identifier: BSD-3-Clause */
/* start.c: rask_start, rask_stop and what can be asked of a runtime.
 *
 * A client that returns from main, or calls exit, without rask_stop ends the job in the same way: a
 * handler that runs at exit does it. A task that calls exit ends the process at once; under MPI the
 * launcher ends the job. */
#include "api/runtime.h"

#include "base/alloc.h"
#include "base/counters.h"
#include "base/error.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* What the exit handler finds: the runtime, or NULL once it has been stopped. */
struct rask_exit_guard {
    struct rask_runtime *runtime;
};

/* Counts workers and slots; 0 while a rank has not said hello. */
static int has_all_workers(struct rask_runtime *rt)
{
    int32_t n_workers = 0, n_ranks = rt->boot.comm->caps.n_ranks;
    uint32_t n_slots = 0;
    int is_complete = 1;
    rask_loop_take(&rt->loop);
    for (int32_t r = 0; r < n_ranks; r++) {
        struct rask_sched_worker worker;
        rask_sched_worker(rt->loop.sched, r, &worker);
        is_complete &= worker.is_alive;
        rt->works[r] = worker.n_slots > 0;
        n_workers += worker.n_slots > 0;
        n_slots += worker.n_slots;
    }
    rask_loop_give(&rt->loop);
    rt->n_workers = n_workers;
    rt->n_slots_all = n_slots;
    return is_complete;
}

static int never(void *context)
{
    (void)context;
    return 0;
}

/* A worker rank works until rank 0 stops. */
static rask_status serve(struct rask_runtime *rt, struct rask_error *error)
{
    struct rask_loop *loop = &rt->loop;
    struct rask_error ignored;
    if (rt->config.bind && rt->plan.n_threads > 0 &&
        rask_place_bind_thread(rt->topo, &rt->plan.places[0], &ignored) != RASK_OK)
        rask_log_write(&rt->log, RASK_LOG_INFO, "%s", ignored.text);
    struct rask_until until = {
        .is_done = never, .deadline_ns = UINT64_MAX, .may_run = 1, .bell = loop->comm->bell};
    atomic_fetch_add(&rt->n_guests, 1);
    (void)!rask_threads_work(rt, &until);
    rask_signals_stop(rt);
    rask_threads_stop(rt);
    rask_status status = loop->status;
    if (status != RASK_OK && error != NULL)
        *error = loop->error;
    (void)rask_runtime_check_log(rt);
    loop->comm->ops->stop(loop->comm, status != RASK_OK, 1);
    rask_runtime_tear_down(rt);
    return status == RASK_OK ? RASK_SERVED : status;
}

/* Tells the other ranks, lets the threads end their tasks, and frees everything. */
static rask_status stop(struct rask_runtime *rt)
{
    struct rask_loop *loop = &rt->loop;
    struct rask_buf batch = {0};
    struct rask_msg_stop m = {.exit_code = 0};
    rask_loop_take(loop);
    rask_status status = loop->status;
    if (status == RASK_OK && rask_wire_put_stop(&batch, &m) == 0)
        for (int32_t r = 1; r < loop->comm->caps.n_ranks; r++)
            (void)!loop->comm->ops->send(loop->comm, r, batch.data, batch.size);
    rask_buf_release(&batch);
    rask_loop_give(loop);
    rask_signals_stop(rt);
    rask_threads_stop(rt);
    rask_status saved = rask_trace_save(rt), logged = rask_runtime_check_log(rt);
    loop->comm->ops->stop(loop->comm, status != RASK_OK, 1);
    rask_runtime_tear_down(rt);
    return status != RASK_OK ? status : saved != RASK_OK ? saved : logged;
}

static int is_own_thread(const struct rask_runtime *rt)
{
    int is_own = 0;
    for (size_t i = 0; i < rt->threads.count; i++)
        is_own |= pthread_equal(rt->threads.items[i], pthread_self()) != 0;
    return is_own;
}

static void stop_at_exit(int exit_code, void *argument)
{
    struct rask_exit_guard *guard = argument;
    (void)exit_code;
    if (guard->runtime != NULL && !is_own_thread(guard->runtime))
        (void)!stop(guard->runtime);
    rask_free(guard);
}

/* Rank 0, or alone: waits for all ranks and hands the runtime to the program. */
static rask_status open_client(struct rask_runtime *rt, struct rask **rask,
                               struct rask_error *error)
{
    rt->guard = rask_alloc(sizeof *rt->guard);
    rt->works = rask_alloc_zeroed((size_t)rt->boot.comm->caps.n_ranks, 1);
    if (rt->guard == NULL || rt->works == NULL || on_exit(stop_at_exit, rt->guard) != 0) {
        rask_free(rt->guard);
        rt->guard = NULL;
        return rask_error_memory(error, sizeof *rt->guard, "the exit handler");
    }
    rt->guard->runtime = rt;
    while (!has_all_workers(rt) && rt->loop.status == RASK_OK)
        if (rask_loop_try(&rt->loop, 0) == 0)
            (void)sched_yield();
    if (rt->loop.status != RASK_OK) {
        *error = rt->loop.error;
        return rt->loop.status;
    }
    rt->handle = (struct rask){rt, NULL};
    *rask = &rt->handle;
    return RASK_OK;
}

/* Whether this rank prints the error: boot's are told already, overlapping bindings by rank 0 for
 * all, and everything else by the rank that it happened to. */
static int is_mine_to_tell(const struct rask_runtime *rt, rask_status status)
{
    if (rt->boot.comm == NULL)
        return !rt->boot.is_told;
    return status != RASK_ERR_BINDING || rt->boot.comm->caps.rank == 0;
}

rask_status rask_runtime_start(const struct rask_options *options,
                               const struct rask_attachment *attachment, struct rask **rask,
                               struct rask_error *error)
{
    static const struct rask_options no_options = {.size = sizeof no_options};
    struct rask_error own_error = {.code = RASK_OK, .rank = -1};
    error = error == NULL ? &own_error : error;
    options = options == NULL ? &no_options : options;
    struct rask_runtime *rt = rask_alloc_zeroed(1, sizeof *rt);
    if (rt == NULL || rask == NULL) {
        rask_free(rt);
        return rask == NULL ? rask_error_set(error, RASK_ERR_ARGUMENT,
                                             "rask_start without a place for the handle")
                            : rask_error_memory(error, sizeof *rt, "the runtime");
    }
    rask_status status = rask_runtime_configure(rt, options, error);
    if (status == RASK_OK)
        status = rask_runtime_set_up(rt, attachment, error);
    if (status == RASK_OK && rt->boot.comm->caps.rank != 0)
        return serve(rt, error);
    if (status == RASK_OK)
        status = open_client(rt, rask, error);
    if (status == RASK_OK)
        return RASK_OK;
    if (!options->is_quiet && is_mine_to_tell(rt, status))
        rask_log_failure(&rt->log, error);
    (void)rask_runtime_check_log(rt);
    rask_signals_stop(rt);
    rask_threads_stop(rt);
    if (rt->boot.comm != NULL)
        rt->boot.comm->ops->stop(rt->boot.comm, 1, 1);
    if (rt->guard != NULL)
        rt->guard->runtime = NULL;
    rask_runtime_tear_down(rt);
    return status;
}

rask_status rask_start(const struct rask_options *options, struct rask **rask,
                       struct rask_error *error)
{
    return rask_runtime_start(options, NULL, rask, error);
}

rask_status rask_stop(struct rask *rask)
{
    if (rask == NULL)
        return RASK_OK;
    if (rask->task != NULL)
        return RASK_ERR_STATE;
    struct rask_runtime *rt = rask_runtime_of(rask);
    rt->guard->runtime = NULL;
    return stop(rt);
}

int32_t rask_rank(const struct rask *rask)
{
    return rask_runtime_of(rask)->boot.comm->caps.rank;
}

int32_t rask_rank_count(const struct rask *rask)
{
    return rask_runtime_of(rask)->boot.comm->caps.n_ranks;
}

int32_t rask_worker_count(const struct rask *rask)
{
    return rask_runtime_of(rask)->n_workers;
}

uint32_t rask_slot_count(const struct rask *rask)
{
    return rask_runtime_of(rask)->n_slots_all;
}

const char *rask_setting(const struct rask *rask, const char *name, const char **source)
{
    struct rask_runtime *rt = rask_runtime_of(rask);
    int index = rask_config_find(name);
    if (index < 0)
        return NULL;
    struct rask_config_entry *entry = &rt->setting;
    rask_config_at(&rt->config, (size_t)index, entry);
    if (source != NULL)
        *source = entry->source;
    return entry->value;
}

void rask_interrupt(struct rask *rask)
{
    struct rask_loop *loop = &rask_runtime_of(rask)->loop;
    atomic_store(&loop->is_interrupted, 1);
    rask_loop_wake_all(loop);
}

/* The counters of this rank, gathered from loop, transport and scheduler. */
static void gather_counters(struct rask_runtime *rt, struct rask_counters *c)
{
    struct rask_sched_counters s = {0};
    rask_loop_take(&rt->loop);
    const struct rask_comm_counters *comm = &rt->loop.comm->counters;
    if (rt->loop.sched != NULL)
        rask_sched_counters(rt->loop.sched, &s);
    *c = (struct rask_counters){.tasks_submitted = s.submitted,
                                .tasks_done = s.done,
                                .tasks_failed = s.failed,
                                .tasks_stolen = s.stolen,
                                .tasks_recomputed = s.recomputed,
                                .messages_sent = comm->batches_sent,
                                .messages_received = comm->batches_received,
                                .message_bytes_sent = comm->bytes_sent,
                                .message_bytes_received = comm->bytes_received,
                                .get_count = comm->gets,
                                .get_bytes = comm->get_bytes,
                                .get_bytes_rank0_relayed = s.relayed_bytes,
                                .inline_bytes = s.inline_bytes,
                                .scheduler_busy_ns = rt->loop.counters.scheduler_ns,
                                .scheduler_bytes = s.live_bytes,
                                .live_tasks = s.live_tasks,
                                .loop_turns = rt->loop.counters.turns,
                                .sleeps = __atomic_load_n(&comm->sleeps, __ATOMIC_RELAXED),
                                .wakeups = comm->wakeups_sent};
    rask_loop_give(&rt->loop);
}

uint64_t rask_counter(const struct rask *rask, const char *name)
{
    struct rask_counters counters;
    struct rask_counter counter;
    gather_counters(rask_runtime_of(rask), &counters);
    for (size_t i = 0; rask_counters_at(&counters, i, &counter); i++)
        if (strcmp(counter.name, name) == 0)
            return counter.value;
    return 0;
}
