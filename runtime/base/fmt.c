/* SPDX-License-Identifier: BSD-3-Clause */
/* fmt.c: numbers, sizes and durations to and from text. Everything but doubles is done in integers,
 * so that the process's locale plays no part; doubles use the C locale explicitly. */
#include "base/fmt.h"

#include "base/error.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

struct unit {
    const char *name;
    uint64_t scale;
};

/* Largest first; the first six are the ones that are printed. */
static const struct unit byte_units[] = {{"PiB", UINT64_C(1) << 50},
                                         {"TiB", UINT64_C(1) << 40},
                                         {"GiB", UINT64_C(1) << 30},
                                         {"MiB", UINT64_C(1) << 20},
                                         {"KiB", UINT64_C(1) << 10},
                                         {"B", 1},
                                         {"P", UINT64_C(1) << 50},
                                         {"T", UINT64_C(1) << 40},
                                         {"G", UINT64_C(1) << 30},
                                         {"M", UINT64_C(1) << 20},
                                         {"K", UINT64_C(1) << 10},
                                         {"", 1},
                                         {"PB", UINT64_C(1000000000000000)},
                                         {"TB", UINT64_C(1000000000000)},
                                         {"GB", 1000000000},
                                         {"MB", 1000000},
                                         {"kB", 1000},
                                         {NULL, 0}};

static const struct unit time_units[] = {{"d", UINT64_C(86400000000000)},
                                         {"h", UINT64_C(3600000000000)},
                                         {"min", UINT64_C(60000000000)},
                                         {"s", 1000000000},
                                         {"ms", 1000000},
                                         {"us", 1000},
                                         {"ns", 1},
                                         {NULL, 0}};

#define N_PRINTED_BYTE_UNITS 6

static int is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_spaces(const char *text)
{
    while (is_space(*text))
        text++;
    return text;
}

/* Reads digits at *text and moves past them. RASK_ERR_SYNTAX without a digit, RASK_ERR_LIMIT beyond
 * 64 bits (then too *text is past them). */
static rask_status read_digits(const char **text, uint64_t *value)
{
    if (!is_digit(**text))
        return RASK_ERR_SYNTAX;
    wide sum = 0;
    for (; is_digit(**text); ++*text)
        if (sum <= UINT64_MAX)
            sum = sum * 10 + (unsigned)(**text - '0');
    if (sum > UINT64_MAX)
        return RASK_ERR_LIMIT;
    *value = (uint64_t)sum;
    return RASK_OK;
}

/* A whole text of sign and digits. */
static rask_status read_integer(const char *text, int *is_negative, uint64_t *magnitude)
{
    text = skip_spaces(text);
    *is_negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    rask_status status = read_digits(&text, magnitude);
    return *skip_spaces(text) != '\0' ? RASK_ERR_SYNTAX : status;
}

rask_status rask_parse_int64(const char *text, int64_t low, int64_t high, int64_t *value)
{
    int is_negative;
    uint64_t magnitude;
    rask_status status = read_integer(text, &is_negative, &magnitude);
    if (status != RASK_OK)
        return status;
    if (magnitude > (uint64_t)INT64_MAX + (is_negative != 0))
        return RASK_ERR_LIMIT;
    int64_t result = (int64_t)(is_negative ? -magnitude : magnitude);
    if (result < low || result > high)
        return RASK_ERR_LIMIT;
    *value = result;
    return RASK_OK;
}

rask_status rask_parse_uint64(const char *text, uint64_t low, uint64_t high, uint64_t *value)
{
    int is_negative;
    uint64_t magnitude;
    rask_status status = read_integer(text, &is_negative, &magnitude);
    if (status != RASK_OK)
        return status;
    if ((is_negative && magnitude != 0) || magnitude < low || magnitude > high)
        return RASK_ERR_LIMIT;
    *value = magnitude;
    return RASK_OK;
}

/* Whether the text is [sign] digits [. digits] [e [sign] digits] with a digit before e. */
static int is_decimal(const char *text)
{
    int n_digits = 0;
    if (*text == '-' || *text == '+')
        text++;
    for (; is_digit(*text); text++)
        n_digits++;
    if (*text == '.')
        text++;
    for (; is_digit(*text); text++)
        n_digits++;
    if (n_digits == 0)
        return 0;
    if (*text == 'e' || *text == 'E') {
        text++;
        if (*text == '-' || *text == '+')
            text++;
        if (!is_digit(*text))
            return 0;
        while (is_digit(*text))
            text++;
    }
    return *skip_spaces(text) == '\0';
}

rask_status rask_parse_double(const char *text, double low, double high, double *value)
{
    text = skip_spaces(text);
    if (!is_decimal(text))
        return RASK_ERR_SYNTAX;
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0)
        return RASK_ERR_MEMORY;
    double result = strtod_l(text, NULL, c_locale);
    freelocale(c_locale);
    if (isinf(result) || !(result >= low && result <= high))
        return RASK_ERR_LIMIT;
    *value = result;
    return RASK_OK;
}

static char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether the text is this word, in any case, and then nothing but spaces. */
static int is_word(const char *text, const char *word)
{
    for (; *word != '\0'; text++, word++)
        if (to_lower(*text) != to_lower(*word))
            return 0;
    return *skip_spaces(text) == '\0';
}

rask_status rask_parse_bool(const char *text, int *value)
{
    static const char *const words[2][4] = {{"no", "false", "off", "0"},
                                            {"yes", "true", "on", "1"}};
    text = skip_spaces(text);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 4; k++)
            if (is_word(text, words[i][k])) {
                *value = i;
                return RASK_OK;
            }
    return RASK_ERR_SYNTAX;
}

/* Reads up to 18 digits of a fraction at *text; its value is *digits / *scale. More digits are
 * skipped. */
static void read_fraction(const char **text, uint64_t *digits, uint64_t *scale)
{
    *digits = 0;
    *scale = 1;
    for (; is_digit(**text); ++*text)
        if (*scale < UINT64_C(1000000000000000000)) {
            *digits = *digits * 10 + (uint64_t)(**text - '0');
            *scale *= 10;
        }
}

/* A whole text of number and unit. Without a unit of the empty name, only 0 may do without one. */
static rask_status parse_scaled(const char *text, const struct unit *units, uint64_t *value)
{
    text = skip_spaces(text);
    if (*text == '+')
        text++;
    uint64_t whole = 0, digits = 0, scale = 1;
    rask_status status = read_digits(&text, &whole);
    if (status == RASK_ERR_SYNTAX)
        return status;
    if (*text == '.') {
        text++;
        if (!is_digit(*text))
            return RASK_ERR_SYNTAX;
        read_fraction(&text, &digits, &scale);
    }
    text = skip_spaces(text);
    while (units->name != NULL && !is_word(text, units->name))
        units++;
    int is_bare_zero = *text == '\0' && status == RASK_OK && whole == 0 && digits == 0;
    if (units->name == NULL && !is_bare_zero)
        return RASK_ERR_SYNTAX;
    if (status != RASK_OK)
        return status;
    wide result = (wide)whole * units->scale + (wide)digits * units->scale / scale;
    if (result > UINT64_MAX)
        return RASK_ERR_LIMIT;
    *value = (uint64_t)result;
    return RASK_OK;
}

rask_status rask_parse_bytes(const char *text, uint64_t *bytes)
{
    return parse_scaled(text, byte_units, bytes);
}

rask_status rask_parse_duration(const char *text, uint64_t *duration_ns)
{
    return parse_scaled(text, time_units, duration_ns);
}

/* bytes / unit, one decimal below 100, none above and for whole numbers. */
const char *rask_format_bytes(char *text, size_t text_bytes, uint64_t bytes)
{
    size_t i = 0;
    while (i + 1 < N_PRINTED_BYTE_UNITS && bytes < byte_units[i].scale)
        i++;
    uint64_t scale = byte_units[i].scale;
    wide tenths = ((wide)bytes * 10 + scale / 2) / scale;
    if (tenths >= 1000)
        tenths = ((wide)bytes + scale / 2) / scale * 10;
    if (i > 0 && tenths * scale >= (wide)byte_units[i - 1].scale * 10) {
        i--; /* rounded up to a whole larger unit */
        tenths = 10;
        bytes = scale = byte_units[i].scale;
    }
    if (bytes % scale == 0 || tenths >= 1000)
        snprintf(text, text_bytes, "%" PRIu64 " %s", (uint64_t)(tenths / 10), byte_units[i].name);
    else
        snprintf(text, text_bytes, "%" PRIu64 ".%u %s", (uint64_t)(tenths / 10),
                 (unsigned)(tenths % 10), byte_units[i].name);
    return text;
}

static const char *format_exact(char *text, size_t text_bytes, uint64_t value,
                                const struct unit *unit)
{
    while (value % unit->scale != 0)
        unit++;
    snprintf(text, text_bytes, "%" PRIu64 " %s", value / unit->scale, unit->name);
    return text;
}

const char *rask_format_bytes_exact(char *text, size_t text_bytes, uint64_t bytes)
{
    if (bytes == 0)
        rask_text_copy(text, text_bytes, "0 B");
    else
        format_exact(text, text_bytes, bytes, byte_units);
    return text;
}

const char *rask_format_duration_exact(char *text, size_t text_bytes, uint64_t duration_ns)
{
    if (duration_ns == 0)
        rask_text_copy(text, text_bytes, "0 s");
    else
        format_exact(text, text_bytes, duration_ns, time_units);
    return text;
}

/* A magnitude below 1000 (or one that has no larger prefix) in tenths or thousandths. */
static void format_magnitude(char *text, size_t text_bytes, double magnitude)
{
    if (magnitude < 0.9995 && magnitude > 0) {
        uint64_t thousandths = (uint64_t)(magnitude * 1000 + 0.5);
        snprintf(text, text_bytes, "0.%03u", (unsigned)thousandths);
        return;
    }
    uint64_t tenths = (uint64_t)(magnitude * 10 + 0.5);
    int is_whole = magnitude == (double)(uint64_t)magnitude;
    if (is_whole || tenths >= 1000)
        snprintf(text, text_bytes, "%" PRIu64, (uint64_t)(magnitude + 0.5));
    else
        snprintf(text, text_bytes, "%" PRIu64 ".%u", tenths / 10, (unsigned)(tenths % 10));
}

const char *rask_format_figure(char *text, size_t text_bytes, double value, const char *unit)
{
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
    double magnitude = value < 0 ? -value : value;
    size_t i = 0;
    while (magnitude >= 999.5 && magnitude < INFINITY &&
           i + 1 < sizeof prefixes / sizeof prefixes[0]) {
        magnitude /= 1000;
        i++;
    }
    char number[24];
    if (isnan(value))
        rask_text_copy(number, sizeof number, "nan");
    else if (magnitude >= 1e15)
        rask_text_copy(number, sizeof number, "inf");
    else
        format_magnitude(number, sizeof number, magnitude);
    int has_tail = prefixes[i][0] != '\0' || unit[0] != '\0';
    snprintf(text, text_bytes, "%s%s%s%s%s", value < 0 ? "-" : "", number, has_tail ? " " : "",
             prefixes[i], unit);
    return text;
}

const char *rask_format_double(char *text, size_t text_bytes, double value)
{
    char shortest[RASK_FORMAT_BYTES] = "";
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t kept = c_locale != (locale_t)0 ? uselocale(c_locale) : (locale_t)0;
    for (int precision = 15; precision <= 17;
         precision++) { /* %g drops zeros, so 15 also finds "1.1" */
        snprintf(shortest, sizeof shortest, "%.*g", precision, value);
        if (strtod(shortest, NULL) == value)
            break;
    }
    if (c_locale != (locale_t)0) {
        uselocale(kept);
        freelocale(c_locale);
    }
    rask_text_copy(text, text_bytes, shortest);
    return text;
}
