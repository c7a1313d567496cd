/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_scan.h: finds the marks of CSV text: the delimiters and line ends that are outside quotes.
 *
 * The text is looked at 64 bytes at a time as bit masks, one bit per byte: delimiters, LF, CR,
 * quotes. What is quoted follows from the quotes by a prefix exclusive-or, as long as every quote
 * that opens stands at the begin of a field; the first one that does not is an ordinary character,
 * is taken out of the mask, and the masks are made again, until all agree. The LF of a CRLF is no
 * mark.
 *
 * There are several ways to make the masks; they give the same marks. rask_csv_scan_find chooses.
 */
#ifndef RASK_IO_CSV_SCAN_H
#define RASK_IO_CSV_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that a scan may read beyond its text, and marks and ends that it may write beyond their
 * count. */
#define RASK_CSV_SCAN_SLACK 64

/* What a scan knows between two bytes. At the begin of a record: {0, 1, 0}. */
struct rask_csv_scan_state {
    uint64_t inside; /* all ones: inside quotes; else 0 */
    uint64_t boundary; /* 1: a quote here would open, or open again; else 0 */
    uint64_t carriage; /* 1: the byte before was a CR outside quotes; else 0 */
};

/* Marks are positions in the text; ends are indices into marks, of those that end a record. Arrays
 * belong to the caller; a scan appends, and stops early while fewer than RASK_CSV_SCAN_SLACK are
 * free. */
struct rask_csv_scan {
    char delimiter;
    bool has_nul; /* set when a NUL byte was seen */
    struct rask_csv_scan_state state;
    uint32_t *marks;
    uint32_t n_marks, max_marks;
    uint32_t *ends;
    uint32_t n_ends, max_ends;
};

/* Scans text[from .. to) and returns how far it came: to when `is_last`, else the last whole 64
 * bytes, or less when an array is full. Bytes up to to + RASK_CSV_SCAN_SLACK must be readable. */
typedef size_t (*rask_csv_scan_fn)(struct rask_csv_scan *scan, const char *text, size_t from,
                                   size_t to, bool is_last);

enum rask_csv_scan_path {
    RASK_CSV_SCAN_PORTABLE,
    RASK_CSV_SCAN_SSE2,
    RASK_CSV_SCAN_AVX2,
    RASK_CSV_SCAN_AVX512,
    RASK_CSV_SCAN_N_PATHS
};

/* NULL when this machine cannot go that path. */
rask_csv_scan_fn rask_csv_scan_find(enum rask_csv_scan_path path);
/* The fastest path of this machine. */
rask_csv_scan_fn rask_csv_scan_best(void);

size_t rask_csv_scan_portable(struct rask_csv_scan *scan, const char *text, size_t from, size_t to,
                              bool is_last);
/* In csv_scan_x86.c: NULL on other machines. */
rask_csv_scan_fn rask_csv_scan_find_x86(enum rask_csv_scan_path path);

#endif
