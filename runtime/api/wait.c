/* SPDX-License-Identifier: BSD-3-Clause */
/* wait.c: waiting for futures, reading their results, letting go of them.
 *
 * The program's own thread works while it waits: it turns the loop and runs brief tasks. A task
 * that waits runs what it waits for, and then gives its slot up. A thread that is about to sleep
 * marks the futures it sleeps for, so that only their end wakes it. */
#include "api/runtime.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"

#include <inttypes.h>
#include <rask/future.h>
#include <stdio.h>
#include <string.h>

/* Tasks that wait for each other on one thread's stack, and futures among which a queued task is
 * looked for. */
#define MAX_BELOW 32u
/* How long a task keeps its slot for tasks that have not come. */
#define PATIENCE_NS 10000u
#define MAX_WANTED 64u

/* What a wait is for: any or all of some futures, the bytes of one, or the next of a queue. */
struct goal {
    struct rask_runtime *runtime;
    const struct rask_future *futures;
    /* all: futures before `at` are finished; any: `at` is finished */
    size_t n, at;
    struct rask_client_queue *queue;
};

static int is_finished(const struct rask_runtime *rt, struct rask_future future)
{
    return rask_client_state(&rt->loop.client, future.id) != RASK_FUTURE_PENDING;
}

static int all_finished(void *context)
{
    struct goal *goal = context;
    while (goal->at < goal->n && is_finished(goal->runtime, goal->futures[goal->at]))
        goal->at++;
    return goal->at == goal->n;
}

/* The first of the futures that is finished; n: none is. */
static size_t first_finished(const struct goal *goal)
{
    size_t i = 0;
    while (i < goal->n && !is_finished(goal->runtime, goal->futures[i]))
        i++;
    return i;
}

static int any_finished(void *context)
{
    struct goal *goal = context;
    size_t first = first_finished(goal);
    if (first < goal->n)
        goal->at = first;
    return first < goal->n;
}

static int any_of_them(const struct rask_waiter *waiter)
{
    const struct goal *goal = waiter->what;
    return first_finished(goal) < goal->n;
}

/* The one that a wait for all has come to. */
static int this_one(const struct rask_waiter *waiter)
{
    const struct goal *goal = waiter->what;
    return is_finished(goal->runtime, goal->futures[waiter->n]);
}

/* Whether the next of the queue is there, or none is to come. The lock is held. */
static int one_of_queue(const struct rask_waiter *waiter)
{
    const struct goal *goal = waiter->what;
    return rask_client_is_next(goal->queue);
}

static int whatever_comes(const struct rask_waiter *waiter)
{
    (void)waiter;
    return 1;
}

/* Marks a future as slept for; 1 if it is finished already. The lock is held. */
static int mark(const struct rask_runtime *rt, struct rask_future future)
{
    struct rask_claim *claim = rask_client_find(&rt->loop.client, future.id);
    if (claim == NULL || claim->state != RASK_FUTURE_PENDING)
        return 1;
    claim->is_awaited = 1;
    return 0;
}

static int enlist_for_next(void *context, struct rask_waiter *waiter)
{
    const struct goal *goal = context;
    waiter->is_over = this_one;
    waiter->what = goal;
    waiter->n = goal->at;
    return goal->at >= goal->n || mark(goal->runtime, goal->futures[goal->at]);
}

static int enlist_for_any(void *context, struct rask_waiter *waiter)
{
    const struct goal *goal = context;
    int is_over = 0;
    waiter->is_over = any_of_them;
    waiter->what = goal;
    for (size_t i = 0; i < goal->n && !is_over; i++)
        is_over = mark(goal->runtime, goal->futures[i]);
    return is_over;
}

static int enlist_for_queue(void *context, struct rask_waiter *waiter)
{
    waiter->is_over = one_of_queue;
    waiter->what = context;
    return one_of_queue(waiter);
}

static int enlist_for_bytes(void *context, struct rask_waiter *waiter)
{
    (void)context;
    waiter->is_over = whatever_comes;
    return 0;
}

static uint64_t deadline_of(int64_t timeout_ns)
{
    if (timeout_ns == RASK_FOREVER)
        return UINT64_MAX;
    return rask_now_ns() + (uint64_t)(timeout_ns < 0 ? 0 : timeout_ns);
}

static int is_wanted(void *context, uint64_t id)
{
    const struct goal *goal = context;
    size_t end = goal->n - goal->at < MAX_WANTED ? goal->n : goal->at + MAX_WANTED;
    for (size_t i = goal->at; i < end; i++)
        if (goal->futures[i].id == id)
            return 1;
    return 0;
}

/* A task waits for all of some tasks: it runs those of them that are queued here itself, on top of
 * its own stack, where they use its slot. That cannot hold anybody up, since it could not go on
 * without them. 1 when they are all finished, 0 when none has come for a while or the stack is
 * deep.
 */
static int run_inside(struct rask *rask, struct goal *goal)
{
    struct rask_loop *loop = &goal->runtime->loop;
    uint64_t begin_ns = 0;
    if (rask->task->n_below >= MAX_BELOW)
        return 0;
    rask_threads_secede(goal->runtime, rask->task, 1);
    while (!all_finished(goal) && !atomic_load(&loop->has_ended)) {
        struct rask_task *wanted = rask_exec_pop_wanted(&loop->exec, is_wanted, goal);
        if (wanted != NULL) {
            wanted->n_below = (uint8_t)(rask->task->n_below + 1);
            rask_exec_run_inside(&loop->exec, wanted);
            begin_ns = 0;
            continue;
        }
        if (rask_exec_has_work(&loop->exec))
            (void)rask_loop_wake(loop, 1);
        if (rask_loop_try(loop, 1) > 0)
            continue;
        uint64_t now_ns = rask_now_ns();
        begin_ns = begin_ns == 0 ? now_ns : begin_ns;
        if (now_ns - begin_ns > PATIENCE_NS)
            return 0;
        rask_pause();
    }
    rask_threads_secede(goal->runtime, rask->task, 0);
    if (rask_exec_has_work(&loop->exec))
        (void)rask_loop_wake(loop, 1); /* what the last turn brought beside what was wanted */
    return all_finished(goal);
}

/* Inside a task: lends the task's slot. */
static rask_status work_as_task(struct rask *rask, struct rask_until *until)
{
    struct rask_runtime *rt = rask_runtime_of(rask);
    rask_exec_empty_batch(&rt->loop.exec, rask->task);
    if (until->enlist == enlist_for_next && until->deadline_ns == UINT64_MAX &&
        run_inside(rask, until->context))
        return RASK_OK;
    struct rask_lent lent = rask_threads_block(rt, rask->task);
    until->may_run = lent.is_replaced ? RASK_RUN_NONE : RASK_RUN_ALL;
    until->bell = lent.is_replaced ? NULL : rt->loop.comm->bell;
    rask_status status = rask_threads_work(rt, until);
    rask_threads_unblock(rt, rask->task, &lent);
    return status;
}

static rask_status work_as_guest(struct rask_runtime *rt, struct rask_until *until)
{
    until->is_guest = 1;
    until->may_run = rt->loop.exec.n_slots > 0 ? RASK_RUN_BRIEF : RASK_RUN_NONE;
    atomic_fetch_add(&rt->n_guests, until->may_run != RASK_RUN_NONE);
    rask_status status = rask_threads_work(rt, until);
    atomic_fetch_sub(&rt->n_guests, until->may_run != RASK_RUN_NONE);
    return status;
}

/* A call that may wait: until it is through, a stop by another thread does not free the runtime. A
 * task needs no guest, since a stop waits for its end. */
static rask_status begin_call(const struct rask *rask, struct rask_guest *guest,
                              struct rask_error *error)
{
    if (rask_fork_check(rask, error) != RASK_OK)
        return RASK_ERR_STATE;
    if (rask->task == NULL)
        rask_threads_enter(rask_runtime_of(rask), guest);
    return RASK_OK;
}

static void end_call(const struct rask *rask, struct rask_guest *guest)
{
    if (rask->task == NULL)
        rask_threads_leave(rask_runtime_of(rask), guest);
}

/* Works or sleeps until the goal is reached, as the program's thread or inside a task. */
static rask_status work_until(struct rask *rask, struct rask_until *until, uint64_t deadline_ns)
{
    if (until->is_done(until->context))
        return RASK_OK;
    until->deadline_ns = deadline_ns;
    until->is_interruptible = 1;
    rask_status status = rask->task != NULL ? work_as_task(rask, until)
                                            : work_as_guest(rask_runtime_of(rask), until);
    return status == RASK_END && until->is_done(until->context) ? RASK_OK
           : status == RASK_END                                 ? RASK_ERR_STATE
                                                                : status;
}

static int are_valid(const struct rask_runtime *rt, const struct rask_future *futures, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rask_client_state(&rt->loop.client, futures[i].id) == RASK_FUTURE_NONE)
            return 0;
    return 1;
}

static rask_status wait_until(struct rask *rask, const struct rask_future *futures, size_t n,
                              uint64_t deadline_ns)
{
    if (!are_valid(rask_runtime_of(rask), futures, n))
        return RASK_ERR_ARGUMENT;
    struct goal goal = {.runtime = rask_runtime_of(rask), .futures = futures, .n = n};
    struct rask_until until = {
        .is_done = all_finished, .enlist = enlist_for_next, .context = &goal};
    return work_until(rask, &until, deadline_ns);
}

rask_status rask_wait(struct rask *rask, const struct rask_future *futures, size_t n,
                      int64_t timeout_ns)
{
    struct rask_guest guest;
    uint64_t deadline_ns = deadline_of(timeout_ns);
    if (rask == NULL || (futures == NULL && n != 0))
        return RASK_ERR_ARGUMENT;
    if (begin_call(rask, &guest, NULL) != RASK_OK)
        return RASK_ERR_STATE;
    rask_status status = wait_until(rask, futures, n, deadline_ns);
    end_call(rask, &guest);
    return status;
}

static rask_status wait_any_until(struct rask *rask, const struct rask_future *futures, size_t n,
                                  uint64_t deadline_ns, size_t *index)
{
    if (!are_valid(rask_runtime_of(rask), futures, n))
        return RASK_ERR_ARGUMENT;
    struct goal goal = {.runtime = rask_runtime_of(rask), .futures = futures, .n = n};
    struct rask_until until = {.is_done = any_finished, .enlist = enlist_for_any, .context = &goal};
    rask_status status = work_until(rask, &until, deadline_ns);
    *index = goal.at;
    return status;
}

rask_status rask_wait_any(struct rask *rask, const struct rask_future *futures, size_t n,
                          int64_t timeout_ns, size_t *index)
{
    struct rask_guest guest;
    size_t found;
    uint64_t deadline_ns = deadline_of(timeout_ns);
    if (rask == NULL || futures == NULL || n == 0)
        return RASK_ERR_ARGUMENT;
    if (begin_call(rask, &guest, NULL) != RASK_OK)
        return RASK_ERR_STATE;
    rask_status status = wait_any_until(rask, futures, n, deadline_ns, &found);
    end_call(rask, &guest);
    if (status == RASK_OK && index != NULL)
        *index = found;
    return status;
}

enum rask_future_state rask_future_state(struct rask *rask, struct rask_future future)
{
    if (rask == NULL)
        return RASK_FUTURE_NONE;
    return rask_client_state(&rask_runtime_of(rask)->loop.client, future.id);
}

/* What one look at a future has shown, copied under the lock: another thread may release the
 * future, or the loop move its result, right after. */
struct look {
    enum rask_future_state state;
    enum rask_claim_place place;
    struct rask_view view; /* INLINE, HERE; ELSEWHERE and NO_ROOM: only its size */
    struct rask_error error; /* FAILED, CANCELLED; what the client knows of it */
    uint64_t origin; /* of the failure: the task; 0: the job has ended under the future */
    uint32_t function; /* of that task */
};

/* When the job has ended under the future, its story is the job's, which there may have been no
 * memory to copy. */
static void look_at_failure(const struct rask_runtime *rt, const struct rask_claim *claim,
                            struct look *look)
{
    look->error = *(claim->data != NULL ? (const struct rask_error *)claim->data : &rt->loop.error);
    look->origin = claim->object;
    look->function = (uint32_t)claim->offset;
}

static void look_at(struct rask_runtime *rt, struct rask_future future, struct look *look)
{
    struct rask_loop *loop = &rt->loop;
    look->origin = 0;
    look->function = 0;
    rask_spin_lock(&loop->client_lock);
    const struct rask_claim *claim = rask_client_find(&loop->client, future.id);
    look->state = claim == NULL ? RASK_FUTURE_NONE : (enum rask_future_state)claim->state;
    look->place = claim == NULL ? RASK_PLACE_NONE : rask_client_where(claim);
    if (look->place == RASK_PLACE_INLINE)
        look->view = rask_client_inline(claim);
    else if (look->place == RASK_PLACE_HERE)
        look->view = (struct rask_view){rask_store_payload(rt->store, claim->offset), claim->bytes};
    else if (look->place == RASK_PLACE_NEAR)
        look->view = (struct rask_view){loop->comm->arenas[claim->holder].base + claim->offset +
                                            RASK_OBJECT_HEADER_BYTES,
                                        claim->bytes};
    else if (look->place != RASK_PLACE_NONE)
        look->view = (struct rask_view){NULL, claim->bytes};
    else if (look->state == RASK_FUTURE_FAILED || look->state == RASK_FUTURE_CANCELLED)
        look_at_failure(rt, claim, look);
    rask_spin_unlock(&loop->client_lock);
}

/* Fills in what the client does not know: names of function, key and host. */
static rask_status tell_error(const struct rask_runtime *rt, const struct look *look,
                              struct rask_error *error)
{
    if (error == NULL)
        return look->error.code;
    *error = look->error;
    if (look->origin == 0)
        return error->code;
    const char *name = look->function < rt->registry->count
                           ? rask_registry_at(rt->registry, look->function)->name
                           : "data";
    rask_text_copy(error->function, sizeof error->function, name);
    snprintf(error->key, sizeof error->key, "%.40s-%" PRIu64, name, rask_id_sequence(look->origin));
    if (error->code == RASK_ERR_CANCELLED && error->text[0] == '\0')
        snprintf(error->text, sizeof error->text, "needs %s, which was cancelled", error->key);
    if (error->rank >= 0 && rt->boot.hosts != NULL && error->rank < rt->boot.comm->caps.n_ranks)
        rask_text_copy(error->host, sizeof error->host,
                       rt->boot.hosts + (size_t)error->rank * RASK_NAME_BYTES);
    return error->code;
}

static enum rask_claim_place place_of(struct rask_runtime *rt, struct rask_future future)
{
    struct rask_loop *loop = &rt->loop;
    rask_spin_lock(&loop->client_lock);
    const struct rask_claim *claim = rask_client_find(&loop->client, future.id);
    enum rask_claim_place place = claim == NULL ? RASK_PLACE_NONE : rask_client_where(claim);
    rask_spin_unlock(&loop->client_lock);
    return place;
}

/* Nothing comes by itself: the bytes are here, or cannot be, or are to be fetched by the reader. */
static int has_settled(void *context)
{
    const struct goal *goal = context;
    enum rask_claim_place place = place_of(goal->runtime, *goal->futures);
    return place != RASK_PLACE_COMING && place != RASK_PLACE_ASKED;
}

/* Has a result of another rank read where it lies, or else fetched. */
static rask_status reach(struct rask_loop *loop, uint64_t id, struct rask_claim *claim)
{
    struct rask_wire_input object = {claim->object, claim->offset, claim->bytes, claim->holder, 0};
    if (rask_client_where(claim) == RASK_PLACE_ELSEWHERE &&
        rask_loop_in_place(loop, &object) != NULL) {
        rask_client_near(&loop->client, claim);
        return RASK_OK;
    }
    rask_status status = rask_client_want(&loop->client, id, claim);
    if (status != RASK_OK)
        return status;
    status = rask_worker_want(&loop->worker, &object);
    if (status != RASK_OK)
        rask_client_unwant(&loop->client, claim);
    return status;
}

/* Begins to bring a result to this rank, if it is not to be read in place; one that this rank holds
 * itself is only pinned. */
static rask_status bring_here(struct rask_runtime *rt, struct rask_future future)
{
    struct rask_loop *loop = &rt->loop;
    rask_status status = RASK_OK;
    rask_loop_take(loop);
    rask_spin_lock(&loop->client_lock);
    struct rask_claim *claim = rask_client_find(&loop->client, future.id);
    enum rask_claim_place place = claim == NULL ? RASK_PLACE_NONE : rask_client_where(claim);
    if (place == RASK_PLACE_ELSEWHERE && claim->holder == loop->comm->caps.rank) {
        rask_store_pin(rt->store, claim->offset);
        rask_client_pinned(&loop->client, claim);
    } else if (place == RASK_PLACE_ELSEWHERE || place == RASK_PLACE_NO_ROOM) {
        status = reach(loop, future.id, claim);
    }
    rask_spin_unlock(&loop->client_lock);
    rask_loop_give(loop);
    return status;
}

/* Looks until the result can be read here, or cannot, or the deadline is over. A result that had no
 * room is fetched once more for a reader who has not waited for that fetch. */
static rask_status look_until_here(struct rask *rask, struct rask_future future,
                                   uint64_t deadline_ns, struct look *look)
{
    struct rask_runtime *rt = rask_runtime_of(rask);
    struct goal goal = {.runtime = rt, .futures = &future, .n = 1};
    rask_status status = RASK_OK;
    for (int has_waited = 0; status == RASK_OK; has_waited = 1) {
        struct rask_until until = {
            .is_done = has_settled, .enlist = enlist_for_bytes, .context = &goal};
        look_at(rt, future, look);
        int is_moving = look->place == RASK_PLACE_COMING || look->place == RASK_PLACE_ASKED;
        int is_to_be_fetched = look->place == RASK_PLACE_ELSEWHERE ||
                               (look->place == RASK_PLACE_NO_ROOM && !has_waited);
        if (!is_moving && !is_to_be_fetched)
            return RASK_OK;
        if (is_to_be_fetched)
            status = bring_here(rt, future);
        if (status == RASK_OK)
            status = work_until(rask, &until, deadline_ns);
    }
    return status;
}

static rask_status result_until(struct rask *rask, struct rask_future future, uint64_t deadline_ns,
                                struct rask_view *view, struct rask_error *error)
{
    static const char released[] = "the future is none, or was released";
    struct look look;
    rask_status status = wait_until(rask, &future, 1, deadline_ns);
    if (status != RASK_OK)
        return rask_error_set(error, status, "%s",
                              status == RASK_ERR_ARGUMENT ? released : rask_status_text(status));
    status = look_until_here(rask, future, deadline_ns, &look);
    if (status != RASK_OK)
        return rask_error_set(error, status, "fetching a result: %s", rask_status_text(status));
    struct rask_runtime *rt = rask_runtime_of(rask);
    if (look.state == RASK_FUTURE_NONE)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "%s", released);
    if (look.state != RASK_FUTURE_DONE) {
        if (look.state == RASK_FUTURE_FAILED && look.origin != 0)
            rask_story_log(rt, look.origin, look.function);
        return tell_error(rt, &look, error);
    }
    if (look.place == RASK_PLACE_NO_ROOM)
        return rask_error_set(error, RASK_ERR_MEMORY,
                              "no memory on rank %d for a result of %" PRIu64
                              " bytes (setting `arena`)",
                              rt->boot.comm->caps.rank, look.view.bytes);
    if (view != NULL)
        *view = look.view;
    return RASK_OK;
}

rask_status rask_result(struct rask *rask, struct rask_future future, int64_t timeout_ns,
                        struct rask_view *view, struct rask_error *error)
{
    struct rask_guest guest;
    uint64_t deadline_ns = deadline_of(timeout_ns);
    if (rask == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "reading a result without a runtime");
    if (begin_call(rask, &guest, error) != RASK_OK)
        return RASK_ERR_STATE;
    rask_status status = result_until(rask, future, deadline_ns, view, error);
    end_call(rask, &guest);
    return status;
}

static rask_status gather(struct rask *rask, const struct rask_future *futures, size_t n,
                          struct rask_view *views, struct rask_error *error)
{
    rask_status status = wait_until(rask, futures, n, UINT64_MAX);
    if (status != RASK_OK)
        return rask_error_set(error, status, "%s",
                              status == RASK_ERR_ARGUMENT
                                  ? "a future to gather is none, or was released"
                                  : rask_status_text(status));
    struct rask_runtime *rt = rask_runtime_of(rask);
    for (size_t i = 0; i < n; i++) {
        enum rask_claim_place place = place_of(rt, futures[i]);
        int is_to_be_fetched = place == RASK_PLACE_ELSEWHERE || place == RASK_PLACE_NO_ROOM;
        if (is_to_be_fetched && bring_here(rt, futures[i]) != RASK_OK)
            return rask_error_memory(error, sizeof(struct rask_claim), "gathering results");
    }
    for (size_t i = 0; i < n && status == RASK_OK; i++)
        status = result_until(rask, futures[i], UINT64_MAX, &views[i], error);
    return status;
}

rask_status rask_gather(struct rask *rask, const struct rask_future *futures, size_t n,
                        struct rask_view *views, struct rask_error *error)
{
    struct rask_guest guest;
    if (rask == NULL || ((futures == NULL || views == NULL) && n != 0))
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "rask_gather without a runtime, futures or views");
    if (begin_call(rask, &guest, error) != RASK_OK)
        return RASK_ERR_STATE;
    rask_status status = gather(rask, futures, n, views, error);
    end_call(rask, &guest);
    return status;
}

void rask_release(struct rask *rask, const struct rask_future *futures, size_t n)
{
    if (rask == NULL || futures == NULL || rask_fork_check(rask, NULL) != RASK_OK)
        return;
    struct rask_runtime *rt = rask_runtime_of(rask);
    rask_spin_lock(&rt->loop.client_lock);
    for (size_t i = 0; i < n; i++) {
        uint64_t pinned;
        rask_client_release(&rt->loop.client, futures[i].id, &pinned);
        if (pinned != RASK_WIRE_NO_OFFSET)
            rask_store_unpin(rt->store, pinned);
    }
    rask_spin_unlock(&rt->loop.client_lock);
}

/* Asks for one task to be cancelled; the lock is held. */
static rask_status cancel_one(struct rask_client *client, struct rask_future future)
{
    struct rask_msg_cancel_tasks m = {.task = &future.id, .n_task = 1};
    if (rask_client_find(client, future.id) == NULL)
        return RASK_OK;
    if (rask_wire_put_cancel_tasks(&client->out, &m) != 0)
        return RASK_ERR_MEMORY;
    rask_client_mark(client);
    return RASK_OK;
}

rask_status rask_cancel(struct rask *rask, const struct rask_future *futures, size_t n)
{
    rask_status status = RASK_OK;
    if (rask == NULL || (futures == NULL && n != 0))
        return RASK_ERR_ARGUMENT;
    if (rask_fork_check(rask, NULL) != RASK_OK)
        return RASK_ERR_STATE;
    struct rask_runtime *rt = rask_runtime_of(rask);
    rask_spin_lock(&rt->loop.client_lock);
    for (size_t i = 0; i < n && status == RASK_OK; i++)
        status = cancel_one(&rt->loop.client, futures[i]);
    rask_spin_unlock(&rt->loop.client_lock);
    (void)rask_loop_try(&rt->loop, 0);
    return status;
}

_Static_assert(RASK_KEY_TEXT_BYTES >= RASK_KEY128_TEXT_BYTES, "a content key fits");

rask_status rask_future_key(struct rask *rask, struct rask_future future, char *text,
                            size_t text_bytes)
{
    if (rask == NULL || text == NULL || text_bytes < RASK_KEY_TEXT_BYTES)
        return RASK_ERR_ARGUMENT;
    if (rask_fork_check(rask, NULL) != RASK_OK)
        return RASK_ERR_STATE;
    struct rask_loop *loop = &rask_runtime_of(rask)->loop;
    rask_spin_lock(&loop->client_lock);
    const struct rask_claim *claim = rask_client_find(&loop->client, future.id);
    struct rask_key128 key = claim == NULL ? (struct rask_key128){0, 0} : claim->key;
    rask_spin_unlock(&loop->client_lock);
    if (claim == NULL)
        return RASK_ERR_ARGUMENT;
    if (!rask_key128_is_none(key))
        (void)rask_key128_text(key, text);
    else
        snprintf(text, text_bytes, "%" PRId32 ".%" PRIu64, rask_id_client(future.id),
                 rask_id_sequence(future.id));
    return RASK_OK;
}

struct rask_completed {
    struct rask *rask;
    struct rask_client_queue queue;
};

rask_status rask_completed_new(struct rask *rask, struct rask_completed **completed,
                               struct rask_error *error)
{
    if (rask == NULL || completed == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "rask_completed_new without a runtime or a place");
    struct rask_completed *c = rask_alloc_zeroed(1, sizeof *c);
    if (c == NULL)
        return rask_error_memory(error, sizeof *c, "a queue of completed futures");
    c->rask = rask;
    *completed = c;
    return RASK_OK;
}

void rask_completed_free(struct rask_completed *c)
{
    if (c == NULL || rask_fork_check(c->rask, NULL) != RASK_OK)
        return;
    struct rask_loop *loop = &rask_runtime_of(c->rask)->loop;
    rask_spin_lock(&loop->client_lock);
    rask_client_unwatch(&loop->client, &c->queue);
    rask_spin_unlock(&loop->client_lock);
    rask_client_ids_release(&c->queue.done);
    rask_free(c);
}

rask_status rask_completed_add(struct rask_completed *c, const struct rask_future *futures,
                               size_t n, struct rask_error *error)
{
    if (c == NULL || (futures == NULL && n != 0))
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "rask_completed_add without a queue or futures");
    if (rask_fork_check(c->rask, error) != RASK_OK)
        return RASK_ERR_STATE;
    struct rask_loop *loop = &rask_runtime_of(c->rask)->loop;
    rask_status status = RASK_OK;
    size_t n_added = 0;
    rask_spin_lock(&loop->client_lock);
    while (n_added < n && status == RASK_OK) {
        status = rask_client_watch(&loop->client, futures[n_added].id, &c->queue);
        n_added += status == RASK_OK;
    }
    rask_spin_unlock(&loop->client_lock);
    if (status == RASK_OK)
        return RASK_OK;
    return rask_error_set(error, status, "future %zu of %zu to wait for: %s", n_added + 1, n,
                          status == RASK_ERR_ARGUMENT ? "it is none, or was released"
                                                      : rask_status_text(status));
}

static int has_next(void *context)
{
    const struct goal *goal = context;
    struct rask_loop *loop = &goal->runtime->loop;
    rask_spin_lock(&loop->client_lock);
    int is_over = rask_client_is_next(goal->queue);
    rask_spin_unlock(&loop->client_lock);
    return is_over;
}

static rask_status next_until(struct rask_completed *c, uint64_t deadline_ns,
                              struct rask_future *future)
{
    struct rask_runtime *rt = rask_runtime_of(c->rask);
    struct goal goal = {.runtime = rt, .queue = &c->queue};
    struct rask_until until = {.is_done = has_next, .enlist = enlist_for_queue, .context = &goal};
    rask_status status = work_until(c->rask, &until, deadline_ns);
    if (status != RASK_OK)
        return status;
    rask_spin_lock(&rt->loop.client_lock);
    uint64_t id = rask_client_next(&c->queue);
    rask_spin_unlock(&rt->loop.client_lock);
    if (id == 0)
        return RASK_END;
    future->id = id;
    return RASK_OK;
}

rask_status rask_completed_next(struct rask_completed *c, int64_t timeout_ns,
                                struct rask_future *future)
{
    struct rask_guest guest;
    uint64_t deadline_ns = deadline_of(timeout_ns);
    if (c == NULL || future == NULL)
        return RASK_ERR_ARGUMENT;
    if (begin_call(c->rask, &guest, NULL) != RASK_OK)
        return RASK_ERR_STATE;
    rask_status status = next_until(c, deadline_ns, future);
    end_call(c->rask, &guest);
    return status;
}
