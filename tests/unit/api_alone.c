/* SPDX-License-Identifier: BSD-3-Clause */
/* api_alone.c: the home of cases in the embedded form, each with a runtime of its own. */
#include "api_home.h"

#include <stdlib.h>

static struct api_counts own_counts;
struct api_counts *counts = &own_counts;

int home_enter(void)
{
    return 1;
}

int home_leave(void)
{
    return 0;
}

void start_with(uint32_t n_threads, const char *const *settings)
{
    struct rask_options options = {
        .size = sizeof options, .n_threads = n_threads, .settings = settings};
    if (rask_start(&options, &rask, &error) != RASK_OK)
        exit(99);
    own_counts = (struct api_counts){0};
}

void start(void)
{
    start_with(HOME_SLOTS, home_settings);
}

void stop(void)
{
    atomic_store(&counts->is_open, 1);
    CU_ASSERT_EQUAL(rask_stop(rask), RASK_OK);
}
