/* SPDX-License-Identifier: BSD-3-Clause */
/* order.h: the static depth-first order of a task graph, which keeps few results alive.
 *
 * Pure functions: a graph in, a rank for each task out. The rank is the last part of a task's
 * priority (user priority, generation, rank) and is computed once, by whoever submits a whole
 * graph. The same graph always gets the same ranks: ties fall to the lower task number and nothing
 * depends on addresses.
 *
 * Entry points: rask_order_compute, rask_order_pressure. Method and figures: docs/design/order.md.
 */
#ifndef RASK_SCHED_ORDER_H
#define RASK_SCHED_ORDER_H

#include <rask/status.h>
#include <stdint.h>

/* A task graph by rows: the tasks that task t needs are deps[offsets[t]] up to
 * deps[offsets[t + 1] - 1]. Tasks are numbered from 0 in any order; naming the same dependency
 * twice is the same as naming it once. [borrow] during the call. */
struct rask_order_graph {
    uint32_t n_tasks;
    const uint32_t *offsets; /* n_tasks + 1 of them, rising from 0; may be NULL if n_tasks is 0 */
    const uint32_t *deps; /* offsets[n_tasks] of them; may be NULL if there are none */
};

/* Gives each task its place in the order: rank[t] is in 0 .. n_tasks - 1, each occurs once, and
 * every task has a higher rank than the tasks it needs. O(tasks + edges) but for a logarithm where
 * goals are compared. Ranks: any one. Thread: any.
 * Owns: `rank` is the caller's, n_tasks entries, written on success only.
 * Errors:
 *   RASK_ERR_ARGUMENT  offsets that fall, a dependency that is not a task of the graph
 *   RASK_ERR_CYCLE     tasks wait for each other; the text names the first few on one cycle
 *   RASK_ERR_MEMORY    no memory for about 160 bytes a task and 16 an edge */
RASK_MUST_USE rask_status rask_order_compute(const struct rask_order_graph *graph, uint32_t *rank,
                                             struct rask_error *error);

/* What one walk through a graph keeps in memory. A result is alive from when its task has run until
 * the last task that needs it has run; the result of a task that nobody needs is delivered and
 * never counted. */
struct rask_order_pressure {
    uint32_t max_alive; /* results alive when a task starts: the most over all tasks */
    uint32_t max_at_rank; /* the first rank at which that happens */
    double mean_alive; /* averaged over all tasks; 0 for an empty graph */
};

/* Walks the graph in the order of `rank` and counts results alive at the start of each task (the
 * results it needs included, its own not yet). `profile` (may be NULL) gets the count for each
 * rank, n_tasks entries. Ranks: any one. Thread: any.
 * Owns: nothing; outputs are written on success only.
 * Errors:
 *   RASK_ERR_ARGUMENT  as above; ranks that are no permutation; a task ranked before one it needs
 *   RASK_ERR_MEMORY    no memory for about 8 bytes a task */
RASK_MUST_USE rask_status rask_order_pressure(const struct rask_order_graph *graph,
                                              const uint32_t *rank,
                                              struct rask_order_pressure *pressure,
                                              uint32_t *profile, struct rask_error *error);

#endif
