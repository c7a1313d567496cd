/* SPDX-License-Identifier: BSD-3-Clause */
/* mpi_err.h: an MPI error code as a rask_error with MPI's own text. */
#ifndef RASK_COMM_MPI_ERR_H
#define RASK_COMM_MPI_ERR_H

#include <rask/status.h>

/* RASK_OK for MPI_SUCCESS; else fills `error` ("MPI_Comm_dup: MPI_ERR_COMM: invalid
 * communicator") and returns RASK_ERR_MPI. */
rask_status rask_mpi_check(struct rask_error *error, const char *call, int code);

#endif
