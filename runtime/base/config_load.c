/* SPDX-License-Identifier: BSD-3-Clause */
/* config_load.c: settings from the environment and from a file, and the nearest name for a wrong
 * one. */
#include "base/config.h"

#include "base/config_table.h"
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "RASK_"
#define NAME_BYTES 64 /* longest name that is compared, zero included; longer ones are cut */
#define LINE_BYTES 2048
#define PATH_BYTES 4096

/* Levenshtein distance; one row of the table is enough. */
static unsigned edit_distance(const char *a, const char *b)
{
    unsigned row[NAME_BYTES];
    size_t length = strlen(b);
    for (size_t k = 0; k <= length; k++)
        row[k] = (unsigned)k;
    for (size_t i = 0; a[i] != '\0'; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i + 1;
        for (size_t k = 1; k <= length; k++) {
            unsigned best = diagonal + (a[i] != b[k - 1]);
            diagonal = row[k];
            if (row[k] + 1 < best)
                best = row[k] + 1;
            if (row[k - 1] + 1 < best)
                best = row[k - 1] + 1;
            row[k] = best;
        }
    }
    return row[length];
}

int rask_config_nearest(const char *name)
{
    char cut[NAME_BYTES];
    rask_text_copy(cut, sizeof cut, name);
    int nearest = 0;
    unsigned smallest = UINT32_MAX;
    for (int i = 0; i < RASK_CONFIG_COUNT; i++) {
        unsigned distance = edit_distance(cut, rask_config_table[i].name);
        if (distance < smallest) {
            smallest = distance;
            nearest = i;
        }
    }
    return nearest;
}

/* "RANK0_WORKS" as "rank0-works". */
static void to_name(const char *variable, size_t length, char *name)
{
    size_t n = length < NAME_BYTES - 1 ? length : NAME_BYTES - 1;
    for (size_t i = 0; i < n; i++) {
        char c = variable[i];
        name[i] = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    name[n] = '\0';
}

/* One "RASK_X=value" of the environment; `equals` is its "=". */
static rask_status load_variable(struct rask_config *config, const char *variable,
                                 const char *equals, struct rask_error *error)
{
    char name[NAME_BYTES], known[NAME_BYTES];
    size_t length = (size_t)(equals - variable);
    to_name(variable + strlen(PREFIX), length - strlen(PREFIX), name);
    int index = rask_config_find(name);
    int is_exact = 0;
    if (index >= 0) {
        rask_config_variable(index, known, sizeof known);
        is_exact = strlen(known) == length && memcmp(known, variable, length) == 0;
    }
    if (!is_exact) {
        rask_config_variable(rask_config_nearest(name), known, sizeof known);
        return rask_error_set(
            error, RASK_ERR_ARGUMENT,
            "environment variable %.*s: there is no such setting; the nearest is %s",
            length < 64 ? (int)length : 64, variable, known);
    }
    struct rask_config_origin origin = {.strength = RASK_CONFIG_ENVIRONMENT};
    rask_text_copy(origin.text, sizeof origin.text, known);
    return rask_config_apply(config, index, equals + 1, &origin, error);
}

rask_status rask_config_load_environment(struct rask_config *config, const char *const *environment,
                                         struct rask_error *error)
{
    for (; *environment != NULL; environment++) {
        const char *variable = *environment, *equals = strchr(variable, '=');
        if (equals == NULL || equals[1] == '\0' || strncmp(variable, PREFIX, strlen(PREFIX)) != 0 ||
            strncmp(variable, "RASK_CONFIG=", 12) == 0 || strncmp(variable, "RASK_TEST_", 10) == 0)
            continue;
        rask_status status = load_variable(config, variable, equals, error);
        if (status != RASK_OK)
            return status;
    }
    return RASK_OK;
}

/* The text without spaces at both ends; cuts `text` in place. */
static char *trimmed(char *text)
{
    text += strspn(text, " \t\r\n\v\f");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n\v\f", text[length - 1]) != NULL)
        length--;
    text[length] = '\0';
    return text;
}

/* One line of the file; `place` is "file PATH line 3". */
static rask_status load_line(struct rask_config *config, char *line, const char *place,
                             struct rask_error *error)
{
    line[strcspn(line, "#")] = '\0';
    char *name = trimmed(line);
    if (*name == '\0')
        return RASK_OK;
    char *equals = strchr(name, '=');
    if (equals == NULL || equals == name)
        return rask_error_set(error, RASK_ERR_SYNTAX,
                              "%s: \"%.80s\" is not of the form name = value", place, name);
    *equals = '\0';
    const char *value = trimmed(equals + 1);
    name = trimmed(name);
    int index = rask_config_find(name);
    if (index < 0)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "%s: there is no setting \"%.64s\"; the nearest is \"%s\"", place,
                              name, rask_config_table[rask_config_nearest(name)].name);
    struct rask_config_origin origin = {.strength = RASK_CONFIG_FILE};
    rask_text_copy(origin.text, sizeof origin.text, place);
    return rask_config_apply(config, index, value, &origin, error);
}

/* Reads a line without its newline: 1, or 0 at the end of the file, or -1 for a line that does not
 * fit or holds a zero byte. */
static int read_line(FILE *file, char *line, size_t line_bytes)
{
    size_t length = 0;
    int c;
    while ((c = getc(file)) != EOF && c != '\n') {
        if (c == '\0' || length + 1 == line_bytes)
            return -1;
        line[length++] = (char)c;
    }
    line[length] = '\0';
    return c != EOF || length != 0;
}

/* All lines of an open file. */
static rask_status load_lines(struct rask_config *config, FILE *file, const char *path,
                              struct rask_error *error)
{
    char line[LINE_BYTES], place[RASK_CONFIG_SOURCE_BYTES];
    size_t path_length = strlen(path);
    const char *tail =
        path_length > 200 ? path + path_length - 200 : path; /* the line number must fit */
    int rc;
    for (unsigned long n = 1; (rc = read_line(file, line, sizeof line)) != 0; n++) {
        snprintf(place, sizeof place, "file %s%s line %lu", tail == path ? "" : "...", tail, n);
        if (rc < 0)
            return rask_error_set(
                error, RASK_ERR_SYNTAX,
                "%s: longer than %d bytes or not text; a configuration file has lines "
                "name = value",
                place, LINE_BYTES - 1);
        char *begin = n == 1 && strncmp(line, "\xEF\xBB\xBF", 3) == 0 ? line + 3 : line;
        rask_status status = load_line(config, begin, place, error);
        if (status != RASK_OK)
            return status;
    }
    if (ferror(file))
        return rask_error_set(error, RASK_ERR_IO, "configuration file %s: %s", path,
                              strerror(errno));
    return RASK_OK;
}

rask_status rask_config_load_file(struct rask_config *config, const char *path,
                                  struct rask_error *error)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return rask_error_set(error, RASK_ERR_IO, "configuration file %s: %s", path,
                              strerror(errno));
    rask_status status = load_lines(config, file, path, error);
    fclose(file);
    return status;
}

/* The value of a variable; NULL when it is not set or empty. */
static const char *variable_value(const char *const *environment, const char *name)
{
    size_t length = strlen(name);
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            return (*environment)[length + 1] == '\0' ? NULL : *environment + length + 1;
    return NULL;
}

rask_status rask_config_find_file(const char *const *environment, char *path, size_t path_bytes,
                                  struct rask_error *error)
{
    const char *named = variable_value(environment, "RASK_CONFIG");
    const char *directory = variable_value(environment, "XDG_CONFIG_HOME");
    const char *home = variable_value(environment, "HOME");
    int length;
    if (named != NULL)
        length = snprintf(path, path_bytes, "%s", named);
    else if (directory != NULL && directory[0] == '/')
        length = snprintf(path, path_bytes, "%s/rask/config", directory);
    else if (home != NULL)
        length = snprintf(path, path_bytes, "%s/.config/rask/config", home);
    else
        return RASK_END;
    if (length < 0 || (size_t)length >= path_bytes)
        return rask_error_set(
            error, RASK_ERR_LIMIT,
            "the path of the configuration file is longer than %zu bytes; set RASK_CONFIG to a "
            "shorter one",
            path_bytes - 1);
    return named != NULL || access(path, F_OK) == 0 ? RASK_OK : RASK_END;
}

rask_status rask_config_load(struct rask_config *config, const char *const *environment,
                             struct rask_error *error)
{
    char path[PATH_BYTES];
    rask_config_init(config);
    rask_status status = rask_config_find_file(environment, path, sizeof path, error);
    if (status == RASK_OK)
        status = rask_config_load_file(config, path, error);
    if (status < 0)
        return status;
    return rask_config_load_environment(config, environment, error);
}
