/* SPDX-License-Identifier: BSD-3-Clause */
/* config.h: the settings of a run, each with its value and where that came from. The table is
 * config.def.
 *
 * A value is decided by the strongest of: program or option (rask_config_set), environment, file,
 * default. The order of the calls below does not matter: a weaker source never replaces a stronger
 * one; within one source the later value wins. struct rask_config is a plain value without
 * pointers: it may be copied and sent to ranks of the same program. After an error the settings
 * read so far stay.
 *
 * The file has lines `name = value`, blank lines and comments from # to the end of the line; quotes
 * are not special. It is named by RASK_CONFIG, else it is $XDG_CONFIG_HOME/rask/config or
 * ~/.config/rask/config if that exists. Thread: one at a time. Owns: nothing. */
#ifndef RASK_BASE_CONFIG_H
#define RASK_BASE_CONFIG_H

#include "base/buf.h"
#include "base/log.h"

#include <rask/status.h>

#include <stddef.h>
#include <stdint.h>

#define RASK_CONFIG_TEXT_BYTES 1024 /* a text value, terminating zero included */
#define RASK_CONFIG_SOURCE_BYTES 256 /* where a value came from; a longer text is cut */

/* Values of rank0_works and progress; of transport; of window. log_level holds an enum
 * rask_log_level. */
enum { RASK_CONFIG_AUTO, RASK_CONFIG_YES, RASK_CONFIG_NO };
enum { RASK_CONFIG_TRANSPORT_AUTO, RASK_CONFIG_TRANSPORT_MPI };
enum { RASK_CONFIG_MPI_THREADS_SERIALIZED, RASK_CONFIG_MPI_THREADS_MULTIPLE };
enum { RASK_CONFIG_WINDOW_AUTO, RASK_CONFIG_WINDOW_ONE_SIDED, RASK_CONFIG_WINDOW_TWO_SIDED };
enum {
    RASK_CONFIG_NODE_MEMORY_AUTO,
    RASK_CONFIG_NODE_MEMORY_SHARED,
    RASK_CONFIG_NODE_MEMORY_PRIVATE
};

/* The number of each setting: RASK_CONFIG_INDEX_threads and so on. */
enum rask_config_index {
#define INT(field, name, standard, low, high, help) RASK_CONFIG_INDEX_##field,
#define DECIMAL(field, name, standard, low, high, help) RASK_CONFIG_INDEX_##field,
#define BYTES(field, name, standard, low, high, help) RASK_CONFIG_INDEX_##field,
#define DURATION(field, name, standard, low, high, help) RASK_CONFIG_INDEX_##field,
#define BOOL(field, name, standard, help) RASK_CONFIG_INDEX_##field,
#define CHOICE(field, name, standard, words, help) RASK_CONFIG_INDEX_##field,
#define TEXT(field, name, help) RASK_CONFIG_INDEX_##field,
#include "base/config.def"
#undef INT
#undef DECIMAL
#undef BYTES
#undef DURATION
#undef BOOL
#undef CHOICE
#undef TEXT
    RASK_CONFIG_COUNT
};

/* How strong a source is, weakest first. */
enum rask_config_strength {
    RASK_CONFIG_DEFAULT,
    RASK_CONFIG_FILE,
    RASK_CONFIG_ENVIRONMENT,
    RASK_CONFIG_PROGRAM
};

struct rask_config_origin {
    enum rask_config_strength strength;
    char text[RASK_CONFIG_SOURCE_BYTES]; /* "default", "RASK_THREADS", "file PATH line 3", ... */
};

struct rask_config {
#define INT(field, name, standard, low, high, help) int64_t field;
#define DECIMAL(field, name, standard, low, high, help) double field;
#define BYTES(field, name, standard, low, high, help) uint64_t field;
#define DURATION(field, name, standard, low, high, help) uint64_t field##_ns;
#define BOOL(field, name, standard, help) int field;
#define CHOICE(field, name, standard, words, help) int field;
#define TEXT(field, name, help) char field[RASK_CONFIG_TEXT_BYTES];
#include "base/config.def"
#undef INT
#undef DECIMAL
#undef BYTES
#undef DURATION
#undef BOOL
#undef CHOICE
#undef TEXT
    struct rask_config_origin origins[RASK_CONFIG_COUNT];
};

/* All defaults. */
void rask_config_init(struct rask_config *config);

/* Sets one value from text; `source` says from where, for people ("option",
 * "rask_options.threads"). RASK_ERR_ARGUMENT: no such name (the error names the nearest), or not a
 * value of its type, or out of range (the error says what is allowed). The setting is then
 * unchanged. */
RASK_MUST_USE rask_status rask_config_set(struct rask_config *config, const char *name,
                                          const char *value, const char *source,
                                          struct rask_error *error);

/* Takes all RASK_<NAME> of `environment`, a list of "NAME=value" with NULL at its end. RASK_CONFIG
 * and RASK_TEST_<any> are left alone; any other RASK_ name that is no setting is an error, as in
 * rask_config_set. An empty value counts as not set. */
RASK_MUST_USE rask_status rask_config_load_environment(struct rask_config *config,
                                                       const char *const *environment,
                                                       struct rask_error *error);

/* Reads a file. RASK_ERR_IO: cannot be read. RASK_ERR_SYNTAX: a line that is no `name = value`.
 * RASK_ERR_ARGUMENT as in rask_config_set. Errors name file and line. */
RASK_MUST_USE rask_status rask_config_load_file(struct rask_config *config, const char *path,
                                                struct rask_error *error);

/* The file that `environment` stands for. RASK_OK and its path in `path`; RASK_END when there is
 * none to read; RASK_ERR_LIMIT when the path does not fit. The file that RASK_CONFIG names need not
 * exist for this call; rask_config_load_file then says so. */
RASK_MUST_USE rask_status rask_config_find_file(const char *const *environment, char *path,
                                                size_t path_bytes, struct rask_error *error);

/* What a program does at start: rask_config_init, the file if there is one, the environment. */
RASK_MUST_USE rask_status rask_config_load(struct rask_config *config,
                                           const char *const *environment,
                                           struct rask_error *error);

/* One setting as text. The pointers are static, or into `config` for `source`. */
struct rask_config_entry {
    const char *name; /* "rank0-works" */
    const char *help; /* one line */
    const char *source; /* where the value came from */
    char variable[40]; /* "RASK_RANK0_WORKS" */
    char allowed[120]; /* "an integer, 0 to 4096", "auto, yes or no" */
    char standard[48]; /* the default, "" for a text */
    char value[RASK_CONFIG_TEXT_BYTES]; /* in a form that rask_config_set reads back */
    int is_bool; /* its option form may do without a value: --check */
};

/* The index-th setting, in the order of config.def: 1, or 0 from RASK_CONFIG_COUNT on. */
int rask_config_at(const struct rask_config *config, size_t index, struct rask_config_entry *entry);

/* The setting called `name` ("rank0-works"): its index, or -1. */
int rask_config_find(const char *name);

/* Appends all settings as options: help text of at most 80 columns; .TP items of a man page, whose
 * caller writes the heading. RASK_ERR_MEMORY or RASK_ERR_LIMIT by `out`. */
RASK_MUST_USE rask_status rask_config_help(struct rask_buf *out);
RASK_MUST_USE rask_status rask_config_man(struct rask_buf *out);

#endif
