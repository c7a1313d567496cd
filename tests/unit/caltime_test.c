/* SPDX-License-Identifier: BSD-3-Clause */
/* caltime_test.c: dates and times against the C library's calendar, and what is no date. */
#include "kern/caltime.h"
#include "unit.h"

#include <string.h>
#include <time.h>

static void all_days_of_all_years(void)
{
    int64_t last = INT64_MIN;
    for (int64_t day = -719162; day <= 2932896; day += 13) {
        time_t seconds = (time_t)day * 86400;
        struct tm tm;
        char expected[40], text[RASK_DATE_TEXT_BYTES];
        gmtime_r(&seconds, &tm);
        snprintf(expected, sizeof expected, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
                 tm.tm_mday);
        size_t n = rask_date_print(day, text);
        CU_ASSERT_STRING_EQUAL(text, expected);
        CU_ASSERT(rask_date_parse(text, n, &last) && last == day);
    }
}

struct accepted {
    const char *text;
    int64_t microseconds;
};

static void datetimes_as_people_write_them(void)
{
    static const struct accepted good[] = {{"1970-01-01T00:00", 0},
                                           {"1970-01-01 00:00:01", 1000000},
                                           {"1970-01-01T00:00:00.5", 500000},
                                           {"1970-01-01T00:00:00.1234567", 123456},
                                           {"1970-01-01T01:00:00+01:00", 0},
                                           {"1969-12-31T23:00:00Z", -3600000000},
                                           {"1970-01-01T00:00:00-0130", 5400000000},
                                           {"2020-02-24T18:00:00", 1582567200000000}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t value = -1;
        CU_ASSERT(rask_datetime_parse(good[i].text, strlen(good[i].text), &value));
        CU_ASSERT_EQUAL(value, good[i].microseconds);
    }
    static const char *const bad[] = {
        "1970-01-01",           "1970-01-01T",           "1970-01-01T24:00", "1970-01-01T00:60",
        "1970-01-01T00:00:00.", "1970-01-01T00:00:00x",  "1970-13-01T00:00", "1970-01-01T00:00+1",
        "1970-01-01X00:00",     "1970-01-01T00:00+24:00"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t value = 77;
        CU_ASSERT(!rask_datetime_parse(bad[i], strlen(bad[i]), &value) && value == 77);
    }
}

static void what_is_no_date(void)
{
    static const char *const bad[] = {
        "2019-02-29", "1900-02-29", "2020-00-10",  "2020-1-01",  "20200101",
        "2020-01-32", "0000-01-01", "2020-01-01 ", "2O20-01-01", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t value = 77;
        CU_ASSERT(!rask_date_parse(bad[i], strlen(bad[i]), &value) && value == 77);
    }
    int64_t leap;
    CU_ASSERT(rask_date_parse("2000-02-29", 10, &leap) && leap == 11016);
}

static void printed_times_are_short_and_read_back(void)
{
    static const char *const texts[] = {"1969-12-31T23:59:59.999999", "2020-02-29T12:00:00",
                                        "2020-02-29T12:00:00.5"};
    for (size_t i = 0; i < 3; i++) {
        int64_t value;
        char text[RASK_DATE_TEXT_BYTES];
        CU_ASSERT_FATAL(rask_datetime_parse(texts[i], strlen(texts[i]), &value));
        rask_datetime_print(value, text);
        CU_ASSERT_STRING_EQUAL(text, texts[i]);
    }
    char text[RASK_DATE_TEXT_BYTES];
    CU_ASSERT(rask_datetime_print(INT64_MIN, text) < sizeof text);
    CU_ASSERT(rask_date_print(INT64_MIN, text) < sizeof text);
    CU_ASSERT_EQUAL(rask_date_to_datetime(1), RASK_US_PER_DAY);
    CU_ASSERT_EQUAL(rask_date_to_datetime(INT64_MAX), INT64_MAX);
}

RASK_UNIT_MAIN("caltime", {"all days of all years", all_days_of_all_years},
               {"datetimes as people write them", datetimes_as_people_write_them},
               {"what is no date", what_is_no_date},
               {"printed times are short and read back", printed_times_are_short_and_read_back})
