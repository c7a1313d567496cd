/* SPDX-License-Identifier: BSD-3-Clause */
/* json_test.c: strings and numbers come out as JSON whatever goes in. */
#include "base/json.h"

#include "unit.h"

#include <math.h>
#include <string.h>

static void expect_string(const char *text, const char *wanted)
{
    struct rask_buf out = {0};
    CU_ASSERT_EQUAL(rask_json_string(&out, text), RASK_OK);
    CU_ASSERT_STRING_EQUAL((const char *)out.data, wanted);
    rask_buf_release(&out);
}

static void expect_number(double value, const char *wanted)
{
    struct rask_buf out = {0};
    CU_ASSERT_EQUAL(rask_json_number(&out, value), RASK_OK);
    CU_ASSERT_STRING_EQUAL((const char *)out.data, wanted);
    rask_buf_release(&out);
}

static void strings(void)
{
    expect_string("", "\"\"");
    expect_string(NULL, "null");
    expect_string("a \"b\" \\ c", "\"a \\\"b\\\" \\\\ c\"");
    expect_string("line\nend\x7f", "\"line\\u000aend\\u007f\"");
    expect_string("K\xC3\xB8ln \xF0\x9F\x9A\x80", "\"K\xC3\xB8ln \xF0\x9F\x9A\x80\"");
}

static void bad_utf8(void)
{
    expect_string("\xC3", "\"\\ufffd\"");
    expect_string("a\xFF"
                  "b",
                  "\"a\\ufffdb\"");
    expect_string("\xC0\xAF", "\"\\ufffd\\ufffd\"");
    expect_string("\xED\xA0\x80", "\"\\ufffd\\ufffd\\ufffd\"");
    expect_string("\xF4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
}

static void numbers(void)
{
    expect_number(0.1, "0.1");
    expect_number(3, "3");
    expect_number((double)NAN, "null");
    expect_number(-(double)INFINITY, "null");
}

static void no_room(void)
{
    struct rask_buf out;
    rask_buf_init(&out, 4);
    CU_ASSERT_EQUAL(rask_json_string(&out, "longer than that"), RASK_ERR_LIMIT);
    CU_ASSERT_TRUE(out.size <= 4);
    rask_buf_release(&out);
}

RASK_UNIT_MAIN("json", {"strings", strings}, {"what is not UTF-8", bad_utf8}, {"numbers", numbers},
               {"no room", no_room})
