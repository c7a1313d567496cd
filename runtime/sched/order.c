/* SPDX-License-Identifier: BSD-3-Clause */
/* order.c: the static order, by small goals.
 *
 * 1. rows      each dependency once, and the same edges by user          (read_graph)
 * 2. cycles    Kahn's topological order, or the tasks of one cycle       (sort_topological)
 * 3. chains    a task with one dependency that nobody else uses joins it: a chain never needs more memory
 *              than its head, so it is one step from here on             (join_chains)
 * 4. weights   tasks above each step, counted as in a tree and capped    (weigh)
 * 5. walk      runs the steps one by one                                 (walk_*)
 * 6. ranks     steps are unfolded into tasks                             (unfold)
 *
 * The walk keeps a stack of goals and always does the first of these that applies:
 *   a. run a ready step that costs no memory: nobody uses its result, or it is the last user of another's;
 *   b. run the top goal, if it is ready;
 *   c. take up a started step that lacks less than the top goal does (small goals first);
 *   d. make the next dependency that the top goal lacks a goal, heaviest first.
 * "Started" is a step for which a result is alive or can be had at once; they wait in a heap by the weight of
 * what they lack, then by how few users are left of what they hold alive, then by number.
 * No recursion; the only unbounded stack is the array of goals, at most one entry an edge. */
#include "sched/order.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/vec.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX
#define WEIGHT_MAX (1u << 20)           /* heavier is all the same; sums over 2^32 edges fit 64 bits */
#define N_CYCLE_NAMED 8

/* All arrays of one call, freed together. After a failed take, `is_failed` is set and stays. */
#define N_BLOCKS_MAX 40
struct region {
    void *blocks[N_BLOCKS_MAX];
    uint32_t n_blocks;
    uint64_t failed_bytes;              /* 0: no allocation has failed */
};

/* Rows of numbers: row r is items[offsets[r]] .. items[offsets[r + 1] - 1]. */
struct rows {
    uint32_t *offsets;
    uint32_t *items;
};

/* The graph, each edge once. */
struct edges {
    uint32_t n;
    struct rows deps;
    struct rows users;
};

static void *region_take(struct region *region, uint64_t count, size_t bytes_each)
{
    assert(region->n_blocks < N_BLOCKS_MAX);
    void *block = region->failed_bytes > 0 ? NULL : rask_alloc_zeroed(count, bytes_each);
    if (block == NULL) {
        if (region->failed_bytes == 0)
            region->failed_bytes = count * bytes_each;
        return NULL;
    }
    region->blocks[region->n_blocks++] = block;
    return block;
}

static uint32_t *region_numbers(struct region *region, uint64_t count)
{
    return region_take(region, count, sizeof(uint32_t));
}

static void region_release(struct region *region)
{
    while (region->n_blocks > 0)
        rask_free(region->blocks[--region->n_blocks]);
}

static rask_status region_status(const struct region *region, struct rask_error *error)
{
    if (region->failed_bytes == 0)
        return RASK_OK;
    return rask_error_memory(error, region->failed_bytes, "the order of a graph");
}

static inline uint32_t row_length(const struct rows *rows, uint32_t row)
{
    return rows->offsets[row + 1] - rows->offsets[row];
}

/* ---- 1. rows ---- */

static rask_status check_graph(const struct rask_order_graph *graph, struct rask_error *error)
{
    if (graph == NULL || (graph->n_tasks > 0 && graph->offsets == NULL))
        return rask_error_set(error, RASK_ERR_ARGUMENT, "order: no graph was given");
    if (graph->n_tasks == NONE)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "order: a graph has at most %" PRIu32 " tasks",
                              NONE - 1);
    for (uint32_t t = 0; t < graph->n_tasks; t++) {
        if (graph->offsets[t] > graph->offsets[t + 1] || (t == 0 && graph->offsets[0] != 0))
            return rask_error_set(error, RASK_ERR_ARGUMENT,
                                  "order: offsets[%" PRIu32 "] = %" PRIu32 " is followed by %" PRIu32
                                  "; offsets start at 0 and never fall",
                                  t, graph->offsets[t], graph->offsets[t + 1]);
        for (uint32_t e = graph->offsets[t]; e < graph->offsets[t + 1]; e++)
            if (graph->deps == NULL || graph->deps[e] >= graph->n_tasks)
                return rask_error_set(error, RASK_ERR_ARGUMENT,
                                      "order: task %" PRIu32 " needs task %" PRIu32 ", but there are only %" PRIu32,
                                      t, graph->deps == NULL ? 0 : graph->deps[e], graph->n_tasks);
    }
    return RASK_OK;
}

/* The transpose of `rows`, in rising order within each row. */
static struct rows transpose(struct region *region, const struct rows *rows, uint32_t n)
{
    struct rows turned = {region_numbers(region, (uint64_t)n + 1), region_numbers(region, rows->offsets[n])};
    uint32_t *next = region_numbers(region, (uint64_t)n + 1);
    if (region->failed_bytes > 0)
        return turned;
    for (uint32_t e = 0; e < rows->offsets[n]; e++)
        turned.offsets[rows->items[e] + 1]++;
    for (uint32_t t = 0; t < n; t++)
        turned.offsets[t + 1] += turned.offsets[t];
    memcpy(next, turned.offsets, (uint64_t)n * sizeof *next);
    for (uint32_t t = 0; t < n; t++)
        for (uint32_t e = rows->offsets[t]; e < rows->offsets[t + 1]; e++)
            turned.items[next[rows->items[e]]++] = t;
    return turned;
}

static void read_graph(struct region *region, const struct rask_order_graph *graph, struct edges *edges)
{
    uint32_t n = graph->n_tasks;
    edges->n = n;
    edges->deps = (struct rows){region_numbers(region, (uint64_t)n + 1),
                                region_numbers(region, n > 0 ? graph->offsets[n] : 0)};
    uint32_t *seen_by = region_numbers(region, n);
    if (region->failed_bytes > 0)
        return;
    uint32_t n_edges = 0;
    for (uint32_t t = 0; t < n; t++) {
        for (uint32_t e = graph->offsets[t]; e < graph->offsets[t + 1]; e++) {
            if (seen_by[graph->deps[e]] == t + 1)
                continue;
            seen_by[graph->deps[e]] = t + 1;
            edges->deps.items[n_edges++] = graph->deps[e];
        }
        edges->deps.offsets[t + 1] = n_edges;
    }
    edges->users = transpose(region, &edges->deps, n);
}

/* ---- 2. cycles ---- */

/* Some task that cannot run waits, and each such task has a dependency that waits too: going from one to the
 * next must come round. */
static rask_status name_cycle(const struct edges *edges, const uint32_t *waiting, uint32_t *seen_at,
                              struct rask_error *error)
{
    uint32_t t = 0;
    while (waiting[t] == 0)
        t++;
    memset(seen_at, 0, edges->n * sizeof *seen_at);
    for (uint32_t step = 1; seen_at[t] == 0; step++) {
        seen_at[t] = step;
        uint32_t e = edges->deps.offsets[t];
        while (waiting[edges->deps.items[e]] == 0)
            e++;
        t = edges->deps.items[e];
    }
    char names[N_CYCLE_NAMED * 16] = "";
    uint32_t first = t, length = 0;
    size_t used = 0;
    do {
        if (length++ < N_CYCLE_NAMED)
            used += (size_t)snprintf(names + used, sizeof names - used, "%" PRIu32 " needs ", t);
        uint32_t e = edges->deps.offsets[t];
        while (waiting[edges->deps.items[e]] == 0)
            e++;
        t = edges->deps.items[e];
    } while (t != first);
    if (length > N_CYCLE_NAMED)
        return rask_error_set(error, RASK_ERR_CYCLE,
                              "%" PRIu32 " tasks wait for each other: task %s... which needs %" PRIu32
                              "; no order can run them",
                              length, names, first);
    return rask_error_set(error, RASK_ERR_CYCLE,
                          "%" PRIu32 " task%s wait%s for %s: task %s%" PRIu32 "; no order can run them", length,
                          length == 1 ? "" : "s", length == 1 ? "s" : "", length == 1 ? "itself" : "each other",
                          names, first);
}

/* Gives all tasks in an order in which each comes after its dependencies; NULL in `region`'s failure or on error. */
static rask_status sort_topological(struct region *region, const struct edges *edges, uint32_t **sorted,
                                    struct rask_error *error)
{
    uint32_t n_sorted = 0;
    uint32_t *waiting = region_numbers(region, edges->n);
    *sorted = region_numbers(region, edges->n);
    if (region->failed_bytes > 0)
        return region_status(region, error);
    for (uint32_t t = 0; t < edges->n; t++) {
        waiting[t] = row_length(&edges->deps, t);
        if (waiting[t] == 0)
            (*sorted)[n_sorted++] = t;
    }
    for (uint32_t i = 0; i < n_sorted; i++) {
        uint32_t t = (*sorted)[i];
        for (uint32_t e = edges->users.offsets[t]; e < edges->users.offsets[t + 1]; e++)
            if (--waiting[edges->users.items[e]] == 0)
                (*sorted)[n_sorted++] = edges->users.items[e];
    }
    if (n_sorted < edges->n)
        return name_cycle(edges, waiting, *sorted, error);
    return RASK_OK;
}

/* ---- 3. chains ---- */

/* Chains of tasks as the steps of the walk, numbered by the lowest head. */
struct steps {
    struct edges edges;                 /* between steps */
    uint32_t *head;                     /* step -> its first task */
    uint32_t *next;                     /* task -> the next task of its chain, NONE at its tail */
    uint32_t *sorted;                   /* steps, each after those it needs */
};

static bool is_joined(const struct edges *edges, uint32_t task)
{
    return row_length(&edges->deps, task) == 1 &&
           row_length(&edges->users, edges->deps.items[edges->deps.offsets[task]]) == 1;
}

static void join_chains(struct region *region, const struct edges *tasks, const uint32_t *sorted,
                        struct steps *steps)
{
    uint32_t *step_of = region_numbers(region, tasks->n);
    steps->head = region_numbers(region, tasks->n);
    steps->next = region_numbers(region, tasks->n);
    steps->sorted = region_numbers(region, tasks->n);
    struct rows deps = {region_numbers(region, (uint64_t)tasks->n + 1),
                        region_numbers(region, tasks->n > 0 ? tasks->deps.offsets[tasks->n] : 0)};
    if (region->failed_bytes > 0)
        return;
    uint32_t n_steps = 0, n_edges = 0, n_sorted = 0;
    for (uint32_t t = 0; t < tasks->n; t++) {
        steps->next[t] = NONE;
        if (!is_joined(tasks, t)) {
            step_of[t] = n_steps;
            steps->head[n_steps++] = t;
        }
    }
    for (uint32_t i = 0; i < tasks->n; i++) {
        uint32_t t = sorted[i];
        if (!is_joined(tasks, t)) {
            steps->sorted[n_sorted++] = step_of[t];
            continue;
        }
        uint32_t before = tasks->deps.items[tasks->deps.offsets[t]];
        steps->next[before] = t;
        step_of[t] = step_of[before];
    }
    for (uint32_t s = 0; s < n_steps; s++) {
        uint32_t t = steps->head[s];
        for (uint32_t e = tasks->deps.offsets[t]; e < tasks->deps.offsets[t + 1]; e++)
            deps.items[n_edges++] = step_of[tasks->deps.items[e]];
        deps.offsets[s + 1] = n_edges;
    }
    steps->edges = (struct edges){n_steps, deps, transpose(region, &deps, n_steps)};
}

/* ---- 4. weights ---- */

struct ranked {
    uint64_t key;
    uint32_t item;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

/* Sorts each row by falling key[item], then rising number. `scratch` holds the longest row. */
static void sort_rows(const struct rows *rows, uint32_t n, const uint32_t *key, struct ranked *scratch)
{
    for (uint32_t r = 0; r < n; r++) {
        uint32_t *items = rows->items + rows->offsets[r];
        uint32_t length = row_length(rows, r);
        bool is_sorted = true;
        for (uint32_t i = 0; i < length; i++) {
            scratch[i] = (struct ranked){UINT32_MAX - key[items[i]], items[i]};
            is_sorted = is_sorted && (i == 0 || compare_ranked(&scratch[i - 1], &scratch[i]) < 0);
        }
        if (is_sorted)
            continue;
        qsort(scratch, length, sizeof *scratch, compare_ranked);
        for (uint32_t i = 0; i < length; i++)
            items[i] = scratch[i].item;
    }
}

/* ---- 5. walk ---- */

/* One step during the walk; a cache line holds it. */
struct state {
    uint64_t lack;                      /* weight of the dependencies that have not run; 1 for a ready one */
    uint32_t weight;                    /* steps needed to have this one, itself included, counted as in a tree */
    uint32_t waiting;                   /* dependencies that have not run */
    uint32_t n_left;                    /* users that have not run */
    uint32_t left;                      /* exclusive or of the numbers of those users: the last one's number */
    uint32_t cursor;                    /* where in its row of dependencies it is as a goal */
    uint32_t n_on_stack;                /* how often it is on the stack of goals */
    uint32_t place;                     /* its place in the heap + 1, 0 if not there */
    bool is_done, is_free;
};

struct started {
    uint64_t key;
    uint32_t step;
};

RASK_VEC_DEFINE(goals, uint32_t);

struct walk {
    const struct steps *steps;
    struct state *states;
    uint32_t *weight;                   /* as in the states; with `below`, what rows and outputs are sorted by */
    uint32_t *below;                    /* tasks on the longest way from here to a result that nobody uses */
    uint32_t *outputs;                  /* the order in which outputs are made goals */
    uint32_t next_output;
    struct started *heap;               /* started steps, lowest key first; four children each */
    uint32_t n_heap;
    uint32_t *free_steps;               /* ready, cost no memory; the last one runs next */
    uint32_t n_free;
    struct goals goals;
    uint32_t *sequence;                 /* steps in the order in which they run */
    uint32_t n_run;
};

static inline bool is_before(struct started a, struct started b)
{
    return a.key != b.key ? a.key < b.key : a.step < b.step;
}

static void heap_put(struct walk *walk, uint32_t place, struct started entry)
{
    walk->heap[place] = entry;
    walk->states[entry.step].place = place + 1;
}

static void heap_rise(struct walk *walk, uint32_t place, struct started entry)
{
    while (place > 0 && is_before(entry, walk->heap[(place - 1) / 4])) {
        heap_put(walk, place, walk->heap[(place - 1) / 4]);
        place = (place - 1) / 4;
    }
    heap_put(walk, place, entry);
}

static void heap_sink(struct walk *walk, uint32_t place, struct started entry)
{
    for (;;) {
        uint64_t child = (uint64_t)place * 4 + 1, end = child + 4 < walk->n_heap ? child + 4 : walk->n_heap;
        if (child >= end)
            break;
        uint32_t best = (uint32_t)child;
        for (child++; child < end; child++)
            if (is_before(walk->heap[child], walk->heap[best]))
                best = (uint32_t)child;
        if (!is_before(walk->heap[best], entry))
            break;
        heap_put(walk, place, walk->heap[best]);
        place = best;
    }
    heap_put(walk, place, entry);
}

static void heap_remove(struct walk *walk, uint32_t step)
{
    if (walk->states[step].place == 0)
        return;
    uint32_t place = walk->states[step].place - 1;
    struct started last = walk->heap[--walk->n_heap];
    walk->states[step].place = 0;
    if (last.step == step)
        return;
    heap_rise(walk, place, last);
    heap_sink(walk, walk->states[last.step].place - 1, last);
}

static uint32_t bit_length(uint32_t value)
{
    return value == 0 ? 0 : 32 - (uint32_t)__builtin_clz(value);
}

/* Enters a started step in the heap, or moves it to where its key now belongs. `n_left` is how many users the
 * result that started it has left; the least of them counts. */
static void walk_offer(struct walk *walk, uint32_t step, uint32_t n_left)
{
    const struct state *state = &walk->states[step];
    uint64_t lack = state->lack > UINT32_MAX ? UINT32_MAX : state->lack;
    struct started entry = {lack << 32 | bit_length(n_left), step};
    if (state->place == 0) {
        heap_rise(walk, walk->n_heap++, entry);
        return;
    }
    uint64_t old = walk->heap[state->place - 1].key;
    if ((uint32_t)old < (uint32_t)entry.key)
        entry.key = lack << 32 | (uint32_t)old;
    if (entry.key < old)
        heap_rise(walk, state->place - 1, entry);
}

static void walk_set_free(struct walk *walk, uint32_t step)
{
    if (walk->states[step].is_free || walk->states[step].is_done)
        return;
    walk->states[step].is_free = true;
    walk->free_steps[walk->n_free++] = step;
}

/* Whether running a ready step leaves no more results alive than before. */
static bool walk_costs_nothing(const struct walk *walk, uint32_t step)
{
    const struct rows *deps = &walk->steps->edges.deps;
    if (walk->states[step].n_left == 0)
        return true;
    for (uint32_t e = deps->offsets[step]; e < deps->offsets[step + 1]; e++)
        if (walk->states[deps->items[e]].n_left == 1)
            return true;
    return false;
}

/* All dependencies of a step have run: from now on it weighs 1 for those that lack it. */
static void walk_make_ready(struct walk *walk, uint32_t step)
{
    const struct rows *users = &walk->steps->edges.users;
    heap_remove(walk, step);
    for (uint32_t e = users->offsets[step]; e < users->offsets[step + 1]; e++) {
        walk->states[users->items[e]].lack -= walk->states[step].weight - 1;
        walk_offer(walk, users->items[e], walk->states[step].n_left);
    }
    if (walk_costs_nothing(walk, step))
        walk_set_free(walk, step);
}

/* One user of `step` has run. When few are left they become more attractive; the last one frees it. */
static void walk_serve(struct walk *walk, uint32_t step, uint32_t user)
{
    const struct rows *users = &walk->steps->edges.users;
    uint32_t before = walk->states[step].n_left--;
    walk->states[step].left ^= user;
    if (walk->states[step].n_left == 1 && walk->states[walk->states[step].left].waiting == 0)
        walk_set_free(walk, walk->states[step].left);
    if (bit_length(walk->states[step].n_left) == bit_length(before))
        return;
    for (uint32_t e = users->offsets[step]; e < users->offsets[step + 1]; e++)
        if (walk->states[users->items[e]].place > 0)
            walk_offer(walk, users->items[e], walk->states[step].n_left);
}

static void walk_run(struct walk *walk, uint32_t step)
{
    const struct edges *edges = &walk->steps->edges;
    assert(!walk->states[step].is_done && walk->states[step].waiting == 0);
    walk->states[step].is_done = true;
    walk->sequence[walk->n_run++] = step;
    for (uint32_t e = edges->deps.offsets[step]; e < edges->deps.offsets[step + 1]; e++)
        walk_serve(walk, edges->deps.items[e], step);
    /* from the least to the most urgent: what is set free last runs first */
    for (uint32_t e = edges->users.offsets[step + 1]; e-- > edges->users.offsets[step];) {
        uint32_t user = edges->users.items[e];
        walk->states[user].lack--;
        if (--walk->states[user].waiting == 0)
            walk_make_ready(walk, user);
        else
            walk_offer(walk, user, walk->states[step].n_left);
    }
}

static rask_status walk_push_goal(struct walk *walk, uint32_t step, struct rask_error *error)
{
    if (goals_push(&walk->goals, step) != 0)
        return rask_error_memory(error, (walk->goals.count + 1) * sizeof step, "the goals of an order");
    walk->states[step].n_on_stack++;
    return RASK_OK;
}

/* The top goal that has not run; without one, a started step, or else the next output. */
static rask_status walk_goal(struct walk *walk, uint32_t *goal, struct rask_error *error)
{
    struct goals *goals = &walk->goals;
    while (goals->count > 0 && walk->states[goals->items[goals->count - 1]].is_done)
        walk->states[goals_pop(goals)].n_on_stack--;
    rask_status status = RASK_OK;
    if (goals->count == 0) {
        while (walk->n_heap == 0 && walk->states[walk->outputs[walk->next_output]].is_done)
            walk->next_output++;
        status = walk_push_goal(walk, walk->n_heap > 0 ? walk->heap[0].step : walk->outputs[walk->next_output], error);
    }
    if (status == RASK_OK)
        *goal = goals->items[goals->count - 1];
    return status;
}

/* The next goal above `goal`, which lacks something: a started step that lacks less, or its next dependency. */
static uint32_t walk_choose(struct walk *walk, uint32_t goal)
{
    const struct rows *deps = &walk->steps->edges.deps;
    struct state *state = &walk->states[goal];
    if (walk->n_heap > 0) {
        const struct state *least = &walk->states[walk->heap[0].step];
        if (least->n_on_stack == 0 && least->lack < state->lack)
            return walk->heap[0].step;
    }
    while (walk->states[deps->items[deps->offsets[goal] + state->cursor]].is_done)
        state->cursor++;
    return deps->items[deps->offsets[goal] + state->cursor];
}

/* Runs a step, or adds a goal. */
static rask_status walk_step(struct walk *walk, struct rask_error *error)
{
    uint32_t goal = NONE;
    if (walk->n_free > 0) {
        uint32_t step = walk->free_steps[--walk->n_free];
        if (!walk->states[step].is_done)
            walk_run(walk, step);
        return RASK_OK;
    }
    rask_status status = walk_goal(walk, &goal, error);
    if (status != RASK_OK)
        return status;
    if (walk->states[goal].waiting > 0)
        return walk_push_goal(walk, walk_choose(walk, goal), error);
    walk_run(walk, goal);
    return RASK_OK;
}

/* The component of each step (steps linked by edges in either direction), named by its lowest step. */
static void find_components(const struct edges *edges, uint32_t *parent)
{
    for (uint32_t s = 0; s < edges->n; s++)
        parent[s] = s;
    for (uint32_t s = 0; s < edges->n; s++) {
        for (uint32_t e = edges->deps.offsets[s]; e < edges->deps.offsets[s + 1]; e++) {
            uint32_t a = s, b = edges->deps.items[e];
            while (parent[a] != a)
                a = parent[a] = parent[parent[a]];
            while (parent[b] != b)
                b = parent[b] = parent[parent[b]];
            parent[a < b ? b : a] = a < b ? a : b;
        }
    }
    for (uint32_t s = 0; s < edges->n; s++)
        parent[s] = parent[parent[s]];
}

/* Outputs by component, the deepest component first; within one, the lightest output first. */
static void order_outputs(struct region *region, struct walk *walk)
{
    const struct edges *edges = &walk->steps->edges;
    uint32_t *component = region_numbers(region, edges->n);
    uint32_t *depth = region_numbers(region, edges->n);
    struct ranked *ranked = region_take(region, edges->n, sizeof *ranked);
    uint32_t n = 0;
    if (region->failed_bytes > 0)
        return;
    find_components(edges, component);
    for (uint32_t s = 0; s < edges->n; s++)
        if (walk->below[s] > depth[component[s]])
            depth[component[s]] = walk->below[s];
    for (uint32_t s = 0; s < edges->n; s++)
        if (row_length(&edges->users, s) == 0)
            ranked[n++] = (struct ranked){walk->weight[s], s};
    qsort(ranked, n, sizeof *ranked, compare_ranked);
    for (uint32_t i = 0; i < n; i++)
        walk->outputs[i] = ranked[i].item;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t c = component[walk->outputs[i]];
        ranked[i] = (struct ranked){(uint64_t)(UINT32_MAX - depth[c]) << 32 | c, i};
    }
    qsort(ranked, n, sizeof *ranked, compare_ranked);
    for (uint32_t i = 0; i < n; i++)
        component[i] = walk->outputs[ranked[i].item];
    walk->outputs = component;
}

/* Weights from the top down, ways to the end from the bottom up, and rows in the order they are tried. */
static void weigh(struct region *region, struct walk *walk)
{
    const struct steps *steps = walk->steps;
    const struct edges *edges = &steps->edges;
    uint32_t longest = 0;
    for (uint32_t i = 0; i < edges->n; i++) {
        uint32_t s = steps->sorted[i];
        uint64_t weight = 1;
        for (uint32_t e = edges->deps.offsets[s]; e < edges->deps.offsets[s + 1]; e++)
            weight += walk->weight[edges->deps.items[e]];
        walk->weight[s] = weight < WEIGHT_MAX ? (uint32_t)weight : WEIGHT_MAX;
        walk->states[s].weight = walk->weight[s];
        walk->states[s].lack = weight - 1;
    }
    for (uint32_t i = edges->n; i-- > 0;) {
        uint32_t s = steps->sorted[i];
        for (uint32_t e = edges->users.offsets[s]; e < edges->users.offsets[s + 1]; e++)
            if (walk->below[edges->users.items[e]] > walk->below[s])
                walk->below[s] = walk->below[edges->users.items[e]];
        for (uint32_t t = steps->head[s]; t != NONE; t = steps->next[t])
            walk->below[s]++;
        uint32_t length = row_length(&edges->users, s);
        longest = length > longest ? length : longest;
        length = row_length(&edges->deps, s);
        longest = length > longest ? length : longest;
    }
    struct ranked *scratch = region_take(region, longest, sizeof *scratch);
    if (region->failed_bytes > 0)
        return;
    sort_rows(&edges->deps, edges->n, walk->weight, scratch);
    sort_rows(&edges->users, edges->n, walk->below, scratch);
}

static void walk_init(struct region *region, struct walk *walk, const struct steps *steps)
{
    const struct edges *edges = &steps->edges;
    uint32_t n = edges->n;
    *walk = (struct walk){.steps = steps};
    walk->states = region_take(region, n, sizeof *walk->states);
    walk->heap = region_take(region, n, sizeof *walk->heap);
    walk->weight = region_numbers(region, n);
    walk->below = region_numbers(region, n);
    walk->outputs = region_numbers(region, n);
    walk->free_steps = region_numbers(region, n);
    walk->sequence = region_numbers(region, n);
    if (region->failed_bytes > 0)
        return;
    weigh(region, walk);
    order_outputs(region, walk);
    for (uint32_t s = 0; s < n; s++) {
        struct state *state = &walk->states[s];
        state->waiting = row_length(&edges->deps, s);
        state->n_left = row_length(&edges->users, s);
        for (uint32_t e = edges->users.offsets[s]; e < edges->users.offsets[s + 1]; e++)
            state->left ^= edges->users.items[e];
    }
}

/* ---- 6. ranks ---- */

static void unfold(const struct walk *walk, uint32_t *rank)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < walk->n_run; i++)
        for (uint32_t t = walk->steps->head[walk->sequence[i]]; t != NONE; t = walk->steps->next[t])
            rank[t] = next++;
}

static rask_status order_in_region(struct region *region, const struct rask_order_graph *graph, uint32_t *rank,
                                   struct rask_error *error)
{
    struct edges tasks;
    struct steps steps;
    struct walk walk;
    uint32_t *sorted = NULL;
    read_graph(region, graph, &tasks);
    rask_status status = region_status(region, error);
    if (status != RASK_OK)
        return status;
    status = sort_topological(region, &tasks, &sorted, error);
    if (status != RASK_OK)
        return status;
    join_chains(region, &tasks, sorted, &steps);
    if (region->failed_bytes == 0)
        walk_init(region, &walk, &steps);
    status = region_status(region, error);
    if (status != RASK_OK)
        return status;
    while (status == RASK_OK && walk.n_run < steps.edges.n)
        status = walk_step(&walk, error);
    if (status == RASK_OK)
        unfold(&walk, rank);
    goals_release(&walk.goals);
    return status;
}

rask_status rask_order_compute(const struct rask_order_graph *graph, uint32_t *rank, struct rask_error *error)
{
    struct region region = {.n_blocks = 0};
    rask_status status = check_graph(graph, error);
    if (status != RASK_OK || graph->n_tasks == 0)
        return status;
    if (rank == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "order: no room for the ranks was given");
    status = order_in_region(&region, graph, rank, error);
    region_release(&region);
    return status;
}

/* ---- pressure ---- */

/* Turns ranks round: by_rank[rank[t]] = t, and checks that each task comes after those it needs. */
static rask_status invert_ranks(const struct rask_order_graph *graph, const uint32_t *rank, uint32_t *by_rank,
                                struct rask_error *error)
{
    memset(by_rank, 0xff, graph->n_tasks * sizeof *by_rank);
    for (uint32_t t = 0; t < graph->n_tasks; t++) {
        if (rank[t] >= graph->n_tasks || by_rank[rank[t]] != NONE)
            return rask_error_set(error, RASK_ERR_ARGUMENT,
                                  "order: task %" PRIu32 " has rank %" PRIu32
                                  "; ranks are 0 to %" PRIu32 ", each once",
                                  t, rank[t], graph->n_tasks - 1);
        by_rank[rank[t]] = t;
        for (uint32_t e = graph->offsets[t]; e < graph->offsets[t + 1]; e++)
            if (rank[graph->deps[e]] >= rank[t])
                return rask_error_set(error, RASK_ERR_ARGUMENT,
                                      "order: task %" PRIu32 " has rank %" PRIu32 " but needs task %" PRIu32
                                      ", which has rank %" PRIu32,
                                      t, rank[t], graph->deps[e], rank[graph->deps[e]]);
    }
    return RASK_OK;
}

/* n_left counts uses and not users: a task that names a dependency twice takes both away at once. */
static struct rask_order_pressure count_alive(const struct rask_order_graph *graph, const uint32_t *by_rank,
                                              uint32_t *n_left, uint32_t *profile)
{
    struct rask_order_pressure pressure = {.max_alive = 0};
    uint32_t n_alive = 0;
    uint64_t sum = 0;
    for (uint32_t e = 0; e < graph->offsets[graph->n_tasks]; e++)
        n_left[graph->deps[e]]++;
    for (uint32_t r = 0; r < graph->n_tasks; r++) {
        uint32_t t = by_rank[r];
        if (n_alive > pressure.max_alive) {
            pressure.max_alive = n_alive;
            pressure.max_at_rank = r;
        }
        if (profile != NULL)
            profile[r] = n_alive;
        sum += n_alive;
        for (uint32_t e = graph->offsets[t]; e < graph->offsets[t + 1]; e++)
            if (--n_left[graph->deps[e]] == 0)
                n_alive--;
        if (n_left[t] > 0)
            n_alive++;
    }
    pressure.mean_alive = (double)sum / graph->n_tasks;
    return pressure;
}

rask_status rask_order_pressure(const struct rask_order_graph *graph, const uint32_t *rank,
                                struct rask_order_pressure *pressure, uint32_t *profile, struct rask_error *error)
{
    struct region region = {.n_blocks = 0};
    rask_status status = check_graph(graph, error);
    if (status != RASK_OK)
        return status;
    if (pressure == NULL || (rank == NULL && graph->n_tasks > 0))
        return rask_error_set(error, RASK_ERR_ARGUMENT, "order: no ranks or no room for the pressure was given");
    if (graph->n_tasks == 0) {
        *pressure = (struct rask_order_pressure){.max_alive = 0};
        return RASK_OK;
    }
    uint32_t *by_rank = region_numbers(&region, graph->n_tasks);
    uint32_t *n_left = region_numbers(&region, graph->n_tasks);
    status = region_status(&region, error);
    if (status == RASK_OK)
        status = invert_ranks(graph, rank, by_rank, error);
    if (status == RASK_OK)
        *pressure = count_alive(graph, by_rank, n_left, profile);
    region_release(&region);
    return status;
}
