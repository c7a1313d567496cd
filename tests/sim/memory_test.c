/* SPDX-License-Identifier: BSD-3-Clause */
/* memory_test.c: a story in which the n-th allocation fails, for all n. It ends well or with
 * RASK_ERR_MEMORY; nothing is lost (leaks show under a sanitizer) and nothing goes round in
 * circles. */
#include "story.h"

#include "base/alloc.h"

static void plan(struct story *s)
{
    story_plan(s, 2, 1);
    s->config.sched.trace_events = 16;
    s->ranks[2].start_ns = STORY_US(5);
}

/* A little of everything. */
static void play(struct story *s)
{
    static const struct rask_wire_resource none = {"gpu", 1};
    uint64_t value;
    uint64_t data = DATA(s, .value = 3, .bytes = 700, .as.flags = RASK_SCATTER_BROADCAST);
    uint64_t a = CALL(s, .salt = 1, .bytes = 900, PURE(1));
    uint64_t b = CALL(s, .salt = 1, .bytes = 900, PURE(1));
    if (data == 0 || a == 0 || b == 0)
        return;
    uint64_t c = CALL(s, .bytes = 300, DEPS(a, data), ON(2), .n_children = 2);
    uint64_t bad = CALL(s, .n_errors = 1, DEPS(b));
    uint64_t never = CALL(s, .as.resource = &none, .as.n_resource = 1);
    if (c == 0 || bad == 0 || never == 0)
        return;
    rask_sim_run(s->sim, STORY_US(8));
    rask_sim_cancel(s->sim, never);
    rask_sim_run(s->sim, STORY_US(20));
    (void)rask_sim_value(s->sim, a, &value);
    rask_sim_run(s->sim, UINT64_MAX);
    rask_sim_lose(s->sim, 1);
    rask_sim_run(s->sim, UINT64_MAX);
    (void)rask_sim_value(s->sim, c, &value);
    rask_sim_run(s->sim, UINT64_MAX);
}

/* Whether the story came to its end; *n allocations were made. */
static int run_with_failure_at(uint64_t fail_at, uint64_t *n)
{
    struct story s;
    struct rask_error error = {.code = RASK_OK};
    plan(&s);
    uint64_t before = rask_alloc_count();
    rask_alloc_fail_at(fail_at, 0);
    rask_status status = rask_sim_new(&s.config, &s.sim, &error);
    if (status == RASK_OK) {
        play(&s);
        error = *rask_sim_error(s.sim);
    }
    rask_alloc_fail_at(0, 0);
    *n = rask_alloc_count() - before;
    if (error.code != RASK_OK && error.code != RASK_ERR_MEMORY)
        printf("\nallocation %" PRIu64 ": %s\n", fail_at, error.text);
    CU_ASSERT(error.code == RASK_OK || error.code == RASK_ERR_MEMORY);
    if (status == RASK_OK)
        rask_sim_free(s.sim);
    return error.code == RASK_OK;
}

static void each_allocation_may_fail(void)
{
    uint64_t n_all, n, n_well = 0;
    CU_ASSERT(run_with_failure_at(0, &n_all));
    CU_ASSERT(n_all > 50);
    for (uint64_t at = 1; at <= n_all; at++)
        n_well += (uint64_t)run_with_failure_at(at, &n);
    CU_ASSERT(n_well < n_all / 2);
}

RASK_UNIT_MAIN("memory", {"each allocation may fail", each_allocation_may_fail})
