/* SPDX-License-Identifier: BSD-3-Clause */
/* start.h: start alone or under a launcher; stop; what the runtime consists of.
 *
 *     struct rask *rask;
 *     rask_status status = rask_start(NULL, &rask, NULL);
 *     if (status != RASK_OK)
 *         return status == RASK_SERVED ? 0 : 1;
 *     ...
 *     return rask_stop(rask) != RASK_OK;
 *
 * Alone (no launcher), one process schedules and works; MPI is never touched. Under mpirun or srun
 * with n > 1 ranks, rank 0 schedules and is the client, the others work: on them rask_start serves
 * until rank 0 stops and then returns RASK_SERVED. To join a program that already uses MPI see
 * mpi.h.
 *
 * A process is a rank of one job at a time, and a job under a launcher starts once in a process:
 * rask_stop ends MPI, which cannot begin again, unless the program has initialised it. Alone it may
 * have several runtimes, one after the other or at once, each with threads of its own that know
 * nothing of the others'.
 *
 * fork: the runtime is the parent's. In the child, which may exec, exit, or start a runtime alone,
 * calls with the parent's runtime return RASK_ERR_STATE or do nothing; those of task.h are
 * undefined there. */
#ifndef RASK_START_H
#define RASK_START_H

#include <rask/status.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rask;

/* Zero means default everywhere; set `size` to sizeof(struct rask_options). */
struct rask_options {
    size_t size;
    /* worker threads of this rank; 0 = one per core of its cpuset */
    uint32_t n_threads;
    const char *const *settings; /* "name=value" or, from a command line, "--name=value" texts,
                                    ended by NULL; they outrank environment and file. [borrow] */
    int is_quiet; /* errors of the start are not printed to standard error */
};

/* Starts the runtime of this process. Collective over the ranks of the job.
 * Ranks: all. Thread: the caller becomes the client's thread; futures may be used from any thread.
 * Owns: *rask [give] ended by rask_stop; set on RASK_OK only.
 * Returns RASK_OK on rank 0 (or alone), RASK_SERVED on a rank that has served and is done.
 * Errors: RASK_ERR_ARGUMENT (a setting), RASK_ERR_VERSION (ranks with different programs or task
 * functions; the text names them), RASK_ERR_THREAD_LEVEL, RASK_ERR_BINDING (ranks bound to the same
 * cores), RASK_ERR_MPI, RASK_ERR_MEMORY, RASK_ERR_SYSTEM; RASK_ERR_STATE (under a launcher, while
 * a runtime runs in this process, also in a task; or in a child of fork of a rank; or after MPI has
 * ended), at once and on this rank alone. Else all ranks return the same error, also
 * when only one has it, and it is printed to standard error once, by rank 0, unless is_quiet.
 * Later, on a rank that serves: what has ended the job there, such as RASK_ERR_MEMORY or
 * RASK_ERR_PEER_LOST. */
RASK_API RASK_MUST_USE rask_status rask_start(const struct rask_options *options,
                                              struct rask **rask, struct rask_error *error);

/* Ends the runtime: running tasks end, queued ones are dropped, all ranks return. The handle,
 * futures and views die with it: using them afterwards is undefined. A wait that another thread is
 * in ends before, with RASK_ERR_STATE or as its tasks have ended. NULL is fine. Ranks: the
 * client's; the others follow. Thread: the one that called rask_start. Without it (the client's
 * main returns, exit) the runtime ends the same way at exit. Errors: RASK_ERR_STATE (inside a task,
 * or in a child of fork; nothing ends), or what had broken the job before. */
RASK_API rask_status rask_stop(struct rask *rask);

/* Every wait of the program returns RASK_ERR_INTERRUPTED from now on. Thread: any; may be called
 * from a signal handler. The setting `signals` does it at Ctrl-C. NULL is fine. */
RASK_API void rask_interrupt(struct rask *rask);

/* What the runtime consists of, on every rank the same but for its own number; of NULL rank -1 and
 * no rank, worker or slot. Thread: any, tasks included. */
RASK_API int32_t rask_rank(const struct rask *rask);
RASK_API int32_t rask_rank_count(const struct rask *rask);
RASK_API int32_t rask_worker_count(const struct rask *rask); /* ranks that run tasks */
/* tasks that can run at once, over all workers */
RASK_API uint32_t rask_slot_count(const struct rask *rask);

/* The value of a setting as text, and where it came from ("default", "RASK_THREADS", "file ... line
 * 3", "program", "option --threads"). NULL for an unknown name or without a runtime. Thread: any.
 * Owns: [borrow] until rask_stop. */
RASK_API const char *rask_setting(const struct rask *rask, const char *name, const char **source);

enum rask_describe_form {
    RASK_DESCRIBE_TEXT, /* a page for people */
    RASK_DESCRIBE_JSON /* one object */
};

/* Writes what the runtime consists of, as `rask info` shows it: the machine, how the job was
 * started, each rank with host, roles, slots and binding, the transport, the settings and where
 * each came from. Runs a short task on every worker. Ranks: the client's. Thread: any, not inside a
 * task. Errors: RASK_ERR_ARGUMENT, RASK_ERR_IO (the stream), RASK_ERR_INTERRUPTED, RASK_ERR_MEMORY.
 */
RASK_API RASK_MUST_USE rask_status rask_describe(struct rask *rask, enum rask_describe_form form,
                                                 FILE *stream, struct rask_error *error);

/* A counter of this rank by name, such as "tasks_done"; 0 for an unknown name or without a runtime.
 * Names: rask info
 * --counters. */
RASK_API uint64_t rask_counter(const struct rask *rask, const char *name);

#ifdef __cplusplus
}
#endif

#endif
