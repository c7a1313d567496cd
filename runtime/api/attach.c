/* SPDX-License-Identifier: BSD-3-Clause */
/* attach.c: rask_attach. Checks that MPI can be used, and that what was handed over is a
 * communicator of this process; the thread level is compared over the ranks by comm/boot. Compiled
 * only with an MPI. */
#include "api/runtime.h"

#include "base/error.h"

#include <rask/mpi.h>

static rask_status check(MPI_Comm comm, struct rask_attachment *attachment,
                         struct rask_error *error)
{
    int is_up = 0, is_over = 0, is_between_groups = 0, n_ranks = 0;
    MPI_Initialized(&is_up);
    MPI_Finalized(&is_over);
    if (!is_up || is_over)
        return rask_error_set(error, RASK_ERR_STATE, "rask_attach %s: call it between them",
                              is_over ? "after MPI_Finalize" : "before MPI_Init");
    if (comm == MPI_COMM_NULL)
        return rask_error_set(
            error, RASK_ERR_ARGUMENT,
            "rask_attach: the communicator is MPI_COMM_NULL; ranks that are not in it do not call");
    if (MPI_Comm_test_inter(comm, &is_between_groups) != MPI_SUCCESS || is_between_groups)
        return rask_error_set(
            error, RASK_ERR_ARGUMENT,
            "rask_attach: an intercommunicator; merge it with MPI_Intercomm_merge first");
    if (MPI_Comm_size(comm, &n_ranks) != MPI_SUCCESS)
        return rask_error_set(error, RASK_ERR_MPI, "rask_attach: MPI_Comm_size failed");
    attachment->n_ranks = n_ranks;
    return RASK_OK;
}

rask_status rask_attach(MPI_Comm comm, const struct rask_options *options, struct rask **rask,
                        struct rask_error *error)
{
    struct rask_attachment attachment = {.mpi_comm = &comm};
    rask_status status = check(comm, &attachment, error);
    return status == RASK_OK ? rask_runtime_start(options, &attachment, rask, error) : status;
}
