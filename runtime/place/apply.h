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

/* Tells the OpenMP and BLAS libraries that are in this process to use one thread when they are
 * called from the calling thread (OpenBLAS: from any thread), except those whose variable the user
 * has set in `environment` (as environ; NULL: empty). Each worker thread calls it once at its
 * start. Returns how many were told. */
size_t rask_place_limit_libraries(char *const *environment);

#ifdef __cplusplus
}
#endif

#endif
