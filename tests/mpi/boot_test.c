/* SPDX-License-Identifier: BSD-3-Clause */
/* boot_test.c: ranks that do not fit together get the same clear error everywhere, and a later
 * start that is right works; nothing hangs when memory runs out on one rank. Needs two ranks or
 * more. TAP comes from rank 0. */
#include "base/alloc.h"
#include "base/error.h"
#include "comm/boot.h"

#include <mpi.h>
#include <stdio.h>
#include <string.h>

#include "tap.h"

#define ARENA_BYTES ((size_t)1 << 20)
#define LONGEST_PATH 400 /* allocations of one start, at most */

struct world {
    MPI_Comm comm;
    int rank, n_ranks;
    struct tap tap;
    uint8_t *arena;
};

/* Collective: 1 when the condition holds on every rank. */
static int everywhere(const struct world *world, int is_true)
{
    int all = 0;
    MPI_Allreduce(&is_true, &all, 1, MPI_INT, MPI_MIN, world->comm);
    return all;
}

static void report(struct world *world, int is_good, const char *name)
{
    tap_check(&world->tap, everywhere(world, is_good), name);
}

static struct rask_boot_request good_request(const struct world *world)
{
    return (struct rask_boot_request){
        .mpi_comm = (void *)(uintptr_t)&world->comm,
        .wants_rings = 1,
        .wants_window = 1,
        .digest_lo = 1,
        .digest_hi = 2,
        .function_names = "alpha\0beta\0gamma",
        .n_functions = 3,
        .cpuset = "0-1",
        .n_node_cores = 2,
        .arena = world->arena,
        .arena_bytes = ARENA_BYTES,
    };
}

/* Starts and, when that works, stops again. */
static rask_status try_start(const struct rask_boot_request *request, struct rask_error *error)
{
    struct rask_boot_result result;
    rask_status status = rask_boot_mpi(request, &result, error);
    if (status != RASK_OK)
        return status;
    rask_boot_result_release(&result);
    result.comm->ops->stop(result.comm, 0, 0);
    return RASK_OK;
}

/* Collective: the start fails with this code, and every rank has the same text with both words
 * in it. */
static int fails_with(const struct world *world, const struct rask_boot_request *request,
                      rask_status code, const char *word, const char *other_word)
{
    struct rask_error error = {.text = ""}, first;
    rask_status status = try_start(request, &error);
    first = error;
    MPI_Bcast(&first, (int)sizeof first, MPI_BYTE, 0, world->comm);
    int is_right = status == code && error.code == code && strcmp(error.text, first.text) == 0 &&
                   strstr(error.text, word) != NULL && strstr(error.text, other_word) != NULL;
    if (!is_right)
        fprintf(stderr, "rank %d: %s: %s\n", world->rank, rask_status_name(status), error.text);
    return is_right;
}

static int starts(const struct world *world)
{
    struct rask_error error = {.text = ""};
    struct rask_boot_request request = good_request(world);
    rask_status status = try_start(&request, &error);
    if (status != RASK_OK)
        fprintf(stderr, "rank %d: %s\n", world->rank, error.text);
    return status == RASK_OK;
}

static void test_tables(struct world *world)
{
    struct rask_boot_request request = good_request(world);
    struct rask_boot_result result;
    report(world, starts(world), "ranks that fit start and stop");
    rask_status status = rask_boot_mpi(&request, &result, NULL);
    int is_right = status == RASK_OK && result.comm->caps.n_ranks == world->n_ranks &&
                   result.comm->caps.rank == world->rank && result.has_initialised_mpi == 0;
    for (int i = 0; is_right && i < world->n_ranks; i++)
        is_right = result.hosts[(size_t)i * RASK_NAME_BYTES] != '\0' &&
                   strcmp(result.cpusets + (size_t)i * 256, "0-1") == 0 && result.nodes[i] >= 0 &&
                   result.nodes[i] < result.comm->caps.n_nodes;
    report(world, is_right, "every rank knows hosts, cpusets and nodes of all");
    if (status == RASK_OK) {
        report(world, result.comm->caps.is_oversubscribed == (result.comm->caps.ranks_on_node > 2),
               "more ranks than cores are noticed");
        rask_boot_result_release(&result);
        result.comm->ops->stop(result.comm, 0, 0);
    }
}

static void test_functions(struct world *world)
{
    struct rask_boot_request request = good_request(world);
    if (world->rank == 1) {
        request.function_names = "alpha\0gamma";
        request.n_functions = 2;
        request.digest_lo = 7;
    }
    report(world, fails_with(world, &request, RASK_ERR_VERSION, "\"beta\"", "rank 1 "),
           "a function missing on one rank");
    request = good_request(world);
    if (world->rank == 0) {
        request.function_names = "";
        request.n_functions = 0;
        request.digest_lo = 7;
    }
    report(world, fails_with(world, &request, RASK_ERR_VERSION, "\"alpha\"", "rank 0 "),
           "no function on rank 0");
    request = good_request(world);
    if (world->rank == world->n_ranks - 1) {
        request.function_names = "alpha\0beta\0delta\0gamma";
        request.n_functions = 4;
        request.digest_hi = 9;
    }
    report(world, fails_with(world, &request, RASK_ERR_VERSION, "\"delta\"", "missing on rank"),
           "one rank knows more than the others");
    request = good_request(world);
    if (world->rank > 0) {
        request.function_names = "alpha\0beta version 1\0gamma";
        request.digest_lo = 8;
    }
    report(world,
           fails_with(world, &request, RASK_ERR_VERSION, "\"beta\" has version 1 on rank",
                      " and 0 on the others"),
           "another version of a function on all ranks but one");
    request = good_request(world);
    if (world->rank == 0)
        request.function_names = "alpha\0beta version 4\0gamma";
    if (world->rank == 1)
        request.function_names = "alpha\0beta version 12\0gamma";
    request.digest_lo = (uint64_t)world->rank;
    report(world,
           fails_with(world, &request, RASK_ERR_VERSION, "\"beta\" has version 12 on rank 1 ",
                      " and 4 on "),
           "a version of its own on each rank");
    request = good_request(world);
    request.digest_lo = (uint64_t)(world->rank > 0);
    report(world, fails_with(world, &request, RASK_ERR_VERSION, "same names", "rank 0"),
           "the same names with another digest");
}

static void test_levels(struct world *world)
{
    struct rask_boot_request request = good_request(world);
    request.needs_multiple = 1;
    report(world,
           fails_with(world, &request, RASK_ERR_THREAD_LEVEL, "MPI_THREAD_MULTIPLE",
                      "MPI_Init_thread"),
           "a thread level that is too low");
    MPI_Comm none = MPI_COMM_NULL;
    request = good_request(world);
    request.mpi_comm = &none;
    report(world, fails_with(world, &request, RASK_ERR_ARGUMENT, "MPI_COMM_NULL", "communicator"),
           "no communicator");
}

/* The n-th allocation fails on the last rank alone, for all n: either everybody starts or nobody
 * does. */
static void test_memory(struct world *world)
{
    int is_right = 1, n_refused = 0;
    for (uint64_t n = 1; n <= LONGEST_PATH && is_right; n++) {
        struct rask_boot_request request = good_request(world);
        struct rask_boot_result result;
        struct rask_error error;
        if (n % 2 == 0 && world->rank == 1)
            request.digest_lo = 5;
        int is_short = world->rank == world->n_ranks - 1;
        uint64_t n_before = rask_alloc_count();
        if (is_short)
            rask_alloc_fail_at((n + 1) / 2, 0);
        rask_status status = rask_boot_mpi(&request, &result, &error);
        rask_alloc_fail_at(0, 0);
        int is_past_end = is_short && rask_alloc_count() - n_before < (n + 1) / 2;
        is_right = everywhere(world, status == RASK_OK || status == RASK_ERR_MEMORY ||
                                         status == RASK_ERR_VERSION);
        is_right = is_right &&
                   (everywhere(world, status == RASK_OK) || everywhere(world, status != RASK_OK));
        n_refused += status == RASK_ERR_MEMORY;
        if (status == RASK_OK) {
            rask_boot_result_release(&result);
            result.comm->ops->stop(result.comm, 0, 0);
        }
        if (!everywhere(world, !is_past_end) && n % 2 == 0)
            break;
    }
    report(world, is_right && n_refused > 3, "no memory on one rank is an error on all");
    report(world, starts(world), "a start after all those errors works");
}

int main(int n_arguments, char **arguments)
{
    struct world world = {.comm = MPI_COMM_NULL};
    int provided = 0;
    MPI_Init_thread(&n_arguments, &arguments, MPI_THREAD_SERIALIZED, &provided);
    MPI_Comm_dup(MPI_COMM_WORLD, &world.comm);
    MPI_Comm_rank(world.comm, &world.rank);
    MPI_Comm_size(world.comm, &world.n_ranks);
    world.tap.is_silent = world.rank != 0;
    world.arena = rask_alloc_aligned(64, ARENA_BYTES);
    if (world.arena == NULL || world.n_ranks < 2)
        MPI_Abort(world.comm, 1);
    memset(world.arena, 0, ARENA_BYTES);
    test_tables(&world);
    test_functions(&world);
    test_levels(&world);
    test_memory(&world);
    int code = tap_end(&world.tap);
    rask_free(world.arena);
    MPI_Comm_free(&world.comm);
    MPI_Finalize();
    return code;
}
