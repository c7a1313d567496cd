/* SPDX-License-Identifier: BSD-3-Clause */
/* api_home.c: see api_home.h. */
#include "api_home.h"

#include <rask/task.h>
#include <stdio.h>
#include <string.h>

struct rask *rask;
struct rask_error error;
int32_t last_rank;
const struct rask_call_options there = {.size = sizeof there, .ranks = &last_rank, .n_ranks = 1};

int sum(struct rask_task *task)
{
    int64_t result = 0;
    for (size_t i = 0; i < rask_task_input_count(task); i++) {
        const int64_t *x = RASK_INPUT(task, i, int64_t);
        if (x == NULL)
            return 1;
        result += *x;
    }
    atomic_fetch_add(&counts->n_runs, 1);
    return rask_task_return(task, &result, sizeof result);
}
RASK_TASK(sum)

int nest(struct rask_task *task)
{
    const int64_t *level = RASK_INPUT(task, 0, int64_t);
    struct rask *own = rask_task_runtime(task);
    struct rask_future future;
    struct rask_view view;
    if (level == NULL || *level == 0)
        return level == NULL ? 1 : rask_task_return(task, level, sizeof *level);
    int64_t below = *level - 1, depth;
    if (rask_submit(own, RASK_CALL(nest, RASK_VALUE(below)), &future, NULL) != RASK_OK ||
        rask_result(own, future, RASK_FOREVER, &view, NULL) != RASK_OK)
        return 1;
    depth = *(const int64_t *)view.data + 1;
    rask_release(own, &future, 1);
    return rask_task_return(task, &depth, sizeof depth);
}
RASK_TASK(nest)

struct rask_future submit(const struct rask_call *call)
{
    struct rask_future future = {0};
    if (rask_submit(rask, call, &future, &error) != RASK_OK)
        printf("\n    %s\n", error.text);
    CU_ASSERT_NOT_EQUAL_FATAL(future.id, 0);
    return future;
}

int64_t value_of(struct rask_future future)
{
    struct rask_view view;
    int64_t value = INT64_MIN;
    if (rask_result(rask, future, RASK_FOREVER, &view, &error) != RASK_OK)
        printf("\n    %s\n", error.text);
    else if (view.bytes == sizeof value)
        memcpy(&value, view.data, sizeof value);
    return value;
}

int home_main(const char *suite_name, const struct rask_unit_case *cases, size_t n)
{
    if (!home_enter())
        return 0;
    int code = rask_unit_main(suite_name, cases, n);
    return home_leave() != 0 ? 1 : code;
}
