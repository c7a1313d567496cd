/* SPDX-License-Identifier: BSD-3-Clause */
/* task.h: what a task function sees.
 *
 * A task function is `int f(struct rask_task *task)`. It reads its inputs in place, leaves a
 * result, and returns 0, or returns what rask_task_fail gave it. It runs on any worker thread of
 * any rank; it must not change its inputs, which other tasks may be reading, and must not keep
 * pointers to inputs or result after it returns. It may submit tasks and wait for them
 * (rask_task_runtime): while it waits, its slot runs other tasks.
 *
 * It ends by returning. Undefined: one that ends its thread (pthread_exit, a cancellation) or
 * leaves by longjmp or a C++ exception; a wait for it may never end.
 *
 * Thread: all calls below are made by the task's own thread while the function runs; anything else
 * is undefined. */
#ifndef RASK_TASK_H
#define RASK_TASK_H

#include <rask/function.h>
#include <rask/status.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rask;

/* A run of bytes that belongs to somebody else. Where the runtime made it, it can be read in place
 * as any type that fits: it is 16-byte aligned, as an input of a task always, and as a result that
 * rask_result gives when it has more than 8 bytes (else 8-byte aligned). data is never NULL for an
 * object, not even one of 0 bytes. */
struct rask_view {
    const void *data;
    uint64_t bytes;
};

/* How many inputs the call has: values and results, in the order of the call. */
RASK_API size_t rask_task_input_count(const struct rask_task *task);

/* Input `index`, in place. Owns: [borrow] until the function returns. Undefined: index >= input
 * count (asserted). */
RASK_API struct rask_view rask_task_input(const struct rask_task *task, size_t index);

/* Input `index` when it is exactly `bytes` long, else NULL, and the task fails with a text that
 * names both sizes whatever the function returns. */
RASK_API const void *rask_task_input_exact(struct rask_task *task, size_t index, uint64_t bytes);

/* Input `index` as a pointer to one `type`: const double *x = RASK_INPUT(task, 0, double); NULL as
 * above. */
#define RASK_INPUT(task, index, type) \
    ((const type *)rask_task_input_exact((task), (index), sizeof(type)))

/* Room for the result, `bytes` long, not cleared: fill it before returning. It is 16-byte aligned,
 * and 64-byte aligned when it is larger than the setting `inline` (512 bytes at most). A later call
 * replaces it. NULL when the rank's memory does not have it; the task then fails with
 * RASK_ERR_MEMORY. */
RASK_API void *rask_task_result(struct rask_task *task, uint64_t bytes);

/* Makes the result shorter than it was asked for. Undefined: longer (asserted). */
RASK_API void rask_task_result_shrink(struct rask_task *task, uint64_t bytes);

/* Copies `bytes` as the result. Returns 0, or what the function shall return: return
 * rask_task_return(task, &y, sizeof y); NULL with bytes fails the task (RASK_ERR_ARGUMENT). */
RASK_API int rask_task_return(struct rask_task *task, const void *data, uint64_t bytes);

/* Says why the task fails. Returns what the function shall return. The text reaches whoever waits
 * for the task or for anything that depends on it. `code` RASK_ERR_TASK unless another one tells
 * more; RASK_ERR_TIMEOUT and RASK_ERR_INTERRUPTED, by which waits tell something else, and numbers
 * that are no code become RASK_ERR_TASK, also when the function returns them. */
RASK_API int rask_task_fail(struct rask_task *task, rask_status code, const char *format, ...)
    RASK_PRINTF(3, 4);

/* 1 once somebody has cancelled the task or let go of its last future, or the job ends: a long
 * function may return early then. */
RASK_API int rask_task_is_cancelled(const struct rask_task *task);

/* The id of the task, and its worker's rank. */
RASK_API uint64_t rask_task_id(const struct rask_task *task);
RASK_API int32_t rask_task_rank(const struct rask_task *task);

/* The runtime, to submit tasks from inside the task. Futures made there belong to this rank. */
RASK_API struct rask *rask_task_runtime(const struct rask_task *task);

#ifdef __cplusplus
}
#endif

#endif
