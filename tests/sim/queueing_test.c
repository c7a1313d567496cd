/* SPDX-License-Identifier: BSD-3-Clause */
/* queueing_test.c: stories about what runs when: how much is sent ahead, in which order, and what
 * waits for a worker or a resource. */
#include "story.h"

static const struct rask_wire_resource gpu = {"gpu", 1};
#define NEEDS_GPU .as.resource = &gpu, .as.n_resource = 1

static void give_gpu(struct story *s, int32_t rank)
{
    s->ranks[rank].resources = &gpu;
    s->ranks[rank].n_resources = 1;
}

/* One worker of one slot that is sent nothing ahead. */
static void plan_one_slot(struct story *s)
{
    story_plan(s, 1, 1);
    s->config.sched.saturation = 1.0;
}

/* Whatever comes next waits until the first task has ended. */
static void start_with_first(struct story *s)
{
    story_start(s);
    CALL(s, .name = "first", .run_ns = STORY_MS(1));
    story_run_for(s, STORY_US(100));
}

/* Ten long tasks of unknown duration; how many each of two workers has been sent. */
static void check_saturation(double saturation, uint32_t first, uint32_t second)
{
    struct story s;
    story_plan(&s, 2, 2);
    s.ranks[2].n_slots = 1;
    s.config.sched.saturation = saturation;
    story_start(&s);
    CALLS(&s, 10, .run_ns = STORY_MS(1));
    story_run_for(&s, STORY_US(100));
    CU_ASSERT_EQUAL(story_rank(&s, 1).n_assigned, first);
    CU_ASSERT_EQUAL(story_rank(&s, 2).n_assigned, second);
    story_end(&s);
}

static void saturation_bounds_what_is_sent_ahead(void)
{
    check_saturation(2.5, 5, 3);
    check_saturation(2.0, 4, 2);
    check_saturation(1.1, 3, 2);
    check_saturation(1.0, 2, 1);
    check_saturation(0.1, 1, 1);
}

static void without_a_bound_all_is_sent(void)
{
    struct story s;
    story_plan(&s, 2, 2);
    s.config.sched.saturation = 0;
    story_start(&s);
    CALLS(&s, 10, .run_ns = STORY_MS(1));
    story_run_for(&s, STORY_US(100));
    CU_ASSERT_EQUAL(story_rank(&s, 1).n_assigned + story_rank(&s, 2).n_assigned, 10);
    story_end(&s);
}

/* One worker that has learned how quick the function is, a little after 200 more calls of it. */
static void submit_quick_calls(struct story *s, uint16_t flags)
{
    story_begin(s, 1, 1);
    CALLS(s, 20, .run_ns = 500);
    story_run(s);
    CALLS(s, 200, .run_ns = 500, .as.flags = flags);
    story_run_for(s, STORY_US(4));
}

static void short_tasks_are_sent_further_ahead_than_long_ones(void)
{
    struct story s;
    submit_quick_calls(&s, 0);
    CU_ASSERT(story_worker(&s, 1).n_assigned > 50);
    CU_ASSERT(story_worker(&s, 1).n_assigned <= 101);
    story_end(&s);
}

static void producers_are_not_sent_ahead_however_short(void)
{
    struct story s;
    submit_quick_calls(&s, RASK_SUBMIT_PRODUCER);
    CU_ASSERT_EQUAL(story_worker(&s, 1).n_assigned, 2);
    story_end(&s);
}

/* Number `i` of a fixed disorder of 0 .. 31. */
static uint64_t shuffled(uint64_t i)
{
    return (i * 11 + 5) % 32;
}

/* 32 chains of three, submitted link by link, each time in disorder. */
static void a_wide_graph_keeps_few_roots_alive(void)
{
    struct story s;
    uint64_t root[32], middle[32];
    story_plan(&s, 4, 2);
    s.config.sched.saturation = 1.0;
    story_start(&s);
    for (uint64_t i = 0; i < 32; i++) {
        uint64_t k = shuffled(i);
        root[k] = CALL(&s, .run_ns = STORY_MS(1), .bytes = 4096, .as.order = 3 * k + 1);
    }
    for (uint64_t i = 0; i < 32; i++) {
        uint64_t k = shuffled(31 - i);
        middle[k] = CALL(&s, .run_ns = STORY_MS(1), DEPS(root[k]), .as.order = 3 * k + 2);
        rask_sim_release(s.sim, root[k]);
    }
    for (uint64_t k = 0; k < 32; k++) {
        CALL(&s, .run_ns = STORY_MS(1), DEPS(middle[k]), .as.order = 3 * k + 3);
        rask_sim_release(s.sim, middle[k]);
    }
    story_run(&s);
    for (int rank = 1; rank <= 4; rank++)
        CU_ASSERT(story_rank(&s, rank).max_objects <= 2);
    CU_ASSERT_EQUAL(story_counters(&s).done, 96);
    story_end(&s);
}

/* 32 sums of two roots each; the order has each sum right after its roots. A worker holds the two
 * roots of a sum, and those of the next while the sum runs. */
static void roots_that_meet_run_one_after_the_other(void)
{
    struct story s;
    uint64_t root[64];
    plan_one_slot(&s);
    story_start(&s);
    for (uint64_t i = 0; i < 64; i++) {
        uint64_t k = shuffled(i % 32) + (i >= 32 ? 32 : 0);
        uint64_t sum = k % 32, order = 3 * sum + (k < 32 ? 1 : 2);
        root[k] = CALL(&s, .run_ns = STORY_MS(1), .bytes = 4096, .as.order = order);
    }
    for (uint64_t i = 0; i < 32; i++) {
        uint64_t k = shuffled(i);
        CALL(&s, .run_ns = STORY_MS(1), DEPS(root[k], root[k + 32]), .as.order = 3 * k + 3);
        rask_sim_release(s.sim, root[k]);
        rask_sim_release(s.sim, root[k + 32]);
    }
    story_run(&s);
    CU_ASSERT(story_rank(&s, 1).max_objects <= 4);
    CU_ASSERT_EQUAL(story_counters(&s).done, 96);
    story_end(&s);
}

/* Within one generation the order decides, whatever was submitted first and whether a task has
 * inputs or not: ((1 2) 3 (4 5) 6) 7. */
static void the_order_decides_within_a_generation(void)
{
    struct story s;
    plan_one_slot(&s);
    s.ranks[1].start_ns = STORY_MS(1);
    s.config.sched.generation_gap_ns = STORY_MS(10);
    story_start(&s);
    uint64_t five = CALL(&s, .name = "5", .run_ns = STORY_US(50), .bytes = 4096, .as.order = 5);
    uint64_t two = CALL(&s, .name = "2", .run_ns = STORY_US(50), .bytes = 4096, .as.order = 2);
    uint64_t four = CALL(&s, .name = "4", .run_ns = STORY_US(50), .bytes = 4096, .as.order = 4);
    uint64_t one = CALL(&s, .name = "1", .run_ns = STORY_US(50), .bytes = 4096, .as.order = 1);
    uint64_t six = CALL(&s, .name = "6", .run_ns = STORY_US(50), .as.order = 6, DEPS(four, five));
    story_run_for(&s, STORY_US(100));
    uint64_t three = CALL(&s, .name = "3", .run_ns = STORY_US(50), .as.order = 3, DEPS(one, two));
    CALL(&s, .name = "7", .run_ns = STORY_US(50), .as.order = 7, DEPS(three, six));
    CALL(&s, .name = "last", .run_ns = STORY_US(50), .as.order = UINT64_C(1) << 32);
    story_run(&s);
    STORY_EVENTS(&s, "run", "1 on 1, 2 on 1, 3 on 1, 4 on 1, 5 on 1, 6 on 1, 7 on 1, last on 1");
    story_end(&s);
}

static void tasks_wait_queued_until_a_worker_comes(void)
{
    struct story s;
    story_plan(&s, 1, 2);
    s.ranks[1].start_ns = STORY_MS(1);
    story_start(&s);
    uint64_t a = CALL(&s, .name = "a");
    story_run_for(&s, STORY_US(500));
    CU_ASSERT_STRING_EQUAL(story_state(&s, a), "queued");
    story_run(&s);
    CU_ASSERT(story_is_done(&s, a));
    STORY_EVENTS(&s, "run", "a on 1");
    story_end(&s);
}

/* Without a bound nothing differs: what anybody may run is queued, what nobody there may run is
 * without a worker, and both start when one comes. */
static void without_a_bound_tasks_wait_for_a_worker_too(void)
{
    struct story s;
    story_plan(&s, 1, 4);
    s.ranks[1].start_ns = STORY_MS(1);
    give_gpu(&s, 1);
    s.config.sched.saturation = 0;
    story_start(&s);
    uint64_t a = CALL(&s, .name = "a", .run_ns = STORY_MS(1));
    uint64_t b = CALL(&s, .name = "b", .run_ns = STORY_MS(1), DEPS(a));
    uint64_t c = CALL(&s, .name = "c", .run_ns = STORY_MS(1), ON(1));
    uint64_t d = CALL(&s, .name = "d", NEEDS_GPU);
    story_run_for(&s, STORY_US(500));
    CU_ASSERT_STRING_EQUAL(story_state(&s, a), "queued");
    CU_ASSERT_STRING_EQUAL(story_state(&s, b), "waiting");
    CU_ASSERT_STRING_EQUAL(story_state(&s, c), "no-worker");
    CU_ASSERT_STRING_EQUAL(story_state(&s, d), "no-worker");
    story_run_for(&s, STORY_MS(1));
    CU_ASSERT_STRING_EQUAL(story_state(&s, a), "processing");
    CU_ASSERT_STRING_EQUAL(story_state(&s, c), "processing");
    CU_ASSERT(story_is_done(&s, d));
    story_run(&s);
    CU_ASSERT(story_is_done(&s, b) && story_is_done(&s, c));
    story_end(&s);
}

static void earlier_submissions_run_first(void)
{
    struct story s;
    plan_one_slot(&s);
    s.config.sched.generation_gap_ns = STORY_US(10);
    story_start(&s);
    CALL(&s, .name = "a", .run_ns = STORY_MS(1), .as.order = 900);
    CALL(&s, .name = "b", .run_ns = STORY_MS(1), .as.order = 901);
    story_run_for(&s, STORY_US(100));
    CALL(&s, .name = "c", .run_ns = STORY_MS(1), .as.order = 1);
    story_run(&s);
    STORY_EVENTS(&s, "run", "a on 1, b on 1, c on 1");
    story_end(&s);
}

static void high_priority_overtakes_and_low_waits(void)
{
    struct story s;
    plan_one_slot(&s);
    start_with_first(&s);
    CALL(&s, .name = "low", .run_ns = STORY_MS(1), .as.priority = -1);
    CALL(&s, .name = "plain", .run_ns = STORY_MS(1));
    CALL(&s, .name = "high", .run_ns = STORY_MS(1), .as.priority = 10);
    story_run(&s);
    STORY_EVENTS(&s, "run", "first on 1, high on 1, plain on 1, low on 1");
    story_end(&s);
}

/* Tasks that a task submits come before what was submitted after their parent. */
static void children_run_before_later_work(void)
{
    struct story s;
    plan_one_slot(&s);
    story_start(&s);
    uint64_t parent = CALL(&s, .name = "parent", .run_ns = STORY_MS(2));
    story_run_for(&s, STORY_US(100));
    CALL(&s, .name = "later", .run_ns = STORY_MS(1));
    CALL(&s, .name = "latest", .run_ns = STORY_MS(1));
    story_run_for(&s, STORY_US(100));
    CALL(&s, .name = "child", .run_ns = STORY_MS(1), .as.parent = parent);
    story_run(&s);
    STORY_EVENTS(&s, "run", "parent on 1, child on 1, later on 1, latest on 1");
    story_end(&s);
}

static void a_resource_is_held_by_one_task_at_a_time(void)
{
    struct story s;
    story_plan(&s, 2, 4);
    give_gpu(&s, 2);
    story_start(&s);
    CALLS(&s, 6, .run_ns = STORY_MS(1), NEEDS_GPU);
    story_run(&s);
    CU_ASSERT_EQUAL(story_rank(&s, 2).n_started, 6);
    CU_ASSERT_EQUAL(story_rank(&s, 2).max_running, 1);
    CU_ASSERT_EQUAL(story_rank(&s, 1).n_started, 0);
    story_end(&s);
}

static void priority_decides_between_constrained_and_free_tasks(void)
{
    struct story s;
    plan_one_slot(&s);
    give_gpu(&s, 1);
    start_with_first(&s);
    CALL(&s, .name = "free-low", .run_ns = STORY_MS(1), .as.priority = 1);
    CALL(&s, .name = "gpu-mid", .run_ns = STORY_MS(1), .as.priority = 2, NEEDS_GPU);
    CALL(&s, .name = "free-high", .run_ns = STORY_MS(1), .as.priority = 3);
    story_run(&s);
    STORY_EVENTS(&s, "run", "first on 1, free-high on 1, gpu-mid on 1, free-low on 1");
    story_end(&s);
}

static void a_blocked_task_does_not_hold_up_the_others(void)
{
    struct story s;
    story_plan(&s, 1, 2);
    give_gpu(&s, 1);
    story_start(&s);
    CALL(&s, .name = "g1", .run_ns = STORY_MS(5), NEEDS_GPU);
    CALL(&s, .name = "g2", .run_ns = STORY_MS(1), NEEDS_GPU);
    CALL(&s, .name = "free", .run_ns = STORY_MS(1));
    story_run(&s);
    STORY_EVENTS(&s, "run", "g1 on 1, free on 1, g2 on 1");
    story_end(&s);
}

/* A task that waits for its own children is away from its slot: another one gets it. */
static void waiting_for_children_opens_the_slot(void)
{
    struct story s;
    plan_one_slot(&s);
    story_start(&s);
    uint64_t parent = CALL(&s, .run_ns = STORY_MS(1), .n_children = 3, .child_ns = STORY_MS(1));
    story_run_for(&s, STORY_US(600));
    CU_ASSERT_EQUAL(story_worker(&s, 1).n_seceded, 1);
    CU_ASSERT_EQUAL(story_rank(&s, 1).n_running, 1);
    story_run(&s);
    CU_ASSERT(story_is_done(&s, parent));
    CU_ASSERT_EQUAL(story_rank(&s, 1).max_running, 1);
    story_end(&s);
}

RASK_UNIT_MAIN(
    "queueing", {"saturation bounds what is sent ahead", saturation_bounds_what_is_sent_ahead},
    {"without a bound all is sent", without_a_bound_all_is_sent},
    {"short tasks are sent further ahead", short_tasks_are_sent_further_ahead_than_long_ones},
    {"producers are not sent ahead", producers_are_not_sent_ahead_however_short},
    {"a wide graph keeps few roots alive", a_wide_graph_keeps_few_roots_alive},
    {"roots that meet run together", roots_that_meet_run_one_after_the_other},
    {"the order decides", the_order_decides_within_a_generation},
    {"tasks wait until a worker comes", tasks_wait_queued_until_a_worker_comes},
    {"without a bound they wait too", without_a_bound_tasks_wait_for_a_worker_too},
    {"earlier submissions run first", earlier_submissions_run_first},
    {"high priority overtakes", high_priority_overtakes_and_low_waits},
    {"children run before later work", children_run_before_later_work},
    {"a resource is held by one", a_resource_is_held_by_one_task_at_a_time},
    {"priority between constrained and free", priority_decides_between_constrained_and_free_tasks},
    {"a blocked task holds up nobody", a_blocked_task_does_not_hold_up_the_others},
    {"waiting for children opens the slot", waiting_for_children_opens_the_slot})
