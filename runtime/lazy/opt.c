/* SPDX-License-Identifier: BSD-3-Clause */
/* opt.c: the passes that make a plan of a graph. Node numbers are a topological order, so each pass
 * is one loop, upwards or downwards:
 *
 *     start    up    each node by itself; what is wanted is needed
 *     mark     down  nodes that wanted results need; constants that stay tasks
 *     link     up    call -> the call before it in its chain
 *     number   up    last calls of chains and kept constants get task numbers
 *     fill     up    members, inputs and dependencies of each task
 *
 * Task numbers follow the last members, and only a last member's result is seen from outside: so a
 * task needs lower-numbered tasks only, and the plan is in topological order too. */
#include "lazy/opt.h"

#include "base/alloc.h"
#include "base/error.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#define NONE UINT32_MAX
#define DEFAULT_INLINE_BYTES 512u
#define SKIP_ALL (RASK_OPT_NO_CULL | RASK_OPT_NO_INLINE | RASK_OPT_NO_FUSE)

/* One node during the passes. */
struct work {
    uint32_t n_users; /* kept calls that use it, each counted once */
    uint32_t seen_by; /* the last node or task that was found to use it, + 1 */
    uint32_t before; /* the call before it in its chain, NONE for the first */
    uint32_t length; /* of the chain up to here */
    uint32_t task; /* task of which it is the last member, NONE for none */
    bool is_kept, is_wanted, is_joined; /* joined: another call of its chain follows */
};

struct passes {
    const struct rask_lazy_graph *graph;
    struct rask_opt_options options;
    uint32_t n;
    struct work *work;
};

static bool is_inlined(const struct passes *passes, const struct rask_lazy_node *node)
{
    return node->kind == RASK_LAZY_CONSTANT && (passes->options.skip & RASK_OPT_NO_INLINE) == 0 &&
           node->n_bytes <= passes->options.max_inline_bytes;
}

static void start(struct passes *passes)
{
    for (uint32_t i = 0; i < passes->n; i++) {
        struct work *work = &passes->work[i];
        work->before = NONE;
        work->task = NONE;
        work->length = 1;
    }
    for (uint32_t i = 0; i < rask_lazy_graph_n_wanted(passes->graph); i++) {
        struct work *work = &passes->work[rask_lazy_graph_wanted(passes->graph, i)];
        work->is_wanted = work->is_kept = true;
    }
}

/* Counts a kept call's uses of other results, and keeps what it uses unless that becomes part of
 * it. */
static void mark_inputs(struct passes *passes, uint32_t call)
{
    struct rask_lazy_node node = rask_lazy_graph_node(passes->graph, call);
    for (uint32_t i = 0; i < node.n_deps; i++) {
        struct rask_lazy_node used = rask_lazy_graph_node(passes->graph, node.deps[i]);
        struct work *work = &passes->work[node.deps[i]];
        if (work->seen_by == call + 1)
            continue;
        work->seen_by = call + 1;
        work->n_users++;
        if (!is_inlined(passes, &used))
            work->is_kept = true;
    }
}

static void mark(struct passes *passes)
{
    bool is_culling = (passes->options.skip & RASK_OPT_NO_CULL) == 0;
    for (uint32_t i = passes->n; i-- > 0;) {
        struct rask_lazy_node node = rask_lazy_graph_node(passes->graph, i);
        struct work *work = &passes->work[i];
        if (!is_culling && (node.kind == RASK_LAZY_CALL || work->n_users == 0))
            work->is_kept = true;
        if (work->is_kept && node.kind == RASK_LAZY_CALL)
            mark_inputs(passes, i);
    }
}

/* The one call whose results are all that `node` needs, or NONE. */
static uint32_t only_producer(const struct passes *passes, const struct rask_lazy_node *node)
{
    uint32_t producer = NONE;
    for (uint32_t i = 0; i < node->n_deps; i++) {
        uint32_t used = node->deps[i];
        struct rask_lazy_node used_node = rask_lazy_graph_node(passes->graph, used);
        if (is_inlined(passes, &used_node) || used == producer)
            continue;
        if (producer != NONE || used_node.kind != RASK_LAZY_CALL)
            return NONE;
        producer = used;
    }
    return producer;
}

static void link_chains(struct passes *passes)
{
    uint32_t max_members = passes->options.max_members;
    if ((passes->options.skip & RASK_OPT_NO_FUSE) != 0)
        return;
    for (uint32_t i = 0; i < passes->n; i++) {
        struct rask_lazy_node node = rask_lazy_graph_node(passes->graph, i);
        if (!passes->work[i].is_kept || node.kind != RASK_LAZY_CALL)
            continue;
        uint32_t before = only_producer(passes, &node);
        if (before == NONE)
            continue;
        struct work *producer = &passes->work[before];
        if (producer->n_users != 1 || producer->is_wanted ||
            (max_members > 0 && producer->length >= max_members) ||
            rask_lazy_graph_node(passes->graph, before).annotation != node.annotation)
            continue;
        producer->is_joined = true;
        passes->work[i].before = before;
        passes->work[i].length = producer->length + 1;
    }
}

/* Gives task numbers, and counts what the plan's arrays must hold. */
static void number(struct passes *passes, struct rask_opt_plan *plan, uint64_t *n_inputs)
{
    *n_inputs = 0;
    for (uint32_t i = 0; i < passes->n; i++) {
        struct work *work = &passes->work[i];
        work->seen_by = 0;
        if (!work->is_kept)
            continue;
        plan->n_members++;
        *n_inputs += rask_lazy_graph_node(passes->graph, i).n_deps;
        if (!work->is_joined)
            work->task = plan->n_tasks++;
    }
    plan->n_wanted = rask_lazy_graph_n_wanted(passes->graph);
}

static rask_status plan_allocate(struct rask_opt_plan *plan, uint64_t n_inputs,
                                 struct rask_error *error)
{
    uint64_t n_tasks = plan->n_tasks, n_members = plan->n_members;
    plan->member_offsets = rask_alloc_zeroed(n_tasks + 1, sizeof *plan->member_offsets);
    plan->members = rask_alloc_zeroed(n_members, sizeof *plan->members);
    plan->dep_offsets = rask_alloc_zeroed(n_tasks + 1, sizeof *plan->dep_offsets);
    plan->deps = rask_alloc_zeroed(n_inputs, sizeof *plan->deps);
    plan->input_offsets = rask_alloc_zeroed(n_members + 1, sizeof *plan->input_offsets);
    plan->inputs = rask_alloc_zeroed(n_inputs, sizeof *plan->inputs);
    plan->wanted = rask_alloc_zeroed(plan->n_wanted, sizeof *plan->wanted);
    if (plan->member_offsets != NULL && plan->members != NULL && plan->dep_offsets != NULL &&
        plan->deps != NULL && plan->input_offsets != NULL && plan->inputs != NULL &&
        plan->wanted != NULL)
        return RASK_OK;
    return rask_error_memory(error, n_tasks * 8 + n_members * 8 + n_inputs * 12,
                             "the plan of a graph");
}

/* Inputs of one member; those from other tasks become dependencies of its task. */
static void fill_inputs(struct passes *passes, struct rask_opt_plan *plan, uint32_t task,
                        uint32_t member)
{
    uint32_t node_number = plan->members[member];
    struct rask_lazy_node node = rask_lazy_graph_node(passes->graph, node_number);
    struct rask_opt_input *input = plan->inputs + plan->input_offsets[member];
    for (uint32_t i = 0; i < node.n_deps; i++, input++) {
        struct rask_lazy_node used = rask_lazy_graph_node(passes->graph, node.deps[i]);
        struct work *work = &passes->work[node.deps[i]];
        if (is_inlined(passes, &used)) {
            *input = (struct rask_opt_input){RASK_OPT_VALUE, node.deps[i]};
        } else if (passes->work[node_number].before == node.deps[i]) {
            *input =
                (struct rask_opt_input){RASK_OPT_MEMBER, member - 1 - plan->member_offsets[task]};
        } else {
            assert(work->task < task);
            *input = (struct rask_opt_input){RASK_OPT_TASK, work->task};
            if (work->seen_by != task + 1)
                plan->deps[plan->dep_offsets[task + 1]++] = work->task;
            work->seen_by = task + 1;
        }
    }
    plan->input_offsets[member + 1] = plan->input_offsets[member] + node.n_deps;
}

static void fill(struct passes *passes, struct rask_opt_plan *plan)
{
    for (uint32_t i = 0; i < passes->n; i++) {
        uint32_t task = passes->work[i].task;
        if (task == NONE)
            continue;
        uint32_t first = plan->member_offsets[task], end = first + passes->work[i].length;
        plan->member_offsets[task + 1] = end;
        plan->dep_offsets[task + 1] = plan->dep_offsets[task];
        for (uint32_t node = i, place = end; node != NONE; node = passes->work[node].before)
            plan->members[--place] = node;
        for (uint32_t member = first; member < end; member++)
            fill_inputs(passes, plan, task, member);
    }
    for (uint32_t i = 0; i < plan->n_wanted; i++)
        plan->wanted[i] = passes->work[rask_lazy_graph_wanted(passes->graph, i)].task;
}

static rask_status read_options(const struct rask_lazy_graph *graph,
                                const struct rask_opt_options *options,
                                struct rask_opt_options *read, struct rask_error *error)
{
    if (options != NULL)
        memcpy(read, options,
               options->size > 0 && options->size < sizeof *read ? options->size : sizeof *read);
    if ((read->skip & ~SKIP_ALL) != 0)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "plan: skip = 0x%" PRIx32 ", but the passes are 0x%x", read->skip,
                              SKIP_ALL);
    if (read->max_inline_bytes == 0)
        read->max_inline_bytes = DEFAULT_INLINE_BYTES;
    if (rask_lazy_graph_n_wanted(graph) == 0 && (read->skip & RASK_OPT_NO_CULL) == 0)
        return rask_error_set(error, RASK_ERR_STATE,
                              "plan: no result of the graph's %" PRIu32
                              " nodes is wanted; say which with rask_lazy_graph_want",
                              rask_lazy_graph_n_nodes(graph));
    return RASK_OK;
}

rask_status rask_opt_plan_init(struct rask_opt_plan *plan, const struct rask_lazy_graph *graph,
                               const struct rask_opt_options *options, struct rask_error *error)
{
    struct passes passes = {.graph = graph, .n = rask_lazy_graph_n_nodes(graph)};
    struct rask_opt_plan made = {.n_tasks = 0};
    uint64_t n_inputs = 0;
    rask_status status = read_options(graph, options, &passes.options, error);
    if (status != RASK_OK)
        return status;
    passes.work = rask_alloc_zeroed(passes.n, sizeof *passes.work);
    if (passes.work == NULL)
        return rask_error_memory(error, passes.n * sizeof *passes.work, "the plan of a graph");
    start(&passes);
    mark(&passes);
    link_chains(&passes);
    number(&passes, &made, &n_inputs);
    status = plan_allocate(&made, n_inputs, error);
    if (status == RASK_OK) {
        fill(&passes, &made);
        *plan = made;
    } else {
        rask_opt_plan_release(&made);
    }
    rask_free(passes.work);
    return status;
}

void rask_opt_plan_release(struct rask_opt_plan *plan)
{
    rask_free(plan->member_offsets);
    rask_free(plan->members);
    rask_free(plan->dep_offsets);
    rask_free(plan->deps);
    rask_free(plan->input_offsets);
    rask_free(plan->inputs);
    rask_free(plan->wanted);
    *plan = (struct rask_opt_plan){.n_tasks = 0};
}
