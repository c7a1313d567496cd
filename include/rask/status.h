/* SPDX-License-Identifier: BSD-3-Clause */
/* status.h: the outcome of every call, and the record that tells an error's whole story.
 *
 * A function that can fail returns rask_status: RASK_OK (0), a positive value for a normal other
 * outcome, or a negative error code. Codes come in ranges by what is damaged, and the range decides
 * what the runtime does next: call (nothing happened, correct the call), object (recompute it),
 * task (retry it or fail its dependents), peer (drop the peer), job (stop).
 *
 * A struct rask_error is the caller's memory; pass NULL where only the code matters. */
#ifndef RASK_STATUS_H
#define RASK_STATUS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define RASK_API __attribute__((visibility("default")))
#define RASK_MUST_USE __attribute__((warn_unused_result))
#define RASK_PRINTF(format_index, first_index) \
    __attribute__((format(printf, format_index, first_index)))
#else
#define RASK_API
#define RASK_MUST_USE
#define RASK_PRINTF(format_index, first_index)
#endif

/* X(name, code, text): every outcome there is. Codes are stable; new ones are appended to a range.
 */
#define RASK_STATUS_LIST(X)                                             \
    X(OK, 0, "done")                                                    \
    X(PENDING, 1, "not finished yet")                                   \
    X(SERVED, 2, "this rank has served the job, which has ended")       \
    X(END, 3, "no more items")                                          \
    /* call: nothing was changed, correct the call */                   \
    X(ERR_ARGUMENT, -1, "invalid argument")                             \
    X(ERR_MEMORY, -2, "out of memory")                                  \
    X(ERR_LIMIT, -3, "a limit is exceeded")                             \
    X(ERR_STATE, -4, "the call is not possible in this state")          \
    X(ERR_UNKNOWN_FUNCTION, -5, "unknown task function")                \
    X(ERR_TIMEOUT, -6, "the time is over")                              \
    X(ERR_CYCLE, -7, "the graph has a cycle")                           \
    X(ERR_UNSUPPORTED, -8, "not supported here")                        \
    X(ERR_USAGE, -9, "wrong use of the command")                        \
    X(ERR_SYNTAX, -10, "syntax error")                                  \
    X(ERR_INTERRUPTED, -11, "interrupted")                              \
    /* object: its bytes are lost or wrong */                           \
    X(ERR_OBJECT_LOST, -100, "the object is lost")                      \
    X(ERR_FORMAT, -101, "malformed data")                               \
    X(ERR_IO, -102, "input or output failed")                           \
    X(ERR_CHANGED, -103, "the data changed while it was read")          \
    X(ERR_TYPE, -104, "a value does not fit its type")                  \
    /* task: it failed; its dependents fail with it */                  \
    X(ERR_TASK, -200, "the task function reported an error")            \
    X(ERR_DEPENDENCY, -201, "a task that this one needs has failed")    \
    X(ERR_CANCELLED, -202, "cancelled")                                 \
    X(ERR_WORKER_KILLED, -203, "the workers that ran the task died")    \
    X(ERR_NO_WORKER, -204, "no worker may run the task")                \
    /* peer: another rank does not answer as it should */               \
    X(ERR_PEER_LOST, -300, "a peer is lost")                            \
    X(ERR_PROTOCOL, -301, "malformed or unexpected message")            \
    X(ERR_VERSION, -302, "the ranks run different programs")            \
    /* job: the whole run cannot go on */                               \
    X(ERR_MPI, -400, "MPI failed")                                      \
    X(ERR_THREAD_LEVEL, -401, "the MPI thread level is too low")        \
    X(ERR_BINDING, -402, "ranks of a node are bound to the same cores") \
    X(ERR_SYSTEM, -403, "the operating system refused")                 \
    X(ERR_INTERNAL, -404, "internal error")

typedef enum rask_status {
#define RASK_STATUS_ENUM(name, code, text) RASK_##name = (code),
    RASK_STATUS_LIST(RASK_STATUS_ENUM)
#undef RASK_STATUS_ENUM
} rask_status;

/* Sizes of the text fields below, terminating zero included. */
#define RASK_ERROR_TEXT_BYTES 512
#define RASK_NAME_BYTES 64

/* The story of one error. Empty strings and -1 mean "does not apply". */
struct rask_error {
    rask_status code;
    int32_t rank; /* rank where it happened, -1 if none */
    char text[RASK_ERROR_TEXT_BYTES]; /* one line: the thing, the place, the remedy */
    char key[RASK_NAME_BYTES]; /* key of the task at fault */
    char function[RASK_NAME_BYTES]; /* its task function */
    char host[RASK_NAME_BYTES]; /* host of that rank */
};

/* The short text of a code, never NULL. Thread: any. Owns: static string. */
RASK_API const char *rask_status_text(rask_status status);

/* The name of a code as it is written in C, "RASK_OK"; "RASK_UNKNOWN" for a value that is none.
 * Thread: any. Owns: static string. */
RASK_API const char *rask_status_name(rask_status status);

#ifdef __cplusplus
}
#endif

#endif
