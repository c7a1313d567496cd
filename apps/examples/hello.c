/* SPDX-License-Identifier: BSD-3-Clause */
/* hello.c: the smallest program. Alone it uses the cores of this machine, under mpirun those of the
 * job:
 *
 *     cc hello.c -o hello $(pkg-config --cflags --libs rask)
 *     ./hello          mpirun -n 4 ./hello */
#include <rask.h>
#include <stdio.h>

static int square(struct rask_task *task)
{
    const double *x = RASK_INPUT(task, 0, double);
    double y = x == NULL ? 0 : *x * *x;
    return rask_task_return(task, &y, sizeof y);
}
RASK_TASK(square)

int main(void)
{
    struct rask *rask;
    struct rask_future future;
    struct rask_view result;
    double x = 1.5;
    rask_status status = rask_start(NULL, &rask, NULL);
    if (status != RASK_OK)
        return status == RASK_SERVED ? 0 : 1;
    if (rask_submit(rask, RASK_CALL(square, RASK_VALUE(x)), &future, NULL) == RASK_OK &&
        rask_result(rask, future, RASK_FOREVER, &result, NULL) == RASK_OK)
        printf("hello: %g\n", *(const double *)result.data);
    return rask_stop(rask) != RASK_OK;
}
