/* SPDX-License-Identifier: BSD-3-Clause */
/* idle.c: what the runtime costs with nothing to do: CPU seconds per second of each rank's process,
 * over windows that follow one second without work; then how long a task takes that has to wake
 * everybody. Each rank tells its own CPU time in a task before and after a window. */
#include "bench.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"

#include <string.h>

#define IDLE_NS UINT64_C(1000000000)
#define WINDOW_NS UINT64_C(700000000)
#define MOST_WINDOWS 16
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

struct idle {
    struct bench *bench;
    size_t n_ranks;
    struct use *before, *after; /* [n_ranks] */
    double *cpu; /* [n_ranks][MOST_WINDOWS], in each window */
    double scheduler[MOST_WINDOWS], worker[MOST_WINDOWS]; /* rank 0, and the worst worker */
    struct bench_times times;
    double wake_ns[DEFAULT_TRIES];
    uint64_t n_wakes;
};

/* One window: each rank's share of a CPU. */
static rask_status watch(struct idle *idle)
{
    size_t at = idle->times.n;
    double worst = 0;
    rask_status status = sample(idle->bench, idle->before);
    if (status != RASK_OK)
        return status;
    bench_sleep(WINDOW_NS);
    status = sample(idle->bench, idle->after);
    for (size_t i = 0; status == RASK_OK && i < idle->n_ranks; i++) {
        double cpu = (double)(idle->after[i].cpu_ns - idle->before[i].cpu_ns) /
                     (double)(idle->after[i].now_ns - idle->before[i].now_ns);
        idle->cpu[i * MOST_WINDOWS + at] = cpu;
        if ((i > 0 || idle->n_ranks == 1) && cpu > worst)
            worst = cpu;
    }
    idle->scheduler[at] = idle->cpu[at];
    idle->worker[at] = worst;
    idle->times.seconds[idle->times.n++] =
        1e-9 * (double)(idle->after[0].now_ns - idle->before[0].now_ns);
    return status;
}

static rask_status print(struct idle *idle)
{
    size_t n = idle->times.n;
    for (size_t i = 0; i < idle->n_ranks; i++)
        idle->cpu[i] = bench_quantile(idle->cpu + i * MOST_WINDOWS, n, 0.5);
    const struct bench_figure figures[] = {
        {"scheduler_cpu", bench_quantile(idle->scheduler, n, 0.5)},
        {"scheduler_cpu_max", bench_quantile(idle->scheduler, n, 1)},
        {"worker_cpu", bench_quantile(idle->worker, n, 0.5)},
        {"worker_cpu_max", bench_quantile(idle->worker, n, 1)},
        {"wake_p50_ns", bench_quantile(idle->wake_ns, (size_t)idle->n_wakes, 0.5)},
        {"wake_p99_ns", bench_quantile(idle->wake_ns, (size_t)idle->n_wakes, 0.99)}};
    return bench_print(idle->bench,
                       &(struct bench_line){.name = "idle",
                                            .tasks = idle->n_wakes,
                                            .times = &idle->times,
                                            .figures = figures,
                                            .n_figures = sizeof figures / sizeof *figures,
                                            .list_name = "cpu",
                                            .list = idle->cpu,
                                            .n_list = idle->n_ranks});
}

rask_status bench_idle(struct bench *bench)
{
    size_t n_ranks = (size_t)rask_rank_count(bench->rask);
    uint64_t n_tasks = bench->options->tasks;
    struct use *uses = rask_alloc_zeroed(2 * n_ranks, sizeof *uses);
    double *cpu = rask_alloc_zeroed(n_ranks * MOST_WINDOWS, sizeof *cpu);
    struct idle idle = {.bench = bench,
                        .n_ranks = n_ranks,
                        .before = uses,
                        .after = uses == NULL ? NULL : uses + n_ranks,
                        .cpu = cpu,
                        .n_wakes =
                            n_tasks == 0 || n_tasks > DEFAULT_TRIES ? DEFAULT_TRIES : n_tasks};
    rask_status status = RASK_OK;
    if (uses == NULL || cpu == NULL)
        status = rask_error_memory(&bench->error, n_ranks * MOST_WINDOWS * sizeof *cpu,
                                   "a list of ranks");
    if (status == RASK_OK)
        bench_sleep(IDLE_NS);
    while (status == RASK_OK && idle.times.n < MOST_WINDOWS && bench_is_due(bench, &idle.times))
        status = watch(&idle);
    if (status == RASK_OK)
        status = wake(bench, idle.wake_ns, idle.n_wakes);
    if (status == RASK_OK)
        status = print(&idle);
    rask_free(uses);
    rask_free(cpu);
    return status;
}
