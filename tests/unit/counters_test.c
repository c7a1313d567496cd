/* SPDX-License-Identifier: BSD-3-Clause */
/* counters_test.c: each counter has a name and a value of its own. */
#include "base/counters.h"
#include "unit.h"

#include <string.h>

static void lists_names_and_values(void)
{
    struct rask_counters counters;
    struct rask_counter counter, other;
    memset(&counters, 0, sizeof counters);
    counters.get_bytes_rank0_relayed = 77;
    size_t n = 0, n_found = 0;
    for (; rask_counters_at(&counters, n, &counter); n++) {
        CU_ASSERT(counter.name[0] != '\0' && counter.unit[0] != '\0' && counter.help[0] != '\0');
        CU_ASSERT_EQUAL(counter.value,
                        strcmp(counter.name, "get_bytes_rank0_relayed") == 0 ? 77 : 0);
        n_found += counter.value == 77;
        for (size_t k = 0; k < n; k++)
            CU_ASSERT(rask_counters_at(&counters, k, &other) &&
                      strcmp(other.name, counter.name) != 0);
    }
    CU_ASSERT_EQUAL(n, RASK_COUNTERS_COUNT);
    CU_ASSERT_EQUAL(n_found, 1);
}

RASK_UNIT_MAIN("counters", {"lists names and values", lists_names_and_values})
