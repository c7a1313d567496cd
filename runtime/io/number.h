/* SPDX-License-Identifier: BSD-3-Clause */
/* number.h: exact values from text: integers, floating point, booleans (dates and
 * times: kern/caltime.h).
 *
 * Each function takes `n` bytes that need not be terminated, the whole of which must be the value
 * (no blanks around it), and returns whether they are; `*value` is written only then. They follow
 * no locale, allocate nothing and may be called from any thread. */
#ifndef RASK_IO_NUMBER_H
#define RASK_IO_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal digits with an optional sign, from INT64_MIN to INT64_MAX. Leading zeros are taken. */
bool rask_number_int64(const char *text, size_t n, int64_t *value);

/* Whether digits with an optional sign begin with a zero that counts nothing, as codes do. */
bool rask_number_has_leading_zero(const char *text, size_t n);

/* Digits with an optional sign, point and exponent; inf and infinity in any case. Rounded to the
 * nearest double, ties to even, however many digits there are; too large is inf. No hexadecimal, no
 * nan. */
bool rask_number_float64(const char *text, size_t n, double *value);

/* digits / 10^n_fraction, n_fraction <= 22, rounded as above. */
double rask_number_decimal(uint64_t digits, unsigned n_fraction);

/* true, True, TRUE, false, False, FALSE. */
bool rask_number_bool(const char *text, size_t n, int64_t *value);

#endif
