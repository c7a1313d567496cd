/* SPDX-License-Identifier: BSD-3-Clause */
/* meets.c: a small program in three builds, which the ranks of one job must not mix; meets.sh does.
 * BUILD is 1 or 2, and 3 with one more task function. */
#include <rask.h>

#include <stdio.h>

static int answer(struct rask_task *task)
{
    int64_t number = 40 + BUILD;
    return rask_task_return(task, &number, sizeof number);
}
RASK_TASK(answer)

#if BUILD == 3
static int extra(struct rask_task *task)
{
    (void)task;
    return 0;
}
RASK_TASK(extra)
#endif

int main(void)
{
    struct rask *rask;
    struct rask_future future;
    struct rask_view view;
    rask_status status = rask_start(NULL, &rask, NULL);
    if (status != RASK_OK)
        return status != RASK_SERVED;
    if (rask_submit(rask, RASK_CALL(answer), &future, NULL) != RASK_OK ||
        rask_result(rask, future, RASK_FOREVER, &view, NULL) != RASK_OK)
        return 1;
    printf("%lld\n", (long long)*(const int64_t *)view.data);
    rask_release(rask, &future, 1);
    return rask_stop(rask) != RASK_OK;
}
