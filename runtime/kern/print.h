/* SPDX-License-Identifier: BSD-3-Clause */
/* print.h: a result as text: a table for people, CSV, JSON.
 *
 *   table  aligned by what a terminal shows (wide and combining characters), numbers to the right,
 * a rule under the header, at most 6 decimals, long texts cut with an ellipsis, control characters
 * shown as \n, \t, \x1b csv    RFC 4180 with \n line ends: quoted where needed, missing is empty,
 * an empty text is "" json   one array of objects, one object per line; missing, NaN and infinities
 * are null CSV and JSON write float64 as the shortest text that reads back as the same number.
 * Bytes that are not UTF-8 become U+FFFD in the table, which is for people, stay as they are in
 * CSV, and are an error in JSON, before anything is printed: two texts must not become one there.
 */
#ifndef RASK_KERN_PRINT_H
#define RASK_KERN_PRINT_H

#include "base/buf.h"
#include "kern/result.h"

typedef enum rask_print_format {
    RASK_PRINT_TABLE,
    RASK_PRINT_CSV,
    RASK_PRINT_JSON
} rask_print_format;

/* "table", "csv", "json" to *format and 1, or 0. */
int rask_print_format_find(const char *name, rask_print_format *format);

/* Takes a piece of the output, in order. RASK_OK, or what the whole print then returns. */
typedef rask_status rask_print_sink(void *context, const void *bytes, size_t n_bytes,
                                    struct rask_error *error);

/* Prints the whole result in pieces of some 64 KiB. RASK_ERR_MEMORY, RASK_ERR_FORMAT a
 * text that is no UTF-8 in JSON, or what the sink returned. */
RASK_MUST_USE rask_status rask_print(const struct rask_result *result, rask_print_format format,
                                     rask_print_sink *sink, void *context,
                                     struct rask_error *error);

#endif
