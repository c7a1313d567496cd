/* SPDX-License-Identifier: BSD-3-Clause */
/* message.c: batches as MPI messages.
 *
 * Out: a batch of at most RASK_MESSAGE_BYTES goes out at once by MPI_Isend from a copy; while
 * SENDS_PER_PEER are in flight it waits in the peer's queue and joins what waits there. A longer
 * batch is cut at record borders into a few such messages; beyond that, or when one record is
 * longer, it is announced (RASK_TAG_LARGE) and follows on the other communicator. Every
 * SENDS_PER_PEER-th message is a synchronous send, complete only when it has been matched, so
 * that a slow receiver holds up its senders and not its own memory.
 *
 * In: RASK_N_RECEIVES persistent receives for any source and tag, always posted, looked at in
 * the order of posting: MPI matches messages of one sender in that order, so nothing overtakes.
 * What arrives behind a large batch of the same sender is held until that is here. */
#include "comm/mpi_comm.h"

#include "base/alloc.h"
#include "base/error.h"
#include "comm/mpi_err.h"

#include <limits.h>
#include <string.h>

#define SENDS_PER_PEER 32
#define CUT_LIMIT ((size_t)4 * RASK_MESSAGE_BYTES)
/* Large batches are cut again here, so that no buffer is much longer than the longest record. */
#define LARGE_LIMIT ((size_t)64 << 20)
#define N_FREE_MESSAGES_AT_START 64

void rask_queue_push(struct rask_message_queue *queue, struct rask_message *message)
{
    message->next = NULL;
    if (queue->first == NULL)
        queue->first = message;
    else
        queue->last->next = message;
    queue->last = message;
}

struct rask_message *rask_queue_pop(struct rask_message_queue *queue)
{
    struct rask_message *message = queue->first;
    if (message != NULL)
        queue->first = message->next;
    return message;
}

static void queue_release(struct rask_mpi *mpi, struct rask_message_queue *queue)
{
    struct rask_message *message;
    while ((message = rask_queue_pop(queue)) != NULL)
        rask_message_free(mpi, message);
}

/* Of `size` bytes, with room for RASK_MESSAGE_BYTES at least; NULL for want of memory. */
struct rask_message *rask_message_new(struct rask_mpi *mpi, size_t size)
{
    struct rask_message *message = mpi->free_messages;
    size_t capacity = RASK_MESSAGE_BYTES;
    if (size <= RASK_MESSAGE_BYTES && message != NULL) {
        mpi->free_messages = message->next;
    } else {
        if (size > capacity)
            capacity = size;
        if (capacity > SIZE_MAX - sizeof *message)
            return NULL;
        message = rask_alloc_aligned(_Alignof(struct rask_message), sizeof *message + capacity);
        if (message == NULL)
            return NULL;
    }
    *message = (struct rask_message){.size = size, .capacity = capacity};
    return message;
}

void rask_message_free(struct rask_mpi *mpi, struct rask_message *message)
{
    if (message->large != NULL)
        rask_message_free(mpi, message->large);
    if (message->capacity == RASK_MESSAGE_BYTES) {
        message->large = NULL;
        message->next = mpi->free_messages;
        mpi->free_messages = message;
    } else {
        rask_free(message);
    }
}

rask_status rask_queue_add(struct rask_mpi *mpi, struct rask_message_queue *queue,
                           const uint8_t *bytes, size_t size)
{
    struct rask_message *message = queue->first == NULL ? NULL : queue->last;
    if (message != NULL && message->tag == RASK_TAG_BATCH && message->n_sent == 0 &&
        message->capacity - message->size >= size) {
        memcpy(message->bytes + message->size, bytes, size);
        message->size += size;
        return RASK_OK;
    }
    message = rask_message_new(mpi, size);
    if (message == NULL)
        return RASK_ERR_MEMORY;
    message->tag = RASK_TAG_BATCH;
    memcpy(message->bytes, bytes, size);
    rask_queue_push(queue, message);
    mpi->n_queued++;
    return RASK_OK;
}

/* Posted receives and their buffers, and the first message buffers. */
rask_status rask_messages_start(struct rask_mpi *mpi, struct rask_error *error)
{
    size_t bytes = (size_t)RASK_N_RECEIVES * RASK_MESSAGE_BYTES;
    mpi->receive_bytes = rask_alloc_aligned(64, bytes);
    if (mpi->receive_bytes == NULL)
        return rask_error_memory(error, bytes, "receive buffers");
    for (int i = 0; i < N_FREE_MESSAGES_AT_START; i++) {
        struct rask_message *message =
            rask_alloc_aligned(_Alignof(struct rask_message), sizeof *message + RASK_MESSAGE_BYTES);
        if (message == NULL)
            return rask_error_memory(error, sizeof *message + RASK_MESSAGE_BYTES, "a send buffer");
        *message = (struct rask_message){.capacity = RASK_MESSAGE_BYTES};
        rask_message_free(mpi, message);
    }
    for (int i = 0; i < RASK_N_RECEIVES; i++) {
        int code = MPI_Recv_init(mpi->receive_bytes + (size_t)i * RASK_MESSAGE_BYTES,
                                 (int)RASK_MESSAGE_BYTES, MPI_BYTE, MPI_ANY_SOURCE, MPI_ANY_TAG,
                                 mpi->control, &mpi->receives[i]);
        if (code == MPI_SUCCESS)
            code = MPI_Start(&mpi->receives[i]);
        if (code != MPI_SUCCESS)
            return rask_mpi_check(error, "posting a receive", code);
        mpi->n_receives++;
    }
    return RASK_OK;
}

/* ---- out ---- */

static void message_sent(struct rask_mpi *mpi, void *item, int code)
{
    struct rask_message *message = item;
    int32_t rank = message->rank;
    rask_message_free(mpi, message);
    mpi->peers[rank].n_sends--;
    if (code != MPI_SUCCESS) {
        rask_mpi_lose(mpi, rank);
        return;
    }
    rask_node_ring(mpi, rank);
    rask_messages_drain(mpi, rank);
}

/* Takes `message`; it is freed when MPI is done with it. */
static int track(struct rask_mpi *mpi, struct rask_message *message, MPI_Request request)
{
    int is_done = 0;
    int code = MPI_Test(&request, &is_done, MPI_STATUS_IGNORE);
    if (is_done || code != MPI_SUCCESS) {
        rask_message_free(mpi, message);
        return code;
    }
    const struct rask_flight_entry entry = {
        .done = message_sent, .item = message, .rank = message->rank};
    rask_flight_add(mpi, request, &entry);
    mpi->peers[message->rank].n_sends++;
    return MPI_SUCCESS;
}

/* The batch that a notice has announced. Sizes are multiples of 8, and so 32 GiB can be counted
 * in an int. */
static int post_large(struct rask_mpi *mpi, struct rask_message *large)
{
    MPI_Request request;
    int code = MPI_Isend(large->bytes, (int)(large->size / 8), MPI_UINT64_T, large->rank,
                         RASK_TAG_LARGE_BYTES, mpi->data, &request);
    if (code == MPI_SUCCESS)
        return track(mpi, large, request);
    rask_message_free(mpi, large);
    return code;
}

static int post(struct rask_mpi *mpi, struct rask_message *message)
{
    struct rask_message *large = message->large;
    MPI_Request request;
    int is_synchronous = ++mpi->n_messages_sent[message->rank] % SENDS_PER_PEER == 0;
    int code = (is_synchronous ? MPI_Issend : MPI_Isend)(message->bytes, (int)message->size,
                                                         MPI_BYTE, message->rank, message->tag,
                                                         mpi->control, &request);
    if (code != MPI_SUCCESS) {
        rask_message_free(mpi, message);
        return code;
    }
    message->large = NULL;
    code = track(mpi, message, request);
    if (large == NULL)
        return code;
    if (code == MPI_SUCCESS)
        return post_large(mpi, large);
    rask_message_free(mpi, large);
    return code;
}

/* A post needs up to two places in the flight. */
void rask_messages_drain(struct rask_mpi *mpi, int32_t rank)
{
    struct rask_mpi_peer *peer = &mpi->peers[rank];
    while (peer->out.first != NULL && peer->n_sends < SENDS_PER_PEER && !peer->is_lost) {
        if (rask_flight_reserve(mpi, 2) != 0)
            return;
        struct rask_message *message = rask_queue_pop(&peer->out);
        mpi->n_queued--;
        if (post(mpi, message) != MPI_SUCCESS)
            rask_mpi_lose(mpi, rank);
    }
}

static void push_out(struct rask_mpi *mpi, int32_t rank, struct rask_message *message)
{
    message->rank = rank;
    rask_queue_push(&mpi->peers[rank].out, message);
    mpi->n_queued++;
}

/* A notice with the batch that it announces. */
static struct rask_message *large_new(struct rask_mpi *mpi, int32_t rank, const uint8_t *bytes,
                                      size_t size)
{
    const struct rask_large_notice notice = {.bytes = size};
    struct rask_message *large = rask_message_new(mpi, size);
    struct rask_message *message = large == NULL ? NULL : rask_message_new(mpi, sizeof notice);
    if (message == NULL) {
        if (large != NULL)
            rask_message_free(mpi, large);
        return NULL;
    }
    memcpy(large->bytes, bytes, size);
    memcpy(message->bytes, &notice, sizeof notice);
    large->rank = rank;
    message->tag = RASK_TAG_LARGE;
    message->large = large;
    return message;
}

/* The longest run of whole records of at most `limit` bytes; the first record alone when that is
 * longer; 0 when the records' sizes make no sense. */
static size_t run_of_records(const uint8_t *bytes, size_t size, size_t limit)
{
    size_t run = 0;
    while (run < size) {
        uint32_t record;
        memcpy(&record, bytes + run, sizeof record);
        if (record < 8 || record % 8 != 0 || record > size - run)
            return 0;
        if (run != 0 && run + record > limit)
            break;
        run += record;
    }
    return run;
}

/* A batch longer than one message as several, all or none. */
static rask_status cut(struct rask_mpi *mpi, int32_t rank, const uint8_t *bytes, size_t size)
{
    struct rask_message_queue pieces = {0};
    size_t limit = size <= CUT_LIMIT ? RASK_MESSAGE_BYTES : LARGE_LIMIT;
    while (size != 0) {
        size_t run = run_of_records(bytes, size, limit);
        struct rask_message *message = NULL;
        if (run > RASK_MESSAGE_BYTES)
            message = large_new(mpi, rank, bytes, run);
        else if (run != 0)
            message = rask_message_new(mpi, run);
        if (message == NULL) {
            queue_release(mpi, &pieces);
            return run == 0 ? RASK_ERR_PROTOCOL : RASK_ERR_MEMORY;
        }
        if (message->large == NULL) {
            message->tag = RASK_TAG_BATCH;
            memcpy(message->bytes, bytes, run);
        }
        rask_queue_push(&pieces, message);
        bytes += run;
        size -= run;
    }
    struct rask_message *message;
    while ((message = rask_queue_pop(&pieces)) != NULL)
        push_out(mpi, rank, message);
    return RASK_OK;
}

rask_status rask_messages_send(struct rask_mpi *mpi, int32_t rank, const uint8_t *bytes,
                               size_t size)
{
    struct rask_mpi_peer *peer = &mpi->peers[rank];
    rask_status status = size <= RASK_MESSAGE_BYTES ? rask_queue_add(mpi, &peer->out, bytes, size)
                                                    : cut(mpi, rank, bytes, size);
    if (status != RASK_OK)
        return status;
    peer->out.last->rank = rank;
    rask_messages_drain(mpi, rank);
    rask_node_ring(mpi, rank);
    return RASK_OK;
}

rask_status rask_messages_notice(struct rask_mpi *mpi, int32_t rank,
                                 const struct rask_read_notice *notice)
{
    struct rask_message *message = rask_message_new(mpi, sizeof *notice);
    if (message == NULL)
        return RASK_ERR_MEMORY;
    memcpy(message->bytes, notice, sizeof *notice);
    message->tag = RASK_TAG_READ;
    push_out(mpi, rank, message);
    return RASK_OK;
}

void rask_messages_flush(struct rask_mpi *mpi)
{
    for (int32_t rank = 0; mpi->n_queued != 0 && rank < mpi->base.caps.n_ranks; rank++)
        if (mpi->peers[rank].out.first != NULL)
            rask_messages_drain(mpi, rank);
}

/* ---- in ---- */

static void receive_batch(struct rask_mpi *mpi, int32_t rank, const uint8_t *bytes, size_t size)
{
    mpi->base.counters.batches_received++;
    mpi->base.counters.bytes_received += size;
    if (mpi->handler != NULL)
        mpi->handler->on_batch(mpi->handler->context, rank, bytes, size);
}

static int take_control(struct rask_mpi *mpi, int32_t rank, int tag, const uint8_t *bytes,
                        size_t size);

/* There is no memory for a batch that was announced. It is received all the same, every word of it
 * into one and the same place, so that its sender is not held up for ever: MPI leaves open which
 * word is there in the end, and nobody looks. (A receive without room would do by the standard, but
 * Open MPI 4.1 then reads the whole batch to where it has none.) */
static void refuse_large(struct rask_mpi *mpi, int32_t rank)
{
    MPI_Request request;
    MPI_Datatype folded = MPI_DATATYPE_NULL;
    int code = MPI_Type_create_hvector(INT_MAX, 1, 0, MPI_UINT64_T, &folded);
    if (code == MPI_SUCCESS)
        code = MPI_Type_commit(&folded);
    if (code == MPI_SUCCESS)
        code = MPI_Irecv(&mpi->refused_word, 1, folded, rank, RASK_TAG_LARGE_BYTES, mpi->data,
                         &request);
    if (code == MPI_SUCCESS)
        code = MPI_Request_free(&request);
    if (folded != MPI_DATATYPE_NULL)
        MPI_Type_free(&folded);
    if (code != MPI_SUCCESS)
        rask_mpi_lose(mpi, rank);
}

static void hold(struct rask_mpi *mpi, int32_t rank, int tag, const uint8_t *bytes, size_t size)
{
    struct rask_mpi_peer *peer = &mpi->peers[rank];
    /* Large batches are received in the order of their notices: behind one that is to be refused
     * nothing is held. */
    struct rask_message *message = peer->n_refused != 0 ? NULL : rask_message_new(mpi, size);
    if (message == NULL) {
        peer->n_refused += tag == RASK_TAG_LARGE;
        rask_mpi_lack(mpi, rank, size);
        return;
    }
    memcpy(message->bytes, bytes, size);
    message->tag = tag;
    rask_queue_push(&peer->held, message);
}

static void large_received(struct rask_mpi *mpi, void *item, int code)
{
    struct rask_message *large = item;
    int32_t rank = large->rank;
    struct rask_mpi_peer *peer = &mpi->peers[rank];
    peer->is_receiving_large = 0;
    if (code == MPI_SUCCESS)
        receive_batch(mpi, rank, large->bytes, large->size);
    else
        rask_mpi_lose(mpi, rank);
    rask_message_free(mpi, large);
    while (!peer->is_receiving_large) {
        struct rask_message *message = rask_queue_pop(&peer->held);
        if (message == NULL)
            break;
        take_control(mpi, rank, message->tag, message->bytes, message->size);
        rask_message_free(mpi, message);
    }
    for (; !peer->is_receiving_large && peer->n_refused != 0; peer->n_refused--)
        refuse_large(mpi, rank);
}

static void receive_large(struct rask_mpi *mpi, int32_t rank,
                          const struct rask_large_notice *notice)
{
    MPI_Request request;
    struct rask_message *large = rask_message_new(mpi, (size_t)notice->bytes);
    if (large == NULL || rask_flight_reserve(mpi, 1) != 0) {
        if (large != NULL)
            rask_message_free(mpi, large);
        rask_mpi_lack(mpi, rank, (size_t)notice->bytes);
        refuse_large(mpi, rank);
        return;
    }
    large->rank = rank;
    int code = MPI_Irecv(large->bytes, (int)(notice->bytes / 8), MPI_UINT64_T, rank,
                         RASK_TAG_LARGE_BYTES, mpi->data, &request);
    if (code != MPI_SUCCESS) {
        rask_message_free(mpi, large);
        rask_mpi_lose(mpi, rank);
        return;
    }
    mpi->peers[rank].is_receiving_large = 1;
    const struct rask_flight_entry entry = {.done = large_received, .item = large, .rank = rank};
    rask_flight_add(mpi, request, &entry);
}

/* One message on `control`; 1, or 0 when it is none that this transport sends. */
static int take_control(struct rask_mpi *mpi, int32_t rank, int tag, const uint8_t *bytes,
                        size_t size)
{
    struct rask_large_notice large;
    struct rask_read_notice read;
    if (tag == RASK_TAG_READ && size == sizeof read) {
        memcpy(&read, bytes, sizeof read);
        rask_read_serve(mpi, rank, &read);
    } else if (mpi->peers[rank].is_receiving_large) {
        hold(mpi, rank, tag, bytes, size);
    } else if (tag == RASK_TAG_BATCH) {
        receive_batch(mpi, rank, bytes, size);
    } else if (tag == RASK_TAG_LARGE && size == sizeof large) {
        memcpy(&large, bytes, sizeof large);
        receive_large(mpi, rank, &large);
    } else {
        return 0;
    }
    return 1;
}

static void take_message(struct rask_mpi *mpi, int code, const MPI_Status *status,
                         const uint8_t *bytes)
{
    int32_t rank = status->MPI_SOURCE;
    int size = 0;
    if (rank < 0 || rank >= mpi->base.caps.n_ranks)
        return;
    mpi->n_messages_received++;
    if (code == MPI_SUCCESS)
        code = MPI_Get_count(status, MPI_BYTE, &size);
    if (code != MPI_SUCCESS || size < 0 ||
        !take_control(mpi, rank, status->MPI_TAG, bytes, (size_t)size))
        rask_mpi_lose(mpi, rank);
}

/* Looks at the posted receives from the oldest on; how many messages there were. */
int rask_messages_poll(struct rask_mpi *mpi)
{
    for (int n = 0; n < RASK_N_RECEIVES; n++) {
        int slot = mpi->next_receive, is_done = 0;
        MPI_Status status = {.MPI_SOURCE = MPI_PROC_NULL};
        int code = MPI_Test(&mpi->receives[slot], &is_done, &status);
        if (!is_done)
            return n;
        take_message(mpi, code, &status, mpi->receive_bytes + (size_t)slot * RASK_MESSAGE_BYTES);
        MPI_Start(&mpi->receives[slot]);
        mpi->next_receive = (slot + 1) % RASK_N_RECEIVES;
    }
    return RASK_N_RECEIVES;
}

/* At the end, when every message of every rank has arrived: takes the posted receives back. */
void rask_messages_stop(struct rask_mpi *mpi)
{
    for (int i = 0; i < mpi->n_receives; i++) {
        MPI_Cancel(&mpi->receives[i]);
        MPI_Wait(&mpi->receives[i], MPI_STATUS_IGNORE);
        MPI_Request_free(&mpi->receives[i]);
    }
    mpi->n_receives = 0;
}

void rask_messages_release(struct rask_mpi *mpi)
{
    for (int32_t rank = 0; mpi->peers != NULL && rank < mpi->base.caps.n_ranks; rank++) {
        queue_release(mpi, &mpi->peers[rank].out);
        queue_release(mpi, &mpi->peers[rank].held);
    }
    while (mpi->free_messages != NULL) {
        struct rask_message *message = mpi->free_messages;
        mpi->free_messages = message->next;
        rask_free(message);
    }
    rask_free(mpi->receive_bytes);
    mpi->receive_bytes = NULL;
}
