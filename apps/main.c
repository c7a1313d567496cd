/* SPDX-License-Identifier: BSD-3-Clause */
/* main.c: the command rask: finds the command by its name and runs it.
 *
 * Under a launcher every rank comes through here with the same words; rank 0 alone speaks. */
#include "commands.h"
#include "options.h"

#include "base/buf.h"
#include "base/config.h"
#include "base/error.h"
#include "kern/expr.h"

#include <rask/version.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"csv", "filter, group and aggregate CSV files", rask_cmd_csv},
    {"info", "the machine, the ranks, MPI, and the settings", rask_cmd_info},
    {"bench", "measure overheads and rates, one JSON object per line", rask_cmd_bench},
};
#define N_COMMANDS (sizeof commands / sizeof *commands)

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

/* The list that completions read: a command is an indented word. */
static int print_overview(FILE *stream)
{
    if (!rask_is_speaker())
        return RASK_EXIT_DONE;
    fprintf(stream, "Usage: rask COMMAND [OPTION]... [OPERAND]...\n"
                    "Runs tasks on all cores of this machine, or on all ranks of a job, as in\n"
                    "mpirun -n 4 rask COMMAND ...\n\n"
                    "Commands:\n");
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(stream, "  %-8s %s\n", commands[i].name, commands[i].summary);
    fprintf(stream, "  help     how to use a command: rask help COMMAND; rask help settings\n\n"
                    "Options: --help, --version.\n"
                    "Exit codes: 0 done, 1 failed, 2 used wrongly, 130 interrupted,\n"
                    "143 ended by SIGTERM.\n");
    return stream == stdout ? rask_finish_output() : RASK_EXIT_DONE;
}

static int refuse_word(const char *name)
{
    /* The options of rask itself, in case that this is one. */
    const char *names[N_COMMANDS + 1] = {"--help", "--version"};
    uint32_t n_names = 2;
    bool is_option = name[0] == '-';
    if (!is_option) {
        for (n_names = 0; n_names < N_COMMANDS; n_names++)
            names[n_names] = commands[n_names].name;
        names[n_names++] = "help";
    }
    const char *nearest = rask_name_nearest(name, names, n_names);
    char shown[RASK_SHOWN_BYTES];
    (void)rask_text_show(shown, name);
    rask_text_blank(shown);
    if (rask_is_speaker())
        fprintf(stderr, "rask: unknown %s '%s'%s%s%s; see rask --help\n",
                is_option ? "option" : "command", shown, nearest == NULL ? "" : ", did you mean '",
                nearest == NULL ? "" : nearest, nearest == NULL ? "" : "'");
    return rask_exit_early(RASK_EXIT_USAGE);
}

/* All settings as help text, or as the items of a man page. */
static int print_settings(int is_man)
{
    struct rask_buf text = {0};
    rask_status status = is_man ? rask_config_man(&text) : rask_config_help(&text);
    if (status == RASK_OK && rask_is_speaker())
        fwrite(text.data, 1, text.size, stdout);
    rask_buf_release(&text);
    if (status != RASK_OK)
        return rask_fail(&(struct rask_error){.code = status, .rank = -1});
    return rask_is_speaker() ? rask_finish_output() : RASK_EXIT_DONE;
}

static int help(int argc, char **argv)
{
    if (argc < 2)
        return print_overview(stdout);
    if (strcmp(argv[1], "settings") == 0)
        return print_settings(argc > 2 && strcmp(argv[2], "--man") == 0);
    const struct command *command = find(argv[1]);
    if (command == NULL)
        return refuse_word(argv[1]);
    char option[] = "--help";
    char *words[] = {argv[1], option, NULL};
    return command->run(2, words);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)print_overview(stderr);
        return rask_exit_early(RASK_EXIT_USAGE);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_overview(stdout);
    if (strcmp(argv[1], "help") == 0)
        return help(argc - 1, argv + 1);
    if (strcmp(argv[1], "--version") == 0) {
        if (!rask_is_speaker())
            return RASK_EXIT_DONE;
        printf("rask %s\n", rask_version());
        return rask_finish_output();
    }
    const struct command *command = find(argv[1]);
    return command == NULL ? refuse_word(argv[1]) : command->run(argc - 1, argv + 1);
}
