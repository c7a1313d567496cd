/* SPDX-License-Identifier: BSD-3-Clause */
/* docs.h: the names that the fragments of code in docs/guide use without declaring them. docs.sh
 * puts this before each fragment. */
#ifndef RASK_TESTS_DOCS_H
#define RASK_TESTS_DOCS_H

#include <rask.h>
#include <stdio.h>

extern struct rask *rask;
extern struct rask_error error;
extern struct rask_future future, other, futures[64];
extern size_t n, bytes;
extern double x;
extern const void *data;

static inline int fail(const struct rask_error *why)
{
    return fprintf(stderr, "%s\n", why->text) < 0 ? 2 : 1;
}

int f(struct rask_task *task);

#endif
