/* SPDX-License-Identifier: BSD-3-Clause */
/* exit.c: the runtimes of this process, and what becomes of them when it exits or forks.
 *
 * A client that returns from main, or calls exit, without rask_stop ends the job in the same way: a
 * handler, registered once in a process, stops what is in the list. A child of fork has no threads
 * and is no rank: another handler marks there what was in the list, so that calls are refused, and
 * empties it. The list lives as long as the process, hence the one variable.
 *
 * Where the program ends MPI before that, the job ends at the beginning of MPI_Finalize: afterwards
 * no rank could be told.
 *
 * Nothing is stopped by a child of fork, nor by a task that calls exit: its thread cannot wait for
 * itself. Then the process ends at once, and under MPI the launcher ends the job.
 *
 * A process is a rank of one job at a time: the ranks of a second one would wait for others that
 * serve the first. Embedded runtimes need nobody else, and there may be several. */
#include "api/runtime.h"

#include "base/error.h"

#include <stdlib.h>

static struct {
    pthread_mutex_t lock;
    struct rask_runtime *first;
    pid_t pid; /* of the process that has registered the handlers; 0: none has */
    int is_rank_child; /* a child of fork whose parent was a rank */
    int has_finalize_hook; /* MPI_Finalize stops what is in the list */
} running = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void stop_all(void)
{
    struct rask_runtime *rt = running.first;
    /* A child that was made past fork's handlers. */
    if (running.pid != getpid())
        return;
    while (rt != NULL) {
        struct rask_runtime *next = rt->next_running;
        if (atomic_load(&rt->is_stopped_at_exit) && !rask_threads_is_one(rt))
            (void)rask_runtime_stop(rt);
        rt = next;
    }
}

rask_status rask_exit_at_finalize(struct rask_error *error)
{
    if (running.has_finalize_hook)
        return RASK_OK;
    rask_status status = rask_boot_at_finalize(stop_all, error);
    running.has_finalize_hook = status == RASK_OK;
    return status;
}

static void before_fork(void)
{
    pthread_mutex_lock(&running.lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&running.lock);
}

static void after_fork_in_child(void)
{
    for (struct rask_runtime *rt = running.first; rt != NULL; rt = rt->next_running) {
        rt->is_forked = 1;
        running.is_rank_child |= !rt->is_embedded;
    }
    running.first = NULL;
    running.pid = getpid();
    pthread_mutex_unlock(&running.lock);
}

/* Whether there is already a runtime that makes the process a rank. */
static int is_rank(void)
{
    const struct rask_runtime *rt = running.first;
    while (rt != NULL && rt->is_embedded)
        rt = rt->next_running;
    return rt != NULL;
}

/* The lock is held. */
static rask_status add(struct rask_runtime *rt, struct rask_error *error)
{
    if (!rt->is_embedded && is_rank())
        return rask_error_set(
            error, RASK_ERR_STATE,
            "a runtime is already running in this process, which is a rank of its "
            "job: use that one (in a task: rask_task_runtime), or stop it first");
    if (!rt->is_embedded && running.is_rank_child)
        return rask_error_set(error, RASK_ERR_STATE,
                              "this process was made by fork from a rank of a job, and cannot be "
                              "a rank itself: start the runtime in the rank");
    if (running.pid == 0 && (pthread_atfork(before_fork, after_fork, after_fork_in_child) != 0 ||
                             atexit(stop_all) != 0))
        return rask_error_set(error, RASK_ERR_MEMORY,
                              "the system has no room for a handler at exit and fork (atexit)");
    running.pid = getpid();
    rt->next_running = running.first;
    running.first = rt;
    return RASK_OK;
}

rask_status rask_exit_add(struct rask_runtime *rt, struct rask_error *error)
{
    pthread_mutex_lock(&running.lock);
    rask_status status = add(rt, error);
    pthread_mutex_unlock(&running.lock);
    return status;
}

void rask_exit_remove(struct rask_runtime *rt)
{
    pthread_mutex_lock(&running.lock);
    struct rask_runtime **at = &running.first;
    while (*at != NULL && *at != rt)
        at = &(*at)->next_running;
    if (*at == rt)
        *at = rt->next_running;
    pthread_mutex_unlock(&running.lock);
}

rask_status rask_fork_refuse(struct rask_error *error)
{
    return rask_error_set(error, RASK_ERR_STATE,
                          "this process was made by fork from the one that runs the runtime, and "
                          "cannot use it: a child may exec, exit, or start an embedded one");
}
