/* SPDX-License-Identifier: BSD-3-Clause */
/* list_test.c: nodes come out in the order in which they were linked, and leave from anywhere. */
#include "base/list.h"
#include "unit.h"

struct job {
    int n;
    struct rask_list_node link;
};

static int joined(const struct rask_list *list)
{
    int digits = 0;
    RASK_LIST_EACH(node, list)
    digits = digits * 10 + RASK_LIST_ENTRY(node, struct job, link)->n;
    return digits;
}

static void keeps_order(void)
{
    struct rask_list list;
    struct job jobs[] = {{.n = 1}, {.n = 2}, {.n = 3}, {.n = 4}};
    rask_list_init(&list);
    CU_ASSERT(rask_list_is_empty(&list));
    CU_ASSERT_PTR_NULL(rask_list_first(&list));
    rask_list_push_back(&list, &jobs[0].link);
    rask_list_push_back(&list, &jobs[1].link);
    rask_list_push_back(&list, &jobs[3].link);
    rask_list_insert_before(&jobs[3].link, &jobs[2].link);
    CU_ASSERT_EQUAL(joined(&list), 1234);
    CU_ASSERT_PTR_EQUAL(rask_list_first(&list), &jobs[0].link);
}

static void removes_anywhere(void)
{
    struct rask_list list;
    struct job jobs[] = {{.n = 1}, {.n = 2}, {.n = 3}, {.n = 4}};
    rask_list_init(&list);
    for (int i = 0; i < 4; i++)
        rask_list_push_back(&list, &jobs[i].link);
    CU_ASSERT(rask_list_is_linked(&jobs[2].link));
    rask_list_remove(&jobs[2].link);
    CU_ASSERT(!rask_list_is_linked(&jobs[2].link));
    CU_ASSERT_EQUAL(joined(&list), 124);
    rask_list_insert_before(&jobs[0].link, &jobs[2].link);
    CU_ASSERT_EQUAL(joined(&list), 3124);
    rask_list_remove(rask_list_first(&list));
    CU_ASSERT(!rask_list_is_linked(&jobs[2].link));
    RASK_LIST_EACH_SAFE(node, &list)
    if (RASK_LIST_ENTRY(node, struct job, link)->n != 2)
        rask_list_remove(node);
    CU_ASSERT_EQUAL(joined(&list), 2);
}

RASK_UNIT_MAIN("list", {"keeps order", keeps_order}, {"removes anywhere", removes_anywhere})
