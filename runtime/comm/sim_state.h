/* SPDX-License-Identifier: BSD-3-Clause */
/* sim_state.h: the records of the simulator. Private to sim.c (clock, network, scheduler's side)
 * and sim_rank.c (one rank: store, slots, task functions, client). */
#ifndef RASK_COMM_SIM_STATE_H
#define RASK_COMM_SIM_STATE_H

#include "base/heap.h"
#include "base/rng.h"
#include "base/slab.h"
#include "comm/sim.h"
#include "worker/worker.h"

/* A place in a store is this many bytes of real memory, whatever the object's size. Places are
 * never used twice, so that a stale offset is recognised. */
#define SIM_PLACE_BYTES 16u
#define SIM_PLACES 16384u

enum sim_event_kind {
    SIM_TO_SCHED, /* a batch of `rank` arrives at the scheduler */
    SIM_TO_RANK, /* a batch of the scheduler arrives at `rank` */
    SIM_LOST, /* the scheduler learns that `rank` is lost */
    SIM_SCHED_TURN,
    SIM_RANK_TURN,
    SIM_START, /* `rank` says HELLO */
    SIM_STEP_END, /* a run of `rank` has come to the end of a step */
    SIM_FETCHED /* a get of `rank` ends */
};

struct sim_event {
    enum sim_event_kind kind;
    int32_t rank;
    uint32_t run;
    uint64_t sequence; /* of a batch, within its pair of peers */
    struct rask_buf batch; /* [own] */
    struct rask_worker_fetch fetch;
};

/* One object in a store. */
struct sim_place {
    uint64_t object, bytes;
    uint32_t n_pins; /* claims of this rank's client */
    uint8_t is_held, is_freed; /* freed: goes with its last pin */
};
RASK_VEC_DEFINE(sim_places, struct sim_place);

/* A task function that has begun. */
RASK_VEC_DEFINE(sim_ids, uint64_t);
struct sim_run {
    struct rask_task *task;
    uint32_t script;
    uint8_t step; /* 0 first half, 1 children, 2 second half */
    uint8_t is_away;
    uint8_t is_killing, is_failing;
    struct sim_ids children;
    uint32_t child_script; /* the first child's */
};
RASK_VEC_DEFINE(sim_run_ids, uint32_t);
RASK_VEC_DEFINE(sim_tasks, struct rask_task *);
RASK_VEC_DEFINE(sim_epochs, uint32_t);

struct sim_rank {
    struct rask_sim *sim;
    int32_t rank;
    uint32_t slowness_percent;
    struct rask_worker worker;
    struct rask_client client;
    uint8_t *memory; /* SIM_PLACES places */
    struct sim_places places;
    struct sim_tasks queue; /* ready tasks */
    struct rask_slab runs;
    struct sim_run_ids back; /* runs whose children are done: they need a slot */
    struct sim_epochs outstanding; /* [slot] epoch of an assignment that is not answered; 0 none */
    uint64_t n_sent, n_delivered; /* batches to the scheduler */
    uint64_t last_to_sched_ns, last_to_rank_ns;
    uint64_t cut; /* lost: later batches never arrive */
    uint8_t is_started, is_lost, has_turn;
    struct rask_sim_figures figures;
};

/* A call as its function sees it. */
struct sim_script {
    struct rask_sim_call call;
    uint64_t id;
    uint32_t n_runs;
};
RASK_VEC_DEFINE(sim_scripts, struct sim_script);

struct rask_sim {
    struct rask_sim_config config;
    struct rask_sched *sched;
    struct sim_rank *ranks;
    struct sim_scripts scripts;
    struct rask_map64 script_of; /* task id -> script */
    struct rask_slab events;
    struct rask_heap queue; /* (time, sequence) -> event */
    uint64_t now_ns, n_events; /* n_events: ever made */
    uint64_t next_call_ns; /* an event for the scheduler's wish is under way */
    struct rask_rng rng;
    uint8_t has_sched_turn;
    struct rask_error error;
    struct rask_buf trace;
};

/* sim.c */
struct sim_event *sim_event_new(struct rask_sim *sim, uint64_t time_ns, enum sim_event_kind kind,
                                int32_t rank);
void sim_break(struct rask_sim *sim, const char *format, ...) RASK_PRINTF(2, 3);
void sim_out_of_memory(struct rask_sim *sim);
void sim_tell(struct rask_sim *sim, const char *format, ...) RASK_PRINTF(2, 3);
uint64_t sim_random(struct rask_sim *sim, uint64_t most);
uint64_t sim_latency(struct rask_sim *sim, int32_t rank);
void sim_wake_rank(struct rask_sim *sim, int32_t rank);
void sim_send_to_sched(struct sim_rank *r, struct rask_buf *batch);
struct sim_script *sim_script_of(const struct rask_sim *sim, uint64_t id);
const char *sim_name(const struct rask_sim *sim, uint64_t id, char *text, size_t size);

/* sim_rank.c */
rask_status sim_rank_init(struct sim_rank *r, const struct rask_sim_rank *config,
                          struct rask_error *error);
void sim_rank_release(struct sim_rank *r);
void sim_rank_receive(struct sim_rank *r, const struct rask_buf *batch);
void sim_rank_turn(struct sim_rank *r);
void sim_rank_step_end(struct sim_rank *r, uint32_t run);
void sim_rank_fetched(struct sim_rank *r, const struct rask_worker_fetch *fetch);
int sim_rank_holds(const struct sim_rank *r, uint64_t object, uint64_t offset);
uint64_t sim_rank_put(struct sim_rank *r, uint64_t object, uint64_t bytes, uint64_t value);

#endif
