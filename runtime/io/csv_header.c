/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_header.c: the columns of one file, for planning. A reader that wants nothing starts on an
 * empty range and its head is copied. Entry point: rask_csv_header_init. */
#include "io/csv_reader.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

static rask_status copy_head(struct rask_csv_header *header, const struct rask_csv_head *head,
                             struct rask_error *error)
{
    size_t n_bytes = (head->n_columns + 1) * sizeof *header->names;
    for (uint32_t i = 0; i < head->n_columns; i++)
        n_bytes += strlen(head->names[i]) + 1;
    header->names = rask_alloc(n_bytes);
    if (header->names == NULL)
        return rask_error_memory(error, n_bytes, "the names of columns");
    header->n_columns = head->n_columns;
    header->delimiter = head->delimiter;
    char *text = (char *)(header->names + head->n_columns + 1);
    for (uint32_t i = 0; i < head->n_columns; i++) {
        size_t n = strlen(head->names[i]) + 1;
        header->names[i] = memcpy(text, head->names[i], n);
        text += n;
    }
    return RASK_OK;
}

rask_status rask_csv_header_init(struct rask_csv_header *header, const char *path,
                                 const struct rask_csv_dialect *dialect, struct rask_error *error)
{
    struct rask_csv_spec spec = {.dialect = *dialect};
    struct rask_csv_range range = {.path = path, .first_start = RASK_CSV_GUESS};
    struct rask_csv_reader *reader;
    uint64_t next_start;
    *header = (struct rask_csv_header){0};
    rask_status status = rask_csv_reader_new(&reader, &spec, error);
    if (status != RASK_OK)
        return status;
    status = rask_csv_reader_start(reader, &range, error);
    if (status == RASK_OK)
        status = copy_head(header, rask_csv_reader_head(reader), error);
    if (status == RASK_OK)
        rask_csv_reader_bounds(reader, &header->first_start, &next_start);
    rask_csv_reader_free(reader);
    return status;
}

void rask_csv_header_release(struct rask_csv_header *header)
{
    rask_free(header->names);
    *header = (struct rask_csv_header){0};
}
