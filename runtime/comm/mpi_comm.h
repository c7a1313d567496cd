/* SPDX-License-Identifier: BSD-3-Clause */
/* mpi_comm.h: inside of the transport for MPI jobs; included by runtime/comm/ alone.
 *
 * One struct rask_mpi per job and rank. Its parts, each in one file:
 *
 *     flight.c    MPI requests under way and what to do when each is complete
 *     message.c   batches as MPI messages: outgoing queues, posted receives, large batches
 *     node.c      the segment that the ranks of a node share: bells, rings and what overflows them
 *     share.c     the arenas of the ranks of a node, mapped by all of them
 *     read.c      gets: cut into pieces, queued, issued one-sided or as request and answer
 *     rma.c       the window over the arenas, its epoch, its test at start
 *     shm.c       shared memory with its room reserved, for that segment
 *     mpi.c       the five operations of comm.h and the orderly end
 *     probe.c     the bare MPI_Rget, for measuring
 *
 * Two communicators, both duplicated from the caller's: on `control` every rank has receives
 * posted for any source and tag, for messages of at most RASK_MESSAGE_BYTES; on `data` every
 * receive is posted for one source because a control message announced it. Thread: the loop's
 * holder. */
#ifndef RASK_COMM_MPI_COMM_H
#define RASK_COMM_MPI_COMM_H

#include "base/buf.h"
#include "comm/comm.h"
#include "comm/ring.h"
#include "comm/shm.h"
#include "store/store.h"

#include <mpi.h>

/* Just below Open MPI's eager limit of 4 KiB with its header: a longer message costs ten times
 * as much. */
#define RASK_MESSAGE_BYTES 4032u
#define RASK_N_RECEIVES 64

/* Tags on `control`: what a message is. */
enum rask_control_tag {
    RASK_TAG_BATCH = 1, /* whole records */
    RASK_TAG_LARGE, /* struct rask_large_notice: a batch of that size comes on `data` */
    RASK_TAG_READ /* struct rask_read_notice: please send these bytes of your arena on `data` */
};

/* Tags on `data`. */
enum rask_data_tag { RASK_TAG_LARGE_BYTES = 1, RASK_TAG_READ_BYTES };

struct rask_large_notice {
    uint64_t bytes; /* multiple of 8 */
};

struct rask_read_notice {
    uint64_t offset, bytes;
};

/* Bytes on their way out, or held until they can be delivered. */
struct rask_message {
    struct rask_message *next;
    struct rask_message *large; /* of a RASK_TAG_LARGE: the batch. Owned until it is posted */
    int32_t rank; /* the other side */
    int32_t tag; /* enum rask_control_tag */
    size_t size, capacity; /* bytes */
    size_t n_sent; /* rings: how much of it has been written */
    _Alignas(16) uint8_t bytes[];
};

struct rask_message_queue {
    struct rask_message *first, *last;
};

struct rask_mpi;

/* Called once when a request is complete, out of rask_flight_poll. `code`: MPI_SUCCESS or why it
 * failed. */
typedef void rask_flight_done(struct rask_mpi *, void *item, int code);

struct rask_flight_entry {
    rask_flight_done *done; /* NULL: nobody waits for it any more */
    void *item;
    int32_t rank;
    int is_abandoned; /* its peer is lost: not counted as pending */
};

#define RASK_FLIGHT_AT_ONCE 256

/* The two growing arrays run in parallel; the gaps of complete ones are filled from the end. */
struct rask_flight {
    MPI_Request *requests;
    struct rask_flight_entry *entries;
    int n, capacity, n_abandoned;
    uint32_t n_idle_polls;
    int indices[RASK_FLIGHT_AT_ONCE]; /* what one MPI_Testsome says */
    MPI_Status statuses[RASK_FLIGHT_AT_ONCE];
    struct rask_flight_entry ended[RASK_FLIGHT_AT_ONCE]; /* taken out, `done` is called next */
    int codes[RASK_FLIGHT_AT_ONCE];
};

/* The pair of rings with one peer. */
struct rask_channel {
    int32_t rank;
    struct rask_ring_writer writer;
    struct rask_ring_reader reader;
    struct rask_message_queue overflow; /* what found no room, in order */
    struct rask_buf partial; /* a batch of several frames, until the last one is here */
    int is_dropping; /* there was no memory for it: its other frames are dropped too */
};

struct rask_mpi_peer {
    struct rask_bell *bell; /* NULL: on another node, or there is no segment */
    struct rask_channel *channel; /* NULL: messages */
    struct rask_message_queue out; /* not yet given to MPI */
    struct rask_message_queue held; /* arrived behind a large batch that is still under way */
    struct rask_read *first_read, *last_read; /* with pieces not yet issued */
    uint64_t arena_bytes;
    uint32_t n_sends; /* in flight */
    uint32_t n_pieces; /* of gets, in flight */
    uint32_t n_refused; /* large batches there was no memory to hold the notice of */
    int32_t next_reading; /* rank: list of peers with reads to issue; -1 ends it */
    uint8_t is_receiving_large, is_lost, is_lost_told;
    uint8_t is_reading; /* in that list */
};

struct rask_read {
    struct rask_read *next;
    struct rask_comm_get get;
    size_t n_issued; /* bytes */
    uint32_t n_pieces; /* in flight */
    int is_finished; /* in the list of those to be told about */
    rask_status status;
};

/* An answer to a RASK_TAG_READ. */
struct rask_served {
    struct rask_served *next;
    int32_t rank;
    struct rask_read_notice notice;
};

struct rask_mpi {
    struct rask_comm base;
    MPI_Comm control, data;
    MPI_Comm node_comm; /* the ranks of this node, for start only */
    int thread_level;
    int has_initialised_mpi, has_ignored_sigpipe;
    struct rask_mpi_peer *peers; /* one per rank of the job, this one's unused */
    const struct rask_comm_handler *handler; /* during a poll; NULL: what arrives is dropped */
    uint32_t n_polls;

    /* message.c */
    uint8_t *receive_bytes; /* RASK_N_RECEIVES times RASK_MESSAGE_BYTES */
    MPI_Request receives[RASK_N_RECEIVES];
    int n_receives, next_receive; /* posted, and the oldest of them */
    struct rask_message *free_messages; /* each of RASK_MESSAGE_BYTES */
    uint64_t refused_word; /* where batches go that there is no memory for */
    uint32_t n_queued; /* messages in all out queues and overflows */
    uint64_t *n_messages_sent; /* to each rank on `control`, for the end's count */
    uint64_t n_messages_received;
    struct rask_flight flight;

    /* node.c */
    struct rask_shm shm;
    struct rask_bell own_bell; /* when there is no segment */
    struct rask_channel *channels;
    int32_t n_channels;

    /* share.c */
    char node_text[320];

    /* read.c */
    uint8_t *arena;
    uint64_t arena_bytes;
    int32_t first_reading, last_reading; /* ranks, -1: none */
    uint32_t n_reads, n_pieces;
    size_t piece_budget; /* bytes that may still be issued before the next poll */
    struct rask_read *finished, *last_finished, *free_reads;
    struct rask_served *first_served, *last_served;
    uint32_t n_serving;

    /* rma.c */
    MPI_Win window; /* MPI_WIN_NULL: gets are answered by the holder */
    int is_window_abandoned; /* its test failed: never used and never freed */

    int32_t n_lost, n_lost_told;
    char transport_text[384], window_text[320];
};

/* flight.c. Reserve places before the requests are made, so that adding cannot fail: 0, or -1
 * for want of memory. */
int rask_flight_reserve(struct rask_mpi *, int n_places);
void rask_flight_add(struct rask_mpi *, MPI_Request, const struct rask_flight_entry *);
int rask_flight_poll(struct rask_mpi *);
void rask_flight_abandon(struct rask_mpi *, int32_t rank, rask_flight_done *unwanted);
void rask_flight_release(struct rask_mpi *);

/* message.c */
rask_status rask_messages_start(struct rask_mpi *, struct rask_error *);
rask_status rask_messages_send(struct rask_mpi *, int32_t rank, const uint8_t *bytes, size_t size);
/* Queues the question; rask_messages_drain sends it. */
rask_status rask_messages_notice(struct rask_mpi *, int32_t rank, const struct rask_read_notice *);
/* Gives the peer's queue to MPI as far as its limit allows. */
void rask_messages_drain(struct rask_mpi *, int32_t rank);
int rask_messages_poll(struct rask_mpi *);
void rask_messages_flush(struct rask_mpi *);
void rask_messages_stop(struct rask_mpi *);
void rask_messages_release(struct rask_mpi *);
struct rask_message *rask_message_new(struct rask_mpi *, size_t size);
void rask_message_free(struct rask_mpi *, struct rask_message *);
void rask_queue_push(struct rask_message_queue *, struct rask_message *);
struct rask_message *rask_queue_pop(struct rask_message_queue *);
/* Appends a batch to the queue, to its last message where that has room. RASK_ERR_MEMORY. */
rask_status rask_queue_add(struct rask_mpi *, struct rask_message_queue *, const uint8_t *bytes,
                           size_t size);

/* node.c. Open is collective over node_comm; it never fails for want of shared memory but goes
 * without, and `reason` tells why. */
rask_status rask_node_open(struct rask_mpi *, int wants_rings, struct rask_error *reason,
                           struct rask_error *);
void rask_node_release(struct rask_mpi *);
rask_status rask_channel_send(struct rask_mpi *, struct rask_channel *, const uint8_t *bytes,
                              size_t size);
int rask_channel_poll(struct rask_mpi *, struct rask_channel *);
void rask_node_ring(struct rask_mpi *, int32_t rank);

/* share.c. Collective over node_comm: puts the store's arena into memory that the ranks of the node
 * map, and maps theirs. Goes without where that does not work, on the whole node, and node_text
 * tells why. wants: 0 never, 1 if it works, 2 or fail with RASK_ERR_SYSTEM. */
rask_status rask_share_open(struct rask_mpi *, struct rask_store *, int wants, struct rask_error *);
void rask_share_release(struct rask_mpi *);

/* read.c */
rask_status rask_read_start(struct rask_mpi *, const struct rask_comm_get *);
void rask_read_serve(struct rask_mpi *, int32_t rank, const struct rask_read_notice *);
void rask_read_issue(struct rask_mpi *);
int rask_read_deliver(struct rask_mpi *);
void rask_read_lose(struct rask_mpi *, int32_t rank);
void rask_read_release(struct rask_mpi *);

/* rma.c. Collective over `control`: makes the window and tests it; leaves window MPI_WIN_NULL
 * and says why in window_text when there is none. wants: 0 never, 1 if it works, 2 or fail with
 * RASK_ERR_MPI. */
rask_status rask_window_open(struct rask_mpi *, int wants, const int32_t *nodes,
                             struct rask_error *);
int rask_window_get(struct rask_mpi *, int32_t rank, const struct rask_read_notice *, void *local,
                    MPI_Request *);
void rask_window_close(struct rask_mpi *);

/* mpi.c */
struct rask_mpi *rask_mpi_new(struct rask_error *);
void rask_mpi_leave(struct rask_mpi *); /* collective: frees the communicators */
void rask_mpi_release(struct rask_mpi *); /* the memory of this process */
/* Notes that the peer is gone; the poll under way, or the next one, ends its reads and tells the
 * handler. */
void rask_mpi_lose(struct rask_mpi *, int32_t rank);
/* Tells the handler that this rank has no memory for `bytes` that have come from `rank`. */
void rask_mpi_lack(struct rask_mpi *, int32_t rank, size_t bytes);
/* Collective over `comm`: RASK_OK if every rank's `status` is; else every rank gets code and
 * text of the lowest rank that has an error. */
rask_status rask_mpi_agree(MPI_Comm comm, rask_status status, struct rask_error *);
/* Between polls of a wait at start or end: yields first, then sleeps up to a millisecond at a
 * time. */
void rask_mpi_wait(struct rask_mpi *, uint32_t n_idle_polls);

#endif
