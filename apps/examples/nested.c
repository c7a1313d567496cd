/* SPDX-License-Identifier: BSD-3-Clause */
/* nested.c: tasks that submit tasks. An integral is computed by halving intervals where the
 * function is not smooth enough; how many there will be is not known before. A task that waits for
 * its halves lends its slot to others, so any depth works with any number of threads. */
#include <rask.h>
#include <math.h>
#include <stdio.h>

struct interval {
    double left, right, tolerance;
};

static double f(double x)
{
    return sin(1 / x); /* from wild to tame */
}

static double simpson(double left, double right)
{
    return (right - left) / 6 * (f(left) + 4 * f((left + right) / 2) + f(right));
}

static int integrate(struct rask_task *task)
{
    const struct interval *whole = RASK_INPUT(task, 0, struct interval);
    struct rask *rask = rask_task_runtime(task);
    struct rask_future futures[2];
    struct rask_view views[2];
    struct rask_error error;
    if (whole == NULL)
        return 1;
    double middle = (whole->left + whole->right) / 2;
    double coarse = simpson(whole->left, whole->right);
    double fine = simpson(whole->left, middle) + simpson(middle, whole->right);
    if (fabs(fine - coarse) < 15 * whole->tolerance) {
        fine += (fine - coarse) / 15;
        return rask_task_return(task, &fine, sizeof fine);
    }
    const struct interval halves[2] = {{whole->left, middle, whole->tolerance / 2},
                                       {middle, whole->right, whole->tolerance / 2}};
    struct rask_call call = {.function = integrate};
    struct rask_items items = {halves, sizeof halves[0], 2};
    rask_status status = rask_map(rask, &call, &items, futures, &error);
    if (status != RASK_OK)
        return rask_task_fail(task, status, "%s", error.text);
    status = rask_gather(rask, futures, 2, views, &error);
    double sum =
        status == RASK_OK ? *(const double *)views[0].data + *(const double *)views[1].data : 0;
    rask_release(rask, futures, 2);
    if (status != RASK_OK)
        return rask_task_fail(task, status, "%s", error.text);
    return rask_task_return(task, &sum, sizeof sum);
}
RASK_TASK(integrate)

int main(void)
{
    struct rask *rask;
    struct rask_future future;
    struct rask_view view;
    struct rask_error error;
    const struct interval whole = {0.02, 1, 1e-8};
    rask_status status = rask_start(NULL, &rask, NULL);
    if (status != RASK_OK)
        return status == RASK_SERVED ? 0 : 1;
    status = rask_submit(rask, RASK_CALL(integrate, RASK_VALUE(whole)), &future, &error);
    if (status == RASK_OK)
        status = rask_result(rask, future, RASK_FOREVER, &view, &error);
    if (status == RASK_OK)
        printf("the integral of sin(1/x) from %g to %g is %.7f\n", whole.left, whole.right,
               *(const double *)view.data);
    else
        fprintf(stderr, "nested: %s\n", error.text);
    return rask_stop(rask) != RASK_OK || status != RASK_OK;
}
