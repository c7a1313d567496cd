/* SPDX-License-Identifier: BSD-3-Clause */
/* boot_none.c: boot.h in a build without MPI: one process, or a clear refusal under a launcher. */
#include "comm/boot.h"

#include "base/alloc.h"
#include "base/error.h"
#include "comm/launch.h"

enum rask_launch rask_boot_detect(char *text, size_t text_bytes)
{
    struct rask_launcher launcher;
    rask_launcher_find(&launcher);
    rask_launcher_text(&launcher, text, text_bytes);
    return launcher.name == NULL || launcher.n_ranks == 1 ? RASK_LAUNCH_ALONE : RASK_LAUNCH_UNKNOWN;
}

rask_status rask_boot_mpi(const struct rask_boot_request *request, struct rask_boot_result *result,
                          struct rask_error *error)
{
    (void)request, (void)result;
    struct rask_launcher launcher;
    char text[160];
    rask_launcher_find(&launcher);
    rask_launcher_text(&launcher, text, sizeof text);
    return rask_error_set(error, RASK_ERR_UNSUPPORTED,
                          "started by %s, but this build of Rask has no MPI: start one process "
                          "without a launcher, or "
                          "configure and build Rask without --without-mpi",
                          text);
}

rask_status rask_boot_at_finalize(void (*end)(void), struct rask_error *error)
{
    (void)end, (void)error;
    return RASK_OK;
}

void rask_boot_result_release(struct rask_boot_result *result)
{
    rask_free(result->hosts);
    *result = (struct rask_boot_result){0};
}

rask_status rask_comm_raw_get(struct rask_comm *comm, const struct rask_comm_get *get,
                              uint64_t *duration_ns)
{
    (void)comm, (void)get, (void)duration_ns;
    return RASK_ERR_UNSUPPORTED;
}
