/* SPDX-License-Identifier: BSD-3-Clause */
/* number.c: exact numbers from text.
 *
 * Floating point goes three ways. Up to 19 digits and a power of ten of 22 at most, digits below
 * 2^53: one multiplication or division of exact doubles (Clinger 1990). Else up to 19 digits and a
 * power of 27 at most, where 5^27 < 2^63: a 128-bit product with the power of five or its inverse,
 * rounded once.
 * Everything else: the C library's strtod in the C locale, with digits that cannot matter folded
 * into one. */
#include "io/number.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_DIGITS 19 /* of a decimal number that always fits 64 bits */
#define MAX_EXACT_POWER 22 /* 10^22 is the last power of ten that is a double */
#define MAX_WIDE_POWER 27 /* 5^27 is the last power of five below 2^63 */
#define MAX_SIGNIFICANT 800 /* more than the 767 digits that can decide a rounding */

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

bool rask_number_int64(const char *text, size_t n, int64_t *value)
{
    bool is_negative = n > 0 && text[0] == '-';
    size_t i = n > 0 && (text[0] == '-' || text[0] == '+');
    uint64_t limit = (uint64_t)INT64_MAX + is_negative, result = 0;
    if (i == n)
        return false;
    for (; i < n; i++) {
        unsigned digit = (unsigned char)(text[i] - '0');
        if (digit > 9 || result > (limit - digit) / 10)
            return false;
        result = result * 10 + digit;
    }
    *value = is_negative ? (int64_t)(0 - result) : (int64_t)result;
    return true;
}

bool rask_number_has_leading_zero(const char *text, size_t n)
{
    size_t at = n > 0 && (text[0] == '-' || text[0] == '+');
    return n - at > 1 && text[at] == '0';
}

/* A decimal number taken apart. */
struct decimal {
    bool is_negative;
    bool is_cut; /* there are more than MAX_DIGITS significant digits */
    int n_digits; /* in `digits` */
    uint64_t digits; /* the first significant ones */
    int64_t power; /* value = digits * 10^power, but for what is cut */
    const char *first; /* first significant digit, NULL when all are 0 */
    const char *end; /* behind the digits and the point */
};

static bool read_exponent(const char *at, const char *end, int64_t *exponent)
{
    bool is_negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    if (at == end)
        return false;
    int64_t result = 0;
    for (; at < end; at++) {
        if (!is_digit(*at))
            return false;
        if (result < 100000000) /* more makes no difference: all is 0 or inf by then */
            result = result * 10 + (*at - '0');
    }
    *exponent = is_negative ? -result : result;
    return true;
}

static bool read_decimal(const char *at, const char *end, struct decimal *d)
{
    *d = (struct decimal){.is_negative = at < end && *at == '-'};
    at += at < end && (*at == '-' || *at == '+');
    bool has_point = false, has_digit = false;
    for (; at < end && (is_digit(*at) || (*at == '.' && !has_point)); at++) {
        if (*at == '.') {
            has_point = true;
            continue;
        }
        has_digit = true;
        if (*at != '0' && d->first == NULL)
            d->first = at;
        if (d->first != NULL && d->n_digits < MAX_DIGITS) {
            d->digits = d->digits * 10 + (unsigned)(*at - '0');
            d->n_digits++;
        } else if (d->first != NULL) {
            d->is_cut = true;
            d->power++;
        }
        d->power -= has_point;
    }
    d->end = at;
    if (!has_digit)
        return false;
    if (at == end)
        return true;
    int64_t exponent = 0;
    if ((*at != 'e' && *at != 'E') || !read_exponent(at + 1, end, &exponent))
        return false;
    d->power += exponent;
    return true;
}

/* Rounds the 128-bit number high:low, not 0, times 2^exponent. */
static double round_wide(uint64_t high, uint64_t low, int exponent)
{
    int shift = high != 0 ? __builtin_clzll(high) : 64 + __builtin_clzll(low);
    unsigned __int128 wide = ((unsigned __int128)high << 64 | low) << shift;
    uint64_t top = (uint64_t)(wide >> 64), rest = (uint64_t)wide;
    uint64_t mantissa = top >> 11, below = top & 0x7ff;
    bool is_above = below > 0x400 || (below == 0x400 && (rest != 0 || (mantissa & 1)));
    double result = (double)(mantissa + is_above);
    /* |exponent| stays far inside the range of normal doubles: the scale is exact. */
    uint64_t bits = (uint64_t)(1023 + exponent - shift + 75) << 52;
    double scale;
    memcpy(&scale, &bits, sizeof scale);
    return result * scale;
}

/* 1 / 5^k in 128 bits, rounded up, scaled so that the highest bit is set. */
static const struct {
    uint64_t high, low;
} inverse_fives[MAX_WIDE_POWER + 1] = {
    {UINT64_C(0x8000000000000000), UINT64_C(0x0000000000000000)},
    {UINT64_C(0xcccccccccccccccc), UINT64_C(0xcccccccccccccccd)},
    {UINT64_C(0xa3d70a3d70a3d70a), UINT64_C(0x3d70a3d70a3d70a4)},
    {UINT64_C(0x83126e978d4fdf3b), UINT64_C(0x645a1cac083126ea)},
    {UINT64_C(0xd1b71758e219652b), UINT64_C(0xd3c36113404ea4a9)},
    {UINT64_C(0xa7c5ac471b478423), UINT64_C(0x0fcf80dc33721d54)},
    {UINT64_C(0x8637bd05af6c69b5), UINT64_C(0xa63f9a49c2c1b110)},
    {UINT64_C(0xd6bf94d5e57a42bc), UINT64_C(0x3d32907604691b4d)},
    {UINT64_C(0xabcc77118461cefc), UINT64_C(0xfdc20d2b36ba7c3e)},
    {UINT64_C(0x89705f4136b4a597), UINT64_C(0x31680a88f8953031)},
    {UINT64_C(0xdbe6fecebdedd5be), UINT64_C(0xb573440e5a884d1c)},
    {UINT64_C(0xafebff0bcb24aafe), UINT64_C(0xf78f69a51539d749)},
    {UINT64_C(0x8cbccc096f5088cb), UINT64_C(0xf93f87b7442e45d4)},
    {UINT64_C(0xe12e13424bb40e13), UINT64_C(0x2865a5f206b06fba)},
    {UINT64_C(0xb424dc35095cd80f), UINT64_C(0x538484c19ef38c95)},
    {UINT64_C(0x901d7cf73ab0acd9), UINT64_C(0x0f9d37014bf60a11)},
    {UINT64_C(0xe69594bec44de15b), UINT64_C(0x4c2ebe687989a9b4)},
    {UINT64_C(0xb877aa3236a4b449), UINT64_C(0x09befeb9fad487c3)},
    {UINT64_C(0x9392ee8e921d5d07), UINT64_C(0x3aff322e62439fd0)},
    {UINT64_C(0xec1e4a7db69561a5), UINT64_C(0x2b31e9e3d06c32e6)},
    {UINT64_C(0xbce5086492111aea), UINT64_C(0x88f4bb1ca6bcf585)},
    {UINT64_C(0x971da05074da7bee), UINT64_C(0xd3f6fc16ebca5e04)},
    {UINT64_C(0xf1c90080baf72cb1), UINT64_C(0x5324c68b12dd6339)},
    {UINT64_C(0xc16d9a0095928a27), UINT64_C(0x75b7053c0f178294)},
    {UINT64_C(0x9abe14cd44753b52), UINT64_C(0xc4926a9672793543)},
    {UINT64_C(0xf79687aed3eec551), UINT64_C(0x3a83ddbd83f52205)},
    {UINT64_C(0xc612062576589dda), UINT64_C(0x95364afe032a819e)},
    {UINT64_C(0x9e74d1b791e07e48), UINT64_C(0x775ea264cf55347e)},
};

/* mantissa * 2^(exponent - 52), mantissa below 2^54 with its last bit to be rounded away. */
static double round_last(uint64_t mantissa, int exponent)
{
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    uint64_t bits = (uint64_t)(1023 + exponent) << 52;
    double scale;
    memcpy(&scale, &bits, sizeof scale);
    return (double)mantissa * 0x1p-52 * scale;
}

/* digits / 10^power for 1 <= power <= MAX_WIDE_POWER, digits not 0, rounded once: the product with
 * the inverse of 5^power has enough exact bits to decide (Lemire 2021: for powers this small no
 * number of 64 bits comes so near to a half that they would not). */
static double divide_by_ten(uint64_t digits, int power)
{
    int up = __builtin_clzll(digits);
    uint64_t normal = digits << up;
    unsigned __int128 product = (unsigned __int128)normal * inverse_fives[power].high;
    uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
    if ((high & 0x1ff) == 0x1ff) {
        unsigned __int128 more = (unsigned __int128)normal * inverse_fives[power].low;
        low += (uint64_t)(more >> 64);
        high += low < (uint64_t)(more >> 64);
    }
    int top = (int)(high >> 63);
    uint64_t mantissa = high >> (top + 9);
    int exponent = ((-217706 * power) >> 16) + 63 + top - up;
    /* Exactly half is possible up to 5^4 only, and then goes to the even neighbour. */
    if (low <= 1 && power <= 4 && (mantissa & 3) == 1 && mantissa << (top + 9) == high)
        mantissa &= ~UINT64_C(1);
    return round_last(mantissa, exponent);
}

/* digits * 10^power, digits not 0, |power| <= MAX_WIDE_POWER. */
static double scale_wide(uint64_t digits, int power)
{
    static const uint64_t fives[MAX_WIDE_POWER + 1] = {1,
                                                       5,
                                                       25,
                                                       125,
                                                       625,
                                                       3125,
                                                       15625,
                                                       78125,
                                                       390625,
                                                       1953125,
                                                       9765625,
                                                       48828125,
                                                       244140625,
                                                       1220703125,
                                                       6103515625,
                                                       30517578125,
                                                       152587890625,
                                                       762939453125,
                                                       3814697265625,
                                                       19073486328125,
                                                       95367431640625,
                                                       476837158203125,
                                                       2384185791015625,
                                                       11920928955078125,
                                                       59604644775390625,
                                                       298023223876953125,
                                                       1490116119384765625,
                                                       7450580596923828125};
    if (power < 0)
        return divide_by_ten(digits, -power);
    unsigned __int128 product = (unsigned __int128)digits * fives[power];
    return round_wide((uint64_t)(product >> 64), (uint64_t)product, power);
}

/* Writes the number again with MAX_SIGNIFICANT digits at most: of those left out only whether any
 * is not 0 can matter, and a last digit 1 says so. */
static double convert_long(const struct decimal *d)
{
    char text[MAX_SIGNIFICANT + 40];
    int n = 0;
    bool is_sticky = false;
    for (const char *at = d->first; at < d->end; at++) {
        if (*at == '.')
            continue;
        if (n < MAX_SIGNIFICANT)
            text[n++] = *at;
        else
            is_sticky |= *at != '0';
    }
    if (is_sticky)
        text[n++] = '1';
    long long power = (long long)d->power + d->n_digits - n;
    snprintf(text + n, sizeof text - (size_t)n, "e%lld", power);
    locale_t c_locale =
        newlocale(LC_ALL_MASK, "C", (locale_t)0); /* always there: allocates nothing */
    double value = strtod_l(text, NULL, c_locale);
    freelocale(c_locale);
    return value;
}

static double convert(const struct decimal *d)
{
    static const double tens[MAX_EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (d->digits == 0)
        return 0;
    int64_t magnitude = d->power < 0 ? -d->power : d->power;
    if (d->is_cut || magnitude > MAX_WIDE_POWER)
        return convert_long(d);
    if (magnitude > MAX_EXACT_POWER || d->digits >> 53 != 0)
        return scale_wide(d->digits, (int)d->power);
    return d->power < 0 ? (double)d->digits / tens[magnitude] : (double)d->digits * tens[magnitude];
}

double rask_number_decimal(uint64_t digits, unsigned n_fraction)
{
    struct decimal d = {.digits = digits, .power = -(int64_t)n_fraction};
    return convert(&d);
}

static bool read_infinity(const char *text, size_t n, double *value)
{
    bool has_sign = n > 0 && (text[0] == '-' || text[0] == '+');
    const char *word = text + has_sign;
    size_t n_word = n - has_sign;
    if (!(n_word == 3 && strncasecmp(word, "inf", 3) == 0) &&
        !(n_word == 8 && strncasecmp(word, "infinity", 8) == 0))
        return false;
    *value = has_sign && text[0] == '-' ? -__builtin_inf() : __builtin_inf();
    return true;
}

bool rask_number_float64(const char *text, size_t n, double *value)
{
    struct decimal d;
    if (!read_decimal(text, text + n, &d))
        return read_infinity(text, n, value);
    double magnitude = convert(&d);
    *value = d.is_negative ? -magnitude : magnitude;
    return true;
}

bool rask_number_bool(const char *text, size_t n, int64_t *value)
{
    static const char *const words[] = {"false", "False", "FALSE", "true", "True", "TRUE"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == n && memcmp(words[i], text, n) == 0) {
            *value = i >= 3;
            return true;
        }
    return false;
}
