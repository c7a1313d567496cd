/* SPDX-License-Identifier: BSD-3-Clause */
/* placement_test.c: stories about where tasks and data go. */
#include "story.h"

static void tasks_run_where_their_data_is(void)
{
    struct story s;
    uint64_t data[100];
    story_begin(&s, 2, 2);
    for (uint32_t i = 0; i < 100; i++)
        data[i] = CALL(&s, .bytes = 100000, ON(1 + i % 2));
    story_run(&s);
    for (uint32_t i = 0; i < 100; i++)
        CALL(&s, .run_ns = STORY_US(20), DEPS(data[i]));
    story_run(&s);
    CU_ASSERT_EQUAL(story_counters(&s).done, 200);
    CU_ASSERT(story_rank(&s, 1).n_fetched + story_rank(&s, 2).n_fetched < 20);
    story_end(&s);
}

static void a_task_goes_to_the_larger_part_of_its_inputs(void)
{
    struct story s;
    story_begin(&s, 2, 2);
    uint64_t small = CALL(&s, .bytes = 1000, ON(1));
    uint64_t large = CALL(&s, .bytes = 10000000, ON(2));
    story_run(&s);
    CALLS(&s, 10, .name = "sum", .run_ns = STORY_US(100), DEPS(small, large));
    story_run(&s);
    CU_ASSERT(story_rank(&s, 2).n_started - 1 >= 9);
    story_end(&s);
}

static void bytes_count_and_not_numbers_of_inputs(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t a = CALL(&s, .name = "a", .bytes = 1000, ON(1));
    uint64_t b = CALL(&s, .name = "b", .bytes = 1000, ON(1));
    uint64_t c = CALL(&s, .name = "c", .bytes = 1000000, ON(2));
    story_run(&s);
    CALL(&s, .name = "d", DEPS(a, b, c));
    story_run(&s);
    CU_ASSERT(strstr(story_events(&s, "run"), "d on 2") != NULL);
    story_end(&s);
}

static void data_moves_between_workers_and_not_over_rank_0(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t a = CALL(&s, .name = "a", .bytes = 5000, ON(1));
    uint64_t b = CALL(&s, .name = "b", .bytes = 9000, ON(2));
    story_run(&s);
    CALL(&s, .name = "c", DEPS(a, b));
    story_run(&s);
    STORY_EVENTS(&s, "fetch", "a 1 to 2");
    CU_ASSERT_EQUAL(story_rank(&s, 0).n_fetched, 0);
    CU_ASSERT_EQUAL(story_rank(&s, 0).max_objects, 0);
    story_end(&s);
}

/* The client on rank 0 has read the result, so that a copy is there; the worker's is still used. */
static void a_result_read_on_rank_0_is_not_taken_from_there(void)
{
    struct story s;
    story_plan(&s, 3, 1);
    s.ranks[1].node = 1;
    s.ranks[3].node = 1;
    story_start(&s);
    uint64_t a = CALL(&s, .name = "a", .bytes = 5000, ON(1));
    story_run(&s);
    (void)story_value(&s, a);
    CU_ASSERT_EQUAL(story_rank(&s, 0).n_objects, 1);
    CALL(&s, .name = "b", DEPS(a), ON(2));
    story_run(&s);
    CALL(&s, .name = "c", DEPS(a), ON(3));
    story_run(&s);
    STORY_EVENTS(&s, "fetch", "a 1 to 0, a 1 to 2, a 1 to 3");
    CU_ASSERT_EQUAL(story_counters(&s).relayed_bytes, 0);
    story_end(&s);
}

/* The worker's copy is lost, rank 0's is the last; what is read from it is counted. */
static void the_last_copy_is_used_on_rank_0_too_and_counted(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t a = CALL(&s, .name = "a", .bytes = 5000, ON(1));
    story_run(&s);
    (void)story_value(&s, a);
    rask_sim_lose(s.sim, 1);
    story_run(&s);
    CALL(&s, .name = "b", DEPS(a), ON(2));
    story_run(&s);
    STORY_EVENTS(&s, "fetch", "a 1 to 0, a 0 to 2");
    CU_ASSERT_EQUAL(story_counters(&s).relayed_bytes, 5000);
    story_end(&s);
}

/* Two workers share a node, the third does not. */
static void start_on_shared_node(struct story *s)
{
    story_plan(s, 3, 1);
    s->ranks[1].node = s->ranks[2].node = 1;
    s->ranks[3].node = 2;
    s->config.is_node_shared = 1;
    story_start(s);
}

static void ranks_of_a_node_read_in_place_and_others_fetch(void)
{
    struct story s;
    start_on_shared_node(&s);
    uint64_t a = CALL(&s, .name = "a", .bytes = 5000, ON(1));
    story_run(&s);
    uint64_t b = CALL(&s, .name = "b", DEPS(a), ON(2));
    uint64_t c = CALL(&s, .name = "c", DEPS(a), ON(3));
    story_run(&s);
    STORY_EVENTS(&s, "fetch", "a 1 to 3");
    CU_ASSERT_EQUAL(story_rank(&s, 2).n_objects, 0);
    CU_ASSERT_EQUAL(story_value(&s, b), story_value(&s, c));
    story_end(&s);
}

/* The input would take a second to move. */
static void what_is_read_in_place_keeps_no_neighbour_idle(void)
{
    struct story s;
    start_on_shared_node(&s);
    uint64_t a = CALL(&s, .name = "a", .bytes = 1000000000, ON(1));
    story_run(&s);
    CALL(&s, .name = "b", .run_ns = STORY_MS(50), DEPS(a));
    CALL(&s, .name = "c", .run_ns = STORY_MS(50), DEPS(a));
    story_run(&s);
    CU_ASSERT_EQUAL(story_rank(&s, 1).n_started, 2);
    CU_ASSERT_EQUAL(story_rank(&s, 2).n_started, 1);
    STORY_EVENTS(&s, "fetch", "");
    story_end(&s);
}

/* The reader has begun when its input's holder dies; what the node shares stays readable. */
static void a_reader_in_place_outlives_the_holder(void)
{
    struct story s;
    start_on_shared_node(&s);
    uint64_t a = CALL(&s, .name = "a", .bytes = 5000, ON(1));
    story_run(&s);
    uint64_t b = CALL(&s, .name = "b", .run_ns = STORY_MS(1), DEPS(a), ON(2));
    story_run_for(&s, STORY_US(100));
    rask_sim_lose(s.sim, 1);
    story_run(&s);
    CU_ASSERT_EQUAL(rask_sim_state(s.sim, b), RASK_FUTURE_DONE);
    CU_ASSERT_EQUAL(story_rank(&s, 2).n_started, 1);
    story_end(&s);
}

/* What rank 0 scattered is its own and passes through nobody: it is not counted. */
static void scattered_data_is_not_counted_as_relayed(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t data = DATA(&s, .value = 1, .bytes = 5000);
    CALL(&s, .name = "a", DEPS(data), ON(1));
    CALL(&s, .name = "b", DEPS(data), ON(2));
    story_run(&s);
    STORY_EVENTS(&s, "fetch", "0.1 0 to 1, 0.1 0 to 2");
    CU_ASSERT_EQUAL(story_counters(&s).relayed_bytes, 0);
    story_end(&s);
}

static void an_object_is_fetched_once_for_many_tasks(void)
{
    struct story s;
    story_begin(&s, 2, 4);
    uint64_t a = CALL(&s, .name = "a", .bytes = 5000, ON(1));
    story_run(&s);
    CALLS(&s, 8, DEPS(a), .run_ns = STORY_MS(1), ON(2));
    story_run(&s);
    STORY_EVENTS(&s, "fetch", "a 1 to 2");
    story_end(&s);
}

static void neighbours_in_the_order_run_together(void)
{
    struct story s;
    uint32_t n_apart = 0;
    uint64_t roots[400];
    story_plan(&s, 4, 1);
    s.config.sched.is_stealing = 0;
    story_start(&s);
    for (uint32_t i = 0; i < 400; i++)
        roots[i] = CALL(&s, .run_ns = STORY_US(10), .bytes = 1000);
    for (uint32_t i = 0; i < 400; i += 4)
        CALL(&s, .run_ns = STORY_US(10), DEPS(roots[i], roots[i + 1], roots[i + 2], roots[i + 3]));
    story_run(&s);
    for (int rank = 1; rank <= 4; rank++)
        n_apart += (uint32_t)story_rank(&s, rank).n_fetched;
    CU_ASSERT(n_apart < 100);
    story_end(&s);
}

static void a_paused_worker_gets_nothing_new(void)
{
    struct story s;
    story_begin(&s, 2, 2);
    rask_sim_pause(s.sim, 1, 1);
    story_run(&s);
    CALLS(&s, 10, .run_ns = STORY_US(100));
    story_run(&s);
    CU_ASSERT_EQUAL(story_rank(&s, 1).n_started, 0);
    CU_ASSERT_EQUAL(story_rank(&s, 2).n_started, 10);
    rask_sim_pause(s.sim, 1, 0);
    CALLS(&s, 10, .run_ns = STORY_US(100));
    story_run(&s);
    CU_ASSERT(story_rank(&s, 1).n_started > 0);
    story_end(&s);
}

static void a_task_for_a_rank_that_is_not_there_waits(void)
{
    struct story s;
    story_plan(&s, 2, 1);
    s.ranks[2].start_ns = STORY_MS(5);
    story_start(&s);
    uint64_t strict = CALL(&s, .name = "strict", ON(2));
    uint64_t loose = CALL(&s, .name = "loose", ON(2), .as.flags = RASK_SUBMIT_LOOSE);
    story_run_for(&s, STORY_MS(1));
    CU_ASSERT_STRING_EQUAL(story_state(&s, strict), "no-worker");
    CU_ASSERT(story_is_done(&s, loose));
    STORY_EVENTS(&s, "run", "loose on 1");
    story_run(&s);
    STORY_EVENTS(&s, "run", "loose on 1, strict on 2");
    story_end(&s);
}

static void a_task_that_nobody_may_run_fails_after_its_time(void)
{
    static const struct rask_wire_resource gpu = {"gpu", 4};
    const char *text = "";
    struct story s;
    story_plan(&s, 1, 1);
    s.config.sched.no_worker_timeout_ns = STORY_MS(2);
    story_start(&s);
    uint64_t bad = CALL(&s, .as.resource = &gpu, .as.n_resource = 1);
    uint64_t user = CALL(&s, DEPS(bad));
    uint64_t good = CALL(&s, .run_ns = STORY_MS(1));
    story_run_for(&s, STORY_MS(1));
    CU_ASSERT_EQUAL(rask_sim_state(s.sim, bad), RASK_FUTURE_PENDING);
    story_run(&s);
    CU_ASSERT_EQUAL(rask_sim_failure(s.sim, bad, &text), RASK_ERR_NO_WORKER);
    CU_ASSERT(strstr(text, "4 gpu") != NULL);
    CU_ASSERT(strstr(text, "there is 1 worker") != NULL && strstr(text, "workers") == NULL);
    CU_ASSERT_EQUAL(story_failure(&s, user), RASK_ERR_DEPENDENCY);
    CU_ASSERT(story_is_done(&s, good));
    story_end(&s);
}

/* Ten objects on two workers of two slots each, round and round: the first worker has 0, 1, 4, 5, 8
 * and 9 of them. */
static void scattered_data_spreads_by_slots(void)
{
    struct story s;
    story_begin(&s, 2, 2);
    story_run(&s);
    for (uint64_t i = 0; i < 10; i++)
        DATA(&s, .value = i, .bytes = 2000);
    story_run(&s);
    STORY_EVENTS(&s, "fetch",
                 "0.1 0 to 1, 0.2 0 to 1, 0.5 0 to 1, 0.6 0 to 1, 0.9 0 to 1, 0.10 0 to 1, "
                 "0.3 0 to 2, 0.4 0 to 2, 0.7 0 to 2, 0.8 0 to 2");
    story_end(&s);
}

static void broadcast_puts_a_copy_on_every_worker(void)
{
    struct story s;
    story_begin(&s, 3, 1);
    story_run(&s);
    uint64_t data = DATA(&s, .value = 1, .bytes = 2000, .as.flags = RASK_SCATTER_BROADCAST);
    story_run(&s);
    for (uint32_t rank = 1; rank <= 3; rank++) {
        CU_ASSERT_EQUAL(story_rank(&s, (int32_t)rank).n_objects, 1);
        CALL(&s, DEPS(data), ON(rank));
    }
    story_run(&s);
    STORY_EVENTS(&s, "fetch", "0.1 0 to 1, 0.1 0 to 2, 0.1 0 to 3");
    story_end(&s);
}

/* Twenty tasks whose input is at rank 1 alone; rank 2 has nothing to do but theirs. */
static void run_beside_an_idle_worker(struct story *s)
{
    uint64_t a = CALL(s, .bytes = 1000, ON(1));
    story_run(s);
    CALLS(s, 20, .run_ns = STORY_MS(1), DEPS(a), .as.function = 1);
    story_run(s);
    CU_ASSERT(story_rank(s, 2).n_started >= 8);
}

static void an_idle_worker_takes_what_waits_for_another(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    run_beside_an_idle_worker(&s);
    CU_ASSERT(story_rank(&s, 1).n_started >= 8);
    story_end(&s);
}

/* Nothing was sent ahead, so that there is nothing to take back: what waits here goes to the idle
 * worker without a message. */
static void what_waits_with_the_scheduler_is_taken_without_a_message(void)
{
    struct story s;
    story_plan(&s, 2, 1);
    s.config.sched.saturation = 1.0;
    s.config.sched.max_ahead = 0;
    story_start(&s);
    run_beside_an_idle_worker(&s);
    CU_ASSERT(story_counters(&s).stolen >= 8);
    CU_ASSERT_EQUAL(story_counters(&s).withdrawn, 0);
    story_end(&s);
}

/* Rank 1 has the larger input, but is busy for long; rank 2 has the smaller one and is idle. */
static void a_long_queue_costs_more_than_a_short_way(void)
{
    struct story s;
    story_plan(&s, 2, 1);
    s.config.sched.is_stealing = 0;
    story_start(&s);
    uint64_t large = CALL(&s, .bytes = 100000, .run_ns = STORY_MS(50), ON(1));
    uint64_t small = CALL(&s, .bytes = 1000, .run_ns = STORY_MS(50), ON(2));
    story_run(&s);
    CALL(&s, .name = "long", .run_ns = STORY_MS(50), ON(1));
    story_run_for(&s, STORY_MS(1));
    CALL(&s, .name = "sum", DEPS(large, small), .run_ns = STORY_MS(1));
    story_run(&s);
    CU_ASSERT(strstr(story_events(&s, "run"), "sum on 2") != NULL);
    story_end(&s);
}

/* Rank 2 has most of the bytes, but those of ranks 1 and 3, of one node, are more together. */
static void bytes_of_another_node_count_more(void)
{
    struct story s;
    story_plan(&s, 3, 1);
    s.ranks[2].node = 1;
    story_start(&s);
    uint64_t a = CALL(&s, .name = "a", .bytes = 1000000, ON(1));
    uint64_t b = CALL(&s, .name = "b", .bytes = 1100000, ON(2));
    uint64_t c = CALL(&s, .name = "c", .bytes = 600000, ON(3));
    story_run(&s);
    CALL(&s, .name = "sum", DEPS(a, b, c));
    story_run(&s);
    CU_ASSERT(strstr(story_events(&s, "run"), "sum on 1") != NULL);
    story_end(&s);
}

/* Of two workers that may run it the one of the holder's node does; and of two holders the one of
 * its own node is read from. */
static void what_is_on_the_same_node_is_nearer(void)
{
    struct story s;
    story_plan(&s, 4, 1);
    s.ranks[3].node = s.ranks[4].node = 1;
    story_start(&s);
    uint64_t a = CALL(&s, .name = "a", .bytes = 100000, ON(3));
    story_run(&s);
    CALL(&s, .name = "b", DEPS(a), ON(1));
    story_run(&s);
    CALL(&s, .name = "c", DEPS(a), ON(4));
    story_run(&s);
    STORY_EVENTS(&s, "fetch", "a 3 to 1, a 3 to 4");
    uint64_t d = CALL(&s, .name = "d", .bytes = 100000, ON(4));
    story_run(&s);
    CALL(&s, .name = "e", DEPS(d), ON(2, 3));
    story_run(&s);
    CU_ASSERT(strstr(story_events(&s, "run"), "e on 3") != NULL);
    CALL(&s, .name = "f", DEPS(a), ON(2));
    story_run(&s);
    CU_ASSERT(strstr(story_events(&s, "fetch"), "a 1 to 2") != NULL);
    story_end(&s);
}

/* Workers of one slot that know a quick function; the last of them comes a little later. */
static void begin_quick(struct story *s, uint32_t n_workers)
{
    story_plan(s, n_workers, 1);
    s->ranks[n_workers].start_ns = STORY_MS(1);
    story_start(s);
    CALLS(s, 50, .run_ns = 100);
    story_run_for(s, STORY_US(900));
}

/* The function has been quick so far, so that many tasks were sent ahead; now each takes long. */
static void tasks_sent_ahead_by_a_wrong_estimate_are_taken_back(void)
{
    struct story s;
    begin_quick(&s, 2);
    CALLS(&s, 20, .run_ns = STORY_MS(10));
    story_run_for(&s, STORY_US(50));
    CU_ASSERT_EQUAL(story_worker(&s, 1).n_assigned, 20);
    story_run(&s);
    CU_ASSERT(story_rank(&s, 2).n_started >= 8);
    story_end(&s);
}

static void dear_data_is_not_moved_for_cheap_work(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t a = CALL(&s, .bytes = 100000000, ON(1));
    CALL(&s, .run_ns = STORY_US(10));
    story_run(&s);
    uint64_t before = story_rank(&s, 1).n_started;
    CALLS(&s, 12, .run_ns = STORY_US(10), DEPS(a));
    story_run(&s);
    CU_ASSERT_EQUAL(story_rank(&s, 1).n_started - before, 12);
    CU_ASSERT_EQUAL(story_rank(&s, 2).n_fetched, 0);
    story_end(&s);
}

/* A result on one worker, of a function of its own: that of its users stays unknown. */
static uint64_t make_data(struct story *s, uint32_t rank)
{
    uint64_t data = CALL(s, .bytes = 100000, ON(rank), .as.function = 1);
    story_run(s);
    return data;
}

/* The fullest queue has nothing that may go elsewhere; that of another worker has. */
static void a_queue_that_may_not_move_hides_no_other(void)
{
    struct story s;
    story_begin(&s, 3, 1);
    uint64_t d = make_data(&s, 2);
    CALLS(&s, 40, .run_ns = STORY_MS(50), ON(1));
    CALLS(&s, 30, .run_ns = STORY_MS(50), DEPS(d));
    story_run(&s);
    CU_ASSERT(story_rank(&s, 3).n_started >= 8);
    CU_ASSERT(rask_sim_now(s.sim) < STORY_MS(2100));
    story_end(&s);
}

/* Of one queue the most urgent may not go elsewhere; what is behind them may. */
static void a_task_that_may_not_move_hides_none_behind_it(void)
{
    struct story s;
    story_begin(&s, 2, 1);
    uint64_t d = make_data(&s, 1);
    CALLS(&s, 100, .run_ns = STORY_MS(50), ON(1), .as.priority = 1);
    CALLS(&s, 30, .run_ns = STORY_MS(50), DEPS(d));
    story_run(&s);
    CU_ASSERT_EQUAL(story_rank(&s, 2).n_started, 30);
    story_end(&s);
}

/* Every worker but the idle one has more tasks of its own than of those that may move. */
static void many_queues_that_may_not_move_hide_no_other(void)
{
    struct story s;
    story_begin(&s, 12, 1);
    uint64_t d = make_data(&s, 7);
    for (uint32_t i = 0; i < 11 * 20; i++)
        CALL(&s, .run_ns = STORY_MS(50), ON(1 + i % 11));
    CALLS(&s, 10, .run_ns = STORY_MS(50), DEPS(d));
    story_run(&s);
    CU_ASSERT_EQUAL(story_rank(&s, 12).n_started, 10);
    story_end(&s);
}

/* Tasks that two of three workers may run, behind as many that only one may. */
static void restricted_tasks_are_found_among_others(void)
{
    struct story s;
    story_plan(&s, 3, 1);
    s.ranks[3].start_ns = STORY_MS(1);
    story_start(&s);
    CALLS(&s, 100, .run_ns = STORY_MS(50), ON(1), .as.priority = 1);
    CALLS(&s, 30, .run_ns = STORY_MS(50), ON(1, 3));
    story_run(&s);
    CU_ASSERT(story_rank(&s, 3).n_started >= 25);
    story_end(&s);
}

/* The worker that waits longest was sent only its own ahead; another one has what may go back. */
static void assignments_that_may_not_move_hide_no_others(void)
{
    struct story s;
    begin_quick(&s, 3);
    CALLS(&s, 40, .run_ns = STORY_MS(10), ON(1));
    CALLS(&s, 20, .run_ns = STORY_MS(10), ON(2, 3));
    story_run_for(&s, STORY_US(50));
    CU_ASSERT_EQUAL(story_worker(&s, 1).n_assigned, 40);
    CU_ASSERT_EQUAL(story_worker(&s, 2).n_assigned, 20);
    story_run(&s);
    CU_ASSERT(story_rank(&s, 3).n_started >= 8);
    story_end(&s);
}

RASK_UNIT_MAIN(
    "placement", {"tasks run where their data is", tasks_run_where_their_data_is},
    {"a task goes to the larger input", a_task_goes_to_the_larger_part_of_its_inputs},
    {"bytes count, not numbers of inputs", bytes_count_and_not_numbers_of_inputs},
    {"data moves between workers", data_moves_between_workers_and_not_over_rank_0},
    {"not from rank 0 though it has a copy", a_result_read_on_rank_0_is_not_taken_from_there},
    {"the last copy, on rank 0, is counted", the_last_copy_is_used_on_rank_0_too_and_counted},
    {"read in place on a node", ranks_of_a_node_read_in_place_and_others_fetch},
    {"read in place, nobody idles", what_is_read_in_place_keeps_no_neighbour_idle},
    {"read in place, the holder dies", a_reader_in_place_outlives_the_holder},
    {"scattered data is not relayed", scattered_data_is_not_counted_as_relayed},
    {"an object is fetched once", an_object_is_fetched_once_for_many_tasks},
    {"neighbours run together", neighbours_in_the_order_run_together},
    {"a paused worker gets nothing", a_paused_worker_gets_nothing_new},
    {"an absent rank is waited for", a_task_for_a_rank_that_is_not_there_waits},
    {"nobody may run it: fails in time", a_task_that_nobody_may_run_fails_after_its_time},
    {"scattered data spreads by slots", scattered_data_spreads_by_slots},
    {"broadcast reaches every worker", broadcast_puts_a_copy_on_every_worker},
    {"an idle worker takes over", an_idle_worker_takes_what_waits_for_another},
    {"what waits here costs no message", what_waits_with_the_scheduler_is_taken_without_a_message},
    {"a long queue has its price", a_long_queue_costs_more_than_a_short_way},
    {"another node is far", bytes_of_another_node_count_more},
    {"the same node is near", what_is_on_the_same_node_is_nearer},
    {"a wrong estimate is made good", tasks_sent_ahead_by_a_wrong_estimate_are_taken_back},
    {"a queue hides no other", a_queue_that_may_not_move_hides_no_other},
    {"a task hides none behind it", a_task_that_may_not_move_hides_none_behind_it},
    {"many queues hide no other", many_queues_that_may_not_move_hide_no_other},
    {"restricted tasks are found", restricted_tasks_are_found_among_others},
    {"assignments hide no others", assignments_that_may_not_move_hide_no_others},
    {"dear data is not moved", dear_data_is_not_moved_for_cheap_work})
