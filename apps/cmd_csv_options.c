/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd_csv_options.c: the command line of `rask csv`: one table of options, each with the function
 * that takes its value. Options may stand anywhere among the paths; `--` ends them. Settings of the
 * runtime are options too. */
#include "cmd_csv_options.h"

#include "base/alloc.h"
#include "base/config.h"
#include "base/error.h"
#include "base/fmt.h"
#include "kern/expr.h"

#include <stdio.h>
#include <string.h>

const char csv_help[] =
    "Usage: rask csv [OPTION]... PATH...\n"
    "Filters, groups and aggregates CSV files. A PATH is a file, a directory (its *.csv and\n"
    "*.tsv, at any depth) or a glob in quotes.\n"
    "\n"
    "  --by COL[,COL]...      group the rows by these columns; without it all rows are one group\n"
    "  --agg FN:COL[,...]     what to compute for each group: count, sum, mean, min, max, var,\n"
    "                         std, first, last, nunique; count alone counts rows (the default)\n"
    "  --where EXPR           take only rows for which this is true: \"price > 10 and city like "
    "'A%'\"\n"
    "  --sort COL[:desc]      order the result by its columns, such as count:desc\n"
    "  --limit N              print only the first N rows of the result\n"
    "  --format FORMAT        table (default), csv or json\n"
    "  --types COL=TYPE[,..]  int64, float64, bool, date, datetime or text instead of the type\n"
    "                         that a sample of the files suggests\n"
    "  --delimiter C          what separates fields: one character, or tab; else it is found in\n"
    "                         each file: comma, tab, semicolon or bar\n"
    "  --no-header            the first record is data; columns are c1, c2, ...\n"
    "  --na TEXT[,TEXT]...    what stands for a missing value, beside the empty field\n"
    "                         (" RASK_CSV_MISSING_WORDS ")\n"
    "  --fill-short           take what a short record lacks as missing, instead of an error\n"
    "  --block BYTES          size of a task's piece of input, such as 8MiB (automatic)\n"
    "  --list-columns         print the columns and their types, and read no further\n"
    "  --quiet                neither progress nor summary on standard error\n"
    "  --threads N, ...       any setting of the runtime: see rask info\n"
    "\n"
    "A comma in a name is written \\, and a backslash \\\\. The result is the same for any number\n"
    "of ranks and threads: mpirun -n 4 rask csv ...\n"
    "Exit codes: 0 done, 1 failed (files, data), 2 used wrongly, 130 interrupted.\n";

static rask_status usage(struct rask_error *error, const char *option, const char *value,
                         const char *wanted)
{
    return rask_error_set(error, RASK_ERR_USAGE, "option %s: '%.100s' is not %s", option, value,
                          wanted);
}

static rask_status push_text(struct csv_texts *texts, const char *text, size_t n,
                             struct rask_error *error)
{
    char *copy = rask_alloc(n + 1);
    if (copy == NULL || csv_texts_push(texts, copy) != 0) {
        rask_free(copy);
        return rask_error_memory(error, n + 1, "an option");
    }
    memcpy(copy, text, n);
    copy[n] = '\0';
    return RASK_OK;
}

/* Cuts a list at its commas and takes backslashes away. An empty item is wrong use. */
static rask_status push_list(struct csv_texts *texts, const char *option, const char *value,
                             struct rask_error *error)
{
    size_t n_value = strlen(value), n = 0;
    char *item = rask_alloc(n_value + 1);
    rask_status status =
        item != NULL ? RASK_OK : rask_error_memory(error, n_value + 1, "an option");
    for (size_t at = 0; status == RASK_OK && at <= n_value; at++) {
        if (at < n_value && value[at] != ',') {
            int is_escaped = value[at] == '\\' && (value[at + 1] == ',' || value[at + 1] == '\\');
            at += (size_t)is_escaped;
            item[n++] = value[at];
            continue;
        }
        status = n > 0 ? push_text(texts, item, n, error)
                       : usage(error, option, value, "a list of names");
        n = 0;
    }
    rask_free(item);
    return status;
}

static rask_status take_by(struct csv_options *options, const char *option, const char *value,
                           struct rask_error *error)
{
    return push_list(&options->by, option, value, error);
}

static rask_status take_aggregates(struct csv_options *options, const char *option,
                                   const char *value, struct rask_error *error)
{
    return push_list(&options->aggregates, option, value, error);
}

static rask_status take_sorts(struct csv_options *options, const char *option, const char *value,
                              struct rask_error *error)
{
    return push_list(&options->sorts, option, value, error);
}

static rask_status take_types(struct csv_options *options, const char *option, const char *value,
                              struct rask_error *error)
{
    size_t n_before = options->type_texts.count;
    rask_status status = push_list(&options->type_texts, option, value, error);
    for (size_t i = n_before; status == RASK_OK && i < options->type_texts.count; i++) {
        char *text = options->type_texts.items[i], *sign = strrchr(text, '=');
        struct rask_infer_declared declared = {.name = text};
        if (sign == NULL || sign == text || !rask_type_find(sign + 1, &declared.type))
            return usage(error, option, text,
                         "COLUMN=TYPE with int64, float64, bool, date, datetime or text");
        *sign = '\0';
        for (size_t k = 0; k < options->types.count; k++)
            if (strcmp(options->types.items[k].name, text) == 0)
                return rask_error_set(error, RASK_ERR_USAGE,
                                      "option %s: column '%s' is there twice", option, text);
        if (csv_types_push(&options->types, declared) != 0)
            status = rask_error_memory(error, sizeof declared, "an option");
    }
    return status;
}

static rask_status take_where(struct csv_options *options, const char *option, const char *value,
                              struct rask_error *error)
{
    if (options->where != NULL)
        return rask_error_set(error, RASK_ERR_USAGE,
                              "option %s is there twice; join the conditions with `and`", option);
    options->where = value;
    return RASK_OK;
}

static rask_status take_limit(struct csv_options *options, const char *option, const char *value,
                              struct rask_error *error)
{
    return rask_parse_uint64(value, 1, UINT64_MAX, &options->limit) == RASK_OK
               ? RASK_OK
               : usage(error, option, value, "a number of rows from 1");
}

static rask_status take_format(struct csv_options *options, const char *option, const char *value,
                               struct rask_error *error)
{
    return rask_print_format_find(value, &options->format)
               ? RASK_OK
               : usage(error, option, value, "table, csv or json");
}

static rask_status take_delimiter(struct csv_options *options, const char *option,
                                  const char *value, struct rask_error *error)
{
    if (strcmp(value, "tab") == 0 || strcmp(value, "\\t") == 0)
        options->delimiter = '\t';
    else if (strlen(value) == 1 && *value != '"' && *value != '\n' && *value != '\r')
        options->delimiter = *value;
    else
        return usage(error, option, value, "one character (of one byte, no quote), or tab");
    return RASK_OK;
}

static rask_status take_missing(struct csv_options *options, const char *option, const char *value,
                                struct rask_error *error)
{
    (void)option;
    (void)error;
    options->missing_words = value;
    return RASK_OK;
}

static rask_status take_block(struct csv_options *options, const char *option, const char *value,
                              struct rask_error *error)
{
    return rask_parse_bytes(value, &options->block_bytes) == RASK_OK && options->block_bytes > 0
               ? RASK_OK
               : usage(error, option, value, "a size such as 8MiB");
}

struct option {
    const char *name; /* with its dashes */
    rask_status (*take)(struct csv_options *options, const char *option, const char *value,
                        struct rask_error *error); /* NULL: a flag */
    size_t flag; /* offset of the int that it sets */
};

#define FLAG(name, field)                                 \
    {                                                     \
        (name), NULL, offsetof(struct csv_options, field) \
    }

static const struct option known[] = {
    {"--by", take_by, 0},
    {"--agg", take_aggregates, 0},
    {"--where", take_where, 0},
    {"--sort", take_sorts, 0},
    {"--limit", take_limit, 0},
    {"--format", take_format, 0},
    {"--types", take_types, 0},
    {"--delimiter", take_delimiter, 0},
    {"--na", take_missing, 0},
    {"--block", take_block, 0},
    FLAG("--no-header", has_no_header),
    FLAG("--fill-short", fills_short),
    FLAG("--list-columns", lists_columns),
    FLAG("--quiet", is_quiet),
    FLAG("--help", wants_help),
    FLAG("-h", wants_help),
};

#define N_KNOWN (sizeof known / sizeof *known)

/* The arguments, and where reading them is. */
struct cursor {
    int argc, at;
    char **argv;
};

static const struct option *find_option(const char *text, size_t n)
{
    for (size_t i = 0; i < N_KNOWN; i++)
        if (strlen(known[i].name) == n && strncmp(known[i].name, text, n) == 0)
            return &known[i];
    return NULL;
}

static rask_status no_value(const char *option, struct rask_error *error)
{
    return rask_error_set(error, RASK_ERR_USAGE, "option %s needs a value; see rask csv --help",
                          option);
}

/* A setting of the runtime: --threads 2 and --threads=2. */
static rask_status take_setting(struct csv_options *options, const char *name, const char *value,
                                struct rask_error *error)
{
    struct rask_buf buf = {0};
    rask_status status = rask_buf_printf(&buf, "%s=%s", name + 2, value);
    if (status != RASK_OK)
        return rask_error_memory(error, strlen(value), "an option");
    status = push_text(&options->settings, (const char *)buf.data, buf.size, error);
    rask_buf_release(&buf);
    return status;
}

static rask_status unknown(const char *name, struct rask_error *error)
{
    const char *names[N_KNOWN];
    for (size_t i = 0; i < N_KNOWN; i++)
        names[i] = known[i].name;
    const char *nearest = rask_name_nearest(name, names, N_KNOWN);
    return rask_error_set(error, RASK_ERR_USAGE, "unknown option '%.100s'%s%s; see rask csv --help",
                          name, nearest != NULL ? ", did you mean " : "",
                          nearest != NULL ? nearest : "");
}

static rask_status take_option(struct csv_options *options, struct cursor *cursor,
                               struct rask_error *error)
{
    const char *text = cursor->argv[cursor->at];
    size_t n = strcspn(text, "=");
    char name[RASK_NAME_BYTES];
    snprintf(name, sizeof name, "%.*s", (int)n, text);
    const struct option *option = find_option(text, n);
    int is_setting = option == NULL && n > 2 && rask_config_find(name + 2) >= 0;
    if (option == NULL && !is_setting)
        return unknown(name, error);
    if (option != NULL && option->take == NULL) {
        if (text[n] == '=')
            return rask_error_set(error, RASK_ERR_USAGE, "option %s takes no value", name);
        *(int *)(void *)((char *)options + option->flag) = 1;
        return RASK_OK;
    }
    const char *value = text + n + 1;
    if (text[n] != '=') {
        if (cursor->at + 1 >= cursor->argc)
            return no_value(name, error);
        value = cursor->argv[++cursor->at];
    }
    return is_setting ? take_setting(options, name, value, error)
                      : option->take(options, name, value, error);
}

rask_status csv_options_parse(struct csv_options *options, int argc, char **argv,
                              struct rask_error *error)
{
    struct cursor cursor = {.argc = argc, .at = 1, .argv = argv};
    rask_status status = RASK_OK;
    int is_over = 0;
    *options = (struct csv_options){0};
    for (; status == RASK_OK && cursor.at < argc; cursor.at++) {
        const char *text = argv[cursor.at];
        if (!is_over && strcmp(text, "--") == 0)
            is_over = 1;
        else if (!is_over && text[0] == '-' && text[1] != '\0')
            status = take_option(options, &cursor, error);
        else
            status = push_text(&options->paths, text, strlen(text), error);
    }
    if (status == RASK_OK && options->paths.count == 0 && !options->wants_help)
        status = rask_error_set(error, RASK_ERR_USAGE,
                                "no files: name files, directories or globs; see rask csv --help");
    return status;
}

static void release_texts(struct csv_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        rask_free(texts->items[i]);
    csv_texts_release(texts);
}

void csv_options_release(struct csv_options *options)
{
    release_texts(&options->paths);
    release_texts(&options->by);
    release_texts(&options->aggregates);
    release_texts(&options->sorts);
    release_texts(&options->settings);
    release_texts(&options->type_texts);
    csv_types_release(&options->types);
}
