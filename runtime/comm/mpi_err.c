/* SPDX-License-Identifier: BSD-3-Clause */
/* mpi_err.c: see mpi_err.h. */
#include "comm/mpi_err.h"

#include "base/error.h"

#include <mpi.h>

rask_status rask_mpi_check(struct rask_error *error, const char *call, int code)
{
    if (code == MPI_SUCCESS)
        return RASK_OK;
    char text[MPI_MAX_ERROR_STRING];
    int n_chars = 0;
    if (MPI_Error_string(code, text, &n_chars) != MPI_SUCCESS)
        return rask_error_set(error, RASK_ERR_MPI,
                              "%s failed with code %d, which MPI does not know", call, code);
    return rask_error_set(error, RASK_ERR_MPI, "%s: %.*s", call, n_chars, text);
}
