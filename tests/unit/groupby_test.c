/* SPDX-License-Identifier: BSD-3-Clause */
/* groupby_test.c: building a plan, what it refuses, its flat form. */
#include "base/alloc.h"
#include "kern/groupby.h"
#include "unit.h"

#include <string.h>

static void make(struct rask_groupby *plan)
{
    rask_groupby_init(plan);
    CU_ASSERT_EQUAL(rask_groupby_add_column(plan, "city", RASK_TYPE_TEXT, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_groupby_add_column(plan, "price", RASK_TYPE_FLOAT64, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_groupby_add_column(plan, "a:b", RASK_TYPE_DATE, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_groupby_add_key(plan, "city", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_groupby_add_key(plan, "a:b", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_groupby_add_aggregate(plan, "count", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_groupby_add_aggregate(plan, "mean:price", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_groupby_add_aggregate(plan, "max:a:b", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_groupby_set_where(plan, "price > 0", NULL), RASK_OK);
}

static void names_of_results(void)
{
    struct rask_groupby plan;
    make(&plan);
    CU_ASSERT_EQUAL(rask_groupby_n_results(&plan), 5);
    CU_ASSERT_STRING_EQUAL(rask_groupby_result_name(&plan, 0), "city");
    CU_ASSERT_STRING_EQUAL(rask_groupby_result_name(&plan, 2), "count");
    CU_ASSERT_STRING_EQUAL(rask_groupby_result_name(&plan, 3), "mean_price");
    CU_ASSERT_EQUAL(rask_groupby_find_result(&plan, "mean_price"), 3);
    CU_ASSERT_EQUAL(rask_groupby_find_result(&plan, "mean:price"), 3);
    CU_ASSERT_EQUAL(rask_groupby_find_result(&plan, "max:a:b"), 4);
    CU_ASSERT_EQUAL(rask_groupby_find_result(&plan, "price"), UINT32_MAX);
    rask_groupby_release(&plan);
}

/* A key keeps its name, and so does an aggregate whose name is like one that was numbered. */
static void no_name_twice(void)
{
    static const char *const columns[] = {"count", "sum_v", "v", "v_2"};
    static const char *const names[] = {"count", "sum_v", "count_2", "sum_v_3", "sum_v_2"};
    struct rask_groupby plan;
    rask_groupby_init(&plan);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(rask_groupby_add_column(&plan, columns[i], RASK_TYPE_INT64, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_groupby_add_key(&plan, "count", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_groupby_add_key(&plan, "sum_v", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_groupby_add_aggregate(&plan, "count", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_groupby_add_aggregate(&plan, "sum:v", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_groupby_add_aggregate(&plan, "sum:v_2", NULL), RASK_OK);
    for (uint32_t i = 0; i < 5; i++)
        CU_ASSERT_STRING_EQUAL(rask_groupby_result_name(&plan, i), names[i]);
    CU_ASSERT_EQUAL(rask_groupby_find_result(&plan, "sum_v"), 1);
    CU_ASSERT_EQUAL(rask_groupby_find_result(&plan, "sum:v"), 3);
    rask_groupby_release(&plan);
}

static void what_a_plan_refuses(void)
{
    struct rask_groupby plan;
    struct rask_error error;
    make(&plan);
    CU_ASSERT_EQUAL(rask_groupby_add_column(&plan, "city", RASK_TYPE_TEXT, &error), RASK_OK);
    CU_ASSERT_EQUAL(plan.n_columns, 3);
    CU_ASSERT_EQUAL(rask_groupby_add_column(&plan, "city", RASK_TYPE_BOOL, &error),
                    RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_groupby_add_key(&plan, "town", &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "'town'"));
    CU_ASSERT_EQUAL(rask_groupby_add_key(&plan, "city", &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_groupby_add_aggregate(&plan, "median:price", &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "'median'"));
    CU_ASSERT_EQUAL(rask_groupby_add_aggregate(&plan, "sum", &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_groupby_add_aggregate(&plan, "sum:", &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_groupby_add_aggregate(&plan, "sum:town", &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_groupby_add_aggregate(&plan, "sum:city", &error), RASK_ERR_TYPE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "text"));
    CU_ASSERT_EQUAL(rask_groupby_add_aggregate(&plan, "std:a:b", &error), RASK_ERR_TYPE);
    CU_ASSERT_EQUAL(rask_groupby_add_aggregate(&plan, "count", &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(plan.n_aggregates, 3);
    rask_groupby_release(&plan);
}

static void the_flat_form_reads_back(void)
{
    struct rask_groupby plan, again;
    struct rask_error error;
    make(&plan);
    size_t n = rask_groupby_flat_bytes(&plan);
    CU_ASSERT_EQUAL(n % 8, 0);
    uint8_t *bytes = rask_alloc(n), *second = rask_alloc(n);
    rask_groupby_flat_write(&plan, bytes);
    CU_ASSERT_EQUAL_FATAL(rask_groupby_flat_read(bytes, n, &again, &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_groupby_flat_bytes(&again), n);
    rask_groupby_flat_write(&again, second);
    CU_ASSERT_EQUAL(memcmp(bytes, second, n), 0);
    CU_ASSERT_STRING_EQUAL(again.where, "price > 0");
    CU_ASSERT_STRING_EQUAL(rask_groupby_result_name(&again, 4), "max_a:b");
    rask_groupby_release(&again);
    rask_free(second);
    rask_free(bytes);
    rask_groupby_release(&plan);
}

static void changed_bytes_are_refused_or_harmless(void)
{
    struct rask_groupby plan, again;
    struct rask_error error;
    uint64_t state = 3;
    make(&plan);
    size_t n = rask_groupby_flat_bytes(&plan);
    uint8_t *good = rask_alloc(n), *bytes = rask_alloc(n);
    rask_groupby_flat_write(&plan, good);
    for (size_t cut = 0; cut < n; cut++)
        CU_ASSERT_EQUAL(rask_groupby_flat_read(good, cut, &again, &error), RASK_ERR_FORMAT);
    for (int round = 0; round < 20000; round++) {
        memcpy(bytes, good, n);
        for (int k = 0; k < 2; k++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            bytes[(state >> 40) % n] = (uint8_t)(state >> 33);
        }
        rask_status status = rask_groupby_flat_read(bytes, n, &again, &error);
        if (status == RASK_OK)
            rask_groupby_release(&again);
    }
    rask_free(bytes);
    rask_free(good);
    rask_groupby_release(&plan);
}

static void want_of_memory_is_an_error(void)
{
    struct rask_groupby plan, again;
    make(&plan);
    size_t n = rask_groupby_flat_bytes(&plan);
    uint8_t *bytes = rask_alloc(n);
    rask_groupby_flat_write(&plan, bytes);
    rask_status status = RASK_ERR_MEMORY;
    for (uint64_t at = 1; status == RASK_ERR_MEMORY && at < 100; at++) {
        rask_alloc_fail_at(at, 0);
        status = rask_groupby_flat_read(bytes, n, &again, NULL);
        rask_alloc_fail_at(0, 0);
    }
    CU_ASSERT_EQUAL(status, RASK_OK);
    rask_groupby_release(&again);
    rask_free(bytes);
    rask_groupby_release(&plan);
}

static void types_have_names(void)
{
    rask_type type;
    for (uint32_t t = 0; t < RASK_N_TYPES; t++)
        CU_ASSERT(rask_type_find(rask_type_name(t), &type) && (uint32_t)type == t);
    CU_ASSERT(!rask_type_find("integer", &type));
    CU_ASSERT_STRING_EQUAL(rask_type_name(99), "?");
}

RASK_UNIT_MAIN("groupby", {"names of results", names_of_results}, {"no name twice", no_name_twice},
               {"what a plan refuses", what_a_plan_refuses},
               {"the flat form reads back", the_flat_form_reads_back},
               {"changed bytes are refused or harmless", changed_bytes_are_refused_or_harmless},
               {"want of memory is an error", want_of_memory_is_an_error},
               {"types have names", types_have_names})
