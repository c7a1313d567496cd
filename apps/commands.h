/* SPDX-License-Identifier: BSD-3-Clause */
/* commands.h: the commands of `rask`. argv[0] is the command's own name; the result is the exit
 * code. Under a launcher every rank calls the same command: rank 0 speaks, the others serve. */
#ifndef RASK_APPS_COMMANDS_H
#define RASK_APPS_COMMANDS_H

/* Exit codes of every command. */
enum {
    RASK_EXIT_DONE = 0,
    RASK_EXIT_FAILED = 1,
    RASK_EXIT_USAGE = 2,
    RASK_EXIT_INTERRUPTED = 130, /* by SIGINT; other signals: 128 and their number */
    RASK_EXIT_SIGNAL = 128
};

int rask_cmd_bench(int argc, char **argv);
int rask_cmd_csv(int argc, char **argv);
int rask_cmd_info(int argc, char **argv);

#endif
