/* SPDX-License-Identifier: BSD-3-Clause */
/* print.c: results as text. */
#include "kern/print.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/fmt.h"
#include "kern/caltime.h"
#include "kern/limbs.h"
#include "kern/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PIECE_BYTES 65536
#define MAX_TEXT_COLUMNS 60 /* of a text in a table */
#define MAX_DECIMALS 6
#define GAP "  "

struct printer {
    const struct rask_result *result;
    rask_print_sink *sink;
    void *context;
    struct rask_error *error;
    struct rask_buf buf;
    int is_out_of_memory;
};

static void put(struct printer *p, const void *bytes, size_t n)
{
    if (rask_buf_append(&p->buf, bytes, n) != 0)
        p->is_out_of_memory = 1;
}

static void put_text(struct printer *p, const char *text)
{
    put(p, text, strlen(text));
}

static rask_status flush(struct printer *p, size_t from_bytes)
{
    if (p->is_out_of_memory)
        return rask_error_memory(p->error, p->buf.size, "the printed result");
    if (p->buf.size < from_bytes || p->buf.size == 0)
        return RASK_OK;
    rask_status status = p->sink(p->context, p->buf.data, p->buf.size, p->error);
    rask_buf_clear(&p->buf);
    return status;
}

int rask_print_format_find(const char *name, rask_print_format *format)
{
    static const char *const names[] = {"table", "csv", "json"};
    for (int i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0) {
            *format = (rask_print_format)i;
            return 1;
        }
    return 0;
}

/* cells as text */

static void put_wide(struct printer *p, const struct rask_cell *cell)
{
    char digits[48];
    size_t at = sizeof digits;
    rask_u128 rest = (rask_u128)(uint64_t)cell->value.wide.high << 64 | cell->value.wide.low;
    if (cell->value.wide.high < 0)
        rest = -rest;
    do
        digits[--at] = (char)('0' + (int)(rest % 10));
    while ((rest /= 10) != 0);
    if (cell->value.wide.high < 0)
        digits[--at] = '-';
    put(p, digits + at, sizeof digits - at);
}

/* Every type but text, missing and float64; none of these needs quotes or escapes in any format. */
static void put_plain(struct printer *p, const struct rask_cell *cell)
{
    char text[RASK_DATE_TEXT_BYTES];
    switch (cell->type) {
    case RASK_CELL_WIDE:
        put_wide(p, cell);
        break;
    case RASK_TYPE_BOOL:
        put_text(p, cell->value.number ? "true" : "false");
        break;
    case RASK_TYPE_DATE:
        put(p, text, rask_date_print(cell->value.number, text));
        break;
    case RASK_TYPE_DATETIME:
        put(p, text, rask_datetime_print(cell->value.number, text));
        break;
    default:
        put(p, text, (size_t)snprintf(text, sizeof text, "%lld", (long long)cell->value.number));
    }
}

static void put_shortest(struct printer *p, double value)
{
    char text[RASK_FORMAT_BYTES];
    if (isnan(value))
        put_text(p, "nan");
    else if (isinf(value))
        put_text(p, value < 0 ? "-inf" : "inf");
    else
        put_text(p, rask_format_double(text, sizeof text, value));
}

/* csv */

static void put_csv_text(struct printer *p, const char *text, size_t n)
{
    int needs_quotes = n == 0 || text[0] == ' ' || text[n - 1] == ' ';
    for (size_t i = 0; i < n && !needs_quotes; i++)
        needs_quotes = text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r';
    if (!needs_quotes) {
        put(p, text, n);
        return;
    }
    put(p, "\"", 1);
    for (size_t i = 0; i < n; i++)
        put(p, text[i] == '"' ? "\"\"" : text + i, text[i] == '"' ? 2 : 1);
    put(p, "\"", 1);
}

static void put_csv_cell(struct printer *p, const struct rask_cell *cell)
{
    if (cell->is_missing)
        return;
    if (cell->type == RASK_TYPE_TEXT)
        put_csv_text(p, cell->value.text.data, cell->value.text.length);
    else if (cell->type == RASK_TYPE_FLOAT64)
        put_shortest(p, cell->value.real);
    else
        put_plain(p, cell);
}

static rask_status print_csv(struct printer *p)
{
    uint32_t n_columns = rask_result_n_columns(p->result);
    for (uint32_t c = 0; c < n_columns; c++) {
        const char *name = rask_result_name(p->result, c);
        put(p, ",", c > 0);
        put_csv_text(p, name, strlen(name));
    }
    put(p, "\n", 1);
    rask_status status = RASK_OK;
    for (uint64_t row = 0; row < rask_result_n_rows(p->result) && status == RASK_OK; row++) {
        for (uint32_t c = 0; c < n_columns; c++) {
            struct rask_cell cell = rask_result_cell(p->result, row, c);
            put(p, ",", c > 0);
            put_csv_cell(p, &cell);
        }
        put(p, "\n", 1);
        status = flush(p, PIECE_BYTES);
    }
    return status == RASK_OK ? flush(p, 0) : status;
}

/* json */

static void put_json_text(struct printer *p, const char *text, size_t n)
{
    char escape[8];
    uint32_t character;
    put(p, "\"", 1);
    for (size_t at = 0, length; at < n; at += length) {
        length = rask_utf8_read(text + at, n - at, &character);
        if (character == '"' || character == '\\')
            put(p, escape, (size_t)snprintf(escape, sizeof escape, "\\%c", (int)character));
        else if (character == '\n' || character == '\t')
            put_text(p, character == '\n' ? "\\n" : "\\t");
        else if (character < 0x20 || character == 0x7f)
            put(p, escape,
                (size_t)snprintf(escape, sizeof escape, "\\u%04x", (unsigned)character & 0xff));
        else
            put(p, text + at, length);
    }
    put(p, "\"", 1);
}

static void put_json_cell(struct printer *p, const struct rask_cell *cell)
{
    int is_quoted = cell->type == RASK_TYPE_DATE || cell->type == RASK_TYPE_DATETIME;
    if (cell->is_missing || (cell->type == RASK_TYPE_FLOAT64 && !isfinite(cell->value.real))) {
        put_text(p, "null");
    } else if (cell->type == RASK_TYPE_TEXT) {
        put_json_text(p, cell->value.text.data, cell->value.text.length);
    } else if (cell->type == RASK_TYPE_FLOAT64) {
        put_shortest(p, cell->value.real);
    } else {
        put(p, "\"", (size_t)is_quoted);
        put_plain(p, cell);
        put(p, "\"", (size_t)is_quoted);
    }
}

/* A text as an error shows it: its begin, and \xe9 for a byte that is no UTF-8. */
static const char *show_bytes(char shown[RASK_SHOWN_BYTES], const char *text, size_t n)
{
    size_t at = 0, used = 0, length;
    uint32_t character;
    for (; at < n && used + 8 < RASK_SHOWN_BYTES; at += length) {
        length = rask_utf8_read(text + at, n - at, &character);
        if (rask_utf8_is_bad(character, length)) {
            used += (size_t)snprintf(shown + used, 5, "\\x%02x", (unsigned)text[at] & 0xff);
        } else {
            memcpy(shown + used, text + at, length);
            used += length;
        }
    }
    snprintf(shown + used, 4, "%s", at < n ? "..." : "");
    return shown;
}

static int is_utf8(const char *text, size_t n)
{
    uint32_t character;
    for (size_t at = 0, length; at < n; at += length) {
        length = rask_utf8_read(text + at, n - at, &character);
        if (rask_utf8_is_bad(character, length))
            return 0;
    }
    return 1;
}

static rask_status check_json_text(struct printer *p, const char *text, size_t n, uint32_t c)
{
    char shown[RASK_SHOWN_BYTES], shown_name[RASK_SHOWN_BYTES];
    if (is_utf8(text, n))
        return RASK_OK;
    const char *name = rask_result_name(p->result, c);
    return rask_error_set(
        p->error, RASK_ERR_FORMAT,
        "column %s: '%s' is no UTF-8, and JSON holds nothing else; convert the files first (if "
        "they are Latin-1: iconv -f LATIN1 -t UTF-8), or take --format csv",
        show_bytes(shown_name, name, strlen(name)), show_bytes(shown, text, n));
}

/* Two texts must not become one, and the bytes of a text that is no UTF-8 cannot be kept: such a
 * result is refused before anything of it is printed. */
static rask_status check_json(struct printer *p)
{
    uint32_t n_columns = rask_result_n_columns(p->result);
    rask_status status = RASK_OK;
    for (uint32_t c = 0; c < n_columns && status == RASK_OK; c++) {
        const char *name = rask_result_name(p->result, c);
        status = check_json_text(p, name, strlen(name), c);
        if (rask_result_type(p->result, c) != RASK_TYPE_TEXT)
            continue;
        for (uint64_t row = 0; row < rask_result_n_rows(p->result) && status == RASK_OK; row++) {
            struct rask_cell cell = rask_result_cell(p->result, row, c);
            if (!cell.is_missing)
                status = check_json_text(p, cell.value.text.data, cell.value.text.length, c);
        }
    }
    return status;
}

static rask_status print_json(struct printer *p)
{
    uint32_t n_columns = rask_result_n_columns(p->result);
    rask_status status = check_json(p);
    if (status != RASK_OK)
        return status;
    put_text(p, "[");
    for (uint64_t row = 0; row < rask_result_n_rows(p->result) && status == RASK_OK; row++) {
        put_text(p, row > 0 ? ",\n{" : "\n{");
        for (uint32_t c = 0; c < n_columns; c++) {
            struct rask_cell cell = rask_result_cell(p->result, row, c);
            const char *name = rask_result_name(p->result, c);
            put_text(p, c > 0 ? ", " : "");
            put_json_text(p, name, strlen(name));
            put_text(p, ": ");
            put_json_cell(p, &cell);
        }
        put_text(p, "}");
        status = flush(p, PIECE_BYTES);
    }
    put_text(p, "\n]\n");
    return status == RASK_OK ? flush(p, 0) : status;
}

/* table */

struct table_column {
    uint32_t width; /* terminal columns */
    int decimals; /* of float64 */
    int is_right;
};

/* What a character becomes in a table: itself, or an escape. Returns its width. */
static uint32_t put_shown(struct printer *p, const char *text, uint32_t character, size_t n,
                          int is_put)
{
    char shown[8];
    int n_shown = 0;
    if (rask_utf8_is_bad(character, n))
        n_shown = snprintf(shown, sizeof shown, "\xef\xbf\xbd");
    else if (character == '\n' || character == '\t' || character == '\r')
        n_shown = snprintf(shown, sizeof shown, "\\%c",
                           character == '\n'   ? 'n'
                           : character == '\t' ? 't'
                                               : 'r');
    else if (character < 0x20 || (character >= 0x7f && character < 0xa0))
        n_shown = snprintf(shown, sizeof shown, "\\x%02x", (unsigned)character & 0xff);
    if (is_put)
        put(p, n_shown > 0 ? shown : text, n_shown > 0 ? (size_t)n_shown : n);
    if (n_shown > 0)
        return rask_utf8_is_bad(character, n) ? 1 : (uint32_t)n_shown;
    return (uint32_t)rask_utf8_width(character);
}

/* Shows a text in at most MAX_TEXT_COLUMNS, or only measures it. Returns its width. */
static uint32_t show_text(struct printer *p, const char *text, size_t n, int is_put)
{
    uint32_t width = 0, character;
    size_t fits = 0; /* bytes that leave room for the ellipsis */
    for (size_t at = 0, length; at < n && width <= MAX_TEXT_COLUMNS; at += length) {
        length = rask_utf8_read(text + at, n - at, &character);
        width += put_shown(p, text + at, character, length, 0);
        if (width < MAX_TEXT_COLUMNS)
            fits = at + length;
    }
    int is_cut = width > MAX_TEXT_COLUMNS;
    size_t end = is_cut ? fits : n;
    width = 0;
    for (size_t at = 0, length; at < end; at += length) {
        length = rask_utf8_read(text + at, n - at, &character);
        width += put_shown(p, text + at, character, length, is_put);
    }
    if (is_cut && is_put)
        put_text(p, "\xe2\x80\xa6");
    return width + (uint32_t)is_cut;
}

static int needs_exponent(double value)
{
    double size = fabs(value);
    return size != 0 && (size >= 1e15 || size < 1e-4);
}

/* Digits behind the point in the shortest text, at most MAX_DECIMALS. */
static int decimals_of(double value)
{
    char text[RASK_FORMAT_BYTES];
    if (!isfinite(value) || needs_exponent(value))
        return 0;
    const char *point = strchr(rask_format_double(text, sizeof text, value), '.');
    size_t n = point == NULL ? 0 : strlen(point + 1);
    return n > MAX_DECIMALS ? MAX_DECIMALS : (int)n;
}

/* Puts the cell; it is as wide as it has bytes, but for texts. Returns its width. */
static uint32_t put_table_cell(struct printer *p, const struct rask_cell *cell, int decimals)
{
    size_t start = p->buf.size;
    char text[RASK_FORMAT_BYTES];
    if (cell->is_missing)
        return 0;
    if (cell->type == RASK_TYPE_TEXT)
        return show_text(p, cell->value.text.data, cell->value.text.length, 1);
    if (cell->type != RASK_TYPE_FLOAT64)
        put_plain(p, cell);
    else if (!isfinite(cell->value.real))
        put_shortest(p, cell->value.real);
    else if (needs_exponent(cell->value.real))
        put(p, text, (size_t)snprintf(text, sizeof text, "%.6g", cell->value.real));
    else
        put(p, text, (size_t)snprintf(text, sizeof text, "%.*f", decimals, cell->value.real));
    return (uint32_t)(p->buf.size - start);
}

static void put_blanks(struct printer *p, uint32_t n)
{
    for (; n > 0; n--)
        put(p, " ", 1);
}

static void measure_column(struct printer *p, struct table_column *column, uint32_t c)
{
    const char *name = rask_result_name(p->result, c);
    uint32_t type = rask_result_type(p->result, c);
    uint64_t n_rows = rask_result_n_rows(p->result);
    column->is_right =
        type == RASK_TYPE_INT64 || type == RASK_TYPE_FLOAT64 || type == RASK_CELL_WIDE;
    column->decimals = 0;
    column->width = show_text(p, name, strlen(name), 0);
    for (uint64_t row = 0; row < n_rows && type == RASK_TYPE_FLOAT64; row++) {
        struct rask_cell cell = rask_result_cell(p->result, row, c);
        int decimals = cell.is_missing ? 0 : decimals_of(cell.value.real);
        column->decimals = decimals > column->decimals ? decimals : column->decimals;
    }
    for (uint64_t row = 0; row < n_rows; row++) {
        struct rask_cell cell = rask_result_cell(p->result, row, c);
        uint32_t width = put_table_cell(p, &cell, column->decimals);
        rask_buf_clear(&p->buf);
        column->width = width > column->width ? width : column->width;
    }
}

static void put_header(struct printer *p, const struct table_column *columns, uint32_t n_columns)
{
    for (uint32_t c = 0; c < n_columns; c++) {
        const char *name = rask_result_name(p->result, c);
        uint32_t fill = columns[c].width - show_text(p, name, strlen(name), 0);
        put_text(p, c > 0 ? GAP : "");
        put_blanks(p, columns[c].is_right ? fill : 0);
        show_text(p, name, strlen(name), 1);
        put_blanks(p, columns[c].is_right || c + 1 == n_columns ? 0 : fill);
    }
    put_text(p, "\n");
    for (uint32_t c = 0; c < n_columns; c++) {
        put_text(p, c > 0 ? GAP : "");
        for (uint32_t i = 0; i < columns[c].width; i++)
            put_text(p, "\xe2\x94\x80");
    }
    put_text(p, "\n");
}

/* Cells to the right are put, measured, and moved along by their blanks. */
static void put_aligned(struct printer *p, const struct rask_cell *cell,
                        const struct table_column *column, int is_last)
{
    size_t start = p->buf.size;
    uint32_t fill = column->width - put_table_cell(p, cell, column->decimals);
    size_t n = p->buf.size - start;
    if (column->is_right) {
        put_blanks(p, fill);
        if (p->is_out_of_memory)
            return;
        memmove(p->buf.data + start + fill, p->buf.data + start, n);
        memset(p->buf.data + start, ' ', fill);
    } else if (!is_last) {
        put_blanks(p, fill);
    }
}

static rask_status print_table(struct printer *p)
{
    uint32_t n_columns = rask_result_n_columns(p->result);
    struct table_column *columns = rask_alloc(n_columns * sizeof *columns);
    if (columns == NULL)
        return rask_error_memory(p->error, n_columns * sizeof *columns, "the printed result");
    for (uint32_t c = 0; c < n_columns; c++)
        measure_column(p, &columns[c], c);
    put_header(p, columns, n_columns);
    rask_status status = RASK_OK;
    for (uint64_t row = 0; row < rask_result_n_rows(p->result) && status == RASK_OK; row++) {
        for (uint32_t c = 0; c < n_columns; c++) {
            struct rask_cell cell = rask_result_cell(p->result, row, c);
            put_text(p, c > 0 ? GAP : "");
            put_aligned(p, &cell, &columns[c], c + 1 == n_columns);
        }
        put_text(p, "\n");
        status = flush(p, PIECE_BYTES);
    }
    rask_free(columns);
    return status == RASK_OK ? flush(p, 0) : status;
}

rask_status rask_print(const struct rask_result *result, rask_print_format format,
                       rask_print_sink *sink, void *context, struct rask_error *error)
{
    struct printer printer = {.result = result, .sink = sink, .context = context, .error = error};
    rask_status status = format == RASK_PRINT_CSV    ? print_csv(&printer)
                         : format == RASK_PRINT_JSON ? print_json(&printer)
                                                     : print_table(&printer);
    rask_buf_release(&printer.buf);
    return status;
}
