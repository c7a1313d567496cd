/* SPDX-License-Identifier: BSD-3-Clause */
/* loop.h: the only meeting of machines and I/O.
 *
 * The loop is a role and not a thread: whoever would otherwise wait takes it (rask_loop_try) and
 * makes one turn:
 *
 *   1. poll the transport: batches go to the machine they are for, ended gets to the worker
 *   2. finished tasks go to the worker, which answers the scheduler
 *   3. the client's and the worker's records go to the scheduler: here, or to rank 0
 *   4. rank 0: the scheduler gives out what is ready; its records go to the machines here, or to
 * their ranks
 *   5. the worker's orders are carried out: gets are started, objects freed, ready tasks queued for
 * the threads
 *   6. whoever sleeps for a future that has finished is woken
 *
 * Everything inside a turn belongs to the holder, except: the client (client_lock), the run queue
 * and the stack of finished tasks (exec.h), bells. A turn never blocks. */
#ifndef RASK_COMM_LOOP_H
#define RASK_COMM_LOOP_H

#include "base/log.h"
#include "base/slab.h"
#include "base/spin.h"
#include "client/client.h"
#include "comm/comm.h"
#include "sched/sched.h"
#include "store/store.h"
#include "worker/exec.h"
#include "worker/worker.h"

struct rask_loop_counters {
    uint64_t turns;
    uint64_t scheduler_ns;
};

struct rask_loop {
    struct rask_comm *comm;
    struct rask_store *store;
    struct rask_exec exec;
    struct rask_worker worker;
    struct rask_sched *sched; /* rank 0 only */
    struct rask_log *log;
    _Alignas(64) struct rask_spin client_lock;
    struct rask_client client;
    _Alignas(64) _Atomic uint32_t is_held;
    _Atomic uint64_t last_turn_ns;
    _Atomic uint32_t n_transfers; /* sends and gets that move only while somebody polls */
    _Atomic uint64_t next_call_ns; /* when the scheduler wants a turn at the latest */
    /* the thread that turned it last, by an address of its own */
    _Atomic uintptr_t owner;
    /* STOP has come, or the job has failed: threads leave */
    _Atomic uint32_t has_ended;
    _Atomic uint32_t is_interrupted;
    struct rask_bell waiters; /* where tasks sleep that wait for tasks of their own */
    struct rask_bell surplus; /* where threads sleep that no message needs to wake */
    struct rask_slab gets; /* gets under way */
    struct rask_buf client_batch, worker_batch; /* scratch of a turn */
    struct rask_loop_counters counters;
    rask_status status; /* what ended the job */
    struct rask_error error;
    uint64_t now_ns; /* of this turn */
    int is_measuring; /* scheduler_ns is taken: one more clock read a turn */
};

/* Tries to take the loop for one turn. Number of events handled, or -1 if somebody else has it.
 * `n_own`: how many of the tasks that become ready the caller will run itself, and needs nobody
 * woken for. */
int rask_loop_try(struct rask_loop *loop, uint32_t n_own);

/* Takes the loop, waiting for its holder; and gives it back. For changes to the machines from
 * outside a turn. */
void rask_loop_take(struct rask_loop *loop);
void rask_loop_give(struct rask_loop *loop);

/* Ends the job with an error: pending futures fail, threads leave. The first one counts. Holder
 * only. */
void rask_loop_break(struct rask_loop *loop, const struct rask_error *error);

/* Wakes up to `n` threads to run tasks, those first that messages wake too. Thread: any. */
void rask_loop_wake(struct rask_loop *loop, int32_t n);

/* Wakes every thread. Thread: any. */
void rask_loop_wake_all(struct rask_loop *loop);

/* The loop's own tables; the machines are the owner's to set up. RASK_ERR_MEMORY. */
rask_status rask_loop_init(struct rask_loop *loop, struct rask_error *error);
void rask_loop_release(struct rask_loop *loop);

#endif
