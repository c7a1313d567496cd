/* SPDX-License-Identifier: BSD-3-Clause */
/* progress_test.c: what the progress line says, how often, and that it leaves no trace. */
#include "diag/progress.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

static void says_how_far_how_fast_how_long(void)
{
    char text[RASK_PROGRESS_BYTES];
    struct rask_progress progress;
    rask_progress_start(&progress, NULL, 5 * SECOND);
    uint64_t quarter[2] = {250000000, 1000000000};
    CU_ASSERT_STRING_EQUAL(rask_progress_text(&progress, quarter, 7 * SECOND, 60, text),
                           "[#######........................]  25 %, 125 MB/s, 6 s left");
    CU_ASSERT(strlen(text) < 60);
    uint64_t all[2] = {10, 10};
    CU_ASSERT_PTR_NOT_NULL(
        strstr(rask_progress_text(&progress, all, 7 * SECOND, 80, text), "100 %"));
    uint64_t little[2] = {1, 1000000};
    CU_ASSERT_PTR_NOT_NULL(
        strstr(rask_progress_text(&progress, little, 6 * SECOND, 80, text), " h left"));
}

static void fits_any_terminal(void)
{
    char text[RASK_PROGRESS_BYTES];
    struct rask_progress progress;
    rask_progress_start(&progress, NULL, 0);
    uint64_t bytes[2] = {1, 2};
    for (int columns = 0; columns < 200; columns++) {
        rask_progress_text(&progress, bytes, SECOND, columns, text);
        CU_ASSERT(strlen(text) <= (size_t)columns);
    }
    uint64_t nothing[2] = {0, 0};
    CU_ASSERT(strlen(rask_progress_text(&progress, nothing, 0, 80, text)) > 0);
}

/* What is written to the stream by calls of show at the given times, in tenths of a second. */
static size_t drawn(const unsigned *tenths, size_t n, char *bytes, size_t room)
{
    FILE *stream = fmemopen(bytes, room, "w");
    struct rask_progress progress;
    size_t n_lines = 0;
    rask_progress_start(&progress, stream, 0);
    for (size_t i = 0; i < n; i++)
        rask_progress_show(&progress, i, n, tenths[i] * (SECOND / 10));
    rask_progress_stop(&progress);
    fclose(stream);
    for (const char *at = bytes; (at = strstr(at, "left")) != NULL; at++)
        n_lines++;
    return n_lines;
}

static void draws_ten_times_a_second_and_erases(void)
{
    char bytes[4096] = "";
    const unsigned shorter[] = {0, 1}, longer[] = {2, 2, 2, 3, 3, 4};
    CU_ASSERT_EQUAL(drawn(shorter, 2, bytes, sizeof bytes), 0);
    CU_ASSERT_EQUAL(strlen(bytes), 0);
    CU_ASSERT_EQUAL(drawn(longer, 6, bytes, sizeof bytes), 3);
    CU_ASSERT_STRING_EQUAL(bytes + strlen(bytes) - 4, "\r\033[K");
}

RASK_UNIT_MAIN("progress", {"says how far, how fast, how long", says_how_far_how_fast_how_long},
               {"fits any terminal", fits_any_terminal},
               {"draws ten times a second and erases", draws_ten_times_a_second_and_erases})
