/* SPDX-License-Identifier: BSD-3-Clause */
/* opt.h: from a graph under construction to a plan of tasks, fewer and cheaper to schedule.
 *
 *     cull    only what the wanted results need
 *     inline  small constants become part of the calls that use them
 *     fuse    a chain becomes one task that runs its member calls in sequence
 *
 * Two calls are fused when the first has the second as its only consumer and is not itself wanted,
 * the second needs nothing but results of the first, and both have the same annotation: an
 * annotation is never lost. A task's result is that of its last member.
 *
 * A plan is flat arrays: its rows of dependencies go to rask_order_compute as they are. */
#ifndef RASK_LAZY_OPT_H
#define RASK_LAZY_OPT_H

#include "lazy/graph.h"

#include <rask/status.h>
#include <stdint.h>

#define RASK_OPT_NO_CULL 1u
#define RASK_OPT_NO_INLINE 2u /* constants stay tasks of their own */
#define RASK_OPT_NO_FUSE 4u

/* Zero means default. */
struct rask_opt_options {
    uint32_t size; /* sizeof (struct rask_opt_options), or 0 for the same */
    uint32_t skip; /* RASK_OPT_NO_... */
    uint32_t max_inline_bytes; /* constants up to this size are inlined; 0: 512 */
    uint32_t max_members; /* of one fused task; 0: any number */
};

/* What an input of a call has become. */
enum rask_opt_input_kind {
    RASK_OPT_TASK, /* the result of task `index` */
    RASK_OPT_MEMBER, /* that of member `index`, from 0, of the same task: the one before */
    RASK_OPT_VALUE, /* an inlined constant: node `index` of the graph holds the bytes */
};

struct rask_opt_input {
    uint32_t kind; /* enum rask_opt_input_kind */
    uint32_t index;
};

/* A plan. Task t runs the nodes members[member_offsets[t]] .. in that order; a task with a constant
 * as its only member is data to place and not a call. Tasks are numbered in a topological order.
 * All arrays are the plan's; the graph it was made from must outlive it, because members are node
 * numbers of that graph. */
struct rask_opt_plan {
    uint32_t n_tasks;
    uint32_t n_members;
    uint32_t n_wanted;
    uint32_t *member_offsets; /* n_tasks + 1 */
    uint32_t *members; /* n_members: node numbers */
    uint32_t *dep_offsets; /* n_tasks + 1 */
    uint32_t *deps; /* task numbers, each once per task */
    uint32_t *input_offsets; /* n_members + 1 */
    struct rask_opt_input *inputs; /* of each member, in the order its node has them */
    uint32_t *wanted; /* n_wanted: task numbers */
};

/* Makes the plan of what the graph's wanted results need (of all its nodes with RASK_OPT_NO_CULL).
 * `options` may be NULL. Cost: linear in nodes and inputs. Ranks: any one. Thread: any.
 * Owns: [give], rask_opt_plan_release.
 * Errors:
 *   RASK_ERR_STATE     nothing is wanted (and culling is on): the plan would be empty
 *   RASK_ERR_ARGUMENT  an unknown bit in `skip`
 *   RASK_ERR_MEMORY    no memory for the arrays of the plan */
RASK_MUST_USE rask_status rask_opt_plan_init(struct rask_opt_plan *plan,
                                             const struct rask_lazy_graph *graph,
                                             const struct rask_opt_options *options,
                                             struct rask_error *error);
void rask_opt_plan_release(struct rask_opt_plan *plan);

#endif
