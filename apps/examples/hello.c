/* SPDX-License-Identifier: BSD-3-Clause */
/* hello.c: the smallest program. Alone it uses the cores of this machine, under mpirun those of the
 * job:
 *
 *     cc hello.c -o hello $(pkg-config --cflags --libs rask)
 *     ./hello          mpirun -n 4 ./hello */
#include <rask.h>
#include <stdio.h>

static int hello(struct rask_task *task)
{
    return printf("hello from rank %d\n", rask_task_rank(task)) < 0;
}
RASK_TASK(hello)

int main(void)
{
    const struct rask_call call = {.function = hello};
    struct rask *rask;
    struct rask_future future;
    rask_status status = rask_start(NULL, &rask, NULL);
    if (status == RASK_OK && (status = rask_submit(rask, &call, &future, NULL)) == RASK_OK)
        status = rask_result(rask, future, RASK_FOREVER, NULL, NULL);
    return status < 0;
}
