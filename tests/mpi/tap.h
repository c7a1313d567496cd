/* SPDX-License-Identifier: BSD-3-Clause */
/* tap.h: how a program under MPI tells what holds and what does not: in TAP, on one rank. */
#ifndef RASK_TESTS_TAP_H
#define RASK_TESTS_TAP_H

#include <stdio.h>

struct tap {
    int is_silent; /* another rank prints */
    int n_tests, n_failed;
};

static inline void tap_check(struct tap *tap, int is_ok, const char *what)
{
    tap->n_tests++;
    tap->n_failed += !is_ok;
    if (!tap->is_silent)
        printf("%sok %d - %s\n", is_ok ? "" : "not ", tap->n_tests, what);
    fflush(stdout);
}

/* Returns the exit code of the program. */
static inline int tap_end(const struct tap *tap)
{
    if (!tap->is_silent)
        printf("1..%d\n", tap->n_tests);
    fflush(stdout);
    return tap->n_failed != 0;
}

#endif
