/* SPDX-License-Identifier: BSD-3-Clause */
/* caltime.h: dates and times as text and as numbers: parsing and printing.
 *
 * A date is a day number since 1970-01-01, a datetime microseconds since 1970-01-01T00:00:00, both
 * in the proleptic Gregorian calendar without leap seconds. Years are 0001 to 9999. date YYYY-MM-DD
 *   datetime  YYYY-MM-DD(T or space)HH:MM[:SS[.fraction]][Z or +HH[:MM] or -HH[:MM]]
 * A zone offset is taken off, so the number is then UTC. Of a fraction the first six digits count.
 * All functions are pure and locale-free. */
#ifndef RASK_KERN_CALTIME_H
#define RASK_KERN_CALTIME_H

#include <stddef.h>
#include <stdint.h>

#define RASK_US_PER_DAY INT64_C(86400000000)
#define RASK_DATE_TEXT_BYTES 40 /* room for either kind of text, with the terminating zero */

/* 1 and the number in *days or *microseconds when the whole of text[0 .. length) is one, else 0. */
int rask_date_parse(const char *text, size_t length, int64_t *days);
int rask_datetime_parse(const char *text, size_t length, int64_t *microseconds);

/* Writes "2020-02-29", or "2020-02-29T12:00:00" with ".5" or more digits only where needed; returns
 * the length. A year outside 0000 to 9999 has a sign and as many digits as it needs. */
size_t rask_date_print(int64_t days, char text[RASK_DATE_TEXT_BYTES]);
size_t rask_datetime_print(int64_t microseconds, char text[RASK_DATE_TEXT_BYTES]);

/* Microseconds at the start of a day; saturates at the ends of int64_t. */
int64_t rask_date_to_datetime(int64_t days);

#endif
