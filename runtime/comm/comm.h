/* SPDX-License-Identifier: BSD-3-Clause */
/* comm.h: what a transport is to the loop.
 *
 * A transport carries batches (byte strings of whole wire records) between the ranks of one job
 * and reads bytes out of other ranks' arenas. It knows nothing of tasks. There are three: local
 * (one process), mpi (two-sided messages, shared-memory rings between ranks of a node, one-sided
 * gets with a two-sided fall-back) and sim (a simulated network with its own virtual clock,
 * driven by the simulator instead of the loop).
 *
 * Thread: every operation is called by the holder of the loop only; bells by any thread. Nothing
 * blocks but `agree`, `share` and `stop`. Records of one sender to one receiver arrive once and in
 * order; those of different senders keep no order. */
#ifndef RASK_COMM_COMM_H
#define RASK_COMM_COMM_H

#include <rask/status.h>
#include <stddef.h>
#include <stdint.h>

struct rask_comm;

/* One read out of the arena of another rank. */
struct rask_comm_get {
    int32_t rank; /* whose arena; never this one */
    uint64_t offset; /* of the first byte, in that arena */
    void *local; /* where the bytes go; untouched by anybody else until on_got */
    size_t bytes; /* 0 is fine */
    uint64_t request; /* the caller's name for it, handed back by on_got */
};

/* What arrives while polling. The functions may call rask_comm_send and rask_comm_get, but not
 * poll. */
struct rask_comm_handler {
    void *context;
    /* One batch. `bytes` [borrow] until the function returns; 8-byte aligned. */
    void (*on_batch)(void *context, int32_t source_rank, const uint8_t *bytes, size_t size);
    /* A get has ended. status: RASK_OK or why it failed. Its local memory is the caller's again,
     * but not with RASK_ERR_PEER_LOST: what had begun may still be written, as long as the process
     * lives. */
    void (*on_got)(void *context, uint64_t request, rask_status status);
    /* A peer is gone for good; nothing more comes from it, its gets have ended before with an
     * error. */
    void (*on_lost)(void *context, int32_t rank);
    /* This rank itself cannot go on: something that has arrived had no room, and is dropped. No
     * peer is to blame. What comes later is handed over all the same, with a gap; `stop` is still
     * orderly. `error` [borrow]: RASK_ERR_MEMORY, with the text. May be called again. */
    void (*on_failed)(void *context, const struct rask_error *error);
};

/* What the transport can do and what it has found out; fixed after start. */
struct rask_comm_caps {
    int32_t rank, n_ranks;
    int32_t node, n_nodes; /* this rank's node, numbered by lowest rank on it */
    int32_t rank_on_node, ranks_on_node;
    int has_remote_nodes; /* some peer cannot ring this rank's bell: sleep only in short pieces */
    int is_oversubscribed; /* more ranks than cores on this node: yield instead of spinning */
    int has_window; /* gets are one-sided; else they are answered by the holder's loop */
    const char *transport_text; /* for `rask info`: which transport, version, thread level */
    const char *window_text; /* for `rask info`: window flavour and how it was chosen, or why there
                                is none */
    const char *node_text; /* for `rask info`: how objects of this node's ranks are read */
};

struct rask_comm_counters {
    uint64_t batches_sent, batches_received, bytes_sent, bytes_received;
    uint64_t ring_batches_sent; /* of those, through shared memory */
    uint64_t gets, get_bytes; /* one-sided or not */
    uint64_t served_gets, served_get_bytes; /* two-sided: what this rank answered for others */
    uint64_t sleeps; /* counted by every thread that sleeps: atomic steps only */
    uint64_t wakeups_sent;
};

struct rask_comm_ops {
    /* Queues one batch for `rank` (never this one) and sends it as soon as the network takes it.
     * The bytes are copied or sent before it returns. A record begins with its size as uint32_t
     * (bytes, this header included, a multiple of 8); a batch may be cut at record borders or
     * joined with its neighbours on the way. RASK_ERR_PEER_LOST, RASK_ERR_MEMORY,
     * RASK_ERR_PROTOCOL (record sizes and `size` do not agree). */
    rask_status (*send)(struct rask_comm *, int32_t rank, const uint8_t *bytes, size_t size);
    /* Moves queued output on, takes what has arrived, completes gets. Returns how many events
     * were handled. */
    int (*poll)(struct rask_comm *, const struct rask_comm_handler *);
    /* Starts one read; the struct is copied. Many may be in flight; they end in any order, each
     * with one on_got from a later poll. RASK_ERR_ARGUMENT: beyond that rank's arena;
     * RASK_ERR_PEER_LOST; RASK_ERR_MEMORY: on any error nothing was started and on_got is not
     * called. */
    rask_status (*get)(struct rask_comm *, const struct rask_comm_get *);
    /* Collective, and waits: every rank of the job calls it with its own outcome of a step; the
     * lowest rank that has failed gives status and error to all. RASK_ERR_MPI when it cannot be
     * asked. */
    rask_status (*agree)(struct rask_comm *, rask_status, struct rask_error *);
    /* Collective, and waits: every rank gives a number and gets those of all, in rank order:
     * numbers[n_ranks]. RASK_ERR_MPI. */
    rask_status (*share)(struct rask_comm *, uint32_t number, uint32_t *numbers,
                         struct rask_error *);
    /* Orderly end: all output is flushed, every rank of the job has called stop, then resources
     * are released. RASK_OK, or why there was no such end: then the transport and all memory that
     * it was given (arena, places of gets) may still be in use, and stay. `is_abort`: the others
     * cannot be reached, and nobody is waited for; an MPI that Rask has initialised takes the whole
     * job down (MPI_Abort), and one of the program's own is left as it is. */
    rask_status (*stop)(struct rask_comm *, int is_abort, int exit_code);
};

/* The bell of one process: where its idle threads sleep. It lies in memory that all ranks of the
 * node map, so that a sender wakes a receiver without the kernel when nobody sleeps. */
struct rask_bell {
    /* futex word; changes with every ring that sees a sleeper */
    _Alignas(64) _Atomic uint32_t sequence;
    _Atomic uint32_t n_sleepers; /* between begin and end */
};

/* Another rank's arena in this process, read-only. */
struct rask_comm_arena {
    const uint8_t *base;
    uint64_t bytes;
};

/* Base of every transport; concrete ones embed it first. */
struct rask_comm {
    const struct rask_comm_ops *ops;
    struct rask_comm_caps caps;
    struct rask_comm_counters counters;
    struct rask_bell *bell; /* this process's own */
    /* [n_ranks] the arenas of this node's other ranks as this process maps them until stop; base
     * NULL for all others. NULL: nobody's */
    struct rask_comm_arena *arenas;
    uint32_t n_pending; /* sends and gets under way that move only while somebody polls: while it is
                           not 0 the loop sleeps in short pieces only */
};

/* bell.c: sleeping without losing a wake-up.
 *   ticket = rask_bell_begin(bell);  look once more for work;  if none: rask_bell_sleep(bell,
 * ticket, ns);  rask_bell_end(bell); A ringer first publishes the work, then calls rask_bell_ring:
 * it costs one fence when nobody sleeps. `n_wake`: how many sleepers to wake at most (INT32_MAX =
 * all). rask_bell_ring returns how many it woke; rask_bell_sleep returns on a ring, after
 * `timeout_ns` (INT64_MAX: never), and now and then for no reason. Thread: any, any process that
 * maps the bell. */
uint32_t rask_bell_begin(struct rask_bell *);
void rask_bell_sleep(struct rask_bell *, uint32_t ticket, int64_t timeout_ns);
void rask_bell_end(struct rask_bell *);
int rask_bell_ring(struct rask_bell *, int32_t n_wake);

/* local.c: the transport of one process alone; never touches MPI. [give] free by ops->stop. */
rask_status rask_comm_local_new(struct rask_comm **, struct rask_error *);

/* probe.c: reads bytes of another rank's arena by MPI alone, one request after the other, and waits
 * for them: what a get would cost if the runtime cost nothing. For measuring; nothing else moves
 * meanwhile. RASK_ERR_UNSUPPORTED: the transport has no window. RASK_ERR_MPI. */
rask_status rask_comm_raw_get(struct rask_comm *, const struct rask_comm_get *,
                              uint64_t *duration_ns);

#endif
