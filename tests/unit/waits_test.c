/* SPDX-License-Identifier: BSD-3-Clause */
/* waits_test.c: a wait ends when what it waits for is there, whatever else runs: waits of the
 * program, of several of its threads, and of tasks for tasks of their own; embedded and on ranks
 * (api_home.h). */
#include <pthread.h>
#include <rask/task.h>
#include <sched.h>

#include "api_home.h"

#define N_THREADS 8
#define N_CALLS 100
#define N_BRIEF 600

const char *const home_settings[] = {"check=yes", NULL};

static int nothing(struct rask_task *task)
{
    (void)task;
    return 0;
}
RASK_TASK(nothing)

/* Runs until the gate is opened, if it is told to wait for that. */
static int at_gate(struct rask_task *task)
{
    const int64_t *waits = RASK_INPUT(task, 0, int64_t);
    if (waits == NULL)
        return 1;
    if (*waits != 0)
        atomic_fetch_add(&counts->n_entered, 1);
    while (*waits != 0 && !atomic_load(&counts->is_open) && !rask_task_is_cancelled(task))
        (void)sched_yield();
    return 0;
}
RASK_TASK(at_gate)

/* Brief; but the one that is told so ends only when all the others have. */
static int brief(struct rask_task *task)
{
    const int64_t *is_last = RASK_INPUT(task, 0, int64_t);
    if (is_last == NULL)
        return 1;
    if (*is_last == 0)
        atomic_fetch_add(&counts->n_runs, 1);
    while (*is_last != 0 && atomic_load(&counts->n_runs) < N_BRIEF - 1 &&
           !rask_task_is_cancelled(task))
        (void)sched_yield();
    return 0;
}
RASK_TASK(brief)

/* Fibonacci's numbers by pure calls: whoever needs one that is being computed waits for it. */
static int memo(struct rask_task *task)
{
    const int64_t *n = RASK_INPUT(task, 0, int64_t);
    struct rask *own = rask_task_runtime(task);
    struct rask_call_options pure = {.size = sizeof pure, .is_pure = 1};
    struct rask_future below[2];
    struct rask_view view;
    int64_t value = n == NULL ? 0 : *n, arguments[2];
    if (n == NULL)
        return 1;
    if (value > 1) {
        for (int i = 0; i < 2; i++) {
            arguments[i] = *n - 1 - i;
            if (rask_submit(own, RASK_CALL_WITH(&pure, memo, RASK_VALUE(arguments[i])), &below[i],
                            NULL) != RASK_OK)
                return 1;
        }
        value = 0;
        for (int i = 0; i < 2; i++) {
            if (rask_result(own, below[i], RASK_FOREVER, &view, NULL) != RASK_OK)
                return 1;
            value += *(const int64_t *)view.data;
        }
        rask_release(own, below, 2);
    }
    return rask_task_return(task, &value, sizeof value);
}
RASK_TASK(memo)

/* The slow one comes first, and nobody has run it before: the program's thread must not be inside
 * it when the other one has ended. */
static void no_wait_is_held_up_by_another_task(void)
{
    static const int64_t no = 0, yes = 1;
    size_t index = 77;
    start();
    struct rask_future futures[2];
    futures[0] = submit(RASK_CALL_WITH(&there, at_gate, RASK_VALUE(yes)));
    futures[1] = submit(RASK_CALL_WITH(&there, at_gate, RASK_VALUE(no)));
    CU_ASSERT_EQUAL(rask_wait_any(rask, futures, 2, RASK_FOREVER, &index), RASK_OK);
    CU_ASSERT_EQUAL(index, 1);
    CU_ASSERT_EQUAL(rask_future_state(rask, futures[0]), RASK_FUTURE_PENDING);
    atomic_store(&counts->is_open, 1);
    CU_ASSERT_EQUAL(rask_wait(rask, futures, 2, RASK_FOREVER), RASK_OK);
    rask_release(rask, futures, 2);
    stop();
}

/* Tasks of a function that has been brief so far are taken many at a time: those behind one that is
 * not brief are not lost in its batch. */
static void one_long_task_holds_up_no_brief_ones(void)
{
    static int64_t is_last[N_BRIEF];
    static struct rask_future futures[N_BRIEF];
    start();
    for (int round = 0; round < 2; round++) {
        is_last[N_BRIEF / 2] = round;
        atomic_store(&counts->n_runs, 0);
        for (int i = 0; i < N_BRIEF; i++)
            futures[i] = submit(RASK_CALL_WITH(&there, brief, RASK_VALUE(is_last[i])));
        CU_ASSERT_EQUAL(rask_wait(rask, futures, N_BRIEF, RASK_FOREVER), RASK_OK);
        rask_release(rask, futures, N_BRIEF);
    }
    stop();
}

static void tasks_wait_for_what_their_batch_brought_along(void)
{
    enum { N = 60 };
    struct rask_call_options pure = {.size = sizeof pure, .is_pure = 1};
    static int64_t arguments[N_BRIEF];
    static struct rask_future futures[N_BRIEF];
    start();
    for (int i = 0; i < N_BRIEF; i++) {
        arguments[i] = -i;
        futures[i] = submit(RASK_CALL_WITH(&pure, memo, RASK_VALUE(arguments[i])));
    }
    CU_ASSERT_EQUAL(rask_wait(rask, futures, N_BRIEF, RASK_FOREVER), RASK_OK);
    rask_release(rask, futures, N_BRIEF);
    for (int i = N - 1; i >= 0; i--) {
        arguments[i] = i;
        futures[i] = submit(RASK_CALL_WITH(&pure, memo, RASK_VALUE(arguments[i])));
    }
    CU_ASSERT_EQUAL(value_of(futures[N - 1]), INT64_C(956722026041));
    rask_release(rask, futures, N);
    stop();
}

/* More levels than a thread runs on top of each other. */
static void tasks_wait_many_levels_deep(void)
{
    static const int64_t depths[] = {1, 40, 400};
    start();
    for (int i = 0; i < 3; i++) {
        struct rask_future future = submit(RASK_CALL(nest, RASK_VALUE(depths[i])));
        CU_ASSERT_EQUAL(value_of(future), depths[i]);
        rask_release(rask, &future, 1);
    }
    stop();
}

static void *call_again_and_again(void *argument)
{
    _Atomic int *n_right = argument;
    for (int64_t i = 0; i < N_CALLS; i++) {
        struct rask_future future;
        struct rask_view view;
        int64_t depth = i % 3;
        if (rask_submit(rask, RASK_CALL(nest, RASK_VALUE(depth)), &future, NULL) != RASK_OK)
            break;
        if (rask_result(rask, future, RASK_FOREVER, &view, NULL) == RASK_OK &&
            *(const int64_t *)view.data == depth)
            atomic_fetch_add(n_right, 1);
        rask_release(rask, &future, 1);
    }
    return NULL;
}

static void many_threads_wait_each_for_its_own(void)
{
    pthread_t threads[N_THREADS];
    _Atomic int n_right = 0;
    start();
    for (int i = 0; i < N_THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, call_again_and_again, &n_right), 0);
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
    CU_ASSERT_EQUAL(n_right, N_THREADS * N_CALLS);
    stop();
}

/* A function that has not run before: the thread that waits does not take it for brief. */
static int at_last_gate(struct rask_task *task)
{
    return at_gate(task);
}
RASK_TASK(at_last_gate)

static void a_deadline_ends_a_wait_among_brief_tasks(void)
{
    static struct rask_future futures[N_BRIEF];
    static const int64_t yes = 1;
    start();
    struct rask_future gate = submit(RASK_CALL(at_last_gate, RASK_VALUE(yes)));
    for (int i = 0; i < N_BRIEF; i++)
        futures[i] = submit(RASK_CALL(nothing));
    CU_ASSERT_EQUAL(rask_wait(rask, &gate, 1, 20000000), RASK_ERR_TIMEOUT);
    CU_ASSERT_EQUAL(rask_wait(rask, futures, N_BRIEF, RASK_FOREVER), RASK_OK);
    atomic_store(&counts->is_open, 1);
    CU_ASSERT_EQUAL(rask_wait(rask, &gate, 1, RASK_FOREVER), RASK_OK);
    rask_release(rask, futures, N_BRIEF);
    rask_release(rask, &gate, 1);
    stop();
}

static int own_rank(struct rask_task *task)
{
    int64_t rank = rask_task_rank(task);
    return rask_task_return(task, &rank, sizeof rank);
}
RASK_TASK(own_rank)

/* From inside a task: on which ranks its children have run, a bit each; -1 without an answer. */
static int ask_everywhere(struct rask_task *task)
{
    struct rask *own = rask_task_runtime(task);
    struct rask_future futures[64];
    struct rask_call call = {.function = own_rank};
    int64_t ranks = 0, n = rask_worker_count(own);
    if (n < 1 || n > 64 || rask_slot_count(own) != (uint32_t)n * HOME_SLOTS ||
        rask_run_everywhere(own, &call, futures, NULL) != RASK_OK)
        n = 0;
    for (int64_t i = 0; i < n; i++) {
        struct rask_view view;
        if (rask_result(own, futures[i], RASK_FOREVER, &view, NULL) == RASK_OK)
            ranks |= INT64_C(1) << *(const int64_t *)view.data;
    }
    rask_release(own, futures, (size_t)n);
    ranks = n == 0 ? -1 : ranks;
    return rask_task_return(task, &ranks, sizeof ranks);
}
RASK_TASK(ask_everywhere)

static void runs_on_every_worker_from_inside_a_task(void)
{
    struct rask_call call = {.function = ask_everywhere, .options = &there};
    start();
    int64_t everywhere = (INT64_C(1) << rask_rank_count(rask)) - 1;
    if (rask_worker_count(rask) != rask_rank_count(rask))
        everywhere &= ~INT64_C(1);
    struct rask_future future = submit(&call);
    CU_ASSERT_EQUAL(value_of(future), everywhere);
    rask_release(rask, &future, 1);
    stop();
}

HOME_MAIN("waits", {"on every worker from a task", runs_on_every_worker_from_inside_a_task},
          {"no wait is held up by another task", no_wait_is_held_up_by_another_task},
          {"one long task holds up no brief ones", one_long_task_holds_up_no_brief_ones},
          {"tasks wait for what their batch brought along",
           tasks_wait_for_what_their_batch_brought_along},
          {"tasks wait many levels deep", tasks_wait_many_levels_deep},
          {"many threads wait, each for its own", many_threads_wait_each_for_its_own},
          {"a deadline ends a wait among brief tasks", a_deadline_ends_a_wait_among_brief_tasks})
