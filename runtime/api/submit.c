/* SPDX-License-Identifier: BSD-3-Clause */
/* submit.c: from a call to a SUBMIT record in the client's output: finding the function, checking
 * and packing the inputs, the key of a pure call. Nothing is allocated for a call of a few small
 * inputs.
 *
 * Records gather in the client's output and go to the scheduler when somebody turns the loop; the
 * submitting thread does it itself when nothing was under way (so that work begins at once) and
 * every RECORDS_PER_TURN records, unless another thread has just done so. One task is left for this
 * thread's own slot: it runs it when it waits, or the helper does a moment later. */
#include "api/runtime.h"

#include "api/content.h"
#include "api/options.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "wire/call.h"

#include <rask/future.h>
#include <stdio.h>
#include <string.h>

#define RECORDS_PER_TURN 32u
#define SUBMIT_STALE_NS 5000u
#define STACK_CALL_BYTES 1024u
#define STACK_DEPS 32u

/* A call made ready to be submitted. */
struct packed {
    struct rask_msg_submit m;
    uint64_t *deps; /* `stack_deps`, or memory of its own */
    uint8_t *call; /* `stack_call`, or memory of its own */
    struct rask_future *scattered; /* inputs that were too large for the call; [own] */
    size_t n_scattered;
    uint64_t key[2];
    uint32_t *allow; /* [own] */
    struct rask_wire_resource resources[RASK_LIMIT_RESOURCES];
    uint64_t stack_deps[STACK_DEPS];
    _Alignas(8) uint8_t stack_call[STACK_CALL_BYTES];
};

static void unpack(struct rask *rask, struct packed *p)
{
    if (p->n_scattered > 0)
        rask_release(rask, p->scattered, p->n_scattered);
    rask_free(p->scattered);
    if (p->deps != p->stack_deps)
        rask_free(p->deps);
    if (p->call != p->stack_call)
        rask_free(p->call);
    rask_free(p->allow);
}

static rask_status find_function(const struct rask_runtime *rt, const struct rask_call *call,
                                 uint32_t *function, struct rask_error *error)
{
    *function = call->function != NULL ? rask_registry_find(rt->registry, call->function)
                : call->name != NULL   ? rask_registry_find_name(rt->registry, call->name)
                                       : RASK_REGISTRY_NONE;
    if (*function != RASK_REGISTRY_NONE)
        return RASK_OK;
    if (call->function == NULL && call->name == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "a call without a function");
    return rask_registry_unknown(rt->registry, call->name, call->function, error);
}

/* Scatters an input that is too large for the call; as pure data if the call is pure. */
static rask_status scatter_input(struct rask *rask, const struct rask_call *call, size_t index,
                                 struct packed *p, struct rask_error *error)
{
    struct rask_view view = {call->inputs[index].data, call->inputs[index].bytes};
    struct rask_scatter_options options = {
        .size = sizeof options, .is_pure = call->options != NULL && call->options->is_pure};
    if (p->scattered == NULL)
        p->scattered = rask_alloc_zeroed(call->n_inputs, sizeof *p->scattered);
    if (p->scattered == NULL)
        return rask_error_memory(error, call->n_inputs * sizeof *p->scattered,
                                 "the inputs of a call");
    rask_status status = rask_scatter(rask, view, &options, &p->scattered[p->n_scattered], error);
    if (status == RASK_OK)
        p->n_scattered++;
    return status;
}

/* The entry of an input that is a result. */
static uint32_t entry_of(const struct rask_input *input)
{
    return input->offset == 0 && input->bytes == 0 ? RASK_CALL_RESULT : RASK_CALL_PART;
}

/* What parts of results take of a packed call. */
static size_t parts_bytes(const struct rask_call *call)
{
    size_t bytes = 0;
    for (size_t i = 0; i < call->n_inputs; i++)
        if (call->inputs[i].data == NULL)
            bytes += rask_call_value_bytes(entry_of(&call->inputs[i]));
    return bytes;
}

/* Adds the values to the bytes of the packed call, which are those of its table and parts so far,
 * and counts the inputs that are results. Values that would not fit are scattered first. */
static rask_status measure(struct rask *rask, const struct rask_call *call, struct packed *p,
                           size_t *call_bytes, struct rask_error *error)
{
    size_t bytes = *call_bytes;
    uint32_t n_deps = 0;
    for (size_t i = 0; i < call->n_inputs; i++) {
        const struct rask_input *input = &call->inputs[i];
        size_t padded = rask_wire_pad(input->bytes);
        if (input->data == NULL) {
            if (input->future.id == 0)
                return rask_error_set(
                    error, RASK_ERR_ARGUMENT, "input %zu is %s", i,
                    input->node != 0 ? "a node of a graph: add the call to the graph, or submit "
                                       "the graph and take the node's future"
                                     : "neither a future nor bytes");
            n_deps++;
            continue;
        }
        if (input->bytes > RASK_LIMIT_CALL_BYTES || bytes + padded > RASK_LIMIT_CALL_BYTES) {
            rask_status status = scatter_input(rask, call, i, p, error);
            if (status != RASK_OK)
                return status;
            n_deps++;
            continue;
        }
        bytes += padded;
    }
    p->m.n_dep = n_deps;
    *call_bytes = call->n_inputs == 0 ? 0 : bytes;
    return RASK_OK;
}

/* Whether the inputs, and `n_more` that are bytes, are not too many for a call. */
static rask_status check_count(const struct rask_call *call, size_t n_more,
                               struct rask_error *error)
{
    size_t n = call->n_inputs + n_more;
    if (call->n_inputs > RASK_CALL_INPUTS_MOST - n_more)
        return rask_error_set(
            error, RASK_ERR_LIMIT,
            "a call of %zu inputs; at most %u are possible: combine them by a tree", n,
            RASK_CALL_INPUTS_MOST);
    if (rask_call_table_bytes((uint32_t)n) + parts_bytes(call) > RASK_LIMIT_CALL_BYTES)
        return rask_error_set(
            error, RASK_ERR_LIMIT,
            "a call of %zu inputs, %zu of them parts of results; at most %zu parts are possible: "
            "combine them by a tree",
            n, parts_bytes(call) / sizeof(struct rask_call_part),
            (RASK_LIMIT_CALL_BYTES - rask_call_table_bytes((uint32_t)n)) /
                sizeof(struct rask_call_part));
    return RASK_OK;
}

/* Writes table and values; results and scattered inputs become dependencies. */
static rask_status pack_inputs(struct rask *rask, const struct rask_call *call, struct packed *p,
                               struct rask_error *error)
{
    size_t call_bytes = 0, fixed_bytes = 0; /* in all; table and parts of them */
    rask_status status = check_count(call, 0, error);
    if (status == RASK_OK)
        call_bytes = fixed_bytes =
            rask_call_table_bytes((uint32_t)call->n_inputs) + parts_bytes(call);
    if (status == RASK_OK)
        status = measure(rask, call, p, &call_bytes, error);
    if (status != RASK_OK || call_bytes == 0)
        return status;
    if (call_bytes > STACK_CALL_BYTES)
        p->call = rask_alloc(call_bytes);
    if (p->m.n_dep > STACK_DEPS)
        p->deps = rask_alloc(p->m.n_dep * sizeof *p->deps);
    if (p->call == NULL || p->deps == NULL)
        return rask_error_memory(error, call_bytes, "a call");
    uint32_t *table = (uint32_t *)(void *)p->call;
    uint8_t *value = p->call + rask_call_table_bytes((uint32_t)call->n_inputs);
    uint32_t n_deps = 0, n_scattered = 0;
    table[rask_call_table_bytes((uint32_t)call->n_inputs) / sizeof *table - 1] = 0;
    table[0] = (uint32_t)call->n_inputs;
    size_t room = call_bytes - fixed_bytes;
    for (size_t i = 0; i < call->n_inputs; i++) {
        const struct rask_input *input = &call->inputs[i];
        size_t padded = rask_wire_pad(input->bytes);
        table[i + 1] = RASK_CALL_RESULT;
        if (input->data == NULL) {
            const struct rask_call_part part = {input->offset, input->bytes};
            p->deps[n_deps++] = input->future.id;
            table[i + 1] = entry_of(input);
            if (table[i + 1] == RASK_CALL_PART) {
                memcpy(value, &part, sizeof part);
                value += sizeof part;
            }
        } else if (input->bytes > room || padded > room) {
            p->deps[n_deps++] = p->scattered[n_scattered++].id;
        } else {
            table[i + 1] = (uint32_t)input->bytes;
            if (padded != 0)
                memset(value + padded - 8, 0, 8);
            memcpy(value, input->data, input->bytes);
            value += padded;
            room -= padded;
        }
    }
    p->m.call = p->call;
    p->m.n_call = (uint32_t)call_bytes;
    p->m.dep = p->deps;
    return RASK_OK;
}

static rask_status pack_ranks(const struct rask_runtime *rt, const struct rask_call_options *o,
                              struct packed *p, struct rask_error *error)
{
    int32_t n_ranks = rt->boot.comm->caps.n_ranks;
    if (o->n_ranks > RASK_LIMIT_RANKS)
        return rask_error_set(error, RASK_ERR_LIMIT, "a restriction to %zu ranks", o->n_ranks);
    if (o->ranks == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "a restriction to %zu ranks at a NULL address", o->n_ranks);
    p->allow = rask_alloc((o->n_ranks + 1) * sizeof *p->allow);
    if (p->allow == NULL)
        return rask_error_memory(error, o->n_ranks * sizeof *p->allow, "a restriction");
    for (size_t i = 0; i < o->n_ranks; i++) {
        if (o->ranks[i] < 0 || o->ranks[i] >= n_ranks)
            return rask_error_set(error, RASK_ERR_ARGUMENT,
                                  "a task for rank %d; there are ranks 0 to %d", o->ranks[i],
                                  n_ranks - 1);
        p->allow[i] = (uint32_t)o->ranks[i];
    }
    p->m.allow = p->allow;
    p->m.n_allow = (uint32_t)o->n_ranks;
    return RASK_OK;
}

/* Adds one resource to those of the task; one that is named twice counts twice. */
static rask_status add_resource(struct packed *p, const struct rask_resource *resource,
                                struct rask_error *error)
{
    size_t length = resource->name == NULL ? 0 : strlen(resource->name);
    struct rask_wire_resource *at = p->resources;
    char name[RASK_RESOURCE_NAME_BYTES] = {0};
    if (length == 0 || length > RASK_RESOURCE_NAME_BYTES)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "resource '%s': a name has 1 to %d bytes",
                              length == 0 ? "" : resource->name, RASK_RESOURCE_NAME_BYTES);
    memcpy(name, resource->name, length);
    for (; at < p->resources + p->m.n_resource; at++)
        if (memcmp(at->name, name, sizeof name) == 0)
            break;
    if (at == p->resources + p->m.n_resource) {
        memset(at, 0, sizeof *at);
        memcpy(at->name, name, sizeof name);
        p->m.n_resource++;
    }
    if (resource->amount > UINT32_MAX - at->amount)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "resource '%s' is named several times, with more than %u in all",
                              resource->name, UINT32_MAX);
    at->amount += resource->amount;
    return RASK_OK;
}

static rask_status pack_resources(const struct rask_call_options *o, struct packed *p,
                                  struct rask_error *error)
{
    rask_status status = RASK_OK;
    if (o->n_resources > RASK_LIMIT_RESOURCES)
        return rask_error_set(error, RASK_ERR_LIMIT,
                              "a task with %zu resources; at most %u are possible", o->n_resources,
                              RASK_LIMIT_RESOURCES);
    if (o->n_resources != 0 && o->resources == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "a task with %zu resources at a NULL address", o->n_resources);
    p->m.resource = p->resources;
    p->m.n_resource = 0;
    for (size_t i = 0; i < o->n_resources && status == RASK_OK; i++)
        status = add_resource(p, &o->resources[i], error);
    return status;
}

static rask_status pack_options(const struct rask_runtime *rt, const struct rask_call_options *o,
                                struct packed *p, struct rask_error *error)
{
    p->m.priority = o->priority;
    if (o->retries > UINT16_MAX)
        return rask_error_set(error, RASK_ERR_LIMIT,
                              "a task with %u retries; at most %u are possible", o->retries,
                              UINT16_MAX);
    p->m.retries = (uint16_t)o->retries;
    p->m.flags = (uint16_t)((o->is_loose ? RASK_SUBMIT_LOOSE : 0) |
                            (o->is_producer ? RASK_SUBMIT_PRODUCER : 0) |
                            (o->is_forgotten ? RASK_SUBMIT_UNCLAIMED : 0));
    rask_status status = pack_resources(o, p, error);
    return status == RASK_OK && o->n_ranks > 0 ? pack_ranks(rt, o, p, error) : status;
}

/* All that does not need the client's lock. */
static rask_status pack(struct rask *rask, const struct rask_call *call, struct packed *p,
                        struct rask_error *error)
{
    memset(p, 0, offsetof(struct packed, resources));
    p->call = p->stack_call;
    p->deps = p->stack_deps;
    rask_status status = find_function(rask_runtime_of(rask), call, &p->m.function, error);
    if (status == RASK_OK)
        status = pack_inputs(rask, call, p, error);
    if (status == RASK_OK && call->options != NULL)
        status = pack_options(rask_runtime_of(rask), call->options, p, error);
    p->m.parent = rask->task == NULL ? 0 : rask->task->id;
    return status;
}

/* The content key of a pure call: what it was given, or that of function and inputs. */
static void make_key(struct rask_runtime *rt, const struct rask_call *call,
                     const struct rask_key128 *given, struct packed *p)
{
    struct rask_hash hash;
    struct rask_key128 key;
    if (given != NULL) {
        key = *given;
    } else {
        rask_content_begin(&hash, rask_registry_at(rt->registry, p->m.function));
        for (size_t i = 0; i < call->n_inputs; i++)
            rask_content_add(&hash, rask_content_of_input(&rt->loop, &call->inputs[i]));
        key = rask_content_end(&hash);
    }
    p->key[0] = key.lo;
    p->key[1] = key.hi;
    p->m.key = p->key;
    p->m.n_key = 2;
}

/* Puts a packed call into the client's output; the lock is held. */
static rask_status put(struct rask_runtime *rt, struct packed *p, struct rask_future *future,
                       struct rask_error *error)
{
    struct rask_client *client = &rt->loop.client;
    struct rask_claim *claim = NULL;
    for (uint32_t i = 0; i < p->m.n_dep; i++)
        if (rask_client_find(client, p->deps[i]) == NULL)
            return rask_error_set(error, RASK_ERR_ARGUMENT,
                                  "an input's future (%llx) is none, or was released",
                                  (unsigned long long)p->deps[i]);
    if (atomic_load_explicit(&rt->loop.has_ended, memory_order_relaxed))
        return rask_error_set(error, RASK_ERR_STATE, "the job has ended");
    p->m.task = rask_client_new(client, &claim);
    p->m.order = rask_id_sequence(p->m.task);
    if (p->m.task == 0)
        return rask_error_memory(error, sizeof *claim, "a future");
    if (p->m.n_key == 2)
        claim->key = (struct rask_key128){p->key[0], p->key[1]};
    if (rask_wire_put_submit(&client->out, &p->m) != 0) {
        rask_client_drop(client, p->m.task);
        return rask_error_memory(error, p->m.n_call, "a submission");
    }
    int is_unclaimed = (p->m.flags & RASK_SUBMIT_UNCLAIMED) != 0;
    if (is_unclaimed)
        rask_client_drop(client, p->m.task);
    if (future != NULL)
        future->id = is_unclaimed ? 0 : p->m.task;
    rask_client_mark(client);
    return RASK_OK;
}

/* Lets the scheduler have what was submitted, now and then; another thread may be doing that
 * already. */
static void flush(struct rask_runtime *rt, uint64_t n_submitted, uint64_t n_pending)
{
    rask_threads_note(rt);
    if (n_pending <= 1)
        (void)rask_loop_try(&rt->loop, 1);
    else if (n_submitted % RECORDS_PER_TURN == 0 &&
             rask_now_ns() - atomic_load_explicit(&rt->loop.last_turn_ns, memory_order_relaxed) >
                 SUBMIT_STALE_NS)
        (void)rask_loop_try(&rt->loop, 1);
}

static rask_status check_call(const struct rask *rask, const struct rask_call *call,
                              const struct rask_future *future, struct rask_error *error)
{
    if (rask == NULL || call == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "rask_submit without a runtime or a call");
    if (rask_fork_check(rask, error) != RASK_OK)
        return RASK_ERR_STATE;
    if (call->inputs == NULL && call->n_inputs != 0)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "a call of %zu inputs without inputs",
                              call->n_inputs);
    if (future == NULL && (call->options == NULL || !call->options->is_forgotten))
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "rask_submit without a place for the future");
    return RASK_OK;
}

/* A call of this library's own form: `own` and `options` hold it when it has another size. */
static rask_status read_call(const struct rask_call **call, struct rask_call *own,
                             struct rask_call_options *options, struct rask_error *error)
{
    if (*call == NULL || (*call)->options == NULL || (*call)->options->size == sizeof *options)
        return RASK_OK;
    rask_status status =
        rask_options_read((*call)->options, options, sizeof *options, "rask_call_options", error);
    *own = **call;
    own->options = options;
    *call = own;
    return status;
}

rask_status rask_submit_as(struct rask *rask, const struct rask_call *call,
                           const struct rask_key128 *key, struct rask_future *future,
                           struct rask_error *error)
{
    struct packed p;
    struct rask_call own;
    struct rask_call_options options;
    rask_status status = read_call(&call, &own, &options, error);
    if (status == RASK_OK)
        status = check_call(rask, call, future, error);
    if (status != RASK_OK)
        return status;
    struct rask_runtime *rt = rask_runtime_of(rask);
    status = pack(rask, call, &p, error);
    if (status == RASK_OK && call->options != NULL && call->options->is_pure)
        make_key(rt, call, key, &p);
    if (status == RASK_OK) {
        rask_spin_lock(&rt->loop.client_lock);
        status = put(rt, &p, future, error);
        uint64_t n_submitted = rt->loop.client.n_submitted, n_pending = rt->loop.client.n_pending;
        rask_spin_unlock(&rt->loop.client_lock);
        if (status == RASK_OK)
            flush(rt, n_submitted, n_pending);
    }
    unpack(rask, &p);
    return status;
}

rask_status rask_submit(struct rask *rask, const struct rask_call *call, struct rask_future *future,
                        struct rask_error *error)
{
    return rask_submit_as(rask, call, NULL, future, error);
}

rask_status rask_submit_check(struct rask *rask, const struct rask_call *call, uint32_t *function,
                              struct rask_error *error)
{
    struct packed p;
    struct rask_call own;
    struct rask_call_options options;
    memset(&p, 0, offsetof(struct packed, resources));
    rask_status status = read_call(&call, &own, &options, error);
    if (status == RASK_OK)
        status = find_function(rask_runtime_of(rask), call, function, error);
    if (status == RASK_OK)
        status = check_count(call, 0, error);
    if (status == RASK_OK && call->options != NULL)
        status = pack_options(rask_runtime_of(rask), call->options, &p, error);
    rask_free(p.allow);
    return status;
}

/* Whether the results that a call needs are there, and the job is; what `put` finds otherwise. */
static rask_status check_inputs(struct rask_runtime *rt, const struct rask_call *call,
                                struct rask_error *error)
{
    rask_status status = RASK_OK;
    rask_spin_lock(&rt->loop.client_lock);
    for (size_t i = 0; i < call->n_inputs && status == RASK_OK; i++)
        if (call->inputs[i].data == NULL &&
            rask_client_find(&rt->loop.client, call->inputs[i].future.id) == NULL)
            status = rask_error_set(error, RASK_ERR_ARGUMENT,
                                    "input %zu of the call is no future, or was released", i);
    if (status == RASK_OK && atomic_load(&rt->loop.has_ended))
        status = rask_error_set(error, RASK_ERR_STATE, "the job has ended");
    rask_spin_unlock(&rt->loop.client_lock);
    return status;
}

/* All that can be wrong with the call of a map, whose items are one input more, but for want of
 * memory. */
static rask_status check_all(struct rask *rask, const struct rask_call *call,
                             const struct rask_future *futures, struct rask_error *error)
{
    uint32_t function;
    rask_status status = check_call(rask, call, futures, error);
    if (status == RASK_OK)
        status = check_count(call, 1, error);
    if (status == RASK_OK)
        status = rask_submit_check(rask, call, &function, error);
    return status == RASK_OK ? check_inputs(rask_runtime_of(rask), call, error) : status;
}

/* What was submitted before an error is given up again. */
static void take_back(struct rask *rask, struct rask_future *futures, size_t n)
{
    (void)rask_cancel(rask, futures, n);
    rask_release(rask, futures, n);
    for (size_t i = 0; i < n; i++)
        futures[i].id = 0;
}

rask_status rask_map(struct rask *rask, const struct rask_call *call,
                     const struct rask_items *items, struct rask_future *futures,
                     struct rask_error *error)
{
    size_t n_done = 0;
    if (rask == NULL || call == NULL || items == NULL || (futures == NULL && items->count != 0))
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "rask_map without a runtime, a call, items or futures");
    if (items->bytes != 0 && items->data == NULL && items->count != 0)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "rask_map: items at a NULL address");
    if (items->bytes != 0 && items->count > SIZE_MAX / items->bytes)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "rask_map: %zu items of %llu bytes are more than an address space",
                              items->count, (unsigned long long)items->bytes);
    rask_status status = items->count == 0 ? RASK_OK : check_all(rask, call, futures, error);
    if (status != RASK_OK)
        return status;
    struct rask_input *inputs = rask_alloc((call->n_inputs + 1) * sizeof *inputs);
    if (inputs == NULL)
        return rask_error_memory(error, (call->n_inputs + 1) * sizeof *inputs,
                                 "the inputs of a map");
    if (call->n_inputs != 0)
        memcpy(inputs + 1, call->inputs, call->n_inputs * sizeof *inputs);
    struct rask_call each = *call;
    each.inputs = inputs;
    each.n_inputs = call->n_inputs + 1;
    while (n_done < items->count && status == RASK_OK) {
        inputs[0] =
            rask_input_bytes((const uint8_t *)items->data + n_done * items->bytes, items->bytes);
        if (items->bytes == 0)
            inputs[0].data = "";
        status = rask_submit(rask, &each, &futures[n_done], error);
        n_done += status == RASK_OK;
    }
    if (status != RASK_OK)
        take_back(rask, futures, n_done);
    rask_free(inputs);
    return status;
}

rask_status rask_run_everywhere(struct rask *rask, const struct rask_call *call,
                                struct rask_future *futures, struct rask_error *error)
{
    if (rask == NULL || call == NULL || futures == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "rask_run_everywhere without a runtime, a call or futures");
    struct rask_runtime *rt = rask_runtime_of(rask);
    struct rask_call_options options;
    struct rask_call each = *call;
    rask_status status =
        rask_options_read(call->options, &options, sizeof options, "rask_call_options", error);
    size_t n = 0;
    each.options = &options;
    for (int32_t r = 0; r < rt->boot.comm->caps.n_ranks && status == RASK_OK; r++) {
        if (rt->slots[r] == 0)
            continue;
        options.ranks = &r;
        options.n_ranks = 1;
        options.is_pure = 0;
        status = rask_submit(rask, &each, &futures[n], error);
        n += status == RASK_OK;
    }
    if (status != RASK_OK)
        take_back(rask, futures, n);
    return status;
}

/* Data on its way into the job. */
struct scattering {
    struct rask_msg_scatter m;
    struct rask_claim *claim;
    uint64_t key[2]; /* of pure data */
    uint32_t target;
};

/* Where the data shall go, and as what. */
static rask_status address_data(const struct rask_runtime *rt, struct rask_view data,
                                const struct rask_scatter_options *options, struct scattering *s,
                                struct rask_error *error)
{
    if (options->n_ranks > 0 && options->ranks == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "data for %zu ranks at a NULL address",
                              options->n_ranks);
    s->target = options->n_ranks > 0 ? (uint32_t)options->ranks[0] : 0;
    if (options->n_ranks > 0 && s->target >= (uint32_t)rt->boot.comm->caps.n_ranks)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "data for rank %d; there are ranks 0 to %d",
                              options->ranks[0], rt->boot.comm->caps.n_ranks - 1);
    if (options->is_pure) {
        struct rask_key128 content = rask_content_of_bytes(data);
        s->key[0] = content.lo;
        s->key[1] = content.hi;
        s->m.key = s->key;
        s->m.n_key = 2;
    }
    s->m.flags = options->is_broadcast ? RASK_SCATTER_BROADCAST : 0;
    s->m.allow = &s->target;
    s->m.n_allow = options->n_ranks > 0;
    return RASK_OK;
}

/* Puts data into this rank's store, or into the record itself. */
static rask_status put_data(struct rask_runtime *rt, struct rask_view data,
                            struct rask_msg_scatter *m, struct rask_error *error)
{
    m->bytes = data.bytes;
    if (data.bytes <= rt->loop.exec.inline_bytes) {
        m->data = data.data;
        m->n_data = (uint32_t)data.bytes;
        return RASK_OK;
    }
    m->offset = rask_loop_take_room(&rt->loop, m->task, data.bytes);
    if (m->offset == RASK_STORE_NONE)
        return rask_error_set(error, RASK_ERR_MEMORY,
                              "no memory on rank %d for %llu bytes of data (setting `arena`)",
                              rt->boot.comm->caps.rank, (unsigned long long)data.bytes);
    memcpy(rask_store_payload(rt->store, m->offset), data.data, data.bytes);
    return RASK_OK;
}

/* Puts the record into the client's output; the lock is held. */
static rask_status put_scatter(struct rask_loop *loop, struct scattering *s,
                               struct rask_error *error)
{
    if (s->m.n_key != 0)
        s->claim->key = (struct rask_key128){s->key[0], s->key[1]};
    if (atomic_load_explicit(&loop->has_ended, memory_order_relaxed))
        return rask_error_set(error, RASK_ERR_STATE, "the job has ended");
    if (rask_wire_put_scatter(&loop->client.out, &s->m) != 0)
        return rask_error_memory(error, s->m.n_data, "a submission");
    return RASK_OK;
}

/* Numbers a future, and lets the scheduler know of the data. The bytes are copied without the lock.
 * On error there is neither. */
static rask_status scatter(struct rask_runtime *rt, struct rask_view data, struct scattering *s,
                           struct rask_error *error)
{
    struct rask_loop *loop = &rt->loop;
    rask_spin_lock(&loop->client_lock);
    s->m.task = rask_client_new(&loop->client, &s->claim);
    rask_spin_unlock(&loop->client_lock);
    if (s->m.task == 0)
        return rask_error_memory(error, sizeof *s->claim, "a future");
    s->m.offset = RASK_WIRE_NO_OFFSET;
    rask_status status = put_data(rt, data, &s->m, error);
    rask_spin_lock(&loop->client_lock);
    if (status == RASK_OK)
        status = put_scatter(loop, s, error);
    if (status != RASK_OK)
        rask_client_drop(&loop->client, s->m.task);
    rask_client_mark(&loop->client);
    rask_spin_unlock(&loop->client_lock);
    if (status != RASK_OK && s->m.offset != RASK_WIRE_NO_OFFSET)
        rask_store_give(rt->store, s->m.offset);
    (void)rask_loop_try(loop, 0);
    return status;
}

rask_status rask_scatter(struct rask *rask, struct rask_view data,
                         const struct rask_scatter_options *options, struct rask_future *future,
                         struct rask_error *error)
{
    struct rask_scatter_options own;
    struct scattering s = {.target = 0};
    if (rask == NULL || future == NULL || (data.data == NULL && data.bytes != 0))
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "rask_scatter without a runtime, data or a future");
    struct rask_runtime *rt = rask_runtime_of(rask);
    rask_status status = rask_fork_check(rask, error);
    if (status == RASK_OK)
        status = rask_options_read(options, &own, sizeof own, "rask_scatter_options", error);
    if (status == RASK_OK)
        status = address_data(rt, data, &own, &s, error);
    if (status == RASK_OK)
        status = scatter(rt, data, &s, error);
    if (status == RASK_OK)
        future->id = s.m.task;
    return status;
}
