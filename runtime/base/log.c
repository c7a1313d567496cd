/* SPDX-License-Identifier: BSD-3-Clause */
/* log.c: composing a line and writing it at once. */
#include "base/log.h"

#include "base/error.h"

#include <stdarg.h>
#include <string.h>

void rask_log_init(struct rask_log *log, FILE *stream, int32_t rank, enum rask_log_level level)
{
    *log = (struct rask_log){.stream = stream, .rank = rank, .level = level};
}

const char *rask_log_level_name(enum rask_log_level level)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    return (unsigned)level < sizeof names / sizeof names[0] ? names[level] : "unknown";
}

/* "rask: [rank 3] warning: "; returns its length. */
static size_t write_head(char *line, size_t line_bytes, const struct rask_log *log,
                         enum rask_log_level level)
{
    int length;
    if (log->rank >= 0)
        length = snprintf(line, line_bytes, "rask: [rank %d] %s: ", (int)log->rank,
                          rask_log_level_name(level));
    else
        length = snprintf(line, line_bytes, "rask: %s: ", rask_log_level_name(level));
    return (size_t)length;
}

void rask_log_write(const struct rask_log *log, enum rask_log_level level, const char *format, ...)
{
    if (!rask_log_is_on(log, level))
        return;
    char line[RASK_LOG_LINE_BYTES + 8]; /* 8: a whole last character, newline and zero */
    size_t head = write_head(line, sizeof line, log, level);
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line + head, sizeof line - head, format, arguments);
    va_end(arguments);
    if (length < 0)
        rask_text_copy(line + head, sizeof line - head, "(a message that could not be formatted)");
    if (strlen(line) >= RASK_LOG_LINE_BYTES) {
        rask_text_copy(line, RASK_LOG_LINE_BYTES - 4, line);
        memcpy(line + strlen(line), "...", 4);
    }
    rask_text_blank(line);
    size_t end = strlen(line);
    line[end] = '\n';
    (void)fwrite(line, 1, end + 1,
                 log->stream); /* there is nobody to tell that the log cannot be written */
    (void)fflush(log->stream);
}

/* ", name value" when there is a value. */
static const char *detail(char *text, size_t text_bytes, const char *name, const char *value)
{
    text[0] = '\0';
    if (value[0] != '\0')
        snprintf(text, text_bytes, ", %s %s", name, value);
    return text;
}

void rask_log_failure(const struct rask_log *log, const struct rask_error *error)
{
    char function[96], key[96], host[96], rank_text[16] = "", rank[32];
    if (error->rank >= 0)
        snprintf(rank_text, sizeof rank_text, "%d", (int)error->rank);
    rask_log_write(log, RASK_LOG_ERROR, "%s%s%s%s%s",
                   error->text[0] != '\0' ? error->text : rask_status_text(error->code),
                   detail(function, sizeof function, "function", error->function),
                   detail(key, sizeof key, "task", error->key),
                   detail(rank, sizeof rank, "rank", rank_text),
                   detail(host, sizeof host, "host", error->host));
}
