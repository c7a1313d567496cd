/* SPDX-License-Identifier: BSD-3-Clause */
/* sysfs.h: cores and NUMA nodes from the kernel's files, for a start without delay.
 *
 * Loading hwloc costs 3 ms with warm caches and 50 ms with cold ones (it loads plug-ins); the
 * embedded form of Rask is to have its first result before that. */
#ifndef RASK_PLACE_SYSFS_H
#define RASK_PLACE_SYSFS_H

#include "place/topo.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the files say. Cores are in order of package, NUMA node and first PU, and numbered so. */
struct rask_sysfs {
    struct rask_core *cores; /* [give] rask_sysfs_release */
    size_t n_cores;
    struct rask_topo_numa *numas; /* by number; memory_bytes is 0 */
    size_t n_numas;
};

/* Reads the tree at `root` ("/sys/devices/system"). RASK_END when it does not have what is needed
 * (online PUs, the siblings and the package of each); NUMA nodes may be missing.
 * Errors: RASK_ERR_MEMORY, RASK_ERR_LIMIT a core with too many PUs. */
RASK_MUST_USE rask_status rask_sysfs_read(const char *root, struct rask_sysfs *machine,
                                          struct rask_error *error);

void rask_sysfs_release(struct rask_sysfs *machine);

#ifdef __cplusplus
}
#endif

#endif
