/* SPDX-License-Identifier: BSD-3-Clause */
/* story.c: the event trace, which the scheduler on rank 0 keeps if the setting `trace` names a
 * file: one task's part of it, for the program (rask_story) and for the log when a task has failed,
 * and all of it, for the file at the stop.
 *
 *     task 17, sum-17: erred
 *     8.003712530 task-state task=17 released -> waiting cause=want worker=- epoch=- function=4
 *     ...
 *     task 16, torn-16, at fault: erred
 *     ... */
#include "api/runtime.h"

#include "base/error.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <string.h>

static const char *name_of(const struct rask_runtime *rt, uint32_t function)
{
    return function < rt->registry->count ? rask_registry_at(rt->registry, function)->name : "data";
}

/* Appends a line that says which task it is, and its events. `function` is used where the scheduler
 * has no record of the task any more. The loop is held. */
static rask_status add_story(const struct rask_runtime *rt, uint64_t id, uint32_t function,
                             const char *role, struct rask_buf *text)
{
    struct rask_sched_about about;
    if (rask_sched_about(rt->loop.sched, id, &about))
        function = about.function;
    rask_status status =
        rask_buf_printf(text, "task %" PRIu64 ", %.40s-%" PRIu64 "%s: %s\n", about.id,
                        name_of(rt, function), rask_id_sequence(about.id), role, about.state);
    return status == RASK_OK ? rask_sched_story(rt->loop.sched, id, text) : status;
}

/* What the client knows of a future whose story is wanted. */
struct subject {
    enum rask_future_state state;
    uint64_t origin; /* of its failure: the task at fault; 0: none */
    uint32_t function; /* of that task */
};

static struct subject look_at(struct rask_runtime *rt, struct rask_future future)
{
    struct subject subject = {.state = RASK_FUTURE_NONE};
    rask_spin_lock(&rt->loop.client_lock);
    const struct rask_claim *claim = rask_client_find(&rt->loop.client, future.id);
    if (claim != NULL)
        subject.state = (enum rask_future_state)claim->state;
    if (subject.state == RASK_FUTURE_FAILED || subject.state == RASK_FUTURE_CANCELLED) {
        subject.origin = claim->object;
        subject.function = (uint32_t)claim->offset;
    }
    rask_spin_unlock(&rt->loop.client_lock);
    return subject;
}

static rask_status tell(struct rask_runtime *rt, struct rask_future future,
                        const struct subject *subject, struct rask_buf *text)
{
    struct rask_sched_about about;
    /* The scheduler hears of the task first, from this thread or from the one that has the loop. */
    while (rask_client_has_output(&rt->loop.client) && rask_loop_try(&rt->loop, 0) < 0)
        (void)sched_yield();
    rask_loop_take(&rt->loop);
    (void)rask_sched_about(rt->loop.sched, future.id, &about);
    rask_status status = add_story(rt, future.id, UINT32_MAX, "", text);
    if (status == RASK_OK && subject->origin != 0 && subject->origin != about.id)
        status = add_story(rt, subject->origin, subject->function, ", at fault", text);
    rask_loop_give(&rt->loop);
    return status;
}

static rask_status check_trace(const struct rask_runtime *rt, struct rask_error *error)
{
    if (rt->loop.sched == NULL)
        return rask_error_set(error, RASK_ERR_UNSUPPORTED,
                              "rank %d knows no stories: the scheduler, and with it the event "
                              "trace, is on rank 0",
                              rt->boot.comm->caps.rank);
    if (rt->config.trace[0] == '\0')
        return rask_error_set(error, RASK_ERR_UNSUPPORTED,
                              "no events are kept for stories: name a file in the setting `trace` "
                              "before the start (RASK_TRACE=FILE, or \"trace=FILE\" in the "
                              "options of rask_start)");
    return RASK_OK;
}

rask_status rask_story(struct rask *rask, struct rask_future future, FILE *stream,
                       struct rask_error *error)
{
    if (rask == NULL || stream == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "rask_story without a runtime or a stream");
    if (rask_fork_check(rask, error) != RASK_OK)
        return RASK_ERR_STATE;
    struct rask_runtime *rt = rask_runtime_of(rask);
    rask_status status = check_trace(rt, error);
    if (status != RASK_OK)
        return status;
    struct subject subject = look_at(rt, future);
    if (subject.state == RASK_FUTURE_NONE)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "the future of a story is none, or was released");
    struct rask_buf text = {0};
    if (tell(rt, future, &subject, &text) != RASK_OK)
        status = rask_error_memory(error, text.size, "the story of a task");
    else if (fwrite(text.data, 1, text.size, stream) != text.size || fflush(stream) != 0)
        status = rask_error_set(error, RASK_ERR_IO, "writing a story: %s", strerror(errno));
    rask_buf_release(&text);
    return status;
}

void rask_story_log(struct rask_runtime *rt, uint64_t task, uint32_t function)
{
    struct rask_buf text = {0};
    if (!rask_log_is_on(&rt->log, RASK_LOG_INFO) || check_trace(rt, NULL) != RASK_OK ||
        atomic_exchange(&rt->last_story, task) == task)
        return;
    rask_loop_take(&rt->loop);
    rask_status status = add_story(rt, task, function, ", at fault", &text);
    rask_loop_give(&rt->loop);
    const char *line = (const char *)text.data, *end;
    for (; status == RASK_OK && (end = strchr(line, '\n')) != NULL; line = end + 1)
        rask_log_write(&rt->log, RASK_LOG_INFO, "%.*s", (int)(end - line), line);
    rask_buf_release(&text);
}

/* All events, after the names of the functions that they number. */
static rask_status add_trace(const struct rask_runtime *rt, struct rask_buf *text)
{
    rask_status status = RASK_OK;
    for (uint32_t i = 0; status == RASK_OK && i < rt->registry->count; i++)
        status = rask_buf_printf(text, "function=%" PRIu32 " is %s\n", i, name_of(rt, i));
    return status == RASK_OK ? rask_sched_trace(rt->loop.sched, text) : status;
}

rask_status rask_trace_save(struct rask_runtime *rt)
{
    struct rask_buf text = {0};
    if (rt->trace_file == NULL || rt->loop.sched == NULL)
        return RASK_OK;
    rask_status status = add_trace(rt, &text);
    errno = status == RASK_ERR_MEMORY ? ENOMEM : 0;
    if (status == RASK_OK && fwrite(text.data, 1, text.size, rt->trace_file) != text.size)
        status = RASK_ERR_IO;
    if (fclose(rt->trace_file) != 0)
        status = RASK_ERR_IO;
    rt->trace_file = NULL;
    if (status != RASK_OK)
        rask_log_write(&rt->log, RASK_LOG_ERROR, "cannot write the trace %s: %s", rt->config.trace,
                       errno != 0 ? strerror(errno) : rask_status_text(status));
    rask_buf_release(&text);
    return status;
}
