/* SPDX-License-Identifier: BSD-3-Clause */
/* montecarlo_pi.c: pi from random points, until it is known well enough. The results are taken as
 * they are completed, and for each one that comes in another task is submitted: so the slots have
 * work and nobody waits for the slowest.
 *
 * Every task has a seed of its own, so no two draw the same points, on one core or on a thousand
 * ranks. */
#include <rask.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define POINTS 1000000
#define WANTED_ERROR 5e-4

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* How many of POINTS random points of the unit square lie in the quarter circle. */
static int count_inside(struct rask_task *task)
{
    const uint64_t *seed = RASK_INPUT(task, 0, uint64_t);
    uint64_t n_inside = 0;
    if (seed == NULL)
        return 1;
    uint64_t state = *seed << 32;
    for (int i = 0; i < POINTS; i++) {
        double x = (double)(next_random(&state) >> 11) * 0x1p-53;
        double y = (double)(next_random(&state) >> 11) * 0x1p-53;
        n_inside += x * x + y * y < 1;
    }
    return rask_task_return(task, &n_inside, sizeof n_inside);
}
RASK_TASK(count_inside)

static rask_status submit_next(struct rask *rask, struct rask_completed *completed, uint64_t *seed,
                               struct rask_error *error)
{
    struct rask_future future;
    rask_status status =
        rask_submit(rask, RASK_CALL(count_inside, RASK_VALUE(*seed)), &future, error);
    ++*seed;
    return status == RASK_OK ? rask_completed_add(completed, &future, 1, error) : status;
}

static rask_status estimate(struct rask *rask, struct rask_completed *completed,
                            struct rask_error *error)
{
    uint64_t seed = 1, n_points = 0, n_inside = 0;
    double pi = 0, deviation = 1;
    rask_status status = RASK_OK;
    for (uint32_t i = 0; i < 2 * rask_slot_count(rask) && status == RASK_OK; i++)
        status = submit_next(rask, completed, &seed, error);
    while (status == RASK_OK && deviation > WANTED_ERROR) {
        struct rask_future future;
        struct rask_view view;
        status = rask_completed_next(completed, RASK_FOREVER, &future);
        if (status == RASK_OK)
            status = rask_result(rask, future, RASK_FOREVER, &view, error);
        if (status != RASK_OK)
            break;
        n_inside += *(const uint64_t *)view.data;
        n_points += POINTS;
        rask_release(rask, &future, 1);
        pi = 4 * (double)n_inside / (double)n_points;
        deviation = sqrt(pi * (4 - pi) / (double)n_points);
        status = submit_next(rask, completed, &seed, error);
    }
    if (status == RASK_OK)
        printf("pi = %.4f +- %.4f after %" PRIu64 " million points\n", pi, deviation,
               n_points / 1000000);
    return status;
}

int main(void)
{
    struct rask *rask;
    struct rask_completed *completed = NULL;
    struct rask_error error = {.text = ""};
    rask_status status = rask_start(NULL, &rask, &error);
    if (status != RASK_OK)
        return status == RASK_SERVED ? 0 : 1;
    status = rask_completed_new(rask, &completed, &error);
    if (status == RASK_OK)
        status = estimate(rask, completed, &error);
    if (status != RASK_OK)
        fprintf(stderr, "montecarlo_pi: %s\n",
                error.text[0] != '\0' ? error.text : rask_status_text(status));
    rask_completed_free(completed);
    return rask_stop(rask) != RASK_OK || status != RASK_OK; /* what is still running is dropped */
}
