/* SPDX-License-Identifier: BSD-3-Clause */
/* opt_test.c: what the passes take away and what they must not. The last case makes random graphs
 * and runs their plans by a small interpreter: the wanted results are those of the graph itself. */
#include "base/alloc.h"
#include "lazy/opt.h"
#include "sched/order.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct rask_lazy_graph *new_graph(void)
{
    struct rask_lazy_graph *graph = NULL;
    CU_ASSERT_EQUAL_FATAL(rask_lazy_graph_new(&graph, NULL), RASK_OK);
    return graph;
}

static uint32_t add(struct rask_lazy_graph *graph, struct rask_lazy_node node)
{
    uint32_t number = 0;
    CU_ASSERT_EQUAL_FATAL(rask_lazy_graph_add(graph, &node, &number, NULL), RASK_OK);
    return number;
}

/* A call of function `function` on up to two results; a node number of UINT32_MAX is left out. */
static uint32_t call(struct rask_lazy_graph *graph, uint32_t function, uint32_t a, uint32_t b)
{
    uint32_t deps[2];
    uint32_t n_deps = 0;
    if (a != UINT32_MAX)
        deps[n_deps++] = a;
    if (b != UINT32_MAX)
        deps[n_deps++] = b;
    return add(graph,
               (struct rask_lazy_node){
                   .kind = RASK_LAZY_CALL, .function = function, .deps = deps, .n_deps = n_deps});
}

static uint32_t constant(struct rask_lazy_graph *graph, const void *bytes, uint32_t n_bytes)
{
    return add(graph, (struct rask_lazy_node){
                          .kind = RASK_LAZY_CONSTANT, .bytes = bytes, .n_bytes = n_bytes});
}

static void want(struct rask_lazy_graph *graph, uint32_t node)
{
    CU_ASSERT_EQUAL_FATAL(rask_lazy_graph_want(graph, node, NULL), RASK_OK);
}

static struct rask_opt_plan plan_of(const struct rask_lazy_graph *graph, uint32_t skip)
{
    struct rask_opt_plan plan;
    struct rask_opt_options options = {.size = sizeof options, .skip = skip};
    CU_ASSERT_EQUAL_FATAL(rask_opt_plan_init(&plan, graph, &options, NULL), RASK_OK);
    return plan;
}

#define NO UINT32_MAX

/* 0 -> 1 -> 3, 0 -> 2 -> 4; only 3 is wanted. */
static void only_what_is_needed_stays(void)
{
    struct rask_lazy_graph *graph = new_graph();
    call(graph, 10, NO, NO);
    call(graph, 11, 0, NO);
    call(graph, 12, 0, NO);
    call(graph, 13, 1, NO);
    call(graph, 14, 2, NO);
    want(graph, 3);
    struct rask_opt_plan plan = plan_of(graph, RASK_OPT_NO_FUSE);
    CU_ASSERT_EQUAL_FATAL(plan.n_tasks, 3);
    CU_ASSERT(plan.members[0] == 0 && plan.members[1] == 1 && plan.members[2] == 3);
    CU_ASSERT(plan.wanted[0] == 2);
    CU_ASSERT_EQUAL(plan.dep_offsets[3], 2);
    rask_opt_plan_release(&plan);
    plan = plan_of(graph, RASK_OPT_NO_FUSE | RASK_OPT_NO_CULL);
    CU_ASSERT_EQUAL(plan.n_tasks, 5);
    rask_opt_plan_release(&plan);
    rask_lazy_graph_free(graph);
}

static void a_constant_becomes_part_of_its_calls(void)
{
    struct rask_lazy_graph *graph = new_graph();
    int64_t one = 1;
    char large[600] = "large";
    constant(graph, &one, sizeof one);
    constant(graph, large, sizeof large);
    call(graph, 10, 0, 1);
    call(graph, 11, 2, 0);
    call(graph, 12, 2, NO);
    want(graph, 3);
    want(graph, 4);
    struct rask_opt_plan plan = plan_of(graph, 0);
    CU_ASSERT_EQUAL_FATAL(plan.n_tasks, 4);
    CU_ASSERT_EQUAL(plan.members[0], 1);
    CU_ASSERT(plan.inputs[0].kind == RASK_OPT_VALUE && plan.inputs[0].index == 0);
    CU_ASSERT(plan.inputs[1].kind == RASK_OPT_TASK && plan.inputs[1].index == 0);
    CU_ASSERT(plan.inputs[3].kind == RASK_OPT_VALUE && plan.inputs[3].index == 0);
    CU_ASSERT_EQUAL(plan.dep_offsets[4], 3);
    rask_opt_plan_release(&plan);
    plan = plan_of(graph, RASK_OPT_NO_INLINE);
    CU_ASSERT_EQUAL(plan.n_tasks, 5);
    rask_opt_plan_release(&plan);
    rask_lazy_graph_free(graph);
}

/* Inlined where it is used, and a task of its own for who wants it. */
static void a_wanted_constant_is_still_there(void)
{
    struct rask_lazy_graph *graph = new_graph();
    constant(graph, "c", 1);
    call(graph, 10, 0, NO);
    want(graph, 0);
    want(graph, 1);
    struct rask_opt_plan plan = plan_of(graph, 0);
    CU_ASSERT_EQUAL_FATAL(plan.n_tasks, 2);
    CU_ASSERT(plan.wanted[0] == 0 && plan.members[0] == 0);
    CU_ASSERT_EQUAL(plan.inputs[0].kind, RASK_OPT_VALUE);
    CU_ASSERT_EQUAL(plan.dep_offsets[2], 0);
    rask_opt_plan_release(&plan);
    rask_lazy_graph_free(graph);
}

/* (0, 1) -> 2 -> 3 -> 4: the head of the chain has two inputs, the rest is one task with it. */
static void a_chain_becomes_one_task(void)
{
    struct rask_lazy_graph *graph = new_graph();
    call(graph, 10, NO, NO);
    call(graph, 11, NO, NO);
    call(graph, 12, 0, 1);
    call(graph, 13, 2, 2);
    call(graph, 14, 3, NO);
    want(graph, 4);
    struct rask_opt_plan plan = plan_of(graph, 0);
    CU_ASSERT_EQUAL_FATAL(plan.n_tasks, 3);
    CU_ASSERT(plan.member_offsets[2] == 2 && plan.member_offsets[3] == 5);
    CU_ASSERT(plan.members[2] == 2 && plan.members[3] == 3 && plan.members[4] == 4);
    CU_ASSERT(plan.dep_offsets[2] == 0 && plan.dep_offsets[3] == 2);
    const struct rask_opt_input *squared = plan.inputs + plan.input_offsets[3];
    CU_ASSERT(squared[0].kind == RASK_OPT_MEMBER && squared[0].index == 0);
    CU_ASSERT(squared[1].kind == RASK_OPT_MEMBER && squared[1].index == 0);
    CU_ASSERT(plan.inputs[plan.input_offsets[4]].kind == RASK_OPT_MEMBER &&
              plan.inputs[plan.input_offsets[4]].index == 1);
    rask_opt_plan_release(&plan);
    struct rask_opt_options short_chains = {.max_members = 2};
    CU_ASSERT_EQUAL_FATAL(rask_opt_plan_init(&plan, graph, &short_chains, NULL), RASK_OK);
    CU_ASSERT_EQUAL(plan.n_tasks, 4);
    rask_opt_plan_release(&plan);
    rask_lazy_graph_free(graph);
}

/* 0 -> 1 -> 2 -> 3: 1 is wanted; 2 has another consumer, 4. */
static void what_others_see_is_not_fused(void)
{
    struct rask_lazy_graph *graph = new_graph();
    call(graph, 10, NO, NO);
    call(graph, 11, 0, NO);
    call(graph, 12, 1, NO);
    call(graph, 13, 2, NO);
    call(graph, 14, 2, NO);
    want(graph, 1);
    want(graph, 3);
    want(graph, 4);
    struct rask_opt_plan plan = plan_of(graph, 0);
    CU_ASSERT_EQUAL_FATAL(plan.n_tasks, 4);
    CU_ASSERT(plan.member_offsets[1] == 2 && plan.wanted[0] == 0);
    rask_opt_plan_release(&plan);
    rask_lazy_graph_free(graph);
    /* but a consumer that is culled is no consumer */
    graph = new_graph();
    call(graph, 10, NO, NO);
    call(graph, 11, 0, NO);
    call(graph, 12, 0, NO);
    want(graph, 1);
    plan = plan_of(graph, 0);
    CU_ASSERT_EQUAL(plan.n_tasks, 1);
    rask_opt_plan_release(&plan);
    rask_lazy_graph_free(graph);
}

/* A chain of five whose third call needs another resource: three tasks, and the annotation is on
 * the second. */
static void annotations_are_never_lost(void)
{
    struct rask_lazy_graph *graph = new_graph();
    uint32_t gpu = 0;
    CU_ASSERT_EQUAL(rask_lazy_graph_annotate(graph, "gpu", 3, &gpu, NULL), RASK_OK);
    for (uint32_t i = 0; i < 5; i++) {
        uint32_t before = i > 0 ? i - 1 : 0;
        add(graph, (struct rask_lazy_node){
                       .deps = &before, .n_deps = i > 0, .annotation = i == 2 ? gpu : 0});
    }
    want(graph, 4);
    struct rask_opt_plan plan = plan_of(graph, 0);
    CU_ASSERT_EQUAL_FATAL(plan.n_tasks, 3);
    CU_ASSERT(plan.member_offsets[1] == 2 && plan.member_offsets[2] == 3);
    CU_ASSERT_EQUAL(rask_lazy_graph_node(graph, plan.members[2]).annotation, gpu);
    rask_opt_plan_release(&plan);
    rask_lazy_graph_free(graph);
}

static void a_plan_can_be_ordered(void)
{
    struct rask_lazy_graph *graph = new_graph();
    uint32_t rank[3];
    call(graph, 10, NO, NO);
    call(graph, 11, NO, NO);
    call(graph, 12, 0, 1);
    want(graph, 2);
    struct rask_opt_plan plan = plan_of(graph, 0);
    struct rask_order_graph rows = {plan.n_tasks, plan.dep_offsets, plan.deps};
    CU_ASSERT_EQUAL_FATAL(plan.n_tasks, 3);
    CU_ASSERT_EQUAL(rask_order_compute(&rows, rank, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rank[2], 2);
    rask_opt_plan_release(&plan);
    rask_lazy_graph_free(graph);
}

static void nothing_wanted_is_an_error(void)
{
    struct rask_lazy_graph *graph = new_graph();
    struct rask_opt_plan plan = {.n_tasks = 77};
    struct rask_opt_options unknown = {.skip = 64};
    struct rask_error error;
    call(graph, 10, NO, NO);
    CU_ASSERT_EQUAL(rask_opt_plan_init(&plan, graph, NULL, &error), RASK_ERR_STATE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "no result of the graph's 1 nodes is wanted"));
    want(graph, 0);
    CU_ASSERT_EQUAL(rask_opt_plan_init(&plan, graph, &unknown, &error), RASK_ERR_ARGUMENT);
    uint64_t n = 0;
    rask_status status = RASK_ERR_MEMORY;
    while (status == RASK_ERR_MEMORY && n < 100) {
        CU_ASSERT_EQUAL(plan.n_tasks, 77);
        rask_alloc_fail_at(++n, 0);
        status = rask_opt_plan_init(&plan, graph, NULL, &error);
    }
    rask_alloc_fail_at(0, 0);
    CU_ASSERT_EQUAL_FATAL(status, RASK_OK);
    CU_ASSERT(n > 5);
    rask_opt_plan_release(&plan);
    rask_lazy_graph_free(graph);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t z = (a ^ (b + 0x9e3779b97f4a7c15u + (a << 6))) * 0xbf58476d1ce4e5b9u;
    return z ^ z >> 29;
}

static uint64_t constant_of(const struct rask_lazy_node *node)
{
    uint64_t value = 0;
    memcpy(&value, node->bytes, sizeof value);
    return value;
}

/* What a graph means, node by node. */
static void evaluate_graph(const struct rask_lazy_graph *graph, uint64_t *value)
{
    for (uint32_t i = 0; i < rask_lazy_graph_n_nodes(graph); i++) {
        struct rask_lazy_node node = rask_lazy_graph_node(graph, i);
        value[i] = node.kind == RASK_LAZY_CONSTANT ? constant_of(&node) : node.function;
        for (uint32_t d = 0; d < node.n_deps; d++)
            value[i] = mix(value[i], value[node.deps[d]]);
    }
}

/* What an input of a member of task t is worth; state[t] is that of the last member of a task. */
static uint64_t input_of(const struct rask_lazy_graph *graph, const struct rask_opt_input *input,
                         uint64_t before, const uint64_t *state)
{
    if (input->kind == RASK_OPT_VALUE) {
        struct rask_lazy_node value = rask_lazy_graph_node(graph, input->index);
        return constant_of(&value);
    }
    return input->kind == RASK_OPT_MEMBER ? before : state[input->index];
}

/* Runs the tasks of a plan as a worker would. */
static void evaluate_plan(const struct rask_lazy_graph *graph, const struct rask_opt_plan *plan,
                          uint64_t *state)
{
    for (uint32_t t = 0, m = 0; t < plan->n_tasks; t++) {
        for (uint32_t place = 0; m < plan->member_offsets[t + 1]; m++, place++) {
            struct rask_lazy_node node = rask_lazy_graph_node(graph, plan->members[m]);
            uint64_t mixed = node.kind == RASK_LAZY_CONSTANT ? constant_of(&node) : node.function;
            for (uint32_t i = plan->input_offsets[m]; i < plan->input_offsets[m + 1]; i++) {
                CU_ASSERT(plan->inputs[i].kind != RASK_OPT_MEMBER ||
                          plan->inputs[i].index + 1 == place);
                mixed = mix(mixed, input_of(graph, &plan->inputs[i], state[t], state));
            }
            state[t] = mixed;
        }
    }
}

static struct rask_lazy_graph *random_graph(uint64_t seed, uint32_t n)
{
    struct rask_lazy_graph *graph = new_graph();
    uint32_t notes[3] = {0, 0, 0};
    CU_ASSERT_EQUAL(rask_lazy_graph_annotate(graph, "a", 1, &notes[1], NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_lazy_graph_annotate(graph, "b", 1, &notes[2], NULL), RASK_OK);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t draw = seed = mix(seed, i);
        uint64_t bytes[80] = {draw};
        uint32_t deps[3];
        struct rask_lazy_node node = {.deps = deps, .function = i};
        node.kind = draw % 10 == 0 ? RASK_LAZY_CONSTANT : RASK_LAZY_CALL;
        if (node.kind == RASK_LAZY_CONSTANT) {
            node.bytes = bytes;
            node.n_bytes = draw % 20 == 0 ? sizeof bytes : sizeof draw;
        } else if (i > 0) {
            node.n_deps = (uint32_t)(draw >> 8) % 3;
        }
        for (uint32_t d = 0; d < node.n_deps; d++)
            deps[d] = i - 1 - (uint32_t)(draw >> (16 + 8 * d)) % (i < 4 ? i : 4);
        if (node.kind == RASK_LAZY_CALL)
            node.annotation = notes[(draw >> 50) % 8 < 6 ? 0 : (draw >> 50) % 8 - 5];
        add(graph, node);
    }
    for (uint32_t i = 0; i < 1 + seed % 4; i++)
        want(graph, (uint32_t)(mix(seed, i) % n));
    return graph;
}

static void check_members(const struct rask_lazy_graph *graph, const struct rask_opt_plan *plan)
{
    for (uint32_t t = 0; t < plan->n_tasks; t++) {
        for (uint32_t m = plan->member_offsets[t]; m < plan->member_offsets[t + 1]; m++)
            CU_ASSERT_EQUAL(
                rask_lazy_graph_node(graph, plan->members[m]).annotation,
                rask_lazy_graph_node(graph, plan->members[plan->member_offsets[t]]).annotation);
        for (uint32_t e = plan->dep_offsets[t]; e < plan->dep_offsets[t + 1]; e++)
            CU_ASSERT(plan->deps[e] < t);
    }
}

static void check_wanted(const struct rask_lazy_graph *graph, const struct rask_opt_plan *plan,
                         const uint64_t *value, const uint64_t *state)
{
    for (uint32_t i = 0; i < plan->n_wanted; i++)
        CU_ASSERT_EQUAL(state[plan->wanted[i]], value[rask_lazy_graph_wanted(graph, i)]);
}

static void plans_mean_what_their_graphs_mean(void)
{
    for (uint64_t seed = 1; seed <= 400; seed++) {
        uint64_t value[120], state[120] = {0};
        uint32_t n = 1 + (uint32_t)(mix(seed, 0) % 120);
        uint32_t n_failures = CU_get_number_of_failures();
        struct rask_lazy_graph *graph = random_graph(seed, n);
        evaluate_graph(graph, value);
        for (uint32_t skip = 0; skip < 8; skip++) {
            struct rask_opt_plan plan = plan_of(graph, skip);
            evaluate_plan(graph, &plan, state);
            check_members(graph, &plan);
            check_wanted(graph, &plan, value, state);
            rask_opt_plan_release(&plan);
        }
        if (CU_get_number_of_failures() != n_failures)
            printf("seed %llu\n", (unsigned long long)seed);
        rask_lazy_graph_free(graph);
    }
}

RASK_UNIT_MAIN("opt", {"only what is needed stays", only_what_is_needed_stays},
               {"a constant becomes part of its calls", a_constant_becomes_part_of_its_calls},
               {"a wanted constant is still there", a_wanted_constant_is_still_there},
               {"a chain becomes one task", a_chain_becomes_one_task},
               {"what others see is not fused", what_others_see_is_not_fused},
               {"annotations are never lost", annotations_are_never_lost},
               {"a plan can be ordered", a_plan_can_be_ordered},
               {"nothing wanted, and no memory, are errors", nothing_wanted_is_an_error},
               {"plans mean what their graphs mean", plans_mean_what_their_graphs_mean})
