/* SPDX-License-Identifier: BSD-3-Clause */
/* error.h: filling a struct rask_error. The function that decides which error it is calls this
 * once; callers that pass the code on stay silent. */
#ifndef RASK_BASE_ERROR_H
#define RASK_BASE_ERROR_H

#include <rask/status.h>
#include <stdarg.h>

/* Fills `error` (may be NULL) with code and formatted text and clears its other fields; returns
 * `code`, so that `return rask_error_set(error, RASK_ERR_IO, "%s: %s", path, strerror(errno));` is
 * one line. */
rask_status rask_error_set(struct rask_error *error, rask_status code, const char *format, ...)
    RASK_PRINTF(3, 4);

/* The same with the arguments of a function that takes any number itself. */
rask_status rask_error_set_list(struct rask_error *error, rask_status code, const char *format,
                                va_list arguments) RASK_PRINTF(3, 0);

/* Sets RASK_ERR_MEMORY with the number of bytes and what they were for. */
rask_status rask_error_memory(struct rask_error *error, uint64_t bytes, const char *what);

/* Copies a text into a fixed field, cut at a whole UTF-8 character, always terminated. */
void rask_text_copy(char *field, uint64_t field_bytes, const char *text);

/* Makes one line of a text: blanks for control characters. */
void rask_text_blank(char *text);

/* A name as messages show it: its begin, with "..." where it is too long for them. Returns `shown`.
 */
#define RASK_SHOWN_BYTES 64
const char *rask_text_show(char shown[RASK_SHOWN_BYTES], const char *text);

#endif
