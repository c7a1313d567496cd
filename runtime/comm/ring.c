/* SPDX-License-Identifier: BSD-3-Clause */
/* ring.c: see ring.h for the layout and the rule about free lines.
 *
 * Memory order: the writer stores a head word with release after the payload, the reader loads
 * it with acquire; the reader stores n_freed with release after clearing, the writer loads it
 * with acquire before it writes. */
#include "comm/ring.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#define HEAD_VALID (UINT64_C(1) << 32)
#define HEAD_MORE (UINT64_C(1) << 33)
#define HEAD_SKIP (UINT64_C(1) << 34)
#define HEAD_SIZE UINT64_C(0xffffffff)

size_t rask_ring_bytes(uint64_t capacity)
{
    return sizeof(struct rask_ring) + (size_t)capacity;
}

uint32_t rask_ring_frame_limit(uint64_t capacity)
{
    return (uint32_t)(capacity / 4 - RASK_RING_HEAD_BYTES);
}

static uint64_t frame_bytes(uint32_t size)
{
    uint64_t bytes = RASK_RING_HEAD_BYTES + (uint64_t)size;
    return (bytes + RASK_RING_LINE_BYTES - 1) & ~(uint64_t)(RASK_RING_LINE_BYTES - 1);
}

static _Atomic uint64_t *head_at(struct rask_ring *ring, uint64_t offset)
{
    return (_Atomic uint64_t *)(void *)(ring->bytes + offset);
}

static void check_capacity(uint64_t capacity)
{
    assert(capacity >= 1024 && (capacity & (capacity - 1)) == 0 && capacity <= UINT64_C(1) << 32);
    (void)capacity;
}

void rask_ring_writer_init(struct rask_ring_writer *writer, struct rask_ring *ring,
                           uint64_t capacity)
{
    check_capacity(capacity);
    *writer = (struct rask_ring_writer){.ring = ring, .capacity = capacity};
}

void rask_ring_reader_init(struct rask_ring_reader *reader, struct rask_ring *ring,
                           uint64_t capacity)
{
    check_capacity(capacity);
    *reader = (struct rask_ring_reader){.ring = ring, .capacity = capacity};
}

static int has_room(struct rask_ring_writer *writer, uint64_t bytes)
{
    if (writer->n_written + bytes - writer->n_freed_seen <= writer->capacity)
        return 1;
    writer->n_freed_seen = atomic_load_explicit(&writer->ring->n_freed, memory_order_acquire);
    return writer->n_written + bytes - writer->n_freed_seen <= writer->capacity;
}

int rask_ring_write(struct rask_ring_writer *writer, const void *bytes, uint32_t size, int has_more)
{
    assert(size <= rask_ring_frame_limit(writer->capacity));
    uint64_t needed = frame_bytes(size);
    uint64_t offset = writer->n_written & (writer->capacity - 1);
    uint64_t to_end = writer->capacity - offset;
    if (to_end < needed) {
        if (!has_room(writer, to_end + needed))
            return 0;
        atomic_store_explicit(head_at(writer->ring, offset), HEAD_VALID | HEAD_SKIP,
                              memory_order_release);
        writer->n_written += to_end;
        offset = 0;
    } else if (!has_room(writer, needed)) {
        return 0;
    }
    if (size != 0)
        memcpy(writer->ring->bytes + offset + RASK_RING_HEAD_BYTES, bytes, size);
    uint64_t head = HEAD_VALID | (has_more ? HEAD_MORE : 0) | size;
    atomic_store_explicit(head_at(writer->ring, offset), head, memory_order_release);
    writer->n_written += needed;
    return 1;
}

int rask_ring_peek(struct rask_ring_reader *reader, struct rask_ring_frame *frame)
{
    uint64_t offset = reader->n_read & (reader->capacity - 1);
    uint64_t head = atomic_load_explicit(head_at(reader->ring, offset), memory_order_acquire);
    if (head == 0)
        return 0;
    if (head & HEAD_SKIP) {
        atomic_store_explicit(head_at(reader->ring, offset), 0, memory_order_relaxed);
        reader->n_read += reader->capacity - offset;
        offset = 0;
        head = atomic_load_explicit(head_at(reader->ring, 0), memory_order_acquire);
        if (head == 0)
            return 0;
    }
    uint32_t size = (uint32_t)(head & HEAD_SIZE);
    if ((head & ~(HEAD_SIZE | HEAD_MORE)) != HEAD_VALID ||
        frame_bytes(size) > reader->capacity - offset)
        return -1;
    frame->bytes = reader->ring->bytes + offset + RASK_RING_HEAD_BYTES;
    frame->size = size;
    frame->has_more = (head & HEAD_MORE) != 0;
    return 1;
}

void rask_ring_pop(struct rask_ring_reader *reader, const struct rask_ring_frame *frame)
{
    uint64_t offset = reader->n_read & (reader->capacity - 1);
    uint64_t bytes = frame_bytes(frame->size);
    for (uint64_t line = 0; line < bytes; line += RASK_RING_LINE_BYTES)
        atomic_store_explicit(head_at(reader->ring, offset + line), 0, memory_order_relaxed);
    reader->n_read += bytes;
}

void rask_ring_publish(struct rask_ring_reader *reader)
{
    if (reader->n_freed == reader->n_read)
        return;
    reader->n_freed = reader->n_read;
    atomic_store_explicit(&reader->ring->n_freed, reader->n_freed, memory_order_release);
}
