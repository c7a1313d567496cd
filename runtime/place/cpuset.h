/* SPDX-License-Identifier: BSD-3-Clause */
/* cpuset.h: sets of processing units as list text, "0-3,8", and as sets of ids.
 *
 * The text is what hwloc, the kernel's files, taskset and numactl use. Blanks are allowed around
 * items and at the end (the kernel ends its lists with a newline); "" is the empty set. */
#ifndef RASK_PLACE_CPUSET_H
#define RASK_PLACE_CPUSET_H

#include "base/buf.h"
#include "base/idset.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RASK_CPUSET_MAX_PU 65535 /* largest kernel number of a PU, NUMA node or rank in a list */

/* Adds the ids of a list to `set`. On error the set holds some of them; release it as always.
 * Errors: RASK_ERR_ARGUMENT the text is no list (the text names it). RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_cpuset_parse(const char *text, struct rask_idset *set,
                                            struct rask_error *error);

/* Appends the set as list to `buf`, which then ends with a zero that its size does not count.
 * Errors: RASK_ERR_MEMORY, RASK_ERR_LIMIT the buffer's ceiling. */
RASK_MUST_USE rask_status rask_cpuset_print(const struct rask_idset *set, struct rask_buf *buf,
                                            struct rask_error *error);

#ifdef __cplusplus
}
#endif

#endif
