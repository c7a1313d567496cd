/* SPDX-License-Identifier: BSD-3-Clause */
/* topo.h: what the machine under a rank looks like: cores, NUMA nodes, packages, caches, memory.
 *
 * A topology is immutable once it is loaded, so any number of threads may read it. It describes
 * this machine, or, for tests, a recorded XML file or a synthetic description. topo.c is the only
 * user of hwloc; a set of processing units ("PU", what the kernel calls a CPU) crosses this
 * interface as a list text of kernel numbers, "0-3,8" (cpuset.h), and "" is the empty set.
 *
 * Numbers: a NUMA node has the kernel's number (that of numactl and mbind), a PU too; cores and
 * packages are counted from 0 in the order in which they sit in the machine, so that cores of one
 * NUMA node are neighbours. Where a machine does not report its cores, each PU counts as one. */
#ifndef RASK_PLACE_TOPO_H
#define RASK_PLACE_TOPO_H

#include <rask/status.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Room for the PUs of one core as list text, terminating zero included. */
#define RASK_CORE_CPUSET_BYTES 128

struct rask_topo;

enum rask_topo_source {
    RASK_TOPO_MACHINE, /* the machine we run on; no text */
    RASK_TOPO_XML_FILE, /* text: path of a file written by lstopo */
    RASK_TOPO_SYNTHETIC, /* text: hwloc's description, "pack:2 numa:4 core:8 pu:2" */
};

struct rask_core {
    int32_t core; /* index in the machine, from 0 */
    int32_t numa; /* kernel's number of the nearest NUMA node, -1 if it has none */
    int32_t package; /* index in the machine, from 0 */
    int32_t n_pus; /* PUs of the core (hardware threads) */
    char cpuset[RASK_CORE_CPUSET_BYTES];
};

struct rask_topo_counts {
    int32_t n_packages;
    int32_t n_numas; /* with memory or cores */
    int32_t n_cores;
    int32_t n_pus;
};

/* Sizes in bytes, 0 where unknown. */
struct rask_topo_caches {
    uint64_t l2_bytes; /* of one L2 cache */
    int32_t l2_cores; /* cores that share it */
    uint64_t l3_bytes; /* of one L3 cache */
    int32_t l3_cores;
};

struct rask_topo_numa {
    int32_t numa; /* kernel's number */
    int32_t n_cores; /* cores next to it; 0 for memory without cores */
    uint64_t memory_bytes; /* 0 if unknown */
};

/* Loads a topology and the caller's own cpuset (see rask_topo_own_cpuset).
 * `text`: see the source; NULL for the machine.
 * Ranks: any one. Thread: any. Owns: *topo [give], rask_topo_free.
 * Errors: RASK_ERR_ARGUMENT no text, or a bad description. RASK_ERR_IO the file cannot be read or
 * is no topology. RASK_ERR_SYSTEM hwloc cannot load this machine. RASK_ERR_LIMIT a core with more
 * PUs than a list text holds. RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_topo_load(enum rask_topo_source source, const char *text,
                                         struct rask_topo **topo, struct rask_error *error);

/* As rask_topo_load(RASK_TOPO_MACHINE), in a fraction of a millisecond and without hwloc: cores,
 * NUMA nodes and packages come from the kernel's files; caches and memory sizes are unknown. It
 * also counts cores that a cgroup forbids among those of the machine (never among the own), and
 * HWLOC_XMLFILE and its like have no effect. Where the kernel's files are missing it does the full
 * load. Errors: as rask_topo_load. */
RASK_MUST_USE rask_status rask_topo_load_light(struct rask_topo **topo, struct rask_error *error);

void rask_topo_free(struct rask_topo *topo);

/* True when the topology is that of the machine we run on, so that binding to it makes sense. */
int rask_topo_is_machine(const struct rask_topo *topo);

/* The PUs that the process's main thread might use when the topology was loaded (its binding by
 * mpirun, srun, taskset or a cgroup, intersected with the topology); all PUs of a recorded or
 * synthetic machine.
 * Owns: [borrow] until rask_topo_free. */
const char *rask_topo_own_cpuset(const struct rask_topo *topo);

/* All PUs of the topology, those forbidden by a cgroup excepted. Owns: [borrow] as above. */
const char *rask_topo_all_cpuset(const struct rask_topo *topo);

/* All cores in order. Owns: [borrow] until rask_topo_free. */
const struct rask_core *rask_topo_cores(const struct rask_topo *topo, size_t *n_cores);

/* The cores that have PUs in `cpuset`, each with those PUs only, in order. PUs that the topology
 * does not have are left out. Owns: *cores [give], rask_free; NULL when there is none.
 * Errors: RASK_ERR_ARGUMENT `cpuset` is no list. RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_topo_cores_in(const struct rask_topo *topo, const char *cpuset,
                                             struct rask_core **cores, size_t *n_cores,
                                             struct rask_error *error);

/* Counts what has PUs in `cpuset`; NULL: the whole topology.
 * Errors: RASK_ERR_ARGUMENT `cpuset` is no list. RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_topo_count(const struct rask_topo *topo, const char *cpuset,
                                          struct rask_topo_counts *counts,
                                          struct rask_error *error);

/* Sizes of the caches of the first core. All zero for a light topology. */
struct rask_topo_caches rask_topo_caches(const struct rask_topo *topo);

/* The NUMA nodes in order of their numbers. Owns: [borrow] until rask_topo_free. */
const struct rask_topo_numa *rask_topo_numas(const struct rask_topo *topo, size_t *n_numas);

/* One paragraph for `rask info`: what the machine has and what of it this process may use.
 * Owns: *text [give], rask_free. Errors: RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_topo_describe(const struct rask_topo *topo, char **text,
                                             struct rask_error *error);

#ifdef __cplusplus
}
#endif

#endif
