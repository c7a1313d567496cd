/* SPDX-License-Identifier: BSD-3-Clause */
/* buf_test.c: a buffer keeps its bytes while it grows, and stops at its ceiling unchanged. */
#include "base/alloc.h"
#include "base/buf.h"
#include "unit.h"

static void keeps_its_bytes_while_it_grows(void)
{
    struct rask_buf buf = {0};
    for (uint32_t i = 0; i < 100000; i++)
        CU_ASSERT_EQUAL_FATAL(rask_buf_append(&buf, &i, sizeof i), 0);
    CU_ASSERT_EQUAL(buf.size, 100000 * sizeof(uint32_t));
    CU_ASSERT(buf.capacity >= buf.size);
    for (uint32_t i = 0; i < 100000; i++) {
        uint32_t read;
        memcpy(&read, buf.data + i * sizeof i, sizeof read);
        CU_ASSERT_EQUAL_FATAL(read, i);
    }
    size_t capacity = buf.capacity;
    rask_buf_clear(&buf);
    CU_ASSERT_EQUAL(buf.size, 0);
    CU_ASSERT_EQUAL(buf.capacity, capacity);
    rask_buf_release(&buf);
    CU_ASSERT_PTR_NULL(buf.data);
    CU_ASSERT_EQUAL(rask_buf_append(&buf, "x", 1), 0);
    rask_buf_release(&buf);
}

static void grows_seldom(void)
{
    struct rask_buf buf = {0};
    uint64_t before = rask_alloc_count();
    for (int i = 0; i < 1000000; i++)
        (void)rask_buf_append(&buf, "x", 1);
    CU_ASSERT(rask_alloc_count() - before <= 14);
    rask_buf_release(&buf);
}

static void room_of_nothing_is_no_error(void)
{
    struct rask_buf buf = {0};
    CU_ASSERT_PTR_NOT_NULL(rask_buf_room(&buf, 0));
    CU_ASSERT_EQUAL(rask_buf_append(&buf, NULL, 0), 0);
    CU_ASSERT_EQUAL(buf.size, 0);
    rask_buf_release(&buf);
}

static void stops_at_its_ceiling(void)
{
    struct rask_buf buf;
    rask_buf_init(&buf, 1000);
    CU_ASSERT_PTR_NOT_NULL(rask_buf_room(&buf, 600));
    CU_ASSERT_PTR_NULL(rask_buf_room(&buf, 401));
    CU_ASSERT_EQUAL(buf.size, 600);
    CU_ASSERT_PTR_NULL(rask_buf_room(&buf, SIZE_MAX));
    CU_ASSERT_PTR_NOT_NULL(rask_buf_room(&buf, 400));
    CU_ASSERT_PTR_NULL(rask_buf_room(&buf, 1));
    CU_ASSERT_EQUAL(buf.size, 1000);
    rask_buf_clear(&buf);
    CU_ASSERT_EQUAL(rask_buf_printf(&buf, "%1000d", 1), RASK_ERR_LIMIT);
    CU_ASSERT_EQUAL(buf.size, 0);
    CU_ASSERT_EQUAL(rask_buf_printf(&buf, "%999d", 1), RASK_OK);
    CU_ASSERT_EQUAL(strlen((char *)buf.data), 999);
    rask_buf_release(&buf);
    CU_ASSERT_PTR_NULL(rask_buf_room(&buf, 1001));
    rask_buf_release(&buf);
}

static void is_unchanged_without_memory(void)
{
    struct rask_buf buf = {0};
    CU_ASSERT_EQUAL(rask_buf_printf(&buf, "kept"), RASK_OK);
    rask_alloc_fail_at(1, 1);
    CU_ASSERT_PTR_NULL(rask_buf_room(&buf, 100000));
    CU_ASSERT_EQUAL(rask_buf_printf(&buf, "%5000d", 1), RASK_ERR_MEMORY);
    rask_alloc_fail_at(0, 0);
    CU_ASSERT_EQUAL(buf.size, 4);
    CU_ASSERT_STRING_EQUAL((char *)buf.data, "kept");
    rask_buf_release(&buf);
}

static void prints_text(void)
{
    struct rask_buf buf = {0};
    CU_ASSERT_EQUAL(rask_buf_printf(&buf, "%s=%d", "a", 1), RASK_OK);
    CU_ASSERT_EQUAL(rask_buf_printf(&buf, ";%s", "b"), RASK_OK);
    CU_ASSERT_EQUAL(rask_buf_printf(&buf, "%s", ""), RASK_OK);
    CU_ASSERT_STRING_EQUAL((char *)buf.data, "a=1;b");
    CU_ASSERT_EQUAL(buf.size, 5);
    rask_buf_release(&buf);
}

static void swaps(void)
{
    struct rask_buf a = {0}, b;
    rask_buf_init(&b, 10);
    (void)rask_buf_append(&a, "long text", 9);
    rask_buf_swap(&a, &b);
    CU_ASSERT_EQUAL(a.size, 0);
    CU_ASSERT_EQUAL(a.ceiling, 10);
    CU_ASSERT_EQUAL(b.size, 9);
    CU_ASSERT_EQUAL(b.ceiling, 0);
    rask_buf_release(&a);
    rask_buf_release(&b);
}

RASK_UNIT_MAIN("buf", {"keeps its bytes while it grows", keeps_its_bytes_while_it_grows},
               {"grows seldom", grows_seldom},
               {"room of nothing is no error", room_of_nothing_is_no_error},
               {"stops at its ceiling", stops_at_its_ceiling},
               {"is unchanged without memory", is_unchanged_without_memory},
               {"prints text", prints_text}, {"swaps", swaps})
