/* SPDX-License-Identifier: BSD-3-Clause */
/* graph.c: a graph in three growing arrays.
 *
 *     records  | node 0 | node 1 | node 2 |       where its bytes and inputs are
 *     pool     | bytes of 0 | pad | bytes of 2 |  each starts at a multiple of 16 bytes
 *     deps     | inputs of 1 | inputs of 2 |
 *
 * Each add first makes room for everything and then writes, so that an add that fails changes
 * nothing. */
#include "lazy/graph.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/vec.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#define POOL_ALIGNMENT 16u
#define N_NODES_MAX (UINT32_MAX - 1)

struct record {
    uint64_t first_byte; /* in the pool */
    uint32_t n_bytes;
    uint32_t first_dep;
    uint32_t n_deps;
    uint32_t function;
    uint32_t annotation;
    uint32_t kind;
};

/* Bytes of one annotation in the pool. */
struct note {
    uint64_t first_byte;
    uint32_t n_bytes;
};

RASK_VEC_DEFINE(records, struct record);
RASK_VEC_DEFINE(notes, struct note);
RASK_VEC_DEFINE(numbers, uint32_t);

struct rask_lazy_graph {
    struct records records;
    struct numbers deps;
    struct numbers wanted;
    struct rask_buf pool;
    struct notes notes; /* annotation n is notes.items[n - 1] */
    struct rask_map128 note_of; /* hash of its bytes -> annotation */
};

rask_status rask_lazy_graph_new(struct rask_lazy_graph **graph, struct rask_error *error)
{
    struct rask_lazy_graph *made = rask_alloc_zeroed(1, sizeof *made);
    if (made == NULL)
        return rask_error_memory(error, sizeof *made, "a graph");
    rask_buf_init(&made->pool, 0);
    *graph = made;
    return RASK_OK;
}

void rask_lazy_graph_free(struct rask_lazy_graph *graph)
{
    if (graph == NULL)
        return;
    records_release(&graph->records);
    numbers_release(&graph->deps);
    numbers_release(&graph->wanted);
    rask_buf_release(&graph->pool);
    notes_release(&graph->notes);
    rask_map128_release(&graph->note_of);
    rask_free(graph);
}

/* Room in the pool for `n_bytes` at an aligned place; false for want of memory. */
static bool pool_reserve(struct rask_lazy_graph *graph, uint32_t n_bytes)
{
    return rask_buf_reserve(&graph->pool, (size_t)n_bytes + POOL_ALIGNMENT) == 0;
}

/* Appends bytes for which there is room, and returns where they begin. */
static uint64_t pool_append(struct rask_lazy_graph *graph, const void *bytes, uint32_t n_bytes)
{
    size_t padding = (POOL_ALIGNMENT - graph->pool.size % POOL_ALIGNMENT) % POOL_ALIGNMENT;
    memset(rask_buf_room(&graph->pool, padding), 0, padding);
    uint64_t first = graph->pool.size;
    void *room = rask_buf_room(&graph->pool, n_bytes);
    if (n_bytes > 0)
        memcpy(room, bytes, n_bytes);
    return first;
}

rask_status rask_lazy_graph_annotate(struct rask_lazy_graph *graph, const void *bytes,
                                     uint32_t n_bytes, uint32_t *annotation,
                                     struct rask_error *error)
{
    if (n_bytes > 0 && bytes == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "graph: an annotation of %" PRIu32 " bytes without bytes", n_bytes);
    *annotation = 0;
    if (n_bytes == 0)
        return RASK_OK;
    struct rask_key128 key = rask_hash128(bytes, n_bytes);
    if (rask_map128_get(&graph->note_of, key, annotation))
        return RASK_OK;
    uint32_t number = (uint32_t)graph->notes.count + 1;
    if (!pool_reserve(graph, n_bytes) || notes_reserve(&graph->notes, number) != 0 ||
        rask_map128_put(&graph->note_of, key, number) != 0)
        return rask_error_memory(error, n_bytes, "an annotation");
    graph->notes.items[graph->notes.count++] =
        (struct note){pool_append(graph, bytes, n_bytes), n_bytes};
    *annotation = number;
    return RASK_OK;
}

static rask_status check_number(const struct rask_lazy_graph *graph, uint32_t number,
                                const char *what, struct rask_error *error)
{
    if (number >= graph->records.count)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "graph: %s is node %" PRIu32
                              ", but there are only %zu; add what is needed first",
                              what, number, graph->records.count);
    return RASK_OK;
}

/* What each kind of node may have. */
static rask_status check_form(const struct rask_lazy_graph *graph,
                              const struct rask_lazy_node *node, struct rask_error *error)
{
    if (node->kind > RASK_LAZY_CONSTANT)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "graph: %" PRIu32 " is no kind of node",
                              node->kind);
    if ((node->n_bytes > 0 && node->bytes == NULL) || (node->n_deps > 0 && node->deps == NULL))
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "graph: a node of %" PRIu32 " bytes and %" PRIu32
                              " inputs came without them",
                              node->n_bytes, node->n_deps);
    if (node->annotation > graph->notes.count)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "graph: annotation %" PRIu32
                              ", but there are only %zu; see rask_lazy_graph_annotate",
                              node->annotation, graph->notes.count);
    if (node->kind == RASK_LAZY_CONSTANT && node->annotation != 0)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "graph: only a call has an annotation");
    if (node->kind == RASK_LAZY_CONSTANT && node->n_deps > 0)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "graph: a constant has no inputs, not %" PRIu32, node->n_deps);
    return RASK_OK;
}

static rask_status check_node(const struct rask_lazy_graph *graph,
                              const struct rask_lazy_node *node, struct rask_error *error)
{
    rask_status status = check_form(graph, node, error);
    for (uint32_t i = 0; status == RASK_OK && i < node->n_deps; i++)
        status = check_number(graph, node->deps[i], "an input", error);
    if (status != RASK_OK)
        return status;
    if (graph->records.count >= N_NODES_MAX || node->n_deps > N_NODES_MAX - graph->deps.count)
        return rask_error_set(error, RASK_ERR_LIMIT,
                              "graph: more than %" PRIu32 " nodes or inputs; use layers",
                              N_NODES_MAX);
    return RASK_OK;
}

rask_status rask_lazy_graph_add(struct rask_lazy_graph *graph, const struct rask_lazy_node *node,
                                uint32_t *number, struct rask_error *error)
{
    rask_status status = check_node(graph, node, error);
    if (status != RASK_OK)
        return status;
    if (!pool_reserve(graph, node->n_bytes) ||
        records_reserve(&graph->records, graph->records.count + 1) != 0 ||
        numbers_reserve(&graph->deps, graph->deps.count + node->n_deps) != 0)
        return rask_error_memory(error, sizeof(struct record) + node->n_bytes, "a node of a graph");
    struct record record = {
        .first_byte = pool_append(graph, node->bytes, node->n_bytes),
        .n_bytes = node->n_bytes,
        .first_dep = (uint32_t)graph->deps.count,
        .n_deps = node->n_deps,
        .function = node->function,
        .annotation = node->annotation,
        .kind = node->kind,
    };
    for (uint32_t i = 0; i < node->n_deps; i++)
        graph->deps.items[graph->deps.count++] = node->deps[i];
    graph->records.items[graph->records.count++] = record;
    *number = (uint32_t)graph->records.count - 1;
    return RASK_OK;
}

rask_status rask_lazy_graph_want(struct rask_lazy_graph *graph, uint32_t node,
                                 struct rask_error *error)
{
    rask_status status = check_number(graph, node, "what is wanted", error);
    if (status == RASK_OK && numbers_push(&graph->wanted, node) != 0)
        status = rask_error_memory(error, sizeof node, "what is wanted of a graph");
    return status;
}

uint32_t rask_lazy_graph_n_nodes(const struct rask_lazy_graph *graph)
{
    return (uint32_t)graph->records.count;
}

uint32_t rask_lazy_graph_n_wanted(const struct rask_lazy_graph *graph)
{
    return (uint32_t)graph->wanted.count;
}

struct rask_lazy_node rask_lazy_graph_node(const struct rask_lazy_graph *graph, uint32_t node)
{
    assert(node < graph->records.count);
    const struct record *record = &graph->records.items[node];
    return (struct rask_lazy_node){
        .kind = record->kind,
        .function = record->function,
        .bytes = record->n_bytes > 0 ? graph->pool.data + record->first_byte : NULL,
        .n_bytes = record->n_bytes,
        .n_deps = record->n_deps,
        .deps = record->n_deps > 0 ? graph->deps.items + record->first_dep : NULL,
        .annotation = record->annotation,
    };
}

uint32_t rask_lazy_graph_wanted(const struct rask_lazy_graph *graph, uint32_t i)
{
    assert(i < graph->wanted.count);
    return graph->wanted.items[i];
}

const void *rask_lazy_graph_annotation(const struct rask_lazy_graph *graph, uint32_t annotation,
                                       uint32_t *n_bytes)
{
    assert(annotation <= graph->notes.count);
    *n_bytes = annotation == 0 ? 0 : graph->notes.items[annotation - 1].n_bytes;
    return annotation == 0 ? NULL
                           : graph->pool.data + graph->notes.items[annotation - 1].first_byte;
}
