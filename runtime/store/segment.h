/* SPDX-License-Identifier: BSD-3-Clause */
/* segment.h: carves one region of memory into blocks, each an object or free.
 *
 * Inside of store/: everybody else uses store.h. The segment does not own the region; what it knows
 * about a block lies in the block's own first 64 bytes, so that the region is all there is to map
 * or to send.
 *
 *     region   | header payload | free ............ | header payload | header payload | free ... |
 *                <- block_bytes ->  block before: previous_bytes <-
 *
 * Invariants (rask_segment_check): blocks cover the region without gaps; no two free blocks are
 * neighbours; each free block is in the list of its size class and in no other; a class's bit is
 * set when its list is not empty; large free blocks with memory behind them are in the list of
 * dirty blocks, oldest first.
 * Thread: any, but for init. */
#ifndef RASK_STORE_SEGMENT_H
#define RASK_STORE_SEGMENT_H

#include "base/spin.h"
#include "store/store.h"

#define RASK_SEGMENT_GRANULE_BYTES 64u
#define RASK_SEGMENT_ROWS 40 /* powers of two of granules: 2^44 granules are a pebibyte */
#define RASK_SEGMENT_COLUMNS 32 /* steps inside a power of two */

/* A free block of this size and more may lose its memory to the system. */
#define RASK_SEGMENT_LARGE_BYTES (UINT64_C(256) << 10)
/* Unit in which a free block says where it is dirty, and the most by which that is too much at
 * either end. */
#define RASK_SEGMENT_DIRTY_UNIT_BYTES (UINT64_C(64) << 10)
/* Free memory that is kept in any case, unless the region is small: then an eighth of it. */
#define RASK_SEGMENT_SLACK_BYTES (UINT64_C(64) << 20)

struct rask_segment {
    _Alignas(64) struct rask_spin lock; /* guards all below and the headers of all blocks */
    uint64_t row_bits; /* bit r: column_bits[r] is not 0 */
    uint32_t column_bits[RASK_SEGMENT_ROWS]; /* bit c: heads[r][c] is not empty */
    /* first free block of a class, or none */
    uint64_t heads[RASK_SEGMENT_ROWS][RASK_SEGMENT_COLUMNS];
    uint8_t *base; /* [borrow] the region, aligned to pages */
    uint64_t arena_bytes; /* of the region, multiple of a page */
    uint64_t page_bytes; /* of the system */
    uint64_t used_bytes, peak_bytes; /* in objects, headers included */
    uint64_t n_objects;
    uint64_t n_busy, busy_bytes; /* blocks on their way back to the system: not used, not free */
    uint64_t n_dirty, dirty_bytes; /* in the list of dirty blocks; their dirty part, at most */
    uint64_t oldest_dirty, newest_dirty; /* ends of that list */
    uint64_t hot_bytes; /* decaying maximum of used_bytes: what is likely to be wanted again */
    uint64_t slack_bytes;
    int is_kept; /* nothing is given back to the system */
    int is_shared; /* the region is a mapped file: giving back is punching a hole */
};

/* Starts with the whole region as one free block. `base` is aligned to `page_bytes`, a power of
 * two, and `arena_bytes` a multiple of it; the region's memory is untouched (else it counts as
 * clean all the same). */
void rask_segment_init(struct rask_segment *segment, void *base, uint64_t arena_bytes,
                       uint64_t page_bytes);

/* A block for `bytes` of payload with its header filled in; its offset, or RASK_STORE_NONE. */
uint64_t rask_segment_take(struct rask_segment *segment, uint64_t id, uint64_t bytes);

/* Frees a block that was taken. */
void rask_segment_give(struct rask_segment *segment, uint64_t offset);

/* Makes a block's payload smaller; returns the rest of the block to the free ones. */
void rask_segment_shrink(struct rask_segment *segment, uint64_t offset, uint64_t bytes);

/* Gives the memory of all large free blocks back to the system. */
void rask_segment_trim(struct rask_segment *segment);

/* From now on nothing is given back. Waits for what is being given back now. */
void rask_segment_keep(struct rask_segment *segment);

void rask_segment_usage(struct rask_segment *segment, struct rask_store_usage *usage);

/* RASK_ERR_INTERNAL names the first broken invariant and the block. */
rask_status rask_segment_check(struct rask_segment *segment, struct rask_error *error);

#endif
