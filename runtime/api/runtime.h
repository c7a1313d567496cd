/* SPDX-License-Identifier: BSD-3-Clause */
/* runtime.h: what a struct rask stands for: one process's machines, loop, threads and what they
 * were set up from. Private to api/. */
#ifndef RASK_API_RUNTIME_H
#define RASK_API_RUNTIME_H

#include "base/config.h"
#include "base/log.h"
#include "comm/boot.h"
#include "comm/loop.h"
#include "place/apply.h"
#include "place/bind.h"
#include "worker/registry.h"

#include <pthread.h>
#include <rask/future.h>
#include <rask/start.h>
#include <signal.h>
#include <unistd.h>

RASK_VEC_DEFINE(rask_thread_ids, pthread_t);

struct rask_runtime {
    struct rask handle; /* what the program holds */
    struct rask_loop loop;
    struct rask_config config;
    struct rask_log log;
    FILE *log_file; /* [own] NULL: standard error */
    struct rask_registry *registry;
    struct rask_store *store;
    struct rask_topo *topo;
    struct rask_bind_plan plan;
    struct rask_exit_guard *guard; /* what the exit handler holds */
    struct rask_config_entry setting; /* the one rask_setting gave last */
    struct rask_boot_result boot;
    char launch_text[256]; /* how the process was started */
    int32_t n_workers; /* ranks with slots */
    uint8_t *works; /* [own] [n_ranks]: whether the rank has slots; rank 0 */
    uint32_t n_slots_all; /* of all workers; rank 0 */
    uint64_t spin_ns;
    int is_embedded;
    int is_quiet; /* errors of the start are not printed */
    pthread_t signal_thread;
    int has_signal_thread, has_blocked_signals;
    _Atomic int is_leaving_signals;
    sigset_t old_signals; /* the mask of the program's thread */
    /* threads.c */
    struct rask_spin spawn_lock;
    struct rask_thread_ids threads; /* the pool, replacements included */
    pthread_t helper;
    int has_helper;
    struct rask_bell helper_bell;
    /* threads that may run tasks, the program's own counted when it waits */
    _Atomic uint32_t n_executors;
    _Atomic uint32_t n_blocked; /* of those, inside a wait of a task */
    _Atomic uint32_t n_guests; /* the program's threads inside a wait that may run tasks */
    _Atomic uint32_t next_place; /* of the plan, for the next thread */
    _Atomic uint32_t n_graphs; /* made so far */
};

static inline struct rask_runtime *rask_runtime_of(const struct rask *rask)
{
    return (struct rask_runtime *)rask->runtime;
}

/* What a thread works or sleeps for. */
struct rask_until {
    int (*is_done)(void *context); /* cheap; asked often */
    /* asks to be woken; 1 if it is done after all. NULL: nothing to ask */
    int (*before_sleep)(void *context);
    void *context;
    uint64_t deadline_ns; /* UINT64_MAX: none */
    int may_run; /* may run tasks meanwhile */
    /* a thread of the pool: sleeps when enough others are awake */
    int is_pool;
    int is_interruptible;
    struct rask_bell *bell; /* where it sleeps */
};

/* threads.c: works until done: runs tasks, turns the loop, sleeps. RASK_OK; RASK_ERR_TIMEOUT;
 * RASK_ERR_INTERRUPTED; RASK_END: the job has ended. */
rask_status rask_threads_work(struct rask_runtime *runtime, const struct rask_until *until);
rask_status rask_threads_start(struct rask_runtime *runtime, struct rask_error *error);
void rask_threads_stop(struct rask_runtime *runtime);
/* A task gives its slot up and gets it back. 1 if another thread can use it meanwhile; 0 if there
 * is none (no memory, no further thread): the task's own thread must run tasks while it waits. */
int rask_threads_block(struct rask_runtime *runtime, struct rask_task *task);
void rask_threads_unblock(struct rask_runtime *runtime, struct rask_task *task, int is_replaced);

/* The communicator that a program hands over. */
struct rask_attachment {
    void *mpi_comm; /* MPI_Comm * */
    int32_t n_ranks; /* of it; 1 gives the embedded form */
};

/* submit.c: rask_submit with the content key of a pure call (NULL: made of its inputs). */
rask_status rask_submit_as(struct rask *rask, const struct rask_call *call,
                           const struct rask_key128 *key, struct rask_future *future,
                           struct rask_error *error);
/* Checks function and options of a call as rask_submit does; *function is its index. */
rask_status rask_submit_check(struct rask *rask, const struct rask_call *call, uint32_t *function,
                              struct rask_error *error);

/* setup.c: the steps of starting, and freeing what they made. */
rask_status rask_runtime_configure(struct rask_runtime *runtime, const struct rask_options *options,
                                   struct rask_error *error);
rask_status rask_runtime_set_up(struct rask_runtime *runtime,
                                const struct rask_attachment *attachment, struct rask_error *error);
void rask_runtime_tear_down(struct rask_runtime *runtime);

/* signals.c: a thread that takes SIGINT, SIGTERM and SIGUSR1 for the process, if the setting
 * `signals` says so. */
/* Before the transport starts threads; stop undoes it. */
void rask_signals_block(struct rask_runtime *runtime);
rask_status rask_signals_start(struct rask_runtime *runtime, struct rask_error *error);
void rask_signals_stop(struct rask_runtime *runtime);

/* trace.c: writes the event trace to the file of the setting `trace`, if there is one. */
void rask_trace_save(struct rask_runtime *runtime);

/* stall.c: everything a person needs to see why nothing moves, to `stream`. Takes the loop. */
void rask_stall_report(struct rask_runtime *runtime, FILE *stream);

/* resources.c: the setting `resources`, "gpu=2,licence=1", as the worker tells it. `list` has room
 * for RASK_LIMIT_RESOURCES. Errors: RASK_ERR_ARGUMENT, which names setting and part. */
rask_status rask_resources_parse(const char *text, struct rask_wire_resource *list, uint32_t *n,
                                 struct rask_error *error);

/* start.c: from options to a running runtime; `attachment` NULL: the launcher decides. */
rask_status rask_runtime_start(const struct rask_options *options,
                               const struct rask_attachment *attachment, struct rask **rask,
                               struct rask_error *error);

#endif
