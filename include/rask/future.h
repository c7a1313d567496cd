/* SPDX-License-Identifier: BSD-3-Clause */
/* future.h: submit tasks, wait for them, read, cancel and release their results.
 *
 * A future is a claim on one object: the result of a task, or scattered data. It is a small value;
 * copies of it are the same claim. The object lives until the claim is released (or the runtime
 * stops) and nothing else needs it.
 *
 * For every function below, unless it says otherwise. Ranks: the client's, and any other inside a
 * task, with the handle of rask_task_runtime; futures belong to the rank that made them. Thread:
 * any of the process. A wait inside a task lends the task's slot to other tasks. Timeouts are in
 * nanoseconds, RASK_FOREVER for none; a timeout never cancels work.
 *
 * Every call can return RASK_ERR_STATE: the job has ended by an error, or ends while the caller is
 * in a wait, or this process is a child of fork of the runtime's. After rask_stop the runtime's
 * handle is no more: calls with it are undefined. */
#ifndef RASK_FUTURE_H
#define RASK_FUTURE_H

#include <rask/status.h>
#include <rask/task.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RASK_FOREVER INT64_MAX

/* id 0 is no future. */
struct rask_future {
    uint64_t id;
};

/* One input of a call. Make it with RASK_VALUE, RASK_BUFFER, RASK_RESULT or RASK_PART (or RASK_NODE
 * in a graph, see graph.h). */
struct rask_input {
    const void *data; /* bytes that are copied into the call; NULL for a result */
    uint64_t bytes; /* of `data`, or of the part of the result; 0 there: up to its end */
    struct rask_future future; /* the result that the task needs, if data is NULL */
    uint64_t offset; /* of a part: its first byte, in bytes from the result's begin */
    uint64_t node; /* the id of a node, if data is NULL and future is none */
};

static inline struct rask_input rask_input_bytes(const void *data, uint64_t bytes)
{
    struct rask_input input = {data, bytes, {0}, 0, 0};
    return input;
}

/* The task sees `bytes` bytes of the result from `offset` on, or all from there if `bytes` is 0. On
 * the node of the result's holder they are read in place; elsewhere these bytes alone are moved.
 * The task fails with RASK_ERR_ARGUMENT if the result is too short for them. */
static inline struct rask_input rask_input_part(struct rask_future future, uint64_t offset,
                                                uint64_t bytes)
{
    struct rask_input input = {NULL, bytes, {0}, offset, 0};
    input.future = future;
    return input;
}

static inline struct rask_input rask_input_result(struct rask_future future)
{
    return rask_input_part(future, 0, 0);
}

#define RASK_VALUE(variable) rask_input_bytes(&(variable), sizeof(variable))
#define RASK_BUFFER(address, bytes) rask_input_bytes((address), (bytes))
#define RASK_RESULT(future) rask_input_result(future)
#define RASK_PART(future, offset, bytes) rask_input_part((future), (offset), (bytes))

/* A resource that workers have and tasks take while they run (setting `resources`). */
struct rask_resource {
    const char *name; /* at most 12 bytes */
    uint32_t amount;
};

/* Annotations. Zero means default. */
struct rask_call_options {
    /* sizeof(struct rask_call_options), here as in all structs of options; 0 is an error */
    size_t size;
    int32_t priority; /* higher runs first; default 0 */
    uint32_t retries; /* how often a failing run is repeated, at most 65535 */
    /* same function and inputs, same result: computed once, whoever asks. Values are compared as
     * bytes, with those between the fields of a struct: clear it before setting them */
    int is_pure;
    int is_producer; /* makes much data from little: is held back until a worker needs it */
    int is_forgotten; /* nobody waits for it: no future is made, it runs all the same */
    const int32_t *ranks; /* ranks that may run it; NULL = any */
    size_t n_ranks;
    int is_loose; /* `ranks` is a wish: another one will do if none of them is there */
    const struct rask_resource *resources; /* amounts of one name add up */
    size_t n_resources;
};

/* A function and what it is called with. Inputs of at most 64 KiB of bytes in all travel in the
 * call; more is put into the object store first. */
struct rask_call {
    rask_function_pointer function; /* or NULL and a name */
    const char *name;
    const struct rask_input *inputs;
    size_t n_inputs;
    const struct rask_call_options *options; /* may be NULL */
};

#ifndef __cplusplus
/* A call by its function and inputs, if it has any:
 *
 *     rask_submit(rask, RASK_CALL(add, RASK_VALUE(x), RASK_RESULT(f)), &future, NULL)
 *     rask_submit(rask, RASK_CALL_WITH(&options, refresh), &future, NULL) */
#define RASK_CALL(...) RASK_CALL_WITH(NULL, __VA_ARGS__)
#define RASK_CALL_WITH(call_options, ...)                                                       \
    (&(const struct rask_call){                                                                 \
        RASK_CALL_FUNCTION_(__VA_ARGS__, 0), NULL,                                              \
        (const struct rask_input[]){RASK_CALL_INPUTS_(__VA_ARGS__, rask_input_bytes(NULL, 0))}, \
        sizeof((const struct rask_input[]){                                                     \
            RASK_CALL_INPUTS_(__VA_ARGS__, rask_input_bytes(NULL, 0))}) /                       \
                sizeof(struct rask_input) -                                                     \
            1,                                                                                  \
        (call_options)})
/* What the macros use: the function, and the inputs with one more behind them that is none, since C
 * knows neither empty arrays nor empty lists of arguments. */
#define RASK_CALL_FUNCTION_(function, ...) (function)
#define RASK_CALL_INPUTS_(function, ...) __VA_ARGS__
#endif

/* Submits one task. Returns at once. The inputs' futures may be released right after.
 * Errors: RASK_ERR_UNKNOWN_FUNCTION (not registered; the text names it), RASK_ERR_ARGUMENT (a
 * future that is none, a rank that does not exist, a resource without a name of 1 to 12 bytes),
 * RASK_ERR_LIMIT (too many inputs, resources or retries), RASK_ERR_MEMORY, RASK_ERR_STATE (the job
 * has ended by an error). A resource that no worker has is an error of the task,
 * RASK_ERR_NO_WORKER, which rask_result tells. `future` may be NULL only with is_forgotten;
 * otherwise it is set to none then. */
RASK_API RASK_MUST_USE rask_status rask_submit(struct rask *rask, const struct rask_call *call,
                                               struct rask_future *future,
                                               struct rask_error *error);

/* Items of a map: `count` of `bytes` each, one after the other. */
struct rask_items {
    const void *data;
    uint64_t bytes;
    size_t count;
};

/* Submits one task per item: input 0 is the item, the call's own inputs follow. futures:
 * items->count of them. Errors: as rask_submit, found before anything is submitted; only when
 * memory runs out (RASK_ERR_MEMORY, also for items that are too large for their calls) or the job
 * ends meanwhile may some tasks have been submitted: they are cancelled and have no future, but the
 * first of them may have run. */
RASK_API RASK_MUST_USE rask_status rask_map(struct rask *rask, const struct rask_call *call,
                                            const struct rask_items *items,
                                            struct rask_future *futures, struct rask_error *error);

/* Submits the call once on every worker, bound to it: `ranks` and `is_pure` of its options mean
 * nothing here. futures: rask_worker_count of them, in rank order. Errors: as rask_submit;
 * those that were submitted before the error are cancelled and have no future, but may have run. */
RASK_API RASK_MUST_USE rask_status rask_run_everywhere(struct rask *rask,
                                                       const struct rask_call *call,
                                                       struct rask_future *futures,
                                                       struct rask_error *error);

enum rask_future_state {
    RASK_FUTURE_NONE, /* id 0, or released */
    RASK_FUTURE_PENDING,
    RASK_FUTURE_DONE,
    RASK_FUTURE_FAILED, /* rask_result tells why */
    RASK_FUTURE_CANCELLED
};
/* How a future stands, without waiting or turning the loop. It never fails: without a runtime it is
 * RASK_FUTURE_NONE. */
RASK_API enum rask_future_state rask_future_state(struct rask *rask, struct rask_future future);

/* Waits until all futures are finished, well or not.
 * Errors: RASK_ERR_TIMEOUT, RASK_ERR_ARGUMENT (one is none or released), RASK_ERR_INTERRUPTED
 * (Ctrl-C). */
RASK_API RASK_MUST_USE rask_status rask_wait(struct rask *rask, const struct rask_future *futures,
                                             size_t n, int64_t timeout_ns);

/* Waits until one of them is finished, well or not; *index (may be NULL) is the first in their
 * order that is, and is set on success only. Errors: as rask_wait; RASK_ERR_ARGUMENT also for none
 * at all (n = 0). */
RASK_API RASK_MUST_USE rask_status rask_wait_any(struct rask *rask,
                                                 const struct rask_future *futures, size_t n,
                                                 int64_t timeout_ns, size_t *index);

/* Waits for the result and gives it in place, without a copy; a result on another rank is fetched
 * once, and computed again if it is lost on the way. `timeout_ns` counts for all of it.
 * Owns: [borrow] until the future is released. Errors: the task's own error with its story
 * (RASK_ERR_TASK, RASK_ERR_DEPENDENCY, RASK_ERR_CANCELLED, RASK_ERR_WORKER_KILLED,
 * RASK_ERR_NO_WORKER, RASK_ERR_OBJECT_LOST, or the code the function gave), RASK_ERR_TIMEOUT,
 * RASK_ERR_INTERRUPTED, RASK_ERR_MEMORY (no room for it on this rank; asking again tries again),
 * RASK_ERR_ARGUMENT (the future is none, or was released meanwhile). */
RASK_API RASK_MUST_USE rask_status rask_result(struct rask *rask, struct rask_future future,
                                               int64_t timeout_ns, struct rask_view *view,
                                               struct rask_error *error);

/* Waits for n futures and gives their results in place; those of other ranks are fetched at the
 * same time. Of failed futures the first in their order gives the error, and the views before it
 * are set; with any other error none is. Owns: [borrow] each until its future is released. Errors:
 * as rask_result but for RASK_ERR_TIMEOUT, since it waits for ever; RASK_ERR_ARGUMENT also without
 * futures or views for n > 0. */
RASK_API RASK_MUST_USE rask_status rask_gather(struct rask *rask, const struct rask_future *futures,
                                               size_t n, struct rask_view *views,
                                               struct rask_error *error);

/* Gives up claims. What nobody else needs is not computed, or freed; views of the results end. Of
 * futures that are none, of released ones and of a NULL runtime nothing happens. It never waits and
 * never fails: if memory is out the claim ends all the same, but its object may stay until the
 * runtime stops. */
RASK_API void rask_release(struct rask *rask, const struct rask_future *futures, size_t n);

/* Cancels tasks that are not finished; what depends on them fails as cancelled. A running function
 * goes on to its end (rask_task_is_cancelled tells it) and its result is dropped. The futures stay
 * yours to release; those that are none are skipped. Errors: RASK_ERR_MEMORY (some of the tasks go
 * on), RASK_ERR_ARGUMENT (no runtime, or futures at a NULL address), RASK_ERR_STATE. */
RASK_API rask_status rask_cancel(struct rask *rask, const struct rask_future *futures, size_t n);

/* Where scattered data goes. Zero means default. */
struct rask_scatter_options {
    size_t size;
    /* one of these ranks; NULL = round robin over the workers by their slots */
    const int32_t *ranks;
    size_t n_ranks;
    int is_broadcast; /* a copy on every worker */
    int is_pure; /* same bytes, same object: scattering again is free */
};

/* Copies `data` into the object store and lets a worker hold it. Returns at once; on an error the
 * future is unchanged.
 * Errors: RASK_ERR_MEMORY (setting `arena`), RASK_ERR_ARGUMENT (no place for the future, bytes at a
 * NULL address, a rank that does not exist), RASK_ERR_STATE (the job has ended by an error). */
RASK_API RASK_MUST_USE rask_status rask_scatter(struct rask *rask, struct rask_view data,
                                                const struct rask_scatter_options *options,
                                                struct rask_future *future,
                                                struct rask_error *error);

/* Futures in the order in which they finish. */
struct rask_completed;

/* Owns: *completed [give] freed by rask_completed_free. Thread: one at a time. */
RASK_API RASK_MUST_USE rask_status rask_completed_new(struct rask *rask,
                                                      struct rask_completed **completed,
                                                      struct rask_error *error);
RASK_API void rask_completed_free(struct rask_completed *completed);

/* Adds futures, also while others are being taken out. The same future twice comes out twice.
 * Errors: RASK_ERR_ARGUMENT (one is none or released), RASK_ERR_MEMORY; the text tells which one
 * it was, and those before it have been added. */
RASK_API RASK_MUST_USE rask_status rask_completed_add(struct rask_completed *completed,
                                                      const struct rask_future *futures, size_t n,
                                                      struct rask_error *error);

/* The next finished one, whether well or not. RASK_END when none is left. Errors: RASK_ERR_TIMEOUT,
 * RASK_ERR_INTERRUPTED, RASK_ERR_ARGUMENT. */
RASK_API RASK_MUST_USE rask_status rask_completed_next(struct rask_completed *completed,
                                                       int64_t timeout_ns,
                                                       struct rask_future *future);

/* Room for any key as text, its terminating zero included. */
#define RASK_KEY_TEXT_BYTES 33

/* What names the task or the data: its content key as 32 hexadecimal digits if it is pure, else
 * "rank.number", of the rank that submitted it. `text_bytes`: RASK_KEY_TEXT_BYTES at least. Errors:
 * RASK_ERR_ARGUMENT (no runtime, no or too little room, a future that is none or released). */
RASK_API rask_status rask_future_key(struct rask *rask, struct rask_future future, char *text,
                                     size_t text_bytes);

/* Writes the story of a future's task: a line that names the task and its state now, and a line for
 * each of its events so far, oldest first: when (seconds of a clock that never goes back), from
 * which state to which, why, and where it was with a worker, at which one. If another task's
 * failure is behind this one's, that task's story follows. The events are kept while the setting
 * `trace` names a file; the oldest of all tasks make room for new ones, which a line says then.
 * Ranks: rank 0, where the scheduler is; there of the futures of its own.
 * Errors: RASK_ERR_UNSUPPORTED (another rank, or no trace; the text says what to set),
 * RASK_ERR_ARGUMENT (the future is none, or was released), RASK_ERR_IO (the stream),
 * RASK_ERR_MEMORY. */
RASK_API RASK_MUST_USE rask_status rask_story(struct rask *rask, struct rask_future future,
                                              FILE *stream, struct rask_error *error);

#ifdef __cplusplus
}
#endif

#endif
