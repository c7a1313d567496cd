/* SPDX-License-Identifier: BSD-3-Clause */
/* api_story_test.c: rask_story as a program uses it, embedded and on ranks (api_home.h). What it
 * says without a trace, and what the log tells, is in api_args_test.c. */
#include <rask/future.h>
#include <rask/task.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_home.h"

const char *const home_settings[] = {"check=yes", "trace=/dev/null", NULL};

static int tear(struct rask_task *task)
{
    return rask_task_fail(task, RASK_ERR_TASK, "torn");
}
RASK_TASK(tear)

/* Runs until the gate is opened, or nobody needs it any more; gives 1. */
static int gate(struct rask_task *task)
{
    int64_t one = 1;
    while (!atomic_load(&counts->is_open) && !rask_task_is_cancelled(task))
        (void)sched_yield();
    return rask_task_return(task, &one, sizeof one);
}
RASK_TASK(gate)

/* Asks for the story of a task of its own; gives the outcome. */
static int ask(struct rask_task *task)
{
    int64_t one = 1, status;
    struct rask *own = rask_task_runtime(task);
    struct rask_future future;
    struct rask_error why = {0};
    FILE *nowhere = fopen("/dev/null", "w");
    if (nowhere == NULL ||
        rask_submit(own, RASK_CALL(sum, RASK_VALUE(one)), &future, NULL) != RASK_OK)
        return 1;
    status = rask_story(own, future, nowhere, &why);
    fclose(nowhere);
    rask_release(own, &future, 1);
    if (status != RASK_OK && strstr(why.text, "rank 0") == NULL)
        return 1;
    return rask_task_return(task, &status, sizeof status);
}
RASK_TASK(ask)

/* [give] "" if there is none. */
static char *story_of(struct rask_future future)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    if (rask_story(rask, future, stream, &error) != RASK_OK)
        CU_FAIL("no story");
    CU_ASSERT_EQUAL_FATAL(fclose(stream), 0);
    return text;
}

/* Whether the story has these pieces in this order. */
static int tells(const char *story, const char *const *pieces)
{
    const char *at = story;
    for (; *pieces != NULL && at != NULL; pieces++) {
        at = strstr(at, *pieces);
        if (at == NULL)
            printf("\n    no \"%s\" in:\n%s", *pieces, story);
        else
            at += strlen(*pieces);
    }
    return at != NULL;
}

static void release(struct rask_future future)
{
    rask_release(rask, &future, 1);
}

static void tells_where_a_task_ran(void)
{
    int64_t one = 1;
    char worker[32];
    snprintf(worker, sizeof worker, " worker=%d ", (int)last_rank);
    const char *const pieces[] = {"task ",
                                  ", sum-",
                                  ": memory\n",
                                  "released -> waiting cause=want",
                                  "waiting -> queued cause=ready",
                                  "queued -> processing cause=assign",
                                  worker,
                                  "processing -> memory cause=done",
                                  worker,
                                  NULL};
    start();
    struct rask_future future = submit(RASK_CALL_WITH(&there, sum, RASK_VALUE(one)));
    CU_ASSERT_EQUAL(value_of(future), 1);
    char *story = story_of(future);
    CU_ASSERT(tells(story, pieces));
    free(story);
    release(future);
    stop();
}

static void knows_a_task_that_waits(void)
{
    static const char *const pieces[] = {", sum-", ": waiting\n", "released -> waiting cause=want",
                                         NULL};
    start();
    struct rask_future held = submit(RASK_CALL_WITH(&there, gate, RASK_BUFFER("", 0)));
    struct rask_future future = submit(RASK_CALL(sum, RASK_RESULT(held)));
    char *story = story_of(future);
    CU_ASSERT(tells(story, pieces));
    CU_ASSERT_PTR_NULL(strstr(story, "ready"));
    free(story);
    atomic_store(&counts->is_open, 1);
    CU_ASSERT_EQUAL(value_of(future), 1);
    release(held);
    release(future);
    stop();
}

static void tells_of_the_task_at_fault_too(void)
{
    static const char *const pieces[] = {
        ", sum-",  ": erred\n",           "released -> waiting",  "waiting -> erred cause=fail",
        ", tear-", ", at fault: erred\n", "queued -> processing", "processing -> erred cause=fail",
        NULL};
    start();
    struct rask_future torn = submit(RASK_CALL_WITH(&there, tear, RASK_BUFFER("", 0)));
    struct rask_future middle = submit(RASK_CALL(sum, RASK_RESULT(torn)));
    struct rask_future future = submit(RASK_CALL(sum, RASK_RESULT(middle)));
    CU_ASSERT_EQUAL(rask_result(rask, future, RASK_FOREVER, NULL, &error), RASK_ERR_DEPENDENCY);
    char *story = story_of(future), *own = story_of(torn);
    CU_ASSERT(tells(story, pieces));
    CU_ASSERT_PTR_NOT_NULL(strstr(own, "processing -> erred cause=fail"));
    CU_ASSERT_PTR_NULL(strstr(own, "at fault"));
    free(story);
    free(own);
    release(torn);
    release(middle);
    release(future);
    stop();
}

static void a_call_that_shares_a_task_shares_its_story(void)
{
    struct rask_call_options pure = {.size = sizeof pure, .is_pure = 1};
    int64_t seven = 7;
    struct rask_future futures[2];
    char *stories[2];
    start();
    for (size_t i = 0; i < 2; i++) {
        futures[i] = submit(RASK_CALL_WITH(&pure, sum, RASK_VALUE(seven)));
        CU_ASSERT_EQUAL(value_of(futures[i]), 7);
    }
    for (size_t i = 0; i < 2; i++)
        stories[i] = story_of(futures[i]);
    CU_ASSERT_PTR_NOT_NULL(strstr(stories[1], "processing -> memory cause=done"));
    CU_ASSERT_STRING_EQUAL(stories[0], stories[1]);
    for (size_t i = 0; i < 2; i++) {
        free(stories[i]);
        release(futures[i]);
    }
    stop();
}

static void scattered_data_has_a_story(void)
{
    static const char *const pieces[] = {", data-", ": memory\n", "-> memory", NULL};
    struct rask_future future;
    start();
    CU_ASSERT_EQUAL_FATAL(
        rask_scatter(rask, (struct rask_view){"1234567", 8}, NULL, &future, &error), RASK_OK);
    CU_ASSERT_EQUAL(rask_wait(rask, &future, 1, RASK_FOREVER), RASK_OK);
    char *story = story_of(future);
    CU_ASSERT(tells(story, pieces));
    free(story);
    release(future);
    stop();
}

static void tasks_on_rank_0_may_ask(void)
{
    start();
    struct rask_future future = submit(RASK_CALL_WITH(&there, ask, RASK_BUFFER("", 0)));
    CU_ASSERT_EQUAL(value_of(future), last_rank == 0 ? RASK_OK : RASK_ERR_UNSUPPORTED);
    release(future);
    stop();
}

static void refuses_what_has_no_story(void)
{
    int64_t one = 1;
    FILE *full = fopen("/dev/full", "w");
    start();
    struct rask_future none = {0}, future = submit(RASK_CALL(sum, RASK_VALUE(one)));
    CU_ASSERT_EQUAL(rask_story(rask, none, stdout, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "none, or was released"));
    CU_ASSERT_EQUAL(rask_story(NULL, future, stdout, NULL), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_story(rask, future, NULL, NULL), RASK_ERR_ARGUMENT);
    if (full != NULL) {
        CU_ASSERT_EQUAL(rask_story(rask, future, full, &error), RASK_ERR_IO);
        fclose(full);
    }
    release(future);
    CU_ASSERT_EQUAL(rask_story(rask, future, stdout, NULL), RASK_ERR_ARGUMENT);
    stop();
}

HOME_MAIN("api_story", {"tells where a task ran", tells_where_a_task_ran},
          {"knows a task that waits", knows_a_task_that_waits},
          {"tells of the task at fault too", tells_of_the_task_at_fault_too},
          {"a call that shares a task shares its story",
           a_call_that_shares_a_task_shares_its_story},
          {"scattered data has a story", scattered_data_has_a_story},
          {"tasks on rank 0 may ask", tasks_on_rank_0_may_ask},
          {"refuses what has no story", refuses_what_has_no_story})
