/* SPDX-License-Identifier: BSD-3-Clause */
/* sched_test.c: the scheduler record by record: what it refuses, what it ignores, which states a
 * task goes through, and that its checker sees what is broken. What it does in a whole job is in
 * tests/sim. */
#include "unit.h"

#include "base/alloc.h"
#include "sched/sched.h"
#include "sched/state.h"

#include <string.h>

/* A scheduler of 3 ranks; rank 0 is the client, ranks 1 and 2 work with one slot each. */
struct bench {
    struct rask_sched *sched;
    struct rask_buf in;
    uint64_t now_ns;
    char text[600];
};

static rask_status deliver(struct bench *b, int32_t source)
{
    struct rask_error error = {.text = ""};
    struct rask_sched_batch batch = {b->now_ns, b->in.data, b->in.size, source};
    rask_status status = rask_sched_receive(b->sched, &batch, &error);
    memcpy(b->text, error.text, sizeof error.text);
    rask_buf_clear(&b->in);
    return status;
}

static void hello(struct bench *b, int32_t rank)
{
    struct rask_msg_hello m = {.rank = rank, .n_slots = 1};
    CU_ASSERT_EQUAL(rask_wire_put_hello(&b->in, &m), 0);
    CU_ASSERT_EQUAL(deliver(b, rank), RASK_OK);
}

/* Settings that differ from the defaults: the checker, and how long a task waits for a worker. */
static void setup_as(struct bench *b, int is_checking, uint64_t no_worker_timeout_ns)
{
    struct rask_sched_config config;
    memset(b, 0, sizeof *b);
    rask_sched_config_default(&config);
    config.n_ranks = 3;
    config.n_functions = 2;
    config.is_checking = is_checking;
    config.no_worker_timeout_ns = no_worker_timeout_ns;
    config.trace_events = 256;
    CU_ASSERT_EQUAL_FATAL(rask_sched_new(&config, &b->sched, NULL), RASK_OK);
}

static void setup(struct bench *b)
{
    setup_as(b, 1, 0);
}

static void teardown(struct bench *b)
{
    rask_sched_free(b->sched);
    rask_buf_release(&b->in);
}

static rask_status submit_as(struct bench *b, struct rask_msg_submit m)
{
    CU_ASSERT_EQUAL(rask_wire_put_submit(&b->in, &m), 0);
    return deliver(b, rask_id_client(m.task));
}

static rask_status submit(struct bench *b, uint64_t id, const uint64_t *deps, uint32_t n)
{
    return submit_as(b, (struct rask_msg_submit){.task = id, .order = id, .dep = deps, .n_dep = n});
}

static void place(struct bench *b)
{
    CU_ASSERT_EQUAL(rask_sched_place(b->sched, b->now_ns, NULL), RASK_OK);
}

/* Slot and epoch of the newest RUN in a rank's output, which is taken. */
static struct rask_wire_assignment last_run(struct bench *b, int32_t rank)
{
    struct rask_buf *out = rask_sched_output(b->sched, rank);
    struct rask_wire_assignment last = {0, 0};
    size_t at = 0;
    int is_malformed = 0;
    const uint8_t *record;
    struct rask_msg_run m = {0};
    while ((record = rask_wire_next(out->data, out->size, &at, &is_malformed)) != NULL)
        if (rask_wire_id(record) == RASK_MESSAGE_RUN && rask_wire_get_run(record, &m) == 0)
            last = (struct rask_wire_assignment){m.slot, m.epoch};
    rask_sched_output_taken(b->sched, rank);
    return last;
}

static rask_status done(struct bench *b, int32_t rank, struct rask_wire_assignment a,
                        uint64_t offset)
{
    uint64_t value = 5;
    struct rask_msg_done m = {.slot = a.slot,
                              .epoch = a.epoch,
                              .offset = offset,
                              .bytes = sizeof value,
                              .duration_ns = 100};
    if (offset == RASK_WIRE_NO_OFFSET) {
        m.data = (const uint8_t *)&value;
        m.n_data = sizeof value;
    }
    CU_ASSERT_EQUAL(rask_wire_put_done(&b->in, &m), 0);
    return deliver(b, rank);
}

static void release(struct bench *b, uint64_t id)
{
    struct rask_msg_release m = {.task = &id, .n_task = 1};
    CU_ASSERT_EQUAL(rask_wire_put_release(&b->in, &m), 0);
    CU_ASSERT_EQUAL(deliver(b, rask_id_client(id)), RASK_OK);
}

/* Task 1 is assigned to rank 1. */
static struct rask_wire_assignment setup_running(struct bench *b)
{
    setup(b);
    hello(b, 1);
    CU_ASSERT_EQUAL(submit(b, 1, NULL, 0), RASK_OK);
    place(b);
    return last_run(b, 1);
}

static const char *state(struct bench *b, uint64_t id)
{
    struct rask_sched_about about;
    (void)rask_sched_about(b->sched, id, &about);
    return about.state;
}

static void a_task_goes_its_way_from_submission_to_nothing(void)
{
    struct bench b;
    const uint64_t first = 1;
    struct rask_sched_counters counters;
    setup(&b);
    CU_ASSERT_EQUAL(submit(&b, 1, NULL, 0), RASK_OK);
    CU_ASSERT_EQUAL(submit(&b, 2, &first, 1), RASK_OK);
    CU_ASSERT_STRING_EQUAL(state(&b, 1), "queued");
    CU_ASSERT_STRING_EQUAL(state(&b, 2), "waiting");
    hello(&b, 1);
    place(&b);
    CU_ASSERT_STRING_EQUAL(state(&b, 1), "processing");
    CU_ASSERT_EQUAL(done(&b, 1, last_run(&b, 1), 4096), RASK_OK);
    CU_ASSERT_STRING_EQUAL(state(&b, 1), "memory");
    CU_ASSERT_STRING_EQUAL(state(&b, 2), "queued");
    place(&b);
    CU_ASSERT_EQUAL(done(&b, 1, last_run(&b, 1), RASK_WIRE_NO_OFFSET), RASK_OK);
    CU_ASSERT_EQUAL(rask_sched_unfinished(b.sched), 0);
    release(&b, 1);
    CU_ASSERT_STRING_EQUAL(state(&b, 1), "unknown");
    CU_ASSERT_STRING_EQUAL(state(&b, 2), "memory");
    release(&b, 2);
    rask_sched_counters(b.sched, &counters);
    CU_ASSERT_EQUAL(counters.live_tasks, 0);
    CU_ASSERT_EQUAL(counters.done, 2);
    teardown(&b);
}

static void lineage_is_kept_for_stored_results(void)
{
    struct bench b;
    const uint64_t first = 1;
    setup(&b);
    hello(&b, 1);
    CU_ASSERT_EQUAL(submit(&b, 1, NULL, 0), RASK_OK);
    CU_ASSERT_EQUAL(submit(&b, 2, &first, 1), RASK_OK);
    release(&b, 1);
    place(&b);
    CU_ASSERT_EQUAL(done(&b, 1, last_run(&b, 1), 4096), RASK_OK);
    place(&b);
    CU_ASSERT_EQUAL(done(&b, 1, last_run(&b, 1), 8192), RASK_OK);
    CU_ASSERT_STRING_EQUAL(state(&b, 1), "released");
    CU_ASSERT_EQUAL(rask_sched_lost(b.sched, b.now_ns, 1, NULL), RASK_OK);
    CU_ASSERT_STRING_EQUAL(state(&b, 1), "queued");
    CU_ASSERT_STRING_EQUAL(state(&b, 2), "waiting");
    release(&b, 2);
    CU_ASSERT_STRING_EQUAL(state(&b, 1), "unknown");
    teardown(&b);
}

/* An input is lost and fails when it is computed again, while its user is assigned; the user comes
 * back for want of it, and must not wait for ever. */
static void a_task_that_comes_back_to_a_failed_input_fails(void)
{
    struct bench b;
    const uint64_t first = 1;
    CU_ASSERT_EQUAL(done(&b, 1, setup_running(&b), 4096), RASK_OK);
    hello(&b, 2);
    struct rask_msg_submit user = {
        .task = 2, .dep = &first, .n_dep = 1, .allow = (const uint32_t[]){2}, .n_allow = 1};
    CU_ASSERT_EQUAL(submit_as(&b, user), RASK_OK);
    place(&b);
    struct rask_wire_assignment reader = last_run(&b, 2);
    CU_ASSERT_EQUAL(rask_sched_lost(b.sched, b.now_ns, 1, NULL), RASK_OK);
    place(&b);
    struct rask_wire_assignment again = last_run(&b, 2);
    struct rask_msg_erred erred = {.slot = again.slot, .epoch = again.epoch, .code = RASK_ERR_TASK};
    CU_ASSERT_EQUAL(rask_wire_put_erred(&b.in, &erred), 0);
    CU_ASSERT_EQUAL(deliver(&b, 2), RASK_OK);
    CU_ASSERT_STRING_EQUAL(state(&b, 2), "processing");
    struct rask_msg_missing missing = {.object = 1, .holder = 1, .ended = &reader, .n_ended = 1};
    CU_ASSERT_EQUAL(rask_wire_put_missing(&b.in, &missing), 0);
    CU_ASSERT_EQUAL(deliver(&b, 2), RASK_OK);
    CU_ASSERT_STRING_EQUAL(state(&b, 2), "erred");
    teardown(&b);
}

static void a_message_about_an_old_assignment_is_ignored(void)
{
    struct bench b;
    struct rask_wire_assignment a = setup_running(&b);
    struct rask_wire_assignment old = {a.slot, a.epoch - 1}, never = {77, 1};
    CU_ASSERT_EQUAL(done(&b, 1, old, RASK_WIRE_NO_OFFSET), RASK_OK);
    CU_ASSERT_EQUAL(done(&b, 1, never, RASK_WIRE_NO_OFFSET), RASK_OK);
    CU_ASSERT_EQUAL(done(&b, 2, a, RASK_WIRE_NO_OFFSET), RASK_OK);
    CU_ASSERT_STRING_EQUAL(state(&b, 1), "processing");
    CU_ASSERT_EQUAL(done(&b, 1, a, RASK_WIRE_NO_OFFSET), RASK_OK);
    CU_ASSERT_EQUAL(done(&b, 1, a, RASK_WIRE_NO_OFFSET), RASK_OK);
    CU_ASSERT_STRING_EQUAL(state(&b, 1), "memory");
    CU_ASSERT_EQUAL(submit(&b, 2, NULL, 0), RASK_OK);
    place(&b);
    struct rask_wire_assignment next = last_run(&b, 1);
    CU_ASSERT_EQUAL(next.slot, a.slot);
    CU_ASSERT(next.epoch > a.epoch);
    CU_ASSERT_EQUAL(done(&b, 1, a, RASK_WIRE_NO_OFFSET), RASK_OK);
    CU_ASSERT_STRING_EQUAL(state(&b, 2), "processing");
    teardown(&b);
}

static void what_cannot_be_is_refused_and_named(void)
{
    struct bench b;
    setup(&b);
    hello(&b, 1);
    struct rask_msg_submit strange = {.task = rask_id_make(1, 1)};
    CU_ASSERT_EQUAL(rask_wire_put_submit(&b.in, &strange), 0);
    CU_ASSERT_EQUAL(deliver(&b, 0), RASK_ERR_PROTOCOL);
    CU_ASSERT(strstr(b.text, "from rank 0: SUBMIT") != NULL);
    CU_ASSERT_EQUAL(submit(&b, 1, NULL, 0), RASK_OK);
    CU_ASSERT_EQUAL(submit(&b, 1, NULL, 0), RASK_ERR_PROTOCOL);
    struct rask_msg_submit far = {.task = 2, .function = 2};
    CU_ASSERT_EQUAL(submit_as(&b, far), RASK_ERR_PROTOCOL);
    struct rask_msg_hello liar = {.rank = 2, .n_slots = 1};
    CU_ASSERT_EQUAL(rask_wire_put_hello(&b.in, &liar), 0);
    CU_ASSERT_EQUAL(deliver(&b, 1), RASK_ERR_PROTOCOL);
    struct rask_msg_stop stop = {.exit_code = 0};
    CU_ASSERT_EQUAL(rask_wire_put_stop(&b.in, &stop), 0);
    CU_ASSERT_EQUAL(deliver(&b, 1), RASK_ERR_PROTOCOL);
    CU_ASSERT_EQUAL(rask_buf_append(&b.in, "12345678", 8), 0);
    CU_ASSERT_EQUAL(deliver(&b, 1), RASK_ERR_PROTOCOL);
    CU_ASSERT(strstr(b.text, "malformed record") != NULL);
    CU_ASSERT_EQUAL(deliver(&b, 7), RASK_ERR_PROTOCOL);
    CU_ASSERT(strstr(b.text, "rank 7") != NULL);
    teardown(&b);
}

static rask_status cancel(struct bench *b, int32_t source, uint64_t id)
{
    struct rask_msg_cancel_tasks m = {.task = &id, .n_task = 1};
    CU_ASSERT_EQUAL(rask_wire_put_cancel_tasks(&b->in, &m), 0);
    return deliver(b, source);
}

static rask_status lose_copy(struct bench *b, int32_t source, uint64_t id, int32_t holder)
{
    struct rask_msg_lost m = {.task = id, .holder = holder};
    CU_ASSERT_EQUAL(rask_wire_put_lost(&b->in, &m), 0);
    return deliver(b, source);
}

static void a_client_speaks_for_its_own_tasks_alone(void)
{
    struct bench b;
    uint64_t ids[2] = {rask_id_make(1, 1), 1};
    struct rask_msg_release both = {.task = ids, .n_task = 2};
    CU_ASSERT_EQUAL(done(&b, 1, setup_running(&b), 4096), RASK_OK);
    CU_ASSERT_EQUAL(rask_wire_put_release(&b.in, &both), 0);
    CU_ASSERT_EQUAL(deliver(&b, 1), RASK_ERR_PROTOCOL);
    CU_ASSERT(strstr(b.text, "from rank 1: RELEASE") != NULL);
    CU_ASSERT_EQUAL(cancel(&b, 1, 1), RASK_ERR_PROTOCOL);
    CU_ASSERT(strstr(b.text, "from rank 1: CANCEL_TASKS") != NULL);
    CU_ASSERT_EQUAL(lose_copy(&b, 1, 1, 1), RASK_ERR_PROTOCOL);
    CU_ASSERT(strstr(b.text, "from rank 1: LOST") != NULL);
    CU_ASSERT_STRING_EQUAL(state(&b, 1), "memory");
    CU_ASSERT_EQUAL(lose_copy(&b, 0, 1, 1), RASK_OK);
    CU_ASSERT_STRING_EQUAL(state(&b, 1), "queued");
    CU_ASSERT_EQUAL(cancel(&b, 0, 1), RASK_OK);
    CU_ASSERT_STRING_EQUAL(state(&b, 1), "erred");
    teardown(&b);
}

/* How many STATEs are in a rank's output, which is taken. */
static uint32_t states_told(struct bench *b, int32_t rank)
{
    struct rask_buf *out = rask_sched_output(b->sched, rank);
    size_t at = 0;
    int is_malformed = 0;
    const uint8_t *record;
    uint32_t n = 0;
    while ((record = rask_wire_next(out->data, out->size, &at, &is_malformed)) != NULL)
        n += rask_wire_id(record) == RASK_MESSAGE_STATE;
    rask_sched_output_taken(b->sched, rank);
    return n;
}

/* Two clients share a result of which two copies are there; one client cannot read one of them. */
static void who_asks_again_is_told_another_place_alone(void)
{
    struct bench b;
    const uint64_t key[2] = {5, 7}, theirs = rask_id_make(2, 1);
    struct rask_msg_submit call = {.task = 1, .order = 1, .key = key, .n_key = 2};
    struct rask_msg_have copy = {.object = 1, .offset = 8192, .bytes = 8};
    setup(&b);
    hello(&b, 1);
    hello(&b, 2);
    CU_ASSERT_EQUAL(submit_as(&b, call), RASK_OK);
    call.task = theirs;
    CU_ASSERT_EQUAL(submit_as(&b, call), RASK_OK);
    place(&b);
    CU_ASSERT_EQUAL(done(&b, 1, last_run(&b, 1), 4096), RASK_OK);
    CU_ASSERT_EQUAL(rask_wire_put_have(&b.in, &copy), 0);
    CU_ASSERT_EQUAL(deliver(&b, 2), RASK_OK);
    CU_ASSERT_EQUAL(states_told(&b, 0), 1);
    CU_ASSERT_EQUAL(states_told(&b, 2), 1);
    CU_ASSERT_EQUAL(lose_copy(&b, 2, theirs, 1), RASK_OK);
    CU_ASSERT_EQUAL(states_told(&b, 0), 0);
    CU_ASSERT_EQUAL(states_told(&b, 2), 1);
    CU_ASSERT_EQUAL(lose_copy(&b, 0, 1, 1), RASK_OK);
    CU_ASSERT_EQUAL(states_told(&b, 0), 1);
    CU_ASSERT_EQUAL(states_told(&b, 2), 0);
    teardown(&b);
}

/* A task that nobody may run loses its input, gets it again, and so on: the checker counts how
 * often it is listed. */
static void a_task_without_a_worker_is_listed_once(void)
{
    struct bench b;
    const uint64_t first = 1;
    const uint32_t rank = 2;
    setup(&b);
    hello(&b, 1);
    CU_ASSERT_EQUAL(submit(&b, 1, NULL, 0), RASK_OK);
    struct rask_msg_submit user = {
        .task = 2, .dep = &first, .n_dep = 1, .allow = &rank, .n_allow = 1};
    CU_ASSERT_EQUAL(submit_as(&b, user), RASK_OK);
    for (uint64_t i = 1; i <= 3; i++) {
        place(&b);
        CU_ASSERT_EQUAL(done(&b, 1, last_run(&b, 1), 4096 * i), RASK_OK);
        CU_ASSERT_STRING_EQUAL(state(&b, 2), "no-worker");
        if (i < 3)
            CU_ASSERT_EQUAL(lose_copy(&b, 0, 1, 1), RASK_OK);
    }
    hello(&b, 2);
    CU_ASSERT_STRING_EQUAL(state(&b, 2), "queued");
    teardown(&b);
}

static void a_result_whose_sizes_disagree_is_refused(void)
{
    struct bench b;
    struct rask_wire_assignment a = setup_running(&b);
    struct rask_msg_done m = {
        .slot = a.slot, .epoch = a.epoch, .offset = RASK_WIRE_NO_OFFSET, .bytes = 9};
    CU_ASSERT_EQUAL(rask_wire_put_done(&b.in, &m), 0);
    CU_ASSERT_EQUAL(deliver(&b, 1), RASK_ERR_PROTOCOL);
    teardown(&b);
}

static void an_unknown_input_is_an_error_of_the_task_alone(void)
{
    struct bench b;
    const uint64_t deps[2] = {1, 99};
    setup(&b);
    CU_ASSERT_EQUAL(submit(&b, 1, NULL, 0), RASK_OK);
    CU_ASSERT_EQUAL(submit(&b, 2, deps, 2), RASK_OK);
    CU_ASSERT_STRING_EQUAL(state(&b, 2), "erred");
    CU_ASSERT_STRING_EQUAL(state(&b, 1), "queued");
    teardown(&b);
}

static void it_asks_to_be_called_when_a_time_is_up(void)
{
    struct bench b;
    const uint32_t rank = 2;
    setup_as(&b, 1, 500);
    hello(&b, 1);
    CU_ASSERT_EQUAL(rask_sched_next_call(b.sched), UINT64_MAX);
    b.now_ns = 1000;
    struct rask_msg_submit m = {.task = 1, .allow = &rank, .n_allow = 1};
    CU_ASSERT_EQUAL(submit_as(&b, m), RASK_OK);
    place(&b);
    CU_ASSERT_EQUAL(rask_sched_next_call(b.sched), 1500);
    b.now_ns = 1499;
    place(&b);
    CU_ASSERT_STRING_EQUAL(state(&b, 1), "no-worker");
    b.now_ns = 1500;
    place(&b);
    CU_ASSERT_STRING_EQUAL(state(&b, 1), "erred");
    CU_ASSERT_EQUAL(rask_sched_next_call(b.sched), UINT64_MAX);
    teardown(&b);
}

static void a_withdrawal_goes_out_once_per_reason(void)
{
    struct bench b;
    (void)setup_running(&b);
    uint32_t task = rask_ids_find(b.sched, 1);
    uint32_t slot = rask_sched_task_at(b.sched, task)->slot;
    rask_peer_withdraw(b.sched, 1, slot, RASK_WITHDRAWN_FOR_THIEF);
    rask_peer_withdraw(b.sched, 1, slot, RASK_WITHDRAWN_FOR_THIEF);
    CU_ASSERT_EQUAL(rask_sched_output(b.sched, 1)->size, 24);
    rask_peer_withdraw(b.sched, 1, slot, RASK_WITHDRAWN_UNWANTED);
    rask_peer_withdraw(b.sched, 1, slot, RASK_WITHDRAWN_FOR_THIEF);
    CU_ASSERT_EQUAL(rask_sched_output(b.sched, 1)->size, 48);
    teardown(&b);
}

/* One count is bent at a time; the checker names the invariant and the task. */
static void the_checker_sees_what_is_broken(void)
{
    struct bench b;
    struct rask_error error;
    const uint64_t first = 1;
    setup(&b);
    hello(&b, 1);
    CU_ASSERT_EQUAL(submit(&b, 1, NULL, 0), RASK_OK);
    CU_ASSERT_EQUAL(submit(&b, 2, &first, 1), RASK_OK);
    place(&b);
    struct rask_sched_task *t = rask_sched_task_at(b.sched, rask_ids_find(b.sched, 1));
    CU_ASSERT_EQUAL(rask_sched_check(b.sched, &error), RASK_OK);
    t->n_waiters++;
    CU_ASSERT_EQUAL(rask_sched_check(b.sched, &error), RASK_ERR_INTERNAL);
    CU_ASSERT(strstr(error.text, "n_waiters") != NULL && strstr(error.text, "task 1 ") != NULL);
    t->n_waiters--;
    b.sched->peers[1].backlog_ns++;
    CU_ASSERT_EQUAL(rask_sched_check(b.sched, &error), RASK_ERR_INTERNAL);
    CU_ASSERT(strstr(error.text, "rank 1") != NULL);
    b.sched->peers[1].backlog_ns--;
    b.sched->n_unfinished++;
    CU_ASSERT_EQUAL(rask_sched_check(b.sched, &error), RASK_ERR_INTERNAL);
    b.sched->n_unfinished--;
    t->state = RASK_TASK_MEMORY;
    CU_ASSERT_EQUAL(rask_sched_check(b.sched, &error), RASK_ERR_INTERNAL);
    t->state = RASK_TASK_PROCESSING;
    CU_ASSERT_EQUAL(rask_sched_check(b.sched, &error), RASK_OK);
    teardown(&b);
}

static void equal_calls_give_equal_bytes(void)
{
    struct bench a, b;
    setup(&a);
    setup(&b);
    for (int i = 0; i < 2; i++) {
        struct bench *one = i == 0 ? &a : &b;
        hello(one, 1);
        hello(one, 2);
        for (uint64_t id = 1; id <= 40; id++)
            CU_ASSERT_EQUAL(submit(one, id, NULL, 0), RASK_OK);
        place(one);
    }
    for (int32_t rank = 0; rank < 3; rank++) {
        const struct rask_buf *x = rask_sched_output(a.sched, rank),
                              *y = rask_sched_output(b.sched, rank);
        CU_ASSERT_EQUAL_FATAL(x->size, y->size);
        CU_ASSERT(x->size == 0 || memcmp(x->data, y->data, x->size) == 0);
    }
    teardown(&a);
    teardown(&b);
}

static void it_tells_stories_and_describes_itself(void)
{
    struct bench b;
    struct rask_buf text = {0};
    setup(&b);
    hello(&b, 1);
    struct rask_msg_submit call = {.task = 1, .function = 1};
    CU_ASSERT_EQUAL(submit_as(&b, call), RASK_OK);
    place(&b);
    CU_ASSERT_EQUAL(rask_sched_story(b.sched, 1, &text), RASK_OK);
    CU_ASSERT(strstr((const char *)text.data,
                     "waiting -> queued cause=ready worker=- epoch=- function=1\n") != NULL);
    CU_ASSERT(strstr((const char *)text.data,
                     "queued -> processing cause=assign worker=1 epoch=1 function=1\n") != NULL);
    rask_buf_clear(&text);
    CU_ASSERT_EQUAL(rask_sched_describe(b.sched, &text), RASK_OK);
    CU_ASSERT(strstr((const char *)text.data, "1 processing") != NULL);
    CU_ASSERT(strstr((const char *)text.data, "rank 2: not there") != NULL);
    struct rask_msg_submit stuck = {.task = 2, .dep = &call.task, .n_dep = 1};
    CU_ASSERT_EQUAL(rask_wire_put_submit(&b.in, &stuck), 0);
    CU_ASSERT_EQUAL(deliver(&b, 0), RASK_OK);
    rask_buf_clear(&text);
    CU_ASSERT_EQUAL(rask_sched_describe(b.sched, &text), RASK_OK);
    const char *page = strstr((const char *)text.data, "waiting: task 2,");
    CU_ASSERT(page != NULL && strstr(page, "task=2 released -> waiting cause=want") != NULL);
    CU_ASSERT_EQUAL(done(&b, 1, last_run(&b, 1), 4096), RASK_OK);
    rask_buf_clear(&text);
    CU_ASSERT_EQUAL(rask_sched_trace(b.sched, &text), RASK_OK);
    CU_ASSERT(strstr((const char *)text.data,
                     "processing -> memory cause=done worker=1 epoch=1 function=1\n") != NULL);
    rask_buf_release(&text);
    teardown(&b);
}

/* Submits, runs and forgets pairs of tasks, of which the second needs the first; some results stay
 * with the worker, the others travel. A few pairs live at any time. */
static void run_pairs(struct bench *b, uint64_t from, uint64_t n)
{
    enum { N_ALIVE = 8 };
    for (uint64_t i = from; i < from + n; i++) {
        const uint64_t first = 2 * i + 1;
        uint64_t where = i % 3 == 0 ? RASK_WIRE_NO_OFFSET : 4096 * (i % 64);
        CU_ASSERT_EQUAL_FATAL(submit(b, first, NULL, 0), RASK_OK);
        CU_ASSERT_EQUAL_FATAL(submit(b, first + 1, &first, 1), RASK_OK);
        release(b, first);
        for (int k = 0; k < 2; k++) {
            place(b);
            CU_ASSERT_EQUAL_FATAL(done(b, 1, last_run(b, 1), where), RASK_OK);
        }
        if (i >= N_ALIVE)
            release(b, first + 1 - 2 * N_ALIVE);
        rask_sched_output_taken(b->sched, 0);
        rask_sched_output_taken(b->sched, 1);
    }
}

/* Once everything has its size, 10,000 tasks come and go without an allocation. */
static void in_steady_state_nothing_is_allocated(void)
{
    struct bench b;
    struct rask_sched_counters counters;
    setup_as(&b, 0, 0);
    hello(&b, 1);
    run_pairs(&b, 0, 5000);
    uint64_t before = rask_alloc_count();
    run_pairs(&b, 5000, 5000);
    CU_ASSERT_EQUAL(rask_alloc_count(), before);
    rask_sched_counters(b.sched, &counters);
    CU_ASSERT_EQUAL(counters.done, 20000);
    CU_ASSERT(counters.live_tasks <= 16);
    teardown(&b);
}

/* A task with inputs, ranks and resources in a new scheduler whose n-th allocation from then on
 * fails. 0 once none does. */
static int submit_without_memory(uint64_t n)
{
    enum { N_INPUTS = 20 };
    uint64_t inputs[N_INPUTS];
    static const uint32_t ranks[] = {1, 2};
    static const uint64_t key[] = {3, 4};
    struct rask_wire_resource resource = {.name = "gpu", .amount = 1};
    struct bench b;
    struct rask_msg_submit m = {.task = N_INPUTS + 1,
                                .key = key,
                                .n_key = 2,
                                .dep = inputs,
                                .n_dep = N_INPUTS,
                                .allow = ranks,
                                .n_allow = 2,
                                .resource = &resource,
                                .n_resource = 1};
    setup_as(&b, 0, 0);
    hello(&b, 1);
    for (uint64_t i = 0; i < N_INPUTS; i++) {
        inputs[i] = i + 1;
        CU_ASSERT_EQUAL(submit(&b, inputs[i], NULL, 0), RASK_OK);
    }
    CU_ASSERT_EQUAL(rask_wire_put_submit(&b.in, &m), 0);
    m.task++;
    m.n_dep = 0;
    m.n_key = 0;
    CU_ASSERT_EQUAL(rask_wire_put_submit(&b.in, &m), 0);
    rask_alloc_fail_at(n, 0);
    rask_status status = deliver(&b, 0);
    rask_alloc_fail_at(0, 0);
    CU_ASSERT(status == RASK_OK || (status == RASK_ERR_MEMORY && b.text[0] != '\0'));
    teardown(&b);
    return status != RASK_OK;
}

static void without_memory_a_submission_breaks_the_job_alone(void)
{
    uint64_t n = 1;
    while (submit_without_memory(n))
        n++;
    CU_ASSERT(n > 3);
}

/* The index follows the living tasks of a client; a number that was given out long ago and comes
 * late is found all the same, and all are let go when the client is lost. */
static void ids_may_come_late_and_far_apart(void)
{
    struct bench b;
    struct rask_sched_counters counters;
    setup(&b);
    hello(&b, 1);
    for (uint64_t page = 0; page < 40; page++) {
        uint64_t id = rask_id_make(1, page * RASK_IDS_PER_PAGE + 1);
        CU_ASSERT_EQUAL(submit(&b, id, NULL, 0), RASK_OK);
        CU_ASSERT_STRING_EQUAL(state(&b, id), "queued");
        release(&b, id);
        CU_ASSERT_STRING_EQUAL(state(&b, id), "unknown");
    }
    const uint64_t late[] = {rask_id_make(1, 3 * RASK_IDS_PER_PAGE + 7),
                             rask_id_make(1, 41 * RASK_IDS_PER_PAGE + 7),
                             rask_id_make(1, 2 * RASK_IDS_PER_PAGE)};
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(submit(&b, late[i], NULL, 0), RASK_OK);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_STRING_EQUAL(state(&b, late[i]), "queued");
    CU_ASSERT_STRING_EQUAL(state(&b, rask_id_make(1, 7)), "unknown");
    CU_ASSERT_STRING_EQUAL(state(&b, rask_id_make(1, 100 * RASK_IDS_PER_PAGE)), "unknown");
    CU_ASSERT_EQUAL(rask_sched_lost(b.sched, b.now_ns, 1, NULL), RASK_OK);
    rask_sched_counters(b.sched, &counters);
    CU_ASSERT_EQUAL(counters.live_tasks, 0);
    teardown(&b);
}

/* A task that waits, with one input and a call of 16 bytes, takes at most 160 bytes with all that
 * belongs to it. */
static void a_live_task_keeps_to_its_budget(void)
{
    enum { N = 1 << 16 };
    static const uint8_t call[16];
    struct bench b;
    struct rask_sched_counters counters;
    const uint64_t first = 1;
    setup_as(&b, 0, 0);
    CU_ASSERT_EQUAL(submit(&b, 1, NULL, 0), RASK_OK);
    for (uint64_t id = 2; id < N; id++) {
        struct rask_msg_submit m = {.task = id,
                                    .order = id,
                                    .dep = &first,
                                    .n_dep = 1,
                                    .call = call,
                                    .n_call = sizeof call};
        CU_ASSERT_EQUAL(rask_wire_put_submit(&b.in, &m), 0);
    }
    CU_ASSERT_EQUAL(deliver(&b, 0), RASK_OK);
    rask_sched_counters(b.sched, &counters);
    CU_ASSERT_EQUAL(counters.live_tasks, N - 1);
    CU_ASSERT(counters.live_bytes / N <= 160);
    teardown(&b);
}

RASK_UNIT_MAIN("sched",
               {"from submission to nothing", a_task_goes_its_way_from_submission_to_nothing},
               {"lineage is kept", lineage_is_kept_for_stored_results},
               {"back to a failed input", a_task_that_comes_back_to_a_failed_input_fails},
               {"old assignments are ignored", a_message_about_an_old_assignment_is_ignored},
               {"what cannot be is refused", what_cannot_be_is_refused_and_named},
               {"a client speaks for its own", a_client_speaks_for_its_own_tasks_alone},
               {"who asks again is told alone", who_asks_again_is_told_another_place_alone},
               {"without a worker: listed once", a_task_without_a_worker_is_listed_once},
               {"sizes that disagree are refused", a_result_whose_sizes_disagree_is_refused},
               {"an unknown input", an_unknown_input_is_an_error_of_the_task_alone},
               {"steady state allocates nothing", in_steady_state_nothing_is_allocated},
               {"want of memory in a submission", without_memory_a_submission_breaks_the_job_alone},
               {"ids come late and far apart", ids_may_come_late_and_far_apart},
               {"a live task keeps to its budget", a_live_task_keeps_to_its_budget},
               {"it asks to be called in time", it_asks_to_be_called_when_a_time_is_up},
               {"withdrawals go out once", a_withdrawal_goes_out_once_per_reason},
               {"the checker sees what is broken", the_checker_sees_what_is_broken},
               {"equal calls give equal bytes", equal_calls_give_equal_bytes},
               {"stories and descriptions", it_tells_stories_and_describes_itself})
