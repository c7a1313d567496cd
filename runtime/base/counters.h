/* SPDX-License-Identifier: BSD-3-Clause */
/* counters.h: the counters of one rank, a plain struct of uint64_t expanded from counters.def.
 *
 * Counting is `counters.tasks_done++`. A zeroed struct is the start. Thread: each struct
 * has one writer. */
#ifndef RASK_BASE_COUNTERS_H
#define RASK_BASE_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

struct rask_counters {
#define X(name, unit, help) uint64_t name;
#include "base/counters.def"
#undef X
};

enum { RASK_COUNTERS_COUNT = sizeof(struct rask_counters) / sizeof(uint64_t) };

/* One counter for printing; the texts are static. */
struct rask_counter {
    const char *name, *unit, *help;
    uint64_t value;
};

/* The index-th counter, in the order of counters.def: 1, or 0 from RASK_COUNTERS_COUNT on. */
int rask_counters_at(const struct rask_counters *counters, size_t index,
                     struct rask_counter *counter);

#endif
