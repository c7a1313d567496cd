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

/* A thread of the program inside a call that may wait; on its stack. */
struct rask_guest {
    struct rask_guest *next;
    pthread_t thread;
    /* tasks on it that wait without a replacement, so that it runs all tasks meanwhile; spawn_lock
     */
    uint32_t n_unreplaced;
};

/* A slot that a waiting task has lent. */
struct rask_lent {
    int is_replaced; /* another thread can use it */
    int was_awake; /* its thread counted among those that are awake to run any task */
};

struct rask_runtime {
    struct rask handle; /* what the program holds */
    struct rask_loop loop;
    struct rask_config config;
    struct rask_log log;
    FILE *log_file; /* [own] NULL: standard error */
    FILE *trace_file; /* [own] rank 0, when the event trace is wanted */
    struct rask_registry *registry;
    struct rask_store *store;
    struct rask_topo *topo;
    struct rask_bind_plan plan;
    struct rask_libraries libraries;
    struct rask_buf last_batch; /* for this rank's last message, also when memory has run out */
    struct rask_runtime *next_running; /* exit.c */
    _Atomic int is_stopped_at_exit; /* nobody has stopped it yet */
    /* this process is a child of fork: the runtime is its parent's */
    int is_forked;
    struct rask_config_entry *settings; /* [own] [RASK_CONFIG_COUNT]: constant after the start */
    struct rask_boot_result boot;
    char launch_text[256]; /* how the process was started */
    /* The same on all ranks, and constant after the start. */
    uint32_t *slots; /* [own] [n_ranks]: of each rank; 0: it is no worker */
    int32_t n_workers; /* ranks with slots */
    uint32_t n_slots_all; /* of all workers */
    uint64_t spin_ns;
    int is_embedded;
    int is_cut_off; /* other ranks cannot be reached in order; MPI may still use the arena */
    int is_quiet; /* errors of the start are not printed */
    pthread_t signal_thread;
    int has_signal_thread, has_blocked_signals;
    _Atomic int is_leaving_signals;
    _Atomic int signal_seen; /* that interrupted; 0: none */
    /* those that the thread takes, and the mask of the program's thread before they were blocked */
    sigset_t signals, old_signals;
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
    struct rask_guest *guests; /* threads of the program inside calls that may wait; spawn_lock */
    _Atomic uint32_t has_leader; /* a guest sleeps at the bell of the process */
    _Atomic uint32_t is_helper_idle; /* the helper sleeps longer than a task may have to wait */
    _Atomic uint32_t next_place; /* of the plan, for the next thread */
    _Atomic uint32_t n_graphs; /* made so far */
    _Atomic uint64_t last_story; /* the task whose failure the log has told last */
};

static inline struct rask_runtime *rask_runtime_of(const struct rask *rask)
{
    return (struct rask_runtime *)rask->runtime;
}

/* Which tasks a thread may run meanwhile. BRIEF: of functions known to be brief (exec.h), so that
 * the thread is back soon; for the others it calls somebody else. */
enum rask_may_run { RASK_RUN_NONE, RASK_RUN_BRIEF, RASK_RUN_ALL };

/* What a thread works or sleeps for. */
struct rask_until {
    int (*is_done)(void *context); /* cheap; asked often */
    /* Asks to be woken: marks futures and fills in what the waiter sleeps for; 1 if it is done
     * after all. The client's lock is held. NULL: there is nothing to ask. */
    int (*enlist)(void *context, struct rask_waiter *waiter);
    void *context;
    uint64_t deadline_ns; /* UINT64_MAX: none */
    enum rask_may_run may_run;
    /* a thread of the pool: sleeps when enough others are awake */
    int is_pool;
    int is_guest; /* the program's own thread */
    int is_interruptible;
    /* where it sleeps; NULL: at a bell of its own, but for one guest, who answers messages */
    struct rask_bell *bell;
};

/* threads.c: works until done: runs tasks, turns the loop, sleeps. RASK_OK; RASK_ERR_TIMEOUT;
 * RASK_ERR_INTERRUPTED; RASK_END: the job has ended. */
rask_status rask_threads_work(struct rask_runtime *runtime, const struct rask_until *until);
rask_status rask_threads_start(struct rask_runtime *runtime, struct rask_error *error);
/* Ends all threads, and the waits that other threads of the program are in. */
void rask_threads_stop(struct rask_runtime *runtime);
/* A thread of the program begins a call that may wait, and is through with it; only then does
 * rask_threads_stop return. */
void rask_threads_enter(struct rask_runtime *runtime, struct rask_guest *guest);
void rask_threads_leave(struct rask_runtime *runtime, struct rask_guest *guest);
/* Whether the caller is a thread of the runtime or inside a wait: it cannot stop it. */
int rask_threads_is_one(struct rask_runtime *runtime);
/* Binds the calling thread; a failure is logged. `place` NULL: nothing to do. */
void rask_threads_bind(struct rask_runtime *runtime, const struct rask_place *place);
/* Something was submitted: the helper sleeps no longer than it should. */
static inline void rask_threads_note(struct rask_runtime *runtime)
{
    if (atomic_load_explicit(&runtime->is_helper_idle, memory_order_relaxed) != 0)
        rask_bell_ring(&runtime->helper_bell, 1);
}
/* Tells the scheduler that a task needs no slot for now, or needs it again. */
void rask_threads_secede(struct rask_runtime *runtime, struct rask_task *task, int is_away);
/* The condition of one who waits for the end of the job. */
int rask_threads_never(void *context);
/* A task gives its slot up and gets it back. If no other thread can use it meanwhile (no memory, no
 * further thread) the task's own thread must run tasks while it waits. */
struct rask_lent rask_threads_block(struct rask_runtime *runtime, struct rask_task *task);
void rask_threads_unblock(struct rask_runtime *runtime, struct rask_task *task,
                          const struct rask_lent *lent);

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
rask_status rask_runtime_set_up(struct rask_runtime *runtime, const struct rask_options *options,
                                const struct rask_attachment *attachment, struct rask_error *error);
void rask_runtime_tear_down(struct rask_runtime *runtime);

/* setup.c: whether all messages have reached the log file. RASK_ERR_IO, which standard error has
 * been told, if not. */
rask_status rask_runtime_check_log(const struct rask_runtime *runtime);

/* signals.c: a thread that takes SIGINT, SIGTERM and SIGUSR1 for the process, if the setting
 * `signals` says so. */
/* Before the transport starts threads; stop undoes it. */
void rask_signals_block(struct rask_runtime *runtime);
rask_status rask_signals_start(struct rask_runtime *runtime, struct rask_error *error);
void rask_signals_stop(struct rask_runtime *runtime);

/* story.c: when the log tells what happened (level info) and there is a trace: the story of a task
 * that has failed, once if nothing else has failed since. Function: the index of its function.
 * Takes the loop. */
void rask_story_log(struct rask_runtime *runtime, uint64_t task, uint32_t function);

/* story.c: writes the event trace to the file of the setting `trace`, if there is one. RASK_ERR_IO,
 * which has been logged: it cannot be written. */
rask_status rask_trace_save(struct rask_runtime *runtime);

/* stall.c: everything a person needs to see why nothing moves, to `stream`. Takes the loop. */
void rask_stall_report(struct rask_runtime *runtime, FILE *stream);

/* resources.c: the setting `resources`, "gpu=2,licence=1", as the worker tells it. `list` has room
 * for RASK_LIMIT_RESOURCES. Errors: RASK_ERR_ARGUMENT, which names the part. */
rask_status rask_resources_parse(const char *text, struct rask_wire_resource *list, uint32_t *n,
                                 struct rask_error *error);

/* start.c: from options to a running runtime; `attachment` NULL: the launcher decides. */
rask_status rask_runtime_start(const struct rask_options *options,
                               const struct rask_attachment *attachment, struct rask **rask,
                               struct rask_error *error);
/* Tells the other ranks, lets the threads end their tasks, and frees everything. */
rask_status rask_runtime_stop(struct rask_runtime *runtime);

/* exit.c: the runtime is one of this process from now on; with is_stopped_at_exit set it is stopped
 * at exit. Errors: RASK_ERR_STATE (a second one under MPI), RASK_ERR_MEMORY. */
rask_status rask_exit_add(struct rask_runtime *runtime, struct rask_error *error);
/* One that was not added is fine. */
void rask_exit_remove(struct rask_runtime *runtime);
/* From now on MPI_Finalize, too, ends what would be ended at exit. RASK_ERR_MPI, RASK_ERR_MEMORY.
 */
rask_status rask_exit_at_finalize(struct rask_error *error);

/* exit.c: the error of a call in a child of fork. */
rask_status rask_fork_refuse(struct rask_error *error);

/* Before anything that takes a lock, submits or waits: a child of fork has no threads that would
 * ever answer. */
static inline rask_status rask_fork_check(const struct rask *rask, struct rask_error *error)
{
    return rask_runtime_of(rask)->is_forked ? rask_fork_refuse(error) : RASK_OK;
}

#endif
