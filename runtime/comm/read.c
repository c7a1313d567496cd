/* SPDX-License-Identifier: BSD-3-Clause */
/* read.c: gets out of other ranks' arenas.
 *
 * A get is cut into pieces, because one transfer of gigabytes would keep messages waiting and
 * its size does not fit MPI's int. Pieces in flight are limited per peer and in all; reads that
 * wait are in a list per peer, and the peers with such reads in a ring, so that a slow holder
 * does not hold up the others.
 *
 * A piece goes one of two ways, the same for all gets of a job:
 *   with a window   MPI_Rget (rma.c); the holder takes no part
 *   without         the reader posts the receive, then asks (RASK_TAG_READ); the holder's loop
 * answers with one MPI_Isend straight out of its arena. Both sides keep the order of the requests,
 * so one tag is enough
 *
 * A get over shared memory is complete when it is issued, so the bytes issued between two polls
 * are limited too: the loop must come back to its messages. */
#include "comm/mpi_comm.h"

#include "base/alloc.h"

#include <string.h>

#define PIECE_BYTES ((size_t)2 << 20)
#define PIECES_PER_PEER 8
#define PIECES_IN_ALL 64
#define BYTES_PER_POLL ((size_t)8 << 20)
#define SERVED_AT_ONCE 32

/* ---- the list of peers with reads to issue ---- */

static void list_peer(struct rask_mpi *mpi, int32_t rank)
{
    struct rask_mpi_peer *peer = &mpi->peers[rank];
    if (peer->is_reading || peer->first_read == NULL || peer->n_pieces >= PIECES_PER_PEER)
        return;
    peer->is_reading = 1;
    peer->next_reading = -1;
    if (mpi->first_reading < 0)
        mpi->first_reading = rank;
    else
        mpi->peers[mpi->last_reading].next_reading = rank;
    mpi->last_reading = rank;
}

static int32_t unlist_first(struct rask_mpi *mpi)
{
    int32_t rank = mpi->first_reading;
    if (rank >= 0) {
        mpi->first_reading = mpi->peers[rank].next_reading;
        mpi->peers[rank].is_reading = 0;
    }
    return rank;
}

/* ---- the reader's side ---- */

static void finish(struct rask_mpi *mpi, struct rask_read *read)
{
    read->next = NULL;
    read->is_finished = 1;
    if (mpi->finished == NULL)
        mpi->finished = read;
    else
        mpi->last_finished->next = read;
    mpi->last_finished = read;
}

static void piece_ended(struct rask_mpi *mpi, struct rask_read *read, int code)
{
    int32_t rank = read->get.rank;
    read->n_pieces--;
    mpi->n_pieces--;
    mpi->peers[rank].n_pieces--;
    if (code != MPI_SUCCESS)
        read->status = RASK_ERR_PEER_LOST;
    if (read->n_pieces == 0 && read->n_issued == read->get.bytes)
        finish(mpi, read);
    if (code != MPI_SUCCESS)
        rask_mpi_lose(mpi, rank);
    else
        list_peer(mpi, rank);
}

static void piece_done(struct rask_mpi *mpi, void *item, int code)
{
    piece_ended(mpi, item, code);
}

/* The request for one piece; MPI_SUCCESS or why there is none. A question is queued here and
 * leaves when the receive for its answer is posted and has its place in the flight. */
static int post_piece(struct rask_mpi *mpi, const struct rask_read *read, size_t bytes,
                      MPI_Request *request)
{
    const struct rask_read_notice notice = {.offset = read->get.offset + read->n_issued,
                                            .bytes = bytes};
    uint8_t *local = (uint8_t *)read->get.local + read->n_issued;
    int32_t rank = read->get.rank;
    if (mpi->window != MPI_WIN_NULL)
        return rask_window_get(mpi, rank, &notice, local, request);
    if (rask_messages_notice(mpi, rank, &notice) != RASK_OK)
        return MPI_ERR_NO_MEM;
    return MPI_Irecv(local, (int)bytes, MPI_BYTE, rank, RASK_TAG_READ_BYTES, mpi->data, request);
}

/* Hands the request of a piece to the flight, or ends the piece when it is complete already. */
static void track_piece(struct rask_mpi *mpi, struct rask_read *read, int code, MPI_Request request)
{
    int is_done = 0;
    if (code == MPI_SUCCESS)
        code = MPI_Test(&request, &is_done, MPI_STATUS_IGNORE);
    if (is_done || code != MPI_SUCCESS) {
        piece_ended(mpi, read, code);
        return;
    }
    const struct rask_flight_entry entry = {
        .done = piece_done, .item = read, .rank = read->get.rank};
    rask_flight_add(mpi, request, &entry);
    rask_node_ring(mpi, read->get.rank);
}

/* Issues the next piece of the peer's first read; 0, or -1 when it must wait for memory. */
static int issue_piece(struct rask_mpi *mpi, int32_t rank)
{
    struct rask_mpi_peer *peer = &mpi->peers[rank];
    struct rask_read *read = peer->first_read;
    size_t left = read->get.bytes - read->n_issued;
    size_t bytes = left < PIECE_BYTES ? left : PIECE_BYTES;
    MPI_Request request;
    if (rask_flight_reserve(mpi, 1) != 0)
        return -1;
    int code = post_piece(mpi, read, bytes, &request);
    if (code == MPI_ERR_NO_MEM)
        return -1;
    read->n_issued += bytes;
    read->n_pieces++;
    mpi->n_pieces++;
    peer->n_pieces++;
    mpi->piece_budget -= bytes < mpi->piece_budget ? bytes : mpi->piece_budget;
    if (read->n_issued == read->get.bytes)
        peer->first_read = read->next;
    track_piece(mpi, read, code, request);
    if (mpi->window == MPI_WIN_NULL)
        rask_messages_drain(mpi, rank);
    return 0;
}

/* Issues what the limits allow, one piece per peer in turn. */
void rask_read_issue(struct rask_mpi *mpi)
{
    while (mpi->n_pieces < PIECES_IN_ALL && mpi->piece_budget != 0) {
        int32_t rank = unlist_first(mpi);
        if (rank < 0)
            return;
        if (mpi->peers[rank].first_read == NULL)
            continue;
        int code = issue_piece(mpi, rank);
        list_peer(mpi, rank);
        if (code != 0)
            return;
    }
}

rask_status rask_read_start(struct rask_mpi *mpi, const struct rask_comm_get *get)
{
    struct rask_mpi_peer *peer = &mpi->peers[get->rank];
    if (get->offset > peer->arena_bytes || get->bytes > peer->arena_bytes - get->offset)
        return RASK_ERR_ARGUMENT;
    struct rask_read *read = mpi->free_reads;
    if (read != NULL)
        mpi->free_reads = read->next;
    else if ((read = rask_alloc(sizeof *read)) == NULL)
        return RASK_ERR_MEMORY;
    *read = (struct rask_read){.get = *get};
    mpi->n_reads++;
    if (get->bytes == 0) {
        finish(mpi, read);
        return RASK_OK;
    }
    if (peer->first_read == NULL)
        peer->first_read = read;
    else
        peer->last_read->next = read;
    peer->last_read = read;
    list_peer(mpi, get->rank);
    rask_read_issue(mpi);
    return RASK_OK;
}

/* Tells the handler about the gets that have ended; how many. What it starts meanwhile ends in a
 * later poll. */
int rask_read_deliver(struct rask_mpi *mpi)
{
    int n = 0;
    struct rask_read *read = mpi->finished;
    mpi->finished = NULL;
    while (read != NULL) {
        struct rask_read *next = read->next;
        uint64_t request = read->get.request;
        rask_status status = read->status;
        read->next = mpi->free_reads;
        mpi->free_reads = read;
        mpi->n_reads--;
        n++;
        if (mpi->handler != NULL)
            mpi->handler->on_got(mpi->handler->context, request, status);
        read = next;
    }
    mpi->piece_budget = BYTES_PER_POLL;
    return n;
}

static void forget(struct rask_mpi *mpi, struct rask_read *read)
{
    if (read->is_finished)
        return;
    read->status = RASK_ERR_PEER_LOST;
    mpi->n_pieces -= read->n_pieces;
    finish(mpi, read);
}

/* Ends the reads from a lost peer. Their requests stay with MPI, which reports to nobody any
 * more. */
void rask_read_lose(struct rask_mpi *mpi, int32_t rank)
{
    struct rask_mpi_peer *peer = &mpi->peers[rank];
    for (int i = 0; i < mpi->flight.n; i++) {
        const struct rask_flight_entry *entry = &mpi->flight.entries[i];
        if (entry->rank == rank && entry->done == piece_done)
            forget(mpi, entry->item);
    }
    while (peer->first_read != NULL) {
        struct rask_read *read = peer->first_read;
        peer->first_read = read->next;
        forget(mpi, read);
    }
    peer->n_pieces = 0;
    rask_flight_abandon(mpi, rank, piece_done);
}

/* ---- the holder's side ---- */

static void serve(struct rask_mpi *mpi);

static void served(struct rask_mpi *mpi, void *item, int code)
{
    struct rask_served *answer = item;
    int32_t rank = answer->rank;
    rask_free(answer);
    mpi->n_serving--;
    if (code != MPI_SUCCESS)
        rask_mpi_lose(mpi, rank);
    rask_node_ring(mpi, rank);
    serve(mpi);
}

static void answer_one(struct rask_mpi *mpi, struct rask_served *answer)
{
    MPI_Request request;
    int code = MPI_Isend(mpi->arena + answer->notice.offset, (int)answer->notice.bytes, MPI_BYTE,
                         answer->rank, RASK_TAG_READ_BYTES, mpi->data, &request);
    if (code != MPI_SUCCESS) {
        rask_mpi_lose(mpi, answer->rank);
        rask_free(answer);
        return;
    }
    mpi->base.counters.served_gets++;
    mpi->base.counters.served_get_bytes += answer->notice.bytes;
    const struct rask_flight_entry entry = {.done = served, .item = answer, .rank = answer->rank};
    rask_flight_add(mpi, request, &entry);
    mpi->n_serving++;
    rask_node_ring(mpi, answer->rank);
}

/* Without memory an answer is sent all the same, and MPI alone knows of it. The arena outlives it:
 * the end waits for the asker, who waits for the bytes. */
static void answer_unnoted(struct rask_mpi *mpi, int32_t rank,
                           const struct rask_read_notice *notice)
{
    MPI_Request request;
    if (mpi->peers[rank].is_lost)
        return;
    int code = MPI_Isend(mpi->arena + notice->offset, (int)notice->bytes, MPI_BYTE, rank,
                         RASK_TAG_READ_BYTES, mpi->data, &request);
    if (code == MPI_SUCCESS)
        code = MPI_Request_free(&request);
    if (code != MPI_SUCCESS)
        rask_mpi_lose(mpi, rank);
    mpi->base.counters.served_gets++;
    mpi->base.counters.served_get_bytes += notice->bytes;
    rask_node_ring(mpi, rank);
}

static void serve(struct rask_mpi *mpi)
{
    while (mpi->first_served != NULL && mpi->n_serving < SERVED_AT_ONCE) {
        struct rask_served *answer = mpi->first_served;
        mpi->first_served = answer->next;
        if (!mpi->peers[answer->rank].is_lost && rask_flight_reserve(mpi, 1) == 0) {
            answer_one(mpi, answer);
        } else {
            answer_unnoted(mpi, answer->rank, &answer->notice);
            rask_free(answer);
        }
    }
}

void rask_read_serve(struct rask_mpi *mpi, int32_t rank, const struct rask_read_notice *notice)
{
    if (notice->offset > mpi->arena_bytes || notice->bytes > mpi->arena_bytes - notice->offset ||
        notice->bytes > PIECE_BYTES) {
        rask_mpi_lose(mpi, rank);
        return;
    }
    struct rask_served *answer = rask_alloc(sizeof *answer);
    if (answer == NULL && mpi->first_served != NULL) {
        /* Answers go out in the order of the questions: the oldest makes room for this one. */
        answer = mpi->first_served;
        mpi->first_served = answer->next;
        answer_unnoted(mpi, answer->rank, &answer->notice);
    }
    if (answer == NULL) {
        answer_unnoted(mpi, rank, notice);
        return;
    }
    *answer = (struct rask_served){.rank = rank, .notice = *notice};
    if (mpi->first_served == NULL)
        mpi->first_served = answer;
    else
        mpi->last_served->next = answer;
    mpi->last_served = answer;
    serve(mpi);
}

void rask_read_release(struct rask_mpi *mpi)
{
    struct rask_read *lists[] = {mpi->free_reads, mpi->finished};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        while (lists[i] != NULL) {
            struct rask_read *next = lists[i]->next;
            rask_free(lists[i]);
            lists[i] = next;
        }
    }
    while (mpi->first_served != NULL) {
        struct rask_served *next = mpi->first_served->next;
        rask_free(mpi->first_served);
        mpi->first_served = next;
    }
    mpi->free_reads = mpi->finished = NULL;
}
