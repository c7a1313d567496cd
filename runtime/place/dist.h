/* SPDX-License-Identifier: BSD-3-Clause */
/* dist.h: how far apart two workers are, as four classes that the scheduler prices. Pure. */
#ifndef RASK_PLACE_DIST_H
#define RASK_PLACE_DIST_H

#include "place/bind.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, text), nearest first. */
#define RASK_DIST_LIST(X)     \
    X(WORKER, "same worker")  \
    X(NUMA, "same NUMA node") \
    X(NODE, "same node")      \
    X(NETWORK, "other node")

enum rask_dist {
#define RASK_DIST_ENUM(name, text) RASK_DIST_##name,
    RASK_DIST_LIST(RASK_DIST_ENUM)
#undef RASK_DIST_ENUM
        RASK_DIST_COUNT
};

/* Where a worker is, 12 bytes that travel in its greeting. */
struct rask_locus {
    int32_t worker; /* its rank */
    int32_t node; /* ranks with the same number share memory */
    int32_t numa; /* NUMA node of all its cores, -1 if several or unknown */
};

/* The class of two workers. Symmetric. Workers of one node are in one NUMA node only when both say
 * so: -1 is never equal to -1. Thread: any. */
enum rask_dist rask_dist(const struct rask_locus *a, const struct rask_locus *b);

/* The locus of a worker with that plan. */
struct rask_locus rask_locus_of_plan(const struct rask_bind_plan *plan, int32_t worker,
                                     int32_t node);

/* "same NUMA node"; never NULL. */
const char *rask_dist_text(enum rask_dist dist);

#ifdef __cplusplus
}
#endif

#endif
