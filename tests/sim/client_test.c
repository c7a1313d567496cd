/* SPDX-License-Identifier: BSD-3-Clause */
/* client_test.c: stories about futures: waiting for the first, as-completed, tasks with tasks of
 * their own. */
#include "story.h"

static void watch(struct story *s, struct rask_client_queue *queue, uint64_t id)
{
    CU_ASSERT_EQUAL(rask_client_watch(rask_sim_client(s->sim, 0), id, queue), RASK_OK);
}

static void begin(struct story *s, struct rask_client_queue *queue, uint32_t n_workers)
{
    *queue = (struct rask_client_queue){{0}, 0, 0};
    story_begin(s, n_workers, 1);
}

static void end(struct story *s, struct rask_client_queue *queue)
{
    rask_client_unwatch(rask_sim_client(s->sim, 0), queue);
    rask_client_ids_release(&queue->done);
    story_end(s);
}

static void waiting_for_the_first_leaves_the_others_pending(void)
{
    struct story s;
    struct rask_client_queue queue;
    begin(&s, &queue, 2);
    uint64_t slow = CALL(&s, .run_ns = STORY_MS(10));
    uint64_t quick = CALL(&s, .run_ns = STORY_MS(1));
    watch(&s, &queue, slow);
    watch(&s, &queue, quick);
    while (queue.done.count == 0)
        rask_sim_step(s.sim);
    CU_ASSERT_EQUAL(rask_client_next(&queue), quick);
    CU_ASSERT_EQUAL(rask_sim_state(s.sim, slow), RASK_FUTURE_PENDING);
    CU_ASSERT_EQUAL(queue.n_watched, 1);
    end(&s, &queue);
}

static void as_completed_gives_the_order_of_finishing_errors_too(void)
{
    struct story s;
    struct rask_client_queue queue;
    begin(&s, &queue, 3);
    uint64_t last = CALL(&s, .run_ns = STORY_MS(3));
    uint64_t bad = CALL(&s, .run_ns = STORY_MS(2), .n_errors = 1);
    uint64_t first = CALL(&s, .run_ns = STORY_MS(1));
    watch(&s, &queue, last);
    watch(&s, &queue, bad);
    watch(&s, &queue, first);
    story_run(&s);
    CU_ASSERT_EQUAL(rask_client_next(&queue), first);
    CU_ASSERT_EQUAL(rask_client_next(&queue), bad);
    CU_ASSERT_EQUAL(rask_client_next(&queue), last);
    CU_ASSERT_EQUAL(rask_client_next(&queue), 0);
    CU_ASSERT_EQUAL(rask_sim_state(s.sim, bad), RASK_FUTURE_FAILED);
    end(&s, &queue);
}

static void a_future_that_is_added_twice_comes_twice(void)
{
    struct story s;
    struct rask_client_queue queue;
    begin(&s, &queue, 1);
    uint64_t a = CALL(&s, .run_ns = STORY_MS(1));
    watch(&s, &queue, a);
    watch(&s, &queue, a);
    story_run(&s);
    watch(&s, &queue, a);
    CU_ASSERT_EQUAL(queue.done.count, 3);
    CU_ASSERT_EQUAL(queue.n_watched, 0);
    end(&s, &queue);
}

static void futures_are_added_while_others_come_out(void)
{
    struct story s;
    struct rask_client_queue queue;
    uint32_t n = 0;
    begin(&s, &queue, 1);
    watch(&s, &queue, CALL(&s, .run_ns = STORY_US(10)));
    for (uint64_t id; n < 20 && rask_sim_step(s.sim);) {
        while ((id = rask_client_next(&queue)) != 0 && ++n < 20)
            watch(&s, &queue, CALL(&s, .run_ns = STORY_US(10), DEPS(id)));
    }
    CU_ASSERT_EQUAL(n, 20);
    end(&s, &queue);
}

static void a_released_future_is_told_of_too(void)
{
    struct story s;
    struct rask_client_queue queue;
    begin(&s, &queue, 1);
    uint64_t a = CALL(&s, .run_ns = STORY_MS(1));
    watch(&s, &queue, a);
    rask_sim_release(s.sim, a);
    CU_ASSERT_EQUAL(queue.n_watched, 0);
    CU_ASSERT_EQUAL(rask_client_next(&queue), a);
    CU_ASSERT_EQUAL(rask_sim_state(s.sim, a), RASK_FUTURE_NONE);
    end(&s, &queue);
}

/* Three levels of tasks that wait for their own, on fewer slots than there are waiting tasks. */
static void nested_tasks_finish_on_few_slots(void)
{
    struct story s;
    uint64_t tops[3];
    story_begin(&s, 2, 2);
    for (int i = 0; i < 3; i++)
        tops[i] = CALL(&s, .run_ns = STORY_US(100), .n_children = 5, .child_depth = 2,
                       .child_ns = STORY_US(50));
    story_run(&s);
    CU_ASSERT(story_are_done(&s, tops, 3));
    CU_ASSERT_EQUAL(story_counters(&s).done, 3 * (1 + 5 + 25 + 125));
    CU_ASSERT(story_rank(&s, 1).n_started > 100 && story_rank(&s, 2).n_started > 100);
    CU_ASSERT(story_rank(&s, 1).max_running <= 2);
    story_end(&s);
}

/* All of a worker's slots wait for tasks of their own; the other worker is busy. */
static void waiting_tasks_do_not_starve_their_children(void)
{
    struct story s;
    uint64_t tops[20];
    story_begin(&s, 1, 1);
    for (int i = 0; i < 20; i++)
        tops[i] = CALL(&s, .run_ns = STORY_US(100), .n_children = 6, .child_ns = STORY_US(50));
    story_run(&s);
    CU_ASSERT(story_are_done(&s, tops, 20));
    CU_ASSERT_EQUAL(story_rank(&s, 1).n_started, 140);
    story_end(&s);
}

static void small_results_come_with_the_message_and_large_ones_are_fetched_once(void)
{
    struct story s;
    story_begin(&s, 1, 1);
    uint64_t tiny = CALL(&s, .salt = 1), small = CALL(&s, .salt = 2, .bytes = 512);
    uint64_t large = CALL(&s, .name = "large", .salt = 3, .bytes = 513);
    CU_ASSERT_EQUAL(story_value(&s, tiny),
                    rask_sim_result(&(const struct rask_sim_call){.salt = 1}, NULL, 0));
    CU_ASSERT_EQUAL(story_value(&s, small),
                    rask_sim_result(&(const struct rask_sim_call){.salt = 2}, NULL, 0));
    STORY_EVENTS(&s, "fetch", "");
    (void)story_value(&s, large);
    (void)story_value(&s, large);
    STORY_EVENTS(&s, "fetch", "large 1 to 0");
    CU_ASSERT_EQUAL(story_rank(&s, 0).n_objects, 1);
    story_end(&s);
}

RASK_UNIT_MAIN("client", {"waiting for the first", waiting_for_the_first_leaves_the_others_pending},
               {"as completed, errors too", as_completed_gives_the_order_of_finishing_errors_too},
               {"added twice comes twice", a_future_that_is_added_twice_comes_twice},
               {"added while others come out", futures_are_added_while_others_come_out},
               {"a released future is told of too", a_released_future_is_told_of_too},
               {"nested tasks on few slots", nested_tasks_finish_on_few_slots},
               {"waiting tasks do not starve children", waiting_tasks_do_not_starve_their_children},
               {"small results come along",
                small_results_come_with_the_message_and_large_ones_are_fetched_once})
