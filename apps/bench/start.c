/* SPDX-License-Identifier: BSD-3-Clause */
/* start.c: from the start of a process to its first result, in the embedded form: this program
 * starts itself with a hidden option and the time in the environment; the new process says how long
 * it took. The launcher's variables are kept from it, so that it is alone under mpirun too.
 *
 * How long the job took that runs the benchmark is measured once, when it has just started: from
 * the time at which the system began rank 0, which it knows to 10 ms. */
#include "bench.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/fmt.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BEGIN_VARIABLE "RASK_TEST_START_NS"
#define MAX_WORDS 128

static int is_launchers(const char *variable)
{
    static const char *const prefixes[] = {"OMPI_", "PMIX_", "PMI_",  "PRTE_",  "MV2_",
                                           "FLUX_", "JSM_",  "PALS_", "SLURM_", BEGIN_VARIABLE};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(variable, prefixes[i], strlen(prefixes[i])) == 0)
            return 1;
    return 0;
}

/* The environment of a process that is alone, with room for one more variable; NULL: no memory. */
static char **lonely_environment(size_t *n)
{
    size_t count = 0;
    *n = 0;
    while (environ[count] != NULL)
        count++;
    char **kept = rask_alloc_zeroed(count + 2, sizeof *kept);
    for (size_t i = 0; kept != NULL && i < count; i++)
        if (!is_launchers(environ[i]))
            kept[(*n)++] = environ[i];
    return kept;
}

/* What the process says: "NANOSECONDS SLOTS". */
struct said {
    uint64_t ns, slots;
};

static rask_status read_said(char *text, struct said *said)
{
    char *blank = strchr(text, ' ');
    if (blank == NULL)
        return RASK_ERR_SYNTAX;
    *blank = '\0';
    rask_status status = rask_parse_uint64(text, 1, UINT64_MAX, &said->ns);
    return status == RASK_OK ? rask_parse_uint64(blank + 1, 1, UINT32_MAX, &said->slots) : status;
}

/* Starts the process and reads what it says. */
static rask_status run_child(struct bench *bench, char **words, char **variables, struct said *said)
{
    int ends[2], wait_status = 0;
    pid_t child;
    char text[64] = "";
    posix_spawn_file_actions_t actions;
    if (pipe(ends) != 0)
        return rask_error_set(&bench->error, RASK_ERR_SYSTEM, "a pipe: %s", strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    int failed = posix_spawn(&child, "/proc/self/exe", &actions, NULL, words, variables);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    ssize_t n = failed == 0 ? read(ends[0], text, sizeof text - 1) : 0;
    close(ends[0]);
    if (failed != 0)
        return rask_error_set(&bench->error, RASK_ERR_SYSTEM, "starting a process: %s",
                              strerror(failed));
    while (waitpid(child, &wait_status, 0) < 0 && errno == EINTR)
        continue;
    text[n > 0 ? n : 0] = '\0';
    if (wait_status != 0 || read_said(text, said) != RASK_OK)
        return rask_error_set(&bench->error, RASK_ERR_SYSTEM,
                              "the process that measures its start has failed (status %d)",
                              wait_status);
    return RASK_OK;
}

/* The words of the child's command line: the settings that the user gave hold there too. */
static void make_words(const struct bench *bench, char **words)
{
    static char name[] = "rask", command[] = "bench", option[] = "--first-result";
    size_t n = 0;
    words[n++] = name;
    words[n++] = command;
    words[n++] = option;
    for (size_t i = 0; i < bench->line->settings.count && n + 1 < MAX_WORDS; i++)
        if (strncmp(bench->line->settings.items[i], "--", 2) == 0)
            words[n++] = bench->line->settings.items[i];
    words[n] = NULL;
}

/* Seconds since the system began this process, NaN if it does not tell. */
static double process_seconds(void)
{
    char text[1024], *at;
    struct timespec now;
    FILE *file = fopen("/proc/self/stat", "r");
    if (file == NULL)
        return (double)NAN;
    size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    /* Field 22; the second one, a name in parentheses, may hold anything. */
    at = strrchr(text, ')');
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (at == NULL || clock_gettime(CLOCK_BOOTTIME, &now) != 0)
        return (double)NAN;
    double ticks = strtod(at, NULL), seconds = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    return seconds - ticks / (double)sysconf(_SC_CLK_TCK);
}

rask_status bench_job_start(struct bench *bench)
{
    const struct rask_call call = {.function = bench_empty};
    struct rask_future future;
    bench->job_start_s = (double)NAN;
    if (rask_rank_count(bench->rask) == 1)
        return RASK_OK;
    rask_status status = rask_submit(bench->rask, &call, &future, &bench->error);
    if (status != RASK_OK)
        return status;
    status = bench_wait(bench, &future, 1);
    bench->job_start_s = process_seconds();
    rask_release(bench->rask, &future, 1);
    return status;
}

rask_status bench_start(struct bench *bench)
{
    struct bench_times times = {.n = 0};
    char *words[MAX_WORDS], begin[64];
    struct said said = {0, 0};
    size_t n_variables;
    char **variables = lonely_environment(&n_variables);
    if (variables == NULL)
        return rask_error_memory(&bench->error, MAX_WORDS, "an environment");
    make_words(bench, words);
    variables[n_variables] = begin;
    rask_status status = RASK_OK;
    while (status == RASK_OK && bench_is_due(bench, &times)) {
        snprintf(begin, sizeof begin, "%s=%" PRIu64, BEGIN_VARIABLE, rask_now_ns());
        status = run_child(bench, words, variables, &said);
        if (status == RASK_OK)
            times.seconds[times.n++] = 1e-9 * (double)said.ns;
    }
    rask_free(variables);
    if (status != RASK_OK)
        return status;
    const struct bench_figure figures[] = {{"job_ranks", rask_rank_count(bench->rask)},
                                           {"job_start_s", bench->job_start_s}};
    return bench_print(bench, &(struct bench_line){.name = "start",
                                                   .tasks = 1,
                                                   .times = &times,
                                                   .figures = figures,
                                                   .n_figures = 2,
                                                   .is_alone = 1,
                                                   .alone_slots = (uint32_t)said.slots});
}

int bench_start_child(struct rask_line *line)
{
    const char *begin = getenv(BEGIN_VARIABLE);
    const struct rask_call call = {.function = bench_empty};
    uint64_t begin_ns = 0;
    struct rask *rask;
    struct rask_future future;
    struct rask_error error = {.code = RASK_OK, .rank = -1};
    if (begin == NULL || rask_parse_uint64(begin, 1, UINT64_MAX, &begin_ns) != RASK_OK) {
        fprintf(stderr, "rask bench: --first-result is for its own use\n");
        return RASK_EXIT_USAGE;
    }
    int code = rask_line_start(line, &rask);
    if (code != RASK_GO_ON)
        return code;
    rask_status status = rask_submit(rask, &call, &future, &error);
    if (status == RASK_OK)
        status = rask_result(rask, future, RASK_FOREVER, NULL, &error);
    if (status == RASK_OK)
        printf("%" PRIu64 " %" PRIu32 "\n", rask_now_ns() - begin_ns, rask_slot_count(rask));
    return rask_line_stop(rask, status, &error);
}
