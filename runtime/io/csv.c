/* SPDX-License-Identifier: BSD-3-Clause */
/* csv.c: the reader: records of a range, in batches of parsed columns.
 *
 * A window gives the marks of complete records; this file makes rows of them (checking that each
 * has as many fields as the header), stops at the range's end, has the wanted columns parsed, and
 * says what is wrong where something is. Entry points: rask_csv_reader_new, _start, _next. */
#include "io/csv.h"

#include "base/alloc.h"
#include "base/error.h"
#include "io/csv_column.h"
#include "io/csv_head.h"
#include "io/csv_reader.h"
#include "io/csv_window.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_RECORD_BYTES (UINT64_C(64) << 20)
#define MAX_RECORD_BYTES (UINT64_C(1) << 30)
#define HEAD_BYTES 4096
#define BINARY_BYTES ((size_t)64 << 10) /* of a wrong file: a NUL in them says why it is wrong */
#define SHOWN_VALUE_BYTES 80

/* What is wrong with a record: the rows before it are given first, so that which error of a file is
 * told does not depend on batches, windows and ranges. */
enum odd_kind { ODD_NOTHING, ODD_LENGTH, ODD_FIELDS, ODD_NUL, ODD_VALUE };

struct odd {
    enum odd_kind kind;
    uint32_t row, want; /* of a value */
    uint32_t n_fields; /* of a record */
    size_t at; /* of a record or of a NUL, in the window */
};

struct rask_csv_reader {
    const struct rask_csv_spec *spec;
    struct rask_csv_window window;
    struct rask_csv_head head;
    struct rask_missing missing;
    struct rask_csv_arena arena;
    uint32_t *fields; /* [n_wants] position in the file's records, or RASK_CSV_ABSENT */
    struct rask_csv_values *values; /* [n_wants] */
    struct rask_column *columns; /* [n_wants] */
    uint32_t file;
    bool is_over; /* next_start is known, the file is closed */
    bool is_past; /* all rows of the range were given */
    uint64_t end;
    uint64_t first_start, next_start;
    struct odd odd; /* behind the rows of the batch */
    struct rask_batch batch;
    struct rask_csv_rows rows;
};

void rask_csv_reader_free(struct rask_csv_reader *reader)
{
    if (reader == NULL)
        return;
    rask_csv_window_release(&reader->window);
    rask_csv_head_release(&reader->head);
    rask_missing_release(&reader->missing);
    rask_csv_arena_release(&reader->arena);
    rask_free(reader->fields);
    rask_free(reader->values);
    rask_free(reader->columns);
    rask_free(reader);
}

static rask_status check_dialect(const struct rask_csv_dialect *dialect, struct rask_error *error)
{
    char delimiter = dialect->delimiter;
    if (delimiter == '"' || delimiter == '\n' || delimiter == '\r')
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "a quote or a line end cannot be the delimiter");
    if (dialect->max_record_bytes > MAX_RECORD_BYTES)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "records can be limited to 1 GiB at most");
    return RASK_OK;
}

static rask_status fill_reader(struct rask_csv_reader *reader, struct rask_error *error)
{
    const struct rask_csv_dialect *dialect = &reader->spec->dialect;
    size_t n_wants = reader->spec->n_wants;
    uint64_t limit =
        dialect->max_record_bytes != 0 ? dialect->max_record_bytes : DEFAULT_RECORD_BYTES;
    rask_status status = rask_csv_window_init(&reader->window, limit, error);
    if (status == RASK_OK)
        status = rask_missing_init(&reader->missing, dialect->missing_words, error);
    if (status != RASK_OK)
        return status;
    reader->fields = rask_alloc_zeroed(n_wants + 1, sizeof *reader->fields);
    reader->values = rask_alloc((n_wants + 1) * sizeof *reader->values);
    reader->columns = rask_alloc_zeroed(n_wants + 1, sizeof *reader->columns);
    if (reader->fields == NULL || reader->values == NULL || reader->columns == NULL)
        return rask_error_memory(error, (n_wants + 1) * sizeof *reader->values,
                                 "columns of a batch");
    return RASK_OK;
}

rask_status rask_csv_reader_new(struct rask_csv_reader **reader, const struct rask_csv_spec *spec,
                                struct rask_error *error)
{
    rask_status status = check_dialect(&spec->dialect, error);
    if (status != RASK_OK)
        return status;
    struct rask_csv_reader *made = rask_alloc_zeroed(1, sizeof *made);
    if (made == NULL)
        return rask_error_memory(error, sizeof *made, "a CSV reader");
    made->spec = spec;
    made->is_over = true;
    made->window.file.fd = -1;
    status = fill_reader(made, error);
    if (status != RASK_OK) {
        rask_csv_reader_free(made);
        return status;
    }
    *reader = made;
    return RASK_OK;
}

bool rask_csv_reader_set_scan(struct rask_csv_reader *reader, enum rask_csv_scan_path path)
{
    rask_csv_scan_fn found = rask_csv_scan_find(path);
    if (found == NULL)
        return false;
    reader->window.scan_fn = found;
    return true;
}

const struct rask_csv_head *rask_csv_reader_head(const struct rask_csv_reader *reader)
{
    return &reader->head;
}

static void map_columns(struct rask_csv_reader *reader)
{
    const struct rask_csv_head *head = &reader->head;
    for (size_t i = 0; i < reader->spec->n_wants; i++)
        reader->fields[i] = rask_csv_head_column(head, reader->spec->wants[i].name);
}

/* Whether more than the longest record had to be looked at for the head, which does not depend on
 * how much was read at a time. */
static bool is_head_too_long(const struct rask_csv_reader *reader, rask_status status)
{
    const struct rask_csv_window *window = &reader->window;
    bool is_open = status == RASK_PENDING || reader->head.n_seen == 0;
    size_t n_looked_at = is_open ? window->n_bytes : reader->head.n_seen;
    return status >= 0 && n_looked_at > window->max_record_bytes + 1; /* 1: the line end */
}

/* Reads the begin of the file until its head is known. */
static rask_status find_head(struct rask_csv_reader *reader, struct rask_error *error)
{
    struct rask_csv_window *window = &reader->window;
    bool is_new = false;
    rask_status status = RASK_PENDING;
    while (status == RASK_PENDING) {
        bool is_all = rask_csv_window_is_all(window);
        if (!is_all) {
            status = rask_csv_window_fill(window, error);
            if (status != RASK_OK)
                return status;
        }
        struct rask_csv_begin begin = {.path = window->file.path,
                                       .bytes = window->bytes,
                                       .n_bytes = window->n_bytes,
                                       .is_all = rask_csv_window_is_all(window)};
        status = rask_csv_head_find(&reader->head, &reader->spec->dialect, &begin, &is_new, error);
        if (is_head_too_long(reader, status))
            return rask_csv_window_too_long(window, 0, error);
    }
    if (status == RASK_OK && is_new)
        map_columns(reader);
    window->scan.delimiter = reader->head.delimiter;
    return status;
}

/* Puts the window at the range's first record. */
static rask_status find_first(struct rask_csv_reader *reader, const struct rask_csv_range *range,
                              struct rask_error *error)
{
    struct rask_csv_window *window = &reader->window;
    if (range->first_start != RASK_CSV_GUESS && range->first_start >= reader->head.n_skip) {
        rask_csv_window_seek(window, range->first_start);
        return RASK_OK;
    }
    window->start = reader->head.n_skip;
    rask_status status = rask_csv_window_skip_empty(window, error);
    uint64_t data = window->base + window->start;
    if (status != RASK_OK || range->start <= data)
        return status;
    return rask_csv_window_guess(window, data, range->start, reader->head.n_columns, error);
}

static rask_status start(struct rask_csv_reader *reader, const struct rask_csv_range *range,
                         struct rask_error *error)
{
    struct rask_csv_window *window = &reader->window;
    uint64_t n_file = window->file.identity.n_bytes;
    uint64_t end = range->end < n_file ? range->end : n_file;
    rask_csv_window_seek(window, 0);
    window->wanted_end = range->start == 0 ? end : HEAD_BYTES;
    rask_status status = find_head(reader, error);
    if (status != RASK_OK)
        return status;
    window->wanted_end = end;
    reader->first_start = n_file;
    if (reader->head.n_columns > 0 && range->start < n_file) {
        status = find_first(reader, range, error);
        if (status == RASK_OK)
            reader->first_start = window->base + window->start;
        else if (status == RASK_END) /* no guess: none of the range's rows */
            status = RASK_OK;
    }
    reader->end = range->end;
    reader->is_past = reader->first_start >= range->end || reader->first_start >= n_file;
    reader->next_start = reader->first_start;
    return status;
}

rask_status rask_csv_reader_start(struct rask_csv_reader *reader,
                                  const struct rask_csv_range *range, struct rask_error *error)
{
    rask_file_close(&reader->window.file);
    reader->is_over = true;
    reader->odd.kind = ODD_NOTHING;
    reader->file = range->file;
    reader->first_start = reader->next_start = UINT64_MAX;
    rask_status status = rask_file_open(&reader->window.file, range->path, range->identity, error);
    if (status == RASK_OK)
        status = start(reader, range, error);
    if (status != RASK_OK)
        rask_file_close(&reader->window.file);
    reader->is_over = status != RASK_OK;
    return status;
}

void rask_csv_reader_bounds(const struct rask_csv_reader *reader, uint64_t *first_start,
                            uint64_t *next_start)
{
    *first_start = reader->first_start;
    *next_start = reader->next_start;
}

static rask_status ragged(struct rask_csv_reader *reader, struct rask_error *error)
{
    struct rask_csv_window *window = &reader->window;
    uint32_t n_columns = reader->head.n_columns, n_fields = reader->odd.n_fields;
    uint64_t line = rask_csv_window_line(window, window->base + reader->odd.at);
    return rask_error_set(
        error, RASK_ERR_FORMAT, "%s: line %llu: %u field%s where the %s has %u%s",
        window->file.path, (unsigned long long)line, n_fields, n_fields == 1 ? "" : "s",
        reader->spec->dialect.has_no_header ? "first record" : "header", n_columns,
        n_fields < n_columns ? "; --fill-short takes what is short as missing values" : "");
}

/* Whether a record of another number of fields than the header's is taken as it is. */
static bool takes_odd(const struct rask_csv_reader *reader, uint32_t n_fields)
{
    return reader->spec->dialect.fills_short && n_fields < reader->head.n_columns;
}

/* Where the record behind the line end at `end` begins. */
static size_t behind(struct rask_csv_window *window, size_t end)
{
    if (end + 1 > window->n_bytes)
        return window->n_bytes; /* the line end that the last record lacks */
    if (window->bytes[end] != '\r')
        return end + 1;
    window->has_pending_feed = end + 1 == window->n_bytes;
    return end + 1 + (end + 1 < window->n_bytes && window->bytes[end + 1] == '\n');
}

/* Whether a record of that many fields may be a row; one of another number than the header's is
 * noted. */
static bool takes_record(struct rask_csv_reader *reader, uint32_t n_fields)
{
    if (__builtin_expect(n_fields == reader->head.n_columns, 1))
        return true;
    reader->rows.has_short = true;
    return takes_odd(reader, n_fields);
}

/* The first NUL byte in what was scanned, or SIZE_MAX. */
static size_t find_nul(const struct rask_csv_reader *reader)
{
    const struct rask_csv_window *window = &reader->window;
    if (__builtin_expect(!window->scan.has_nul, 1))
        return SIZE_MAX;
    const char *from = window->bytes + window->start;
    const char *nul = memchr(from, 0, window->scanned - window->start);
    return nul != NULL ? (size_t)(nul - window->bytes) : SIZE_MAX;
}

/* Makes rows of the complete records up to the range's end, or to the first odd one. */
static void form_rows(struct rask_csv_reader *reader)
{
    struct rask_csv_window *window = &reader->window;
    struct rask_csv_rows *rows = &reader->rows;
    const struct rask_csv_scan *scan = &window->scan;
    const uint64_t limit = reader->end - window->base;
    const size_t nul = find_nul(reader);
    const size_t max_record = (size_t)window->max_record_bytes;
    const bool may_be_long = window->n_bytes - window->start > max_record;
    uint32_t first_mark = 0, n_rows = 0;
    size_t at = window->start;
    rows->has_short = false;
    for (uint32_t i = 0; i < scan->n_ends && at < limit; i++) {
        uint32_t last_mark = scan->ends[i], n_fields = last_mark - first_mark + 1;
        size_t end = scan->marks[last_mark];
        if (n_fields != 1 || end != at) {
            bool has_nul = nul < end, is_long = may_be_long && end - at > max_record;
            if (__builtin_expect(is_long || has_nul || !takes_record(reader, n_fields), 0)) {
                reader->odd = (struct odd){.kind = is_long   ? ODD_LENGTH
                                                   : has_nul ? ODD_NUL
                                                             : ODD_FIELDS,
                                           .n_fields = n_fields,
                                           .at = has_nul && !is_long ? nul : at};
                break;
            }
            rows->starts[n_rows] = (uint32_t)at;
            rows->first_marks[n_rows] = first_mark;
            rows->n_fields[n_rows] = n_fields;
            rows->offsets[n_rows++] = window->base + at;
        }
        first_mark = last_mark + 1;
        at = behind(window, end);
    }
    rows->bytes = window->bytes;
    rows->marks = scan->marks;
    rows->n_rows = n_rows;
    window->start = at;
    reader->is_past = at >= limit;
}

static rask_status unfit(struct rask_csv_reader *reader, struct rask_error *error)
{
    uint32_t want = reader->odd.want, row = reader->odd.row;
    const struct rask_csv_want *wanted = &reader->spec->wants[want];
    struct rask_csv_window *window = &reader->window;
    char shown[SHOWN_VALUE_BYTES + 4];
    size_t n;
    const char *text = rask_csv_rows_field(&reader->rows, row, reader->fields[want], &n);
    text = rask_csv_value_trim(text, &n);
    snprintf(shown, sizeof shown, "%.*s%s", (int)(n < SHOWN_VALUE_BYTES ? n : SHOWN_VALUE_BYTES),
             text, n > SHOWN_VALUE_BYTES ? "..." : "");
    uint64_t line = rask_csv_window_line(window, reader->rows.offsets[row]);
    char name[RASK_SHOWN_BYTES];
    (void)rask_text_show(name, wanted->name);
    if (wanted->is_unknown)
        return rask_error_set(
            error, RASK_ERR_TYPE,
            "%s: line %llu, column %s: '%s' is a value where the sample of the files had none, so "
            "that nothing is known of the type; say --types %s=TYPE (such as int64, float64, date "
            "or text)",
            window->file.path, (unsigned long long)line, name, shown, name);
    const char *better =
        wanted->type == RASK_TYPE_INT64 && !wanted->is_declared ? "float64 or " : "";
    return rask_error_set(
        error, RASK_ERR_TYPE,
        "%s: line %llu, column %s: '%s' is no %s; say --types %s=TYPE with a type that "
        "fits all its values (%stext)",
        window->file.path, (unsigned long long)line, name, shown, rask_type_name(wanted->type),
        name, better);
}

static rask_status parse_column(struct rask_csv_reader *reader, size_t want,
                                struct rask_error *error)
{
    const struct rask_csv_want *wanted = &reader->spec->wants[want];
    struct rask_csv_values *values = &reader->values[want];
    struct rask_csv_parse parse = {.missing = &reader->missing,
                                   .arena = &reader->arena,
                                   .field = reader->fields[want],
                                   .type = wanted->type,
                                   .is_declared = wanted->is_declared,
                                   .is_unknown = wanted->is_unknown};
    uint32_t row = rask_csv_column_parse(&parse, &reader->rows, values);
    if (row == RASK_CSV_NO_MEMORY)
        return rask_error_memory(error, reader->window.n_bytes, "quoted text");
    if (row < reader->rows.n_rows) {
        reader->odd = (struct odd){.kind = ODD_VALUE, .row = row, .want = (uint32_t)want};
        reader->rows.n_rows = row;
    }
    struct rask_column *column = &reader->columns[want];
    *column = (struct rask_column){.type = (uint32_t)wanted->type};
    column->missing = values->n_missing > 0 ? values->missing : NULL;
    if (wanted->type == RASK_TYPE_TEXT)
        column->values.texts = values->values.texts;
    else if (wanted->type == RASK_TYPE_FLOAT64)
        column->values.doubles = values->values.doubles;
    else
        column->values.ints = values->values.ints;
    return RASK_OK;
}

static rask_status parse_batch(struct rask_csv_reader *reader, struct rask_error *error)
{
    rask_csv_arena_reset(&reader->arena);
    for (size_t i = 0; i < reader->spec->n_wants; i++) {
        rask_status status = parse_column(reader, i, error);
        if (status != RASK_OK)
            return status;
    }
    reader->batch = (struct rask_batch){.n_rows = reader->rows.n_rows,
                                        .n_columns = (uint32_t)reader->spec->n_wants,
                                        .file = reader->file,
                                        .offsets = reader->rows.offsets,
                                        .columns = reader->columns};
    return RASK_OK;
}

static rask_status found_nul(struct rask_csv_reader *reader, struct rask_error *error)
{
    const struct rask_csv_window *window = &reader->window;
    size_t at = reader->odd.at;
    return rask_csv_refuse_nul(window->file.path, window->bytes + at, 1, window->base + at, error);
}

static rask_status tell_odd(struct rask_csv_reader *reader, struct rask_error *error)
{
    if (reader->odd.kind == ODD_LENGTH)
        return rask_csv_window_too_long(&reader->window, reader->odd.at, error);
    if (reader->odd.kind == ODD_FIELDS)
        return ragged(reader, error);
    return reader->odd.kind == ODD_NUL ? found_nul(reader, error) : unfit(reader, error);
}

/* Scans until the range has more rows, is past, or an odd record comes; n_rows may then be 0. */
static rask_status next_rows(struct rask_csv_reader *reader, struct rask_error *error)
{
    struct rask_csv_window *window = &reader->window;
    reader->rows.n_rows = 0;
    while (!reader->is_past && reader->rows.n_rows == 0 && reader->odd.kind == ODD_NOTHING) {
        rask_csv_window_consume(window);
        rask_status status = rask_csv_window_scan(window, error);
        if (status == RASK_OK)
            form_rows(reader);
        else if (status == RASK_END)
            reader->is_past = true;
        if (status < 0)
            return status;
    }
    return RASK_OK;
}

/* All rows were given: finds next_start and looks whether the file is still the same. */
static rask_status finish(struct rask_csv_reader *reader, struct rask_error *error)
{
    struct rask_csv_window *window = &reader->window;
    rask_status status = rask_csv_window_skip_empty(window, error);
    if (status == RASK_OK)
        status = rask_file_check(&window->file, error);
    if (status == RASK_OK && reader->first_start < window->file.identity.n_bytes)
        reader->next_start = window->base + window->start;
    return status;
}

static rask_status next(struct rask_csv_reader *reader, struct rask_error *error)
{
    if (reader->odd.kind != ODD_NOTHING)
        return tell_odd(reader, error);
    rask_status status = next_rows(reader, error);
    if (status == RASK_OK && reader->rows.n_rows > 0)
        status = parse_batch(reader, error);
    if (status != RASK_OK || reader->rows.n_rows > 0)
        return status;
    if (reader->odd.kind != ODD_NOTHING)
        return tell_odd(reader, error);
    status = finish(reader, error);
    return status == RASK_OK ? RASK_END : status;
}

/* A file with a NUL near its begin is binary, and whatever else was found wrong with it follows
 * from that. The bytes go into the window, which is of no more use. */
static rask_status blame_binary(struct rask_csv_reader *reader, rask_status status,
                                struct rask_error *error)
{
    struct rask_csv_window *window = &reader->window;
    size_t n_read = 0;
    if (status != RASK_ERR_FORMAT && status != RASK_ERR_TYPE && status != RASK_ERR_LIMIT)
        return status;
    if (rask_file_read(&window->file, 0, window->bytes, BINARY_BYTES, &n_read) != RASK_OK)
        return status;
    rask_status found = rask_csv_refuse_nul(window->file.path, window->bytes, n_read, 0, error);
    return found != RASK_OK ? found : status;
}

rask_status rask_csv_reader_next(struct rask_csv_reader *reader, const struct rask_batch **batch,
                                 struct rask_error *error)
{
    if (reader->is_over)
        return RASK_END;
    rask_status status = next(reader, error);
    if (status == RASK_OK) {
        *batch = &reader->batch;
        return RASK_OK;
    }
    reader->is_over = true;
    status = blame_binary(reader, status, error);
    rask_file_close(&reader->window.file);
    return status;
}

uint64_t rask_csv_reader_line(struct rask_csv_reader *reader, uint64_t offset)
{
    return rask_csv_window_line(&reader->window, offset);
}
