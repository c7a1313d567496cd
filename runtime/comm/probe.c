/* SPDX-License-Identifier: BSD-3-Clause */
/* probe.c: the bare MPI_Rget that `rask bench transfer` stands beside, over the runtime's own
 * window and in its epoch (rma.c). It waits by MPI_Test alone, as the runtime does. */
#include "comm/mpi_comm.h"

#include "base/clock.h"

#define PIECE_BYTES ((size_t)1 << 30) /* MPI counts are int */

static int read_piece(struct rask_mpi *mpi, const struct rask_comm_get *get, size_t at)
{
    MPI_Request request = MPI_REQUEST_NULL;
    size_t left = get->bytes - at;
    struct rask_read_notice what = {get->offset + at, left < PIECE_BYTES ? left : PIECE_BYTES};
    int is_done = 0;
    int code = rask_window_get(mpi, get->rank, &what, (uint8_t *)get->local + at, &request);
    while (code == MPI_SUCCESS && !is_done)
        code = MPI_Test(&request, &is_done, MPI_STATUS_IGNORE);
    return code;
}

rask_status rask_comm_raw_get(struct rask_comm *comm, const struct rask_comm_get *get,
                              uint64_t *duration_ns)
{
    if (!comm->caps.has_window)
        return RASK_ERR_UNSUPPORTED;
    uint64_t begin_ns = rask_now_ns();
    for (size_t at = 0; at < get->bytes; at += PIECE_BYTES)
        if (read_piece((struct rask_mpi *)comm, get, at) != MPI_SUCCESS)
            return RASK_ERR_MPI;
    *duration_ns = rask_now_ns() - begin_ns;
    return RASK_OK;
}
