/* SPDX-License-Identifier: BSD-3-Clause */
/* number_test.c: numbers from text, against the C library for floating point. */
#include "unit.h"

#include "base/rng.h"
#include "io/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool int_is(const char *text, int64_t wanted)
{
    int64_t value = 77;
    return rask_number_int64(text, strlen(text), &value) && value == wanted;
}

static bool is_no_int(const char *text)
{
    int64_t value = 77;
    return !rask_number_int64(text, strlen(text), &value) && value == 77;
}

static void integers(void)
{
    CU_ASSERT(int_is("0", 0));
    CU_ASSERT(int_is("-0", 0));
    CU_ASSERT(int_is("+12", 12));
    CU_ASSERT(int_is("0007", 7));
    CU_ASSERT(int_is("9223372036854775807", INT64_MAX));
    CU_ASSERT(int_is("-9223372036854775808", INT64_MIN));
    CU_ASSERT(is_no_int("9223372036854775808"));
    CU_ASSERT(is_no_int("-9223372036854775809"));
    CU_ASSERT(is_no_int("18446744073709551616"));
    CU_ASSERT(is_no_int(""));
    CU_ASSERT(is_no_int("-"));
    CU_ASSERT(is_no_int("1.0"));
    CU_ASSERT(is_no_int(" 1"));
    CU_ASSERT(is_no_int("0x10"));
}

static void check_float(const char *text)
{
    double value = -77;
    /* No terminating zero behind the value, so that reading on shows under the sanitizers. */
    size_t n = strlen(text);
    char *copy = malloc(n);
    memcpy(copy, text, n);
    bool is_value = rask_number_float64(copy, n, &value);
    double wanted = strtod(text, NULL);
    if (!is_value || memcmp(&value, &wanted, sizeof value) != 0)
        printf("\n    '%s': %.17g, wanted %.17g ", text, value, wanted);
    CU_ASSERT(is_value && memcmp(&value, &wanted, sizeof value) == 0);
    free(copy);
}

static void floats_of_note(void)
{
    static const char *const texts[] = {"0",
                                        "-0",
                                        "0.0",
                                        "1",
                                        "-1.5",
                                        ".5",
                                        "5.",
                                        "1e22",
                                        "1e23",
                                        "123456789012345678",
                                        "0.1",
                                        "0.3",
                                        "9007199254740993",
                                        "9007199254740992.5",
                                        "9007199254740993.00000000000000000000000000001",
                                        "2.2250738585072011e-308",
                                        "2.2250738585072014e-308",
                                        "4.9e-324",
                                        "2.4703282292062327e-324",
                                        "2.4703282292062328e-324",
                                        "1.7976931348623157e308",
                                        "1.7976931348623159e308",
                                        "1e400",
                                        "1e-400",
                                        "-65.613616999999977",
                                        "83.649828",
                                        "0.000001",
                                        "1e-27",
                                        "18446744073709551615e-27",
                                        "18446744073709551616",
                                        "1e99999999999999999999",
                                        "0e99999999999999999999",
                                        "1E+5",
                                        "1e-05",
                                        "000000000000000000000000000000000000000001.5",
                                        "6.02214076e23",
                                        "8.5e27",
                                        "3e-28"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_float(texts[i]);
    double value;
    CU_ASSERT(rask_number_float64("-Inf", 4, &value) && value == -INFINITY);
    CU_ASSERT(rask_number_float64("infinity", 8, &value) && value == INFINITY);
    static const char *const wrong[] = {"",      ".",   "-",   "e5",    "1e", "1e+",
                                        "1.2.3", "1,5", "nan", "0x1p3", "1 "};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT(!rask_number_float64(wrong[i], strlen(wrong[i]), &value));
}

static void random_floats(void)
{
    struct rask_rng rng;
    char text[64];
    rask_rng_seed(&rng, 1);
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = rask_rng_next64(&rng);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        int precision = 1 + (int)rask_rng_below(&rng, 20);
        if (i % 2 == 0)
            snprintf(text, sizeof text, "%.*e", precision, value);
        else
            snprintf(text, sizeof text, "%s%llu.%0*llu", bits & 1 ? "-" : "",
                     (unsigned long long)(bits >> (1 + rask_rng_below(&rng, 60))), precision,
                     (unsigned long long)rask_rng_below(&rng, 1000000000));
        check_float(text);
    }
}

/* Numbers halfway between two doubles, and a little beside, written with all their digits. */
static void halfway_floats(void)
{
    struct rask_rng rng;
    char text[1400];
    rask_rng_seed(&rng, 2);
    for (int i = 0; i < 300; i++) {
        double value =
            ldexp((double)(rask_rng_next64(&rng) >> 11 | 1), (int)rask_rng_below(&rng, 400) - 300);
        long double half =
            (long double)value + (long double)(nextafter(value, INFINITY) - value) / 2;
        int n = snprintf(text, sizeof text, "%.*Lf", i % 3 == 0 ? 1100 : 40, half);
        check_float(text);
        if (i % 2 == 0)
            text[n - 1] = '1';
        check_float(text);
    }
}

static void booleans(void)
{
    int64_t value = 7;
    CU_ASSERT(rask_number_bool("True", 4, &value) && value == 1);
    CU_ASSERT(rask_number_bool("FALSE", 5, &value) && value == 0);
    CU_ASSERT(!rask_number_bool("tRue", 4, &value));
    CU_ASSERT(!rask_number_bool("true ", 5, &value));
    CU_ASSERT(!rask_number_bool("", 0, &value));
}

RASK_UNIT_MAIN("number", {"integers", integers}, {"floats of note", floats_of_note},
               {"random floats", random_floats}, {"floats halfway", halfway_floats},
               {"booleans", booleans})
