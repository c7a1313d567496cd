/* SPDX-License-Identifier: BSD-3-Clause */
/* order.c: the static order, by small goals.
 *
 * 1. rows: each dependency once, and the same edges by user (rask_order_read)
 * 2. cycles: a topological order, or the tasks of one cycle (rask_order_sort)
 * 3. chains: joined to steps, because a chain needs no more memory than its head (rask_order_join)
 * 4. weights: the tasks above each step, counted as in a tree and capped (weigh)
 * 5. walk: runs the steps one by one (walk_...)
 * 6. ranks: steps are unfolded into tasks (unfold)
 *
 * The walk keeps a stack of goals and always does the first of these that applies:
 *   a. run a ready step that costs no memory: nobody uses its result, or it is another's last user;
 *   b. run the top goal, if it is ready;
 *   c. take up a started step that lacks less than the top goal does (small goals first);
 *   d. make the heaviest dependency that the top goal lacks a goal.
 * "Started" is a step with an input that is alive or can be had at once. Started steps wait in a
 * heap by the weight of what they lack, then by how few users are left of such an input, then by
 * number. No recursion; the stack of goals holds at most one entry an edge and one a step. */
#include "sched/order.h"

#include "base/error.h"
#include "base/vec.h"
#include "sched/order_rows.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#define WEIGHT_MAX (1u << 20) /* heavier is all the same; sums over 2^32 edges fit 64 bits */

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
static void sort_rows(const struct rask_order_rows *rows, uint32_t n, const uint32_t *key,
                      struct ranked *scratch)
{
    for (uint32_t r = 0; r < n; r++) {
        uint32_t *items = rows->items + rows->offsets[r];
        uint32_t length = rask_order_length(rows, r);
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
    uint64_t lack; /* weight of the dependencies that have not run; 1 for a ready one */
    uint32_t weight; /* steps needed to have this one, itself included, counted as in a tree */
    uint32_t waiting; /* dependencies that have not run */
    uint32_t n_left; /* users that have not run */
    uint32_t left; /* exclusive or of the numbers of those users: the last one's number */
    uint32_t cursor; /* where in its row of dependencies it is as a goal */
    uint32_t n_on_stack; /* how often it is on the stack of goals */
    uint32_t place; /* its place in the heap + 1, 0 if not there */
    bool is_done, is_free;
};

struct started {
    uint64_t key;
    uint32_t step;
};

RASK_VEC_DEFINE(goals, uint32_t);

struct walk {
    const struct rask_order_steps *steps;
    struct state *states;
    uint32_t *weight; /* as in the states; with `below`, what rows and outputs are sorted by */
    uint32_t *below; /* tasks on the longest way from here to a result that nobody uses */
    uint32_t *outputs; /* the order in which outputs are made goals */
    uint32_t next_output;
    struct started *heap; /* started steps, lowest key first; four children each */
    uint32_t n_heap;
    uint32_t *free_steps; /* ready, cost no memory; the last one runs next */
    uint32_t n_free;
    struct goals goals;
    uint32_t *sequence; /* steps in the order in which they run */
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
        uint64_t child = (uint64_t)place * 4 + 1,
                 end = child + 4 < walk->n_heap ? child + 4 : walk->n_heap;
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

/* Enters a started step in the heap, or moves it to where its key now belongs. `n_left` is how many
 * users the result that started it has left; the least of them counts. */
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
    const struct rask_order_rows *deps = &walk->steps->edges.deps;
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
    const struct rask_order_rows *users = &walk->steps->edges.users;
    heap_remove(walk, step);
    for (uint32_t e = users->offsets[step]; e < users->offsets[step + 1]; e++) {
        walk->states[users->items[e]].lack -= walk->states[step].weight - 1;
        walk_offer(walk, users->items[e], walk->states[step].n_left);
    }
    if (walk_costs_nothing(walk, step))
        walk_set_free(walk, step);
}

/* One user of `step` has run. When few are left they become more attractive; the last one frees it.
 */
static void walk_serve(struct walk *walk, uint32_t step, uint32_t user)
{
    const struct rask_order_rows *users = &walk->steps->edges.users;
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
    const struct rask_order_edges *edges = &walk->steps->edges;
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
        return rask_error_memory(error, (walk->goals.count + 1) * sizeof step,
                                 "the goals of an order");
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
        status = walk_push_goal(
            walk, walk->n_heap > 0 ? walk->heap[0].step : walk->outputs[walk->next_output], error);
    }
    if (status == RASK_OK)
        *goal = goals->items[goals->count - 1];
    return status;
}

/* The next goal above `goal`, which lacks something: a started step that lacks less, or its next
 * dependency. */
static uint32_t walk_choose(struct walk *walk, uint32_t goal)
{
    const struct rask_order_rows *deps = &walk->steps->edges.deps;
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
    uint32_t goal = RASK_ORDER_NONE;
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

/* The component of each step (steps linked by edges in either direction), named by its lowest step.
 */
static void find_components(const struct rask_order_edges *edges, uint32_t *parent)
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
static void order_outputs(struct rask_order_region *region, struct walk *walk)
{
    const struct rask_order_edges *edges = &walk->steps->edges;
    uint32_t *component = rask_order_numbers(region, edges->n);
    uint32_t *depth = rask_order_numbers(region, edges->n);
    struct ranked *ranked = rask_order_take(region, edges->n, sizeof *ranked);
    uint32_t n = 0;
    if (region->failed_bytes > 0)
        return;
    find_components(edges, component);
    for (uint32_t s = 0; s < edges->n; s++)
        if (walk->below[s] > depth[component[s]])
            depth[component[s]] = walk->below[s];
    for (uint32_t s = 0; s < edges->n; s++)
        if (rask_order_length(&edges->users, s) == 0)
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

/* Weights from the top down, ways to the end from the bottom up, and rows in the order they are
 * tried. */
static void weigh(struct rask_order_region *region, struct walk *walk)
{
    const struct rask_order_steps *steps = walk->steps;
    const struct rask_order_edges *edges = &steps->edges;
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
        for (uint32_t t = steps->head[s]; t != RASK_ORDER_NONE; t = steps->next[t])
            walk->below[s]++;
        uint32_t length = rask_order_length(&edges->users, s);
        longest = length > longest ? length : longest;
        length = rask_order_length(&edges->deps, s);
        longest = length > longest ? length : longest;
    }
    struct ranked *scratch = rask_order_take(region, longest, sizeof *scratch);
    if (region->failed_bytes > 0)
        return;
    sort_rows(&edges->deps, edges->n, walk->weight, scratch);
    sort_rows(&edges->users, edges->n, walk->below, scratch);
}

static void walk_init(struct rask_order_region *region, struct walk *walk,
                      const struct rask_order_steps *steps)
{
    const struct rask_order_edges *edges = &steps->edges;
    uint32_t n = edges->n;
    *walk = (struct walk){.steps = steps};
    walk->states = rask_order_take(region, n, sizeof *walk->states);
    walk->heap = rask_order_take(region, n, sizeof *walk->heap);
    walk->weight = rask_order_numbers(region, n);
    walk->below = rask_order_numbers(region, n);
    walk->outputs = rask_order_numbers(region, n);
    walk->free_steps = rask_order_numbers(region, n);
    walk->sequence = rask_order_numbers(region, n);
    if (region->failed_bytes > 0)
        return;
    weigh(region, walk);
    order_outputs(region, walk);
    for (uint32_t s = 0; s < n; s++) {
        struct state *state = &walk->states[s];
        state->waiting = rask_order_length(&edges->deps, s);
        state->n_left = rask_order_length(&edges->users, s);
        for (uint32_t e = edges->users.offsets[s]; e < edges->users.offsets[s + 1]; e++)
            state->left ^= edges->users.items[e];
    }
}

/* ---- 6. ranks ---- */

static void unfold(const struct walk *walk, uint32_t *rank)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < walk->n_run; i++)
        for (uint32_t t = walk->steps->head[walk->sequence[i]]; t != RASK_ORDER_NONE;
             t = walk->steps->next[t])
            rank[t] = next++;
}

static rask_status order_in_region(struct rask_order_region *region,
                                   const struct rask_order_graph *graph, uint32_t *rank,
                                   struct rask_error *error)
{
    struct rask_order_edges tasks;
    struct rask_order_steps steps;
    struct walk walk;
    uint32_t *sorted = NULL;
    rask_order_read(region, graph, &tasks);
    rask_status status = rask_order_region_status(region, error);
    if (status != RASK_OK)
        return status;
    status = rask_order_sort(region, &tasks, &sorted, error);
    if (status != RASK_OK)
        return status;
    rask_order_join(region, &tasks, sorted, &steps);
    if (region->failed_bytes == 0)
        walk_init(region, &walk, &steps);
    status = rask_order_region_status(region, error);
    if (status != RASK_OK)
        return status;
    while (status == RASK_OK && walk.n_run < steps.edges.n)
        status = walk_step(&walk, error);
    if (status == RASK_OK)
        unfold(&walk, rank);
    goals_release(&walk.goals);
    return status;
}

rask_status rask_order_compute(const struct rask_order_graph *graph, uint32_t *rank,
                               struct rask_error *error)
{
    struct rask_order_region region = {.n_blocks = 0};
    rask_status status = rask_order_check(graph, error);
    if (status != RASK_OK || graph->n_tasks == 0)
        return status;
    if (rank == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "order: no room for the ranks was given");
    status = order_in_region(&region, graph, rank, error);
    rask_order_region_release(&region);
    return status;
}
