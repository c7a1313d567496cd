/* SPDX-License-Identifier: BSD-3-Clause */
/* api_home.h: where cases that use the public interface run, and what they have in common.
 *
 * A program is linked with api_home.c and with one of two homes: api_alone.c, which starts the
 * embedded form anew for each case, or tests/mpi/api_ranks.c, where one job of several ranks serves
 * all. The same cases run in both when they begin and end with start() and stop() alone. */
#ifndef RASK_TESTS_API_HOME_H
#define RASK_TESTS_API_HOME_H

#include <rask/future.h>
#include <rask/start.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "unit.h"

/* What tasks and test tell each other, over ranks too; all zero when a case begins. */
struct api_counts {
    _Atomic int is_open, n_entered, n_runs, n_order, n_tries;
};

extern struct api_counts *counts;
extern struct rask *rask;
extern struct rask_error error;
/* Where a worker always is; and the options of a task that is held there. */
extern int32_t last_rank;
extern const struct rask_call_options there;

/* Begins and ends a program of cases; 0 from home_enter: this process is a rank that has served. */
int home_enter(void);
int home_leave(void);
/* Begin and end a case. A worker has 2 slots. */
void start(void);
void stop(void);
#define HOME_SLOTS 2
/* The settings of start(); each program says its own. */
extern const char *const home_settings[];

/* api_alone.c: begins a case with other threads and settings (NULL: none) than start(). */
void start_with(uint32_t n_threads, const char *const *settings);

/* Submits a call that is right. */
struct rask_future submit(const struct rask_call *call);
/* The number that a task gives; INT64_MIN, and its error is printed, if there is none. */
int64_t value_of(struct rask_future future);

/* A task function: the sum of its inputs, all int64_t. Counts its runs. */
int sum(struct rask_task *task);
/* Another one: submits the next level and waits for it, down to level 0; gives its own level. */
int nest(struct rask_task *task);

int home_main(const char *suite_name, const struct rask_unit_case *cases, size_t n);

/* As RASK_UNIT_MAIN, for cases that run in either home. */
#define HOME_MAIN(suite_name, ...)                                           \
    int main(void)                                                           \
    {                                                                        \
        static const struct rask_unit_case cases[] = {__VA_ARGS__};          \
        return home_main(suite_name, cases, sizeof cases / sizeof cases[0]); \
    }

#endif
