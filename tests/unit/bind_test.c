/* SPDX-License-Identifier: BSD-3-Clause */
/* bind_test.c: binding plans on recorded and described machines, one test per rule of
 * docs/design/place.md. */
#include "base/alloc.h"
#include "place/bind.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLUSTER "pack:2 numa:4 core:8 pu:2" /* PUs 0-127, two per core, 16 per NUMA node */
#define MAX_RANKS 32

/* A node's ranks, for one plan after another. */
struct node {
    struct rask_topo *topo;
    const char *cpusets[MAX_RANKS];
    int32_t ranks[MAX_RANKS]; /* numbers in the job: 100, 101, ... */
    int32_t n_ranks;
    int32_t n_threads;
    struct rask_error error;
    struct rask_bind_plan plan; /* of the last one */
};

static void start(struct node *node, const char *machine)
{
    *node = (struct node){0};
    CU_ASSERT_EQUAL_FATAL(rask_topo_load(RASK_TOPO_SYNTHETIC, machine, &node->topo, NULL), RASK_OK);
}

static void add_rank(struct node *node, const char *cpuset)
{
    CU_ASSERT_FATAL(node->n_ranks < MAX_RANKS);
    node->ranks[node->n_ranks] = 100 + node->n_ranks;
    node->cpusets[node->n_ranks++] = cpuset;
}

static void add_ranks(struct node *node, int n, const char *cpuset)
{
    for (int i = 0; i < n; i++)
        add_rank(node, cpuset);
}

static rask_status plan_of(struct node *node, int32_t index)
{
    rask_bind_plan_release(&node->plan);
    struct rask_bind_request request = {
        .size = sizeof request,
        .n_threads = node->n_threads,
        .n_ranks = node->n_ranks,
        .index = index,
        .own_cpuset = node->cpusets[index],
        .cpusets = node->cpusets,
        .ranks = node->ranks,
    };
    return rask_bind_plan(node->topo, &request, &node->plan, &node->error);
}

static void end(struct node *node)
{
    rask_bind_plan_release(&node->plan);
    rask_topo_free(node->topo);
}

static int has_note(const struct node *node, const char *part)
{
    for (int i = 0; i < node->plan.n_notes; i++)
        if (strstr(node->plan.notes[i], part) != NULL)
            return 1;
    return 0;
}

/* Rule 1. */
static void a_thread_per_core_and_not_per_hyperthread(void)
{
    struct node node;
    start(&node, CLUSTER);
    add_rank(&node, "0-31");
    CU_ASSERT_EQUAL_FATAL(plan_of(&node, 0), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(node.plan.n_threads, 16);
    CU_ASSERT(node.plan.is_bound && !node.plan.is_split && !node.plan.is_oversubscribed);
    CU_ASSERT_STRING_EQUAL(node.plan.places[0].cpuset, "0-1");
    CU_ASSERT_STRING_EQUAL(node.plan.places[15].cpuset, "30-31");
    CU_ASSERT_EQUAL(node.plan.places[7].numa, 0);
    CU_ASSERT_EQUAL(node.plan.places[8].numa, 1);
    CU_ASSERT_EQUAL(node.plan.numa, -1);
    CU_ASSERT_STRING_EQUAL(node.plan.cpuset, "0-31");
    CU_ASSERT_EQUAL(node.plan.n_notes, 0);
    end(&node);
}

static void hyperthreads_outside_the_cpuset_are_left_alone(void)
{
    struct node node;
    start(&node, CLUSTER);
    add_rank(&node, "1,2-3,64");
    CU_ASSERT_EQUAL_FATAL(plan_of(&node, 0), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(node.plan.n_threads, 3);
    CU_ASSERT_STRING_EQUAL(node.plan.places[0].cpuset, "1");
    CU_ASSERT_STRING_EQUAL(node.plan.places[1].cpuset, "2-3");
    CU_ASSERT_STRING_EQUAL(node.plan.places[2].cpuset, "64");
    CU_ASSERT_EQUAL(node.plan.places[2].package, 1);
    end(&node);
}

static void fewer_threads_are_spread_over_the_share(void)
{
    struct node node;
    start(&node, CLUSTER);
    add_rank(&node, "0-127");
    node.n_threads = 8;
    CU_ASSERT_EQUAL_FATAL(plan_of(&node, 0), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(node.plan.n_threads, 8);
    for (int32_t i = 0; i < 8; i++)
        CU_ASSERT_EQUAL(node.plan.places[i].numa, i);
    CU_ASSERT(node.plan.is_bound);
    end(&node);
}

/* What mpirun --map-by ppr:8:node:PE=8 or srun gives: each rank a NUMA node of its own. */
static void disjoint_ranks_keep_what_they_have(void)
{
    struct node node;
    start(&node, CLUSTER);
    add_rank(&node, "0-15");
    add_rank(&node, "16-31");
    add_rank(&node, "64-79");
    CU_ASSERT_EQUAL_FATAL(plan_of(&node, 2), RASK_OK);
    CU_ASSERT_EQUAL(node.plan.n_threads, 8);
    CU_ASSERT_EQUAL(node.plan.numa, 4);
    CU_ASSERT_FALSE(node.plan.is_split);
    CU_ASSERT_EQUAL(node.plan.n_notes, 0);
    end(&node);
}

/* Rule 2: every core goes to exactly one rank, and each rank's are neighbours. */
static void equal_cpusets_are_split_without_gap_or_overlap(void)
{
    for (int n_ranks = 2; n_ranks <= 9; n_ranks++) {
        struct node node;
        start(&node, CLUSTER);
        add_ranks(&node, n_ranks, "0-127");
        int32_t next = 0;
        for (int32_t i = 0; i < n_ranks; i++) {
            CU_ASSERT_EQUAL_FATAL(plan_of(&node, i), RASK_OK);
            CU_ASSERT(node.plan.is_split && node.plan.is_bound);
            int32_t least = 64 / n_ranks;
            CU_ASSERT(node.plan.n_threads == least || node.plan.n_threads == least + 1);
            for (int32_t t = 0; t < node.plan.n_threads; t++)
                CU_ASSERT_EQUAL(node.plan.places[t].core, next++);
        }
        CU_ASSERT_EQUAL(next, 64);
        end(&node);
    }
}

static void a_split_follows_numa_nodes(void)
{
    struct node node;
    start(&node, CLUSTER);
    add_ranks(&node, 8, "0-127");
    for (int32_t i = 0; i < 8; i++) {
        CU_ASSERT_EQUAL_FATAL(plan_of(&node, i), RASK_OK);
        CU_ASSERT_EQUAL(node.plan.numa, i);
    }
    CU_ASSERT_STRING_EQUAL(node.plan.cpuset, "112-127");
    CU_ASSERT(has_note(&node, "8 ranks of this node have the same cpuset of 64 cores"));
    end(&node);
}

/* Rule 3. */
static void more_ranks_than_cores_share_them_unbound(void)
{
    struct node node;
    start(&node, "core:2 pu:1");
    add_ranks(&node, 8, "0-1");
    for (int32_t i = 0; i < 8; i++) {
        CU_ASSERT_EQUAL_FATAL(plan_of(&node, i), RASK_OK);
        CU_ASSERT(node.plan.is_oversubscribed && !node.plan.is_bound && !node.plan.is_split);
        CU_ASSERT_EQUAL_FATAL(node.plan.n_threads, 1);
        CU_ASSERT_EQUAL(node.plan.places[0].core, i % 2);
        CU_ASSERT_STRING_EQUAL(node.plan.places[0].cpuset, "");
        CU_ASSERT_STRING_EQUAL(node.plan.cpuset, "0-1");
        CU_ASSERT(has_note(&node, "this node has 8 ranks and this one shares its 2 cores"));
        CU_ASSERT(has_note(&node, "yield"));
    }
    end(&node);
}

/* Two ranks per core on purpose, and ranks with nested cpusets: normal when ranks are too many. */
static void overlap_is_normal_when_oversubscribed(void)
{
    struct node node;
    start(&node, "core:2 pu:1");
    add_ranks(&node, 2, "0");
    add_ranks(&node, 2, "1");
    CU_ASSERT_EQUAL_FATAL(plan_of(&node, 3), RASK_OK);
    CU_ASSERT(node.plan.is_oversubscribed);
    CU_ASSERT_EQUAL(node.plan.places[0].core, 1);
    add_rank(&node, "0-1");
    CU_ASSERT_EQUAL_FATAL(plan_of(&node, 4), RASK_OK);
    CU_ASSERT(node.plan.is_oversubscribed);
    end(&node);
}

/* Confined together to a few cores of a larger machine, by taskset: theirs to share. */
static void ranks_confined_to_few_cores_share_them(void)
{
    struct node node;
    start(&node, CLUSTER);
    add_ranks(&node, 6, "0-7");
    CU_ASSERT_EQUAL_FATAL(plan_of(&node, 5), RASK_OK);
    CU_ASSERT(node.plan.is_oversubscribed);
    CU_ASSERT_EQUAL(node.plan.places[0].core, 1);
    end(&node);
}

/* Rule 4. */
static void more_threads_than_cores_take_turns(void)
{
    struct node node;
    start(&node, "core:4 pu:2");
    add_rank(&node, "0-7");
    node.n_threads = 6;
    CU_ASSERT_EQUAL_FATAL(plan_of(&node, 0), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(node.plan.n_threads, 6);
    CU_ASSERT(!node.plan.is_bound && !node.plan.is_oversubscribed);
    CU_ASSERT_EQUAL(node.plan.places[5].core, 1);
    CU_ASSERT_STRING_EQUAL(node.plan.places[5].cpuset, "");
    CU_ASSERT(has_note(&node, "6 threads on 4 cores"));
    end(&node);
}

static void expect_error(struct node *node, const char *const parts[], size_t n_parts)
{
    for (int32_t i = 0; i < node->n_ranks; i++) {
        CU_ASSERT_EQUAL(plan_of(node, i), RASK_ERR_BINDING);
        for (size_t k = 0; k < n_parts; k++)
            CU_ASSERT_PTR_NOT_NULL(strstr(node->error.text, parts[k]));
        CU_ASSERT_PTR_NULL(node->plan.places);
    }
}

/* Rule 5; every rank of the node says the same. */
static void partial_overlap_is_an_error_on_every_rank(void)
{
    struct node node;
    start(&node, CLUSTER);
    add_rank(&node, "0-31");
    add_rank(&node, "32-63");
    add_rank(&node, "48-79");
    const char *const parts[] = {"ranks 101 and 102", "32-63 and 48-79", "mpirun --bind-to none",
                                 "--map-by ppr:3:node:PE=21", "srun --cpus-per-task=42"};
    expect_error(&node, parts, sizeof parts / sizeof parts[0]);
    end(&node);
}

/* Rule 6. */
static void one_core_for_all_is_an_error_when_there_are_more(void)
{
    struct node node;
    start(&node, CLUSTER);
    add_rank(&node, "4-5");
    add_ranks(&node, 3, "0-1");
    const char *const parts[] = {"ranks 101-103", "same core (PUs 0-1)", "64 cores for its 4 ranks",
                                 "mpirun --bind-to none"};
    expect_error(&node, parts, sizeof parts / sizeof parts[0]);
    end(&node);
}

static void as_many_ranks_as_cores_are_not_oversubscribed(void)
{
    struct node node;
    start(&node, "core:2 pu:1");
    add_ranks(&node, 2, "0");
    const char *const parts[] = {"ranks 100-101", "2 cores for its 2 ranks"};
    expect_error(&node, parts, sizeof parts / sizeof parts[0]);
    end(&node);
}

static void two_cores_for_two_ranks_are_split(void)
{
    struct node node;
    start(&node, CLUSTER);
    add_ranks(&node, 2, "0-3");
    CU_ASSERT_EQUAL_FATAL(plan_of(&node, 1), RASK_OK);
    CU_ASSERT(node.plan.is_split);
    CU_ASSERT_STRING_EQUAL(node.plan.cpuset, "2-3");
    end(&node);
}

/* Rule 7: mpirun's default for one and two ranks. */
static void one_core_per_rank_is_noted_while_others_idle(void)
{
    struct node node;
    start(&node, CLUSTER);
    add_rank(&node, "0-1");
    CU_ASSERT_EQUAL_FATAL(plan_of(&node, 0), RASK_OK);
    CU_ASSERT_EQUAL(node.plan.n_threads, 1);
    CU_ASSERT(has_note(&node, "no rank uses 63 of the node's 64 cores"));
    CU_ASSERT(has_note(&node, "--map-by ppr:1:node:PE=64"));
    CU_ASSERT(has_note(&node, "srun --cpus-per-task=128"));
    add_rank(&node, "2-3");
    CU_ASSERT_EQUAL_FATAL(plan_of(&node, 1), RASK_OK);
    CU_ASSERT(has_note(&node, "no rank uses 62 of the node's 64 cores"));
    node.n_threads = 1;
    CU_ASSERT_EQUAL_FATAL(plan_of(&node, 1), RASK_OK);
    CU_ASSERT_EQUAL(node.plan.n_notes, 0);
    node.n_threads = 4;
    CU_ASSERT_EQUAL_FATAL(plan_of(&node, 1), RASK_OK);
    CU_ASSERT(has_note(&node, "4 threads on 1 core"));
    CU_ASSERT(has_note(&node, "no rank uses"));
    end(&node);
}

static void nothing_is_noted_when_all_cores_are_used(void)
{
    struct node node;
    start(&node, "core:2 pu:1");
    add_rank(&node, "0");
    add_rank(&node, "1");
    CU_ASSERT_EQUAL_FATAL(plan_of(&node, 0), RASK_OK);
    CU_ASSERT_EQUAL(node.plan.n_threads, 1);
    CU_ASSERT_EQUAL(node.plan.n_notes, 0);
    end(&node);
}

/* Ranks that a cgroup keeps apart do not see each other's cores. */
static void cores_of_others_may_be_unknown(void)
{
    struct node node;
    start(&node, "core:2 pu:1");
    add_rank(&node, "0-1");
    add_rank(&node, "2-3");
    CU_ASSERT_EQUAL_FATAL(plan_of(&node, 0), RASK_OK);
    CU_ASSERT_EQUAL(node.plan.n_threads, 2);
    CU_ASSERT(node.plan.is_bound);
    end(&node);
}

static void a_restricted_machine_is_planned_around_its_gap(void)
{
    const char *source = getenv("srcdir");
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/golden/machines/restricted.xml",
             source != NULL ? source : ".");
    struct node node = {0};
    CU_ASSERT_EQUAL_FATAL(rask_topo_load(RASK_TOPO_XML_FILE, path, &node.topo, NULL), RASK_OK);
    add_ranks(&node, 3, "0-15");
    const char *const shares[] = {"0-3", "8-11", "12-15"};
    const int32_t numas[] = {0, 2, 3};
    for (int32_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL_FATAL(plan_of(&node, i), RASK_OK);
        CU_ASSERT_STRING_EQUAL(node.plan.cpuset, shares[i]);
        CU_ASSERT_EQUAL(node.plan.numa, numas[i]);
    }
    end(&node);
}

static void bad_requests_are_named(void)
{
    struct node node;
    start(&node, "core:2 pu:1");
    add_rank(&node, "7");
    CU_ASSERT_EQUAL(plan_of(&node, 0), RASK_ERR_BINDING);
    CU_ASSERT_PTR_NOT_NULL(strstr(node.error.text, "rank 100"));
    node.cpusets[0] = "0";
    add_rank(&node, "x");
    CU_ASSERT_EQUAL(plan_of(&node, 0), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(node.error.text, "rank 101"));
    node.cpusets[1] = "";
    CU_ASSERT_EQUAL(plan_of(&node, 0), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(node.error.text, "rank 101"));
    node.cpusets[1] = "1";
    node.n_threads = -1;
    CU_ASSERT_EQUAL(plan_of(&node, 0), RASK_ERR_ARGUMENT);
    struct rask_bind_request request = {.size = sizeof request, .n_ranks = 2, .index = 2};
    CU_ASSERT_EQUAL(rask_bind_plan(node.topo, &request, &node.plan, NULL), RASK_ERR_ARGUMENT);
    request.index = 1;
    CU_ASSERT_EQUAL(rask_bind_plan(node.topo, &request, &node.plan, NULL), RASK_ERR_ARGUMENT);
    request.size = 0;
    CU_ASSERT_EQUAL(rask_bind_plan(node.topo, &request, &node.plan, NULL), RASK_ERR_ARGUMENT);
    end(&node);
}

/* The smallest request: alone, everything default. */
static void alone_the_whole_machine_is_used(void)
{
    struct rask_topo *topo = NULL;
    CU_ASSERT_EQUAL_FATAL(rask_topo_load(RASK_TOPO_SYNTHETIC, "core:4 pu:2", &topo, NULL), RASK_OK);
    struct rask_bind_request request = {.size = sizeof request};
    struct rask_bind_plan plan = {0};
    CU_ASSERT_EQUAL_FATAL(rask_bind_plan(topo, &request, &plan, NULL), RASK_OK);
    CU_ASSERT_EQUAL(plan.n_threads, 4);
    CU_ASSERT_EQUAL(plan.numa, 0);
    rask_bind_plan_release(&plan);
    rask_topo_free(topo);
}

static void each_allocation_may_fail(void)
{
    struct node node;
    start(&node, "core:3 pu:1");
    add_rank(&node, "0");
    add_rank(&node, "1");
    rask_status status = RASK_ERR_MEMORY;
    uint64_t n = 0;
    while (status == RASK_ERR_MEMORY && n < 10000) {
        rask_alloc_fail_at(++n, 0);
        status = plan_of(&node, 1);
        rask_alloc_fail_at(0, 0);
    }
    CU_ASSERT_EQUAL(status, RASK_OK);
    CU_ASSERT(n > 10);
    end(&node);
}

RASK_UNIT_MAIN(
    "bind",
    {"a thread per core and not per hyperthread", a_thread_per_core_and_not_per_hyperthread},
    {"hyperthreads outside the cpuset are left alone",
     hyperthreads_outside_the_cpuset_are_left_alone},
    {"fewer threads are spread over the share", fewer_threads_are_spread_over_the_share},
    {"disjoint ranks keep what they have", disjoint_ranks_keep_what_they_have},
    {"equal cpusets are split without gap or overlap",
     equal_cpusets_are_split_without_gap_or_overlap},
    {"a split follows NUMA nodes", a_split_follows_numa_nodes},
    {"more ranks than cores share them unbound", more_ranks_than_cores_share_them_unbound},
    {"overlap is normal when oversubscribed", overlap_is_normal_when_oversubscribed},
    {"ranks confined to few cores share them", ranks_confined_to_few_cores_share_them},
    {"more threads than cores take turns", more_threads_than_cores_take_turns},
    {"partial overlap is an error on every rank", partial_overlap_is_an_error_on_every_rank},
    {"one core for all is an error when there are more",
     one_core_for_all_is_an_error_when_there_are_more},
    {"as many ranks as cores are not oversubscribed",
     as_many_ranks_as_cores_are_not_oversubscribed},
    {"two cores for two ranks are split", two_cores_for_two_ranks_are_split},
    {"one core per rank is noted while others idle", one_core_per_rank_is_noted_while_others_idle},
    {"nothing is noted when all cores are used", nothing_is_noted_when_all_cores_are_used},
    {"cores of others may be unknown", cores_of_others_may_be_unknown},
    {"a restricted machine is planned around its gap",
     a_restricted_machine_is_planned_around_its_gap},
    {"bad requests are named", bad_requests_are_named},
    {"alone the whole machine is used", alone_the_whole_machine_is_used},
    {"each allocation may fail", each_allocation_may_fail})
