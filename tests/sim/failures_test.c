/* SPDX-License-Identifier: BSD-3-Clause */
/* failures_test.c: stories about errors, retries and lost ranks. */
#include "story.h"

/* A task that fails twice and then succeeds; its runs, and how it ends. */
static void check_retries(uint16_t retries, uint32_t n_runs, const char *error)
{
    const char *text = "";
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t a = CALL(&s, .salt = 42, .n_errors = 2, .as.retries = retries);
    story_run(&s);
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, a), n_runs);
    CU_ASSERT_EQUAL(rask_sim_failure(s.sim, a, &text), error == NULL ? RASK_OK : RASK_ERR_TASK);
    CU_ASSERT_EQUAL(story_is_done(&s, a), error == NULL);
    if (error != NULL)
        CU_ASSERT_STRING_EQUAL(text, error);
    story_end(&s);
}

static void a_failing_task_is_repeated_as_often_as_asked(void)
{
    check_retries(3, 3, NULL);
    check_retries(2, 3, NULL);
    check_retries(1, 2, "scripted error of run 2");
    check_retries(0, 1, "scripted error of run 1");
}

static void an_error_names_its_origin_to_all_dependents(void)
{
    const char *text = "";
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t bad = CALL(&s, .n_errors = 1);
    uint64_t good = CALL(&s, .salt = 1);
    uint64_t both = CALL(&s, DEPS(bad, good));
    uint64_t after = CALL(&s, DEPS(both));
    story_run(&s);
    CU_ASSERT_EQUAL(story_failure(&s, bad), RASK_ERR_TASK);
    CU_ASSERT_EQUAL(story_failure(&s, both), RASK_ERR_DEPENDENCY);
    CU_ASSERT_EQUAL(rask_sim_failure(s.sim, after, &text), RASK_ERR_DEPENDENCY);
    CU_ASSERT_STRING_EQUAL(text, "scripted error of run 1");
    CU_ASSERT_EQUAL(rask_client_find(rask_sim_client(s.sim, 0), after)->object, bad);
    CU_ASSERT(story_is_done(&s, good));
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, both), 0);
    story_end(&s);
}

static void the_tasks_of_a_lost_worker_go_to_the_other(void)
{
    struct story s;
    uint64_t tasks[20];
    story_plan(&s, 2, 2);
    s.config.sched.saturation = 0;
    s.ranks[2].start_ns = STORY_US(500);
    story_start(&s);
    for (int i = 0; i < 20; i++)
        tasks[i] = CALL(&s, .run_ns = STORY_MS(1));
    story_run_for(&s, STORY_US(400));
    CU_ASSERT_EQUAL(story_rank(&s, 1).n_assigned, 20);
    rask_sim_lose(s.sim, 1);
    story_run(&s);
    CU_ASSERT_EQUAL(story_rank(&s, 2).n_started, 20);
    CU_ASSERT(story_are_done(&s, tasks, 20));
    story_end(&s);
}

static void a_tree_of_256_survives_a_lost_worker(void)
{
    static const struct rask_sim_call leaf = {.bytes = 600, .run_ns = 20000};
    struct story s;
    uint64_t ids[512], expected[512];
    uint32_t n = 256, first = 0;
    story_begin(&s, 3, 2);
    for (uint32_t i = 0; i < 256; i++) {
        struct rask_sim_call call = leaf;
        call.salt = i;
        ids[i] = rask_sim_submit(s.sim, 0, &call);
        expected[i] = rask_sim_result(&call, NULL, 0);
    }
    for (uint32_t width = 256; width > 1; width /= 2, first += 2 * width) {
        for (uint32_t i = 0; i < width / 2; i++, n++) {
            ids[n] = CALL(&s, .bytes = 600, .run_ns = 20000,
                          DEPS(ids[first + 2 * i], ids[first + 2 * i + 1]));
            expected[n] = rask_sim_result(&leaf, &expected[first + 2 * i], 2);
        }
    }
    for (uint32_t i = 0; i + 1 < n; i++)
        rask_sim_release(s.sim, ids[i]);
    story_run_for(&s, STORY_US(700));
    rask_sim_lose(s.sim, 2);
    CU_ASSERT_EQUAL(story_value(&s, ids[n - 1]), expected[n - 1]);
    CU_ASSERT(story_counters(&s).recomputed > 0);
    story_end(&s);
}

static void a_computed_result_that_is_lost_is_computed_again(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t a = CALL(&s, .name = "a", .salt = 1, .bytes = 600);
    uint64_t b = CALL(&s, .name = "b", .bytes = 600, DEPS(a));
    rask_sim_release(s.sim, a);
    story_run(&s);
    int32_t holder = story_rank(&s, 1).n_objects > 0 ? 1 : 2;
    uint64_t value = story_value(&s, b);
    rask_sim_release(s.sim, b);
    story_run(&s);
    uint64_t c = CALL(&s, .name = "c", .salt = 1, .bytes = 600, ON((uint32_t)holder),
                      .as.flags = RASK_SUBMIT_LOOSE);
    uint64_t d = CALL(&s, .name = "d", .bytes = 600, DEPS(c));
    rask_sim_release(s.sim, c);
    story_run(&s);
    rask_sim_lose(s.sim, holder);
    story_run(&s);
    CU_ASSERT_EQUAL(story_value(&s, d), value);
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, c), 2);
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, d), 2);
    story_end(&s);
}

/* Two clients scatter the same bytes; the only copy is lost with the first one's rank. */
static void scattered_data_that_is_lost_is_an_error(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    story_run(&s);
    const struct rask_sim_data data = {.value = 5, .bytes = 2000, PURE(5), ON(1)};
    uint64_t first = rask_sim_scatter(s.sim, 1, &data);
    story_run(&s);
    uint64_t shared = rask_sim_scatter(s.sim, 0, &data);
    uint64_t user = CALL(&s, DEPS(shared), .run_ns = STORY_MS(1), ON(2));
    story_run_for(&s, STORY_US(3));
    CU_ASSERT_STRING_EQUAL(story_state(&s, first), "memory");
    rask_sim_lose(s.sim, 1);
    story_run(&s);
    CU_ASSERT_EQUAL(story_failure(&s, shared), RASK_ERR_OBJECT_LOST);
    CU_ASSERT_EQUAL(story_failure(&s, user), RASK_ERR_DEPENDENCY);
    uint64_t again = rask_sim_scatter(s.sim, 0, &data);
    CU_ASSERT_EQUAL(story_value(&s, again), 5);
    story_end(&s);
}

/* The copy that the client's own rank keeps saves what a lost worker held; a result of it is
 * computed again. */
static void scattered_data_survives_as_long_as_one_copy_does(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    story_run(&s);
    uint64_t data =
        DATA(&s, .value = 7, .bytes = 2000, .as.allow = (const uint32_t[]){2}, .as.n_allow = 1);
    uint64_t user = CALL(&s, .bytes = 600, DEPS(data), ON(2), .as.flags = RASK_SUBMIT_LOOSE);
    story_run(&s);
    rask_sim_lose(s.sim, 2);
    story_run(&s);
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, user), 2);
    (void)story_value(&s, user);
    CU_ASSERT_EQUAL(story_value(&s, data), 7);
    story_end(&s);
}

static void a_task_that_kills_its_workers_is_given_up_and_says_so(void)
{
    const char *text = "";
    struct story s;
    story_begin(&s, 6, 1);
    uint64_t killer = CALL(&s, .run_ns = STORY_US(50), .n_kills = 100);
    uint64_t user = CALL(&s, DEPS(killer));
    uint64_t others[12];
    for (int i = 0; i < 12; i++)
        others[i] = CALL(&s, .run_ns = STORY_MS(2));
    story_run(&s);
    CU_ASSERT_EQUAL(rask_sim_failure(s.sim, killer, &text), RASK_ERR_WORKER_KILLED);
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, killer), 4);
    CU_ASSERT(strstr(text, "4 workers died") != NULL);
    CU_ASSERT(strstr(text, "rank ") != NULL);
    CU_ASSERT_EQUAL(story_failure(&s, user), RASK_ERR_DEPENDENCY);
    CU_ASSERT(story_are_done(&s, others, 12));
    story_end(&s);
}

static void tasks_that_only_waited_at_a_lost_worker_are_innocent(void)
{
    struct story s;
    uint64_t waiting[3];
    story_plan(&s, 3, 1);
    s.config.sched.allowed_failures = 0;
    s.config.sched.saturation = 4;
    s.config.sched.is_stealing = 0;
    story_start(&s);
    uint64_t running = CALL(&s, .run_ns = STORY_MS(1), ON(1), .as.flags = RASK_SUBMIT_LOOSE);
    for (int i = 0; i < 3; i++)
        waiting[i] = CALL(&s, .run_ns = STORY_MS(1), ON(1), .as.flags = RASK_SUBMIT_LOOSE);
    story_run_for(&s, STORY_US(100));
    CU_ASSERT_EQUAL(story_rank(&s, 1).n_assigned, 4);
    rask_sim_lose(s.sim, 1);
    story_run(&s);
    CU_ASSERT_EQUAL(story_failure(&s, running), RASK_ERR_WORKER_KILLED);
    CU_ASSERT(story_are_done(&s, waiting, 3));
    story_end(&s);
}

static void a_rank_lost_while_it_is_read_costs_a_new_run(void)
{
    struct story s;
    story_begin(&s, 3, 1);
    uint64_t a =
        CALL(&s, .name = "a", .salt = 3, .bytes = 1000000, ON(1), .as.flags = RASK_SUBMIT_LOOSE);
    story_run(&s);
    uint64_t b = CALL(&s, .name = "b", DEPS(a), ON(2));
    story_run_for(&s, STORY_US(100));
    STORY_EVENTS(&s, "fetch", "a 1 to 2");
    rask_sim_lose(s.sim, 1);
    story_run(&s);
    CU_ASSERT(story_is_done(&s, b));
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, a), 2);
    story_end(&s);
}

static void a_result_that_moved_is_still_read_by_its_client(void)
{
    struct story s;
    uint64_t value = 0;
    story_begin(&s, 2, 1);
    uint64_t a = CALL(&s, .salt = 9, .bytes = 2000);
    story_run(&s);
    CU_ASSERT(story_is_done(&s, a));
    rask_sim_lose(s.sim, story_rank(&s, 1).n_objects > 0 ? 1 : 2);
    CU_ASSERT(!rask_sim_value(s.sim, a, &value));
    CU_ASSERT_EQUAL(
        story_value(&s, a),
        rask_sim_result(&(const struct rask_sim_call){.salt = 9, .bytes = 2000}, NULL, 0));
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, a), 2);
    story_end(&s);
}

RASK_UNIT_MAIN(
    "failures",
    {"a failing task is repeated as asked", a_failing_task_is_repeated_as_often_as_asked},
    {"an error names its origin", an_error_names_its_origin_to_all_dependents},
    {"tasks of a lost worker move on", the_tasks_of_a_lost_worker_go_to_the_other},
    {"a tree survives a lost worker", a_tree_of_256_survives_a_lost_worker},
    {"a lost result is computed again", a_computed_result_that_is_lost_is_computed_again},
    {"lost scattered data is an error", scattered_data_that_is_lost_is_an_error},
    {"scattered data survives in a copy", scattered_data_survives_as_long_as_one_copy_does},
    {"a killer is given up", a_task_that_kills_its_workers_is_given_up_and_says_so},
    {"who only waited is innocent", tasks_that_only_waited_at_a_lost_worker_are_innocent},
    {"a rank lost while it is read", a_rank_lost_while_it_is_read_costs_a_new_run},
    {"a moved result is still read", a_result_that_moved_is_still_read_by_its_client})
