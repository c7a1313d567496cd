/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_window.h: the part of a file that is in memory, and the marks found in it.
 *
 *     bytes:  | done ... | start: next record ... scanned | not scanned ... n_bytes | padding |
 *     offset: base                                                                  base + n_bytes
 *
 * The window moves forward only, but for seek. It grows when a record is larger than half of it.
 * Marks and ends are positions in `bytes`; those of the record at `start` that is not complete yet
 * stay when the window moves. */
#ifndef RASK_IO_CSV_WINDOW_H
#define RASK_IO_CSV_WINDOW_H

#include "io/csv_scan.h"
#include "io/file.h"

#include <rask/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rask_csv_window {
    struct rask_file file;
    char *bytes;
    size_t capacity; /* beside the padding */
    size_t n_bytes;
    size_t start;
    size_t scanned;
    uint64_t base;
    uint64_t
        wanted_end; /* offset up to which reading makes sense; beyond it little is read at a time */
    uint64_t max_record_bytes; /* without the line end */
    bool has_pending_feed; /* the byte before start is a CR; a LF at start belongs to it */
    rask_csv_scan_fn scan_fn;
    struct rask_csv_scan scan;
};

/* Errors: RASK_ERR_MEMORY. */
rask_status rask_csv_window_init(struct rask_csv_window *window, uint64_t max_record_bytes,
                                 struct rask_error *error) RASK_MUST_USE;
void rask_csv_window_release(struct rask_csv_window *window);

/* Empties the window; the next byte it reads is that at `offset`, the begin of a record. */
void rask_csv_window_seek(struct rask_csv_window *window, uint64_t offset);

/* Drops what is before `start` and reads more. There must be more: see is_all.
 * Errors: RASK_ERR_MEMORY; those of rask_file_read. */
rask_status rask_csv_window_fill(struct rask_csv_window *window,
                                 struct rask_error *error) RASK_MUST_USE;

/* Whether the window reaches the end of the file. */
static inline bool rask_csv_window_is_all(const struct rask_csv_window *window)
{
    return window->base + window->n_bytes >= window->file.identity.n_bytes;
}

/* Scans on until at least one more record is complete, which may be too long, as the window can
 * hold more than one record may have: the caller looks. RASK_END: there is none. Errors: those of
 * fill; RASK_ERR_LIMIT a record that is not complete is too long already; RASK_ERR_FORMAT the file
 * ends inside quotes. */
rask_status rask_csv_window_scan(struct rask_csv_window *window,
                                 struct rask_error *error) RASK_MUST_USE;

/* Sets the error of a record that begins at position `at` and has more than max_record_bytes, its
 * line end not counted. */
rask_status rask_csv_window_too_long(struct rask_csv_window *window, size_t at,
                                     struct rask_error *error) RASK_MUST_USE;

/* Takes out the records that were scanned: their marks and ends. Call it when `start` is behind
 * them. */
void rask_csv_window_consume(struct rask_csv_window *window);

/* Moves `start`, at the begin of a line, to the first line that is not empty, or to the file's end;
 * what was scanned is forgotten. Errors: those of fill. */
rask_status rask_csv_window_skip_empty(struct rask_csv_window *window,
                                       struct rask_error *error) RASK_MUST_USE;

/* Finds the first record at or after offset `start` of a file whose data begins at `data` < start,
 * by trying both whether start is inside quotes or not. Leaves the window there, as after seek.
 * RASK_END: no record ends within 4 MiB, or 64 KiB or 16 times the way to wanted_end if these are
 * less: whoever reads the record that is there finds the next one, and not everyone reads all of
 * it. Errors: those of fill. */
rask_status rask_csv_window_guess(struct rask_csv_window *window, uint64_t data, uint64_t start,
                                  uint32_t n_columns, struct rask_error *error) RASK_MUST_USE;

/* The number, from 1, of the line that holds `offset`, or 0 if it cannot be found out. Reads the
 * file from its begin: for errors. */
uint64_t rask_csv_window_line(struct rask_csv_window *window, uint64_t offset);

#endif
