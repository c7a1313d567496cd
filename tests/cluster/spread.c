/* SPDX-License-Identifier: BSD-3-Clause */
/* spread.c: a program whose results must cross from worker to worker: objects are made on one
 * worker, combined on the next and summed up on the one after. It prints on which hosts its workers
 * were, and a sum that is the same wherever it runs:
 *
 *     ranks 4, workers 3, hosts n1 n2
 *     sum 2821471069435200000
 *
 * The first line is where it ran, the second is compared with the run in one process. */
#include <inttypes.h>
#include <rask/future.h>
#include <rask/start.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_OBJECTS 24u
#define N_NUMBERS 40000u /* of one object: 320 kB, far beyond what travels in a message */
#define MOST_WORKERS 256

struct place {
    int32_t rank;
    char host[60];
};

static int tell_place(struct rask_task *task)
{
    struct place place = {.rank = rask_task_rank(task)};
    if (gethostname(place.host, sizeof place.host - 1) != 0)
        return rask_task_fail(task, RASK_ERR_SYSTEM, "gethostname failed");
    return rask_task_return(task, &place, sizeof place);
}
RASK_TASK(tell_place)

static int make_numbers(struct rask_task *task)
{
    const uint32_t *seed = RASK_INPUT(task, 0, uint32_t);
    uint64_t *numbers = rask_task_result(task, N_NUMBERS * sizeof *numbers);
    if (seed == NULL || numbers == NULL)
        return 1;
    for (uint32_t i = 0; i < N_NUMBERS; i++)
        numbers[i] = (i * UINT64_C(2654435761) + *seed) % 1000;
    return 0;
}
RASK_TASK(make_numbers)

static int combine_numbers(struct rask_task *task)
{
    const uint64_t *a = rask_task_input_exact(task, 0, N_NUMBERS * sizeof *a);
    const uint64_t *b = rask_task_input_exact(task, 1, N_NUMBERS * sizeof *b);
    uint64_t *numbers = rask_task_result(task, N_NUMBERS * sizeof *numbers);
    if (a == NULL || b == NULL || numbers == NULL)
        return 1;
    for (uint32_t i = 0; i < N_NUMBERS; i++)
        numbers[i] = 3 * a[i] + b[i];
    return 0;
}
RASK_TASK(combine_numbers)

static int sum_numbers(struct rask_task *task)
{
    const uint64_t *numbers = rask_task_input_exact(task, 0, N_NUMBERS * sizeof *numbers);
    uint64_t sum = 0;
    for (uint32_t i = 0; numbers != NULL && i < N_NUMBERS; i++)
        sum += numbers[i];
    return rask_task_return(task, &sum, sizeof sum);
}
RASK_TASK(sum_numbers)

/* The ranks that run tasks, in `ranks`, and a line about them. */
static rask_status find_workers(struct rask *rask, int32_t *ranks, struct rask_error *error)
{
    struct rask_future futures[MOST_WORKERS];
    int32_t n = rask_worker_count(rask);
    const char *last = "";
    rask_status status =
        rask_run_everywhere(rask, &(struct rask_call){.function = tell_place}, futures, error);
    if (status == RASK_OK)
        printf("ranks %d, workers %d, hosts", rask_rank_count(rask), n);
    for (int32_t i = 0; i < n && status == RASK_OK; i++) {
        struct rask_view view;
        status = rask_result(rask, futures[i], RASK_FOREVER, &view, error);
        if (status != RASK_OK)
            break;
        const struct place *place = view.data;
        ranks[i] = place->rank;
        if (strcmp(place->host, last) != 0)
            printf(" %s", place->host);
        last = place->host;
    }
    printf("\n");
    return status;
}

/* Every object, and every partial sum of them, is made on another worker than the one before. */
static rask_status add_up(struct rask *rask, const int32_t *ranks, uint64_t *sum,
                          struct rask_error *error)
{
    struct rask_future total = {0}, next, made;
    int32_t n_workers = rask_worker_count(rask);
    rask_status status = RASK_OK;
    for (uint32_t i = 0; i < N_OBJECTS && status == RASK_OK; i++) {
        struct rask_call_options here = {
            .size = sizeof here, .ranks = &ranks[i % (uint32_t)n_workers], .n_ranks = 1};
        struct rask_call_options there = here;
        there.ranks = &ranks[(i + 1) % (uint32_t)n_workers];
        status =
            rask_submit(rask, RASK_CALL_WITH(&here, make_numbers, RASK_VALUE(i)), &made, error);
        if (status == RASK_OK && i == 0) {
            total = made;
            continue;
        }
        if (status == RASK_OK)
            status = rask_submit(
                rask,
                RASK_CALL_WITH(&there, combine_numbers, RASK_RESULT(total), RASK_RESULT(made)),
                &next, error);
        rask_release(rask, &made, 1);
        rask_release(rask, &total, 1);
        total = next;
    }
    if (status == RASK_OK)
        status = rask_submit(rask, RASK_CALL(sum_numbers, RASK_RESULT(total)), &next, error);
    struct rask_view view;
    if (status == RASK_OK)
        status = rask_result(rask, next, RASK_FOREVER, &view, error);
    if (status == RASK_OK)
        memcpy(sum, view.data, sizeof *sum);
    return status;
}

int main(void)
{
    struct rask *rask;
    struct rask_error error;
    int32_t ranks[MOST_WORKERS];
    uint64_t sum = 0;
    rask_status status = rask_start(NULL, &rask, NULL);
    if (status != RASK_OK)
        return status == RASK_SERVED ? 0 : 1;
    if (rask_worker_count(rask) > MOST_WORKERS) {
        fprintf(stderr, "spread: at most %d workers\n", MOST_WORKERS);
        return 1;
    }
    status = find_workers(rask, ranks, &error);
    if (status == RASK_OK)
        status = add_up(rask, ranks, &sum, &error);
    if (status == RASK_OK && rask_counter(rask, "get_bytes_rank0_relayed") != 0)
        status = RASK_ERR_INTERNAL;
    if (status != RASK_OK)
        fprintf(stderr, "spread: %s: %s\n", rask_status_text(status), error.text);
    else
        printf("sum %" PRIu64 "\n", sum);
    return rask_stop(rask) != RASK_OK || status != RASK_OK;
}
