/* SPDX-License-Identifier: BSD-3-Clause */
/* fused.c: runs the members of a fused chain. See fused.h.
 *
 * The members run as the task itself, with its inputs exchanged: so that id, cancellation and
 * waiting for other tasks are those of the assignment. A member's result is taken out of the task
 * before the next one runs and lives until that one has ended; the last one's stays and is the
 * result of the task. */
#include "worker/fused.h"

#include "base/alloc.h"
#include "base/error.h"
#include "wire/wire.h"
#include "worker/exec.h"

#include <stdio.h>
#include <string.h>

/* The result of a member, out of the task. */
struct handed {
    uint64_t bytes;
    uint64_t offset; /* in the store; RASK_WIRE_NO_OFFSET: at `memory` */
    uint8_t *memory; /* [own], or `small` */
    _Alignas(16) uint8_t small[RASK_TASK_SMALL_BYTES];
};

/* A chain under way. */
struct chain {
    struct rask_task *task;
    const struct rask_view *call; /* the inputs of the task */
    uint32_t n_call;
    const uint32_t *words, *end; /* what is left to read of the program */
    uint32_t n_members, retries;
    uint32_t member; /* from 1 */
    uint32_t function; /* of that member */
    struct handed before;
};

static void drop(struct rask_exec *exec, struct handed *handed)
{
    if (handed->offset != RASK_WIRE_NO_OFFSET)
        rask_store_give(exec->store, handed->offset);
    else if (handed->memory != handed->small)
        rask_free(handed->memory);
    handed->offset = RASK_WIRE_NO_OFFSET;
    handed->memory = handed->small;
    handed->bytes = 0;
}

/* Moves the task's result out of it. */
static void take_result(struct rask_task *task, struct handed *handed)
{
    drop(task->exec, handed);
    handed->bytes = task->result_bytes;
    handed->offset = task->result_offset;
    if (task->result != NULL && task->result != task->small)
        handed->memory = task->result;
    else if (task->result == task->small)
        memcpy(handed->small, task->small, sizeof handed->small);
    task->result_bytes = 0;
    task->result_offset = RASK_WIRE_NO_OFFSET;
    task->result = NULL;
}

static struct rask_view view_of(const struct chain *chain)
{
    const struct handed *handed = &chain->before;
    const void *data = handed->memory;
    if (handed->offset != RASK_WIRE_NO_OFFSET)
        data = rask_store_payload(chain->task->exec->store, handed->offset);
    return (struct rask_view){data, handed->bytes};
}

/* Puts name and place of the member before what it said. */
static void blame(struct chain *chain, int code)
{
    struct rask_task *task = chain->task;
    char text[RASK_ERROR_TEXT_BYTES];
    rask_task_explain(task, code);
    char *cause = task->error_text;
    task->failed_function = chain->function;
    snprintf(text, sizeof text, "%.100s (%u of %u calls fused into one task): %s",
             rask_registry_at(task->exec->registry, chain->function)->name, chain->member,
             chain->n_members, cause != NULL ? cause : rask_status_text(task->status));
    task->error_text = rask_strdup(text);
    rask_free(cause);
}

static void forget(struct rask_task *task)
{
    rask_task_drop_result(task);
    rask_free(task->error_text);
    task->error_text = NULL;
    task->status = RASK_OK;
}

static int malformed(struct rask_task *task)
{
    return rask_task_fail(task, RASK_ERR_PROTOCOL, "the call of a fused chain is malformed");
}

/* Runs one member until it succeeds or its retries are used up. 0, or the task has failed. */
static int run_member(struct chain *chain)
{
    struct rask_task *task = chain->task;
    rask_function_pointer run = rask_registry_at(task->exec->registry, chain->function)->run;
    for (uint32_t n_left = chain->retries;; n_left--) {
        int code = run(task);
        if (code == 0 && task->status == RASK_OK)
            return 0;
        if (n_left == 0 ||
            atomic_load_explicit(&task->is_cancelled, memory_order_relaxed) != RASK_CANCEL_NONE) {
            blame(chain, code);
            return task->status;
        }
        forget(task);
    }
}

/* Reads the next member and gives the task its inputs. `views` has room for them all. */
static int read_member(struct chain *chain, struct rask_view *views)
{
    const uint32_t *word = chain->words;
    if (chain->end - word < 2 || word[0] >= chain->task->exec->registry->count ||
        (size_t)(chain->end - word) - 2 < word[1])
        return malformed(chain->task);
    uint32_t n_inputs = word[1];
    chain->function = word[0];
    chain->words = word + 2 + n_inputs;
    for (uint32_t i = 0; i < n_inputs; i++) {
        uint32_t source = word[2 + i];
        if (source >= chain->n_call || (source == RASK_FUSED_BEFORE && chain->member == 1))
            return malformed(chain->task);
        views[i] = source == RASK_FUSED_BEFORE ? view_of(chain) : chain->call[source];
    }
    chain->task->inputs = views;
    chain->task->n_inputs = n_inputs;
    return 0;
}

static int run_members(struct chain *chain)
{
    struct rask_task *task = chain->task;
    struct rask_view *views = rask_alloc((size_t)(chain->end - chain->words) * sizeof *views);
    int code = 0;
    if (views == NULL)
        return rask_task_fail(task, RASK_ERR_MEMORY, "no memory for the inputs of a fused chain");
    for (chain->member = 1; code == 0 && chain->member <= chain->n_members; chain->member++) {
        if (chain->member > 1)
            take_result(task, &chain->before);
        code = read_member(chain, views);
        if (code == 0)
            code = run_member(chain);
    }
    rask_free(views);
    return code;
}

int rask_fused(struct rask_task *task)
{
    struct rask_view *inputs = task->inputs;
    uint32_t n_inputs = task->n_inputs;
    if (n_inputs == 0 || inputs[0].bytes < 2 * sizeof(uint32_t) ||
        inputs[0].bytes % sizeof(uint32_t) != 0)
        return malformed(task);
    const uint32_t *words = inputs[0].data;
    struct chain chain = {.task = task,
                          .call = inputs,
                          .n_call = n_inputs,
                          .n_members = words[0],
                          .retries = words[1],
                          .words = words + 2,
                          .end = words + inputs[0].bytes / sizeof(uint32_t),
                          .before = {.offset = RASK_WIRE_NO_OFFSET}};
    chain.before.memory = chain.before.small;
    int code = run_members(&chain);
    task->inputs = inputs;
    task->n_inputs = n_inputs;
    drop(task->exec, &chain.before);
    return code;
}

RASK_TASK(rask_fused)
