/* SPDX-License-Identifier: BSD-3-Clause */
/* ring.h: a byte ring in shared memory with one writer and one reader: frames of up to a quarter
 * of the ring, read in place.
 *
 *     line 0           line 1           line 2           line 3
 *     [head | payload  | payload      ] [head | payload ] [0    |        ...
 *      8 B   56 B                        the reader waits here ^
 *
 * A frame begins on a cache line with a head word (valid bit, flags, payload bytes) and the
 * payload follows. The reader watches the head word itself and not an index, so that a short
 * frame crosses between the cores as one line and not as two. That asks for one rule: the first
 * word of every free line is 0. The reader keeps it by clearing those words before it hands
 * lines back. A frame never wraps: what does not fit before the end is skipped by a head word
 * that says so.
 *
 * Only the reader's position is shared as an index: the writer looks at it when its last known
 * value leaves no room. The writer's position is known to the writer alone.
 *
 * Thread: one writer and one reader at a time, in one process or two. Owns: nothing; the memory
 * is the caller's. */
#ifndef RASK_COMM_RING_H
#define RASK_COMM_RING_H

#include <stddef.h>
#include <stdint.h>

#define RASK_RING_LINE_BYTES 64u
#define RASK_RING_HEAD_BYTES 8u

/* What lies in shared memory; zeroed, it is an empty ring. `capacity` bytes of lines follow. */
struct rask_ring {
    /* bytes the reader has handed back since the beginning */
    _Alignas(64) _Atomic uint64_t n_freed;
    _Alignas(64) uint8_t bytes[];
};

/* The writer's own end. */
struct rask_ring_writer {
    struct rask_ring *ring;
    uint64_t capacity; /* power of two, at least 1 KiB */
    uint64_t n_written; /* bytes since the beginning, skipped ones included */
    uint64_t n_freed_seen;
};

/* The reader's own end. */
struct rask_ring_reader {
    struct rask_ring *ring;
    uint64_t capacity;
    uint64_t n_read; /* bytes since the beginning */
    uint64_t n_freed; /* what was told to the writer last */
};

struct rask_ring_frame {
    const uint8_t *bytes; /* [borrow] until rask_ring_pop; 8-byte aligned */
    uint32_t size;
    int has_more; /* the next frame goes on where this one ends */
};

/* Shared memory that a ring of `capacity` bytes takes, a multiple of 64. */
size_t rask_ring_bytes(uint64_t capacity);

/* The largest payload of one frame. */
uint32_t rask_ring_frame_limit(uint64_t capacity);

/* Both ends of a zeroed ring; each side makes its own. */
void rask_ring_writer_init(struct rask_ring_writer *, struct rask_ring *, uint64_t capacity);
void rask_ring_reader_init(struct rask_ring_reader *, struct rask_ring *, uint64_t capacity);

/* Puts one frame; 1, or 0 when the ring has no room. `size` is at most the frame limit. */
int rask_ring_write(struct rask_ring_writer *, const void *bytes, uint32_t size, int has_more);

/* The next frame without taking it: 1; 0 none is there; -1 the memory holds no valid frame (a
 * damaged ring). */
int rask_ring_peek(struct rask_ring_reader *, struct rask_ring_frame *);

/* Takes the frame that was peeked at last. Its lines go back to the writer with the next
 * publish. */
void rask_ring_pop(struct rask_ring_reader *, const struct rask_ring_frame *);

/* Tells the writer about the lines freed since the last time; once per turn and not per frame. */
void rask_ring_publish(struct rask_ring_reader *);

#endif
