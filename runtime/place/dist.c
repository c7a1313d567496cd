/* SPDX-License-Identifier: BSD-3-Clause */
/* dist.c: distance classes of workers, see dist.h. */
#include "place/dist.h"

enum rask_dist rask_dist(const struct rask_locus *a, const struct rask_locus *b)
{
    if (a->worker == b->worker)
        return RASK_DIST_WORKER;
    if (a->node != b->node)
        return RASK_DIST_NETWORK;
    return a->numa >= 0 && a->numa == b->numa ? RASK_DIST_NUMA : RASK_DIST_NODE;
}

struct rask_locus rask_locus_of_plan(const struct rask_bind_plan *plan, int32_t worker,
                                     int32_t node)
{
    return (struct rask_locus){.worker = worker, .node = node, .numa = plan->numa};
}

const char *rask_dist_text(enum rask_dist dist)
{
    static const char *const texts[RASK_DIST_COUNT] = {
#define RASK_DIST_TEXT(name, text) [RASK_DIST_##name] = text,
        RASK_DIST_LIST(RASK_DIST_TEXT)
#undef RASK_DIST_TEXT
    };
    return (unsigned)dist < RASK_DIST_COUNT ? texts[dist] : "unknown distance";
}
