/* SPDX-License-Identifier: BSD-3-Clause */
/* exec.c: the run queue, running one task, and the way back of finished ones. */
#include "worker/exec.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "wire/wire.h"

#include <string.h>

#define MAX_PLACES_LOOKED_AT 256u

rask_status rask_exec_init(struct rask_exec *exec, struct rask_error *error)
{
    size_t batches_bytes = exec->n_slots * sizeof *exec->batches;
    exec->average_ns =
        rask_alloc_zeroed((size_t)exec->registry->count + 1, sizeof *exec->average_ns);
    if (exec->average_ns == NULL)
        return rask_error_memory(error, exec->registry->count * sizeof *exec->average_ns,
                                 "the averages of functions");
    if (exec->n_slots != 0) {
        exec->batches = rask_alloc_aligned(64, batches_bytes);
        if (exec->batches == NULL)
            return rask_error_memory(error, batches_bytes, "the batches of tasks");
        memset(exec->batches, 0, batches_bytes);
    }
    for (uint32_t i = 0; i < exec->n_slots; i++) {
        exec->batches[i].next_free = exec->free_batches;
        exec->free_batches = &exec->batches[i];
    }
    atomic_init(&exec->n_queued, 0);
    atomic_init(&exec->n_running, 0);
    atomic_init(&exec->n_entering, 0);
    atomic_init(&exec->n_spinning, 0);
    atomic_init(&exec->n_awake, 0);
    atomic_init(&exec->finished, NULL);
    atomic_init(&exec->n_run, 0);
    return RASK_OK;
}

void rask_exec_release(struct rask_exec *exec)
{
    rask_ready_release(&exec->ready);
    rask_exec_table_release(&exec->table);
    rask_exec_free_release(&exec->free_places);
    rask_free(exec->average_ns);
    rask_free(exec->batches);
}

/* Puts one task into the queue; the lock is held. */
static int push_one(struct rask_exec *exec, struct rask_task *task)
{
    uint32_t place;
    if (exec->free_places.count > 0) {
        place = rask_exec_free_pop(&exec->free_places);
    } else {
        place = (uint32_t)exec->table.count;
        if (rask_exec_table_push(&exec->table, NULL) != 0 ||
            rask_exec_free_reserve(&exec->free_places, exec->table.count) != 0)
            return -1;
    }
    struct rask_heap_entry entry = {task->priority_hi, task->priority_lo, place};
    if (rask_ready_push(&exec->ready, entry) != 0)
        return -1;
    exec->table.items[place] = task;
    task->queue_index = place;
    task->exec = exec;
    task->batch = NULL;
    task->n_below = 0;
    task->handle = (struct rask){exec->runtime, task};
    return 0;
}

int rask_exec_push(struct rask_exec *exec, struct rask_task **list)
{
    uint32_t n = 0;
    int failed = 0;
    rask_spin_lock(&exec->lock);
    while (*list != NULL && !failed) {
        struct rask_task *task = *list;
        struct rask_task *next = task->next;
        failed = push_one(exec, task) != 0;
        if (!failed) {
            *list = next;
            n++;
        }
    }
    rask_spin_unlock(&exec->lock);
    atomic_fetch_add_explicit(&exec->n_queued, n, memory_order_release);
    return failed ? -1 : 0;
}

int rask_exec_take_back(struct rask_exec *exec, struct rask_task *task)
{
    int is_queued = 0;
    rask_spin_lock(&exec->lock);
    if (task->queue_index < exec->table.count && exec->table.items[task->queue_index] == task) {
        exec->table.items[task->queue_index] = NULL;
        is_queued = 1;
    }
    rask_spin_unlock(&exec->lock);
    if (is_queued)
        atomic_fetch_sub_explicit(&exec->n_queued, 1, memory_order_relaxed);
    return is_queued;
}

/* Takes a slot: 1, or 0 if all are taken. */
static int take_slot(struct rask_exec *exec, uint32_t n_reserved)
{
    uint32_t n = atomic_load_explicit(&exec->n_running, memory_order_relaxed);
    while (n + n_reserved < exec->n_slots)
        if (atomic_compare_exchange_weak_explicit(&exec->n_running, &n, n + 1, memory_order_acquire,
                                                  memory_order_relaxed))
            return 1;
    return 0;
}

/* The task at the front of the queue, or NULL; the lock is held. */
static struct rask_task *front(struct rask_exec *exec)
{
    const struct rask_heap_entry *top;
    while ((top = rask_ready_top(&exec->ready)) != NULL) {
        if (exec->table.items[top->id] != NULL)
            return exec->table.items[top->id];
        exec->free_places.items[exec->free_places.count++] = top->id;
        rask_ready_pop(&exec->ready);
    }
    return NULL;
}

static void remove_front(struct rask_exec *exec)
{
    uint32_t place = rask_ready_top(&exec->ready)->id;
    exec->table.items[place] = NULL;
    exec->free_places.items[exec->free_places.count++] = place;
    rask_ready_pop(&exec->ready);
}

static int takes_less(const struct rask_exec *exec, const struct rask_task *task, uint32_t limit_ns)
{
    uint32_t ns = atomic_load_explicit(&exec->average_ns[task->function], memory_order_relaxed);
    return ns != 0 && ns < limit_ns;
}

static int is_short(const struct rask_exec *exec, const struct rask_task *task)
{
    return takes_less(exec, task, RASK_EXEC_SHORT_NS);
}

static int is_brief(const struct rask_exec *exec, const struct rask_task *task)
{
    return takes_less(exec, task, RASK_EXEC_BRIEF_NS);
}

int rask_exec_is_front_brief(struct rask_exec *exec)
{
    rask_spin_lock(&exec->lock);
    const struct rask_task *task = front(exec);
    int is_so = task == NULL || is_brief(exec, task);
    rask_spin_unlock(&exec->lock);
    return is_so;
}

/* Behind the first task, which is off the queue already, more of the short ones; *n in all. The
 * lock is held. */
static void pop_more(struct rask_exec *exec, struct rask_task *first, uint32_t most, uint32_t *n)
{
    struct rask_task *last = first, *task;
    while (*n < most && is_short(exec, last) && (task = front(exec)) != NULL &&
           is_short(exec, task)) {
        remove_front(exec);
        last->next = task;
        last = task;
        ++*n;
    }
    last->next = NULL;
}

/* Takes tasks off the queue, *n of them; more than one only with a batch to keep them in. */
static struct rask_task *pop_queue(struct rask_exec *exec, struct rask_exec_batch **batch,
                                   int only_brief, uint32_t *n)
{
    uint32_t share =
        atomic_load_explicit(&exec->n_queued, memory_order_relaxed) / (2 * exec->n_slots);
    uint32_t most = share > RASK_EXEC_BATCH ? RASK_EXEC_BATCH : share;
    rask_spin_lock(&exec->lock);
    if (batch != NULL && *batch == NULL && exec->free_batches != NULL && most > 1) {
        *batch = exec->free_batches;
        exec->free_batches = (*batch)->next_free;
    }
    struct rask_task *first = front(exec);
    if (first != NULL && only_brief && !is_brief(exec, first))
        first = NULL;
    *n = first != NULL;
    if (first != NULL) {
        remove_front(exec);
        pop_more(exec, first, batch != NULL && *batch != NULL ? most : 1, n);
    }
    rask_spin_unlock(&exec->lock);
    return first;
}

struct rask_task *rask_exec_pop(struct rask_exec *exec, struct rask_exec_batch **batch,
                                int only_brief)
{
    uint32_t n;
    if (atomic_load_explicit(&exec->n_queued, memory_order_acquire) == 0 ||
        !take_slot(exec, atomic_load_explicit(&exec->n_entering, memory_order_relaxed)))
        return NULL;
    struct rask_task *tasks = pop_queue(exec, batch, only_brief, &n);
    if (tasks == NULL)
        atomic_fetch_sub_explicit(&exec->n_running, 1, memory_order_release);
    else
        atomic_fetch_sub_explicit(&exec->n_queued, n, memory_order_relaxed);
    return tasks;
}

void rask_exec_drop_batch(struct rask_exec *exec, struct rask_exec_batch *batch)
{
    if (batch == NULL)
        return;
    rask_spin_lock(&exec->lock);
    batch->next_free = exec->free_batches;
    exec->free_batches = batch;
    rask_spin_unlock(&exec->lock);
}

/* Runs one task; its outcome is in it. Returns the time at its end. */
static uint64_t run_one(struct rask_exec *exec, struct rask_task *task, uint64_t begin_ns)
{
    int code = rask_registry_at(exec->registry, task->function)->run(task);
    uint64_t end_ns = rask_now_ns();
    task->duration_ns = end_ns - begin_ns;
    if (code != 0 || task->status != RASK_OK) {
        rask_task_explain(task, code);
        rask_task_drop_result(task);
    }
    uint32_t average =
        atomic_load_explicit(&exec->average_ns[task->function], memory_order_relaxed);
    uint32_t ns = task->duration_ns < UINT32_MAX ? (uint32_t)task->duration_ns + 1 : UINT32_MAX;
    int is_new = average == 0 || ns / 8 > average;
    uint32_t next = is_new ? ns : average - average / 4 + ns / 4;
    if (next != average)
        atomic_store_explicit(&exec->average_ns[task->function], next, memory_order_relaxed);
    return end_ns;
}

/* Hands a chain of finished tasks, newest first, to the machine's side. */
static void push_finished(struct rask_exec *exec, struct rask_task *newest,
                          struct rask_task *oldest)
{
    struct rask_task *head = atomic_load_explicit(&exec->finished, memory_order_relaxed);
    do
        oldest->next = head;
    while (!atomic_compare_exchange_weak_explicit(&exec->finished, &head, newest,
                                                  memory_order_release, memory_order_relaxed));
}

/* A task of the batch has finished; returns the next one to run, which begins now. */
static struct rask_task *step(struct rask_exec_batch *batch, struct rask_task *finished,
                              uint64_t now_ns)
{
    rask_spin_lock(&batch->lock);
    finished->next = batch->newest;
    batch->oldest = batch->newest == NULL ? finished : batch->oldest;
    batch->newest = finished;
    batch->n_finished++;
    struct rask_task *next = batch->rest;
    if (next != NULL)
        batch->rest = next->next;
    atomic_store_explicit(&batch->begin_ns, next != NULL ? now_ns : 0, memory_order_relaxed);
    rask_spin_unlock(&batch->lock);
    return next;
}

/* Hands the finished tasks of a batch on, and what is left back to the queue; what the queue has no
 * memory for stays. Returns how many went back. */
static uint32_t empty(struct rask_exec *exec, struct rask_exec_batch *batch)
{
    rask_spin_lock(&batch->lock);
    struct rask_task *rest = batch->rest, *newest = batch->newest, *oldest = batch->oldest;
    uint32_t n_finished = batch->n_finished, n_before = 0, n_after = 0;
    batch->newest = batch->oldest = NULL;
    batch->n_finished = 0;
    for (struct rask_task *task = rest; task != NULL; task = task->next)
        n_before++;
    if (rest != NULL)
        (void)!rask_exec_push(exec, &rest);
    batch->rest = rest;
    for (struct rask_task *task = rest; task != NULL; task = task->next)
        n_after++;
    rask_spin_unlock(&batch->lock);
    if (newest != NULL) {
        atomic_fetch_add_explicit(&exec->n_run, n_finished, memory_order_relaxed);
        push_finished(exec, newest, oldest);
    }
    return n_before - n_after;
}

static uint64_t run_batch(struct rask_exec *exec, struct rask_task *tasks,
                          struct rask_exec_batch *batch, uint64_t start_ns)
{
    uint64_t now_ns = start_ns;
    rask_spin_lock(&batch->lock);
    batch->rest = tasks->next;
    atomic_store_explicit(&batch->begin_ns, start_ns, memory_order_relaxed);
    rask_spin_unlock(&batch->lock);
    for (struct rask_task *task = tasks; task != NULL; task = step(batch, task, now_ns)) {
        task->batch = batch;
        now_ns = run_one(exec, task, now_ns);
        if (now_ns - start_ns >= RASK_EXEC_SHORT_NS * RASK_EXEC_BATCH)
            (void)empty(exec, batch);
    }
    atomic_fetch_sub_explicit(&exec->n_running, 1, memory_order_release);
    (void)empty(exec, batch);
    return now_ns;
}

static void hand_on(struct rask_exec *exec, struct rask_task *task)
{
    atomic_fetch_add_explicit(&exec->n_run, 1, memory_order_relaxed);
    push_finished(exec, task, task);
}

uint64_t rask_exec_run(struct rask_exec *exec, struct rask_task *tasks,
                       struct rask_exec_batch *batch, uint64_t start_ns)
{
    if (tasks->next != NULL)
        return run_batch(exec, tasks, batch, start_ns);
    uint64_t now_ns = run_one(exec, tasks, start_ns);
    atomic_fetch_sub_explicit(&exec->n_running, 1, memory_order_release);
    hand_on(exec, tasks);
    return now_ns;
}

uint32_t rask_exec_unstick(struct rask_exec *exec, uint64_t now_ns)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < exec->n_slots; i++) {
        uint64_t begin_ns = atomic_load_explicit(&exec->batches[i].begin_ns, memory_order_relaxed);
        if (begin_ns != 0 && now_ns > begin_ns + RASK_EXEC_SHORT_NS * RASK_EXEC_BATCH)
            n += empty(exec, &exec->batches[i]);
    }
    return n;
}

struct rask_task *rask_exec_pop_wanted(struct rask_exec *exec,
                                       int (*is_wanted)(void *context, uint64_t id), void *context)
{
    struct rask_task *task = NULL;
    if (atomic_load_explicit(&exec->n_queued, memory_order_acquire) == 0)
        return NULL;
    rask_spin_lock(&exec->lock);
    size_t n = exec->table.count < MAX_PLACES_LOOKED_AT ? exec->table.count : MAX_PLACES_LOOKED_AT;
    for (size_t i = 0; i < n && task == NULL; i++) {
        struct rask_task *queued = exec->table.items[i];
        if (queued != NULL && is_wanted(context, queued->id)) {
            task = queued;
            exec->table.items[i] = NULL;
        }
    }
    rask_spin_unlock(&exec->lock);
    if (task != NULL)
        atomic_fetch_sub_explicit(&exec->n_queued, 1, memory_order_relaxed);
    return task;
}

void rask_exec_run_inside(struct rask_exec *exec, struct rask_task *task)
{
    (void)run_one(exec, task, rask_now_ns());
    hand_on(exec, task);
}

struct rask_task *rask_exec_take_finished(struct rask_exec *exec)
{
    if (!rask_exec_has_finished(exec))
        return NULL;
    struct rask_task *stack = atomic_exchange_explicit(&exec->finished, NULL, memory_order_acquire);
    struct rask_task *list = NULL;
    while (stack != NULL) {
        struct rask_task *next = stack->next;
        stack->next = list;
        list = stack;
        stack = next;
    }
    return list;
}

void rask_exec_empty_batch(struct rask_exec *exec, struct rask_task *task)
{
    if (task->batch != NULL)
        (void)empty(exec, task->batch);
}

void rask_exec_leave(struct rask_exec *exec)
{
    atomic_fetch_sub_explicit(&exec->n_running, 1, memory_order_release);
}

void rask_exec_enter_begin(struct rask_exec *exec)
{
    atomic_fetch_add_explicit(&exec->n_entering, 1, memory_order_relaxed);
}

int rask_exec_enter_try(struct rask_exec *exec)
{
    if (!take_slot(exec, 0))
        return 0;
    atomic_fetch_sub_explicit(&exec->n_entering, 1, memory_order_relaxed);
    return 1;
}

void rask_exec_enter(struct rask_exec *exec)
{
    atomic_fetch_add_explicit(&exec->n_running, 1, memory_order_acquire);
    atomic_fetch_sub_explicit(&exec->n_entering, 1, memory_order_relaxed);
}
