/* SPDX-License-Identifier: BSD-3-Clause */
/* story.h: what a story in the simulator is written with.
 *
 *     struct story s;
 *     story_begin(&s, 2, 2);                         2 workers with 2 slots each
 *     uint64_t a = CALL(&s, .name = "a", .run_ns = STORY_MS(1));
 *     uint64_t b = CALL(&s, .name = "b", DEPS(a));
 *     story_run(&s);
 *     STORY_EVENTS(&s, "run", "a on 1, b on 1");
 *     story_end(&s);
 *
 * Rank 0 schedules and holds the futures, ranks 1 to n_workers work. story_end releases every
 * future and asks that nothing is left. A breach of an invariant prints the trace and fails the
 * test. */
#ifndef RASK_TESTS_SIM_STORY_H
#define RASK_TESTS_SIM_STORY_H

#include "comm/sim.h"
#include "../unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STORY_MAX_RANKS 16
#define STORY_US(n) ((uint64_t)(n)*1000)
#define STORY_MS(n) ((uint64_t)(n)*1000000)

struct story {
    struct rask_sim *sim;
    struct rask_sim_config config;
    struct rask_sim_rank ranks[STORY_MAX_RANKS];
    char text[4000];
};

/* A cluster of equal workers. Other ranks and settings are changed in `ranks` and `config` before
 * story_start. */
static inline void story_plan(struct story *s, uint32_t n_workers, uint32_t n_slots)
{
    memset(s, 0, sizeof *s);
    rask_sim_config_default(&s->config);
    s->config.max_events = 1000000;
    s->config.n_ranks = n_workers + 1;
    s->config.ranks = s->ranks;
    for (uint32_t i = 1; i <= n_workers; i++)
        s->ranks[i].n_slots = n_slots;
}

static inline void story_start(struct story *s)
{
    struct rask_error error;
    CU_ASSERT_EQUAL_FATAL(rask_sim_new(&s->config, &s->sim, &error), RASK_OK);
}

/* A cluster of equal workers as it is planned. */
static inline void story_begin(struct story *s, uint32_t n_workers, uint32_t n_slots)
{
    story_plan(s, n_workers, n_slots);
    story_start(s);
}

static inline void story_check(struct story *s)
{
    if (rask_sim_error(s->sim)->code == RASK_OK)
        return;
    printf("\n%s\n%s", rask_sim_trace(s->sim), rask_sim_error(s->sim)->text);
    CU_FAIL("the simulation is broken");
}

/* Until nothing moves any more. */
static inline void story_run(struct story *s)
{
    rask_sim_run(s->sim, UINT64_MAX);
    story_check(s);
}

static inline void story_run_for(struct story *s, uint64_t ns)
{
    rask_sim_run(s->sim, rask_sim_now(s->sim) + ns);
    story_check(s);
}

#define CALL_FROM(story, client, ...) \
    rask_sim_submit((story)->sim, (client), &(const struct rask_sim_call){__VA_ARGS__})
#define CALL(story, ...) CALL_FROM(story, 0, __VA_ARGS__)
/* As many calls that differ in nothing. */
#define CALLS(story, n, ...)                           \
    do {                                               \
        for (uint32_t call_ = 0; call_ < (n); call_++) \
            CALL((story), __VA_ARGS__);                \
    } while (0)
#define DEPS(...)                            \
    .deps = (const uint64_t[]){__VA_ARGS__}, \
    .n_deps = sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t)
#define PURE(number) .as.key = (const uint64_t[]){(number), 7}, .as.n_key = 2
#define ON(...)                                  \
    .as.allow = (const uint32_t[]){__VA_ARGS__}, \
    .as.n_allow = sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)
#define DATA(story, ...) \
    rask_sim_scatter((story)->sim, 0, &(const struct rask_sim_data){__VA_ARGS__})

/* The events of one kind so far, "a on 1, b on 2". */
static inline const char *story_events(struct story *s, const char *verb)
{
    size_t used = 0, verb_bytes = strlen(verb);
    s->text[0] = '\0';
    for (const char *line = rask_sim_trace(s->sim); *line != '\0'; line = strchr(line, '\n') + 1) {
        const char *event = strstr(line, " us ") + 4, *end = strchr(line, '\n');
        if (strncmp(event, verb, verb_bytes) != 0 || event[verb_bytes] != ' ')
            continue;
        event += verb_bytes + 1;
        int n = snprintf(s->text + used, sizeof s->text - used, "%s%.*s", used == 0 ? "" : ", ",
                         (int)(end - event), event);
        used += n > 0 ? (size_t)n : 0;
        CU_ASSERT_FATAL(used < sizeof s->text);
    }
    return s->text;
}

#define STORY_EVENTS(story, verb, expected)                                            \
    do {                                                                               \
        const char *seen_ = story_events((story), (verb));                             \
        if (strcmp(seen_, (expected)) != 0)                                            \
            printf("\n%s: expected \"%s\", seen \"%s\"\n", (verb), (expected), seen_); \
        CU_ASSERT_STRING_EQUAL(seen_, (expected));                                     \
    } while (0)

/* The number that a future holds, fetched if need be. */
static inline uint64_t story_value(struct story *s, uint64_t id)
{
    uint64_t value = 0;
    for (int i = 0; i < 10 && !rask_sim_value(s->sim, id, &value); i++)
        story_run(s);
    CU_ASSERT(rask_sim_value(s->sim, id, &value));
    return value;
}

static inline int story_is_done(struct story *s, uint64_t id)
{
    return rask_sim_state(s->sim, id) == RASK_FUTURE_DONE;
}

static inline int story_are_done(struct story *s, const uint64_t *ids, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!story_is_done(s, ids[i]))
            return 0;
    return 1;
}

static inline rask_status story_failure(struct story *s, uint64_t id)
{
    return rask_sim_failure(s->sim, id, NULL);
}

static inline const char *story_state(struct story *s, uint64_t id)
{
    struct rask_sched_about about;
    (void)rask_sched_about(rask_sim_sched(s->sim), id, &about);
    return about.state;
}

static inline struct rask_sim_figures story_rank(struct story *s, int32_t rank)
{
    struct rask_sim_figures figures;
    rask_sim_figures(s->sim, rank, &figures);
    return figures;
}

static inline struct rask_sched_worker story_worker(struct story *s, int32_t rank)
{
    struct rask_sched_worker worker;
    rask_sched_worker(rask_sim_sched(s->sim), rank, &worker);
    return worker;
}

static inline struct rask_sched_counters story_counters(struct story *s)
{
    struct rask_sched_counters counters;
    rask_sched_counters(rask_sim_sched(s->sim), &counters);
    return counters;
}

static inline void story_release_all(struct story *s)
{
    for (int32_t rank = 0; rank < (int32_t)s->config.n_ranks; rank++) {
        uint64_t n = rask_sim_client(s->sim, rank)->claims.next_sequence;
        for (uint64_t i = 1; i < n && !rask_sim_is_lost(s->sim, rank); i++)
            rask_sim_release(s->sim, rask_id_make(rank, i));
    }
    story_run(s);
}

static inline void story_end(struct story *s)
{
    story_release_all(s);
    rask_sim_expect_nothing_left(s->sim);
    story_check(s);
    rask_sim_free(s->sim);
}

#endif
