/* SPDX-License-Identifier: BSD-3-Clause */
/* fused.h: the built-in task function that runs a fused chain: its members in sequence, each result
 * handed to the next in memory. Whoever fuses (api/graph.c) writes the chain down as words, which
 * are input 0 of the call; the values and results that the members need are the inputs after it.
 *
 *     +-----------+---------+----------------------------------------+-----
 *     | n_members | retries | function | n_inputs | source per input | next member ...
 *     +-----------+---------+----------------------------------------+-----
 *
 * A source is the number of an input of the call (from 1), or RASK_FUSED_BEFORE for the result of
 * the member before. `retries` is how often each member is repeated when it fails. Functions are
 * indices in the registry, which is the same on all ranks. */
#ifndef RASK_WORKER_FUSED_H
#define RASK_WORKER_FUSED_H

#include <rask/task.h>
#include <stdint.h>

#define RASK_FUSED_BEFORE 0u

/* The task function, registered as "rask_fused". Its errors name the member that failed. */
int rask_fused(struct rask_task *task);

#endif
