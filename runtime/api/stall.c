/* SPDX-License-Identifier: BSD-3-Clause */
/* stall.c: why nothing moves: the states of all roles of this process and who waits for whom. */
#include "api/runtime.h"

#include "base/clock.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* Takes the loop, but not for ever: a holder that hangs is part of the story. */
static int take_for_a_while(struct rask_loop *loop)
{
    uint32_t free_value = 0;
    for (int n = 0; n < 200; n++, free_value = 0) {
        if (atomic_compare_exchange_strong(&loop->is_held, &free_value, 1))
            return 1;
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    return 0;
}

static rask_status describe(struct rask_runtime *rt, struct rask_buf *text)
{
    struct rask_loop *loop = &rt->loop;
    uint64_t last_ns = atomic_load(&loop->last_turn_ns);
    rask_spin_lock(&loop->client_lock);
    uint64_t n_pending = loop->client.n_pending;
    rask_spin_unlock(&loop->client_lock);
    rask_status status = rask_buf_printf(
        text,
        "---- rask: report of rank %d of %d, process %ld ----\n"
        "threads: %u of %u slots run tasks, %u queued, %u threads wait inside tasks; last turn of "
        "the loop %" PRIu64 " us ago\n"
        "client: %" PRIu64 " futures pending\n",
        loop->comm->caps.rank, loop->comm->caps.n_ranks, (long)getpid(),
        atomic_load(&loop->exec.n_running), loop->exec.n_slots, atomic_load(&loop->exec.n_queued),
        atomic_load(&rt->n_blocked), (rask_now_ns() - last_ns) / 1000, n_pending);
    if (status == RASK_OK)
        status = rask_worker_describe(&loop->worker, text);
    if (status == RASK_OK && loop->sched != NULL)
        status = rask_sched_describe(loop->sched, text);
    return status;
}

void rask_stall_report(struct rask_runtime *rt, FILE *stream)
{
    struct rask_buf text = {0};
    int is_taken = take_for_a_while(&rt->loop);
    if (!is_taken)
        fprintf(stream, "rask: the loop is held by a thread that does not come back\n");
    else if (describe(rt, &text) == RASK_OK)
        fprintf(stream, "%s", (const char *)text.data);
    if (is_taken)
        rask_loop_give(&rt->loop);
    fflush(stream);
    rask_buf_release(&text);
}
