/* SPDX-License-Identifier: BSD-3-Clause */
/* probe.h: how long a cache line takes from one core to another, now. Every latency between two
 * threads is made of such steps, and on virtual machines they drift by a factor of five, so a
 * figure of a latency means little without it. */
#ifndef RASK_PLACE_PROBE_H
#define RASK_PLACE_PROBE_H

#include <rask/status.h>
#include <stdint.h>

/* Lets two threads, bound to the PUs `a` and `b`, hand a cache line back and forth for some
 * milliseconds: *one_way_ns is the median of a single step. Thread: any; it is not bound itself.
 * Errors: RASK_ERR_ARGUMENT (the same PU twice), RASK_ERR_SYSTEM (a PU that may not be used, no
 * threads), RASK_ERR_TIMEOUT (the cores were busy with something else all the time). */
RASK_MUST_USE rask_status rask_place_probe(uint32_t a, uint32_t b, double *one_way_ns,
                                           struct rask_error *error);

#endif
