/* SPDX-License-Identifier: BSD-3-Clause */
/* trace.h: a ring of typed events of 32 bytes: what happened last, for stories and stall reports.
 *
 *     events[n_written & mask] is written next; when the ring is full the oldest event is
 * overwritten
 *
 * A zeroed struct is a trace that is off: writing costs a test and there are no events. The kinds
 * are listed in trace.def. Thread: one at a time. Owns: the ring, until rask_trace_release. */
#ifndef RASK_BASE_TRACE_H
#define RASK_BASE_TRACE_H

#include "base/buf.h"

#include <rask/status.h>

#include <stddef.h>
#include <stdint.h>

/* A field that says nothing here, printed as "-"; of `c`, its lower 16 bits. */
#define RASK_TRACE_NONE UINT32_MAX

enum rask_trace_kind {
#define X(NAME, name, has_states, id, a, b, c) RASK_TRACE_##NAME,
#include "base/trace.def"
#undef X
    RASK_TRACE_KINDS
};

struct rask_trace_event {
    uint64_t time_ns;
    uint64_t id; /* whose story this belongs to; what it is depends on the kind */
    uint32_t a, b; /* by kind, see trace.def */
    uint16_t c; /* by kind */
    uint16_t cause; /* by kind */
    uint16_t kind; /* enum rask_trace_kind */
    uint8_t from, to; /* states, for kinds with a transition */
};

struct rask_trace {
    struct rask_trace_event *events; /* NULL = off */
    uint64_t mask; /* capacity - 1 */
    uint64_t n_written; /* events ever written */
};

/* How the owner of the trace calls the states and causes of transitions in print; a NULL table or a
 * number beyond its end prints as a number. */
struct rask_trace_names {
    const char *const *states;
    const char *const *causes;
    uint32_t n_states, n_causes;
};

/* A ring for `capacity` events (rounded up to a power of two; 0 = off). 0, or -1 for want of
 * memory. */
int rask_trace_init(struct rask_trace *trace, uint64_t capacity);

/* Frees the ring; the trace is off. */
void rask_trace_release(struct rask_trace *trace);

/* Writes one event; a few nanoseconds. */
static inline void rask_trace_write(struct rask_trace *trace, struct rask_trace_event event)
{
    if (trace->events != NULL)
        trace->events[trace->n_written++ & trace->mask] = event;
}

/* Events that can be read, and events that were overwritten. */
static inline uint64_t rask_trace_count(const struct rask_trace *trace)
{
    if (trace->events == NULL || trace->n_written <= trace->mask)
        return trace->n_written;
    return trace->mask + 1;
}

static inline uint64_t rask_trace_overwritten(const struct rask_trace *trace)
{
    return trace->n_written - rask_trace_count(trace);
}

/* The index-th event, 0 the oldest; NULL from rask_trace_count on. Valid until the next write. */
const struct rask_trace_event *rask_trace_at(const struct rask_trace *trace, uint64_t index);

/* Appends one event as a line of text; `names` may be NULL. RASK_ERR_MEMORY or RASK_ERR_LIMIT by
 * `out`. */
RASK_MUST_USE rask_status rask_trace_print(const struct rask_trace_event *event,
                                           const struct rask_trace_names *names,
                                           struct rask_buf *out);

/* Appends the story of `id`, oldest line first, with a first line that says how many events of any
 * id were overwritten if there were such. Errors as above. */
RASK_MUST_USE rask_status rask_trace_story(const struct rask_trace *trace, uint64_t id,
                                           const struct rask_trace_names *names,
                                           struct rask_buf *out);

#endif
