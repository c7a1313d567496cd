/* SPDX-License-Identifier: BSD-3-Clause */
/* bind.h: which core each worker thread of a rank gets, as a pure function.
 *
 * From the topology, the PUs that this rank may use and those of the other ranks of its node it
 * makes a plan: the number of threads and a place for each, or the error that says which ranks are
 * bound wrongly and how to start them instead. Nothing is bound here; see apply.h.
 *
 * The rules, numbered in docs/design/place.md: one thread per core of the rank's own cpuset
 * (hardware threads of a core are not separate slots); ranks with the same cpuset split its cores;
 * more threads or ranks than cores share them unbound; anything else that overlaps is an error.
 * Every rank of the node comes to the same verdict from the same request. */
#ifndef RASK_PLACE_BIND_H
#define RASK_PLACE_BIND_H

#include "place/topo.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RASK_BIND_NOTES 4
#define RASK_BIND_NOTE_BYTES 400

/* Where one worker thread runs. `core`, `numa` and `package` (see topo.h) are its home; it is bound
 * to `cpuset` (the PUs of that core that the rank may use), or not bound when that is "". */
struct rask_place {
    int32_t core;
    int32_t numa; /* -1 if unknown */
    int32_t package;
    char cpuset[RASK_CORE_CPUSET_BYTES];
};

struct rask_bind_request {
    uint32_t size; /* sizeof(struct rask_bind_request) */
    int32_t n_threads; /* wanted; 0: one per core of the rank's share */
    int32_t n_ranks; /* ranks on this node; 0 counts as 1 */
    int32_t index; /* this rank among them */
    const char *own_cpuset; /* NULL: that of the topology */
    const char *const *cpusets; /* of every rank on the node, own included; NULL if n_ranks <= 1 */
    const int32_t *ranks; /* their numbers in the job, for messages; NULL: their index */
};

struct rask_bind_plan {
    int32_t n_threads;
    int32_t n_cores; /* cores of the rank's share */
    int32_t numa; /* the NUMA node of all of them, -1 if they have several */
    uint8_t is_bound; /* each thread has a core of its own */
    uint8_t is_split; /* the cpuset is shared, the rank took its part of the cores */
    uint8_t is_oversubscribed; /* ranks share cores: waiting ranks must yield at once */
    uint8_t n_notes;
    struct rask_place *places; /* n_threads */
    char *cpuset; /* the share: all PUs this rank's threads are meant to use */
    char notes[RASK_BIND_NOTES][RASK_BIND_NOTE_BYTES]; /* one line each, for the user */
};

/* Makes the plan. Ranks: any one. Thread: any. Owns: *plan [give], rask_bind_plan_release.
 * Errors: RASK_ERR_BINDING cpusets of ranks on the node overlap in part, or are the same single
 * core though the node has a core for each rank, or no PU of the topology is in the own cpuset; the
 * text names ranks, cpusets and flags. RASK_ERR_ARGUMENT a cpuset is no list or empty, a number is
 * out of range. RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_bind_plan(const struct rask_topo *topo,
                                         const struct rask_bind_request *request,
                                         struct rask_bind_plan *plan, struct rask_error *error);

/* Empties the plan; an all-zero or released one is fine. */
void rask_bind_plan_release(struct rask_bind_plan *plan);

#ifdef __cplusplus
}
#endif

#endif
