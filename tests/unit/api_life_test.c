/* SPDX-License-Identifier: BSD-3-Clause */
/* api_life_test.c: starting, stopping, threads, tasks that submit tasks and interruption, in the
 * embedded form. */
#include <fcntl.h>
#include <pthread.h>
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
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

/* Stand for OpenMP's functions of these names, which are found in the running program. */
static _Thread_local int n_openmp = 5;
void omp_set_num_threads(int n);
int omp_get_max_threads(void);

void omp_set_num_threads(int n)
{
    n_openmp = n;
}

int omp_get_max_threads(void)
{
    return n_openmp;
}

static struct rask *rask;
static struct rask_error error;
static _Atomic int n_entered;

static int sum(struct rask_task *task)
{
    int64_t result = 0;
    for (size_t i = 0; i < rask_task_input_count(task); i++) {
        const int64_t *x = RASK_INPUT(task, i, int64_t);
        if (x == NULL)
            return 1;
        result += *x;
    }
    return rask_task_return(task, &result, sizeof result);
}
RASK_TASK(sum)

static int fib(struct rask_task *task)
{
    const int64_t *n = RASK_INPUT(task, 0, int64_t);
    struct rask *own = rask_task_runtime(task);
    struct rask_future futures[2];
    struct rask_view views[2];
    if (n == NULL || *n < 2)
        return n == NULL ? 1 : rask_task_return(task, n, sizeof *n);
    for (int64_t i = 0; i < 2; i++) {
        int64_t smaller = *n - 1 - i;
        if (rask_submit(own, RASK_CALL(fib, RASK_VALUE(smaller)), &futures[i], NULL) != RASK_OK)
            return 1;
    }
    if (rask_gather(own, futures, 2, views, NULL) != RASK_OK)
        return 1;
    int64_t result = *(const int64_t *)views[0].data + *(const int64_t *)views[1].data;
    rask_release(own, futures, 2);
    return rask_task_return(task, &result, sizeof result);
}
RASK_TASK(fib)

/* Submits the next level and waits for it, down to level 0. */
static int nest(struct rask_task *task)
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

static int until_unwanted(struct rask_task *task)
{
    atomic_fetch_add(&n_entered, 1);
    while (!rask_task_is_cancelled(task))
        (void)sched_yield();
    return 0;
}
RASK_TASK(until_unwanted)

static int work_a_little(struct rask_task *task)
{
    volatile uint64_t x = 1;
    for (int i = 0; i < 20000; i++)
        x = x * 3 + 1;
    (void)task;
    return 0;
}
RASK_TASK(work_a_little)

static void start_with(uint32_t n_threads, const char *const *settings)
{
    struct rask_options options = {
        .size = sizeof options, .n_threads = n_threads, .settings = settings};
    if (rask_start(&options, &rask, &error) != RASK_OK)
        exit(99);
    atomic_store(&n_entered, 0);
}

static void start(uint32_t n_threads)
{
    start_with(n_threads, NULL);
}

static void stop(void)
{
    CU_ASSERT_EQUAL(rask_stop(rask), RASK_OK);
}

static int64_t value_of(struct rask_future future)
{
    struct rask_view view;
    int64_t value = INT64_MIN;
    if (rask_result(rask, future, RASK_FOREVER, &view, &error) != RASK_OK)
        printf("\n    %s\n", error.text);
    else if (view.bytes == sizeof value)
        memcpy(&value, view.data, sizeof value);
    return value;
}

static void tasks_submit_tasks(void)
{
    int64_t n = 14;
    for (uint32_t n_threads = 1; n_threads <= 3; n_threads++) {
        struct rask_future future;
        start(n_threads);
        CU_ASSERT_EQUAL_FATAL(rask_submit(rask, RASK_CALL(fib, RASK_VALUE(n)), &future, &error),
                              RASK_OK);
        CU_ASSERT_EQUAL(value_of(future), 377);
        rask_release(rask, &future, 1);
        stop();
    }
}

static void tasks_nest_deeply(void)
{
    int64_t level = 120;
    struct rask_future futures[3];
    start(2);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL_FATAL(
            rask_submit(rask, RASK_CALL(nest, RASK_VALUE(level)), &futures[i], &error), RASK_OK);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(value_of(futures[i]), 120);
    rask_release(rask, futures, 3);
    stop();
}

static void *submit_a_lot(void *argument)
{
    int64_t *n_wrong = argument;
    struct rask_future futures[50];
    for (int64_t round = 0; round < 20; round++) {
        for (int64_t i = 0; i < 50; i++)
            if (rask_submit(rask, RASK_CALL(sum, RASK_VALUE(i), RASK_VALUE(round)), &futures[i],
                            NULL) != RASK_OK)
                futures[i].id = 0;
        for (int64_t i = 0; i < 50; i++)
            *n_wrong += value_of(futures[i]) != i + round;
        rask_release(rask, futures, 50);
    }
    return NULL;
}

static void threads_of_the_program_submit_at_once(void)
{
    pthread_t threads[2];
    int64_t n_wrong[3] = {0};
    start(2);
    for (int i = 0; i < 2; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, submit_a_lot, &n_wrong[i]), 0);
    submit_a_lot(&n_wrong[2]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    CU_ASSERT_EQUAL(n_wrong[0] + n_wrong[1] + n_wrong[2], 0);
    stop();
}

static void *interrupt(void *argument)
{
    while (atomic_load(&n_entered) == 0)
        (void)sched_yield();
    rask_interrupt(argument);
    return NULL;
}

static void an_interruption_ends_every_wait(void)
{
    pthread_t thread;
    struct rask_future future;
    struct rask_completed *completed;
    struct rask_call call = {.function = until_unwanted};
    size_t index;
    start(2);
    CU_ASSERT_EQUAL_FATAL(rask_submit(rask, &call, &future, &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, interrupt, rask), 0);
    CU_ASSERT_EQUAL(rask_wait(rask, &future, 1, INT64_C(50000000000)), RASK_ERR_INTERRUPTED);
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(rask_wait_any(rask, &future, 1, RASK_FOREVER, &index), RASK_ERR_INTERRUPTED);
    CU_ASSERT_EQUAL(rask_result(rask, future, RASK_FOREVER, NULL, &error), RASK_ERR_INTERRUPTED);
    CU_ASSERT_EQUAL_FATAL(rask_completed_new(rask, &completed, &error), RASK_OK);
    CU_ASSERT_EQUAL(rask_completed_add(completed, &future, 1, &error), RASK_OK);
    CU_ASSERT_EQUAL(rask_completed_next(completed, RASK_FOREVER, &future), RASK_ERR_INTERRUPTED);
    rask_completed_free(completed);
    rask_cancel(rask, &future, 1);
    stop();
}

/* What the child does ends its process with this code. */
static int child_code(int (*run)(void))
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(30);
        exit(run());
    }
    CU_ASSERT_FATAL(pid > 0 && waitpid(pid, &status, 0) == pid);
    if (!WIFEXITED(status))
        printf("\n    the child ended by signal %d\n", WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int return_early(void)
{
    int64_t one = 1;
    struct rask_future futures[200];
    start(2);
    for (int i = 0; i < 200; i++)
        if (rask_submit(rask, RASK_CALL(sum, RASK_VALUE(one)), &futures[i], &error) != RASK_OK)
            return 1;
    return value_of(futures[7]) == 1 ? 7 : 2;
}

static int return_at_once(void)
{
    start(2);
    return 8;
}

static int return_after_stop(void)
{
    start(2);
    return rask_stop(rask) == RASK_OK ? 9 : 1;
}

static int fail_to_start(void)
{
    const char *const settings[] = {"resources=gpu", NULL};
    struct rask_options options = {.size = sizeof options, .settings = settings, .is_quiet = 1};
    if (rask_start(&options, &rask, &error) != RASK_ERR_ARGUMENT)
        return 1;
    return strstr(error.text, "resources") != NULL && strstr(error.text, "'gpu'") != NULL ? 10 : 2;
}

static void a_program_may_return_without_stopping(void)
{
    CU_ASSERT_EQUAL(child_code(return_early), 7);
    CU_ASSERT_EQUAL(child_code(return_at_once), 8);
    CU_ASSERT_EQUAL(child_code(return_after_stop), 9);
    CU_ASSERT_EQUAL(child_code(fail_to_start), 10);
}

static void stops_with_work_under_way(void)
{
    int64_t level = 20;
    struct rask_future future, chain;
    struct rask_call little = {.function = work_a_little};
    struct rask_call_options forgotten = {.size = sizeof forgotten, .is_forgotten = 1};
    for (uint32_t n_threads = 1; n_threads <= 3; n_threads++) {
        start(n_threads);
        for (int i = 0; i < 300; i++)
            CU_ASSERT_EQUAL(rask_submit(rask, &little, &future, &error), RASK_OK);
        CU_ASSERT_EQUAL(rask_submit(rask, RASK_CALL(nest, RASK_VALUE(level)), &chain, &error),
                        RASK_OK);
        CU_ASSERT_EQUAL(
            rask_submit(rask, RASK_CALL_WITH(&forgotten, nest, RASK_VALUE(level)), NULL, &error),
            RASK_OK);
        for (int i = 0; i < 300; i++)
            CU_ASSERT_EQUAL(
                rask_submit(rask, RASK_CALL(work_a_little, RASK_RESULT(future)), &future, &error),
                RASK_OK);
        stop();
    }
}

/* One thread of the program that waits in one of the ways there are. */
struct waiting {
    rask_status (*wait)(const struct rask_future *future);
    struct rask_future future;
    rask_status status;
};

static rask_status wait_for_all(const struct rask_future *future)
{
    return rask_wait(rask, future, 1, RASK_FOREVER);
}

static rask_status wait_for_any(const struct rask_future *future)
{
    size_t index;
    return rask_wait_any(rask, future, 1, RASK_FOREVER, &index);
}

static rask_status read_result(const struct rask_future *future)
{
    struct rask_view view;
    return rask_result(rask, *future, RASK_FOREVER, &view, NULL);
}

static rask_status gather_one(const struct rask_future *future)
{
    struct rask_view view;
    return rask_gather(rask, future, 1, &view, NULL);
}

static void *wait_for_ever(void *argument)
{
    struct waiting *waiting = argument;
    waiting->status = waiting->wait(&waiting->future);
    return NULL;
}

/* The task ends only when it is told that nobody needs it; a thread of the program waits for it,
 * and nobody else of this process sleeps for anything. */
static void stop_under(struct waiting *waiting)
{
    pthread_t thread;
    atomic_store(&n_entered, 0);
    start(1);
    uint64_t n_sleeps = rask_counter(rask, "sleeps");
    CU_ASSERT_EQUAL_FATAL(rask_submit(rask, &(struct rask_call){.function = until_unwanted},
                                      &waiting->future, &error),
                          RASK_OK);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, wait_for_ever, waiting), 0);
    while (atomic_load(&n_entered) == 0 || rask_counter(rask, "sleeps") == n_sleeps)
        (void)sched_yield();
    stop();
    pthread_join(thread, NULL);
}

static void a_stop_ends_tasks_that_ask_and_waits(void)
{
    struct waiting ways[] = {{.wait = wait_for_all},
                             {.wait = wait_for_any},
                             {.wait = read_result},
                             {.wait = gather_one}};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        stop_under(&ways[i]);
        CU_ASSERT(ways[i].status == RASK_ERR_STATE || ways[i].status == RASK_OK ||
                  ways[i].status == RASK_ERR_CANCELLED);
    }
}

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
    start(1);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct rask_future future;
        CU_ASSERT_EQUAL_FATAL(
            rask_submit(rask, RASK_CALL(give_code, RASK_VALUE(codes[i])), &future, &error),
            RASK_OK);
        CU_ASSERT_EQUAL(rask_result(rask, future, RASK_FOREVER, NULL, &error), wanted[i]);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "returned"));
        rask_release(rask, &future, 1);
    }
    stop();
}

static void starts_many_times(void)
{
    int64_t one = 1;
    for (int i = 0; i < 50; i++) {
        struct rask_future future;
        start((uint32_t)i % 4);
        CU_ASSERT_EQUAL_FATAL(rask_submit(rask, RASK_CALL(sum, RASK_VALUE(one)), &future, &error),
                              RASK_OK);
        CU_ASSERT_EQUAL(value_of(future), 1);
        if (i % 2 == 0)
            rask_release(rask, &future, 1);
        stop();
    }
    CU_ASSERT_EQUAL(rask_stop(NULL), RASK_OK);
}

static int openmp_threads(struct rask_task *task)
{
    int64_t n = n_openmp;
    return rask_task_return(task, &n, sizeof n);
}
RASK_TASK(openmp_threads)

/* On whichever thread a task runs; the program's own thread keeps its number outside of tasks. */
static void tasks_have_one_thread_of_openmp(void)
{
    struct rask_future futures[200];
    n_openmp = 5;
    start(3);
    CU_ASSERT_EQUAL(n_openmp, 5);
    for (int i = 0; i < 200; i++)
        CU_ASSERT_EQUAL_FATAL(
            rask_submit(rask, RASK_CALL(openmp_threads, RASK_BUFFER("", 0)), &futures[i], &error),
            RASK_OK);
    int n_wrong = 0;
    for (int i = 0; i < 200; i++)
        n_wrong += value_of(futures[i]) != 1;
    CU_ASSERT_EQUAL(n_wrong, 0);
    CU_ASSERT_EQUAL(n_openmp, 5);
    stop();
    CU_ASSERT_EQUAL(n_openmp, 5);
}

static int big(struct rask_task *task)
{
    size_t bytes = (size_t)48 << 20;
    void *room = rask_task_result(task, bytes);
    if (room == NULL)
        return 1;
    memset(room, 1, bytes);
    return 0;
}
RASK_TASK(big)

static long resident_pages(int statm)
{
    char text[128] = "";
    char *second = NULL;
    if (pread(statm, text, sizeof text - 1, 0) > 0)
        second = strchr(text, ' ');
    return second == NULL ? -1 : strtol(second, NULL, 10);
}

/* Waits as long as it takes; a timeout of the test is the failure. */
static void memory_goes_back_when_nothing_is_to_be_done(void)
{
    struct rask_future future;
    int statm = open("/proc/self/statm", O_RDONLY);
    long half = ((long)24 << 20) / sysconf(_SC_PAGESIZE);
    start(1);
    CU_ASSERT_EQUAL_FATAL(rask_submit(rask, RASK_CALL(big, RASK_BUFFER("", 0)), &future, &error),
                          RASK_OK);
    CU_ASSERT_EQUAL(rask_wait(rask, &future, 1, RASK_FOREVER), RASK_OK);
    long n_full = resident_pages(statm);
    rask_release(rask, &future, 1);
    while (resident_pages(statm) > n_full - half)
        (void)sched_yield();
    close(statm);
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
        CU_ASSERT_EQUAL_FATAL(rask_submit(rask, RASK_CALL_WITH(&options, hold, RASK_BUFFER("", 0)),
                                          &futures[i], &error),
                              RASK_OK);
    }
    CU_ASSERT_EQUAL(rask_wait(rask, futures, 12, RASK_FOREVER), RASK_OK);
    CU_ASSERT_EQUAL(atomic_load(&n_holding_most), 1);
    options.resources = three;
    CU_ASSERT_EQUAL_FATAL(
        rask_submit(rask, RASK_CALL_WITH(&options, hold, RASK_BUFFER("", 0)), &futures[0], &error),
        RASK_OK);
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
    start(1);
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
    start(1);
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
    start(1);
    CU_ASSERT_EQUAL_FATAL(rask_submit(rask, RASK_CALL(copy, RASK_VALUE(four)), &futures[0], &error),
                          RASK_OK);
    CU_ASSERT_EQUAL_FATAL(
        rask_submit(rask, RASK_CALL(copy, RASK_VALUE(bytes)), &futures[1], &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_submit(rask, RASK_CALL(copy, RASK_VALUE(wide)), &futures[2], &error),
                          RASK_OK);
    CU_ASSERT_EQUAL_FATAL(
        rask_submit(rask,
                    RASK_CALL(misalign, RASK_VALUE(four), RASK_RESULT(futures[0]), RASK_VALUE(wide),
                              RASK_RESULT(futures[1]), RASK_VALUE(bytes), RASK_RESULT(futures[2]),
                              RASK_BUFFER("", 0), RASK_VALUE(wide)),
                    &outcome, &error),
        RASK_OK);
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
    start(1);
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
    start(1);
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
    start(1);
    CU_ASSERT_EQUAL(rask_map(rask, &call, &items, futures, &error), RASK_ERR_ARGUMENT);
    call.n_inputs = 0;
    items.count = SIZE_MAX / 4;
    CU_ASSERT_EQUAL(rask_map(rask, &call, &items, futures, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(submit_with(&often, &future), RASK_ERR_LIMIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "65536 retries"));
    often.retries = 65535;
    CU_ASSERT_EQUAL(submit_with(&often, &future), RASK_OK);
    CU_ASSERT_EQUAL(value_of(future), 1);
    CU_ASSERT_EQUAL_FATAL(rask_submit(rask, &none, &futures[0], &error), RASK_OK);
    CU_ASSERT_EQUAL(rask_result(rask, futures[0], RASK_FOREVER, NULL, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "NULL"));
    stop();
}

static int can_follow_children(void)
{
#ifdef __SANITIZE_THREAD__
    puts("a runtime in a child of fork is left out: ThreadSanitizer cannot follow its threads");
    return 0;
#else
    return 1;
#endif
}

/* Two runtimes alone, and one in a child of fork, whose parent's goes on. */
static int start_own(void)
{
    int64_t one = 1;
    struct rask_future future;
    start(1);
    if (rask_submit(rask, RASK_CALL(sum, RASK_VALUE(one)), &future, &error) != RASK_OK ||
        value_of(future) != 1)
        return 1;
    return rask_stop(rask) == RASK_OK ? 11 : 2;
}

static void several_runtimes_alone(void)
{
    int64_t two = 2;
    struct rask_future future;
    start(2);
    struct rask *first = rask;
    start(2);
    struct rask *second = rask;
    CU_ASSERT_PTR_NOT_EQUAL(first, second);
    for (int i = 0; i < 2; i++) {
        rask = i == 0 ? first : second;
        CU_ASSERT_EQUAL_FATAL(rask_submit(rask, RASK_CALL(sum, RASK_VALUE(two)), &future, &error),
                              RASK_OK);
        CU_ASSERT_EQUAL(value_of(future), 2);
    }
    CU_ASSERT_EQUAL(rask_stop(second), RASK_OK);
    CU_ASSERT(!can_follow_children() || child_code(start_own) == 11);
    rask = first;
    CU_ASSERT_EQUAL_FATAL(rask_submit(rask, RASK_CALL(sum, RASK_VALUE(two)), &future, &error),
                          RASK_OK);
    CU_ASSERT_EQUAL(value_of(future), 2);
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

RASK_UNIT_MAIN(
    "api_life", {"a program may return without stopping", a_program_may_return_without_stopping},
    {"tasks submit tasks", tasks_submit_tasks}, {"tasks nest deeply", tasks_nest_deeply},
    {"threads of the program submit at once", threads_of_the_program_submit_at_once},
    {"an interruption ends every wait", an_interruption_ends_every_wait},
    {"stops with work under way", stops_with_work_under_way},
    {"a stop ends tasks that ask, and waits", a_stop_ends_tasks_that_ask_and_waits},
    {"what a function returns is no outcome of a wait",
     what_a_function_returns_is_no_outcome_of_a_wait},
    {"starts many times", starts_many_times},
    {"a resource named twice counts twice", a_resource_named_twice_counts_twice},
    {"options may be older and newer", options_may_be_older_and_newer},
    {"a list at a NULL address is an error", a_list_at_a_null_address_is_an_error},
    {"inputs and results are aligned for any type", inputs_and_results_are_aligned_for_any_type},
    {"a forgotten task gives no future", a_forgotten_task_gives_no_future},
    {"a wrong map submits nothing", a_wrong_map_submits_nothing},
    {"tasks have one thread of OpenMP", tasks_have_one_thread_of_openmp},
    {"memory goes back when nothing is to be done", memory_goes_back_when_nothing_is_to_be_done},
    {"nothing is asked of no runtime", nothing_is_asked_of_no_runtime},
    {"refuses sizes that cannot be", refuses_sizes_that_cannot_be},
    {"several runtimes alone", several_runtimes_alone},
    {"refuses wrong settings", refuses_wrong_settings})
