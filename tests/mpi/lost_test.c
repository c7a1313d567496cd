/* SPDX-License-Identifier: BSD-3-Clause */
/* lost_test.c: a result whose fetch fails, because its header in the holder's store is damaged: it
 * is computed again and read right, or told to be lost. Rank 0, which does not work, prints TAP. */
#include "store/store.h"

#include <rask.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tap.h"

#define BYTES 100000

static struct tap tap;
static int n_runs;

/* Its first n results on each rank cannot be fetched. */
static int fragile(struct rask_task *task)
{
    const int *n = RASK_INPUT(task, 0, int);
    uint8_t *result = rask_task_result(task, BYTES);
    if (n == NULL || result == NULL)
        return 1;
    memset(result, 7, BYTES);
    if (n_runs++ < *n)
        ((struct rask_object_header *)(void *)(result - RASK_OBJECT_HEADER_BYTES))->id = 0;
    return 0;
}
RASK_TASK(fragile)

static int forget_runs(struct rask_task *task)
{
    (void)task;
    n_runs = 0;
    return 0;
}
RASK_TASK(forget_runs)

static int is_right(struct rask_view view)
{
    const uint8_t *bytes = view.data;
    for (size_t i = 0; view.bytes == BYTES && i < BYTES; i++)
        if (bytes[i] != 7)
            return 0;
    return view.bytes == BYTES;
}

static void begin(struct rask *rask)
{
    struct rask_future futures[16];
    size_t n = (size_t)rask_worker_count(rask);
    if (rask_run_everywhere(rask, RASK_CALL(forget_runs, RASK_VALUE(n)), futures, NULL) !=
            RASK_OK ||
        rask_wait(rask, futures, n, RASK_FOREVER) != RASK_OK)
        tap_check(&tap, 0, "all ranks begin anew");
    rask_release(rask, futures, n);
}

static void is_computed_again(struct rask *rask, int n_bad, const char *what)
{
    struct rask_future future;
    struct rask_view view = {NULL, 0};
    struct rask_error error;
    begin(rask);
    rask_status status = rask_submit(rask, RASK_CALL(fragile, RASK_VALUE(n_bad)), &future, &error);
    if (status == RASK_OK) {
        status = rask_result(rask, future, RASK_FOREVER, &view, &error);
        tap_check(&tap, status == RASK_OK && is_right(view), what);
        rask_release(rask, &future, 1);
    }
    if (status != RASK_OK)
        printf("# %s\n", error.text);
}

static void all_are_gathered_again(struct rask *rask)
{
    struct rask_future futures[4];
    struct rask_view views[4];
    struct rask_error error;
    int one = 1, is_ok = 1;
    begin(rask);
    for (int i = 0; i < 4; i++)
        is_ok &=
            rask_submit(rask, RASK_CALL(fragile, RASK_VALUE(one)), &futures[i], &error) == RASK_OK;
    if (is_ok) {
        is_ok = rask_gather(rask, futures, 4, views, &error) == RASK_OK;
        for (int i = 0; is_ok && i < 4; i++)
            is_ok = is_right(views[i]);
        rask_release(rask, futures, 4);
    }
    tap_check(&tap, is_ok, "gathered, all of them are right");
}

static void a_deadline_ends_the_fetch_too(struct rask *rask)
{
    struct rask_future future;
    struct rask_view view = {NULL, 0};
    struct rask_error error;
    int one = 1;
    begin(rask);
    rask_status status = rask_submit(rask, RASK_CALL(fragile, RASK_VALUE(one)), &future, &error);
    if (status != RASK_OK) {
        tap_check(&tap, 0, error.text);
        return;
    }
    do
        status = rask_result(rask, future, 0, &view, &error);
    while (status == RASK_ERR_TIMEOUT);
    tap_check(&tap, status == RASK_OK && is_right(view),
              "asked for without waiting it comes at last");
    if (status != RASK_OK)
        printf("# %s\n", error.text);
    rask_release(rask, &future, 1);
}

int main(void)
{
    static const char *const settings[] = {"rank0-works=no", NULL};
    struct rask *rask;
    struct rask_options options = {.size = sizeof options, .n_threads = 1, .settings = settings};
    rask_status status = rask_start(&options, &rask, NULL);
    if (status != RASK_OK)
        return status != RASK_SERVED;
    is_computed_again(rask, 0, "a result that is well is fetched");
    is_computed_again(rask, 1, "one that cannot be fetched is computed again");
    is_computed_again(rask, 3, "as often as it takes");
    all_are_gathered_again(rask);
    a_deadline_ends_the_fetch_too(rask);
    int code = tap_end(&tap);
    return rask_stop(rask) != 0 || code != 0;
}
