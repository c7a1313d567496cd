/* SPDX-License-Identifier: BSD-3-Clause */
/* print_test.c: one result of awkward texts and numbers in the three formats, to the byte. */
#include "frame.h"

#include "kern/print.h"

#include <math.h>

static struct frame frame;

static rask_status collect(void *context, const void *bytes, size_t n, struct rask_error *error)
{
    (void)error;
    return rask_buf_append(context, bytes, n) == 0 ? RASK_OK : RASK_ERR_MEMORY;
}

static rask_status refuse(void *context, const void *bytes, size_t n, struct rask_error *error)
{
    (void)context;
    (void)bytes;
    (void)n;
    (void)error;
    return RASK_ERR_IO;
}

static struct rask_slice text(const char *bytes)
{
    return (struct rask_slice){bytes, strlen(bytes)};
}

static void fill_awkward(void)
{
    memset(&frame, 0, sizeof frame);
    for (int r = 0; r < FRAME_ROWS; r++) {
        frame.texts[r] = text("skip");
        frame.offsets[r] = (uint64_t)r;
    }
    frame.texts[0] = text("a,\"b\"\n");
    frame.texts[1] = text("");
    frame.texts[2] = text("\xe6\xbc\xa2\xe5\xad\x97"); /* two wide characters */
    frame.texts[3] = text("caf\xe9"); /* not UTF-8 */
    frame.missing[5][4] = 1;
    static const double reals[] = {0.1, 1e300, -2.5, INFINITY, 3};
    for (int r = 0; r < 5; r++) {
        frame.doubles[r] = reals[r];
        frame.ints[0][r] = INT64_MAX - 1 + r / 4;
        frame.ints[1][r] = r % 2;
        frame.ints[2][r] = 18262 + r;
        frame.ints[3][r] = 1500000 * (int64_t)r;
    }
    frame.missing[1][4] = 1;
    frame.doubles[4] = 3;
}

static rask_status print_with(rask_print_format format, rask_print_sink *sink, struct rask_buf *out,
                              const char *where)
{
    struct rask_groupby plan;
    struct rask_flat flat;
    struct rask_result *result;
    struct rask_error error;
    struct rask_result_options options = {0};
    frame_plan(&plan, "s", "sum:i mean:f max:b min:d max:t", where);
    struct flat_bytes bytes = frame_fold(&frame, &plan, 0, 5, 5);
    CU_ASSERT_EQUAL_FATAL(rask_flat_open(bytes.bytes, bytes.n, &flat, &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_result_new(&plan, &flat, &options, &result, &error), RASK_OK);
    rask_status status = rask_print(result, format, sink, out, &error);
    rask_result_free(result);
    rask_flat_close(&flat);
    rask_free(bytes.bytes);
    rask_groupby_release(&plan);
    return status;
}

static void check(rask_print_format format, const char *where, const char *expected)
{
    struct rask_buf out = {0};
    CU_ASSERT_EQUAL(print_with(format, collect, &out, where), RASK_OK);
    int is_same = out.size == strlen(expected) && memcmp(out.data, expected, out.size) == 0;
    if (!is_same)
        printf("\n%.*s", (int)out.size, (const char *)out.data);
    CU_ASSERT(is_same);
    rask_buf_release(&out);
}

static void csv(void)
{
    fill_awkward();
    check(RASK_PRINT_CSV, NULL,
          "s,sum_i,mean_f,max_b,min_d,max_t\n"
          "\"\",9223372036854775806,1e+300,true,2020-01-02,1970-01-01T00:00:01.5\n"
          "\"a,\"\"b\"\"\n\",9223372036854775806,0.1,false,2020-01-01,1970-01-01T00:00:00\n"
          "caf\xe9,9223372036854775806,inf,true,2020-01-04,1970-01-01T00:00:04.5\n"
          "\xe6\xbc\xa2\xe5\xad\x97,9223372036854775806,-2.5,false,2020-01-03,1970-01-01T00:00:03\n"
          ",9223372036854775807,,false,2020-01-05,1970-01-01T00:00:06\n");
    check(RASK_PRINT_CSV, "i < 0", "s,sum_i,mean_f,max_b,min_d,max_t\n");
}

static void json(void)
{
    fill_awkward();
    check(RASK_PRINT_JSON, "d <= '2020-01-01' or s is null",
          "[\n"
          "{\"s\": \"a,\\\"b\\\"\\n\", \"sum_i\": 9223372036854775806, \"mean_f\": 0.1, \"max_b\": "
          "false, "
          "\"min_d\": \"2020-01-01\", \"max_t\": \"1970-01-01T00:00:00\"},\n"
          "{\"s\": null, \"sum_i\": 9223372036854775807, \"mean_f\": null, \"max_b\": false, "
          "\"min_d\": \"2020-01-05\", \"max_t\": \"1970-01-01T00:00:06\"}\n"
          "]\n");
    check(RASK_PRINT_JSON, "i < 0", "[\n]\n");
    struct rask_buf out = {0}; /* caf\xe9 and caf\xe8 would be one text */
    CU_ASSERT_EQUAL(print_with(RASK_PRINT_JSON, collect, &out, "b"), RASK_ERR_FORMAT);
    CU_ASSERT_EQUAL(out.size, 0);
    rask_buf_release(&out);
}

#define RULE1 "\xe2\x94\x80"
#define RULE4 "\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80"
#define RULE6 RULE4 "\xe2\x94\x80\xe2\x94\x80"

static void table(void)
{
    fill_awkward();
    check(RASK_PRINT_TABLE, NULL,
          "s                      sum_i  mean_f  max_b  min_d       max_t\n" RULE6 RULE1
          "  " RULE6 RULE6 RULE6 RULE1 "  " RULE6 "  " RULE4 RULE1 "  " RULE6 RULE4
          "  " RULE6 RULE6 RULE6 RULE1 RULE1 RULE1 "\n"
          "         9223372036854775806  1e+300  true   2020-01-02  1970-01-01T00:00:01.5\n"
          "a,\"b\"\\n  9223372036854775806     0.1  false  2020-01-01  1970-01-01T00:00:00\n"
          "caf\xef\xbf\xbd     9223372036854775806     inf  true   2020-01-04  "
          "1970-01-01T00:00:04.5\n"
          "\xe6\xbc\xa2\xe5\xad\x97     9223372036854775806    -2.5  false  2020-01-03  "
          "1970-01-01T00:00:03\n"
          "         9223372036854775807          false  2020-01-05  1970-01-01T00:00:06\n");
}

static void sums_beyond_64_bits_are_exact(void)
{
    struct rask_buf out = {0};
    fill_awkward();
    for (int r = 0; r < 5; r++) {
        frame.texts[r] = text("x");
        frame.ints[0][r] = INT64_MIN;
        frame.missing[5][r] = 0;
    }
    CU_ASSERT_EQUAL(print_with(RASK_PRINT_CSV, collect, &out, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_buf_append(&out, "", 1), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr((const char *)out.data, "\nx,-46116860184273879040,"));
    rask_buf_release(&out);
}

static void long_texts_are_cut_in_tables_only(void)
{
    static char letters[201];
    struct rask_buf out = {0};
    memset(letters, 'y', 200);
    fill_awkward();
    frame.texts[0] = text(letters);
    CU_ASSERT_EQUAL(print_with(RASK_PRINT_TABLE, collect, &out, "contains(s, 'yy')"), RASK_OK);
    CU_ASSERT_EQUAL(rask_buf_append(&out, "", 1), 0);
    const char *run = strstr((const char *)out.data, "yyy");
    CU_ASSERT_PTR_NOT_NULL_FATAL(run);
    CU_ASSERT_EQUAL(strspn(run, "y"), 59);
    CU_ASSERT_EQUAL(memcmp(run + 59, "\xe2\x80\xa6 ", 4), 0);
    rask_buf_clear(&out);
    CU_ASSERT_EQUAL(print_with(RASK_PRINT_CSV, collect, &out, "contains(s, 'yy')"), RASK_OK);
    CU_ASSERT_EQUAL(rask_buf_append(&out, "", 1), 0);
    CU_ASSERT_EQUAL(strspn(strstr((const char *)out.data, "yyy"), "y"), 200);
    rask_buf_release(&out);
}

static void the_sink_decides(void)
{
    fill_awkward();
    for (int format = RASK_PRINT_TABLE; format <= RASK_PRINT_JSON; format++)
        CU_ASSERT_EQUAL(print_with((rask_print_format)format, refuse, NULL, "s <> 'caf\xe9'"),
                        RASK_ERR_IO);
    rask_print_format found;
    CU_ASSERT(rask_print_format_find("json", &found) && found == RASK_PRINT_JSON);
    CU_ASSERT(!rask_print_format_find("xml", &found));
}

RASK_UNIT_MAIN("print", {"csv", csv}, {"json", json}, {"table", table},
               {"sums beyond 64 bits are exact", sums_beyond_64_bits_are_exact},
               {"long texts are cut in tables only", long_texts_are_cut_in_tables_only},
               {"the sink decides", the_sink_decides})
