/* SPDX-License-Identifier: BSD-3-Clause */
/* tree_sum.c: adds up 1 + 2 + ... + n in pieces, and the pieces by a tree: each task needs the
 * results of two others. Futures are released as soon as the calls that need them are submitted, so
 * that a result is freed when it has been used.
 *
 *     ./tree_sum [PIECES]         default 256 */
#include <rask.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PIECE_NUMBERS 100000

/* The sum of one piece: piece * PIECE_NUMBERS + 1 and the numbers that follow. */
static int sum_piece(struct rask_task *task)
{
    const uint64_t *piece = RASK_INPUT(task, 0, uint64_t);
    uint64_t sum = 0;
    if (piece == NULL)
        return 1;
    for (uint64_t i = 1; i <= PIECE_NUMBERS; i++)
        sum += *piece * PIECE_NUMBERS + i;
    return rask_task_return(task, &sum, sizeof sum);
}
RASK_TASK(sum_piece)

static int add(struct rask_task *task)
{
    const uint64_t *a = RASK_INPUT(task, 0, uint64_t), *b = RASK_INPUT(task, 1, uint64_t);
    if (a == NULL || b == NULL)
        return 1;
    uint64_t sum = *a + *b;
    return rask_task_return(task, &sum, sizeof sum);
}
RASK_TASK(add)

/* Replaces n futures by that of their sum, level by level; the odd one out goes up as it is. */
static rask_status add_all(struct rask *rask, struct rask_future *futures, size_t n,
                           struct rask_error *error)
{
    rask_status status = RASK_OK;
    while (n > 1 && status == RASK_OK) {
        size_t n_above = 0;
        for (size_t i = 0; i + 1 < n && status == RASK_OK; i += 2) {
            struct rask_future pair[2] = {futures[i], futures[i + 1]};
            status = rask_submit(rask, RASK_CALL(add, RASK_RESULT(pair[0]), RASK_RESULT(pair[1])),
                                 &futures[n_above++], error);
            rask_release(rask, pair, 2);
        }
        if (n % 2 == 1)
            futures[n_above++] = futures[n - 1];
        n = n_above;
    }
    return status;
}

static rask_status run(struct rask *rask, uint64_t n_pieces, struct rask_error *error)
{
    struct rask_future *futures = calloc(n_pieces, sizeof *futures);
    uint64_t *pieces = calloc(n_pieces, sizeof *pieces), n = n_pieces * PIECE_NUMBERS;
    struct rask_call call = {.function = sum_piece};
    struct rask_items items = {pieces, sizeof *pieces, n_pieces};
    struct rask_view view;
    rask_status status = futures == NULL || pieces == NULL ? RASK_ERR_MEMORY : RASK_OK;
    for (uint64_t i = 0; status == RASK_OK && i < n_pieces; i++)
        pieces[i] = i;
    if (status == RASK_OK)
        status = rask_map(rask, &call, &items, futures, error);
    if (status == RASK_OK)
        status = add_all(rask, futures, n_pieces, error);
    if (status == RASK_OK)
        status = rask_result(rask, futures[0], RASK_FOREVER, &view, error);
    if (status == RASK_OK) {
        uint64_t sum = *(const uint64_t *)view.data;
        printf("1 + ... + %" PRIu64 " = %" PRIu64 "\n", n, sum);
        status = sum == n / 2 * (n + 1) ? RASK_OK : RASK_ERR_INTERNAL;
    }
    free(pieces);
    free(futures);
    return status;
}

int main(int argc, char **argv)
{
    struct rask *rask;
    struct rask_error error = {.text = ""};
    uint64_t n_pieces = argc > 1 ? strtoull(argv[1], NULL, 10) : 256;
    rask_status status = rask_start(NULL, &rask, &error);
    if (status != RASK_OK)
        return status == RASK_SERVED ? 0 : 1;
    status = run(rask, n_pieces == 0 ? 1 : n_pieces, &error);
    if (status != RASK_OK)
        fprintf(stderr, "tree_sum: %s\n",
                error.text[0] != '\0' ? error.text : rask_status_text(status));
    return rask_stop(rask) != RASK_OK || status != RASK_OK;
}
