/* SPDX-License-Identifier: BSD-3-Clause */
/* probe.c: see probe.h. One thread writes odd numbers and the other answers with even ones; a batch
 * of round trips is timed at a time, and the median of the batches taken, so that an interruption
 * spoils one batch only. */
#include "place/probe.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/spin.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define N_BATCHES 21
#define ROUND_TRIPS 200u /* of a batch */
#define TIME_LIMIT_NS UINT64_C(200000000)

struct ball {
    _Alignas(64) _Atomic uint32_t number;
    _Alignas(64) _Atomic uint32_t is_over;
    uint32_t pu;
    int refusal; /* errno of the answering thread's binding */
};

/* Binds the calling thread; 0 or errno. */
static int bind_to(uint32_t pu)
{
    size_t bytes = CPU_ALLOC_SIZE((size_t)pu + 1);
    cpu_set_t *mask = rask_alloc_zeroed(1, bytes);
    if (mask == NULL)
        return ENOMEM;
    CPU_SET_S((size_t)pu, bytes, mask);
    int refusal = sched_setaffinity(0, bytes, mask) == 0 ? 0 : errno;
    rask_free(mask);
    return refusal;
}

static void *answer(void *argument)
{
    struct ball *ball = argument;
    uint32_t seen = 0;
    ball->refusal = bind_to(ball->pu);
    if (ball->refusal != 0)
        atomic_store(&ball->is_over, 1);
    while (!atomic_load_explicit(&ball->is_over, memory_order_relaxed)) {
        uint32_t number = atomic_load_explicit(&ball->number, memory_order_acquire);
        if (number == seen || number % 2 == 0)
            continue;
        seen = number + 1;
        atomic_store_explicit(&ball->number, seen, memory_order_release);
    }
    return NULL;
}

/* One round trip; 0 when it is over before the answer. */
static int bounce(struct ball *ball, uint32_t number, uint64_t end_ns)
{
    atomic_store_explicit(&ball->number, number, memory_order_release);
    for (uint32_t n = 1; atomic_load_explicit(&ball->number, memory_order_acquire) != number + 1;
         n++)
        if (atomic_load_explicit(&ball->is_over, memory_order_relaxed) ||
            (n % 1024 == 0 && rask_now_ns() > end_ns))
            return 0;
    return 1;
}

/* Nanoseconds of a step, per batch; how many batches were complete. */
static int play(struct ball *ball, double *step_ns)
{
    uint64_t end_ns = rask_now_ns() + TIME_LIMIT_NS;
    uint32_t number = 1;
    for (int batch = 0; batch < N_BATCHES; batch++) {
        uint64_t begin_ns = rask_now_ns();
        for (uint32_t i = 0; i < ROUND_TRIPS; i++, number += 2)
            if (!bounce(ball, number, end_ns))
                return batch;
        step_ns[batch] = (double)(rask_now_ns() - begin_ns) / (2.0 * ROUND_TRIPS);
    }
    return N_BATCHES;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct game {
    struct ball *ball;
    uint32_t pu;
    int n_batches, refusal;
    double step_ns[N_BATCHES];
};

static void *serve(void *argument)
{
    struct game *game = argument;
    game->refusal = bind_to(game->pu);
    if (game->refusal == 0)
        game->n_batches = play(game->ball, game->step_ns);
    atomic_store(&game->ball->is_over, 1);
    return NULL;
}

rask_status rask_place_probe(uint32_t a, uint32_t b, double *one_way_ns, struct rask_error *error)
{
    struct ball ball = {.pu = b};
    struct game game = {.ball = &ball, .pu = a};
    pthread_t server, answerer;
    if (a == b)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "a probe between PU %u and itself", a);
    int failed = pthread_create(&answerer, NULL, answer, &ball);
    if (failed == 0) {
        failed = pthread_create(&server, NULL, serve, &game);
        if (failed != 0)
            atomic_store(&ball.is_over, 1);
        else
            pthread_join(server, NULL);
        pthread_join(answerer, NULL);
    }
    int reason = failed != 0 ? failed : game.refusal != 0 ? game.refusal : ball.refusal;
    if (reason != 0)
        return rask_error_set(error, RASK_ERR_SYSTEM, "a probe between the PUs %u and %u: %s", a, b,
                              strerror(reason));
    if (game.n_batches == 0)
        return rask_error_set(error, RASK_ERR_TIMEOUT,
                              "a probe between the PUs %u and %u: they were busy", a, b);
    qsort(game.step_ns, (size_t)game.n_batches, sizeof game.step_ns[0], by_value);
    *one_way_ns = game.step_ns[game.n_batches / 2];
    return RASK_OK;
}
