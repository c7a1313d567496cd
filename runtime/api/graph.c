/* SPDX-License-Identifier: BSD-3-Clause */
/* graph.c: graphs that a program writes down, as nodes of lazy/graph.h. What each kind of node
 * holds is told here; from node to task is graph_submit.c.
 *
 * A call's bytes are a table and values as in wire/call.h; inputs that are results of nodes are its
 * dependencies. A future is a call of no function without inputs, with an annotation that no other
 * call has: so it is never fused, and is found again by it. A call's options are its annotation:
 * calls with different options are never fused. */
#include "api/graph.h"

#include "api/options.h"

#include "base/alloc.h"
#include "base/error.h"
#include "wire/call.h"

#include <string.h>

static const char future_annotation[] = "future";

rask_status rask_graph_new(struct rask *rask, struct rask_graph **graph, struct rask_error *error)
{
    if (rask == NULL || graph == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "rask_graph_new without a runtime or a place for the graph");
    struct rask_runtime *rt = rask_runtime_of(rask);
    struct rask_graph *made = rask_alloc_zeroed(1, sizeof *made);
    if (made == NULL)
        return rask_error_memory(error, sizeof *made, "a graph");
    made->rask = rask;
    made->number = atomic_fetch_add_explicit(&rt->n_graphs, 1, memory_order_relaxed) + 1;
    rask_status status = rask_lazy_graph_new(&made->lazy, error);
    if (status == RASK_OK)
        status = rask_lazy_graph_annotate(made->lazy, future_annotation, sizeof future_annotation,
                                          &made->future_annotation, error);
    if (status != RASK_OK) {
        rask_graph_free(made);
        return status;
    }
    *graph = made;
    return RASK_OK;
}

void rask_graph_free(struct rask_graph *graph)
{
    if (graph == NULL)
        return;
    rask_lazy_graph_free(graph->lazy);
    graph_deps_release(&graph->deps);
    rask_buf_release(&graph->bytes);
    rask_free(graph);
}

static struct rask_node node_of(const struct rask_graph *graph, uint32_t number)
{
    return (struct rask_node){(uint64_t)graph->number << 32 | (number + 1)};
}

/* The node in the lazy graph; RASK_ERR_ARGUMENT if it is none of this graph's. */
static rask_status find_node(const struct rask_graph *graph, uint64_t id, uint32_t *number)
{
    uint32_t from_1 = (uint32_t)id;
    if (id >> 32 != graph->number || from_1 == 0 || from_1 > rask_lazy_graph_n_nodes(graph->lazy))
        return RASK_ERR_ARGUMENT;
    *number = from_1 - 1;
    return RASK_OK;
}

static rask_status add_constant(struct rask_graph *graph, struct rask_view data, uint32_t *number,
                                struct rask_error *error)
{
    if (data.bytes > UINT32_MAX)
        return rask_error_set(
            error, RASK_ERR_LIMIT,
            "a constant of %llu bytes in a graph; scatter 4 GiB and more, and use the future",
            (unsigned long long)data.bytes);
    struct rask_lazy_node node = {
        .kind = RASK_LAZY_CONSTANT, .bytes = data.data, .n_bytes = (uint32_t)data.bytes};
    return rask_lazy_graph_add(graph->lazy, &node, number, error);
}

static rask_status add_future(struct rask_graph *graph, struct rask_future future, uint32_t *number,
                              struct rask_error *error)
{
    struct rask_lazy_node node = {.kind = RASK_LAZY_CALL,
                                  .function = RASK_REGISTRY_NONE,
                                  .bytes = &future.id,
                                  .n_bytes = sizeof future.id,
                                  .annotation = graph->future_annotation};
    if (rask_client_find(&rask_runtime_of(graph->rask)->loop.client, future.id) == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "an input's future (%llx) is none, or was released",
                              (unsigned long long)future.id);
    return rask_lazy_graph_add(graph->lazy, &node, number, error);
}

/* An input that is a dependency: a node, a future, or bytes that are too many for the call. */
static rask_status add_dep(struct rask_graph *graph, const struct rask_input *input, size_t index,
                           struct rask_error *error)
{
    uint32_t number;
    rask_status status;
    if (input->data == NULL && (input->offset != 0 || input->bytes != 0))
        return rask_error_set(error, RASK_ERR_UNSUPPORTED,
                              "input %zu is a part of a result, which calls of a graph cannot "
                              "have: submit the call by itself, or give it the whole result",
                              index);
    if (input->data != NULL)
        status = add_constant(graph, (struct rask_view){input->data, input->bytes}, &number, error);
    else if (input->future.id != 0)
        status = add_future(graph, input->future, &number, error);
    else if (find_node(graph, input->node, &number) != RASK_OK)
        status = rask_error_set(error, RASK_ERR_ARGUMENT, "input %zu is %s", index,
                                input->node == 0 ? "neither a future, a node nor bytes"
                                                 : "a node of another graph");
    else
        status = RASK_OK;
    if (status == RASK_OK && graph_deps_push(&graph->deps, number) != 0)
        status = rask_error_memory(error, sizeof number, "the inputs of a node");
    return status;
}

/* Packs the inputs into the scratch of the graph: values into `bytes`, the rest into `deps`. */
static rask_status pack_inputs(struct rask_graph *graph, const struct rask_call *call,
                               struct rask_error *error)
{
    static const uint8_t zeros[8] = {0};
    uint32_t n_inputs = (uint32_t)call->n_inputs;
    size_t table_bytes = rask_call_table_bytes(n_inputs);
    rask_buf_clear(&graph->bytes);
    graph_deps_clear(&graph->deps);
    if (n_inputs == 0)
        return RASK_OK;
    if (rask_buf_reserve(&graph->bytes, table_bytes) != 0)
        return rask_error_memory(error, table_bytes, "the inputs of a node");
    memset(rask_buf_room(&graph->bytes, table_bytes), 0, table_bytes);
    memcpy(graph->bytes.data, &n_inputs, sizeof n_inputs);
    for (uint32_t i = 0; i < n_inputs; i++) {
        const struct rask_input *input = &call->inputs[i];
        uint32_t entry = RASK_CALL_RESULT;
        rask_status status = RASK_OK;
        if (input->data == NULL || input->bytes > RASK_LIMIT_CALL_BYTES ||
            graph->bytes.size + rask_wire_pad(input->bytes) > RASK_LIMIT_CALL_BYTES) {
            status = add_dep(graph, input, i, error);
        } else {
            entry = (uint32_t)input->bytes;
            if (rask_buf_append(&graph->bytes, input->data, entry) != 0 ||
                rask_buf_append(&graph->bytes, zeros, rask_wire_pad(entry) - entry) != 0)
                status = rask_error_memory(error, entry, "the inputs of a node");
        }
        if (status != RASK_OK)
            return status;
        memcpy(graph->bytes.data + (i + 1) * sizeof entry, &entry, sizeof entry);
    }
    return RASK_OK;
}

/* The options as bytes that are equal when they mean the same; none for defaults. */
static rask_status annotate(struct rask_graph *graph, const struct rask_call_options *o,
                            uint32_t *annotation, struct rask_error *error)
{
    struct rask_graph_note note = {.priority = 0};
    struct rask_buf bytes = {0};
    *annotation = 0;
    note.priority = o->priority;
    note.retries = o->retries;
    note.is_pure = o->is_pure != 0;
    note.is_producer = o->is_producer != 0;
    note.is_loose = o->n_ranks != 0 && o->is_loose != 0;
    note.n_ranks = (uint32_t)o->n_ranks;
    note.n_resources = (uint32_t)o->n_resources;
    int failed = rask_buf_append(&bytes, &note, sizeof note) != 0 ||
                 rask_buf_append(&bytes, o->ranks, o->n_ranks * sizeof *o->ranks) != 0;
    for (size_t i = 0; i < o->n_resources && !failed; i++) {
        struct rask_wire_resource resource = {.amount = o->resources[i].amount};
        memcpy(resource.name, o->resources[i].name, strlen(o->resources[i].name));
        failed = rask_buf_append(&bytes, &resource, sizeof resource) != 0;
    }
    rask_status status =
        failed ? rask_error_memory(error, sizeof note, "the options of a node") : RASK_OK;
    static const struct rask_graph_note defaults = {.priority = 0};
    if (status == RASK_OK && memcmp(&note, &defaults, sizeof note) != 0)
        status = rask_lazy_graph_annotate(graph->lazy, bytes.data, (uint32_t)bytes.size, annotation,
                                          error);
    rask_buf_release(&bytes);
    return status;
}

static rask_status check_add(const struct rask_graph *graph, const struct rask_call *call,
                             const struct rask_call_options *options, const struct rask_node *node,
                             struct rask_error *error)
{
    if (graph == NULL || call == NULL || node == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "rask_graph_add without a graph, a call or a place for the node");
    if (call->inputs == NULL && call->n_inputs != 0)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "a call of %zu inputs without inputs",
                              call->n_inputs);
    if (options->is_forgotten)
        return rask_error_set(
            error, RASK_ERR_ARGUMENT,
            "is_forgotten means nothing in a graph: want the node, and release its future");
    return RASK_OK;
}

rask_status rask_graph_add(struct rask_graph *graph, const struct rask_call *call,
                           struct rask_node *node, struct rask_error *error)
{
    struct rask_lazy_node added = {.kind = RASK_LAZY_CALL};
    uint32_t number;
    struct rask_call_options options;
    rask_status status = rask_options_read(call == NULL ? NULL : call->options, &options,
                                           sizeof options, "rask_call_options", error);
    if (status == RASK_OK)
        status = check_add(graph, call, &options, node, error);
    if (status == RASK_OK)
        status = rask_submit_check(graph->rask, call, &added.function, error);
    if (status == RASK_OK)
        status = annotate(graph, &options, &added.annotation, error);
    if (status == RASK_OK)
        status = pack_inputs(graph, call, error);
    if (status != RASK_OK)
        return status;
    added.bytes = graph->bytes.data;
    added.n_bytes = (uint32_t)graph->bytes.size;
    added.deps = graph->deps.items;
    added.n_deps = (uint32_t)graph->deps.count;
    status = rask_lazy_graph_add(graph->lazy, &added, &number, error);
    if (status == RASK_OK)
        *node = node_of(graph, number);
    return status;
}

rask_status rask_graph_constant(struct rask_graph *graph, struct rask_view data,
                                struct rask_node *node, struct rask_error *error)
{
    uint32_t number;
    if (graph == NULL || node == NULL || (data.data == NULL && data.bytes != 0))
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "rask_graph_constant without a graph, data or a place for the node");
    rask_status status = add_constant(graph, data, &number, error);
    if (status == RASK_OK)
        *node = node_of(graph, number);
    return status;
}

rask_status rask_graph_want(struct rask_graph *graph, struct rask_node node,
                            struct rask_error *error)
{
    uint32_t number;
    if (graph == NULL || find_node(graph, node.id, &number) != RASK_OK)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "what is wanted is no node of the graph");
    return rask_lazy_graph_want(graph->lazy, number, error);
}
