/* SPDX-License-Identifier: BSD-3-Clause */
/* launch_test.c: what the environment of each launcher is taken for. An allocation alone is no
 * launcher. */
#include "comm/launch.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

static const char *const variables[] = {
    "OMPI_COMM_WORLD_SIZE", "PMIX_RANK",           "PMI_RANK",       "PMI_SIZE",
    "MV2_COMM_WORLD_SIZE",  "FLUX_JOB_SIZE",       "FLUX_TASK_RANK", "JSM_NAMESPACE_SIZE",
    "JSM_NAMESPACE_RANK",   "PALS_SIZE",           "PALS_RANKID",    "SLURM_PROCID",
    "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS",        "SLURM_JOB_ID",   "SLURM_NNODES",
    "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK",
};

/* "NAME=VALUE" settings, up to three, in an otherwise clean environment. */
static struct rask_launcher found_with(const char *first, const char *second, const char *third)
{
    const char *settings[] = {first, second, third};
    struct rask_launcher launcher;
    char name[64];
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    for (size_t i = 0; i < 3; i++) {
        if (settings[i] == NULL)
            continue;
        const char *value = strchr(settings[i], '=');
        size_t n = (size_t)(value - settings[i]);
        memcpy(name, settings[i], n);
        name[n] = '\0';
        setenv(name, value + 1, 1);
    }
    rask_launcher_find(&launcher);
    return launcher;
}

static void alone(void)
{
    CU_ASSERT_PTR_NULL(found_with(NULL, NULL, NULL).name);
    CU_ASSERT_PTR_NULL(found_with("SLURM_JOB_ID=5", "SLURM_NTASKS=8", "SLURM_NNODES=4").name);
    CU_ASSERT_PTR_NULL(found_with("SLURM_JOB_ID=5", "SLURM_NTASKS=8", "SLURM_PROCID=0").name);
    CU_ASSERT_PTR_NULL(found_with("PMI_SIZE=4", NULL, NULL).name);
}

static void launchers(void)
{
    CU_ASSERT_EQUAL(found_with("OMPI_COMM_WORLD_SIZE=4", "PMIX_RANK=1", NULL).n_ranks, 4);
    CU_ASSERT_EQUAL(found_with("OMPI_COMM_WORLD_SIZE=1", NULL, NULL).n_ranks, 1);
    CU_ASSERT_EQUAL(found_with("PMIX_RANK=0", "SLURM_STEP_NUM_TASKS=6", "SLURM_PROCID=0").n_ranks,
                    6);
    CU_ASSERT_EQUAL(found_with("PMI_RANK=0", "PMI_SIZE=3", NULL).n_ranks, 3);
    CU_ASSERT_EQUAL(found_with("SLURM_PROCID=2", "SLURM_STEP_NUM_TASKS=5", NULL).n_ranks, 5);
    CU_ASSERT_TRUE(found_with("SLURM_PROCID=2", "SLURM_STEP_NUM_TASKS=5", NULL).is_without_pmi);
    CU_ASSERT_FALSE(
        found_with("SLURM_PROCID=2", "SLURM_STEP_NUM_TASKS=5", "PMIX_RANK=2").is_without_pmi);
    CU_ASSERT_EQUAL(
        found_with("OMPI_COMM_WORLD_SIZE=2", "SLURM_PROCID=0", "SLURM_STEP_NUM_TASKS=9").n_ranks,
        2);
}

/* Who speaks is known before MPI is up. */
static void ranks(void)
{
    CU_ASSERT_EQUAL(found_with(NULL, NULL, NULL).rank, RASK_LAUNCH_UNTOLD);
    CU_ASSERT_EQUAL(found_with("OMPI_COMM_WORLD_SIZE=4", "OMPI_COMM_WORLD_RANK=3", NULL).rank, 3);
    CU_ASSERT_EQUAL(found_with("OMPI_COMM_WORLD_SIZE=4", NULL, NULL).rank, RASK_LAUNCH_UNTOLD);
    CU_ASSERT_EQUAL(found_with("PMIX_RANK=1", "SLURM_STEP_NUM_TASKS=6", "SLURM_PROCID=2").rank, 1);
    CU_ASSERT_EQUAL(found_with("SLURM_PROCID=2", "SLURM_STEP_NUM_TASKS=5", NULL).rank, 2);
    CU_ASSERT_EQUAL(found_with("PMIX_RANK=0", NULL, NULL).rank, 0);
}

static void untold_and_bad(void)
{
    CU_ASSERT_EQUAL(found_with("PMIX_RANK=0", NULL, NULL).n_ranks, RASK_LAUNCH_UNTOLD);
    CU_ASSERT_PTR_NOT_NULL(found_with("PMIX_RANK=0", NULL, NULL).name);
    CU_ASSERT_PTR_NULL(found_with("OMPI_COMM_WORLD_SIZE=", NULL, NULL).name);
    CU_ASSERT_PTR_NULL(found_with("OMPI_COMM_WORLD_SIZE=two", NULL, NULL).name);
    CU_ASSERT_PTR_NULL(found_with("OMPI_COMM_WORLD_SIZE=-3", NULL, NULL).name);
    CU_ASSERT_PTR_NULL(found_with("OMPI_COMM_WORLD_SIZE=99999999999", NULL, NULL).name);
}

static void texts(void)
{
    char text[160];
    struct rask_launcher launcher = found_with("OMPI_COMM_WORLD_SIZE=4", NULL, NULL);
    rask_launcher_text(&launcher, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "mpirun (Open MPI), 4 ranks (OMPI_COMM_WORLD_SIZE)");
    launcher = found_with(NULL, NULL, NULL);
    rask_launcher_text(&launcher, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "no launcher");
    launcher = found_with("PMIX_RANK=0", NULL, NULL);
    rask_launcher_text(&launcher, text, 8);
    CU_ASSERT_STRING_EQUAL(text, "a PMIx ");
}

RASK_UNIT_MAIN("launch", {"one process alone", alone}, {"each launcher", launchers},
               {"the rank of this process", ranks},
               {"numbers that are missing or bad", untold_and_bad}, {"texts for people", texts})
