/* SPDX-License-Identifier: BSD-3-Clause */
/* bench.h: what the benchmarks of `rask bench` share: options, repeats, and the line of JSON that
 * each prints. One benchmark is one file and one function; it returns RASK_OK after its line, or
 * the error that stopped it, told in bench->error. */
#ifndef RASK_APPS_BENCH_H
#define RASK_APPS_BENCH_H

#include "../options.h"

#include <rask/future.h>
#include <rask/start.h>
#include <rask/task.h>

#define BENCH_MAX_REPEATS 1000
#define BENCH_SETTLE_NS 2000000u /* until idle threads sleep and leave the cores alone */

/* Zero means that the benchmark decides. */
struct bench_options {
    uint64_t tasks, repeats, bytes;
    double seconds; /* no repeat of a benchmark begins later than this */
    int is_child; /* a process that `start` has started */
};

struct bench {
    struct rask *rask;
    const struct bench_options *options;
    const struct rask_line *line; /* settings, for processes that are started */
    double probe_ns; /* of the cores used, just before; NaN: unknown */
    uint64_t n_others; /* threads of others that wanted a core, over all looks */
    uint32_t n_looks;
    double job_start_s; /* rank 0's begin to the job's first result; NaN: alone, unknown */
    struct rask_error error;
};

/* Seconds of each repeat. */
struct bench_times {
    double seconds[BENCH_MAX_REPEATS];
    size_t n;
    uint64_t begin_ns;
};

struct bench_figure {
    const char *name;
    double value; /* NaN: null */
};

/* A benchmark's line. */
struct bench_line {
    const char *name;
    uint64_t tasks;
    struct bench_times *times;
    const struct bench_figure *figures;
    size_t n_figures;
    const char *list_name; /* a list of figures, or NULL */
    const double *list;
    size_t n_list;
    int is_alone; /* measured in processes of their own, each one rank */
    uint32_t alone_slots; /* their threads */
};

/* Whether another repeat is due: the first one always. */
int bench_is_due(const struct bench *bench, struct bench_times *times);
void bench_add(struct bench_times *times, uint64_t begin_ns);
double bench_median(const struct bench_times *times);
/* Sorts. The value that `fraction` of the values do not exceed. */
double bench_quantile(double *values, size_t n, double fraction);
rask_status bench_print(struct bench *bench, const struct bench_line *line);

/* One finished 8-byte result must be `wanted`. RASK_ERR_INTERNAL. */
rask_status bench_expect(struct bench *bench, struct rask_future future, uint64_t wanted);
/* RASK_OK, or tells the status of a wait in bench->error. */
rask_status bench_wait(struct bench *bench, const struct rask_future *futures, size_t n);
/* n futures, all none; NULL with bench->error set. */
struct rask_future *bench_futures(struct bench *bench, uint64_t n);
void bench_drop(struct bench *bench, struct rask_future *futures, uint64_t n);
void bench_sleep(uint64_t ns);

/* probe.c: measures bench->probe_ns anew. */
void bench_probe(struct bench *bench);

/* load.c: looks at the machine while the job is idle; and what was seen since n_looks was 0, as a
 * mean; NaN: unknown. */
void bench_look(struct bench *bench);
double bench_load(const struct bench *bench);

/* Task functions that several benchmarks use. */
int bench_empty(struct rask_task *task);

rask_status bench_noop(struct bench *bench);
rask_status bench_latency(struct bench *bench);
rask_status bench_chain(struct bench *bench);
rask_status bench_tree(struct bench *bench);
rask_status bench_fanout(struct bench *bench);
rask_status bench_transfer(struct bench *bench);
rask_status bench_shuffle(struct bench *bench);
rask_status bench_objects(struct bench *bench);
rask_status bench_idle(struct bench *bench);
rask_status bench_start(struct bench *bench);
/* Sets bench->job_start_s: right after the start of the runtime. */
rask_status bench_job_start(struct bench *bench);
/* The other side of `start`: starts, computes one result, prints the time since its process began.
 */
int bench_start_child(struct rask_line *line);

#endif
