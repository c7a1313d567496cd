/* SPDX-License-Identifier: BSD-3-Clause */
/* graph.h: write a whole graph of calls down first, submit it at once.
 *
 *     struct rask_graph *graph;
 *     struct rask_node a, b;
 *     rask_graph_new(rask, &graph, NULL);
 *     rask_graph_add(graph, RASK_CALL(load, RASK_VALUE(day)), &a, NULL);
 *     rask_graph_add(graph, RASK_CALL(mean, RASK_NODE(a)), &b, NULL);
 *     rask_graph_want(graph, b, NULL);
 *     rask_graph_submit(graph, NULL, &future, NULL);
 *     rask_graph_free(graph);
 *
 * Nothing runs before the submission, which knows the whole graph and so can do better than one
 * call at a time: calls that no wanted result needs are left out, small constants travel in the
 * calls, a chain of calls becomes one task, and the tasks get an order in which few results are
 * alive at once. What is computed is the same.
 *
 * A node can only use nodes that were added before it, so a graph has no cycle at any time and no
 * call of this header returns RASK_ERR_CYCLE.
 *
 * Thread: any; one at a time per graph. In a task, use the runtime that rask_task_runtime gives. */
#ifndef RASK_GRAPH_H
#define RASK_GRAPH_H

#include <rask/future.h>
#include <rask/status.h>
#include <rask/task.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rask_graph;

/* One node of one graph. id 0 is no node. */
struct rask_node {
    uint64_t id;
};

/* The result of a node as an input of a call that is added to the same graph. */
static inline struct rask_input rask_input_node(struct rask_node node)
{
    struct rask_input input = {NULL, 0, {0}, 0, 0};
    input.node = node.id;
    return input;
}

#define RASK_NODE(node) rask_input_node(node)

/* A new, empty graph.
 * Owns: *graph [give] freed by rask_graph_free, before or after what was submitted has run, but
 * before rask_stop. Errors: RASK_ERR_ARGUMENT, RASK_ERR_MEMORY. */
RASK_API RASK_MUST_USE rask_status rask_graph_new(struct rask *rask, struct rask_graph **graph,
                                                  struct rask_error *error);

/* Frees the graph; its tasks and their futures are not touched. NULL is fine. */
RASK_API void rask_graph_free(struct rask_graph *graph);

/* Adds a call. Its inputs are values and buffers (copied), results (RASK_RESULT: the future must
 * live until the graph has been submitted) and nodes of this graph (RASK_NODE). The call's options
 * are kept whatever becomes of the call: calls with different options are never made one task, and
 * in a fused chain each call has its own retries. On error the graph may have gained constants that
 * nobody uses, and is otherwise unchanged. Errors: as rask_submit; RASK_ERR_ARGUMENT (a node of
 * another graph; is_forgotten, which has no meaning here). */
RASK_API RASK_MUST_USE rask_status rask_graph_add(struct rask_graph *graph,
                                                  const struct rask_call *call,
                                                  struct rask_node *node, struct rask_error *error);

/* Adds bytes (copied) for any number of calls to use. Small ones travel in the calls, others are
 * stored once. Errors: RASK_ERR_ARGUMENT, RASK_ERR_LIMIT (4 GiB or more: scatter them and use the
 * future), RASK_ERR_MEMORY. */
RASK_API RASK_MUST_USE rask_status rask_graph_constant(struct rask_graph *graph,
                                                       struct rask_view data,
                                                       struct rask_node *node,
                                                       struct rask_error *error);

/* Says that a node's result is wanted: the i-th call is future i of the submission. A node that is
 * wanted twice has one future, which is then given twice. Errors: RASK_ERR_ARGUMENT (no node of
 * this graph), RASK_ERR_MEMORY. */
RASK_API RASK_MUST_USE rask_status rask_graph_want(struct rask_graph *graph, struct rask_node node,
                                                   struct rask_error *error);

/* What the submission leaves out. Zero means default: everything is done. */
struct rask_graph_options {
    size_t size; /* sizeof(struct rask_graph_options) */
    int is_unfused; /* each call is a task of its own; default: chains become one task */
    int is_unculled; /* calls that no wanted result needs run too; default: they are left out */
};

/* Submits the graph: futures gets one future per rask_graph_want, in that order, yours to release.
 * The rest of the results is freed as soon as nothing needs it. A graph can be submitted again, and
 * gives new tasks then (but for pure calls); more can be added between. Errors: as rask_submit,
 * RASK_ERR_STATE (nothing is wanted and is_unculled is 0). On error no future is given and what was
 * submitted is dropped; only calls that nobody wanted (is_unculled) may have run. */
RASK_API RASK_MUST_USE rask_status rask_graph_submit(struct rask_graph *graph,
                                                     const struct rask_graph_options *options,
                                                     struct rask_future *futures,
                                                     struct rask_error *error);

#ifdef __cplusplus
}
#endif

#endif
