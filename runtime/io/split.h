/* SPDX-License-Identifier: BSD-3-Clause */
/* split.h: cuts files into blocks of about the same amount of work. Pure: sizes in, ranges out.
 *
 * A block is a run of byte ranges in file order. A file larger than a block is cut into ranges of
 * equal size, each a block of its own; smaller files are packed, whole, into one block until it is
 * full. Ranges in order cover every byte of every file exactly once; empty files have none. Blocks
 * know nothing of records: who reads range [start, end) owns the records that start in it. */
#ifndef RASK_IO_SPLIT_H
#define RASK_IO_SPLIT_H

#include <rask/status.h>

#include <stddef.h>
#include <stdint.h>

struct rask_split_range {
    uint64_t file; /* index into the sizes that were given */
    uint64_t start; /* bytes */
    uint64_t end; /* bytes, > start */
};

struct rask_split_block {
    size_t first_range;
    size_t n_ranges; /* >= 1 */
    uint64_t n_bytes;
};

struct rask_split {
    struct rask_split_range *ranges;
    size_t n_ranges;
    struct rask_split_block *blocks;
    size_t n_blocks;
};

/* Opening a file costs about as much as reading this many bytes; packing counts it in. */
#define RASK_SPLIT_FILE_COST_BYTES 4096

/* A block size for `n_slots` slots: at least four blocks for each where there is enough to read,
 * between 256 KiB and 16 MiB. */
uint64_t rask_split_block_bytes(uint64_t total_bytes, unsigned n_slots);

/* `sizes`: bytes of each of `n_files` files. `block_bytes` >= 1. Fills `split`; release it.
 * Thread: any. Errors: RASK_ERR_ARGUMENT block_bytes is 0; RASK_ERR_MEMORY. */
rask_status rask_split_init(struct rask_split *split, const uint64_t *sizes, size_t n_files,
                            uint64_t block_bytes, struct rask_error *error) RASK_MUST_USE;
void rask_split_release(struct rask_split *split);

#endif
