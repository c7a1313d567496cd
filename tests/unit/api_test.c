/* SPDX-License-Identifier: BSD-3-Clause */
/* api_test.c: rask/future.h and rask/task.h as a program uses them, embedded and on ranks
 * (api_home.h). Starting, stopping and threads are api_life_test.c. */
#include <rask/graph.h>
#include <rask/task.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>

#include "api_home.h"

#define MILLISECOND 1000000

const char *const home_settings[] = {"check=yes", "resources=gpu=1, licence=2", NULL};

/* Runs until the gate is opened, or nobody needs it any more. */
static int gate(struct rask_task *task)
{
    atomic_fetch_add(&counts->n_entered, 1);
    while (!atomic_load(&counts->is_open) && !rask_task_is_cancelled(task))
        (void)sched_yield();
    return rask_task_return(task, "open", 4);
}
RASK_TASK(gate)

static int bytes_of(struct rask_task *task)
{
    int64_t total = 0;
    for (size_t i = 0; i < rask_task_input_count(task); i++) {
        struct rask_view view = rask_task_input(task, i);
        for (uint64_t k = 0; k < view.bytes; k++)
            total += ((const uint8_t *)view.data)[k];
    }
    atomic_fetch_add(&counts->n_runs, 1);
    return rask_task_return(task, &total, sizeof total);
}
RASK_TASK(bytes_of)

/* As many bytes as it is told, each of value bytes % 251. */
static int fill(struct rask_task *task)
{
    const uint64_t *bytes = RASK_INPUT(task, 0, uint64_t);
    uint8_t *room = bytes == NULL ? NULL : rask_task_result(task, *bytes + 100);
    if (room == NULL)
        return 1;
    memset(room, (int)(*bytes % 251), *bytes);
    rask_task_result_shrink(task, *bytes);
    return 0;
}
RASK_TASK(fill)

static int nothing(struct rask_task *task)
{
    (void)task;
    atomic_fetch_add(&counts->n_runs, 1);
    return 0;
}
RASK_TASK(nothing)

static int break_down(struct rask_task *task)
{
    const int64_t *line = RASK_INPUT(task, 0, int64_t);
    return line == NULL ? 1
                        : rask_task_fail(task, RASK_ERR_IO, "file x.csv,\nline %lld: torn",
                                         (long long)*line);
}
RASK_TASK(break_down)

static int sometimes(struct rask_task *task)
{
    const int64_t *n_failures = RASK_INPUT(task, 0, int64_t);
    if (n_failures == NULL || atomic_fetch_add(&counts->n_runs, 1) < *n_failures)
        return rask_task_fail(task, RASK_ERR_TASK, "not yet");
    return 0;
}
RASK_TASK(sometimes)

static int order_of(struct rask_task *task)
{
    int64_t order = atomic_fetch_add(&counts->n_order, 1);
    return rask_task_return(task, &order, sizeof order);
}
RASK_TASK(order_of)

static int rank_of(struct rask_task *task)
{
    int64_t rank = rask_task_rank(task);
    return rask_task_return(task, &rank, sizeof rank);
}
RASK_TASK(rank_of)

static void release(struct rask_future future)
{
    rask_release(rask, &future, 1);
}

static struct rask_future running_gate(void)
{
    int n_before = atomic_load(&counts->n_entered);
    struct rask_future future = submit(&(struct rask_call){.function = gate, .options = &there});
    while (atomic_load(&counts->n_entered) == n_before)
        CU_ASSERT_EQUAL(rask_wait(rask, &future, 1, MILLISECOND), RASK_ERR_TIMEOUT);
    return future;
}

/* All slots of the last rank are taken. */
static void fill_slots(struct rask_future gates[HOME_SLOTS])
{
    for (int i = 0; i < HOME_SLOTS; i++)
        gates[i] = running_gate();
}

static void takes_values_buffers_and_results(void)
{
    static uint8_t large[3][300000];
    int64_t two = 2, forty = 40;
    start();
    for (size_t i = 0; i < 3; i++)
        memset(large[i], (int)i + 1, sizeof large[i]);
    struct rask_future a = submit(RASK_CALL(sum, RASK_VALUE(two), RASK_VALUE(forty)));
    struct rask_future b = submit(RASK_CALL(sum, RASK_RESULT(a), RASK_VALUE(two), RASK_RESULT(a)));
    CU_ASSERT_EQUAL(value_of(b), 86);
    struct rask_future c = submit(RASK_CALL(
        bytes_of, RASK_BUFFER(large[0], 300000), RASK_VALUE(large[1][0]),
        RASK_BUFFER(large[1], 60000), RASK_BUFFER(large[2], 60000), RASK_BUFFER(large[2], 300000)));
    memset(large, 0, sizeof large);
    CU_ASSERT_EQUAL(value_of(c), 300000 + 2 + 2 * 60000 + 3 * 60000 + 3 * 300000);
    /* Inputs may be released at once. */
    struct rask_future d = submit(RASK_CALL(sum, RASK_RESULT(b), RASK_RESULT(a)));
    release(a);
    release(b);
    CU_ASSERT_EQUAL(value_of(d), 128);
    CU_ASSERT_EQUAL(rask_future_state(rask, a), RASK_FUTURE_NONE);
    release(c);
    release(d);
    stop();
}

static void takes_many_inputs(void)
{
    static struct rask_input inputs[16384];
    int64_t one = 1;
    struct rask_future future, last = {0};
    start();
    struct rask_future result = submit(RASK_CALL(sum, RASK_VALUE(one)));
    for (size_t i = 0; i < 16384; i++)
        inputs[i] = i % 3 == 0 ? RASK_RESULT(result) : RASK_VALUE(one);
    struct rask_call call = {.function = sum, .inputs = inputs, .n_inputs = 16383};
    future = submit(&call);
    CU_ASSERT_EQUAL(value_of(future), 16383);
    call.n_inputs = 16384;
    CU_ASSERT_EQUAL(rask_submit(rask, &call, &last, &error), RASK_ERR_LIMIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "at most 16383"));
    release(future);
    release(result);
    stop();
}

static void gives_results_of_every_size_in_place(void)
{
    static const uint64_t sizes[] = {0, 1, 8, 64, 65, 512, 513, 10000000};
    struct rask_view view, again;
    start();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct rask_future future = submit(RASK_CALL(fill, RASK_VALUE(sizes[i])));
        CU_ASSERT_EQUAL_FATAL(rask_result(rask, future, RASK_FOREVER, &view, &error), RASK_OK);
        CU_ASSERT_EQUAL(view.bytes, sizes[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(view.data);
        CU_ASSERT(sizes[i] <= 8 || (uintptr_t)view.data % 16 == 0);
        int n_wrong = 0;
        for (uint64_t k = 0; k < sizes[i]; k++)
            n_wrong += ((const uint8_t *)view.data)[k] != sizes[i] % 251;
        CU_ASSERT_EQUAL(n_wrong, 0);
        CU_ASSERT_EQUAL(rask_result(rask, future, 0, &again, &error), RASK_OK);
        CU_ASSERT_PTR_EQUAL(view.data, again.data);
        struct rask_future total = submit(RASK_CALL(bytes_of, RASK_RESULT(future)));
        CU_ASSERT_EQUAL(value_of(total), (int64_t)(sizes[i] * (sizes[i] % 251)));
        release(future);
        release(total);
    }
    struct rask_future future = submit(&(struct rask_call){.function = nothing});
    CU_ASSERT_EQUAL(rask_result(rask, future, RASK_FOREVER, &view, &error), RASK_OK);
    CU_ASSERT(view.bytes == 0 && view.data != NULL);
    release(future);
    stop();
}

static void maps_over_items(void)
{
    static int64_t items[500];
    static struct rask_future futures[500];
    static struct rask_view views[500];
    int64_t hundred = 100, n_wrong = 0;
    start();
    for (int64_t i = 0; i < 500; i++)
        items[i] = i;
    struct rask_items all = {items, sizeof items[0], 500};
    CU_ASSERT_EQUAL_FATAL(
        rask_map(rask, RASK_CALL(sum, RASK_VALUE(hundred)), &all, futures, &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_gather(rask, futures, 500, views, &error), RASK_OK);
    for (int64_t i = 0; i < 500; i++)
        n_wrong += views[i].bytes != 8 || *(const int64_t *)views[i].data != i + 100;
    CU_ASSERT_EQUAL(n_wrong, 0);
    rask_release(rask, futures, 500);
    struct rask_items none = {NULL, 8, 0};
    CU_ASSERT_EQUAL(rask_map(rask, RASK_CALL(sum, RASK_VALUE(hundred)), &none, NULL, &error),
                    RASK_OK);
    stop();
}

static void runs_on_every_worker(void)
{
    struct rask_future futures[64];
    int64_t last = -1;
    start();
    int32_t n = rask_worker_count(rask);
    CU_ASSERT_FATAL(n >= 1 && n <= 64);
    CU_ASSERT(n == rask_rank_count(rask) || n == rask_rank_count(rask) - 1);
    CU_ASSERT_EQUAL(rask_slot_count(rask), (uint32_t)n * HOME_SLOTS);
    struct rask_call call = {.function = rank_of};
    CU_ASSERT_EQUAL_FATAL(rask_run_everywhere(rask, &call, futures, &error), RASK_OK);
    for (int32_t i = 0; i < n; i++) {
        int64_t rank = value_of(futures[i]);
        CU_ASSERT(rank > last);
        last = rank;
    }
    CU_ASSERT_EQUAL(last, last_rank);
    rask_release(rask, futures, (size_t)n);
    stop();
}

static void runs_where_it_is_told(void)
{
    struct rask_call_options wish = there;
    struct rask_call call = {.function = rank_of, .options = &there};
    struct rask_future futures[8];
    int64_t rank;
    start();
    wish.is_loose = 1;
    for (int i = 0; i < 8; i++)
        futures[i] = submit(&call);
    for (int i = 0; i < 8; i++)
        CU_ASSERT_EQUAL(value_of(futures[i]), last_rank);
    rask_release(rask, futures, 8);
    call.options = &wish;
    futures[0] = submit(&call);
    rank = value_of(futures[0]);
    CU_ASSERT(rank >= 0 && rank <= last_rank);
    release(futures[0]);
    stop();
}

static void a_timeout_cancels_nothing(void)
{
    struct rask_view view;
    start();
    struct rask_future future = running_gate();
    CU_ASSERT_EQUAL(rask_wait(rask, &future, 1, 0), RASK_ERR_TIMEOUT);
    CU_ASSERT_EQUAL(rask_wait(rask, &future, 1, -5), RASK_ERR_TIMEOUT);
    CU_ASSERT_EQUAL(rask_result(rask, future, MILLISECOND, &view, &error), RASK_ERR_TIMEOUT);
    CU_ASSERT_EQUAL(rask_future_state(rask, future), RASK_FUTURE_PENDING);
    atomic_store(&counts->is_open, 1);
    CU_ASSERT_EQUAL(rask_result(rask, future, RASK_FOREVER, &view, &error), RASK_OK);
    CU_ASSERT(view.bytes == 4 && memcmp(view.data, "open", 4) == 0);
    release(future);
    stop();
}

static void waits_for_any(void)
{
    int64_t one = 1;
    size_t index = 77;
    start();
    struct rask_future futures[3] = {running_gate()};
    futures[1] = submit(RASK_CALL(sum, RASK_RESULT(futures[0])));
    CU_ASSERT_EQUAL(rask_wait_any(rask, futures, 2, MILLISECOND, &index), RASK_ERR_TIMEOUT);
    futures[2] = submit(RASK_CALL(sum, RASK_VALUE(one)));
    CU_ASSERT_EQUAL(rask_wait_any(rask, futures, 3, RASK_FOREVER, &index), RASK_OK);
    CU_ASSERT_EQUAL(index, 2);
    atomic_store(&counts->is_open, 1);
    CU_ASSERT_EQUAL(rask_wait(rask, futures, 3, RASK_FOREVER), RASK_OK);
    CU_ASSERT_EQUAL(rask_future_state(rask, futures[0]), RASK_FUTURE_DONE);
    CU_ASSERT_EQUAL(rask_future_state(rask, futures[1]), RASK_FUTURE_FAILED);
    rask_release(rask, futures, 3);
    CU_ASSERT_EQUAL(rask_wait(rask, futures, 3, 0), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_wait(rask, NULL, 0, 0), RASK_OK);
    stop();
}

static void takes_out_as_completed(void)
{
    int64_t line = 3, one = 1;
    struct rask_completed *completed;
    struct rask_future future, futures[4] = {{0}};
    int n_seen[4] = {0};
    start();
    CU_ASSERT_EQUAL_FATAL(rask_completed_new(rask, &completed, &error), RASK_OK);
    CU_ASSERT_EQUAL(rask_completed_next(completed, RASK_FOREVER, &future), RASK_END);
    futures[0] = running_gate();
    futures[1] = submit(RASK_CALL(break_down, RASK_VALUE(line)));
    futures[2] = submit(RASK_CALL(sum, RASK_VALUE(one)));
    CU_ASSERT_EQUAL(rask_completed_add(completed, futures, 3, &error), RASK_OK);
    CU_ASSERT_EQUAL(rask_completed_add(completed, &futures[2], 1, &error), RASK_OK);
    for (int n_left = 5; n_left > 0;) {
        rask_status status = rask_completed_next(completed, MILLISECOND, &future);
        CU_ASSERT_FATAL(status == RASK_OK || status == RASK_ERR_TIMEOUT);
        if (status == RASK_ERR_TIMEOUT)
            continue;
        for (int i = 0; i < 4; i++)
            n_seen[i] += future.id == futures[i].id;
        if (--n_left == 2) {
            /* All but the gate have come; another one is added late. */
            CU_ASSERT(n_seen[0] == 0 && n_seen[1] == 1 && n_seen[2] == 2);
            futures[3] = submit(RASK_CALL(sum, RASK_VALUE(one), RASK_VALUE(one)));
            CU_ASSERT_EQUAL(rask_completed_add(completed, &futures[3], 1, &error), RASK_OK);
            atomic_store(&counts->is_open, 1);
        }
    }
    CU_ASSERT(n_seen[0] == 1 && n_seen[3] == 1);
    CU_ASSERT_EQUAL(rask_completed_next(completed, 0, &future), RASK_END);
    rask_release(rask, futures, 4);
    CU_ASSERT_EQUAL(rask_completed_add(completed, &futures[3], 1, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "future 1 of 1"));
    CU_ASSERT_EQUAL(rask_completed_add(completed, NULL, 1, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_completed_add(completed, NULL, 0, &error), RASK_OK);
    CU_ASSERT_EQUAL(rask_completed_add(NULL, futures, 1, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_completed_next(NULL, 0, &future), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_completed_next(completed, 0, NULL), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_result(NULL, futures[0], 0, NULL, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "without a runtime"));
    rask_completed_free(NULL);
    /* A queue may go while futures are in it. */
    atomic_store(&counts->is_open, 0);
    futures[0] = running_gate();
    CU_ASSERT_EQUAL(rask_completed_add(completed, futures, 1, &error), RASK_OK);
    rask_completed_free(completed);
    atomic_store(&counts->is_open, 1);
    CU_ASSERT_EQUAL(rask_wait(rask, futures, 1, RASK_FOREVER), RASK_OK);
    release(futures[0]);
    stop();
}

static void cancels_tasks_and_what_needs_them(void)
{
    start();
    struct rask_future futures[3] = {running_gate()};
    futures[1] = submit(RASK_CALL(bytes_of, RASK_RESULT(futures[0])));
    futures[2] = submit(RASK_CALL(bytes_of, RASK_RESULT(futures[1])));
    CU_ASSERT_EQUAL(rask_cancel(rask, futures, 1), RASK_OK);
    CU_ASSERT_EQUAL(rask_wait(rask, futures, 3, RASK_FOREVER), RASK_OK);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(rask_result(rask, futures[i], RASK_FOREVER, NULL, &error),
                        RASK_ERR_CANCELLED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "needs "));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, error.key));
    CU_ASSERT_NOT_EQUAL(error.key[0], '\0');
    CU_ASSERT_EQUAL(rask_result(rask, futures[0], RASK_FOREVER, NULL, &error), RASK_ERR_CANCELLED);
    CU_ASSERT_STRING_EQUAL(error.text, "cancelled by the program");
    CU_ASSERT_EQUAL(rask_future_state(rask, futures[0]), RASK_FUTURE_CANCELLED);
    CU_ASSERT_EQUAL(atomic_load(&counts->n_runs), 0);
    rask_release(rask, futures, 3);
    /* What has a result is not cancelled. */
    futures[0] = submit(RASK_CALL(bytes_of, RASK_BUFFER("a", 1)));
    CU_ASSERT_EQUAL(value_of(futures[0]), 'a');
    CU_ASSERT_EQUAL(rask_cancel(rask, futures, 1), RASK_OK);
    CU_ASSERT_EQUAL(value_of(futures[0]), 'a');
    release(futures[0]);
    stop();
}

static void computes_nothing_that_was_released(void)
{
    int64_t one = 1;
    struct rask_future gates[HOME_SLOTS], futures[40], kept;
    start();
    fill_slots(gates);
    for (int i = 0; i < 40; i++)
        futures[i] = submit(RASK_CALL_WITH(&there, sum, RASK_VALUE(one)));
    rask_release(rask, futures, 40);
    kept = submit(RASK_CALL_WITH(&there, sum, RASK_VALUE(one)));
    CU_ASSERT_EQUAL(rask_wait(rask, &kept, 1, 5 * MILLISECOND), RASK_ERR_TIMEOUT);
    atomic_store(&counts->is_open, 1);
    CU_ASSERT_EQUAL(value_of(kept), 1);
    CU_ASSERT(atomic_load(&counts->n_runs) < 20);
    release(kept);
    rask_release(rask, gates, HOME_SLOTS);
    stop();
}

static void scatters_data(void)
{
    static char large[100000];
    struct rask_scatter_options broadcast = {.size = sizeof broadcast, .is_broadcast = 1};
    struct rask_scatter_options pure = {.size = sizeof pure, .is_pure = 1};
    static const int32_t nobody = 99;
    struct rask_scatter_options elsewhere = {
        .size = sizeof elsewhere, .ranks = &nobody, .n_ranks = 1};
    struct rask_future futures[4], total;
    char keys[2][RASK_KEY_TEXT_BYTES];
    struct rask_view view;
    start();
    memset(large, 1, sizeof large);
    CU_ASSERT_EQUAL(
        rask_scatter(rask, (struct rask_view){large, 100000}, NULL, &futures[0], &error), RASK_OK);
    CU_ASSERT_EQUAL(
        rask_scatter(rask, (struct rask_view){large, 50000}, &broadcast, &futures[1], &error),
        RASK_OK);
    CU_ASSERT_EQUAL(
        rask_scatter(rask, (struct rask_view){large, 70000}, &pure, &futures[2], &error), RASK_OK);
    CU_ASSERT_EQUAL(
        rask_scatter(rask, (struct rask_view){large, 70000}, &pure, &futures[3], &error), RASK_OK);
    CU_ASSERT_EQUAL(rask_scatter(rask, (struct rask_view){large, 1}, &elsewhere, &total, &error),
                    RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_scatter(rask, (struct rask_view){NULL, 1}, NULL, &total, &error),
                    RASK_ERR_ARGUMENT);
    memset(large, 0, sizeof large);
    total = submit(RASK_CALL(bytes_of, RASK_RESULT(futures[0]), RASK_RESULT(futures[1]),
                             RASK_RESULT(futures[2]), RASK_RESULT(futures[3])));
    CU_ASSERT_EQUAL(value_of(total), 290000);
    CU_ASSERT_EQUAL(rask_result(rask, futures[3], RASK_FOREVER, &view, &error), RASK_OK);
    CU_ASSERT(view.bytes == 70000 && ((const char *)view.data)[69999] == 1);
    CU_ASSERT_EQUAL(rask_future_key(rask, futures[2], keys[0], sizeof keys[0]), RASK_OK);
    CU_ASSERT_EQUAL(rask_future_key(rask, futures[3], keys[1], sizeof keys[1]), RASK_OK);
    CU_ASSERT_STRING_EQUAL(keys[0], keys[1]);
    CU_ASSERT_EQUAL(strlen(keys[0]), 32);
    CU_ASSERT_EQUAL(rask_future_key(rask, total, keys[0], sizeof keys[0]), RASK_OK);
    CU_ASSERT_EQUAL(strncmp(keys[0], "0.", 2), 0);
    CU_ASSERT_EQUAL(rask_future_key(rask, total, keys[0], sizeof keys[0] - 1), RASK_ERR_ARGUMENT);
    rask_release(rask, futures, 4);
    release(total);
    CU_ASSERT_EQUAL(rask_scatter(rask, (struct rask_view){NULL, 0}, NULL, &futures[0], &error),
                    RASK_OK);
    CU_ASSERT_EQUAL(rask_result(rask, futures[0], RASK_FOREVER, &view, &error), RASK_OK);
    CU_ASSERT(view.bytes == 0 && view.data != NULL);
    release(futures[0]);
    stop();
}

static void computes_pure_calls_once(void)
{
    static char large[100000];
    int64_t one = 1, two = 2;
    struct rask_call_options pure = {.size = sizeof pure, .is_pure = 1};
    struct {
        int64_t n;
        double step;
    } named = {.n = 3, .step = 0.5}, other_order = {.step = 0.5, .n = 3};
    struct rask_future futures[8];
    start();
    for (int i = 0; i < 3; i++)
        futures[i] = submit(RASK_CALL_WITH(&pure, sum, RASK_VALUE(one), RASK_VALUE(two)));
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(value_of(futures[i]), 3);
    CU_ASSERT_EQUAL(atomic_load(&counts->n_runs), 1);
    /* The others keep the result when one lets go. */
    release(futures[0]);
    CU_ASSERT_EQUAL(value_of(futures[1]), 3);
    futures[0] = submit(RASK_CALL_WITH(&pure, sum, RASK_VALUE(two), RASK_VALUE(one)));
    CU_ASSERT_EQUAL(value_of(futures[0]), 3);
    CU_ASSERT_EQUAL(atomic_load(&counts->n_runs), 2);
    /* Pure results as inputs, and buffers that do not fit into the call. */
    for (int i = 3; i < 6; i++)
        futures[i] = submit(RASK_CALL_WITH(&pure, bytes_of, RASK_RESULT(futures[1]),
                                           RASK_BUFFER(large, sizeof large)));
    for (int i = 3; i < 6; i++)
        CU_ASSERT_EQUAL(value_of(futures[i]), 3);
    CU_ASSERT_EQUAL(atomic_load(&counts->n_runs), 3);
    /* Parameters by name: the order in which they are set does not count. */
    futures[6] = submit(RASK_CALL_WITH(&pure, bytes_of, RASK_VALUE(named)));
    futures[7] = submit(RASK_CALL_WITH(&pure, bytes_of, RASK_VALUE(other_order)));
    CU_ASSERT_EQUAL(value_of(futures[6]), value_of(futures[7]));
    CU_ASSERT_EQUAL(atomic_load(&counts->n_runs), 4);
    rask_release(rask, futures, 8);
    stop();
}

static void repeats_what_fails(void)
{
    int64_t two = 2;
    struct rask_call_options twice = {.size = sizeof twice, .retries = 2};
    struct rask_call_options once = {.size = sizeof once, .retries = 1};
    start();
    struct rask_future future = submit(RASK_CALL_WITH(&twice, sometimes, RASK_VALUE(two)));
    CU_ASSERT_EQUAL(rask_result(rask, future, RASK_FOREVER, NULL, &error), RASK_OK);
    CU_ASSERT_EQUAL(atomic_load(&counts->n_runs), 3);
    release(future);
    atomic_store(&counts->n_runs, 0);
    future = submit(RASK_CALL_WITH(&once, sometimes, RASK_VALUE(two)));
    CU_ASSERT_EQUAL(rask_result(rask, future, RASK_FOREVER, NULL, &error), RASK_ERR_TASK);
    CU_ASSERT_STRING_EQUAL(error.text, "not yet");
    CU_ASSERT_EQUAL(atomic_load(&counts->n_runs), 2);
    release(future);
    stop();
}

static void runs_what_is_urgent_first(void)
{
    struct rask_call_options urgent = there, late = there;
    struct rask_future futures[42], gates[HOME_SLOTS];
    start();
    urgent.priority = 5;
    late.priority = -5;
    fill_slots(gates);
    struct rask_call call = {.function = order_of, .options = &late};
    for (int i = 0; i < 20; i++)
        futures[i] = submit(&call);
    call.options = &there;
    for (int i = 20; i < 40; i++)
        futures[i] = submit(&call);
    call.options = &urgent;
    futures[40] = submit(&call);
    futures[41] = submit(&call);
    CU_ASSERT_EQUAL(rask_wait(rask, futures, 42, 2 * MILLISECOND), RASK_ERR_TIMEOUT);
    atomic_store(&counts->is_open, 1);
    CU_ASSERT_EQUAL(rask_wait(rask, futures, 42, RASK_FOREVER), RASK_OK);
    /* Some that came first may have been on their way already. */
    CU_ASSERT(value_of(futures[40]) < 16);
    CU_ASSERT(value_of(futures[41]) < 16);
    CU_ASSERT(value_of(futures[19]) > value_of(futures[40]));
    CU_ASSERT(value_of(futures[19]) > value_of(futures[38]));
    rask_release(rask, futures, 42);
    rask_release(rask, gates, HOME_SLOTS);
    stop();
}

static void runs_forgotten_tasks(void)
{
    int64_t one = 1;
    struct rask_call_options forgotten = {.size = sizeof forgotten, .is_forgotten = 1};
    start();
    struct rask_future input = submit(RASK_CALL(sum, RASK_VALUE(one)));
    for (int i = 0; i < 50; i++)
        CU_ASSERT_EQUAL(rask_submit(rask, RASK_CALL_WITH(&forgotten, bytes_of, RASK_RESULT(input)),
                                    NULL, &error),
                        RASK_OK);
    release(input);
    while (atomic_load(&counts->n_runs) < 51) {
        struct rask_future future = submit(&(struct rask_call){.function = rank_of});
        CU_ASSERT(value_of(future) >= 0);
        release(future);
    }
    CU_ASSERT_EQUAL(atomic_load(&counts->n_runs), 51);
    stop();
}

static void takes_resources(void)
{
    static const struct rask_resource gpu = {"gpu", 1}, gpus = {"gpu", 2},
                                      licences = {"licence", 2}, disk = {"disk", 1};
    struct rask_call_options options = there;
    struct rask_call call = {.function = gate, .options = &options};
    options.resources = &gpu;
    options.n_resources = 1;
    start();
    /* One at a time, though there are two slots. */
    struct rask_future first = submit(&call), second = submit(&call);
    while (atomic_load(&counts->n_entered) == 0)
        CU_ASSERT_EQUAL(rask_wait(rask, &first, 1, MILLISECOND), RASK_ERR_TIMEOUT);
    CU_ASSERT_EQUAL(rask_wait(rask, &second, 1, 5 * MILLISECOND), RASK_ERR_TIMEOUT);
    CU_ASSERT_EQUAL(atomic_load(&counts->n_entered), 1);
    options.resources = &licences;
    call.function = rank_of;
    struct rask_future other = submit(&call);
    CU_ASSERT_EQUAL(value_of(other), last_rank);
    atomic_store(&counts->is_open, 1);
    CU_ASSERT_EQUAL(rask_wait(rask, &second, 1, RASK_FOREVER), RASK_OK);
    release(first);
    release(second);
    release(other);
    options.resources = &gpus;
    other = submit(&call);
    CU_ASSERT_EQUAL(rask_result(rask, other, RASK_FOREVER, NULL, &error), RASK_ERR_NO_WORKER);
    release(other);
    options.resources = &disk;
    other = submit(&call);
    CU_ASSERT_EQUAL(rask_result(rask, other, RASK_FOREVER, NULL, &error), RASK_ERR_NO_WORKER);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "disk"));
    release(other);
    stop();
}

static void tells_the_whole_story(void)
{
    int64_t line = 12;
    start();
    struct rask_future broken = submit(RASK_CALL_WITH(&there, break_down, RASK_VALUE(line)));
    struct rask_future user = submit(RASK_CALL(bytes_of, RASK_RESULT(broken)));
    struct rask_future last = submit(RASK_CALL(bytes_of, RASK_RESULT(user)));
    CU_ASSERT_EQUAL(rask_result(rask, broken, RASK_FOREVER, NULL, &error), RASK_ERR_IO);
    CU_ASSERT_STRING_EQUAL(error.text, "file x.csv, line 12: torn");
    CU_ASSERT_STRING_EQUAL(error.function, "break_down");
    CU_ASSERT_PTR_NOT_NULL(strstr(error.key, "break_down-"));
    CU_ASSERT_EQUAL(error.rank, last_rank);
    CU_ASSERT_NOT_EQUAL(error.host[0], '\0');
    struct rask_error own = error;
    CU_ASSERT(rask_result(rask, last, RASK_FOREVER, NULL, &error) < 0);
    CU_ASSERT_STRING_EQUAL(error.text, own.text);
    CU_ASSERT_STRING_EQUAL(error.function, own.function);
    CU_ASSERT_STRING_EQUAL(error.key, own.key);
    CU_ASSERT_EQUAL(rask_future_state(rask, last), RASK_FUTURE_FAILED);
    /* One more user of what has failed already. */
    struct rask_future late = submit(RASK_CALL(bytes_of, RASK_RESULT(broken)));
    CU_ASSERT(rask_result(rask, late, RASK_FOREVER, NULL, &error) < 0);
    CU_ASSERT_STRING_EQUAL(error.text, own.text);
    struct rask_future wrong = submit(RASK_CALL(sum, RASK_BUFFER("abc", 3)));
    CU_ASSERT_EQUAL(rask_result(rask, wrong, RASK_FOREVER, NULL, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_STRING_EQUAL(error.text, "input 0 has 3 bytes, 8 were expected");
    CU_ASSERT_EQUAL(atomic_load(&counts->n_runs), 0);
    struct rask_future all[] = {broken, user, last, late, wrong};
    rask_release(rask, all, 5);
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
    static const int32_t nobody = 99;
    static const struct rask_resource nameless = {"", 1};
    struct rask_call_options elsewhere = {.size = sizeof elsewhere, .ranks = &nobody, .n_ranks = 1};
    struct rask_call_options without = {
        .size = sizeof without, .resources = &nameless, .n_resources = 1};
    struct rask_future future = {0}, none = {999};
    struct rask_call call = {.name = "no_such_function"};
    start();
    CU_ASSERT_EQUAL(rask_submit(rask, &call, &future, &error), RASK_ERR_UNKNOWN_FUNCTION);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "no_such_function"));
    CU_ASSERT_EQUAL(rask_submit(rask, RASK_CALL(not_registered, RASK_VALUE(one)), &future, &error),
                    RASK_ERR_UNKNOWN_FUNCTION);
    CU_ASSERT_EQUAL(rask_submit(rask, RASK_CALL(sum, RASK_RESULT(none)), &future, &error),
                    RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_submit(rask, RASK_CALL(sum, RASK_RESULT(future)), &future, &error),
                    RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(
        rask_submit(rask, RASK_CALL_WITH(&elsewhere, sum, RASK_VALUE(one)), &future, &error),
        RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(
        rask_submit(rask, RASK_CALL_WITH(&without, sum, RASK_VALUE(one)), &future, &error),
        RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_submit(rask, RASK_CALL(sum, RASK_VALUE(one)), NULL, &error),
                    RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_result(rask, none, 0, NULL, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(future.id, 0);
    call.name = "rank_of";
    future = submit(&call);
    CU_ASSERT(value_of(future) >= 0);
    release(future);
    stop();
}

/* Leaves that are summed in fours down to one: chains inside, and results that several need. */
static void submits_a_graph(void)
{
    struct rask_node level[64];
    struct rask_graph *graph;
    struct rask_future futures[2];
    start();
    CU_ASSERT_EQUAL_FATAL(rask_graph_new(rask, &graph, &error), RASK_OK);
    for (int64_t i = 0; i < 64; i++)
        CU_ASSERT_EQUAL_FATAL(
            rask_graph_add(graph, RASK_CALL(sum, RASK_VALUE(i)), &level[i], &error), RASK_OK);
    CU_ASSERT_EQUAL(rask_graph_want(graph, level[63], &error), RASK_OK);
    for (int n = 16; n >= 1; n /= 4)
        for (int i = 0; i < n; i++) {
            struct rask_node *from = &level[4 * i];
            CU_ASSERT_EQUAL_FATAL(
                rask_graph_add(graph,
                               RASK_CALL(sum, RASK_NODE(from[0]), RASK_NODE(from[1]),
                                         RASK_NODE(from[2]), RASK_NODE(from[3])),
                               &level[i], &error),
                RASK_OK);
        }
    CU_ASSERT_EQUAL(rask_graph_want(graph, level[0], &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_graph_submit(graph, NULL, futures, &error), RASK_OK);
    rask_graph_free(graph);
    CU_ASSERT_EQUAL(value_of(futures[0]), 63);
    CU_ASSERT_EQUAL(value_of(futures[1]), 64 * 63 / 2);
    rask_release(rask, futures, 2);
    stop();
}

/* The ranks of a node count in a graph as well: all slots there are taken, and it waits. */
static void runs_nodes_where_it_is_told(void)
{
    struct rask_call call = {.function = rank_of, .options = &there};
    struct rask_future futures[8], gates[HOME_SLOTS];
    struct rask_graph *graph;
    struct rask_node node;
    start();
    fill_slots(gates);
    CU_ASSERT_EQUAL_FATAL(rask_graph_new(rask, &graph, &error), RASK_OK);
    for (int i = 0; i < 8; i++) {
        CU_ASSERT_EQUAL_FATAL(rask_graph_add(graph, &call, &node, &error), RASK_OK);
        CU_ASSERT_EQUAL(rask_graph_want(graph, node, &error), RASK_OK);
    }
    CU_ASSERT_EQUAL_FATAL(rask_graph_submit(graph, NULL, futures, &error), RASK_OK);
    rask_graph_free(graph);
    CU_ASSERT_EQUAL(rask_wait(rask, futures, 8, 5 * MILLISECOND), RASK_ERR_TIMEOUT);
    atomic_store(&counts->is_open, 1);
    for (int i = 0; i < 8; i++)
        CU_ASSERT_EQUAL(value_of(futures[i]), last_rank);
    rask_release(rask, futures, 8);
    rask_release(rask, gates, HOME_SLOTS);
    stop();
}

/* Where rank 0 is no worker, a node that must run there fails, and one that may runs elsewhere. */
static void takes_the_ranks_of_a_loose_node_as_a_wish(void)
{
    static const int32_t rank0 = 0;
    struct rask_call_options options = {.size = sizeof options, .ranks = &rank0, .n_ranks = 1};
    struct rask_call call = {.function = rank_of, .options = &options};
    struct rask_future futures[2];
    struct rask_graph *graph;
    struct rask_node node;
    start();
    int has_worker = rask_worker_count(rask) == rask_rank_count(rask);
    CU_ASSERT_EQUAL_FATAL(rask_graph_new(rask, &graph, &error), RASK_OK);
    for (options.is_loose = 0; options.is_loose < 2; options.is_loose++) {
        CU_ASSERT_EQUAL_FATAL(rask_graph_add(graph, &call, &node, &error), RASK_OK);
        CU_ASSERT_EQUAL(rask_graph_want(graph, node, &error), RASK_OK);
    }
    CU_ASSERT_EQUAL_FATAL(rask_graph_submit(graph, NULL, futures, &error), RASK_OK);
    rask_graph_free(graph);
    CU_ASSERT_EQUAL(rask_result(rask, futures[0], RASK_FOREVER, NULL, &error),
                    has_worker ? RASK_OK : RASK_ERR_NO_WORKER);
    CU_ASSERT(has_worker ? value_of(futures[1]) == 0 : value_of(futures[1]) > 0);
    options.is_loose = 1;
    struct rask_future single = submit(&call);
    CU_ASSERT(has_worker ? value_of(single) == 0 : value_of(single) > 0);
    release(single);
    rask_release(rask, futures, 2);
    stop();
}

HOME_MAIN("api", {"takes values, buffers and results", takes_values_buffers_and_results},
          {"takes many inputs", takes_many_inputs},
          {"gives results of every size in place", gives_results_of_every_size_in_place},
          {"maps over items", maps_over_items}, {"runs on every worker", runs_on_every_worker},
          {"runs where it is told", runs_where_it_is_told},
          {"a timeout cancels nothing", a_timeout_cancels_nothing},
          {"waits for any", waits_for_any}, {"takes out as completed", takes_out_as_completed},
          {"cancels tasks and what needs them", cancels_tasks_and_what_needs_them},
          {"computes nothing that was released", computes_nothing_that_was_released},

          {"scatters data", scatters_data}, {"computes pure calls once", computes_pure_calls_once},
          {"repeats what fails", repeats_what_fails},
          {"runs what is urgent first", runs_what_is_urgent_first},
          {"runs forgotten tasks", runs_forgotten_tasks}, {"takes resources", takes_resources},
          {"tells the whole story", tells_the_whole_story}, {"submits a graph", submits_a_graph},
          {"runs nodes where it is told", runs_nodes_where_it_is_told},
          {"takes the ranks of a loose node as a wish", takes_the_ranks_of_a_loose_node_as_a_wish},
          {"refuses what is wrong", refuses_what_is_wrong})
