/* SPDX-License-Identifier: BSD-3-Clause */
/* cpuset_test.c: lists of processing units read and written, good and bad ones. */
#include "place/cpuset.h"
#include "unit.h"

#include <string.h>

/* Reads a list and writes it back; 1 if that gives `expected`. */
static int is_rewritten_as(const char *text, const char *expected)
{
    struct rask_idset set = {0};
    struct rask_buf buf;
    rask_buf_init(&buf, 0);
    int is_same = rask_cpuset_parse(text, &set, NULL) == RASK_OK &&
                  rask_cpuset_print(&set, &buf, NULL) == RASK_OK &&
                  strcmp((const char *)buf.data, expected) == 0;
    rask_buf_release(&buf);
    rask_idset_release(&set);
    return is_same;
}

static rask_status parse_status(const char *text, struct rask_error *error)
{
    struct rask_idset set = {0};
    rask_status status = rask_cpuset_parse(text, &set, error);
    rask_idset_release(&set);
    return status;
}

static void lists_are_normalised(void)
{
    CU_ASSERT(is_rewritten_as("", ""));
    CU_ASSERT(is_rewritten_as("0", "0"));
    CU_ASSERT(is_rewritten_as("0-3,8", "0-3,8"));
    CU_ASSERT(is_rewritten_as("8,3,2,1,0,2", "0-3,8"));
    CU_ASSERT(is_rewritten_as(" 0 , 2-3\n", "0,2-3"));
    CU_ASSERT(is_rewritten_as("62-66,65535", "62-66,65535"));
}

static void what_is_no_list_is_refused_by_name(void)
{
    const char *const bad[] = {"x",  "1-",  "-1",    "3-1",        "1,,2", "1,",
                               ",1", "1 2", "65536", "4294967296", "0x3",  "1-2-3"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct rask_error error = {0};
        CU_ASSERT_EQUAL(parse_status(bad[i], &error), RASK_ERR_ARGUMENT);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, bad[i]));
    }
}

static void a_full_buffer_is_an_error(void)
{
    struct rask_idset set = {0};
    struct rask_buf buf;
    rask_buf_init(&buf, 4);
    CU_ASSERT_EQUAL(rask_cpuset_parse("0,2,4,6", &set, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_cpuset_print(&set, &buf, NULL), RASK_ERR_LIMIT);
    rask_buf_release(&buf);
    rask_idset_release(&set);
}

RASK_UNIT_MAIN("cpuset", {"lists are normalised", lists_are_normalised},
               {"what is no list is refused by name", what_is_no_list_is_refused_by_name},
               {"a full buffer is an error", a_full_buffer_is_an_error})
