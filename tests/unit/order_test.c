/* SPDX-License-Identifier: BSD-3-Clause */
/* order_test.c: what a good static order does on graphs with a known answer, whatever the numbers
 * of the tasks, and what holds for every order of every graph. */
#include "base/alloc.h"
#include "order_shapes.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_NUMBERINGS 6

/* Orders `shape` renumbered by `how`; rank[t] is the rank of the shape's own task t. */
static struct rask_order_pressure order_shape(const struct shape *shape, uint64_t how,
                                              uint32_t *rank)
{
    struct shape renumbered;
    struct rask_error error;
    struct rask_order_pressure pressure = {.max_alive = UINT32_MAX};
    uint32_t *number = NULL;
    shape_renumber(shape, how, &renumbered, &number);
    struct rask_order_graph graph = shape_graph(&renumbered);
    uint32_t *ranks = calloc((size_t)shape->n_tasks + 1, sizeof *ranks);
    CU_ASSERT_FATAL(ranks != NULL);
    CU_ASSERT_EQUAL_FATAL(rask_order_compute(&graph, ranks, &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_order_pressure(&graph, ranks, &pressure, NULL, &error), RASK_OK);
    for (uint32_t t = 0; t < shape->n_tasks; t++)
        rank[t] = ranks[number[t]];
    free(ranks);
    free(number);
    shape_release(&renumbered);
    return pressure;
}

/* The most results alive over all numberings. */
static uint32_t max_alive(const struct shape *shape)
{
    uint32_t most = 0;
    uint32_t *rank = calloc((size_t)shape->n_tasks + 1, sizeof *rank);
    CU_ASSERT_FATAL(rank != NULL);
    for (uint64_t how = 0; how < N_NUMBERINGS; how++) {
        struct rask_order_pressure pressure = order_shape(shape, how, rank);
        most = pressure.max_alive > most ? pressure.max_alive : most;
    }
    free(rank);
    return most;
}

static void check_max_alive(struct shape *shape, uint32_t bound)
{
    uint32_t most = max_alive(shape);
    CU_ASSERT(most <= bound);
    if (most > bound)
        printf("max alive %u, expected at most %u\n", most, bound);
    shape_release(shape);
}

static uint32_t gap(const uint32_t *rank, uint32_t a, uint32_t b)
{
    return rank[a] > rank[b] ? rank[a] - rank[b] : rank[b] - rank[a];
}

static void keeps_siblings_together(void)
{
    for (int is_crossed = 0; is_crossed <= 1; is_crossed++) {
        struct shape shape = {.n_tasks = 0};
        shape_pairs(&shape, is_crossed);
        for (uint64_t how = 0; how < N_NUMBERINGS; how++) {
            uint32_t rank[6];
            order_shape(&shape, how, rank);
            CU_ASSERT_EQUAL(gap(rank, 0, is_crossed ? 2 : 1), 1);
            CU_ASSERT_EQUAL(gap(rank, is_crossed ? 1 : 2, 3), 1);
        }
        shape_release(&shape);
    }
}

static void prefers_the_deep_chain(void)
{
    struct shape shape = {.n_tasks = 0};
    shape_two_chains(&shape);
    for (uint64_t how = 0; how < N_NUMBERINGS; how++) {
        uint32_t rank[5];
        order_shape(&shape, how, rank);
        CU_ASSERT(rank[0] < rank[3]);
        CU_ASSERT(rank[1] < rank[3]);
    }
    shape_release(&shape);
}

/* Either end of the graph is finished before the other is begun. */
static void runs_smaller_sections(void)
{
    struct shape shape = {.n_tasks = 0};
    shape_smaller_sections(&shape);
    for (uint64_t how = 0; how < N_NUMBERINGS; how++) {
        uint32_t rank[9];
        order_shape(&shape, how, rank);
        CU_ASSERT((rank[7] < rank[0] && rank[8] < rank[0]) ||
                  (rank[4] < rank[2] && rank[4] < rank[3]));
    }
    check_max_alive(&shape, 3);
}

/* A window of three roots moves along the line: one new root, one output. */
static void moves_a_window(void)
{
    struct shape shape = {.n_tasks = 0};
    shape_windows(&shape);
    check_max_alive(&shape, 3);
    shape_neighbours(&shape);
    check_max_alive(&shape, 2);
}

static void shares_a_root_block_by_block(void)
{
    struct shape shape = {.n_tasks = 0};
    shape_shared_root(&shape, 8);
    check_max_alive(&shape, 3);
    shape_broadcast_steps(&shape, 10);
    for (uint64_t how = 0; how < N_NUMBERINGS; how++) {
        uint32_t rank[31];
        order_shape(&shape, how, rank);
        /* no piece before its turn, but for the last of each root, which takes the root's place */
        for (uint32_t i = 0; i < 8; i++)
            CU_ASSERT_EQUAL(rank[3 + 3 * i], 3 + 3 * i);
    }
    check_max_alive(&shape, 5);
}

static void reduces_labelled_arrays(void)
{
    struct shape shape = {.n_tasks = 0};
    shape_labelled_reduction(&shape);
    check_max_alive(&shape, 9);
}

/* The rank at which load i is last used: by the difference, its one user that needs something else
 * too. */
static uint32_t last_use(const struct shape *shape, const uint32_t *rank, uint32_t load)
{
    uint32_t last = 0;
    for (uint32_t t = 0; t < shape->n_tasks; t++)
        for (uint32_t e = shape->offsets[t]; e < shape->offsets[t + 1]; e++)
            if (shape->deps[e] == load && rank[t] > last)
                last = rank[t];
    return last;
}

static void takes_anomalies_group_by_group(void)
{
    struct shape shape = {.n_tasks = 0};
    shape_anomaly_small(&shape);
    for (uint64_t how = 0; how < N_NUMBERINGS; how++) {
        uint32_t rank[64], end[2] = {0, 0};
        order_shape(&shape, how, rank);
        for (uint32_t i = 0; i < 5; i++) {
            uint32_t last = last_use(&shape, rank, i);
            end[i % 2] = last > end[i % 2] ? last : end[i % 2];
        }
        CU_ASSERT((end[0] < rank[1] && end[0] < rank[3]) ||
                  (end[1] < rank[0] && end[1] < rank[2] && end[1] < rank[4]));
    }
    shape_release(&shape);
    shape_anomaly(&shape, 200, 5);
    check_max_alive(&shape, 178);
}

static void finishes_each_bundle(void)
{
    struct shape shape = {.n_tasks = 0};
    shape_crossed_bundles(&shape);
    for (uint64_t how = 0; how < N_NUMBERINGS; how++) {
        uint32_t rank[112], total = 0;
        order_shape(&shape, how, rank);
        for (uint32_t bundle = 0; bundle < 16; bundle++)
            total += gap(rank, 16 + 6 * bundle + 4, 16 + 6 * bundle + 5);
        CU_ASSERT(total <= 32);
    }
    check_max_alive(&shape, 10);
}

static void finishes_a_half_before_the_other(void)
{
    struct shape shape = {.n_tasks = 0};
    shape_two_halves(&shape);
    for (uint64_t how = 0; how < N_NUMBERINGS; how++) {
        uint32_t rank[15], last[2] = {0, 0}, first[2] = {UINT32_MAX, UINT32_MAX};
        order_shape(&shape, how, rank);
        for (uint32_t t = 0; t < 6; t++) {
            last[t / 3] = rank[t] > last[t / 3] ? rank[t] : last[t / 3];
            first[t / 3] = rank[t] < first[t / 3] ? rank[t] : first[t / 3];
        }
        CU_ASSERT(last[0] < first[1] || last[1] < first[0]);
    }
    shape_release(&shape);
}

static void holds_little_on_tangled_graphs(void)
{
    struct shape shape = {.n_tasks = 0};
    shape_double_difference(&shape);
    check_max_alive(&shape, 11);
    shape_late_root(&shape);
    for (uint64_t how = 0; how < N_NUMBERINGS; how++) {
        uint32_t rank[19];
        order_shape(&shape, how, rank);
        CU_ASSERT(rank[16] < rank[3] && rank[3] < rank[4] && rank[2] < rank[3]);
    }
    check_max_alive(&shape, 5);
    shape_products(&shape, 500);
    check_max_alive(&shape, 49);
}

/* A wave front of the width of the line, and one row of a product: what no order can do without,
 * and 2 more. */
static void is_near_the_least_possible(void)
{
    struct shape shape = {.n_tasks = 0};
    shape_stencil(&shape, 100, 4);
    check_max_alive(&shape, 102);
    shape_outer_product(&shape, 10, 30);
    check_max_alive(&shape, 12);
}

static void expect_cycle(const struct rask_order_graph *graph, const char *text)
{
    struct rask_error error;
    uint32_t rank[32];
    memset(rank, 0x5a, sizeof rank);
    CU_ASSERT_EQUAL(rask_order_compute(graph, rank, &error), RASK_ERR_CYCLE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, text));
    CU_ASSERT_EQUAL(rank[0], 0x5a5a5a5a);
}

static void names_the_tasks_of_a_cycle(void)
{
    expect_cycle(&(struct rask_order_graph){1, (uint32_t[]){0, 1}, (uint32_t[]){0}},
                 "task 0 needs 0");
    /* 0 is no part of it, 1 -> 2 -> 3 -> 1, and 4 only waits for it */
    expect_cycle(
        &(struct rask_order_graph){5, (uint32_t[]){0, 0, 1, 2, 4, 5}, (uint32_t[]){2, 3, 0, 1, 1}},
        "3 tasks wait for each other: task 1 needs 2 needs 3 needs 1");
    uint32_t offsets[21], deps[20];
    for (uint32_t t = 0; t <= 20; t++)
        offsets[t] = t;
    for (uint32_t t = 0; t < 20; t++)
        deps[t] = (t + 1) % 20;
    expect_cycle(&(struct rask_order_graph){20, offsets, deps},
                 "20 tasks wait for each other: task 0 needs 1 ");
}

static void refuses_a_broken_graph(void)
{
    struct rask_error error;
    uint32_t rank[4];
    struct rask_order_graph falling = {2, (uint32_t[]){0, 1, 0}, (uint32_t[]){0}};
    struct rask_order_graph outside = {2, (uint32_t[]){0, 0, 1}, (uint32_t[]){7}};
    struct rask_order_graph late = {2, (uint32_t[]){1, 1, 1}, (uint32_t[]){0}};
    CU_ASSERT_EQUAL(rask_order_compute(&falling, rank, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_order_compute(&late, rank, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_order_compute(&outside, rank, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "task 1 needs task 7"));
    CU_ASSERT_EQUAL(rask_order_compute(&(struct rask_order_graph){0, NULL, NULL}, NULL, &error),
                    RASK_OK);
}

static void long_chains_need_no_stack(void)
{
    enum { N = 200000 };
    struct shape shape = {.n_tasks = 0};
    uint32_t *rank = calloc(2 * N, sizeof *rank);
    CU_ASSERT_FATAL(rank != NULL);
    shape_root(&shape);
    shape_root(&shape);
    /* two strands that need each other's last task: nothing can be joined to a chain */
    for (uint32_t t = 2; t < 2 * N; t++)
        shape_task(&shape, NEEDS(t - 1, t - 2));
    struct rask_order_pressure pressure = order_shape(&shape, SHAPE_REVERSED, rank);
    CU_ASSERT_EQUAL(rank[2 * N - 1], 2 * N - 1);
    CU_ASSERT_EQUAL(pressure.max_alive, 2);
    free(rank);
    shape_release(&shape);
}

/* rask_order_pressure itself refuses what is no permutation or breaks a dependency, so order_shape
 * checks both. */
static void every_order_is_valid_and_repeatable(void)
{
    uint32_t first[300], second[300];
    for (uint64_t seed = 1; seed <= 400; seed++) {
        uint64_t state = seed;
        struct shape shape = {.n_tasks = 0};
        uint32_t n = 1 + (uint32_t)(shape_random(&state) % 300),
                 width = (uint32_t)(shape_random(&state) % 7);
        shape_random_dag(&shape, n, width, seed);
        struct rask_order_pressure pressure = order_shape(&shape, seed % 5, first);
        order_shape(&shape, seed % 5, second);
        CU_ASSERT_EQUAL(memcmp(first, second, n * sizeof *first), 0);
        CU_ASSERT(pressure.max_alive < n);
        if (memcmp(first, second, n * sizeof *first) != 0)
            printf("seed %llu: two orders of one graph differ\n", (unsigned long long)seed);
        shape_release(&shape);
    }
}

static void survives_want_of_memory(void)
{
    struct shape shape = {.n_tasks = 0};
    uint32_t rank[300];
    struct rask_order_pressure pressure;
    rask_status status = RASK_ERR_MEMORY;
    shape_random_dag(&shape, 300, 3, 5);
    struct rask_order_graph graph = shape_graph(&shape);
    uint64_t n = 0;
    while (status == RASK_ERR_MEMORY && n < 1000) {
        rask_alloc_fail_at(++n, 0);
        status = rask_order_compute(&graph, rank, NULL);
    }
    CU_ASSERT_EQUAL(status, RASK_OK);
    CU_ASSERT(n > 10);
    rask_alloc_fail_at(2, 0);
    CU_ASSERT_EQUAL(rask_order_pressure(&graph, rank, &pressure, NULL, NULL), RASK_ERR_MEMORY);
    rask_alloc_fail_at(0, 0);
    shape_release(&shape);
}

static void counts_results_alive(void)
{
    /* 2 and 3 need 0 and 1 (0 twice), 4 needs 2; 3 and 4 are outputs and never counted */
    uint32_t offsets[] = {0, 0, 0, 3, 4, 5}, deps[] = {0, 0, 1, 1, 2};
    struct rask_order_graph graph = {5, offsets, deps};
    struct rask_order_pressure pressure;
    struct rask_error error;
    uint32_t profile[5];
    const uint32_t expected[] = {0, 1, 2, 2, 1};
    CU_ASSERT_EQUAL(
        rask_order_pressure(&graph, (uint32_t[]){0, 1, 2, 3, 4}, &pressure, profile, &error),
        RASK_OK);
    CU_ASSERT_EQUAL(memcmp(profile, expected, sizeof expected), 0);
    CU_ASSERT_EQUAL(pressure.max_alive, 2);
    CU_ASSERT_EQUAL(pressure.max_at_rank, 2);
    CU_ASSERT_DOUBLE_EQUAL(pressure.mean_alive, 6.0 / 5, 1e-12);
    CU_ASSERT_EQUAL(
        rask_order_pressure(&graph, (uint32_t[]){0, 1, 4, 3, 2}, &pressure, NULL, &error),
        RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(error.text, "task 4 has rank 2 but needs task 2, which has rank 4"));
    CU_ASSERT_EQUAL(
        rask_order_pressure(&graph, (uint32_t[]){0, 1, 2, 3, 3}, &pressure, NULL, &error),
        RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(pressure.max_alive, 2);
}

RASK_UNIT_MAIN("order", {"siblings of one reducer are adjacent", keeps_siblings_together},
               {"the deep chain is first", prefers_the_deep_chain},
               {"smaller sections are finished first", runs_smaller_sections},
               {"a window of live results moves along a line", moves_a_window},
               {"a shared root is used block by block", shares_a_root_block_by_block},
               {"a labelled reduction keeps at most 9 alive", reduces_labelled_arrays},
               {"anomalies are taken group by group", takes_anomalies_group_by_group},
               {"each bundle is finished before the next", finishes_each_bundle},
               {"one half is finished before the other", finishes_a_half_before_the_other},
               {"tangled graphs keep few alive", holds_little_on_tangled_graphs},
               {"stencils and products are near the least possible", is_near_the_least_possible},
               {"a cycle is an error that names its tasks", names_the_tasks_of_a_cycle},
               {"a broken graph is refused", refuses_a_broken_graph},
               {"depth costs no stack", long_chains_need_no_stack},
               {"random graphs: valid and repeatable", every_order_is_valid_and_repeatable},
               {"want of memory is an error", survives_want_of_memory},
               {"pressure counts results alive", counts_results_alive})
