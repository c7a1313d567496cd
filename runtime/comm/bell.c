/* SPDX-License-Identifier: BSD-3-Clause */
/* bell.c: an eventcount on a futex, in memory that several processes may map.
 *
 * Why no wake-up is lost. The sleeper counts itself, then looks for work; the ringer publishes
 * work, then looks for sleepers; a full fence lies between the two steps on both sides, so at
 * least one sees the other. When the ringer sees a sleeper it changes the futex word, and the
 * kernel refuses to sleep on a word that has changed since the ticket was drawn. A ticket drawn
 * after the change happens after the publication, so the sleeper's look finds the work.
 *
 * A process that dies asleep leaves its count behind: from then on a ring costs a system call
 * and nothing else. */
#include "comm/comm.h"

#include "base/fence.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(_Atomic uint32_t) == sizeof(uint32_t), "the kernel sees a plain word");
_Static_assert(sizeof(struct rask_bell) == 64, "one cache line, the same in every process");

uint32_t rask_bell_begin(struct rask_bell *bell)
{
    atomic_fetch_add_explicit(&bell->n_sleepers, 1, memory_order_seq_cst);
    rask_fence();
    return atomic_load_explicit(&bell->sequence, memory_order_acquire);
}

/* Not FUTEX_PRIVATE_FLAG: ringers are other processes. The timeout is relative, on the monotonic
 * clock. */
void rask_bell_sleep(struct rask_bell *bell, uint32_t ticket, int64_t timeout_ns)
{
    if (timeout_ns <= 0)
        return;
    struct timespec timeout = {
        .tv_sec = (time_t)(timeout_ns / 1000000000),
        .tv_nsec = (long)(timeout_ns % 1000000000),
    };
    (void)syscall(SYS_futex, &bell->sequence, FUTEX_WAIT, ticket,
                  timeout_ns == INT64_MAX ? NULL : &timeout, NULL, 0);
}

void rask_bell_end(struct rask_bell *bell)
{
    atomic_fetch_sub_explicit(&bell->n_sleepers, 1, memory_order_seq_cst);
}

int rask_bell_ring(struct rask_bell *bell, int32_t n_wake)
{
    rask_fence();
    if (atomic_load_explicit(&bell->n_sleepers, memory_order_relaxed) == 0)
        return 0;
    atomic_fetch_add_explicit(&bell->sequence, 1, memory_order_seq_cst);
    long n_woken = syscall(SYS_futex, &bell->sequence, FUTEX_WAKE, n_wake, NULL, NULL, 0);
    return n_woken > 0 ? (int)n_woken : 0;
}
