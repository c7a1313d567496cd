/* SPDX-License-Identifier: BSD-3-Clause */
/* worker_test.c: the worker machine record by record: what it fetches, when a task is ready, and
 * that each assignment is answered once, in whatever way it ends. */
#include "unit.h"

#include "base/alloc.h"
#include "wire/call.h"
#include "worker/worker.h"

#include <string.h>

/* A worker and a run queue of one thread that never runs anything by itself. */
struct bench {
    struct rask_worker worker;
    struct rask_task *queued[8];
    uint32_t n_queued;
    uint8_t memory[4096];
    struct rask_buf in;
};

static int take_back(void *context, struct rask_task *task)
{
    struct bench *b = context;
    for (uint32_t i = 0; i < b->n_queued; i++) {
        if (b->queued[i] != task)
            continue;
        b->queued[i] = b->queued[--b->n_queued];
        return 1;
    }
    return 0;
}

static void setup(struct bench *b)
{
    struct rask_error error;
    memset(b, 0, sizeof *b);
    struct rask_worker_config config = {
        .rank = 2, .n_slots = 1, .payloads = b->memory, .context = b, .take_back = take_back};
    CU_ASSERT_EQUAL_FATAL(rask_worker_init(&b->worker, &config, &error), RASK_OK);
}

static void teardown(struct bench *b)
{
    struct rask_error error;
    CU_ASSERT_EQUAL(rask_worker_check(&b->worker, &error), RASK_OK);
    rask_worker_release(&b->worker);
    rask_buf_release(&b->in);
}

/* Hands the record in `in` to the worker. */
static rask_status receive(struct bench *b)
{
    struct rask_error error;
    rask_status status = rask_worker_receive(&b->worker, b->in.data, &error);
    rask_buf_clear(&b->in);
    return status;
}

/* RUN in slot `slot`, with `n` inputs of rank 1 named 101, 102, ... from `first` on. */
static rask_status run(struct bench *b, uint32_t slot, uint32_t first, uint32_t n)
{
    uint32_t call[8] = {n, RASK_CALL_RESULT, RASK_CALL_RESULT, RASK_CALL_RESULT};
    struct rask_wire_input inputs[3];
    for (uint32_t i = 0; i < n; i++)
        inputs[i] = (struct rask_wire_input){101 + first + i, 64, 700, 1, 0};
    struct rask_msg_run m = {.task = 1000 + slot,
                             .slot = slot,
                             .epoch = 1,
                             .call = (const uint8_t *)call,
                             .n_call = n == 0 ? 0 : (uint32_t)rask_call_table_bytes(n),
                             .input = inputs,
                             .n_input = n};
    CU_ASSERT_EQUAL(rask_wire_put_run(&b->in, &m), 0);
    return receive(b);
}

static void withdraw(struct bench *b, uint32_t slot, uint32_t is_unwanted)
{
    struct rask_msg_withdraw m = {.slot = slot, .epoch = 1, .is_unwanted = is_unwanted};
    CU_ASSERT_EQUAL(rask_wire_put_withdraw(&b->in, &m), 0);
    CU_ASSERT_EQUAL(receive(b), RASK_OK);
}

static void free_one(struct bench *b, uint64_t object, uint64_t offset)
{
    const uint64_t pair[2] = {object, offset};
    struct rask_msg_free m = {.pair = pair, .n_pair = 2};
    CU_ASSERT_EQUAL(rask_wire_put_free(&b->in, &m), 0);
    CU_ASSERT_EQUAL(receive(b), RASK_OK);
}

static void queue_ready(struct bench *b)
{
    uint32_t n;
    for (struct rask_task *task = rask_worker_take_ready(&b->worker, &n); task != NULL;
         task = task->next)
        b->queued[b->n_queued++] = task;
}

/* The messages that went out since the last look, "HELLO DONE". */
static const char *sent(struct bench *b, char *text)
{
    size_t at = 0;
    int is_malformed = 0;
    const uint8_t *record;
    text[0] = '\0';
    while ((record = rask_wire_next(b->worker.out.data, b->worker.out.size, &at, &is_malformed)) !=
           NULL)
        snprintf(text + strlen(text), 200 - strlen(text), "%s%s", text[0] == '\0' ? "" : " ",
                 rask_wire_name(rask_wire_id(record)));
    rask_buf_clear(&b->worker.out);
    return text;
}

/* As setup, and what it says at first is not looked at. */
static void setup_quiet(struct bench *b)
{
    setup(b);
    rask_buf_clear(&b->worker.out);
}

/* The fetch that was ordered as number `i` has ended, with the object at `offset`. */
static void arrive(struct bench *b, size_t i, uint64_t offset)
{
    CU_ASSERT_EQUAL(
        rask_worker_fetched(&b->worker, b->worker.fetches.items[i].request, offset, RASK_OK),
        RASK_OK);
}

static void fail_fetch(struct bench *b, size_t i, rask_status status)
{
    CU_ASSERT_EQUAL(rask_worker_fetched(&b->worker, b->worker.fetches.items[i].request, 0, status),
                    RASK_OK);
}

static void it_says_hello_first(void)
{
    struct bench b;
    char text[200];
    setup(&b);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "HELLO");
    teardown(&b);
}

static void a_task_without_inputs_is_ready_at_once_and_answers_done(void)
{
    struct bench b;
    char text[200];
    setup_quiet(&b);
    CU_ASSERT_EQUAL(run(&b, 1, 0, 0), RASK_OK);
    queue_ready(&b);
    CU_ASSERT_EQUAL_FATAL(b.n_queued, 1);
    b.queued[0]->result = b.queued[0]->small;
    b.queued[0]->result_bytes = 8;
    CU_ASSERT_EQUAL(rask_worker_finished(&b.worker, b.queued[0]), RASK_OK);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "DONE");
    CU_ASSERT_EQUAL(b.worker.n_assigned, 0);
    teardown(&b);
}

static void two_tasks_share_one_fetch(void)
{
    struct bench b;
    char text[200];
    setup_quiet(&b);
    CU_ASSERT_EQUAL(run(&b, 1, 0, 1), RASK_OK);
    CU_ASSERT_EQUAL(run(&b, 2, 0, 1), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(b.worker.fetches.count, 1);
    CU_ASSERT_EQUAL(b.worker.n_ready, 0);
    arrive(&b, 0, 256);
    CU_ASSERT_EQUAL(b.worker.n_ready, 2);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "HAVE");
    queue_ready(&b);
    CU_ASSERT_PTR_EQUAL(b.queued[0]->inputs[0].data, b.memory + 256);
    CU_ASSERT_EQUAL(run(&b, 3, 0, 1), RASK_OK);
    CU_ASSERT_EQUAL(b.worker.fetches.count, 1);
    CU_ASSERT_EQUAL(b.worker.n_ready, 1);
    teardown(&b);
}

static void a_freed_copy_goes_with_its_last_reader(void)
{
    struct bench b;
    char text[200];
    setup(&b);
    CU_ASSERT_EQUAL(run(&b, 1, 0, 1), RASK_OK);
    arrive(&b, 0, 256);
    queue_ready(&b);
    free_one(&b, 101, 256);
    CU_ASSERT_EQUAL(b.worker.frees.count, 0);
    CU_ASSERT_EQUAL(rask_worker_finished(&b.worker, b.queued[0]), RASK_OK);
    CU_ASSERT_EQUAL(b.worker.frees.count, 1);
    CU_ASSERT_EQUAL(b.worker.frees.items[0], 256);
    CU_ASSERT_EQUAL(b.worker.fetched.count, 0);
    (void)sent(&b, text);
    teardown(&b);
}

/* The same object, computed again elsewhere: what still reads the old copy keeps it, the next one
 * fetches anew. */
static void a_freed_copy_serves_no_new_task(void)
{
    struct bench b;
    setup(&b);
    CU_ASSERT_EQUAL(run(&b, 1, 0, 1), RASK_OK);
    arrive(&b, 0, 256);
    queue_ready(&b);
    free_one(&b, 101, 256);
    CU_ASSERT_EQUAL(run(&b, 2, 0, 1), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(b.worker.fetches.count, 2);
    arrive(&b, 1, 512);
    queue_ready(&b);
    CU_ASSERT_PTR_EQUAL(b.queued[0]->inputs[0].data, b.memory + 256);
    CU_ASSERT_PTR_EQUAL(b.queued[1]->inputs[0].data, b.memory + 512);
    CU_ASSERT_EQUAL(rask_worker_finished(&b.worker, b.queued[0]), RASK_OK);
    CU_ASSERT_EQUAL(b.worker.frees.count, 1);
    free_one(&b, 101, 512);
    CU_ASSERT_EQUAL(rask_worker_finished(&b.worker, b.queued[1]), RASK_OK);
    CU_ASSERT_EQUAL(b.worker.frees.count, 2);
    CU_ASSERT_EQUAL(b.worker.fetched.count, 0);
    teardown(&b);
}

static void an_own_result_is_freed_at_once(void)
{
    struct bench b;
    setup(&b);
    free_one(&b, 55, 512);
    CU_ASSERT_EQUAL(b.worker.frees.count, 1);
    CU_ASSERT_EQUAL(b.worker.frees.items[0], 512);
    teardown(&b);
}

static void a_withdrawn_task_is_returned_unless_it_runs(void)
{
    struct bench b;
    char text[200];
    setup_quiet(&b);
    for (uint32_t slot = 1; slot <= 3; slot++)
        CU_ASSERT_EQUAL(run(&b, slot, 0, 0), RASK_OK);
    withdraw(&b, 2, 0);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "RETURNED");
    queue_ready(&b);
    CU_ASSERT_EQUAL(b.n_queued, 2);
    struct rask_task *running = b.queued[--b.n_queued];
    withdraw(&b, b.queued[0]->slot, 1);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "RETURNED");
    withdraw(&b, running->slot, 0);
    CU_ASSERT_EQUAL(rask_task_notice_cancel(running), 0);
    withdraw(&b, running->slot, 1);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "");
    CU_ASSERT_EQUAL(rask_task_notice_cancel(running), 1);
    CU_ASSERT_EQUAL(rask_worker_finished(&b.worker, running), RASK_OK);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "ERRED");
    teardown(&b);
}

static void what_a_function_stores_after_it_noticed_is_freed(void)
{
    struct bench b;
    setup(&b);
    CU_ASSERT_EQUAL(run(&b, 1, 0, 0), RASK_OK);
    queue_ready(&b);
    struct rask_task *task = b.queued[--b.n_queued];
    withdraw(&b, 1, 1);
    (void)rask_task_notice_cancel(task);
    task->result_offset = 128;
    task->result_bytes = 700;
    CU_ASSERT_EQUAL(rask_worker_finished(&b.worker, task), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(b.worker.frees.count, 1);
    CU_ASSERT_EQUAL(b.worker.frees.items[0], 128);
    teardown(&b);
}

/* Until then the scheduler must keep the object where it is being read. */
static void a_withdrawn_task_is_returned_when_its_fetches_have_ended(void)
{
    struct bench b;
    char text[200];
    setup_quiet(&b);
    CU_ASSERT_EQUAL(run(&b, 1, 0, 2), RASK_OK);
    withdraw(&b, 1, 1);
    withdraw(&b, 1, 1);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "");
    arrive(&b, 0, 256);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "HAVE");
    arrive(&b, 1, 320);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "HAVE RETURNED");
    CU_ASSERT_EQUAL(b.worker.n_ready, 0);
    teardown(&b);
}

static void a_missing_object_ends_the_tasks_that_wait_for_it(void)
{
    struct bench b;
    char text[200];
    struct rask_msg_missing m = {0};
    setup_quiet(&b);
    CU_ASSERT_EQUAL(run(&b, 1, 0, 1), RASK_OK);
    CU_ASSERT_EQUAL(run(&b, 2, 0, 2), RASK_OK);
    fail_fetch(&b, 0, RASK_ERR_PEER_LOST);
    CU_ASSERT_EQUAL_FATAL(rask_wire_get_missing(b.worker.out.data, &m), 0);
    CU_ASSERT_EQUAL(m.object, 101);
    CU_ASSERT_EQUAL(m.holder, 1);
    CU_ASSERT_EQUAL_FATAL(m.n_ended, 1);
    CU_ASSERT_EQUAL(m.ended[0].slot, 1);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "MISSING");
    arrive(&b, 1, 256);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "HAVE RETURNED");
    CU_ASSERT_EQUAL(b.worker.n_assigned, 0);
    teardown(&b);
}

/* More tasks wait for one object than a message may name. */
static void however_many_wait_for_a_missing_object_all_are_named(void)
{
    struct bench b;
    struct rask_msg_missing m = {0};
    size_t at = 0, n_ended = 0;
    int is_malformed = 0;
    const uint8_t *record;
    setup_quiet(&b);
    for (uint32_t slot = 1; slot <= RASK_LIMIT_BATCH + 10; slot++)
        CU_ASSERT_EQUAL_FATAL(run(&b, slot, 0, 1), RASK_OK);
    fail_fetch(&b, 0, RASK_ERR_PEER_LOST);
    while ((record = rask_wire_next(b.worker.out.data, b.worker.out.size, &at, &is_malformed)) !=
           NULL) {
        CU_ASSERT_EQUAL_FATAL(rask_wire_get_missing(record, &m), 0);
        CU_ASSERT_EQUAL(m.object, 101);
        CU_ASSERT_EQUAL(m.holder, n_ended == 0 ? 1 : -1);
        n_ended += m.n_ended;
    }
    CU_ASSERT_EQUAL(n_ended, RASK_LIMIT_BATCH + 10);
    CU_ASSERT_EQUAL(b.worker.n_assigned, 0);
    teardown(&b);
}

/* It was asked back, so that it may run where there is room. */
static void without_room_a_task_that_was_asked_back_is_returned(void)
{
    struct bench b;
    char text[200];
    setup_quiet(&b);
    CU_ASSERT_EQUAL(run(&b, 1, 0, 2), RASK_OK);
    withdraw(&b, 1, 0);
    for (size_t i = 0; i < 2; i++)
        fail_fetch(&b, i, RASK_ERR_MEMORY);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "RETURNED");
    CU_ASSERT_EQUAL(b.worker.n_assigned, 0);
    teardown(&b);
}

static void without_room_for_an_input_the_task_fails(void)
{
    struct bench b;
    char text[200];
    struct rask_msg_erred m = {0};
    setup_quiet(&b);
    CU_ASSERT_EQUAL(run(&b, 1, 0, 1), RASK_OK);
    fail_fetch(&b, 0, RASK_ERR_MEMORY);
    CU_ASSERT_EQUAL_FATAL(rask_wire_get_erred(b.worker.out.data, &m), 0);
    CU_ASSERT_EQUAL(m.code, RASK_ERR_MEMORY);
    CU_ASSERT(m.n_text > 0 && strstr(m.text, "700 bytes") != NULL);
    CU_ASSERT_EQUAL(run(&b, 2, 0, 2), RASK_OK);
    fail_fetch(&b, 1, RASK_ERR_MEMORY);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "ERRED");
    arrive(&b, 2, 256);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "HAVE ERRED");
    teardown(&b);
}

static void the_client_gets_what_it_wants_here_or_on_arrival(void)
{
    struct bench b;
    const struct rask_wire_input object = {101, 64, 700, 1, 0};
    setup(&b);
    CU_ASSERT_EQUAL(rask_worker_want(&b.worker, &object), RASK_OK);
    CU_ASSERT_EQUAL(b.worker.arrivals.count, 0);
    arrive(&b, 0, 256);
    CU_ASSERT_EQUAL(rask_worker_want(&b.worker, &object), RASK_OK);
    CU_ASSERT_EQUAL(b.worker.fetches.count, 1);
    CU_ASSERT_EQUAL_FATAL(b.worker.arrivals.count, 2);
    CU_ASSERT_EQUAL(b.worker.arrivals.items[1].offset, 256);
    teardown(&b);
}

/* Whichever allocation fails, nothing is left that a later wish would take for a fetch. */
static void without_memory_the_client_may_ask_again(void)
{
    const struct rask_wire_input object = {101, 64, 700, 1, 0};
    rask_status status = RASK_ERR_MEMORY;
    for (uint64_t n = 1; status == RASK_ERR_MEMORY; n++) {
        struct bench b;
        setup(&b);
        rask_alloc_fail_at(n, 0);
        status = rask_worker_want(&b.worker, &object);
        rask_alloc_fail_at(0, 0);
        CU_ASSERT(status == RASK_ERR_MEMORY || n > 2);
        CU_ASSERT_EQUAL(b.worker.fetched.count, status == RASK_OK);
        CU_ASSERT_EQUAL(rask_worker_want(&b.worker, &object), RASK_OK);
        CU_ASSERT_EQUAL_FATAL(b.worker.fetches.count, 1);
        arrive(&b, 0, 256);
        CU_ASSERT_EQUAL(b.worker.arrivals.count, 1);
        teardown(&b);
    }
}

/* RUN in slot `slot`, with one input: a part of object 101, which has 700 bytes and lies at 64 of
 * `holder`, or is inline (-1): the bytes 0, 1, 2, ... */
static void run_part(struct bench *b, uint32_t slot, int32_t holder, struct rask_call_part part)
{
    struct {
        uint32_t table[2];
        struct rask_call_part part;
    } call = {{1, RASK_CALL_PART}, part};
    struct rask_wire_input input = {101, 64, holder < 0 ? 200 : 700, holder, 0};
    uint8_t data[200];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    struct rask_msg_run m = {.task = 1000 + slot,
                             .slot = slot,
                             .epoch = 1,
                             .call = (const uint8_t *)&call,
                             .n_call = sizeof call,
                             .input = &input,
                             .n_input = 1,
                             .data = data,
                             .n_data = holder < 0 ? 200 : 0};
    CU_ASSERT_EQUAL(rask_wire_put_run(&b->in, &m), 0);
    CU_ASSERT_EQUAL(receive(b), RASK_OK);
}

static void a_part_is_fetched_alone_and_goes_with_its_reader(void)
{
    struct bench b;
    char text[200];
    setup_quiet(&b);
    run_part(&b, 1, 1, (struct rask_call_part){100, 50});
    CU_ASSERT_EQUAL_FATAL(b.worker.fetches.count, 1);
    CU_ASSERT_EQUAL(b.worker.fetches.items[0].part_offset, 100);
    CU_ASSERT_EQUAL(b.worker.fetches.items[0].part_bytes, 50);
    CU_ASSERT_EQUAL(b.worker.fetches.items[0].bytes, 700);
    arrive(&b, 0, 256);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "");
    queue_ready(&b);
    CU_ASSERT_EQUAL_FATAL(b.n_queued, 1);
    CU_ASSERT_PTR_EQUAL(b.queued[0]->inputs[0].data, b.memory + 256);
    CU_ASSERT_EQUAL(b.queued[0]->inputs[0].bytes, 50);
    CU_ASSERT_EQUAL(b.worker.frees.count, 0);
    CU_ASSERT_EQUAL(rask_worker_finished(&b.worker, b.queued[0]), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(b.worker.frees.count, 1);
    CU_ASSERT_EQUAL(b.worker.frees.items[0], 256);
    teardown(&b);
}

/* The copy of the whole is on its way for the first, and here for the second. */
static void a_part_is_taken_from_a_copy_of_the_whole(void)
{
    struct bench b;
    setup_quiet(&b);
    CU_ASSERT_EQUAL(run(&b, 1, 0, 1), RASK_OK);
    run_part(&b, 2, 1, (struct rask_call_part){100, 50});
    arrive(&b, 0, 256);
    run_part(&b, 3, 1, (struct rask_call_part){650, 0});
    CU_ASSERT_EQUAL(b.worker.fetches.count, 1);
    queue_ready(&b);
    CU_ASSERT_EQUAL_FATAL(b.n_queued, 3);
    for (uint32_t i = 0; i < 3; i++) {
        const struct rask_view *view = &b.queued[i]->inputs[0];
        size_t offset = b.queued[i]->slot == 1 ? 0 : b.queued[i]->slot == 2 ? 100 : 650;
        size_t bytes = b.queued[i]->slot == 1 ? 700 : 50;
        CU_ASSERT_PTR_EQUAL(view->data, b.memory + 256 + offset);
        CU_ASSERT_EQUAL(view->bytes, bytes);
    }
    teardown(&b);
}

static void parts_of_own_and_inline_results_are_here(void)
{
    struct bench b;
    setup_quiet(&b);
    run_part(&b, 1, 2, (struct rask_call_part){100, 0});
    run_part(&b, 2, -1, (struct rask_call_part){150, 20});
    CU_ASSERT_EQUAL(b.worker.fetches.count, 0);
    queue_ready(&b);
    CU_ASSERT_EQUAL_FATAL(b.n_queued, 2);
    CU_ASSERT_PTR_EQUAL(b.queued[0]->inputs[0].data, b.memory + 64 + 100);
    CU_ASSERT_EQUAL(b.queued[0]->inputs[0].bytes, 600);
    CU_ASSERT_EQUAL(b.queued[1]->inputs[0].bytes, 20);
    CU_ASSERT_EQUAL(*(const uint8_t *)b.queued[1]->inputs[0].data, 150);
    teardown(&b);
}

static void a_part_that_is_not_there_fails_its_task(void)
{
    static const struct rask_call_part wrong[] = {{700, 1}, {701, 0}, {8, UINT64_MAX}};
    struct bench b;
    struct rask_msg_erred m = {0};
    setup_quiet(&b);
    for (uint32_t i = 0; i < 3; i++) {
        run_part(&b, 1 + i, 1, wrong[i]);
        CU_ASSERT_EQUAL_FATAL(rask_wire_get_erred(b.worker.out.data, &m), 0);
        CU_ASSERT_EQUAL(m.code, RASK_ERR_ARGUMENT);
        CU_ASSERT_PTR_NOT_NULL(strstr(m.text, "input 0"));
        CU_ASSERT_PTR_NOT_NULL(strstr(m.text, "a result that has 700 bytes"));
        rask_buf_clear(&b.worker.out);
    }
    CU_ASSERT_EQUAL(b.worker.fetches.count, 0);
    CU_ASSERT_EQUAL(b.worker.n_assigned, 0);
    teardown(&b);
}

static void a_part_whose_holder_is_lost_ends_its_task(void)
{
    struct bench b;
    char text[200];
    setup_quiet(&b);
    run_part(&b, 1, 1, (struct rask_call_part){100, 50});
    fail_fetch(&b, 0, RASK_ERR_PEER_LOST);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "MISSING");
    CU_ASSERT_EQUAL(b.worker.n_assigned, 0);
    CU_ASSERT_EQUAL(b.worker.frees.count, 0);
    teardown(&b);
}

static void a_malformed_assignment_is_refused(void)
{
    struct bench b;
    const uint64_t data = 7;
    uint32_t call[4] = {1, RASK_CALL_RESULT};
    const struct rask_wire_input input = {101, 64, 700, -1, 0};
    struct rask_msg_run m = {.slot = 1,
                             .epoch = 1,
                             .call = (const uint8_t *)call,
                             .n_call = 8,
                             .input = &input,
                             .n_input = 1,
                             .data = (const uint8_t *)&data,
                             .n_data = 8};
    setup(&b);
    CU_ASSERT_EQUAL(rask_wire_put_run(&b.in, &m), 0);
    CU_ASSERT_EQUAL(receive(&b), RASK_ERR_PROTOCOL);
    m.slot = 2;
    m.n_input = 0;
    CU_ASSERT_EQUAL(rask_wire_put_run(&b.in, &m), 0);
    CU_ASSERT_EQUAL(receive(&b), RASK_ERR_PROTOCOL);
    struct rask_msg_done done = {.slot = 1};
    CU_ASSERT_EQUAL(rask_wire_put_done(&b.in, &done), 0);
    CU_ASSERT_EQUAL(receive(&b), RASK_ERR_PROTOCOL);
    rask_worker_release(&b.worker);
    rask_buf_release(&b.in);
}

static void a_late_withdrawal_is_ignored(void)
{
    struct bench b;
    char text[200];
    setup_quiet(&b);
    withdraw(&b, 1, 1);
    withdraw(&b, 70000, 1);
    CU_ASSERT_STRING_EQUAL(sent(&b, text), "");
    teardown(&b);
}

RASK_UNIT_MAIN(
    "worker", {"it says hello first", it_says_hello_first},
    {"without inputs: ready at once", a_task_without_inputs_is_ready_at_once_and_answers_done},
    {"two tasks share one fetch", two_tasks_share_one_fetch},
    {"a freed copy goes with its reader", a_freed_copy_goes_with_its_last_reader},
    {"a freed copy serves no new task", a_freed_copy_serves_no_new_task},
    {"an own result is freed at once", an_own_result_is_freed_at_once},
    {"withdrawn: returned unless it runs", a_withdrawn_task_is_returned_unless_it_runs},
    {"noticed: what it stores is freed", what_a_function_stores_after_it_noticed_is_freed},
    {"withdrawn while it fetches", a_withdrawn_task_is_returned_when_its_fetches_have_ended},
    {"a missing object ends its tasks", a_missing_object_ends_the_tasks_that_wait_for_it},
    {"all that miss it are named", however_many_wait_for_a_missing_object_all_are_named},
    {"no room: asked back, so returned", without_room_a_task_that_was_asked_back_is_returned},
    {"no room: the task fails", without_room_for_an_input_the_task_fails},
    {"the client gets what it wants", the_client_gets_what_it_wants_here_or_on_arrival},
    {"no memory: the client may ask again", without_memory_the_client_may_ask_again},
    {"a part is fetched alone", a_part_is_fetched_alone_and_goes_with_its_reader},
    {"a part of a copy of the whole", a_part_is_taken_from_a_copy_of_the_whole},
    {"parts of own and inline results", parts_of_own_and_inline_results_are_here},
    {"a part that is not there", a_part_that_is_not_there_fails_its_task},
    {"a part whose holder is lost", a_part_whose_holder_is_lost_ends_its_task},
    {"a malformed assignment is refused", a_malformed_assignment_is_refused},
    {"a late withdrawal is ignored", a_late_withdrawal_is_ignored})
