/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_files_test.c: the reader on real and torturing files: csv-spectrum against its answers, and
 * every other file, cut into blocks, against the plain reading of the whole.
 *
 * The files are not part of the sources. RASK_TEST_DATA names their directory (tests/local.mk);
 * without them the test says so and is skipped. */
#include "csv_oracle.h"
#include "unit.h"

#include "base/rng.h"
#include "io/file.h"

#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_FILE_BYTES (4 << 20)

static const char *data_directory(void)
{
    const char *given = getenv("RASK_TEST_DATA");
    return given != NULL ? given : "";
}

static bool has_data(void)
{
    char path[1100];
    struct stat status;
    snprintf(path, sizeof path, "%s/csv", data_directory());
    if (data_directory()[0] != '\0' && stat(path, &status) == 0)
        return true;
    printf("skipped: no directory csv in RASK_TEST_DATA, which is '%s' ", data_directory());
    CU_PASS("skipped");
    return false;
}

static char *read_whole(const char *path, size_t *n)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return NULL;
    char *text = malloc(MAX_FILE_BYTES + 1);
    *n = fread(text, 1, MAX_FILE_BYTES, file);
    text[*n] = '\0';
    fclose(file);
    return text;
}

/* A JSON string's bytes, escapes \" \\ \n \r \t only. Returns the position behind it. */
static const char *json_string(const char *at, char *text)
{
    for (at++; *at != '"' && *at != '\0'; at++) {
        char byte = *at;
        if (byte == '\\') {
            at++;
            byte = *at == 'n' ? '\n' : *at == 'r' ? '\r' : *at == 't' ? '\t' : *at;
        }
        *text++ = byte;
    }
    *text = '\0';
    return at + (*at == '"');
}

/* Compares the rows of a CSV file with a JSON array of objects of strings, key by key. */
static void check_spectrum(const char *csv_path, const char *json_path)
{
    struct rask_csv_header header;
    struct rask_csv_dialect dialect = {0};
    CU_ASSERT_EQUAL_FATAL(rask_csv_header_init(&header, csv_path, &dialect, NULL), RASK_OK);
    struct rask_csv_want *wants = calloc(header.n_columns + 1, sizeof *wants);
    for (size_t i = 0; i < header.n_columns; i++)
        wants[i] = (struct rask_csv_want){header.names[i], RASK_TYPE_TEXT, false, false};
    struct rask_csv_spec spec = {.wants = wants, .n_wants = header.n_columns};
    struct rask_csv_range range = {
        .path = csv_path, .end = UINT64_MAX, .first_start = RASK_CSV_GUESS};
    struct rask_csv_reader *reader;
    const struct rask_batch *batch = NULL;
    CU_ASSERT_EQUAL_FATAL(rask_csv_reader_new(&reader, &spec, NULL), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_csv_reader_start(reader, &range, NULL), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_csv_reader_next(reader, &batch, NULL), RASK_OK);
    size_t n, n_values = 0;
    char *json = read_whole(json_path, &n), key[256], value[256];
    const char *at = json;
    while ((at = strchr(at, '"')) != NULL) {
        at = json_string(at, key);
        at = json_string(strchr(at, '"'), value);
        size_t row = n_values / header.n_columns, column = 0;
        while (column < header.n_columns && strcmp(header.names[column], key) != 0)
            column++;
        CU_ASSERT_FATAL(column < header.n_columns && row < batch->n_rows);
        const struct rask_slice *slice = &batch->columns[column].values.texts[row];
        CU_ASSERT(slice->length == strlen(value) && memcmp(slice->data, value, slice->length) == 0);
        n_values++;
    }
    CU_ASSERT_EQUAL(n_values, batch->n_rows * header.n_columns);
    rask_csv_reader_free(reader);
    rask_csv_header_release(&header);
    free(wants);
    free(json);
}

static void spectrum(void)
{
    static const char *const names[] = {"comma_in_quotes",
                                        "empty",
                                        "empty_crlf",
                                        "escaped_quotes",
                                        "json",
                                        "newlines",
                                        "newlines_crlf",
                                        "quotes_and_newlines",
                                        "simple",
                                        "simple_crlf",
                                        "utf8"};
    char csv_path[1200], json_path[1200];
    for (size_t i = 0; has_data() && i < sizeof names / sizeof names[0]; i++) {
        snprintf(csv_path, sizeof csv_path, "%s/csv/csv-spectrum/csvs/%s.csv", data_directory(),
                 names[i]);
        snprintf(json_path, sizeof json_path, "%s/csv/csv-spectrum/json/%s.json", data_directory(),
                 names[i]);
        check_spectrum(csv_path, json_path);
    }
}

struct counts {
    size_t n_files, n_errors;
};

/* Reads a file whole by the oracle and in blocks by the reader. */
static void check_file(const char *path, struct rask_rng *rng, struct counts *counts)
{
    size_t n;
    struct oracle_cuts cuts = {.n = 0};
    struct rask_csv_header header;
    struct rask_csv_spec spec = {.dialect = {.missing_words = "NA"}};
    char *text = read_whole(path, &n);
    rask_status status = rask_csv_header_init(&header, path, &spec.dialect, NULL);
    counts->n_files++;
    counts->n_errors += status != RASK_OK;
    if (status != RASK_OK || n == MAX_FILE_BYTES) {
        CU_ASSERT(status == RASK_OK || status == RASK_ERR_FORMAT);
        if (status == RASK_OK)
            rask_csv_header_release(&header);
        free(text);
        return;
    }
    struct oracle oracle;
    oracle_read(&oracle, text, n, header.delimiter, false);
    CU_ASSERT_EQUAL(header.n_columns, oracle.n_columns);
    struct rask_csv_want *wants = calloc(header.n_columns + 1, sizeof *wants);
    for (size_t i = 0; i < header.n_columns; i++)
        wants[i] = (struct rask_csv_want){header.names[i], RASK_TYPE_TEXT, false, false};
    spec.wants = wants;
    spec.n_wants = header.n_columns;
    struct rask_csv_reader *reader;
    struct rask_buf table = {0};
    uint64_t at = 0;
    while (n > 0 && cuts.n < 64 && (at += 1 + rask_rng_below(rng, n / 8 + 1)) < n)
        cuts.offsets[cuts.n++] = at;
    CU_ASSERT_EQUAL_FATAL(rask_csv_reader_new(&reader, &spec, NULL), RASK_OK);
    status = oracle_blocks(reader, path, &cuts, &table, NULL);
    bool is_same = oracle.has_error ? status == RASK_ERR_FORMAT
                                    : status == RASK_END && oracle_is_same(&table, &oracle.table);
    if (!is_same)
        printf("\n    %s: status %d, oracle %d ", path, status, oracle.has_error);
    CU_ASSERT(is_same);
    counts->n_errors += oracle.has_error;
    rask_csv_reader_free(reader);
    rask_csv_header_release(&header);
    rask_buf_release(&table);
    rask_buf_release(&oracle.table);
    free(wants);
    free(text);
}

/* Runs the script that comes with the data. */
static bool unpack(const char *directory)
{
    char script[1200], from[1200];
    snprintf(script, sizeof script, "%s/unpack.sh", data_directory());
    snprintf(from, sizeof from, "%s/csv", data_directory());
    pid_t child = fork();
    if (child == 0) {
        execlp("bash", "bash", script, from, directory, (char *)NULL);
        _exit(127);
    }
    int outcome = -1;
    return child > 0 && waitpid(child, &outcome, 0) == child && outcome == 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)where;
    (void)kind;
    return remove(path);
}

static void real_files_in_blocks(void)
{
    char directory[] = "csv_files_test.XXXXXX";
    struct rask_file_list *list;
    struct counts counts = {0};
    struct rask_rng rng;
    struct rask_error error = {0};
    if (!has_data())
        return;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
    rask_rng_seed(&rng, 4);
    CU_ASSERT(unpack(directory));
    CU_ASSERT_EQUAL_FATAL(rask_file_list_new(&list, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_file_list_add(list, directory, &error), RASK_OK);
    CU_ASSERT(rask_file_list_count(list) > 2000);
    for (size_t i = 0; i < rask_file_list_count(list); i++)
        check_file(rask_file_list_path(list, i), &rng, &counts);
    printf("%zu files, %zu of them wrong and refused ", counts.n_files, counts.n_errors);
    rask_file_list_free(list);
    CU_ASSERT_EQUAL(nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

RASK_UNIT_MAIN("csv_files", {"csv-spectrum", spectrum},
               {"real files in blocks", real_files_in_blocks})
