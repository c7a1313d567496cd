/* SPDX-License-Identifier: BSD-3-Clause */
/* fmt.h: reading and writing numbers as people write them: sizes, durations, figures, plain
 * numbers.
 *
 * Parsing is strict: the whole text, spaces around it allowed, or nothing. It does not look at the
 * locale. Parsers return RASK_OK, RASK_ERR_SYNTAX (not such a text) or RASK_ERR_LIMIT (out of
 * range) and write the output only on success; they fill no rask_error because the caller knows the
 * name and the place. Formatters write into `text` of `text_bytes`, cut if short, always
 * terminated, and return `text`; RASK_FORMAT_BYTES is always enough. Thread: any. */
#ifndef RASK_BASE_FMT_H
#define RASK_BASE_FMT_H

#include <rask/status.h>

#include <stddef.h>
#include <stdint.h>

#define RASK_FORMAT_BYTES 48

/* Decimal, one sign allowed (for uint64 only +), within low .. high. */
RASK_MUST_USE rask_status rask_parse_int64(const char *text, int64_t low, int64_t high,
                                           int64_t *value);
RASK_MUST_USE rask_status rask_parse_uint64(const char *text, uint64_t low, uint64_t high,
                                            uint64_t *value);

/* Decimal, with fraction and exponent; no hexadecimal, no infinity, no nan. */
RASK_MUST_USE rask_status rask_parse_double(const char *text, double low, double high,
                                            double *value);

/* yes, no, true, false, on, off, 1, 0, in any case. */
RASK_MUST_USE rask_status rask_parse_bool(const char *text, int *value);

/* "512", "64 MiB", "1.5G", "10 kB". K, M, G, T, P and KiB ... PiB are powers of 1024; kB, MB, GB,
 * TB, PB are powers of 1000; B is a byte. Any case. A fraction is rounded down to a whole byte. */
RASK_MUST_USE rask_status rask_parse_bytes(const char *text, uint64_t *bytes);

/* "20us", "1.5 s", "100 ms", "30 ns", "2 min", "3 h", "1 d"; the unit may be left out for 0 only.
 */
RASK_MUST_USE rask_status rask_parse_duration(const char *text, uint64_t *duration_ns);

/* For people, in the largest unit that fits: one decimal below 100, none above and for whole
 * values: "512 B", "64 MiB", "1.5 GiB", "123 GiB". */
const char *rask_format_bytes(char *text, size_t text_bytes, uint64_t bytes);

/* For reading back: the largest unit that holds the value in whole numbers: "1536 MiB", "1500 ms".
 */
const char *rask_format_bytes_exact(char *text, size_t text_bytes, uint64_t bytes);
const char *rask_format_duration_exact(char *text, size_t text_bytes, uint64_t duration_ns);

/* A figure for a table, with decimal prefix: (1234567, "/s") gives "1.2 M/s", (12, "rows") "12
 * rows". One decimal below 100, none above and for whole values; three decimals below 1. */
const char *rask_format_figure(char *text, size_t text_bytes, double value, const char *unit);

/* The shortest text that reads back as the same double; "." whatever the locale. */
const char *rask_format_double(char *text, size_t text_bytes, double value);

#endif
