/* SPDX-License-Identifier: BSD-3-Clause */
/* sim_rank.c: one rank of a simulated job: its store, its slots and what task functions do in them,
 * and the order of a turn of its loop. */
#include "comm/sim_state.h"

#include "base/alloc.h"
#include "base/error.h"

#include "wire/call.h"

#include <inttypes.h>
#include <stdio.h>

static int take_back(void *context, struct rask_task *task)
{
    struct sim_rank *r = context;
    for (size_t i = 0; i < r->queue.count; i++) {
        if (r->queue.items[i] != task)
            continue;
        memmove(&r->queue.items[i], &r->queue.items[i + 1],
                (r->queue.count - i - 1) * sizeof *r->queue.items);
        r->queue.count--;
        return 1;
    }
    return 0;
}

static struct sim_place *place_at(const struct sim_rank *r, uint64_t offset)
{
    if (offset % SIM_PLACE_BYTES != 0 || offset / SIM_PLACE_BYTES >= r->places.count)
        return NULL;
    struct sim_place *place = &r->places.items[offset / SIM_PLACE_BYTES];
    return place->is_held ? place : NULL;
}

/* Whether the scheduler may count on an object being there. */
int sim_rank_holds(const struct sim_rank *r, uint64_t object, uint64_t offset)
{
    const struct sim_place *place = place_at(r, offset);
    return place != NULL && place->object == object && !place->is_freed;
}

/* What a rank has shared stays readable when it dies. */
static const void *in_place(void *context, const struct rask_wire_input *object)
{
    const struct sim_rank *r = context, *holder = &r->sim->ranks[object->holder];
    if (holder->worker.config.node != r->worker.config.node)
        return NULL;
    if (sim_rank_holds(holder, object->object, object->offset))
        return holder->memory + object->offset;
    if (!holder->is_lost)
        sim_break(r->sim,
                  "rank %d reads object %" PRIx64 " of living rank %d in place, which has freed it",
                  r->rank, object->object, object->holder);
    return NULL;
}

rask_status sim_rank_init(struct sim_rank *r, const struct rask_sim_rank *config,
                          struct rask_error *error)
{
    r->memory = rask_alloc((size_t)SIM_PLACES * SIM_PLACE_BYTES);
    if (r->memory == NULL || rask_slab_init(&r->runs, sizeof(struct sim_run), 64) != 0)
        return rask_error_memory(error, (uint64_t)SIM_PLACES * SIM_PLACE_BYTES,
                                 "a simulated store");
    struct rask_worker_config worker = {.rank = r->rank,
                                        .node = config->node,
                                        .n_slots = config->n_slots,
                                        .resources = config->resources,
                                        .n_resources = config->n_resources,
                                        .payloads = r->memory,
                                        .context = r,
                                        .in_place = r->sim->config.is_node_shared ? in_place : NULL,
                                        .take_back = take_back};
    r->slowness_percent = config->slowness_percent;
    rask_client_init(&r->client, r->rank);
    return rask_worker_init(&r->worker, &worker, error);
}

void sim_rank_release(struct sim_rank *r)
{
    for (uint32_t id = rask_slab_next(&r->runs, 1); id != 0; id = rask_slab_next(&r->runs, id + 1))
        sim_ids_release(&((struct sim_run *)rask_slab_at(&r->runs, id))->children);
    rask_slab_release(&r->runs);
    if (r->worker.config.payloads != NULL) {
        rask_worker_release(&r->worker);
        rask_client_free(&r->client);
    }
    rask_free(r->memory);
    sim_places_release(&r->places);
    sim_tasks_release(&r->queue);
    sim_run_ids_release(&r->back);
    sim_epochs_release(&r->outstanding);
}

uint64_t sim_rank_put(struct sim_rank *r, uint64_t object, uint64_t bytes, uint64_t value)
{
    uint64_t offset = (uint64_t)r->places.count * SIM_PLACE_BYTES;
    struct sim_place place = {.object = object, .bytes = bytes, .is_held = 1};
    if (r->places.count == SIM_PLACES || sim_places_push(&r->places, place) != 0) {
        sim_out_of_memory(r->sim);
        return 0;
    }
    memcpy(r->memory + offset, &value, sizeof value);
    memcpy(r->memory + offset + sizeof value, &object, sizeof object);
    if (++r->figures.n_objects > r->figures.max_objects)
        r->figures.max_objects = r->figures.n_objects;
    return offset;
}

static void drop_place(struct sim_rank *r, uint64_t offset)
{
    r->places.items[offset / SIM_PLACE_BYTES].is_held = 0;
    r->figures.n_objects--;
    memset(r->memory + offset, 0xdd, SIM_PLACE_BYTES);
}

static void free_place(struct sim_rank *r, uint64_t offset)
{
    struct sim_place *place = place_at(r, offset);
    if (place == NULL || place->is_freed) {
        sim_break(r->sim, "rank %d is to free offset %" PRIu64 ", where nothing is held", r->rank,
                  offset);
        return;
    }
    place->is_freed = 1;
    if (place->n_pins == 0)
        drop_place(r, offset);
}

static void unpin(struct sim_rank *r, uint64_t offset)
{
    struct sim_place *place = place_at(r, offset);
    if (place == NULL || place->n_pins == 0) {
        sim_break(r->sim, "rank %d unpins offset %" PRIu64 ", which is not pinned", r->rank,
                  offset);
        return;
    }
    if (--place->n_pins == 0 && place->is_freed)
        drop_place(r, offset);
}

/* The number of an input; 0 for bytes that hold none. */
static uint64_t number_of(struct rask_view view)
{
    uint64_t value = 0;
    if (view.bytes >= sizeof value)
        memcpy(&value, view.data, sizeof value);
    return value;
}

static struct sim_script *script_of_task(const struct sim_rank *r, const struct rask_task *task)
{
    return &r->sim->scripts.items[number_of(task->inputs[0])];
}

/* The rank in whose store an address lies; NULL: in none. */
static const struct sim_rank *rank_at(const struct rask_sim *sim, const uint8_t *data)
{
    for (uint32_t i = 0; i < sim->config.n_ranks; i++) {
        const uint8_t *memory = sim->ranks[i].memory;
        if (data >= memory && data < memory + (size_t)SIM_PLACES * SIM_PLACE_BYTES)
            return &sim->ranks[i];
    }
    return NULL;
}

/* Inputs in a store must be there as long as the task may read them. */
static void check_inputs(struct sim_rank *r, const struct rask_task *task)
{
    for (uint32_t i = 0; i < task->n_inputs; i++) {
        const uint8_t *data = task->inputs[i].data;
        const struct sim_rank *holder = rank_at(r->sim, data);
        const struct sim_place *place =
            holder == NULL ? NULL : place_at(holder, (uint64_t)(data - holder->memory));
        if (holder != NULL && (place == NULL || place->bytes < task->inputs[i].bytes))
            sim_break(r->sim,
                      "task %" PRIx64 " on rank %d reads input %u of rank %d, which is freed",
                      task->id, r->rank, i, holder->rank);
    }
}

static void schedule_step(struct sim_rank *r, uint32_t id)
{
    const struct sim_run *run = rask_slab_at(&r->runs, id);
    const struct rask_sim_call *call = &r->sim->scripts.items[run->script].call;
    uint64_t ns = call->n_children != 0 ? call->run_ns / 2 : call->run_ns;
    ns += ns * r->slowness_percent / 100;
    struct sim_event *event = sim_event_new(r->sim, r->sim->now_ns + ns, SIM_STEP_END, r->rank);
    if (event != NULL)
        event->run = id;
}

static void note_running(struct sim_rank *r)
{
    if (++r->figures.n_running > r->figures.max_running)
        r->figures.max_running = r->figures.n_running;
}

static void begin(struct sim_rank *r, struct rask_task *task)
{
    uint32_t id;
    char text[40];
    struct sim_script *script = script_of_task(r, task);
    struct sim_run *run = rask_slab_take(&r->runs, &id);
    if (run == NULL) {
        sim_out_of_memory(r->sim);
        return;
    }
    check_inputs(r, task);
    run->task = task;
    run->script = (uint32_t)(script - r->sim->scripts.items);
    script->n_runs++;
    run->is_failing = script->n_runs <= script->call.n_errors ||
                      (script->call.n_good != 0 && script->n_runs > script->call.n_good);
    run->is_killing = script->n_runs <= script->call.n_kills && r->rank != 0;
    r->figures.n_started++;
    note_running(r);
    sim_tell(r->sim, "run %s on %d", sim_name(r->sim, task->id, text, sizeof text), r->rank);
    schedule_step(r, id);
}

/* The most urgent task of the queue; among equals the one that came first. */
static struct rask_task *pop_queue(struct sim_rank *r)
{
    struct rask_task *best = r->queue.items[0];
    for (size_t i = 1; i < r->queue.count; i++) {
        struct rask_task *task = r->queue.items[i];
        if (task->priority_hi < best->priority_hi ||
            (task->priority_hi == best->priority_hi && task->priority_lo < best->priority_lo))
            best = task;
    }
    (void)take_back(r, best);
    return best;
}

static void come_back(struct sim_rank *r, uint32_t id)
{
    struct sim_run *run = rask_slab_at(&r->runs, id);
    run->is_away = 0;
    note_running(r);
    if (rask_worker_seceded(&r->worker, run->task, 0) != RASK_OK)
        sim_out_of_memory(r->sim);
    schedule_step(r, id);
}

static void start_runs(struct sim_rank *r)
{
    while (r->figures.n_running < r->worker.config.n_slots && r->sim->error.code == RASK_OK) {
        if (r->back.count > 0)
            come_back(r, sim_run_ids_pop(&r->back));
        else if (r->queue.count > 0)
            begin(r, pop_queue(r));
        else
            return;
    }
}

/* The result of a run, into its task. */
static void set_result(struct sim_rank *r, struct rask_task *task, const struct rask_sim_call *call,
                       uint64_t value)
{
    uint64_t bytes = call->bytes == 0 ? sizeof value : call->bytes;
    task->status = RASK_OK;
    task->result_bytes = bytes;
    if (bytes > RASK_LIMIT_INLINE_BYTES) {
        task->result_offset = sim_rank_put(r, task->id, bytes, value);
        return;
    }
    task->result = bytes <= RASK_TASK_SMALL_BYTES ? task->small : rask_alloc(bytes);
    if (task->result == NULL) {
        task->status = RASK_ERR_MEMORY;
        return;
    }
    memset(task->result, 0, bytes);
    memcpy(task->result, &value, bytes < sizeof value ? bytes : sizeof value);
}

uint64_t rask_sim_result(const struct rask_sim_call *call, const uint64_t *inputs, uint32_t n)
{
    uint64_t value = call->salt * UINT64_C(0x9e3779b97f4a7c15) + n + 1;
    for (uint32_t i = 0; i < n; i++)
        value = (value ^ inputs[i]) * UINT64_C(0xff51afd7ed558ccd) + (value >> 29);
    for (uint32_t i = 0; i < call->n_children; i++)
        value += (value >> 7) ^ i;
    return call->bytes != 0 && call->bytes < sizeof value ? 0 : value;
}

/* The numbers of a task's results as inputs, in order; the first input is the script. */
static uint64_t compute(struct sim_rank *r, const struct rask_task *task,
                        const struct rask_sim_call *call)
{
    struct sim_ids values = {0};
    for (uint32_t i = 1; i < task->n_inputs; i++)
        if (sim_ids_push(&values, number_of(task->inputs[i])) != 0)
            sim_out_of_memory(r->sim);
    uint64_t value = rask_sim_result(call, values.items, (uint32_t)values.count);
    sim_ids_release(&values);
    return value;
}

static void set_failure(struct sim_rank *r, struct rask_task *task, rask_status code,
                        const char *text)
{
    task->status = code;
    task->error_text = rask_strdup(text);
    if (task->error_text == NULL)
        sim_out_of_memory(r->sim);
}

static void end_run(struct sim_rank *r, uint32_t id, rask_status code, const char *text)
{
    struct sim_run *run = rask_slab_at(&r->runs, id);
    struct rask_task *task = run->task;
    const struct rask_sim_call *call = &r->sim->scripts.items[run->script].call;
    char name[40];
    check_inputs(r, task);
    task->duration_ns = call->run_ns + call->run_ns * r->slowness_percent / 100;
    if (code == RASK_OK)
        set_result(r, task, call, compute(r, task, call));
    else
        set_failure(r, task, code, text);
    sim_tell(r->sim, "%s %s on %d", code == RASK_OK ? "done" : "error",
             sim_name(r->sim, task->id, name, sizeof name), r->rank);
    if (rask_worker_finished(&r->worker, task) != RASK_OK)
        sim_out_of_memory(r->sim);
    for (size_t i = 0; i < run->children.count; i++)
        rask_sim_release(r->sim, run->children.items[i]);
    sim_ids_release(&run->children);
    rask_slab_give(&r->runs, id);
    r->figures.n_running--;
}

static void submit_children(struct sim_rank *r, struct sim_run *run)
{
    struct rask_sim_call parent = r->sim->scripts.items[run->script].call;
    struct rask_sim_call child = {.run_ns = parent.child_ns, .as = {.parent = run->task->id}};
    if (parent.child_depth > 0) {
        child.n_children = parent.n_children;
        child.child_ns = parent.child_ns;
        child.child_depth = parent.child_depth - 1;
    }
    for (uint32_t i = 0; i < parent.n_children; i++) {
        child.salt = parent.salt + i;
        uint64_t id = rask_sim_submit(r->sim, r->rank, &child);
        if (id == 0 || sim_ids_push(&run->children, id) != 0)
            sim_out_of_memory(r->sim);
    }
}

/* Half way: the task leaves its slot and waits for tasks of its own. */
static void secede(struct sim_rank *r, uint32_t id)
{
    struct sim_run *run = rask_slab_at(&r->runs, id);
    run->step = 1;
    run->is_away = 1;
    r->figures.n_running--;
    submit_children(r, run);
    if (rask_worker_seceded(&r->worker, run->task, 1) != RASK_OK)
        sim_out_of_memory(r->sim);
}

/* Whether a child failed: 1, all are right: 0, not all are there yet: -1. */
static int look_at_children(struct sim_rank *r, const struct sim_run *run)
{
    int has_failed = 0;
    struct rask_sim_call child = r->sim->scripts.items[run->script].call;
    child.n_children = child.child_depth > 0 ? child.n_children : 0;
    child.bytes = 0;
    for (size_t i = 0; i < run->children.count; i++) {
        uint64_t value, id = run->children.items[i];
        enum rask_future_state state = rask_sim_state(r->sim, id);
        if (state == RASK_FUTURE_PENDING ||
            (state == RASK_FUTURE_DONE && !rask_sim_value(r->sim, id, &value)))
            return -1;
        has_failed |= state != RASK_FUTURE_DONE;
        if (state == RASK_FUTURE_DONE && value != rask_sim_result(&child, NULL, 0))
            sim_break(r->sim, "child %" PRIx64 " has a wrong result", id);
        child.salt++;
    }
    return has_failed;
}

static void look_at_waiting(struct sim_rank *r)
{
    for (uint32_t id = rask_slab_next(&r->runs, 1); id != 0;
         id = rask_slab_next(&r->runs, id + 1)) {
        struct sim_run *run = rask_slab_at(&r->runs, id);
        int outcome = run->step == 1 ? look_at_children(r, run) : -1;
        if (outcome < 0)
            continue;
        run->step = 2;
        run->is_failing = outcome > 0;
        if (sim_run_ids_push(&r->back, id) != 0)
            sim_out_of_memory(r->sim);
    }
}

static const char *scripted_error(const struct sim_rank *r, const struct sim_run *run, char *text)
{
    snprintf(text, 60, "scripted error of run %u", r->sim->scripts.items[run->script].n_runs);
    return text;
}

void sim_rank_step_end(struct sim_rank *r, uint32_t id)
{
    char text[60];
    struct sim_run *run = rask_slab_at(&r->runs, id);
    const struct rask_sim_call *call = &r->sim->scripts.items[run->script].call;
    if (run->is_killing)
        rask_sim_lose(r->sim, r->rank);
    else if (call->is_polite && rask_task_notice_cancel(run->task))
        end_run(r, id, RASK_ERR_CANCELLED, "told to stop");
    else if (run->is_failing)
        end_run(r, id, RASK_ERR_TASK,
                run->step == 0 ? scripted_error(r, run, text) : "a child failed");
    else if (run->step == 0 && call->n_children > 0)
        secede(r, id);
    else
        end_run(r, id, RASK_OK, "");
}

void sim_rank_fetched(struct sim_rank *r, const struct rask_worker_fetch *fetch)
{
    struct rask_sim *sim = r->sim;
    const struct sim_rank *holder = &sim->ranks[fetch->holder];
    rask_status status = RASK_OK;
    uint64_t offset = RASK_WIRE_NO_OFFSET, value;
    if (holder->is_lost) {
        status = RASK_ERR_PEER_LOST;
    } else if (!sim_rank_holds(holder, fetch->object, fetch->offset)) {
        sim_break(sim, "rank %d read object %" PRIx64 " of living rank %d, which has freed it",
                  r->rank, fetch->object, fetch->holder);
        return;
    } else if (sim->config.no_room_one_in != 0 &&
               sim_random(sim, sim->config.no_room_one_in) == 0) {
        status = RASK_ERR_MEMORY;
    } else {
        memcpy(&value, holder->memory + fetch->offset, sizeof value);
        offset = sim_rank_put(r, fetch->object, fetch->part_bytes, value);
        r->figures.n_fetched++;
    }
    if (rask_worker_fetched(&r->worker, fetch->request, offset, status) != RASK_OK)
        sim_out_of_memory(sim);
}

static void start_fetch(struct sim_rank *r, const struct rask_worker_fetch *fetch)
{
    struct rask_sim *sim = r->sim;
    const struct sim_rank *holder = &sim->ranks[fetch->holder];
    char text[40];
    sim_tell(sim, "fetch %s %d to %d", sim_name(sim, fetch->object, text, sizeof text),
             fetch->holder, r->rank);
    if (!holder->is_lost && !sim_rank_holds(holder, fetch->object, fetch->offset))
        sim_break(sim, "rank %d fetches object %" PRIx64 " of living rank %d, which has freed it",
                  r->rank, fetch->object, fetch->holder);
    uint64_t ns = 2 * sim_latency(sim, r->rank) + fetch->part_bytes * sim->config.ns_per_kib / 1024;
    struct sim_event *event = sim_event_new(sim, sim->now_ns + ns, SIM_FETCHED, r->rank);
    if (event != NULL)
        event->fetch = *fetch;
}

/* Notes which assignments came, and that each is answered once. */
static void note_run(struct sim_rank *r, const uint8_t *record)
{
    struct rask_msg_run m;
    if (rask_wire_get_run(record, &m) != 0)
        return;
    while (r->outstanding.count <= m.slot)
        if (sim_epochs_push(&r->outstanding, 0) != 0) {
            sim_out_of_memory(r->sim);
            return;
        }
    if (r->outstanding.items[m.slot] != 0)
        sim_break(r->sim, "rank %d got a second assignment in slot %u", r->rank, m.slot);
    r->outstanding.items[m.slot] = m.epoch;
    r->figures.n_assigned++;
}

static void note_answer(struct sim_rank *r, uint32_t slot, uint32_t epoch)
{
    if (slot >= r->outstanding.count || r->outstanding.items[slot] != epoch)
        sim_break(r->sim, "rank %d answered assignment %u.%u twice, or never had it", r->rank, slot,
                  epoch);
    else
        r->outstanding.items[slot] = 0;
}

static void note_answers(struct sim_rank *r, const uint8_t *record)
{
    struct rask_msg_done done;
    struct rask_msg_erred erred;
    struct rask_msg_returned returned;
    struct rask_msg_missing missing;
    uint16_t id = rask_wire_id(record);
    if (id == RASK_MESSAGE_DONE && rask_wire_get_done(record, &done) == 0)
        note_answer(r, done.slot, done.epoch);
    else if (id == RASK_MESSAGE_ERRED && rask_wire_get_erred(record, &erred) == 0)
        note_answer(r, erred.slot, erred.epoch);
    else if (id == RASK_MESSAGE_RETURNED && rask_wire_get_returned(record, &returned) == 0)
        note_answer(r, returned.slot, returned.epoch);
    else if (id == RASK_MESSAGE_MISSING && rask_wire_get_missing(record, &missing) == 0)
        for (uint32_t i = 0; i < missing.n_ended; i++)
            note_answer(r, missing.ended[i].slot, missing.ended[i].epoch);
}

void sim_rank_receive(struct sim_rank *r, const struct rask_buf *batch)
{
    size_t at = 0;
    int is_malformed = 0;
    const uint8_t *record;
    struct rask_error error;
    while ((record = rask_wire_next(batch->data, batch->size, &at, &is_malformed)) != NULL) {
        rask_status status;
        if (rask_wire_id(record) == RASK_MESSAGE_RUN)
            note_run(r, record);
        if (rask_wire_role(rask_wire_id(record)) == RASK_ROLE_WORKER)
            status = rask_worker_receive(&r->worker, record, &error);
        else
            status = rask_client_receive(&r->client, record, &error);
        if (status == RASK_ERR_MEMORY)
            sim_out_of_memory(r->sim);
        else if (status != RASK_OK)
            sim_break(r->sim, "rank %d: %s", r->rank, error.text);
    }
    if (is_malformed)
        sim_break(r->sim, "rank %d got a malformed batch", r->rank);
}

/* Arrivals first: the client pins what the scheduler may have freed meanwhile. */
static void take_arrivals(struct sim_rank *r)
{
    for (size_t i = 0; i < r->worker.arrivals.count; i++) {
        struct rask_worker_arrival a = r->worker.arrivals.items[i];
        uint32_t n = rask_client_arrived(&r->client, a.object, a.holder, a.offset, a.status);
        if (n == 0)
            continue;
        struct sim_place *place = place_at(r, a.offset);
        if (place == NULL || place->object != a.object)
            sim_break(r->sim, "client %d got object %" PRIx64 ", which is not there", r->rank,
                      a.object);
        else
            place->n_pins += n;
    }
    r->worker.arrivals.count = 0;
}

static void send_output(struct sim_rank *r)
{
    struct rask_buf batch = {0};
    size_t at = 0;
    int is_malformed = 0;
    const uint8_t *record;
    if (!r->is_started)
        return;
    while ((record = rask_wire_next(r->worker.out.data, r->worker.out.size, &at, &is_malformed)) !=
           NULL)
        note_answers(r, record);
    sim_send_to_sched(r, &r->worker.out);
    if (rask_client_take(&r->client, &batch) != RASK_OK)
        sim_out_of_memory(r->sim);
    sim_send_to_sched(r, &batch);
    rask_buf_release(&batch);
}

void sim_rank_turn(struct sim_rank *r)
{
    struct rask_error error;
    uint32_t n;
    r->has_turn = 0;
    look_at_waiting(r);
    take_arrivals(r);
    struct rask_task *next, *task = rask_worker_take_ready(&r->worker, &n);
    for (; task != NULL; task = next) {
        next = task->next;
        if (sim_tasks_push(&r->queue, task) != 0)
            sim_out_of_memory(r->sim);
    }
    for (size_t i = 0; i < r->worker.fetches.count; i++)
        start_fetch(r, &r->worker.fetches.items[i]);
    r->worker.fetches.count = 0;
    for (size_t i = 0; i < r->worker.frees.count; i++)
        free_place(r, r->worker.frees.items[i]);
    r->worker.frees.count = 0;
    start_runs(r);
    send_output(r);
    if (rask_worker_check(&r->worker, &error) != RASK_OK ||
        rask_client_check(&r->client, &error) != RASK_OK)
        sim_break(r->sim, "%s", error.text);
    if (r->worker.arrivals.count != 0 || r->worker.fetches.count != 0)
        sim_wake_rank(r->sim, r->rank);
}

/* The call as bytes: the number of the script, then the results, or the first 8 bytes of each. */
static int write_call(struct rask_buf *buf, uint64_t script, const struct rask_sim_call *call)
{
    static const struct rask_call_part part = {.bytes = 8};
    uint32_t n = call->n_deps + 1, entry = sizeof script;
    size_t table_bytes = rask_call_table_bytes(n);
    size_t size =
        table_bytes + sizeof script + (call->takes_parts ? call->n_deps : 0) * sizeof part;
    uint8_t *at = rask_buf_room(buf, size);
    if (at == NULL)
        return -1;
    memset(at, 0, table_bytes);
    memcpy(at, &n, sizeof n);
    memcpy(at + sizeof n, &entry, sizeof entry);
    memcpy(at + table_bytes, &script, sizeof script);
    entry = call->takes_parts ? RASK_CALL_PART : RASK_CALL_RESULT;
    for (uint32_t i = 0; i < call->n_deps; i++) {
        memcpy(at + (i + 2) * sizeof entry, &entry, sizeof entry);
        if (call->takes_parts)
            memcpy(at + table_bytes + sizeof script + i * sizeof part, &part, sizeof part);
    }
    return 0;
}

static int add_script(struct rask_sim *sim, uint64_t id, const struct rask_sim_call *call)
{
    struct sim_script script = {.call = *call, .id = id};
    script.call.deps = NULL;
    script.call.as = (struct rask_msg_submit){0};
    return rask_map64_put(&sim->script_of, id, (uint32_t)sim->scripts.count) != 0 ||
                   sim_scripts_push(&sim->scripts, script) != 0
               ? -1
               : 0;
}

uint64_t rask_sim_submit(struct rask_sim *sim, int32_t rank, const struct rask_sim_call *call)
{
    struct sim_rank *r = &sim->ranks[rank];
    struct rask_claim *claim;
    struct rask_buf bytes = {0};
    uint64_t id = rask_client_new(&r->client, &claim);
    if (id == 0 || write_call(&bytes, sim->scripts.count, call) != 0 ||
        add_script(sim, id, call) != 0) {
        sim_out_of_memory(sim);
        rask_buf_release(&bytes);
        return 0;
    }
    struct rask_msg_submit m = call->as;
    m.task = id;
    m.order = m.order == 0 ? id : m.order;
    m.dep = call->deps;
    m.n_dep = call->n_deps;
    m.call = bytes.data;
    m.n_call = (uint32_t)bytes.size;
    if (rask_wire_put_submit(&r->client.out, &m) != 0)
        sim_out_of_memory(sim);
    rask_buf_release(&bytes);
    if (m.flags & RASK_SUBMIT_UNCLAIMED)
        rask_client_drop(&r->client, id);
    sim_wake_rank(sim, rank);
    return id;
}

uint64_t rask_sim_scatter(struct rask_sim *sim, int32_t rank, const struct rask_sim_data *data)
{
    struct sim_rank *r = &sim->ranks[rank];
    struct rask_claim *claim;
    uint8_t inline_data[RASK_LIMIT_INLINE_BYTES] = {0};
    uint64_t id = rask_client_new(&r->client, &claim);
    if (id == 0) {
        sim_out_of_memory(sim);
        return 0;
    }
    struct rask_msg_scatter m = data->as;
    m.task = id;
    m.bytes = data->bytes == 0 ? sizeof data->value : data->bytes;
    m.offset = RASK_WIRE_NO_OFFSET;
    if (m.bytes > sizeof inline_data) {
        m.offset = sim_rank_put(r, id, m.bytes, data->value);
    } else {
        memcpy(inline_data, &data->value, sizeof data->value);
        m.data = inline_data;
        m.n_data = (uint32_t)m.bytes;
    }
    if (rask_wire_put_scatter(&r->client.out, &m) != 0)
        sim_out_of_memory(sim);
    sim_wake_rank(sim, rank);
    return id;
}

static struct sim_rank *rank_of(const struct rask_sim *sim, uint64_t id)
{
    return &sim->ranks[rask_id_client(id)];
}

void rask_sim_release(struct rask_sim *sim, uint64_t id)
{
    struct sim_rank *r = rank_of(sim, id);
    uint64_t pinned;
    rask_client_release(&r->client, id, &pinned);
    if (pinned != RASK_WIRE_NO_OFFSET)
        unpin(r, pinned);
    sim_wake_rank(sim, r->rank);
}

void rask_sim_cancel(struct rask_sim *sim, uint64_t id)
{
    struct sim_rank *r = rank_of(sim, id);
    struct rask_msg_cancel_tasks m = {.task = &id, .n_task = 1};
    if (rask_wire_put_cancel_tasks(&r->client.out, &m) != 0)
        sim_out_of_memory(sim);
    sim_wake_rank(sim, r->rank);
}

enum rask_future_state rask_sim_state(const struct rask_sim *sim, uint64_t id)
{
    const struct rask_claim *claim = rask_client_find(&rank_of(sim, id)->client, id);
    return claim == NULL ? RASK_FUTURE_NONE : (enum rask_future_state)claim->state;
}

/* The client has its result in this rank's own store, and pins it there. */
static void pin_own(struct sim_rank *r, struct rask_claim *claim)
{
    struct sim_place *place = place_at(r, claim->offset);
    if (!sim_rank_holds(r, claim->object, claim->offset)) {
        sim_break(r->sim, "client %d was told of object %" PRIx64 " here, which is freed", r->rank,
                  claim->object);
        return;
    }
    place->n_pins++;
    rask_client_pinned(&r->client, claim);
}

static void fetch_for_client(struct sim_rank *r, uint64_t id, struct rask_claim *claim)
{
    struct rask_wire_input object = {claim->object, claim->offset, claim->bytes, claim->holder, 0};
    if (rask_client_want(&r->client, id, claim) != RASK_OK ||
        rask_worker_want(&r->worker, &object) != RASK_OK)
        sim_out_of_memory(r->sim);
    sim_wake_rank(r->sim, r->rank);
}

static int is_near(struct sim_rank *r, const struct rask_claim *claim)
{
    struct rask_wire_input object = {claim->object, claim->offset, claim->bytes, claim->holder, 0};
    return r->worker.config.in_place != NULL && in_place(r, &object) != NULL;
}

int rask_sim_value(struct rask_sim *sim, uint64_t id, uint64_t *value)
{
    struct sim_rank *r = rank_of(sim, id);
    struct rask_claim *claim = rask_client_find(&r->client, id);
    enum rask_claim_place place = claim == NULL ? RASK_PLACE_NONE : rask_client_where(claim);
    if (place == RASK_PLACE_ELSEWHERE && claim->holder == r->rank)
        pin_own(r, claim);
    else if (place == RASK_PLACE_ELSEWHERE && is_near(r, claim))
        rask_client_near(&r->client, claim);
    else if (place == RASK_PLACE_ELSEWHERE || place == RASK_PLACE_NO_ROOM)
        fetch_for_client(r, id, claim);
    if (place == RASK_PLACE_NONE)
        return 0;
    place = rask_client_where(claim);
    if (place == RASK_PLACE_HERE)
        *value = number_of((struct rask_view){r->memory + claim->offset, claim->bytes});
    else if (place == RASK_PLACE_NEAR)
        *value = number_of(
            (struct rask_view){sim->ranks[claim->holder].memory + claim->offset, claim->bytes});
    else if (place == RASK_PLACE_INLINE)
        *value = number_of(rask_client_inline(claim));
    return place == RASK_PLACE_HERE || place == RASK_PLACE_NEAR || place == RASK_PLACE_INLINE;
}

rask_status rask_sim_failure(const struct rask_sim *sim, uint64_t id, const char **text)
{
    const struct rask_claim *claim = rask_client_find(&rank_of(sim, id)->client, id);
    if (claim == NULL ||
        (claim->state != RASK_FUTURE_FAILED && claim->state != RASK_FUTURE_CANCELLED))
        return RASK_OK;
    const struct rask_error *error = claim->data;
    if (text != NULL)
        *text = error->text;
    return error->code;
}

void rask_sim_pause(struct rask_sim *sim, int32_t rank, int is_paused)
{
    struct sim_rank *r = &sim->ranks[rank];
    struct rask_msg_paused m = {.rank = rank, .is_paused = is_paused != 0};
    if (rask_wire_put_paused(&r->worker.out, &m) != 0)
        sim_out_of_memory(sim);
    sim_wake_rank(sim, rank);
}
