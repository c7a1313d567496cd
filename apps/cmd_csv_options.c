/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd_csv_options.c: the command line of `rask csv`: the table of options, and taking their values
 * apart: lists at commas, types at their equals sign. */
#include "cmd_csv_options.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

#define MOST_BLOCK_BYTES (UINT64_C(1) << 40)

#define WORD(name, kind, field, word, help)                                              \
    {                                                                                    \
        (name), (kind), offsetof(struct csv_words, field), 0, UINT64_MAX, (word), (help) \
    }

static const struct rask_option known[] = {
    WORD("by", RASK_OPTION_LIST, by, "COL[,COL]...",
         "group the rows by these columns; without it all rows are one group"),
    WORD("agg", RASK_OPTION_LIST, aggregates, "FN:COL[,...]",
         "what to compute for each group: count, sum, mean, min, max, var, std, first, last, "
         "nunique; count alone counts rows and is the default"),
    WORD("where", RASK_OPTION_TEXT, where, "EXPR", "take the rows for which this is true"),
    WORD("sort", RASK_OPTION_LIST, sorts, "COL[:desc]",
         "order the result by its columns, such as count:desc; otherwise it ascends by group"),
    {"limit", RASK_OPTION_COUNT, offsetof(struct csv_words, limit), 0, UINT64_MAX, "N",
     "print the first N rows of the result; 0 prints its header alone"},
    WORD("format", RASK_OPTION_TEXT, format, "FORMAT", "table (default), csv or json"),
    WORD("types", RASK_OPTION_LIST, types, "COL=TYPE[,...]",
         "int64, float64, bool, date, datetime or text, instead of what a sample suggests"),
    WORD("delimiter", RASK_OPTION_TEXT, delimiter, "C",
         "what separates fields: one character, or tab; otherwise found in each file among "
         "comma, tab, semicolon and bar"),
    WORD("no-header", RASK_OPTION_FLAG, has_no_header, NULL,
         "the first record is data; columns are c1, c2, ..."),
    WORD("na", RASK_OPTION_TEXT, missing, "TEXT[,TEXT]...",
         "what stands for a missing value beside the empty field; "
         "default " RASK_CSV_MISSING_WORDS),
    WORD("fill-short", RASK_OPTION_FLAG, fills_short, NULL,
         "what a short record lacks is missing, and no error"),
    {"block", RASK_OPTION_BYTES, offsetof(struct csv_words, block_bytes), 1, MOST_BLOCK_BYTES,
     "BYTES", "input of one task, such as 8MiB; automatic"},
    WORD("list-columns", RASK_OPTION_FLAG, lists_columns, NULL,
         "print the columns with their types, and read no further"),
};

static const struct rask_usage usage = {
    .command = "csv",
    .operands = "PATH...",
    .about = "Filters, groups and aggregates CSV files. A PATH is a file, a directory (its *.csv\n"
             "and *.tsv at any depth) or a glob. The result is the same for any number of ranks\n"
             "and threads; standard error tells rows, time and speed.\n",
    .tail = "EXPR: \"price > 10 and city like 'A%'\". A comma in a column's name is written \\,\n",
    .options = known,
    .n_options = sizeof known / sizeof *known,
    .takes_operands = 1,
};

static int no_memory(size_t bytes)
{
    struct rask_error error;
    (void)rask_error_memory(&error, bytes, "the options");
    return rask_fail(&error);
}

static int push_text(struct csv_texts *texts, const char *text, size_t n)
{
    char *copy = rask_alloc(n + 1);
    if (copy == NULL || csv_texts_push(texts, copy) != 0) {
        rask_free(copy);
        return no_memory(n + 1);
    }
    memcpy(copy, text, n);
    copy[n] = '\0';
    return RASK_GO_ON;
}

/* Cuts one word at its commas and takes backslashes before commas and backslashes away. */
static int cut_word(struct csv_texts *texts, const char *option, const char *word)
{
    size_t n_word = strlen(word), n = 0;
    char *item = rask_alloc(n_word + 1);
    int code = item != NULL ? RASK_GO_ON : no_memory(n_word + 1);
    for (size_t at = 0; code == RASK_GO_ON && at <= n_word; at++) {
        if (at < n_word && word[at] != ',') {
            at += word[at] == '\\' && (word[at + 1] == ',' || word[at + 1] == '\\');
            item[n++] = word[at];
            continue;
        }
        code = n > 0 ? push_text(texts, item, n)
                     : rask_line_refuse(&usage, "option --%s: an empty name in '%.100s'", option,
                                        word);
        n = 0;
    }
    rask_free(item);
    return code;
}

static int cut_words(struct csv_texts *texts, const char *option, const struct rask_words *words)
{
    int code = RASK_GO_ON;
    for (size_t i = 0; code == RASK_GO_ON && i < words->count; i++)
        code = cut_word(texts, option, words->items[i]);
    return code;
}

static int take_type(struct csv_options *options, char *text)
{
    char *sign = strrchr(text, '=');
    struct rask_infer_declared declared = {.name = text};
    if (sign == NULL || sign == text || !rask_type_find(sign + 1, &declared.type))
        return rask_line_refuse(&usage,
                                "option --types: '%.100s' is not COLUMN=TYPE with int64, float64, "
                                "bool, date, datetime or text",
                                text);
    *sign = '\0';
    for (size_t i = 0; i < options->types.count; i++)
        if (strcmp(options->types.items[i].name, text) == 0)
            return rask_line_refuse(&usage, "option --types: column '%.100s' is there twice", text);
    return csv_types_push(&options->types, declared) == 0 ? RASK_GO_ON : no_memory(sizeof declared);
}

static int take_types(struct csv_options *options)
{
    int code = cut_words(&options->type_texts, "types", &options->words.types);
    for (size_t i = 0; code == RASK_GO_ON && i < options->type_texts.count; i++)
        code = take_type(options, options->type_texts.items[i]);
    return code;
}

static int take_delimiter(struct csv_options *options)
{
    const char *text = options->words.delimiter;
    if (text == NULL)
        return RASK_GO_ON;
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
        options->delimiter = '\t';
    else if (strlen(text) == 1 && *text != '"' && *text != '\n' && *text != '\r')
        options->delimiter = *text;
    else
        return rask_line_refuse(&usage,
                                "option --delimiter: '%.100s' is neither one character (of one "
                                "byte, no quote, no line end) nor tab",
                                text);
    return RASK_GO_ON;
}

static int take_words(struct csv_options *options)
{
    const struct csv_words *words = &options->words;
    if (options->line.operands.count == 0)
        return rask_line_refuse(&usage, "no files: name files, directories or globs");
    if (words->format != NULL && !rask_print_format_find(words->format, &options->format))
        return rask_line_refuse(&usage, "option --format: '%.100s' is not table, csv or json",
                                words->format);
    if (words->where != NULL && words->where[strspn(words->where, " \t\r\n")] == '\0')
        return rask_line_refuse(&usage, "option --where: the condition is empty");
    int code = take_delimiter(options);
    if (code == RASK_GO_ON)
        code = cut_words(&options->by, "by", &words->by);
    if (code == RASK_GO_ON)
        code = cut_words(&options->aggregates, "agg", &words->aggregates);
    if (code == RASK_GO_ON)
        code = cut_words(&options->sorts, "sort", &words->sorts);
    return code == RASK_GO_ON ? take_types(options) : code;
}

int csv_options_read(struct csv_options *options, int argc, char **argv)
{
    *options = (struct csv_options){.words.limit = UINT64_MAX};
    int code = rask_line_read(&options->line, &usage, argc, argv, &options->words);
    return code == RASK_GO_ON ? take_words(options) : code;
}

static void release_texts(struct csv_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        rask_free(texts->items[i]);
    csv_texts_release(texts);
}

void csv_options_release(struct csv_options *options)
{
    release_texts(&options->by);
    release_texts(&options->aggregates);
    release_texts(&options->sorts);
    release_texts(&options->type_texts);
    csv_types_release(&options->types);
    rask_words_release(&options->words.by);
    rask_words_release(&options->words.aggregates);
    rask_words_release(&options->words.sorts);
    rask_words_release(&options->words.types);
    rask_line_release(&options->line);
}
