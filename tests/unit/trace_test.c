/* SPDX-License-Identifier: BSD-3-Clause */
/* trace_test.c: the ring keeps the newest events in order and tells the story of one id. */
#include "base/alloc.h"
#include "base/trace.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct rask_trace_event event(uint64_t time_ns, uint64_t id)
{
    return (struct rask_trace_event){.time_ns = time_ns, .id = id, .kind = RASK_TRACE_TASK_STATE};
}

static void off_costs_nothing_and_has_nothing(void)
{
    struct rask_trace trace = {0};
    rask_trace_write(&trace, event(1, 1));
    CU_ASSERT_EQUAL(rask_trace_count(&trace), 0);
    CU_ASSERT_EQUAL(rask_trace_overwritten(&trace), 0);
    CU_ASSERT_PTR_NULL(rask_trace_at(&trace, 0));
    CU_ASSERT_EQUAL(rask_trace_init(&trace, 0), 0);
    rask_trace_write(&trace, event(1, 1));
    CU_ASSERT_EQUAL(rask_trace_count(&trace), 0);
    rask_trace_release(&trace);
}

static void keeps_the_newest_in_order(void)
{
    struct rask_trace trace;
    CU_ASSERT_EQUAL(rask_trace_init(&trace, 7), 0);
    for (uint64_t t = 0; t < 5; t++)
        rask_trace_write(&trace, event(t, t));
    CU_ASSERT_EQUAL(rask_trace_count(&trace), 5);
    CU_ASSERT_EQUAL(rask_trace_at(&trace, 4)->time_ns, 4);
    CU_ASSERT_PTR_NULL(rask_trace_at(&trace, 5));
    for (uint64_t t = 5; t < 30; t++)
        rask_trace_write(&trace, event(t, t));
    CU_ASSERT_EQUAL(rask_trace_count(&trace), 8);
    CU_ASSERT_EQUAL(rask_trace_overwritten(&trace), 22);
    for (uint64_t i = 0; i < 8; i++)
        CU_ASSERT_EQUAL(rask_trace_at(&trace, i)->time_ns, 22 + i);
    rask_trace_release(&trace);
}

static void a_story_has_the_events_of_one_id(void)
{
    struct rask_trace trace;
    struct rask_buf out = {0};
    uint64_t n = 0;
    CU_ASSERT_EQUAL(rask_trace_init(&trace, 64), 0);
    for (uint64_t t = 0; t < 64; t++)
        rask_trace_write(&trace, event(t, t % 10));
    CU_ASSERT_EQUAL(rask_trace_story(&trace, 3, NULL, &out), RASK_OK);
    for (const char *line = (char *)out.data; *line != '\0'; line = strchr(line, '\n') + 1) {
        char start[32];
        snprintf(start, sizeof start, "0.%09u task-state task=3 ", (unsigned)(3 + 10 * n++));
        CU_ASSERT_EQUAL(strncmp(line, start, strlen(start)), 0);
    }
    CU_ASSERT_EQUAL(n, 7);
    rask_buf_release(&out);
    rask_trace_release(&trace);
}

static void tells_a_story(void)
{
    static const char *const states[] = {"waiting", "ready"}, *const causes[] = {"none",
                                                                                 "input-done"};
    static const struct rask_trace_names names = {states, causes, 2, 2};
    struct rask_trace trace;
    struct rask_buf out = {0};
    CU_ASSERT_EQUAL(rask_trace_init(&trace, 2), 0);
    rask_trace_write(&trace, event(1, 17));
    rask_trace_write(&trace, (struct rask_trace_event){.time_ns = UINT64_C(12000000034),
                                                       .id = 17,
                                                       .a = 3,
                                                       .b = 1,
                                                       .c = 7,
                                                       .cause = 1,
                                                       .kind = RASK_TRACE_TASK_STATE,
                                                       .to = 1});
    rask_trace_write(&trace, event(5, 18));
    CU_ASSERT_EQUAL(rask_trace_story(&trace, 17, &names, &out), RASK_OK);
    CU_ASSERT_STRING_EQUAL(
        (char *)out.data,
        "(1 older events of all ids are overwritten)\n"
        "12.000000034 task-state task=17 waiting -> ready cause=input-done worker=3 epoch=1 "
        "function=7\n");
    rask_buf_release(&out);
    rask_trace_release(&trace);
}

static void prints_what_it_does_not_know(void)
{
    struct rask_buf out = {0};
    struct rask_trace_event odd = {
        .time_ns = 5, .id = 2, .a = 3, .b = 4, .c = 5, .cause = 6, .kind = 999, .from = 7};
    CU_ASSERT_EQUAL(rask_trace_print(&odd, NULL, &out), RASK_OK);
    CU_ASSERT_STRING_EQUAL((char *)out.data, "0.000000005 unknown id=2 cause=6 a=3 b=4 c=5\n");
    rask_buf_clear(&out);
    odd.a = odd.b = RASK_TRACE_NONE;
    odd.c = (uint16_t)RASK_TRACE_NONE;
    odd.kind = RASK_TRACE_TASK_STATE;
    CU_ASSERT_EQUAL(rask_trace_print(&odd, NULL, &out), RASK_OK);
    CU_ASSERT_STRING_EQUAL(
        (char *)out.data,
        "0.000000005 task-state task=2 7 -> 0 cause=6 worker=- epoch=- function=-\n");
    rask_buf_release(&out);
    rask_buf_init(&out, 10);
    CU_ASSERT_EQUAL(rask_trace_print(&odd, NULL, &out), RASK_ERR_LIMIT);
}

static void reports_want_of_memory(void)
{
    struct rask_trace trace;
    rask_alloc_fail_at(1, 1);
    CU_ASSERT_EQUAL(rask_trace_init(&trace, 100), -1);
    rask_alloc_fail_at(0, 0);
    CU_ASSERT_EQUAL(rask_trace_init(&trace, UINT64_MAX), -1);
    rask_trace_write(&trace, event(1, 1));
    CU_ASSERT_EQUAL(rask_trace_count(&trace), 0);
}

RASK_UNIT_MAIN("trace", {"off costs nothing and has nothing", off_costs_nothing_and_has_nothing},
               {"keeps the newest in order", keeps_the_newest_in_order},
               {"a story has one id's events", a_story_has_the_events_of_one_id},
               {"tells a story", tells_a_story},
               {"prints what it does not know", prints_what_it_does_not_know},
               {"reports want of memory", reports_want_of_memory})
