/* SPDX-License-Identifier: BSD-3-Clause */
/* graph.h: an explicit graph under construction: calls of task functions, constants and aliases,
 * what they need, their annotations, and which results are wanted.
 *
 * A node may only use nodes added before it, so a graph has no cycle at any time and node numbers
 * are a topological order; all passes over it are loops. Nothing is removed or changed:
 * optimisation (opt.h) makes a plan beside it.
 *
 * Each result has a key. The key of a pure call is the token of function, by-value bytes and the
 * keys of its inputs: the same call on the same inputs has the same key, however it was written
 * down, whether its constants are inlined, its aliases resolved or its chain fused. An impure call
 * draws a new key each time. */
#ifndef RASK_LAZY_GRAPH_H
#define RASK_LAZY_GRAPH_H

#include "base/hash.h"

#include <rask/status.h>
#include <stdbool.h>
#include <stdint.h>

struct rask_lazy_graph;

/* One result of one node. */
struct rask_lazy_ref {
    uint32_t node;
    uint32_t output; /* 0 .. n_outputs - 1 of that node */
};

#define RASK_LAZY_KIND_LIST(X) \
    X(CALL, "call")            \
    X(CONSTANT, "constant")    \
    X(ALIAS, "alias")

enum rask_lazy_kind {
#define RASK_LAZY_KIND_ENUM(name, text) RASK_LAZY_##name,
    RASK_LAZY_KIND_LIST(RASK_LAZY_KIND_ENUM)
#undef RASK_LAZY_KIND_ENUM
};

/* A node as it was added, and what rask_lazy_graph_node shows. For adding, zero means default. */
struct rask_lazy_node {
    uint32_t kind; /* enum rask_lazy_kind */
    uint32_t function; /* call: index in the table of task functions */
    struct rask_key128 function_key; /* call: token of the function's name and version */
    const void *bytes; /* call: its by-value arguments; constant: the value */
    uint32_t n_bytes;
    uint32_t n_deps;
    const struct rask_lazy_ref
        *deps; /* call: inputs in order; alias: the one result it stands for */
    uint32_t n_outputs; /* call: results; 0 means 1 */
    uint32_t annotation; /* call: from rask_lazy_graph_annotate, 0 for none */
    bool is_impure; /* call: another run may give another result */
};

/* A new, empty graph. `salt` sets the keys of its impure calls apart from those of every other
 * graph: it must not be used twice in a job. Owns: [give], rask_lazy_graph_free. Thread: any; one
 * thread at a time per graph. Errors: RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_lazy_graph_new(struct rask_key128 salt,
                                              struct rask_lazy_graph **graph,
                                              struct rask_error *error);
void rask_lazy_graph_free(struct rask_lazy_graph *graph);

/* An annotation (priority, retries, resources, workers: the bytes mean nothing here) as a number to
 * put on nodes; equal bytes get equal numbers. No bytes is annotation 0. Errors: RASK_ERR_ARGUMENT
 * (bytes are missing), RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_lazy_graph_annotate(struct rask_lazy_graph *graph, const void *bytes,
                                                   uint32_t n_bytes, uint32_t *annotation,
                                                   struct rask_error *error);

/* Adds a node and gives its first result. Bytes and dependencies are copied; they must not
 * lie in the graph itself.
 * On error the graph is unchanged. Errors:
 *   RASK_ERR_ARGUMENT  an unknown kind or annotation; an input that is not there yet or has no such
 *                      output; an alias of other than one result; inputs of a constant
 *   RASK_ERR_LIMIT     2^32 nodes or inputs
 *   RASK_ERR_MEMORY    no memory for the node */
RASK_MUST_USE rask_status rask_lazy_graph_add(struct rask_lazy_graph *graph,
                                              const struct rask_lazy_node *node,
                                              struct rask_lazy_ref *ref, struct rask_error *error);

/* Says that a result is wanted; the i-th call is wanted result i. The same result may be wanted
 * twice. Errors:
 *   RASK_ERR_ARGUMENT  no such result
 *   RASK_ERR_MEMORY    no memory to note it */
RASK_MUST_USE rask_status rask_lazy_graph_want(struct rask_lazy_graph *graph,
                                               struct rask_lazy_ref ref, struct rask_error *error);

uint32_t rask_lazy_graph_n_nodes(const struct rask_lazy_graph *graph);
uint32_t rask_lazy_graph_n_wanted(const struct rask_lazy_graph *graph);
/* Undefined for numbers that are not below the counts above (asserted). Pointers: [borrow] until
 * the next add. */
struct rask_lazy_node rask_lazy_graph_node(const struct rask_lazy_graph *graph, uint32_t node);
struct rask_lazy_ref rask_lazy_graph_wanted(const struct rask_lazy_graph *graph, uint32_t i);
const void *rask_lazy_graph_annotation(const struct rask_lazy_graph *graph, uint32_t annotation,
                                       uint32_t *n_bytes);
struct rask_key128 rask_lazy_graph_key(const struct rask_lazy_graph *graph,
                                       struct rask_lazy_ref ref);

#endif
