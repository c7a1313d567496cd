/* SPDX-License-Identifier: BSD-3-Clause */
/* same.h: each rank's card, and whether all ranks may work together: the same task functions,
 * the same program, the same library. */
#ifndef RASK_COMM_SAME_H
#define RASK_COMM_SAME_H

#include "comm/boot.h"

#include <mpi.h>

#define RASK_CPUSET_BYTES 256

/* What every rank knows of every other after start. */
struct rask_card {
    char host[RASK_NAME_BYTES];
    char cpuset[RASK_CPUSET_BYTES];
    char version[RASK_NAME_BYTES]; /* of the Rask library */
    uint64_t digest_lo, digest_hi; /* of the function table */
    uint64_t program, library; /* hash of the build id; 0 if there is none */
    uint64_t arena_bytes;
    int32_t n_node_cores, thread_level;
    int32_t wants_rings, wants_window, wants_sharing;
};

void rask_card_fill(struct rask_card *, const struct rask_boot_request *);

/* Collective over `comm`, whose ranks have gathered their cards. RASK_ERR_VERSION, the same on
 * every rank, names the first function that differs or the program, the ranks and the remedy. */
rask_status rask_cards_check(MPI_Comm comm, const struct rask_boot_request *,
                             const struct rask_card *cards, struct rask_error *);

#endif
