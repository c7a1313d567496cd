/* SPDX-License-Identifier: BSD-3-Clause */
/* transfer.c: an object made on one worker and used on another: from the submit of the task that
 * needs it to that task's end, but for the time in which the task reads the object. Beside it, in
 * the same run, a bare MPI_Rget and a memcpy of that size. With two ranks the other worker is rank
 * 0, as a worker or as the client that reads the result. Alone, and between ranks of a node, the
 * object is used where it lies and nothing moves. */
#include "bench.h"

#include "api/measure.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

#define DEFAULT_BYTES (UINT64_C(16) << 20)
#define PAGE_BYTES 4096u

/* Reads a byte of each page; 0 pages give 0. */
static uint64_t touch(const void *data, uint64_t bytes)
{
    uint64_t sum = 0;
    for (uint64_t at = 0; at < bytes; at += PAGE_BYTES)
        sum += ((const volatile uint8_t *)data)[at];
    return sum;
}

static int bench_make(struct rask_task *task)
{
    const uint64_t *bytes = RASK_INPUT(task, 0, uint64_t);
    void *room = bytes == NULL ? NULL : rask_task_result(task, *bytes);
    if (room == NULL)
        return 1;
    memset(room, 1, (size_t)*bytes);
    return 0;
}
RASK_TASK(bench_make)

/* What a user of an object tells. */
struct used {
    uint64_t sum, reading_ns;
};

static struct used read_object(struct rask_view object)
{
    uint64_t begin_ns = rask_now_ns();
    struct used used = {.sum = touch(object.data, object.bytes)};
    used.reading_ns = rask_now_ns() - begin_ns;
    return used;
}

static int bench_use(struct rask_task *task)
{
    struct used used = read_object(rask_task_input(task, 0));
    return rask_task_return(task, &used, sizeof used);
}
RASK_TASK(bench_use)

/* The bytes that this rank has fetched so far. */
static int bench_count_fetched(struct rask_task *task)
{
    uint64_t bytes = rask_counter(rask_task_runtime(task), "get_bytes");
    return rask_task_return(task, &bytes, sizeof bytes);
}
RASK_TASK(bench_count_fetched)

struct transfer {
    struct bench *bench;
    uint64_t bytes;
    int32_t from, to;
    int is_by_client; /* rank 0 does not work: the client uses the object */
    uint8_t *source, *target; /* of the memcpy; the bare get's target */
    struct bench_times moves, copies, gets;
};

/* The client uses the object. */
static rask_status use_here(struct transfer *transfer, struct rask_future object, struct used *used)
{
    struct bench *bench = transfer->bench;
    struct rask_view view;
    rask_status status = rask_result(bench->rask, object, RASK_FOREVER, &view, &bench->error);
    if (status == RASK_OK)
        *used = read_object(view);
    return status;
}

/* A task on the other worker; its result. */
static rask_status run_there(const struct transfer *transfer, struct rask_call call, void *result,
                             size_t bytes)
{
    struct bench *bench = transfer->bench;
    const struct rask_call_options there = {
        .size = sizeof there, .ranks = &transfer->to, .n_ranks = 1};
    struct rask_future future;
    struct rask_view view;
    call.options = &there;
    rask_status status = rask_submit(bench->rask, &call, &future, &bench->error);
    if (status != RASK_OK)
        return status;
    status = rask_result(bench->rask, future, RASK_FOREVER, &view, &bench->error);
    if (status == RASK_OK)
        memcpy(result, view.data, bytes);
    rask_release(bench->rask, &future, 1);
    return status;
}

static rask_status use(struct transfer *transfer, struct rask_future object)
{
    struct bench *bench = transfer->bench;
    uint64_t n_pages = (transfer->bytes + PAGE_BYTES - 1) / PAGE_BYTES, begin_ns = rask_now_ns();
    struct used used = {0};
    rask_status status =
        transfer->is_by_client
            ? use_here(transfer, object, &used)
            : run_there(transfer, *RASK_CALL(bench_use, RASK_RESULT(object)), &used, sizeof used);
    if (status == RASK_OK && used.sum != n_pages)
        status = rask_error_set(&bench->error, RASK_ERR_INTERNAL, "the object has wrong bytes");
    bench_add(&transfer->moves, begin_ns + used.reading_ns);
    return status;
}

static void compare(struct transfer *transfer, struct rask_future object)
{
    uint64_t duration_ns = 0, begin_ns = rask_now_ns();
    memcpy(transfer->target, transfer->source, (size_t)transfer->bytes);
    bench_add(&transfer->copies, begin_ns);
    (void)touch(transfer->target, transfer->bytes);
    if (!transfer->is_by_client && transfer->to == transfer->from)
        return;
    if (rask_measure_raw_get(transfer->bench->rask, object, transfer->target, &duration_ns) ==
        RASK_OK)
        transfer->gets.seconds[transfer->gets.n++] = 1e-9 * (double)duration_ns;
}

static rask_status repeat(struct transfer *transfer)
{
    struct bench *bench = transfer->bench;
    const struct rask_call_options there = {
        .size = sizeof there, .ranks = &transfer->from, .n_ranks = 1};
    struct rask_future object;
    rask_status status =
        rask_submit(bench->rask, RASK_CALL_WITH(&there, bench_make, RASK_VALUE(transfer->bytes)),
                    &object, &bench->error);
    if (status != RASK_OK)
        return status;
    status = bench_wait(bench, &object, 1);
    if (status == RASK_OK && rask_future_state(bench->rask, object) != RASK_FUTURE_DONE)
        status = rask_result(bench->rask, object, RASK_FOREVER, NULL, &bench->error);
    if (status == RASK_OK)
        compare(transfer, object);
    if (status == RASK_OK)
        status = use(transfer, object);
    rask_release(bench->rask, &object, 1);
    return status;
}

static double rate(const struct transfer *transfer, const struct bench_times *times)
{
    return times->n == 0 ? (double)NAN : (double)transfer->bytes / bench_median(times);
}

/* What the user's rank has fetched so far. */
static rask_status count_fetched(const struct transfer *transfer, uint64_t *bytes)
{
    *bytes = rask_counter(transfer->bench->rask, "get_bytes");
    return transfer->to == 0
               ? RASK_OK
               : run_there(transfer, *RASK_CALL(bench_count_fetched), bytes, sizeof *bytes);
}

static rask_status print(struct transfer *transfer, uint64_t fetched_bytes)
{
    double moved = (double)fetched_bytes / (double)transfer->moves.n;
    const struct bench_figure figures[] = {
        {"bytes", (double)transfer->bytes},
        {"moved_bytes", moved},
        {"bytes_per_s", moved > 0 ? rate(transfer, &transfer->moves) : (double)NAN},
        {"raw_get_bytes_per_s", rate(transfer, &transfer->gets)},
        {"memcpy_bytes_per_s", rate(transfer, &transfer->copies)},
        {"from_rank", transfer->from},
        {"to_rank", transfer->to}};
    return bench_print(transfer->bench,
                       &(struct bench_line){.name = "transfer",
                                            .tasks = 2,
                                            .times = &transfer->moves,
                                            .figures = figures,
                                            .n_figures = sizeof figures / sizeof *figures});
}

rask_status bench_transfer(struct bench *bench)
{
    int32_t n_ranks = rask_rank_count(bench->rask);
    struct transfer transfer = {.bench = bench,
                                .bytes = bench->options->bytes == 0 ? DEFAULT_BYTES
                                                                    : bench->options->bytes,
                                .from = n_ranks > 1 ? 1 : 0,
                                .to = n_ranks > 2 ? 2 : 0};
    transfer.is_by_client = n_ranks == 2 && rask_worker_count(bench->rask) == 1;
    transfer.source = rask_alloc_aligned(64, (size_t)transfer.bytes);
    transfer.target = rask_alloc_aligned(64, (size_t)transfer.bytes);
    rask_status status = RASK_OK;
    if (transfer.source == NULL || transfer.target == NULL) {
        status = rask_error_memory(&bench->error, 2 * transfer.bytes, "buffers");
    } else {
        memset(transfer.source, 1, (size_t)transfer.bytes);
        memset(transfer.target, 2, (size_t)transfer.bytes);
    }
    uint64_t before_bytes = 0, after_bytes = 0;
    if (status == RASK_OK)
        status = count_fetched(&transfer, &before_bytes);
    while (status == RASK_OK && bench_is_due(bench, &transfer.moves))
        status = repeat(&transfer);
    if (status == RASK_OK)
        status = count_fetched(&transfer, &after_bytes);
    if (status == RASK_OK)
        status = print(&transfer, after_bytes - before_bytes);
    rask_free(transfer.source);
    rask_free(transfer.target);
    return status;
}
