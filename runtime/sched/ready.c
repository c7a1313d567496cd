/* SPDX-License-Identifier: BSD-3-Clause */
/* ready.c: the growing half of the ready queue. */
#include "sched/ready.h"

#include "base/alloc.h"

static int run_grow(struct rask_ready *ready)
{
    uint64_t capacity = ready->capacity == 0 ? 64 : ready->capacity * 2;
    struct rask_heap_entry *run = rask_alloc(capacity * sizeof *run);
    if (run == NULL)
        return -1;
    for (uint64_t i = ready->head; i != ready->tail; i++)
        run[i & (capacity - 1)] = ready->run[i & (ready->capacity - 1)];
    rask_free(ready->run);
    ready->run = run;
    ready->capacity = capacity;
    return 0;
}

int rask_ready_push(struct rask_ready *ready, struct rask_heap_entry entry)
{
    if (ready->head != ready->tail) {
        const struct rask_heap_entry *last = &ready->run[(ready->tail - 1) & (ready->capacity - 1)];
        if (entry.hi < last->hi || (entry.hi == last->hi && entry.lo < last->lo))
            return rask_heap_push(&ready->heap, entry);
    }
    if (ready->tail - ready->head == ready->capacity && run_grow(ready) != 0)
        return -1;
    ready->run[ready->tail++ & (ready->capacity - 1)] = entry;
    return 0;
}

void rask_ready_release(struct rask_ready *ready)
{
    rask_free(ready->run);
    rask_heap_release(&ready->heap);
    *ready = (struct rask_ready){0};
}
