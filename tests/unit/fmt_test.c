/* SPDX-License-Identifier: BSD-3-Clause */
/* fmt_test.c: what people write is read, anything else is refused, and figures read well. */
#include "base/fmt.h"
#include "unit.h"

#include <math.h>
#include <string.h>

static void reads_integers_strictly(void)
{
    static const char *const wrong[] = {"",    " ",    "-",   "+",   "1x", "x1",
                                        "1 2", "0x10", "1.0", "--1", "1e3"};
    int64_t i = 77;
    uint64_t u = 77;
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        CU_ASSERT_EQUAL(rask_parse_int64(wrong[k], INT64_MIN, INT64_MAX, &i), RASK_ERR_SYNTAX);
        CU_ASSERT_EQUAL(rask_parse_uint64(wrong[k], 0, UINT64_MAX, &u), RASK_ERR_SYNTAX);
    }
    CU_ASSERT(i == 77 && u == 77);
    CU_ASSERT_EQUAL(rask_parse_int64(" -12\t", -12, 5, &i), RASK_OK);
    CU_ASSERT_EQUAL(i, -12);
    CU_ASSERT_EQUAL(rask_parse_int64("-13", -12, 5, &i), RASK_ERR_LIMIT);
    CU_ASSERT_EQUAL(rask_parse_int64("6", -12, 5, &i), RASK_ERR_LIMIT);
    CU_ASSERT_EQUAL(i, -12);
    CU_ASSERT_EQUAL(rask_parse_int64("-9223372036854775808", INT64_MIN, INT64_MAX, &i), RASK_OK);
    CU_ASSERT_EQUAL(i, INT64_MIN);
    CU_ASSERT_EQUAL(rask_parse_int64("9223372036854775807", INT64_MIN, INT64_MAX, &i), RASK_OK);
    CU_ASSERT_EQUAL(i, INT64_MAX);
    CU_ASSERT_EQUAL(rask_parse_int64("9223372036854775808", INT64_MIN, INT64_MAX, &i),
                    RASK_ERR_LIMIT);
    CU_ASSERT_EQUAL(rask_parse_int64("-9223372036854775809", INT64_MIN, INT64_MAX, &i),
                    RASK_ERR_LIMIT);
    CU_ASSERT_EQUAL(rask_parse_int64("99999999999999999999999999x", INT64_MIN, INT64_MAX, &i),
                    RASK_ERR_SYNTAX);
    CU_ASSERT_EQUAL(rask_parse_uint64("18446744073709551615", 0, UINT64_MAX, &u), RASK_OK);
    CU_ASSERT_EQUAL(u, UINT64_MAX);
    CU_ASSERT_EQUAL(rask_parse_uint64("18446744073709551616", 0, UINT64_MAX, &u), RASK_ERR_LIMIT);
    CU_ASSERT_EQUAL(rask_parse_uint64("-1", 0, UINT64_MAX, &u), RASK_ERR_LIMIT);
    CU_ASSERT_EQUAL(rask_parse_uint64("-0", 0, 5, &u), RASK_OK);
    CU_ASSERT_EQUAL(u, 0);
}

static void reads_doubles_strictly(void)
{
    static const char *const wrong[] = {"",    ".",   "e5",  "1e",    "1e+", "0x1p3",
                                        "inf", "nan", "1,5", "1.5.5", "1 .5"};
    double d = 7;
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++)
        CU_ASSERT_EQUAL(rask_parse_double(wrong[k], -1e300, 1e300, &d), RASK_ERR_SYNTAX);
    CU_ASSERT_EQUAL(rask_parse_double("1e999", -INFINITY, INFINITY, &d), RASK_ERR_LIMIT);
    CU_ASSERT_EQUAL(rask_parse_double("2", 0, 1, &d), RASK_ERR_LIMIT);
    CU_ASSERT_EQUAL(d, 7);
    CU_ASSERT_EQUAL(rask_parse_double(" -1.5e-3 ", -1, 1, &d), RASK_OK);
    CU_ASSERT_EQUAL(d, -1.5e-3);
    CU_ASSERT_EQUAL(rask_parse_double(".5", 0, 1, &d), RASK_OK);
    CU_ASSERT_EQUAL(d, 0.5);
    CU_ASSERT_EQUAL(rask_parse_double("5.", 0, 9, &d), RASK_OK);
    CU_ASSERT_EQUAL(d, 5);
}

static void reads_bool_words(void)
{
    int value = 7;
    CU_ASSERT_EQUAL(rask_parse_bool("Yes", &value), RASK_OK);
    CU_ASSERT_EQUAL(value, 1);
    CU_ASSERT_EQUAL(rask_parse_bool(" off ", &value), RASK_OK);
    CU_ASSERT_EQUAL(value, 0);
    CU_ASSERT_EQUAL(rask_parse_bool("1", &value), RASK_OK);
    CU_ASSERT_EQUAL(value, 1);
    CU_ASSERT_EQUAL(rask_parse_bool("FALSE", &value), RASK_OK);
    CU_ASSERT_EQUAL(value, 0);
    CU_ASSERT_EQUAL(rask_parse_bool("", &value), RASK_ERR_SYNTAX);
    CU_ASSERT_EQUAL(rask_parse_bool("\x11", &value), RASK_ERR_SYNTAX);
    CU_ASSERT_EQUAL(rask_parse_bool("yess", &value), RASK_ERR_SYNTAX);
    CU_ASSERT_EQUAL(rask_parse_bool("2", &value), RASK_ERR_SYNTAX);
}

struct scaled {
    const char *text;
    uint64_t value;
};

static void reads_sizes(void)
{
    static const struct scaled right[] = {{"512", 512},
                                          {"64 MiB", 64 << 20},
                                          {"1G", 1 << 30},
                                          {"1.5g", 3 << 29},
                                          {"10 kB", 10000},
                                          {"1K", 1024},
                                          {"2 B", 2},
                                          {"0", 0},
                                          {"0.5 KiB", 512},
                                          {"1.999 B", 1},
                                          {" 3 TB ", UINT64_C(3000000000000)},
                                          {"1.0000000000000000000000001 K", 1024},
                                          {"18446744073709551615", UINT64_MAX}};
    static const char *const wrong[] = {"",   "B",  "-1",    "1 X",     "1 M B",
                                        "1.", ".5", "1,5 M", "64 MiBs", "1 s"};
    uint64_t bytes = 0;
    for (size_t k = 0; k < sizeof right / sizeof right[0]; k++) {
        CU_ASSERT_EQUAL(rask_parse_bytes(right[k].text, &bytes), RASK_OK);
        CU_ASSERT_EQUAL(bytes, right[k].value);
    }
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++)
        CU_ASSERT_EQUAL(rask_parse_bytes(wrong[k], &bytes), RASK_ERR_SYNTAX);
    CU_ASSERT_EQUAL(rask_parse_bytes("16384 PiB", &bytes), RASK_ERR_LIMIT);
    CU_ASSERT_EQUAL(rask_parse_bytes("99999999999999999999999", &bytes), RASK_ERR_LIMIT);
    CU_ASSERT_EQUAL(bytes, UINT64_MAX);
}

static void reads_durations(void)
{
    static const struct scaled right[] = {{"20us", 20000},
                                          {"1.5 s", 1500000000},
                                          {"100 ms", 100000000},
                                          {"30 ns", 30},
                                          {"2 min", UINT64_C(120000000000)},
                                          {"1h", UINT64_C(3600000000000)},
                                          {"1 d", UINT64_C(86400000000000)},
                                          {"0", 0},
                                          {"0.0", 0}};
    static const char *const wrong[] = {"", "5", "0.5", "s", "1 m", "1 year", "-1 s", "1 K"};
    uint64_t ns = 0;
    for (size_t k = 0; k < sizeof right / sizeof right[0]; k++) {
        CU_ASSERT_EQUAL(rask_parse_duration(right[k].text, &ns), RASK_OK);
        CU_ASSERT_EQUAL(ns, right[k].value);
    }
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++)
        CU_ASSERT_EQUAL(rask_parse_duration(wrong[k], &ns), RASK_ERR_SYNTAX);
    CU_ASSERT_EQUAL(rask_parse_duration("99999999999 d", &ns), RASK_ERR_LIMIT);
}

static void prints_sizes(void)
{
    static const struct scaled cases[] = {{"0 B", 0},
                                          {"512 B", 512},
                                          {"1 KiB", 1024},
                                          {"1.5 KiB", 1536},
                                          {"64 MiB", 64 << 20},
                                          {"64.0 MiB", (64 << 20) + 1},
                                          {"1 MiB", (1 << 20) - 1},
                                          {"123 KiB", 125952},
                                          {"1000 KiB", 1023999},
                                          {"99.9 KiB", 102300},
                                          {"16384 PiB", UINT64_MAX},
                                          {"1 MiB", 1048100}};
    char text[RASK_FORMAT_BYTES];
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
        CU_ASSERT_STRING_EQUAL(rask_format_bytes(text, sizeof text, cases[k].value), cases[k].text);
    CU_ASSERT_STRING_EQUAL(rask_format_bytes(text, 4, 512), "512");
}

static void exact_texts_read_back(void)
{
    static const uint64_t values[] = {0,          1,          1023,        1024,
                                      1536 << 20, 1500000000, 60000000000, UINT64_MAX};
    char text[RASK_FORMAT_BYTES];
    uint64_t read = 1;
    for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
        CU_ASSERT_EQUAL(
            rask_parse_bytes(rask_format_bytes_exact(text, sizeof text, values[k]), &read),
            RASK_OK);
        CU_ASSERT_EQUAL(read, values[k]);
        CU_ASSERT_EQUAL(
            rask_parse_duration(rask_format_duration_exact(text, sizeof text, values[k]), &read),
            RASK_OK);
        CU_ASSERT_EQUAL(read, values[k]);
    }
    CU_ASSERT_STRING_EQUAL(rask_format_bytes_exact(text, sizeof text, 1536 << 20), "1536 MiB");
    CU_ASSERT_STRING_EQUAL(rask_format_duration_exact(text, sizeof text, 1500000000), "1500 ms");
}

struct figure {
    double value;
    const char *unit, *text;
};

static void prints_figures(void)
{
    static const struct figure cases[] = {
        {1234567, "/s", "1.2 M/s"}, {12, "rows", "12 rows"}, {0, "B/s", "0 B/s"},
        {999.4, "", "999"},         {999.6, "", "1.0 k"},    {500e6, "B/s", "500 MB/s"},
        {0.0305, "s", "0.031 s"},   {12.34, "s", "12.3 s"},  {-2500, "", "-2.5 k"},
        {3000, "", "3 k"},          {123456, "", "123 k"},   {1e21, "", "1000 E"}};
    char text[RASK_FORMAT_BYTES];
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
        CU_ASSERT_STRING_EQUAL(rask_format_figure(text, sizeof text, cases[k].value, cases[k].unit),
                               cases[k].text);
    CU_ASSERT_STRING_EQUAL(rask_format_figure(text, sizeof text, (double)NAN, "/s"), "nan /s");
    CU_ASSERT_STRING_EQUAL(rask_format_figure(text, sizeof text, (double)INFINITY, "/s"), "inf /s");
}

static void doubles_read_back(void)
{
    static const double values[] = {0, 1.1, 0.1, -1e-300, 123456789.123, 1.0 / 3, 1e22};
    char text[RASK_FORMAT_BYTES];
    double read = 0;
    for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
        CU_ASSERT_EQUAL(rask_parse_double(rask_format_double(text, sizeof text, values[k]), -1e300,
                                          1e300, &read),
                        RASK_OK);
        CU_ASSERT_EQUAL(read, values[k]);
    }
    CU_ASSERT_STRING_EQUAL(rask_format_double(text, sizeof text, 1.1), "1.1");
    CU_ASSERT_STRING_EQUAL(rask_format_double(text, sizeof text, 1000), "1000");
    CU_ASSERT_STRING_EQUAL(rask_format_double(text, sizeof text, 1e22), "1e+22");
}

RASK_UNIT_MAIN("fmt", {"reads integers strictly", reads_integers_strictly},
               {"reads doubles strictly", reads_doubles_strictly},
               {"reads bool words", reads_bool_words}, {"reads sizes", reads_sizes},
               {"reads durations", reads_durations}, {"prints sizes", prints_sizes},
               {"exact texts read back", exact_texts_read_back}, {"prints figures", prints_figures},
               {"doubles read back", doubles_read_back})
