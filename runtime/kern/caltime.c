/* SPDX-License-Identifier: BSD-3-Clause */
/* caltime.c: dates and times as text and as numbers.
 *
 * Day numbers follow the era arithmetic of Howard Hinnant's "chrono-compatible low-level date
 * algorithms" (2013): 400-year eras of 146097 days with years that begin in March. */
#include "kern/caltime.h"

#include <stdio.h>

#define DAYS_PER_ERA 146097
#define EPOCH_FROM_ERA_0 719468 /* days from 0000-03-01 to 1970-01-01 */

static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    unsigned year_of_era = (unsigned)(year - era * 400);
    unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + (int64_t)day_of_era - EPOCH_FROM_ERA_0;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (unsigned)(month == 2 && is_leap);
}

/* Reads exactly n digits; returns 1 and moves *text on, or 0. */
static int read_digits(const char **text, const char *end, int n, unsigned *value)
{
    if (end - *text < n)
        return 0;
    unsigned result = 0;
    for (int i = 0; i < n; i++) {
        unsigned digit = (unsigned)(unsigned char)(*text)[i] - '0';
        if (digit > 9)
            return 0;
        result = result * 10 + digit;
    }
    *text += n;
    *value = result;
    return 1;
}

static int read_char(const char **text, const char *end, char wanted)
{
    if (*text == end || **text != wanted)
        return 0;
    (*text)++;
    return 1;
}

static int read_date(const char **text, const char *end, int64_t *days)
{
    unsigned year, month, day;
    if (!read_digits(text, end, 4, &year) || !read_char(text, end, '-') ||
        !read_digits(text, end, 2, &month) || !read_char(text, end, '-') ||
        !read_digits(text, end, 2, &day))
        return 0;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return 0;
    *days = days_of(year, month, day);
    return 1;
}

/* [.digits]: the first six count. */
static int read_fraction(const char **text, const char *end, unsigned *microseconds)
{
    *microseconds = 0;
    if (!read_char(text, end, '.'))
        return 1;
    unsigned scale = 100000, digit;
    int n_digits = 0;
    for (; read_digits(text, end, 1, &digit); n_digits++) {
        *microseconds += digit * scale;
        scale /= 10;
    }
    return n_digits > 0;
}

/* [Z or +HH[[:]MM] or -HH[[:]MM]] to the end of the text. */
static int read_zone(const char **text, const char *end, int *minutes)
{
    *minutes = 0;
    if (*text == end || read_char(text, end, 'Z'))
        return *text == end;
    int sign = **text == '-' ? -1 : 1;
    if (**text != '+' && **text != '-')
        return 0;
    (*text)++;
    unsigned hour, minute = 0;
    if (!read_digits(text, end, 2, &hour))
        return 0;
    if (*text != end) {
        read_char(text, end, ':');
        if (!read_digits(text, end, 2, &minute))
            return 0;
    }
    *minutes = sign * (int)(hour * 60 + minute);
    return *text == end && hour < 24 && minute < 60;
}

int rask_date_parse(const char *text, size_t length, int64_t *days)
{
    const char *end = text + length;
    int64_t result;
    if (length != 10 || !read_date(&text, end, &result) || text != end)
        return 0;
    *days = result;
    return 1;
}

int rask_datetime_parse(const char *text, size_t length, int64_t *microseconds)
{
    const char *end = text + length;
    int64_t days;
    unsigned hour, minute, second = 0, fraction = 0;
    int zone_minutes;
    if (length < 16 || !read_date(&text, end, &days))
        return 0;
    if (!read_char(&text, end, 'T') && !read_char(&text, end, ' '))
        return 0;
    if (!read_digits(&text, end, 2, &hour) || !read_char(&text, end, ':') ||
        !read_digits(&text, end, 2, &minute))
        return 0;
    if (read_char(&text, end, ':') &&
        (!read_digits(&text, end, 2, &second) || !read_fraction(&text, end, &fraction)))
        return 0;
    if (hour > 23 || minute > 59 || second > 59 || !read_zone(&text, end, &zone_minutes))
        return 0;
    int64_t seconds = (int64_t)hour * 3600 + minute * 60 + second - (int64_t)zone_minutes * 60;
    *microseconds = days * RASK_US_PER_DAY + seconds * 1000000 + fraction;
    return 1;
}

size_t rask_date_print(int64_t days, char text[RASK_DATE_TEXT_BYTES])
{
    /* Beyond these bounds the day number is no calendar date; the number itself is printed. */
    if (days > INT64_C(1000000000000) || days < -INT64_C(1000000000000))
        return (size_t)snprintf(text, RASK_DATE_TEXT_BYTES, "%lld", (long long)days);
    int64_t shifted = days + EPOCH_FROM_ERA_0;
    int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    unsigned day_of_era = (unsigned)(shifted - era * DAYS_PER_ERA);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned shifted_month = (5 * day_of_year + 2) / 153;
    unsigned day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    unsigned month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    long long year = (long long)(era * 400 + year_of_era + (month <= 2));
    const char *format = year < 0 || year > 9999 ? "%+05lld-%02u-%02u" : "%04lld-%02u-%02u";
    return (size_t)snprintf(text, RASK_DATE_TEXT_BYTES, format, year, month, day);
}

size_t rask_datetime_print(int64_t microseconds, char text[RASK_DATE_TEXT_BYTES])
{
    int64_t days = microseconds / RASK_US_PER_DAY;
    int64_t rest = microseconds % RASK_US_PER_DAY;
    if (rest < 0) {
        rest += RASK_US_PER_DAY;
        days--;
    }
    size_t n = rask_date_print(days, text);
    unsigned seconds = (unsigned)(rest / 1000000), fraction = (unsigned)(rest % 1000000);
    n += (size_t)snprintf(text + n, RASK_DATE_TEXT_BYTES - n, "T%02u:%02u:%02u", seconds / 3600,
                          seconds / 60 % 60, seconds % 60);
    if (fraction == 0)
        return n;
    n += (size_t)snprintf(text + n, RASK_DATE_TEXT_BYTES - n, ".%06u", fraction);
    while (text[n - 1] == '0')
        text[--n] = '\0';
    return n;
}

int64_t rask_date_to_datetime(int64_t days)
{
    if (days > INT64_MAX / RASK_US_PER_DAY)
        return INT64_MAX;
    if (days < INT64_MIN / RASK_US_PER_DAY)
        return INT64_MIN;
    return days * RASK_US_PER_DAY;
}
