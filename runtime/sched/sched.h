/* SPDX-License-Identifier: BSD-3-Clause */
/* sched.h: the scheduler, a pure state machine.
 *
 * In: wire records from clients and workers, the loss of a rank, the time. Out: wire records per
 * rank, in buffers that the caller takes and empties. It knows no clock, thread, file, MPI or
 * environment; the same calls give the same bytes. Not in here: what tasks do (worker/), how bytes
 * move (comm/), what a future is (client/).
 *
 * Order of use, by the holder of the loop only:
 *   rask_sched_receive for every record that has arrived; then rask_sched_place once, which gives
 * out what is ready; then take the outputs of all ranks that rask_sched_next_output names.
 *
 * Entry points for reading: docs/design/sched.md. */
#ifndef RASK_SCHED_SCHED_H
#define RASK_SCHED_SCHED_H

#include "base/buf.h"
#include "base/trace.h"

#include <rask/status.h>
#include <stddef.h>
#include <stdint.h>

struct rask_sched;

/* Settings; rask_sched_config_default fills in the defaults. */
struct rask_sched_config {
    uint32_t n_ranks;
    uint32_t n_functions;
    /* tasks at a worker per slot while their duration is long or unknown; 0 = no bound */
    double saturation;
    /* work a worker is given ahead of need, per slot, once durations are known */
    uint64_t ahead_ns;
    uint32_t max_ahead; /* ... and tasks per slot at most; 0: saturation alone counts */
    uint32_t allowed_failures; /* deaths of workers that a task may be blamed for */
    uint64_t generation_gap_ns; /* a pause in submitting that begins a new generation */
    uint64_t no_worker_timeout_ns; /* a task that nobody may run fails after this; 0 = waits */
    /* no further worker will come: a task nobody may run fails at once */
    int is_closed;
    int is_stealing;
    int is_checking; /* run every invariant after every step */
    uint64_t trace_events; /* room in the event ring; 0 = no trace */
};
void rask_sched_config_default(struct rask_sched_config *config);

/* Errors: RASK_ERR_MEMORY, RASK_ERR_ARGUMENT (no ranks). Owns: *sched [give] freed by
 * rask_sched_free. */
rask_status rask_sched_new(const struct rask_sched_config *config, struct rask_sched **sched,
                           struct rask_error *error);
void rask_sched_free(struct rask_sched *sched);

/* One well-formed batch from the client or worker of `source`. Errors end the job:
 * RASK_ERR_PROTOCOL (names the record), RASK_ERR_MEMORY. Records about assignments that are over
 * are ignored. */
struct rask_sched_batch {
    uint64_t now_ns;
    const uint8_t *bytes; /* [borrow] during the call; 8-byte aligned */
    size_t size;
    int32_t source; /* rank */
};
rask_status rask_sched_receive(struct rask_sched *sched, const struct rask_sched_batch *batch,
                               struct rask_error *error);

/* A rank is gone: its running tasks are repeated elsewhere, its objects recomputed, its futures
 * forgotten. */
rask_status rask_sched_lost(struct rask_sched *sched, uint64_t now_ns, int32_t rank,
                            struct rask_error *error);

/* Gives out what is ready, steals, and lets timeouts act. */
rask_status rask_sched_place(struct rask_sched *sched, uint64_t now_ns, struct rask_error *error);

/* When it wants rask_sched_place called at the latest; UINT64_MAX = only after the next event. */
uint64_t rask_sched_next_call(const struct rask_sched *sched);

/* The lowest rank >= `from` with output, or -1; and its buffer, which the caller reads and clears.
 */
int32_t rask_sched_next_output(const struct rask_sched *sched, int32_t from);
struct rask_buf *rask_sched_output(struct rask_sched *sched, int32_t rank);
void rask_sched_output_taken(struct rask_sched *sched, int32_t rank);

/* Unfinished tasks: neither done, failed nor forgotten. */
uint64_t rask_sched_unfinished(const struct rask_sched *sched);

struct rask_sched_counters {
    uint64_t submitted, done, failed, retried, recomputed, assigned, stolen, withdrawn, forgotten;
    /* records now, and the scheduler's own memory for them */
    uint64_t live_tasks, live_bytes;
    uint64_t peak_tasks;
    uint64_t inline_bytes; /* result bytes that passed through completions */
    /* object bytes that workers were sent to rank 0's copies for */
    uint64_t relayed_bytes;
};
void rask_sched_counters(const struct rask_sched *sched, struct rask_sched_counters *counters);

/* What is known of a task by its id. */
struct rask_sched_about {
    uint64_t id; /* that its events carry: that of the first call, if pure calls share the task */
    uint32_t function; /* index; UINT32_MAX: scattered data, or unknown */
    const char *state; /* its name ("processing"), or "unknown" */
};
/* 1; or 0 if there is no record of it: it has not come yet, or is forgotten. */
int rask_sched_about(const struct rask_sched *sched, uint64_t task, struct rask_sched_about *about);

/* Appends the trace of one task, oldest first, as text: story(key). Nothing without a trace. */
rask_status rask_sched_story(const struct rask_sched *sched, uint64_t task, struct rask_buf *text);

/* Appends all events that are still in the ring, one line each. */
rask_status rask_sched_trace(const struct rask_sched *sched, struct rask_buf *text);

/* Appends a page about all workers and the tasks that do not move, these with their stories, for
 * stall reports. */
rask_status rask_sched_describe(const struct rask_sched *sched, struct rask_buf *text);

/* Checks every invariant by name. RASK_ERR_INTERNAL names the first that is broken, and the task or
 * worker. */
rask_status rask_sched_check(const struct rask_sched *sched, struct rask_error *error);

/* What a worker has: for tests and reports. */
struct rask_sched_worker {
    uint32_t n_slots, n_assigned, n_seceded, n_homed, n_objects;
    uint64_t object_bytes;
    int is_alive, is_paused;
};
void rask_sched_worker(const struct rask_sched *sched, int32_t rank,
                       struct rask_sched_worker *worker);

#endif
