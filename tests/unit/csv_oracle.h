/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_oracle.h: a second, plain reading of CSV text, one byte at a time, and the reader's result in
 * the same form, so that tests and the fuzzer can compare the two byte for byte.
 *
 * The form of a table: per record its offset in the file, then each field, 'M' when missing or 'V'
 * and its bytes, each ended by 0x1f, the record by 0x1e. Text columns only. */
#ifndef RASK_TESTS_CSV_ORACLE_H
#define RASK_TESTS_CSV_ORACLE_H

#include "base/buf.h"
#include "io/csv.h"
#include "io/csv_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct oracle {
    struct rask_buf table;
    bool has_error; /* ragged, an open quote, a NUL byte */
    uint32_t n_columns;
};

static inline void oracle_put(struct rask_buf *table, const char *bytes, size_t n)
{
    if (rask_buf_append(table, bytes, n) != 0)
        abort();
}

static inline void oracle_put_field(struct rask_buf *table, bool is_missing, const char *bytes,
                                    size_t n)
{
    oracle_put(table, is_missing ? "M" : "V", 1);
    oracle_put(table, bytes, n);
    oracle_put(table, "\x1f", 1);
}

static inline bool oracle_is_same(const struct rask_buf *a, const struct rask_buf *b)
{
    return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

struct oracle_text {
    const char *text;
    size_t n;
    char delimiter;
    uint32_t n_fields; /* of the record read last */
    bool is_open; /* it ended inside quotes */
};

/* Reads one record at `at`; appends its fields to `table` unless NULL. Returns the offset behind
 * it. */
static inline size_t oracle_record(struct oracle_text *source, size_t at, struct rask_buf *table)
{
    const char *text = source->text;
    size_t n = source->n;
    char *field = malloc(n - at + 1);
    size_t length = 0;
    enum { BEGIN, PLAIN, QUOTED, CLOSED } state = BEGIN;
    bool was_quoted = false;
    source->n_fields = 0;
    source->is_open = false;
    for (;; at++) {
        bool is_end = at == n || (state != QUOTED && (text[at] == '\n' || text[at] == '\r'));
        if (at == n && state == QUOTED)
            source->is_open = true;
        if (is_end || (state != QUOTED && text[at] == source->delimiter)) {
            bool is_word = (length == 2 && memcmp(field, "NA", 2) == 0);
            bool is_missing = !was_quoted && (length == 0 || is_word);
            if (table != NULL)
                oracle_put_field(table, is_missing, field, is_missing ? 0 : length);
            source->n_fields++;
            length = 0;
            was_quoted = false;
            state = BEGIN;
            if (is_end)
                break;
        } else if (text[at] == '"' && state == BEGIN) {
            state = QUOTED;
            was_quoted = true;
        } else if (text[at] == '"' && state == QUOTED) {
            state = CLOSED;
        } else if (text[at] == '"' && state == CLOSED) {
            field[length++] = '"';
            state = QUOTED;
        } else {
            field[length++] = text[at];
            state = state == QUOTED ? QUOTED : PLAIN;
        }
    }
    free(field);
    if (at < n)
        at += text[at] == '\r' && at + 1 < n && text[at + 1] == '\n' ? 2 : 1;
    return at;
}

static inline size_t oracle_skip_empty(const char *text, size_t n, size_t at)
{
    while (at < n && (text[at] == '\n' || text[at] == '\r'))
        at++;
    return at;
}

/* Missing words: NA. The delimiter is given. */
static inline void oracle_read(struct oracle *oracle, const char *text, size_t n, char delimiter,
                               bool has_no_header)
{
    struct oracle_text source = {.text = text, .n = n, .delimiter = delimiter};
    *oracle = (struct oracle){.has_error = n > 0 && memchr(text, 0, n) != NULL};
    size_t at = 0;
    while (n - at >= 3 && memcmp(text + at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    at = oracle_skip_empty(text, n, at);
    if (at == n)
        return;
    size_t behind = oracle_record(&source, at, NULL);
    oracle->n_columns = source.n_fields;
    for (at = has_no_header ? at : behind; !oracle->has_error; at = behind) {
        at = oracle_skip_empty(text, n, at);
        if (at == n)
            break;
        uint64_t offset = at;
        oracle_put(&oracle->table, (const char *)&offset, sizeof offset);
        behind = oracle_record(&source, at, &oracle->table);
        oracle_put(&oracle->table, "\x1e", 1);
        oracle->has_error |= source.is_open || source.n_fields != oracle->n_columns;
    }
}

/* Appends what the reader gives for one range. RASK_END when all went well. */
static inline rask_status oracle_range(struct rask_csv_reader *reader,
                                       const struct rask_csv_range *range, struct rask_buf *table,
                                       struct rask_error *error)
{
    const struct rask_batch *batch;
    rask_status status = rask_csv_reader_start(reader, range, error);
    while (status == RASK_OK && (status = rask_csv_reader_next(reader, &batch, error)) == RASK_OK)
        for (uint32_t row = 0; row < batch->n_rows; row++) {
            oracle_put(table, (const char *)&batch->offsets[row], sizeof batch->offsets[row]);
            for (uint32_t c = 0; c < batch->n_columns; c++) {
                const struct rask_column *column = &batch->columns[c];
                const struct rask_slice *slice = &column->values.texts[row];
                bool is_missing = column->missing != NULL && column->missing[row];
                oracle_put_field(table, is_missing, slice->data, slice->length);
            }
            oracle_put(table, "\x1e", 1);
        }
    return status;
}

struct oracle_cuts {
    uint64_t offsets[64]; /* ascending */
    size_t n;
};

/* Reads [0, cuts[0]), [cuts[0], cuts[1]), ... to the end as blocks do: each range guesses, is
 * checked against the one before, and is read again where the guess was wrong. */
static inline rask_status oracle_blocks(struct rask_csv_reader *reader, const char *path,
                                        const struct oracle_cuts *cuts, struct rask_buf *table,
                                        struct rask_error *error)
{
    uint64_t expected = 0, first_start, next_start;
    for (size_t i = 0; i <= cuts->n; i++) {
        struct rask_csv_range range = {.path = path,
                                       .start = i == 0 ? 0 : cuts->offsets[i - 1],
                                       .end = i == cuts->n ? UINT64_MAX : cuts->offsets[i],
                                       .first_start = RASK_CSV_GUESS};
        size_t before = table->size;
        rask_status status = oracle_range(reader, &range, table, error);
        rask_csv_reader_bounds(reader, &first_start, &next_start);
        if (i > 0 && (status != RASK_END || first_start != expected)) {
            table->size = before;
            range.first_start = expected;
            status = oracle_range(reader, &range, table, error);
            rask_csv_reader_bounds(reader, &first_start, &next_start);
        }
        if (status != RASK_END)
            return status;
        expected = next_start;
    }
    return RASK_END;
}

#endif
