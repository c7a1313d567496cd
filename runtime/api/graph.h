/* SPDX-License-Identifier: BSD-3-Clause */
/* graph.h: what a struct rask_graph is, for graph.c, which writes nodes down, and graph_submit.c,
 * which makes tasks of them. Private to api/. */
#ifndef RASK_API_GRAPH_H
#define RASK_API_GRAPH_H

#include "api/runtime.h"
#include "base/buf.h"
#include "lazy/graph.h"

#include <rask/graph.h>

RASK_VEC_DEFINE(graph_deps, uint32_t);

struct rask_graph {
    struct rask *rask; /* [borrow] */
    struct rask_lazy_graph *lazy; /* [own] */
    /* of this rank's graphs, from 1; upper half of its nodes' ids */
    uint32_t number;
    uint32_t future_annotation; /* of nodes that stand for futures */
    struct graph_deps deps; /* scratch of rask_graph_add */
    struct rask_buf bytes; /* the same */
};

/* The head of the annotation of a call; ranks (int32_t) and resources (struct rask_wire_resource)
 * follow. */
struct rask_graph_note {
    int32_t priority;
    uint32_t retries;
    uint32_t n_ranks;
    uint32_t n_resources;
    uint16_t is_pure;
    uint16_t is_producer;
    uint32_t is_loose;
};

#endif
