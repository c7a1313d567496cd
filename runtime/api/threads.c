/* SPDX-License-Identifier: BSD-3-Clause */
/* threads.c: who runs tasks, who turns the loop, who sleeps.
 *
 * A rank with n slots has n - 1 threads of its own; the n-th is the program's: on a worker rank the
 * one that serves, on rank 0 and alone the one inside a wait. While the program is elsewhere the
 * helper stands in for it. The helper otherwise only looks whether the loop has been turned lately,
 * because all threads may be inside long tasks.
 *
 * A thread without work spins for a while (hardly at all when ranks outnumber cores), then sleeps
 * at a bell. All sleep at the bell of the process, which other ranks can ring, but for tasks that
 * wait for tasks of their own: they could do nothing with a ready task and sleep at a bell of their
 * own. */
#include "api/runtime.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* A thread that runs short tasks looks at the loop at least this often. */
#define QUANTUM_NS 10000u
/* An idle thread leaves the loop to the one that has turned it within this time. */
#define LOOP_IDLE_NS 2000u
/* Sleeping pieces: with peers that cannot ring or transfers that nobody rings for, and otherwise
 * only to be safe. */
#define REMOTE_SLEEP_NS 200000
#define LOCAL_SLEEP_NS 500000000
#define SURPLUS_SLEEP_NS 2000000000
/* The helper's looks: with tasks running, and with nothing to do. */
#define HELPER_BUSY_NS 1000000
#define HELPER_IDLE_NS 20000000
#define LOOP_STALE_NS 500000u
/* Looks without work after which free memory goes back to the system. */
#define TRIM_LOOKS 50u
/* Threads of one process, replacements for waiting tasks included. */
#define MAX_THREADS 2048u

/* Runs queued tasks for a quantum. 1 if it has run any. */
static int run_some(struct rask_runtime *rt)
{
    struct rask_exec *exec = &rt->loop.exec;
    struct rask_task *task = rask_exec_pop(exec);
    if (task == NULL)
        return 0;
    uint64_t begin_ns = rask_now_ns();
    uint64_t now_ns = begin_ns;
    do
        now_ns = rask_exec_run(exec, task, now_ns);
    while (now_ns - begin_ns < QUANTUM_NS && (task = rask_exec_pop(exec)) != NULL);
    return 1;
}

static int64_t sleep_ns(const struct rask_runtime *rt, const struct rask_until *until)
{
    int is_short = rt->loop.comm->caps.has_remote_nodes ||
                   atomic_load_explicit(&rt->loop.n_transfers, memory_order_relaxed) != 0;
    int64_t ns = is_short ? REMOTE_SLEEP_NS : LOCAL_SLEEP_NS;
    uint64_t now_ns = rask_now_ns();
    uint64_t call_ns = atomic_load_explicit(&rt->loop.next_call_ns, memory_order_relaxed);
    uint64_t end_ns = until->deadline_ns < call_ns ? until->deadline_ns : call_ns;
    if (end_ns <= now_ns)
        return 0;
    return end_ns - now_ns < (uint64_t)ns ? (int64_t)(end_ns - now_ns) : ns;
}

/* The thread counts among those that are awake to run tasks, or no longer does. */
static void count_awake(struct rask_runtime *rt, const struct rask_until *until, int is_awake)
{
    if (until->may_run)
        atomic_fetch_add_explicit(&rt->loop.exec.n_awake, is_awake ? 1u : UINT32_MAX,
                                  memory_order_seq_cst);
}

/* Sleeps once, unless there is something to do after all. If somebody else has the loop, what
 * arrives from now on rings the bell, and what this thread has left behind is looked at after the
 * attempt. */
static void sleep_once(struct rask_runtime *rt, const struct rask_until *until)
{
    struct rask_loop *loop = &rt->loop;
    if (until->before_sleep != NULL && until->before_sleep(until->context))
        return;
    uint32_t ticket = rask_bell_begin(until->bell);
    int has_work = until->is_done(until->context) ||
                   (until->may_run && rask_exec_has_work(&loop->exec)) ||
                   atomic_load(&loop->has_ended) || atomic_load(&loop->is_interrupted);
    if (!has_work && rask_loop_try(loop, (uint32_t)until->may_run) <= 0 &&
        !rask_exec_has_finished(&loop->exec) && !rask_client_has_output(&loop->client) &&
        !until->is_done(until->context)) {
        __atomic_fetch_add(&loop->comm->counters.sleeps, 1, __ATOMIC_RELAXED);
        count_awake(rt, until, 0);
        rask_bell_sleep(until->bell, ticket, sleep_ns(rt, until));
        count_awake(rt, until, 1);
    }
    rask_bell_end(until->bell);
    if (!until->may_run && until->bell == loop->comm->bell && rask_exec_has_work(&loop->exec))
        rask_bell_ring(until->bell, 1);
}

/* What a thread has been doing. */
struct idling {
    uint64_t since_ns; /* 0: busy */
    int is_counted; /* among exec's spinning threads */
};

/* Whether to try for the loop: always if this thread has turned it last, else only when nobody has
 * lately, so that the machines' memory stays in the cache of one core. */
static int is_my_turn(const struct rask_loop *loop, const struct idling *self)
{
    if (atomic_load_explicit(&loop->owner, memory_order_relaxed) == (uintptr_t)self)
        return 1;
    return rask_now_ns() - atomic_load_explicit(&loop->last_turn_ns, memory_order_relaxed) >
           LOOP_IDLE_NS;
}

/* One attempt at the loop. 1 if there was something to do. */
static int turn(struct rask_loop *loop, const struct rask_until *until, const struct idling *self)
{
    int n = is_my_turn(loop, self) ? rask_loop_try(loop, (uint32_t)until->may_run) : -1;
    if (n >= 0 && atomic_load_explicit(&loop->owner, memory_order_relaxed) != (uintptr_t)self)
        atomic_store_explicit(&loop->owner, (uintptr_t)self, memory_order_relaxed);
    return n > 0;
}

/* Whether an idle thread should go on looking for work awake: not longer than it spins, and not
 * when more threads are awake than there are slots, since it would take the core of one that works.
 */
static int is_spinning_on(struct rask_runtime *rt, const struct rask_until *until, uint64_t idle_ns)
{
    const struct rask_exec *exec = &rt->loop.exec;
    uint32_t n_cores = exec->n_slots == 0 ? 1 : exec->n_slots;
    uint32_t n_others =
        atomic_load_explicit(&exec->n_awake, memory_order_relaxed) - (until->may_run != 0);
    return idle_ns < rt->spin_ns && n_others < n_cores;
}

static void count_spinning(struct rask_runtime *rt, struct idling *idling, int is_spinning)
{
    if (is_spinning == idling->is_counted)
        return;
    idling->is_counted = is_spinning;
    atomic_fetch_add_explicit(&rt->loop.exec.n_spinning, is_spinning ? 1u : UINT32_MAX,
                              memory_order_seq_cst);
}

/* A replacement for a thread that has come back: as many others are awake as there are slots. It
 * sleeps without looking at the queue, since one of the others does before it sleeps, and where
 * messages do not wake it. */
static void sleep_if_surplus(struct rask_runtime *rt, struct idling *idling)
{
    struct rask_exec *exec = &rt->loop.exec;
    uint32_t n = atomic_load_explicit(&exec->n_awake, memory_order_relaxed);
    if (n <= exec->n_slots || atomic_load(&rt->n_executors) <= exec->n_slots)
        return;
    count_spinning(rt, idling, 0);
    uint32_t ticket = rask_bell_begin(&rt->loop.surplus);
    int is_surplus = 0;
    while (n > exec->n_slots && !is_surplus)
        is_surplus = atomic_compare_exchange_weak_explicit(
            &exec->n_awake, &n, n - 1, memory_order_seq_cst, memory_order_relaxed);
    if (is_surplus) {
        if (!atomic_load(&rt->loop.has_ended) && !rask_exec_has_finished(exec))
            rask_bell_sleep(&rt->loop.surplus, ticket, SURPLUS_SLEEP_NS);
        atomic_fetch_add_explicit(&exec->n_awake, 1, memory_order_seq_cst);
    }
    rask_bell_end(&rt->loop.surplus);
}

/* Nothing to do now: looks on for a while, then sleeps. RASK_OK, or RASK_ERR_TIMEOUT. */
static rask_status idle(struct rask_runtime *rt, const struct rask_until *until,
                        struct idling *idling)
{
    uint64_t now_ns = rask_now_ns();
    if (now_ns >= until->deadline_ns)
        return RASK_ERR_TIMEOUT;
    if (idling->since_ns == 0)
        idling->since_ns = now_ns;
    if (is_spinning_on(rt, until, now_ns - idling->since_ns)) {
        count_spinning(rt, idling, until->may_run);
        rask_pause();
        return RASK_OK;
    }
    count_spinning(rt, idling, 0);
    sleep_once(rt, until);
    return RASK_OK;
}

static rask_status work(struct rask_runtime *rt, const struct rask_until *until,
                        struct idling *idling)
{
    struct rask_loop *loop = &rt->loop;
    while (!until->is_done(until->context)) {
        if (atomic_load_explicit(&loop->has_ended, memory_order_acquire))
            return RASK_END;
        if (until->is_interruptible &&
            atomic_load_explicit(&loop->is_interrupted, memory_order_relaxed))
            return RASK_ERR_INTERRUPTED;
        int was_busy = 0;
        if (until->is_pool)
            sleep_if_surplus(rt, idling);
        if (until->may_run && rask_exec_has_work(&loop->exec)) {
            count_spinning(rt, idling, 0);
            was_busy = run_some(rt);
        }
        was_busy |= turn(loop, until, idling);
        if (was_busy) {
            idling->since_ns = 0;
            continue;
        }
        rask_status status = idle(rt, until, idling);
        if (status != RASK_OK)
            return status;
    }
    return RASK_OK;
}

rask_status rask_threads_work(struct rask_runtime *rt, const struct rask_until *until)
{
    struct idling idling = {0, 0};
    struct rask_library_threads own;
    if (until->may_run)
        rask_libraries_limit(&rt->libraries, &own);
    count_awake(rt, until, 1);
    rask_status status = work(rt, until, &idling);
    count_spinning(rt, &idling, 0);
    count_awake(rt, until, 0);
    if (until->may_run)
        rask_libraries_restore(&rt->libraries, &own);
    return status;
}

static int never(void *context)
{
    (void)context;
    return 0;
}

struct thread_start {
    struct rask_runtime *runtime;
    const struct rask_place *place; /* NULL: wherever the rank may run */
};

static void *pool_thread(void *argument)
{
    struct thread_start start = *(struct thread_start *)argument;
    struct rask_runtime *rt = start.runtime;
    struct rask_error error;
    rask_free(argument);
    rask_status status = RASK_OK;
    if (rt->config.bind && start.place != NULL)
        status = rask_place_bind_thread(rt->topo, start.place, &error);
    if (status != RASK_OK)
        rask_log_write(&rt->log, RASK_LOG_INFO, "%s", error.text);
    struct rask_until until = {.is_done = never,
                               .deadline_ns = UINT64_MAX,
                               .may_run = 1,
                               .is_pool = 1,
                               .bell = rt->loop.comm->bell};
    (void)!rask_threads_work(rt, &until);
    return NULL;
}

/* One more thread; the lock is held. RASK_ERR_SYSTEM when the system has none left. */
static rask_status spawn(struct rask_runtime *rt)
{
    pthread_t id;
    struct thread_start *start = rask_alloc(sizeof *start);
    uint32_t place = atomic_fetch_add(&rt->next_place, 1);
    if (start == NULL || rask_thread_ids_reserve(&rt->threads, rt->threads.count + 1) != 0) {
        rask_free(start);
        return RASK_ERR_MEMORY;
    }
    start->runtime = rt;
    start->place =
        rt->plan.n_threads > 0 ? &rt->plan.places[place % (uint32_t)rt->plan.n_threads] : NULL;
    if (pthread_create(&id, NULL, pool_thread, start) != 0) {
        rask_free(start);
        return RASK_ERR_SYSTEM;
    }
    (void)!rask_thread_ids_push(&rt->threads, id);
    atomic_fetch_add(&rt->n_executors, 1);
    return RASK_OK;
}

static int has_guest_or_nothing(void *context)
{
    struct rask_runtime *rt = context;
    return atomic_load(&rt->n_guests) != 0 || !rask_exec_has_work(&rt->loop.exec);
}

/* Runs what nobody else would: the program's thread is elsewhere and its slot is free. */
static void stand_in(struct rask_runtime *rt)
{
    struct rask_until until = {.is_done = has_guest_or_nothing,
                               .context = rt,
                               .deadline_ns = UINT64_MAX,
                               .may_run = 1,
                               .bell = &rt->helper_bell};
    (void)!rask_threads_work(rt, &until);
    (void)rask_loop_try(&rt->loop, 0);
}

/* What the helper has seen. */
struct lull {
    uint64_t n_run; /* tasks run so far */
    uint32_t n_looks; /* since anything was run */
};

/* Gives free memory back once this rank has had no work for a second. */
static void trim_if_idle(struct rask_runtime *rt, struct lull *lull, int is_busy)
{
    uint64_t n_run = atomic_load_explicit(&rt->loop.exec.n_run, memory_order_relaxed);
    lull->n_looks = is_busy || n_run != lull->n_run ? 0 : lull->n_looks + 1;
    lull->n_run = n_run;
    if (lull->n_looks == TRIM_LOOKS)
        rask_store_trim(rt->store);
}

static void *helper_thread(void *argument)
{
    struct rask_runtime *rt = argument;
    struct rask_loop *loop = &rt->loop;
    struct lull lull = {0, 0};
    while (!atomic_load(&loop->has_ended)) {
        int is_busy = atomic_load(&loop->exec.n_running) != 0 ||
                      atomic_load(&loop->exec.n_queued) != 0 ||
                      rask_client_has_output(&loop->client);
        trim_if_idle(rt, &lull, is_busy);
        uint32_t ticket = rask_bell_begin(&rt->helper_bell);
        if (!atomic_load(&loop->has_ended))
            rask_bell_sleep(&rt->helper_bell, ticket, is_busy ? HELPER_BUSY_NS : HELPER_IDLE_NS);
        rask_bell_end(&rt->helper_bell);
        uint64_t last_ns = atomic_load_explicit(&loop->last_turn_ns, memory_order_relaxed);
        if (rask_now_ns() - last_ns > LOOP_STALE_NS)
            (void)rask_loop_try(loop, 0);
        if (atomic_load(&rt->n_guests) == 0 && rask_exec_has_work(&loop->exec))
            stand_in(rt);
    }
    return NULL;
}

rask_status rask_threads_start(struct rask_runtime *rt, struct rask_error *error)
{
    rask_status status = RASK_OK;
    rask_spin_lock(&rt->spawn_lock);
    atomic_store(&rt->next_place, 1);
    atomic_fetch_add(&rt->n_executors, 1);
    for (uint32_t i = 1; i < rt->loop.exec.n_slots && status == RASK_OK; i++)
        status = spawn(rt);
    rask_spin_unlock(&rt->spawn_lock);
    if (status == RASK_OK && pthread_create(&rt->helper, NULL, helper_thread, rt) == 0)
        rt->has_helper = 1;
    if (status != RASK_OK || !rt->has_helper)
        return rask_error_set(error, RASK_ERR_SYSTEM,
                              "cannot start %u threads: %s (limit `ulimit -u`)",
                              rt->loop.exec.n_slots + 1, strerror(errno));
    return RASK_OK;
}

void rask_threads_stop(struct rask_runtime *rt)
{
    if (rt->loop.comm == NULL)
        return; /* the start has failed before there was anything to run or to wake */
    atomic_store(&rt->loop.has_ended, 1);
    rask_loop_wake_all(&rt->loop);
    rask_bell_ring(&rt->helper_bell, INT32_MAX);
    if (rt->has_helper)
        pthread_join(rt->helper, NULL);
    rt->has_helper = 0;
    for (size_t i = 0; i < rt->threads.count; i++)
        pthread_join(rt->threads.items[i], NULL);
    rask_thread_ids_release(&rt->threads);
}

int rask_threads_block(struct rask_runtime *rt, struct rask_task *task)
{
    struct rask_loop *loop = &rt->loop;
    rask_loop_take(loop);
    (void)!rask_worker_seceded(&loop->worker, task, 1);
    rask_loop_give(loop);
    (void)rask_loop_try(loop, 1);
    rask_exec_leave(&loop->exec);
    atomic_fetch_sub_explicit(&loop->exec.n_awake, 1, memory_order_relaxed);
    uint32_t n_blocked = atomic_fetch_add(&rt->n_blocked, 1) + 1;
    rask_spin_lock(&rt->spawn_lock);
    uint32_t n = atomic_load(&rt->n_executors);
    int is_replaced =
        n >= n_blocked + loop->exec.n_slots || (n < MAX_THREADS && spawn(rt) == RASK_OK);
    rask_spin_unlock(&rt->spawn_lock);
    if (is_replaced) {
        rask_loop_wake(loop, 1);
    } else {
        atomic_fetch_sub(&rt->n_blocked, 1);
        atomic_fetch_add_explicit(&loop->exec.n_awake, 1, memory_order_relaxed);
    }
    return is_replaced;
}

void rask_threads_unblock(struct rask_runtime *rt, struct rask_task *task, int is_replaced)
{
    struct rask_loop *loop = &rt->loop;
    rask_exec_enter_begin(&loop->exec);
    for (uint32_t n = 1; !rask_exec_enter_try(&loop->exec) && !atomic_load(&loop->has_ended); n++) {
        (void)rask_loop_try(loop, 0);
        if (n % 64 == 0)
            (void)sched_yield();
        if (n % 4096 == 0)
            nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
    }
    if (is_replaced) {
        atomic_fetch_add_explicit(&loop->exec.n_awake, 1, memory_order_relaxed);
        atomic_fetch_sub(&rt->n_blocked, 1);
    }
    rask_loop_take(loop);
    (void)!rask_worker_seceded(&loop->worker, task, 0);
    rask_loop_give(loop);
}
