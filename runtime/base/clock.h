/* SPDX-License-Identifier: BSD-3-Clause */
/* clock.h: the only place that reads clocks. State machines get the time with their events instead.
 */
#ifndef RASK_BASE_CLOCK_H
#define RASK_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds of CLOCK_MONOTONIC: never goes back, its zero means nothing, differs between nodes.
 */
uint64_t rask_now_ns(void);

/* CPU time used by the process (all threads), in nanoseconds. */
uint64_t rask_process_cpu_ns(void);

#endif
