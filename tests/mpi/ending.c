/* SPDX-License-Identifier: BSD-3-Clause */
/* ending.c: a job that ends in every way but the usual one; endings.sh looks at what is left.
 *
 *   ending hang         a task of the last rank waits on a pipe for ever, and the client for it
 *   ending return       main returns with work under way, without rask_stop
 *   ending exit         the client calls exit(5) with work under way
 *   ending work FILE    writes "LAUNCHER RANK0 RANK1 ..." (process ids) to FILE and works until it
 * is interrupted */
#include <rask.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    if (strcmp(how, "exit") == 0)
        exit(5);
    return strcmp(how, "return") != 0;
}
