/* SPDX-License-Identifier: BSD-3-Clause */
/* pipeline.c: a graph written down first and submitted at once. Each day's measurements are made,
 * smoothed and reduced to their mean; the year's result needs all days. The three calls of a day
 * are a chain and become one task; the check of a day, which nobody wants here, is left out. */
#include <rask.h>
#include <math.h>
#include <stdio.h>

#define N_DAYS 365
#define N_VALUES 1440 /* one a minute */

static int measure(struct rask_task *task)
{
    const int *day = RASK_INPUT(task, 0, int);
    double *values = day == NULL ? NULL : rask_task_result(task, N_VALUES * sizeof *values);
    for (int i = 0; values != NULL && i < N_VALUES; i++)
        values[i] = 10 + *day % 7 + sin(i * 6.283185307179586 / N_VALUES);
    return values == NULL; /* the runtime knows why */
}
RASK_TASK(measure)

/* The mean of each value and its neighbours. The width is a constant of the graph. */
static int smooth(struct rask_task *task)
{
    struct rask_view input = rask_task_input(task, 0);
    const int *width = RASK_INPUT(task, 1, int);
    const double *in = input.data;
    int n = (int)(input.bytes / sizeof *in);
    double *out = width == NULL ? NULL : rask_task_result(task, input.bytes);
    if (out == NULL)
        return 1;
    for (int i = 0; i < n; i++) {
        int first = i < *width ? 0 : i - *width, last = i + *width < n ? i + *width : n - 1;
        out[i] = 0;
        for (int k = first; k <= last; k++)
            out[i] += in[k] / (last - first + 1);
    }
    return 0;
}
RASK_TASK(smooth)

/* The mean of all values of all inputs. */
static int mean(struct rask_task *task)
{
    double sum = 0, n = 0;
    for (size_t i = 0; i < rask_task_input_count(task); i++) {
        struct rask_view input = rask_task_input(task, i);
        for (size_t k = 0; k < input.bytes / sizeof(double); k++, n++)
            sum += ((const double *)input.data)[k];
    }
    return rask_task_return(task, &(double){sum / n}, sizeof sum);
}
RASK_TASK(mean)

static rask_status write_down(struct rask_graph *graph, struct rask_error *error)
{
    struct rask_input means[N_DAYS];
    struct rask_call all = {.function = mean, .inputs = means, .n_inputs = N_DAYS};
    struct rask_node width_node, node, checked;
    int width = 5;
    rask_status status =
        rask_graph_constant(graph, (struct rask_view){&width, sizeof width}, &width_node, error);
    for (int day = 0; day < N_DAYS && status == RASK_OK; day++) {
        status = rask_graph_add(graph, RASK_CALL(measure, RASK_VALUE(day)), &node, error);
        if (status == RASK_OK)
            status = rask_graph_add(
                graph, RASK_CALL(smooth, RASK_NODE(node), RASK_NODE(width_node)), &node, error);
        if (status == RASK_OK)
            status = rask_graph_add(graph, RASK_CALL(mean, RASK_NODE(node)), &node, error);
        if (status == RASK_OK)
            status = rask_graph_add(graph, RASK_CALL(mean, RASK_NODE(node)), &checked, error);
        means[day] = RASK_NODE(node);
    }
    if (status == RASK_OK)
        status = rask_graph_add(graph, &all, &node, error);
    return status == RASK_OK ? rask_graph_want(graph, node, error) : status;
}

int main(void)
{
    struct rask *rask;
    struct rask_graph *graph = NULL;
    struct rask_future future;
    struct rask_view view;
    struct rask_error error = {.text = ""};
    rask_status status = rask_start(NULL, &rask, &error);
    if (status != RASK_OK)
        return status < 0;
    if ((status = rask_graph_new(rask, &graph, &error)) == RASK_OK &&
        (status = write_down(graph, &error)) == RASK_OK &&
        (status = rask_graph_submit(graph, NULL, &future, &error)) == RASK_OK &&
        (status = rask_result(rask, future, RASK_FOREVER, &view, &error)) == RASK_OK)
        printf("the mean of the year is %.3f\n", *(const double *)view.data);
    else
        fprintf(stderr, "pipeline: %s\n", error.text);
    rask_graph_free(graph);
    return rask_stop(rask) != RASK_OK || status != RASK_OK;
}
