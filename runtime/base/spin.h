/* SPDX-License-Identifier: BSD-3-Clause */
/* spin.h: a lock for critical sections of some ten instructions, and the pause inside waiting
 * loops.
 *
 * A waiter gives its core away after a short while, because the holder may not be running when
 * threads outnumber cores. Not fair, not recursive, not for anything that may block. A zeroed
 * struct is unlocked. Thread: any. */
#ifndef RASK_BASE_SPIN_H
#define RASK_BASE_SPIN_H

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

/* Tells the core that this is a waiting loop. */
static inline void rask_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

struct rask_spin {
    _Atomic uint32_t is_held;
};

#define RASK_SPIN_PAUSES 64 /* looks at the lock before the core is given away */

static inline void rask_spin_lock(struct rask_spin *spin)
{
    while (__builtin_expect(atomic_exchange_explicit(&spin->is_held, 1, memory_order_acquire) != 0,
                            0)) {
        uint32_t n_looks = 0;
        while (atomic_load_explicit(&spin->is_held, memory_order_relaxed) != 0) {
            rask_pause();
            if (++n_looks % RASK_SPIN_PAUSES == 0)
                (void)sched_yield();
        }
    }
}

static inline void rask_spin_unlock(struct rask_spin *spin)
{
    atomic_store_explicit(&spin->is_held, 0, memory_order_release);
}

#endif
