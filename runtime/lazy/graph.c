/* SPDX-License-Identifier: BSD-3-Clause */
/* graph.c: a graph in three growing arrays; keys are made as nodes come.
 *
 *     records  | node 0 | node 1 | node 2 |       where its bytes and inputs are, its key
 *     pool     | bytes of 0 | pad | bytes of 2 |  each starts at a multiple of 16 bytes
 *     deps     | inputs of 1 | inputs of 2 |
 *
 * A node's key needs only nodes before it, which are there: so keys cost one hash per node and no
 * second pass. Each add first makes room for everything and then writes, so that an add that fails
 * changes nothing. */
#include "lazy/graph.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/map.h"
#include "base/vec.h"
#include "lazy/token.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define POOL_ALIGNMENT 16u
#define N_NODES_MAX (UINT32_MAX - 1)

struct record {
    struct rask_key128 key;
    struct rask_key128 function_key;
    uint64_t first_byte; /* in the pool */
    uint32_t n_bytes;
    uint32_t first_dep;
    uint32_t n_deps;
    uint32_t function;
    uint32_t n_outputs;
    uint32_t annotation;
    uint8_t kind;
    bool is_impure;
};

/* Bytes of one annotation in the pool. */
struct note {
    uint64_t first_byte;
    uint32_t n_bytes;
};

RASK_VEC_DEFINE(records, struct record);
RASK_VEC_DEFINE(notes, struct note);
RASK_VEC_DEFINE(refs, struct rask_lazy_ref);

struct rask_lazy_graph {
    struct rask_key128 salt;
    struct records records;
    struct refs deps;
    struct refs wanted;
    struct rask_buf pool;
    struct notes notes; /* annotation n is notes.items[n - 1] */
    struct rask_map128 note_of; /* token of its bytes -> annotation */
};

rask_status rask_lazy_graph_new(struct rask_key128 salt, struct rask_lazy_graph **graph,
                                struct rask_error *error)
{
    struct rask_lazy_graph *made = rask_alloc_zeroed(1, sizeof *made);
    if (made == NULL)
        return rask_error_memory(error, sizeof *made, "a graph");
    made->salt = salt;
    rask_buf_init(&made->pool, 0);
    *graph = made;
    return RASK_OK;
}

void rask_lazy_graph_free(struct rask_lazy_graph *graph)
{
    if (graph == NULL)
        return;
    records_release(&graph->records);
    refs_release(&graph->deps);
    refs_release(&graph->wanted);
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

static rask_status check_ref(const struct rask_lazy_graph *graph, struct rask_lazy_ref ref,
                             const char *what, struct rask_error *error)
{
    if (ref.node >= graph->records.count)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "graph: %s is node %" PRIu32
                              ", but there are only %zu; add what is needed first",
                              what, ref.node, graph->records.count);
    if (ref.output >= graph->records.items[ref.node].n_outputs)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "graph: %s is result %" PRIu32 " of node %" PRIu32
                              ", which has %" PRIu32,
                              what, ref.output, ref.node, graph->records.items[ref.node].n_outputs);
    return RASK_OK;
}

/* What each kind of node may have. */
static rask_status check_form(const struct rask_lazy_graph *graph,
                              const struct rask_lazy_node *node, struct rask_error *error)
{
    if (node->kind > RASK_LAZY_ALIAS)
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
    if (node->kind != RASK_LAZY_CALL &&
        (node->n_outputs > 1 || node->annotation != 0 || node->is_impure))
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "graph: only a call has several results, an annotation or is impure");
    if (node->kind == RASK_LAZY_CONSTANT && node->n_deps > 0)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "graph: a constant has no inputs, not %" PRIu32, node->n_deps);
    if (node->kind == RASK_LAZY_ALIAS && (node->n_deps != 1 || node->n_bytes > 0))
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "graph: an alias stands for one result, not for %" PRIu32
                              " and %" PRIu32 " bytes",
                              node->n_deps, node->n_bytes);
    return RASK_OK;
}

static rask_status check_node(const struct rask_lazy_graph *graph,
                              const struct rask_lazy_node *node, struct rask_error *error)
{
    rask_status status = check_form(graph, node, error);
    for (uint32_t i = 0; status == RASK_OK && i < node->n_deps; i++)
        status = check_ref(graph, node->deps[i], "an input", error);
    if (status != RASK_OK)
        return status;
    if (graph->records.count >= N_NODES_MAX || node->n_deps > N_NODES_MAX - graph->deps.count)
        return rask_error_set(error, RASK_ERR_LIMIT,
                              "graph: more than %" PRIu32 " nodes or inputs; use layers",
                              N_NODES_MAX);
    return RASK_OK;
}

static struct rask_key128 key_of(const struct rask_lazy_graph *graph,
                                 const struct rask_lazy_node *node)
{
    struct rask_token token;
    if (node->kind == RASK_LAZY_ALIAS)
        return rask_lazy_graph_key(graph, node->deps[0]);
    rask_token_begin(&token);
    if (node->kind == RASK_LAZY_CONSTANT) {
        rask_token_bytes(&token, node->bytes, node->n_bytes);
        return rask_token_end(&token);
    }
    rask_token_key(&token, node->function_key);
    rask_token_uint64(&token, node->n_outputs);
    rask_token_bytes(&token, node->bytes, node->n_bytes);
    rask_token_sequence(&token, node->n_deps);
    for (uint32_t i = 0; i < node->n_deps; i++)
        rask_token_key(&token, rask_lazy_graph_key(graph, node->deps[i]));
    if (node->is_impure) {
        rask_token_key(&token, graph->salt);
        rask_token_uint64(&token, graph->records.count);
    }
    return rask_token_end(&token);
}

rask_status rask_lazy_graph_add(struct rask_lazy_graph *graph, const struct rask_lazy_node *node,
                                struct rask_lazy_ref *ref, struct rask_error *error)
{
    rask_status status = check_node(graph, node, error);
    if (status != RASK_OK)
        return status;
    if (!pool_reserve(graph, node->n_bytes) ||
        records_reserve(&graph->records, graph->records.count + 1) != 0 ||
        refs_reserve(&graph->deps, graph->deps.count + node->n_deps) != 0)
        return rask_error_memory(error, sizeof(struct record) + node->n_bytes, "a node of a graph");
    struct rask_lazy_node whole = *node;
    whole.n_outputs = node->n_outputs == 0 ? 1 : node->n_outputs;
    struct record record = {
        .key = key_of(graph, &whole),
        .function_key = node->function_key,
        .first_byte = pool_append(graph, node->bytes, node->n_bytes),
        .n_bytes = node->n_bytes,
        .first_dep = (uint32_t)graph->deps.count,
        .n_deps = node->n_deps,
        .function = node->function,
        .n_outputs = whole.n_outputs,
        .annotation = node->annotation,
        .kind = (uint8_t)node->kind,
        .is_impure = node->is_impure,
    };
    for (uint32_t i = 0; i < node->n_deps; i++)
        graph->deps.items[graph->deps.count++] = node->deps[i];
    graph->records.items[graph->records.count++] = record;
    *ref = (struct rask_lazy_ref){(uint32_t)graph->records.count - 1, 0};
    return RASK_OK;
}

rask_status rask_lazy_graph_want(struct rask_lazy_graph *graph, struct rask_lazy_ref ref,
                                 struct rask_error *error)
{
    rask_status status = check_ref(graph, ref, "what is wanted", error);
    if (status == RASK_OK && refs_push(&graph->wanted, ref) != 0)
        status = rask_error_memory(error, sizeof ref, "what is wanted of a graph");
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
        .function_key = record->function_key,
        .bytes = record->n_bytes > 0 ? graph->pool.data + record->first_byte : NULL,
        .n_bytes = record->n_bytes,
        .n_deps = record->n_deps,
        .deps = record->n_deps > 0 ? graph->deps.items + record->first_dep : NULL,
        .n_outputs = record->n_outputs,
        .annotation = record->annotation,
        .is_impure = record->is_impure,
    };
}

struct rask_lazy_ref rask_lazy_graph_wanted(const struct rask_lazy_graph *graph, uint32_t i)
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

struct rask_key128 rask_lazy_graph_key(const struct rask_lazy_graph *graph,
                                       struct rask_lazy_ref ref)
{
    assert(ref.node < graph->records.count &&
           ref.output < graph->records.items[ref.node].n_outputs);
    const struct record *record = &graph->records.items[ref.node];
    struct rask_token token;
    if (record->n_outputs == 1)
        return record->key;
    rask_token_begin(&token);
    rask_token_key(&token, record->key);
    rask_token_uint64(&token, ref.output);
    return rask_token_end(&token);
}
