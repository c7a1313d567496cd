/* SPDX-License-Identifier: BSD-3-Clause */
/* graph.h: an explicit graph under construction: calls of task functions and constants, what they
 * need, their annotations, and which results are wanted. A node has one result, and so a result is
 * named by its node's number.
 *
 * A node may only use nodes added before it, so a graph has no cycle at any time and node numbers
 * are a topological order; all passes over it are loops. Nothing is removed or changed:
 * optimisation (opt.h) makes a plan beside it. Results have no keys here: content keys are made
 * when the plan is submitted (api/content.h). */
#ifndef RASK_LAZY_GRAPH_H
#define RASK_LAZY_GRAPH_H

#include <rask/status.h>
#include <stdint.h>

struct rask_lazy_graph;

enum rask_lazy_kind { RASK_LAZY_CALL, RASK_LAZY_CONSTANT };

/* A node as it was added, and what rask_lazy_graph_node shows. For adding, zero means default. */
struct rask_lazy_node {
    uint32_t kind; /* enum rask_lazy_kind */
    uint32_t function; /* call: index in the table of task functions */
    const void *bytes; /* call: its by-value arguments; constant: the value */
    uint32_t n_bytes;
    uint32_t n_deps;
    const uint32_t *deps; /* call: the nodes whose results are its inputs, in order */
    uint32_t annotation; /* call: from rask_lazy_graph_annotate, 0 for none */
};

/* A new, empty graph. Owns: [give], rask_lazy_graph_free. Thread: any; one thread at a time per
 * graph. Errors: RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_lazy_graph_new(struct rask_lazy_graph **graph,
                                              struct rask_error *error);
void rask_lazy_graph_free(struct rask_lazy_graph *graph);

/* An annotation (priority, retries, resources, workers: the bytes mean nothing here) as a number to
 * put on nodes; equal bytes get equal numbers. No bytes is annotation 0. Errors: RASK_ERR_ARGUMENT
 * (bytes are missing), RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_lazy_graph_annotate(struct rask_lazy_graph *graph, const void *bytes,
                                                   uint32_t n_bytes, uint32_t *annotation,
                                                   struct rask_error *error);

/* Adds a node and gives its number: nodes are numbered from 0. Bytes and dependencies are copied;
 * they must not lie in the graph itself.
 * On error the graph is unchanged. Errors:
 *   RASK_ERR_ARGUMENT  an unknown kind or annotation; an input that is not there yet; inputs or an
 *                      annotation of a constant
 *   RASK_ERR_LIMIT     2^32 nodes or inputs
 *   RASK_ERR_MEMORY    no memory for the node */
RASK_MUST_USE rask_status rask_lazy_graph_add(struct rask_lazy_graph *graph,
                                              const struct rask_lazy_node *node, uint32_t *number,
                                              struct rask_error *error);

/* Says that a result is wanted; the i-th call is wanted result i. The same result may be wanted
 * twice. Errors:
 *   RASK_ERR_ARGUMENT  no such node
 *   RASK_ERR_MEMORY    no memory to note it */
RASK_MUST_USE rask_status rask_lazy_graph_want(struct rask_lazy_graph *graph, uint32_t node,
                                               struct rask_error *error);

uint32_t rask_lazy_graph_n_nodes(const struct rask_lazy_graph *graph);
uint32_t rask_lazy_graph_n_wanted(const struct rask_lazy_graph *graph);
/* Undefined for numbers that are not below the counts above (asserted). Pointers: [borrow] until
 * the next add. */
struct rask_lazy_node rask_lazy_graph_node(const struct rask_lazy_graph *graph, uint32_t node);
uint32_t rask_lazy_graph_wanted(const struct rask_lazy_graph *graph, uint32_t i);
const void *rask_lazy_graph_annotation(const struct rask_lazy_graph *graph, uint32_t annotation,
                                       uint32_t *n_bytes);

#endif
