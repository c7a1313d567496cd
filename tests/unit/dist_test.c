/* SPDX-License-Identifier: BSD-3-Clause */
/* dist_test.c: distance classes between workers of recorded and described machines. */
#include "place/dist.h"
#include "unit.h"

/* Both directions, which must agree. */
static enum rask_dist dist(struct rask_locus a, struct rask_locus b)
{
    CU_ASSERT_EQUAL(rask_dist(&a, &b), rask_dist(&b, &a));
    return rask_dist(&a, &b);
}

static void classes_follow_worker_numa_and_node(void)
{
    struct rask_locus a = {.worker = 1, .node = 0, .numa = 0};
    CU_ASSERT_EQUAL(dist(a, a), RASK_DIST_WORKER);
    CU_ASSERT_EQUAL(dist(a, (struct rask_locus){2, 0, 0}), RASK_DIST_NUMA);
    CU_ASSERT_EQUAL(dist(a, (struct rask_locus){3, 0, 1}), RASK_DIST_NODE);
    CU_ASSERT_EQUAL(dist(a, (struct rask_locus){4, 1, 0}), RASK_DIST_NETWORK);
}

static void an_unknown_numa_node_is_near_to_nothing(void)
{
    struct rask_locus a = {.worker = 1, .node = 0, .numa = -1};
    CU_ASSERT_EQUAL(dist(a, a), RASK_DIST_WORKER);
    CU_ASSERT_EQUAL(dist(a, (struct rask_locus){2, 0, -1}), RASK_DIST_NODE);
    CU_ASSERT_EQUAL(dist(a, (struct rask_locus){2, 0, 0}), RASK_DIST_NODE);
}

static void nearer_classes_compare_smaller(void)
{
    CU_ASSERT(RASK_DIST_WORKER < RASK_DIST_NUMA && RASK_DIST_NUMA < RASK_DIST_NODE &&
              RASK_DIST_NODE < RASK_DIST_NETWORK);
    CU_ASSERT_STRING_EQUAL(rask_dist_text(RASK_DIST_NETWORK), "other node");
    CU_ASSERT_STRING_EQUAL(rask_dist_text((enum rask_dist)77), "unknown distance");
}

/* Plans of four ranks on a machine of two NUMA nodes: neighbours in pairs. */
static void plans_give_loci(void)
{
    struct rask_topo *topo = NULL;
    CU_ASSERT_EQUAL_FATAL(rask_topo_load(RASK_TOPO_SYNTHETIC, "numa:2 core:4 pu:1", &topo, NULL),
                          RASK_OK);
    const char *const cpusets[] = {"0-7", "0-7", "0-7", "0-7"};
    struct rask_locus loci[4];
    for (int32_t i = 0; i < 4; i++) {
        struct rask_bind_request request = {
            .size = sizeof request, .n_ranks = 4, .index = i, .cpusets = cpusets};
        struct rask_bind_plan plan = {0};
        CU_ASSERT_EQUAL_FATAL(rask_bind_plan(topo, &request, &plan, NULL), RASK_OK);
        loci[i] = rask_locus_of_plan(&plan, i, 0);
        rask_bind_plan_release(&plan);
    }
    CU_ASSERT_EQUAL(dist(loci[0], loci[1]), RASK_DIST_NUMA);
    CU_ASSERT_EQUAL(dist(loci[1], loci[2]), RASK_DIST_NODE);
    CU_ASSERT_EQUAL(dist(loci[2], loci[3]), RASK_DIST_NUMA);
    rask_topo_free(topo);
}

RASK_UNIT_MAIN("dist",
               {"classes follow worker, NUMA and node", classes_follow_worker_numa_and_node},
               {"an unknown NUMA node is near to nothing", an_unknown_numa_node_is_near_to_nothing},
               {"nearer classes compare smaller", nearer_classes_compare_smaller},
               {"plans give loci", plans_give_loci})
