/* SPDX-License-Identifier: BSD-3-Clause */
/* boot.h: from a process to a rank of a job: finds out how the process was started, brings MPI
 * up, compares the ranks (program, function table, MPI world, cpusets), and gives the transport
 * and each rank's role.
 *
 * Everything that needs MPI sits behind these calls, so that a build --without-mpi has
 * boot_none.c instead. */
#ifndef RASK_COMM_BOOT_H
#define RASK_COMM_BOOT_H

#include "comm/comm.h"
#include "store/store.h"

/* How this process was started. */
enum rask_launch {
    RASK_LAUNCH_ALONE, /* no launcher, or one rank: embedded, MPI is never touched */
    RASK_LAUNCH_MPI, /* mpirun, srun --mpi=pmix, ... with more than one rank */
    RASK_LAUNCH_UNKNOWN /* a launcher is there but this build has no MPI: an error with advice */
};

/* Looks at the launcher's environment variables only (OMPI_COMM_WORLD_SIZE, PMIX_RANK with
 * SLURM_STEP_NUM_TASKS, PMI_SIZE, ...) and whether MPI is already initialised. `text`: what
 * decided it, for `rask info`. */
enum rask_launch rask_boot_detect(char *text, size_t text_bytes);

/* Tells the user of an error: called on rank 0 before MPI ends, since the launcher takes the job
 * down as soon as another rank has left with an exit code. */
struct rask_boot_teller {
    void (*tell)(void *context, const struct rask_error *error);
    void *context;
};

/* What each rank tells the others at start, beside what boot finds out itself. */
struct rask_boot_request {
    /* what this rank has failed with before, or NULL. Then all ranks fail with it (with the lowest
     * rank's, if there are several), and but for mpi_comm and teller nothing else here is read */
    const struct rask_error *failure;
    void *mpi_comm; /* MPI_Comm * of the caller to be duplicated, or NULL: initialise MPI if need
                       be, take the world */
    int needs_multiple; /* other threads of the program call MPI meanwhile: MPI_THREAD_MULTIPLE */
    int wants_rings; /* setting `transport` is auto; rank 0's value holds for all, as below */
    int wants_window; /* setting `window`: 0 two-sided, 1 automatic, 2 one-sided or fail */
    uint64_t digest_lo, digest_hi; /* of the function table and the wire version */
    const char *function_names; /* n_functions names, each zero-terminated, sorted: to name the
                                   first that differs */
    uint32_t n_functions;
    const char *cpuset; /* list of PUs this process may use, "0-3" */
    int32_t n_node_cores; /* cores of the machine that any rank may use */
    void *arena; /* base of this rank's arena, 64-byte aligned. Nobody else uses it until the
                    call returns: the window's test writes into it */
    uint64_t arena_bytes; /* room reserved; what the window covers */
    struct rask_store *store; /* whose arena it is, to be shared within the node; NULL: not to be */
    int wants_sharing; /* setting `node-memory`: 0 private, 1 automatic, 2 shared or fail */
    struct rask_boot_teller teller;
};

/* What came of it. */
struct rask_boot_result {
    struct rask_comm *comm; /* [give] ended by comm->ops->stop */
    int is_told; /* after an error: some rank has told the user, or will not be asked to */
    int has_initialised_mpi; /* stop finalises it too */
    char *hosts; /* [give] n_ranks fields of RASK_NAME_BYTES each */
    char *cpusets; /* [give] n_ranks fields of 256 each */
    int32_t *nodes; /* [give] node of each rank */
};

/* Collective over the ranks. Fails on every rank with the same error, which names the ranks and
 * the remedy: RASK_ERR_VERSION (different function tables or binaries), RASK_ERR_THREAD_LEVEL,
 * RASK_ERR_MPI, RASK_ERR_SYSTEM (no shared memory: falls back to MPI messages instead where it
 * can), RASK_ERR_STATE (the ranks do not see one MPI world: e.g. started by a launcher of
 * another MPI), or what a rank brought along as `failure`. */
rask_status rask_boot_mpi(const struct rask_boot_request *, struct rask_boot_result *,
                          struct rask_error *);

/* Has `end` called at the beginning of MPI_Finalize, by whoever calls it, while MPI still works;
 * for the rest of the process. RASK_ERR_MPI, RASK_ERR_MEMORY. */
rask_status rask_boot_at_finalize(void (*end)(void), struct rask_error *);

void rask_boot_result_release(struct rask_boot_result *); /* the three tables, not the comm */

#endif
