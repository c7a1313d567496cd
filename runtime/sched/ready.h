/* SPDX-License-Identifier: BSD-3-Clause */
/* ready.h: a queue of ready tasks by priority.
 *
 * Tasks mostly become ready in the order of their priority, so the queue is a run of ascending
 * entries with a heap beside it for those that come out of order: pushing and popping the run costs
 * a few nanoseconds whatever its length. Entries are not removed when a task leaves by another way;
 * whoever pops asks whether the task is still queued here. Not thread-safe, no decisions. */
#ifndef RASK_SCHED_READY_H
#define RASK_SCHED_READY_H

#include "base/heap.h"

struct rask_ready {
    struct rask_heap_entry *run; /* ring of `capacity` (a power of two) ascending entries */
    uint64_t head, tail; /* [head, tail) modulo capacity */
    uint64_t capacity;
    struct rask_heap heap;
};

/* 0, or -1 without memory. */
int rask_ready_push(struct rask_ready *ready, struct rask_heap_entry entry);
void rask_ready_release(struct rask_ready *ready);

/* The entry with the lowest priority value, NULL if empty; valid until the next change. */
static inline const struct rask_heap_entry *rask_ready_top(const struct rask_ready *ready)
{
    const struct rask_heap_entry *heap_top = rask_heap_top(&ready->heap);
    if (ready->head == ready->tail)
        return heap_top;
    const struct rask_heap_entry *run_top = &ready->run[ready->head & (ready->capacity - 1)];
    if (heap_top == NULL)
        return run_top;
    if (run_top->hi != heap_top->hi)
        return run_top->hi < heap_top->hi ? run_top : heap_top;
    return run_top->lo <= heap_top->lo ? run_top : heap_top;
}

static inline uint64_t rask_ready_count(const struct rask_ready *ready)
{
    return ready->tail - ready->head + rask_heap_count(&ready->heap);
}

/* Entry `index` of rask_ready_count, in no particular order; valid until the next change. */
static inline const struct rask_heap_entry *rask_ready_at(const struct rask_ready *ready,
                                                          uint64_t index)
{
    uint64_t n_run = ready->tail - ready->head;
    assert(index < rask_ready_count(ready));
    return index < n_run ? &ready->run[(ready->head + index) & (ready->capacity - 1)]
                         : &ready->heap.entries[index - n_run];
}

/* Removes the entry that rask_ready_top gives. Undefined when empty (asserted). */
static inline void rask_ready_pop(struct rask_ready *ready)
{
    const struct rask_heap_entry *top = rask_ready_top(ready);
    assert(top != NULL);
    if (top == rask_heap_top(&ready->heap))
        rask_heap_pop(&ready->heap);
    else
        ready->head++;
}

#endif
