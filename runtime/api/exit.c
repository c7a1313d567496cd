/* SPDX-License-Identifier: BSD-3-Clause */
/* exit.c: the runtimes of this process that nobody has stopped yet. A client that returns from
 * main, or calls exit, without rask_stop ends the job in the same way: a handler, registered once
 * in a process, stops what is in the list. It lives as long as the process, hence the one variable.
 *
 * Nothing is stopped by a child of fork, which has no threads to stop, nor by a task that calls
 * exit: its thread cannot wait for itself. Then the process ends at once, and under MPI the
 * launcher ends the job. */
#include "api/runtime.h"

#include "base/error.h"

#include <stdlib.h>

static struct {
    pthread_mutex_t lock;
    struct rask_runtime *first;
    pid_t pid; /* of the process that has registered the handler; 0: none has */
} running = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void stop_all(void)
{
    struct rask_runtime *rt = running.first;
    if (running.pid != getpid())
        return;
    while (rt != NULL) {
        struct rask_runtime *next = rt->next_running;
        if (!rask_threads_is_one(rt))
            (void)rask_runtime_stop(rt);
        rt = next;
    }
}

rask_status rask_exit_add(struct rask_runtime *rt, struct rask_error *error)
{
    rask_status status = RASK_OK;
    pthread_mutex_lock(&running.lock);
    if (running.pid == 0 && atexit(stop_all) != 0)
        status = rask_error_set(error, RASK_ERR_MEMORY,
                                "the system has no room for a handler at exit (atexit)");
    if (status == RASK_OK) {
        running.pid = getpid();
        rt->next_running = running.first;
        running.first = rt;
    }
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
