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
 *      their ranks
 *   5. the worker's orders are carried out: gets are started, objects freed, ready tasks queued
 *      for the threads
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
    uint64_t reads_in_place, bytes_in_place; /* objects of other ranks read where they lie */
};

/* A thread that sleeps until something of this rank's client is over. Given out again and again,
 * and freed with the loop only, so that its bell may be rung after it has left the list. */
struct rask_waiter {
    struct rask_waiter *next, *previous; /* in the loop's list while it sleeps; next when free */
    int (*is_over)(const struct rask_waiter *waiter); /* the client's lock is held */
    const void *what; /* what is_over looks at */
    size_t n; /* and which of it */
    struct rask_bell *bell; /* where it sleeps: `own`, or the bell of the process */
    int is_guest; /* could take the turn of the one who sleeps at the bell of the process */
    int is_rung;
    struct rask_bell own;
};

/* How long room in the store is hoped for: as long as objects come and go. */
struct rask_loop_hope {
    uint64_t used_bytes, n_objects; /* of the store, when it was last seen to change */
    uint64_t since_ns, end_ns; /* when that was; the end of all hope */
};

/* A fetch that waits for room. */
struct rask_loop_starved {
    struct rask_worker_fetch fetch;
    struct rask_loop_hope hope;
};
RASK_VEC_DEFINE(rask_loop_starved_list, struct rask_loop_starved);

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
    _Atomic uint32_t is_asked; /* somebody sleeps who found it held: the holder turns it again */
    _Atomic uint64_t last_turn_ns; /* when the last turn began */
    /* sends, gets and fetches without room that move only while somebody polls */
    _Atomic uint32_t n_transfers;
    _Atomic uint64_t next_call_ns; /* when the scheduler wants a turn at the latest */
    /* the thread that turned it last, by an address of its own */
    _Atomic uintptr_t owner;
    /* STOP has come, or the job has failed: threads leave */
    _Atomic uint32_t has_ended;
    _Atomic uint32_t is_interrupted;
    /* who sleeps for futures, and records for those who will; the client's lock guards both */
    struct rask_waiter *waiters, *free_waiters;
    _Atomic uint32_t n_waking; /* of those, rung at bells of their own and not awake yet */
    struct rask_bell surplus; /* where threads sleep that no message needs to wake */
    /* The holder's alone, down to is_starting. */
    struct rask_slab gets; /* gets under way */
    struct rask_loop_starved_list starved; /* fetches that wait for room */
    struct rask_buf client_batch, worker_batch; /* scratch of a turn */
    struct rask_loop_counters counters;
    uint64_t now_ns; /* of this turn */
    int is_starting; /* what ends the job is told by the start, which is not over */
    /* What ended the job: set by the holder, once, before has_ended is, and read after that by
     * anybody. */
    rask_status status;
    struct rask_error error;
};

/* Tries to take the loop for one turn. Number of events handled, or -1 if somebody else has it.
 * `n_own`: how many of the tasks that become ready the caller will run itself, and needs nobody
 * woken for. */
int rask_loop_try(struct rask_loop *loop, uint32_t n_own);

/* The same for one who is going to sleep, and may have been woken for what has arrived: if somebody
 * else has the loop, who may have looked at the transport already, he makes another turn. */
int rask_loop_ask(struct rask_loop *loop, uint32_t n_own);

/* A new object in the store, as rask_store_take. Where there is no room this turns the loop and
 * tries again: what was released comes back only when the scheduler has answered. RASK_STORE_NONE
 * when the store has not changed for 0.2 s, when it has for 10 s in vain, or when the job has
 * ended. Thread: any that does not hold the loop or the client's lock. */
uint64_t rask_loop_take_room(struct rask_loop *loop, uint64_t id, uint64_t bytes);

/* Takes the loop, waiting for its holder; and gives it back. For changes to the machines from
 * outside a turn. */
void rask_loop_take(struct rask_loop *loop);
void rask_loop_give(struct rask_loop *loop);

/* Where this process reads an object of another rank of its node as it lies there; NULL: it does
 * not, or the object is not there. Valid as long as the scheduler has not been told that the reader
 * is through. Holder only. */
const void *rask_loop_in_place(struct rask_loop *loop, const struct rask_wire_input *object);

/* Ends the job with an error, which is logged unless the job is starting: pending futures fail,
 * threads leave. The first one counts. Holder only. */
void rask_loop_break(struct rask_loop *loop, const struct rask_error *error);

/* Wakes up to `n` threads to run tasks, those first that messages wake too; returns how many.
 * Thread: any. */
int rask_loop_wake(struct rask_loop *loop, int32_t n);

/* A record for a thread that is about to sleep, not in the list yet; NULL without memory. The
 * client's lock is held. */
struct rask_waiter *rask_loop_waiter(struct rask_loop *loop);
/* Into the list; and out of it and free again. The client's lock is held. */
void rask_loop_enlist(struct rask_loop *loop, struct rask_waiter *waiter);
void rask_loop_delist(struct rask_loop *loop, struct rask_waiter *waiter);

/* Wakes every thread. Thread: any, without the client's lock. */
void rask_loop_wake_all(struct rask_loop *loop);

/* The loop's own tables; the machines are the owner's to set up. RASK_ERR_MEMORY. */
rask_status rask_loop_init(struct rask_loop *loop, struct rask_error *error);
void rask_loop_release(struct rask_loop *loop);
/* Before that: the places of gets under way stay, since MPI may still write into them. */
void rask_loop_leave_gets(struct rask_loop *loop);

#endif
