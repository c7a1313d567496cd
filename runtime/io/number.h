/* SPDX-License-Identifier: BSD-3-Clause */
/* number.h: exact values from text: integers, floating point, booleans, dates and times.
 *
 * Each function takes `n` bytes that need not be terminated, the whole of which must be the value (no
 * blanks around it), and returns whether they are; `*value` is written only then. They follow no
 * locale, allocate nothing and may be called from any thread. */
#ifndef RASK_IO_NUMBER_H
#define RASK_IO_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal digits with an optional sign, from INT64_MIN to INT64_MAX. Leading zeros are taken. */
bool rask_number_int64(const char *text, size_t n, int64_t *value);

/* Digits with an optional sign, point and exponent; inf and infinity in any case. Rounded to the
 * nearest double, ties to even, however many digits there are; too large is inf. No hexadecimal, no nan. */
bool rask_number_float64(const char *text, size_t n, double *value);

/* true, True, TRUE, false, False, FALSE. */
bool rask_number_bool(const char *text, size_t n, int64_t *value);

/* YYYY-MM-DD, a day of the Gregorian calendar: days since 1970-01-01. */
bool rask_number_date(const char *text, size_t n, int64_t *days);

/* A date, then optionally T, t or a blank and HH:MM[:SS[.fraction]] and Z or +HH, +HHMM, +HH:MM (or -):
 * microseconds since 1970-01-01 00:00 UTC. Without a zone it is taken as UTC; a fraction is cut to
 * microseconds; second 60 is no second. */
bool rask_number_datetime(const char *text, size_t n, int64_t *microseconds);

/* The other way: "YYYY-MM-DD" and "YYYY-MM-DD HH:MM:SS[.ffffff]" (fraction only when not 0), terminated.
 * Returns the length. Years outside 0..9999 are written with sign and more digits. */
#define RASK_NUMBER_DATETIME_BYTES 40
size_t rask_number_date_write(int64_t days, char text[RASK_NUMBER_DATETIME_BYTES]);
size_t rask_number_datetime_write(int64_t microseconds, char text[RASK_NUMBER_DATETIME_BYTES]);

#endif
