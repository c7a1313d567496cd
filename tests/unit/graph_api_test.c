/* SPDX-License-Identifier: BSD-3-Clause */
/* graph_api_test.c: rask/graph.h in the embedded form: graphs give what their calls give one at a
 * time, and run no more than is wanted. */
#include <rask/graph.h>
#include <rask/task.h>
#include <stdio.h>
#include <string.h>

#include "api_home.h"

#define N_CHAINS 40
#define N_LINKS 8

const char *const home_settings[] = {"check=yes", "resources=gpu=1", NULL};

static _Atomic int n_traps;

static int add(struct rask_task *task)
{
    int64_t sum = 0;
    for (size_t i = 0; i < rask_task_input_count(task); i++) {
        const int64_t *x = RASK_INPUT(task, i, int64_t);
        if (x == NULL)
            return 1;
        sum += *x;
    }
    atomic_fetch_add(&counts->n_runs, 1);
    return rask_task_return(task, &sum, sizeof sum);
}
RASK_TASK(add)

static int subtract(struct rask_task *task)
{
    const int64_t *a = RASK_INPUT(task, 0, int64_t), *b = RASK_INPUT(task, 1, int64_t);
    if (a == NULL || b == NULL)
        return 1;
    int64_t difference = *a - *b;
    return rask_task_return(task, &difference, sizeof difference);
}
RASK_TASK(subtract)

static int trap(struct rask_task *task)
{
    (void)task;
    atomic_fetch_add(&n_traps, 1);
    return 0;
}
RASK_TASK(trap)

/* A block of n bytes, each of value n % 251. */
static int block(struct rask_task *task)
{
    const int64_t *n = RASK_INPUT(task, 0, int64_t);
    char *room = n == NULL ? NULL : rask_task_result(task, (uint64_t)*n);
    if (room == NULL)
        return 1;
    memset(room, (int)(*n % 251), (size_t)*n);
    return 0;
}
RASK_TASK(block)

/* Its input with another byte at the end. */
static int append(struct rask_task *task)
{
    struct rask_view in = rask_task_input(task, 0);
    char *room = rask_task_result(task, in.bytes + 1);
    if (room == NULL)
        return 1;
    memcpy(room, in.data, in.bytes);
    room[in.bytes] = in.bytes == 0 ? 1 : room[0];
    return 0;
}
RASK_TASK(append)

static int size_of(struct rask_task *task)
{
    struct rask_view in = rask_task_input(task, 0);
    int64_t bytes = (int64_t)in.bytes;
    for (size_t i = 0; i < in.bytes; i++)
        if (((const char *)in.data)[i] != *(const char *)in.data)
            return rask_task_fail(task, RASK_ERR_TASK, "byte %zu is another one", i);
    return rask_task_return(task, &bytes, sizeof bytes);
}
RASK_TASK(size_of)

/* Fails until it has been run as often as its second input says. */
static int moody(struct rask_task *task)
{
    const int64_t *x = RASK_INPUT(task, 0, int64_t), *n = RASK_INPUT(task, 1, int64_t);
    if (x == NULL || n == NULL)
        return 1;
    if (atomic_fetch_add(&counts->n_tries, 1) + 1 < *n)
        return rask_task_fail(task, RASK_ERR_TASK, "not in the mood");
    atomic_store(&counts->n_tries, 0);
    return rask_task_return(task, x, sizeof *x);
}
RASK_TASK(moody)

static int silent(struct rask_task *task)
{
    (void)task;
    return 3;
}
RASK_TASK(silent)

static int with_child(struct rask_task *task)
{
    const int64_t *x = RASK_INPUT(task, 0, int64_t);
    int64_t one = 1;
    struct rask_future future;
    struct rask_view view;
    struct rask *own = rask_task_runtime(task);
    if (x == NULL ||
        rask_submit(own, RASK_CALL(add, RASK_VALUE(*x), RASK_VALUE(one)), &future, NULL) != RASK_OK)
        return 1;
    if (rask_result(own, future, RASK_FOREVER, &view, NULL) != RASK_OK)
        return rask_task_fail(task, RASK_ERR_TASK, "the child failed");
    int code = rask_task_return(task, view.data, view.bytes);
    rask_release(own, &future, 1);
    return code;
}
RASK_TASK(with_child)

static struct rask_graph *new_graph(void)
{
    struct rask_graph *graph = NULL;
    CU_ASSERT_EQUAL_FATAL(rask_graph_new(rask, &graph, &error), RASK_OK);
    return graph;
}

static struct rask_node node_of(struct rask_graph *graph, const struct rask_call *call)
{
    struct rask_node node = {0};
    if (rask_graph_add(graph, call, &node, &error) != RASK_OK)
        printf("\n    %s\n", error.text);
    CU_ASSERT_NOT_EQUAL_FATAL(node.id, 0);
    return node;
}

static void want(struct rask_graph *graph, struct rask_node node)
{
    CU_ASSERT_EQUAL_FATAL(rask_graph_want(graph, node, &error), RASK_OK);
}

/* Submits a graph with one wanted node. */
static struct rask_future submit_graph(struct rask_graph *graph, int is_unfused)
{
    struct rask_graph_options options = {.size = sizeof options, .is_unfused = is_unfused};
    struct rask_future future = {0};
    if (rask_graph_submit(graph, &options, &future, &error) != RASK_OK)
        printf("\n    %s\n", error.text);
    CU_ASSERT_NOT_EQUAL_FATAL(future.id, 0);
    return future;
}

/* Chains of additions of a constant, a value and a future, summed by one call: chain c gives c +
 * links * 1111. */
static struct rask_node chains(struct rask_graph *graph, struct rask_future thousand)
{
    static struct rask_input ends[N_CHAINS];
    int64_t hundred = 100, eleven = 11;
    struct rask_node constant, link;
    CU_ASSERT_EQUAL_FATAL(
        rask_graph_constant(graph, (struct rask_view){&hundred, sizeof hundred}, &constant, &error),
        RASK_OK);
    for (int64_t c = 0; c < N_CHAINS; c++) {
        link = node_of(graph, RASK_CALL(add, RASK_VALUE(c)));
        for (int i = 0; i < N_LINKS; i++) {
            link = node_of(
                graph, RASK_CALL(add, RASK_VALUE(eleven), RASK_NODE(link), RASK_NODE(constant)));
            if (i % 4 == 0)
                link = node_of(graph, RASK_CALL(add, RASK_NODE(link), RASK_RESULT(thousand)));
        }
        ends[c] = RASK_NODE(link);
    }
    struct rask_call sum = {.function = add, .inputs = ends, .n_inputs = N_CHAINS};
    return node_of(graph, &sum);
}

static void gives_the_same_fused_or_not(void)
{
    int64_t thousand = 1000, each = N_LINKS * 111 + (N_LINKS / 4) * 1000;
    int64_t expected = N_CHAINS * (N_CHAINS - 1) / 2 + N_CHAINS * each;
    struct rask_future future, results[2];
    uint64_t n_tasks[3];
    start();
    CU_ASSERT_EQUAL(rask_submit(rask, RASK_CALL(add, RASK_VALUE(thousand)), &future, &error),
                    RASK_OK);
    CU_ASSERT_EQUAL(value_of(future), thousand);
    struct rask_graph *graph = new_graph();
    want(graph, chains(graph, future));
    for (int i = 0; i < 2; i++) {
        n_tasks[i] = rask_counter(rask, "tasks_submitted");
        atomic_store(&counts->n_runs, 0);
        results[i] = submit_graph(graph, i);
        CU_ASSERT_EQUAL(value_of(results[i]), expected);
        CU_ASSERT_EQUAL(atomic_load(&counts->n_runs), N_CHAINS * (1 + N_LINKS + N_LINKS / 4) + 1);
    }
    n_tasks[2] = rask_counter(rask, "tasks_submitted");
    CU_ASSERT_EQUAL(n_tasks[2] - n_tasks[1], N_CHAINS * (1 + N_LINKS + N_LINKS / 4) + 1);
    CU_ASSERT(n_tasks[1] - n_tasks[0] < (n_tasks[2] - n_tasks[1]) / 2);
    rask_graph_free(graph);
    rask_release(rask, results, 2);
    stop();
}

static void keeps_the_order_of_inputs(void)
{
    int64_t nine = 9, four = 4, one = 1;
    start();
    for (int is_unfused = 0; is_unfused < 2; is_unfused++) {
        struct rask_graph *graph = new_graph();
        struct rask_node a =
            node_of(graph, RASK_CALL(subtract, RASK_VALUE(nine), RASK_VALUE(four)));
        struct rask_node b = node_of(graph, RASK_CALL(subtract, RASK_VALUE(one), RASK_NODE(a)));
        struct rask_node c = node_of(graph, RASK_CALL(subtract, RASK_NODE(b), RASK_NODE(b)));
        struct rask_node d = node_of(graph, RASK_CALL(add, RASK_NODE(c), RASK_VALUE(nine)));
        struct rask_future futures[2];
        want(graph, d);
        want(graph, b);
        struct rask_graph_options options = {.size = sizeof options, .is_unfused = is_unfused};
        CU_ASSERT_EQUAL_FATAL(rask_graph_submit(graph, &options, futures, &error), RASK_OK);
        CU_ASSERT_EQUAL(value_of(futures[0]), 9);
        CU_ASSERT_EQUAL(value_of(futures[1]), -4);
        rask_graph_free(graph);
        rask_release(rask, futures, 2);
    }
    stop();
}

static void hands_on_results_of_every_size(void)
{
    static const int64_t sizes[] = {0, 1, 8, 63, 64, 65, 511, 512, 513, 70000, 3000000};
    start();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct rask_graph *graph = new_graph();
        struct rask_node node = node_of(graph, RASK_CALL(block, RASK_VALUE(sizes[i])));
        for (int k = 0; k < 3; k++)
            node = node_of(graph, RASK_CALL(append, RASK_NODE(node)));
        want(graph, node_of(graph, RASK_CALL(size_of, RASK_NODE(node))));
        struct rask_future future = submit_graph(graph, 0);
        CU_ASSERT_EQUAL(value_of(future), sizes[i] + 3);
        rask_graph_free(graph);
        rask_release(rask, &future, 1);
    }
    stop();
}

static void leaves_out_what_is_not_wanted(void)
{
    int64_t one = 1;
    struct rask_future future;
    start();
    atomic_store(&n_traps, 0);
    struct rask_graph *graph = new_graph();
    struct rask_node a = node_of(graph, RASK_CALL(add, RASK_VALUE(one)));
    struct rask_node unwanted = node_of(graph, RASK_CALL(trap, RASK_NODE(a)));
    (void)node_of(graph, RASK_CALL(trap, RASK_NODE(unwanted)));
    CU_ASSERT_EQUAL(rask_graph_submit(graph, NULL, NULL, &error), RASK_ERR_STATE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "rask_graph_want"));
    want(graph, a);
    want(graph, node_of(graph, RASK_CALL(add, RASK_NODE(a), RASK_NODE(a))));
    struct rask_future futures[2];
    CU_ASSERT_EQUAL_FATAL(rask_graph_submit(graph, NULL, futures, &error), RASK_OK);
    CU_ASSERT_EQUAL(value_of(futures[0]), 1);
    CU_ASSERT_EQUAL(value_of(futures[1]), 2);
    CU_ASSERT_EQUAL(atomic_load(&n_traps), 0);
    rask_release(rask, futures, 2);
    /* Unculled, they run though nobody has a future of them. */
    struct rask_graph_options options = {.size = sizeof options, .is_unculled = 1};
    CU_ASSERT_EQUAL_FATAL(rask_graph_submit(graph, &options, futures, &error), RASK_OK);
    CU_ASSERT_EQUAL(value_of(futures[1]), 2);
    while (atomic_load(&n_traps) < 2) {
        future = submit(RASK_CALL(add, RASK_VALUE(one)));
        CU_ASSERT_EQUAL(value_of(future), 1);
        rask_release(rask, &future, 1);
    }
    CU_ASSERT_EQUAL(atomic_load(&n_traps), 2);
    rask_graph_free(graph);
    rask_release(rask, futures, 2);
    stop();
}

static void gives_constants_of_every_size(void)
{
    static char large[200000];
    struct rask_node node;
    start();
    memset(large, 7, sizeof large);
    static const uint64_t sizes[] = {0, 5, 512, 513, sizeof large};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct rask_graph *graph = new_graph();
        struct rask_future futures[3];
        CU_ASSERT_EQUAL_FATAL(
            rask_graph_constant(graph, (struct rask_view){large, sizes[i]}, &node, &error),
            RASK_OK);
        want(graph, node_of(graph, RASK_CALL(size_of, RASK_NODE(node))));
        want(graph, node_of(graph, RASK_CALL(size_of, RASK_BUFFER(large, sizes[i]))));
        want(graph, node);
        CU_ASSERT_EQUAL_FATAL(rask_graph_submit(graph, NULL, futures, &error), RASK_OK);
        CU_ASSERT_EQUAL(value_of(futures[0]), (int64_t)sizes[i]);
        CU_ASSERT_EQUAL(value_of(futures[1]), (int64_t)sizes[i]);
        struct rask_view view = {NULL, 1};
        CU_ASSERT_EQUAL(rask_result(rask, futures[2], RASK_FOREVER, &view, &error), RASK_OK);
        CU_ASSERT_EQUAL(view.bytes, sizes[i]);
        CU_ASSERT(view.bytes == sizes[i] && memcmp(view.data, large, view.bytes) == 0);
        rask_graph_free(graph);
        rask_release(rask, futures, 3);
    }
    stop();
}

static void repeats_each_member_by_itself(void)
{
    int64_t five = 5, tries = 3;
    struct rask_call_options options = {.size = sizeof options, .retries = 2};
    start();
    struct rask_graph *graph = new_graph();
    struct rask_node node = node_of(graph, RASK_CALL_WITH(&options, add, RASK_VALUE(five)));
    for (int i = 0; i < 4; i++)
        node = node_of(graph, RASK_CALL_WITH(&options, moody, RASK_NODE(node), RASK_VALUE(tries)));
    want(graph, node);
    for (int is_unfused = 0; is_unfused < 2; is_unfused++) {
        atomic_store(&counts->n_runs, 0);
        struct rask_future future = submit_graph(graph, is_unfused);
        CU_ASSERT_EQUAL(value_of(future), 5);
        CU_ASSERT_EQUAL(atomic_load(&counts->n_runs), 1);
        rask_release(rask, &future, 1);
    }
    rask_graph_free(graph);
    /* One retry less is not enough. */
    graph = new_graph();
    options.retries = 1;
    node = node_of(graph, RASK_CALL_WITH(&options, add, RASK_VALUE(five)));
    want(graph,
         node_of(graph, RASK_CALL_WITH(&options, moody, RASK_NODE(node), RASK_VALUE(tries))));
    struct rask_future future = submit_graph(graph, 0);
    CU_ASSERT_EQUAL(rask_result(rask, future, RASK_FOREVER, NULL, &error), RASK_ERR_TASK);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "not in the mood"));
    rask_graph_free(graph);
    rask_release(rask, &future, 1);
    stop();
}

static void names_the_member_that_fails(void)
{
    int64_t one = 1;
    start();
    struct rask_graph *graph = new_graph();
    struct rask_node node = node_of(graph, RASK_CALL(add, RASK_VALUE(one)));
    node = node_of(graph, RASK_CALL(silent, RASK_NODE(node)));
    want(graph, node_of(graph, RASK_CALL(add, RASK_NODE(node))));
    struct rask_future future = submit_graph(graph, 0);
    CU_ASSERT_EQUAL(rask_result(rask, future, RASK_FOREVER, NULL, &error), RASK_ERR_TASK);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "silent (2 of 3"));
    CU_ASSERT_STRING_EQUAL(error.function, "silent");
    CU_ASSERT_EQUAL(strncmp(error.key, "silent-", 7), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "returned 3"));
    rask_release(rask, &future, 1);
    rask_graph_free(graph);
    graph = new_graph();
    node = node_of(graph, RASK_CALL(add, RASK_VALUE(one)));
    want(graph, node_of(graph, RASK_CALL(add, RASK_NODE(node), RASK_BUFFER("abc", 3))));
    future = submit_graph(graph, 0);
    CU_ASSERT_EQUAL(rask_result(rask, future, RASK_FOREVER, NULL, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "add (2 of 2"));
    CU_ASSERT_STRING_EQUAL(error.function, "add");
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "input 1 has 3 bytes, 8 were expected"));
    rask_release(rask, &future, 1);
    rask_graph_free(graph);
    stop();
}

static int give_code(struct rask_task *task)
{
    const int64_t *code = RASK_INPUT(task, 0, int64_t);
    return code == NULL ? 1 : (int)*code;
}
RASK_TASK(give_code)

static void a_member_fails_with_the_codes_of_a_task(void)
{
    static const int64_t codes[] = {RASK_ERR_IO, RASK_ERR_TIMEOUT, RASK_ERR_INTERRUPTED, -99999};
    start();
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct rask_graph *graph = new_graph();
        struct rask_node node = node_of(graph, RASK_CALL(add, RASK_VALUE(codes[i])));
        want(graph, node_of(graph, RASK_CALL(give_code, RASK_NODE(node))));
        struct rask_future future = submit_graph(graph, 0);
        CU_ASSERT_EQUAL(rask_result(rask, future, RASK_FOREVER, NULL, &error),
                        codes[i] == RASK_ERR_IO ? RASK_ERR_IO : RASK_ERR_TASK);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "give_code (2 of 2"));
        rask_release(rask, &future, 1);
        rask_graph_free(graph);
    }
    stop();
}

/* Different annotations are different tasks; and each has effect. */
static void keeps_annotations(void)
{
    int64_t one = 1;
    static const int32_t rank0 = 0;
    static const struct rask_resource gpu = {"gpu", 1}, gpus = {"gpu", 2};
    struct rask_call_options on_gpu = {.size = sizeof on_gpu,
                                       .resources = &gpu,
                                       .n_resources = 1,
                                       .ranks = &rank0,
                                       .n_ranks = 1,
                                       .priority = 3};
    struct rask_call_options on_two = {.size = sizeof on_two, .resources = &gpus, .n_resources = 1};
    start();
    struct rask_graph *graph = new_graph();
    struct rask_node node = node_of(graph, RASK_CALL(add, RASK_VALUE(one)));
    for (int i = 0; i < 3; i++)
        node = node_of(graph, RASK_CALL_WITH(&on_gpu, add, RASK_NODE(node), RASK_VALUE(one)));
    want(graph, node);
    uint64_t n_before = rask_counter(rask, "tasks_submitted");
    struct rask_future future = submit_graph(graph, 0);
    CU_ASSERT_EQUAL(value_of(future), 4);
    CU_ASSERT_EQUAL(rask_counter(rask, "tasks_submitted") - n_before, 2);
    rask_release(rask, &future, 1);
    rask_graph_free(graph);
    /* Nobody has two of them. */
    graph = new_graph();
    node = node_of(graph, RASK_CALL_WITH(&on_two, add, RASK_VALUE(one)));
    want(graph, node_of(graph, RASK_CALL_WITH(&on_two, add, RASK_NODE(node), RASK_VALUE(one))));
    future = submit_graph(graph, 0);
    CU_ASSERT_EQUAL(rask_result(rask, future, RASK_FOREVER, NULL, &error), RASK_ERR_NO_WORKER);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "gpu"));
    rask_release(rask, &future, 1);
    rask_graph_free(graph);
    stop();
}

static void computes_pure_chains_once(void)
{
    int64_t one = 1, two = 2, three = 3;
    struct rask_call_options pure = {.size = sizeof pure, .is_pure = 1};
    struct rask_future single[3], future;
    char keys[2][RASK_KEY_TEXT_BYTES];
    start();
    struct rask_graph *graph = new_graph();
    struct rask_node constant;
    CU_ASSERT_EQUAL_FATAL(
        rask_graph_constant(graph, (struct rask_view){&two, sizeof two}, &constant, &error),
        RASK_OK);
    struct rask_node node =
        node_of(graph, RASK_CALL_WITH(&pure, add, RASK_VALUE(one), RASK_NODE(constant)));
    want(graph, node_of(graph, RASK_CALL_WITH(&pure, add, RASK_NODE(node), RASK_VALUE(three))));
    future = submit_graph(graph, 0);
    CU_ASSERT_EQUAL(value_of(future), 6);
    CU_ASSERT_EQUAL(atomic_load(&counts->n_runs), 2);
    single[2] = submit_graph(graph, 1);
    CU_ASSERT_EQUAL(value_of(single[2]), 6);
    /* The same calls one at a time: the last has the key of the chain. */
    single[0] = submit(RASK_CALL_WITH(&pure, add, RASK_VALUE(one), RASK_VALUE(two)));
    single[1] = submit(RASK_CALL_WITH(&pure, add, RASK_RESULT(single[0]), RASK_VALUE(three)));
    CU_ASSERT_EQUAL(value_of(single[1]), 6);
    CU_ASSERT_EQUAL(rask_future_key(rask, future, keys[0], sizeof keys[0]), RASK_OK);
    CU_ASSERT_EQUAL(rask_future_key(rask, single[1], keys[1], sizeof keys[1]), RASK_OK);
    CU_ASSERT_STRING_EQUAL(keys[0], keys[1]);
    CU_ASSERT(atomic_load(&counts->n_runs) <= 4);
    rask_release(rask, &future, 1);
    rask_release(rask, single, 3);
    rask_graph_free(graph);
    stop();
}

static void members_may_wait_for_tasks(void)
{
    int64_t zero = 0;
    start();
    struct rask_graph *graph = new_graph();
    struct rask_future futures[8];
    for (int c = 0; c < 8; c++) {
        struct rask_node node = node_of(graph, RASK_CALL(with_child, RASK_VALUE(zero)));
        for (int i = 0; i < 4; i++)
            node = node_of(graph, RASK_CALL(with_child, RASK_NODE(node)));
        want(graph, node);
    }
    CU_ASSERT_EQUAL_FATAL(rask_graph_submit(graph, NULL, futures, &error), RASK_OK);
    for (int c = 0; c < 8; c++)
        CU_ASSERT_EQUAL(value_of(futures[c]), 5);
    rask_release(rask, futures, 8);
    rask_graph_free(graph);
    stop();
}

static int not_registered(struct rask_task *task)
{
    (void)task;
    return 0;
}

static void refuses_what_is_wrong(void)
{
    int64_t one = 1;
    struct rask_node node = {7}, mine;
    struct rask_future future = {0};
    struct rask_call_options forgotten = {.size = sizeof forgotten, .is_forgotten = 1};
    static const int32_t nobody = 44;
    struct rask_call_options elsewhere = {.size = sizeof elsewhere, .ranks = &nobody, .n_ranks = 1};
    start();
    struct rask_graph *graph = new_graph(), *other = new_graph();
    mine = node_of(graph, RASK_CALL(add, RASK_VALUE(one)));
    CU_ASSERT_EQUAL(rask_graph_add(other, RASK_CALL(add, RASK_NODE(mine)), &node, &error),
                    RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "another graph"));
    CU_ASSERT_EQUAL(rask_graph_want(other, mine, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_graph_add(graph, RASK_CALL(add, RASK_RESULT(future)), &node, &error),
                    RASK_ERR_ARGUMENT);
    future.id = 12345;
    CU_ASSERT_EQUAL(rask_graph_add(graph, RASK_CALL(add, RASK_RESULT(future)), &node, &error),
                    RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(
        rask_graph_add(graph, RASK_CALL(not_registered, RASK_VALUE(one)), &node, &error),
        RASK_ERR_UNKNOWN_FUNCTION);
    CU_ASSERT_EQUAL(
        rask_graph_add(graph, RASK_CALL_WITH(&forgotten, add, RASK_VALUE(one)), &node, &error),
        RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(
        rask_graph_add(graph, RASK_CALL_WITH(&elsewhere, add, RASK_VALUE(one)), &node, &error),
        RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "rank 44"));
    CU_ASSERT_EQUAL(node.id, 7);
    CU_ASSERT_EQUAL(rask_submit(rask, RASK_CALL(add, RASK_NODE(mine)), &future, &error),
                    RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "node of a graph"));
    rask_graph_free(graph);
    rask_graph_free(other);
    rask_graph_free(NULL);
    stop();
}

RASK_UNIT_MAIN("graph_api", {"gives the same fused or not", gives_the_same_fused_or_not},
               {"keeps the order of inputs", keeps_the_order_of_inputs},
               {"hands on results of every size", hands_on_results_of_every_size},
               {"leaves out what is not wanted", leaves_out_what_is_not_wanted},
               {"gives constants of every size", gives_constants_of_every_size},
               {"repeats each member by itself", repeats_each_member_by_itself},
               {"names the member that fails", names_the_member_that_fails},
               {"a member fails with the codes of a task", a_member_fails_with_the_codes_of_a_task},
               {"keeps annotations", keeps_annotations},
               {"computes pure chains once", computes_pure_chains_once},
               {"members may wait for tasks", members_may_wait_for_tasks},
               {"refuses what is wrong", refuses_what_is_wrong})
