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

#include "api_home.h"
#include "openmp.h"

const char *const home_settings[] = {NULL};

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

static int until_unwanted(struct rask_task *task)
{
    atomic_fetch_add(&counts->n_entered, 1);
    while (!rask_task_is_cancelled(task))
        (void)sched_yield();
    return 0;
}
RASK_TASK(until_unwanted)

/* A result of 4 MB: kept, or given up when it is there. */
static int make_much(struct rask_task *task)
{
    const int64_t *is_kept = RASK_INPUT(task, 0, int64_t);
    if (is_kept == NULL || rask_task_result(task, 4000000) == NULL)
        return 1;
    return *is_kept ? 0 : rask_task_fail(task, RASK_ERR_TASK, "changed its mind");
}
RASK_TASK(make_much)

static int work_a_little(struct rask_task *task)
{
    volatile uint64_t x = 1;
    for (int i = 0; i < 20000; i++)
        x = x * 3 + 1;
    (void)task;
    return 0;
}
RASK_TASK(work_a_little)

static void tasks_submit_tasks(void)
{
    int64_t n = 14;
    for (uint32_t n_threads = 1; n_threads <= 3; n_threads++) {
        struct rask_future future;
        start_with(n_threads, NULL);
        future = submit(RASK_CALL(fib, RASK_VALUE(n)));
        CU_ASSERT_EQUAL(value_of(future), 377);
        rask_release(rask, &future, 1);
        stop();
    }
}

static void tasks_nest_deeply(void)
{
    int64_t level = 120;
    struct rask_future futures[3];
    start();
    for (int i = 0; i < 3; i++)
        futures[i] = submit(RASK_CALL(nest, RASK_VALUE(level)));
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
    start();
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
    while (atomic_load(&counts->n_entered) == 0)
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
    start();
    future = submit(&call);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, interrupt, rask), 0);
    CU_ASSERT_EQUAL(rask_wait(rask, &future, 1, INT64_C(50000000000)), RASK_ERR_INTERRUPTED);
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(rask_wait_any(rask, &future, 1, RASK_FOREVER, &index), RASK_ERR_INTERRUPTED);
    CU_ASSERT_EQUAL(rask_result(rask, future, RASK_FOREVER, NULL, &error), RASK_ERR_INTERRUPTED);
    CU_ASSERT_EQUAL_FATAL(rask_completed_new(rask, &completed, &error), RASK_OK);
    CU_ASSERT_EQUAL(rask_completed_add(completed, &future, 1, &error), RASK_OK);
    CU_ASSERT_EQUAL(rask_completed_next(completed, RASK_FOREVER, &future), RASK_ERR_INTERRUPTED);
    rask_completed_free(completed);
    CU_ASSERT_EQUAL(rask_cancel(rask, &future, 1), RASK_OK);
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
    start();
    for (int i = 0; i < 200; i++)
        if (rask_submit(rask, RASK_CALL(sum, RASK_VALUE(one)), &futures[i], &error) != RASK_OK)
            return 1;
    return value_of(futures[7]) == 1 ? 7 : 2;
}

static int return_at_once(void)
{
    start();
    return 8;
}

static int return_after_stop(void)
{
    start();
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
        start_with(n_threads, NULL);
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
    start_with(1, NULL);
    uint64_t n_sleeps = rask_counter(rask, "sleeps");
    waiting->future = submit(&(struct rask_call){.function = until_unwanted});
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, wait_for_ever, waiting), 0);
    while (atomic_load(&counts->n_entered) == 0 || rask_counter(rask, "sleeps") == n_sleeps)
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

/* There is room for one such result. */
static const char *const little_room[] = {"arena=6M", NULL};

static void the_result_of_a_task_that_fails_takes_no_room(void)
{
    int64_t no = 0;
    start_with(1, little_room);
    for (int i = 0; i < 5; i++) {
        struct rask_future future = submit(RASK_CALL(make_much, RASK_VALUE(no)));
        CU_ASSERT_EQUAL(rask_result(rask, future, RASK_FOREVER, NULL, &error), RASK_ERR_TASK);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "changed its mind"));
        rask_release(rask, &future, 1);
    }
    stop();
}

/* A task waits behind another one at its worker when it is let go of: it does not run, and its
 * input takes no room any more. */
static void a_task_that_is_taken_back_lets_its_input_go(void)
{
    int64_t yes = 1;
    start_with(1, little_room);
    struct rask_future much = submit(RASK_CALL(make_much, RASK_VALUE(yes)));
    CU_ASSERT_EQUAL(rask_wait(rask, &much, 1, RASK_FOREVER), RASK_OK);
    struct rask_future first = submit(&(struct rask_call){.function = until_unwanted});
    while (atomic_load(&counts->n_entered) == 0)
        (void)sched_yield();
    struct rask_future behind = submit(RASK_CALL(sum, RASK_RESULT(much)));
    CU_ASSERT_EQUAL(rask_wait(rask, &behind, 1, 1000000), RASK_ERR_TIMEOUT);
    rask_release(rask, &behind, 1);
    rask_release(rask, &much, 1);
    rask_release(rask, &first, 1);
    struct rask_future last = submit(RASK_CALL(sum, RASK_VALUE(yes)));
    CU_ASSERT_EQUAL(value_of(last), 1);
    much = submit(RASK_CALL(make_much, RASK_VALUE(yes)));
    CU_ASSERT_EQUAL(rask_result(rask, much, RASK_FOREVER, NULL, &error), RASK_OK);
    stop();
}

static void starts_many_times(void)
{
    int64_t one = 1;
    for (int i = 0; i < 50; i++) {
        struct rask_future future;
        start_with((uint32_t)i % 4, NULL);
        future = submit(RASK_CALL(sum, RASK_VALUE(one)));
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
    start_with(3, NULL);
    CU_ASSERT_EQUAL(n_openmp, 5);
    for (int i = 0; i < 200; i++)
        futures[i] = submit(RASK_CALL(openmp_threads, RASK_BUFFER("", 0)));
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
    start_with(1, NULL);
    future = submit(RASK_CALL(big, RASK_BUFFER("", 0)));
    CU_ASSERT_EQUAL(rask_wait(rask, &future, 1, RASK_FOREVER), RASK_OK);
    long n_full = resident_pages(statm);
    rask_release(rask, &future, 1);
    while (resident_pages(statm) > n_full - half)
        (void)sched_yield();
    close(statm);
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
    start_with(1, NULL);
    if (rask_submit(rask, RASK_CALL(sum, RASK_VALUE(one)), &future, &error) != RASK_OK ||
        value_of(future) != 1)
        return 1;
    return rask_stop(rask) == RASK_OK ? 11 : 2;
}

static void several_runtimes_alone(void)
{
    int64_t two = 2;
    struct rask_future future;
    start();
    struct rask *first = rask;
    start();
    struct rask *second = rask;
    CU_ASSERT_PTR_NOT_EQUAL(first, second);
    for (int i = 0; i < 2; i++) {
        rask = i == 0 ? first : second;
        future = submit(RASK_CALL(sum, RASK_VALUE(two)));
        CU_ASSERT_EQUAL(value_of(future), 2);
    }
    CU_ASSERT_EQUAL(rask_stop(second), RASK_OK);
    CU_ASSERT(!can_follow_children() || child_code(start_own) == 11);
    rask = first;
    future = submit(RASK_CALL(sum, RASK_VALUE(two)));
    CU_ASSERT_EQUAL(value_of(future), 2);
    stop();
}

#define LARGE_BYTES ((size_t)8 << 20)
#define LARGE_MOST 7

static int give_large(struct rask_task *task)
{
    return rask_task_result(task, LARGE_BYTES) == NULL;
}
RASK_TASK(give_large)

/* Releases are answered a while later; whoever needs their room before that waits for it. */
static void what_was_released_is_room_for_what_comes_next(void)
{
    static const char *const settings[] = {"arena=64MiB", NULL};
    void *data = calloc(1, LARGE_BYTES);
    const struct rask_view view = {data, LARGE_BYTES};
    struct rask_future futures[LARGE_MOST + 1], next;
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    start_with(2, settings);
    for (int round = 0; round < 3; round++) {
        size_t n = 0;
        while (n <= LARGE_MOST && rask_scatter(rask, view, NULL, &futures[n], &error) == RASK_OK)
            n++;
        CU_ASSERT_EQUAL(n, LARGE_MOST);
        CU_ASSERT_EQUAL(error.code, RASK_ERR_MEMORY);
        rask_release(rask, futures, n);
        CU_ASSERT_EQUAL_FATAL(rask_scatter(rask, view, NULL, &next, &error), RASK_OK);
        rask_release(rask, &next, 1);
    }
    for (size_t i = 0; i < LARGE_MOST; i++)
        CU_ASSERT_EQUAL(rask_scatter(rask, view, NULL, &futures[i], &error), RASK_OK);
    rask_release(rask, futures, LARGE_MOST);
    next = submit(&(struct rask_call){.function = give_large});
    CU_ASSERT_EQUAL(rask_result(rask, next, RASK_FOREVER, NULL, &error), RASK_OK);
    free(data);
    stop();
}

/* What can never fit is refused, and so is what does not fit beside what is alive. */
static void more_than_there_is_room_for_is_an_error(void)
{
    static const char *const settings[] = {"arena=16MiB", NULL};
    void *data = calloc(3, LARGE_BYTES);
    struct rask_future alive, none;
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    start_with(1, settings);
    struct rask_view view = {data, 3 * LARGE_BYTES};
    CU_ASSERT_EQUAL(rask_scatter(rask, view, NULL, &none, &error), RASK_ERR_MEMORY);
    view.bytes = LARGE_BYTES;
    CU_ASSERT_EQUAL_FATAL(rask_scatter(rask, view, NULL, &alive, &error), RASK_OK);
    CU_ASSERT_EQUAL(rask_scatter(rask, view, NULL, &none, &error), RASK_ERR_MEMORY);
    CU_ASSERT_EQUAL(rask_result(rask, submit(&(struct rask_call){.function = give_large}),
                                RASK_FOREVER, NULL, &error),
                    RASK_ERR_MEMORY);
    rask_release(rask, &alive, 1);
    free(data);
    stop();
}

RASK_UNIT_MAIN("api_life",
               {"a program may return without stopping", a_program_may_return_without_stopping},
               {"tasks submit tasks", tasks_submit_tasks}, {"tasks nest deeply", tasks_nest_deeply},
               {"threads of the program submit at once", threads_of_the_program_submit_at_once},
               {"an interruption ends every wait", an_interruption_ends_every_wait},
               {"stops with work under way", stops_with_work_under_way},
               {"a stop ends tasks that ask, and waits", a_stop_ends_tasks_that_ask_and_waits},
               {"a failed result takes no room", the_result_of_a_task_that_fails_takes_no_room},
               {"what is taken back lets go", a_task_that_is_taken_back_lets_its_input_go},
               {"starts many times", starts_many_times},
               {"tasks have one thread of OpenMP", tasks_have_one_thread_of_openmp},
               {"memory goes back when nothing is to be done",
                memory_goes_back_when_nothing_is_to_be_done},
               {"several runtimes alone", several_runtimes_alone},
               {"what was released is room for what comes next",
                what_was_released_is_room_for_what_comes_next},
               {"more than there is room for is an error", more_than_there_is_room_for_is_an_error})
