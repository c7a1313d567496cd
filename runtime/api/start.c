/* SPDX-License-Identifier: BSD-3-Clause */
/* start.c: rask_start, rask_stop and what can be asked of a runtime.
 *
 * Every end is orderly if it can be: the ranks meet in the transport's stop, also after a start
 * that has failed and after a job that has broken. A worker rank that cannot go on tells rank 0 and
 * waits there; rank 0 fails all that is pending, and the program stops when it sees fit. Only when
 * some rank cannot be reached any more is nobody waited for (is_cut_off). */
#include "api/runtime.h"

#include "base/alloc.h"
#include "base/counters.h"
#include "base/error.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Whether every rank has said hello, or the job has ended before. */
static int has_all_workers(struct rask_runtime *rt)
{
    int32_t n_ranks = rt->boot.comm->caps.n_ranks;
    int is_complete = 1;
    rask_loop_take(&rt->loop);
    for (int32_t r = 0; r < n_ranks; r++) {
        struct rask_sched_worker worker;
        rask_sched_worker(rt->loop.sched, r, &worker);
        is_complete &= worker.is_alive;
    }
    is_complete |= rt->loop.status != RASK_OK;
    rask_loop_give(&rt->loop);
    return is_complete;
}

/* The start is over: what has ended the job meanwhile is told here, and what will end it by the
 * loop. */
static rask_status end_start(struct rask_runtime *rt, struct rask_error *error)
{
    struct rask_loop *loop = &rt->loop;
    rask_loop_take(loop);
    loop->is_starting = 0;
    rask_status status = loop->status;
    if (status != RASK_OK)
        *error = loop->error;
    rask_loop_give(loop);
    if (status != RASK_OK && !rt->is_quiet)
        rask_log_failure(&rt->log, error);
    return status;
}

/* After these there may be no word from the others any more, and none to them. */
static int is_cut_off(rask_status status)
{
    return status == RASK_ERR_MPI || status == RASK_ERR_PEER_LOST;
}

static void end_transport(struct rask_runtime *rt)
{
    rt->is_cut_off |= rt->boot.comm->ops->stop(rt->boot.comm, rt->is_cut_off, 1) != RASK_OK;
    if (rt->is_cut_off)
        rt->boot.comm = NULL;
}

/* Tells rank 0 why this rank cannot go on. */
static void report_broken(struct rask_runtime *rt)
{
    struct rask_loop *loop = &rt->loop;
    struct rask_msg_broken m = {.code = loop->status,
                                .n_text = (uint32_t)strlen(loop->error.text),
                                .text = loop->error.text};
    if (rask_wire_put_broken(&rt->last_batch, &m) != 0 ||
        loop->comm->ops->send(loop->comm, 0, rt->last_batch.data, rt->last_batch.size) != RASK_OK)
        rt->is_cut_off = 1;
}

/* How a worker rank's job has ended. */
static rask_status outcome(struct rask_runtime *rt, struct rask_error *error)
{
    const struct rask_loop *loop = &rt->loop;
    if (loop->status != RASK_OK) {
        *error = loop->error;
        return loop->status;
    }
    if (loop->worker.exit_code == 0)
        return RASK_SERVED;
    rt->is_cut_off = 1;
    return rask_error_set(error, RASK_ERR_PEER_LOST,
                          "rank 0 has ended the job, because it cannot reach some rank any more");
}

/* The program's thread, which was bound to a place while it served, may go where it could before.
 */
static void unbind_self(struct rask_runtime *rt)
{
    struct rask_error error;
    if (rt->config.bind && rt->plan.n_threads > 0 &&
        rask_place_bind_cpuset(rt->topo, rask_topo_own_cpuset(rt->topo), &error) != RASK_OK)
        rask_log_write(&rt->log, RASK_LOG_INFO, "%s", error.text);
}

/* A worker rank works until rank 0 stops. */
static rask_status serve(struct rask_runtime *rt, struct rask_error *error)
{
    struct rask_loop *loop = &rt->loop;
    (void)end_start(rt, error);
    rask_threads_bind(rt, rt->plan.n_threads > 0 ? rt->plan.places : NULL);
    struct rask_until until = {.is_done = rask_threads_never,
                               .deadline_ns = UINT64_MAX,
                               .may_run = RASK_RUN_ALL,
                               .bell = loop->comm->bell};
    atomic_fetch_add(&rt->n_guests, 1);
    (void)!rask_threads_work(rt, &until);
    rask_signals_stop(rt);
    rask_threads_stop(rt);
    unbind_self(rt);
    (void)rask_runtime_check_log(rt);
    rask_status status = outcome(rt, error);
    rt->is_cut_off |= is_cut_off(loop->status);
    if (loop->status != RASK_OK && !rt->is_cut_off)
        report_broken(rt);
    end_transport(rt);
    rask_runtime_tear_down(rt);
    return status;
}

/* Tells the other ranks that the job ends. */
static void send_stop(struct rask_runtime *rt)
{
    struct rask_loop *loop = &rt->loop;
    struct rask_buf *batch = &rt->last_batch;
    struct rask_msg_stop m = {.exit_code = rt->is_cut_off};
    rt->is_cut_off |= rask_wire_put_stop(batch, &m) != 0;
    for (int32_t r = 1; batch->size != 0 && r < loop->comm->caps.n_ranks; r++)
        rt->is_cut_off |= loop->comm->ops->send(loop->comm, r, batch->data, batch->size) != RASK_OK;
}

rask_status rask_runtime_stop(struct rask_runtime *rt)
{
    struct rask_loop *loop = &rt->loop;
    atomic_store(&rt->is_stopped_at_exit, 0);
    rask_loop_take(loop);
    rask_status status = loop->status;
    rt->is_cut_off |= is_cut_off(status);
    send_stop(rt);
    rask_worker_cancel_all(&loop->worker);
    rask_loop_give(loop);
    rask_signals_stop(rt);
    rask_threads_stop(rt);
    rask_status saved = rask_trace_save(rt), logged = rask_runtime_check_log(rt);
    end_transport(rt);
    rask_runtime_tear_down(rt);
    return status != RASK_OK ? status : saved != RASK_OK ? saved : logged;
}

/* Rank 0, or alone: waits for all ranks and hands the runtime to the program. */
static rask_status open_client(struct rask_runtime *rt, struct rask **rask,
                               struct rask_error *error)
{
    atomic_store(&rt->is_stopped_at_exit, 1);
    while (!has_all_workers(rt))
        if (rask_loop_try(&rt->loop, 0) == 0)
            (void)sched_yield();
    rask_status status = end_start(rt, error);
    if (status == RASK_OK && !rt->is_embedded)
        status = rask_exit_at_finalize(error);
    if (status != RASK_OK)
        return status;
    rt->handle = (struct rask){rt, NULL};
    *rask = &rt->handle;
    return RASK_OK;
}

/* A start that has failed, on all ranks for the same reason. Rank 0 says so, before MPI ends: the
 * launcher takes the job down as soon as a rank has left with an exit code. */
static rask_status give_up(struct rask_runtime *rt, rask_status status,
                           const struct rask_error *error)
{
    int is_mine_to_tell = rt->boot.comm != NULL ? rt->boot.comm->caps.rank == 0 : !rt->boot.is_told;
    if (!rt->is_quiet && is_mine_to_tell)
        rask_log_failure(&rt->log, error);
    (void)rask_runtime_check_log(rt);
    rask_signals_stop(rt);
    rask_threads_stop(rt);
    rt->is_cut_off = is_cut_off(status);
    if (rt->boot.comm != NULL)
        end_transport(rt);
    rask_runtime_tear_down(rt);
    return status;
}

rask_status rask_runtime_start(const struct rask_options *options,
                               const struct rask_attachment *attachment, struct rask **rask,
                               struct rask_error *error)
{
    struct rask_error own_error = {.code = RASK_OK, .rank = -1};
    error = error == NULL ? &own_error : error;
    struct rask_runtime *rt = rask_alloc_zeroed(1, sizeof *rt);
    if (rt == NULL || rask == NULL) {
        rask_free(rt);
        return rask == NULL ? rask_error_set(error, RASK_ERR_ARGUMENT,
                                             "rask_start without a place for the handle")
                            : rask_error_memory(error, sizeof *rt, "the runtime");
    }
    rask_status status = rask_runtime_set_up(rt, options, attachment, error);
    if (status == RASK_OK && rt->boot.comm->caps.rank != 0)
        return serve(rt, error);
    if (status != RASK_OK)
        return give_up(rt, status, error);
    status = open_client(rt, rask, error);
    if (status != RASK_OK)
        (void)rask_runtime_stop(rt);
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
    if (rask_fork_check(rask, NULL) != RASK_OK)
        return RASK_ERR_STATE;
    if (rask->task != NULL || rask_threads_is_one(rask_runtime_of(rask)))
        return RASK_ERR_STATE;
    return rask_runtime_stop(rask_runtime_of(rask));
}

int32_t rask_rank(const struct rask *rask)
{
    return rask == NULL ? -1 : rask_runtime_of(rask)->boot.comm->caps.rank;
}

int32_t rask_rank_count(const struct rask *rask)
{
    return rask == NULL ? 0 : rask_runtime_of(rask)->boot.comm->caps.n_ranks;
}

int32_t rask_worker_count(const struct rask *rask)
{
    return rask == NULL ? 0 : rask_runtime_of(rask)->n_workers;
}

uint32_t rask_slot_count(const struct rask *rask)
{
    return rask == NULL ? 0 : rask_runtime_of(rask)->n_slots_all;
}

const char *rask_setting(const struct rask *rask, const char *name, const char **source)
{
    int index = rask == NULL || name == NULL ? -1 : rask_config_find(name);
    if (index < 0)
        return NULL;
    const struct rask_config_entry *entry = &rask_runtime_of(rask)->settings[index];
    if (source != NULL)
        *source = entry->source;
    return entry->value;
}

void rask_interrupt(struct rask *rask)
{
    if (rask == NULL || rask_fork_check(rask, NULL) != RASK_OK)
        return;
    struct rask_loop *loop = &rask_runtime_of(rask)->loop;
    atomic_store(&loop->is_interrupted, 1);
    rask_bell_ring(loop->comm->bell, INT32_MAX);
    rask_bell_ring(&rask_runtime_of(rask)->helper_bell, 1);
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
                                .in_place_count = rt->loop.counters.reads_in_place,
                                .in_place_bytes = rt->loop.counters.bytes_in_place,
                                .inline_bytes = s.inline_bytes,
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
    if (rask == NULL || name == NULL || rask_fork_check(rask, NULL) != RASK_OK)
        return 0;
    gather_counters(rask_runtime_of(rask), &counters);
    for (size_t i = 0; rask_counters_at(&counters, i, &counter); i++)
        if (strcmp(counter.name, name) == 0)
            return counter.value;
    return 0;
}
