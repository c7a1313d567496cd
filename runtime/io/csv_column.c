/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_column.c: parses one wanted column of a batch.
 *
 * A loop per type. Its fast path takes what nearly all values look like, from eight bytes at a
 * time; everything else (quotes, blanks, missing words, long or odd numbers) goes through one slow
 * function per type, so that both always agree. Entry point: rask_csv_column_parse. */
#include "io/csv_column.h"

#include "base/alloc.h"
#include "io/number.h"
#include "kern/caltime.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#define EACH_BYTE UINT64_C(0x0101010101010101)
#define CHUNK_BYTES 65536

struct rask_csv_arena_chunk {
    struct rask_csv_arena_chunk *before;
    size_t used, capacity;
    char bytes[];
};

void rask_csv_arena_reset(struct rask_csv_arena *arena)
{
    while (arena->chunk != NULL && arena->chunk->before != NULL) {
        struct rask_csv_arena_chunk *before = arena->chunk->before;
        arena->chunk->before = before->before;
        rask_free(before);
    }
    if (arena->chunk != NULL)
        arena->chunk->used = 0;
}

void rask_csv_arena_release(struct rask_csv_arena *arena)
{
    rask_csv_arena_reset(arena);
    rask_free(arena->chunk);
    arena->chunk = NULL;
}

/* Room for n bytes and the padding behind them, or NULL. */
static char *arena_take(struct rask_csv_arena *arena, size_t n)
{
    size_t wanted = n + RASK_CSV_PADDING;
    struct rask_csv_arena_chunk *chunk = arena->chunk;
    if (chunk == NULL || chunk->capacity - chunk->used < wanted) {
        size_t capacity = wanted > CHUNK_BYTES ? wanted : CHUNK_BYTES;
        struct rask_csv_arena_chunk *made = rask_alloc(sizeof *made + capacity);
        if (made == NULL)
            return NULL;
        memset(made->bytes, 0, capacity); /* the padding is read */
        made->before = chunk;
        made->used = 0;
        made->capacity = capacity;
        arena->chunk = chunk = made;
    }
    char *room = chunk->bytes + chunk->used;
    chunk->used += n;
    return room;
}

/* One field of all rows. A copy of what the loops need: in a local variable it stays in registers,
 * while storing values may change `rows` for all that the compiler knows. */
struct fields {
    const struct rask_csv_rows *rows;
    const char *bytes;
    const uint32_t *marks;
    uint32_t n_rows;
    uint32_t field;
    bool has_short;
};

static inline struct fields fields_of(const struct rask_csv_rows *rows, uint32_t field)
{
    return (struct fields){rows, rows->bytes, rows->marks, rows->n_rows, field, rows->has_short};
}

static inline const char *locate(const struct fields *fields, uint32_t row, size_t *n)
{
    uint32_t first = fields->rows->first_marks[row], field = fields->field;
    if (__builtin_expect(fields->has_short, 0) && field >= fields->rows->n_fields[row]) {
        *n = 0;
        return fields->bytes + fields->rows->starts[row];
    }
    uint32_t begin = field == 0 ? fields->rows->starts[row] : fields->marks[first + field - 1] + 1;
    *n = fields->marks[first + field] - begin;
    return fields->bytes + begin;
}

const char *rask_csv_rows_field(const struct rask_csv_rows *rows, uint32_t row, uint32_t field,
                                size_t *n)
{
    struct fields fields = fields_of(rows, field);
    return locate(&fields, row, n);
}

static const char *trim_blanks(const char *text, size_t *n)
{
    const char *end = text + *n;
    while (text < end && (*text == ' ' || *text == '\t'))
        text++;
    while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *n = (size_t)(end - text);
    return text;
}

const char *rask_csv_value_trim(const char *text, size_t *n)
{
    if (*n >= 2 && text[0] == '"' && text[*n - 1] == '"' && memchr(text + 1, '"', *n - 2) == NULL) {
        text++;
        *n -= 2;
    }
    return trim_blanks(text, n);
}

/* Eight digits, the first in the lowest byte, each byte 0 .. 9 (no ASCII). */
static inline uint64_t digits8(uint64_t digits)
{
    digits = digits * 10 + (digits >> 8);
    return ((digits & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064) +
            (digits >> 16 & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001)) >>
           32;
}

/* Whether all bytes are 0 .. 9. */
static inline bool are_digits(uint64_t bytes)
{
    return ((bytes + 0x76 * EACH_BYTE) | bytes) & (0x80 * EACH_BYTE) ? false : true;
}

/* Eight bytes of text with '0' taken off each. */
static inline uint64_t load8(const char *text)
{
    uint64_t bytes;
    memcpy(&bytes, text, sizeof bytes);
    return le64toh(bytes) ^ '0' * EACH_BYTE;
}

enum outcome { VALUE, MISSING, UNFIT };

static enum outcome slow_int(const struct rask_csv_parse *parse, const char *text, size_t n,
                             int64_t *value)
{
    text = rask_csv_value_trim(text, &n);
    if (rask_missing_has(parse->missing, text, n))
        return MISSING;
    if (!parse->is_declared && rask_number_has_leading_zero(text, n))
        return UNFIT;
    return rask_number_int64(text, n, value) ? VALUE : UNFIT;
}

static enum outcome slow_float(const struct rask_csv_parse *parse, const char *text, size_t n,
                               double *value)
{
    text = rask_csv_value_trim(text, &n);
    if (rask_missing_has(parse->missing, text, n))
        return MISSING;
    return rask_number_float64(text, n, value) ? VALUE : UNFIT;
}

/* bool, date, datetime. */
static enum outcome slow_other(const struct rask_csv_parse *parse, const char *text, size_t n,
                               int64_t *value)
{
    text = rask_csv_value_trim(text, &n);
    if (rask_missing_has(parse->missing, text, n))
        return MISSING;
    if (parse->type == RASK_TYPE_DATE)
        return rask_date_parse(text, n, value) ? VALUE : UNFIT;
    if (parse->type == RASK_TYPE_BOOL) {
        if (parse->is_declared && n == 1 && (text[0] == '0' || text[0] == '1')) {
            *value = text[0] - '0';
            return VALUE;
        }
        return rask_number_bool(text, n, value) ? VALUE : UNFIT;
    }
    int64_t days;
    if (rask_datetime_parse(text, n, value))
        return VALUE;
    if (!rask_date_parse(text, n, &days))
        return UNFIT;
    *value = rask_date_to_datetime(days);
    return VALUE;
}

/* Up to eight digits after an optional minus, without a leading zero. */
static inline bool fast_int(const char *text, size_t n, int64_t *value)
{
    bool is_negative = text[0] == '-';
    text += is_negative;
    n -= is_negative;
    if (n - 1 >= 8 || (text[0] == '0' && n > 1))
        return false;
    uint64_t bytes = load8(text) << (64 - 8 * n);
    if (!are_digits(bytes))
        return false;
    int64_t result = (int64_t)digits8(bytes);
    *value = is_negative ? -result : result;
    return true;
}

static const uint64_t whole_tens[16] = {1,      10,      100,      1000,     10000,
                                        100000, 1000000, 10000000, 100000000};

/* Up to seven digits, a point, up to eight digits: an integer below 2^53 over a power of ten that
 * is a double, so that one division rounds correctly. Or up to eight digits. Written without a
 * branch: lengths of neighbouring values differ at random, and a branch guessed wrong costs more
 * than all of this. What is no such number gives false and any value. */
static inline bool fast_float(const char *text, size_t n, double *value)
{
    static const double tens[16] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
                                    1e8, 1,   1,   1,   1,   1,   1,   1};
    bool is_negative = text[0] == '-';
    text += is_negative;
    n -= is_negative;
    uint64_t bytes = load8(text);
    uint64_t others = ((bytes + 0x76 * EACH_BYTE) | bytes) & (0x80 * EACH_BYTE);
    size_t n_digits = (size_t)__builtin_ctzll(others | UINT64_C(1) << 63) >> 3;
    n_digits += others == 0;
    size_t n_whole = n_digits < n ? n_digits : n;
    size_t has_point = n_whole < n;
    size_t n_fraction = n - n_whole - has_point;
    uint64_t fraction = load8(text + n_whole + 1) << ((0 - 8 * n_fraction) & 63);
    fraction &= (uint64_t)0 - (uint64_t)(n_fraction > 0);
    uint64_t whole = bytes << ((0 - 8 * n_whole) & 63);
    uint64_t digits = digits8(whole) * whole_tens[n_fraction & 15] + digits8(fraction);
    double result = (double)(int64_t)digits / tens[n_fraction & 15];
    uint64_t sign = (uint64_t)is_negative << 63, result_bits;
    memcpy(&result_bits, &result, sizeof result_bits);
    result_bits ^= sign;
    memcpy(value, &result_bits, sizeof *value);
    return (n - 1 < 16) & (n_whole > 0) & (n_fraction <= 8) & are_digits(fraction) &
           (!has_point | (text[n_whole] == '.')) & (digits >> 53 == 0);
}

/* Up to eight digits, a point, 9 to 16 digits, 19 in all: what programs write that print doubles in
 * full. */
static inline bool long_float(const char *text, size_t n, double *value)
{
    bool is_negative = text[0] == '-';
    text += is_negative;
    n -= is_negative;
    if (n < 11 || n > 20)
        return false;
    uint64_t bytes = load8(text);
    uint64_t others = ((bytes + 0x76 * EACH_BYTE) | bytes) & (0x80 * EACH_BYTE);
    size_t n_whole = others != 0 ? (size_t)__builtin_ctzll(others) >> 3 : 8;
    size_t n_last = n - n_whole - 9;
    if (n_whole == 0 || text[n_whole] != '.' || n_last - 1 >= 8)
        return false;
    uint64_t middle = load8(text + n_whole + 1);
    uint64_t last = load8(text + n_whole + 9) << (64 - 8 * n_last);
    if (!are_digits(middle) || !are_digits(last))
        return false;
    uint64_t digits = digits8(bytes << (64 - 8 * n_whole)) * whole_tens[8] + digits8(middle);
    double result =
        rask_number_decimal(digits * whole_tens[n_last] + digits8(last), (unsigned)n_last + 8);
    *value = is_negative ? -result : result;
    return true;
}

static inline void set_missing(struct rask_csv_values *values, uint32_t row)
{
    values->missing[row] = 1;
    values->n_missing++;
}

static uint32_t parse_ints(const struct rask_csv_parse *parse, const struct rask_csv_rows *rows,
                           struct rask_csv_values *values)
{
    const struct fields fields = fields_of(rows, parse->field);
    bool is_fast = !parse->missing->has_number;
    for (uint32_t row = 0; row < fields.n_rows; row++) {
        size_t n;
        const char *text = locate(&fields, row, &n);
        int64_t value = 0;
        if (!is_fast || !fast_int(text, n, &value)) {
            enum outcome outcome = slow_int(parse, text, n, &value);
            if (outcome == UNFIT)
                return row;
            if (outcome == MISSING) {
                value = 0;
                set_missing(values, row);
            }
        }
        values->values.ints[row] = value;
    }
    return rows->n_rows;
}

/* One value that the fast way does not take. */
static enum outcome other_float(const struct rask_csv_parse *parse, const char *text, size_t n,
                                double *value)
{
    if (!parse->missing->has_number && long_float(text, n, value))
        return VALUE;
    return slow_float(parse, text, n, value);
}

/* Two passes: the first converts what the fast way can and lists the other rows, so that neither
 * has a branch that goes now this way and now that. */
static uint32_t parse_floats(const struct rask_csv_parse *parse, const struct rask_csv_rows *rows,
                             struct rask_csv_values *values)
{
    const struct fields fields = fields_of(rows, parse->field);
    const bool is_fast = !parse->missing->has_number;
    uint16_t others[RASK_BATCH_ROWS];
    uint32_t n_others = 0;
    for (uint32_t row = 0; row < fields.n_rows; row++) {
        size_t n;
        const char *text = locate(&fields, row, &n);
        others[n_others] = (uint16_t)row;
        n_others += !(fast_float(text, n, &values->values.doubles[row]) & is_fast);
    }
    for (uint32_t i = 0; i < n_others; i++) {
        size_t n;
        uint32_t row = others[i];
        const char *text = locate(&fields, row, &n);
        double *value = &values->values.doubles[row];
        enum outcome outcome = other_float(parse, text, n, value);
        if (outcome == UNFIT)
            return row;
        if (outcome == MISSING) {
            *value = NAN;
            set_missing(values, row);
        }
    }
    return rows->n_rows;
}

static uint32_t parse_others(const struct rask_csv_parse *parse, const struct rask_csv_rows *rows,
                             struct rask_csv_values *values)
{
    const struct fields fields = fields_of(rows, parse->field);
    for (uint32_t row = 0; row < fields.n_rows; row++) {
        size_t n;
        const char *text = locate(&fields, row, &n);
        int64_t value = 0;
        enum outcome outcome = slow_other(parse, text, n, &value);
        if (outcome == UNFIT)
            return row;
        if (outcome == MISSING)
            set_missing(values, row);
        values->values.ints[row] = value;
    }
    return rows->n_rows;
}

/* A field that begins with a quote. The common case lies in the text as it is; 0, or -1: no memory.
 */
static int quoted_text(const struct rask_csv_parse *parse, struct rask_slice *slice)
{
    const char *text = slice->data;
    size_t n = slice->length;
    if (n >= 2 && text[n - 1] == '"' && memchr(text + 1, '"', n - 2) == NULL) {
        *slice = (struct rask_slice){text + 1, n - 2};
        return 0;
    }
    char *decoded = arena_take(parse->arena, n);
    if (decoded == NULL)
        return -1;
    *slice = (struct rask_slice){decoded, rask_csv_field_decode(text, n, decoded)};
    return 0;
}

static uint32_t parse_texts(const struct rask_csv_parse *parse, const struct rask_csv_rows *rows,
                            struct rask_csv_values *values)
{
    const struct fields fields = fields_of(rows, parse->field);
    const uint8_t *begins = parse->missing->begins;
    for (uint32_t row = 0; row < fields.n_rows; row++) {
        size_t n;
        const char *text = locate(&fields, row, &n);
        struct rask_slice slice = {text, n};
        if (n == 0) {
            set_missing(values, row);
        } else if (__builtin_expect(begins[(uint8_t)text[0]], 0) &&
                   rask_missing_search(parse->missing, text, n)) {
            slice.length = 0;
            set_missing(values, row);
        } else if (text[0] == '"' && quoted_text(parse, &slice) != 0) {
            return RASK_CSV_NO_MEMORY;
        }
        values->values.texts[row] = slice;
    }
    return rows->n_rows;
}

/* The first row with a value, of a column whose type nobody knows. */
static uint32_t find_value(const struct rask_csv_parse *parse, const struct rask_csv_rows *rows)
{
    const struct fields fields = fields_of(rows, parse->field);
    for (uint32_t row = 0; row < fields.n_rows; row++) {
        size_t n;
        const char *text = locate(&fields, row, &n);
        text = rask_csv_value_trim(text, &n);
        if (!rask_missing_has(parse->missing, text, n))
            return row;
    }
    return rows->n_rows;
}

static uint32_t fill_missing(const struct rask_csv_parse *parse, const struct rask_csv_rows *rows,
                             struct rask_csv_values *values)
{
    memset(values->missing, 1, rows->n_rows);
    values->n_missing = rows->n_rows;
    for (uint32_t row = 0; row < rows->n_rows; row++) {
        if (parse->type == RASK_TYPE_TEXT)
            values->values.texts[row] = (struct rask_slice){rows->bytes, 0};
        else if (parse->type == RASK_TYPE_FLOAT64)
            values->values.doubles[row] = NAN;
        else
            values->values.ints[row] = 0;
    }
    return rows->n_rows;
}

uint32_t rask_csv_column_parse(const struct rask_csv_parse *parse, const struct rask_csv_rows *rows,
                               struct rask_csv_values *values)
{
    values->n_missing = 0;
    if (parse->field == RASK_CSV_ABSENT)
        return fill_missing(parse, rows, values);
    memset(values->missing, 0, rows->n_rows);
    if (parse->type == RASK_TYPE_INT64)
        return parse_ints(parse, rows, values);
    if (parse->type == RASK_TYPE_FLOAT64)
        return parse_floats(parse, rows, values);
    if (parse->type == RASK_TYPE_TEXT) {
        uint32_t first = parse->is_unknown ? find_value(parse, rows) : rows->n_rows;
        uint32_t parsed = parse_texts(parse, rows, values);
        return parsed == RASK_CSV_NO_MEMORY ? parsed : first;
    }
    return parse_others(parse, rows, values);
}
