/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_groupby_test.c: the driver over the embedded runtime: every way of cutting a file gives the
 * same table, also where every guess of a block must be wrong; errors are the first of the file;
 * broken bytes are refused. */
#include "coll/csv_groupby.h"

#include "coll/csv_block.h"
#include "unit.h"

#include <rask/start.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_ROWS 400

static const char *const settings[] = {"threads=2", NULL};

/* Rows whose quoted text is lines that look like rows, so that a reader in the middle is misled. */
static void write_rows(const char *path, const char *last)
{
    FILE *stream = fopen(path, "w");
    fputs("k,v,text\n", stream);
    for (int i = 0; i < N_ROWS; i++) {
        fprintf(stream, "%d,%d,\"", i % 3, i);
        for (int line = 0; line < i % 40; line++)
            fputs("7,7,trap\n", stream);
        fputs("\"\n", stream);
    }
    fputs(last, stream);
    fclose(stream);
}

struct fixture {
    char path[64];
    struct rask *rask;
    struct rask_file_list *files;
    struct rask_csv_plan plan;
};

static void set_up_where(struct fixture *fixture, const char *last, const char *where)
{
    static const char *const keys[] = {"k"}, *const aggregates[] = {"count", "sum:v"};
    struct rask_options options = {.size = sizeof options, .settings = settings};
    snprintf(fixture->path, sizeof fixture->path, "csv_groupby_test.XXXXXX");
    close(mkstemp(fixture->path));
    write_rows(fixture->path, last);
    CU_ASSERT_EQUAL_FATAL(rask_start(&options, &fixture->rask, NULL), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_file_list_new(&fixture->files, NULL), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_file_list_add(fixture->files, fixture->path, NULL), RASK_OK);
    const struct rask_infer_declared declared[] = {{"v", RASK_TYPE_INT64}, {"k", RASK_TYPE_INT64}};
    struct rask_csv_query query = {.files = fixture->files,
                                   .keys = keys,
                                   .n_keys = 1,
                                   .aggregates = aggregates,
                                   .n_aggregates = 2,
                                   .where = where,
                                   .declared = declared,
                                   .n_declared = 2};
    CU_ASSERT_EQUAL_FATAL(rask_csv_plan_init(&fixture->plan, &query, NULL), RASK_OK);
}

static void set_up(struct fixture *fixture, const char *last)
{
    set_up_where(fixture, last, NULL);
}

static void tear_down(struct fixture *fixture)
{
    rask_csv_plan_release(&fixture->plan);
    rask_file_list_free(fixture->files);
    CU_ASSERT_EQUAL(rask_stop(fixture->rask), RASK_OK);
    unlink(fixture->path);
}

static void watch(void *context, const struct rask_csv_progress *progress)
{
    struct rask_csv_progress *seen = context;
    CU_ASSERT(progress->bytes_done >= seen->bytes_done);
    *seen = *progress;
}

static rask_status run(struct fixture *fixture, uint64_t block_bytes,
                       struct rask_csv_answer *answer, struct rask_error *error)
{
    struct rask_csv_progress seen = {0};
    struct rask_csv_job job = {.plan = &fixture->plan,
                               .files = fixture->files,
                               .block_bytes = block_bytes,
                               .on_progress = watch,
                               .context = &seen};
    rask_status status = rask_csv_groupby(fixture->rask, &job, answer, error);
    if (status == RASK_OK) {
        CU_ASSERT_EQUAL(seen.bytes_done, seen.bytes_all);
        CU_ASSERT_EQUAL(seen.rows_done, N_ROWS);
    }
    return status;
}

static void any_cut_gives_the_same_table(void)
{
    struct fixture fixture;
    struct rask_csv_answer whole, cut;
    static const uint64_t sizes[] = {50, 333, 1000, 4096, 20000};
    uint64_t n_redone = 0;
    set_up(&fixture, "");
    CU_ASSERT_EQUAL_FATAL(run(&fixture, UINT64_C(1) << 30, &whole, NULL), RASK_OK);
    CU_ASSERT_EQUAL(whole.n_blocks, 1);
    CU_ASSERT_EQUAL(whole.flat.n_groups, 3);
    CU_ASSERT_EQUAL(whole.flat.counts.rows_read, N_ROWS);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        CU_ASSERT_EQUAL_FATAL(run(&fixture, sizes[i], &cut, NULL), RASK_OK);
        CU_ASSERT(cut.n_blocks > 1);
        CU_ASSERT_EQUAL(cut.flat.counts.rows_read, N_ROWS);
        CU_ASSERT_EQUAL(cut.flat.counts.bytes_read, whole.flat.counts.bytes_read);
        CU_ASSERT_EQUAL(cut.flat.n_groups, whole.flat.n_groups);
        CU_ASSERT_EQUAL(cut.flat.heap_bytes, whole.flat.heap_bytes);
        CU_ASSERT_EQUAL(memcmp(cut.flat.records, whole.flat.records,
                               whole.flat.n_groups * whole.flat.layout.stride),
                        0);
        /* The blocks' rows join to one range that ends with the file. */
        CU_ASSERT_EQUAL(cut.flat.n_ranges, 1);
        CU_ASSERT_EQUAL(cut.flat.ranges[0].next_start, whole.flat.counts.bytes_read);
        n_redone += cut.n_redone;
        rask_csv_answer_release(&cut);
    }
    CU_ASSERT(n_redone > 0);
    rask_csv_answer_release(&whole);
    tear_down(&fixture);
}

static void the_first_error_is_told(void)
{
    struct fixture fixture;
    struct rask_csv_answer answer;
    struct rask_error first, error;
    set_up(&fixture, "1,bad,x\n1,2\n1,worse,y\n");
    CU_ASSERT_EQUAL(run(&fixture, UINT64_C(1) << 30, &answer, &first), RASK_ERR_TYPE);
    CU_ASSERT_PTR_NOT_NULL(strstr(first.text, "'bad' is no int64"));
    for (uint64_t size = 5; size < 3000; size = size * 3 + 1) {
        CU_ASSERT_EQUAL(run(&fixture, size * 20, &answer, &error), RASK_ERR_TYPE);
        CU_ASSERT_STRING_EQUAL(error.text, first.text);
    }
    tear_down(&fixture);
}

/* The row is the last one; those before it have 8201 lines with the header. */
static void a_condition_that_cannot_be_computed_names_the_line(void)
{
    struct fixture fixture;
    struct rask_csv_answer answer;
    struct rask_error error;
    set_up_where(&fixture, "1,9223372036854775807,x\n", "v + 1 > 0");
    for (uint64_t size = 1000; size < UINT64_C(1) << 30; size *= 20) {
        CU_ASSERT_EQUAL(run(&fixture, size, &answer, &error), RASK_ERR_LIMIT);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, ": line 8202: "));
    }
    tear_down(&fixture);
}

static void a_changed_file_is_refused(void)
{
    struct fixture fixture;
    struct rask_csv_answer answer;
    struct rask_error error;
    set_up(&fixture, "");
    write_rows(fixture.path, "1,1,x\n");
    CU_ASSERT_EQUAL(run(&fixture, 1000, &answer, &error), RASK_ERR_CHANGED);
    unlink(fixture.path);
    CU_ASSERT_EQUAL(run(&fixture, 1000, &answer, &error), RASK_ERR_IO);
    tear_down(&fixture);
}

static void broken_partials_are_refused(void)
{
    struct rask_csv_head_bytes head = {.code = RASK_ERR_TYPE, .text_bytes = 4};
    char bytes[sizeof head + 4];
    struct rask_error error;
    struct rask_flat flat;
    memcpy(bytes, &head, sizeof head);
    memcpy(bytes + sizeof head, "text", 4);
    struct rask_view view = {bytes, sizeof bytes};
    CU_ASSERT_EQUAL(rask_csv_head_read(view, &head, &error), RASK_OK);
    CU_ASSERT_EQUAL(error.code, RASK_ERR_TYPE);
    CU_ASSERT_STRING_EQUAL(error.text, "text");
    CU_ASSERT_EQUAL(rask_csv_partial_open(view, &flat, &error), RASK_ERR_TYPE);
    for (view.bytes = 0; view.bytes < sizeof bytes; view.bytes++)
        CU_ASSERT_EQUAL(rask_csv_head_read(view, &head, &error), RASK_ERR_FORMAT);
}

RASK_UNIT_MAIN("csv_groupby", {"any cut gives the same table", any_cut_gives_the_same_table},
               {"the first error is told", the_first_error_is_told},
               {"a condition names the line", a_condition_that_cannot_be_computed_names_the_line},
               {"a changed file is refused", a_changed_file_is_refused},
               {"broken partials are refused", broken_partials_are_refused})
