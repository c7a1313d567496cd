/* SPDX-License-Identifier: BSD-3-Clause */
/* api_ranks.c: the cases of tests/unit/api_test.c, api_story_test.c and waits_test.c on the ranks
 * of one job. What tasks and test tell each other lies in memory that all ranks map before they
 * start; it is named by the process that has started them, and its name is gone once all have it.
 */
#include "../unit/api_home.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct api_counts *counts;

static struct api_counts *map_counts(const char *name)
{
    int fd = shm_open(name, O_RDWR | O_CREAT, 0600);
    if (fd < 0 || ftruncate(fd, sizeof *counts) != 0)
        return NULL;
    void *base = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return base == MAP_FAILED ? NULL : base;
}

int home_enter(void)
{
    struct rask_options options = {
        .size = sizeof options, .n_threads = HOME_SLOTS, .settings = home_settings};
    char name[64];
    snprintf(name, sizeof name, "/rask-test.%ld", (long)getppid());
    counts = map_counts(name);
    rask_status status = counts == NULL ? RASK_ERR_SYSTEM : rask_start(&options, &rask, &error);
    (void)shm_unlink(name);
    if (status != RASK_OK && status != RASK_SERVED)
        exit(99);
    if (status != RASK_OK)
        return 0;
    last_rank = rask_rank_count(rask) - 1;
    return 1;
}

int home_leave(void)
{
    return rask_stop(rask) != RASK_OK;
}

void start(void)
{
    *counts = (struct api_counts){0};
}

void stop(void)
{
    atomic_store(&counts->is_open, 1);
}
