/* SPDX-License-Identifier: BSD-3-Clause */
/* cancel_test.c: stories about tasks that are cancelled or let go of at an awkward moment, and
 * wanted again. */
#include "story.h"

static void a_running_task_that_is_released_ends_and_its_result_is_dropped(void)
{
    struct story s;
    story_begin(&s, 1, 1);
    uint64_t a = CALL(&s, .name = "a", .run_ns = STORY_MS(1), .bytes = 600);
    story_run_for(&s, STORY_US(100));
    rask_sim_release(s.sim, a);
    story_run_for(&s, STORY_US(100));
    CU_ASSERT_STRING_EQUAL(story_state(&s, a), "leaving");
    story_run(&s);
    STORY_EVENTS(&s, "done", "a on 1");
    rask_sim_expect_nothing_left(s.sim);
    story_end(&s);
}

static void a_polite_task_that_is_released_ends_early(void)
{
    struct story s;
    story_begin(&s, 1, 1);
    uint64_t a = CALL(&s, .name = "a", .run_ns = STORY_MS(2), .n_children = 1, .is_polite = 1);
    story_run_for(&s, STORY_US(100));
    rask_sim_release(s.sim, a);
    story_run(&s);
    STORY_EVENTS(&s, "error", "a on 1");
    CU_ASSERT(rask_sim_now(s.sim) < STORY_MS(2));
    story_end(&s);
}

/* Released and wanted again while it runs: the same run gives the result. */
static void a_running_task_that_is_wanted_again_goes_on(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t a = CALL(&s, .name = "a", .salt = 5, .run_ns = STORY_MS(1), PURE(5));
    story_run_for(&s, STORY_US(100));
    rask_sim_release(s.sim, a);
    story_run_for(&s, STORY_US(100));
    uint64_t b = CALL(&s, .name = "b", .salt = 5, .run_ns = STORY_MS(1), PURE(5));
    story_run(&s);
    CU_ASSERT(story_is_done(&s, b));
    STORY_EVENTS(&s, "run", "a on 1");
    story_end(&s);
}

/* But what a function returns after it has noticed is no result: it runs again, and no retry is
 * spent. */
static void a_task_that_noticed_runs_again_when_it_is_wanted_again(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t a = CALL(&s, .name = "a", .salt = 5, .run_ns = STORY_MS(1), PURE(5), .is_polite = 1);
    story_run_for(&s, STORY_US(100));
    rask_sim_release(s.sim, a);
    story_run_for(&s, STORY_US(100));
    uint64_t b = CALL(&s, .name = "b", .salt = 5, .run_ns = STORY_MS(1), PURE(5), .is_polite = 1);
    story_run(&s);
    CU_ASSERT(story_is_done(&s, b));
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, a), 2);
    story_end(&s);
}

static void cancelling_fails_the_task_and_what_depends_on_it(void)
{
    struct story s;
    story_begin(&s, 1, 1);
    uint64_t running = CALL(&s, .run_ns = STORY_MS(1), .bytes = 600);
    uint64_t queued = CALL(&s, .run_ns = STORY_MS(1));
    uint64_t user = CALL(&s, DEPS(running, queued));
    uint64_t other = CALL(&s, .run_ns = STORY_MS(1));
    story_run_for(&s, STORY_US(100));
    rask_sim_cancel(s.sim, running);
    rask_sim_cancel(s.sim, queued);
    story_run_for(&s, STORY_US(100));
    CU_ASSERT_EQUAL(rask_sim_state(s.sim, running), RASK_FUTURE_CANCELLED);
    CU_ASSERT_EQUAL(rask_sim_state(s.sim, queued), RASK_FUTURE_CANCELLED);
    CU_ASSERT_EQUAL(rask_sim_state(s.sim, user), RASK_FUTURE_CANCELLED);
    story_run(&s);
    CU_ASSERT(story_is_done(&s, other));
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, queued), 0);
    CU_ASSERT_EQUAL(story_rank(&s, 1).n_objects, 0);
    story_end(&s);
}

static void a_finished_task_cannot_be_cancelled(void)
{
    struct story s;
    story_begin(&s, 1, 1);
    uint64_t a = CALL(&s, .bytes = 600);
    story_run(&s);
    rask_sim_cancel(s.sim, a);
    story_run(&s);
    CU_ASSERT(story_is_done(&s, a));
    (void)story_value(&s, a);
    story_end(&s);
}

static void cancelling_a_shared_call_concerns_one_claim_only(void)
{
    struct story s;
    story_begin(&s, 1, 1);
    uint64_t a = CALL(&s, .salt = 5, .run_ns = STORY_MS(1), PURE(5));
    uint64_t b = CALL(&s, .salt = 5, .run_ns = STORY_MS(1), PURE(5));
    story_run_for(&s, STORY_US(100));
    rask_sim_cancel(s.sim, a);
    story_run(&s);
    CU_ASSERT_EQUAL(rask_sim_state(s.sim, a), RASK_FUTURE_CANCELLED);
    CU_ASSERT(story_is_done(&s, b));
    story_end(&s);
}

static void cancelling_and_submitting_again_never_wedges(void)
{
    struct story s;
    uint64_t tasks[10];
    story_begin(&s, 1, 2);
    CALL(&s, .run_ns = STORY_MS(1));
    for (int round = 0; round < 20; round++) {
        for (uint64_t i = 0; i < 10; i++)
            tasks[i] = CALL(&s, .salt = i, .run_ns = STORY_US(30), PURE(i));
        story_run_for(&s, STORY_US(7));
        for (int i = 0; i < 10 && round < 19; i++) {
            rask_sim_cancel(s.sim, tasks[i]);
            rask_sim_release(s.sim, tasks[i]);
        }
    }
    story_run(&s);
    CU_ASSERT(story_are_done(&s, tasks, 10));
    story_end(&s);
}

/* A task whose input is on its way is let go of and wanted again on the same worker: one fetch
 * serves both. */
static void an_input_on_its_way_is_used_when_the_task_comes_back(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t data = CALL(&s, .name = "data", .bytes = 500000, ON(1));
    story_run(&s);
    uint64_t a = CALL(&s, .name = "a", .salt = 5, DEPS(data), ON(2), PURE(5));
    story_run_for(&s, STORY_US(50));
    rask_sim_release(s.sim, a);
    story_run_for(&s, STORY_US(50));
    uint64_t b = CALL(&s, .name = "b", .salt = 5, DEPS(data), ON(2), PURE(5));
    story_run(&s);
    CU_ASSERT(story_is_done(&s, b));
    STORY_EVENTS(&s, "fetch", "data 1 to 2");
    story_end(&s);
}

static void a_released_task_keeps_its_input_until_the_fetch_has_ended(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t data = CALL(&s, .name = "data", .bytes = 500000, ON(1));
    story_run(&s);
    uint64_t a = CALL(&s, .name = "a", DEPS(data), ON(2));
    story_run_for(&s, STORY_US(50));
    rask_sim_release(s.sim, a);
    rask_sim_release(s.sim, data);
    story_run_for(&s, STORY_US(50));
    CU_ASSERT_EQUAL(story_rank(&s, 1).n_objects, 1);
    story_run(&s);
    STORY_EVENTS(&s, "run", "data on 1");
    rask_sim_expect_nothing_left(s.sim);
    story_end(&s);
}

/* The holder dies while its object is on its way to the worker that computes it anew: the fetch
 * that comes to nothing and the run there are two things. */
static void an_object_on_its_way_is_computed_where_it_was_to_go(void)
{
    struct story s;
    const struct rask_sim_call call = {.name = "data",
                                       .salt = 7,
                                       .run_ns = STORY_US(50),
                                       .bytes = 500000,
                                       ON(1),
                                       .as.flags = RASK_SUBMIT_LOOSE};
    story_begin(&s, 2, 2);
    uint64_t data = rask_sim_submit(s.sim, 0, &call);
    story_run(&s);
    uint64_t user = CALL(&s, .name = "user", .salt = 8, DEPS(data), ON(2));
    story_run_for(&s, STORY_US(100));
    STORY_EVENTS(&s, "fetch", "data 1 to 2");
    rask_sim_lose(s.sim, 1);
    story_run(&s);
    STORY_EVENTS(&s, "run", "data on 1, data on 2, user on 2");
    uint64_t value = rask_sim_result(&call, NULL, 0);
    CU_ASSERT_EQUAL(story_value(&s, data), value);
    CU_ASSERT_EQUAL(story_value(&s, user), rask_sim_result(&(const struct rask_sim_call){.salt = 8},
                                                           (const uint64_t[]){value}, 1));
    story_end(&s);
}

/* A run that nobody wanted any more fails when its result has become an input: that error is
 * nobody's, and the task runs again. */
static void an_unwanted_run_that_fails_as_its_result_is_wanted_is_repeated(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t first =
        CALL(&s, .name = "data", .salt = 5, .run_ns = STORY_MS(1), .n_errors = 1, PURE(5));
    story_run_for(&s, STORY_US(100));
    rask_sim_release(s.sim, first);
    story_run_for(&s, STORY_US(100));
    uint64_t data =
        CALL(&s, .name = "again", .salt = 5, .run_ns = STORY_MS(1), .n_errors = 1, PURE(5));
    uint64_t user = CALL(&s, .name = "user", .salt = 6, DEPS(data), ON(2));
    rask_sim_release(s.sim, data);
    story_run(&s);
    STORY_EVENTS(&s, "error", "data on 1");
    uint64_t value = rask_sim_result(&(const struct rask_sim_call){.salt = 5}, NULL, 0);
    CU_ASSERT_EQUAL(story_value(&s, user), rask_sim_result(&(const struct rask_sim_call){.salt = 6},
                                                           (const uint64_t[]){value}, 1));
    story_end(&s);
}

/* A cancelled run goes on at the worker that now needs the same call's result as an input, which
 * another worker has computed: the input is fetched, and the late error does it no harm. */
static void a_cancelled_run_that_fails_leaves_the_same_result_from_elsewhere_alone(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t first =
        CALL(&s, .name = "first", .salt = 5, .run_ns = STORY_MS(1), .n_errors = 1, PURE(5), ON(1));
    story_run_for(&s, STORY_US(100));
    rask_sim_cancel(s.sim, first);
    uint64_t data =
        CALL(&s, .name = "data", .salt = 5, .run_ns = STORY_US(100), .bytes = 5000, PURE(5), ON(2));
    uint64_t user = CALL(&s, .name = "user", DEPS(data), ON(1));
    story_run_for(&s, STORY_US(500));
    STORY_EVENTS(&s, "fetch", "data 2 to 1");
    STORY_EVENTS(&s, "error", "");
    story_run(&s);
    STORY_EVENTS(&s, "error", "first on 1");
    CU_ASSERT_EQUAL(rask_sim_state(s.sim, first), RASK_FUTURE_CANCELLED);
    CU_ASSERT(story_is_done(&s, user));
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, data), 1);
    STORY_EVENTS(&s, "fetch", "data 2 to 1");
    story_end(&s);
}

/* A task is asked back for an idle worker just as it has begun: it stays, is not told to stop, and
 * its late error counts. */
static void a_task_that_a_thief_asks_for_too_late_stays(void)
{
    struct story s;
    uint64_t tasks[4];
    story_plan(&s, 2, 1);
    s.config.sched.saturation = 4;
    s.config.latency_ns = STORY_US(400);
    s.ranks[2].start_ns = STORY_MS(1);
    story_start(&s);
    for (int i = 0; i < 4; i++)
        tasks[i] = CALL(&s, .run_ns = STORY_US(300), .is_polite = 1, .n_errors = i == 3 ? 1 : 0);
    story_run(&s);
    CU_ASSERT(story_counters(&s).withdrawn > 0);
    CU_ASSERT(story_are_done(&s, tasks, 3));
    CU_ASSERT_EQUAL(story_failure(&s, tasks[3]), RASK_ERR_TASK);
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, tasks[3]), 1);
    story_end(&s);
}

static void queued_tasks_are_stolen_for_an_idle_worker(void)
{
    struct story s;
    story_plan(&s, 2, 1);
    s.config.sched.saturation = 8;
    s.ranks[2].start_ns = STORY_US(100);
    story_start(&s);
    CALLS(&s, 8, .run_ns = STORY_MS(1));
    story_run(&s);
    CU_ASSERT(story_rank(&s, 2).n_started >= 3);
    CU_ASSERT_EQUAL(story_rank(&s, 1).n_started + story_rank(&s, 2).n_started, 8);
    story_end(&s);
}

RASK_UNIT_MAIN(
    "cancel",
    {"released while it runs", a_running_task_that_is_released_ends_and_its_result_is_dropped},
    {"a polite task ends early", a_polite_task_that_is_released_ends_early},
    {"wanted again: the run goes on", a_running_task_that_is_wanted_again_goes_on},
    {"it noticed: it runs again", a_task_that_noticed_runs_again_when_it_is_wanted_again},
    {"cancelling fails the dependents", cancelling_fails_the_task_and_what_depends_on_it},
    {"a finished task is not cancelled", a_finished_task_cannot_be_cancelled},
    {"cancelling one claim of many", cancelling_a_shared_call_concerns_one_claim_only},
    {"cancel and resubmit never wedge", cancelling_and_submitting_again_never_wedges},
    {"an input on its way is used", an_input_on_its_way_is_used_when_the_task_comes_back},
    {"an input stays until it is read", a_released_task_keeps_its_input_until_the_fetch_has_ended},
    {"in flight, then computed there", an_object_on_its_way_is_computed_where_it_was_to_go},
    {"an unwanted run fails", an_unwanted_run_that_fails_as_its_result_is_wanted_is_repeated},
    {"a cancelled run fails",
     a_cancelled_run_that_fails_leaves_the_same_result_from_elsewhere_alone},
    {"a thief that comes too late", a_task_that_a_thief_asks_for_too_late_stays},
    {"queued tasks are stolen", queued_tasks_are_stolen_for_an_idle_worker})
