/* SPDX-License-Identifier: BSD-3-Clause */
/* attach.c: Rask for one part of a program that is an MPI program otherwise. All ranks of the
 * communicator call rask_attach; rank 0 gets the runtime and submits, the others work until it
 * stops and come back with RASK_SERVED. Before and after, the program's own messages go on as ever.
 *
 *     mpicc attach.c -o attach $(pkg-config --cflags --libs rask)
 *     mpirun -n 4 ./attach */
#include <rask.h>
#include <rask/mpi.h>
#include <stdio.h>

#define N_ITEMS 100

static int cube(struct rask_task *task)
{
    const long *x = RASK_INPUT(task, 0, long);
    long y = x == NULL ? 0 : *x * *x * *x;
    return rask_task_return(task, &y, sizeof y);
}
RASK_TASK(cube)

/* What rank 0 does with the runtime: the sum of the first cubes. */
static rask_status compute(struct rask *rask, long *sum, struct rask_error *error)
{
    long items[N_ITEMS];
    struct rask_future futures[N_ITEMS];
    struct rask_view views[N_ITEMS];
    struct rask_call call = {.function = cube};
    struct rask_items all = {items, sizeof items[0], N_ITEMS};
    for (long i = 0; i < N_ITEMS; i++)
        items[i] = i + 1;
    rask_status status = rask_map(rask, &call, &all, futures, error);
    if (status != RASK_OK)
        return status;
    status = rask_gather(rask, futures, N_ITEMS, views, error);
    for (int i = 0; status == RASK_OK && i < N_ITEMS; i++)
        *sum += *(const long *)views[i].data;
    rask_release(rask, futures, N_ITEMS);
    return status;
}

int main(int argc, char **argv)
{
    int provided, rank, n_ranks, has_failed;
    long sum = 0;
    struct rask *rask;
    struct rask_error error = {.text = ""};
    /* The level that Rask needs; MPI_Init alone gives less. */
    MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
    rask_status status = rask_attach(MPI_COMM_WORLD, NULL, &rask, &error);
    if (status == RASK_OK) {
        status = compute(rask, &sum, &error);
        rask_status stopped = rask_stop(rask);
        status = status == RASK_OK ? stopped : status;
    }
    /* From here on the ranks are the program's own again. */
    has_failed = status != RASK_OK && status != RASK_SERVED;
    if (has_failed)
        fprintf(stderr, "attach: rank %d: %s\n", rank,
                error.text[0] != '\0' ? error.text : rask_status_text(status));
    MPI_Bcast(&sum, 1, MPI_LONG, 0, MPI_COMM_WORLD);
    has_failed |= sum != 25502500; /* (N_ITEMS (N_ITEMS + 1) / 2)^2 */
    if (rank == n_ranks - 1)
        printf("rank %d of %d: the sum of the first %d cubes is %ld\n", rank, n_ranks, N_ITEMS,
               sum);
    MPI_Finalize();
    return has_failed;
}
