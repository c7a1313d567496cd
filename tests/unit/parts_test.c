/* SPDX-License-Identifier: BSD-3-Clause */
/* parts_test.c: parts of results as inputs, alone and, as parts_test of tests/mpi, over ranks. */
#include <rask/graph.h>
#include <rask/task.h>
#include <stdint.h>
#include <string.h>

#include "api_home.h"

const char *const home_settings[] = {"check=yes", NULL};

/* 0, 1, 2, ... as int64_t, so many of them. */
static int count_up(struct rask_task *task)
{
    const int64_t *n = RASK_INPUT(task, 0, int64_t);
    int64_t *numbers = n == NULL ? NULL : rask_task_result(task, (uint64_t)*n * sizeof *numbers);
    for (int64_t i = 0; numbers != NULL && i < *n; i++)
        numbers[i] = i;
    return numbers == NULL;
}
RASK_TASK(count_up)

/* The sum of all numbers in all inputs. */
static int sum_all(struct rask_task *task)
{
    int64_t total = 0;
    for (size_t i = 0; i < rask_task_input_count(task); i++) {
        struct rask_view view = rask_task_input(task, i);
        for (uint64_t k = 0; k < view.bytes / sizeof total; k++)
            total += ((const int64_t *)view.data)[k];
    }
    return rask_task_return(task, &total, sizeof total);
}
RASK_TASK(sum_all)

/* Of a small result, which travels inline, and of a large one. */
static void takes_parts_of_results(void)
{
    static const int64_t sizes[] = {20, 200000};
    start();
    for (int k = 0; k < 2; k++) {
        int64_t n = sizes[k];
        struct rask_future whole = submit(RASK_CALL_WITH(&there, count_up, RASK_VALUE(n))),
                           parts[4];
        parts[0] = submit(RASK_CALL(sum_all, RASK_PART(whole, 16, 24)));
        parts[1] = submit(RASK_CALL(sum_all, RASK_PART(whole, 8 * (uint64_t)(n - 2), 0)));
        parts[2] = submit(RASK_CALL(sum_all, RASK_PART(whole, 0, 32), RASK_VALUE(n),
                                    RASK_PART(whole, 80, 8), RASK_RESULT(whole)));
        parts[3] = submit(RASK_CALL(sum_all, RASK_PART(whole, 8 * (uint64_t)n, 0)));
        rask_release(rask, &whole, 1);
        CU_ASSERT_EQUAL(value_of(parts[0]), 2 + 3 + 4);
        CU_ASSERT_EQUAL(value_of(parts[1]), n - 2 + n - 1);
        CU_ASSERT_EQUAL(value_of(parts[2]), 0 + 1 + 2 + 3 + n + 10 + n * (n - 1) / 2);
        CU_ASSERT_EQUAL(value_of(parts[3]), 0);
        rask_release(rask, parts, 4);
    }
    stop();
}

static void refuses_parts_that_are_not_there(void)
{
    int64_t n = 200000, few = 10;
    struct rask_graph *graph;
    struct rask_node node;
    start();
    struct rask_future whole = submit(RASK_CALL_WITH(&there, count_up, RASK_VALUE(n)));
    struct rask_future small = submit(RASK_CALL(count_up, RASK_VALUE(few)));
    struct rask_future wrong[3] = {
        submit(RASK_CALL(sum_all, RASK_RESULT(whole), RASK_PART(whole, 8, 8 * (uint64_t)n))),
        submit(RASK_CALL(sum_all, RASK_PART(small, 81, 0))),
        submit(RASK_CALL(sum_all, RASK_PART(whole, UINT64_MAX, 8)))};
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(rask_result(rask, wrong[i], RASK_FOREVER, NULL, &error), RASK_ERR_ARGUMENT);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, i == 0 ? "input 1" : "input 0"));
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, i == 1 ? "80 bytes" : "1600000 bytes"));
    }
    CU_ASSERT_EQUAL_FATAL(rask_graph_new(rask, &graph, &error), RASK_OK);
    CU_ASSERT_EQUAL(
        rask_graph_add(graph, RASK_CALL(sum_all, RASK_PART(whole, 8, 8)), &node, &error),
        RASK_ERR_UNSUPPORTED);
    rask_graph_free(graph);
    rask_release(rask, wrong, 3);
    rask_release(rask, &whole, 1);
    rask_release(rask, &small, 1);
    stop();
}

/* Pure calls of different parts are different calls. */
static void parts_are_in_the_key(void)
{
    int64_t n = 1000;
    const struct rask_call_options pure = {.size = sizeof pure, .is_pure = 1};
    char keys[3][64];
    start();
    struct rask_future whole = submit(RASK_CALL_WITH(&pure, count_up, RASK_VALUE(n)));
    struct rask_future parts[3] = {submit(RASK_CALL_WITH(&pure, sum_all, RASK_PART(whole, 0, 8))),
                                   submit(RASK_CALL_WITH(&pure, sum_all, RASK_PART(whole, 8, 8))),
                                   submit(RASK_CALL_WITH(&pure, sum_all, RASK_PART(whole, 8, 8)))};
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(rask_future_key(rask, parts[i], keys[i], sizeof keys[i]), RASK_OK);
    CU_ASSERT_STRING_NOT_EQUAL(keys[0], keys[1]);
    CU_ASSERT_STRING_EQUAL(keys[1], keys[2]);
    CU_ASSERT_EQUAL(value_of(parts[1]), 1);
    rask_release(rask, parts, 3);
    rask_release(rask, &whole, 1);
    stop();
}

HOME_MAIN("parts", {"takes parts of results", takes_parts_of_results},
          {"refuses parts that are not there", refuses_parts_that_are_not_there},
          {"parts are in the key", parts_are_in_the_key})
