/* SPDX-License-Identifier: BSD-3-Clause */
/* node.c: the memory that the ranks of a node share, and what goes through it.
 *
 *     [ head | bell 0 | bell 1 | ... | to 1 | from 1 | to 2 | from 2 | ... ]
 *              one per rank of the node   rings between rank 0 and the others, on rank 0's node
 * only
 *
 * The node's first rank makes the segment, the others join by its name, and the name goes when
 * all are in. If any of them fails the whole node goes without: no bells for others to ring,
 * messages instead of rings.
 *
 * A batch longer than a frame travels in several frames, the last one without the mark "more",
 * and is put together on the other side. What finds no room waits in the channel's overflow, in
 * order. */
#include "comm/mpi_comm.h"

#include "base/alloc.h"
#include "base/error.h"
#include "comm/mpi_err.h"

#include <stdatomic.h>
#include <string.h>

#define SEGMENT_MAGIC UINT64_C(0x6b7361522065646f)
#define RING_BYTES ((uint64_t)256 << 10)
/* A node with more ranks than this gets shorter rings. */
#define MANY_RANKS 32
#define SHORT_RING_BYTES ((uint64_t)64 << 10)
#define FRAMES_PER_POLL 64

struct segment_head {
    _Alignas(64) uint64_t magic;
    uint64_t ring_bytes;
    int32_t n_ranks, has_rings;
};

/* What the first rank tells the others. */
struct invitation {
    char name[RASK_SHM_NAME_BYTES];
    uint64_t bytes;
};

struct layout {
    uint64_t ring_bytes;
    int32_t n_ranks, has_rings;
};

static struct layout layout_of(const struct rask_mpi *mpi, int wants_rings)
{
    const struct rask_comm_caps *caps = &mpi->base.caps;
    return (struct layout){
        .ring_bytes = caps->ranks_on_node > MANY_RANKS ? SHORT_RING_BYTES : RING_BYTES,
        .n_ranks = caps->ranks_on_node,
        .has_rings = wants_rings && caps->node == 0 && caps->ranks_on_node > 1,
    };
}

static size_t bell_offset(int32_t index)
{
    return sizeof(struct segment_head) + (size_t)index * sizeof(struct rask_bell);
}

/* The ring between rank 0 and the rank with this index on its node, in the direction away from
 * rank 0 or to it. */
static size_t ring_offset(const struct layout *layout, int32_t index, int is_from_hub)
{
    size_t n_before = (size_t)(index - 1) * 2 + (is_from_hub ? 0 : 1);
    return bell_offset(layout->n_ranks) + n_before * rask_ring_bytes(layout->ring_bytes);
}

static size_t segment_bytes(const struct layout *layout)
{
    return layout->has_rings ? ring_offset(layout, layout->n_ranks, 1)
                             : bell_offset(layout->n_ranks);
}

static rask_status make_segment(struct rask_mpi *mpi, const struct layout *layout,
                                struct invitation *invitation, struct rask_error *error)
{
    rask_status status = rask_shm_make(&mpi->shm, segment_bytes(layout), invitation->name, error);
    if (status != RASK_OK)
        return status;
    struct segment_head *head = mpi->shm.base;
    *head = (struct segment_head){
        .magic = SEGMENT_MAGIC,
        .ring_bytes = layout->ring_bytes,
        .n_ranks = layout->n_ranks,
        .has_rings = layout->has_rings,
    };
    invitation->bytes = mpi->shm.bytes;
    return RASK_OK;
}

static rask_status join_segment(struct rask_mpi *mpi, const struct layout *layout,
                                const struct invitation *invitation, struct rask_error *error)
{
    rask_status status =
        rask_shm_join(&mpi->shm, (size_t)invitation->bytes, invitation->name, error);
    if (status != RASK_OK)
        return status;
    const struct segment_head *head = mpi->shm.base;
    if (invitation->bytes != segment_bytes(layout) || head->magic != SEGMENT_MAGIC ||
        head->ring_bytes != layout->ring_bytes || head->n_ranks != layout->n_ranks)
        return rask_error_set(error, RASK_ERR_SYSTEM,
                              "the shared memory %s is not the one that rank 0 of the node made",
                              invitation->name);
    return RASK_OK;
}

/* Collective over node_comm; every rank of the node gets the same outcome. */
static rask_status share_segment(struct rask_mpi *mpi, const struct layout *layout,
                                 struct rask_error *reason, struct rask_error *error)
{
    struct invitation invitation = {.name = ""};
    int is_maker = mpi->base.caps.rank_on_node == 0;
    rask_status mine = is_maker ? make_segment(mpi, layout, &invitation, reason) : RASK_OK;
    int code = MPI_Bcast(&invitation, (int)sizeof invitation, MPI_BYTE, 0, mpi->node_comm);
    rask_status status = rask_mpi_check(error, "MPI_Bcast on the node", code);
    if (status == RASK_OK && !is_maker && invitation.bytes != 0)
        mine = join_segment(mpi, layout, &invitation, reason);
    if (status == RASK_OK)
        status = rask_mpi_agree(mpi->node_comm, mine, reason) == RASK_OK ? RASK_OK : RASK_PENDING;
    if (is_maker && invitation.bytes != 0)
        rask_shm_unlink(invitation.name);
    if (status != RASK_OK)
        rask_shm_release(&mpi->shm);
    return status;
}

static struct rask_ring *ring_at(const struct rask_mpi *mpi, const struct layout *layout,
                                 int32_t index, int is_from_hub)
{
    return (struct rask_ring *)(void *)((uint8_t *)mpi->shm.base +
                                        ring_offset(layout, index, is_from_hub));
}

/* Channels: rank 0 has one for each other rank of its node, those have one. */
static rask_status open_channels(struct rask_mpi *mpi, const struct layout *layout,
                                 const int32_t *ranks, struct rask_error *error)
{
    int32_t own_index = mpi->base.caps.rank_on_node;
    int32_t n_channels = own_index == 0 ? layout->n_ranks - 1 : 1;
    mpi->channels = rask_alloc_zeroed((size_t)n_channels, sizeof *mpi->channels);
    if (mpi->channels == NULL)
        return rask_error_memory(error, (uint64_t)n_channels * sizeof *mpi->channels, "rings");
    mpi->n_channels = n_channels;
    for (int32_t i = 0; i < n_channels; i++) {
        struct rask_channel *channel = &mpi->channels[i];
        int32_t index = own_index == 0 ? i + 1 : own_index;
        channel->rank = own_index == 0 ? ranks[index] : ranks[0];
        rask_ring_writer_init(&channel->writer, ring_at(mpi, layout, index, own_index == 0),
                              layout->ring_bytes);
        rask_ring_reader_init(&channel->reader, ring_at(mpi, layout, index, own_index != 0),
                              layout->ring_bytes);
        mpi->peers[channel->rank].channel = channel;
    }
    return RASK_OK;
}

rask_status rask_node_open(struct rask_mpi *mpi, int wants_rings, struct rask_error *reason,
                           struct rask_error *error)
{
    const struct layout layout = layout_of(mpi, wants_rings);
    mpi->base.bell = &mpi->own_bell;
    if (layout.n_ranks == 1)
        return RASK_OK;
    rask_status status = share_segment(mpi, &layout, reason, error);
    if (status != RASK_OK)
        return status == RASK_PENDING ? RASK_OK : status;
    int32_t *ranks = rask_alloc_zeroed((size_t)layout.n_ranks, sizeof *ranks);
    status = ranks == NULL ? rask_error_memory(error, (uint64_t)layout.n_ranks * sizeof *ranks,
                                               "ranks of the node")
                           : RASK_OK;
    status = rask_mpi_agree(mpi->node_comm, status, error);
    if (status == RASK_OK) {
        int code = MPI_Allgather(&mpi->base.caps.rank, 1, MPI_INT32_T, ranks, 1, MPI_INT32_T,
                                 mpi->node_comm);
        status = rask_mpi_check(error, "MPI_Allgather on the node", code);
    }
    for (int32_t i = 0; status == RASK_OK && i < layout.n_ranks; i++)
        mpi->peers[ranks[i]].bell =
            (struct rask_bell *)(void *)((uint8_t *)mpi->shm.base + bell_offset(i));
    if (status == RASK_OK) {
        mpi->base.bell = mpi->peers[mpi->base.caps.rank].bell;
        if (layout.has_rings)
            status = open_channels(mpi, &layout, ranks, error);
    }
    rask_free(ranks);
    return status;
}

void rask_node_release(struct rask_mpi *mpi)
{
    for (int32_t i = 0; i < mpi->n_channels; i++) {
        struct rask_message *message;
        while ((message = rask_queue_pop(&mpi->channels[i].overflow)) != NULL)
            rask_message_free(mpi, message);
        rask_buf_release(&mpi->channels[i].partial);
    }
    rask_free(mpi->channels);
    mpi->channels = NULL;
    mpi->n_channels = 0;
    rask_shm_release(&mpi->shm);
}

void rask_node_ring(struct rask_mpi *mpi, int32_t rank)
{
    struct rask_bell *bell = mpi->peers[rank].bell;
    if (bell != NULL)
        mpi->base.counters.wakeups_sent += (uint64_t)rask_bell_ring(bell, 1);
}

/* ---- rings ---- */

/* Moves the overflow into the ring as far as it goes; 1 when any of it went. */
static int drain(struct rask_mpi *mpi, struct rask_channel *channel)
{
    uint32_t limit = rask_ring_frame_limit(channel->writer.capacity);
    int has_moved = 0;
    while (channel->overflow.first != NULL) {
        struct rask_message *message = channel->overflow.first;
        size_t left = message->size - message->n_sent;
        int has_more = left > limit;
        if (!rask_ring_write(&channel->writer, message->bytes + message->n_sent,
                             has_more ? limit : (uint32_t)left, has_more))
            return has_moved;
        has_moved = 1;
        message->n_sent += has_more ? limit : left;
        if (has_more)
            continue;
        rask_queue_pop(&channel->overflow);
        rask_message_free(mpi, message);
        mpi->n_queued--;
    }
    return has_moved;
}

rask_status rask_channel_send(struct rask_mpi *mpi, struct rask_channel *channel,
                              const uint8_t *bytes, size_t size)
{
    if (channel->overflow.first == NULL &&
        size <= rask_ring_frame_limit(channel->writer.capacity) &&
        rask_ring_write(&channel->writer, bytes, (uint32_t)size, 0)) {
        rask_node_ring(mpi, channel->rank);
        return RASK_OK;
    }
    rask_status status = rask_queue_add(mpi, &channel->overflow, bytes, size);
    if (status == RASK_OK && drain(mpi, channel))
        rask_node_ring(mpi, channel->rank);
    return status;
}

/* A frame of a batch of several. 1 with the last one, when the whole batch is in `partial`. */
static int add_frame(struct rask_mpi *mpi, struct rask_channel *channel,
                     const struct rask_ring_frame *frame)
{
    if (!channel->is_dropping &&
        rask_buf_append(&channel->partial, frame->bytes, frame->size) != 0) {
        channel->is_dropping = 1;
        rask_mpi_lack(mpi, channel->rank, channel->partial.size + frame->size);
        rask_buf_release(&channel->partial);
    }
    if (frame->has_more)
        return 0;
    int is_whole = !channel->is_dropping;
    channel->is_dropping = 0;
    return is_whole;
}

static void take_frame(struct rask_mpi *mpi, struct rask_channel *channel,
                       const struct rask_ring_frame *frame)
{
    const uint8_t *bytes = frame->bytes;
    size_t size = frame->size;
    if (frame->has_more || channel->partial.size != 0 || channel->is_dropping) {
        if (!add_frame(mpi, channel, frame))
            return;
        bytes = channel->partial.data;
        size = channel->partial.size;
    }
    mpi->base.counters.batches_received++;
    mpi->base.counters.bytes_received += size;
    if (mpi->handler != NULL)
        mpi->handler->on_batch(mpi->handler->context, channel->rank, bytes, size);
    if (channel->partial.size != 0)
        rask_buf_release(&channel->partial);
}

/* Takes what has come, up to a bound so that no channel starves the others; how many frames. */
int rask_channel_poll(struct rask_mpi *mpi, struct rask_channel *channel)
{
    int n = 0;
    struct rask_ring_frame frame;
    if (mpi->peers[channel->rank].is_lost)
        return 0;
    if (channel->overflow.first != NULL && drain(mpi, channel))
        rask_node_ring(mpi, channel->rank);
    for (; n < FRAMES_PER_POLL; n++) {
        int found = rask_ring_peek(&channel->reader, &frame);
        if (found == 0)
            break;
        if (found < 0) {
            rask_mpi_lose(mpi, channel->rank);
            return n;
        }
        take_frame(mpi, channel, &frame);
        rask_ring_pop(&channel->reader, &frame);
    }
    rask_ring_publish(&channel->reader);
    return n;
}
