/* SPDX-License-Identifier: BSD-3-Clause */
/* trace.c: the ring's memory, reading it, and events as text:
 *
 *     12.345678901 task-state task=17 queued -> processing cause=assign worker=3 epoch=1 function=0
 */
#include "base/trace.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <stdio.h>

_Static_assert(sizeof(struct rask_trace_event) == 32, "two events fill a cache line");

struct kind {
    const char *name;
    int has_states;
    const char *id, *a, *b, *c;
};

static const struct kind kinds[RASK_TRACE_KINDS] = {
#define X(NAME, name, has_states, id, a, b, c) {name, has_states, id, a, b, c},
#include "base/trace.def"
#undef X
};

int rask_trace_init(struct rask_trace *trace, uint64_t capacity)
{
    *trace = (struct rask_trace){0};
    if (capacity == 0)
        return 0;
    uint64_t rounded = 1;
    while (rounded < capacity) {
        if (rounded > PTRDIFF_MAX / 2 / sizeof *trace->events)
            return -1;
        rounded *= 2;
    }
    trace->events = rask_alloc((size_t)rounded * sizeof *trace->events);
    if (trace->events == NULL)
        return -1;
    trace->mask = rounded - 1;
    return 0;
}

void rask_trace_release(struct rask_trace *trace)
{
    rask_free(trace->events);
    *trace = (struct rask_trace){0};
}

const struct rask_trace_event *rask_trace_at(const struct rask_trace *trace, uint64_t index)
{
    if (index >= rask_trace_count(trace))
        return NULL;
    return &trace->events[(rask_trace_overwritten(trace) + index) & trace->mask];
}

/* names[index], or the number itself written into `number`. */
static const char *name_or_number(const char *const *names, uint32_t n_names, uint32_t index,
                                  char number[12])
{
    if (names != NULL && index < n_names && names[index] != NULL)
        return names[index];
    snprintf(number, 12, "%" PRIu32, index);
    return number;
}

/* Appends " name=value". */
static rask_status print_field(struct rask_buf *out, const char *name, uint32_t value)
{
    if (value == RASK_TRACE_NONE)
        return rask_buf_printf(out, " %s=-", name);
    return rask_buf_printf(out, " %s=%" PRIu32, name, value);
}

rask_status rask_trace_print(const struct rask_trace_event *event,
                             const struct rask_trace_names *names, struct rask_buf *out)
{
    static const struct kind unknown = {"unknown", 0, "id", "a", "b", "c"};
    static const struct rask_trace_names no_names = {0};
    const struct kind *kind = event->kind < RASK_TRACE_KINDS ? &kinds[event->kind] : &unknown;
    if (names == NULL || !kind->has_states)
        names = &no_names;
    char from_number[12], to_number[12], cause_number[12], transition[96] = "";
    if (kind->has_states)
        snprintf(transition, sizeof transition, " %s -> %s",
                 name_or_number(names->states, names->n_states, event->from, from_number),
                 name_or_number(names->states, names->n_states, event->to, to_number));
    const char *cause = name_or_number(names->causes, names->n_causes, event->cause, cause_number);
    rask_status status = rask_buf_printf(
        out, "%" PRIu64 ".%09" PRIu64 " %s %s=%" PRIu64 "%s cause=%s", event->time_ns / 1000000000,
        event->time_ns % 1000000000, kind->name, kind->id, event->id, transition, cause);
    if (status == RASK_OK)
        status = print_field(out, kind->a, event->a);
    if (status == RASK_OK)
        status = print_field(out, kind->b, event->b);
    if (status == RASK_OK)
        status = print_field(out, kind->c, event->c == UINT16_MAX ? RASK_TRACE_NONE : event->c);
    return status == RASK_OK ? rask_buf_printf(out, "\n") : status;
}

rask_status rask_trace_story(const struct rask_trace *trace, uint64_t id,
                             const struct rask_trace_names *names, struct rask_buf *out)
{
    rask_status status = RASK_OK;
    if (rask_trace_overwritten(trace) != 0)
        status = rask_buf_printf(out, "(%" PRIu64 " older events of all ids are overwritten)\n",
                                 rask_trace_overwritten(trace));
    const struct rask_trace_event *event;
    for (uint64_t i = 0; status == RASK_OK && (event = rask_trace_at(trace, i)) != NULL; i++)
        if (event->id == id)
            status = rask_trace_print(event, names, out);
    return status;
}
