/* SPDX-License-Identifier: BSD-3-Clause */
/* log.h: messages for people, one line each, to a stream that the owner gives:
 *
 *     rask: [rank 3] warning: text        "[rank 3] " is left out when rank is -1
 *
 * There is no global log: whoever writes has a struct rask_log. A line goes out in one write, so
 * lines of several threads and ranks do not mix. Control characters in a text become spaces; a line
 * longer than RASK_LOG_LINE_BYTES ends in "...". Thread: any, once the struct is set up. Owns:
 * nothing; the stream is [borrow]ed for the life of the log. */
#ifndef RASK_BASE_LOG_H
#define RASK_BASE_LOG_H

#include <rask/status.h>

#include <stdint.h>
#include <stdio.h>

#define RASK_LOG_LINE_BYTES 2048

/* In this order and with these words also in config.def. */
enum rask_log_level { RASK_LOG_ERROR, RASK_LOG_WARNING, RASK_LOG_INFO, RASK_LOG_DEBUG };

struct rask_log {
    FILE *stream; /* NULL = silent */
    int32_t rank; /* -1 = none */
    enum rask_log_level level; /* messages of a higher level are dropped */
};

void rask_log_init(struct rask_log *log, FILE *stream, int32_t rank, enum rask_log_level level);

/* Writes a line if the level is on. A NULL log is silent. */
void rask_log_write(const struct rask_log *log, enum rask_log_level level, const char *format, ...)
    RASK_PRINTF(3, 4);

/* Writes the story of an error in one line, at level error: text (or the text of its code), then
 * what is known of function, key, rank and host. */
void rask_log_failure(const struct rask_log *log, const struct rask_error *error);

/* "error", "warning", "info", "debug". */
const char *rask_log_level_name(enum rask_log_level level);

/* For guarding what is costly to prepare. */
static inline int rask_log_is_on(const struct rask_log *log, enum rask_log_level level)
{
    return log != NULL && log->stream != NULL && level <= log->level;
}

#endif
