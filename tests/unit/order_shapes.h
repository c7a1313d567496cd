/* SPDX-License-Identifier: BSD-3-Clause */
/* order_shapes.h: task graphs whose best order is known or argued about, for tests of the static
 * order.
 *
 * Each shape_<name> appends one graph to an empty shape and says in its comment which tasks are
 * which. A shape can be renumbered, because a good order follows the structure of a graph and not
 * the numbers of its tasks. */
#ifndef RASK_TESTS_ORDER_SHAPES_H
#define RASK_TESTS_ORDER_SHAPES_H

#include "sched/order.h"

#include <stddef.h>
#include <stdint.h>

struct shape {
    uint32_t n_tasks, n_deps, tasks_capacity, deps_capacity;
    uint32_t *offsets, *deps;
};

/* How tasks are renumbered: as they are, backwards, or shuffled by a seed of 2 and above. */
#define SHAPE_AS_IS 0
#define SHAPE_REVERSED 1

#define NEEDS(...) \
    (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)

/* Adds a task and returns its number. The process ends when there is no memory. */
uint32_t shape_task(struct shape *shape, const uint32_t *deps, size_t n_deps);
uint32_t shape_root(struct shape *shape);
struct rask_order_graph shape_graph(const struct shape *shape);
void shape_release(struct shape *shape);

/* number[t] is the number of task t of `shape` in `renumbered`. Both outputs are the caller's to
 * release. */
void shape_renumber(const struct shape *shape, uint64_t how, struct shape *renumbered,
                    uint32_t **number);

/* The next number of a small generator with its state in *state. */
uint64_t shape_random(uint64_t *state);

/* Reduces `n` tasks by groups of `width` until one is left, and returns it. `tasks` is overwritten.
 */
uint32_t shape_reduce(struct shape *shape, uint32_t *tasks, uint32_t n, uint32_t width);

void shape_pairs(struct shape *shape, int is_crossed);
void shape_two_chains(struct shape *shape);
void shape_smaller_sections(struct shape *shape);
void shape_windows(struct shape *shape);
void shape_shared_root(struct shape *shape, uint32_t n_blocks);
void shape_labelled_reduction(struct shape *shape);
void shape_anomaly_small(struct shape *shape);
void shape_anomaly(struct shape *shape, uint32_t n, uint32_t n_groups);
void shape_crossed_bundles(struct shape *shape);
void shape_double_difference(struct shape *shape);
void shape_late_root(struct shape *shape);
void shape_two_halves(struct shape *shape);
void shape_broadcast_steps(struct shape *shape, uint32_t depth);
void shape_neighbours(struct shape *shape);
void shape_stencil(struct shape *shape, uint32_t width, uint32_t n_steps);
void shape_outer_product(struct shape *shape, uint32_t n, uint32_t m);
void shape_products(struct shape *shape, uint32_t n);
void shape_random_dag(struct shape *shape, uint32_t n, uint32_t n_deps_max, uint64_t seed);

#endif
