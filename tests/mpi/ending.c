/* SPDX-License-Identifier: BSD-3-Clause */
/* ending.c: a job that ends in every way but the usual one; endings.sh looks at what is left.
 *
 *   ending hang       a task of the last rank waits on a pipe for ever, and the client for it
 *   ending return     main returns with work under way, without rask_stop
 *   ending exit       the client calls exit(5) with work under way
 *   ending fork       the client, and a task on every worker, fork a child that tries every call
 *                     and calls exit(127); the job goes on
 *   ending twice      the client, and a task on every worker, start a second runtime
 *   ending work FILE  writes "LAUNCHER RANK0 RANK1 ..." (process ids) to FILE and works until it
 *                     is interrupted */
#include <rask.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_TASKS 200

static int hang(struct rask_task *task)
{
    int ends[2];
    char byte;
    if (pipe(ends) != 0)
        return 1;
    fprintf(stderr, "waits for ever\n");
    return read(ends[0], &byte, 1) == 1 ? 0 : rask_task_fail(task, RASK_ERR_IO, "the pipe ended");
}
RASK_TASK(hang)

static int process_id(struct rask_task *task)
{
    int64_t id = getpid();
    return rask_task_return(task, &id, sizeof id);
}
RASK_TASK(process_id)

static int spin(struct rask_task *task)
{
    volatile uint64_t x = 1;
    for (int i = 0; i < 20000 && !rask_task_is_cancelled(task); i++)
        x = x * 3 + 1;
    return 0;
}
RASK_TASK(spin)

/* What a child of fork does with the runtime of its parent: 127 if all calls are refused. */
static int use_in_child(struct rask *rask, struct rask_future finished)
{
    const struct rask_call call = {.function = spin};
    struct rask_future future = {0};
    struct rask_view view = {&future, sizeof future};
    struct rask_error error;
    size_t index;
    if (rask_submit(rask, &call, &future, &error) != RASK_ERR_STATE ||
        strstr(error.text, "fork") == NULL ||
        rask_scatter(rask, view, NULL, &future, NULL) != RASK_ERR_STATE)
        return 1;
    if (rask_wait(rask, &finished, 1, RASK_FOREVER) != RASK_ERR_STATE ||
        rask_wait_any(rask, &finished, 1, RASK_FOREVER, &index) != RASK_ERR_STATE ||
        rask_gather(rask, &finished, 1, &view, NULL) != RASK_ERR_STATE)
        return 2;
    if (rask_result(rask, finished, RASK_FOREVER, &view, &error) != RASK_ERR_STATE ||
        strstr(error.text, "fork") == NULL ||
        rask_describe(rask, RASK_DESCRIBE_TEXT, stdout, NULL) != RASK_ERR_STATE)
        return 3;
    if (rask_cancel(rask, &finished, 1) != RASK_ERR_STATE)
        return 3;
    rask_release(rask, &finished, 1);
    rask_interrupt(rask);
    if (rask_counter(rask, "tasks_done") != 0 || rask_stop(rask) != RASK_ERR_STATE)
        return 4;
    return 127;
}

/* The exit code of a child that leaves by exit. */
static int fork_one(struct rask *rask, struct rask_future finished)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        exit(use_in_child(rask, finished));
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static int fork_in_task(struct rask_task *task)
{
    const struct rask_call call = {.function = spin};
    struct rask *rask = rask_task_runtime(task);
    struct rask_future future;
    if (rask_submit(rask, &call, &future, NULL) != RASK_OK ||
        rask_wait(rask, &future, 1, RASK_FOREVER) != RASK_OK)
        return 1;
    int code = fork_one(rask, future);
    rask_release(rask, &future, 1);
    return code == 127 ? 0 : rask_task_fail(task, RASK_ERR_TASK, "child: %d", code);
}
RASK_TASK(fork_in_task)

/* A second start is refused on a rank, and gives another runtime in a process alone. */
static int start_second(int is_alone)
{
    const struct rask_call call = {.function = process_id};
    struct rask_options options = {.size = sizeof options, .is_quiet = 1};
    struct rask *second = NULL;
    struct rask_error error = {.code = RASK_OK};
    struct rask_future future;
    struct rask_view view;
    rask_status status = rask_start(&options, &second, &error);
    if (!is_alone)
        return status == RASK_ERR_STATE && strstr(error.text, "already running") != NULL ? 0 : 1;
    if (status != RASK_OK || rask_submit(second, &call, &future, NULL) != RASK_OK ||
        rask_result(second, future, RASK_FOREVER, &view, NULL) != RASK_OK)
        return 2;
    return rask_stop(second) == RASK_OK ? 0 : 3;
}

static int start_in_task(struct rask_task *task)
{
    int code = start_second(rask_rank_count(rask_task_runtime(task)) == 1);
    return code == 0 ? 0 : rask_task_fail(task, RASK_ERR_TASK, "second start: %d", code);
}
RASK_TASK(start_in_task)

/* 0 if a task of this function does well on every worker. */
static int ask_everywhere(struct rask *rask, rask_function_pointer function)
{
    const struct rask_call call = {.function = function};
    struct rask_future futures[64];
    struct rask_view views[64];
    struct rask_error error;
    size_t n = (size_t)rask_worker_count(rask);
    if (n > 64 || rask_run_everywhere(rask, &call, futures, NULL) != RASK_OK)
        return 1;
    if (rask_gather(rask, futures, n, views, &error) != RASK_OK) {
        fprintf(stderr, "ending: %s\n", error.text);
        return 1;
    }
    rask_release(rask, futures, n);
    return 0;
}

static int end_after_fork(struct rask *rask, struct rask_future finished)
{
    int code = fork_one(rask, finished);
    if (code != 127) {
        fprintf(stderr, "ending: the child of the client: %d\n", code);
        return 1;
    }
    return ask_everywhere(rask, fork_in_task) != 0 || rask_stop(rask) != RASK_OK;
}

static int end_after_second(struct rask *rask)
{
    int code = start_second(rask_rank_count(rask) == 1);
    if (code != 0)
        fprintf(stderr, "ending: second start: %d\n", code);
    return code != 0 || ask_everywhere(rask, start_in_task) != 0 || rask_stop(rask) != RASK_OK;
}

/* Work for all ranks; the futures are left to whoever ends the job. */
static rask_status keep_busy(struct rask *rask, struct rask_future *futures)
{
    const struct rask_call call = {.function = spin};
    rask_status status = RASK_OK;
    for (int i = 0; i < N_TASKS && status == RASK_OK; i++)
        status = rask_submit(rask, &call, &futures[i], NULL);
    return status;
}

static int end_in_hang(struct rask *rask)
{
    int32_t last = rask_rank_count(rask) - 1;
    const struct rask_call_options there = {.size = sizeof there, .ranks = &last, .n_ranks = 1};
    const struct rask_call call = {.function = hang, .options = &there};
    struct rask_future future;
    if (rask_submit(rask, &call, &future, NULL) != RASK_OK)
        return 1;
    return rask_result(rask, future, RASK_FOREVER, NULL, NULL) == RASK_OK;
}

static rask_status write_ids(struct rask *rask, const char *path)
{
    const struct rask_call call = {.function = process_id};
    struct rask_future futures[64];
    struct rask_view views[64];
    size_t n = (size_t)rask_worker_count(rask);
    if (n > 64 || rask_run_everywhere(rask, &call, futures, NULL) != RASK_OK ||
        rask_gather(rask, futures, n, views, NULL) != RASK_OK)
        return RASK_ERR_STATE;
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return RASK_ERR_IO;
    fprintf(file, "%ld", (long)getppid());
    if (*(const int64_t *)views[0].data != getpid())
        fprintf(file, " %ld", (long)getpid());
    for (size_t i = 0; i < n; i++)
        fprintf(file, " %lld", (long long)*(const int64_t *)views[i].data);
    fprintf(file, "\n");
    rask_release(rask, futures, n);
    return fclose(file) == 0 ? RASK_OK : RASK_ERR_IO;
}

static int work(struct rask *rask, const char *path)
{
    struct rask_future futures[N_TASKS];
    rask_status status = write_ids(rask, path);
    while (status == RASK_OK) {
        status = keep_busy(rask, futures);
        if (status == RASK_OK)
            status = rask_wait(rask, futures, N_TASKS, RASK_FOREVER);
        if (status == RASK_OK)
            rask_release(rask, futures, N_TASKS);
    }
    fprintf(stderr, "ending: %s\n", rask_status_text(status));
    (void)rask_stop(rask);
    return status == RASK_ERR_INTERRUPTED ? 130 : 1;
}

int main(int argc, char **argv)
{
    struct rask_future futures[N_TASKS];
    struct rask *rask;
    rask_status status = rask_start(NULL, &rask, NULL);
    if (status != RASK_OK)
        return status != RASK_SERVED;
    const char *how = argc > 1 ? argv[1] : "";
    if (strcmp(how, "hang") == 0)
        return end_in_hang(rask);
    if (strcmp(how, "work") == 0 && argc > 2)
        return work(rask, argv[2]);
    if (keep_busy(rask, futures) != RASK_OK ||
        rask_result(rask, futures[3], RASK_FOREVER, NULL, NULL) != RASK_OK)
        return 1;
    if (strcmp(how, "fork") == 0)
        return end_after_fork(rask, futures[3]);
    if (strcmp(how, "twice") == 0)
        return end_after_second(rask);
    if (strcmp(how, "exit") == 0)
        exit(5);
    return strcmp(how, "return") != 0;
}
