/* SPDX-License-Identifier: BSD-3-Clause */
/* launch.h: what the environment says about the launcher that started this process, without MPI. */
#ifndef RASK_COMM_LAUNCH_H
#define RASK_COMM_LAUNCH_H

#include <stddef.h>
#include <stdint.h>

#define RASK_LAUNCH_UNTOLD (-1)

struct rask_launcher {
    const char *name; /* "mpirun (Open MPI)", ...; NULL: no launcher */
    const char *variable; /* the variable that decided it */
    int32_t n_ranks; /* what it says, or RASK_LAUNCH_UNTOLD */
    int32_t rank; /* of this process, or RASK_LAUNCH_UNTOLD */
    int is_without_pmi; /* nothing is there that an MPI would find its peers by */
};

/* Looks at this process's environment. The variables of a Slurm allocation alone are no
 * launcher: the shell of salloc and the batch script are one process each. */
void rask_launcher_find(struct rask_launcher *);

/* One line for `rask info`: what decided it. */
void rask_launcher_text(const struct rask_launcher *, char *text, size_t text_bytes);

#endif
