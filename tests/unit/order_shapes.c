/* SPDX-License-Identifier: BSD-3-Clause */
/* order_shapes.c: the graphs of order_shapes.h. The shapes are those of problems that scientific
 * users of task graphs have met: reductions over shared roots, neighbours, anomalies by group,
 * difference of differences. */
#include "order_shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grown(void *items, uint32_t wanted, uint32_t *capacity)
{
    if (wanted <= *capacity)
        return items;
    *capacity = wanted + wanted / 2 + 16;
    items = realloc(items, *capacity * sizeof(uint32_t));
    if (items == NULL) {
        fprintf(stderr, "order_shapes: no memory\n");
        exit(99);
    }
    return items;
}

uint32_t shape_task(struct shape *shape, const uint32_t *deps, size_t n_deps)
{
    shape->offsets = grown(shape->offsets, shape->n_tasks + 2, &shape->tasks_capacity);
    shape->deps = grown(shape->deps, shape->n_deps + (uint32_t)n_deps + 1, &shape->deps_capacity);
    shape->offsets[0] = 0;
    for (size_t i = 0; i < n_deps; i++)
        shape->deps[shape->n_deps++] = deps[i];
    shape->offsets[++shape->n_tasks] = shape->n_deps;
    return shape->n_tasks - 1;
}

uint32_t shape_root(struct shape *shape)
{
    return shape_task(shape, NULL, 0);
}

struct rask_order_graph shape_graph(const struct shape *shape)
{
    return (struct rask_order_graph){shape->n_tasks, shape->offsets, shape->deps};
}

void shape_release(struct shape *shape)
{
    free(shape->offsets);
    free(shape->deps);
    *shape = (struct shape){.n_tasks = 0};
}

uint64_t shape_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = (*state ^ *state >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void shape_renumber(const struct shape *shape, uint64_t how, struct shape *renumbered,
                    uint32_t **number)
{
    uint32_t n = shape->n_tasks, capacity = 0, row_capacity = 0;
    uint32_t *to = grown(NULL, n + 1, &capacity);
    uint32_t *from = grown(NULL, n + 1, &(uint32_t){0});
    uint32_t *row = grown(NULL, shape->n_deps + 1, &row_capacity);
    for (uint32_t t = 0; t < n; t++)
        to[t] = how == SHAPE_REVERSED ? n - 1 - t : t;
    for (uint32_t t = n; how > SHAPE_REVERSED && t-- > 1;) {
        uint32_t other = (uint32_t)(shape_random(&how) % (t + 1)), held = to[t];
        to[t] = to[other];
        to[other] = held;
    }
    for (uint32_t t = 0; t < n; t++)
        from[to[t]] = t;
    *renumbered = (struct shape){.n_tasks = 0};
    for (uint32_t t = 0; t < n; t++) {
        uint32_t length = 0;
        for (uint32_t e = shape->offsets[from[t]]; e < shape->offsets[from[t] + 1]; e++)
            row[length++] = to[shape->deps[e]];
        shape_task(renumbered, row, length);
    }
    free(from);
    free(row);
    *number = to;
}

uint32_t shape_reduce(struct shape *shape, uint32_t *tasks, uint32_t n, uint32_t width)
{
    while (n > 1) {
        uint32_t n_reduced = 0;
        for (uint32_t i = 0; i < n; i += width)
            tasks[n_reduced++] = shape_task(shape, tasks + i, n - i < width ? n - i : width);
        n = n_reduced;
    }
    return tasks[0];
}

/* Roots 0 to 3; 4 and 5 take two each: neighbours, or (crossed) every other. */
void shape_pairs(struct shape *shape, int is_crossed)
{
    for (int i = 0; i < 4; i++)
        shape_root(shape);
    if (is_crossed) {
        shape_task(shape, NEEDS(0, 2));
        shape_task(shape, NEEDS(1, 3));
    } else {
        shape_task(shape, NEEDS(0, 1));
        shape_task(shape, NEEDS(2, 3));
    }
}

/* A chain 0-1-2 and a chain 3-4. */
void shape_two_chains(struct shape *shape)
{
    shape_root(shape);
    shape_task(shape, NEEDS(0));
    shape_task(shape, NEEDS(1));
    shape_root(shape);
    shape_task(shape, NEEDS(3));
}

/* Roots 0 to 3. 4 needs 0, 1; 5 needs 1, 2; 6 and 8 need 3; 7 needs 5, 6. Outputs are 4, 7, 8. */
void shape_smaller_sections(struct shape *shape)
{
    for (int i = 0; i < 4; i++)
        shape_root(shape);
    shape_task(shape, NEEDS(0, 1));
    shape_task(shape, NEEDS(1, 2));
    shape_task(shape, NEEDS(3));
    shape_task(shape, NEEDS(5, 6));
    shape_task(shape, NEEDS(3));
}

/* Roots 0 to 9 in a line; outputs 10 to 19 each need the last three roots there are up to theirs.
 */
void shape_windows(struct shape *shape)
{
    for (int i = 0; i < 10; i++)
        shape_root(shape);
    for (uint32_t i = 0; i < 10; i++) {
        uint32_t window[3] = {i, i > 0 ? i - 1 : i, i > 1 ? i - 2 : i};
        shape_task(shape, window, i > 1 ? 3 : i + 1);
    }
}

/* Root 0 is used twice in each block: load, product with 0, product of that with 0, sum. */
void shape_shared_root(struct shape *shape, uint32_t n_blocks)
{
    uint32_t shared = shape_root(shape);
    for (uint32_t i = 0; i < n_blocks; i++) {
        uint32_t load = shape_root(shape);
        uint32_t product = shape_task(shape, NEEDS(load, shared));
        uint32_t twice = shape_task(shape, NEEDS(product, shared));
        shape_task(shape, NEEDS(twice));
    }
}

/* Three parts, each of two loads (of part p: tasks 8 p and 8 p + 1) that make three pieces: of the
 * first, of both, of the second. Output i (tasks 24 to 26) takes piece i of every part: all parts
 * are needed at once. */
void shape_labelled_reduction(struct shape *shape)
{
    uint32_t pieces[3][3];
    for (int part = 0; part < 3; part++) {
        uint32_t a = shape_root(shape), b = shape_root(shape);
        uint32_t first = shape_task(shape, NEEDS(a));
        uint32_t both = shape_task(shape, NEEDS(a, b));
        uint32_t second = shape_task(shape, NEEDS(b));
        pieces[0][part] = shape_task(shape, NEEDS(first));
        pieces[1][part] = shape_task(shape, NEEDS(both));
        pieces[2][part] = shape_task(shape, NEEDS(second));
    }
    for (int i = 0; i < 3; i++)
        shape_task(shape, pieces[i], 3);
}

/* n loads (tasks 0 to n - 1) belong to groups by turns. The mean of a group (selection, partial
 * mean, tree) is subtracted from each of its loads, and the mean of all differences is taken in the
 * order of the loads. */
void shape_anomaly(struct shape *shape, uint32_t n, uint32_t n_groups)
{
    uint32_t *members = calloc(n, sizeof *members), *parts = calloc(n, sizeof *parts);
    if (members == NULL || parts == NULL)
        exit(99);
    for (uint32_t i = 0; i < n; i++)
        shape_root(shape);
    for (uint32_t group = 0; group < n_groups; group++) {
        uint32_t n_members = 0;
        for (uint32_t i = group; i < n; i += n_groups) {
            uint32_t selected = shape_task(shape, NEEDS(i));
            members[n_members++] = shape_task(shape, NEEDS(selected));
        }
        uint32_t mean = shape_reduce(shape, members, n_members, 4);
        uint32_t turned = shape_task(shape, NEEDS(mean));
        for (uint32_t i = group; i < n; i += n_groups) {
            uint32_t taken = shape_task(shape, NEEDS(turned));
            uint32_t difference = shape_task(shape, NEEDS(i, taken));
            parts[i] = shape_task(shape, NEEDS(difference));
        }
    }
    shape_reduce(shape, parts, n, 4);
    free(members);
    free(parts);
}

/* The same for 5 loads in 2 groups: tasks 0, 2, 4 are one group, 1 and 3 the other. */
void shape_anomaly_small(struct shape *shape)
{
    shape_anomaly(shape, 5, 2);
}

/* Four sources with two pieces each; every pair of sources meets (16 bundles), and each bundle ends
 * in two outputs: the last four tasks of a bundle are its two ends, each of two tasks. */
void shape_crossed_bundles(struct shape *shape)
{
    uint32_t left[4], right[4];
    for (int i = 0; i < 4; i++) {
        uint32_t source = shape_root(shape);
        uint32_t derived = shape_task(shape, NEEDS(source));
        left[i] = shape_task(shape, NEEDS(source));
        right[i] = shape_task(shape, NEEDS(derived));
    }
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            uint32_t cross = shape_task(shape, NEEDS(left[i], right[j]));
            uint32_t mapped = shape_task(shape, NEEDS(cross));
            uint32_t one = shape_task(shape, NEEDS(mapped)), two = shape_task(shape, NEEDS(mapped));
            shape_task(shape, NEEDS(one));
            shape_task(shape, NEEDS(two));
        }
    }
}

/* The difference of two 3 x 3 chunked arrays that are cut differently from few sources; all nine
 * are gathered. */
void shape_double_difference(struct shape *shape)
{
    static const uint32_t first[9] = {0, 0, 1, 0, 0, 1, 2, 2, 3};
    static const uint32_t second[9] = {4, 5, 5, 6, 7, 7, 6, 7, 7};
    uint32_t ends[9];
    for (int i = 0; i < 8; i++)
        shape_root(shape);
    for (int i = 0; i < 9; i++) {
        uint32_t a = i == 8 ? first[i] : shape_task(shape, NEEDS(first[i]));
        uint32_t b = i == 0 ? second[i] : shape_task(shape, NEEDS(second[i]));
        uint32_t difference = shape_task(shape, NEEDS(a, b));
        ends[i] = shape_task(shape, NEEDS(difference));
    }
    shape_task(shape, ends, 9);
}

/* A cumulative computation: roots 0 to 4, of which 3 and 4 are needed last; 19 is the final task.
 */
void shape_late_root(struct shape *shape)
{
    for (int i = 0; i < 5; i++)
        shape_root(shape);
    uint32_t a = shape_task(shape, NEEDS(0));
    uint32_t b00 = shape_task(shape, NEEDS(a)), b01 = shape_task(shape, NEEDS(a));
    uint32_t c01 = shape_task(shape, NEEDS(a));
    uint32_t b10 = shape_task(shape, NEEDS(1)), b12 = shape_task(shape, NEEDS(1));
    uint32_t c00 = shape_task(shape, NEEDS(2, 1));
    uint32_t d00 = shape_task(shape, NEEDS(c01, c00));
    shape_task(shape, NEEDS(c01, c00));
    uint32_t c10 = shape_task(shape, NEEDS(b10, b12)), c02 = shape_task(shape, NEEDS(b00, b01));
    uint32_t e = shape_task(shape, NEEDS(c10, c02));
    uint32_t g = shape_task(shape, NEEDS(e, 3));
    shape_task(shape, NEEDS(g, 4, d00));
}

/* Loads 0 to 5; 6 = (0,1), 7 = (1,2), 8 = (3,4), 9 = (4,5), each stored, and one end for all
 * stores. */
void shape_two_halves(struct shape *shape)
{
    uint32_t stores[4];
    for (int i = 0; i < 6; i++)
        shape_root(shape);
    shape_task(shape, NEEDS(0, 1));
    shape_task(shape, NEEDS(1, 2));
    shape_task(shape, NEEDS(3, 4));
    shape_task(shape, NEEDS(4, 5));
    for (uint32_t i = 0; i < 4; i++)
        stores[i] = shape_task(shape, NEEDS(6 + i));
    shape_task(shape, stores, 4);
}

/* Roots 0, 1, 2; task 3 takes all; then depth - 1 times: a piece of 1, a piece of 2, and the last
 * sum with both. */
void shape_broadcast_steps(struct shape *shape, uint32_t depth)
{
    for (int i = 0; i < 3; i++)
        shape_root(shape);
    uint32_t sum = shape_task(shape, NEEDS(0, 1, 2));
    for (uint32_t i = 1; i < depth; i++) {
        uint32_t b = shape_task(shape, NEEDS(1)), c = shape_task(shape, NEEDS(2));
        sum = shape_task(shape, NEEDS(sum, b, c));
    }
}

/* Roots 0 to 3 in a line; outputs 4 to 12, of which 6, 8 and 10 need two neighbours and the others
 * one. */
void shape_neighbours(struct shape *shape)
{
    static const uint32_t left[9] = {0, 0, 0, 1, 1, 2, 2, 3, 3},
                          right[9] = {0, 0, 1, 1, 2, 2, 3, 3, 3};
    for (int i = 0; i < 4; i++)
        shape_root(shape);
    for (int i = 0; i < 9; i++)
        shape_task(shape, NEEDS(left[i], right[i]));
}

/* `width` cells in a line, n_steps steps: each cell needs itself and its two neighbours one step
 * before. */
void shape_stencil(struct shape *shape, uint32_t width, uint32_t n_steps)
{
    for (uint32_t i = 0; i < width; i++)
        shape_root(shape);
    for (uint32_t step = 1; step <= n_steps; step++) {
        for (uint32_t i = 0; i < width; i++) {
            uint32_t before = (step - 1) * width + i;
            shape_task(shape, NEEDS(before, i > 0 ? before - 1 : before,
                                    i + 1 < width ? before + 1 : before));
        }
    }
}

/* Roots 0 to n - 1 and n to n + m - 1; each of the first meets each of the second. */
void shape_outer_product(struct shape *shape, uint32_t n, uint32_t m)
{
    for (uint32_t i = 0; i < n + m; i++)
        shape_root(shape);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < m; j++)
            shape_task(shape, NEEDS(i, n + j));
}

/* Two arrays u and v of n chunks; the means of u u, v v and u v, each a tree of width 4. */
void shape_products(struct shape *shape, uint32_t n)
{
    uint32_t *parts[3];
    for (int i = 0; i < 3; i++)
        if ((parts[i] = calloc(n, sizeof **parts)) == NULL)
            exit(99);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t u = shape_root(shape), v = shape_root(shape);
        parts[0][i] = shape_task(shape, NEEDS(u));
        parts[1][i] = shape_task(shape, NEEDS(v));
        parts[2][i] = shape_task(shape, NEEDS(u, v));
    }
    for (int i = 0; i < 3; i++) {
        shape_reduce(shape, parts[i], n, 4);
        free(parts[i]);
    }
}

/* Task t needs up to n_deps_max tasks before it, near ones more often than far ones; some are named
 * twice. */
void shape_random_dag(struct shape *shape, uint32_t n, uint32_t n_deps_max, uint64_t seed)
{
    for (uint32_t t = 0; t < n; t++) {
        uint32_t deps[64], n_deps = t == 0 ? 0 : (uint32_t)(shape_random(&seed) % (n_deps_max + 1));
        for (uint32_t i = 0; i < n_deps; i++) {
            uint32_t reach = shape_random(&seed) % 4 == 0 ? t : (t < 50 ? t : 50);
            deps[i] = t - 1 - (uint32_t)(shape_random(&seed) % reach);
        }
        shape_task(shape, deps, n_deps);
    }
}
