/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_groupby.c: the driver of a group-by over CSV files; csv_groupby.h says what it does.
 *
 *   blocks     0 ... n_checked ... n_submitted ... n
 *              merged   ^ looked at next  ^ not submitted yet
 *
 * The driver waits for the heads of blocks in order. What waits to be merged is kept by level: a
 * level holds up to seven tables, the eighth makes them one table of the level above. Tables merge
 * in any order to the same bytes, so the tree is a matter of cost alone. */
#include "coll/csv_groupby.h"

#include "base/alloc.h"
#include "base/error.h"
#include "coll/csv_block.h"
#include "io/split.h"

#include <rask/start.h>
#include <stdbool.h>

#define FAN_IN 8
#define MAX_LEVELS 22 /* 8^22 blocks */
/* Blocks under way: those that run, as many again that wait beside them, and some. */
#define AHEAD_PER_SLOT 4
#define AHEAD_MORE 8
/* A job of more bytes is stored once instead of travelling with every block. */
#define MAX_JOB_IN_CALL 16384
#define PRIORITY_MERGE 1
#define PRIORITY_HEAD 2

struct block {
    struct rask_future partial, head;
};

struct level {
    struct rask_future partials[FAN_IN];
    size_t n;
};

struct driver {
    struct rask *rask;
    const struct rask_csv_job *job;
    struct rask_future job_future; /* the job's bytes, when they are too many for every call */
    struct rask_split split;
    struct block *ring; /* [n_ring] block i is at i % n_ring while it is under way */
    size_t n_ring;
    size_t n_checked, n_submitted;
    uint64_t next_start; /* of the block checked last */
    struct level levels[MAX_LEVELS];
    struct rask_buf bytes; /* of the block that is being submitted */
    struct rask_csv_progress progress;
    uint64_t n_redone;
};

static struct block *block_at(struct driver *driver, size_t i)
{
    return &driver->ring[i % driver->n_ring];
}

static const struct rask_split_range *first_range(const struct driver *driver, size_t i)
{
    return &driver->split.ranges[driver->split.blocks[i].first_range];
}

static void let_go(struct driver *driver, struct rask_future *future)
{
    rask_release(driver->rask, future, 1);
    future->id = 0;
}

/* driver->bytes becomes block i; `first_start` is that of its first range. */
static rask_status pack_block(struct driver *driver, size_t i, uint64_t first_start,
                              struct rask_error *error)
{
    const struct rask_split_block *block = &driver->split.blocks[i];
    rask_status status = rask_csv_block_begin(&driver->bytes, error);
    for (size_t r = 0; status == RASK_OK && r < block->n_ranges; r++) {
        const struct rask_split_range *range = &driver->split.ranges[block->first_range + r];
        struct rask_csv_range bytes = {.path = rask_file_list_path(driver->job->files, range->file),
                                       .identity =
                                           rask_file_list_identity(driver->job->files, range->file),
                                       .start = range->start,
                                       .end = range->end,
                                       .first_start = r == 0 ? first_start : RASK_CSV_GUESS,
                                       .file = (uint32_t)range->file};
        status = rask_csv_block_add(&driver->bytes, &bytes, error);
    }
    return status;
}

/* Submits block i and the task that reads its head. */
static rask_status submit_block(struct driver *driver, size_t i, uint64_t first_start,
                                struct rask_error *error)
{
    const struct rask_buf *job = &driver->job->plan->job;
    struct rask_call_options read = {.size = sizeof read, .is_producer = 1};
    struct rask_call_options look = {.size = sizeof look, .priority = PRIORITY_HEAD};
    struct block *block = block_at(driver, i);
    rask_status status = pack_block(driver, i, first_start, error);
    if (status != RASK_OK)
        return status;
    struct rask_input inputs[2] = {driver->job_future.id != 0 ? RASK_RESULT(driver->job_future)
                                                              : RASK_BUFFER(job->data, job->size),
                                   RASK_BUFFER(driver->bytes.data, driver->bytes.size)};
    struct rask_call call = {rask_csv_block_function.run, NULL, inputs, 2, &read};
    status = rask_submit(driver->rask, &call, &block->partial, error);
    if (status != RASK_OK)
        return status;
    struct rask_input partial = RASK_RESULT(block->partial);
    struct rask_call head = {rask_csv_head_function.run, NULL, &partial, 1, &look};
    return rask_submit(driver->rask, &head, &block->head, error);
}

static rask_status submit_ahead(struct driver *driver, struct rask_error *error)
{
    rask_status status = RASK_OK;
    while (status == RASK_OK && driver->n_submitted < driver->split.n_blocks &&
           driver->n_submitted < driver->n_checked + driver->n_ring) {
        *block_at(driver, driver->n_submitted) = (struct block){{0}, {0}};
        status = submit_block(driver, driver->n_submitted++, RASK_CSV_GUESS, error);
    }
    return status;
}

/* Makes one table of the n tables of a level; they are let go. */
static rask_status merge_level(struct driver *driver, struct level *level,
                               struct rask_future *merged, struct rask_error *error)
{
    struct rask_input inputs[FAN_IN];
    struct rask_call_options options = {.size = sizeof options, .priority = PRIORITY_MERGE};
    struct rask_call call = {rask_csv_merge_function.run, NULL, inputs, level->n, &options};
    for (size_t i = 0; i < level->n; i++)
        inputs[i] = RASK_RESULT(level->partials[i]);
    rask_status status = rask_submit(driver->rask, &call, merged, error);
    if (status != RASK_OK)
        return status;
    rask_release(driver->rask, level->partials, level->n);
    level->n = 0;
    return RASK_OK;
}

/* Adds a table to a level and merges what is full. The table belongs to the driver from now on. */
static rask_status add_partial(struct driver *driver, size_t at, struct rask_future partial,
                               struct rask_error *error)
{
    rask_status status = RASK_OK;
    for (; status == RASK_OK; at++) {
        struct level *level = &driver->levels[at];
        level->partials[level->n++] = partial;
        if (level->n < FAN_IN || at + 1 == MAX_LEVELS)
            break;
        status = merge_level(driver, level, &partial, error);
    }
    return status;
}

/* Merges what all levels hold to one table, at the highest level that holds any. */
static rask_status merge_rest(struct driver *driver, struct rask_future *all,
                              struct rask_error *error)
{
    size_t n_levels = MAX_LEVELS;
    while (n_levels > 1 && driver->levels[n_levels - 1].n == 0)
        n_levels--;
    for (size_t at = 0; at < n_levels; at++) {
        struct level *level = &driver->levels[at];
        struct rask_future merged;
        if (level->n == 0)
            continue;
        if (level->n == 1) {
            merged = level->partials[0];
            level->n = 0;
        } else {
            rask_status status = merge_level(driver, level, &merged, error);
            if (status != RASK_OK)
                return status;
        }
        if (at + 1 == n_levels) {
            *all = merged;
            return RASK_OK;
        }
        struct level *above = &driver->levels[at + 1];
        above->partials[above->n++] = merged;
    }
    return rask_error_set(error, RASK_ERR_INTERNAL, "no table is left after merging");
}

/* Waits for the head of block i. `found` is what is wrong with its data. */
static rask_status wait_head(struct driver *driver, size_t i, struct rask_csv_head_bytes *head,
                             struct rask_error *found, struct rask_error *error)
{
    struct block *block = block_at(driver, i);
    struct rask_view view;
    rask_status status = rask_result(driver->rask, block->head, RASK_FOREVER, &view, error);
    if (status == RASK_OK)
        status = rask_csv_head_read(view, head, found);
    if (status == RASK_OK)
        let_go(driver, &block->head);
    return status;
}

/* Looks at the next block: is it right, must it be read again, is there an error? */
static rask_status check_next(struct driver *driver, struct rask_error *error)
{
    size_t i = driver->n_checked;
    struct rask_csv_head_bytes head;
    struct rask_error found;
    struct block *block = block_at(driver, i);
    bool is_guess = first_range(driver, i)->start > 0;
    rask_status status = wait_head(driver, i, &head, &found, error);
    if (status == RASK_OK && is_guess &&
        (head.code != RASK_OK || head.first_start != driver->next_start)) {
        let_go(driver, &block->partial);
        driver->n_redone++;
        status = submit_block(driver, i, driver->next_start, error);
        if (status == RASK_OK)
            status = wait_head(driver, i, &head, &found, error);
    }
    if (status != RASK_OK)
        return status;
    if (head.code != RASK_OK) {
        *error = found;
        return (rask_status)head.code;
    }
    struct rask_future partial = block->partial;
    block->partial.id = 0;
    driver->next_start = head.next_start;
    driver->n_checked++;
    driver->progress.bytes_done += driver->split.blocks[i].n_bytes;
    driver->progress.rows_done += head.rows_read;
    return add_partial(driver, 0, partial, error);
}

static rask_status check_all(struct driver *driver, struct rask_error *error)
{
    rask_status status = RASK_OK;
    while (status == RASK_OK && driver->n_checked < driver->split.n_blocks) {
        status = submit_ahead(driver, error);
        if (status == RASK_OK)
            status = check_next(driver, error);
        if (status == RASK_OK && driver->job->on_progress != NULL)
            driver->job->on_progress(driver->job->context, &driver->progress);
    }
    return status;
}

/* Empty files make no block: one block of nothing gives the empty table. */
static rask_status add_empty(struct driver *driver, struct rask_error *error)
{
    const struct rask_buf *job = &driver->job->plan->job;
    struct rask_future partial;
    rask_status status = rask_csv_block_begin(&driver->bytes, error);
    if (status != RASK_OK)
        return status;
    struct rask_input inputs[2] = {RASK_BUFFER(job->data, job->size),
                                   RASK_BUFFER(driver->bytes.data, driver->bytes.size)};
    struct rask_call call = {rask_csv_block_function.run, NULL, inputs, 2, NULL};
    status = rask_submit(driver->rask, &call, &partial, error);
    return status == RASK_OK ? add_partial(driver, 0, partial, error) : status;
}

static rask_status set_up(struct driver *driver, struct rask_error *error)
{
    const struct rask_csv_job *job = driver->job;
    size_t n_files = rask_file_list_count(job->files);
    uint64_t n_bytes = rask_file_list_bytes(job->files);
    uint64_t *sizes = rask_alloc((n_files + 1) * sizeof *sizes);
    if (sizes == NULL)
        return rask_error_memory(error, n_files * sizeof *sizes, "the sizes of the files");
    for (size_t i = 0; i < n_files; i++)
        sizes[i] = rask_file_list_identity(job->files, i)->n_bytes;
    unsigned n_slots = rask_slot_count(driver->rask);
    uint64_t block_bytes =
        job->block_bytes != 0 ? job->block_bytes : rask_split_block_bytes(n_bytes, n_slots);
    rask_status status = rask_split_init(&driver->split, sizes, n_files, block_bytes, error);
    rask_free(sizes);
    driver->progress.bytes_all = n_bytes;
    driver->n_ring = (size_t)n_slots * AHEAD_PER_SLOT + AHEAD_MORE;
    driver->ring = rask_alloc_zeroed(driver->n_ring, sizeof *driver->ring);
    if (status == RASK_OK && driver->ring == NULL)
        status = rask_error_memory(error, driver->n_ring * sizeof *driver->ring, "blocks");
    if (status == RASK_OK && job->plan->job.size > MAX_JOB_IN_CALL) {
        struct rask_view view = {job->plan->job.data, job->plan->job.size};
        status = rask_scatter(driver->rask, view, NULL, &driver->job_future, error);
    }
    return status;
}

/* Cancels and lets go of everything that is still under way. */
static void tear_down(struct driver *driver)
{
    for (size_t i = 0; driver->ring != NULL && i < driver->n_ring; i++) {
        (void)rask_cancel(driver->rask, &driver->ring[i].head, 1);
        (void)rask_cancel(driver->rask, &driver->ring[i].partial, 1);
        let_go(driver, &driver->ring[i].head);
        let_go(driver, &driver->ring[i].partial);
    }
    for (size_t at = 0; at < MAX_LEVELS; at++)
        rask_release(driver->rask, driver->levels[at].partials, driver->levels[at].n);
    let_go(driver, &driver->job_future);
    rask_free(driver->ring);
    rask_split_release(&driver->split);
    rask_buf_release(&driver->bytes);
}

/* Waits for the table of everything. */
static rask_status take_answer(struct driver *driver, struct rask_csv_answer *answer,
                               struct rask_error *error)
{
    struct rask_view view;
    *answer = (struct rask_csv_answer){
        .rask = driver->rask, .n_blocks = driver->split.n_blocks, .n_redone = driver->n_redone};
    rask_status status = merge_rest(driver, &answer->future, error);
    if (status != RASK_OK)
        return status;
    status = rask_result(driver->rask, answer->future, RASK_FOREVER, &view, error);
    if (status == RASK_OK)
        status = rask_csv_partial_open(view, &answer->flat, error);
    if (status == RASK_OK) {
        status = rask_flat_check_chain(&answer->flat, NULL, error);
        if (status == RASK_OK)
            return RASK_OK;
        rask_flat_close(&answer->flat);
    }
    rask_release(driver->rask, &answer->future, 1);
    return status;
}

rask_status rask_csv_groupby(struct rask *rask, const struct rask_csv_job *job,
                             struct rask_csv_answer *answer, struct rask_error *error)
{
    struct driver driver = {.rask = rask, .job = job};
    struct rask_error own_error;
    error = error == NULL ? &own_error : error;
    rask_status status = set_up(&driver, error);
    if (status == RASK_OK)
        status = driver.split.n_blocks == 0 ? add_empty(&driver, error) : check_all(&driver, error);
    if (status == RASK_OK)
        status = take_answer(&driver, answer, error);
    tear_down(&driver);
    return status;
}

void rask_csv_answer_release(struct rask_csv_answer *answer)
{
    rask_flat_close(&answer->flat);
    rask_release(answer->rask, &answer->future, 1);
    *answer = (struct rask_csv_answer){0};
}
