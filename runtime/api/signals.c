/* SPDX-License-Identifier: BSD-3-Clause */
/* signals.c: what a command does at Ctrl-C: the first one ends all waits with RASK_ERR_INTERRUPTED,
 * so that the program can stop in order; the second one ends the process. SIGUSR1 prints a stall
 * report. A thread of its own takes the signals, so nothing runs inside a signal handler. They are
 * blocked before MPI starts threads, which would end the process otherwise: a signal goes to any
 * thread that does not block it. A signal that was ignored when the runtime started (a job in the
 * background of a script) stays so. */
#include "api/signals.h"

#include "api/runtime.h"
#include "base/error.h"

#include <signal.h>
#include <string.h>

/* SIGUSR1 belongs to the set in any case: it ends the thread. */
static void handled_signals(sigset_t *set)
{
    static const int stops[] = {SIGINT, SIGTERM};
    sigemptyset(set);
    sigaddset(set, SIGUSR1);
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        struct sigaction old;
        if (sigaction(stops[i], NULL, &old) != 0 || old.sa_handler != SIG_IGN)
            sigaddset(set, stops[i]);
    }
}

static void *signal_thread(void *argument)
{
    struct rask_runtime *rt = argument;
    int signal_number;
    while (sigwait(&rt->signals, &signal_number) == 0) {
        if (atomic_load(&rt->is_leaving_signals))
            return NULL;
        if (signal_number == SIGUSR1) {
            rask_stall_report(rt, stderr);
            continue;
        }
        if (atomic_load(&rt->loop.is_interrupted) == 0) {
            atomic_store(&rt->signal_seen, signal_number);
            atomic_store(&rt->loop.is_interrupted, 1);
            rask_loop_wake_all(&rt->loop);
            continue;
        }
        signal(signal_number, SIG_DFL);
        pthread_sigmask(SIG_UNBLOCK, &rt->signals, NULL);
        raise(signal_number);
    }
    return NULL;
}

int rask_signal_seen(const struct rask *rask)
{
    return atomic_load(&rask_runtime_of(rask)->signal_seen);
}

void rask_signals_block(struct rask_runtime *rt)
{
    if (!rt->config.signals)
        return;
    handled_signals(&rt->signals);
    pthread_sigmask(SIG_BLOCK, &rt->signals, &rt->old_signals);
    rt->has_blocked_signals = 1;
}

rask_status rask_signals_start(struct rask_runtime *rt, struct rask_error *error)
{
    if (!rt->config.signals)
        return RASK_OK;
    int failed = pthread_create(&rt->signal_thread, NULL, signal_thread, rt);
    if (failed != 0)
        return rask_error_set(error, RASK_ERR_SYSTEM, "cannot start a thread for signals: %s",
                              strerror(failed));
    rt->has_signal_thread = 1;
    return RASK_OK;
}

void rask_signals_stop(struct rask_runtime *rt)
{
    if (rt->has_signal_thread) {
        atomic_store(&rt->is_leaving_signals, 1);
        pthread_kill(rt->signal_thread, SIGUSR1);
        pthread_join(rt->signal_thread, NULL);
        rt->has_signal_thread = 0;
    }
    if (rt->has_blocked_signals)
        pthread_sigmask(SIG_SETMASK, &rt->old_signals, NULL);
    rt->has_blocked_signals = 0;
}
