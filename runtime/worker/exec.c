/* SPDX-License-Identifier: BSD-3-Clause */
/* exec.c: the run queue, running one task, and the way back of finished ones. */
#include "worker/exec.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "wire/wire.h"

#include <stdio.h>
#include <string.h>

rask_status rask_exec_init(struct rask_exec *exec, struct rask_error *error)
{
    (void)error;
    atomic_init(&exec->n_queued, 0);
    atomic_init(&exec->n_running, 0);
    atomic_init(&exec->n_entering, 0);
    atomic_init(&exec->n_spinning, 0);
    atomic_init(&exec->finished, NULL);
    atomic_init(&exec->n_run, 0);
    return RASK_OK;
}

void rask_exec_release(struct rask_exec *exec)
{
    rask_ready_release(&exec->ready);
    rask_exec_table_release(&exec->table);
    rask_exec_free_release(&exec->free_places);
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

static struct rask_task *pop_queue(struct rask_exec *exec)
{
    struct rask_task *task = NULL;
    const struct rask_heap_entry *top;
    rask_spin_lock(&exec->lock);
    while (task == NULL && (top = rask_ready_top(&exec->ready)) != NULL) {
        uint32_t place = top->id;
        rask_ready_pop(&exec->ready);
        task = exec->table.items[place];
        exec->table.items[place] = NULL;
        exec->free_places.items[exec->free_places.count++] = place;
    }
    rask_spin_unlock(&exec->lock);
    return task;
}

struct rask_task *rask_exec_pop(struct rask_exec *exec)
{
    if (atomic_load_explicit(&exec->n_queued, memory_order_acquire) == 0 ||
        !take_slot(exec, atomic_load_explicit(&exec->n_entering, memory_order_relaxed)))
        return NULL;
    struct rask_task *task = pop_queue(exec);
    if (task == NULL)
        atomic_fetch_sub_explicit(&exec->n_running, 1, memory_order_release);
    else
        atomic_fetch_sub_explicit(&exec->n_queued, 1, memory_order_relaxed);
    return task;
}

/* A function that says no without a reason still gets a text. */
static void explain(struct rask_task *task, int code)
{
    char text[128];
    if (task->status == RASK_OK)
        task->status = code < 0 ? (rask_status)code : RASK_ERR_TASK;
    if (task->error_text != NULL)
        return;
    snprintf(text, sizeof text, "the task function returned %d", code);
    task->error_text = rask_strdup(text);
}

static void drop_result(struct rask_task *task)
{
    if (task->result_offset != RASK_WIRE_NO_OFFSET)
        rask_store_give(task->exec->store, task->result_offset);
    if (task->result != NULL && task->result != task->small)
        rask_free(task->result);
    task->result_offset = RASK_WIRE_NO_OFFSET;
    task->result = NULL;
    task->result_bytes = 0;
}

uint64_t rask_exec_run(struct rask_exec *exec, struct rask_task *task, uint64_t start_ns)
{
    uint64_t begin_ns = start_ns == 0 ? rask_now_ns() : start_ns;
    int code = rask_registry_at(exec->registry, task->function)->run(task);
    uint64_t end_ns = rask_now_ns();
    task->duration_ns = end_ns - begin_ns;
    if (code != 0 || task->status != RASK_OK) {
        explain(task, code);
        drop_result(task);
    }
    atomic_fetch_add_explicit(&exec->n_run, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&exec->n_running, 1, memory_order_release);
    struct rask_task *head = atomic_load_explicit(&exec->finished, memory_order_relaxed);
    do
        task->next = head;
    while (!atomic_compare_exchange_weak_explicit(&exec->finished, &head, task, memory_order_release,
                                                  memory_order_relaxed));
    return end_ns;
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
