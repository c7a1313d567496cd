/* SPDX-License-Identifier: BSD-3-Clause */
/* api_args_test.c: what calls, options and settings may be, and what is refused, in the embedded
 * form. */
#include <rask/future.h>
#include <rask/start.h>
#include <rask/task.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api_home.h"
#include "base/alloc.h"

const char *const home_settings[] = {NULL};

static int give_code(struct rask_task *task)
{
    const int64_t *code = RASK_INPUT(task, 0, int64_t);
    return code == NULL ? 1 : (int)*code;
}
RASK_TASK(give_code)

static void what_a_function_returns_is_no_outcome_of_a_wait(void)
{
    static const int64_t codes[] = {1, RASK_ERR_TIMEOUT, RASK_ERR_INTERRUPTED, -99999, RASK_ERR_IO};
    static const rask_status wanted[] = {RASK_ERR_TASK, RASK_ERR_TASK, RASK_ERR_TASK, RASK_ERR_TASK,
                                         RASK_ERR_IO};
    start_with(1, NULL);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct rask_future future;
        future = submit(RASK_CALL(give_code, RASK_VALUE(codes[i])));
        CU_ASSERT_EQUAL(rask_result(rask, future, RASK_FOREVER, NULL, &error), wanted[i]);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "returned"));
        rask_release(rask, &future, 1);
    }
    stop();
}

static _Atomic int n_holding, n_holding_most;

/* Counts how many of its kind run at once, and lets another one begin meanwhile. */
static int hold(struct rask_task *task)
{
    int n = atomic_fetch_add(&n_holding, 1) + 1;
    int most = atomic_load(&n_holding_most);
    while (n > most && !atomic_compare_exchange_weak(&n_holding_most, &most, n))
        continue;
    for (int i = 0; i < 2000; i++)
        (void)sched_yield();
    atomic_fetch_sub(&n_holding, 1);
    return rask_task_return(task, "", 1);
}
RASK_TASK(hold)

static void a_resource_named_twice_counts_twice(void)
{
    static const char *const settings[] = {"resources=gpu=2", NULL};
    struct rask_resource one[] = {{"gpu", 1}}, two[] = {{"gpu", 1}, {"gpu", 1}},
                         three[] = {{"gpu", 2}, {"gpu", 1}},
                         many[] = {{"gpu", UINT32_MAX}, {"gpu", 1}};
    struct rask_call_options options = {.size = sizeof options, .resources = two, .n_resources = 2};
    struct rask_future futures[12];
    start_with(2, settings);
    atomic_store(&n_holding_most, 0);
    for (int i = 0; i < 12; i++) {
        options.resources = i == 0 ? one : two;
        options.n_resources = i == 0 ? 1 : 2;
        futures[i] = submit(RASK_CALL_WITH(&options, hold, RASK_BUFFER("", 0)));
    }
    CU_ASSERT_EQUAL(rask_wait(rask, futures, 12, RASK_FOREVER), RASK_OK);
    CU_ASSERT_EQUAL(atomic_load(&n_holding_most), 1);
    options.resources = three;
    futures[0] = submit(RASK_CALL_WITH(&options, hold, RASK_BUFFER("", 0)));
    CU_ASSERT_EQUAL(rask_result(rask, futures[0], RASK_FOREVER, NULL, &error), RASK_ERR_NO_WORKER);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "3 gpu"));
    options.resources = many;
    CU_ASSERT_EQUAL(
        rask_submit(rask, RASK_CALL_WITH(&options, hold, RASK_BUFFER("", 0)), &futures[0], &error),
        RASK_ERR_ARGUMENT);
    stop();
}

/* The options of a later library, which has one member more. */
struct later_options {
    struct rask_call_options known;
    int64_t unknown;
};

static rask_status submit_with(const void *options, struct rask_future *future)
{
    int64_t one = 1;
    return rask_submit(rask, RASK_CALL_WITH(options, sum, RASK_VALUE(one)), future, &error);
}

static void options_may_be_older_and_newer(void)
{
    struct rask_future future;
    struct later_options later = {.known = {.size = sizeof later}};
    struct rask_call_options none = {.size = 0};
    /* Ends before is_forgotten: whatever stands there is not read. */
    struct rask_call_options older = {.size = offsetof(struct rask_call_options, is_forgotten),
                                      .is_forgotten = 1};
    start_with(1, NULL);
    CU_ASSERT_EQUAL(submit_with(&none, &future), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "rask_call_options"));
    CU_ASSERT_EQUAL_FATAL(submit_with(&later, &future), RASK_OK);
    CU_ASSERT_EQUAL(value_of(future), 1);
    later.unknown = 1;
    CU_ASSERT_EQUAL(submit_with(&later, &future), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL_FATAL(submit_with(&older, &future), RASK_OK);
    CU_ASSERT_EQUAL(value_of(future), 1);
    struct rask_scatter_options scatter = {.size = 0};
    struct rask_view view = {"x", 1};
    CU_ASSERT_EQUAL(rask_scatter(rask, view, &scatter, &future, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(
        rask_run_everywhere(rask, RASK_CALL_WITH(&none, sum, RASK_BUFFER("", 0)), &future, &error),
        RASK_ERR_ARGUMENT);
    stop();
    struct rask_options options = {.size = 0, .is_quiet = 1};
    struct rask *other = NULL;
    CU_ASSERT_EQUAL(rask_start(&options, &other, &error), RASK_ERR_ARGUMENT);
}

static void a_list_at_a_null_address_is_an_error(void)
{
    struct rask_future future;
    struct rask_call_options ranks = {.size = sizeof ranks, .n_ranks = 1},
                             resources = {.size = sizeof resources, .n_resources = 1};
    struct rask_scatter_options scatter = {.size = sizeof scatter, .n_ranks = 1};
    struct rask_view view = {"x", 1};
    start_with(1, NULL);
    CU_ASSERT_EQUAL(submit_with(&ranks, &future), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(submit_with(&resources, &future), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_scatter(rask, view, &scatter, &future, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NULL(rask_setting(rask, NULL, NULL));
    const char *threads = rask_setting(rask, "threads", NULL);
    CU_ASSERT_STRING_EQUAL(rask_setting(rask, "stealing", NULL), "yes");
    CU_ASSERT_STRING_EQUAL(threads, "1");
    stop();
}

/* How far its inputs and a small result are from 16-byte borders, and a large one from 64. */
static int misalign(struct rask_task *task)
{
    int64_t wrong = 0;
    for (size_t i = 0; i < rask_task_input_count(task); i++)
        wrong += (int64_t)((uintptr_t)rask_task_input(task, i).data % 16);
    for (uint64_t bytes = 1; bytes <= 512; bytes *= 2)
        wrong += (int64_t)((uintptr_t)rask_task_result(task, bytes) % 16);
    wrong += (int64_t)((uintptr_t)rask_task_result(task, 513) % 64);
    return rask_task_return(task, &wrong, sizeof wrong);
}
RASK_TASK(misalign)

/* Gives its one input back. */
static int copy(struct rask_task *task)
{
    struct rask_view input = rask_task_input(task, 0);
    return rask_task_return(task, input.data, input.bytes);
}
RASK_TASK(copy)

static void inputs_and_results_are_aligned_for_any_type(void)
{
    char bytes[24] = "";
    long double wide = 1;
    int32_t four = 4;
    struct rask_future futures[3], outcome;
    struct rask_view view;
    start_with(1, NULL);
    futures[0] = submit(RASK_CALL(copy, RASK_VALUE(four)));
    futures[1] = submit(RASK_CALL(copy, RASK_VALUE(bytes)));
    futures[2] = submit(RASK_CALL(copy, RASK_VALUE(wide)));
    outcome = submit(RASK_CALL(misalign, RASK_VALUE(four), RASK_RESULT(futures[0]),
                               RASK_VALUE(wide), RASK_RESULT(futures[1]), RASK_VALUE(bytes),
                               RASK_RESULT(futures[2]), RASK_BUFFER("", 0), RASK_VALUE(wide)));
    CU_ASSERT_EQUAL(value_of(outcome), 0);
    for (int i = 1; i < 3; i++) {
        CU_ASSERT_EQUAL(rask_result(rask, futures[i], RASK_FOREVER, &view, &error), RASK_OK);
        CU_ASSERT_EQUAL((uintptr_t)view.data % 16, 0);
    }
    stop();
}

static void a_forgotten_task_gives_no_future(void)
{
    struct rask_call_options options = {.size = sizeof options, .is_forgotten = 1};
    struct rask_future futures[4];
    int64_t numbers[4] = {1, 2, 3, 4};
    struct rask_items items = {numbers, sizeof numbers[0], 4};
    struct rask_call call = {sum, NULL, NULL, 0, &options};
    memset(futures, 0xab, sizeof futures);
    start_with(1, NULL);
    CU_ASSERT_EQUAL(submit_with(&options, &futures[0]), RASK_OK);
    CU_ASSERT_EQUAL(futures[0].id, 0);
    CU_ASSERT_EQUAL(rask_map(rask, &call, &items, futures, &error), RASK_OK);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(futures[i].id, 0);
    stop();
}

static void a_wrong_map_submits_nothing(void)
{
    struct rask_future futures[4], released;
    int64_t numbers[4] = {1, 2, 3, 4};
    struct rask_items items = {numbers, sizeof numbers[0], 4};
    struct rask_input input;
    struct rask_call call = {sum, NULL, &input, 1, NULL};
    start_with(1, NULL);
    CU_ASSERT_EQUAL_FATAL(submit_with(NULL, &released), RASK_OK);
    CU_ASSERT_EQUAL(value_of(released), 1);
    rask_release(rask, &released, 1);
    uint64_t n_before = rask_counter(rask, "tasks_submitted");
    input = rask_input_result(released);
    CU_ASSERT_EQUAL(rask_map(rask, &call, &items, futures, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_counter(rask, "tasks_submitted"), n_before);
    stop();
}

static void nothing_is_asked_of_no_runtime(void)
{
    const char *source = NULL;
    CU_ASSERT_EQUAL(rask_rank(NULL), -1);
    CU_ASSERT_EQUAL(rask_rank_count(NULL), 0);
    CU_ASSERT_EQUAL(rask_worker_count(NULL), 0);
    CU_ASSERT_EQUAL(rask_slot_count(NULL), 0);
    CU_ASSERT_EQUAL(rask_counter(NULL, "tasks_done"), 0);
    CU_ASSERT_PTR_NULL(rask_setting(NULL, "threads", &source));
    rask_interrupt(NULL);
    rask_function_register(NULL);
}

static int return_nothing(struct rask_task *task)
{
    return rask_task_return(task, NULL, 10);
}
RASK_TASK(return_nothing)

static void refuses_sizes_that_cannot_be(void)
{
    int64_t numbers[2] = {1, 2};
    struct rask_future futures[2] = {{0}}, future;
    struct rask_call call = {.function = sum, .n_inputs = 1};
    struct rask_items items = {numbers, sizeof numbers[0], 2};
    struct rask_call_options often = {.size = sizeof often, .retries = 65536};
    struct rask_call none = {.function = return_nothing};
    start_with(1, NULL);
    CU_ASSERT_EQUAL(rask_map(rask, &call, &items, futures, &error), RASK_ERR_ARGUMENT);
    call.n_inputs = 0;
    items.count = SIZE_MAX / 4;
    CU_ASSERT_EQUAL(rask_map(rask, &call, &items, futures, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(submit_with(&often, &future), RASK_ERR_LIMIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "65536 retries"));
    often.retries = 65535;
    CU_ASSERT_EQUAL(submit_with(&often, &future), RASK_OK);
    CU_ASSERT_EQUAL(value_of(future), 1);
    futures[0] = submit(&none);
    CU_ASSERT_EQUAL(rask_result(rask, futures[0], RASK_FOREVER, NULL, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "NULL"));
    stop();
}

static void refuses_wrong_settings(void)
{
    static const char *const wrong[] = {
        "resources=gpu",           "resources=gpu=x", "resources=gpu=1,gpu=2",
        "resources=gpu=1,",        "resources==2",    "resources=thirteen_byte=1",
        "resources=a=99999999999", "resources=a=-1",  "threads=many",
        "no-such-setting=1",       "threads"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const char *const settings[] = {wrong[i], NULL};
        struct rask_options options = {
            .size = sizeof options, .n_threads = 1, .settings = settings, .is_quiet = 1};
        struct rask *none = NULL;
        memset(&error, 0, sizeof error);
        rask_status status = rask_start(&options, &none, &error);
        CU_ASSERT(status == RASK_ERR_ARGUMENT || status == RASK_ERR_SYNTAX ||
                  status == RASK_ERR_LIMIT);
        CU_ASSERT_PTR_NULL(none);
        CU_ASSERT_NOT_EQUAL(error.text[0], '\0');
        if (status == RASK_OK)
            printf("\n    %s was taken\n", wrong[i]);
    }
    static const char *const right[] = {"resources= gpu = 2 ,licence=1, x=0", NULL};
    const char *source;
    start_with(1, right);
    CU_ASSERT_STRING_EQUAL(rask_setting(rask, "threads", &source), "1");
    CU_ASSERT_STRING_EQUAL(source, "program");
    CU_ASSERT_PTR_NULL(rask_setting(rask, "no-such-setting", &source));
    stop();
}

static int tear(struct rask_task *task)
{
    return rask_task_fail(task, RASK_ERR_TASK, "torn");
}
RASK_TASK(tear)

static void a_story_needs_a_trace(void)
{
    int64_t four = 4;
    start_with(1, NULL);
    struct rask_future future = submit(RASK_CALL(give_code, RASK_VALUE(four)));
    CU_ASSERT_EQUAL(rask_story(rask, future, stdout, &error), RASK_ERR_UNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "RASK_TRACE=FILE"));
    stop();
}

static void a_story_needs_memory(void)
{
    const char *const settings[] = {"trace=/dev/null", NULL};
    int64_t four = 4;
    FILE *nowhere = fopen("/dev/null", "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(nowhere);
    start_with(1, settings);
    struct rask_future future = submit(RASK_CALL(give_code, RASK_VALUE(four)));
    CU_ASSERT_EQUAL(rask_wait(rask, &future, 1, RASK_FOREVER), RASK_OK);
    rask_alloc_fail_at(1, 1);
    CU_ASSERT_EQUAL(rask_story(rask, future, nowhere, &error), RASK_ERR_MEMORY);
    rask_alloc_fail_at(0, 0);
    CU_ASSERT_EQUAL(rask_story(rask, future, nowhere, &error), RASK_OK);
    fclose(nowhere);
    stop();
}

/* A failure that many share is told once. */
static void the_log_tells_the_story_of_a_failure(void)
{
    char path[] = "api_args_test.XXXXXX", setting[64], text[16384];
    const char *const settings[] = {"log=info", "trace=/dev/null", setting, NULL};
    int file = mkstemp(path);
    CU_ASSERT_FATAL(file >= 0);
    snprintf(setting, sizeof setting, "log-file=%s", path);
    start_with(1, settings);
    struct rask_future torn = submit(&(struct rask_call){.function = tear}), needs[2];
    for (size_t i = 0; i < 2; i++) {
        needs[i] = submit(RASK_CALL(give_code, RASK_RESULT(torn)));
        CU_ASSERT_EQUAL(rask_result(rask, needs[i], RASK_FOREVER, NULL, NULL), RASK_ERR_DEPENDENCY);
    }
    stop();
    ssize_t n = read(file, text, sizeof text - 1);
    text[n < 0 ? 0 : n] = '\0';
    const char *events = strstr(text, "info: task 1, tear-1, at fault: erred\n");
    CU_ASSERT_PTR_NOT_NULL_FATAL(events);
    events = strchr(events, '\n');
    CU_ASSERT_PTR_NOT_NULL(strstr(events, "processing -> erred cause=fail"));
    CU_ASSERT_PTR_NULL(strstr(events, "at fault"));
    close(file);
    unlink(path);
}

RASK_UNIT_MAIN("api_args",
               {"what a function returns is no outcome of a wait",
                what_a_function_returns_is_no_outcome_of_a_wait},
               {"a resource named twice counts twice", a_resource_named_twice_counts_twice},
               {"options may be older and newer", options_may_be_older_and_newer},
               {"a list at a NULL address is an error", a_list_at_a_null_address_is_an_error},
               {"inputs and results are aligned for any type",
                inputs_and_results_are_aligned_for_any_type},
               {"a forgotten task gives no future", a_forgotten_task_gives_no_future},
               {"a wrong map submits nothing", a_wrong_map_submits_nothing},
               {"nothing is asked of no runtime", nothing_is_asked_of_no_runtime},
               {"refuses sizes that cannot be", refuses_sizes_that_cannot_be},
               {"refuses wrong settings", refuses_wrong_settings},
               {"a story needs a trace", a_story_needs_a_trace},
               {"a story needs memory", a_story_needs_memory},
               {"the log tells the story of a failure", the_log_tells_the_story_of_a_failure})
