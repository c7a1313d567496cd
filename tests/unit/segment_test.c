/* SPDX-License-Identifier: BSD-3-Clause */
/* segment_test.c: blocks of a region do not overlap, what is given back can be taken again, as one
 * piece, and every invariant holds after each step. */
#include "unit.h"

#include "base/rng.h"
#include "store/segment.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define ARENA_BYTES (UINT64_C(4) << 20)
#define PAGE_BYTES 4096u
#define N_BLOCKS 200

static struct rask_segment segment;
static uint8_t *base;

static void begin(void)
{
    base = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_PTR_NOT_EQUAL_FATAL(base, MAP_FAILED);
    rask_segment_init(&segment, base, ARENA_BYTES, PAGE_BYTES);
}

static void end(void)
{
    munmap(base, ARENA_BYTES);
}

/* An offset is that of the block, whose header comes before the bytes. */
static uint8_t *payload(uint64_t offset)
{
    return base + offset + RASK_OBJECT_HEADER_BYTES;
}

static void check(void)
{
    struct rask_error error = {.text = ""};
    if (rask_segment_check(&segment, &error) != RASK_OK)
        CU_FAIL_FATAL("an invariant is broken");
}

static struct rask_store_usage usage(void)
{
    struct rask_store_usage now;
    rask_segment_usage(&segment, &now);
    return now;
}

struct block {
    uint64_t offset, bytes;
    uint8_t fill;
};

static int is_whole(const struct block *block)
{
    for (uint64_t i = 0; i < block->bytes; i++)
        if (payload(block->offset)[i] != block->fill)
            return 0;
    return 1;
}

/* One step: a block is taken and filled, made smaller, or found whole and given back. */
static void step(struct block *block, struct rask_rng *rng, uint64_t id)
{
    uint64_t bytes = rask_rng_below(rng, 60000);
    if (block->offset == RASK_STORE_NONE) {
        block->offset = rask_segment_take(&segment, id, bytes);
        if (block->offset == RASK_STORE_NONE)
            return;
        block->bytes = bytes;
        block->fill = (uint8_t)id;
        CU_ASSERT(block->offset % RASK_SEGMENT_GRANULE_BYTES == 0 &&
                  block->offset + RASK_OBJECT_HEADER_BYTES + bytes <= ARENA_BYTES);
        memset(payload(block->offset), block->fill, bytes);
    } else if (bytes < block->bytes) {
        rask_segment_shrink(&segment, block->offset, bytes);
        block->bytes = bytes;
    } else {
        CU_ASSERT(is_whole(block));
        rask_segment_give(&segment, block->offset);
        block->offset = RASK_STORE_NONE;
    }
}

static void blocks_do_not_touch_each_other(void)
{
    struct block blocks[N_BLOCKS];
    struct rask_rng rng;
    begin();
    rask_rng_seed(&rng, 5);
    for (int i = 0; i < N_BLOCKS; i++)
        blocks[i].offset = RASK_STORE_NONE;
    for (uint64_t i = 0; i < 5000; i++) {
        step(&blocks[rask_rng_below(&rng, N_BLOCKS)], &rng, i);
        if (i % 16 == 0)
            check();
    }
    for (int i = 0; i < N_BLOCKS; i++)
        if (blocks[i].offset != RASK_STORE_NONE) {
            CU_ASSERT(is_whole(&blocks[i]));
            rask_segment_give(&segment, blocks[i].offset);
        }
    check();
    CU_ASSERT(usage().n_objects == 0 && usage().used_bytes == 0);
    end();
}

static void what_is_given_back_is_one_piece_again(void)
{
    uint64_t offsets[16], whole;
    begin();
    whole = usage().largest_free_bytes;
    CU_ASSERT_EQUAL(rask_segment_take(&segment, 1, whole + 1), RASK_STORE_NONE);
    for (uint64_t i = 0; i < 16; i++)
        offsets[i] = rask_segment_take(&segment, i, 100000);
    for (uint64_t i = 0; i < 16; i += 2)
        rask_segment_give(&segment, offsets[i]);
    check();
    for (uint64_t i = 1; i < 16; i += 2)
        rask_segment_give(&segment, offsets[i]);
    check();
    CU_ASSERT_EQUAL(usage().largest_free_bytes, whole);
    offsets[0] = rask_segment_take(&segment, 1, whole);
    CU_ASSERT_NOT_EQUAL(offsets[0], RASK_STORE_NONE);
    CU_ASSERT_EQUAL(rask_segment_take(&segment, 2, 1), RASK_STORE_NONE);
    rask_segment_give(&segment, offsets[0]);
    check();
    end();
}

static void memory_goes_back_to_the_system_unless_it_is_kept(void)
{
    begin();
    uint64_t offset = rask_segment_take(&segment, 1, ARENA_BYTES / 2);
    memset(payload(offset), 1, ARENA_BYTES / 2);
    rask_segment_give(&segment, offset);
    rask_segment_trim(&segment);
    check();
    CU_ASSERT_EQUAL(usage().kept_bytes, 0);
    /* In the middle of what was given back there are zeros now: pages of the system. */
    CU_ASSERT_EQUAL(payload(offset)[ARENA_BYTES / 4], 0);
    rask_segment_keep(&segment);
    offset = rask_segment_take(&segment, 1, ARENA_BYTES / 2);
    memset(payload(offset), 1, ARENA_BYTES / 2);
    rask_segment_give(&segment, offset);
    rask_segment_trim(&segment);
    CU_ASSERT_EQUAL(payload(offset)[ARENA_BYTES / 4], 1);
    check();
    end();
}

RASK_UNIT_MAIN("segment", {"blocks do not touch each other", blocks_do_not_touch_each_other},
               {"what is given back is one piece again", what_is_given_back_is_one_piece_again},
               {"memory goes back to the system unless it is kept",
                memory_goes_back_to_the_system_unless_it_is_kept})
