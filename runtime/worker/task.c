/* SPDX-License-Identifier: BSD-3-Clause */
/* task.c: what a task function calls (rask/task.h). */
#include "worker/task.h"

#include "base/alloc.h"
#include "base/error.h"
#include "wire/wire.h"
#include "worker/exec.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

size_t rask_task_input_count(const struct rask_task *task)
{
    return task->n_inputs;
}

struct rask_view rask_task_input(const struct rask_task *task, size_t index)
{
    assert(index < task->n_inputs);
    return task->inputs[index];
}

const void *rask_task_input_exact(struct rask_task *task, size_t index, uint64_t bytes)
{
    if (index >= task->n_inputs) {
        rask_task_fail(task, RASK_ERR_ARGUMENT, "input %zu was asked for, the call has %u", index,
                       task->n_inputs);
        return NULL;
    }
    if (task->inputs[index].bytes != bytes) {
        rask_task_fail(task, RASK_ERR_ARGUMENT, "input %zu has %llu bytes, %llu were expected",
                       index, (unsigned long long)task->inputs[index].bytes,
                       (unsigned long long)bytes);
        return NULL;
    }
    return task->inputs[index].data;
}

void rask_task_drop_result(struct rask_task *task)
{
    if (task->result_offset != RASK_WIRE_NO_OFFSET)
        rask_store_give(task->exec->store, task->result_offset);
    if (task->result != NULL && task->result != task->small)
        rask_free(task->result);
    task->result_offset = RASK_WIRE_NO_OFFSET;
    task->result = NULL;
    task->result_bytes = 0;
}

/* Room for a result in the store. The finished tasks of the same batch are handed on before a wait:
 * what they read may be all that is in the way. */
static uint64_t take_room(struct rask_task *task, uint64_t bytes)
{
    struct rask_exec *exec = task->exec;
    uint64_t offset = rask_store_take(exec->store, task->id, bytes);
    if (offset != RASK_STORE_NONE || exec->wait_for_room == NULL)
        return offset;
    rask_exec_empty_batch(exec, task);
    return exec->wait_for_room(exec->room_context, task->id, bytes);
}

void *rask_task_result(struct rask_task *task, uint64_t bytes)
{
    void *room = NULL;
    rask_task_drop_result(task);
    task->result_bytes = bytes;
    if (bytes <= task->exec->inline_bytes) {
        task->result = bytes <= RASK_TASK_SMALL_BYTES ? task->small : rask_alloc(bytes);
        room = task->result;
    } else {
        task->result_offset = take_room(task, bytes);
        if (task->result_offset != RASK_STORE_NONE)
            room = rask_store_payload(task->exec->store, task->result_offset);
    }
    if (room == NULL) {
        struct rask_store_usage usage;
        rask_store_usage(task->exec->store, &usage);
        task->result_bytes = 0;
        rask_task_fail(task, RASK_ERR_MEMORY,
                       "no memory on rank %d for a result of %llu bytes: %llu of %llu are in use "
                       "(setting `arena`)",
                       task->exec->rank, (unsigned long long)bytes,
                       (unsigned long long)usage.used_bytes, (unsigned long long)usage.arena_bytes);
    }
    return room;
}

void rask_task_result_shrink(struct rask_task *task, uint64_t bytes)
{
    assert(bytes <= task->result_bytes);
    if (task->result_offset != RASK_WIRE_NO_OFFSET)
        rask_store_shrink(task->exec->store, task->result_offset, bytes);
    task->result_bytes = bytes;
}

int rask_task_return(struct rask_task *task, const void *data, uint64_t bytes)
{
    if (data == NULL && bytes != 0)
        return rask_task_fail(task, RASK_ERR_ARGUMENT,
                              "rask_task_return of %llu bytes at a NULL address",
                              (unsigned long long)bytes);
    void *room = rask_task_result(task, bytes);
    if (room == NULL)
        return RASK_ERR_MEMORY;
    if (bytes != 0)
        memcpy(room, data, bytes);
    return 0;
}

/* What a task has failed with when its function says `code`. */
static rask_status code_of(int code)
{
    switch (code) {
#define STATUS_CASE(name, number, text) case number:
        RASK_STATUS_LIST(STATUS_CASE)
#undef STATUS_CASE
        if (code < 0 && code != RASK_ERR_TIMEOUT && code != RASK_ERR_INTERRUPTED)
            return (rask_status)code;
    }
    return RASK_ERR_TASK;
}

void rask_task_explain(struct rask_task *task, int code)
{
    char text[128];
    if (task->status == RASK_OK)
        task->status = code_of(code);
    if (task->error_text != NULL)
        return;
    snprintf(text, sizeof text, "the task function returned %d", code);
    task->error_text = rask_strdup(text);
}

int rask_task_fail(struct rask_task *task, rask_status code, const char *format, ...)
{
    struct rask_error error;
    va_list arguments;
    va_start(arguments, format);
    (void)rask_error_set_list(&error, code, format, arguments);
    va_end(arguments);
    if (task->status == RASK_OK) {
        task->status = code_of(code);
        task->error_text = rask_strdup(error.text);
    }
    return task->status;
}

int rask_task_is_cancelled(const struct rask_task *task)
{
    return rask_task_notice_cancel((struct rask_task *)task);
}

uint64_t rask_task_id(const struct rask_task *task)
{
    return task->id;
}

int32_t rask_task_rank(const struct rask_task *task)
{
    return task->exec->rank;
}

struct rask *rask_task_runtime(const struct rask_task *task)
{
    return (struct rask *)(uintptr_t)&task->handle;
}
