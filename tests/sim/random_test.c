/* SPDX-License-Identifier: BSD-3-Clause */
/* random_test.c: thousands of random jobs in the simulator.
 *
 *     random_test [first_seed] [n_seeds]
 *
 * Each seed makes a cluster, a network, a graph that is submitted in pieces while it runs, and
 * mishaps: lost ranks, errors, cancels, releases, pauses. Every machine checks itself after each
 * step. In the end each future that is still held has the right value, or an error that something
 * in its history justifies; and when all are released, nothing is left. Seeds that failed once are
 * in seeds.txt and come first. */
#include "base/alloc.h"
#include "base/rng.h"
#include "comm/sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RANKS 7
#define MAX_FUTURES 400
#define MAX_DEPS 6
#define DEFAULT_SEEDS 4000
#define FULL_SEEDS 40000

/* What may have gone wrong with a result, its inputs' troubles included. */
#define TROUBLE_ERROR 1u
#define TROUBLE_CANCEL 2u
#define TROUBLE_KILL 4u
#define TROUBLE_DATA 8u /* scattered data can be lost */
#define TROUBLE_PLACE 16u /* it may be that nobody may run it */
#define TROUBLE_ROOM 32u /* a rank may have no memory for an input */

struct future {
    uint64_t id, value;
    int32_t rank; /* of the client */
    uint32_t trouble;
    uint32_t deps[MAX_DEPS]; /* indices of futures */
    uint32_t n_deps;
    int is_held, is_pure;
    struct rask_sim_call call;
};

struct job {
    uint64_t seed;
    int is_node_shared;
    struct rask_rng rng;
    struct rask_sim *sim;
    struct rask_sim_rank ranks[MAX_RANKS];
    uint32_t n_ranks;
    struct future futures[MAX_FUTURES];
    uint32_t n_futures;
    uint32_t n_lost, max_lost;
    uint32_t trouble; /* of all tasks */
    uint64_t scale_ns; /* of running times */
    int has_kills, has_timeout;
    const char *complaint; /* of the test itself */
    uint64_t subject; /* the future it is about */
};

static uint32_t below(struct job *job, uint32_t n)
{
    return (uint32_t)rask_rng_below(&job->rng, n);
}

static int one_in(struct job *job, uint32_t n)
{
    return below(job, n) == 0;
}

static void complain(struct job *job, const char *complaint, uint64_t subject)
{
    if (job->complaint != NULL)
        return;
    job->complaint = complaint;
    job->subject = subject;
}

static const struct rask_wire_resource gpu = {"gpu", 2};

static void make_ranks(struct job *job)
{
    job->n_ranks = 1 + below(job, MAX_RANKS);
    for (uint32_t i = 0; i < job->n_ranks; i++) {
        struct rask_sim_rank *r = &job->ranks[i];
        r->n_slots = i == 0 ? below(job, 3) : 1 + below(job, 3);
        r->node = (int32_t)below(job, 2);
        r->slowness_percent = one_in(job, 4) ? 400 : 0;
        r->start_ns = i > 0 && one_in(job, 5) ? below(job, 200000) : 0;
        if (one_in(job, 2)) {
            r->resources = &gpu;
            r->n_resources = 1;
        }
    }
    if (job->n_ranks == 1)
        job->ranks[0].n_slots = 1 + below(job, 3);
}

static void make_sched_config(struct job *job, struct rask_sched_config *config)
{
    static const double saturations[] = {0, 0.5, 1, 1.1, 1.1, 2};
    static const uint32_t aheads[] = {0, 4, 256};
    config->saturation = saturations[below(job, 6)];
    config->max_ahead = aheads[below(job, 3)];
    config->ahead_ns = one_in(job, 2) ? 50000 : 1000000;
    config->allowed_failures = below(job, 4);
    config->is_stealing = !one_in(job, 4);
    config->generation_gap_ns = one_in(job, 2) ? 1000 : 100000000;
    if (one_in(job, 4)) {
        config->no_worker_timeout_ns = 1 + below(job, 300000);
        job->has_timeout = 1;
    }
    config->trace_events = 4096;
}

static int make_job(struct job *job, uint64_t seed, int is_node_shared)
{
    struct rask_sim_config config;
    struct rask_error error;
    memset(job, 0, sizeof *job);
    job->seed = seed;
    job->is_node_shared = is_node_shared;
    rask_rng_seed(&job->rng, seed);
    make_ranks(job);
    rask_sim_config_default(&config);
    config.seed = seed;
    config.n_ranks = job->n_ranks;
    config.ranks = job->ranks;
    config.latency_ns = 1 + below(job, 10000);
    config.jitter_ns = one_in(job, 3) ? 0 : below(job, 50000);
    config.turn_ns = one_in(job, 2) ? 0 : below(job, 5000);
    config.ns_per_kib = below(job, 20000);
    config.detect_ns = below(job, 100000);
    config.max_events = 2000000;
    config.is_node_shared = is_node_shared;
    if (one_in(job, 8)) {
        config.no_room_one_in = 20;
        job->trouble |= TROUBLE_ROOM;
    }
    make_sched_config(job, &config.sched);
    job->max_lost = one_in(job, 2) ? 0 : below(job, job->n_ranks);
    job->has_kills = one_in(job, 4);
    job->scale_ns = one_in(job, 3) ? 1000 : one_in(job, 2) ? 30000 : 200000;
    if (rask_sim_new(&config, &job->sim, &error) == RASK_OK)
        return 0;
    fprintf(stderr, "seed %" PRIu64 ": %s\n", seed, error.text);
    return -1;
}

/* A future of `rank` that is held, or MAX_FUTURES. */
static uint32_t pick_held(struct job *job, int32_t rank)
{
    for (int tries = 0; tries < 12 && job->n_futures > 0; tries++) {
        uint32_t newest = job->n_futures < 12 ? job->n_futures : 12;
        uint32_t i =
            one_in(job, 2) ? below(job, job->n_futures) : job->n_futures - 1 - below(job, newest);
        if (job->futures[i].is_held && job->futures[i].rank == rank)
            return i;
    }
    return MAX_FUTURES;
}

static void annotate(struct job *job, struct future *f, uint32_t *allow,
                     struct rask_wire_resource *resource)
{
    struct rask_msg_submit *as = &f->call.as;
    as->function = below(job, 8);
    as->priority = one_in(job, 5) ? (int32_t)below(job, 7) - 3 : 0;
    as->retries = (uint16_t)(one_in(job, 3) ? below(job, 3) : 0);
    if (one_in(job, 12)) {
        *allow = below(job, MAX_RANKS);
        as->allow = allow;
        as->n_allow = 1;
        as->flags |= one_in(job, 2) ? RASK_SUBMIT_LOOSE : 0;
        f->trouble |= TROUBLE_PLACE;
    }
    if (one_in(job, 12)) {
        *resource = gpu;
        resource->amount = 1 + below(job, 2);
        as->resource = resource;
        as->n_resource = 1;
        f->trouble |= TROUBLE_PLACE;
    }
    as->flags |= one_in(job, 10) ? RASK_SUBMIT_PRODUCER : 0;
}

static void behave(struct job *job, struct future *f)
{
    f->call.salt = rask_rng_next64(&job->rng) >> 8;
    f->call.run_ns = one_in(job, 10) ? 0 : 1 + rask_rng_below(&job->rng, job->scale_ns);
    f->call.bytes = one_in(job, 2) ? 0 : 1 + below(job, one_in(job, 2) ? 600 : 20000);
    f->call.is_polite = one_in(job, 3);
    if (one_in(job, 10))
        f->call.n_errors = 1 + below(job, 3);
    else if (one_in(job, 8))
        f->call.n_good = 1;
    if (one_in(job, 10)) {
        f->call.n_children = 1 + below(job, 4);
        f->call.child_depth = below(job, 3);
        f->call.child_ns = below(job, 5000);
    }
    if (job->has_kills && one_in(job, 40) && job->n_lost < job->max_lost) {
        f->call.n_kills = 1 + below(job, 2);
        job->n_lost += f->call.n_kills;
    }
}

static void find_value(struct job *job, struct future *f)
{
    uint64_t values[MAX_DEPS];
    for (uint32_t i = 0; i < f->n_deps; i++)
        values[i] = job->futures[f->deps[i]].value;
    f->value = rask_sim_result(&f->call, values, f->n_deps);
}

static void submit(struct job *job, int32_t rank)
{
    uint32_t allow;
    struct rask_wire_resource resource;
    uint64_t ids[MAX_DEPS], key[2];
    if (job->n_futures == MAX_FUTURES)
        return;
    struct future *f = &job->futures[job->n_futures];
    *f = (struct future){.rank = rank, .is_held = 1};
    behave(job, f);
    annotate(job, f, &allow, &resource);
    uint32_t n = one_in(job, 4) ? 0 : below(job, MAX_DEPS);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t dep = f->n_deps > 0 && one_in(job, 20) ? f->deps[0] : pick_held(job, rank);
        if (dep == MAX_FUTURES)
            continue;
        f->deps[f->n_deps++] = dep;
        f->trouble |= job->futures[dep].trouble & TROUBLE_PLACE;
    }
    if (one_in(job, 4)) {
        f->is_pure = 1;
        key[0] = f->call.salt;
        key[1] = job->seed;
        f->call.as.key = key;
        f->call.as.n_key = 2;
    } else if (one_in(job, 20) && !(f->trouble & TROUBLE_PLACE)) {
        f->call.as.flags |= RASK_SUBMIT_UNCLAIMED;
        f->is_held = 0;
    }
    find_value(job, f);
    /* One in three, and not by the random numbers, whose order old seeds rely on. */
    f->call.takes_parts = f->call.salt % 3 == 0;
    for (uint32_t i = 0; i < f->n_deps; i++) {
        const struct future *dep = &job->futures[f->deps[i]];
        ids[i] = dep->id;
        f->call.takes_parts &= dep->call.bytes == 0 || dep->call.bytes >= 8;
    }
    f->call.deps = ids;
    f->call.n_deps = f->n_deps;
    f->id = rask_sim_submit(job->sim, rank, &f->call);
    job->n_futures++;
}

/* The same pure call again; its inputs must still be held, as in a program. */
static void submit_again(struct job *job, int32_t rank)
{
    uint64_t ids[MAX_DEPS], key[2];
    uint32_t k = job->n_futures == 0 ? 0 : below(job, job->n_futures);
    struct future *first = &job->futures[k];
    if (job->n_futures == 0 || job->n_futures == MAX_FUTURES || !first->is_pure ||
        first->rank != rank)
        return;
    for (uint32_t i = 0; i < first->n_deps; i++) {
        if (!job->futures[first->deps[i]].is_held)
            return;
        ids[i] = job->futures[first->deps[i]].id;
    }
    struct future *f = &job->futures[job->n_futures++];
    *f = *first;
    f->trouble &= ~TROUBLE_CANCEL;
    key[0] = f->call.salt;
    key[1] = job->seed;
    f->call.as =
        (struct rask_msg_submit){.key = key, .n_key = 2, .retries = first->call.as.retries};
    f->call.as.flags = one_in(job, 6) && !(f->trouble & TROUBLE_PLACE) ? RASK_SUBMIT_UNCLAIMED : 0;
    f->call.deps = ids;
    f->is_held = f->call.as.flags == 0;
    f->id = rask_sim_submit(job->sim, rank, &f->call);
}

static void scatter(struct job *job, int32_t rank)
{
    uint64_t key[2];
    uint32_t allow = below(job, MAX_RANKS);
    if (job->n_futures == MAX_FUTURES)
        return;
    struct future *f = &job->futures[job->n_futures++];
    *f = (struct future){.rank = rank, .is_held = 1, .trouble = TROUBLE_DATA};
    f->value = one_in(job, 3) ? below(job, 4) : rask_rng_next64(&job->rng);
    struct rask_sim_data data = {.value = f->value, .bytes = 8 + below(job, 3000)};
    data.as.flags = one_in(job, 3) ? RASK_SCATTER_BROADCAST : 0;
    if (one_in(job, 2)) {
        data.bytes = f->value % 2 == 0 ? 8 : 5000;
        key[0] = f->value;
        key[1] = 1;
        data.as.key = key;
        data.as.n_key = 2;
    }
    if (one_in(job, 4)) {
        data.as.allow = &allow;
        data.as.n_allow = 1;
    }
    f->id = rask_sim_scatter(job->sim, rank, &data);
}

/* Who submits: mostly rank 0. */
static int32_t pick_client(struct job *job)
{
    int32_t rank = one_in(job, 4) ? (int32_t)below(job, job->n_ranks) : 0;
    return rask_sim_is_lost(job->sim, rank) ? 0 : rank;
}

static void touch_future(struct job *job, int32_t rank)
{
    uint64_t value;
    uint32_t i = pick_held(job, rank);
    if (i == MAX_FUTURES)
        return;
    struct future *f = &job->futures[i];
    switch (below(job, 5)) {
    case 0:
        f->trouble |= TROUBLE_CANCEL;
        rask_sim_cancel(job->sim, f->id);
        break;
    case 1:
    case 2:
        f->is_held = 0;
        rask_sim_release(job->sim, f->id);
        break;
    default:
        if (rask_sim_value(job->sim, f->id, &value) && value != f->value)
            complain(job, "a wrong value was read", f->id);
    }
}

static void act(struct job *job)
{
    int32_t rank = pick_client(job);
    uint32_t what = below(job, 20);
    if (what < 9) {
        for (uint32_t n = 1 + below(job, 12); n > 0; n--)
            submit(job, rank);
    } else if (what < 10) {
        submit_again(job, rank);
    } else if (what < 11) {
        scatter(job, rank);
    } else if (what < 18) {
        touch_future(job, rank);
    } else if (what < 19) {
        rask_sim_pause(job->sim, (int32_t)below(job, job->n_ranks), one_in(job, 2));
    } else if (job->n_lost < job->max_lost) {
        job->n_lost++;
        rask_sim_lose(job->sim, (int32_t)below(job, job->n_ranks));
    }
}

static int is_broken(struct job *job)
{
    return rask_sim_error(job->sim)->code != RASK_OK || job->complaint != NULL;
}

/* Each future's troubles are its own and its inputs'; inputs come before it. */
static void inherit_troubles(struct job *job)
{
    for (uint32_t k = 0; k < job->n_futures; k++) {
        struct future *f = &job->futures[k];
        f->trouble |= job->trouble;
        if (f->call.n_errors > f->call.as.retries || f->call.n_good != 0 ||
            (f->call.n_errors > 0 && (job->trouble & TROUBLE_ROOM)))
            f->trouble |= TROUBLE_ERROR;
        if (job->n_lost > 0)
            f->trouble |= TROUBLE_KILL;
        for (uint32_t i = 0; i < f->n_deps; i++)
            f->trouble |= job->futures[f->deps[i]].trouble;
    }
}

static int has_workers(struct job *job)
{
    for (uint32_t i = 0; i < job->n_ranks; i++)
        if (job->ranks[i].n_slots > 0 && !rask_sim_is_lost(job->sim, (int32_t)i))
            return 1;
    return 0;
}

static uint32_t trouble_of(rask_status code)
{
    switch (code) {
    case RASK_ERR_TASK:
        return TROUBLE_ERROR;
    case RASK_ERR_CANCELLED:
        return TROUBLE_CANCEL;
    case RASK_ERR_WORKER_KILLED:
        return TROUBLE_KILL;
    case RASK_ERR_OBJECT_LOST:
        return TROUBLE_DATA;
    case RASK_ERR_NO_WORKER:
        return TROUBLE_PLACE;
    case RASK_ERR_MEMORY:
        return TROUBLE_ROOM;
    case RASK_ERR_DEPENDENCY:
        return TROUBLE_ERROR | TROUBLE_CANCEL | TROUBLE_KILL | TROUBLE_DATA | TROUBLE_PLACE |
               TROUBLE_ROOM;
    default:
        return 0;
    }
}

/* A task whose children were lost with their workers, or had no room, may fail like one in error.
 */
static int is_justified(const struct job *job, const struct future *f, rask_status code)
{
    uint32_t allowed = f->trouble;
    if (job->n_lost > 0 && f->call.n_children > 0)
        allowed |= TROUBLE_ERROR;
    if ((f->trouble & TROUBLE_DATA) && job->n_lost == 0)
        allowed &= ~TROUBLE_DATA;
    if (job->n_lost > 0 && code == RASK_ERR_TASK)
        allowed |= f->n_deps > 0 ? TROUBLE_ERROR : 0;
    return (allowed & trouble_of(code)) != 0;
}

static void check_future(struct job *job, struct future *f)
{
    uint64_t value;
    enum rask_future_state state = rask_sim_state(job->sim, f->id);
    int may_wait = !has_workers(job) || (f->trouble & TROUBLE_PLACE);
    for (int tries = 0; state == RASK_FUTURE_DONE && tries < 1000 && !is_broken(job); tries++) {
        if (rask_sim_value(job->sim, f->id, &value)) {
            if (value != f->value)
                complain(job, "a future has a wrong value", f->id);
            return;
        }
        rask_sim_run(job->sim, UINT64_MAX);
        state = rask_sim_state(job->sim, f->id);
    }
    if (state == RASK_FUTURE_DONE && !may_wait)
        complain(job, "a result could not be fetched", f->id);
    else if (state == RASK_FUTURE_PENDING && !may_wait)
        complain(job, "a future never finished", f->id);
    else if ((state == RASK_FUTURE_FAILED || state == RASK_FUTURE_CANCELLED) &&
             !is_justified(job, f, rask_sim_failure(job->sim, f->id, NULL)))
        complain(job, "a future failed for no reason", f->id);
}

static void finish(struct job *job)
{
    for (uint32_t i = 0; i < job->n_ranks; i++)
        if (!rask_sim_is_lost(job->sim, (int32_t)i))
            rask_sim_pause(job->sim, (int32_t)i, 0);
    rask_sim_run(job->sim, UINT64_MAX);
    inherit_troubles(job);
    for (uint32_t i = 0; i < job->n_futures && !is_broken(job); i++)
        if (job->futures[i].is_held && !rask_sim_is_lost(job->sim, job->futures[i].rank))
            check_future(job, &job->futures[i]);
    for (uint32_t i = 0; i < job->n_futures && !is_broken(job); i++)
        if (job->futures[i].is_held && !rask_sim_is_lost(job->sim, job->futures[i].rank))
            rask_sim_release(job->sim, job->futures[i].id);
    rask_sim_run(job->sim, UINT64_MAX);
    if (!is_broken(job) && has_workers(job))
        rask_sim_expect_nothing_left(job->sim);
}

static void tell_story(struct job *job)
{
    const char *text = rask_sim_error(job->sim)->text;
    const char *task = strstr(text, "task ");
    uint64_t id = job->subject;
    struct rask_buf story = {0};
    printf("seed %" PRIu64 "%s fails: %s\n", job->seed,
           job->is_node_shared ? " with objects read in place" : "",
           job->complaint != NULL ? job->complaint : text);
    if (task == NULL)
        task = strstr(text, "object ");
    if (id == 0 && task != NULL)
        id = strtoull(strchr(task, ' ') + 1, NULL, 16);
    if (job->complaint != NULL) {
        const char *why = "";
        rask_status code = rask_sim_failure(job->sim, id, &why);
        printf("future %" PRIx64 ": state %d, code %d, %s\n", id, (int)rask_sim_state(job->sim, id),
               (int)code, why);
    }
    if (id != 0 && rask_sched_story(rask_sim_sched(job->sim), id, &story) == RASK_OK &&
        story.size != 0)
        printf("%s", (const char *)story.data);
    rask_buf_release(&story);
    if (getenv("RASK_TEST_TRACE") != NULL) {
        printf("%s", rask_sim_trace(job->sim));
        if (rask_sched_describe(rask_sim_sched(job->sim), &story) == RASK_OK)
            printf("%s", (const char *)story.data);
        rask_buf_release(&story);
    }
}

static int run_once(struct job *job, uint64_t seed, int is_node_shared)
{
    if (make_job(job, seed, is_node_shared) != 0)
        return 1;
    uint64_t time_ns = 0;
    for (uint32_t n = 3 + below(job, 40); n > 0 && !is_broken(job); n--) {
        time_ns += one_in(job, 3) ? 0 : below(job, 100000);
        rask_sim_run(job->sim, time_ns);
        act(job);
    }
    if (!is_broken(job))
        finish(job);
    int has_failed = is_broken(job);
    if (has_failed)
        tell_story(job);
    rask_sim_free(job->sim);
    return has_failed;
}

/* With objects that are fetched, and with such that ranks of a node read in place. */
static int run_seed(struct job *job, uint64_t seed)
{
    return run_once(job, seed, 0) != 0 || run_once(job, seed, 1) != 0;
}

/* Seeds that failed once, one per line; text after the number says what it was. */
static int run_old_seeds(struct job *job)
{
    char path[1024], line[256];
    const char *srcdir = getenv("top_srcdir");
    int n_failed = 0;
    snprintf(path, sizeof path, "%s/tests/sim/seeds.txt", srcdir == NULL ? "." : srcdir);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fprintf(stderr, "%s cannot be read: run from the source tree or set top_srcdir\n", path);
        return 1;
    }
    while (fgets(line, sizeof line, file) != NULL)
        if (line[0] >= '0' && line[0] <= '9')
            n_failed += run_seed(job, strtoull(line, NULL, 10));
    fclose(file);
    return n_failed;
}

int main(int argc, char **argv)
{
    struct job *job = malloc(sizeof *job);
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t n_default = getenv("RASK_TEST_FULL") != NULL ? FULL_SEEDS : DEFAULT_SEEDS;
    uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : argc > 1 ? 1 : n_default;
    int n_failed = 0;
    if (job == NULL)
        return 1;
    if (argc == 1)
        n_failed = run_old_seeds(job);
    for (uint64_t seed = first; seed < first + n && n_failed < 3; seed++)
        n_failed += run_seed(job, seed);
    if (n_failed == 0)
        printf("%" PRIu64 " seeds from %" PRIu64 " on are right\n", n, first);
    free(job);
    return n_failed != 0;
}
