/* SPDX-License-Identifier: BSD-3-Clause */
/* graph_submit.c: from the nodes of a graph to submitted tasks: plan (lazy/opt.h), static order
 * (sched/order.h), then one submission per task in that order.
 *
 * The sequence numbers that the client gives out are the order of its tasks. So submitting in the
 * static order gives the ranks of the graph as they are, behind everything submitted before and
 * before everything after, and a task's inputs always have futures when it is submitted.
 *
 * A chain is one call of rask_fused: its program, then what its members need from outside. Its key,
 * if it is pure, is that of its last member submitted alone; retries are the members' own and not
 * the task's. */
#include "api/graph.h"

#include "api/content.h"
#include "api/options.h"

#include "base/alloc.h"
#include "base/error.h"
#include "lazy/opt.h"
#include "sched/order.h"
#include "wire/call.h"
#include "worker/fused.h"

#include <string.h>

RASK_VEC_DEFINE(graph_inputs, struct rask_input);
RASK_VEC_DEFINE(graph_words, uint32_t);

/* The options of a call, out of its annotation. */
struct unpacked_options {
    struct rask_call_options options;
    struct rask_resource resources[RASK_LIMIT_RESOURCES];
    char names[RASK_LIMIT_RESOURCES][RASK_RESOURCE_NAME_BYTES + 1];
};

/* A submission under way. */
struct submission {
    struct rask_graph *graph;
    struct rask_opt_plan plan;
    uint32_t *rank; /* [own] place of each task in the order */
    uint32_t *at; /* [own] the task at each place */
    /* [own] of each task; id 0: not submitted yet, or without a future */
    struct rask_future *futures;
    uint8_t *is_needed; /* [own] by another task, or wanted */
    /* [own] not to be released: wanted, or the program's own future */
    uint8_t *is_kept;
    /* of the task that is being submitted; 0 is the program of a chain */
    struct graph_inputs inputs;
    struct graph_words words; /* that program */
    struct rask_hash hash; /* of the member */
    struct rask_key128 key; /* of the member before */
    struct unpacked_options unpacked;
};

static struct rask_lazy_node node_at(const struct submission *s, uint32_t node)
{
    return rask_lazy_graph_node(s->graph->lazy, node);
}

static uint32_t n_members(const struct submission *s, uint32_t task)
{
    return s->plan.member_offsets[task + 1] - s->plan.member_offsets[task];
}

/* The last member of a task, whose result is the task's. */
static struct rask_lazy_node last_member(const struct submission *s, uint32_t task)
{
    return node_at(s, s->plan.members[s->plan.member_offsets[task + 1] - 1]);
}

static int is_future(const struct rask_lazy_node *node)
{
    return node->kind == RASK_LAZY_CALL && node->function == RASK_REGISTRY_NONE;
}

static struct rask_view constant_view(const struct rask_lazy_node *node)
{
    return (struct rask_view){node->n_bytes == 0 ? "" : node->bytes, node->n_bytes};
}

/* 1 if every chain fits a call: which has an end, unlike a chain. */
static int fits(const struct submission *s)
{
    for (uint32_t t = 0; t < s->plan.n_tasks; t++) {
        uint64_t n_inputs = 1;
        for (uint32_t m = s->plan.member_offsets[t]; m < s->plan.member_offsets[t + 1]; m++) {
            struct rask_lazy_node node = node_at(s, s->plan.members[m]);
            n_inputs += node.kind == RASK_LAZY_CALL && !is_future(&node)
                            ? rask_call_count(node.bytes, node.n_bytes)
                            : 0;
        }
        if (n_members(s, t) > 1 && n_inputs > RASK_CALL_INPUTS_MOST)
            return 0;
    }
    return 1;
}

static rask_status make_plan(struct submission *s, const struct rask_graph_options *options,
                             struct rask_error *error)
{
    struct rask_opt_options o = {.size = sizeof o};
    o.skip = (options->is_unfused ? RASK_OPT_NO_FUSE : 0) |
             (options->is_unculled ? RASK_OPT_NO_CULL : 0);
    if (rask_lazy_graph_n_wanted(s->graph->lazy) == 0 && (o.skip & RASK_OPT_NO_CULL) == 0)
        return rask_error_set(error, RASK_ERR_STATE,
                              "nothing of the graph is wanted: say what with rask_graph_want");
    rask_status status = rask_opt_plan_init(&s->plan, s->graph->lazy, &o, error);
    if (status == RASK_OK && !fits(s)) {
        o.skip |= RASK_OPT_NO_FUSE;
        rask_opt_plan_release(&s->plan);
        status = rask_opt_plan_init(&s->plan, s->graph->lazy, &o, error);
    }
    return status;
}

/* The tasks by their places in the order, and which of them somebody needs. */
static rask_status make_order(struct submission *s, struct rask_error *error)
{
    const struct rask_opt_plan *plan = &s->plan;
    uint32_t n = plan->n_tasks;
    s->rank = rask_alloc(n * sizeof *s->rank);
    s->at = rask_alloc(n * sizeof *s->at);
    s->futures = rask_alloc_zeroed(n, sizeof *s->futures);
    s->is_needed = rask_alloc_zeroed(n, 1);
    s->is_kept = rask_alloc_zeroed(n, 1);
    if (s->rank == NULL || s->at == NULL || s->futures == NULL || s->is_needed == NULL ||
        s->is_kept == NULL)
        return rask_error_memory(error, n * (sizeof *s->futures + 10), "the tasks of a graph");
    struct rask_order_graph rows = {.n_tasks = n, .offsets = plan->dep_offsets, .deps = plan->deps};
    rask_status status = rask_order_compute(&rows, s->rank, error);
    if (status != RASK_OK)
        return status;
    for (uint32_t t = 0; t < n; t++)
        s->at[s->rank[t]] = t;
    for (uint32_t d = 0; d < plan->dep_offsets[n]; d++)
        s->is_needed[plan->deps[d]] = 1;
    for (uint32_t w = 0; w < plan->n_wanted; w++)
        s->is_needed[plan->wanted[w]] = 1;
    return RASK_OK;
}

static const struct rask_call_options *unpack_options(struct submission *s,
                                                      const struct rask_lazy_node *node)
{
    uint32_t n_bytes;
    const uint8_t *bytes = rask_lazy_graph_annotation(s->graph->lazy, node->annotation, &n_bytes);
    struct unpacked_options *u = &s->unpacked;
    struct rask_graph_note note = {.priority = 0};
    memset(u, 0, sizeof *u);
    u->options.size = sizeof u->options;
    if (n_bytes == 0)
        return &u->options;
    memcpy(&note, bytes, sizeof note);
    bytes += sizeof note;
    u->options.priority = note.priority;
    u->options.retries = note.retries;
    u->options.is_pure = note.is_pure;
    u->options.is_producer = note.is_producer;
    u->options.is_loose = (int)note.is_loose;
    u->options.ranks = (const int32_t *)(const void *)bytes;
    u->options.n_ranks = note.n_ranks;
    u->options.resources = u->resources;
    u->options.n_resources = note.n_resources;
    bytes += note.n_ranks * sizeof(int32_t);
    for (uint32_t i = 0; i < note.n_resources; i++) {
        struct rask_wire_resource resource;
        memcpy(&resource, bytes + i * sizeof resource, sizeof resource);
        memcpy(u->names[i], resource.name, sizeof resource.name);
        u->resources[i] = (struct rask_resource){u->names[i], resource.amount};
    }
    return &u->options;
}

/* One input of a member that comes from outside: the next input of the call, and its number. */
static int add_input(struct submission *s, struct rask_input input)
{
    struct rask_loop *loop = &rask_runtime_of(s->graph->rask)->loop;
    if (input.data != NULL && input.bytes == 0)
        input.data = "";
    rask_content_add(&s->hash, rask_content_of_input(loop, &input));
    return graph_words_push(&s->words, (uint32_t)s->inputs.count) != 0 ||
           graph_inputs_push(&s->inputs, input) != 0;
}

/* An input of a member that is a result, a constant, or the member before. */
static int add_dep(struct submission *s, const struct rask_opt_input *from)
{
    if (from->kind == RASK_OPT_MEMBER) {
        rask_content_add(&s->hash, s->key);
        return graph_words_push(&s->words, RASK_FUSED_BEFORE) != 0;
    }
    if (from->kind == RASK_OPT_TASK)
        return add_input(s, rask_input_result(s->futures[from->index]));
    struct rask_lazy_node node = node_at(s, from->index);
    struct rask_view view = constant_view(&node);
    return add_input(s, rask_input_bytes(view.data, view.bytes));
}

/* Appends a member: to the program, its inputs to the call, its key to the key. -1 without memory.
 */
static int add_member(struct submission *s, uint32_t member)
{
    struct rask_lazy_node node = node_at(s, s->plan.members[member]);
    const uint8_t *call = node.bytes;
    const struct rask_opt_input *from = s->plan.inputs + s->plan.input_offsets[member];
    uint32_t n_inputs = rask_call_count(call, node.n_bytes);
    const uint8_t *value = n_inputs == 0 ? NULL : call + rask_call_table_bytes(n_inputs);
    rask_content_begin(&s->hash,
                       rask_registry_at(rask_runtime_of(s->graph->rask)->registry, node.function));
    if (graph_words_push(&s->words, node.function) != 0 ||
        graph_words_push(&s->words, n_inputs) != 0)
        return -1;
    for (uint32_t i = 0; i < n_inputs; i++) {
        uint32_t entry = rask_call_input(call, i);
        int failed;
        if (entry == RASK_CALL_RESULT) {
            failed = add_dep(s, from++);
        } else {
            failed = add_input(s, rask_input_bytes(value, entry));
            value += rask_wire_pad(entry);
        }
        if (failed)
            return -1;
    }
    s->key = rask_content_end(&s->hash);
    return 0;
}

static rask_status submit_call(struct submission *s, uint32_t task, struct rask_error *error)
{
    struct rask_lazy_node node = last_member(s, task);
    const struct rask_registry *registry = rask_runtime_of(s->graph->rask)->registry;
    uint32_t n = n_members(s, task);
    int failed;
    unpack_options(s, &node);
    graph_inputs_clear(&s->inputs);
    graph_words_clear(&s->words);
    failed = graph_inputs_push(&s->inputs, rask_input_bytes("", 0)) != 0 ||
             graph_words_push(&s->words, n) != 0 ||
             graph_words_push(&s->words, s->unpacked.options.retries) != 0;
    for (uint32_t m = s->plan.member_offsets[task]; m < s->plan.member_offsets[task + 1] && !failed;
         m++)
        failed = add_member(s, m) != 0;
    if (failed)
        return rask_error_memory(error, s->inputs.count * sizeof *s->inputs.items,
                                 "the inputs of a task");
    struct rask_call call = {.name = rask_registry_at(registry, node.function)->name,
                             .inputs = s->inputs.items + 1,
                             .n_inputs = s->inputs.count - 1,
                             .options = &s->unpacked.options};
    if (n > 1) {
        call.function = rask_fused;
        s->unpacked.options.retries = 0;
        s->inputs.items[0] =
            rask_input_bytes(s->words.items, s->words.count * sizeof *s->words.items);
        call.inputs--;
        call.n_inputs++;
    }
    s->unpacked.options.is_forgotten = !s->is_needed[task];
    return rask_submit_as(s->graph->rask, &call, &s->key, &s->futures[task], error);
}

static rask_status submit_task(struct submission *s, uint32_t task, struct rask_error *error)
{
    static const struct rask_scatter_options pure = {.size = sizeof pure, .is_pure = 1};
    struct rask_lazy_node node = last_member(s, task);
    if (is_future(&node)) {
        memcpy(&s->futures[task].id, node.bytes, sizeof s->futures[task].id);
        s->is_kept[task] = 1;
        return RASK_OK;
    }
    if (node.kind == RASK_LAZY_CALL)
        return submit_call(s, task, error);
    return s->is_needed[task]
               ? rask_scatter(s->graph->rask, constant_view(&node), &pure, &s->futures[task], error)
               : RASK_OK;
}

/* Lets go of all futures that are not kept. */
static void release_rest(struct submission *s)
{
    size_t n = 0;
    for (uint32_t t = 0; t < s->plan.n_tasks && s->futures != NULL; t++)
        if (!s->is_kept[t])
            s->futures[n++] = s->futures[t];
    rask_release(s->graph->rask, s->futures, n);
}

static rask_status submit_all(struct submission *s, struct rask_future *futures,
                              struct rask_error *error)
{
    rask_status status = RASK_OK;
    for (uint32_t r = 0; r < s->plan.n_tasks && status == RASK_OK; r++)
        status = submit_task(s, s->at[r], error);
    for (uint32_t w = 0; w < s->plan.n_wanted && status == RASK_OK; w++) {
        futures[w] = s->futures[s->plan.wanted[w]];
        s->is_kept[s->plan.wanted[w]] = 1;
    }
    release_rest(s);
    return status;
}

rask_status rask_graph_submit(struct rask_graph *graph, const struct rask_graph_options *options,
                              struct rask_future *futures, struct rask_error *error)
{
    struct submission s = {.graph = graph};
    struct rask_graph_options own;
    if (graph == NULL || (futures == NULL && rask_lazy_graph_n_wanted(graph->lazy) != 0))
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "rask_graph_submit without a graph or futures");
    rask_status status = rask_options_read(options, &own, sizeof own, "rask_graph_options", error);
    if (status == RASK_OK)
        status = make_plan(&s, &own, error);
    if (status == RASK_OK)
        status = make_order(&s, error);
    if (status == RASK_OK)
        status = submit_all(&s, futures, error);
    rask_opt_plan_release(&s.plan);
    rask_free(s.rank);
    rask_free(s.at);
    rask_free(s.futures);
    rask_free(s.is_needed);
    rask_free(s.is_kept);
    graph_inputs_release(&s.inputs);
    graph_words_release(&s.words);
    return status;
}
