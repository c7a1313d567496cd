/* SPDX-License-Identifier: BSD-3-Clause */
/* counters.c: names and values of the counters, from counters.def. */
#include "base/counters.h"

static const struct rask_counter table[RASK_COUNTERS_COUNT] = {
#define X(name, unit, help) {#name, unit, help, 0},
#include "base/counters.def"
#undef X
};

int rask_counters_at(const struct rask_counters *counters, size_t index,
                     struct rask_counter *counter)
{
    if (index >= RASK_COUNTERS_COUNT)
        return 0;
    *counter = table[index];
    counter->value = ((const uint64_t *)(const void *)counters)[index];
    return 1;
}
