/* SPDX-License-Identifier: BSD-3-Clause */
/* api_home.h: where the cases of api_test.c run. The same cases are linked with api_alone.c, which
 * starts the embedded form anew for each of them, and with tests/mpi/api_ranks.c, where one job of
 * several ranks serves all. */
#ifndef RASK_TESTS_API_HOME_H
#define RASK_TESTS_API_HOME_H

#include <rask/future.h>
#include <rask/start.h>
#include <stdatomic.h>
#include <stdint.h>

/* What tasks and test tell each other, over ranks too. */
struct api_counts {
    _Atomic int is_open, n_entered, n_runs, n_order;
};

extern struct api_counts *counts;
extern struct rask *rask;
extern struct rask_error error;

/* Begins and ends a program of cases; 0 from home_enter: this process is a rank that has served. */
int home_enter(void);
int home_leave(void);
/* Begin and end a case. A worker has 2 slots. */
void start(void);
void stop(void);
#define HOME_SLOTS 2

/* The settings of every start. */
extern const char *const home_settings[];

#endif
