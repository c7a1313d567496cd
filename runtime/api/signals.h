/* SPDX-License-Identifier: BSD-3-Clause */
/* signals.h: what a command asks when it was interrupted. */
#ifndef RASK_API_SIGNALS_H
#define RASK_API_SIGNALS_H

struct rask;

/* The signal that interrupted the runtime, SIGINT or SIGTERM; 0: none, but maybe rask_interrupt. */
int rask_signal_seen(const struct rask *rask);

#endif
