/* SPDX-License-Identifier: BSD-3-Clause */
/* order_rows.c: reading a graph, its topological order by Kahn's method, and its chains.
 *
 * A chain is a task and those behind it that have one dependency each, which nobody else uses.
 * Running a chain through never needs more memory than its head, so the walk takes it as one step.
 */
#include "sched/order_rows.h"

#include "base/alloc.h"
#include "base/error.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define N_CYCLE_NAMED 8

void *rask_order_take(struct rask_order_region *region, uint64_t count, size_t bytes_each)
{
    assert(region->n_blocks < RASK_ORDER_BLOCKS_MAX);
    void *block = region->failed_bytes > 0 ? NULL : rask_alloc_zeroed(count, bytes_each);
    if (block == NULL) {
        if (region->failed_bytes == 0)
            region->failed_bytes = count * bytes_each;
        return NULL;
    }
    region->blocks[region->n_blocks++] = block;
    return block;
}

uint32_t *rask_order_numbers(struct rask_order_region *region, uint64_t count)
{
    return rask_order_take(region, count, sizeof(uint32_t));
}

void rask_order_region_release(struct rask_order_region *region)
{
    while (region->n_blocks > 0)
        rask_free(region->blocks[--region->n_blocks]);
}

rask_status rask_order_region_status(const struct rask_order_region *region,
                                     struct rask_error *error)
{
    if (region->failed_bytes == 0)
        return RASK_OK;
    return rask_error_memory(error, region->failed_bytes, "the order of a graph");
}

rask_status rask_order_check(const struct rask_order_graph *graph, struct rask_error *error)
{
    if (graph == NULL || (graph->n_tasks > 0 && graph->offsets == NULL))
        return rask_error_set(error, RASK_ERR_ARGUMENT, "order: no graph was given");
    if (graph->n_tasks == RASK_ORDER_NONE)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "order: a graph has at most %" PRIu32 " tasks", RASK_ORDER_NONE - 1);
    for (uint32_t t = 0; t < graph->n_tasks; t++) {
        if (graph->offsets[t] > graph->offsets[t + 1] || (t == 0 && graph->offsets[0] != 0))
            return rask_error_set(error, RASK_ERR_ARGUMENT,
                                  "order: offsets[%" PRIu32 "] = %" PRIu32
                                  " is followed by %" PRIu32 "; offsets start at 0 and never fall",
                                  t, graph->offsets[t], graph->offsets[t + 1]);
        for (uint32_t e = graph->offsets[t]; e < graph->offsets[t + 1]; e++)
            if (graph->deps == NULL || graph->deps[e] >= graph->n_tasks)
                return rask_error_set(error, RASK_ERR_ARGUMENT,
                                      "order: task %" PRIu32 " needs task %" PRIu32
                                      ", but there are only %" PRIu32,
                                      t, graph->deps == NULL ? 0 : graph->deps[e], graph->n_tasks);
    }
    return RASK_OK;
}

/* The transpose of `rows`, in rising order within each row. */
static struct rask_order_rows transpose(struct rask_order_region *region,
                                        const struct rask_order_rows *rows, uint32_t n)
{
    struct rask_order_rows turned = {rask_order_numbers(region, (uint64_t)n + 1),
                                     rask_order_numbers(region, rows->offsets[n])};
    uint32_t *next = rask_order_numbers(region, (uint64_t)n + 1);
    if (region->failed_bytes > 0)
        return turned;
    for (uint32_t e = 0; e < rows->offsets[n]; e++)
        turned.offsets[rows->items[e] + 1]++;
    for (uint32_t t = 0; t < n; t++)
        turned.offsets[t + 1] += turned.offsets[t];
    memcpy(next, turned.offsets, (uint64_t)n * sizeof *next);
    for (uint32_t t = 0; t < n; t++)
        for (uint32_t e = rows->offsets[t]; e < rows->offsets[t + 1]; e++)
            turned.items[next[rows->items[e]]++] = t;
    return turned;
}

void rask_order_read(struct rask_order_region *region, const struct rask_order_graph *graph,
                     struct rask_order_edges *edges)
{
    uint32_t n = graph->n_tasks;
    edges->n = n;
    edges->deps =
        (struct rask_order_rows){rask_order_numbers(region, (uint64_t)n + 1),
                                 rask_order_numbers(region, n > 0 ? graph->offsets[n] : 0)};
    uint32_t *seen_by = rask_order_numbers(region, n);
    if (region->failed_bytes > 0)
        return;
    uint32_t n_edges = 0;
    for (uint32_t t = 0; t < n; t++) {
        for (uint32_t e = graph->offsets[t]; e < graph->offsets[t + 1]; e++) {
            if (seen_by[graph->deps[e]] == t + 1)
                continue;
            seen_by[graph->deps[e]] = t + 1;
            edges->deps.items[n_edges++] = graph->deps[e];
        }
        edges->deps.offsets[t + 1] = n_edges;
    }
    edges->users = transpose(region, &edges->deps, n);
}

/* ---- cycles ---- */

/* Some task that cannot run waits, and each such task has a dependency that waits too: going from
 * one to the next must come round. */
static rask_status name_cycle(const struct rask_order_edges *edges, const uint32_t *waiting,
                              uint32_t *seen_at, struct rask_error *error)
{
    uint32_t t = 0;
    while (waiting[t] == 0)
        t++;
    memset(seen_at, 0, edges->n * sizeof *seen_at);
    for (uint32_t step = 1; seen_at[t] == 0; step++) {
        seen_at[t] = step;
        uint32_t e = edges->deps.offsets[t];
        while (waiting[edges->deps.items[e]] == 0)
            e++;
        t = edges->deps.items[e];
    }
    char names[N_CYCLE_NAMED * 16] = "";
    uint32_t first = t, length = 0;
    size_t used = 0;
    do {
        if (length++ < N_CYCLE_NAMED)
            used += (size_t)snprintf(names + used, sizeof names - used, "%" PRIu32 " needs ", t);
        uint32_t e = edges->deps.offsets[t];
        while (waiting[edges->deps.items[e]] == 0)
            e++;
        t = edges->deps.items[e];
    } while (t != first);
    if (length > N_CYCLE_NAMED)
        return rask_error_set(error, RASK_ERR_CYCLE,
                              "%" PRIu32
                              " tasks wait for each other: task %s... which needs %" PRIu32
                              "; no order can run them",
                              length, names, first);
    return rask_error_set(error, RASK_ERR_CYCLE,
                          "%" PRIu32 " task%s wait%s for %s: task %s%" PRIu32
                          "; no order can run them",
                          length, length == 1 ? "" : "s", length == 1 ? "s" : "",
                          length == 1 ? "itself" : "each other", names, first);
}

rask_status rask_order_sort(struct rask_order_region *region, const struct rask_order_edges *edges,
                            uint32_t **sorted, struct rask_error *error)
{
    uint32_t n_sorted = 0;
    uint32_t *waiting = rask_order_numbers(region, edges->n);
    *sorted = rask_order_numbers(region, edges->n);
    if (region->failed_bytes > 0)
        return rask_order_region_status(region, error);
    for (uint32_t t = 0; t < edges->n; t++) {
        waiting[t] = rask_order_length(&edges->deps, t);
        if (waiting[t] == 0)
            (*sorted)[n_sorted++] = t;
    }
    for (uint32_t i = 0; i < n_sorted; i++) {
        uint32_t t = (*sorted)[i];
        for (uint32_t e = edges->users.offsets[t]; e < edges->users.offsets[t + 1]; e++)
            if (--waiting[edges->users.items[e]] == 0)
                (*sorted)[n_sorted++] = edges->users.items[e];
    }
    if (n_sorted < edges->n)
        return name_cycle(edges, waiting, *sorted, error);
    return RASK_OK;
}

/* ---- chains ---- */

static bool is_joined(const struct rask_order_edges *edges, uint32_t task)
{
    return rask_order_length(&edges->deps, task) == 1 &&
           rask_order_length(&edges->users, edges->deps.items[edges->deps.offsets[task]]) == 1;
}

void rask_order_join(struct rask_order_region *region, const struct rask_order_edges *tasks,
                     const uint32_t *sorted, struct rask_order_steps *steps)
{
    uint32_t *step_of = rask_order_numbers(region, tasks->n);
    steps->head = rask_order_numbers(region, tasks->n);
    steps->next = rask_order_numbers(region, tasks->n);
    steps->sorted = rask_order_numbers(region, tasks->n);
    struct rask_order_rows deps = {
        rask_order_numbers(region, (uint64_t)tasks->n + 1),
        rask_order_numbers(region, tasks->n > 0 ? tasks->deps.offsets[tasks->n] : 0)};
    if (region->failed_bytes > 0)
        return;
    uint32_t n_steps = 0, n_edges = 0, n_sorted = 0;
    for (uint32_t t = 0; t < tasks->n; t++) {
        steps->next[t] = RASK_ORDER_NONE;
        if (!is_joined(tasks, t)) {
            step_of[t] = n_steps;
            steps->head[n_steps++] = t;
        }
    }
    for (uint32_t i = 0; i < tasks->n; i++) {
        uint32_t t = sorted[i];
        if (!is_joined(tasks, t)) {
            steps->sorted[n_sorted++] = step_of[t];
            continue;
        }
        uint32_t before = tasks->deps.items[tasks->deps.offsets[t]];
        steps->next[before] = t;
        step_of[t] = step_of[before];
    }
    for (uint32_t s = 0; s < n_steps; s++) {
        uint32_t t = steps->head[s];
        for (uint32_t e = tasks->deps.offsets[t]; e < tasks->deps.offsets[t + 1]; e++)
            deps.items[n_edges++] = step_of[tasks->deps.items[e]];
        deps.offsets[s + 1] = n_edges;
    }
    steps->edges = (struct rask_order_edges){n_steps, deps, transpose(region, &deps, n_steps)};
}
