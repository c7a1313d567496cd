/* SPDX-License-Identifier: BSD-3-Clause */
/* order_pressure.c: how many results are alive when a graph is run in a given order, one task at a
 * time. */
#include "sched/order.h"

#include "base/error.h"
#include "sched/order_rows.h"

#include <inttypes.h>
#include <string.h>

/* Turns ranks round: by_rank[rank[t]] = t, and checks that each task comes after those it needs. */
static rask_status invert_ranks(const struct rask_order_graph *graph, const uint32_t *rank,
                                uint32_t *by_rank, struct rask_error *error)
{
    memset(by_rank, 0xff, graph->n_tasks * sizeof *by_rank);
    for (uint32_t t = 0; t < graph->n_tasks; t++) {
        if (rank[t] >= graph->n_tasks || by_rank[rank[t]] != RASK_ORDER_NONE)
            return rask_error_set(error, RASK_ERR_ARGUMENT,
                                  "order: task %" PRIu32 " has rank %" PRIu32
                                  "; ranks are 0 to %" PRIu32 ", each once",
                                  t, rank[t], graph->n_tasks - 1);
        by_rank[rank[t]] = t;
        for (uint32_t e = graph->offsets[t]; e < graph->offsets[t + 1]; e++)
            if (rank[graph->deps[e]] >= rank[t])
                return rask_error_set(error, RASK_ERR_ARGUMENT,
                                      "order: task %" PRIu32 " has rank %" PRIu32
                                      " but needs task %" PRIu32 ", which has rank %" PRIu32,
                                      t, rank[t], graph->deps[e], rank[graph->deps[e]]);
    }
    return RASK_OK;
}

/* n_left counts uses and not users: a task that names a dependency twice takes both away at once.
 */
static struct rask_order_pressure count_alive(const struct rask_order_graph *graph,
                                              const uint32_t *by_rank, uint32_t *n_left,
                                              uint32_t *profile)
{
    struct rask_order_pressure pressure = {.max_alive = 0};
    uint32_t n_alive = 0;
    uint64_t sum = 0;
    for (uint32_t e = 0; e < graph->offsets[graph->n_tasks]; e++)
        n_left[graph->deps[e]]++;
    for (uint32_t r = 0; r < graph->n_tasks; r++) {
        uint32_t t = by_rank[r];
        if (n_alive > pressure.max_alive) {
            pressure.max_alive = n_alive;
            pressure.max_at_rank = r;
        }
        if (profile != NULL)
            profile[r] = n_alive;
        sum += n_alive;
        for (uint32_t e = graph->offsets[t]; e < graph->offsets[t + 1]; e++)
            if (--n_left[graph->deps[e]] == 0)
                n_alive--;
        if (n_left[t] > 0)
            n_alive++;
    }
    pressure.mean_alive = (double)sum / graph->n_tasks;
    return pressure;
}

rask_status rask_order_pressure(const struct rask_order_graph *graph, const uint32_t *rank,
                                struct rask_order_pressure *pressure, uint32_t *profile,
                                struct rask_error *error)
{
    struct rask_order_region region = {.n_blocks = 0};
    rask_status status = rask_order_check(graph, error);
    if (status != RASK_OK)
        return status;
    if (pressure == NULL || (rank == NULL && graph->n_tasks > 0))
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "order: no ranks or no room for the pressure was given");
    if (graph->n_tasks == 0) {
        *pressure = (struct rask_order_pressure){.max_alive = 0};
        return RASK_OK;
    }
    uint32_t *by_rank = rask_order_numbers(&region, graph->n_tasks);
    uint32_t *n_left = rask_order_numbers(&region, graph->n_tasks);
    status = rask_order_region_status(&region, error);
    if (status == RASK_OK)
        status = invert_ranks(graph, rank, by_rank, error);
    if (status == RASK_OK)
        *pressure = count_alive(graph, by_rank, n_left, profile);
    rask_order_region_release(&region);
    return status;
}
