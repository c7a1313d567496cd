/* SPDX-License-Identifier: BSD-3-Clause */
/* exec.h: runs tasks: the queue between the worker machine and the threads of a rank, and the
 * running itself.
 *
 * The machine's side (holder of the loop): push, take_back, take_finished. The threads' side: pop,
 * run, leave, enter. A slot is the right to run one task; a thread takes one with pop and gives it
 * back when the task has finished or waits for others. Who the threads are and when they sleep is
 * api/threads.c; this file has no threads.
 *
 * The queue is short (a window of tasks sent ahead) and guarded by a spin lock; finished tasks go
 * back over a lock-free stack that the holder of the loop empties at once. Tasks of functions known
 * to be short are taken and handed back in batches. A batch is no hiding place: when one of its
 * tasks waits or takes long, what is left and what is finished of it leave it at once. */
#ifndef RASK_WORKER_EXEC_H
#define RASK_WORKER_EXEC_H

#include "base/spin.h"
#include "base/vec.h"
#include "sched/ready.h"
#include "store/store.h"
#include "worker/registry.h"
#include "worker/task.h"

/* Short tasks that a thread takes at once, and how long a short one takes. */
#define RASK_EXEC_BATCH 16u
#define RASK_EXEC_SHORT_NS 1000u
/* A thread that waits for something else may still run brief tasks: such as take no longer. */
#define RASK_EXEC_BRIEF_NS 50000u

RASK_VEC_DEFINE(rask_exec_table, struct rask_task *);
RASK_VEC_DEFINE(rask_exec_free, uint32_t);

/* What a thread has popped at once; others may empty it. */
struct rask_exec_batch {
    _Alignas(64) struct rask_spin lock;
    struct rask_task *rest; /* not begun; linked by next */
    struct rask_task *newest,
        *oldest; /* finished and not handed on; linked by next, newest first */
    uint32_t n_finished;
    _Atomic uint64_t begin_ns; /* when the task that runs now began; 0: the batch is not in use */
    struct rask_exec_batch *next_free;
};

struct rask_exec {
    /* fixed after init */
    const struct rask_registry *registry;
    struct rask_store *store;
    void *runtime; /* owner, for rask_task_runtime */
    /* takes room in the store that is full now, or waits for it in vain: RASK_STORE_NONE. NULL:
     * nobody makes any */
    uint64_t (*wait_for_room)(void *room_context, uint64_t id, uint64_t bytes);
    void *room_context;
    uint32_t n_slots;
    uint32_t inline_bytes;
    int32_t rank;
    struct rask_exec_batch *batches; /* [own] [n_slots] */
    /* the queue */
    _Alignas(64) struct rask_spin lock;
    struct rask_ready ready; /* entries name places in `table`; NULL there: taken back */
    struct rask_exec_table table;
    struct rask_exec_free free_places;
    struct rask_exec_batch *free_batches;
    _Atomic uint32_t n_queued;
    _Atomic uint32_t n_running; /* slots taken */
    /* threads that want their slot back; they go before new tasks */
    _Atomic uint32_t n_entering;
    /* threads that may run tasks and look for one without sleeping */
    _Atomic uint32_t n_spinning;
    /* threads that may run any task and do not sleep, whatever they do */
    _Atomic uint32_t n_awake;
    _Atomic uint32_t *average_ns; /* [own] by function: how long it takes; 0 = unknown */
    /* the way back */
    _Alignas(64) _Atomic(struct rask_task *) finished;
    _Atomic uint64_t n_run; /* tasks run */
};

rask_status rask_exec_init(struct rask_exec *exec, struct rask_error *error);
void rask_exec_release(struct rask_exec *exec);

/* Queues a list of tasks (linked by next). -1 without memory: those that did not fit are still in
 * *list. */
int rask_exec_push(struct rask_exec *exec, struct rask_task **list);
/* 1 if the task was still queued and is now out of the queue. */
int rask_exec_take_back(struct rask_exec *exec, struct rask_task *task);
/* All tasks that have finished since the last call, oldest first. */
struct rask_task *rask_exec_take_finished(struct rask_exec *exec);

/* The most urgent queued tasks, linked by next, together with one slot to run them in, one after
 * the other: one task, or up to RASK_EXEC_BATCH of functions that are known to be short, but no
 * more than this thread's share of the queue. NULL if there is no task or no slot, or if
 * `only_brief` and the function of the most urgent one is not known to be brief. *batch is the
 * thread's own, NULL at first; as long as it is NULL, or with batch NULL, there is one task at a
 * time. */
struct rask_task *rask_exec_pop(struct rask_exec *exec, struct rask_exec_batch **batch,
                                int only_brief);
/* Whether the most urgent task is of a function that is known to be brief; 1 if there is none. */
int rask_exec_is_front_brief(struct rask_exec *exec);
/* Runs what pop gave, hands the tasks to take_finished and gives the slot back. If one takes long
 * after all, the rest goes back into the queue. Returns the time at the end. */
uint64_t rask_exec_run(struct rask_exec *exec, struct rask_task *tasks,
                       struct rask_exec_batch *batch, uint64_t start_ns);
/* The thread pops no more for now: its batch is for others. NULL is allowed. */
void rask_exec_drop_batch(struct rask_exec *exec, struct rask_exec_batch *batch);
/* Takes what is left and what is finished out of batches whose running task takes long. Returns how
 * many tasks went back into the queue. Any thread, now and then. */
uint32_t rask_exec_unstick(struct rask_exec *exec, uint64_t now_ns);

/* A queued task for which is_wanted says 1, to be run inside a task that waits for it and keeps its
 * slot; NULL if there is none among the first few. is_wanted is called with the queue locked. */
struct rask_task *rask_exec_pop_wanted(struct rask_exec *exec,
                                       int (*is_wanted)(void *context, uint64_t id), void *context);
void rask_exec_run_inside(struct rask_exec *exec, struct rask_task *task);

/* A running task that is going to wait lets go of what came with it in a batch; gives up its slot;
 * and takes one again: 1, or 0 if none is free now. A job that has ended is not waited for: _enter
 * takes one more than there are. */
void rask_exec_empty_batch(struct rask_exec *exec, struct rask_task *task);
void rask_exec_leave(struct rask_exec *exec);
void rask_exec_enter_begin(struct rask_exec *exec);
int rask_exec_enter_try(struct rask_exec *exec);
void rask_exec_enter(struct rask_exec *exec);

static inline int rask_exec_has_work(const struct rask_exec *exec)
{
    return atomic_load_explicit(&exec->n_queued, memory_order_acquire) != 0 &&
           atomic_load_explicit(&exec->n_running, memory_order_relaxed) +
                   atomic_load_explicit(&exec->n_entering, memory_order_relaxed) <
               exec->n_slots;
}

static inline int rask_exec_has_finished(const struct rask_exec *exec)
{
    return atomic_load_explicit(&exec->finished, memory_order_acquire) != NULL;
}

#endif
