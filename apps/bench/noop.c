/* SPDX-License-Identifier: BSD-3-Clause */
/* noop.c: independent empty tasks, submitted one by one with a future each: tasks per second from
 * the first submit to the end of the last task, and the scheduler's own memory per task while all
 * of them are known. */
#include "bench.h"

#include "base/clock.h"

#include <math.h>

#define DEFAULT_TASKS 200000

int bench_empty(struct rask_task *task)
{
    (void)task;
    return 0;
}
RASK_TASK(bench_empty)

static rask_status repeat(struct bench *bench, struct rask_future *futures, uint64_t n,
                          struct bench_times *times)
{
    const struct rask_call call = {.function = bench_empty};
    uint64_t begin_ns = rask_now_ns();
    for (uint64_t i = 0; i < n; i++) {
        rask_status status = rask_submit(bench->rask, &call, &futures[i], &bench->error);
        if (status != RASK_OK)
            return status;
    }
    rask_status status = bench_wait(bench, futures, (size_t)n);
    if (status == RASK_OK)
        bench_add(times, begin_ns);
    return status;
}

static double bytes_per_task(const struct bench *bench)
{
    uint64_t n_live = rask_counter(bench->rask, "live_tasks");
    return n_live == 0 ? (double)NAN
                       : (double)rask_counter(bench->rask, "scheduler_bytes") / (double)n_live;
}

rask_status bench_noop(struct bench *bench)
{
    uint64_t n = bench->options->tasks == 0 ? DEFAULT_TASKS : bench->options->tasks;
    struct bench_times times = {.n = 0};
    struct rask_future *futures = bench_futures(bench, n);
    rask_status status = futures == NULL ? RASK_ERR_MEMORY : RASK_OK;
    double bytes = (double)NAN;
    while (status == RASK_OK && bench_is_due(bench, &times)) {
        status = repeat(bench, futures, n, &times);
        bytes = bytes_per_task(bench);
        rask_release(bench->rask, futures, (size_t)n);
    }
    bench_drop(bench, futures, 0);
    if (status != RASK_OK)
        return status;
    const struct bench_figure figures[] = {{"tasks_per_s", (double)n / bench_median(&times)},
                                           {"scheduler_bytes_per_task", bytes}};
    return bench_print(
        bench,
        &(struct bench_line){
            .name = "noop", .tasks = n, .times = &times, .figures = figures, .n_figures = 2});
}
