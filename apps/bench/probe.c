/* SPDX-License-Identifier: BSD-3-Clause */
/* probe.c: which two cores a benchmark's messages pass between, and how long a cache line takes
 * there now: this process's first core, and the one that rank 1 is bound to, or this process's
 * second. */
#include "bench.h"

#include "base/alloc.h"
#include "base/error.h"
#include "place/probe.h"
#include "place/topo.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NO_PU UINT32_MAX

/* Where a thread is, if it is bound to one PU. */
struct spot {
    char host[RASK_NAME_BYTES];
    uint32_t pu; /* NO_PU: not bound */
};

static void find_spot(struct spot *spot)
{
    cpu_set_t set;
    *spot = (struct spot){.pu = NO_PU};
    if (gethostname(spot->host, sizeof spot->host) != 0)
        spot->host[0] = '\0';
    spot->host[sizeof spot->host - 1] = '\0';
    if (sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) != 1)
        return;
    for (uint32_t pu = 0; pu < CPU_SETSIZE && spot->pu == NO_PU; pu++)
        if (CPU_ISSET(pu, &set))
            spot->pu = pu;
}

static int bench_spot(struct rask_task *task)
{
    struct spot spot;
    find_spot(&spot);
    return rask_task_return(task, &spot, sizeof spot);
}
RASK_TASK(bench_spot)

/* The PU of rank 1's thread, if it is bound and on this host. */
static uint32_t worker_pu(struct bench *bench)
{
    static const int32_t first_worker = 1;
    const struct rask_call_options on_worker = {
        .size = sizeof on_worker, .ranks = &first_worker, .n_ranks = 1};
    const struct rask_call call = {.function = bench_spot, .options = &on_worker};
    struct rask_future future;
    struct rask_view view;
    struct spot here, there = {.pu = NO_PU};
    if (rask_rank_count(bench->rask) < 2 ||
        rask_submit(bench->rask, &call, &future, NULL) != RASK_OK)
        return NO_PU;
    if (rask_result(bench->rask, future, RASK_FOREVER, &view, NULL) == RASK_OK &&
        view.bytes == sizeof there)
        memcpy(&there, view.data, sizeof there);
    rask_release(bench->rask, &future, 1);
    find_spot(&here);
    return strcmp(here.host, there.host) == 0 ? there.pu : NO_PU;
}

void bench_probe(struct bench *bench)
{
    struct rask_topo *topo = NULL;
    struct rask_core *cores = NULL;
    size_t n_cores = 0;
    uint32_t a = NO_PU, b = worker_pu(bench);
    bench->probe_ns = (double)NAN;
    if (rask_topo_load_light(&topo, NULL) == RASK_OK &&
        rask_topo_cores_in(topo, rask_topo_own_cpuset(topo), &cores, &n_cores, NULL) == RASK_OK)
        for (size_t i = 0; i < n_cores && (a == NO_PU || b == NO_PU); i++) {
            uint32_t pu = (uint32_t)strtoul(cores[i].cpuset, NULL, 10);
            if (a == NO_PU && pu != b)
                a = pu;
            else if (b == NO_PU)
                b = pu;
        }
    rask_free(cores);
    rask_topo_free(topo);
    if (a == NO_PU || b == NO_PU)
        return;
    bench_sleep(BENCH_SETTLE_NS);
    double one_way_ns;
    if (rask_place_probe(a, b, &one_way_ns, NULL) == RASK_OK)
        bench->probe_ns = one_way_ns;
}
