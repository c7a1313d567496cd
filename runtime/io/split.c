/* SPDX-License-Identifier: BSD-3-Clause */
/* split.c: cuts files into blocks. Two passes over the sizes: one counts, one writes. Entry points:
 * rask_split_init, rask_split_block_bytes. */
#include "io/split.h"

#include "base/alloc.h"
#include "base/error.h"

#define MIN_BLOCK_BYTES (UINT64_C(256) << 10)
#define MAX_BLOCK_BYTES (UINT64_C(16) << 20)
#define BLOCKS_PER_SLOT 4

uint64_t rask_split_block_bytes(uint64_t total_bytes, unsigned n_slots)
{
    uint64_t wanted = total_bytes / ((uint64_t)(n_slots != 0 ? n_slots : 1) * BLOCKS_PER_SLOT);
    if (wanted < MIN_BLOCK_BYTES)
        return MIN_BLOCK_BYTES;
    return wanted > MAX_BLOCK_BYTES ? MAX_BLOCK_BYTES : wanted;
}

static uint64_t n_pieces_of(uint64_t size, uint64_t block_bytes)
{
    return size / block_bytes + (size % block_bytes != 0);
}

/* The place being written; with arrays NULL nothing is written and all is counted. */
struct writer {
    struct rask_split *split;
    uint64_t filled; /* of the last block, files' costs included */
    int is_open; /* the last block takes more files */
};

static void add_range(struct writer *writer, uint64_t file, uint64_t start, uint64_t end)
{
    struct rask_split *split = writer->split;
    if (split->ranges != NULL) {
        struct rask_split_block *block = &split->blocks[split->n_blocks - 1];
        split->ranges[split->n_ranges] = (struct rask_split_range){file, start, end};
        block->n_ranges++;
        block->n_bytes += end - start;
    }
    split->n_ranges++;
}

static void add_block(struct writer *writer)
{
    struct rask_split *split = writer->split;
    if (split->blocks != NULL)
        split->blocks[split->n_blocks] = (struct rask_split_block){.first_range = split->n_ranges};
    split->n_blocks++;
    writer->filled = 0;
}

static void cut_file(struct writer *writer, uint64_t file, uint64_t size, uint64_t n_pieces)
{
    uint64_t each = size / n_pieces, n_longer = size % n_pieces, start = 0;
    for (uint64_t i = 0; i < n_pieces; i++) {
        uint64_t end = start + each + (i < n_longer);
        add_block(writer);
        add_range(writer, file, start, end);
        start = end;
    }
    writer->is_open = 0;
}

static void pack_file(struct writer *writer, uint64_t file, uint64_t size, uint64_t block_bytes)
{
    uint64_t cost = size + RASK_SPLIT_FILE_COST_BYTES;
    if (!writer->is_open || writer->filled + cost > block_bytes)
        add_block(writer);
    writer->is_open = 1;
    writer->filled += cost;
    add_range(writer, file, 0, size);
}

static void write_split(struct rask_split *split, const uint64_t *sizes, size_t n_files,
                        uint64_t block_bytes)
{
    struct writer writer = {.split = split};
    split->n_ranges = split->n_blocks = 0;
    for (size_t i = 0; i < n_files; i++) {
        if (sizes[i] > block_bytes)
            cut_file(&writer, i, sizes[i], n_pieces_of(sizes[i], block_bytes));
        else if (sizes[i] > 0)
            pack_file(&writer, i, sizes[i], block_bytes);
    }
}

rask_status rask_split_init(struct rask_split *split, const uint64_t *sizes, size_t n_files,
                            uint64_t block_bytes, struct rask_error *error)
{
    struct rask_split result = {0};
    if (block_bytes == 0)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "the block size is 0; give at least 1 byte");
    write_split(&result, sizes, n_files, block_bytes);
    result.ranges = rask_alloc_zeroed(result.n_ranges + 1, sizeof *result.ranges);
    result.blocks = rask_alloc_zeroed(result.n_blocks + 1, sizeof *result.blocks);
    if (result.ranges == NULL || result.blocks == NULL) {
        uint64_t n_bytes = (result.n_ranges + 1) * sizeof *result.ranges;
        rask_split_release(&result);
        return rask_error_memory(error, n_bytes, "a list of blocks");
    }
    write_split(&result, sizes, n_files, block_bytes);
    *split = result;
    return RASK_OK;
}

void rask_split_release(struct rask_split *split)
{
    rask_free(split->ranges);
    rask_free(split->blocks);
    *split = (struct rask_split){0};
}
