/* SPDX-License-Identifier: BSD-3-Clause */
/* task.h: one assignment on its worker: what the task function sees behind struct rask_task.
 *
 * One block of memory holds the struct, the views of the inputs, and the inputs that came along,
 * values of the call and inline results, in their order and each 16-byte aligned:
 *
 *     +------------------+----------------+-----------------+
 *     | struct rask_task | views[n_input] | inputs, copied  |
 *     +------------------+----------------+-----------------+
 *
 * The worker machine makes it from a RUN message and frees it; between push and finish an executing
 * thread owns it. `is_cancelled` alone is written by the machine meanwhile. */
#ifndef RASK_WORKER_TASK_H
#define RASK_WORKER_TASK_H

#include <rask/task.h>
#include <stdatomic.h>

/* Results up to this size need no memory of their own. */
#define RASK_TASK_SMALL_BYTES 64u

struct rask_exec;
struct rask_exec_batch;

/* What a program holds as struct rask: the runtime, and the task whose function it was given to
 * (NULL for the one that rask_start gave): a wait through it lends that task's slot. */
struct rask {
    void *runtime;
    struct rask_task *task;
};

/* The states of an assignment, and what moves it; the table and its writer are in worker.c.
 * RETURNING: it will not start, since it was withdrawn or an input cannot be had, while inputs are
 * under way; it is answered when they have come, since until then the scheduler must keep them
 * where they are. READY: from the list of ready tasks to the end of its run. ENDED: answered. */
enum rask_job_state {
    RASK_JOB_WAITING,
    RASK_JOB_RETURNING,
    RASK_JOB_READY,
    RASK_JOB_ENDED,
    RASK_JOB_N_STATES
};

enum rask_job_event {
    RASK_JOB_ON_ARRIVE, /* its last input is here */
    RASK_JOB_ON_RETURN, /* withdrawn, or an input is not to be had */
    RASK_JOB_ON_END, /* it is being answered */
    RASK_JOB_N_EVENTS
};

/* A function that has noticed that nobody needs its result may return early: what it returns then
 * is no result, even if somebody comes to need it after all. */
enum rask_cancel_state { RASK_CANCEL_NONE, RASK_CANCEL_ASKED, RASK_CANCEL_NOTICED };

struct rask_task {
    uint64_t id;
    uint64_t priority_hi, priority_lo;
    uint32_t slot, epoch; /* names the assignment */
    uint32_t function; /* index in the registry */
    uint32_t n_inputs;
    struct rask_view *inputs; /* in this block */
    uint32_t block_bytes; /* of this block */
    uint32_t n_missing; /* inputs still being fetched */
    uint32_t first_use; /* fetched objects it reads: list of uses in the worker */
    uint32_t queue_index; /* exec: where the run queue keeps it */
    uint8_t job_state; /* enum rask_job_state; the loop's holder only */
    /* Waits for tasks of its own, as the scheduler was told; the loop's holder only. */
    uint8_t is_away;
    /* Tasks that wait for it on the stack of the thread that runs it. Set before it is queued (0)
     * and by that thread before it begins; read by that thread alone. */
    uint8_t n_below;
    _Atomic uint8_t is_cancelled; /* enum rask_cancel_state */
    struct rask_task *next; /* in whichever list it is */
    /* The executing thread fills in what follows. */
    struct rask_exec *exec;
    struct rask_exec_batch *batch; /* it runs as one of these; NULL: alone */
    struct rask handle; /* of rask_task_runtime */
    uint64_t duration_ns;
    uint64_t result_bytes;
    uint64_t result_offset; /* in the store; RASK_WIRE_NO_OFFSET: at `result` */
    /* inline: `small`, or memory of its own up to the inline limit */
    uint8_t *result;
    char *error_text; /* [own] NULL if none */
    uint32_t failed_function; /* at fault if it fails; another one than `function` if fused */
    rask_status status;
    _Alignas(16) uint8_t small[RASK_TASK_SMALL_BYTES];
};

/* The answer to a function that asks whether anybody needs its result: 1 if not, and it is noted
 * that it knows. */
static inline int rask_task_notice_cancel(struct rask_task *task)
{
    if (atomic_load_explicit(&task->is_cancelled, memory_order_relaxed) == RASK_CANCEL_NONE)
        return 0;
    atomic_store_explicit(&task->is_cancelled, RASK_CANCEL_NOTICED, memory_order_relaxed);
    return 1;
}

/* The function has returned `code`, or said before why it fails: the task has status and text then.
 * Without a reason of its own it fails with the code; with RASK_ERR_TASK for what is no error code,
 * and for those by which a wait says that it has not waited to the end. */
void rask_task_explain(struct rask_task *task, int code);

/* Gives up what has been made of a result, in the store or inline. */
void rask_task_drop_result(struct rask_task *task);

#endif
