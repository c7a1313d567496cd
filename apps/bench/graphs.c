/* SPDX-License-Identifier: BSD-3-Clause */
/* graphs.c: three shapes of dependent tasks: a chain (each task needs the last), a tree (binary
 * reduction of n leaves) and a fan (n tasks need one). Results are checked. */
#include "bench.h"

#include "base/clock.h"

#include <string.h>

#define DEFAULT_CHAIN 20000
#define DEFAULT_LEAVES 32768
#define DEFAULT_FAN 50000

/* The sum of its 8-byte inputs. */
static int bench_sum(struct rask_task *task)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < rask_task_input_count(task); i++) {
        const uint64_t *number = RASK_INPUT(task, i, uint64_t);
        if (number == NULL)
            return 1;
        sum += *number;
    }
    return rask_task_return(task, &sum, sizeof sum);
}
RASK_TASK(bench_sum)

/* Runs a shape until its repeats are over, and prints its line. */
struct shape {
    const char *name, *figure;
    uint64_t n, n_tasks;
    int is_rate; /* the figure is tasks per second, else nanoseconds per task */
    rask_status (*run)(struct bench *bench, struct rask_future *futures, uint64_t n);
};

static rask_status measure(struct bench *bench, const struct shape *shape)
{
    struct bench_times times = {.n = 0};
    struct rask_future *futures = bench_futures(bench, shape->n + 1);
    rask_status status = futures == NULL ? RASK_ERR_MEMORY : RASK_OK;
    while (status == RASK_OK && bench_is_due(bench, &times)) {
        uint64_t begin_ns = rask_now_ns();
        status = shape->run(bench, futures, shape->n);
        bench_add(&times, begin_ns);
        rask_release(bench->rask, futures, (size_t)shape->n + 1);
        memset(futures, 0, (size_t)(shape->n + 1) * sizeof *futures);
    }
    bench_drop(bench, futures, 0);
    if (status != RASK_OK)
        return status;
    double seconds = bench_median(&times), n = (double)shape->n_tasks;
    const struct bench_figure figure = {shape->figure,
                                        shape->is_rate ? n / seconds : 1e9 * seconds / n};
    return bench_print(bench, &(struct bench_line){.name = shape->name,
                                                   .tasks = shape->n_tasks,
                                                   .times = &times,
                                                   .figures = &figure,
                                                   .n_figures = 1});
}

static uint64_t tasks_or(const struct bench *bench, uint64_t standard)
{
    return bench->options->tasks == 0 ? standard : bench->options->tasks;
}

static rask_status run_chain(struct bench *bench, struct rask_future *futures, uint64_t n)
{
    const uint64_t one = 1;
    rask_status status =
        rask_submit(bench->rask, RASK_CALL(bench_sum, RASK_VALUE(one)), &futures[0], &bench->error);
    for (uint64_t i = 1; status == RASK_OK && i < n; i++) {
        struct rask_future last = futures[0];
        status = rask_submit(bench->rask, RASK_CALL(bench_sum, RASK_RESULT(last), RASK_VALUE(one)),
                             &futures[0], &bench->error);
        rask_release(bench->rask, &last, 1);
    }
    return status == RASK_OK ? bench_expect(bench, futures[0], n) : status;
}

rask_status bench_chain(struct bench *bench)
{
    uint64_t n = tasks_or(bench, DEFAULT_CHAIN);
    return measure(bench, &(struct shape){"chain", "ns_per_task", n, n, 0, run_chain});
}

/* futures[0 .. n): the leaves; a sum takes the place of its first part. */
static rask_status run_tree(struct bench *bench, struct rask_future *futures, uint64_t n)
{
    const uint64_t one = 1;
    rask_status status = RASK_OK;
    for (uint64_t i = 0; status == RASK_OK && i < n; i++)
        status = rask_submit(bench->rask, RASK_CALL(bench_sum, RASK_VALUE(one)), &futures[i],
                             &bench->error);
    for (uint64_t step = 1; status == RASK_OK && step < n; step *= 2)
        for (uint64_t i = 0; status == RASK_OK && i + step < n; i += 2 * step) {
            struct rask_future parts[2] = {futures[i], futures[i + step]};
            status = rask_submit(bench->rask,
                                 RASK_CALL(bench_sum, RASK_RESULT(parts[0]), RASK_RESULT(parts[1])),
                                 &futures[i], &bench->error);
            rask_release(bench->rask, parts, 2);
            futures[i + step].id = 0;
        }
    return status == RASK_OK ? bench_expect(bench, futures[0], n) : status;
}

rask_status bench_tree(struct bench *bench)
{
    uint64_t n = tasks_or(bench, DEFAULT_LEAVES);
    return measure(bench, &(struct shape){"tree", "tasks_per_s", n, 2 * n - 1, 1, run_tree});
}

/* futures[n]: what the others need. */
static rask_status run_fan(struct bench *bench, struct rask_future *futures, uint64_t n)
{
    const uint64_t one = 1;
    rask_status status =
        rask_submit(bench->rask, RASK_CALL(bench_sum, RASK_VALUE(one)), &futures[n], &bench->error);
    for (uint64_t i = 0; status == RASK_OK && i < n; i++)
        status = rask_submit(bench->rask, RASK_CALL(bench_sum, RASK_RESULT(futures[n])),
                             &futures[i], &bench->error);
    if (status == RASK_OK)
        status = bench_wait(bench, futures, (size_t)n);
    return status == RASK_OK ? bench_expect(bench, futures[n - 1], 1) : status;
}

rask_status bench_fanout(struct bench *bench)
{
    uint64_t n = tasks_or(bench, DEFAULT_FAN);
    return measure(bench, &(struct shape){"fanout", "tasks_per_s", n, n + 1, 1, run_fan});
}
