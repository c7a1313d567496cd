/* SPDX-License-Identifier: BSD-3-Clause */
/* load.c: how many threads of others wanted a core of this node: those that the system calls
 * runnable, less the one that looks. The job's own sleep while nothing is measured, so it is looked
 * just before the repeats of a benchmark and just after them; the system's load average would tell
 * of the minutes before. */
#include "bench.h"

#include <math.h>
#include <stdio.h>

#define N_LOOKS 8
#define GAP_NS 1000000u

/* Threads of the whole system that run or could; 0: unknown. */
static unsigned runnable(void)
{
    unsigned n = 0;
    FILE *file = fopen("/proc/loadavg", "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%*s %*s %*s %u/", &n) != 1)
        n = 0;
    fclose(file);
    return n;
}

void bench_look(struct bench *bench)
{
    bench_sleep(BENCH_SETTLE_NS);
    for (int i = 0; i < N_LOOKS; i++) {
        unsigned n = runnable();
        if (n > 0) {
            bench->n_others += n - 1;
            bench->n_looks++;
        }
        bench_sleep(GAP_NS);
    }
}

double bench_load(const struct bench *bench)
{
    return bench->n_looks == 0 ? (double)NAN : (double)bench->n_others / bench->n_looks;
}
