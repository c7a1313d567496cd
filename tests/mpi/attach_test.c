/* SPDX-License-Identifier: BSD-3-Clause */
/* attach_test.c: Rask inside a program that uses MPI. Whatever goes wrong, at the start or later,
 * on all ranks or on one, every rank of the program gets the error and goes on: MPI works
 * afterwards, and so does the next rask_attach. Needs two ranks or more; TAP comes from rank 0. */
#include "api/runtime.h"
#include "base/alloc.h"
#include "base/error.h"

#include <mpi.h>
#include <rask.h>
#include <rask/mpi.h>
#include <string.h>

#include "tap.h"

struct world {
    int rank, n_ranks;
    struct tap tap;
};

static void report(struct world *world, int is_good, const char *name)
{
    int is_good_everywhere = 0;
    MPI_Allreduce(&is_good, &is_good_everywhere, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    tap_check(&world->tap, is_good_everywhere, name);
}

static int answer(struct rask_task *task)
{
    int32_t number = 42;
    return rask_task_return(task, &number, sizeof number);
}
RASK_TASK(answer)

/* Breaks its rank as if it had run out of memory, and leaves it without. */
static int use_up(struct rask_task *task)
{
    struct rask_loop *loop = &rask_runtime_of(rask_task_runtime(task))->loop;
    struct rask_error error;
    rask_error_set(&error, RASK_ERR_MEMORY, "no memory for the records of tasks");
    rask_loop_take(loop);
    rask_alloc_fail_at(1, 1);
    rask_loop_break(loop, &error);
    rask_loop_give(loop);
    return 0;
}
RASK_TASK(use_up)

static rask_status attach(const char *setting, struct rask **rask, struct rask_error *error)
{
    const char *settings[] = {"threads=1", setting, NULL};
    struct rask_options options = {.size = sizeof options, .settings = settings, .is_quiet = 1};
    *rask = NULL;
    memset(error, 0, sizeof *error);
    return rask_attach(MPI_COMM_WORLD, &options, rask, error);
}

static void test_error(struct world *world, const char *mine, const char *text, const char *name)
{
    struct rask *rask;
    struct rask_error error;
    rask_status status = attach(mine, &rask, &error);
    report(world,
           status == RASK_ERR_ARGUMENT && error.code == status && rask == NULL &&
               strstr(error.text, text) != NULL,
           name);
}

static void test_works(struct world *world, const char *name)
{
    struct rask *rask;
    struct rask_error error;
    struct rask_future future;
    struct rask_view view;
    int is_good = 0;
    rask_status status = attach(NULL, &rask, &error);
    if (world->rank == 0 && status == RASK_OK) {
        is_good =
            rask_submit(rask, RASK_CALL(answer, RASK_BUFFER("", 0)), &future, NULL) == RASK_OK &&
            rask_result(rask, future, RASK_FOREVER, &view, NULL) == RASK_OK &&
            *(const int32_t *)view.data == 42;
        is_good &= rask_stop(rask) == RASK_OK;
    } else {
        is_good = status == RASK_SERVED;
    }
    report(world, is_good, name);
}

static void test_broken(struct world *world)
{
    struct rask *rask;
    struct rask_error error;
    int32_t last = world->n_ranks - 1;
    struct rask_call_options there = {.size = sizeof there, .ranks = &last, .n_ranks = 1};
    struct rask_future future;
    rask_status status = attach("bind=no", &rask, &error);
    int is_good = 0;
    if (world->rank == 0 && status == RASK_OK) {
        is_good = rask_submit(rask, RASK_CALL_WITH(&there, use_up, RASK_BUFFER("", 0)), &future,
                              NULL) == RASK_OK &&
                  rask_result(rask, future, RASK_FOREVER, NULL, &error) == RASK_ERR_MEMORY &&
                  error.rank == last && strstr(error.text, "records of tasks") != NULL;
        is_good &= rask_stop(rask) == RASK_ERR_MEMORY;
    } else if (world->rank != 0) {
        rask_alloc_fail_at(0, 0);
        is_good = status == (world->rank == last ? RASK_ERR_MEMORY : RASK_SERVED);
    }
    report(world, is_good,
           "a rank that cannot go on ends the job with its error on rank 0 and there");
}

static int count(struct rask_task *task)
{
    uint64_t bytes = rask_task_input(task, 0).bytes;
    return rask_task_return(task, &bytes, sizeof bytes);
}
RASK_TASK(count)

/* Large inputs, one after the other, many times what the store holds; releases are answered by
 * another rank. */
static void test_room(struct world *world)
{
    static uint8_t data[8 << 20];
    struct rask *rask;
    struct rask_error error;
    struct rask_future future;
    rask_status status = attach("arena=32MiB", &rask, &error);
    int is_good = world->rank == 0 ? status == RASK_OK : status == RASK_SERVED;
    for (int i = 0; world->rank == 0 && i < 40 && is_good; i++) {
        is_good = rask_submit(rask, RASK_CALL(count, RASK_BUFFER(data, sizeof data)), &future,
                              &error) == RASK_OK &&
                  rask_result(rask, future, RASK_FOREVER, NULL, &error) == RASK_OK;
        if (!is_good)
            printf("# round %d: %s\n", i, error.text);
        rask_release(rask, &future, 1);
    }
    if (world->rank == 0 && status == RASK_OK)
        is_good &= rask_stop(rask) == RASK_OK;
    report(world, is_good, "what was released is room for what comes next");
}

/* MPI_Finalize without rask_stop ends the job: it returns on all ranks, here after the last one was
 * let serve. */
static void leave_without_stop(struct world *world)
{
    struct rask *rask;
    struct rask_error error;
    struct rask_future future;
    rask_status status = attach(NULL, &rask, &error);
    int is_good = status == RASK_SERVED;
    if (world->rank == 0)
        is_good = status == RASK_OK && rask_submit(rask, RASK_CALL(answer, RASK_BUFFER("", 0)),
                                                   &future, NULL) == RASK_OK;
    MPI_Finalize();
    tap_check(&world->tap, is_good, "MPI_Finalize without rask_stop ends the job");
}

int main(int argc, char **argv)
{
    struct world world = {.rank = -1};
    int provided;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &world.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &world.n_ranks);
    world.tap.is_silent = world.rank != 0;
    int is_last = world.rank == world.n_ranks - 1;
    test_error(&world, "resources=bogus", "'bogus'", "a wrong setting on all ranks");
    test_error(&world, is_last ? "resources=bogus" : NULL, "'bogus'",
               "a setting that is found wrong after the ranks have met, on one rank");
    test_error(&world, is_last ? "colour=red" : NULL, "colour",
               "an unknown setting on one rank, before they meet");
    test_error(&world, world.rank == 0 ? "threads=many" : NULL, "many",
               "a wrong number on rank 0 alone");
    test_works(&world, "the next start works");
    test_broken(&world);
    test_works(&world, "the start after it works");
    test_room(&world);
    leave_without_stop(&world);
    return tap_end(&world.tap);
}
