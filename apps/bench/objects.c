/* SPDX-License-Identifier: BSD-3-Clause */
/* objects.c: taking room for an object in a rank's store and giving it back: sizes from 64 bytes to
 * 64 KiB at random, evenly in their logarithm, among 4096 objects that live, each replaced at
 * random. A store of its own, like the runtime's; one thread. The mean is that of whole rounds, the
 * 99th percentile that of single calls with the clock around them. */
#include "bench.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/rng.h"
#include "store/store.h"

#define N_LIVE 4096u
#define ROOM_BYTES (UINT64_C(1) << 30)
#define DEFAULT_CALLS 200000

struct objects {
    struct rask_store *store;
    struct rask_rng rng;
    uint64_t offsets[N_LIVE];
    uint64_t n_refused;
};

static uint64_t random_bytes(struct objects *objects)
{
    uint64_t low = UINT64_C(64) << rask_rng_below(&objects->rng, 10);
    return low + rask_rng_below(&objects->rng, low);
}

static void take(struct objects *objects, uint64_t slot, uint64_t bytes)
{
    objects->offsets[slot] = rask_store_take(objects->store, slot + 1, bytes);
    objects->n_refused += objects->offsets[slot] == RASK_STORE_NONE;
}

/* Mean duration of a take and a give together, over n of each. */
static double measure_mean(struct objects *objects, uint64_t n)
{
    uint64_t begin_ns = rask_now_ns();
    for (uint64_t i = 0; i < n; i++) {
        uint64_t slot = rask_rng_below(&objects->rng, N_LIVE);
        rask_store_give(objects->store, objects->offsets[slot]);
        take(objects, slot, random_bytes(objects));
    }
    return (double)(rask_now_ns() - begin_ns) / (double)n;
}

/* What choosing slots and sizes takes alone. */
static double measure_choice(struct objects *objects, uint64_t n)
{
    volatile uint64_t sum = 0;
    uint64_t begin_ns = rask_now_ns();
    for (uint64_t i = 0; i < n; i++)
        sum = sum + rask_rng_below(&objects->rng, N_LIVE) + random_bytes(objects);
    return (double)(rask_now_ns() - begin_ns) / (double)n;
}

static void measure_each(struct objects *objects, uint64_t n, double *takes_ns, double *gives_ns)
{
    for (uint64_t i = 0; i < n; i++) {
        uint64_t slot = rask_rng_below(&objects->rng, N_LIVE);
        uint64_t bytes = random_bytes(objects);
        uint64_t begin_ns = rask_now_ns();
        rask_store_give(objects->store, objects->offsets[slot]);
        uint64_t middle_ns = rask_now_ns();
        take(objects, slot, bytes);
        takes_ns[i] = (double)(rask_now_ns() - middle_ns);
        gives_ns[i] = (double)(middle_ns - begin_ns);
    }
}

/* One figure per repeat. */
struct rounds {
    double pair[BENCH_MAX_REPEATS], take_p99[BENCH_MAX_REPEATS], give_p99[BENCH_MAX_REPEATS];
};

static rask_status measure(struct bench *bench, struct objects *objects, struct rounds *rounds)
{
    uint64_t n = bench->options->tasks == 0 ? DEFAULT_CALLS : bench->options->tasks;
    double *takes_ns = rask_alloc((size_t)n * sizeof *takes_ns);
    double *gives_ns = rask_alloc((size_t)n * sizeof *gives_ns);
    struct bench_times times = {.n = 0};
    rask_status status = RASK_OK;
    if (takes_ns == NULL || gives_ns == NULL)
        status = rask_error_memory(&bench->error, 2 * n * sizeof *takes_ns, "durations");
    for (uint64_t slot = 0; slot < N_LIVE; slot++)
        take(objects, slot, random_bytes(objects));
    while (status == RASK_OK && bench_is_due(bench, &times)) {
        uint64_t begin_ns = rask_now_ns();
        rounds->pair[times.n] = measure_mean(objects, n) - measure_choice(objects, n);
        measure_each(objects, n, takes_ns, gives_ns);
        rounds->take_p99[times.n] = bench_quantile(takes_ns, (size_t)n, 0.99);
        rounds->give_p99[times.n] = bench_quantile(gives_ns, (size_t)n, 0.99);
        bench_add(&times, begin_ns);
    }
    if (status == RASK_OK && objects->n_refused != 0)
        status = rask_error_set(&bench->error, RASK_ERR_INTERNAL, "the store refused an object");
    rask_free(takes_ns);
    rask_free(gives_ns);
    if (status != RASK_OK)
        return status;
    const struct bench_figure figures[] = {
        {"take_and_give_ns", bench_quantile(rounds->pair, times.n, 0.5)},
        {"take_p99_ns", bench_quantile(rounds->take_p99, times.n, 0.5)},
        {"give_p99_ns", bench_quantile(rounds->give_p99, times.n, 0.5)}};
    return bench_print(
        bench,
        &(struct bench_line){
            .name = "objects", .tasks = n, .times = &times, .figures = figures, .n_figures = 3});
}

rask_status bench_objects(struct bench *bench)
{
    struct objects *objects = rask_alloc_zeroed(1, sizeof *objects);
    struct rounds *rounds = rask_alloc_zeroed(1, sizeof *rounds);
    rask_status status = RASK_OK;
    if (objects == NULL || rounds == NULL)
        status = rask_error_memory(&bench->error, sizeof *objects + sizeof *rounds, "objects");
    else
        status = rask_store_new(ROOM_BYTES, &objects->store, &bench->error);
    if (status == RASK_OK) {
        rask_rng_seed(&objects->rng, 1);
        status = measure(bench, objects, rounds);
        rask_store_free(objects->store);
    }
    rask_free(objects);
    rask_free(rounds);
    return status;
}
