/* SPDX-License-Identifier: BSD-3-Clause */
/* measure.h: what `rask bench` needs of a runtime beside the public calls. */
#ifndef RASK_API_MEASURE_H
#define RASK_API_MEASURE_H

#include <rask/future.h>

/* Reads the bytes of a finished result that another rank holds into `local` (its size at least) by
 * bare MPI, past all machines, and says how long that took. Holds the loop meanwhile.
 * Errors: RASK_ERR_UNSUPPORTED (no window to other ranks; or the result is not on another rank),
 * RASK_ERR_MPI. Thread: the client's. */
RASK_MUST_USE rask_status rask_measure_raw_get(struct rask *rask, struct rask_future future,
                                               void *local, uint64_t *duration_ns);

#endif
