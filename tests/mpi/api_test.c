/* SPDX-License-Identifier: BSD-3-Clause */
/* api_test.c: the public interface over ranks: the same program gives the same answers on 1 to 8 of
 * them, results travel between workers without passing rank 0, errors tell where they happened.
 * Rank 0 prints TAP. */
#include <rask.h>

#include "api/measure.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_LEAVES 64
#define BLOCK 20000

static struct tap tap;

static int block(struct rask_task *task)
{
    const int64_t *first = RASK_INPUT(task, 0, int64_t);
    int64_t *numbers = rask_task_result(task, BLOCK * sizeof *numbers);
    if (first == NULL || numbers == NULL)
        return 1;
    for (int64_t i = 0; i < BLOCK; i++)
        numbers[i] = *first + i;
    return 0;
}
RASK_TASK(block)

static int add_blocks(struct rask_task *task)
{
    int64_t *sums = rask_task_result(task, BLOCK * sizeof *sums);
    if (sums == NULL)
        return 1;
    memset(sums, 0, BLOCK * sizeof *sums);
    for (size_t k = 0; k < rask_task_input_count(task); k++) {
        const int64_t *numbers = rask_task_input(task, k).data;
        for (int i = 0; i < BLOCK; i++)
            sums[i] += numbers[i];
    }
    return 0;
}
RASK_TASK(add_blocks)

static int my_rank(struct rask_task *task)
{
    int32_t rank = rask_task_rank(task);
    return rask_task_return(task, &rank, sizeof rank);
}
RASK_TASK(my_rank)

static int refuse(struct rask_task *task)
{
    return rask_task_fail(task, RASK_ERR_TASK, "no such grid point: %d", 42);
}
RASK_TASK(refuse)

static int pass_on(struct rask_task *task)
{
    struct rask_view input = rask_task_input(task, 0);
    return rask_task_return(task, input.data, input.bytes);
}
RASK_TASK(pass_on)

static int fibonacci(struct rask_task *task)
{
    const int64_t *n = RASK_INPUT(task, 0, int64_t);
    struct rask *rask = rask_task_runtime(task);
    struct rask_future futures[2];
    int64_t sum = n == NULL ? 0 : *n;
    for (int64_t i = 0; n != NULL && *n >= 2 && i < 2; i++) {
        int64_t smaller = *n - 1 - i;
        if (rask_submit(rask, RASK_CALL(fibonacci, RASK_VALUE(smaller)), &futures[i], NULL) !=
            RASK_OK)
            return 1;
    }
    if (n != NULL && *n >= 2) {
        struct rask_view views[2];
        if (rask_gather(rask, futures, 2, views, NULL) != RASK_OK)
            return 1;
        sum = *(const int64_t *)views[0].data + *(const int64_t *)views[1].data;
        rask_release(rask, futures, 2);
    }
    return rask_task_return(task, &sum, sizeof sum);
}
RASK_TASK(fibonacci)

/* A binary tree of element-wise sums over blocks that are too large to travel in messages. */
static void test_tree(struct rask *rask)
{
    struct rask_future level[N_LEAVES];
    struct rask_view view = {NULL, 0};
    int is_ok = 1;
    for (int64_t i = 0; i < N_LEAVES; i++)
        is_ok &= rask_submit(rask, RASK_CALL(block, RASK_VALUE(i)), &level[i], NULL) == RASK_OK;
    for (int n = N_LEAVES / 2; n >= 1; n /= 2) {
        for (int i = 0; i < n; i++) {
            struct rask_future parents[2] = {level[2 * i], level[2 * i + 1]};
            is_ok &=
                rask_submit(rask,
                            RASK_CALL(add_blocks, RASK_RESULT(parents[0]), RASK_RESULT(parents[1])),
                            &level[i], NULL) == RASK_OK;
            rask_release(rask, parents, 2);
        }
    }
    is_ok &= rask_result(rask, level[0], RASK_FOREVER, &view, NULL) == RASK_OK &&
             view.bytes == BLOCK * 8;
    for (int64_t i = 0; is_ok && i < BLOCK; i++)
        is_ok = ((const int64_t *)view.data)[i] == N_LEAVES * i + N_LEAVES * (N_LEAVES - 1) / 2;
    tap_check(&tap, is_ok, "a tree of large results gives the right sums");
    rask_release(rask, level, 1);
    tap_check(&tap, rask_counter(rask, "get_bytes_rank0_relayed") == 0,
              "rank 0 carried no bytes between workers");
}

/* Rank 0 has read the result of one worker before another one uses it. */
static void test_read_first(struct rask *rask)
{
    int32_t last = rask_rank_count(rask) - 1, other = 1;
    struct rask_call_options there = {.size = sizeof there, .ranks = &last, .n_ranks = 1};
    struct rask_call_options elsewhere = {.size = sizeof elsewhere, .ranks = &other, .n_ranks = 1};
    struct rask_future made, used;
    struct rask_view view = {NULL, 0};
    int64_t first = 9;
    if (last < 2)
        return;
    int is_ok = rask_submit(rask, RASK_CALL_WITH(&there, block, RASK_VALUE(first)), &made, NULL) ==
                    RASK_OK &&
                rask_result(rask, made, RASK_FOREVER, &view, NULL) == RASK_OK &&
                rask_submit(rask, RASK_CALL_WITH(&elsewhere, pass_on, RASK_RESULT(made)), &used,
                            NULL) == RASK_OK &&
                rask_result(rask, used, RASK_FOREVER, &view, NULL) == RASK_OK &&
                view.bytes == BLOCK * 8;
    for (int64_t i = 0; is_ok && i < BLOCK; i++)
        is_ok = ((const int64_t *)view.data)[i] == first + i;
    tap_check(&tap, is_ok, "a result that rank 0 has read is right on another worker");
    tap_check(&tap, rask_counter(rask, "get_bytes_rank0_relayed") == 0,
              "a copy on rank 0 serves rank 0 alone");
    rask_release(rask, &made, 1);
    rask_release(rask, &used, 1);
}

static void test_everywhere(struct rask *rask)
{
    int32_t n = rask_worker_count(rask);
    struct rask_future *futures = calloc((size_t)n, sizeof *futures);
    int is_ok = futures != NULL && rask_run_everywhere(rask, RASK_CALL(my_rank, RASK_BUFFER("", 0)),
                                                       futures, NULL) == RASK_OK;
    int32_t last = -1;
    for (int32_t i = 0; is_ok && i < n; i++) {
        struct rask_view view;
        is_ok = rask_result(rask, futures[i], RASK_FOREVER, &view, NULL) == RASK_OK &&
                *(const int32_t *)view.data > last;
        last = is_ok ? *(const int32_t *)view.data : last;
    }
    tap_check(&tap, is_ok, "run_everywhere runs once on each worker, in rank order");
    tap_check(&tap, rask_rank_count(rask) == 1 || last == rask_rank_count(rask) - 1,
              "the last rank is a worker");
    rask_release(rask, futures, (size_t)n);
    free(futures);
}

static void test_error(struct rask *rask)
{
    int32_t last = rask_rank_count(rask) - 1;
    struct rask_call_options there = {.size = sizeof there, .ranks = &last, .n_ranks = 1};
    struct rask_future bad, after;
    struct rask_error error;
    int is_ok = rask_submit(rask, RASK_CALL_WITH(&there, refuse, RASK_BUFFER("", 0)), &bad, NULL) ==
                    RASK_OK &&
                rask_submit(rask, RASK_CALL(pass_on, RASK_RESULT(bad)), &after, NULL) == RASK_OK;
    tap_check(&tap,
              is_ok && rask_result(rask, bad, RASK_FOREVER, NULL, &error) == RASK_ERR_TASK &&
                  error.rank == last && strcmp(error.function, "refuse") == 0 &&
                  strstr(error.text, "grid point: 42") != NULL,
              "an error tells rank, function and text");
    tap_check(&tap,
              is_ok &&
                  rask_result(rask, after, RASK_FOREVER, NULL, &error) == RASK_ERR_DEPENDENCY &&
                  error.rank == last && strcmp(error.function, "refuse") == 0,
              "what depends on it fails with the story of the task at fault");
    rask_release(rask, &bad, 1);
    rask_release(rask, &after, 1);
}

static void test_scatter(struct rask *rask)
{
    static char data[100000];
    struct rask_scatter_options everywhere = {.size = sizeof everywhere, .is_broadcast = 1};
    struct rask_view source = {data, sizeof data}, view;
    struct rask_future future, copies[16];
    memset(data, 'x', sizeof data);
    int is_ok = rask_scatter(rask, source, &everywhere, &future, NULL) == RASK_OK;
    for (int i = 0; i < 16; i++)
        is_ok &=
            rask_submit(rask, RASK_CALL(pass_on, RASK_RESULT(future)), &copies[i], NULL) == RASK_OK;
    rask_release(rask, &future, 1);
    for (int i = 0; is_ok && i < 16; i++)
        is_ok = rask_result(rask, copies[i], RASK_FOREVER, &view, NULL) == RASK_OK &&
                view.bytes == sizeof data && memcmp(view.data, data, sizeof data) == 0;
    tap_check(&tap, is_ok, "scattered data reaches every task whole");
    rask_release(rask, copies, 16);
}

static void test_nested(struct rask *rask)
{
    int64_t n = 10;
    struct rask_future future;
    struct rask_view view = {NULL, 0};
    int is_ok = rask_submit(rask, RASK_CALL(fibonacci, RASK_VALUE(n)), &future, NULL) == RASK_OK &&
                rask_result(rask, future, RASK_FOREVER, &view, NULL) == RASK_OK;
    tap_check(&tap, is_ok && *(const int64_t *)view.data == 55,
              "tasks submit tasks on every rank and wait for them");
    rask_release(rask, &future, 1);
}

/* The bench's bare read past all machines gives the same bytes; alone there is nobody to read from.
 */
static void test_raw_get(struct rask *rask)
{
    int32_t last = rask_rank_count(rask) - 1;
    struct rask_call_options there = {.size = sizeof there, .ranks = &last, .n_ranks = 1};
    struct rask_future future;
    int64_t first = 7, *local = calloc(BLOCK, sizeof *local);
    uint64_t duration_ns = 0;
    int is_ok = local != NULL &&
                rask_submit(rask, RASK_CALL_WITH(&there, block, RASK_VALUE(first)), &future,
                            NULL) == RASK_OK &&
                rask_wait(rask, &future, 1, RASK_FOREVER) == RASK_OK;
    rask_status status =
        is_ok ? rask_measure_raw_get(rask, future, local, &duration_ns) : RASK_ERR_STATE;
    for (int64_t i = 0; status == RASK_OK && is_ok && i < BLOCK; i++)
        is_ok = local[i] == first + i;
    tap_check(&tap, is_ok && (status == RASK_ERR_UNSUPPORTED || (status == RASK_OK && last > 0)),
              "a bare read gives the bytes of another rank");
    rask_release(rask, &future, 1);
    free(local);
}

int main(void)
{
    struct rask *rask;
    rask_status status = rask_start(NULL, &rask, NULL);
    if (status != RASK_OK)
        return status != RASK_SERVED;
    printf("# %d ranks, %d workers, %u slots\n", rask_rank_count(rask), rask_worker_count(rask),
           rask_slot_count(rask));
    test_tree(rask);
    test_read_first(rask);
    test_everywhere(rask);
    test_error(rask);
    test_scatter(rask);
    test_nested(rask);
    test_raw_get(rask);
    struct rask_future left[100];
    for (int64_t i = 0; i < 100; i++)
        if (rask_submit(rask, RASK_CALL(block, RASK_VALUE(i)), &left[i], NULL) != RASK_OK)
            tap.n_failed++;
    tap_check(&tap, rask_stop(rask) == RASK_OK, "stopping with work under way ends in order");
    return tap_end(&tap);
}
