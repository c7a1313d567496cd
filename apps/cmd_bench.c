/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd_bench.c: `rask bench`: the overheads and rates of the runtime, one JSON object per line. The
 * benchmarks are in bench/, each a file. */
#include "bench/bench.h"
#include "commands.h"
#include "options.h"

#include "kern/expr.h"

#include <stdio.h>
#include <string.h>

static const struct benchmark {
    const char *name;
    rask_status (*run)(struct bench *bench);
} benchmarks[] = {
    {"noop", bench_noop},       {"latency", bench_latency}, {"chain", bench_chain},
    {"tree", bench_tree},       {"fanout", bench_fanout},   {"transfer", bench_transfer},
    {"shuffle", bench_shuffle}, {"objects", bench_objects}, {"idle", bench_idle},
    {"start", bench_start},
};
#define N_BENCHMARKS (sizeof benchmarks / sizeof *benchmarks)

static const struct rask_option options[] = {
    {"tasks", RASK_OPTION_COUNT, offsetof(struct bench_options, tasks), 2, 100000000, "N",
     "tasks of a repeat, or objects (each benchmark has a default of its own)"},
    {"repeats", RASK_OPTION_COUNT, offsetof(struct bench_options, repeats), 1, BENCH_MAX_REPEATS,
     "N", "how often each is measured; default 5"},
    {"seconds", RASK_OPTION_DECIMAL, offsetof(struct bench_options, seconds), 0, 100000, "S",
     "no repeat of a benchmark begins later than this; default 2"},
    {"bytes", RASK_OPTION_BYTES, offsetof(struct bench_options, bytes), 1, UINT64_C(1) << 40,
     "SIZE", "size of transfer's object; default 16 MiB; of all of shuffle's blocks; 256 MiB"},
    {"first-result", RASK_OPTION_FLAG, offsetof(struct bench_options, is_child), 0, 0, NULL, NULL},
};

static const struct rask_usage usage = {
    .command = "bench",
    .operands = "[BENCHMARK]...",
    .about =
        "Measures the runtime, alone or under mpirun, and prints one JSON object per line with\n"
        "the median, min and max over repeats in seconds. Without names it runs all:\n"
        "  noop      independent empty tasks: tasks_per_s, scheduler_bytes_per_task\n"
        "  latency   submit to result of one tiny task: p50_ns, p99_ns\n"
        "  chain     tasks that each need the last: ns_per_task\n"
        "  tree      binary reduction of N leaves: tasks_per_s\n"
        "  fanout    tasks that all need one: tasks_per_s\n"
        "  transfer  an object used on another worker: bytes_per_s, beside a bare MPI_Get\n"
        "            and a memcpy of that size\n"
        "  shuffle   blocks into others by their parts: bytes_per_s, beside tasks that copy\n"
        "  objects   room for an object in the store, taken and given: take_and_give_ns\n"
        "  idle      CPU seconds per second of each rank without work, and the time to wake\n"
        "  start     start of an embedded process to its first result; job_start_s: of this job\n",
    .tail =
        "Each line also tells what the machine was like: probe_ns, the one-way time of a cache\n"
        "line between two of the cores used, and load, how many threads of others wanted a\n"
        "core just before and after.\n",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .takes_operands = 1,
};

static const struct benchmark *find(const char *name)
{
    for (size_t i = 0; i < N_BENCHMARKS; i++)
        if (strcmp(benchmarks[i].name, name) == 0)
            return &benchmarks[i];
    return NULL;
}

/* All operands must be benchmarks. */
static int check_names(const struct rask_line *line)
{
    const char *names[N_BENCHMARKS];
    for (size_t i = 0; i < N_BENCHMARKS; i++)
        names[i] = benchmarks[i].name;
    for (size_t i = 0; i < line->operands.count; i++) {
        const char *name = line->operands.items[i];
        if (find(name) != NULL)
            continue;
        const char *nearest = rask_name_nearest(name, names, N_BENCHMARKS);
        return rask_line_refuse(&usage, "unknown benchmark '%.64s'%s%s%s", name,
                                nearest == NULL ? "" : ", did you mean '",
                                nearest == NULL ? "" : nearest, nearest == NULL ? "" : "'");
    }
    return RASK_GO_ON;
}

static rask_status run(struct bench *bench)
{
    const struct rask_words *names = &bench->line->operands;
    size_t n = names->count == 0 ? N_BENCHMARKS : names->count;
    rask_status status = bench_job_start(bench);
    for (size_t i = 0; status == RASK_OK && i < n; i++) {
        const struct benchmark *benchmark =
            names->count == 0 ? &benchmarks[i] : find(names->items[i]);
        bench_probe(bench);
        bench->n_others = bench->n_looks = 0;
        bench_look(bench);
        status = benchmark->run(bench);
    }
    return status;
}

int rask_cmd_bench(int argc, char **argv)
{
    struct bench_options values = {.seconds = 2};
    struct rask_line line;
    struct bench bench = {.options = &values, .line = &line, .error = {.rank = -1}};
    int code = rask_line_read(&line, &usage, argc, argv, &values);
    if (code == RASK_GO_ON)
        code = check_names(&line);
    if (code == RASK_GO_ON && values.is_child)
        code = bench_start_child(&line);
    if (code == RASK_GO_ON)
        code = rask_line_start(&line, &bench.rask);
    if (code == RASK_GO_ON) {
        rask_status status = run(&bench);
        code = rask_line_stop(bench.rask, status, &bench.error);
    }
    rask_line_release(&line);
    return code;
}
