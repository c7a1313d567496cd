/* SPDX-License-Identifier: BSD-3-Clause */
/* levels.c: Rask inside a program that has started MPI at some thread level; levels.sh runs it.
 *
 *   levels MPI-LEVEL SETTING
 *
 * MPI-LEVEL is single (MPI_Init), serialized or multiple, SETTING one for rask_attach. Where the
 * setting lets other threads call MPI, one of each rank does so all the time. Prints the error of
 * the start, or that everything worked; the error must be the same on all ranks. Exit code: 0 in
 * both cases. */
#include <mpi.h>
#include <pthread.h>
#include <rask.h>
#include <rask/mpi.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define N_TASKS 200

static int rank, n_ranks, has_thread;
static _Atomic int is_finished, n_rounds;

static int twice(struct rask_task *task)
{
    const int64_t *x = RASK_INPUT(task, 0, int64_t);
    if (x == NULL)
        return 1;
    int64_t result = 2 * *x;
    return rask_task_return(task, &result, sizeof result);
}
RASK_TASK(twice)

static int start_mpi(const char *level)
{
    int provided = -1;
    if (strcmp(level, "single") == 0)
        return MPI_Init(NULL, NULL) == MPI_SUCCESS;
    int wanted = strcmp(level, "multiple") == 0 ? MPI_THREAD_MULTIPLE : MPI_THREAD_SERIALIZED;
    return MPI_Init_thread(NULL, NULL, wanted, &provided) == MPI_SUCCESS;
}

/* Adds up ones over all ranks, until rank 0 has its results. Returns 1 if a sum was wrong. */
static void *call_mpi(void *argument)
{
    MPI_Comm comm = *(MPI_Comm *)argument;
    int is_last = 0, is_wrong = 0;
    while (!is_last) {
        int mine[2] = {1, rank == 0 && atomic_load(&is_finished)}, sums[2];
        MPI_Allreduce(mine, sums, 2, MPI_INT, MPI_SUM, comm);
        is_wrong |= sums[0] != n_ranks;
        is_last = sums[1];
        atomic_fetch_add(&n_rounds, 1);
    }
    return is_wrong ? argument : NULL;
}

/* Tasks, until the other thread has done something meanwhile. */
static int work(struct rask *rask)
{
    struct rask_future futures[N_TASKS];
    struct rask_view view;
    int is_good = 1, n_before = atomic_load(&n_rounds);
    do {
        for (int64_t i = 0; i < N_TASKS; i++)
            if (rask_submit(rask, RASK_CALL(twice, RASK_VALUE(i)), &futures[i], NULL) != RASK_OK)
                return 0;
        for (int64_t i = 0; i < N_TASKS; i++)
            is_good &= rask_result(rask, futures[i], RASK_FOREVER, &view, NULL) == RASK_OK &&
                       *(const int64_t *)view.data == 2 * i;
        rask_release(rask, futures, N_TASKS);
    } while (is_good && has_thread && atomic_load(&n_rounds) < n_before + 10);
    return is_good;
}

/* Whether the ranks have what rank 0 has: the same error, or none. */
static int is_same(const struct rask_error *error)
{
    struct rask_error first = *error;
    int is_mine, is_all = 0;
    MPI_Bcast(&first, (int)sizeof first, MPI_BYTE, 0, MPI_COMM_WORLD);
    is_mine = first.code == error->code && strcmp(first.text, error->text) == 0;
    MPI_Allreduce(&is_mine, &is_all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    return is_all;
}

/* Attaches, works and stops; 0 if all is as it should be. */
static int use(const char *setting)
{
    const char *settings[] = {"threads=1", setting, NULL};
    struct rask_options options = {.size = sizeof options, .settings = settings, .is_quiet = 1};
    struct rask_error error = {.code = RASK_OK};
    struct rask *rask = NULL;
    rask_status status = rask_attach(MPI_COMM_WORLD, &options, &rask, &error);
    int is_good = status == RASK_SERVED || status < 0;
    if (status == RASK_OK)
        is_good = work(rask) && rask_stop(rask) == RASK_OK;
    if (status == RASK_SERVED || status == RASK_OK)
        error = (struct rask_error){.code = RASK_OK};
    atomic_store(&is_finished, 1);
    is_good &= is_same(&error);
    if (rank == 0)
        printf("%s\n", status < 0 ? error.text : is_good ? "works" : "does not work");
    return is_good ? 0 : 1;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    void *is_wrong = NULL;
    MPI_Comm comm;
    if (argc != 3 || !start_mpi(argv[1]))
        return 2;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
    MPI_Comm_dup(MPI_COMM_WORLD, &comm);
    int level;
    MPI_Query_thread(&level);
    has_thread = level == MPI_THREAD_MULTIPLE && strcmp(argv[2], "mpi-threads=multiple") == 0;
    if (has_thread && pthread_create(&thread, NULL, call_mpi, &comm) != 0)
        MPI_Abort(MPI_COMM_WORLD, 2);
    int code = use(argv[2]);
    if (has_thread)
        pthread_join(thread, &is_wrong);
    MPI_Comm_free(&comm);
    MPI_Finalize();
    return code != 0 || is_wrong != NULL;
}
