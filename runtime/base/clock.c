/* SPDX-License-Identifier: BSD-3-Clause */
/* clock.c: clock_gettime in nanoseconds. These clocks exist wherever Rask runs, so a failure is a
 * fault of the build and asserted. */
#include "base/clock.h"

#include <assert.h>
#include <time.h>

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now = {0};
    int rc = clock_gettime(clock, &now);
    assert(rc == 0);
    (void)rc;
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t rask_now_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t rask_process_cpu_ns(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}
