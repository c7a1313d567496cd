/* SPDX-License-Identifier: BSD-3-Clause */
/* clock_test.c: time goes on, and CPU time is what work makes it. */
#include "base/clock.h"
#include "unit.h"

static void never_goes_back(void)
{
    uint64_t last = rask_now_ns();
    CU_ASSERT(last > 0);
    for (int i = 0; i < 100000; i++) {
        uint64_t now = rask_now_ns();
        CU_ASSERT_FATAL(now >= last);
        last = now;
    }
}

/* Works until each clock has moved: a clock that stands still would be cut by the test's time
 * limit. */
static void cpu_time_grows_with_work(void)
{
    uint64_t process = rask_process_cpu_ns(), wall = rask_now_ns();
    while (rask_process_cpu_ns() < process + 1000000)
        continue;
    CU_ASSERT(rask_now_ns() > wall);
}

RASK_UNIT_MAIN("clock", {"never goes back", never_goes_back},
               {"CPU time grows with work", cpu_time_grows_with_work})
