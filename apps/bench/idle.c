/* SPDX-License-Identifier: BSD-3-Clause */
/* idle.c: what the runtime costs with nothing to do: CPU seconds per second of each rank's process,
 * over one second after one second without work; then how long a task takes that has to wake
 * everybody. Each rank tells its own CPU time in a task before and after. */
#include "bench.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

#define IDLE_NS UINT64_C(1000000000)
#define GAP_NS UINT64_C(10000000) /* long enough for every thread to sleep */
#define DEFAULT_TRIES 50

struct use {
    int64_t rank;
    uint64_t cpu_ns, now_ns;
};

static int bench_cpu(struct rask_task *task)
{
    struct use use = {rask_task_rank(task), rask_process_cpu_ns(), rask_now_ns()};
    return rask_task_return(task, &use, sizeof use);
}
RASK_TASK(bench_cpu)

/* What every rank has used so far; uses: one per rank. */
static rask_status sample(struct bench *bench, struct use *uses)
{
    const struct rask_call call = {.function = bench_cpu};
    size_t n = (size_t)rask_worker_count(bench->rask);
    struct rask_future *futures = bench_futures(bench, n);
    if (futures == NULL)
        return RASK_ERR_MEMORY;
    uses[0] = (struct use){0, rask_process_cpu_ns(), rask_now_ns()};
    rask_status status = rask_run_everywhere(bench->rask, &call, futures, &bench->error);
    for (size_t i = 0; status == RASK_OK && i < n; i++) {
        struct rask_view view;
        struct use use;
        status = rask_result(bench->rask, futures[i], RASK_FOREVER, &view, &bench->error);
        if (status == RASK_OK && view.bytes == sizeof use) {
            memcpy(&use, view.data, sizeof use);
            uses[use.rank] = use;
        }
    }
    bench_drop(bench, futures, n);
    return status;
}

/* Latencies of tasks that come after a gap, on rank 1 if there is one. */
static rask_status wake(struct bench *bench, double *ns, uint64_t n)
{
    static const int32_t first_worker = 1;
    const struct rask_call_options on_worker = {
        .size = sizeof on_worker, .ranks = &first_worker, .n_ranks = 1};
    const struct rask_call call = {.function = bench_empty,
                                   .options = rask_rank_count(bench->rask) > 1 ? &on_worker : NULL};
    rask_status status = RASK_OK;
    for (uint64_t i = 0; status == RASK_OK && i < n; i++) {
        struct rask_future future;
        bench_sleep(GAP_NS);
        uint64_t begin_ns = rask_now_ns();
        status = rask_submit(bench->rask, &call, &future, &bench->error);
        if (status != RASK_OK)
            return status;
        status = bench_wait(bench, &future, 1);
        ns[i] = (double)(rask_now_ns() - begin_ns);
        rask_release(bench->rask, &future, 1);
    }
    return status;
}

static rask_status print(struct bench *bench, const struct use *before, const struct use *after,
                         double *wake_ns, uint64_t n_wakes)
{
    size_t n_ranks = (size_t)rask_rank_count(bench->rask);
    double *cpu = rask_alloc_zeroed(n_ranks, sizeof *cpu), worst = 0;
    if (cpu == NULL)
        return rask_error_memory(&bench->error, n_ranks * sizeof *cpu, "a list of ranks");
    for (size_t i = 0; i < n_ranks; i++) {
        cpu[i] = (double)(after[i].cpu_ns - before[i].cpu_ns) /
                 (double)(after[i].now_ns - before[i].now_ns);
        if ((i > 0 || n_ranks == 1) && cpu[i] > worst)
            worst = cpu[i];
    }
    struct bench_times times = {.n = 1};
    times.seconds[0] = 1e-9 * (double)(after[0].now_ns - before[0].now_ns);
    const struct bench_figure figures[] = {
        {"scheduler_cpu", cpu[0]},
        {"worker_cpu", worst},
        {"wake_p50_ns", bench_quantile(wake_ns, (size_t)n_wakes, 0.5)},
        {"wake_p99_ns", bench_quantile(wake_ns, (size_t)n_wakes, 0.99)}};
    rask_status status = bench_print(bench, &(struct bench_line){.name = "idle",
                                                                 .tasks = n_wakes,
                                                                 .times = &times,
                                                                 .figures = figures,
                                                                 .n_figures = 4,
                                                                 .list_name = "cpu",
                                                                 .list = cpu,
                                                                 .n_list = n_ranks});
    rask_free(cpu);
    return status;
}

rask_status bench_idle(struct bench *bench)
{
    size_t n_ranks = (size_t)rask_rank_count(bench->rask);
    uint64_t n_wakes = bench->options->tasks == 0 || bench->options->tasks > DEFAULT_TRIES
                           ? DEFAULT_TRIES
                           : bench->options->tasks;
    struct use *uses = rask_alloc_zeroed(2 * n_ranks, sizeof *uses);
    double wake_ns[DEFAULT_TRIES];
    if (uses == NULL)
        return rask_error_memory(&bench->error, 2 * n_ranks * sizeof *uses, "a list of ranks");
    bench_sleep(IDLE_NS);
    rask_status status = sample(bench, uses);
    if (status == RASK_OK) {
        bench_sleep(IDLE_NS);
        status = sample(bench, uses + n_ranks);
    }
    if (status == RASK_OK)
        status = wake(bench, wake_ns, n_wakes);
    if (status == RASK_OK)
        status = print(bench, uses, uses + n_ranks, wake_ns, n_wakes);
    rask_free(uses);
    return status;
}
