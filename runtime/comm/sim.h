/* SPDX-License-Identifier: BSD-3-Clause */
/* sim.h: a simulated job: one scheduler, and ranks with a client and a worker each, on a virtual
 * clock. The machines are the real ones; network, stores, threads and task functions are simulated.
 *
 * The same configuration and the same calls give the same run, event by event. After every step the
 * simulator looks at what the machines may never do: answer an assignment twice, read an object of
 * a living rank after it was freed there, free what is not held, run a task whose inputs are gone.
 * The scheduler's own checker (config.sched.is_checking) and the workers' run after their steps
 * too. The first breach stops the run and stays as rask_sim_error.
 *
 * A task's result is a number computed from its salt and its inputs, so that a wrong input or a
 * stale result shows in the end. Sizes are as asked for, whatever the number's.
 *
 * Messages of one rank to the scheduler, and back, keep their order; those of different ranks do
 * not. Thread: one at a time. */
#ifndef RASK_COMM_SIM_H
#define RASK_COMM_SIM_H

#include "client/client.h"
#include "sched/sched.h"
#include "wire/wire.h"

struct rask_sim;

/* One rank. Zero means: no slots, node 0, there from the start, normal speed. */
struct rask_sim_rank {
    uint32_t n_slots;
    int32_t node;
    uint64_t start_ns; /* when it says HELLO */
    uint32_t slowness_percent; /* 0: as asked; 300: tasks take four times as long */
    const struct rask_wire_resource *resources; /* [borrow] during new */
    uint32_t n_resources;
};

struct rask_sim_config {
    uint64_t seed;
    uint32_t n_ranks;
    const struct rask_sim_rank *ranks; /* [borrow] during new; n_ranks of them */
    struct rask_sched_config sched; /* its n_ranks is set from above */
    uint64_t latency_ns; /* one way, of a message */
    uint64_t jitter_ns; /* added at random, at most */
    uint64_t turn_ns; /* a role looks at its messages this late, at most, at random */
    uint64_t ns_per_kib; /* of object bytes */
    uint64_t detect_ns; /* the scheduler learns of a death this late, at most, at random */
    int is_node_shared; /* ranks read the objects of their node's ranks in place */
    uint32_t no_room_one_in; /* so many fetches find no memory; 0 = none */
    uint64_t max_events; /* more break the run: it goes round in circles; 0 = no bound */
};
/* Latency 2 us without jitter, 1 us per KiB, checker on, a trace for stories. */
void rask_sim_config_default(struct rask_sim_config *config);

/* A call, and what its task function will do. */
struct rask_sim_call {
    const char *name; /* in the trace; NULL: the number of the call */
    uint64_t salt; /* equal salts and inputs give equal results */
    uint64_t run_ns;
    uint64_t bytes; /* of the result; 0 = 8. More than the inline limit are stored */
    uint32_t n_errors; /* the first runs that fail */
    uint32_t n_good; /* runs after so many fail; 0 = no bound */
    uint32_t n_kills; /* the first runs that kill their rank */
    uint32_t n_children; /* tasks it submits half way, and waits for away from its slot */
    uint32_t child_depth; /* levels of children below */
    uint64_t child_ns;
    int takes_parts; /* of each input its first 8 bytes alone */
    int is_polite; /* it fails early when told that nobody needs it */
    const uint64_t *deps; /* futures of the same rank */
    uint32_t n_deps;
    struct rask_msg_submit as; /* annotations: all but task, dep and call; order 0 = in sequence */
};

/* Errors: RASK_ERR_MEMORY, RASK_ERR_ARGUMENT. Owns: *sim [give] freed by rask_sim_free. */
rask_status rask_sim_new(const struct rask_sim_config *config, struct rask_sim **sim,
                         struct rask_error *error);
void rask_sim_free(struct rask_sim *sim);

/* Runs the events up to `until_ns`, which becomes the time; UINT64_MAX: until nothing is left. */
void rask_sim_run(struct rask_sim *sim, uint64_t until_ns);
/* One event. 0 if there was none, or something is broken. */
int rask_sim_step(struct rask_sim *sim);
uint64_t rask_sim_now(const struct rask_sim *sim);

/* The first breach; code RASK_OK if there was none. */
const struct rask_error *rask_sim_error(const struct rask_sim *sim);

/* What the client of `rank` does. Ids as rask_client_new gives them; 0 without memory. */
uint64_t rask_sim_submit(struct rask_sim *sim, int32_t rank, const struct rask_sim_call *call);
struct rask_sim_data {
    uint64_t value, bytes; /* bytes 0 = 8 */
    struct rask_msg_scatter as; /* flags, key, allow */
};
uint64_t rask_sim_scatter(struct rask_sim *sim, int32_t rank, const struct rask_sim_data *data);
void rask_sim_release(struct rask_sim *sim, uint64_t id);
void rask_sim_cancel(struct rask_sim *sim, uint64_t id);

/* The state of a future. A result elsewhere is fetched: rask_sim_value gives 1 and the number when
 * it is here, 0 when it is on its way or there is none. */
enum rask_future_state rask_sim_state(const struct rask_sim *sim, uint64_t id);
int rask_sim_value(struct rask_sim *sim, uint64_t id, uint64_t *value);
/* The code of a failed future, RASK_OK for another; text NULL if not asked for. */
rask_status rask_sim_failure(const struct rask_sim *sim, uint64_t id, const char **text);

/* What happens to a rank. Rank 0, which schedules, cannot be lost. */
void rask_sim_lose(struct rask_sim *sim, int32_t rank);
void rask_sim_pause(struct rask_sim *sim, int32_t rank, int is_paused);

/* The machines, to look at. */
const struct rask_sched *rask_sim_sched(const struct rask_sim *sim);
struct rask_client *rask_sim_client(struct rask_sim *sim, int32_t rank);
int rask_sim_is_lost(const struct rask_sim *sim, int32_t rank);

/* What a rank has done or has. */
struct rask_sim_figures {
    uint64_t n_started; /* runs of tasks begun */
    uint64_t n_assigned; /* RUN messages that came */
    uint32_t n_running, max_running;
    uint32_t n_objects, max_objects; /* in its store */
    uint64_t n_fetched;
};
void rask_sim_figures(const struct rask_sim *sim, int32_t rank, struct rask_sim_figures *figures);

/* How often the function of a call has begun. */
uint32_t rask_sim_runs(const struct rask_sim *sim, uint64_t id);

/* The number a task computes, from its call and its inputs' numbers. */
uint64_t rask_sim_result(const struct rask_sim_call *call, const uint64_t *inputs, uint32_t n);

/* Breaks an invariant unless nothing is left: no task, no object, no assignment. To be asked when
 * all futures are released and the run has come to rest. */
void rask_sim_expect_nothing_left(struct rask_sim *sim);

/* The trace so far, a line per event: "<time> us run a on 1". Zero-terminated. */
const char *rask_sim_trace(struct rask_sim *sim);

#endif
