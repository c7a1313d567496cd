/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_test.c: the CSV reader as its users see it: values, missing values, errors, and that the way
 * of scanning and the cuts of a file make no difference. */
#include "csv_oracle.h"
#include "unit.h"

#include "base/alloc.h"
#include "base/rng.h"

#include <math.h>
#include <unistd.h>

static const char path[] = "csv_test.tmp.csv";

static const char *write_file(const char *text, size_t n)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fwrite(text, 1, n, file) != n || fclose(file) != 0)
        abort();
    return path;
}

/* One row: its wanted columns as text, joined by '|', missing as '?'. */
struct rows {
    char lines[64][256];
    size_t n;
    rask_status status;
    struct rask_error error;
    uint64_t first_start, next_start;
};

static size_t print_value(char *text, size_t n, const struct rask_column *column, uint32_t row)
{
    if (column->missing != NULL && column->missing[row])
        return (size_t)snprintf(text, n, "?");
    if (column->type == RASK_TYPE_TEXT)
        return (size_t)snprintf(text, n, "%.*s", (int)column->values.texts[row].length,
                                column->values.texts[row].data);
    if (column->type == RASK_TYPE_FLOAT64)
        return (size_t)snprintf(text, n, "%.17g", column->values.doubles[row]);
    return (size_t)snprintf(text, n, "%lld", (long long)column->values.ints[row]);
}

static void print_row(struct rows *rows, const struct rask_batch *batch, uint32_t row)
{
    char *line = rows->lines[rows->n++];
    size_t n = 0;
    for (uint32_t c = 0; c < batch->n_columns; c++) {
        if (c > 0)
            line[n++] = '|';
        n += print_value(line + n, 200 - n, &batch->columns[c], row);
    }
}

static void read_range(const struct rask_csv_spec *spec, const struct rask_csv_range *range,
                       struct rows *rows)
{
    struct rask_csv_reader *reader;
    const struct rask_batch *batch;
    memset(rows, 0, sizeof *rows);
    rows->status = rask_csv_reader_new(&reader, spec, &rows->error);
    if (rows->status != RASK_OK)
        return;
    rows->status = rask_csv_reader_start(reader, range, &rows->error);
    while (rows->status == RASK_OK &&
           (rows->status = rask_csv_reader_next(reader, &batch, &rows->error)) == RASK_OK)
        for (uint32_t row = 0; row < batch->n_rows && rows->n < 64; row++)
            print_row(rows, batch, row);
    rask_csv_reader_bounds(reader, &rows->first_start, &rows->next_start);
    rask_csv_reader_free(reader);
}

static void read_text(const char *text, size_t n, const struct rask_csv_spec *spec,
                      struct rows *rows)
{
    struct rask_csv_range range = {
        .path = write_file(text, n), .end = UINT64_MAX, .first_start = RASK_CSV_GUESS};
    read_range(spec, &range, rows);
}

#define READ(text, spec, rows) read_text(text, sizeof(text) - 1, spec, rows)

static void check_lines(const struct rows *rows, const char *const *wanted, size_t n)
{
    CU_ASSERT_EQUAL(rows->status, RASK_END);
    CU_ASSERT_EQUAL(rows->n, n);
    for (size_t i = 0; i < n && i < rows->n; i++) {
        if (strcmp(rows->lines[i], wanted[i]) != 0)
            printf("\n    got '%s', wanted '%s' ", rows->lines[i], wanted[i]);
        CU_ASSERT_STRING_EQUAL(rows->lines[i], wanted[i]);
    }
}

#define CHECK_LINES(rows, ...)                                          \
    do {                                                                \
        static const char *const wanted_[] = {__VA_ARGS__};             \
        check_lines(rows, wanted_, sizeof wanted_ / sizeof wanted_[0]); \
    } while (0)

static const struct rask_csv_want text_ab[] = {{"a", RASK_TYPE_TEXT, false, false},
                                               {"b", RASK_TYPE_TEXT, false, false}};
static const struct rask_csv_spec spec_ab = {.wants = text_ab, .n_wants = 2};

static void line_ends(void)
{
    struct rows rows;
    READ("a,b\n1,2\n3,4\n", &spec_ab, &rows);
    CHECK_LINES(&rows, "1|2", "3|4");
    READ("a,b\r\n1,2\r\n3,4", &spec_ab, &rows);
    CHECK_LINES(&rows, "1|2", "3|4");
    READ("a,b\r1,2\r3,4\r", &spec_ab, &rows);
    CHECK_LINES(&rows, "1|2", "3|4");
    READ("\n\r\na,b\n\n1,2\r\n\r\n\n3,4\n\n", &spec_ab, &rows);
    CHECK_LINES(&rows, "1|2", "3|4");
    READ("\xef\xbb\xbf"
         "a,b\n1,2\n",
         &spec_ab, &rows);
    CHECK_LINES(&rows, "1|2");
    READ("\xef\xbb\xbf\xef\xbb\xbf"
         "a,b\n1,2\n",
         &spec_ab, &rows);
    CHECK_LINES(&rows, "1|2");
}

static void quotes(void)
{
    struct rows rows;
    READ("a,b\n\"x,y\",\"line\nend\"\n\"say \"\"hi\"\"\",\"\"\"\"\n", &spec_ab, &rows);
    CHECK_LINES(&rows, "x,y|line\nend", "say \"hi\"|\"");
    READ("a,b\n5\"10,6'\"\nx\"y,z\"\"\n", &spec_ab, &rows);
    CHECK_LINES(&rows, "5\"10|6'\"", "x\"y|z\"\"");
    READ("a,b\n\"x\"tail,\"x\" \"y\n", &spec_ab, &rows);
    CHECK_LINES(&rows, "xtail|x \"y");
    READ("b,a\n1,\"2\"\n", &spec_ab, &rows);
    CHECK_LINES(&rows, "2|1");
    READ("\"a\",\"b\"\n\"\",x\n", &spec_ab, &rows);
    CHECK_LINES(&rows, "|x");
}

static void missing_values(void)
{
    struct rask_csv_want wants[] = {{"a", RASK_TYPE_TEXT, false, false},
                                    {"b", RASK_TYPE_INT64, false, false},
                                    {"c", RASK_TYPE_FLOAT64, false, false}};
    struct rask_csv_spec spec = {.wants = wants, .n_wants = 3};
    struct rows rows;
    READ("a,b,c\nNA,,NaN\n\"NA\",\"\",\"NA\"\n\\N, ,null\nNAx,7,-1e3\n", &spec, &rows);
    CHECK_LINES(&rows, "?|?|?", "NA|?|?", "?|?|?", "NAx|7|-1000");
    spec.dialect.missing_words = "-9,x";
    READ("a,b,c\nNA,-9,-9\nx,-8,-9.0\n", &spec, &rows);
    CHECK_LINES(&rows, "NA|?|?", "?|-8|-9");
    spec.dialect.missing_words = "";
    READ("a,b,c\nNA,,1\n", &spec, &rows);
    CHECK_LINES(&rows, "NA|?|1");
}

static void types(void)
{
    struct rask_csv_want wants[] = {{"i", RASK_TYPE_INT64, false, false},
                                    {"f", RASK_TYPE_FLOAT64, false, false},
                                    {"b", RASK_TYPE_BOOL, false, false},
                                    {"d", RASK_TYPE_DATE, false, false},
                                    {"t", RASK_TYPE_DATETIME, false, false}};
    struct rask_csv_spec spec = {.wants = wants, .n_wants = 5};
    struct rows rows;
    READ("i,f,b,d,t\n-9223372036854775808,0.1,true,1970-01-02,1970-01-01T00:00:01Z\n"
         "\" 12\",\"1e-5\",FALSE,\"1969-12-31\",1970-01-02\n"
         "+5,-.5,False,2000-02-29,1970-01-01 01:00:00.5+01:00\n",
         &spec, &rows);
    CHECK_LINES(&rows, "-9223372036854775808|0.10000000000000001|1|1|1000000",
                "12|1.0000000000000001e-05|0|-1|86400000000", "5|-0.5|0|11016|500000");
}

static void check_error(const struct rows *rows, rask_status status, const char *const *parts,
                        size_t n)
{
    CU_ASSERT_EQUAL(rows->status, status);
    for (size_t i = 0; i < n; i++) {
        if (strstr(rows->error.text, parts[i]) == NULL)
            printf("\n    '%s' lacks '%s' ", rows->error.text, parts[i]);
        CU_ASSERT_PTR_NOT_NULL(strstr(rows->error.text, parts[i]));
    }
}

#define CHECK_ERROR(rows, status, ...)                                          \
    do {                                                                        \
        static const char *const wanted_[] = {__VA_ARGS__};                     \
        check_error(rows, status, wanted_, sizeof wanted_ / sizeof wanted_[0]); \
    } while (0)

static void errors_name_the_place(void)
{
    struct rask_csv_want want = {"b", RASK_TYPE_INT64, false, false};
    struct rask_csv_spec spec = {.wants = &want, .n_wants = 1};
    struct rows rows;
    READ("a,b\n\"x\ny\",1\nz,2.5\n", &spec, &rows);
    CHECK_ERROR(&rows, RASK_ERR_TYPE, "csv_test.tmp.csv", "line 4", "column b", "'2.5'", "int64",
                "--types b=");
    READ("a,b\nx,007\n", &spec, &rows);
    CHECK_ERROR(&rows, RASK_ERR_TYPE, "line 2", "'007'");
    want.is_declared = true;
    READ("a,b\nx,007\n", &spec, &rows);
    CHECK_LINES(&rows, "7");
    READ("a,b\n1,2\n1,2,3\n", &spec, &rows);
    CHECK_ERROR(&rows, RASK_ERR_FORMAT, "line 3", "3 fields", "header has 2");
    READ("a,b\r\n1,2\r\n1\r\n", &spec, &rows);
    CHECK_ERROR(&rows, RASK_ERR_FORMAT, "line 3", "1 field ", "--fill-short");
    READ("a,b\n1,2\n3,\"x\n5,6\n", &spec, &rows);
    CHECK_ERROR(&rows, RASK_ERR_FORMAT, "line 3", "never closed");
}

/* A column whose type nobody knows may hold nothing but missing values and blanks. */
static void values_of_unknown_type(void)
{
    struct rask_csv_want want = {.name = "b", .type = RASK_TYPE_TEXT, .is_unknown = true};
    struct rask_csv_spec spec = {.wants = &want, .n_wants = 1};
    struct rows rows;
    READ("a,b\n1,\n2,NA\n3,\"\"\n", &spec, &rows);
    CHECK_LINES(&rows, "?", "?", "");
    READ("a,b\n1,\n2, 9 \n3,10\n", &spec, &rows);
    CHECK_ERROR(&rows, RASK_ERR_TYPE, "csv_test.tmp.csv", "line 3", "column b", "'9'",
                "--types b=");
    READ("a,b\n1,\n2,\"x\"\n", &spec, &rows);
    CHECK_ERROR(&rows, RASK_ERR_TYPE, "line 3", "'x'");
}

static void short_records_by_option(void)
{
    struct rask_csv_spec spec = {.dialect = {.fills_short = true}, .wants = text_ab, .n_wants = 2};
    struct rows rows;
    READ("a,b\n1\n2,3\n\n4\n", &spec, &rows);
    CHECK_LINES(&rows, "1|?", "2|3", "4|?");
    READ("a,b\n1,2,3\n", &spec, &rows);
    CHECK_ERROR(&rows, RASK_ERR_FORMAT, "line 2", "3 fields");
}

static void binary_files(void)
{
    struct rows rows;
    READ("a,b\n1,\0\n", &spec_ab, &rows);
    CHECK_ERROR(&rows, RASK_ERR_FORMAT, "NUL byte at offset 6");
    READ("\0\1\2\3", &spec_ab, &rows);
    CHECK_ERROR(&rows, RASK_ERR_FORMAT, "NUL byte at offset 0");
    READ("\xff\xfe"
         "a\0,\0b\0\n\0",
         &spec_ab, &rows);
    CHECK_ERROR(&rows, RASK_ERR_FORMAT, "UTF-16");
    READ("\x1f\x8b\x08\x00xyz", &spec_ab, &rows);
    CHECK_ERROR(&rows, RASK_ERR_FORMAT, "gzip");
}

static void headers(void)
{
    struct rask_csv_header header;
    struct rask_csv_dialect dialect = {0};
    static const char text[] = "a;a;;\"b;c\"; d ;a_2\n1;2;3;4;5;6\n";
    CU_ASSERT_EQUAL(
        rask_csv_header_init(&header, write_file(text, sizeof text - 1), &dialect, NULL), RASK_OK);
    CU_ASSERT_EQUAL(header.delimiter, ';');
    CU_ASSERT_EQUAL_FATAL(header.n_columns, 6);
    static const char *const names[] = {"a", "a_3", "c3", "b;c", "d", "a_2"};
    for (size_t i = 0; i < 6; i++)
        CU_ASSERT_STRING_EQUAL(header.names[i], names[i]);
    CU_ASSERT_EQUAL(header.first_start, 19);
    rask_csv_header_release(&header);
    dialect.has_no_header = true;
    CU_ASSERT_EQUAL(rask_csv_header_init(&header, write_file("1\t2\n", 4), &dialect, NULL),
                    RASK_OK);
    CU_ASSERT_EQUAL_FATAL(header.n_columns, 2);
    CU_ASSERT_STRING_EQUAL(header.names[1], "c2");
    CU_ASSERT_EQUAL(header.delimiter, '\t');
    CU_ASSERT_EQUAL(header.first_start, 0);
    rask_csv_header_release(&header);
    dialect.has_no_header = false;
    CU_ASSERT_EQUAL(rask_csv_header_init(&header, write_file("\n\n", 2), &dialect, NULL), RASK_OK);
    CU_ASSERT_EQUAL(header.n_columns, 0);
    rask_csv_header_release(&header);
}

static void many_columns_of_one_name(void)
{
    enum { N = 50000 };
    char *text = malloc(2 * N);
    for (size_t i = 0; i < N; i++)
        memcpy(text + 2 * i, i + 1 < N ? "a," : "a\n", 2);
    struct rask_csv_header header;
    struct rask_csv_dialect dialect = {0};
    CU_ASSERT_EQUAL(rask_csv_header_init(&header, write_file(text, 2 * N), &dialect, NULL),
                    RASK_OK);
    CU_ASSERT_EQUAL_FATAL(header.n_columns, N);
    CU_ASSERT_STRING_EQUAL(header.names[N - 1], "a_50000");
    rask_csv_header_release(&header);
    free(text);
}

static void one_reader_many_files(void)
{
    struct rask_csv_reader *reader;
    const struct rask_batch *batch;
    static const char *const texts[] = {"a,b\n1,2\n",     "b,a\n2,1\n", "a\n1\n",
                                        "b;x;a\n2;0;1\n", "",           "a,b\n"};
    static const int n_rows[] = {1, 1, 1, 1, 0, 0};
    CU_ASSERT_EQUAL_FATAL(rask_csv_reader_new(&reader, &spec_ab, NULL), RASK_OK);
    for (size_t i = 0; i < 6; i++) {
        struct rask_csv_range range = {.path = write_file(texts[i], strlen(texts[i])),
                                       .end = UINT64_MAX,
                                       .first_start = RASK_CSV_GUESS,
                                       .file = (uint32_t)i};
        CU_ASSERT_EQUAL(rask_csv_reader_start(reader, &range, NULL), RASK_OK);
        for (int n = 0; n < n_rows[i]; n++) {
            CU_ASSERT_EQUAL_FATAL(rask_csv_reader_next(reader, &batch, NULL), RASK_OK);
            CU_ASSERT_EQUAL(batch->file, i);
            CU_ASSERT_EQUAL(batch->columns[0].values.texts[0].data[0], '1');
            CU_ASSERT_EQUAL(batch->columns[1].missing != NULL, i == 2);
        }
        CU_ASSERT_EQUAL(rask_csv_reader_next(reader, &batch, NULL), RASK_END);
    }
    rask_csv_reader_free(reader);
}

static void a_changed_file_is_an_error(void)
{
    struct rask_csv_reader *reader;
    const struct rask_batch *batch;
    struct rask_error error;
    struct rask_csv_range range = {
        .path = write_file("a,b\n1,2\n", 8), .end = UINT64_MAX, .first_start = RASK_CSV_GUESS};
    CU_ASSERT_EQUAL_FATAL(rask_csv_reader_new(&reader, &spec_ab, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_csv_reader_start(reader, &range, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_csv_reader_next(reader, &batch, NULL), RASK_OK);
    FILE *file = fopen(path, "a");
    fputs("3,4\n", file);
    fclose(file);
    CU_ASSERT_EQUAL(rask_csv_reader_next(reader, &batch, &error), RASK_ERR_CHANGED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path));
    struct rask_file_identity other = {.n_bytes = 8};
    range.identity = &other;
    CU_ASSERT_EQUAL(rask_csv_reader_start(reader, &range, &error), RASK_ERR_CHANGED);
    rask_csv_reader_free(reader);
}

static void long_records(void)
{
    enum { N = 3000000 };
    char *text = malloc(N + 32);
    memcpy(text, "a,b\n\"", 5);
    memset(text + 5, 'z', N);
    memcpy(text + 5 + N, "\",x\n1,2\n", 8);
    struct rask_csv_want want = {"b", RASK_TYPE_TEXT, false, false};
    struct rask_csv_spec spec = {.wants = &want, .n_wants = 1};
    struct rows rows;
    read_text(text, N + 13, &spec, &rows);
    CHECK_LINES(&rows, "x", "2");
    struct rask_csv_range range = {
        .path = path, .start = 1000, .end = 2000000, .first_start = RASK_CSV_GUESS};
    read_range(&spec, &range, &rows);
    CU_ASSERT_EQUAL(rows.status, RASK_END);
    CU_ASSERT_EQUAL(rows.n, 0);
    CU_ASSERT_EQUAL(rows.first_start, N + 9);
    CU_ASSERT_EQUAL(rows.next_start, N + 9);
    spec.dialect.max_record_bytes = 1000000;
    read_text(text, N + 13, &spec, &rows);
    CHECK_ERROR(&rows, RASK_ERR_LIMIT, "line 2", "more than 1000000 bytes");
    free(text);
}

/* Rows "<i>,xx..x" of row_bytes each behind a header, all lines ended by CRLF. */
static size_t write_crlf_rows(char *text, size_t row_bytes, int n_rows)
{
    char *at = text + 5;
    memcpy(text, "a,b\r\n", 5);
    for (int i = 0; i < n_rows; i++, at += row_bytes) {
        memset(at, 'x', row_bytes);
        (void)snprintf(at, 8, "%d", 1000000 + i);
        at[7] = ',';
        memcpy(at + row_bytes - 2, "\r\n", 2);
    }
    return (size_t)(at - text);
}

/* Rows and the sum of column a of the whole file. */
static int64_t sum_a(const struct rask_csv_spec *spec, const char *file, int *n_rows)
{
    struct rask_csv_range range = {.path = file, .end = UINT64_MAX, .first_start = RASK_CSV_GUESS};
    struct rask_csv_reader *reader;
    const struct rask_batch *batch;
    struct rask_error error;
    int64_t sum = 0;
    *n_rows = 0;
    CU_ASSERT_EQUAL_FATAL(rask_csv_reader_new(&reader, spec, &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_csv_reader_start(reader, &range, &error), RASK_OK);
    while (rask_csv_reader_next(reader, &batch, &error) == RASK_OK)
        for (uint32_t row = 0; row < batch->n_rows; row++, ++*n_rows)
            sum += batch->columns[0].values.ints[row];
    rask_csv_reader_free(reader);
    return sum;
}

/* A read, or a step of the scan, may end between CR and LF: rows of many lengths make it do so. */
static void line_ends_where_a_read_ends(void)
{
    enum { N_BYTES = 600000, MAX_ROW_BYTES = 200 };
    const struct rask_csv_want want = {"a", RASK_TYPE_INT64, false, false};
    struct rask_csv_spec spec = {.wants = &want, .n_wants = 1};
    char *text = malloc(N_BYTES + MAX_ROW_BYTES);
    for (size_t row_bytes = 20; text != NULL && row_bytes < MAX_ROW_BYTES; row_bytes++) {
        int n_rows, n_wanted = (int)(N_BYTES / row_bytes);
        size_t n = write_crlf_rows(text, row_bytes, n_wanted);
        int64_t sum = sum_a(&spec, write_file(text, n), &n_rows);
        CU_ASSERT_EQUAL(n_rows, n_wanted);
        CU_ASSERT_EQUAL(sum, n_wanted * (INT64_C(2000000) + n_wanted - 1) / 2);
    }
    free(text);
}

static void spec_travels_as_bytes(void)
{
    struct rask_csv_want wants[] = {{"a", RASK_TYPE_TEXT, false, true},
                                    {"", RASK_TYPE_DATE, true, false}};
    struct rask_csv_spec spec = {.dialect = {.delimiter = '|',
                                             .fills_short = true,
                                             .missing_words = "x,y",
                                             .max_record_bytes = 77},
                                 .wants = wants,
                                 .n_wants = 2};
    unsigned char bytes[256];
    size_t n = rask_csv_spec_pack(&spec, NULL, 0);
    CU_ASSERT_EQUAL(rask_csv_spec_pack(&spec, bytes, sizeof bytes), n);
    struct rask_csv_spec *copy;
    CU_ASSERT_EQUAL_FATAL(rask_csv_spec_unpack(bytes, n, &copy, NULL), RASK_OK);
    CU_ASSERT_EQUAL(copy->dialect.delimiter, '|');
    CU_ASSERT(copy->dialect.fills_short && !copy->dialect.has_no_header);
    CU_ASSERT_STRING_EQUAL(copy->dialect.missing_words, "x,y");
    CU_ASSERT_EQUAL(copy->dialect.max_record_bytes, 77);
    CU_ASSERT_EQUAL_FATAL(copy->n_wants, 2);
    CU_ASSERT_STRING_EQUAL(copy->wants[0].name, "a");
    CU_ASSERT(copy->wants[0].is_unknown && !copy->wants[1].is_unknown);
    CU_ASSERT(copy->wants[1].is_declared && copy->wants[1].type == RASK_TYPE_DATE);
    rask_free(copy);
    for (size_t i = 0; i < n; i++)
        CU_ASSERT_EQUAL(rask_csv_spec_unpack(bytes, i, &copy, NULL), RASK_ERR_FORMAT);
}

static const char alphabet[] = "ab,\"\n\r\"\",,\nxyzNA";

static char random_byte(struct rask_rng *rng)
{
    return alphabet[rask_rng_below(rng, sizeof alphabet - 1)];
}

/* A field, quoted or not; with stray quotes if kind is 2. Returns its length, up to 30. */
static size_t random_field(struct rask_rng *rng, char *text, unsigned kind)
{
    bool is_quoted = kind > 0 && rask_rng_below(rng, 4) == 0;
    unsigned length = (unsigned)rask_rng_below(rng, 9);
    size_t n = 0;
    text[n++] = is_quoted ? '"' : 'k';
    for (unsigned i = 0; i < length; i++) {
        text[n++] = is_quoted ? random_byte(rng) : 'v';
        if (text[n - 1] == '"')
            text[n++] = '"';
    }
    if (is_quoted || (kind == 2 && rask_rng_below(rng, 3) == 0))
        text[n++] = '"';
    return n;
}

/* Random text of the characters that matter, more or less well formed. */
static size_t random_text(struct rask_rng *rng, char *text, size_t n_max, bool is_wild)
{
    size_t n = 0;
    unsigned n_columns = 1 + (unsigned)rask_rng_below(rng, 5), column = 0;
    unsigned kind = (unsigned)rask_rng_below(rng, 4);
    while (n + 64 < n_max && rask_rng_below(rng, 1500) != 0) {
        if (is_wild) {
            text[n++] = random_byte(rng);
            continue;
        }
        n += random_field(rng, text + n, kind);
        column = (column + 1) % n_columns;
        if (column == 0 && kind == 3)
            text[n++] = '\r';
        text[n++] = column == 0 ? '\n' : ',';
    }
    for (; column != 0 && n > 0 && text[n - 1] != '\n'; n--)
        continue; /* what is left of a record that was not finished */
    return n;
}

static void compare(const char *text, size_t n, struct rask_rng *rng, bool has_no_header)
{
    struct oracle oracle;
    oracle_read(&oracle, text, n, ',', has_no_header);
    write_file(text, n);
    struct rask_csv_header header;
    struct rask_csv_spec spec = {
        .dialect = {.delimiter = ',', .has_no_header = has_no_header, .missing_words = "NA"}};
    if (rask_csv_header_init(&header, path, &spec.dialect, NULL) != RASK_OK) {
        CU_ASSERT(oracle.has_error);
        rask_buf_release(&oracle.table);
        return;
    }
    CU_ASSERT_EQUAL(header.n_columns, oracle.n_columns);
    struct rask_csv_want *wants = calloc(header.n_columns + 1, sizeof *wants);
    for (size_t i = 0; i < header.n_columns; i++)
        wants[i] = (struct rask_csv_want){header.names[i], RASK_TYPE_TEXT, false, false};
    spec.wants = wants;
    spec.n_wants = header.n_columns;
    for (int scan = 0; scan < RASK_CSV_SCAN_N_PATHS; scan++) {
        struct rask_csv_reader *reader;
        struct rask_error error = {0};
        struct rask_buf table = {0};
        uint64_t at = 0;
        struct oracle_cuts cuts = {.n = 0};
        while (n > 0 && cuts.n < 8 && (at += 1 + rask_rng_below(rng, n)) < n)
            cuts.offsets[cuts.n++] = at;
        CU_ASSERT_EQUAL_FATAL(rask_csv_reader_new(&reader, &spec, NULL), RASK_OK);
        if (rask_csv_reader_set_scan(reader, (enum rask_csv_scan_path)scan)) {
            rask_status status = oracle_blocks(reader, path, &cuts, &table, &error);
            bool is_same = oracle.has_error
                               ? status < 0
                               : status == RASK_END && oracle_is_same(&table, &oracle.table);
            if (!is_same)
                printf("\n    scan path %d, %zu cuts from %llu, status %d %s: %.*s", scan, cuts.n,
                       (unsigned long long)cuts.offsets[0], status, error.text,
                       (int)(n < 600 ? n : 600), text);
            CU_ASSERT(is_same);
        }
        rask_csv_reader_free(reader);
        rask_buf_release(&table);
    }
    rask_csv_header_release(&header);
    free(wants);
    rask_buf_release(&oracle.table);
}

static void random_files_in_random_blocks(void)
{
    struct rask_rng rng;
    rask_rng_seed(&rng, 20240611);
    char *text = malloc(8192);
    for (int i = 0; i < 3000; i++) {
        bool has_no_header = rask_rng_below(&rng, 2) == 0;
        size_t n = random_text(&rng, text, i % 50 == 0 ? 8192 : 700, i % 3 == 0);
        compare(text, n, &rng, has_no_header);
    }
    free(text);
}

static void cuts_at_every_byte(void)
{
    static const char text[] = "a,b\r\n\"x\r\n1,2\r\n\",\"\"\"\n\"\r\n\r\n1,2\n\"q\",\"w,e\"\r3,4";
    struct oracle oracle;
    size_t n = sizeof text - 1;
    oracle_read(&oracle, text, n, ',', false);
    struct rask_csv_spec spec = spec_ab;
    spec.dialect.delimiter = ',';
    struct rask_csv_reader *reader;
    CU_ASSERT_EQUAL_FATAL(rask_csv_reader_new(&reader, &spec, NULL), RASK_OK);
    write_file(text, n);
    for (uint64_t first = 1; first < n; first++)
        for (uint64_t second = first + 1; second < n; second++) {
            struct rask_buf table = {0};
            struct oracle_cuts cuts = {.offsets = {first, second}, .n = 2};
            CU_ASSERT_EQUAL(oracle_blocks(reader, path, &cuts, &table, NULL), RASK_END);
            CU_ASSERT(oracle_is_same(&table, &oracle.table));
            rask_buf_release(&table);
        }
    rask_csv_reader_free(reader);
    rask_buf_release(&oracle.table);
}

static void remove_file(void)
{
    CU_ASSERT_EQUAL(unlink(path), 0);
}

RASK_UNIT_MAIN("csv", {"line ends", line_ends}, {"quotes", quotes},
               {"missing values", missing_values}, {"types", types},
               {"errors name the place", errors_name_the_place},
               {"values of unknown type", values_of_unknown_type},
               {"short records by option", short_records_by_option}, {"binary files", binary_files},
               {"headers", headers}, {"many columns of one name", many_columns_of_one_name},
               {"one reader, many files", one_reader_many_files},
               {"a changed file is an error", a_changed_file_is_an_error},
               {"long records", long_records},
               {"line ends where a read ends", line_ends_where_a_read_ends},
               {"a spec travels as bytes", spec_travels_as_bytes},
               {"random files in random blocks", random_files_in_random_blocks},
               {"cuts at every byte", cuts_at_every_byte}, {"cleans up", remove_file})
