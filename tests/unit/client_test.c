/* SPDX-License-Identifier: BSD-3-Clause */
/* client_test.c: futures by themselves: ids, outcomes, results that come or move, and what is told
 * when. */
#include "unit.h"

#include "base/alloc.h"
#include "client/client.h"

#include <stdlib.h>
#include <string.h>

/* A client struct is large. */
static struct rask_client *client_new(int32_t rank)
{
    struct rask_client *client = malloc(sizeof *client);
    CU_ASSERT_FATAL(client != NULL);
    rask_client_init(client, rank);
    return client;
}

static void client_drop(struct rask_client *client)
{
    rask_client_free(client);
    free(client);
}

static uint64_t future(struct rask_client *client)
{
    struct rask_claim *claim;
    uint64_t id = rask_client_new(client, &claim);
    CU_ASSERT_FATAL(id != 0);
    return id;
}

static void tell_state(struct rask_client *client, const struct rask_msg_state *m)
{
    struct rask_buf buf = {0};
    CU_ASSERT_EQUAL(rask_wire_put_state(&buf, m), 0);
    CU_ASSERT_EQUAL(rask_client_receive(client, buf.data, NULL), RASK_OK);
    rask_buf_release(&buf);
}

static void tell_failed(struct rask_client *client, uint64_t id, int32_t code, const char *text)
{
    struct rask_buf buf = {0};
    struct rask_msg_failed m = {.task = id,
                                .origin = 77,
                                .code = code,
                                .rank = 3,
                                .function = 5,
                                .text = text,
                                .n_text = (uint32_t)strlen(text)};
    CU_ASSERT_EQUAL(rask_wire_put_failed(&buf, &m), 0);
    CU_ASSERT_EQUAL(rask_client_receive(client, buf.data, NULL), RASK_OK);
    rask_buf_release(&buf);
}

static void tell_elsewhere(struct rask_client *client, uint64_t id, int32_t holder, uint64_t offset)
{
    struct rask_msg_state m = {
        .task = id, .object = id, .offset = offset, .bytes = 1000, .holder = holder};
    tell_state(client, &m);
}

static enum rask_claim_place where(const struct rask_client *client, uint64_t id)
{
    return rask_client_where(rask_client_find(client, id));
}

static void want(struct rask_client *client, uint64_t id)
{
    CU_ASSERT_EQUAL(rask_client_want(client, id, rask_client_find(client, id)), RASK_OK);
    CU_ASSERT_EQUAL(where(client, id), RASK_PLACE_COMING);
}

/* What goes to the scheduler, "SUBMIT RELEASE". */
static const char *taken(struct rask_client *client, char *text)
{
    struct rask_buf batch = {0};
    size_t at = 0;
    int is_malformed = 0;
    const uint8_t *record;
    text[0] = '\0';
    CU_ASSERT_EQUAL(rask_client_take(client, &batch), RASK_OK);
    while ((record = rask_wire_next(batch.data, batch.size, &at, &is_malformed)) != NULL)
        snprintf(text + strlen(text), 200 - strlen(text), "%s%s", text[0] == '\0' ? "" : " ",
                 rask_wire_name(rask_wire_id(record)));
    rask_buf_release(&batch);
    return text;
}

/* A future whose result is being fetched from rank 1. */
static uint64_t coming(struct rask_client *client)
{
    uint64_t id = future(client);
    tell_elsewhere(client, id, 1, 64);
    want(client, id);
    return id;
}

/* The fetch from `holder` ends badly, whereupon the scheduler is told this. */
static void fail_fetch(struct rask_client *client, uint64_t id, int32_t holder, rask_status status,
                       const char *told)
{
    char text[200];
    CU_ASSERT_EQUAL(rask_client_arrived(client, id, holder, 0, status), 0);
    CU_ASSERT_STRING_EQUAL(taken(client, text), told);
}

static void ids_carry_the_rank_and_are_never_used_twice(void)
{
    struct rask_client *client = client_new(3);
    uint64_t pinned, first = future(client);
    CU_ASSERT_EQUAL(first, rask_id_make(3, 1));
    rask_client_release(client, first, &pinned);
    for (uint64_t i = 2; i < 3000; i++) {
        uint64_t id = future(client);
        CU_ASSERT_EQUAL(id, rask_id_make(3, i));
        rask_client_release(client, id, &pinned);
    }
    CU_ASSERT_PTR_NULL(rask_client_find(client, first));
    CU_ASSERT_PTR_NULL(rask_client_find(client, 0));
    CU_ASSERT_PTR_NULL(rask_client_find(client, 5));
    CU_ASSERT_PTR_NULL(rask_client_find(client, rask_id_make(3, UINT64_C(1) << 40)));
    CU_ASSERT_EQUAL(client->n_pending, 0);
    client_drop(client);
}

static void inline_results_of_any_size_are_kept(void)
{
    struct rask_client *client = client_new(0);
    uint8_t data[512];
    for (uint32_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    for (uint32_t bytes = 0; bytes <= 512; bytes += bytes < 16 ? 1 : 62) {
        uint64_t id = future(client);
        struct rask_msg_state m = {.task = id,
                                   .object = id,
                                   .offset = RASK_WIRE_NO_OFFSET,
                                   .bytes = bytes,
                                   .holder = -1,
                                   .data = data,
                                   .n_data = bytes};
        tell_state(client, &m);
        CU_ASSERT_EQUAL(rask_client_state(client, id), RASK_FUTURE_DONE);
        CU_ASSERT_EQUAL(where(client, id), RASK_PLACE_INLINE);
        struct rask_view view = rask_client_inline(rask_client_find(client, id));
        CU_ASSERT_EQUAL(view.bytes, bytes);
        CU_ASSERT(memcmp(view.data, data, bytes) == 0);
        /* Who reads it goes on reading, whatever is told again. */
        tell_state(client, &m);
        tell_elsewhere(client, id, 1, 64);
        tell_failed(client, id, RASK_ERR_OBJECT_LOST, "late");
        struct rask_view again = rask_client_inline(rask_client_find(client, id));
        CU_ASSERT_PTR_EQUAL(again.data, view.data);
        CU_ASSERT(memcmp(view.data, data, bytes) == 0);
    }
    client_drop(client);
}

static void a_failure_keeps_its_story_and_a_late_result_does_not_change_it(void)
{
    struct rask_client *client = client_new(0);
    uint64_t a = future(client), b = future(client);
    tell_failed(client, a, RASK_ERR_TASK, "negative depth");
    tell_failed(client, b, RASK_ERR_CANCELLED, "cancelled");
    tell_elsewhere(client, b, 1, 64);
    const struct rask_claim *claim = rask_client_find(client, a);
    const struct rask_error *error = claim->data;
    CU_ASSERT_EQUAL(claim->state, RASK_FUTURE_FAILED);
    CU_ASSERT_EQUAL(error->code, RASK_ERR_TASK);
    CU_ASSERT_EQUAL(error->rank, 3);
    CU_ASSERT_STRING_EQUAL(error->text, "negative depth");
    CU_ASSERT_EQUAL(rask_client_find(client, b)->state, RASK_FUTURE_CANCELLED);
    CU_ASSERT_EQUAL(client->n_pending, 0);
    client_drop(client);
}

static void news_of_a_released_future_is_ignored(void)
{
    struct rask_client *client = client_new(0);
    uint64_t pinned, id = future(client);
    rask_client_release(client, id, &pinned);
    tell_elsewhere(client, id, 1, 64);
    tell_failed(client, id, RASK_ERR_TASK, "late");
    CU_ASSERT_PTR_NULL(rask_client_find(client, id));
    CU_ASSERT_EQUAL(pinned, RASK_WIRE_NO_OFFSET);
    client_drop(client);
}

static void releases_go_out_after_what_was_submitted(void)
{
    struct rask_client *client = client_new(0);
    char text[200];
    uint64_t pinned, id = future(client);
    struct rask_msg_cancel_tasks m = {.task = &id, .n_task = 1};
    rask_client_release(client, id, &pinned);
    CU_ASSERT_EQUAL(rask_wire_put_cancel_tasks(&client->out, &m), 0);
    rask_client_mark(client);
    CU_ASSERT(rask_client_has_output(client));
    CU_ASSERT_STRING_EQUAL(taken(client, text), "CANCEL_TASKS RELEASE");
    CU_ASSERT(!rask_client_has_output(client));
    client_drop(client);
}

static void a_result_that_arrives_is_pinned_until_released(void)
{
    struct rask_client *client = client_new(0);
    uint64_t pinned, id = coming(client);
    CU_ASSERT_EQUAL(rask_client_arrived(client, 999, 1, 0, RASK_OK), 0);
    CU_ASSERT_EQUAL(rask_client_arrived(client, id, 1, 320, RASK_OK), 1);
    tell_elsewhere(client, id, 2, 128);
    rask_client_release(client, id, &pinned);
    CU_ASSERT_EQUAL(pinned, 320);
    client_drop(client);
}

/* The holder's bytes must stay as long as they are read. */
static void a_future_released_while_it_is_fetched_is_told_of_later(void)
{
    struct rask_client *client = client_new(0);
    char text[200];
    uint64_t pinned, id = coming(client);
    rask_client_release(client, id, &pinned);
    CU_ASSERT_EQUAL(pinned, RASK_WIRE_NO_OFFSET);
    CU_ASSERT_STRING_EQUAL(taken(client, text), "");
    CU_ASSERT_EQUAL(rask_client_arrived(client, id, 1, 320, RASK_OK), 0);
    CU_ASSERT_STRING_EQUAL(taken(client, text), "RELEASE");
    client_drop(client);
}

static void a_lost_holder_is_reported_but_not_a_new_one(void)
{
    struct rask_client *client = client_new(0);
    uint64_t id = coming(client);
    fail_fetch(client, id, 1, RASK_ERR_PEER_LOST, "LOST");
    CU_ASSERT_EQUAL(where(client, id), RASK_PLACE_ASKED);
    client->has_woken = 0;
    tell_elsewhere(client, id, 2, 64);
    CU_ASSERT_EQUAL(client->has_woken, 1);
    want(client, id);
    tell_elsewhere(client, id, 3, 64);
    CU_ASSERT_EQUAL(where(client, id), RASK_PLACE_COMING);
    fail_fetch(client, id, 2, RASK_ERR_PEER_LOST, "");
    CU_ASSERT_EQUAL(where(client, id), RASK_PLACE_ELSEWHERE);
    client_drop(client);
}

/* The same worker computed it anew while the old bytes were being fetched. */
static void a_new_place_at_the_same_holder_is_not_reported(void)
{
    struct rask_client *client = client_new(0);
    uint64_t id = coming(client);
    tell_elsewhere(client, id, 1, 4096);
    fail_fetch(client, id, 1, RASK_ERR_OBJECT_LOST, "");
    CU_ASSERT_EQUAL(where(client, id), RASK_PLACE_ELSEWHERE);
    CU_ASSERT_EQUAL(rask_client_find(client, id)->offset, 4096);
    client_drop(client);
}

static void a_lost_result_that_cannot_be_computed_again_fails(void)
{
    struct rask_client *client = client_new(0);
    uint64_t pinned, id = coming(client);
    CU_ASSERT_EQUAL(rask_client_arrived(client, id, 1, 0, RASK_ERR_OBJECT_LOST), 0);
    client->has_woken = 0;
    tell_failed(client, id, RASK_ERR_OBJECT_LOST, "lost");
    CU_ASSERT_EQUAL(client->has_woken, 1);
    CU_ASSERT_EQUAL(rask_client_state(client, id), RASK_FUTURE_FAILED);
    CU_ASSERT_EQUAL(where(client, id), RASK_PLACE_NONE);
    rask_client_release(client, id, &pinned);
    CU_ASSERT_EQUAL(pinned, RASK_WIRE_NO_OFFSET);
    client_drop(client);
}

static void a_result_that_comes_inline_while_it_is_fetched_needs_no_pin(void)
{
    struct rask_client *client = client_new(0);
    char text[200];
    uint64_t pinned, id = coming(client);
    struct rask_msg_state m = {.task = id, .object = id, .holder = -1, .bytes = 2, .n_data = 2};
    m.data = (const uint8_t *)"ab";
    tell_state(client, &m);
    CU_ASSERT_EQUAL(where(client, id), RASK_PLACE_INLINE);
    rask_client_release(client, id, &pinned);
    CU_ASSERT_EQUAL(pinned, RASK_WIRE_NO_OFFSET);
    CU_ASSERT_STRING_EQUAL(taken(client, text), "");
    CU_ASSERT_EQUAL(rask_client_arrived(client, id, 1, 320, RASK_OK), 0);
    CU_ASSERT_STRING_EQUAL(taken(client, text), "RELEASE");
    client_drop(client);
}

static void without_memory_to_ask_the_reader_hears_it(void)
{
    struct rask_client *client = client_new(0);
    char text[200];
    uint64_t id = coming(client);
    CU_ASSERT_STRING_EQUAL(taken(client, text), "");
    rask_alloc_fail_at(1, 1);
    CU_ASSERT_EQUAL(rask_client_arrived(client, id, 1, 0, RASK_ERR_OBJECT_LOST), 0);
    rask_alloc_fail_at(0, 0);
    CU_ASSERT_EQUAL(where(client, id), RASK_PLACE_NO_ROOM);
    CU_ASSERT_STRING_EQUAL(taken(client, text), "");
    want(client, id);
    fail_fetch(client, id, 1, RASK_ERR_OBJECT_LOST, "LOST");
    client_drop(client);
}

static void a_fetch_that_could_not_begin_can_be_begun_again(void)
{
    struct rask_client *client = client_new(0);
    uint64_t id = coming(client);
    rask_client_unwant(client, rask_client_find(client, id));
    CU_ASSERT_EQUAL(where(client, id), RASK_PLACE_ELSEWHERE);
    want(client, id);
    CU_ASSERT_EQUAL(rask_client_arrived(client, id, 1, 128, RASK_OK), 1);
    CU_ASSERT_EQUAL(where(client, id), RASK_PLACE_HERE);
    client_drop(client);
}

static void without_room_it_can_be_asked_for_again(void)
{
    struct rask_client *client = client_new(0);
    uint64_t id = coming(client);
    CU_ASSERT_EQUAL(rask_client_arrived(client, id, 1, 0, RASK_ERR_MEMORY), 0);
    CU_ASSERT_EQUAL(where(client, id), RASK_PLACE_NO_ROOM);
    want(client, id);
    CU_ASSERT_EQUAL(rask_client_arrived(client, id, 1, 128, RASK_OK), 1);
    client_drop(client);
}

static void the_end_of_the_job_fails_what_is_pending(void)
{
    struct rask_client *client = client_new(0);
    struct rask_client_queue queue = {{0}, 0, 0};
    const struct rask_error error = {.code = RASK_ERR_PEER_LOST, .text = "rank 1 is gone"};
    uint64_t done = future(client), pending = future(client);
    tell_elsewhere(client, done, 1, 64);
    CU_ASSERT_EQUAL(rask_client_watch(client, pending, &queue), RASK_OK);
    rask_client_fail_all(client, &error);
    CU_ASSERT_EQUAL(rask_client_find(client, done)->state, RASK_FUTURE_DONE);
    CU_ASSERT_EQUAL(rask_client_find(client, pending)->state, RASK_FUTURE_FAILED);
    CU_ASSERT_STRING_EQUAL(
        ((const struct rask_error *)rask_client_find(client, pending)->data)->text,
        "rank 1 is gone");
    CU_ASSERT_EQUAL(queue.done.count, 1);
    rask_client_ids_release(&queue.done);
    client_drop(client);
}

/* After more futures than a run of hours makes, and with live ones far apart. */
static void futures_never_run_out(void)
{
    struct rask_client *client = client_new(0);
    const struct rask_error error = {.code = RASK_ERR_PEER_LOST, .text = "rank 1 is gone"};
    struct rask_client_queue queue = {{0}, 0, 0};
    uint64_t ids[40];
    for (int i = 0; i < 40; i++) {
        client->claims.next_sequence = UINT64_C(1) << (7 + i);
        ids[i] = future(client);
        CU_ASSERT_EQUAL(rask_client_watch(client, ids[i], &queue), RASK_OK);
    }
    for (int i = 0; i < 40; i++)
        CU_ASSERT_EQUAL(rask_client_state(client, ids[i]), RASK_FUTURE_PENDING);
    rask_client_fail_all(client, &error);
    for (int i = 0; i < 40; i++) {
        CU_ASSERT_EQUAL(rask_client_state(client, ids[i]), RASK_FUTURE_FAILED);
        CU_ASSERT_EQUAL(rask_client_next(&queue), ids[i]);
    }
    CU_ASSERT_EQUAL(rask_client_next(&queue), 0);
    rask_client_ids_release(&queue.done);
    client_drop(client);
}

static void a_queue_that_is_never_empty_does_not_grow(void)
{
    struct rask_client *client = client_new(0);
    struct rask_client_queue queue = {{0}, 0, 0};
    uint64_t pinned, expected = 0;
    for (int i = 0; i < 10000; i++) {
        uint64_t id = future(client);
        CU_ASSERT_EQUAL(rask_client_watch(client, id, &queue), RASK_OK);
        tell_elsewhere(client, id, 1, 64);
        if (i < 5)
            continue;
        uint64_t next = rask_client_next(&queue);
        CU_ASSERT(next > expected);
        expected = next;
        rask_client_release(client, next, &pinned);
    }
    CU_ASSERT(queue.done.capacity <= 64);
    rask_client_ids_release(&queue.done);
    client_drop(client);
}

/* A future once watched is told of, whatever memory there is when it finishes. */
static void a_watched_future_is_told_of_without_memory(void)
{
    struct rask_client *client = client_new(0);
    struct rask_client_queue queue = {{0}, 0, 0};
    uint64_t ids[100];
    for (int i = 0; i < 100; i++) {
        ids[i] = future(client);
        CU_ASSERT_EQUAL(rask_client_watch(client, ids[i], &queue), RASK_OK);
    }
    struct rask_buf buf = {0};
    struct rask_msg_state m = {.object = 7, .bytes = 1000, .holder = 1};
    for (int i = 0; i < 100; i++) {
        m.task = ids[i];
        rask_buf_clear(&buf);
        CU_ASSERT_EQUAL(rask_wire_put_state(&buf, &m), 0);
        rask_alloc_fail_at(1, 1);
        CU_ASSERT_EQUAL(rask_client_receive(client, buf.data, NULL), RASK_OK);
        rask_alloc_fail_at(0, 0);
    }
    for (int i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(rask_client_next(&queue), ids[i]);
    rask_buf_release(&buf);
    rask_client_ids_release(&queue.done);
    client_drop(client);
}

static void a_queue_that_is_gone_is_not_written_to(void)
{
    struct rask_client *client = client_new(0);
    struct rask_client_queue queue = {{0}, 0, 0};
    uint64_t id = future(client);
    CU_ASSERT_EQUAL(rask_client_watch(client, id, &queue), RASK_OK);
    CU_ASSERT_EQUAL(rask_client_watch(client, 12345, &queue), RASK_ERR_ARGUMENT);
    rask_client_unwatch(client, &queue);
    tell_elsewhere(client, id, 1, 64);
    CU_ASSERT_EQUAL(queue.done.count, 0);
    rask_client_ids_release(&queue.done);
    client_drop(client);
}

static void a_malformed_outcome_is_refused(void)
{
    struct rask_client *client = client_new(0);
    struct rask_error error;
    struct rask_buf buf = {0};
    uint64_t id = future(client);
    struct rask_msg_state m = {.task = id, .bytes = 8, .holder = -1};
    struct rask_msg_stop stop = {.exit_code = 0};
    CU_ASSERT_EQUAL(rask_wire_put_state(&buf, &m), 0);
    CU_ASSERT_EQUAL(rask_client_receive(client, buf.data, &error), RASK_ERR_PROTOCOL);
    CU_ASSERT(strstr(error.text, "STATE") != NULL);
    rask_buf_clear(&buf);
    CU_ASSERT_EQUAL(rask_wire_put_stop(&buf, &stop), 0);
    CU_ASSERT_EQUAL(rask_client_receive(client, buf.data, &error), RASK_ERR_PROTOCOL);
    rask_buf_release(&buf);
    client_drop(client);
}

static void names_what_is_broken(void)
{
    struct rask_client *client = client_new(0);
    struct rask_error error;
    uint64_t id = future(client);
    struct rask_claim *claim = rask_client_find(client, id);
    CU_ASSERT_EQUAL(rask_client_check(client, &error), RASK_OK);
    claim->place = RASK_PLACE_HERE;
    CU_ASSERT_EQUAL(rask_client_check(client, &error), RASK_ERR_INTERNAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "a future has a place while it is done"));
    claim->place = RASK_PLACE_NONE;
    client->n_pending++;
    CU_ASSERT_EQUAL(rask_client_check(client, &error), RASK_ERR_INTERNAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "counts its pending futures"));
    client->n_pending--;
    tell_elsewhere(client, id, 1, 640);
    CU_ASSERT_EQUAL(rask_client_want(client, id, claim), RASK_OK);
    CU_ASSERT_EQUAL(rask_client_check(client, &error), RASK_OK);
    claim->is_coming = 0;
    CU_ASSERT_EQUAL(rask_client_check(client, &error), RASK_ERR_INTERNAL);
    claim->is_coming = 1;
    CU_ASSERT_EQUAL(rask_client_check(client, &error), RASK_OK);
    client_drop(client);
}

RASK_UNIT_MAIN(
    "client", {"names what is broken", names_what_is_broken},
    {"ids carry the rank", ids_carry_the_rank_and_are_never_used_twice},
    {"inline results of any size", inline_results_of_any_size_are_kept},
    {"a failure keeps its story", a_failure_keeps_its_story_and_a_late_result_does_not_change_it},
    {"news of a released future", news_of_a_released_future_is_ignored},
    {"releases go out last", releases_go_out_after_what_was_submitted},
    {"what arrives is pinned", a_result_that_arrives_is_pinned_until_released},
    {"released while it is fetched", a_future_released_while_it_is_fetched_is_told_of_later},
    {"a lost holder is reported", a_lost_holder_is_reported_but_not_a_new_one},
    {"a new place at the same holder", a_new_place_at_the_same_holder_is_not_reported},
    {"lost for good", a_lost_result_that_cannot_be_computed_again_fails},
    {"inline while it is fetched", a_result_that_comes_inline_while_it_is_fetched_needs_no_pin},
    {"no memory to ask", without_memory_to_ask_the_reader_hears_it},
    {"a fetch that could not begin", a_fetch_that_could_not_begin_can_be_begun_again},
    {"futures never run out", futures_never_run_out},
    {"a queue never empty", a_queue_that_is_never_empty_does_not_grow},
    {"told of without memory", a_watched_future_is_told_of_without_memory},
    {"no room: asked for again", without_room_it_can_be_asked_for_again},
    {"the end of the job", the_end_of_the_job_fails_what_is_pending},
    {"a queue that is gone", a_queue_that_is_gone_is_not_written_to},
    {"a malformed outcome is refused", a_malformed_outcome_is_refused})
