/* SPDX-License-Identifier: BSD-3-Clause */
/* split_test.c: blocks cover every byte once, in order, and hold about what was asked for. */
#include "unit.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "io/split.h"

/* Every byte of every file is in one range, in order, and each range in one block. */
static void check_cover(const struct rask_split *split, const uint64_t *sizes, size_t n_files)
{
    size_t file = 0, range = 0;
    uint64_t at = 0;
    for (size_t b = 0; b < split->n_blocks; b++) {
        const struct rask_split_block *block = &split->blocks[b];
        uint64_t n_bytes = 0;
        CU_ASSERT(block->first_range == range && block->n_ranges > 0);
        for (size_t i = 0; i < block->n_ranges; i++, range++) {
            const struct rask_split_range *r = &split->ranges[range];
            while (file < n_files && at == sizes[file]) {
                file++;
                at = 0;
            }
            CU_ASSERT(r->file == file && r->start == at && r->end > at && r->end <= sizes[file]);
            at = r->end;
            n_bytes += r->end - r->start;
        }
        CU_ASSERT_EQUAL(n_bytes, block->n_bytes);
    }
    CU_ASSERT_EQUAL(range, split->n_ranges);
    while (file < n_files && at == sizes[file]) {
        file++;
        at = 0;
    }
    CU_ASSERT_EQUAL(file, n_files);
}

static void large_files_are_cut_evenly(void)
{
    struct rask_split split;
    uint64_t size = 10000001;
    CU_ASSERT_EQUAL(rask_split_init(&split, &size, 1, 1000000, NULL), RASK_OK);
    CU_ASSERT_EQUAL(split.n_blocks, 11);
    for (size_t i = 0; i < split.n_blocks; i++)
        CU_ASSERT(split.blocks[i].n_bytes >= 909090 && split.blocks[i].n_bytes <= 909091);
    check_cover(&split, &size, 1);
    rask_split_release(&split);
}

static void small_files_are_packed(void)
{
    struct rask_split split;
    uint64_t sizes[1000];
    for (size_t i = 0; i < 1000; i++)
        sizes[i] = i % 10 == 0 ? 0 : 5000;
    CU_ASSERT_EQUAL(rask_split_init(&split, sizes, 1000, 100000, NULL), RASK_OK);
    CU_ASSERT_EQUAL(split.n_ranges, 900);
    CU_ASSERT_EQUAL(split.n_blocks, 900 / (100000 / (5000 + RASK_SPLIT_FILE_COST_BYTES)));
    check_cover(&split, sizes, 1000);
    rask_split_release(&split);
}

static void random_files(void)
{
    struct rask_rng rng;
    rask_rng_seed(&rng, 5);
    for (int round = 0; round < 300; round++) {
        uint64_t sizes[40], block = 1 + rask_rng_below(&rng, 30000);
        size_t n = (size_t)rask_rng_below(&rng, 40);
        for (size_t i = 0; i < n; i++)
            sizes[i] = rask_rng_below(&rng, 4) == 0 ? 0 : rask_rng_below(&rng, 20 * block + 2);
        struct rask_split split;
        CU_ASSERT_EQUAL(rask_split_init(&split, sizes, n, block, NULL), RASK_OK);
        for (size_t i = 0; i < split.n_blocks; i++)
            CU_ASSERT(split.blocks[i].n_bytes <= block);
        check_cover(&split, sizes, n);
        rask_split_release(&split);
    }
}

static void block_sizes(void)
{
    CU_ASSERT_EQUAL(rask_split_block_bytes(100, 2), 256 << 10);
    CU_ASSERT_EQUAL(rask_split_block_bytes(UINT64_C(1) << 40, 2), 16 << 20);
    CU_ASSERT_EQUAL(rask_split_block_bytes(UINT64_C(80) << 20, 2), 10 << 20);
    CU_ASSERT_EQUAL(rask_split_block_bytes(100, 0), 256 << 10);
}

static void refusals(void)
{
    struct rask_split split;
    struct rask_error error;
    uint64_t size = 5;
    CU_ASSERT_EQUAL(rask_split_init(&split, &size, 1, 0, &error), RASK_ERR_ARGUMENT);
    for (uint64_t n = 1; n <= 2; n++) {
        rask_alloc_fail_at(n, 0);
        CU_ASSERT_EQUAL(rask_split_init(&split, &size, 1, 2, &error), RASK_ERR_MEMORY);
    }
    rask_alloc_fail_at(0, 0);
}

RASK_UNIT_MAIN("split", {"large files are cut evenly", large_files_are_cut_evenly},
               {"small files are packed", small_files_are_packed}, {"random files", random_files},
               {"block sizes", block_sizes}, {"refusals", refusals})
