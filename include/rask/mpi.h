/* SPDX-License-Identifier: BSD-3-Clause */
/* mpi.h: Rask inside a program that already uses MPI. The only public header that needs mpi.h. */
#ifndef RASK_MPI_H
#define RASK_MPI_H

#include <mpi.h>
#include <rask/start.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Starts the runtime on the ranks of a communicator, which is duplicated; the program's own
 * messages are not touched. Collective over `comm`. Rank 0 of it returns RASK_OK and is scheduler
 * and client; the others serve until it stops and then return RASK_SERVED, and may use MPI as
 * before. MPI is not finalised by rask_stop, nor aborted, whatever happens: an error at the start
 * is returned on every rank of `comm`, which can be used on. A program that calls MPI_Finalize
 * without rask_stop ends the runtime by it, as rask_stop would. A communicator of one rank gives
 * the embedded form.
 * Errors: as rask_start; RASK_ERR_STATE before MPI_Init or after MPI_Finalize, and on each rank on
 * which a runtime runs already (at once: ranks on which none runs would wait for it);
 * RASK_ERR_THREAD_LEVEL below MPI_THREAD_SERIALIZED, or below MPI_THREAD_MULTIPLE when other
 * threads of the program call MPI meanwhile (setting `mpi-threads=multiple`). */
RASK_API RASK_MUST_USE rask_status rask_attach(MPI_Comm comm, const struct rask_options *options,
                                               struct rask **rask, struct rask_error *error);

#ifdef __cplusplus
}
#endif

#endif
