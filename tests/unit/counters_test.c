/* SPDX-License-Identifier: BSD-3-Clause */
/* counters_test.c: each counter has a name of its own, and sums do not mix them up. */
#include "base/counters.h"
#include "unit.h"

#include <string.h>

static void adds_each_to_its_own(void)
{
    struct rask_counters a, b;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    a.tasks_done = 5;
    a.wakeups = 1;
    b.tasks_done = 7;
    b.get_bytes = 9;
    rask_counters_add(&a, &b);
    CU_ASSERT_EQUAL(a.tasks_done, 12);
    CU_ASSERT_EQUAL(a.get_bytes, 9);
    CU_ASSERT_EQUAL(a.wakeups, 1);
    CU_ASSERT_EQUAL(a.tasks_failed, 0);
    CU_ASSERT_EQUAL(b.tasks_done, 7);
}

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

RASK_UNIT_MAIN("counters", {"adds each to its own", adds_each_to_its_own},
               {"lists names and values", lists_names_and_values})
