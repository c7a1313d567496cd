/* SPDX-License-Identifier: BSD-3-Clause */
/* map_test.c: maps agree with a plain array under random changes, and survive want of memory. */
#include "base/alloc.h"
#include "base/map.h"
#include "base/rng.h"
#include "unit.h"

#include <string.h>

enum { KEYS = 3000, STEPS = 200000, ABSENT = 0 };

/* Keys that differ in low bits, in high bits, or are extreme. */
static uint64_t key_of(uint32_t i)
{
    switch (i % 3) {
    case 0:
        return i;
    case 1:
        return (uint64_t)i << 48;
    default:
        return UINT64_MAX - i;
    }
}

static void map64_agrees_with_an_array(void)
{
    static uint32_t expected[KEYS];
    struct rask_map64 map = {0};
    struct rask_rng rng;
    size_t count = 0;
    memset(expected, 0, sizeof expected);
    rask_rng_seed(&rng, 3);
    for (uint32_t step = 1; step <= STEPS; step++) {
        uint32_t i = (uint32_t)rask_rng_below(&rng, KEYS), value = 0;
        CU_ASSERT_EQUAL_FATAL(rask_map64_get(&map, key_of(i), &value), expected[i] != ABSENT);
        CU_ASSERT_EQUAL_FATAL(value, expected[i]);
        if (rask_rng_below(&rng, 2) == 0) {
            count += expected[i] == ABSENT;
            CU_ASSERT_EQUAL_FATAL(rask_map64_put(&map, key_of(i), step), 0);
            expected[i] = step;
        } else {
            CU_ASSERT_EQUAL_FATAL(rask_map64_remove(&map, key_of(i), &value),
                                  expected[i] != ABSENT);
            CU_ASSERT_EQUAL_FATAL(value, expected[i]);
            count -= expected[i] != ABSENT;
            expected[i] = ABSENT;
        }
        CU_ASSERT_EQUAL_FATAL(map.count, count);
    }
    rask_map64_release(&map);
}

static struct rask_key128 key128_of(uint32_t i)
{
    return (struct rask_key128){.lo = i % 2 == 0 ? i : 5, .hi = i % 2 == 0 ? 5 : i};
}

static void map128_tells_halves_apart(void)
{
    struct rask_map128 map = {0};
    uint32_t value = 0;
    for (uint32_t i = 0; i < KEYS; i++)
        CU_ASSERT_EQUAL_FATAL(rask_map128_put(&map, key128_of(i), i), 0);
    CU_ASSERT_EQUAL(map.count, KEYS);
    for (uint32_t i = 0; i < KEYS; i += 3)
        CU_ASSERT_EQUAL_FATAL(rask_map128_remove(&map, key128_of(i), NULL), 1);
    for (uint32_t i = 0; i < KEYS; i++) {
        CU_ASSERT_EQUAL_FATAL(rask_map128_get(&map, key128_of(i), &value), i % 3 != 0);
        CU_ASSERT_FATAL(i % 3 == 0 || value == i);
    }
    CU_ASSERT_EQUAL(rask_map128_remove(&map, key128_of(0), NULL), 0);
    rask_map128_release(&map);
    CU_ASSERT_EQUAL(rask_map128_get(&map, key128_of(1), NULL), 0);
}

static void is_unchanged_without_memory(void)
{
    struct rask_map64 map = {0};
    rask_alloc_fail_at(1, 1);
    CU_ASSERT_EQUAL(rask_map64_put(&map, 1, 1), -1);
    rask_alloc_fail_at(0, 0);
    CU_ASSERT_EQUAL(rask_map64_put(&map, 1, 1), 0);
    rask_alloc_fail_at(1, 1);
    uint64_t key = 2;
    while (rask_map64_put(&map, key, 9) == 0)
        key++;
    CU_ASSERT_EQUAL(map.count, key - 1);
    CU_ASSERT_EQUAL(rask_map64_get(&map, key, NULL), 0);
    CU_ASSERT_EQUAL(rask_map64_put(&map, 1, 5), 0);
    rask_alloc_fail_at(0, 0);
    uint32_t value = 0;
    CU_ASSERT_EQUAL(rask_map64_get(&map, 1, &value), 1);
    CU_ASSERT_EQUAL(value, 5);
    rask_map64_release(&map);
}

RASK_UNIT_MAIN("map", {"map64 agrees with an array", map64_agrees_with_an_array},
               {"map128 tells halves apart", map128_tells_halves_apart},
               {"is unchanged without memory", is_unchanged_without_memory})
