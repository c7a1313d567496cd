/* SPDX-License-Identifier: BSD-3-Clause */
/* worker.c: assignments and fetched objects of one rank. See worker.h for the diagram.
 *
 *   task_new -> WAITING --arrive--> READY --end--> ENDED
 *                  |                                 ^
 *                  +---return---> RETURNING --end----+      RETURNING may be told so again
 *
 * WAITING, RETURNING: n_missing > 0, but for the moment between the last input and the move.
 * READY: n_missing is 0; in the list of ready tasks, in the run queue or with a thread. */
#include "worker/worker.h"

#include "base/alloc.h"
#include "base/error.h"
#include "worker/inputs.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

/* An object of another rank: under way, or here. */
struct fetched {
    uint64_t object;
    uint64_t offset; /* here; RASK_WIRE_NO_OFFSET while under way */
    uint64_t bytes;
    int32_t holder;
    uint32_t first_use; /* tasks that read it or wait for it */
    uint8_t is_ordered; /* a FETCH asked for it: a failure is reported even if no task waits */
    uint8_t is_wanted; /* this rank's client waits for it */
    uint8_t is_freed; /* the scheduler has freed it: goes with its last reader */
    /* a part of the object, for one reader, of which the scheduler knows nothing: is_freed from the
     * beginning, and not in by_object */
    uint8_t is_part;
};

/* Task `slot` reads a fetched object from `offset` on as its input `input`. */
struct use {
    uint64_t offset;
    uint32_t fetched, slot, input;
    uint32_t next_of_object, previous_of_object;
    uint32_t next_of_task;
};

#define S(NAME) (RASK_JOB_##NAME + 1)

/* [state][event] -> state + 1; 0 is a move that must not happen. */
static const uint8_t moves[RASK_JOB_N_STATES][RASK_JOB_N_EVENTS] = {
    [RASK_JOB_WAITING] = {[RASK_JOB_ON_ARRIVE] = S(READY), [RASK_JOB_ON_RETURN] = S(RETURNING)},
    [RASK_JOB_RETURNING] = {[RASK_JOB_ON_RETURN] = S(RETURNING), [RASK_JOB_ON_END] = S(ENDED)},
    [RASK_JOB_READY] = {[RASK_JOB_ON_END] = S(ENDED)},
};
#undef S

/* The only writer of a task's state but for its beginning. RASK_ERR_INTERNAL. */
static inline rask_status move(struct rask_task *task, enum rask_job_event event)
{
    uint8_t to = moves[task->job_state][event];
    assert(to != 0);
    if (to == 0)
        return RASK_ERR_INTERNAL;
    task->job_state = (uint8_t)(to - 1);
    return RASK_OK;
}

static struct fetched *fetched_at(const struct rask_worker *w, uint32_t id)
{
    return rask_slab_at(&w->fetched, id);
}

static struct use *use_at(const struct rask_worker *w, uint32_t id)
{
    return rask_slab_at(&w->uses, id);
}

rask_status rask_worker_init(struct rask_worker *w, const struct rask_worker_config *config,
                             struct rask_error *error)
{
    *w = (struct rask_worker){.config = *config};
    struct rask_msg_hello hello = {.rank = config->rank,
                                   .node = config->node,
                                   .n_slots = config->n_slots,
                                   .reads_in_place = config->in_place != NULL,
                                   .resource = config->resources,
                                   .n_resource = config->n_resources};
    if (rask_slab_init(&w->fetched, sizeof(struct fetched), 256) != 0 ||
        rask_slab_init(&w->uses, sizeof(struct use), 256) != 0 ||
        rask_wire_put_hello(&w->out, &hello) != 0) {
        rask_worker_release(w);
        return rask_error_memory(error, sizeof *w, "a worker");
    }
    w->config.resources = NULL;
    return RASK_OK;
}

/* What an executing thread has left in a task beside its block. */
static void free_outcome(struct rask_task *task)
{
    if (task->result != NULL && task->result != task->small)
        rask_free(task->result);
    rask_free(task->error_text);
    task->result = NULL;
    task->error_text = NULL;
}

void rask_worker_release(struct rask_worker *w)
{
    for (size_t i = 0; i < w->slots.count; i++)
        if (w->slots.items[i] != NULL)
            free_outcome(w->slots.items[i]);
    rask_buf_release(&w->out);
    rask_worker_fetches_release(&w->fetches);
    rask_worker_arrivals_release(&w->arrivals);
    rask_worker_offsets_release(&w->frees);
    rask_worker_slots_release(&w->slots);
    rask_slab_release(&w->fetched);
    rask_slab_release(&w->uses);
    rask_map64_release(&w->by_object);
    rask_pool_release(&w->pool);
}

static rask_status push_ready(struct rask_worker *w, struct rask_task *task)
{
    if (move(task, RASK_JOB_ON_ARRIVE) != RASK_OK)
        return RASK_ERR_INTERNAL;
    task->next = NULL;
    if (w->ready_last != NULL)
        w->ready_last->next = task;
    else
        w->ready_first = task;
    w->ready_last = task;
    w->n_ready++;
    return RASK_OK;
}

struct rask_task *rask_worker_take_ready(struct rask_worker *w, uint32_t *n)
{
    struct rask_task *first = w->ready_first;
    *n = w->n_ready;
    w->ready_first = w->ready_last = NULL;
    w->n_ready = 0;
    return first;
}

static struct rask_task *task_in(const struct rask_worker *w, uint32_t slot, uint32_t epoch)
{
    if (slot >= w->slots.count || w->slots.items[slot] == NULL ||
        w->slots.items[slot]->epoch != epoch)
        return NULL;
    return w->slots.items[slot];
}

static void free_object(struct rask_worker *w, uint32_t id)
{
    struct fetched *f = fetched_at(w, id);
    /* Without memory for it the bytes stay in the store until the end: a leak, not an error. */
    if (f->offset != RASK_WIRE_NO_OFFSET)
        (void)rask_worker_offsets_push(&w->frees, f->offset);
    uint32_t named;
    if (rask_map64_get(&w->by_object, f->object, &named) && named == id)
        rask_map64_remove(&w->by_object, f->object, NULL);
    rask_slab_give(&w->fetched, id);
}

/* A use goes; its task's list is the caller's business. A freed object goes with its last use. */
static void unlink_use(struct rask_worker *w, uint32_t id)
{
    struct use *use = use_at(w, id);
    uint32_t object = use->fetched;
    struct fetched *f = fetched_at(w, object);
    if (use->next_of_object != 0)
        use_at(w, use->next_of_object)->previous_of_object = use->previous_of_object;
    if (use->previous_of_object != 0)
        use_at(w, use->previous_of_object)->next_of_object = use->next_of_object;
    else
        f->first_use = use->next_of_object;
    rask_slab_give(&w->uses, id);
    if (f->first_use == 0 && f->is_freed && f->offset != RASK_WIRE_NO_OFFSET)
        free_object(w, object);
}

/* A task stops reading what it fetched. */
static void drop_uses(struct rask_worker *w, struct rask_task *task)
{
    while (task->first_use != 0) {
        uint32_t id = task->first_use;
        task->first_use = use_at(w, id)->next_of_task;
        unlink_use(w, id);
    }
}

/* One input that was under way does not come. */
static void drop_use(struct rask_worker *w, struct rask_task *task, uint32_t id)
{
    uint32_t *link = &task->first_use;
    while (*link != id)
        link = &use_at(w, *link)->next_of_task;
    *link = use_at(w, id)->next_of_task;
    unlink_use(w, id);
    task->n_missing--;
}

/* The assignment is over: its block is freed. RASK_ERR_INTERNAL if it should not be. */
static rask_status end_assignment(struct rask_worker *w, struct rask_task *task)
{
    rask_status status = move(task, RASK_JOB_ON_END);
    drop_uses(w, task);
    w->slots.items[task->slot] = NULL;
    w->n_assigned--;
    rask_pool_give(&w->pool, task, task->block_bytes);
    return status;
}

/* The record of a remote object that is not here nor on its way as a whole, and its fetch. `part`
 * NULL: all of it. 0 without memory. */
static uint32_t order_fetch(struct rask_worker *w, const struct rask_wire_input *input,
                            const struct rask_call_part *part)
{
    uint32_t id;
    struct fetched *f = rask_slab_take(&w->fetched, &id);
    if (f == NULL)
        return 0;
    if (rask_worker_fetches_reserve(&w->fetches, w->fetches.count + 1) != 0 ||
        (part == NULL && rask_map64_put(&w->by_object, input->object, id) != 0)) {
        rask_slab_give(&w->fetched, id);
        return 0;
    }
    f->object = input->object;
    f->offset = RASK_WIRE_NO_OFFSET;
    f->bytes = part == NULL ? input->bytes : part->bytes;
    f->holder = input->holder;
    f->is_part = f->is_freed = part != NULL;
    struct rask_worker_fetch fetch = {.object = input->object,
                                      .offset = input->offset,
                                      .bytes = input->bytes,
                                      .part_offset = part == NULL ? 0 : part->offset,
                                      .part_bytes = f->bytes,
                                      .request = id,
                                      .holder = input->holder};
    (void)!rask_worker_fetches_push(&w->fetches, fetch); /* there is room */
    return id;
}

/* The record of a whole remote object that is here or on its way; 0 if there is none. */
static uint32_t find_fetched(const struct rask_worker *w, uint64_t object)
{
    uint32_t id;
    return rask_map64_get(&w->by_object, object, &id) && !fetched_at(w, id)->is_freed ? id : 0;
}

/* The record of a remote object, made and its fetch ordered if it is new. 0 without memory. */
static uint32_t fetch_object(struct rask_worker *w, const struct rask_wire_input *input)
{
    uint32_t id = find_fetched(w, input->object);
    return id != 0 ? id : order_fetch(w, input, NULL);
}

/* Input `index` of a task is an object of another rank, or a part of one, which is taken from a
 * copy of the whole if there is one. 0, or -1 without memory. */
static int use_remote(struct rask_worker *w, struct rask_task *task, uint32_t index,
                      const struct rask_wire_input *input, const struct rask_call_part *part)
{
    uint32_t id;
    uint32_t object = find_fetched(w, input->object);
    int is_whole = object != 0 || part->bytes == input->bytes;
    if (object == 0)
        object = order_fetch(w, input, is_whole ? NULL : part);
    struct use *use = object == 0 ? NULL : rask_slab_take(&w->uses, &id);
    if (use == NULL)
        return -1;
    struct fetched *f = fetched_at(w, object);
    use->offset = is_whole ? part->offset : 0;
    use->fetched = object;
    use->slot = task->slot;
    use->input = index;
    use->next_of_task = task->first_use;
    task->first_use = id;
    use->next_of_object = f->first_use;
    if (f->first_use != 0)
        use_at(w, f->first_use)->previous_of_object = id;
    f->first_use = id;
    if (f->offset == RASK_WIRE_NO_OFFSET)
        task->n_missing++;
    else
        task->inputs[index].data = w->config.payloads + f->offset + use->offset;
    return 0;
}

/* Where this rank can read an object without fetching it; NULL if it cannot. The scheduler keeps it
 * there until the assignment has been answered. */
static const void *find_object(const struct rask_worker *w, const struct rask_wire_input *input)
{
    if (input->holder == w->config.rank)
        return w->config.payloads + input->offset;
    return w->config.in_place == NULL ? NULL : w->config.in_place(w->config.context, input);
}

/* Copies values and inline results behind the views, points those of other inputs at the objects
 * where they lie, and orders the rest. */
static rask_status bind_inputs(struct rask_worker *w, struct rask_task *task,
                               const struct rask_msg_run *m)
{
    uint8_t *room = (uint8_t *)(task->inputs + task->n_inputs);
    const uint8_t *value = m->call + rask_call_table_bytes(task->n_inputs), *data = m->data;
    uint32_t k = 0;
    for (uint32_t i = 0; i < task->n_inputs; i++) {
        uint32_t entry = rask_call_input(m->call, i);
        const uint8_t *own = value;
        value += rask_call_value_bytes(entry);
        if (!rask_call_is_result(entry)) {
            task->inputs[i] = rask_inputs_copy(&room, own, entry);
            continue;
        }
        struct rask_wire_input input = m->input[k++];
        const uint8_t *inlined = data;
        data += input.holder < 0 ? rask_wire_pad(input.bytes) : 0;
        struct rask_call_part part = rask_inputs_part(entry, own, input.bytes);
        if (part.offset > input.bytes || part.bytes > input.bytes - part.offset) {
            rask_inputs_refuse(task, i, &part, input.bytes);
        } else if (input.holder < 0) {
            task->inputs[i] = rask_inputs_copy(&room, inlined + part.offset, part.bytes);
        } else {
            const uint8_t *there = find_object(w, &input);
            task->inputs[i] =
                (struct rask_view){there == NULL ? room : there + part.offset, part.bytes};
            if (there == NULL && use_remote(w, task, i, &input, &part) != 0)
                return RASK_ERR_MEMORY;
        }
    }
    return RASK_OK;
}

/* The block of a task with room for `input_bytes` of inputs. NULL without memory. */
static struct rask_task *task_new(struct rask_worker *w, const struct rask_msg_run *m,
                                  uint32_t n_inputs, size_t input_bytes)
{
    size_t size = sizeof(struct rask_task) + n_inputs * sizeof(struct rask_view) + input_bytes;
    struct rask_task *task = size > UINT32_MAX ? NULL : rask_pool_take(&w->pool, size);
    if (task == NULL)
        return NULL;
    memset(task, 0, offsetof(struct rask_task, small));
    task->id = m->task;
    task->priority_hi = m->priority_hi;
    task->priority_lo = m->priority_lo;
    task->slot = m->slot;
    task->epoch = m->epoch;
    task->function = m->function;
    task->failed_function = m->function;
    task->n_inputs = n_inputs;
    task->inputs = (struct rask_view *)(task + 1);
    task->block_bytes = (uint32_t)size;
    task->result_offset = RASK_WIRE_NO_OFFSET;
    task->job_state = RASK_JOB_WAITING;
    return task;
}

_Static_assert(sizeof(struct rask_task) % 16 == 0 && sizeof(struct rask_view) % 16 == 0,
               "inputs follow the views, 16-byte aligned");

/* An assignment ends unstarted, as asked. */
static rask_status give_back(struct rask_worker *w, struct rask_task *task)
{
    struct rask_msg_returned m = {.slot = task->slot, .epoch = task->epoch};
    rask_status status = end_assignment(w, task);
    return rask_wire_put_returned(&w->out, &m) == 0 ? status : RASK_ERR_MEMORY;
}

/* An assignment that cannot start, and whose fetches have all ended, is answered: with the error
 * that kept it from starting, or handed back. */
static rask_status end_unstarted(struct rask_worker *w, struct rask_task *task)
{
    return task->status != RASK_OK ? rask_worker_finished(w, task) : give_back(w, task);
}

static rask_status on_run(struct rask_worker *w, const struct rask_msg_run *m)
{
    uint32_t n_results, n_inputs = rask_call_count(m->call, m->n_call);
    size_t input_bytes;
    if (!rask_call_is_valid(m->call, m->n_call, &n_results) || n_results != m->n_input ||
        m->n_data % 8 != 0 || rask_inputs_measure(m, n_inputs, &input_bytes) != 0)
        return RASK_ERR_PROTOCOL;
    while (w->slots.count <= m->slot)
        if (rask_worker_slots_push(&w->slots, NULL) != 0)
            return RASK_ERR_MEMORY;
    if (w->slots.items[m->slot] != NULL)
        return RASK_ERR_PROTOCOL;
    struct rask_task *task = task_new(w, m, n_inputs, input_bytes);
    if (task == NULL)
        return RASK_ERR_MEMORY;
    w->slots.items[m->slot] = task;
    w->n_assigned++;
    if (task->n_inputs != 0) {
        rask_status status = bind_inputs(w, task, m);
        if (status != RASK_OK)
            return status;
    }
    if (task->status != RASK_OK) {
        rask_status status = move(task, RASK_JOB_ON_RETURN);
        return status != RASK_OK || task->n_missing > 0 ? status : end_unstarted(w, task);
    }
    return task->n_missing == 0 ? push_ready(w, task) : RASK_OK;
}

/* Takes a task out of the list of those that have just become ready; 0 if it is not there. */
static int unlist(struct rask_worker *w, struct rask_task *task)
{
    struct rask_task *previous = NULL;
    for (struct rask_task *t = w->ready_first; t != NULL; previous = t, t = t->next) {
        if (t != task)
            continue;
        if (previous != NULL)
            previous->next = t->next;
        else
            w->ready_first = t->next;
        if (w->ready_last == t)
            w->ready_last = previous;
        w->n_ready--;
        return 1;
    }
    return 0;
}

static void tell_unwanted(struct rask_task *task)
{
    uint8_t untold = RASK_CANCEL_NONE;
    atomic_compare_exchange_strong(&task->is_cancelled, &untold, RASK_CANCEL_ASKED);
}

void rask_worker_cancel_all(struct rask_worker *w)
{
    for (size_t i = 0; i < w->slots.count; i++)
        if (w->slots.items[i] != NULL)
            tell_unwanted(w->slots.items[i]);
}

static rask_status on_withdraw(struct rask_worker *w, const struct rask_msg_withdraw *m)
{
    struct rask_task *task = task_in(w, m->slot, m->epoch);
    if (task == NULL)
        return RASK_OK;
    if (task->n_missing > 0)
        return move(task, RASK_JOB_ON_RETURN);
    if (!unlist(w, task) && !w->config.take_back(w->config.context, task)) {
        if (m->is_unwanted)
            tell_unwanted(task);
        return RASK_OK;
    }
    return give_back(w, task);
}

static rask_status on_free(struct rask_worker *w, const struct rask_msg_free *m)
{
    for (uint32_t i = 0; i + 1 < m->n_pair; i += 2) {
        uint32_t id;
        struct fetched *f = NULL;
        if (rask_map64_get(&w->by_object, m->pair[i], &id))
            f = fetched_at(w, id);
        if (f == NULL || f->offset != m->pair[i + 1]) {
            if (rask_worker_offsets_push(&w->frees, m->pair[i + 1]) != 0)
                return RASK_ERR_MEMORY;
            continue;
        }
        f->is_freed = 1;
        if (f->first_use == 0)
            free_object(w, id);
    }
    return RASK_OK;
}

static rask_status on_fetch(struct rask_worker *w, const struct rask_msg_fetch *m)
{
    struct rask_wire_input input = {m->object, m->offset, m->bytes, m->holder, 0};
    uint32_t id = fetch_object(w, &input);
    if (id == 0)
        return RASK_ERR_MEMORY;
    fetched_at(w, id)->is_ordered = 1;
    return RASK_OK;
}

static rask_status receive(struct rask_worker *w, const uint8_t *record)
{
    switch (rask_wire_id(record)) {
    case RASK_MESSAGE_RUN: {
        struct rask_msg_run m;
        return rask_wire_get_run(record, &m) != 0 ? RASK_ERR_PROTOCOL : on_run(w, &m);
    }
    case RASK_MESSAGE_WITHDRAW: {
        struct rask_msg_withdraw m;
        return rask_wire_get_withdraw(record, &m) != 0 ? RASK_ERR_PROTOCOL : on_withdraw(w, &m);
    }
    case RASK_MESSAGE_FREE: {
        struct rask_msg_free m;
        return rask_wire_get_free(record, &m) != 0 ? RASK_ERR_PROTOCOL : on_free(w, &m);
    }
    case RASK_MESSAGE_FETCH: {
        struct rask_msg_fetch m;
        return rask_wire_get_fetch(record, &m) != 0 ? RASK_ERR_PROTOCOL : on_fetch(w, &m);
    }
    case RASK_MESSAGE_STOP: {
        struct rask_msg_stop m;
        if (rask_wire_get_stop(record, &m) != 0)
            return RASK_ERR_PROTOCOL;
        w->has_stopped = 1;
        w->exit_code = m.exit_code;
        rask_worker_cancel_all(w);
        return RASK_OK;
    }
    default:
        return RASK_ERR_PROTOCOL;
    }
}

rask_status rask_worker_receive(struct rask_worker *w, const uint8_t *record,
                                struct rask_error *error)
{
    rask_status status = receive(w, record);
    if (status == RASK_ERR_MEMORY)
        return rask_error_memory(error, sizeof(struct rask_task), "an assignment");
    if (status == RASK_ERR_INTERNAL)
        return rask_error_set(error, status, "worker %d: an assignment cannot make this move",
                              w->config.rank);
    if (status != RASK_OK) {
        char text[256];
        rask_wire_describe(record, text, sizeof text);
        return rask_error_set(error, status, "worker %d: unexpected record: %s", w->config.rank,
                              text);
    }
    return RASK_OK;
}

RASK_VEC_DEFINE(assignments, struct rask_wire_assignment);

/* One message about a missing object; `ended` is emptied. */
static rask_status put_missing(struct rask_worker *w, uint64_t object, int32_t holder,
                               struct assignments *ended)
{
    struct rask_msg_missing m = {.object = object,
                                 .holder = holder,
                                 .ended = ended->items,
                                 .n_ended = (uint32_t)ended->count};
    assignments_clear(ended);
    return rask_wire_put_missing(&w->out, &m) == 0 ? RASK_OK : RASK_ERR_MEMORY;
}

/* The tasks that waited for an object which its holder does not have end unstarted, and run again
 * elsewhere or when the object has been computed again. Those that have other inputs under way are
 * handed back when these have come. More than one message may name go into further ones, which do
 * not condemn the holder's copy again. */
static rask_status report_missing(struct rask_worker *w, uint32_t request)
{
    struct fetched *f = fetched_at(w, request);
    struct assignments ended = {0};
    int32_t holder = f->holder;
    rask_status status = RASK_OK;
    while (status == RASK_OK && f->first_use != 0) {
        struct rask_task *task = w->slots.items[use_at(w, f->first_use)->slot];
        struct rask_wire_assignment assignment = {task->slot, task->epoch};
        drop_use(w, task, f->first_use);
        status = move(task, RASK_JOB_ON_RETURN);
        if (task->n_missing > 0)
            continue;
        if (task->status != RASK_OK) {
            status = rask_worker_finished(w, task);
            continue;
        }
        if (assignments_push(&ended, assignment) != 0)
            status = RASK_ERR_MEMORY;
        rask_status over = end_assignment(w, task);
        if (status == RASK_OK)
            status = over;
        if (status == RASK_OK && ended.count == RASK_LIMIT_BATCH) {
            status = put_missing(w, f->object, holder, &ended);
            holder = -1;
        }
    }
    if (status == RASK_OK)
        status = put_missing(w, f->object, holder, &ended);
    assignments_release(&ended);
    return status;
}

/* This rank has no room for an object: the tasks that need it fail, but for those that go back
 * anyway; the object stays where it is. */
static rask_status report_no_room(struct rask_worker *w, uint32_t request)
{
    struct fetched *f = fetched_at(w, request);
    struct rask_msg_missing unheard = {.object = f->object, .holder = -1};
    char text[160];
    snprintf(text, sizeof text,
             "no memory on rank %d for an input of %" PRIu64 " bytes (setting `arena`)",
             w->config.rank, f->bytes);
    while (f->first_use != 0) {
        struct rask_task *task = w->slots.items[use_at(w, f->first_use)->slot];
        drop_use(w, task, f->first_use);
        if (task->job_state != RASK_JOB_RETURNING) {
            task->error_text = rask_strdup(text);
            task->status = RASK_ERR_MEMORY;
        }
        rask_status status = move(task, RASK_JOB_ON_RETURN);
        if (status == RASK_OK && task->n_missing == 0)
            status = end_unstarted(w, task);
        if (status != RASK_OK)
            return status;
    }
    return f->is_ordered && rask_wire_put_missing(&w->out, &unheard) != 0 ? RASK_ERR_MEMORY
                                                                          : RASK_OK;
}

/* Tells this rank's client, if it waits. */
static rask_status put_arrival(struct rask_worker *w, struct fetched *f, rask_status status)
{
    struct rask_worker_arrival arrival = {f->object, f->offset, f->holder, status};
    if (!f->is_wanted)
        return RASK_OK;
    f->is_wanted = 0;
    return rask_worker_arrivals_push(&w->arrivals, arrival) == 0 ? RASK_OK : RASK_ERR_MEMORY;
}

rask_status rask_worker_want(struct rask_worker *w, const struct rask_wire_input *object)
{
    uint32_t id = fetch_object(w, object);
    if (id == 0)
        return RASK_ERR_MEMORY;
    struct fetched *f = fetched_at(w, id);
    f->is_wanted = 1;
    return f->offset == RASK_WIRE_NO_OFFSET ? RASK_OK : put_arrival(w, f, RASK_OK);
}

rask_status rask_worker_fetched(struct rask_worker *w, uint32_t request, uint64_t offset,
                                rask_status status)
{
    struct fetched *f = fetched_at(w, request);
    if (status != RASK_OK) {
        rask_status told = put_arrival(w, f, status);
        rask_status sent =
            status == RASK_ERR_MEMORY ? report_no_room(w, request) : report_missing(w, request);
        free_object(w, request);
        return told != RASK_OK ? told : sent;
    }
    f->offset = offset;
    if (put_arrival(w, f, RASK_OK) != RASK_OK)
        return RASK_ERR_MEMORY;
    struct rask_msg_have have = {.object = f->object, .offset = offset, .bytes = f->bytes};
    if (!f->is_part && rask_wire_put_have(&w->out, &have) != 0)
        return RASK_ERR_MEMORY;
    rask_status all = RASK_OK;
    uint32_t next;
    for (uint32_t u = f->first_use; u != 0; u = next) {
        const struct use *use = use_at(w, u);
        struct rask_task *task = w->slots.items[use->slot];
        next = use->next_of_object;
        task->inputs[use->input].data = w->config.payloads + offset + use->offset;
        if (--task->n_missing > 0)
            continue;
        rask_status moved =
            task->job_state == RASK_JOB_WAITING ? push_ready(w, task) : end_unstarted(w, task);
        if (moved != RASK_OK)
            all = moved;
    }
    return all;
}

static int put_outcome(struct rask_worker *w, struct rask_task *task)
{
    int has_noticed = atomic_load(&task->is_cancelled) == RASK_CANCEL_NOTICED;
    if (task->status == RASK_OK && has_noticed) {
        if (task->result_offset != RASK_WIRE_NO_OFFSET &&
            rask_worker_offsets_push(&w->frees, task->result_offset) != 0)
            return -1;
        task->status = RASK_ERR_CANCELLED;
    }
    if (task->status != RASK_OK) {
        struct rask_msg_erred m = {.duration_ns = task->duration_ns,
                                   .slot = task->slot,
                                   .epoch = task->epoch,
                                   .function = task->failed_function,
                                   .code = task->status,
                                   .text = task->error_text};
        m.n_text = task->error_text == NULL
                       ? 0
                       : (uint32_t)strnlen(task->error_text, RASK_ERROR_TEXT_BYTES - 1);
        return rask_wire_put_erred(&w->out, &m);
    }
    struct rask_msg_done m = {.offset = task->result_offset,
                              .bytes = task->result_bytes,
                              .duration_ns = task->duration_ns,
                              .slot = task->slot,
                              .epoch = task->epoch};
    if (task->result_offset == RASK_WIRE_NO_OFFSET) {
        m.data = task->result;
        m.n_data = (uint32_t)task->result_bytes;
    }
    return rask_wire_put_done(&w->out, &m);
}

rask_status rask_worker_finished(struct rask_worker *w, struct rask_task *task)
{
    int failed = put_outcome(w, task);
    free_outcome(task);
    rask_status status = end_assignment(w, task);
    return failed ? RASK_ERR_MEMORY : status;
}

rask_status rask_worker_seceded(struct rask_worker *w, struct rask_task *task, int is_away)
{
    struct rask_msg_seceded m = {.slot = task->slot, .epoch = task->epoch, .is_away = is_away != 0};
    if (task->is_away == (is_away != 0))
        return RASK_OK;
    task->is_away = is_away != 0;
    return rask_wire_put_seceded(&w->out, &m) == 0 ? RASK_OK : RASK_ERR_MEMORY;
}

rask_status rask_worker_describe(const struct rask_worker *w, struct rask_buf *text)
{
    uint32_t n_waiting = 0, shown = 0;
    for (size_t i = 0; i < w->slots.count; i++)
        n_waiting += w->slots.items[i] != NULL && w->slots.items[i]->n_missing > 0;
    rask_status status =
        rask_buf_printf(text, "worker %d: %u assignments, %u wait for inputs, %u objects fetched\n",
                        w->config.rank, w->n_assigned, n_waiting, w->fetched.count);
    for (uint32_t id = rask_slab_next(&w->fetched, 1); id != 0 && shown < 8 && status == RASK_OK;
         id = rask_slab_next(&w->fetched, id + 1)) {
        const struct fetched *f = fetched_at(w, id);
        if (f->offset != RASK_WIRE_NO_OFFSET)
            continue;
        shown++;
        status = rask_buf_printf(text,
                                 "  fetching object %" PRIu64 ", %" PRIu64 " bytes, from rank %d\n",
                                 f->object, f->bytes, f->holder);
    }
    return status;
}

static const char *check_task(const struct rask_worker *w, uint32_t slot,
                              const struct rask_task *task)
{
    uint32_t n_missing = 0;
    if (task->slot != slot)
        return "a task is in its slot";
    for (uint32_t u = task->first_use; u != 0; u = use_at(w, u)->next_of_task) {
        const struct fetched *f = fetched_at(w, use_at(w, u)->fetched);
        n_missing += f->offset == RASK_WIRE_NO_OFFSET;
        if (use_at(w, u)->slot != slot)
            return "a use names its task";
    }
    if (n_missing != task->n_missing)
        return "a task counts the inputs under way";
    int is_waiting = task->job_state == RASK_JOB_WAITING || task->job_state == RASK_JOB_RETURNING;
    return (n_missing > 0) == is_waiting ? NULL : "a task waits as long as inputs are missing";
}

rask_status rask_worker_check(const struct rask_worker *w, struct rask_error *error)
{
    uint32_t n = 0;
    const char *invariant = NULL;
    for (size_t i = 0; i < w->slots.count && invariant == NULL; i++) {
        if (w->slots.items[i] == NULL)
            continue;
        n++;
        invariant = check_task(w, (uint32_t)i, w->slots.items[i]);
    }
    if (invariant == NULL && n != w->n_assigned)
        invariant = "a worker counts its assignments";
    for (uint32_t id = rask_slab_next(&w->fetched, 1); id != 0 && invariant == NULL;
         id = rask_slab_next(&w->fetched, id + 1)) {
        const struct fetched *f = fetched_at(w, id);
        if (f->is_freed && f->first_use == 0 && f->offset != RASK_WIRE_NO_OFFSET)
            invariant = "a freed object goes with its last reader";
    }
    if (invariant == NULL)
        return RASK_OK;
    return rask_error_set(error, RASK_ERR_INTERNAL, "invariant '%s' broken at worker %d", invariant,
                          w->config.rank);
}
