/* SPDX-License-Identifier: BSD-3-Clause */
/* loop_test.c: the loop of a worker rank between a transport that does what the test says and the
 * worker: what becomes of an object to be fetched when its gets fail, early, late or in part. */
#include "unit.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "comm/loop.h"
#include "wire/call.h"

#include <string.h>

#define BYTES 1000

/* A transport that carries nothing: what arrives and how gets end is the test's. */
struct wire {
    struct rask_comm base;
    struct rask_bell bell;
    struct rask_buf arriving, sent;
    rask_status starts[2]; /* of the header's get and the payload's */
    struct rask_comm_get gets[2];
    int n_gets; /* asked for */
    rask_status end; /* of all gets that have started; RASK_PENDING: not yet */
    uint64_t object; /* what lies at the holder's address */
};

static struct wire wire;
static struct rask_loop loop;
static struct rask_registry *registry;

static rask_status send(struct rask_comm *comm, int32_t rank, const uint8_t *bytes, size_t size)
{
    (void)comm;
    CU_ASSERT_EQUAL(rank, 0);
    return rask_buf_append(&wire.sent, bytes, size) == 0 ? RASK_OK : RASK_ERR_MEMORY;
}

/* The header of an object that is well, and zeros. */
static void deliver(const struct rask_comm_get *get, size_t index)
{
    struct rask_object_header header = {
        .magic = RASK_OBJECT_MAGIC, .id = wire.object, .bytes = BYTES};
    memset(get->local, 0, get->bytes);
    if (index == 0)
        memcpy(get->local, &header, sizeof header);
}

static int poll(struct rask_comm *comm, const struct rask_comm_handler *handler)
{
    int n = 0;
    (void)comm;
    if (wire.arriving.size != 0) {
        struct rask_buf batch = wire.arriving;
        wire.arriving = (struct rask_buf){0};
        handler->on_batch(handler->context, 0, batch.data, batch.size);
        rask_buf_release(&batch);
        n++;
    }
    for (int i = 0; i < wire.n_gets && wire.end != RASK_PENDING; i++) {
        if (wire.starts[i] != RASK_OK)
            continue;
        if (wire.end == RASK_OK)
            deliver(&wire.gets[i], (size_t)i);
        handler->on_got(handler->context, wire.gets[i].request, wire.end);
        n++;
    }
    if (wire.end != RASK_PENDING)
        wire.n_gets = 0;
    return n;
}

static rask_status get(struct rask_comm *comm, const struct rask_comm_get *wanted)
{
    (void)comm;
    CU_ASSERT_FATAL(wire.n_gets < 2);
    wire.gets[wire.n_gets] = *wanted;
    return wire.starts[wire.n_gets++];
}

static const struct rask_comm_ops ops = {.send = send, .poll = poll, .get = get};

static int take_back(void *context, struct rask_task *task)
{
    (void)context;
    return rask_exec_take_back(&loop.exec, task);
}

/* A worker rank; rank 0 is the test. */
static void setup(void)
{
    struct rask_error error;
    memset(&wire, 0, sizeof wire);
    memset(&loop, 0, sizeof loop);
    wire.base = (struct rask_comm){.ops = &ops, .caps = {.rank = 2, .n_ranks = 3}};
    wire.base.bell = &wire.bell;
    wire.end = RASK_PENDING;
    wire.object = 101;
    loop.comm = &wire.base;
    CU_ASSERT_EQUAL_FATAL(rask_registry_new(rask_registry_entries(), &registry, &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_store_new(1 << 20, &loop.store, &error), RASK_OK);
    loop.exec.registry = registry;
    loop.exec.store = loop.store;
    loop.exec.n_slots = 1;
    CU_ASSERT_EQUAL_FATAL(rask_exec_init(&loop.exec, &error), RASK_OK);
    const struct rask_worker_config config = {.rank = 2,
                                              .n_slots = 1,
                                              .payloads = (uint8_t *)rask_store_base(loop.store) +
                                                          RASK_OBJECT_HEADER_BYTES,
                                              .take_back = take_back};
    CU_ASSERT_EQUAL_FATAL(rask_worker_init(&loop.worker, &config, &error), RASK_OK);
    rask_client_init(&loop.client, 2);
    CU_ASSERT_EQUAL_FATAL(rask_loop_init(&loop, &error), RASK_OK);
    CU_ASSERT(rask_loop_try(&loop, 1) >= 0); /* HELLO */
    rask_buf_clear(&wire.sent);
}

static void teardown(void)
{
    CU_ASSERT_EQUAL(loop.status, RASK_OK);
    struct rask_store *store = loop.store;
    rask_loop_release(&loop);
    rask_store_free(store);
    rask_registry_free(registry);
    rask_buf_release(&wire.arriving);
    rask_buf_release(&wire.sent);
}

/* A task comes that needs object 101 of rank 1. */
static void assign(void)
{
    const uint32_t call[2] = {1, RASK_CALL_RESULT};
    const struct rask_wire_input input = {101, 64, BYTES, 1, 0};
    const struct rask_msg_run m = {.task = 1000,
                                   .slot = 1,
                                   .epoch = 1,
                                   .call = (const uint8_t *)call,
                                   .n_call = sizeof call,
                                   .input = &input,
                                   .n_input = 1};
    CU_ASSERT_EQUAL(rask_wire_put_run(&wire.arriving, &m), 0);
    CU_ASSERT(rask_loop_try(&loop, 1) >= 0);
}

static void turn(void)
{
    CU_ASSERT(rask_loop_try(&loop, 1) >= 0);
}

/* The name of the first message that was sent since the last look; "" if none was. */
static const char *sent(void)
{
    if (wire.sent.size == 0)
        return "";
    const char *name = rask_wire_name(rask_wire_id(wire.sent.data));
    rask_buf_clear(&wire.sent);
    return name;
}

static uint64_t n_objects(void)
{
    struct rask_store_usage usage;
    rask_store_usage(loop.store, &usage);
    return usage.n_objects;
}

static void an_object_that_has_come_is_announced_and_its_task_ready(void)
{
    setup();
    assign();
    CU_ASSERT_STRING_EQUAL(sent(), "");
    wire.end = RASK_OK;
    turn();
    CU_ASSERT_STRING_EQUAL(sent(), "HAVE");
    CU_ASSERT(rask_exec_has_work(&loop.exec));
    CU_ASSERT_EQUAL(n_objects(), 1);
    teardown();
}

/* The transport knows already that the holder is gone; it tells the scheduler by itself. */
static void a_get_that_cannot_start_is_a_missing_object(void)
{
    for (int part = 0; part < 2; part++) {
        setup();
        wire.starts[part] = RASK_ERR_PEER_LOST;
        assign();
        wire.end = RASK_OK;
        turn();
        CU_ASSERT_STRING_EQUAL(sent(), "MISSING");
        CU_ASSERT_EQUAL(loop.worker.n_assigned, 0);
        teardown();
    }
}

static void a_get_without_memory_fails_the_task_alone(void)
{
    for (int part = 0; part < 2; part++) {
        setup();
        wire.starts[part] = RASK_ERR_MEMORY;
        assign();
        wire.end = RASK_OK;
        turn();
        CU_ASSERT_STRING_EQUAL(sent(), "ERRED");
        CU_ASSERT_EQUAL(loop.worker.n_assigned, 0);
        CU_ASSERT_EQUAL(n_objects(), 0);
        teardown();
    }
}

/* What is in the way may have been released already. */
static void a_fetch_without_room_waits_for_it(void)
{
    setup();
    uint64_t offset = rask_store_take(loop.store, 7, (1 << 20) - 2 * RASK_OBJECT_HEADER_BYTES);
    CU_ASSERT_NOT_EQUAL_FATAL(offset, RASK_STORE_NONE);
    assign();
    CU_ASSERT_STRING_EQUAL(sent(), "");
    rask_store_give(loop.store, offset);
    turn();
    wire.end = RASK_OK;
    turn();
    CU_ASSERT(rask_exec_has_work(&loop.exec));
    teardown();
}

/* Nor does it wait for ever. */
static void a_fetch_that_finds_no_room_fails_the_task(void)
{
    setup();
    uint64_t offset = rask_store_take(loop.store, 7, (1 << 20) - 2 * RASK_OBJECT_HEADER_BYTES);
    CU_ASSERT_NOT_EQUAL_FATAL(offset, RASK_STORE_NONE);
    assign();
    while (loop.worker.n_assigned != 0)
        turn();
    CU_ASSERT_STRING_EQUAL(sent(), "ERRED");
    CU_ASSERT_EQUAL(n_objects(), 1);
    teardown();
}

/* The network may write there as long as the process lives. */
static void the_place_of_a_get_from_a_lost_rank_is_not_used_again(void)
{
    setup();
    assign();
    wire.end = RASK_ERR_PEER_LOST;
    turn();
    CU_ASSERT_STRING_EQUAL(sent(), "MISSING");
    CU_ASSERT_EQUAL(n_objects(), 1);
    CU_ASSERT_EQUAL(loop.gets.count, 1);
    teardown();
}

static void another_object_at_the_address_is_a_missing_object(void)
{
    setup();
    wire.object = 102;
    assign();
    wire.end = RASK_OK;
    turn();
    CU_ASSERT_STRING_EQUAL(sent(), "MISSING");
    CU_ASSERT_EQUAL(n_objects(), 0);
    teardown();
}

RASK_UNIT_MAIN("loop",
               {"an object that has come", an_object_that_has_come_is_announced_and_its_task_ready},
               {"a get that cannot start", a_get_that_cannot_start_is_a_missing_object},
               {"a get without memory", a_get_without_memory_fails_the_task_alone},
               {"a fetch without room", a_fetch_without_room_waits_for_it},
               {"a fetch that finds none", a_fetch_that_finds_no_room_fails_the_task},
               {"a get from a lost rank", the_place_of_a_get_from_a_lost_rank_is_not_used_again},
               {"another object there", another_object_at_the_address_is_a_missing_object})
