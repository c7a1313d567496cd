/* SPDX-License-Identifier: BSD-3-Clause */
/* memory.h: how much memory the processes of a job may use together on this machine. */
#ifndef RASK_PLACE_MEMORY_H
#define RASK_PLACE_MEMORY_H

#include <stdint.h>

/* The machine's memory, what is available of it now, and the limits of the control groups that
 * this process is in. UINT64_MAX: not told. */
struct rask_memory {
    uint64_t machine_bytes, available_bytes, group_bytes;
};

/* Reads proc/meminfo, proc/self/cgroup and sys/fs/cgroup below `root`, "" for the machine's own. */
void rask_memory_read(struct rask_memory *memory, const char *root);

/* What objects may take: three quarters of what machine and groups have, and no more than nine
 * tenths of what is available now, so that a full store comes before a full machine. The rest is
 * for the programs themselves. 0: nothing is known. */
uint64_t rask_memory_for_objects(const struct rask_memory *memory);

#endif
