/* SPDX-License-Identifier: BSD-3-Clause */
/* latency.c: from submit to result of one tiny task, one after the other, while the threads are
 * awake. Under MPI the task runs on rank 1. */
#include "bench.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"

#define DEFAULT_TASKS 5000

static int bench_echo(struct rask_task *task)
{
    struct rask_view input = rask_task_input(task, 0);
    return rask_task_return(task, input.data, input.bytes);
}
RASK_TASK(bench_echo)

static rask_status one(struct bench *bench, const struct rask_call_options *options, double *ns)
{
    const uint64_t number = 42;
    struct rask_future future;
    struct rask_view view;
    uint64_t begin_ns = rask_now_ns();
    rask_status status =
        rask_submit(bench->rask, RASK_CALL_WITH(options, bench_echo, RASK_VALUE(number)), &future,
                    &bench->error);
    if (status != RASK_OK)
        return status;
    status = rask_result(bench->rask, future, RASK_FOREVER, &view, &bench->error);
    *ns = (double)(rask_now_ns() - begin_ns);
    rask_release(bench->rask, &future, 1);
    return status;
}

rask_status bench_latency(struct bench *bench)
{
    static const int32_t first_worker = 1;
    const struct rask_call_options on_worker = {
        .size = sizeof on_worker, .ranks = &first_worker, .n_ranks = 1};
    const struct rask_call_options *options = rask_rank_count(bench->rask) > 1 ? &on_worker : NULL;
    uint64_t n = bench->options->tasks == 0 ? DEFAULT_TASKS : bench->options->tasks;
    struct bench_times times = {.n = 0};
    double middle[BENCH_MAX_REPEATS], late[BENCH_MAX_REPEATS];
    double *ns = rask_alloc_zeroed((size_t)n, sizeof *ns);
    if (ns == NULL)
        return rask_error_memory(&bench->error, n * sizeof *ns, "latencies");
    rask_status status = one(bench, options, ns);
    while (status == RASK_OK && bench_is_due(bench, &times)) {
        uint64_t begin_ns = rask_now_ns();
        for (uint64_t i = 0; i < n && status == RASK_OK; i++)
            status = one(bench, options, &ns[i]);
        middle[times.n] = bench_quantile(ns, (size_t)n, 0.5);
        late[times.n] = bench_quantile(ns, (size_t)n, 0.99);
        bench_add(&times, begin_ns);
    }
    rask_free(ns);
    if (status != RASK_OK)
        return status;
    const struct bench_figure figures[] = {{"p50_ns", bench_quantile(middle, times.n, 0.5)},
                                           {"p99_ns", bench_quantile(late, times.n, 0.5)}};
    return bench_print(
        bench,
        &(struct bench_line){
            .name = "latency", .tasks = n, .times = &times, .figures = figures, .n_figures = 2});
}
