/* SPDX-License-Identifier: BSD-3-Clause */
/* report.c: repeats, medians, and the line of JSON; small helpers of the benchmarks. */
#include "bench.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/fmt.h"
#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <rask/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEFAULT_REPEATS 5

int bench_is_due(const struct bench *bench, struct bench_times *times)
{
    uint64_t repeats = bench->options->repeats == 0 ? DEFAULT_REPEATS : bench->options->repeats;
    uint64_t now_ns = rask_now_ns();
    if (times->n == 0)
        times->begin_ns = now_ns;
    return times->n == 0 || (times->n < repeats && times->n < BENCH_MAX_REPEATS &&
                             (double)(now_ns - times->begin_ns) < bench->options->seconds * 1e9);
}

void bench_add(struct bench_times *times, uint64_t begin_ns)
{
    times->seconds[times->n++] = 1e-9 * (double)(rask_now_ns() - begin_ns);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_quantile(double *values, size_t n, double fraction)
{
    qsort(values, n, sizeof *values, by_value);
    size_t at = (size_t)(fraction * (double)n);
    return values[at < n ? at : n - 1];
}

double bench_median(const struct bench_times *times)
{
    double sorted[BENCH_MAX_REPEATS];
    size_t n = times->n;
    memcpy(sorted, times->seconds, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_value);
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* Whole numbers as they are; others to six digits: what is beyond them is noise. */
static rask_status put_number(struct rask_buf *out, double value)
{
    char text[RASK_FORMAT_BYTES];
    if (isfinite(value) && fabs(value) < 9e15 && floor(value) == value)
        return rask_buf_printf(out, "%.0f", value);
    snprintf(text, sizeof text, "%.6g", value);
    return rask_json_number(out, isfinite(value) ? strtod(text, NULL) : value);
}

static rask_status put_member(struct rask_buf *out, const char *name, double value)
{
    rask_status status = rask_buf_printf(out, ", \"%s\": ", name);
    return status == RASK_OK ? put_number(out, value) : status;
}

static rask_status put_figures(struct rask_buf *out, const struct bench_line *line)
{
    rask_status status = RASK_OK;
    for (size_t i = 0; status == RASK_OK && i < line->n_figures; i++)
        status = put_member(out, line->figures[i].name, line->figures[i].value);
    if (status != RASK_OK || line->list_name == NULL)
        return status;
    status = rask_buf_printf(out, ", \"%s\": [", line->list_name);
    for (size_t i = 0; status == RASK_OK && i < line->n_list; i++) {
        status = rask_buf_printf(out, "%s", i == 0 ? "" : ", ");
        if (status == RASK_OK)
            status = put_number(out, line->list[i]);
    }
    return status == RASK_OK ? rask_buf_printf(out, "]") : status;
}

static rask_status put_line(struct rask_buf *out, const struct bench *bench,
                            const struct bench_line *line)
{
    double low = line->times->seconds[0], high = low;
    for (size_t i = 1; i < line->times->n; i++) {
        low = line->times->seconds[i] < low ? line->times->seconds[i] : low;
        high = line->times->seconds[i] > high ? line->times->seconds[i] : high;
    }
    rask_status status = rask_buf_printf(
        out,
        "{\"bench\": \"%s\", \"ranks\": %" PRId32 ", \"threads\": %" PRIu32 ", \"tasks\": %" PRIu64,
        line->name, line->is_alone ? 1 : rask_rank_count(bench->rask),
        line->is_alone ? line->alone_slots : rask_slot_count(bench->rask), line->tasks);
    if (status == RASK_OK)
        status = put_member(out, "seconds", bench_median(line->times));
    if (status == RASK_OK)
        status = put_member(out, "min", low);
    if (status == RASK_OK)
        status = put_member(out, "max", high);
    if (status == RASK_OK)
        status = rask_buf_printf(out, ", \"repeats\": %zu", line->times->n);
    if (status == RASK_OK)
        status = put_figures(out, line);
    if (status == RASK_OK)
        status = put_member(out, "probe_ns", bench->probe_ns);
    if (status == RASK_OK)
        status = put_member(out, "load", bench_load(bench));
    return status == RASK_OK ? rask_buf_printf(out, ", \"version\": \"%s\"}\n", rask_version())
                             : status;
}

rask_status bench_print(struct bench *bench, const struct bench_line *line)
{
    struct rask_buf out = {0};
    bench_look(bench);
    rask_status status = put_line(&out, bench, line);
    if (status != RASK_OK)
        (void)rask_error_memory(&bench->error, out.size, "a line of figures");
    else if (fwrite(out.data, 1, out.size, stdout) != out.size || fflush(stdout) != 0)
        status = rask_error_set(&bench->error, RASK_ERR_IO, "cannot write to standard output");
    rask_buf_release(&out);
    return status;
}

rask_status bench_expect(struct bench *bench, struct rask_future future, uint64_t wanted)
{
    struct rask_view view;
    uint64_t value = 0;
    rask_status status = rask_result(bench->rask, future, RASK_FOREVER, &view, &bench->error);
    if (status != RASK_OK)
        return status;
    if (view.bytes == sizeof value)
        memcpy(&value, view.data, sizeof value);
    if (view.bytes == sizeof value && value == wanted)
        return RASK_OK;
    return rask_error_set(&bench->error, RASK_ERR_INTERNAL,
                          "a benchmark's result is %" PRIu64 " in %" PRIu64 " bytes, not %" PRIu64,
                          value, view.bytes, wanted);
}

rask_status bench_wait(struct bench *bench, const struct rask_future *futures, size_t n)
{
    rask_status status = rask_wait(bench->rask, futures, n, RASK_FOREVER);
    return status == RASK_OK
               ? RASK_OK
               : rask_error_set(&bench->error, status, "%s", rask_status_text(status));
}

struct rask_future *bench_futures(struct bench *bench, uint64_t n)
{
    struct rask_future *futures = rask_alloc_zeroed((size_t)n, sizeof *futures);
    if (futures == NULL)
        (void)rask_error_memory(&bench->error, n * sizeof *futures, "futures");
    return futures;
}

void bench_drop(struct bench *bench, struct rask_future *futures, uint64_t n)
{
    if (futures == NULL)
        return;
    rask_release(bench->rask, futures, (size_t)n);
    rask_free(futures);
}

void bench_sleep(uint64_t ns)
{
    nanosleep(&(struct timespec){(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)}, NULL);
}
