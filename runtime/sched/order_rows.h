/* SPDX-License-Identifier: BSD-3-Clause */
/* order_rows.h: what the order works on: rows of edges without duplicates, a topological order or
 * the cycle that forbids one, and chains joined to steps. Of use to order.c and order_pressure.c
 * only.
 *
 * Arrays live in a region and are freed together. After a failed take the region's status is
 * RASK_ERR_MEMORY and every later take fails: a function takes all it needs and looks once. */
#ifndef RASK_SCHED_ORDER_ROWS_H
#define RASK_SCHED_ORDER_ROWS_H

#include "sched/order.h"

#include <stddef.h>
#include <stdint.h>

#define RASK_ORDER_NONE UINT32_MAX

/* All arrays of one call, freed together. A failed take is remembered. */
#define RASK_ORDER_BLOCKS_MAX 40
struct rask_order_region {
    void *blocks[RASK_ORDER_BLOCKS_MAX];
    uint32_t n_blocks;
    uint64_t failed_bytes; /* 0: no allocation has failed */
};

/* Rows of numbers: row r is items[offsets[r]] .. items[offsets[r + 1] - 1]. */
struct rask_order_rows {
    uint32_t *offsets;
    uint32_t *items;
};

/* The graph, each edge once. */
struct rask_order_edges {
    uint32_t n;
    struct rask_order_rows deps;
    struct rask_order_rows users;
};

/* Chains of tasks as the steps of the walk, numbered by the lowest head. */
struct rask_order_steps {
    struct rask_order_edges edges; /* between steps */
    uint32_t *head; /* step -> its first task */
    uint32_t *next; /* task -> the next task of its chain, RASK_ORDER_NONE at its tail */
    uint32_t *sorted; /* steps, each after those it needs */
};

static inline uint32_t rask_order_length(const struct rask_order_rows *rows, uint32_t row)
{
    return rows->offsets[row + 1] - rows->offsets[row];
}

/* Zeroed arrays; NULL when this or an earlier take has failed. */
void *rask_order_take(struct rask_order_region *region, uint64_t count, size_t bytes_each);
uint32_t *rask_order_numbers(struct rask_order_region *region, uint64_t count);
rask_status rask_order_region_status(const struct rask_order_region *region,
                                     struct rask_error *error);
void rask_order_region_release(struct rask_order_region *region);

/* RASK_ERR_ARGUMENT, naming the place, unless the graph is whole. */
rask_status rask_order_check(const struct rask_order_graph *graph, struct rask_error *error);

/* The graph's edges, each once, in both directions. Failure shows in the region. */
void rask_order_read(struct rask_order_region *region, const struct rask_order_graph *graph,
                     struct rask_order_edges *edges);

/* All tasks, each after those it needs. RASK_ERR_CYCLE, RASK_ERR_MEMORY. */
rask_status rask_order_sort(struct rask_order_region *region, const struct rask_order_edges *edges,
                            uint32_t **sorted, struct rask_error *error);

/* Joins chains to steps. Failure shows in the region. */
void rask_order_join(struct rask_order_region *region, const struct rask_order_edges *tasks,
                     const uint32_t *sorted, struct rask_order_steps *steps);

#endif
