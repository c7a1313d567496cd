/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_fuzz.c: the CSV reader on any bytes, cut anywhere, by every way of scanning: the result must
 * be that of the plain reading in tests/unit/csv_oracle.h, and reading the columns as numbers must
 * not fail in any other way than by an error.
 *
 * The first four bytes of an input steer: options, and where the text is cut; the rest is the file.
 */
#include "../unit/csv_oracle.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define N_STEERING 4
#define N_TYPED 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

struct input {
    const char *text;
    size_t n;
    char path[32];
    struct rask_csv_dialect dialect;
    struct oracle_cuts cuts;
};

/* A file in memory with the text in it; its descriptor. */
static int make_file(struct input *input)
{
    int fd = memfd_create("csv_fuzz", MFD_CLOEXEC);
    REQUIRE(fd >= 0);
    REQUIRE(input->n == 0 || write(fd, input->text, input->n) == (ssize_t)input->n);
    snprintf(input->path, sizeof input->path, "/proc/self/fd/%d", fd);
    return fd;
}

static void check_text(const struct input *input, const struct rask_csv_spec *spec,
                       const struct oracle *oracle, enum rask_csv_scan_path path)
{
    struct rask_csv_reader *reader;
    struct rask_buf table = {0};
    REQUIRE(rask_csv_reader_new(&reader, spec, NULL) == RASK_OK);
    if (rask_csv_reader_set_scan(reader, path)) {
        rask_status status = oracle_blocks(reader, input->path, &input->cuts, &table, NULL);
        if (oracle->has_error)
            REQUIRE(status == RASK_ERR_FORMAT);
        else
            REQUIRE(status == RASK_END && oracle_is_same(&table, &oracle->table));
    }
    rask_buf_release(&table);
    rask_csv_reader_free(reader);
}

static void check_typed(const struct input *input, const struct rask_csv_spec *spec)
{
    struct rask_csv_reader *reader;
    struct rask_csv_range range = {
        .path = input->path, .end = UINT64_MAX, .first_start = RASK_CSV_GUESS};
    const struct rask_batch *batch;
    struct rask_error error;
    REQUIRE(rask_csv_reader_new(&reader, spec, NULL) == RASK_OK);
    rask_status status = rask_csv_reader_start(reader, &range, &error);
    while (status == RASK_OK)
        status = rask_csv_reader_next(reader, &batch, &error);
    REQUIRE(status == RASK_END || status == RASK_ERR_FORMAT || status == RASK_ERR_TYPE);
    rask_csv_reader_free(reader);
}

static void check_file(const struct input *input)
{
    struct oracle oracle;
    struct rask_csv_header header;
    oracle_read(&oracle, input->text, input->n, ',', input->dialect.has_no_header);
    rask_status status = rask_csv_header_init(&header, input->path, &input->dialect, NULL);
    REQUIRE(status == RASK_OK || status == RASK_ERR_FORMAT);
    if (status == RASK_OK) {
        REQUIRE(header.n_columns == oracle.n_columns);
        struct rask_csv_want *wants = calloc(header.n_columns + 1, sizeof *wants);
        struct rask_csv_spec spec = {
            .dialect = input->dialect, .wants = wants, .n_wants = header.n_columns};
        for (size_t i = 0; i < header.n_columns; i++)
            wants[i] = (struct rask_csv_want){header.names[i], RASK_TYPE_TEXT, false, false};
        for (int path = 0; path < RASK_CSV_SCAN_N_PATHS; path++)
            check_text(input, &spec, &oracle, (enum rask_csv_scan_path)path);
        for (size_t i = 0; i < header.n_columns; i++)
            wants[i].type = (rask_type)(i % RASK_N_TYPES);
        spec.n_wants = header.n_columns < N_TYPED ? header.n_columns : N_TYPED;
        check_typed(input, &spec);
        free(wants);
        rask_csv_header_release(&header);
    }
    rask_buf_release(&oracle.table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < N_STEERING)
        return 0;
    struct input input = {
        .text = (const char *)data + N_STEERING,
        .n = size - N_STEERING,
        .dialect = {.delimiter = ',', .has_no_header = data[0] & 1, .missing_words = "NA"}};
    uint64_t at = 0;
    for (size_t i = 0; i < 3; i++) {
        at += 1 + (uint64_t)data[1 + i] * input.n / 256;
        if (at < input.n)
            input.cuts.offsets[input.cuts.n++] = at;
    }
    int fd = make_file(&input);
    check_file(&input);
    close(fd);
    return 0;
}
