/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_block.c: the tasks of a group-by over CSV files; csv_block.h says what they are.
 *
 * A block's task stops at its first error, in file order: the reader gives all rows before a bad
 * one, and the fold records the first row that its condition cannot be computed for. */
#include "coll/csv_block.h"

#include "base/alloc.h"
#include "base/error.h"
#include "kern/fold.h"

#include <rask/start.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define JOB_MAGIC UINT64_C(0x424f4a5653434b52) /* "RKCSVJOB" in little-endian order */

struct job_header {
    uint64_t magic;
    uint64_t plan_bytes; /* a multiple of 8 */
    uint64_t spec_bytes;
};

struct block_header {
    uint64_t n_ranges;
};

/* Followed by the path. */
struct range_bytes {
    uint64_t start, end, first_start;
    struct rask_file_identity identity;
    uint32_t file;
    uint32_t path_bytes; /* with its zero, a multiple of 8 */
};

rask_status rask_csv_job_pack(const struct rask_groupby *plan, const struct rask_csv_spec *spec,
                              struct rask_buf *buf, struct rask_error *error)
{
    struct job_header header = {JOB_MAGIC, rask_groupby_flat_bytes(plan),
                                rask_csv_spec_pack(spec, NULL, 0)};
    uint8_t *room = rask_buf_room(buf, sizeof header + header.plan_bytes + header.spec_bytes);
    if (room == NULL)
        return rask_error_memory(error, header.plan_bytes + header.spec_bytes, "a job");
    memcpy(room, &header, sizeof header);
    rask_groupby_flat_write(plan, room + sizeof header);
    rask_csv_spec_pack(spec, room + sizeof header + header.plan_bytes, header.spec_bytes);
    return RASK_OK;
}

rask_status rask_csv_block_begin(struct rask_buf *buf, struct rask_error *error)
{
    struct block_header header = {0};
    rask_buf_clear(buf);
    return rask_buf_append(buf, &header, sizeof header) == 0
               ? RASK_OK
               : rask_error_memory(error, sizeof header, "a block");
}

rask_status rask_csv_block_add(struct rask_buf *buf, const struct rask_csv_range *range,
                               struct rask_error *error)
{
    size_t n_path = strlen(range->path), n_padded = (n_path + 8) / 8 * 8;
    struct range_bytes bytes = {.start = range->start,
                                .end = range->end,
                                .first_start = range->first_start,
                                .identity = *range->identity,
                                .file = range->file,
                                .path_bytes = (uint32_t)n_padded};
    bytes.identity.device = 0; /* another host may number it differently */
    uint8_t *room = rask_buf_room(buf, sizeof bytes + n_padded);
    if (room == NULL)
        return rask_error_memory(error, sizeof bytes + n_padded, "a block");
    memcpy(room, &bytes, sizeof bytes);
    memset(room + sizeof bytes + n_padded - 8, 0, 8);
    memcpy(room + sizeof bytes, range->path, n_path);
    struct block_header *header = (struct block_header *)(void *)buf->data;
    header->n_ranges++;
    return RASK_OK;
}

static rask_status malformed(const char *what, struct rask_error *error)
{
    return rask_error_set(error, RASK_ERR_FORMAT, "malformed bytes of %s", what);
}

rask_status rask_csv_head_read(struct rask_view partial, struct rask_csv_head_bytes *head,
                               struct rask_error *error)
{
    if (partial.bytes < sizeof *head)
        return malformed("a partial result", error);
    memcpy(head, partial.data, sizeof *head);
    if (head->text_bytes > partial.bytes - sizeof *head)
        return malformed("a partial result", error);
    if (head->code != RASK_OK)
        (void)rask_error_set(error, (rask_status)head->code, "%.*s", (int)head->text_bytes,
                             (const char *)partial.data + sizeof *head);
    return RASK_OK;
}

rask_status rask_csv_partial_open(struct rask_view partial, struct rask_flat *flat,
                                  struct rask_error *error)
{
    struct rask_csv_head_bytes head;
    rask_status status = rask_csv_head_read(partial, &head, error);
    if (status != RASK_OK || head.code != RASK_OK)
        return status != RASK_OK ? status : (rask_status)head.code;
    return rask_flat_open((const uint8_t *)partial.data + sizeof head, partial.bytes - sizeof head,
                          flat, error);
}

/* A block's task while it runs. */
struct work {
    struct rask_task *task;
    struct rask_groupby plan;
    struct rask_csv_spec *spec;
    struct rask_csv_reader *reader;
    struct rask_fold *fold;
    struct rask_csv_head_bytes head;
};

static rask_status set_up(struct work *work, struct rask_error *error)
{
    struct rask_view job = rask_task_input(work->task, 0);
    struct job_header header;
    if (job.bytes < sizeof header)
        return malformed("a job", error);
    memcpy(&header, job.data, sizeof header);
    uint64_t room = job.bytes - sizeof header;
    if (header.magic != JOB_MAGIC || header.plan_bytes > room ||
        header.spec_bytes != room - header.plan_bytes)
        return malformed("a job", error);
    const uint8_t *plan = (const uint8_t *)job.data + sizeof header;
    rask_status status = rask_groupby_flat_read(plan, header.plan_bytes, &work->plan, error);
    if (status == RASK_OK)
        status =
            rask_csv_spec_unpack(plan + header.plan_bytes, header.spec_bytes, &work->spec, error);
    if (status == RASK_OK)
        status = rask_csv_reader_new(&work->reader, work->spec, error);
    return status == RASK_OK ? rask_fold_new(&work->plan, &work->fold, error) : status;
}

static void tear_down(struct work *work)
{
    rask_fold_free(work->fold);
    rask_csv_reader_free(work->reader);
    rask_free(work->spec);
    rask_groupby_release(&work->plan);
}

/* The fold's error, which is one of its condition, told with file and line. */
static rask_status tell(struct work *work, const struct rask_csv_range *range,
                        struct rask_error *error)
{
    const struct rask_flat_error *found = rask_table_error(rask_fold_table(work->fold));
    unsigned long long line = rask_csv_reader_line(work->reader, found->offset);
    return rask_error_set(error, (rask_status)found->code, "%s: line %llu: --where %.*s",
                          range->path, line, (int)found->text_bytes, found->text);
}

/* Reads one range into the table. RASK_END when all went well. */
static rask_status fold_rows(struct work *work, const struct rask_csv_range *range,
                             struct rask_error *error)
{
    struct rask_table *table = rask_fold_table(work->fold);
    const struct rask_batch *batch;
    rask_status status = rask_csv_reader_start(work->reader, range, error);
    while (status == RASK_OK &&
           (status = rask_csv_reader_next(work->reader, &batch, error)) == RASK_OK) {
        work->head.rows_read += batch->n_rows;
        status = rask_fold_batch(work->fold, batch, error);
        if (status == RASK_OK && rask_table_has_error(table))
            status = tell(work, range, error);
        if (status == RASK_OK && rask_task_is_cancelled(work->task))
            status = rask_error_set(error, RASK_ERR_CANCELLED, "cancelled");
    }
    return status;
}

static rask_status fold_range(struct work *work, const struct rask_csv_range *range,
                              struct rask_error *error)
{
    rask_status status = fold_rows(work, range, error);
    if (status != RASK_END)
        return status;
    rask_csv_reader_bounds(work->reader, &work->head.first_start, &work->head.next_start);
    struct rask_table *table = rask_fold_table(work->fold);
    uint64_t end = range->end < range->identity->n_bytes ? range->end : range->identity->n_bytes;
    struct rask_flat_counts counts = {.bytes_read = end - range->start};
    rask_table_count(table, &counts);
    int is_whole = range->start == 0 && end == range->identity->n_bytes;
    struct rask_flat_range found = {range->file, work->head.first_start, work->head.next_start};
    if (is_whole || found.first_start >= found.next_start)
        return RASK_OK;
    return rask_table_add_range(table, &found, error);
}

/* The next range of a block's bytes; 0 when they are malformed. */
static int take_range(const uint8_t **at, const uint8_t *end, struct range_bytes *bytes,
                      struct rask_csv_range *range)
{
    if ((size_t)(end - *at) < sizeof *bytes)
        return 0;
    memcpy(bytes, *at, sizeof *bytes);
    const char *path = (const char *)*at + sizeof *bytes;
    if (bytes->path_bytes == 0 || bytes->path_bytes > (size_t)(end - *at) - sizeof *bytes ||
        path[bytes->path_bytes - 1] != '\0')
        return 0;
    *at += sizeof *bytes + bytes->path_bytes;
    *range = (struct rask_csv_range){.path = path,
                                     .identity = &bytes->identity,
                                     .start = bytes->start,
                                     .end = bytes->end,
                                     .first_start = bytes->first_start,
                                     .file = bytes->file};
    return 1;
}

static rask_status fold_block(struct work *work, struct rask_error *error)
{
    struct rask_view block = rask_task_input(work->task, 1);
    struct block_header header = {0};
    if (block.bytes < sizeof header)
        return malformed("a block", error);
    memcpy(&header, block.data, sizeof header);
    const uint8_t *at = (const uint8_t *)block.data + sizeof header;
    const uint8_t *end = (const uint8_t *)block.data + block.bytes;
    rask_status status = RASK_OK;
    for (uint64_t i = 0; status == RASK_OK && i < header.n_ranges; i++) {
        struct range_bytes bytes;
        struct rask_csv_range range;
        if (!take_range(&at, end, &bytes, &range))
            return malformed("a block", error);
        status = fold_range(work, &range, error);
    }
    return status;
}

/* Which errors belong to the data (the driver judges them), and which end the task at once. */
static int is_of_data(rask_status status)
{
    return status == RASK_ERR_FORMAT || status == RASK_ERR_TYPE || status == RASK_ERR_LIMIT ||
           status == RASK_ERR_IO || status == RASK_ERR_CHANGED;
}

/* Where several ranks work, an error of a file may be one of this host's. */
static void name_host(const struct work *work, struct rask_error *error)
{
    char host[RASK_NAME_BYTES] = "";
    size_t n = strlen(error->text);
    int is_of_system = error->code == RASK_ERR_IO || error->code == RASK_ERR_CHANGED;
    if (!is_of_system || rask_rank_count(rask_task_runtime(work->task)) == 1)
        return;
    if (gethostname(host, sizeof host - 1) == 0)
        snprintf(error->text + n, sizeof error->text - n,
                 " (seen by rank %d on host %s; all ranks must see the same files)",
                 (int)rask_task_rank(work->task), host);
}

/* Leaves head and error text as the result. */
static int give_error(struct work *work, const struct rask_error *error)
{
    work->head.code = error->code;
    work->head.text_bytes = (uint32_t)strlen(error->text);
    uint8_t *room = rask_task_result(work->task, sizeof work->head + work->head.text_bytes);
    if (room == NULL)
        return RASK_ERR_MEMORY;
    memcpy(room, &work->head, sizeof work->head);
    memcpy(room + sizeof work->head, error->text, work->head.text_bytes);
    return 0;
}

/* Leaves head and table as the result. */
static int give_table(struct rask_task *task, const struct rask_csv_head_bytes *head,
                      struct rask_table *table)
{
    struct rask_error error;
    uint64_t n_bytes = rask_table_flat_bytes(table);
    uint8_t *room = rask_task_result(task, sizeof *head + n_bytes);
    if (room == NULL)
        return RASK_ERR_MEMORY;
    memcpy(room, head, sizeof *head);
    rask_status status = rask_table_flatten(table, room + sizeof *head, n_bytes, &error);
    return status == RASK_OK ? 0 : rask_task_fail(task, status, "%s", error.text);
}

static int run_block(struct rask_task *task)
{
    struct work work = {.task = task};
    struct rask_error error = {0};
    int outcome;
    rask_groupby_init(&work.plan);
    rask_status status = set_up(&work, &error);
    if (status != RASK_OK) {
        outcome = rask_task_fail(task, status, "%s", error.text);
    } else if ((status = fold_block(&work, &error)) == RASK_OK) {
        outcome = give_table(task, &work.head, rask_fold_table(work.fold));
    } else if (is_of_data(status)) {
        name_host(&work, &error);
        outcome = give_error(&work, &error);
    } else {
        outcome = rask_task_fail(task, status, "%s", error.text);
    }
    tear_down(&work);
    return outcome;
}

static int run_head(struct rask_task *task)
{
    struct rask_view partial = rask_task_input(task, 0);
    struct rask_csv_head_bytes head;
    struct rask_error error;
    rask_status status = rask_csv_head_read(partial, &head, &error);
    if (status != RASK_OK)
        return rask_task_fail(task, status, "%s", error.text);
    return rask_task_return(task, partial.data, sizeof head + head.text_bytes);
}

static rask_status merge_one(struct rask_task *task, size_t input, struct rask_table **table,
                             struct rask_error *error)
{
    struct rask_flat flat;
    rask_status status = rask_csv_partial_open(rask_task_input(task, input), &flat, error);
    if (status != RASK_OK)
        return status;
    if (*table == NULL)
        status = rask_table_new(&flat.layout, table, error);
    if (status == RASK_OK)
        status = rask_table_merge(*table, &flat, error);
    rask_flat_close(&flat);
    return status;
}

static int run_merge(struct rask_task *task)
{
    struct rask_table *table = NULL;
    struct rask_csv_head_bytes head = {0};
    struct rask_error error = {0};
    rask_status status = RASK_OK;
    size_t n = rask_task_input_count(task);
    for (size_t i = 0; status == RASK_OK && i < n; i++)
        status = merge_one(task, i, &table, &error);
    int outcome = status == RASK_OK ? give_table(task, &head, table)
                                    : rask_task_fail(task, status, "%s", error.text);
    rask_table_free(table);
    return outcome;
}

const struct rask_function rask_csv_block_function = {"rask.csv.block", run_block, 0};
const struct rask_function rask_csv_head_function = {"rask.csv.head", run_head, 0};
const struct rask_function rask_csv_merge_function = {"rask.csv.merge", run_merge, 0};

__attribute__((constructor)) static void register_functions(void)
{
    static struct rask_function_entry entries[] = {
        {&rask_csv_block_function, __FILE__, __LINE__, NULL},
        {&rask_csv_head_function, __FILE__, __LINE__, NULL},
        {&rask_csv_merge_function, __FILE__, __LINE__, NULL},
    };
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        rask_function_register(&entries[i]);
}
