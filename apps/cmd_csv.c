/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd_csv.c: `rask csv`: filters, groups and aggregates CSV files. It parses its options, starts
 * the runtime, asks coll/csv_groupby for the merged table, and prints it. Nothing goes to standard
 * output before the whole answer is there. */
#include "cmd_csv_options.h"
#include "commands.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fmt.h"
#include "coll/csv_groupby.h"
#include "diag/progress.h"
#include "kern/result.h"

#include <errno.h>
#include <rask/start.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One run of the command on rank 0. */
struct run {
    const struct csv_options *options;
    struct rask *rask;
    struct rask_file_list *files;
    struct rask_progress progress;
    uint64_t begin_ns;
};

static int tell(const struct run *run, const struct rask_error *error, int exit_code)
{
    fprintf(stderr, "rask csv: %s\n",
            error->text[0] != '\0' ? error->text : rask_status_text(error->code));
    return error->code == RASK_ERR_INTERRUPTED ? rask_interrupted_code(run->rask) : exit_code;
}

/* What is wrong with the question is wrong use; what is wrong with the files is not. */
static int exit_code_of(rask_status status)
{
    return status == RASK_ERR_ARGUMENT || status == RASK_ERR_USAGE || status == RASK_ERR_SYNTAX ||
                   status == RASK_ERR_TYPE
               ? RASK_EXIT_USAGE
               : RASK_EXIT_FAILED;
}

static rask_status write_out(void *context, const void *bytes, size_t n_bytes,
                             struct rask_error *error)
{
    (void)context;
    if (fwrite(bytes, 1, n_bytes, stdout) == n_bytes)
        return RASK_OK;
    return rask_error_set(error, RASK_ERR_IO, RASK_OUTPUT_ERROR ": %s", strerror(errno));
}

static void show_progress(void *context, const struct rask_csv_progress *progress)
{
    struct run *run = context;
    rask_progress_show(&run->progress, progress->bytes_done, progress->bytes_all, rask_now_ns());
}

static void begin_progress(struct run *run)
{
    const char *wish = rask_setting(run->rask, "progress", NULL);
    int is_wanted = wish != NULL && strcmp(wish, "yes") == 0;
    if (wish != NULL && strcmp(wish, "auto") == 0)
        is_wanted = isatty(STDERR_FILENO);
    rask_progress_start(&run->progress, is_wanted ? stderr : NULL, rask_now_ns());
}

static const char *plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

/* "37,403 rows": figures that are counts keep all their digits. */
static const char *group_digits(char *text, size_t text_bytes, uint64_t value)
{
    char digits[24];
    size_t n = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)value), at = 0;
    for (size_t i = 0; i < n && at + 2 < text_bytes; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

static void print_summary(const struct run *run, const struct rask_flat_counts *counts)
{
    double seconds = (double)(rask_now_ns() - run->begin_ns) / 1e9;
    char rows[RASK_FORMAT_BYTES], rate[RASK_FORMAT_BYTES];
    int32_t n_ranks = rask_rank_count(run->rask), n_workers = rask_worker_count(run->rask);
    uint32_t n_slots = rask_slot_count(run->rask);
    if (run->options->line.is_quiet)
        return;
    fprintf(stderr, "%s rows, %.1f MB in %.3f s: %s, %.0f MB/s on ",
            group_digits(rows, sizeof rows, counts->rows_read), (double)counts->bytes_read / 1e6,
            seconds,
            rask_format_figure(rate, sizeof rate, (double)counts->rows_read / seconds, "rows/s"),
            (double)counts->bytes_read / 1e6 / seconds);
    if (n_workers == n_ranks && n_slots % (uint32_t)n_ranks == 0)
        fprintf(stderr, "%d rank%s x %u thread%s\n", (int)n_ranks, plural(n_ranks),
                n_slots / (uint32_t)n_ranks, plural(n_slots / (uint32_t)n_ranks));
    else
        fprintf(stderr, "%d ranks, %u thread%s in all\n", (int)n_ranks, n_slots, plural(n_slots));
}

static int print_answer(const struct run *run, const struct rask_csv_plan *plan,
                        const struct rask_csv_answer *answer, const struct rask_result_options *how)
{
    struct rask_result *result = NULL;
    struct rask_error error = {.code = RASK_OK};
    rask_status status = rask_result_new(&plan->groupby, &answer->flat, how, &result, &error);
    if (status == RASK_OK)
        status = rask_print(result, run->options->format, write_out, NULL, &error);
    rask_result_free(result);
    if (status == RASK_ERR_IO)
        return rask_fail(&error);
    return status == RASK_OK ? rask_finish_output() : tell(run, &error, RASK_EXIT_FAILED);
}

/* Reads the files and prints the answer. */
static int compute(struct run *run, const struct rask_csv_plan *plan,
                   const struct rask_result_options *how)
{
    struct rask_error error = {.code = RASK_OK};
    struct rask_csv_answer answer;
    struct rask_csv_job job = {.plan = plan,
                               .files = run->files,
                               .block_bytes = run->options->words.block_bytes,
                               .on_progress = show_progress,
                               .context = run};
    begin_progress(run);
    rask_status status = rask_csv_groupby(run->rask, &job, &answer, &error);
    rask_progress_stop(&run->progress);
    if (status != RASK_OK) {
        error.code = status;
        return tell(run, &error, RASK_EXIT_FAILED);
    }
    int exit_code = print_answer(run, plan, &answer, how);
    if (exit_code == RASK_EXIT_DONE)
        print_summary(run, &answer.flat.counts);
    rask_csv_answer_release(&answer);
    return exit_code;
}

static int sort_and_compute(struct run *run, const struct rask_csv_plan *plan)
{
    const struct csv_options *options = run->options;
    struct rask_sort_key sorts[RASK_RESULT_MAX_SORTS];
    struct rask_result_options how = {.sorts = sorts,
                                      .n_sorts = (uint32_t)options->sorts.count,
                                      .limit = options->words.limit,
                                      .is_empty = options->words.limit == 0};
    struct rask_error error = {.code = RASK_OK};
    rask_status status = RASK_OK;
    if (options->sorts.count > RASK_RESULT_MAX_SORTS)
        status = rask_error_set(&error, RASK_ERR_USAGE, "more than %d columns to sort by",
                                RASK_RESULT_MAX_SORTS);
    for (size_t i = 0; status == RASK_OK && i < options->sorts.count; i++)
        status = rask_sort_parse(&plan->groupby, options->sorts.items[i], &sorts[i], &error);
    return status == RASK_OK ? compute(run, plan, &how) : tell(run, &error, RASK_EXIT_USAGE);
}

static struct rask_csv_dialect dialect_of(const struct csv_options *options)
{
    return (struct rask_csv_dialect){.size = sizeof(struct rask_csv_dialect),
                                     .delimiter = options->delimiter,
                                     .has_no_header = options->words.has_no_header,
                                     .fills_short = options->words.fills_short,
                                     .missing_words = options->words.missing};
}

static int plan_and_compute(struct run *run)
{
    const struct csv_options *options = run->options;
    struct rask_csv_query query = {.files = run->files,
                                   .dialect = dialect_of(options),
                                   .keys = (const char *const *)options->by.items,
                                   .n_keys = options->by.count,
                                   .aggregates = (const char *const *)options->aggregates.items,
                                   .n_aggregates = options->aggregates.count,
                                   .where = options->words.where,
                                   .declared = options->types.items,
                                   .n_declared = options->types.count};
    struct rask_csv_plan plan;
    struct rask_error error = {.code = RASK_OK};
    rask_status status = rask_csv_plan_init(&plan, &query, &error);
    if (status != RASK_OK)
        return tell(run, &error, exit_code_of(status));
    int exit_code = sort_and_compute(run, &plan);
    rask_csv_plan_release(&plan);
    return exit_code;
}

/* --list-columns: a line for each column. */
static int list_columns(const struct run *run)
{
    struct rask_csv_dialect dialect = dialect_of(run->options);
    struct rask_infer_question question = {.files = run->files,
                                           .dialect = &dialect,
                                           .declared = run->options->types.items,
                                           .n_declared = run->options->types.count};
    struct rask_infer_answer answer;
    struct rask_error error = {.code = RASK_OK};
    rask_status status = rask_infer_answer_init(&answer, &question, &error);
    if (status != RASK_OK)
        return tell(run, &error, exit_code_of(status));
    for (size_t i = 0; i < answer.n_columns; i++) {
        const struct rask_infer_column *column = &answer.columns[i];
        printf("%-8s  %s%s\n", rask_type_name(column->type), column->name,
               column->n_values == 0 && !column->is_declared ? "  (no value in the sample)" : "");
    }
    rask_infer_answer_release(&answer);
    return rask_finish_output();
}

/* What is left out of what the paths say. */
static void tell_remarks(const struct run *run)
{
    struct rask_file_remarks remarks = rask_file_list_remarks(run->files);
    if (run->options->line.is_quiet)
        return;
    if (remarks.n_repeats == 1)
        fprintf(stderr, "rask csv: %.200s is the file %.200s again; it is read once\n",
                remarks.repeat, remarks.original);
    else if (remarks.n_repeats > 1)
        fprintf(stderr,
                "rask csv: %zu files are named more than once, such as %.200s, which is %.200s; "
                "each is read once\n",
                remarks.n_repeats, remarks.repeat, remarks.original);
    if (remarks.n_skipped > 0)
        fprintf(stderr, "rask csv: left out: %.200s%s, no regular file%s\n", remarks.skipped,
                remarks.n_skipped > 1 ? " and others" : "", remarks.n_skipped > 1 ? "s" : "");
}

static int run_command(struct run *run)
{
    const struct csv_options *options = run->options;
    struct rask_error error = {.code = RASK_OK};
    rask_status status = rask_file_list_new(&run->files, &error);
    for (size_t i = 0; status == RASK_OK && i < options->line.operands.count; i++)
        status = rask_file_list_add(run->files, options->line.operands.items[i], &error);
    if (status == RASK_OK)
        tell_remarks(run);
    int exit_code = status != RASK_OK              ? tell(run, &error, RASK_EXIT_FAILED)
                    : options->words.lists_columns ? list_columns(run)
                                                   : plan_and_compute(run);
    rask_file_list_free(run->files);
    return exit_code;
}

int rask_cmd_csv(int argc, char **argv)
{
    struct csv_options options;
    struct run run = {.options = &options};
    int code = csv_options_read(&options, argc, argv);
    if (code == RASK_GO_ON)
        code = rask_line_start(&options.line, &run.rask);
    if (code == RASK_GO_ON) {
        run.begin_ns = rask_now_ns();
        code = run_command(&run); /* says itself what is wrong, also with standard output */
        if (rask_stop(run.rask) != RASK_OK && code == RASK_EXIT_DONE)
            code = RASK_EXIT_FAILED;
    }
    csv_options_release(&options);
    return code;
}
