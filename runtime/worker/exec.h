/* SPDX-License-Identifier: BSD-3-Clause */
/* exec.h: runs tasks: the queue between the worker machine and the threads of a rank, and the
 * running itself.
 *
 * The machine's side (holder of the loop): push, take_back, take_finished. The threads' side: pop,
 * run. A slot is the right to run one task; a thread takes one with pop and gives it back when the
 * task has finished or waits for others (leave, enter). Who the threads are and when they sleep is
 * api/threads.c; this file has no threads.
 *
 * The queue is short (a window of tasks sent ahead) and guarded by a spin lock; finished tasks go
 * back over a lock-free stack that the holder of the loop empties at once. */
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

RASK_VEC_DEFINE(rask_exec_table, struct rask_task *);
RASK_VEC_DEFINE(rask_exec_free, uint32_t);

struct rask_exec {
    /* fixed after init */
    const struct rask_registry *registry;
    struct rask_store *store;
    void *runtime; /* owner, for rask_task_runtime */
    uint32_t n_slots;
    uint32_t inline_bytes;
    int32_t rank;
    /* the queue */
    _Alignas(64) struct rask_spin lock;
    struct rask_ready ready; /* entries name places in `table`; NULL there: taken back */
    struct rask_exec_table table;
    struct rask_exec_free free_places;
    _Atomic uint32_t n_queued;
    _Atomic uint32_t n_running; /* slots taken */
    /* threads that want their slot back; they go before new tasks */
    _Atomic uint32_t n_entering;
    /* threads that may run tasks and look for one without sleeping */
    _Atomic uint32_t n_spinning;
    /* threads that may run tasks and do not sleep, whatever they do */
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
 * more than this thread's share of the queue. NULL if there is no task or no slot. */
struct rask_task *rask_exec_pop(struct rask_exec *exec);
/* Runs what pop gave, hands the tasks to take_finished and gives the slot back. If one takes long
 * after all, the rest goes back into the queue. Returns the time at the end. */
uint64_t rask_exec_run(struct rask_exec *exec, struct rask_task *tasks, uint64_t start_ns);

/* A running task gives up its slot while it waits; and takes one again: 1, or 0 if none is free
 * now. */
void rask_exec_leave(struct rask_exec *exec);
void rask_exec_enter_begin(struct rask_exec *exec);
int rask_exec_enter_try(struct rask_exec *exec);

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
