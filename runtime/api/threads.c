/* SPDX-License-Identifier: BSD-3-Clause */
/* threads.c: who runs tasks, who turns the loop, who sleeps.
 *
 * A rank with n slots has n - 1 threads of its own; the n-th is the program's: on a worker rank the
 * one that serves, on rank 0 and alone the one inside a wait, as long as tasks are brief. The
 * helper stands in for it while the program is elsewhere and for tasks that are not brief, since a
 * wait must end when what it waits for is there. It also looks whether the loop has been turned
 * lately, because all threads may be inside long tasks.
 *
 * A thread without work spins for a while (hardly at all when ranks outnumber cores), then sleeps
 * at a bell. Those that run tasks sleep at the bell of the process, which other ranks can ring, and
 * so does one thread of the program that waits; all others that wait for futures have bells of
 * their own and are woken when what they wait for is over. */
#include "api/runtime.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"

#include <assert.h>
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
/* What an idle thread leaves to another one for a single task: some 200 ns. */
#define DEFER_PAUSES 6
/* How long work must wait for the helper to take it: some 2 us. */
#define LYING_PAUSES 40
/* Looks without work after which free memory goes back to the system. */
#define TRIM_LOOKS 50u
/* Threads of one process, replacements for waiting tasks included. */
#define MAX_THREADS 2048u

/* What a thread has been doing. */
struct idling {
    uint64_t since_ns; /* 0: busy */
    int is_counted; /* among exec's spinning threads */
    struct rask_exec_batch *batch; /* where it keeps what it pops at once */
};

/* There is a task that the caller should not run: somebody else is to, in the end the helper. */
static void call_for_help(struct rask_runtime *rt)
{
    if (rask_loop_wake(&rt->loop, 1) == 0)
        rask_bell_ring(&rt->helper_bell, 1);
}

/* Whether there is a task that the thread may run. For one that it should not, it calls somebody.
 */
static int has_work_for(struct rask_runtime *rt, const struct rask_until *until)
{
    if (until->may_run == RASK_RUN_NONE || !rask_exec_has_work(&rt->loop.exec))
        return 0;
    if (until->may_run == RASK_RUN_ALL || rask_exec_is_front_brief(&rt->loop.exec))
        return 1;
    call_for_help(rt);
    return 0;
}

/* Runs queued tasks for a quantum. 1 if it has run any. */
static int run_some(struct rask_runtime *rt, const struct rask_until *until, struct idling *self)
{
    struct rask_exec *exec = &rt->loop.exec;
    int only_brief = until->may_run == RASK_RUN_BRIEF;
    /* The helper takes others' tasks out of batches that are stuck; its own nobody would. */
    struct rask_exec_batch **batch = until->bell == &rt->helper_bell ? NULL : &self->batch;
    struct rask_task *task = rask_exec_pop(exec, batch, only_brief);
    if (task == NULL) {
        (void)has_work_for(rt, until);
        return 0;
    }
    uint64_t begin_ns = rask_now_ns();
    uint64_t now_ns = begin_ns;
    do
        now_ns = rask_exec_run(exec, task, self->batch, now_ns);
    while (now_ns - begin_ns < QUANTUM_NS &&
           (task = rask_exec_pop(exec, batch, only_brief)) != NULL);
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

/* The thread counts among those that are awake to run any task, or no longer does. */
static void count_awake(struct rask_runtime *rt, const struct rask_until *until, int is_awake)
{
    if (until->may_run == RASK_RUN_ALL)
        atomic_fetch_add_explicit(&rt->loop.exec.n_awake, is_awake ? 1u : UINT32_MAX,
                                  memory_order_seq_cst);
}

/* One sleep: where, and the ticket drawn before anybody could have known of it. */
struct sleep {
    struct rask_waiter *waiter; /* NULL: it sleeps for no future, or there is no memory */
    struct rask_bell *bell;
    uint32_t ticket;
    int is_over; /* what it was to wait for is over after all */
};

/* Puts the thread on the list of those that wait for futures, if it does. */
static struct sleep begin_sleep(struct rask_runtime *rt, const struct rask_until *until)
{
    struct rask_loop *loop = &rt->loop;
    uint32_t has_none = 0;
    struct sleep sleep = {.bell = until->bell != NULL ? until->bell : loop->comm->bell};
    if (until->enlist != NULL) {
        rask_spin_lock(&loop->client_lock);
        sleep.waiter = rask_loop_waiter(loop);
    }
    struct rask_waiter *w = sleep.waiter;
    if (w != NULL) {
        int is_leader = until->bell == NULL && until->is_guest &&
                        atomic_compare_exchange_strong(&rt->has_leader, &has_none, 1);
        sleep.bell = until->bell != NULL ? until->bell : is_leader ? loop->comm->bell : &w->own;
    }
    sleep.ticket = rask_bell_begin(sleep.bell);
    if (w != NULL) {
        w->bell = sleep.bell;
        w->is_guest = until->is_guest;
        sleep.is_over = until->enlist(until->context, w);
        rask_loop_enlist(loop, w);
    }
    if (until->enlist != NULL)
        rask_spin_unlock(&loop->client_lock);
    return sleep;
}

/* Another guest that can answer messages instead of one that leaves; the client's lock is held. */
static struct rask_bell *next_leader(const struct rask_loop *loop)
{
    for (struct rask_waiter *w = loop->waiters; w != NULL; w = w->next)
        if (w->is_guest)
            return w->bell;
    return NULL;
}

/* Off the list. A guest that answered messages and need not any more wakes another one to do it. */
static void end_sleep(struct rask_runtime *rt, const struct rask_until *until,
                      const struct sleep *sleep)
{
    struct rask_loop *loop = &rt->loop;
    struct rask_bell *next = NULL;
    rask_bell_end(sleep->bell);
    if (sleep->waiter == NULL)
        return;
    int is_over = until->is_done(until->context);
    rask_spin_lock(&loop->client_lock);
    int was_leader = until->bell == NULL && until->is_guest && sleep->bell == loop->comm->bell;
    rask_loop_delist(loop, sleep->waiter);
    if (was_leader) {
        atomic_store(&rt->has_leader, 0);
        next = is_over ? next_leader(loop) : NULL;
    }
    rask_spin_unlock(&loop->client_lock);
    if (next != NULL)
        rask_bell_ring(next, 1);
}

static int is_roused(struct rask_runtime *rt, const struct rask_until *until)
{
    const struct rask_loop *loop = &rt->loop;
    return has_work_for(rt, until) || atomic_load(&loop->has_ended) ||
           (until->is_interruptible && atomic_load(&loop->is_interrupted));
}

/* Sleeps once, unless there is something to do after all. If somebody else has the loop, what
 * arrives from now on rings the bell, and what this thread has left behind is looked at after the
 * attempt. */
static void sleep_once(struct rask_runtime *rt, const struct rask_until *until)
{
    struct rask_loop *loop = &rt->loop;
    struct sleep sleep = begin_sleep(rt, until);
    int is_over = sleep.is_over || until->is_done(until->context) || is_roused(rt, until);
    int n = is_over ? 0 : rask_loop_ask(loop, until->may_run == RASK_RUN_ALL);
    int has_left = rask_exec_has_finished(&loop->exec) || rask_client_has_output(&loop->client);
    if (!is_over && n <= 0 && !has_left && !until->is_done(until->context)) {
        __atomic_fetch_add(&loop->comm->counters.sleeps, 1, __ATOMIC_RELAXED);
        count_awake(rt, until, 0);
        rask_bell_sleep(sleep.bell, sleep.ticket, sleep_ns(rt, until));
        count_awake(rt, until, 1);
    } else if (n < 0) {
        (void)sched_yield(); /* the loop's holder may be waiting for this very core */
    }
    end_sleep(rt, until, &sleep);
    if (until->may_run != RASK_RUN_ALL && sleep.bell == loop->comm->bell &&
        rask_exec_has_work(&loop->exec))
        (void)rask_loop_wake(loop, 1);
}

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
    uint32_t n_own = until->may_run != RASK_RUN_NONE;
    int n = is_my_turn(loop, self) ? rask_loop_try(loop, n_own) : -1;
    if (n >= 0 && atomic_load_explicit(&loop->owner, memory_order_relaxed) != (uintptr_t)self)
        atomic_store_explicit(&loop->owner, (uintptr_t)self, memory_order_relaxed);
    return n > 0;
}

/* Whether an idle thread should go on looking for work awake: not longer than it spins, and not
 * when it would take the core of one that works or is about to: as many others as there are slots.
 */
static int is_spinning_on(struct rask_runtime *rt, const struct rask_until *until, uint64_t idle_ns)
{
    const struct rask_exec *exec = &rt->loop.exec;
    uint32_t n_cores = exec->n_slots == 0 ? 1 : exec->n_slots;
    uint32_t n_others = atomic_load_explicit(&exec->n_awake, memory_order_relaxed) -
                        (until->may_run == RASK_RUN_ALL) +
                        atomic_load_explicit(&exec->n_entering, memory_order_relaxed) +
                        atomic_load_explicit(&rt->loop.n_waking, memory_order_relaxed);
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
        if (!atomic_load(&rt->loop.has_ended) && rask_loop_ask(&rt->loop, 0) <= 0 &&
            !rask_exec_has_finished(exec) && !rask_client_has_output(&rt->loop.client))
            rask_bell_sleep(&rt->loop.surplus, ticket, SURPLUS_SLEEP_NS);
        atomic_fetch_add_explicit(&exec->n_awake, 1, memory_order_seq_cst);
    }
    rask_bell_end(&rt->loop.surplus);
}

/* Nothing to do now: looks on for a while, then sleeps. RASK_OK, or RASK_ERR_TIMEOUT. */
static rask_status idle(struct rask_runtime *rt, const struct rask_until *until,
                        struct idling *idling)
{
    const struct rask_loop *loop = &rt->loop;
    /* The time of the turn just made will do, and saves a look at the clock in each round. */
    int has_turned = atomic_load_explicit(&loop->owner, memory_order_relaxed) == (uintptr_t)idling;
    uint64_t now_ns = has_turned ? atomic_load_explicit(&loop->last_turn_ns, memory_order_relaxed)
                                 : rask_now_ns();
    if (now_ns >= until->deadline_ns)
        return RASK_ERR_TIMEOUT;
    if (idling->since_ns == 0)
        idling->since_ns = now_ns;
    if (is_spinning_on(rt, until, now_ns - idling->since_ns)) {
        count_spinning(rt, idling, until->may_run != RASK_RUN_NONE);
        rask_pause();
        return RASK_OK;
    }
    count_spinning(rt, idling, 0);
    sleep_once(rt, until);
    return RASK_OK;
}

/* A single task that has just become ready is for the thread that has made it so in its turn of the
 * loop, and will look at once: a chain stays on one core. One that looks on waits a moment. */
static int is_for_another(const struct rask_loop *loop, const struct idling *self)
{
    if (self->since_ns == 0 ||
        atomic_load_explicit(&loop->owner, memory_order_relaxed) == (uintptr_t)self ||
        atomic_load_explicit(&loop->exec.n_queued, memory_order_relaxed) != 1)
        return 0;
    for (int i = 0; i < DEFER_PAUSES; i++)
        rask_pause();
    return !rask_exec_has_work(&loop->exec);
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
        if (until->may_run != RASK_RUN_NONE && rask_exec_has_work(&loop->exec) &&
            !is_for_another(loop, idling)) {
            count_spinning(rt, idling, 0);
            was_busy = run_some(rt, until, idling);
        }
        was_busy |= turn(loop, until, idling);
        if (was_busy) {
            idling->since_ns = 0;
            if (until->deadline_ns != UINT64_MAX && rask_now_ns() >= until->deadline_ns)
                return until->is_done(until->context) ? RASK_OK : RASK_ERR_TIMEOUT;
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
    struct idling idling = {0};
    struct rask_library_threads own;
    if (until->may_run != RASK_RUN_NONE)
        rask_libraries_limit(&rt->libraries, &own);
    count_awake(rt, until, 1);
    rask_status status = work(rt, until, &idling);
    count_spinning(rt, &idling, 0);
    rask_exec_drop_batch(&rt->loop.exec, idling.batch);
    /* A task that this thread was going to run when it turned the loop is for others now. */
    if (until->may_run != RASK_RUN_NONE && rask_exec_has_work(&rt->loop.exec))
        call_for_help(rt);
    count_awake(rt, until, 0);
    if (until->may_run != RASK_RUN_NONE)
        rask_libraries_restore(&rt->libraries, &own);
    return status;
}

int rask_threads_never(void *context)
{
    (void)context;
    return 0;
}

struct thread_start {
    struct rask_runtime *runtime;
    const struct rask_place *place; /* NULL: wherever the rank may run */
};

void rask_threads_bind(struct rask_runtime *rt, const struct rask_place *place)
{
    struct rask_error error;
    if (rt->config.bind && place != NULL &&
        rask_place_bind_thread(rt->topo, place, &error) != RASK_OK)
        rask_log_write(&rt->log, RASK_LOG_INFO, "%s", error.text);
}

static void *pool_thread(void *argument)
{
    struct thread_start start = *(struct thread_start *)argument;
    struct rask_runtime *rt = start.runtime;
    rask_free(argument);
    rask_threads_bind(rt, start.place);
    struct rask_until until = {.is_done = rask_threads_never,
                               .deadline_ns = UINT64_MAX,
                               .may_run = RASK_RUN_ALL,
                               .is_pool = 1,
                               .bell = rt->loop.comm->bell};
    (void)!rask_threads_work(rt, &until);
    return NULL;
}

/* One more thread; the lock is held. RASK_ERR_SYSTEM, with pthread_create's reason in *reason;
 * RASK_ERR_MEMORY; RASK_ERR_STATE when the job has ended. */
static rask_status spawn(struct rask_runtime *rt, int *reason)
{
    pthread_t id;
    struct thread_start *start = rask_alloc(sizeof *start);
    uint32_t place = atomic_fetch_add(&rt->next_place, 1);
    if (atomic_load(&rt->loop.has_ended)) {
        rask_free(start);
        return RASK_ERR_STATE;
    }
    if (start == NULL || rask_thread_ids_reserve(&rt->threads, rt->threads.count + 1) != 0) {
        rask_free(start);
        return RASK_ERR_MEMORY;
    }
    start->runtime = rt;
    start->place =
        rt->plan.n_threads > 0 ? &rt->plan.places[place % (uint32_t)rt->plan.n_threads] : NULL;
    *reason = pthread_create(&id, NULL, pool_thread, start);
    if (*reason != 0) {
        rask_free(start);
        return RASK_ERR_SYSTEM;
    }
    (void)!rask_thread_ids_push(&rt->threads, id);
    atomic_fetch_add(&rt->n_executors, 1);
    return RASK_OK;
}

/* Whether there is nothing to run, or nothing but what a guest runs. */
static int is_relieved(void *context)
{
    struct rask_runtime *rt = context;
    return !rask_exec_has_work(&rt->loop.exec) ||
           (atomic_load(&rt->n_guests) != 0 && rask_exec_is_front_brief(&rt->loop.exec));
}

/* Runs what nobody else would. */
static void stand_in(struct rask_runtime *rt)
{
    struct rask_until until = {.is_done = is_relieved,
                               .context = rt,
                               .deadline_ns = UINT64_MAX,
                               .may_run = RASK_RUN_ALL,
                               .bell = &rt->helper_bell};
    (void)!rask_threads_work(rt, &until);
    while (rask_exec_has_finished(&rt->loop.exec) && rask_loop_try(&rt->loop, 0) < 0)
        rask_pause();
}

/* Until it is called, or until it should look again: soon if something is under way. Returns
 * whether there is. */
static int helper_sleep(struct rask_runtime *rt)
{
    struct rask_loop *loop = &rt->loop;
    uint32_t ticket = rask_bell_begin(&rt->helper_bell);
    int is_busy = atomic_load(&loop->exec.n_running) != 0 ||
                  atomic_load(&loop->exec.n_queued) != 0 || rask_client_has_output(&loop->client);
    atomic_store(&rt->is_helper_idle, !is_busy);
    int is_called =
        atomic_load(&loop->has_ended) || (atomic_load(&rt->n_guests) != 0 && !is_relieved(rt));
    if (!is_called)
        rask_bell_sleep(&rt->helper_bell, ticket, is_busy ? HELPER_BUSY_NS : HELPER_IDLE_NS);
    atomic_store(&rt->is_helper_idle, 0);
    rask_bell_end(&rt->helper_bell);
    return is_busy;
}

/* Whether nobody else is about to run what is queued: work that comes and goes is a chain that some
 * thread is busy with. */
static int is_left_lying(struct rask_runtime *rt)
{
    for (int i = 0; i < LYING_PAUSES; i++) {
        if (is_relieved(rt))
            return 0;
        rask_pause();
    }
    return 1;
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
    int has_told = 0; /* that the program is interrupted: rask_interrupt may not take locks */
    rask_threads_bind(rt, rt->plan.n_threads > 0 ? &rt->plan.places[0] : NULL);
    while (!atomic_load(&loop->has_ended)) {
        trim_if_idle(rt, &lull, helper_sleep(rt));
        if (!has_told && atomic_load(&loop->is_interrupted)) {
            has_told = 1;
            rask_loop_wake_all(loop);
        }
        uint64_t now_ns = rask_now_ns();
        if (now_ns - atomic_load_explicit(&loop->last_turn_ns, memory_order_relaxed) >
            LOOP_STALE_NS)
            (void)rask_loop_try(loop, 0);
        uint32_t n_unstuck = rask_exec_unstick(&loop->exec, now_ns);
        if (n_unstuck > 0)
            (void)rask_loop_wake(loop, (int32_t)n_unstuck);
        if (is_left_lying(rt))
            stand_in(rt);
    }
    return NULL;
}

/* Why there is no thread more; RASK_ERR_STATE: what has ended the job already. */
static rask_status explain_start(struct rask_runtime *rt, rask_status status, int reason,
                                 struct rask_error *error)
{
    if (status == RASK_ERR_MEMORY)
        return rask_error_memory(error, sizeof(struct thread_start), "the start of a thread");
    if (status == RASK_ERR_SYSTEM)
        return rask_error_set(error, status, "cannot start %u threads: %s (limit `ulimit -u`)",
                              rt->loop.exec.n_slots + 1, strerror(reason));
    rask_loop_take(&rt->loop);
    status = rt->loop.status;
    assert(status != RASK_OK);
    *error = rt->loop.error;
    rask_loop_give(&rt->loop);
    return status;
}

rask_status rask_threads_start(struct rask_runtime *rt, struct rask_error *error)
{
    rask_status status = RASK_OK;
    int reason = 0;
    rask_spin_lock(&rt->spawn_lock);
    atomic_store(&rt->next_place, 1);
    atomic_fetch_add(&rt->n_executors, 1);
    for (uint32_t i = 1; i < rt->loop.exec.n_slots && status == RASK_OK; i++)
        status = spawn(rt, &reason);
    rask_spin_unlock(&rt->spawn_lock);
    if (status == RASK_OK) {
        reason = pthread_create(&rt->helper, NULL, helper_thread, rt);
        rt->has_helper = reason == 0;
        status = rt->has_helper ? RASK_OK : RASK_ERR_SYSTEM;
    }
    return status == RASK_OK ? RASK_OK : explain_start(rt, status, reason, error);
}

static int has_guests(struct rask_runtime *rt)
{
    rask_spin_lock(&rt->spawn_lock);
    int is_so = rt->guests != NULL;
    rask_spin_unlock(&rt->spawn_lock);
    return is_so;
}

void rask_threads_stop(struct rask_runtime *rt)
{
    if (rt->loop.comm == NULL)
        return; /* the start has failed before there was anything to run or to wake */
    rask_spin_lock(&rt->spawn_lock);
    atomic_store(&rt->loop.has_ended, 1);
    rask_spin_unlock(&rt->spawn_lock);
    rask_loop_wake_all(&rt->loop);
    rask_bell_ring(&rt->helper_bell, INT32_MAX);
    if (rt->has_helper)
        pthread_join(rt->helper, NULL);
    rt->has_helper = 0;
    for (size_t i = 0; i < rt->threads.count; i++)
        pthread_join(rt->threads.items[i], NULL);
    rask_thread_ids_release(&rt->threads);
    while (has_guests(rt))
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

void rask_threads_enter(struct rask_runtime *rt, struct rask_guest *guest)
{
    guest->thread = pthread_self();
    guest->n_unreplaced = 0;
    rask_spin_lock(&rt->spawn_lock);
    guest->next = rt->guests;
    rt->guests = guest;
    rask_spin_unlock(&rt->spawn_lock);
}

void rask_threads_leave(struct rask_runtime *rt, struct rask_guest *guest)
{
    rask_spin_lock(&rt->spawn_lock);
    struct rask_guest **at = &rt->guests;
    while (*at != guest)
        at = &(*at)->next;
    *at = guest->next;
    rask_spin_unlock(&rt->spawn_lock);
}

int rask_threads_is_one(struct rask_runtime *rt)
{
    rask_spin_lock(&rt->spawn_lock);
    int is_one = rt->has_helper && pthread_equal(rt->helper, pthread_self()) != 0;
    for (size_t i = 0; i < rt->threads.count; i++)
        is_one |= pthread_equal(rt->threads.items[i], pthread_self()) != 0;
    for (const struct rask_guest *guest = rt->guests; guest != NULL; guest = guest->next)
        is_one |= pthread_equal(guest->thread, pthread_self()) != 0;
    rask_spin_unlock(&rt->spawn_lock);
    return is_one;
}

void rask_threads_secede(struct rask_runtime *rt, struct rask_task *task, int is_away)
{
    rask_loop_take(&rt->loop);
    (void)!rask_worker_seceded(&rt->loop.worker, task, is_away);
    rask_loop_give(&rt->loop);
}

/* The innermost call of the program that this thread is inside; NULL for a thread of the runtime.
 * The lock is held. */
static struct rask_guest *own_guest(const struct rask_runtime *rt)
{
    struct rask_guest *guest = rt->guests;
    while (guest != NULL && !pthread_equal(guest->thread, pthread_self()))
        guest = guest->next;
    return guest;
}

/* What count_awake has counted this thread for ends here until the task is back: while the task
 * waits the thread counts by what it does then. */
struct rask_lent rask_threads_block(struct rask_runtime *rt, struct rask_task *task)
{
    struct rask_loop *loop = &rt->loop;
    struct rask_lent lent;
    int reason;
    rask_threads_secede(rt, task, 1);
    (void)rask_loop_try(loop, 1);
    rask_exec_leave(&loop->exec);
    uint32_t n_blocked = atomic_fetch_add(&rt->n_blocked, 1) + 1;
    rask_spin_lock(&rt->spawn_lock);
    struct rask_guest *guest = own_guest(rt);
    lent.was_awake = guest == NULL || guest->n_unreplaced != 0;
    if (lent.was_awake)
        atomic_fetch_sub_explicit(&loop->exec.n_awake, 1, memory_order_relaxed);
    uint32_t n = atomic_load(&rt->n_executors);
    lent.is_replaced =
        n >= n_blocked + loop->exec.n_slots || (n < MAX_THREADS && spawn(rt, &reason) == RASK_OK);
    if (guest != NULL)
        guest->n_unreplaced += !lent.is_replaced;
    rask_spin_unlock(&rt->spawn_lock);
    if (lent.is_replaced)
        (void)rask_loop_wake(loop, 1);
    else
        atomic_fetch_sub(&rt->n_blocked, 1);
    return lent;
}

/* The task that waited has its slot again: its thread counts as it did before. */
static void count_again(struct rask_runtime *rt, const struct rask_lent *lent)
{
    if (lent->was_awake)
        atomic_fetch_add_explicit(&rt->loop.exec.n_awake, 1, memory_order_relaxed);
    if (lent->is_replaced) {
        atomic_fetch_sub(&rt->n_blocked, 1);
        return;
    }
    rask_spin_lock(&rt->spawn_lock);
    struct rask_guest *guest = own_guest(rt);
    if (guest != NULL)
        guest->n_unreplaced--;
    rask_spin_unlock(&rt->spawn_lock);
}

void rask_threads_unblock(struct rask_runtime *rt, struct rask_task *task,
                          const struct rask_lent *lent)
{
    struct rask_loop *loop = &rt->loop;
    rask_exec_enter_begin(&loop->exec);
    int is_inside = rask_exec_enter_try(&loop->exec);
    for (uint32_t n = 1; !is_inside && !atomic_load(&loop->has_ended); n++) {
        (void)rask_loop_try(loop, 0);
        if (n % 64 == 0)
            (void)sched_yield();
        if (n % 4096 == 0)
            nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
        is_inside = rask_exec_enter_try(&loop->exec);
    }
    if (!is_inside)
        rask_exec_enter(&loop->exec);
    count_again(rt, lent);
    rask_threads_secede(rt, task, 0);
}
