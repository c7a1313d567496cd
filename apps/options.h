/* SPDX-License-Identifier: BSD-3-Clause */
/* options.h: the command line of a command, from a table: reading it, its help text, and the start
 * and the end that all commands share.
 *
 * Every command takes its own options, all settings of the runtime (base/config.def), --quiet and
 * --help. Options may stand anywhere among the operands, as `--name value` or `--name=value`; `--`
 * ends them. Under a launcher each rank reads the same words and comes to the same verdict, before
 * MPI is up, and rank 0 alone speaks and tells the launcher by its exit code.
 *
 * Functions that return an exit code return RASK_GO_ON when there is nothing to leave for. */
#ifndef RASK_APPS_OPTIONS_H
#define RASK_APPS_OPTIONS_H

#include "commands.h"

#include "base/vec.h"

#include <rask/start.h>
#include <stddef.h>
#include <stdint.h>

#define RASK_GO_ON (-1)

RASK_VEC_DEFINE(rask_words, char *);

enum rask_option_kind {
    RASK_OPTION_FLAG, /* int: 1 if given */
    RASK_OPTION_COUNT, /* uint64_t: a plain number */
    RASK_OPTION_BYTES, /* uint64_t: "64 MiB" */
    RASK_OPTION_DECIMAL, /* double */
    RASK_OPTION_TEXT, /* const char *, [borrow] of argv */
    RASK_OPTION_LIST /* struct rask_words, [borrow] of argv: the option may be given again */
};

struct rask_option {
    const char *name; /* without dashes */
    enum rask_option_kind kind;
    size_t offset; /* of its field in the command's struct of values */
    uint64_t low, high; /* of a number */
    const char *word; /* stands for the value in the help text: "N" */
    const char *help; /* NULL: an option for the command's own use, not shown */
};

struct rask_usage {
    const char *command; /* "bench" */
    const char *operands; /* "[BENCHMARK]..." or "" */
    const char *about; /* paragraph of the help text; lines of at most 80 columns */
    const char *tail; /* another one after the options, or NULL */
    const struct rask_option *options;
    size_t n_options;
    int takes_operands;
};

/* What is the same for every command. */
struct rask_line {
    struct rask_words operands; /* [borrow] of argv */
    struct rask_words settings; /* [own] "--name=value" for the runtime */
    int is_quiet;
};

/* Reads argv[1 .. argc) into `values`, which holds the defaults. RASK_GO_ON, or after --help or
 * wrong use, when everything has been said, the exit code. Release the line in any case. */
int rask_line_read(struct rask_line *line, const struct rask_usage *usage, int argc, char **argv,
                   void *values);
void rask_line_release(struct rask_line *line);

/* Reports wrong use, or another failure, in one line on rank 0; returns its exit code. */
int rask_line_refuse(const struct rask_usage *usage, const char *format, ...) RASK_PRINTF(2, 3);
int rask_fail(const struct rask_error *error);

/* Starts the runtime so that Ctrl-C ends it in order. RASK_GO_ON on rank 0; the exit code on ranks
 * that have served, or after an error, which the runtime has reported. */
int rask_line_start(struct rask_line *line, struct rask **rask);

/* Stops the runtime; reports `error` if `status` is one. Returns the command's exit code. */
int rask_line_stop(struct rask *rask, rask_status status, const struct rask_error *error);

/* The exit code of a command that was interrupted. */
int rask_interrupted_code(const struct rask *rask);

/* The begin of what is said when standard output does not take everything. */
#define RASK_OUTPUT_ERROR "cannot write to standard output"

/* The end of what was printed on standard output: RASK_EXIT_DONE, or after a line about it
 * RASK_EXIT_FAILED when not all of it could be written. */
int rask_finish_output(void);

/* 1 on the rank that speaks; works before MPI is up. */
int rask_is_speaker(void);

/* The exit code of a command that ends before MPI is up: `code` on the rank that speaks. The others
 * are done, because a launcher takes a process's failure as reason to end the job at once, maybe
 * before the speaker has spoken. */
int rask_exit_early(int code);

#endif
