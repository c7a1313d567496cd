/* SPDX-License-Identifier: BSD-3-Clause */
/* config_test.c: where settings come from, which source wins, and what a wrong one is told. */
#include "base/alloc.h"
#include "base/config.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY_BYTES 32

/* A new directory for the files of one case, which removes both. The template ends in six X. */
static void make_directory(char directory[DIRECTORY_BYTES])
{
    int length = snprintf(directory, DIRECTORY_BYTES, "/tmp/rask-config-");
    memset(directory + length, 'X', 6);
    directory[length + 6] = '\0';
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
}

/* Writes the file `path`. */
static void make_file(const char *path, const char *text, size_t bytes)
{
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(text, 1, bytes, file), bytes);
    fclose(file);
}

static const char *value_of(const struct rask_config *config, const char *name)
{
    static struct rask_config_entry entry;
    for (size_t i = 0; rask_config_at(config, i, &entry); i++)
        if (strcmp(entry.name, name) == 0)
            return entry.value;
    return "(no such setting)";
}

static const char *source_of(const struct rask_config *config, const char *name)
{
    int index = rask_config_find(name);
    return index < 0 ? "(no such setting)" : config->origins[index].text;
}

static void starts_with_defaults(void)
{
    struct rask_config config;
    rask_config_init(&config);
    CU_ASSERT_EQUAL(config.threads, 0);
    CU_ASSERT_EQUAL(config.rank0_works, RASK_CONFIG_AUTO);
    CU_ASSERT_EQUAL(config.bind, 1);
    CU_ASSERT_EQUAL(config.inline_bytes, 512);
    CU_ASSERT_EQUAL(config.saturation, 1.1);
    CU_ASSERT_EQUAL(config.allowed_failures, 3);
    CU_ASSERT_EQUAL(config.spin_ns, 100000);
    CU_ASSERT_EQUAL(config.log_level, RASK_LOG_WARNING);
    CU_ASSERT_STRING_EQUAL(config.trace, "");
    CU_ASSERT_EQUAL(config.check, 0);
    CU_ASSERT_STRING_EQUAL(source_of(&config, "spin"), "default");
}

/* Every default and every value printed is a value that can be set. */
static void every_value_reads_back(void)
{
    struct rask_config config, copy;
    struct rask_config_entry entry, again;
    rask_config_init(&config);
    rask_config_init(&copy);
    size_t n = 0;
    for (; rask_config_at(&config, n, &entry); n++) {
        CU_ASSERT_STRING_EQUAL(entry.value, entry.standard);
        CU_ASSERT(entry.help[0] != '\0' && entry.allowed[0] != '\0');
        CU_ASSERT_EQUAL(strncmp(entry.variable, "RASK_", 5), 0);
        CU_ASSERT(strlen(entry.allowed) + 1 < sizeof entry.allowed);
        CU_ASSERT_EQUAL(rask_config_set(&copy, entry.name, entry.value, "option", NULL), RASK_OK);
        CU_ASSERT(rask_config_at(&copy, n, &again));
        CU_ASSERT_STRING_EQUAL(again.value, entry.value);
        CU_ASSERT_STRING_EQUAL(again.source, "option");
    }
    CU_ASSERT_EQUAL(n, RASK_CONFIG_COUNT);
    CU_ASSERT_EQUAL(memcmp(&config, &copy, offsetof(struct rask_config, origins)), 0);
}

static void sets_every_type(void)
{
    struct rask_config config;
    rask_config_init(&config);
    CU_ASSERT_EQUAL(rask_config_set(&config, "threads", "8", "option", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_config_set(&config, "saturation", "2.5", "option", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_config_set(&config, "arena", "1.5 GiB", "option", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_config_set(&config, "spin", "20us", "option", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_config_set(&config, "stealing", "off", "option", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_config_set(&config, "window", "Two-Sided", "option", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_config_set(&config, "trace", "/tmp/å b.trace", "option", NULL), RASK_OK);
    CU_ASSERT_EQUAL(config.threads, 8);
    CU_ASSERT_EQUAL(config.saturation, 2.5);
    CU_ASSERT_EQUAL(config.arena, UINT64_C(1610612736));
    CU_ASSERT_EQUAL(config.spin_ns, 20000);
    CU_ASSERT_EQUAL(config.stealing, 0);
    CU_ASSERT_EQUAL(config.window, RASK_CONFIG_WINDOW_TWO_SIDED);
    CU_ASSERT_STRING_EQUAL(config.trace, "/tmp/å b.trace");
    CU_ASSERT_STRING_EQUAL(value_of(&config, "window"), "two-sided");
    CU_ASSERT_STRING_EQUAL(value_of(&config, "arena"), "1536 MiB");
    CU_ASSERT_STRING_EQUAL(value_of(&config, "stealing"), "no");
}

struct refusal {
    const char *name, *value, *text;
};

static void refuses_wrong_values(void)
{
    static const struct refusal cases[] = {
        {"threads", "abc", "threads = \"abc\" (option) is not allowed: use an integer, 0 to 4096"},
        {"threads", "-1", "threads = \"-1\" (option) is not allowed: use an integer, 0 to 4096"},
        {"threads", "", "threads = \"\" (option) is not allowed: use an integer, 0 to 4096"},
        {"inline", "513",
         "inline = \"513\" (option) is not allowed: use a size, 0 B to 512 B, like 64 MiB"},
        {"spin", "100",
         "spin = \"100\" (option) is not allowed: use a time, 0 s to 10 s, like 20us or 1.5s"},
        {"bind", "maybe", "bind = \"maybe\" (option) is not allowed: use yes or no"},
        {"window", "one",
         "window = \"one\" (option) is not allowed: use auto, one-sided or two-sided"},
        {"saturation", "nan",
         "saturation = \"nan\" (option) is not allowed: use a number, 0 to 1000"},
        {"thread", "1", "there is no setting \"thread\" (option); the nearest is \"threads\""},
        {"steeling", "1",
         "there is no setting \"steeling\" (option); the nearest is \"stealing\""}};
    struct rask_config config, untouched;
    struct rask_error error;
    rask_config_init(&config);
    rask_config_init(&untouched);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        CU_ASSERT_EQUAL(rask_config_set(&config, cases[k].name, cases[k].value, "option", &error),
                        RASK_ERR_ARGUMENT);
        CU_ASSERT_STRING_EQUAL(error.text, cases[k].text);
    }
    char text[RASK_CONFIG_TEXT_BYTES + 1];
    memset(text, 'a', sizeof text);
    text[RASK_CONFIG_TEXT_BYTES] = '\0';
    CU_ASSERT_EQUAL(rask_config_set(&config, "trace", text, "option", &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_config_set(&config, "trace", "a\nb", "option", &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_config_set(&config, text, "1", "option", &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(memcmp(&config, &untouched, sizeof config), 0);
    text[RASK_CONFIG_TEXT_BYTES - 1] = '\0';
    CU_ASSERT_EQUAL(rask_config_set(&config, "trace", text, "option", &error), RASK_OK);
}

static void reads_the_environment(void)
{
    static const char *const environment[] = {"PATH=/bin",
                                              "RASK_THREADS=4",
                                              "RASK_RANK0_WORKS=no",
                                              "RASK_CONFIG=/nofile",
                                              "RASK_TEST_DATA=x",
                                              "RASK_SPIN=",
                                              "RASKAL=1",
                                              "NOEQUALS",
                                              NULL};
    struct rask_config config;
    rask_config_init(&config);
    CU_ASSERT_EQUAL(rask_config_load_environment(&config, environment, NULL), RASK_OK);
    CU_ASSERT_EQUAL(config.threads, 4);
    CU_ASSERT_EQUAL(config.rank0_works, RASK_CONFIG_NO);
    CU_ASSERT_EQUAL(config.spin_ns, 100000);
    CU_ASSERT_STRING_EQUAL(source_of(&config, "threads"), "RASK_THREADS");
    CU_ASSERT_STRING_EQUAL(source_of(&config, "spin"), "default");
}

static void refuses_unknown_variables(void)
{
    static const struct refusal cases[] = {
        {"RASK_THREAD=4", "",
         "environment variable RASK_THREAD: there is no such setting; the nearest is RASK_THREADS"},
        {"RASK_threads=4", "",
         "environment variable RASK_threads: there is no such setting; the nearest is "
         "RASK_THREADS"},
        {"RASK_LOG-FILE=4", "",
         "environment variable RASK_LOG-FILE: there is no such setting; the nearest is "
         "RASK_LOG_FILE"},
        {"RASK_=4", "",
         "environment variable RASK_: there is no such setting; the nearest is RASK_LOG"},
        {"RASK_LOGFILE=4", "",
         "environment variable RASK_LOGFILE: there is no such setting; the nearest is "
         "RASK_LOG_FILE"},
        {"RASK_LOG=loud", "",
         "log = \"loud\" (RASK_LOG) is not allowed: use error, warning, info or debug"}};
    struct rask_config config;
    struct rask_error error;
    rask_config_init(&config);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const char *const environment[] = {cases[k].name, NULL};
        CU_ASSERT_EQUAL(rask_config_load_environment(&config, environment, &error),
                        RASK_ERR_ARGUMENT);
        CU_ASSERT_STRING_EQUAL(error.text, cases[k].text);
    }
}

static void reads_a_file(void)
{
    static const char text[] =
        "\xEF\xBB\xBF# settings\r\n\r\nthreads = 3   # three\r\n  spin=1ms\nlog-file =\n"
        "trace = a = b\nthreads = 5";
    struct rask_config config;
    struct rask_error error = {.text = ""};
    char directory[DIRECTORY_BYTES], path[128], expected[160];
    make_directory(directory);
    snprintf(path, sizeof path, "%s/config", directory);
    make_file(path, text, sizeof text - 1);
    rask_config_init(&config);
    CU_ASSERT_EQUAL(rask_config_load_file(&config, path, &error), RASK_OK);
    CU_ASSERT_STRING_EQUAL(error.text, "");
    CU_ASSERT_EQUAL(config.threads, 5);
    CU_ASSERT_EQUAL(config.spin_ns, 1000000);
    CU_ASSERT_STRING_EQUAL(config.trace, "a = b");
    snprintf(expected, sizeof expected, "file %s line 7", path);
    CU_ASSERT_STRING_EQUAL(source_of(&config, "threads"), expected);
    unlink(path);
    rmdir(directory);
}

static void refuses_a_wrong_file(void)
{
    static const struct refusal cases[] = {
        {"threads = 2\nthreads 3\n", "", "line 2: \"threads 3\" is not of the form name = value"},
        {"= 3\n", "", "line 1: \"= 3\" is not of the form name = value"},
        {"\ntreads = 3", "", "line 2: there is no setting \"treads\"; the nearest is \"threads\""},
        {"#\n\nbind = 7", "", "line 3) is not allowed: use yes or no"}};
    struct rask_config config;
    struct rask_error error;
    char directory[DIRECTORY_BYTES], path[128], long_line[3000];
    make_directory(directory);
    snprintf(path, sizeof path, "%s/config", directory);
    rask_config_init(&config);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        make_file(path, cases[k].name, strlen(cases[k].name));
        CU_ASSERT(rask_config_load_file(&config, path, &error) < 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, cases[k].text));
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path));
    }
    make_file(path, "threads = 2\0 x", 14);
    CU_ASSERT_EQUAL(rask_config_load_file(&config, path, &error), RASK_ERR_SYNTAX);
    memset(long_line, 'a', sizeof long_line);
    make_file(path, long_line, sizeof long_line);
    CU_ASSERT_EQUAL(rask_config_load_file(&config, path, &error), RASK_ERR_SYNTAX);
    unlink(path);
    CU_ASSERT_EQUAL(rask_config_load_file(&config, path, &error), RASK_ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path));
    CU_ASSERT_EQUAL(rask_config_load_file(&config, directory, &error), RASK_ERR_IO);
    rmdir(directory);
}

/* Loaded in every order, the stronger source wins. */
static void stronger_sources_win(void)
{
    static const char *const environment[] = {"RASK_THREADS=2", "RASK_SPIN=2us", NULL};
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct rask_config config;
    char directory[DIRECTORY_BYTES], path[128];
    make_directory(directory);
    snprintf(path, sizeof path, "%s/config", directory);
    static const char text[] = "threads = 1\nspin = 1us\nbind = no\n";
    make_file(path, text, sizeof text - 1);
    for (int k = 0; k < 6; k++) {
        rask_config_init(&config);
        for (int i = 0; i < 3; i++) {
            rask_status status = RASK_OK;
            if (orders[k][i] == 0)
                status = rask_config_load_file(&config, path, NULL);
            else if (orders[k][i] == 1)
                status = rask_config_load_environment(&config, environment, NULL);
            else
                status = rask_config_set(&config, "threads", "3", "option", NULL);
            CU_ASSERT_EQUAL(status, RASK_OK);
        }
        CU_ASSERT_EQUAL(config.threads, 3);
        CU_ASSERT_STRING_EQUAL(source_of(&config, "threads"), "option");
        CU_ASSERT_EQUAL(config.spin_ns, 2000);
        CU_ASSERT_EQUAL(config.bind, 0);
    }
    CU_ASSERT_EQUAL(rask_config_set(&config, "threads", "4", "option", NULL), RASK_OK);
    CU_ASSERT_EQUAL(config.threads, 4);
    unlink(path);
    rmdir(directory);
}

static void finds_the_file(void)
{
    char directory[DIRECTORY_BYTES], path[128], found[256], home[80], xdg[128], folder[128];
    struct rask_config config;
    struct rask_error error;
    make_directory(directory);
    snprintf(path, sizeof path, "%s/rask/config", directory);
    snprintf(folder, sizeof folder, "%s/rask", directory);
    CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0700), 0);
    make_file(path, "threads = 9\n", 12);
    snprintf(xdg, sizeof xdg, "XDG_CONFIG_HOME=%s", directory);
    snprintf(home, sizeof home, "HOME=%s", directory);
    const char *const by_xdg[] = {home, xdg, NULL}, *const by_home[] = {home, NULL},
                      *const bare[] = {NULL};
    const char *const named[] = {"RASK_CONFIG=/no/such/file", xdg, NULL};
    CU_ASSERT_EQUAL(rask_config_find_file(by_xdg, found, sizeof found, NULL), RASK_OK);
    CU_ASSERT_STRING_EQUAL(found, path);
    CU_ASSERT_EQUAL(rask_config_find_file(by_xdg, found, 10, &error), RASK_ERR_LIMIT);
    CU_ASSERT_EQUAL(rask_config_find_file(by_home, found, sizeof found, NULL), RASK_END);
    CU_ASSERT_EQUAL(rask_config_find_file(bare, found, sizeof found, NULL), RASK_END);
    CU_ASSERT_EQUAL(rask_config_find_file(named, found, sizeof found, NULL), RASK_OK);
    CU_ASSERT_STRING_EQUAL(found, "/no/such/file");
    CU_ASSERT_EQUAL(rask_config_load(&config, by_xdg, &error), RASK_OK);
    CU_ASSERT_EQUAL(config.threads, 9);
    CU_ASSERT_EQUAL(rask_config_load(&config, by_home, &error), RASK_OK);
    CU_ASSERT_EQUAL(config.threads, 0);
    CU_ASSERT_EQUAL(rask_config_load(&config, named, &error), RASK_ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "/no/such/file"));
    unlink(path);
    rmdir(folder);
    rmdir(directory);
}

static void writes_help_and_man_page(void)
{
    struct rask_buf help = {0}, man = {0};
    struct rask_config config;
    struct rask_config_entry entry;
    rask_config_init(&config);
    CU_ASSERT_EQUAL(rask_config_help(&help), RASK_OK);
    CU_ASSERT_EQUAL(rask_config_man(&man), RASK_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(help.data);
    for (size_t i = 0; rask_config_at(&config, i, &entry); i++) {
        char option[64];
        snprintf(option, sizeof option, "  --%s%s\n", entry.name,
                 entry.is_bool ? "[=yes|no]" : " VALUE");
        CU_ASSERT_PTR_NOT_NULL(strstr((char *)help.data, option));
        CU_ASSERT_PTR_NOT_NULL(strstr((char *)help.data, entry.variable));
        CU_ASSERT_PTR_NOT_NULL(strstr((char *)man.data, entry.variable));
    }
    for (char *line = (char *)help.data; *line != '\0'; line += strcspn(line, "\n") + 1)
        CU_ASSERT(strcspn(line, "\n") <= 80);
    CU_ASSERT_PTR_NOT_NULL(
        strstr((char *)man.data, ".TP\n\\fB\\-\\-rank0\\-works\\fR \\fIVALUE\\fR\n"));
    rask_buf_release(&help);
    rask_buf_release(&man);
    rask_alloc_fail_at(1, 1);
    CU_ASSERT_EQUAL(rask_config_help(&help), RASK_ERR_MEMORY);
    rask_alloc_fail_at(0, 0);
    rask_buf_release(&help);
}

RASK_UNIT_MAIN("config", {"starts with defaults", starts_with_defaults},
               {"every value reads back", every_value_reads_back},
               {"sets every type", sets_every_type}, {"refuses wrong values", refuses_wrong_values},
               {"reads the environment", reads_the_environment},
               {"refuses unknown variables", refuses_unknown_variables},
               {"reads a file", reads_a_file}, {"refuses a wrong file", refuses_a_wrong_file},
               {"stronger sources win", stronger_sources_win}, {"finds the file", finds_the_file},
               {"writes help and man page", writes_help_and_man_page})
