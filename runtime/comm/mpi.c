/* SPDX-License-Identifier: BSD-3-Clause */
/* mpi.c: the operations of comm.h over rings, messages and gets, and the orderly end.
 *
 * The end: every rank gives all its output to MPI and waits until it is gone; the ranks then add
 * up how many control messages each of them has been sent (MPI_Ireduce_scatter_block) and each
 * goes on until it has received that many; a nonblocking barrier follows. All this time
 * questions for arena bytes are answered, so that a rank that is still at work gets what it asks
 * for. Then nothing is under way any more, and window, communicators and MPI itself can go.
 *
 * When a peer is lost there is no such end: collectives would wait for it. Then memory is given
 * back and MPI is left as it is; the launcher ends the job. */
#include "comm/mpi_comm.h"

#include "base/alloc.h"
#include "base/error.h"
#include "comm/mpi_err.h"

#include <assert.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

/* While rings keep bringing batches, MPI has its turn in one of this many polls. */
#define POLLS_PER_MPI_TURN 64
#define YIELDS_BEFORE_SLEEP 256
#define SHORTEST_SLEEP_NS 50000
#define LONGEST_SLEEP_NS 1000000

static struct rask_mpi *mpi_of(struct rask_comm *comm)
{
    return (struct rask_mpi *)comm;
}

static void count_pending(struct rask_mpi *mpi)
{
    int n_active = mpi->flight.n - mpi->flight.n_abandoned;
    mpi->base.n_pending = (uint32_t)n_active + mpi->n_queued + mpi->n_reads;
}

static rask_status mpi_send(struct rask_comm *comm, int32_t rank, const uint8_t *bytes, size_t size)
{
    struct rask_mpi *mpi = mpi_of(comm);
    assert(rank >= 0 && rank < comm->caps.n_ranks && rank != comm->caps.rank);
    struct rask_mpi_peer *peer = &mpi->peers[rank];
    if (peer->is_lost)
        return RASK_ERR_PEER_LOST;
    if (size == 0)
        return RASK_OK;
    rask_status status = peer->channel != NULL ? rask_channel_send(mpi, peer->channel, bytes, size)
                                               : rask_messages_send(mpi, rank, bytes, size);
    count_pending(mpi);
    if (status != RASK_OK)
        return status;
    comm->counters.batches_sent++;
    comm->counters.bytes_sent += size;
    comm->counters.ring_batches_sent += peer->channel != NULL;
    return RASK_OK;
}

static rask_status mpi_get(struct rask_comm *comm, const struct rask_comm_get *get)
{
    struct rask_mpi *mpi = mpi_of(comm);
    assert(get->rank >= 0 && get->rank < comm->caps.n_ranks && get->rank != comm->caps.rank);
    if (mpi->peers[get->rank].is_lost)
        return RASK_ERR_PEER_LOST;
    rask_status status = rask_read_start(mpi, get);
    count_pending(mpi);
    if (status != RASK_OK)
        return status;
    comm->counters.gets++;
    comm->counters.get_bytes += get->bytes;
    return RASK_OK;
}

void rask_mpi_lose(struct rask_mpi *mpi, int32_t rank)
{
    if (mpi->peers[rank].is_lost)
        return;
    mpi->peers[rank].is_lost = 1;
    mpi->n_lost++;
}

void rask_mpi_lack(struct rask_mpi *mpi, int32_t rank, size_t bytes)
{
    struct rask_error error;
    char what[64];
    if (mpi->handler == NULL)
        return;
    snprintf(what, sizeof what, "a batch from rank %d", rank);
    (void)rask_error_memory(&error, bytes, what);
    mpi->handler->on_failed(mpi->handler->context, &error);
}

/* What is queued for a lost peer goes nowhere. */
static void drop_output(struct rask_mpi *mpi, struct rask_message_queue *queue)
{
    struct rask_message *message;
    while ((message = rask_queue_pop(queue)) != NULL) {
        rask_message_free(mpi, message);
        mpi->n_queued--;
    }
}

static int tell_losses(struct rask_mpi *mpi)
{
    int n = 0;
    for (int32_t rank = 0; mpi->n_lost_told < mpi->n_lost && rank < mpi->base.caps.n_ranks;
         rank++) {
        struct rask_mpi_peer *peer = &mpi->peers[rank];
        if (!peer->is_lost || peer->is_lost_told)
            continue;
        peer->is_lost_told = 1;
        mpi->n_lost_told++;
        drop_output(mpi, &peer->out);
        if (peer->channel != NULL)
            drop_output(mpi, &peer->channel->overflow);
        rask_read_lose(mpi, rank);
        n += 1 + rask_read_deliver(mpi);
        if (mpi->handler != NULL)
            mpi->handler->on_lost(mpi->handler->context, rank);
    }
    return n;
}

/* MPI is looked at in every poll while something of this rank is under way in it, while a thread is
 * about to sleep on this process's bell (what the last look before a sleep misses is seen late),
 * and, with peers that have no ring to this rank, whenever the rings are empty. Else only now and
 * then: with ranks that outnumber cores each look at an idle MPI gives the core away for
 * milliseconds. */
static int is_turn_of_mpi(const struct rask_mpi *mpi, int n_from_rings)
{
    int is_eager = mpi->base.caps.has_remote_nodes || mpi->n_channels == 0;
    return (is_eager && n_from_rings == 0) || mpi->flight.n != 0 || mpi->n_queued != 0 ||
           mpi->n_reads != 0 || mpi->n_polls % POLLS_PER_MPI_TURN == 0 ||
           atomic_load_explicit(&mpi->base.bell->n_sleepers, memory_order_relaxed) != 0;
}

static int progress(struct rask_mpi *mpi)
{
    int n = 0;
    mpi->n_polls++;
    for (int32_t i = 0; i < mpi->n_channels; i++)
        n += rask_channel_poll(mpi, &mpi->channels[i]);
    if (is_turn_of_mpi(mpi, n)) {
        n += rask_messages_poll(mpi);
        if (mpi->flight.n != 0)
            n += rask_flight_poll(mpi);
        if (mpi->n_queued != 0)
            rask_messages_flush(mpi);
    }
    if (mpi->n_reads != 0) {
        rask_read_issue(mpi);
        n += rask_read_deliver(mpi);
    }
    if (mpi->n_lost_told < mpi->n_lost)
        n += tell_losses(mpi);
    count_pending(mpi);
    return n;
}

static int mpi_poll(struct rask_comm *comm, const struct rask_comm_handler *handler)
{
    struct rask_mpi *mpi = mpi_of(comm);
    mpi->handler = handler;
    int n = progress(mpi);
    mpi->handler = NULL;
    return n;
}

void rask_mpi_wait(struct rask_mpi *mpi, uint32_t n_idle_polls)
{
    if (n_idle_polls == 0)
        return;
    if (n_idle_polls < YIELDS_BEFORE_SLEEP) {
        sched_yield();
        return;
    }
    int64_t sleep_ns = (int64_t)(n_idle_polls - YIELDS_BEFORE_SLEEP + 1) * SHORTEST_SLEEP_NS;
    uint32_t ticket = rask_bell_begin(mpi->base.bell);
    rask_bell_sleep(mpi->base.bell, ticket,
                    sleep_ns < LONGEST_SLEEP_NS ? sleep_ns : LONGEST_SLEEP_NS);
    rask_bell_end(mpi->base.bell);
}

/* ---- the end ---- */

/* Goes on until the request is complete, every message expected has come (NULL: any number) and
 * nothing of this rank's is under way. RASK_ERR_PEER_LOST when that will never be. */
static rask_status progress_until(struct rask_mpi *mpi, MPI_Request *request,
                                  const uint64_t *n_expected)
{
    uint32_t n_idle = 0;
    for (;;) {
        n_idle = progress(mpi) == 0 ? n_idle + 1 : 0;
        int is_done = 0;
        if (mpi->n_lost != 0)
            return RASK_ERR_PEER_LOST;
        if (MPI_Test(request, &is_done, MPI_STATUS_IGNORE) != MPI_SUCCESS)
            return RASK_ERR_MPI;
        if (is_done && mpi->base.n_pending == 0 &&
            (n_expected == NULL || mpi->n_messages_received >= *n_expected))
            return RASK_OK;
        rask_mpi_wait(mpi, n_idle);
    }
}

static rask_status finish_traffic(struct rask_mpi *mpi)
{
    uint64_t n_expected = 0;
    MPI_Request request = MPI_REQUEST_NULL;
    rask_status status = progress_until(mpi, &request, NULL);
    if (status == RASK_OK)
        status = rask_mpi_check(NULL, "MPI_Ireduce_scatter_block",
                                MPI_Ireduce_scatter_block(mpi->n_messages_sent, &n_expected, 1,
                                                          MPI_UINT64_T, MPI_SUM, mpi->control,
                                                          &request));
    if (status == RASK_OK)
        status = progress_until(mpi, &request, NULL);
    if (status == RASK_OK)
        status = progress_until(mpi, &request, &n_expected);
    if (status == RASK_OK)
        status = rask_mpi_check(NULL, "MPI_Ibarrier", MPI_Ibarrier(mpi->control, &request));
    if (status == RASK_OK)
        status = progress_until(mpi, &request, NULL);
    return status;
}

void rask_mpi_leave(struct rask_mpi *mpi)
{
    if (mpi->node_comm != MPI_COMM_NULL)
        MPI_Comm_free(&mpi->node_comm);
    if (mpi->data != MPI_COMM_NULL)
        MPI_Comm_free(&mpi->data);
    if (mpi->control != MPI_COMM_NULL)
        MPI_Comm_free(&mpi->control);
}

static rask_status mpi_agree(struct rask_comm *comm, rask_status status, struct rask_error *error)
{
    return rask_mpi_agree(mpi_of(comm)->control, status, error);
}

static rask_status mpi_share(struct rask_comm *comm, uint32_t number, uint32_t *numbers,
                             struct rask_error *error)
{
    int code =
        MPI_Allgather(&number, 1, MPI_UINT32_T, numbers, 1, MPI_UINT32_T, mpi_of(comm)->control);
    return rask_mpi_check(error, "MPI_Allgather", code);
}

static rask_status mpi_stop(struct rask_comm *comm, int is_abort, int exit_code)
{
    struct rask_mpi *mpi = mpi_of(comm);
    mpi->handler = NULL;
    rask_status status = is_abort ? RASK_ERR_PEER_LOST : finish_traffic(mpi);
    if (status != RASK_OK) {
        if (mpi->has_initialised_mpi)
            MPI_Abort(mpi->control, exit_code);
        return status;
    }
    rask_window_close(mpi);
    rask_messages_stop(mpi);
    rask_mpi_leave(mpi);
    if (mpi->has_initialised_mpi)
        MPI_Finalize();
    if (mpi->has_ignored_sigpipe)
        signal(SIGPIPE, SIG_DFL);
    rask_mpi_release(mpi);
    return RASK_OK;
}

static const struct rask_comm_ops mpi_ops = {
    .send = mpi_send,
    .poll = mpi_poll,
    .get = mpi_get,
    .agree = mpi_agree,
    .share = mpi_share,
    .stop = mpi_stop,
};

struct rask_mpi *rask_mpi_new(struct rask_error *error)
{
    struct rask_mpi *mpi = rask_alloc_aligned(_Alignof(struct rask_mpi), sizeof *mpi);
    if (mpi == NULL) {
        (void)rask_error_memory(error, sizeof *mpi, "the transport");
        return NULL;
    }
    *mpi = (struct rask_mpi){
        .base = {.ops = &mpi_ops},
        .control = MPI_COMM_NULL,
        .data = MPI_COMM_NULL,
        .node_comm = MPI_COMM_NULL,
        .window = MPI_WIN_NULL,
        .first_reading = -1,
        .last_reading = -1,
    };
    mpi->base.bell = &mpi->own_bell;
    mpi->base.caps.transport_text = mpi->transport_text;
    mpi->base.caps.window_text = mpi->window_text;
    mpi->base.caps.node_text = mpi->node_text;
    return mpi;
}

/* The memory of this process; what MPI holds has gone before or stays. */
void rask_mpi_release(struct rask_mpi *mpi)
{
    rask_share_release(mpi);
    rask_node_release(mpi);
    rask_messages_release(mpi);
    rask_read_release(mpi);
    rask_flight_release(mpi);
    rask_free(mpi->peers);
    rask_free(mpi->n_messages_sent);
    rask_free(mpi);
}

rask_status rask_mpi_agree(MPI_Comm comm, rask_status status, struct rask_error *error)
{
    struct rask_error own = {.text = ""};
    struct rask_error *story = error != NULL ? error : &own;
    int rank = 0, n_ranks = 0, first = 0;
    if (MPI_Comm_rank(comm, &rank) != MPI_SUCCESS || MPI_Comm_size(comm, &n_ranks) != MPI_SUCCESS)
        return rask_error_set(error, RASK_ERR_MPI,
                              "MPI_Comm_rank failed on a communicator of Rask");
    int mine = status == RASK_OK ? n_ranks : rank;
    int code = MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, comm);
    if (code != MPI_SUCCESS)
        return rask_mpi_check(error, "MPI_Allreduce", code);
    if (first == n_ranks)
        return RASK_OK;
    if (first == rank)
        story->code = status;
    code = MPI_Bcast(story, (int)sizeof *story, MPI_BYTE, first, comm);
    if (code != MPI_SUCCESS)
        return rask_mpi_check(error, "MPI_Bcast", code);
    return story->code;
}
