/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd_info.c: `rask info`: the machine, how the job was started, the ranks with their roles and
 * binding, the transport, the settings and where each came from. --counters lists what a rank
 * counts. */
#include "commands.h"
#include "options.h"

#include "base/counters.h"

#include <stdio.h>

struct info {
    int is_json;
    int lists_counters;
};

static const struct rask_option options[] = {
    {"json", RASK_OPTION_FLAG, offsetof(struct info, is_json), 0, 0, NULL,
     "one JSON object instead of a page for people"},
    {"counters", RASK_OPTION_FLAG, offsetof(struct info, lists_counters), 0, 0, NULL,
     "list the counters of a rank with their units, for rask_counter(), and leave"},
};

static const struct rask_usage usage = {
    .command = "info",
    .operands = "",
    .about = "Shows the machine, how the job was started, each rank with host, roles, slots and\n"
             "binding, MPI and how messages and objects travel, and every setting with where its\n"
             "value came from. Under mpirun it shows the job that other commands would get.\n",
    .options = options,
    .n_options = sizeof options / sizeof *options,
};

static int list_counters(void)
{
    static const struct rask_counters none;
    struct rask_counter counter;
    if (!rask_is_speaker())
        return RASK_EXIT_DONE;
    for (size_t i = 0; rask_counters_at(&none, i, &counter); i++)
        printf("%-24s %-9s %s\n", counter.name, counter.unit, counter.help);
    return rask_finish_output();
}

int rask_cmd_info(int argc, char **argv)
{
    struct info info = {0};
    struct rask_line line;
    struct rask *rask;
    struct rask_error error = {.code = RASK_OK, .rank = -1};
    int code = rask_line_read(&line, &usage, argc, argv, &info);
    if (code == RASK_GO_ON && info.lists_counters)
        code = list_counters();
    if (code == RASK_GO_ON)
        code = rask_line_start(&line, &rask);
    if (code == RASK_GO_ON) {
        rask_status status = rask_describe(
            rask, info.is_json ? RASK_DESCRIBE_JSON : RASK_DESCRIBE_TEXT, stdout, &error);
        code = rask_line_stop(rask, status, &error);
    }
    rask_line_release(&line);
    return code;
}
