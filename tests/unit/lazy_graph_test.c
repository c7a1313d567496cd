/* SPDX-License-Identifier: BSD-3-Clause */
/* lazy_graph_test.c: a graph under construction: keys, several results, annotations, refused nodes.
 */
#include "base/alloc.h"
#include "lazy/graph.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#define CALL(...) (&(struct rask_lazy_node){.kind = RASK_LAZY_CALL, __VA_ARGS__})
#define INPUTS(...)                                \
    .deps = (struct rask_lazy_ref[]){__VA_ARGS__}, \
    .n_deps = sizeof((struct rask_lazy_ref[]){__VA_ARGS__}) / sizeof(struct rask_lazy_ref)

static const struct rask_key128 add_key = {1, 1}, multiply_key = {2, 2};

static struct rask_lazy_graph *new_graph(uint64_t salt)
{
    struct rask_lazy_graph *graph = NULL;
    CU_ASSERT_EQUAL_FATAL(rask_lazy_graph_new((struct rask_key128){salt, 0}, &graph, NULL),
                          RASK_OK);
    return graph;
}

static struct rask_lazy_ref add(struct rask_lazy_graph *graph, const struct rask_lazy_node *node)
{
    struct rask_lazy_ref ref = {0, 0};
    struct rask_error error;
    rask_status status = rask_lazy_graph_add(graph, node, &ref, &error);
    if (status != RASK_OK)
        printf("%s\n", error.text);
    CU_ASSERT_EQUAL_FATAL(status, RASK_OK);
    return ref;
}

static struct rask_lazy_ref constant(struct rask_lazy_graph *graph, const char *text)
{
    return add(graph, &(struct rask_lazy_node){.kind = RASK_LAZY_CONSTANT,
                                               .bytes = text,
                                               .n_bytes = (uint32_t)strlen(text)});
}

static int is_same(const struct rask_lazy_graph *graph, struct rask_lazy_ref a,
                   struct rask_lazy_ref b)
{
    return rask_key128_equal(rask_lazy_graph_key(graph, a), rask_lazy_graph_key(graph, b));
}

static void the_same_call_has_the_same_key(void)
{
    struct rask_lazy_graph *graph = new_graph(1), *other = new_graph(2);
    struct rask_lazy_ref x = constant(graph, "x"), y = constant(graph, "y");
    struct rask_lazy_ref sum = add(graph, CALL(.function_key = add_key, INPUTS(x, y)));
    CU_ASSERT(is_same(graph, sum, add(graph, CALL(.function_key = add_key, INPUTS(x, y)))));
    CU_ASSERT(is_same(graph, sum,
                      add(graph, CALL(.function_key = add_key, INPUTS(constant(graph, "x"), y)))));
    CU_ASSERT_FALSE(is_same(graph, sum, add(graph, CALL(.function_key = add_key, INPUTS(y, x)))));
    CU_ASSERT_FALSE(
        is_same(graph, sum, add(graph, CALL(.function_key = multiply_key, INPUTS(x, y)))));
    CU_ASSERT_FALSE(is_same(
        graph, sum,
        add(graph, CALL(.function_key = add_key, .bytes = "1", .n_bytes = 1, INPUTS(x, y)))));
    struct rask_lazy_ref there_y = constant(other, "y"), there_x = constant(other, "x");
    struct rask_lazy_ref there =
        add(other, CALL(.function_key = add_key, INPUTS(there_x, there_y)));
    CU_ASSERT(
        rask_key128_equal(rask_lazy_graph_key(graph, sum), rask_lazy_graph_key(other, there)));
    rask_lazy_graph_free(graph);
    rask_lazy_graph_free(other);
}

static void an_alias_changes_no_key(void)
{
    struct rask_lazy_graph *graph = new_graph(1);
    struct rask_lazy_ref x = constant(graph, "x");
    struct rask_lazy_ref alias =
        add(graph, &(struct rask_lazy_node){.kind = RASK_LAZY_ALIAS, INPUTS(x)});
    struct rask_lazy_ref direct = add(graph, CALL(.function_key = add_key, INPUTS(x)));
    CU_ASSERT(is_same(graph, direct, add(graph, CALL(.function_key = add_key, INPUTS(alias)))));
    rask_lazy_graph_free(graph);
}

static void an_impure_call_is_like_no_other(void)
{
    struct rask_lazy_graph *graph = new_graph(1), *other = new_graph(2);
    struct rask_lazy_ref first = add(graph, CALL(.function_key = add_key, .is_impure = true));
    struct rask_lazy_ref second = add(graph, CALL(.function_key = add_key, .is_impure = true));
    struct rask_lazy_ref there = add(other, CALL(.function_key = add_key, .is_impure = true));
    CU_ASSERT_FALSE(is_same(graph, first, second));
    CU_ASSERT_FALSE(
        rask_key128_equal(rask_lazy_graph_key(graph, first), rask_lazy_graph_key(other, there)));
    /* a pure call on an impure result is another call each time too */
    struct rask_lazy_ref on_first = add(graph, CALL(.function_key = multiply_key, INPUTS(first)));
    CU_ASSERT_FALSE(
        is_same(graph, on_first, add(graph, CALL(.function_key = multiply_key, INPUTS(second)))));
    CU_ASSERT(
        is_same(graph, on_first, add(graph, CALL(.function_key = multiply_key, INPUTS(first)))));
    rask_lazy_graph_free(graph);
    rask_lazy_graph_free(other);
}

static void each_of_n_results_has_a_key(void)
{
    struct rask_lazy_graph *graph = new_graph(1);
    struct rask_lazy_ref parts[3],
        split = add(graph, CALL(.function_key = add_key, .n_outputs = 3));
    for (uint32_t i = 0; i < 3; i++)
        parts[i] = (struct rask_lazy_ref){split.node, i};
    CU_ASSERT_FALSE(is_same(graph, parts[0], parts[1]));
    struct rask_lazy_ref last = add(graph, CALL(.function_key = multiply_key, INPUTS(parts[2])));
    CU_ASSERT_FALSE(
        is_same(graph, last, add(graph, CALL(.function_key = multiply_key, INPUTS(parts[1])))));
    rask_lazy_graph_free(graph);
}

static void equal_annotations_are_one(void)
{
    struct rask_lazy_graph *graph = new_graph(1);
    uint32_t gpu = 0, again = 0, other = 0, none = 7, n_bytes = 0;
    CU_ASSERT_EQUAL(rask_lazy_graph_annotate(graph, "gpu=1", 5, &gpu, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_lazy_graph_annotate(graph, "gpu=2", 5, &other, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_lazy_graph_annotate(graph, "gpu=1", 5, &again, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_lazy_graph_annotate(graph, NULL, 0, &none, NULL), RASK_OK);
    CU_ASSERT_EQUAL(gpu, again);
    CU_ASSERT_NOT_EQUAL(gpu, other);
    CU_ASSERT_EQUAL(none, 0);
    struct rask_lazy_ref call = add(graph, CALL(.function_key = add_key, .annotation = other));
    const void *bytes = rask_lazy_graph_annotation(
        graph, rask_lazy_graph_node(graph, call.node).annotation, &n_bytes);
    CU_ASSERT_EQUAL(n_bytes, 5);
    CU_ASSERT_EQUAL(memcmp(bytes, "gpu=2", 5), 0);
    rask_lazy_graph_free(graph);
}

static void keeps_what_it_was_given(void)
{
    struct rask_lazy_graph *graph = new_graph(1);
    char text[24];
    for (int i = 0; i < 1000; i++) {
        int n = snprintf(text, sizeof text, "value %d", i);
        struct rask_lazy_ref value = constant(graph, text);
        add(graph, CALL(.function = (uint32_t)i, .bytes = text, .n_bytes = (uint32_t)n,
                        INPUTS(value, value)));
    }
    struct rask_lazy_node node = rask_lazy_graph_node(graph, 2 * 617 + 1);
    CU_ASSERT_EQUAL(node.function, 617);
    CU_ASSERT_EQUAL_FATAL(node.n_bytes, 9);
    CU_ASSERT_EQUAL(memcmp(node.bytes, "value 617", 9), 0);
    CU_ASSERT_EQUAL((uintptr_t)node.bytes % 16, 0);
    CU_ASSERT_EQUAL_FATAL(node.n_deps, 2);
    CU_ASSERT_EQUAL(node.deps[1].node, 2 * 617);
    CU_ASSERT_EQUAL(rask_lazy_graph_n_nodes(graph), 2000);
    rask_lazy_graph_free(graph);
}

static void refuses_what_cannot_be(void)
{
    struct rask_lazy_graph *graph = new_graph(1);
    struct rask_lazy_ref x = constant(graph, "x"), ref = {99, 99};
    struct rask_error error;
    const struct rask_lazy_node *wrong[] = {
        CALL(INPUTS({1, 0})),
        CALL(INPUTS({0, 1})),
        CALL(.annotation = 1),
        CALL(.n_bytes = 4),
        &(struct rask_lazy_node){.kind = 17},
        &(struct rask_lazy_node){.kind = RASK_LAZY_ALIAS},
        &(struct rask_lazy_node){.kind = RASK_LAZY_CONSTANT, INPUTS({0, 0})},
        &(struct rask_lazy_node){.kind = RASK_LAZY_CONSTANT, .is_impure = true},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_EQUAL(rask_lazy_graph_add(graph, wrong[i], &ref, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(ref.node, 99);
    CU_ASSERT_EQUAL(rask_lazy_graph_n_nodes(graph), 1);
    CU_ASSERT_EQUAL(rask_lazy_graph_want(graph, (struct rask_lazy_ref){5, 0}, &error),
                    RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "what is wanted is node 5, but there are only 1"));
    CU_ASSERT_EQUAL(rask_lazy_graph_n_wanted(graph), 0);
    CU_ASSERT_EQUAL(rask_lazy_graph_want(graph, x, &error), RASK_OK);
    CU_ASSERT_EQUAL(rask_lazy_graph_wanted(graph, 0).node, x.node);
    rask_lazy_graph_free(graph);
}

static void want_of_memory_changes_nothing(void)
{
    struct rask_lazy_graph *graph = NULL;
    rask_alloc_fail_at(1, 0);
    CU_ASSERT_EQUAL(rask_lazy_graph_new((struct rask_key128){0, 0}, &graph, NULL), RASK_ERR_MEMORY);
    rask_alloc_fail_at(0, 0);
    graph = new_graph(1);
    for (uint32_t i = 0; i < 100; i++) {
        struct rask_lazy_ref ref, used = {i > 0 ? i - 1 : 0, 0};
        struct rask_lazy_node node = {
            .deps = &used, .n_deps = i > 0, .bytes = "argument", .n_bytes = 8};
        rask_status status = RASK_ERR_MEMORY;
        for (uint64_t n = 1; status == RASK_ERR_MEMORY && n < 10; n++) {
            rask_alloc_fail_at(n, 0);
            status = rask_lazy_graph_add(graph, &node, &ref, NULL);
            CU_ASSERT_EQUAL(rask_lazy_graph_n_nodes(graph), i + (status == RASK_OK));
        }
        CU_ASSERT_EQUAL_FATAL(status, RASK_OK);
    }
    rask_alloc_fail_at(0, 0);
    CU_ASSERT_EQUAL(rask_lazy_graph_node(graph, 99).deps[0].node, 98);
    rask_lazy_graph_free(graph);
}

RASK_UNIT_MAIN("lazy graph", {"the same call has the same key", the_same_call_has_the_same_key},
               {"an alias changes no key", an_alias_changes_no_key},
               {"an impure call is like no other", an_impure_call_is_like_no_other},
               {"each of n results has a key", each_of_n_results_has_a_key},
               {"equal annotations are one", equal_annotations_are_one},
               {"nodes stay as they were given", keeps_what_it_was_given},
               {"what cannot be is refused and changes nothing", refuses_what_cannot_be},
               {"want of memory changes nothing", want_of_memory_changes_nothing})
