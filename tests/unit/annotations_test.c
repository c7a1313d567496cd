/* SPDX-License-Identifier: BSD-3-Clause */
/* annotations_test.c: annotations of single calls and of nodes of a graph take effect; what the
 * results do not show is read from the event trace. */
#include <rask/graph.h>
#include <rask/task.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "api_home.h"

#define N_ROUNDS 20
#define N_AT_ONCE 40
#define N_QUICK 32 /* runs that make a function known as a short one */

const char *const home_settings[] = {"check=yes", NULL};

/* Gives its id; not before the gate is opened if its input is not 0. */
static int pass(struct rask_task *task)
{
    const int64_t *is_gated = RASK_INPUT(task, 0, int64_t);
    uint64_t id = rask_task_id(task);
    if (is_gated == NULL)
        return 1;
    if (*is_gated) {
        atomic_fetch_add(&counts->n_entered, 1);
        while (!atomic_load(&counts->is_open) && !rask_task_is_cancelled(task))
            (void)sched_yield();
    }
    return rask_task_return(task, &id, sizeof id);
}
RASK_TASK(pass)

static int turn(struct rask_task *task)
{
    int64_t order = atomic_fetch_add(&counts->n_order, 1);
    return rask_task_return(task, &order, sizeof order);
}
RASK_TASK(turn)

/* Begins a case whose events go to the file; nothing but short tasks is sent ahead. */
static FILE *start_traced(void)
{
    static char setting[64];
    FILE *file = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    snprintf(setting, sizeof setting, "trace=/proc/self/fd/%d", fileno(file));
    const char *const settings[] = {"check=yes", "saturation=1", setting, NULL};
    start_with(HOME_SLOTS, settings);
    return file;
}

static void close_slots(struct rask_future gates[HOME_SLOTS])
{
    int64_t yes = 1;
    atomic_store(&counts->is_open, 0);
    atomic_store(&counts->n_entered, 0);
    for (int i = 0; i < HOME_SLOTS; i++)
        gates[i] = submit(RASK_CALL(pass, RASK_VALUE(yes)));
    while (atomic_load(&counts->n_entered) < HOME_SLOTS)
        CU_ASSERT_EQUAL_FATAL(rask_wait(rask, gates, HOME_SLOTS, 1000000), RASK_ERR_TIMEOUT);
}

static void open_slots(struct rask_future gates[HOME_SLOTS])
{
    atomic_store(&counts->is_open, 1);
    CU_ASSERT_EQUAL(rask_wait(rask, gates, HOME_SLOTS, RASK_FOREVER), RASK_OK);
    rask_release(rask, gates, HOME_SLOTS);
}

/* ---- what the trace tells ---- */

struct move {
    uint64_t task;
    char from[16], to[16];
};

/* The next change of a task's state, or 0 at the end. */
static int next_move(FILE *file, struct move *move)
{
    char line[256];
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "%*s task-state task=%" SCNu64 " %15s -> %15s", &move->task, move->from,
                   move->to) == 3)
            return 1;
    return 0;
}

static int is_one_of(uint64_t id, const uint64_t *ids, size_t n)
{
    while (n > 0 && ids[n - 1] != id)
        n--;
    return n > 0;
}

/* How many of these tasks were sent to the worker while all its slots were taken. */
static size_t count_sent_ahead(FILE *file, const uint64_t *ids, size_t n)
{
    struct move move;
    size_t n_ahead = 0, n_sent = 0;
    int n_busy = 0;
    rewind(file);
    while (next_move(file, &move)) {
        int is_sent = strcmp(move.to, "processing") == 0;
        if (is_sent && is_one_of(move.task, ids, n)) {
            n_sent++;
            n_ahead += n_busy >= HOME_SLOTS;
        }
        n_busy += is_sent - (strcmp(move.from, "processing") == 0);
    }
    CU_ASSERT_EQUAL(n_busy, 0);
    CU_ASSERT_EQUAL(n_sent, n);
    return n_ahead;
}

/* ---- producers ---- */

static void submit_singly(const struct rask_call *call, struct rask_future futures[N_AT_ONCE])
{
    for (int i = 0; i < N_AT_ONCE; i++)
        futures[i] = submit(call);
}

static void submit_as_graph(const struct rask_call *call, struct rask_future futures[N_AT_ONCE])
{
    struct rask_graph *graph = NULL;
    struct rask_node node;
    CU_ASSERT_EQUAL_FATAL(rask_graph_new(rask, &graph, &error), RASK_OK);
    for (int i = 0; i < N_AT_ONCE; i++) {
        CU_ASSERT_EQUAL_FATAL(rask_graph_add(graph, call, &node, &error), RASK_OK);
        CU_ASSERT_EQUAL_FATAL(rask_graph_want(graph, node, &error), RASK_OK);
    }
    CU_ASSERT_EQUAL_FATAL(rask_graph_submit(graph, NULL, futures, &error), RASK_OK);
    rask_graph_free(graph);
}

/* More short tasks at once than there are slots, several times: how many are sent ahead. */
static size_t sent_ahead(void (*submit_all)(const struct rask_call *, struct rask_future *),
                         const struct rask_call_options *options)
{
    static uint64_t ids[N_ROUNDS * N_AT_ONCE];
    struct rask_future futures[N_AT_ONCE];
    int64_t no = 0;
    FILE *file = start_traced();
    for (int i = 0; i < N_QUICK; i++) {
        futures[0] = submit(RASK_CALL(pass, RASK_VALUE(no)));
        CU_ASSERT(value_of(futures[0]) > 0);
        rask_release(rask, futures, 1);
    }
    for (size_t round = 0; round < N_ROUNDS; round++) {
        submit_all(RASK_CALL_WITH(options, pass, RASK_VALUE(no)), futures);
        for (size_t i = 0; i < N_AT_ONCE; i++)
            ids[round * N_AT_ONCE + i] = (uint64_t)value_of(futures[i]);
        rask_release(rask, futures, N_AT_ONCE);
    }
    stop();
    size_t n_ahead = count_sent_ahead(file, ids, N_ROUNDS * N_AT_ONCE);
    fclose(file);
    return n_ahead;
}

static void sends_no_producer_ahead(void)
{
    static const struct rask_call_options producer = {.size = sizeof producer, .is_producer = 1};
    CU_ASSERT(sent_ahead(submit_singly, NULL) > 0);
    CU_ASSERT(sent_ahead(submit_as_graph, NULL) > 0);
    CU_ASSERT_EQUAL(sent_ahead(submit_singly, &producer), 0);
    CU_ASSERT_EQUAL(sent_ahead(submit_as_graph, &producer), 0);
}

/* ---- priority, and the id ---- */

/* The last of many is the urgent one; it is in the first slot that gets free, or next to it. */
static void runs_the_urgent_node_of_a_graph_first(void)
{
    static const struct rask_call_options urgent = {.size = sizeof urgent, .priority = 5};
    static const char *const settings[] = {"check=yes", "saturation=1", NULL};
    struct rask_future gates[HOME_SLOTS], futures[N_AT_ONCE];
    struct rask_graph *graph = NULL;
    struct rask_node node;
    start_with(HOME_SLOTS, settings);
    CU_ASSERT_EQUAL_FATAL(rask_graph_new(rask, &graph, &error), RASK_OK);
    for (int i = 0; i < N_AT_ONCE; i++) {
        struct rask_call call = {.function = turn, .options = i == N_AT_ONCE - 1 ? &urgent : NULL};
        CU_ASSERT_EQUAL_FATAL(rask_graph_add(graph, &call, &node, &error), RASK_OK);
        CU_ASSERT_EQUAL_FATAL(rask_graph_want(graph, node, &error), RASK_OK);
    }
    close_slots(gates);
    CU_ASSERT_EQUAL_FATAL(rask_graph_submit(graph, NULL, futures, &error), RASK_OK);
    rask_graph_free(graph);
    do {
        CU_ASSERT_EQUAL_FATAL(rask_wait(rask, futures, N_AT_ONCE, 1000000), RASK_ERR_TIMEOUT);
    } while (rask_counter(rask, "tasks_submitted") < N_AT_ONCE + HOME_SLOTS);
    open_slots(gates);
    CU_ASSERT(value_of(futures[N_AT_ONCE - 1]) < HOME_SLOTS);
    rask_release(rask, futures, N_AT_ONCE);
    stop();
}

/* The id that a task sees is the one that the trace tells of. */
static void tells_tasks_their_ids(void)
{
    uint64_t ids[N_AT_ONCE];
    struct rask_future futures[N_AT_ONCE];
    int64_t no = 0;
    FILE *file = start_traced();
    submit_singly(RASK_CALL(pass, RASK_VALUE(no)), futures);
    for (size_t i = 0; i < N_AT_ONCE; i++) {
        ids[i] = (uint64_t)value_of(futures[i]);
        CU_ASSERT_FALSE(is_one_of(ids[i], ids, i));
    }
    rask_release(rask, futures, N_AT_ONCE);
    stop();
    (void)count_sent_ahead(file, ids, N_AT_ONCE);
    fclose(file);
}

RASK_UNIT_MAIN("annotations", {"sends no producer ahead", sends_no_producer_ahead},
               {"runs the urgent node of a graph first", runs_the_urgent_node_of_a_graph_first},
               {"tells tasks their ids", tells_tasks_their_ids})
