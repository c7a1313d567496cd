/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_window.c: the part of a CSV file that is in memory. The guess is in csv_guess.c. */
#include "io/csv_window.h"

#include "base/alloc.h"
#include "base/error.h"
#include "io/csv.h"

#include <string.h>

/* The text of a read and the marks of a scan stay in the second-level cache together. */
#define FIRST_BYTES ((size_t)256 << 10)
#define FIRST_MARKS 8192
#define BEYOND_BYTES ((size_t)4 << 10) /* read beyond wanted_end at first: the rest of a record */
#define LINE_CHUNK_BYTES ((size_t)64 << 10)

static const struct rask_csv_scan_state record_begin = {.boundary = 1};

rask_status rask_csv_window_init(struct rask_csv_window *window, uint64_t max_record_bytes,
                                 struct rask_error *error)
{
    *window =
        (struct rask_csv_window){.file = {.fd = -1},
                                 .capacity = FIRST_BYTES,
                                 .max_record_bytes = max_record_bytes,
                                 .scan_fn = rask_csv_scan_best(),
                                 .scan = {.max_marks = FIRST_MARKS, .max_ends = RASK_BATCH_ROWS}};
    window->bytes = rask_alloc_aligned(64, window->capacity + RASK_CSV_PADDING);
    window->scan.marks = rask_alloc(window->scan.max_marks * sizeof *window->scan.marks);
    window->scan.ends = rask_alloc(window->scan.max_ends * sizeof *window->scan.ends);
    if (window->bytes != NULL && window->scan.marks != NULL && window->scan.ends != NULL)
        return RASK_OK;
    rask_csv_window_release(window);
    return rask_error_memory(error, FIRST_BYTES, "a window of a file");
}

void rask_csv_window_release(struct rask_csv_window *window)
{
    rask_file_close(&window->file);
    rask_free(window->bytes);
    rask_free(window->scan.marks);
    rask_free(window->scan.ends);
    window->bytes = NULL;
    window->scan.marks = window->scan.ends = NULL;
}

/* Forgets marks and what was scanned: the record at `start` is scanned from its first byte. */
static void restart(struct rask_csv_window *window)
{
    window->scanned = window->start;
    window->has_pending_feed = false;
    window->scan.n_marks = window->scan.n_ends = 0;
    window->scan.has_nul = false;
    window->scan.state = record_begin;
}

void rask_csv_window_seek(struct rask_csv_window *window, uint64_t offset)
{
    window->base = offset;
    window->n_bytes = window->start = 0;
    restart(window);
}

static rask_status grow_bytes(struct rask_csv_window *window, struct rask_error *error)
{
    size_t capacity = 2 * window->capacity;
    char *bytes = rask_alloc_aligned(64, capacity + RASK_CSV_PADDING);
    if (bytes == NULL)
        return rask_error_memory(error, capacity, "a long record");
    memcpy(bytes, window->bytes, window->n_bytes);
    rask_free(window->bytes);
    window->bytes = bytes;
    window->capacity = capacity;
    return RASK_OK;
}

rask_status rask_csv_window_too_long(struct rask_csv_window *window, size_t at,
                                     struct rask_error *error)
{
    const char *path = window->file.path;
    uint64_t line = rask_csv_window_line(window, window->base + at);
    return rask_error_set(
        error, RASK_ERR_LIMIT,
        "%s: line %llu: a record of more than %llu bytes; is a quote never closed?", path,
        (unsigned long long)line, (unsigned long long)window->max_record_bytes);
}

/* The LF of a CRLF may be known to lie before start and not be scanned yet; it stays then. */
static void drop_before_start(struct rask_csv_window *window)
{
    size_t behind = window->start < window->scanned ? window->start : window->scanned;
    uint32_t shift = (uint32_t)behind;
    if (shift == 0)
        return;
    memmove(window->bytes, window->bytes + shift, window->n_bytes - shift);
    for (uint32_t i = 0; i < window->scan.n_marks; i++)
        window->scan.marks[i] -= shift;
    window->n_bytes -= shift;
    window->scanned -= shift;
    window->base += shift;
    window->start -= shift;
}

rask_status rask_csv_window_fill(struct rask_csv_window *window, struct rask_error *error)
{
    drop_before_start(window);
    if (window->n_bytes > window->capacity / 2) {
        rask_status status = grow_bytes(window, error);
        if (status != RASK_OK)
            return status;
    }
    uint64_t from = window->base + window->n_bytes;
    uint64_t wanted = window->wanted_end > from ? window->wanted_end - from + BEYOND_BYTES
                                                : window->n_bytes + BEYOND_BYTES;
    size_t room = window->capacity - window->n_bytes, n_read = 0;
    size_t n_bytes = wanted < room ? (size_t)wanted : room;
    rask_status status =
        rask_file_read(&window->file, from, window->bytes + window->n_bytes, n_bytes, &n_read);
    if (status != RASK_OK)
        return rask_file_read_error(&window->file, status, from, error);
    window->n_bytes += n_read;
    memset(window->bytes + window->n_bytes, 0, RASK_CSV_PADDING);
    return RASK_OK;
}

static rask_status grow_marks(struct rask_csv_window *window, struct rask_error *error)
{
    uint32_t max_marks = 2 * window->scan.max_marks;
    uint32_t *marks = rask_realloc(window->scan.marks, max_marks * sizeof *marks);
    if (marks == NULL)
        return rask_error_memory(error, max_marks * sizeof *marks, "a record of very many fields");
    window->scan.marks = marks;
    window->scan.max_marks = max_marks;
    return RASK_OK;
}

/* At the end of the file: adds the line end that the last record lacks. */
static void end_last(struct rask_csv_window *window)
{
    struct rask_csv_scan *scan = &window->scan;
    size_t start = window->start;
    if (scan->n_ends > 0) {
        size_t end = scan->marks[scan->ends[scan->n_ends - 1]];
        start = end + 1;
        start +=
            start < window->n_bytes && window->bytes[end] == '\r' && window->bytes[start] == '\n';
    }
    bool has_room = scan->n_ends < scan->max_ends && scan->n_marks < scan->max_marks;
    if (start >= window->n_bytes || scan->state.inside != 0 || !has_room)
        return;
    scan->ends[scan->n_ends++] = scan->n_marks;
    scan->marks[scan->n_marks++] = (uint32_t)window->n_bytes;
}

static rask_status never_closed(struct rask_csv_window *window, struct rask_error *error)
{
    const char *path = window->file.path;
    uint64_t line = rask_csv_window_line(window, window->base + window->start);
    return rask_error_set(error, RASK_ERR_FORMAT,
                          "%s: line %llu: a quote in the record that begins here is never closed",
                          path, (unsigned long long)line);
}

static void settle_pending_feed(struct rask_csv_window *window)
{
    if (!window->has_pending_feed || window->start == window->n_bytes)
        return;
    window->start += window->bytes[window->start] == '\n';
    window->has_pending_feed = false;
}

rask_status rask_csv_window_scan(struct rask_csv_window *window, struct rask_error *error)
{
    struct rask_csv_scan *scan = &window->scan;
    for (;;) {
        bool is_all = rask_csv_window_is_all(window);
        window->scanned =
            window->scan_fn(scan, window->bytes, window->scanned, window->n_bytes, is_all);
        settle_pending_feed(window);
        bool is_at_end = is_all && window->scanned == window->n_bytes;
        if (is_at_end)
            end_last(window);
        if (scan->n_ends > 0)
            return RASK_OK;
        rask_status status;
        bool is_too_long = window->scanned > window->start &&
                           window->scanned - window->start > window->max_record_bytes;
        if (is_too_long)
            status = rask_csv_window_too_long(window, window->start, error);
        else if (scan->n_marks + RASK_CSV_SCAN_SLACK > scan->max_marks)
            status = grow_marks(window, error);
        else if (is_at_end)
            return window->start == window->n_bytes ? RASK_END : never_closed(window, error);
        else
            status = rask_csv_window_fill(window, error);
        if (status != RASK_OK)
            return status;
    }
}

void rask_csv_window_consume(struct rask_csv_window *window)
{
    struct rask_csv_scan *scan = &window->scan;
    if (scan->n_ends == 0)
        return;
    uint32_t n_done = scan->ends[scan->n_ends - 1] + 1;
    memmove(scan->marks, scan->marks + n_done, (scan->n_marks - n_done) * sizeof *scan->marks);
    scan->n_marks -= n_done;
    scan->n_ends = 0;
}

rask_status rask_csv_window_skip_empty(struct rask_csv_window *window, struct rask_error *error)
{
    for (;;) {
        while (window->start < window->n_bytes &&
               (window->bytes[window->start] == '\n' || window->bytes[window->start] == '\r'))
            window->start++;
        restart(window);
        if (window->start < window->n_bytes || rask_csv_window_is_all(window))
            return RASK_OK;
        rask_status status = rask_csv_window_fill(window, error);
        if (status != RASK_OK)
            return status;
    }
}

uint64_t rask_csv_window_line(struct rask_csv_window *window, uint64_t offset)
{
    char *chunk = rask_alloc(LINE_CHUNK_BYTES);
    uint64_t line = 1;
    bool was_return = false;
    for (uint64_t at = 0; chunk != NULL && line != 0 && at < offset;) {
        size_t n_read = 0,
               wanted = offset - at < LINE_CHUNK_BYTES ? (size_t)(offset - at) : LINE_CHUNK_BYTES;
        if (rask_file_read(&window->file, at, chunk, wanted, &n_read) != RASK_OK || n_read == 0)
            line = 0;
        for (size_t i = 0; line != 0 && i < n_read; i++) {
            line += chunk[i] == '\r' || (chunk[i] == '\n' && !was_return);
            was_return = chunk[i] == '\r';
        }
        at += n_read;
    }
    rask_free(chunk);
    return chunk != NULL ? line : 0;
}
