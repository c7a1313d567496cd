/* SPDX-License-Identifier: BSD-3-Clause */
/* apply.h: carries a plan out on this machine: binds threads and memory, keeps the thread pools of
 * libraries called by a task to the task's core.
 *
 * Placement is advice: a refusal of the system costs speed and not correctness. So each function
 * here that fails changes nothing and gives a text fit for a warning, and the caller goes on. On a
 * topology that is not the machine's own (recorded, synthetic) nothing is bound and all is well. */
#ifndef RASK_PLACE_APPLY_H
#define RASK_PLACE_APPLY_H

#include "place/bind.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Binds the calling thread to its place; a place with an empty cpuset leaves it as it is.
 * Errors: RASK_ERR_ARGUMENT the place's cpuset is no list. RASK_ERR_SYSTEM refused. */
RASK_MUST_USE rask_status rask_place_bind_thread(const struct rask_topo *topo,
                                                 const struct rask_place *place,
                                                 struct rask_error *error);

/* Lets the calling thread run on a whole cpuset, for example plan.cpuset or the own one.
 * Errors: as rask_place_bind_thread; RASK_ERR_ARGUMENT also for an empty set. */
RASK_MUST_USE rask_status rask_place_bind_cpuset(const struct rask_topo *topo, const char *cpuset,
                                                 struct rask_error *error);

/* Asks for the pages of [address, address + bytes) from one NUMA node where it has room, else from
 * any; pages that were touched before are moved if possible. Whole pages are bound: the area is
 * widened to them. `numa` -1 or a machine with one NUMA node: nothing to do.
 * Errors: RASK_ERR_ARGUMENT the topology has no such node. RASK_ERR_SYSTEM refused. */
RASK_MUST_USE rask_status rask_place_bind_memory(const struct rask_topo *topo, void *address,
                                                 size_t bytes, int32_t numa,
                                                 struct rask_error *error);

/* The OpenMP and BLAS libraries in the process, and what limits the threads that each starts for
 * the thread that calls it. NULL: not there, or the user has set its variable, which stays. */
struct rask_libraries {
    int (*omp_get)(void);
    void (*omp_set)(int); /* for the calling thread */
    int (*mkl_set)(int); /* for the calling thread; returns what was, 0 = MKL's own number */
    int (*blas_get)(void);
    void (*blas_set)(int); /* OpenBLAS with threads of its own: for the whole process */
    int n_blas; /* what OpenBLAS had; 0: not touched */
};

/* What a thread had before; 0: nothing to restore. */
struct rask_library_threads {
    int n_omp, n_mkl;
};

/* Looks for OpenMP, MKL and OpenBLAS in the process, those whose variable (OMP_NUM_THREADS, ...)
 * `environment` (as environ; NULL: empty) does not have, and limits OpenBLAS, which knows one
 * number for all threads, to one thread until the release. */
void rask_libraries_find(struct rask_libraries *libraries, char *const *environment);
void rask_libraries_release(const struct rask_libraries *libraries);

/* From now on the libraries use the calling thread alone when it calls them; `own` gets what to
 * restore. A thread does it for the time in which it runs tasks. Thread: any. */
void rask_libraries_limit(const struct rask_libraries *libraries, struct rask_library_threads *own);
void rask_libraries_restore(const struct rask_libraries *libraries,
                            const struct rask_library_threads *own);

#ifdef __cplusplus
}
#endif

#endif
