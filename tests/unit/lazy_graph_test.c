/* SPDX-License-Identifier: BSD-3-Clause */
/* lazy_graph_test.c: a graph under construction: annotations, what is kept, refused nodes. */
#include "base/alloc.h"
#include "lazy/graph.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#define CALL(...) (&(struct rask_lazy_node){.kind = RASK_LAZY_CALL, __VA_ARGS__})
#define INPUTS(...)                    \
    .deps = (uint32_t[]){__VA_ARGS__}, \
    .n_deps = sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)

static struct rask_lazy_graph *new_graph(void)
{
    struct rask_lazy_graph *graph = NULL;
    CU_ASSERT_EQUAL_FATAL(rask_lazy_graph_new(&graph, NULL), RASK_OK);
    return graph;
}

static uint32_t add(struct rask_lazy_graph *graph, const struct rask_lazy_node *node)
{
    uint32_t number = 0;
    struct rask_error error;
    rask_status status = rask_lazy_graph_add(graph, node, &number, &error);
    if (status != RASK_OK)
        printf("%s\n", error.text);
    CU_ASSERT_EQUAL_FATAL(status, RASK_OK);
    return number;
}

static uint32_t constant(struct rask_lazy_graph *graph, const char *text)
{
    return add(graph, &(struct rask_lazy_node){.kind = RASK_LAZY_CONSTANT,
                                               .bytes = text,
                                               .n_bytes = (uint32_t)strlen(text)});
}

static void equal_annotations_are_one(void)
{
    struct rask_lazy_graph *graph = new_graph();
    uint32_t gpu = 0, again = 0, other = 0, none = 7, n_bytes = 0;
    CU_ASSERT_EQUAL(rask_lazy_graph_annotate(graph, "gpu=1", 5, &gpu, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_lazy_graph_annotate(graph, "gpu=2", 5, &other, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_lazy_graph_annotate(graph, "gpu=1", 5, &again, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_lazy_graph_annotate(graph, NULL, 0, &none, NULL), RASK_OK);
    CU_ASSERT_EQUAL(gpu, again);
    CU_ASSERT_NOT_EQUAL(gpu, other);
    CU_ASSERT_EQUAL(none, 0);
    uint32_t call = add(graph, CALL(.annotation = other));
    const void *bytes =
        rask_lazy_graph_annotation(graph, rask_lazy_graph_node(graph, call).annotation, &n_bytes);
    CU_ASSERT_EQUAL(n_bytes, 5);
    CU_ASSERT_EQUAL(memcmp(bytes, "gpu=2", 5), 0);
    rask_lazy_graph_free(graph);
}

static void keeps_what_it_was_given(void)
{
    struct rask_lazy_graph *graph = new_graph();
    char text[24];
    for (int i = 0; i < 1000; i++) {
        int n = snprintf(text, sizeof text, "value %d", i);
        uint32_t value = constant(graph, text);
        add(graph, CALL(.function = (uint32_t)i, .bytes = text, .n_bytes = (uint32_t)n,
                        INPUTS(value, value)));
    }
    struct rask_lazy_node node = rask_lazy_graph_node(graph, 2 * 617 + 1);
    CU_ASSERT_EQUAL(node.function, 617);
    CU_ASSERT_EQUAL_FATAL(node.n_bytes, 9);
    CU_ASSERT_EQUAL(memcmp(node.bytes, "value 617", 9), 0);
    CU_ASSERT_EQUAL((uintptr_t)node.bytes % 16, 0);
    CU_ASSERT_EQUAL_FATAL(node.n_deps, 2);
    CU_ASSERT_EQUAL(node.deps[1], 2 * 617);
    CU_ASSERT_EQUAL(rask_lazy_graph_n_nodes(graph), 2000);
    rask_lazy_graph_free(graph);
}

static void refuses_what_cannot_be(void)
{
    struct rask_lazy_graph *graph = new_graph();
    uint32_t x = constant(graph, "x"), number = 99;
    uint32_t note = 0;
    struct rask_error error;
    CU_ASSERT_EQUAL_FATAL(rask_lazy_graph_annotate(graph, "gpu=1", 5, &note, NULL), RASK_OK);
    const struct rask_lazy_node *wrong[] = {
        CALL(INPUTS(1)),
        CALL(.annotation = 2),
        CALL(.n_bytes = 4),
        &(struct rask_lazy_node){.kind = 17},
        &(struct rask_lazy_node){.kind = RASK_LAZY_CONSTANT, INPUTS(0)},
        &(struct rask_lazy_node){.kind = RASK_LAZY_CONSTANT, .annotation = note},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_EQUAL(rask_lazy_graph_add(graph, wrong[i], &number, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(number, 99);
    CU_ASSERT_EQUAL(rask_lazy_graph_n_nodes(graph), 1);
    CU_ASSERT_EQUAL(rask_lazy_graph_want(graph, 5, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "what is wanted is node 5, but there are only 1"));
    CU_ASSERT_EQUAL(rask_lazy_graph_n_wanted(graph), 0);
    CU_ASSERT_EQUAL(rask_lazy_graph_want(graph, x, &error), RASK_OK);
    CU_ASSERT_EQUAL(rask_lazy_graph_wanted(graph, 0), x);
    rask_lazy_graph_free(graph);
}

static void want_of_memory_changes_nothing(void)
{
    struct rask_lazy_graph *graph = NULL;
    rask_alloc_fail_at(1, 0);
    CU_ASSERT_EQUAL(rask_lazy_graph_new(&graph, NULL), RASK_ERR_MEMORY);
    rask_alloc_fail_at(0, 0);
    graph = new_graph();
    for (uint32_t i = 0; i < 100; i++) {
        uint32_t number, used = i > 0 ? i - 1 : 0;
        struct rask_lazy_node node = {
            .deps = &used, .n_deps = i > 0, .bytes = "argument", .n_bytes = 8};
        rask_status status = RASK_ERR_MEMORY;
        for (uint64_t n = 1; status == RASK_ERR_MEMORY && n < 10; n++) {
            rask_alloc_fail_at(n, 0);
            status = rask_lazy_graph_add(graph, &node, &number, NULL);
            CU_ASSERT_EQUAL(rask_lazy_graph_n_nodes(graph), i + (status == RASK_OK));
        }
        CU_ASSERT_EQUAL_FATAL(status, RASK_OK);
    }
    rask_alloc_fail_at(0, 0);
    CU_ASSERT_EQUAL(rask_lazy_graph_node(graph, 99).deps[0], 98);
    rask_lazy_graph_free(graph);
}

RASK_UNIT_MAIN("lazy graph", {"equal annotations are one", equal_annotations_are_one},
               {"nodes stay as they were given", keeps_what_it_was_given},
               {"what cannot be is refused and changes nothing", refuses_what_cannot_be},
               {"want of memory changes nothing", want_of_memory_changes_nothing})
