/* SPDX-License-Identifier: BSD-3-Clause */
/* options.c: see options.h. Settings are tried out here as the runtime will take them, so that a
 * wrong one, also in the environment or the file, is reported once and before MPI is up. */
#include "options.h"

#include "api/settings.h"
#include "api/signals.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/error.h"
#include "base/fmt.h"
#include "comm/launch.h"
#include "kern/expr.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HELP_COLUMNS 80
#define HELP_TEXT_COLUMN 26
#define MAX_OPTIONS 32

/* What reading goes through. */
struct reading {
    struct rask_line *line;
    const struct rask_usage *usage;
    struct rask_config config; /* for trying settings */
    void *values;
    int argc, at;
    char **argv;
    int wants_help;
};

static const struct rask_option common[] = {
    {"quiet", RASK_OPTION_FLAG, 0, 0, 0, NULL, "no progress bar and no warnings"},
    {"help", RASK_OPTION_FLAG, 0, 0, 0, NULL, "this text, and leave"},
};
#define N_COMMON (sizeof common / sizeof *common)

int rask_is_speaker(void)
{
    struct rask_launcher launcher;
    rask_launcher_find(&launcher);
    return launcher.rank <= 0;
}

int rask_exit_early(int code)
{
    return rask_is_speaker() ? code : RASK_EXIT_DONE;
}

int rask_line_refuse(const struct rask_usage *usage, const char *format, ...)
{
    struct rask_error error;
    va_list arguments;
    va_start(arguments, format);
    (void)rask_error_set_list(&error, RASK_ERR_USAGE, format, arguments);
    va_end(arguments);
    if (rask_is_speaker())
        fprintf(stderr, "rask %s: %s; see rask %s --help\n", usage->command, error.text,
                usage->command);
    return rask_exit_early(RASK_EXIT_USAGE);
}

int rask_fail(const struct rask_error *error)
{
    struct rask_log log;
    if (!rask_is_speaker())
        return RASK_EXIT_DONE;
    rask_log_init(&log, stderr, -1, RASK_LOG_ERROR);
    rask_log_failure(&log, error);
    return RASK_EXIT_FAILED;
}

int rask_finish_output(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return RASK_EXIT_DONE;
    fprintf(stderr, "rask: error: " RASK_OUTPUT_ERROR "%s%s\n", errno != 0 ? ": " : "",
            errno != 0 ? strerror(errno) : "");
    return RASK_EXIT_FAILED;
}

static int fail_memory(uint64_t bytes)
{
    struct rask_error error;
    (void)rask_error_memory(&error, bytes, "the command line");
    return rask_fail(&error);
}

/* The words of `text` in lines from HELP_TEXT_COLUMN on; the cursor is at `column`. */
static void print_wrapped(const char *text, size_t column)
{
    int is_first = 1;
    if (column + 2 > HELP_TEXT_COLUMN) {
        printf("\n");
        column = 0;
    }
    printf("%*s", (int)(HELP_TEXT_COLUMN - column), "");
    column = HELP_TEXT_COLUMN;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (!is_first && column + 1 + length > HELP_COLUMNS) {
            printf("\n%*s", HELP_TEXT_COLUMN, "");
            column = HELP_TEXT_COLUMN;
            is_first = 1;
        }
        printf("%s%.*s", is_first ? "" : " ", (int)length, text);
        column += length + !is_first;
        is_first = 0;
        text += length;
        text += strspn(text, " ");
    }
    printf("\n");
}

static void print_option(const struct rask_option *option)
{
    if (option->help == NULL)
        return;
    int column = printf("  --%s%s%s", option->name, option->word == NULL ? "" : " ",
                        option->word == NULL ? "" : option->word);
    print_wrapped(option->help, column < 0 ? 0 : (size_t)column);
}

static int print_help(const struct rask_usage *usage)
{
    struct rask_buf settings = {0};
    if (rask_config_help(&settings) != RASK_OK)
        return fail_memory(settings.size);
    printf("Usage: rask %s [OPTION]...%s%s\n%s\n", usage->command,
           usage->operands[0] == '\0' ? "" : " ", usage->operands, usage->about);
    for (size_t i = 0; i < usage->n_options; i++)
        print_option(&usage->options[i]);
    for (size_t i = 0; i < N_COMMON; i++)
        print_option(&common[i]);
    printf("%s%s\nSettings of the runtime:\n%.*s", usage->tail == NULL ? "" : "\n",
           usage->tail == NULL ? "" : usage->tail, (int)settings.size, (const char *)settings.data);
    printf("\nExit codes: 0 done, 1 failed, 2 used wrongly, 130 interrupted,\n143 ended by "
           "SIGTERM.\n");
    rask_buf_release(&settings);
    return rask_finish_output();
}

static const struct rask_option *find_option(const struct rask_option *options, size_t n,
                                             const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

static int refuse_unknown(const struct reading *reading, const char *name)
{
    struct rask_config_entry entry;
    const char *names[MAX_OPTIONS + N_COMMON + RASK_CONFIG_COUNT];
    uint32_t n = 0;
    for (size_t i = 0; i < reading->usage->n_options && i < MAX_OPTIONS; i++)
        if (reading->usage->options[i].help != NULL)
            names[n++] = reading->usage->options[i].name;
    for (size_t i = 0; i < N_COMMON; i++)
        names[n++] = common[i].name;
    for (size_t i = 0; rask_config_at(&reading->config, i, &entry); i++)
        names[n++] = entry.name;
    const char *nearest = rask_name_nearest(name, names, n);
    return rask_line_refuse(reading->usage, "unknown option '--%.64s'%s%s%s", name,
                            nearest == NULL ? "" : ", did you mean '--",
                            nearest == NULL ? "" : nearest, nearest == NULL ? "" : "'");
}

static void allowed_text(const struct rask_option *option, char *text, size_t text_bytes)
{
    char low[RASK_FORMAT_BYTES], high[RASK_FORMAT_BYTES];
    if (option->kind == RASK_OPTION_BYTES)
        snprintf(text, text_bytes, "a size, %s to %s, like 64 MiB",
                 rask_format_bytes_exact(low, sizeof low, option->low),
                 rask_format_bytes_exact(high, sizeof high, option->high));
    else
        snprintf(text, text_bytes, "a number, %llu to %llu", (unsigned long long)option->low,
                 (unsigned long long)option->high);
}

static int refuse_value(const struct reading *reading, const struct rask_option *option,
                        const char *value)
{
    char allowed[160];
    allowed_text(option, allowed, sizeof allowed);
    return rask_line_refuse(reading->usage, "option --%s: '%.80s' is not allowed: use %s",
                            option->name, value, allowed);
}

/* Stores the value of one of the command's own options. */
static int take_own(struct reading *reading, const struct rask_option *option, char *value)
{
    char *field = (char *)reading->values + option->offset;
    uint64_t number = 0;
    double decimal = 0;
    const int is_given = 1;
    rask_status status = RASK_OK;
    switch (option->kind) {
    case RASK_OPTION_FLAG:
        memcpy(field, &is_given, sizeof is_given);
        return RASK_GO_ON;
    case RASK_OPTION_DECIMAL:
        if (rask_parse_double(value, (double)option->low, (double)option->high, &decimal) !=
            RASK_OK)
            return refuse_value(reading, option, value);
        memcpy(field, &decimal, sizeof decimal);
        return RASK_GO_ON;
    case RASK_OPTION_TEXT:
        memcpy(field, &value, sizeof value);
        return RASK_GO_ON;
    case RASK_OPTION_LIST:
        return rask_words_push((struct rask_words *)(void *)field, value) == 0
                   ? RASK_GO_ON
                   : fail_memory(sizeof value);
    case RASK_OPTION_COUNT:
        status = rask_parse_uint64(value, option->low, option->high, &number);
        break;
    case RASK_OPTION_BYTES:
        status = rask_parse_bytes(value, &number);
        break;
    }
    if (status != RASK_OK || number < option->low || number > option->high)
        return refuse_value(reading, option, value);
    memcpy(field, &number, sizeof number);
    return RASK_GO_ON;
}

/* `dashes` is "--" for what the user has written, "" for what the command adds. */
static int add_setting(struct rask_line *line, const char *dashes, const char *name,
                       const char *value)
{
    size_t bytes = strlen(name) + strlen(value) + 4;
    char *text = rask_alloc(bytes);
    if (text == NULL || rask_words_push(&line->settings, text) != 0) {
        rask_free(text);
        return fail_memory(bytes);
    }
    snprintf(text, bytes, "%s%s=%s", dashes, name, value);
    return RASK_GO_ON;
}

static int take_setting(struct reading *reading, const char *name, const char *value)
{
    struct rask_error error;
    char source[RASK_CONFIG_SOURCE_BYTES];
    snprintf(source, sizeof source, "option --%s", name);
    if (rask_config_set(&reading->config, name, value, source, &error) != RASK_OK ||
        rask_settings_check(&reading->config, &error) != RASK_OK)
        return rask_line_refuse(reading->usage, "%s", error.text);
    return add_setting(reading->line, "--", name, value);
}

/* --quiet and --help; 0 when it is neither. */
static int take_common(struct reading *reading, const char *name)
{
    int is_quiet = strcmp(name, "quiet") == 0;
    reading->line->is_quiet |= is_quiet;
    reading->wants_help |= strcmp(name, "help") == 0;
    return is_quiet || strcmp(name, "help") == 0;
}

static int setting_is_bool(const struct reading *reading, int index)
{
    struct rask_config_entry entry;
    return rask_config_at(&reading->config, (size_t)index, &entry) && entry.is_bool;
}

/* One "--name", "--name=value" or "--name" "value". */
static int take_option(struct reading *reading)
{
    char *text = reading->argv[reading->at] + 2;
    char *equals = strchr(text, '=');
    char name[64], yes[] = "yes";
    snprintf(name, sizeof name, "%.*s", equals == NULL ? (int)sizeof name : (int)(equals - text),
             text);
    const struct rask_option *own =
        find_option(reading->usage->options, reading->usage->n_options, name);
    int setting = own == NULL ? rask_config_find(name) : -1;
    int is_common = own == NULL && setting < 0 && find_option(common, N_COMMON, name) != NULL;
    int is_flag = is_common || (own != NULL && own->kind == RASK_OPTION_FLAG);
    if (own == NULL && setting < 0 && !is_common)
        return refuse_unknown(reading, name);
    if (is_flag && equals != NULL)
        return rask_line_refuse(reading->usage, "option --%s takes no value", name);
    char *value = equals == NULL ? NULL : equals + 1;
    if (value == NULL && setting >= 0 && setting_is_bool(reading, setting))
        value = yes;
    if (!is_flag && value == NULL) {
        if (reading->at + 1 >= reading->argc)
            return rask_line_refuse(reading->usage, "option --%s needs a value", name);
        value = reading->argv[++reading->at];
    }
    if (is_common && take_common(reading, name))
        return RASK_GO_ON;
    return own != NULL ? take_own(reading, own, value) : take_setting(reading, name, value);
}

static int take_word(struct reading *reading, int *is_over)
{
    char *word = reading->argv[reading->at];
    if (!*is_over && strcmp(word, "--") == 0) {
        *is_over = 1;
        return RASK_GO_ON;
    }
    if (!*is_over && strcmp(word, "-h") == 0) {
        reading->wants_help = 1;
        return RASK_GO_ON;
    }
    if (!*is_over && strncmp(word, "--", 2) == 0)
        return take_option(reading);
    if (!*is_over && word[0] == '-' && word[1] != '\0')
        return rask_line_refuse(reading->usage, "unknown option '%.64s'; options begin with --",
                                word);
    if (!reading->usage->takes_operands)
        return rask_line_refuse(reading->usage, "'%.80s' is one word too many", word);
    return rask_words_push(&reading->line->operands, word) == 0 ? RASK_GO_ON
                                                                : fail_memory(sizeof word);
}

/* In a job the environment and the file may be wrong on one rank alone: the start tells all. */
static int is_one_of_many(void)
{
    struct rask_launcher launcher;
    rask_launcher_find(&launcher);
    return launcher.n_ranks > 1;
}

/* What the environment and the file say must be right too; and --quiet is two settings. */
static int check_settings(struct reading *reading)
{
    struct rask_error error;
    struct rask_line *line = reading->line;
    struct rask_config outside;
    if (rask_config_load(&outside, (const char *const *)environ, &error) != RASK_OK ||
        rask_settings_check(&outside, &error) != RASK_OK) {
        if (is_one_of_many())
            return RASK_GO_ON;
        (void)rask_fail(&error);
        return rask_exit_early(RASK_EXIT_USAGE);
    }
    if (reading->config.origins[RASK_CONFIG_INDEX_signals].strength != RASK_CONFIG_PROGRAM &&
        outside.origins[RASK_CONFIG_INDEX_signals].strength == RASK_CONFIG_DEFAULT &&
        add_setting(line, "", "signals", "yes") != RASK_GO_ON)
        return RASK_EXIT_FAILED;
    if (!line->is_quiet)
        return RASK_GO_ON;
    if (reading->config.origins[RASK_CONFIG_INDEX_progress].strength != RASK_CONFIG_PROGRAM &&
        add_setting(line, "", "progress", "no") != RASK_GO_ON)
        return RASK_EXIT_FAILED;
    if (reading->config.origins[RASK_CONFIG_INDEX_log_level].strength != RASK_CONFIG_PROGRAM &&
        add_setting(line, "", "log", "error") != RASK_GO_ON)
        return RASK_EXIT_FAILED;
    return RASK_GO_ON;
}

int rask_line_read(struct rask_line *line, const struct rask_usage *usage, int argc, char **argv,
                   void *values)
{
    struct reading reading = {line, usage, {0}, values, argc, 1, argv, 0};
    int is_over = 0, code = RASK_GO_ON;
    *line = (struct rask_line){0};
    rask_config_init(&reading.config);
    for (; reading.at < argc && code == RASK_GO_ON; reading.at++)
        code = take_word(&reading, &is_over);
    if (code != RASK_GO_ON)
        return code;
    if (reading.wants_help)
        return rask_is_speaker() ? print_help(usage) : RASK_EXIT_DONE;
    return check_settings(&reading);
}

void rask_line_release(struct rask_line *line)
{
    for (size_t i = 0; i < line->settings.count; i++)
        rask_free(line->settings.items[i]);
    rask_words_release(&line->settings);
    rask_words_release(&line->operands);
}

int rask_line_start(struct rask_line *line, struct rask **rask)
{
    if (rask_words_push(&line->settings, NULL) != 0)
        return fail_memory(sizeof(char *));
    struct rask_options options = {.size = sizeof options,
                                   .settings = (const char *const *)line->settings.items};
    rask_status status = rask_start(&options, rask, NULL);
    line->settings.count--;
    if (status == RASK_OK)
        return RASK_GO_ON;
    if (status == RASK_SERVED)
        return RASK_EXIT_DONE;
    return status == RASK_ERR_ARGUMENT ? RASK_EXIT_USAGE : RASK_EXIT_FAILED;
}

int rask_interrupted_code(const struct rask *rask)
{
    int number = rask_signal_seen(rask);
    return number != 0 ? RASK_EXIT_SIGNAL + number : RASK_EXIT_INTERRUPTED;
}

int rask_line_stop(struct rask *rask, rask_status status, const struct rask_error *error)
{
    int code = RASK_EXIT_DONE;
    if (status == RASK_OK)
        code = rask_finish_output();
    if (status == RASK_ERR_INTERRUPTED) {
        fprintf(stderr, "rask: interrupted\n");
        code = rask_interrupted_code(rask);
    } else if (status != RASK_OK) {
        code = rask_fail(error);
    }
    if (rask_stop(rask) != RASK_OK && code == RASK_EXIT_DONE)
        code = RASK_EXIT_FAILED;
    return code;
}
