/* SPDX-License-Identifier: BSD-3-Clause */
/* state.h: the scheduler's records. Private to sched/.
 *
 * Everything is a record in a slab with a dense 32-bit id; 0 is none. A task is 64 bytes that are
 * touched at every transition, and 48 that are touched at its start and end. */
#ifndef RASK_SCHED_STATE_H
#define RASK_SCHED_STATE_H

#include "base/hash.h"
#include "base/idset.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/slab.h"
#include "base/vec.h"
#include "sched/ready.h"
#include "sched/sched.h"
#include "wire/wire.h"

/* The states of a task, and what is true in each:
 *   RELEASED    nobody needs the result; the record is lineage of a dependent that lives
 *   WAITING     needed; n_missing > 0 inputs are not there yet
 *   QUEUED      needed, all inputs there; held by the scheduler, in one ready queue
 *   NO_WORKER   as QUEUED, but no worker may run it now
 *   PROCESSING  assigned to (rank, slot, epoch)
 *   LEAVING     assigned, but not needed any more: keeps its inputs until the worker has answered
 *   MEMORY      the result is there: inline here, or with at least one replica
 *   ERRED       failed; `error` tells why
 *   FORGOTTEN   the record is being freed */
/* clang-format off */
#define RASK_TASK_STATES(X)      \
    X(RELEASED, "released")      \
    X(WAITING, "waiting")        \
    X(QUEUED, "queued")          \
    X(NO_WORKER, "no-worker")    \
    X(PROCESSING, "processing")  \
    X(LEAVING, "leaving")        \
    X(MEMORY, "memory")          \
    X(ERRED, "erred")            \
    X(FORGOTTEN, "forgotten")
/* clang-format on */

enum rask_task_state {
#define RASK_TASK_STATE_ENUM(NAME, text) RASK_TASK_##NAME,
    RASK_TASK_STATES(RASK_TASK_STATE_ENUM)
#undef RASK_TASK_STATE_ENUM
        RASK_TASK_N_STATES
};

/* What moves a task; who makes it is in docs/design/sched.md.
 *   WANT     needed (again)               READY   its last input is there
 *   ASSIGN   given to a worker            STARVE  nobody may run it
 *   DONE     a result                     FAIL    no result ever
 *   AGAIN    to run once more: a retry, handed back, its worker or an input lost
 *   DROP     nobody needs it              END     the answer to a LEAVING task
 *   LOSE     the last replica is gone     FORGET  the record goes */
/* clang-format off */
#define RASK_TASK_EVENTS(X)  \
    X(WANT, "want")          \
    X(READY, "ready")        \
    X(ASSIGN, "assign")      \
    X(STARVE, "starve")      \
    X(DONE, "done")          \
    X(FAIL, "fail")          \
    X(AGAIN, "again")        \
    X(DROP, "drop")          \
    X(END, "end")            \
    X(LOSE, "lose")          \
    X(FORGET, "forget")
/* clang-format on */

enum rask_task_event {
#define RASK_TASK_EVENT_ENUM(NAME, text) RASK_EVENT_##NAME,
    RASK_TASK_EVENTS(RASK_TASK_EVENT_ENUM)
#undef RASK_TASK_EVENT_ENUM
        RASK_TASK_N_EVENTS
};

/* flags */
#define RASK_TASK_PRODUCER 1u /* makes much from little: not sent ahead, however short */
#define RASK_TASK_CANCELLED 2u /* LEAVING because the client cancelled: ends in ERRED */
#define RASK_TASK_RELEASED_ID 4u /* the submitting client has let go of task->id */
#define RASK_TASK_SELF_CLAIM 8u /* nobody holds a future: it claims itself until it is finished */
#define RASK_TASK_DATA 16u /* scattered: no function, cannot be computed again */
#define RASK_TASK_SPECIAL 32u /* `extra` restricts where it may run */
#define RASK_TASK_PURE 64u /* `extra` has its key, and the key map names it */
#define RASK_TASK_LOOSE 128u /* its restriction is a wish */

struct rask_sched_task {
    /* hot */
    uint64_t id;
    uint64_t hi, lo; /* priority, low first: user and generation, order */
    uint32_t deps; /* first edge to what it needs, in input order (next_dep) */
    uint32_t dependents; /* first edge from what needs it (next_user) */
    uint32_t n_missing; /* WAITING: inputs not in MEMORY */
    uint32_t n_claims; /* futures on it, its own claim included */
    uint32_t n_waiters; /* dependents that still need the result */
    uint32_t n_dependents; /* dependents whose records live */
    uint32_t function;
    /* PROCESSING, LEAVING: of the worker; QUEUED: home, -1 for the common queue */
    int32_t rank;
    uint32_t slot; /* PROCESSING, LEAVING */
    uint8_t state;
    uint8_t flags;
    uint16_t reserved;
    /* cold */
    void *call; /* [own] pool block of call_bytes */
    void *data; /* [own] pool block: inline result of `bytes`, MEMORY only */
    uint64_t bytes; /* of the result */
    uint32_t call_bytes;
    uint32_t replicas; /* first replica, MEMORY only */
    uint32_t error; /* ERRED; LEAVING after a cancel */
    uint32_t claims; /* further ids of it (pure calls submitted again) */
    uint32_t extra; /* key, restrictions, resources */
    uint16_t retries; /* left */
    uint16_t suspicion; /* deaths of workers while it ran */
};
/* A graph of a million tasks has a million of them: the budget is 160 bytes for a waiting task with
 * all that belongs to it: this record, its place in the id table (4), an edge (20) and a call of at
 * most 16 bytes. */
_Static_assert(offsetof(struct rask_sched_task, call) == 64, "a transition touches 64 bytes");
_Static_assert(sizeof(struct rask_sched_task) == 112, "what a task takes is a decision");

/* One use of one result by one task. */
struct rask_sched_edge {
    uint32_t source, user; /* task ids: the input, and who needs it */
    uint32_t next_user, previous_user; /* list of the source's users */
    uint32_t next_dep; /* list of the user's inputs, in order */
};
_Static_assert(sizeof(struct rask_sched_edge) == 20, "part of a task's budget");

/* One copy of one object. */
struct rask_sched_replica {
    uint64_t offset;
    uint32_t task;
    int32_t rank;
    uint32_t next_of_task;
    uint32_t next_of_rank, previous_of_rank;
    uint32_t is_copy; /* fetched from another rank, not made or scattered there */
};

/* A further id of a task. */
struct rask_sched_claim {
    uint64_t id;
    uint32_t next;
};

/* What few tasks have. */
struct rask_sched_extra {
    struct rask_key128 key;
    uint32_t *allow; /* [own] pool block of n_allow ranks */
    struct rask_wire_resource *resources; /* [own] pool block */
    uint32_t n_allow, n_resources;
    /* NO_WORKER: since when, and where s->starving lists it */
    uint64_t starving_since_ns;
    size_t starving_at;
};

struct rask_sched_error {
    uint64_t origin; /* task at fault */
    uint32_t n_users;
    uint32_t function;
    int32_t code, rank;
    char text[RASK_ERROR_TEXT_BYTES];
};

/* NO; for a thief, if it has not started; because nobody needs it: the function may have noticed.
 */
enum rask_sched_withdrawal { RASK_WITHDRAWN_NO, RASK_WITHDRAWN_FOR_THIEF, RASK_WITHDRAWN_UNWANTED };

/* One slot number of a worker's assignments: more than its slots, since work is sent ahead. */
struct rask_sched_seat {
    uint32_t task; /* 0 = free */
    uint32_t epoch; /* raised at each use */
    uint64_t since_ns; /* when it was assigned */
    /* list of the worker's assignments, oldest first; or free list */
    uint32_t next, previous;
    uint32_t estimate_ns;
    int32_t thief; /* withdrawn on behalf of this worker; -1 none */
    uint8_t is_away;
    /* enum rask_sched_withdrawal: what the worker has been asked */
    uint8_t withdrawn;
};
RASK_VEC_DEFINE(rask_sched_seats, struct rask_sched_seat);
RASK_VEC_DEFINE(rask_sched_ids, uint32_t);
RASK_VEC_DEFINE(rask_sched_inputs, struct rask_wire_input);

/* Ready tasks that should run at one worker. Restricted ones are apart, so that they never hide
 * from other workers, or while resources are short, those that may run anywhere. */
enum rask_sched_home_kind { RASK_HOME_FREE, RASK_HOME_RESTRICTED, RASK_HOME_KINDS };
struct rask_sched_home {
    struct rask_ready queue;
    uint32_t n_tasks; /* the queue may have more entries, which are stale */
    uint32_t next_look; /* where a thief that found nothing goes on */
};

/* A rank as the scheduler sees it. */
struct rask_sched_peer {
    struct rask_sched_home home[RASK_HOME_KINDS];
    struct rask_sched_seats seats; /* [0] is the list head and never used */
    struct rask_buf out;
    uint64_t backlog_ns; /* estimated time of its assignments */
    uint64_t object_bytes;
    uint32_t free_seat;
    uint32_t n_slots, n_assigned, n_away;
    uint32_t base_window; /* tasks that it is given however long they take */
    uint32_t n_objects, objects; /* replicas here */
    int32_t node;
    int reads_in_place; /* what its node's ranks hold */
    uint32_t n_resources;
    struct rask_wire_resource resources[RASK_LIMIT_RESOURCES]; /* free now */
    struct rask_wire_resource capacity[RASK_LIMIT_RESOURCES]; /* in all */
    uint8_t is_alive, is_paused; /* alive: has said HELLO and is not lost */
    uint8_t is_robbing; /* a withdrawal on its behalf is under way */
};

/* What is known of a task function. */
struct rask_sched_function {
    uint64_t average_ns; /* 0 = unknown */
};

/* Ids of one client: sequence -> task. */
#define RASK_IDS_PER_PAGE 1024u
struct rask_sched_page {
    uint32_t n_live;
    uint32_t tasks[RASK_IDS_PER_PAGE];
};
RASK_VEC_DEFINE(rask_sched_pages, struct rask_sched_page *);
struct rask_sched_client {
    struct rask_sched_pages pages; /* NULL where no task lives */
    uint64_t first; /* number of the page at pages.items[0] */
};

struct rask_sched {
    struct rask_sched_config config;
    uint64_t now_ns;
    struct rask_slab tasks, edges, replicas, claims, extras, errors;
    struct rask_pool pool; /* calls, inline results, restrictions */
    struct rask_map128 keys; /* pure key -> task */
    struct rask_sched_client *clients; /* [n_ranks] */
    struct rask_sched_page *spare_page; /* [own] the one that was emptied last, or NULL */
    uint64_t n_id_pages; /* of all clients, and the spare one */
    struct rask_sched_peer *peers; /* [n_ranks] */
    struct rask_sched_function *functions;
    struct rask_ready common; /* ready tasks without a home */
    uint32_t n_common;
    struct rask_sched_ids starving; /* NO_WORKER tasks, each once */
    struct rask_sched_ids unsettled; /* tasks whose counts reached zero */
    struct rask_sched_ids work; /* scratch of loops that walk the graph */
    struct rask_sched_inputs inputs; /* scratch: of the RUN message being written */
    struct rask_buf input_data; /* scratch: their inline bytes */
    struct rask_idset with_room; /* workers that may be given a task */
    struct rask_idset with_output;
    struct rask_idset workers; /* alive, with slots */
    uint32_t n_slots; /* of all alive workers */
    /* 8 fraction bits: children of a task come before what follows it */
    uint64_t generation;
    uint64_t last_submit_ns;
    uint64_t next_call_ns;
    uint32_t next_spread; /* where the next scattered object goes */
    uint32_t first_place; /* worker that is served first in the next turn */
    uint32_t next_victim; /* where a thief that found nothing goes on */
    uint64_t n_unfinished;
    struct rask_sched_counters counters;
    struct rask_trace trace;
    rask_status status; /* the first error; ends the job */
    struct rask_error error;
};

static inline struct rask_sched_task *rask_sched_task_at(const struct rask_sched *s, uint32_t id)
{
    return (struct rask_sched_task *)rask_slab_at(&s->tasks, id);
}

static inline struct rask_sched_edge *rask_edge_at(const struct rask_sched *s, uint32_t id)
{
    return (struct rask_sched_edge *)rask_slab_at(&s->edges, id);
}

static inline struct rask_sched_replica *rask_replica_at(const struct rask_sched *s, uint32_t id)
{
    return (struct rask_sched_replica *)rask_slab_at(&s->replicas, id);
}

static inline struct rask_sched_extra *rask_extra_at(const struct rask_sched *s, uint32_t id)
{
    return (struct rask_sched_extra *)rask_slab_at(&s->extras, id);
}

static inline struct rask_sched_error *rask_sched_error_at(const struct rask_sched *s, uint32_t id)
{
    return (struct rask_sched_error *)rask_slab_at(&s->errors, id);
}

/* Remembers the first error of the machine; later steps return it. */
void rask_sched_break(struct rask_sched *s, rask_status status, const char *what);

/* A task is assigned: rank and slot name its seat. */
static inline int rask_sched_has_seat(uint8_t state)
{
    return state == RASK_TASK_PROCESSING || state == RASK_TASK_LEAVING;
}

/* Counted in n_unfinished. */
static inline int rask_sched_is_unfinished(uint8_t state)
{
    return state >= RASK_TASK_WAITING && state <= RASK_TASK_PROCESSING;
}

/* One of a task's counts has reached zero: the end of the step looks whether it is needed. */
static inline void rask_sched_task_unsettle(struct rask_sched *s, uint32_t task)
{
    if (rask_sched_ids_push(&s->unsettled, task) != 0)
        rask_sched_break(s, RASK_ERR_MEMORY, "the list of tasks to settle");
}

/* One user less that needs the result. */
static inline void rask_sched_task_unwait(struct rask_sched *s, uint32_t task)
{
    struct rask_sched_task *t = rask_sched_task_at(s, task);
    assert(t->n_waiters > 0);
    if (--t->n_waiters == 0 && t->n_claims == 0)
        rask_sched_task_unsettle(s, task);
}

/* ids.c: from a client's id to the task. 0 if there is none. */
uint32_t rask_ids_find(const struct rask_sched *s, uint64_t id);
int rask_ids_put(struct rask_sched *s, uint64_t id, uint32_t task);
void rask_ids_remove(struct rask_sched *s, uint64_t id);
void rask_ids_release(struct rask_sched *s);

/* task.c: the only writer of a task's state, and what each move entails. */
void rask_sched_task_move(struct rask_sched *s, uint32_t task, enum rask_task_event event);
void rask_sched_task_assign(struct rask_sched *s, uint32_t task, int32_t rank, uint32_t slot);
void rask_sched_task_want(struct rask_sched *s, uint32_t task);
void rask_sched_task_ready(struct rask_sched *s, uint32_t task);
void rask_sched_task_done(struct rask_sched *s, uint32_t task);
void rask_sched_task_fail(struct rask_sched *s, uint32_t task, uint32_t error);
void rask_sched_task_again(struct rask_sched *s, uint32_t task);
void rask_sched_task_release_inputs(struct rask_sched *s, const struct rask_sched_task *t);
void rask_sched_task_unclaim(struct rask_sched *s, uint32_t task);
void rask_sched_task_settle(struct rask_sched *s);
void rask_sched_task_lose(struct rask_sched *s, uint32_t task);
void rask_sched_task_drop_data(struct rask_sched *s, uint32_t task);
uint32_t rask_sched_error_new(struct rask_sched *s, uint32_t task, int32_t code, const char *text);
void rask_sched_task_tell(struct rask_sched *s, uint32_t task);
void rask_sched_task_tell_id(struct rask_sched *s, uint32_t task, uint64_t id);

/* edges.c */
int rask_edges_link(struct rask_sched *s, uint32_t user, const uint32_t *sources, uint32_t n);
void rask_edges_unlink(struct rask_sched *s, uint32_t user);

/* peer.c and replica.c: workers, seats, copies of objects. */
void rask_peer_hello(struct rask_sched *s, const struct rask_msg_hello *m);
void rask_peer_assign(struct rask_sched *s, uint32_t task, int32_t rank);
uint32_t rask_peer_seat_task(const struct rask_sched *s, int32_t rank, uint32_t slot,
                             uint32_t epoch);
void rask_peer_leave(struct rask_sched *s, int32_t rank, uint32_t slot);
void rask_peer_withdraw(struct rask_sched *s, int32_t rank, uint32_t slot,
                        enum rask_sched_withdrawal why);
void rask_peer_update_room(struct rask_sched *s, int32_t rank);
int rask_peer_may_run(const struct rask_sched *s, int32_t rank, const struct rask_sched_task *t);
int rask_peer_could_run(const struct rask_sched *s, int32_t rank, const struct rask_sched_task *t);
void rask_replica_add(struct rask_sched *s, uint32_t task, int32_t rank, uint64_t offset,
                      int is_copy);
struct rask_sched_replica *rask_replica_find(const struct rask_sched *s,
                                             const struct rask_sched_task *t, int32_t rank);
void rask_replica_tell_free(struct rask_sched *s, int32_t rank, uint64_t object, uint64_t offset);
void rask_replica_free_all(struct rask_sched *s, uint32_t task, int is_telling);
void rask_replica_free_one(struct rask_sched *s, uint32_t task, int32_t rank);
void rask_replica_end_fetch(struct rask_sched *s, uint32_t task, int32_t rank);
int rask_replica_is_there(const struct rask_sched *s, const struct rask_sched_task *t);
struct rask_buf *rask_peer_out(struct rask_sched *s, int32_t rank);

/* locate.c: where a task should run. */
void rask_locate_queue(struct rask_sched *s, uint32_t task);
void rask_locate_home(struct rask_sched *s, uint32_t task, int32_t rank);
void rask_locate_retry_starving(struct rask_sched *s);
uint64_t rask_locate_move_ns(const struct rask_sched *s, const struct rask_sched_task *t,
                             int32_t rank);

/* report.c */
const char *rask_sched_task_state_text(uint8_t state);

/* sched.c */
rask_status rask_sched_end_step(struct rask_sched *s, struct rask_error *error);
void rask_sched_release_id(struct rask_sched *s, uint64_t id);
void rask_sched_end_leaving(struct rask_sched *s, uint32_t task);
void rask_sched_give_back(struct rask_sched *s, uint32_t task);
void rask_sched_lose_copies(struct rask_sched *s, uint32_t task);

/* receive.c: one function per message that the scheduler takes; RASK_ERR_PROTOCOL for one that
 * cannot be. */
/* clang-format off */
#define RASK_SCHED_MESSAGES(X)     \
    X(SUBMIT, submit)              \
    X(DONE, done)                  \
    X(RELEASE, release)            \
    X(CANCEL_TASKS, cancel_tasks)  \
    X(SCATTER, scatter)            \
    X(LOST, lost)                  \
    X(HELLO, hello)                \
    X(ERRED, erred)                \
    X(RETURNED, returned)          \
    X(SECEDED, seceded)            \
    X(HAVE, have)                  \
    X(MISSING, missing)            \
    X(PAUSED, paused)              \
    X(BROKEN, broken)
/* clang-format on */
#define RASK_SCHED_RECEIVES(NAME, name)                                    \
    rask_status rask_sched_on_##name(struct rask_sched *s, int32_t source, \
                                     const struct rask_msg_##name *m);
RASK_SCHED_MESSAGES(RASK_SCHED_RECEIVES)
#undef RASK_SCHED_RECEIVES

/* steal.c */
uint32_t rask_steal_homed(struct rask_sched *s, int32_t thief);
void rask_steal_assigned(struct rask_sched *s, int32_t thief);

/* Estimated time of one run, for backlogs; RASK_ESTIMATE_UNKNOWN_NS if never seen. */
#define RASK_ESTIMATE_UNKNOWN_NS 500000000u
static inline uint32_t rask_sched_estimate(const struct rask_sched *s, uint32_t function)
{
    uint64_t ns = s->functions[function].average_ns;
    return ns == 0 ? RASK_ESTIMATE_UNKNOWN_NS : ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
}

/* Tasks that count against a worker's window: those that wait for tasks of their own take no slot.
 */
static inline uint32_t rask_peer_n_busy(const struct rask_sched_peer *p)
{
    return p->n_assigned - p->n_away;
}

/* Tasks that wait here for a worker. */
static inline uint32_t rask_peer_n_homed(const struct rask_sched_peer *p)
{
    return p->home[RASK_HOME_FREE].n_tasks + p->home[RASK_HOME_RESTRICTED].n_tasks;
}

/* Where a QUEUED task with a home is counted. */
static inline struct rask_sched_home *rask_home_of(struct rask_sched *s,
                                                   const struct rask_sched_task *t)
{
    int is_restricted = (t->flags & RASK_TASK_SPECIAL) != 0;
    return &s->peers[t->rank].home[is_restricted ? RASK_HOME_RESTRICTED : RASK_HOME_FREE];
}

/* A QUEUED task is no longer counted where it was; its entry there is stale. */
static inline void rask_home_leave(struct rask_sched *s, const struct rask_sched_task *t)
{
    if (t->rank < 0)
        s->n_common--;
    else
        rask_home_of(s, t)->n_tasks--;
}

/* Time until a worker has done what it was given and what waits for it here, as if all that were of
 * one function. */
static inline uint64_t rask_peer_queue_ns(const struct rask_sched *s,
                                          const struct rask_sched_peer *p, uint32_t function)
{
    uint64_t homed_ns = (uint64_t)rask_peer_n_homed(p) * rask_sched_estimate(s, function);
    return (p->backlog_ns + homed_ns) / p->n_slots;
}

/* Whether an entry of a ready queue is still meant: the task is queued there (`rank` -1: in the
 * common queue), and is the one that the entry was made for. */
static inline int rask_ready_is_meant(const struct rask_sched *s,
                                      const struct rask_heap_entry *entry, int32_t rank)
{
    if (!rask_slab_is_live(&s->tasks, entry->id))
        return 0;
    const struct rask_sched_task *t = rask_sched_task_at(s, entry->id);
    return t->state == RASK_TASK_QUEUED && t->rank == rank && t->hi == entry->hi &&
           t->lo == entry->lo;
}

/* The top of a queue that is still meant, NULL if empty; stale ones above it go. */
static inline const struct rask_heap_entry *rask_ready_meant_top(const struct rask_sched *s,
                                                                 struct rask_ready *queue,
                                                                 int32_t rank)
{
    const struct rask_heap_entry *top;
    while ((top = rask_ready_top(queue)) != NULL && !rask_ready_is_meant(s, top, rank))
        rask_ready_pop(queue);
    return top;
}

#endif
