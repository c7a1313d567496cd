/* SPDX-License-Identifier: BSD-3-Clause */
/* csv.h: reads the wanted columns of a byte range of a CSV file, in batches of parsed columns.
 *
 * A reader serves one task at a time and any number of ranges one after the other, of any files:
 *
 *     rask_csv_reader_new(&reader, &spec, &error)
 *     for each range: rask_csv_reader_start(reader, &range, &error)
 *                     while ((status = rask_csv_reader_next(reader, &batch, &error)) == RASK_OK)
 *                         use batch->columns[w], w = index in spec.wants
 *                     status is RASK_END: the range is done, rask_csv_reader_bounds tells where it
 * began
 *
 * THE FORMAT. Fields are separated by a delimiter and records by LF, CRLF or CR. A field that
 * begins with a quote runs to the next single quote and may hold delimiters, line ends and doubled
 * quotes; what follows its closing quote up to the delimiter is appended as it is. A quote anywhere
 * else is an ordinary character. Empty lines are no records. Byte order marks at the begin of a
 * file are skipped. A NUL byte is an error; one near the file's begin is told before any other. The
 * first record is the header unless the dialect says otherwise; then columns are c1, c2, ... An
 * empty name becomes cN (N = position from 1), a name that was there before gets _2, _3, ...
 *
 * MISSING VALUES. An empty field, and a field that is one of the dialect's missing words. In a text
 * column a quoted field is never missing; in the other types quotes make no difference, blanks
 * around a value are ignored and a field of blanks is missing. A wanted column that a file lacks is
 * missing in all its records.
 *
 * RANGES. A range [start, end) owns the records that START in it; first_start is the offset of its
 * first record (owned or not), next_start that of the first record at or after `end` (or the file's
 * size). At start > 0 the reader cannot know whether it is inside quotes: unless the caller gives
 * the exact first_start it guesses, by column count, and is nearly always right. Whoever merges
 * ranges CHECKS that next_start of each range equals first_start of the next of that file; where it
 * does not, or where a range that guessed failed (in start or in next), that range is read again
 * with range.first_start = that next_start and its old result, error or not, is thrown away: only
 * an error from an exact start counts. So the result never depends on where the cuts are. The first
 * range of a file is exact.
 *
 * MEMORY: about 0.4 MiB, 17 KiB for each wanted column, and four times the longest record. */
#ifndef RASK_IO_CSV_H
#define RASK_IO_CSV_H

#include "io/file.h"
#include "kern/batch.h"
#include "kern/type.h"

#include <rask/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Words for a missing value when the dialect names none. */
#define RASK_CSV_MISSING_WORDS "NA,N/A,NULL,null,None,NaN,nan,\\N"

/* How the files are written. All zero is the default. */
struct rask_csv_dialect {
    size_t size; /* sizeof(struct rask_csv_dialect) */
    char delimiter; /* 0: found in each file's header among , tab ; | by most fields */
    bool has_no_header; /* columns are c1, c2, ...; their number is the first record's */
    bool fills_short; /* a record with too few fields: the rest is missing; else an error */
    const char *missing_words; /* separated by commas; NULL: RASK_CSV_MISSING_WORDS, "": none */
    uint64_t max_record_bytes; /* 0: 64 MiB; a longer record is an error; at most 1 GiB */
};

struct rask_csv_want {
    const char *name;
    rask_type type;
    /* The user said so: integers with leading zeros, and 1/0 as bool, are taken. */
    bool is_declared;
    /* Nobody knows its type: it is text as long as there are blanks and missing words alone, and
     * the first other value is an error. */
    bool is_unknown;
};

/* What to read, the same for all files. Everything in it is borrowed. */
struct rask_csv_spec {
    struct rask_csv_dialect dialect;
    const struct rask_csv_want *wants;
    size_t n_wants; /* may be 0: records are counted and checked */
};

/* The spec as bytes, for a task's argument. Returns how many bytes it needs; writes them when
 * `n_bytes` is enough. The bytes hold no pointers and are read by the same program on any rank. */
size_t rask_csv_spec_pack(const struct rask_csv_spec *spec, void *bytes, size_t n_bytes);
/* The other way. `*spec` is one allocation that owns all it points to; give it to rask_free.
 * Errors: RASK_ERR_FORMAT the bytes are not a packed spec; RASK_ERR_MEMORY. */
rask_status rask_csv_spec_unpack(const void *bytes, size_t n_bytes, struct rask_csv_spec **spec,
                                 struct rask_error *error) RASK_MUST_USE;

#define RASK_CSV_GUESS UINT64_MAX

struct rask_csv_range {
    const char *path; /* [borrow] until the reader's next start or free */
    const struct rask_file_identity *identity; /* what the file must be, or NULL; as path */
    uint64_t start;
    uint64_t end; /* UINT64_MAX: to the end of the file */
    uint64_t first_start; /* exact offset of the first record, or RASK_CSV_GUESS */
    uint32_t file; /* goes into the batches */
};

/* From the start of any text value, at least its length plus this many bytes can be read. */
#define RASK_CSV_PADDING 64

struct rask_csv_reader;

/* `spec` is [borrow] until the reader is freed. Thread: any, one at a time.
 * Errors: RASK_ERR_ARGUMENT; RASK_ERR_MEMORY. */
rask_status rask_csv_reader_new(struct rask_csv_reader **reader, const struct rask_csv_spec *spec,
                                struct rask_error *error) RASK_MUST_USE;
void rask_csv_reader_free(struct rask_csv_reader *reader);

/* Opens the range's file, finds its header (cheap when it is that of the file before) and the
 * range's first record. After an error the reader can start another range. Errors: those of
 * rask_file_open and rask_file_read; RASK_ERR_FORMAT a binary, compressed or UTF-16 file;
 * RASK_ERR_LIMIT a record is too long; RASK_ERR_MEMORY. */
rask_status rask_csv_reader_start(struct rask_csv_reader *reader,
                                  const struct rask_csv_range *range,
                                  struct rask_error *error) RASK_MUST_USE;

/* The next batch of the range, 1 to RASK_BATCH_ROWS rows, columns in the order of spec.wants; it is
 * valid until the reader's next call. In it a missing number is 0, a missing float64 NaN, a missing
 * text of length 0; text is without its quotes, doubled quotes made single. What is wrong with a
 * record is told after all rows before it have been given. Returns RASK_END after the last; then
 * the file has been checked to be unchanged, and is closed. Errors (file, line and remedy in the
 * text): RASK_ERR_FORMAT a record has too many or too few fields, a quote is never closed, a NUL
 * byte; RASK_ERR_TYPE a value does not fit its column; RASK_ERR_LIMIT; RASK_ERR_CHANGED;
 * RASK_ERR_IO; RASK_ERR_MEMORY. */
rask_status rask_csv_reader_next(struct rask_csv_reader *reader, const struct rask_batch **batch,
                                 struct rask_error *error) RASK_MUST_USE;

/* first_start: once rask_csv_reader_start has succeeded, also when next fails later.
 * next_start: once rask_csv_reader_next has returned RASK_END. */
void rask_csv_reader_bounds(const struct rask_csv_reader *reader, uint64_t *first_start,
                            uint64_t *next_start);

/* The number, from 1, of the line at `offset` of the file that is being read, 0 if it cannot be
 * found out. Reads the file from its begin: for errors. */
uint64_t rask_csv_reader_line(struct rask_csv_reader *reader, uint64_t offset);

/* The columns of one file. */
struct rask_csv_header {
    char **names; /* n_columns, unique, not empty unless the file is empty */
    size_t n_columns; /* 0: the file has no record */
    char delimiter;
    uint64_t first_start; /* offset of the first record that is data */
};

/* Reads a file's header. Release the header. Errors: those of rask_csv_reader_start. */
rask_status rask_csv_header_init(struct rask_csv_header *header, const char *path,
                                 const struct rask_csv_dialect *dialect,
                                 struct rask_error *error) RASK_MUST_USE;
void rask_csv_header_release(struct rask_csv_header *header);

#endif
