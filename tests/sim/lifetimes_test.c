/* SPDX-License-Identifier: BSD-3-Clause */
/* lifetimes_test.c: stories about what is kept, what is freed, and what is computed once. */
#include "story.h"

static uint32_t objects_on_workers(struct story *s)
{
    uint32_t n = 0;
    for (int32_t rank = 1; rank < (int32_t)s->config.n_ranks; rank++)
        n += story_rank(s, rank).n_objects;
    return n;
}

static void a_kept_result_is_not_computed_again(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t x = CALL(&s, .bytes = 600);
    uint64_t y = CALL(&s, DEPS(x));
    story_run(&s);
    rask_sim_release(s.sim, y);
    story_run(&s);
    uint64_t z = CALL(&s, .salt = 1, DEPS(x));
    story_run(&s);
    CU_ASSERT(story_is_done(&s, z));
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, x), 1);
    story_end(&s);
}

static void a_failed_input_is_not_computed_again(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t x = CALL(&s, .n_errors = 1);
    uint64_t y = CALL(&s, DEPS(x));
    story_run(&s);
    uint64_t z = CALL(&s, DEPS(x));
    story_run(&s);
    CU_ASSERT_EQUAL(story_failure(&s, y), RASK_ERR_DEPENDENCY);
    CU_ASSERT_EQUAL(story_failure(&s, z), RASK_ERR_DEPENDENCY);
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, x), 1);
    story_end(&s);
}

static void an_erring_graph_leaves_no_intermediates(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t a = CALL(&s, .bytes = 600);
    uint64_t b = CALL(&s, .bytes = 600, DEPS(a));
    uint64_t bad = CALL(&s, .n_errors = 1, DEPS(b));
    uint64_t end = CALL(&s, .bytes = 600, DEPS(a, bad));
    rask_sim_release(s.sim, a);
    rask_sim_release(s.sim, b);
    rask_sim_release(s.sim, bad);
    story_run(&s);
    CU_ASSERT_EQUAL(story_failure(&s, end), RASK_ERR_DEPENDENCY);
    CU_ASSERT_EQUAL(objects_on_workers(&s), 0);
    CU_ASSERT_EQUAL(story_counters(&s).live_tasks, 1);
    story_end(&s);
}

/* a -> b -> c, a -> d: letting go of c frees b's chain and keeps what d needs. */
static void dropping_a_future_frees_its_chain_only(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t a = CALL(&s, .bytes = 600);
    uint64_t b = CALL(&s, .bytes = 600, DEPS(a));
    uint64_t c = CALL(&s, .bytes = 600, DEPS(b));
    uint64_t d = CALL(&s, .bytes = 600, DEPS(a));
    rask_sim_release(s.sim, a);
    rask_sim_release(s.sim, b);
    story_run(&s);
    CU_ASSERT_STRING_EQUAL(story_state(&s, a), "released");
    CU_ASSERT_STRING_EQUAL(story_state(&s, b), "released");
    rask_sim_release(s.sim, c);
    story_run(&s);
    CU_ASSERT_STRING_EQUAL(story_state(&s, b), "unknown");
    CU_ASSERT_STRING_EQUAL(story_state(&s, c), "unknown");
    CU_ASSERT_STRING_EQUAL(story_state(&s, a), "released");
    CU_ASSERT_STRING_EQUAL(story_state(&s, d), "memory");
    rask_sim_release(s.sim, d);
    story_run(&s);
    CU_ASSERT_STRING_EQUAL(story_state(&s, a), "unknown");
    story_end(&s);
}

static void the_same_pure_call_of_two_clients_runs_once(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t a = CALL(&s, .salt = 5, .run_ns = STORY_US(100), PURE(5));
    uint64_t b = CALL_FROM(&s, 1, .salt = 5, .run_ns = STORY_US(100), PURE(5));
    story_run(&s);
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, a) + rask_sim_runs(s.sim, b), 1);
    CU_ASSERT_EQUAL(story_value(&s, a), story_value(&s, b));
    uint64_t late = CALL(&s, .salt = 5, PURE(5));
    story_run(&s);
    CU_ASSERT_EQUAL(story_value(&s, late), story_value(&s, a));
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, late), 0);
    rask_sim_release(s.sim, a);
    story_run(&s);
    CU_ASSERT_STRING_EQUAL(story_state(&s, late), "memory");
    story_end(&s);
}

static void a_released_pure_result_is_computed_on_demand(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t a = CALL(&s, .salt = 5, PURE(5));
    uint64_t value = story_value(&s, a);
    rask_sim_release(s.sim, a);
    story_run(&s);
    uint64_t again = CALL(&s, .salt = 5, PURE(5));
    CU_ASSERT_EQUAL(story_value(&s, again), value);
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, again), 1);
    story_end(&s);
}

/* The key of a result that is kept as lineage alone: it is computed from its inputs when asked for
 * again. */
static void a_call_kept_as_lineage_is_wanted_again(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t a = CALL(&s, .salt = 1, .bytes = 600, PURE(1));
    uint64_t b = CALL(&s, .salt = 2, .bytes = 600, PURE(2), DEPS(a));
    uint64_t c = CALL(&s, .salt = 3, .bytes = 600, DEPS(b));
    uint64_t value = story_value(&s, b);
    rask_sim_release(s.sim, a);
    rask_sim_release(s.sim, b);
    story_run(&s);
    CU_ASSERT_STRING_EQUAL(story_state(&s, b), "released");
    uint64_t a2 = CALL(&s, .salt = 1, .bytes = 600, PURE(1));
    uint64_t b2 = CALL(&s, .salt = 2, .bytes = 600, PURE(2), DEPS(a2));
    CU_ASSERT_EQUAL(story_value(&s, b2), value);
    CU_ASSERT(story_is_done(&s, c));
    story_end(&s);
}

static void a_task_without_a_future_runs_all_the_same(void)
{
    struct story s;
    story_begin(&s, 1, 1);
    uint64_t a = CALL(&s, .bytes = 600);
    uint64_t b = CALL(&s, .run_ns = STORY_MS(1), DEPS(a), .as.flags = RASK_SUBMIT_UNCLAIMED);
    rask_sim_release(s.sim, a);
    story_run(&s);
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, b), 1);
    CU_ASSERT_EQUAL(rask_sim_state(s.sim, b), RASK_FUTURE_NONE);
    rask_sim_expect_nothing_left(s.sim);
    story_end(&s);
}

static void the_same_pure_call_without_a_future_runs_once(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t a = CALL(&s, .salt = 5, .run_ns = STORY_MS(1), PURE(5));
    uint64_t b =
        CALL(&s, .salt = 5, .run_ns = STORY_MS(1), PURE(5), .as.flags = RASK_SUBMIT_UNCLAIMED);
    story_run_for(&s, STORY_US(100));
    rask_sim_release(s.sim, a);
    story_run(&s);
    CU_ASSERT_EQUAL(rask_sim_runs(s.sim, a) + rask_sim_runs(s.sim, b), 1);
    STORY_EVENTS(&s, "done", "0.1 on 1");
    rask_sim_expect_nothing_left(s.sim);
    story_end(&s);
}

static void scattering_the_same_bytes_again_is_free(void)
{
    struct story s;
    story_begin(&s, 1, 1);
    story_run(&s);
    uint64_t a = DATA(&s, .value = 4, .bytes = 2000, PURE(4));
    story_run(&s);
    uint64_t b = DATA(&s, .value = 4, .bytes = 2000, PURE(4));
    story_run(&s);
    CU_ASSERT_EQUAL(story_rank(&s, 0).n_objects, 1);
    CU_ASSERT_EQUAL(story_rank(&s, 1).n_objects, 1);
    CU_ASSERT_EQUAL(story_value(&s, b), 4);
    rask_sim_release(s.sim, a);
    story_run(&s);
    CU_ASSERT_EQUAL(story_rank(&s, 1).n_objects, 1);
    story_end(&s);
}

/* A result is read by its client, and released while it is on its way: its bytes stay until it has
 * come. */
static void an_object_stays_while_it_is_being_read(void)
{
    struct story s;
    uint64_t value;
    story_begin(&s, 1, 1);
    uint64_t a = CALL(&s, .bytes = 1000000);
    story_run(&s);
    CU_ASSERT(!rask_sim_value(s.sim, a, &value));
    story_run_for(&s, STORY_US(100));
    rask_sim_release(s.sim, a);
    story_run_for(&s, STORY_US(100));
    CU_ASSERT_EQUAL(story_rank(&s, 1).n_objects, 1);
    story_run(&s);
    rask_sim_expect_nothing_left(s.sim);
    story_end(&s);
}

RASK_UNIT_MAIN("lifetimes",
               {"a kept result is not computed again", a_kept_result_is_not_computed_again},
               {"a failed input is not computed again", a_failed_input_is_not_computed_again},
               {"an erring graph leaves nothing", an_erring_graph_leaves_no_intermediates},
               {"dropping a future frees its chain", dropping_a_future_frees_its_chain_only},
               {"a pure call of two clients runs once",
                the_same_pure_call_of_two_clients_runs_once},
               {"a released pure result on demand", a_released_pure_result_is_computed_on_demand},
               {"lineage is wanted again", a_call_kept_as_lineage_is_wanted_again},
               {"without a future it runs", a_task_without_a_future_runs_all_the_same},
               {"pure and without a future", the_same_pure_call_without_a_future_runs_once},
               {"scattering again is free", scattering_the_same_bytes_again_is_free},
               {"an object stays while it is read", an_object_stays_while_it_is_being_read})
