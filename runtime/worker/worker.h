/* SPDX-License-Identifier: BSD-3-Clause */
/* worker.h: the worker of a rank, a pure state machine: what it was given, what it still fetches,
 * what it holds.
 *
 * In: wire records from the scheduler, ended fetches, finished tasks. Out: wire records to the
 * scheduler (out), fetches to start (fetches), objects to free (frees), tasks to run (ready list).
 * It runs nothing and moves nothing itself: threads are exec.h's, bytes comm's; the simulator puts
 * other things in their place.
 *
 *   assignment:  RUN -> waiting (inputs under way) -> ready -> running -> finished: DONE, ERRED
 *                         |                            |         |
 *                         +---- WITHDRAW: RETURNED ----+         +- WITHDRAW: marked as cancelled
 *   (a waiting one is RETURNED when its fetches have ended)
 *   fetched object:  under way -> here -> freed when the scheduler says so and no task reads it
 *
 * A move that the table in worker.c does not have is RASK_ERR_INTERNAL from whichever call should
 * have made it, and an assertion in debug builds. Each assignment is answered exactly once. An
 * object is fetched once, however many tasks need it. Thread: the holder of the loop. */
#ifndef RASK_WORKER_WORKER_H
#define RASK_WORKER_WORKER_H

#include "base/buf.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/slab.h"
#include "base/vec.h"
#include "wire/wire.h"
#include "worker/task.h"

/* A get to start: allocate `part_bytes`, read them from `part_offset` of the object of `bytes`
 * bytes that lies at `offset` of `holder`, answer rask_worker_fetched. */
struct rask_worker_fetch {
    uint64_t object, offset, bytes;
    uint64_t part_offset, part_bytes;
    uint32_t request;
    int32_t holder;
};
RASK_VEC_DEFINE(rask_worker_fetches, struct rask_worker_fetch);

/* An object that this rank's client asked for is here, or cannot be had. */
struct rask_worker_arrival {
    uint64_t object, offset;
    int32_t holder;
    rask_status status;
};
RASK_VEC_DEFINE(rask_worker_arrivals, struct rask_worker_arrival);
RASK_VEC_DEFINE(rask_worker_offsets, uint64_t);
RASK_VEC_DEFINE(rask_worker_slots, struct rask_task *);

struct rask_worker_config {
    int32_t rank;
    int32_t node;
    uint32_t n_slots;
    const struct rask_wire_resource *resources; /* [borrow] during init */
    uint32_t n_resources;
    /* address of the payload of an object at offset 0; never read by the machine */
    uint8_t *payloads;
    void *context;
    /* Where an object of another rank can be read as it lies there; NULL: it is to be fetched. NULL
     * itself: no object can. */
    const void *(*in_place)(void *context, const struct rask_wire_input *object);
    /* Takes a ready task out of the run queue again: 1, or 0 if a thread has it already. */
    int (*take_back)(void *context, struct rask_task *task);
};

struct rask_worker {
    struct rask_worker_config config;
    struct rask_buf out; /* records for the scheduler */
    struct rask_worker_fetches fetches; /* to be started */
    struct rask_worker_arrivals arrivals; /* for this rank's client */
    struct rask_worker_offsets frees; /* objects to be freed */
    /* tasks to be queued for the threads, in order of arrival */
    struct rask_task *ready_first, *ready_last;
    uint32_t n_ready;
    struct rask_worker_slots slots; /* assignment by its slot number */
    struct rask_slab fetched; /* objects fetched or under way */
    struct rask_slab uses; /* which task reads which fetched object */
    struct rask_map64 by_object; /* object id -> fetched */
    struct rask_pool pool; /* blocks of tasks */
    uint32_t n_assigned;
    int has_stopped; /* STOP has come */
    int32_t exit_code;
};

/* Starts empty and puts HELLO into `out`. RASK_ERR_MEMORY. */
rask_status rask_worker_init(struct rask_worker *worker, const struct rask_worker_config *config,
                             struct rask_error *error);
void rask_worker_release(struct rask_worker *worker);

/* One record from the scheduler. RASK_ERR_PROTOCOL, RASK_ERR_MEMORY. */
rask_status rask_worker_receive(struct rask_worker *worker, const uint8_t *record,
                                struct rask_error *error);

/* A fetch has ended: the object is at `offset` here, or `status` tells why not. */
rask_status rask_worker_fetched(struct rask_worker *worker, uint32_t request, uint64_t offset,
                                rask_status status);

/* This rank's client wants to read an object of another rank: its arrival is put into `arrivals`.
 * RASK_ERR_MEMORY. */
rask_status rask_worker_want(struct rask_worker *worker, const struct rask_wire_input *object);

/* A task has run; its outcome is in it. The task is the machine's again. */
rask_status rask_worker_finished(struct rask_worker *worker, struct rask_task *task);

/* The job ends: functions that ask whether anybody needs their results are told that nobody does.
 */
void rask_worker_cancel_all(struct rask_worker *worker);

/* A running task leaves its slot to wait for others (1), or is back (0). */
rask_status rask_worker_seceded(struct rask_worker *worker, struct rask_task *task, int is_away);

/* Takes the list of tasks that have become ready since the last call. */
struct rask_task *rask_worker_take_ready(struct rask_worker *worker, uint32_t *n);

/* Appends what it waits for, for stall reports. */
rask_status rask_worker_describe(const struct rask_worker *worker, struct rask_buf *text);

/* Every invariant, by name. */
rask_status rask_worker_check(const struct rask_worker *worker, struct rask_error *error);

#endif
