/* SPDX-License-Identifier: BSD-3-Clause */
/* fence.h: a full fence, for "publish, then look whether somebody sleeps".
 *
 * ThreadSanitizer does not know fences and refuses them; in its builds an atomic step on a local
 * variable takes their place, which orders the machine in the same way. */
#ifndef RASK_BASE_FENCE_H
#define RASK_BASE_FENCE_H

#include <stdatomic.h>

static inline void rask_fence(void)
{
#if defined(__SANITIZE_THREAD__)
    _Atomic int step = 0;
    atomic_fetch_add_explicit(&step, 1, memory_order_seq_cst);
#else
    atomic_thread_fence(memory_order_seq_cst);
#endif
}

#endif
