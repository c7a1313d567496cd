/* SPDX-License-Identifier: BSD-3-Clause */
/* launch.c: see launch.h. Every launcher tells its processes their number in a variable of its
 * own; the table is in the order of trust, because launchers nest (mpirun inside a Slurm step
 * leaves both kinds of variable).
 *
 * A step of srun without an MPI plug-in gives numbers too. It counts as a launcher, or else its
 * n processes would each take themselves for the whole job; boot says what to do instead. */
#include "comm/launch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct sign {
    const char *name;
    const char *rank_variable;
    const char *size_variable;
    int needs_rank; /* both must be set */
    int is_without_pmi;
};

static const struct sign signs[] = {
    {"mpirun (Open MPI)", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", 0, 0},
    {"srun --mpi=pmix", "PMIX_RANK", "SLURM_STEP_NUM_TASKS", 1, 0},
    {"a PMI launcher (MPICH, Intel MPI)", "PMI_RANK", "PMI_SIZE", 1, 0},
    {"mpirun_rsh (MVAPICH)", "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE", 0, 0},
    {"flux run", "FLUX_TASK_RANK", "FLUX_JOB_SIZE", 1, 0},
    {"jsrun", "JSM_NAMESPACE_RANK", "JSM_NAMESPACE_SIZE", 1, 0},
    {"PALS", "PALS_RANKID", "PALS_SIZE", 1, 0},
    {"srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", 1, 1},
};

/* The whole number in a variable, `low` at least, or RASK_LAUNCH_UNTOLD. */
static int32_t number_in(const char *variable, long low)
{
    const char *text = getenv(variable);
    if (text == NULL)
        return RASK_LAUNCH_UNTOLD;
    char *end = NULL;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < low || value > INT32_MAX)
        return RASK_LAUNCH_UNTOLD;
    return (int32_t)value;
}

void rask_launcher_find(struct rask_launcher *launcher)
{
    *launcher = (struct rask_launcher){.n_ranks = RASK_LAUNCH_UNTOLD, .rank = RASK_LAUNCH_UNTOLD};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        int32_t n_ranks = number_in(signs[i].size_variable, 1);
        if (n_ranks == RASK_LAUNCH_UNTOLD ||
            (signs[i].needs_rank && getenv(signs[i].rank_variable) == NULL))
            continue;
        *launcher = (struct rask_launcher){.name = signs[i].name,
                                           .variable = signs[i].size_variable,
                                           .n_ranks = n_ranks,
                                           .rank = number_in(signs[i].rank_variable, 0),
                                           .is_without_pmi = signs[i].is_without_pmi};
        return;
    }
    if (getenv("PMIX_RANK") != NULL)
        *launcher = (struct rask_launcher){.name = "a PMIx launcher",
                                           .variable = "PMIX_RANK",
                                           .n_ranks = RASK_LAUNCH_UNTOLD,
                                           .rank = number_in("PMIX_RANK", 0)};
}

void rask_launcher_text(const struct rask_launcher *launcher, char *text, size_t text_bytes)
{
    if (launcher->name == NULL)
        snprintf(text, text_bytes, "no launcher");
    else if (launcher->n_ranks == RASK_LAUNCH_UNTOLD)
        snprintf(text, text_bytes, "%s (%s is set)", launcher->name, launcher->variable);
    else
        snprintf(text, text_bytes, "%s, %d rank%s (%s)", launcher->name, launcher->n_ranks,
                 launcher->n_ranks == 1 ? "" : "s", launcher->variable);
}
