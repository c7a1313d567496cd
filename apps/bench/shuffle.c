/* SPDX-License-Identifier: BSD-3-Clause */
/* shuffle.c: n blocks become n others, each of the others made of one part of every block: n tasks
 * that make and n that take. Beside it, in the same run, n tasks that copy a block each, which is
 * what the memory of these cores allows. Timed from the submit of the takers, or copiers, to the
 * last one's end; blocks lie where they were made, spread over the workers. */
#include "bench.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"

#include <string.h>

#define DEFAULT_BYTES (UINT64_C(256) << 20)
#define N_BLOCKS 64u

static int bench_fill(struct rask_task *task)
{
    const uint64_t *bytes = RASK_INPUT(task, 0, uint64_t), *number = RASK_INPUT(task, 1, uint64_t);
    uint8_t *block = bytes == NULL || number == NULL ? NULL : rask_task_result(task, *bytes);
    if (block == NULL)
        return 1;
    memset(block, (int)(*number + 1), (size_t)*bytes);
    return 0;
}
RASK_TASK(bench_fill)

/* All inputs, one after the other. */
static int bench_join(struct rask_task *task)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < rask_task_input_count(task); i++)
        bytes += rask_task_input(task, i).bytes;
    uint8_t *at = rask_task_result(task, bytes);
    if (at == NULL)
        return 1;
    for (size_t i = 0; i < rask_task_input_count(task); i++) {
        struct rask_view part = rask_task_input(task, i);
        memcpy(at, part.data, (size_t)part.bytes);
        at += part.bytes;
    }
    return 0;
}
RASK_TASK(bench_join)

struct shuffle {
    struct bench *bench;
    uint64_t part_bytes;
    struct rask_future blocks[N_BLOCKS], others[N_BLOCKS];
    struct bench_times shuffles, copies;
};

static rask_status make_blocks(struct shuffle *shuffle)
{
    struct bench *bench = shuffle->bench;
    const uint64_t bytes = shuffle->part_bytes * N_BLOCKS;
    const struct rask_call_options options = {.size = sizeof options, .is_producer = 1};
    rask_status status = RASK_OK;
    for (uint64_t i = 0; i < N_BLOCKS && status == RASK_OK; i++)
        status = rask_submit(bench->rask,
                             RASK_CALL_WITH(&options, bench_fill, RASK_VALUE(bytes), RASK_VALUE(i)),
                             &shuffle->blocks[i], &bench->error);
    return status == RASK_OK ? bench_wait(bench, shuffle->blocks, N_BLOCKS) : status;
}

/* Part `number` of every block, or block `number` as it is. */
static rask_status submit_one(struct shuffle *shuffle, uint32_t number, int is_shuffling)
{
    struct bench *bench = shuffle->bench;
    struct rask_input inputs[N_BLOCKS] = {rask_input_result(shuffle->blocks[number])};
    for (uint32_t i = 0; i < N_BLOCKS && is_shuffling; i++)
        inputs[i] =
            rask_input_part(shuffle->blocks[i], number * shuffle->part_bytes, shuffle->part_bytes);
    const struct rask_call call = {
        .function = bench_join, .inputs = inputs, .n_inputs = is_shuffling ? N_BLOCKS : 1};
    return rask_submit(bench->rask, &call, &shuffle->others[number], &bench->error);
}

/* Each of the others holds a byte of each block, in order. */
static rask_status check(struct shuffle *shuffle)
{
    struct bench *bench = shuffle->bench;
    struct rask_view view;
    rask_status status =
        rask_result(bench->rask, shuffle->others[N_BLOCKS - 1], RASK_FOREVER, &view, &bench->error);
    for (uint32_t i = 0; i < N_BLOCKS && status == RASK_OK; i++)
        if (((const uint8_t *)view.data)[i * shuffle->part_bytes] != (uint8_t)(i + 1))
            status =
                rask_error_set(&bench->error, RASK_ERR_INTERNAL, "a block has the wrong parts");
    return status;
}

static rask_status run(struct shuffle *shuffle, int is_shuffling)
{
    struct bench *bench = shuffle->bench;
    uint64_t begin_ns = rask_now_ns();
    rask_status status = RASK_OK;
    for (uint32_t i = 0; i < N_BLOCKS && status == RASK_OK; i++)
        status = submit_one(shuffle, i, is_shuffling);
    if (status == RASK_OK)
        status = bench_wait(bench, shuffle->others, N_BLOCKS);
    bench_add(is_shuffling ? &shuffle->shuffles : &shuffle->copies, begin_ns);
    if (status == RASK_OK && is_shuffling)
        status = check(shuffle);
    rask_release(bench->rask, shuffle->others, N_BLOCKS);
    memset(shuffle->others, 0, sizeof shuffle->others);
    return status;
}

static rask_status print(struct shuffle *shuffle, uint64_t bytes)
{
    double rate = (double)bytes / bench_median(&shuffle->shuffles);
    double copied = (double)bytes / bench_median(&shuffle->copies);
    const struct bench_figure figures[] = {{"bytes", (double)bytes},
                                           {"blocks", N_BLOCKS},
                                           {"bytes_per_s", rate},
                                           {"memcpy_bytes_per_s", copied}};
    return bench_print(shuffle->bench,
                       &(struct bench_line){.name = "shuffle",
                                            .tasks = UINT64_C(2) * N_BLOCKS,
                                            .times = &shuffle->shuffles,
                                            .figures = figures,
                                            .n_figures = sizeof figures / sizeof *figures});
}

rask_status bench_shuffle(struct bench *bench)
{
    uint64_t bytes = bench->options->bytes == 0 ? DEFAULT_BYTES : bench->options->bytes;
    uint64_t part_bytes = bytes / N_BLOCKS / N_BLOCKS;
    struct shuffle *shuffle = rask_alloc_zeroed(1, sizeof *shuffle);
    if (shuffle == NULL)
        return rask_error_memory(&bench->error, sizeof *shuffle, "a shuffle");
    shuffle->bench = bench;
    shuffle->part_bytes = part_bytes == 0 ? 1 : part_bytes;
    rask_status status = make_blocks(shuffle);
    if (status == RASK_OK)
        status = run(shuffle, 1); /* touches the memory that the results will use again */
    shuffle->shuffles.n = 0;
    while (status == RASK_OK && bench_is_due(bench, &shuffle->shuffles)) {
        status = run(shuffle, 1);
        if (status == RASK_OK)
            status = run(shuffle, 0);
    }
    if (status == RASK_OK)
        status = print(shuffle, shuffle->part_bytes * N_BLOCKS * N_BLOCKS);
    rask_release(bench->rask, shuffle->blocks, N_BLOCKS);
    rask_free(shuffle);
    return status;
}
