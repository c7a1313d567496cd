/* SPDX-License-Identifier: BSD-3-Clause */
/* ready_test.c: a ready queue gives the most urgent first, however its entries came in. */
#include "unit.h"

#include "base/rng.h"
#include "sched/ready.h"

#include <stdlib.h>

static void push(struct rask_ready *ready, uint64_t hi, uint64_t lo, uint32_t id)
{
    CU_ASSERT_EQUAL(rask_ready_push(ready, (struct rask_heap_entry){hi, lo, id}), 0);
}

static uint32_t pop(struct rask_ready *ready)
{
    const struct rask_heap_entry *top = rask_ready_top(ready);
    uint32_t id = top == NULL ? 0 : top->id;
    if (top != NULL)
        rask_ready_pop(ready);
    return id;
}

static void an_empty_queue_has_no_top(void)
{
    struct rask_ready ready = {0};
    CU_ASSERT_PTR_NULL(rask_ready_top(&ready));
    push(&ready, 1, 1, 5);
    CU_ASSERT_EQUAL(pop(&ready), 5);
    CU_ASSERT_PTR_NULL(rask_ready_top(&ready));
    rask_ready_release(&ready);
}

static void what_comes_in_order_goes_in_order_through_many_growths(void)
{
    struct rask_ready ready = {0};
    uint32_t next = 1;
    for (uint32_t i = 1; i <= 5000; i++) {
        push(&ready, 1, i, i);
        if (i % 3 == 0)
            CU_ASSERT_EQUAL(pop(&ready), next++);
    }
    while (next <= 5000)
        CU_ASSERT_EQUAL(pop(&ready), next++);
    CU_ASSERT_EQUAL(pop(&ready), 0);
    CU_ASSERT_EQUAL(rask_heap_count(&ready.heap), 0);
    rask_ready_release(&ready);
}

static void each_entry_can_be_looked_at_where_it_is(void)
{
    struct rask_ready ready = {0};
    uint32_t seen = 0;
    CU_ASSERT_EQUAL(rask_ready_count(&ready), 0);
    for (uint32_t i = 1; i <= 4; i++)
        push(&ready, 5, i, i);
    CU_ASSERT_EQUAL(pop(&ready), 1);
    push(&ready, 4, 1, 5);
    push(&ready, 5, 1, 6);
    CU_ASSERT_EQUAL_FATAL(rask_ready_count(&ready), 5);
    for (uint64_t i = 0; i < 5; i++)
        seen |= 1u << rask_ready_at(&ready, i)->id;
    CU_ASSERT_EQUAL(seen, 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6);
    rask_ready_release(&ready);
}

static void an_urgent_latecomer_overtakes(void)
{
    struct rask_ready ready = {0};
    push(&ready, 5, 1, 1);
    push(&ready, 5, 2, 2);
    push(&ready, 4, 9, 3);
    push(&ready, 5, 1, 4);
    CU_ASSERT_EQUAL(pop(&ready), 3);
    CU_ASSERT_EQUAL(pop(&ready), 1);
    CU_ASSERT_EQUAL(pop(&ready), 4);
    CU_ASSERT_EQUAL(pop(&ready), 2);
    rask_ready_release(&ready);
}

static size_t least_of(const uint64_t *values, size_t n)
{
    size_t least = 0;
    for (size_t k = 1; k < n; k++)
        if (values[k] < values[least])
            least = k;
    return least;
}

/* Random pushes and pops: each pop is the least of what is inside. */
static void random_entries_come_out_sorted(void)
{
    struct rask_ready ready = {0};
    struct rask_rng rng;
    uint64_t inside[600];
    size_t n = 0;
    rask_rng_seed(&rng, 3);
    for (uint32_t i = 1; i < 20000; i++) {
        if (n < 600 && rask_rng_below(&rng, 2) == 0) {
            inside[n] = rask_rng_below(&rng, 1000);
            push(&ready, inside[n] / 32, inside[n] % 32, i);
            n++;
        } else if (n > 0) {
            const struct rask_heap_entry *top = rask_ready_top(&ready);
            size_t least = least_of(inside, n);
            CU_ASSERT_FATAL(top != NULL);
            CU_ASSERT_EQUAL(top->hi * 32 + top->lo, inside[least]);
            inside[least] = inside[--n];
            rask_ready_pop(&ready);
        }
    }
    rask_ready_release(&ready);
}

RASK_UNIT_MAIN("ready", {"an empty queue has no top", an_empty_queue_has_no_top},
               {"in order, through growth", what_comes_in_order_goes_in_order_through_many_growths},
               {"an urgent latecomer overtakes", an_urgent_latecomer_overtakes},
               {"each entry can be looked at", each_entry_can_be_looked_at_where_it_is},
               {"random entries come out sorted", random_entries_come_out_sorted})
