/* SPDX-License-Identifier: BSD-3-Clause */
/* segment.c: two-level segregated fit over one region, in granules of 64 bytes.
 *
 * Source: M. Masmano, I. Ripoll, A. Crespo, J. Real, "TLSF: a new dynamic memory allocator for
 * real-time systems", ECRTS 2004. Size classes: 32 steps per power of two; blocks below 2 KiB have
 * a class per size. Two things differ. A take looks at the first few blocks of the class that the
 * size itself falls into before it takes from the next class, because programs ask for the same
 * sizes again and the block just freed is still in the caches; and it walks that class to its end
 * before it says that the region is full.
 *
 * Memory is given back by madvise (DONTNEED, REMOVE where it is shared) outside of the lock: the
 * block leaves the free lists as "busy", and a take that finds nothing while blocks are busy waits
 * for them. How much is kept for reuse: see is_over. */
#include "store/segment.h"

#include "base/error.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#define NONE RASK_STORE_NONE
#define N_LOOKS 4 /* blocks looked at in a class whose blocks may be too small */

/* The states of a block are kinds of its header: free, busy, any other kind is an object's. */
#define KIND_BUSY UINT16_MAX

/* What the header of a free or busy block holds. The first two and the two sizes lie where an
 * object has them. */
struct free_header {
    uint32_t magic; /* 0 */
    uint16_t kind; /* RASK_OBJECT_FREE or KIND_BUSY */
    uint16_t is_dirty_listed;
    uint64_t next, previous; /* in the list of the class */
    uint64_t block_bytes, previous_bytes;
    uint32_t dirty_begin,
        dirty_end; /* units from the region's start: outside of them the block is clean */
    uint64_t older, newer; /* in the list of dirty blocks */
};

union block {
    struct rask_object_header object;
    struct free_header free;
};

_Static_assert(sizeof(union block) == RASK_SEGMENT_GRANULE_BYTES, "a header fills one granule");
_Static_assert(offsetof(struct free_header, kind) == offsetof(struct rask_object_header, kind) &&
                   offsetof(struct free_header, block_bytes) ==
                       offsetof(struct rask_object_header, block_bytes) &&
                   offsetof(struct free_header, previous_bytes) ==
                       offsetof(struct rask_object_header, previous_bytes),
               "fields that are read whatever the block is");

struct size_class {
    uint32_t row, column;
};

static union block *block_at(const struct rask_segment *segment, uint64_t offset)
{
    return (union block *)(void *)(segment->base + offset);
}

/* The class in which a free block of this size is listed. */
static struct size_class class_of(uint64_t block_bytes)
{
    uint64_t granules = block_bytes / RASK_SEGMENT_GRANULE_BYTES;
    if (granules < RASK_SEGMENT_COLUMNS)
        return (struct size_class){0, (uint32_t)granules};
    uint32_t log2 = 63 - (uint32_t)__builtin_clzll(granules);
    return (struct size_class){log2 - 4, (uint32_t)(granules >> (log2 - 5)) - RASK_SEGMENT_COLUMNS};
}

static uint64_t block_bytes_for(uint64_t payload_bytes)
{
    uint64_t bytes = RASK_OBJECT_HEADER_BYTES + payload_bytes;
    return (bytes + RASK_SEGMENT_GRANULE_BYTES - 1) & ~(uint64_t)(RASK_SEGMENT_GRANULE_BYTES - 1);
}

/* How many bytes of a free block may have memory behind them. */
static uint64_t dirty_bytes_of(const struct free_header *block, uint64_t offset)
{
    uint64_t begin = block->dirty_begin * RASK_SEGMENT_DIRTY_UNIT_BYTES;
    uint64_t end = block->dirty_end * RASK_SEGMENT_DIRTY_UNIT_BYTES;
    if (begin < offset)
        begin = offset;
    if (end > offset + block->block_bytes)
        end = offset + block->block_bytes;
    return begin < end ? end - begin : 0;
}

/* Extends the dirty part by [begin, end), offsets. What lies between becomes dirty too. */
static void dirty_extend(struct free_header *block, uint64_t begin, uint64_t end)
{
    uint32_t first = (uint32_t)(begin / RASK_SEGMENT_DIRTY_UNIT_BYTES);
    uint32_t last =
        (uint32_t)((end + RASK_SEGMENT_DIRTY_UNIT_BYTES - 1) / RASK_SEGMENT_DIRTY_UNIT_BYTES);
    if (begin >= end)
        return;
    if (block->dirty_begin == block->dirty_end) {
        block->dirty_begin = first;
        block->dirty_end = last;
        return;
    }
    if (first < block->dirty_begin)
        block->dirty_begin = first;
    if (last > block->dirty_end)
        block->dirty_end = last;
}

/* Only large blocks are listed, and only when giving them back is worth a call of the system. */
static int is_worth_listing(const struct free_header *block, uint64_t dirty_bytes)
{
    return block->block_bytes >= RASK_SEGMENT_LARGE_BYTES &&
           dirty_bytes >= RASK_SEGMENT_LARGE_BYTES / 2;
}

static void dirty_link(struct rask_segment *segment, struct free_header *block, uint64_t offset)
{
    uint64_t dirty_bytes = dirty_bytes_of(block, offset);
    block->is_dirty_listed = (uint16_t)is_worth_listing(block, dirty_bytes);
    if (!block->is_dirty_listed)
        return;
    block->older = segment->newest_dirty;
    block->newer = NONE;
    if (block->older != NONE)
        block_at(segment, block->older)->free.newer = offset;
    else
        segment->oldest_dirty = offset;
    segment->newest_dirty = offset;
    segment->dirty_bytes += dirty_bytes;
    segment->n_dirty++;
}

static void dirty_unlink(struct rask_segment *segment, struct free_header *block, uint64_t offset)
{
    if (!block->is_dirty_listed)
        return;
    if (block->older != NONE)
        block_at(segment, block->older)->free.newer = block->newer;
    else
        segment->oldest_dirty = block->newer;
    if (block->newer != NONE)
        block_at(segment, block->newer)->free.older = block->older;
    else
        segment->newest_dirty = block->older;
    block->is_dirty_listed = 0;
    segment->dirty_bytes -= dirty_bytes_of(block, offset);
    segment->n_dirty--;
}

/* Enters a free block, whose sizes and dirty part are set, into the lists. */
static void lists_insert(struct rask_segment *segment, uint64_t offset)
{
    struct free_header *block = &block_at(segment, offset)->free;
    struct size_class class = class_of(block->block_bytes);
    uint64_t *head = &segment->heads[class.row][class.column];
    block->magic = 0;
    block->kind = RASK_OBJECT_FREE;
    block->previous = NONE;
    block->next = *head;
    if (*head != NONE)
        block_at(segment, *head)->free.previous = offset;
    *head = offset;
    segment->column_bits[class.row] |= UINT32_C(1) << class.column;
    segment->row_bits |= UINT64_C(1) << class.row;
    dirty_link(segment, block, offset);
}

static void lists_remove(struct rask_segment *segment, uint64_t offset)
{
    struct free_header *block = &block_at(segment, offset)->free;
    struct size_class class = class_of(block->block_bytes);
    if (block->next != NONE)
        block_at(segment, block->next)->free.previous = block->previous;
    if (block->previous != NONE) {
        block_at(segment, block->previous)->free.next = block->next;
    } else {
        segment->heads[class.row][class.column] = block->next;
        if (block->next == NONE)
            segment->column_bits[class.row] &= ~(UINT32_C(1) << class.column);
        if (segment->column_bits[class.row] == 0)
            segment->row_bits &= ~(UINT64_C(1) << class.row);
    }
    dirty_unlink(segment, block, offset);
}

/* The first block of at least `block_bytes` among the first `n_looks` of its own class. */
static uint64_t find_in_class(const struct rask_segment *segment, uint64_t block_bytes,
                              uint64_t n_looks)
{
    struct size_class class = class_of(block_bytes);
    uint64_t offset = segment->heads[class.row][class.column];
    for (; offset != NONE && n_looks > 0; n_looks--) {
        const struct free_header *block = &block_at(segment, offset)->free;
        if (block->block_bytes >= block_bytes)
            return offset;
        offset = block->next;
    }
    return NONE;
}

/* The first block of the first class that is not empty and holds nothing smaller than
 * `block_bytes`. */
static uint64_t find_above(const struct rask_segment *segment, uint64_t block_bytes)
{
    struct size_class class = class_of(block_bytes);
    uint32_t columns =
        segment->column_bits[class.row] & (uint32_t)(UINT64_MAX << (class.column + 1));
    if (columns != 0)
        return segment->heads[class.row][__builtin_ctz(columns)];
    uint64_t rows = segment->row_bits & UINT64_MAX << (class.row + 1);
    if (rows == 0)
        return NONE;
    uint32_t row = (uint32_t)__builtin_ctzll(rows);
    return segment->heads[row][__builtin_ctz(segment->column_bits[row])];
}

static uint64_t find(const struct rask_segment *segment, uint64_t block_bytes)
{
    uint64_t offset = find_in_class(segment, block_bytes, N_LOOKS);
    if (offset == NONE)
        offset = find_above(segment, block_bytes);
    if (offset == NONE)
        offset = find_in_class(segment, block_bytes, UINT64_MAX);
    return offset;
}

/* Tells the block after [offset, offset + block_bytes) how large its neighbour is. */
static void tell_next(const struct rask_segment *segment, uint64_t offset, uint64_t block_bytes)
{
    if (offset + block_bytes < segment->arena_bytes)
        block_at(segment, offset + block_bytes)->object.previous_bytes = block_bytes;
}

/* Makes a free block of a range that is in no list, merges it with free neighbours, and lists it.
 * Its header must hold block_bytes, previous_bytes and the dirty part. */
static void release_block(struct rask_segment *segment, uint64_t offset)
{
    struct free_header *block = &block_at(segment, offset)->free;
    uint64_t next_offset = offset + block->block_bytes;
    if (next_offset < segment->arena_bytes) {
        const struct free_header *next = &block_at(segment, next_offset)->free;
        if (next->kind == RASK_OBJECT_FREE) {
            lists_remove(segment, next_offset);
            dirty_extend(block, next_offset, next_offset + RASK_SEGMENT_GRANULE_BYTES);
            if (dirty_bytes_of(next, next_offset) > 0)
                dirty_extend(block, next->dirty_begin * RASK_SEGMENT_DIRTY_UNIT_BYTES,
                             next->dirty_end * RASK_SEGMENT_DIRTY_UNIT_BYTES);
            block->block_bytes += next->block_bytes;
        }
    }
    if (block->previous_bytes != 0) {
        uint64_t previous_offset = offset - block->previous_bytes;
        struct free_header *previous = &block_at(segment, previous_offset)->free;
        if (previous->kind == RASK_OBJECT_FREE) {
            lists_remove(segment, previous_offset);
            dirty_extend(previous, block->dirty_begin * RASK_SEGMENT_DIRTY_UNIT_BYTES,
                         block->dirty_end * RASK_SEGMENT_DIRTY_UNIT_BYTES);
            dirty_extend(previous, offset, offset + RASK_SEGMENT_GRANULE_BYTES);
            previous->block_bytes += block->block_bytes;
            block = previous;
            offset = previous_offset;
        }
    }
    tell_next(segment, offset, block->block_bytes);
    lists_insert(segment, offset);
}

/* Splits what `offset` has beyond `block_bytes` off as a block of its own that is in no list;
 * returns its offset, or NONE when nothing is left over. Its dirty part is empty. */
static uint64_t split(struct rask_segment *segment, uint64_t offset, uint64_t block_bytes)
{
    union block *block = block_at(segment, offset);
    uint64_t rest_bytes = block->object.block_bytes - block_bytes;
    if (rest_bytes == 0)
        return NONE;
    uint64_t rest_offset = offset + block_bytes;
    struct free_header *rest = &block_at(segment, rest_offset)->free;
    block->object.block_bytes = block_bytes;
    *rest = (struct free_header){.block_bytes = rest_bytes, .previous_bytes = block_bytes};
    tell_next(segment, rest_offset, rest_bytes);
    return rest_offset;
}

/* Takes the first part of a free block; the rest stays free. */
static void carve(struct rask_segment *segment, uint64_t offset, uint64_t block_bytes)
{
    struct free_header *block = &block_at(segment, offset)->free;
    uint32_t dirty_begin = block->dirty_begin;
    uint32_t dirty_end = block->dirty_end;
    lists_remove(segment, offset);
    uint64_t rest_offset = split(segment, offset, block_bytes);
    if (rest_offset == NONE)
        return;
    struct free_header *rest = &block_at(segment, rest_offset)->free;
    if (dirty_end * RASK_SEGMENT_DIRTY_UNIT_BYTES > rest_offset) {
        uint32_t first = (uint32_t)(rest_offset / RASK_SEGMENT_DIRTY_UNIT_BYTES);
        rest->dirty_begin = first > dirty_begin ? first : dirty_begin;
        rest->dirty_end = dirty_end;
    }
    lists_insert(segment, rest_offset);
}

/* After blocks have become free: the hot mark sinks by a quarter of what was freed, but not below
 * what is used. So a program that takes and gives the same amounts over and over keeps its memory,
 * and one whose appetite has shrunk gives the difference back after a few times that amount. No
 * clock is needed. */
static void cool(struct rask_segment *segment, uint64_t freed_bytes)
{
    uint64_t excess_bytes = segment->hot_bytes - segment->used_bytes;
    uint64_t step_bytes = freed_bytes / 4;
    segment->hot_bytes -= step_bytes < excess_bytes ? step_bytes : excess_bytes;
}

/* Whether memory behind free blocks is to be given back: more than the hot mark and some slack.
 * Once it has begun, giving back goes on to half of the slack, so that it does not begin anew at
 * once. */
static int is_over(const struct rask_segment *segment, uint64_t slack_bytes)
{
    return !segment->is_kept &&
           segment->used_bytes + segment->dirty_bytes > segment->hot_bytes + slack_bytes;
}

/* The part of a busy block that the system can have back: whole pages behind the header. */
static void give_back(struct rask_segment *segment, uint64_t offset)
{
    const struct free_header *block = &block_at(segment, offset)->free;
    uint64_t page_mask = segment->page_bytes - 1;
    uint64_t begin = block->dirty_begin * RASK_SEGMENT_DIRTY_UNIT_BYTES;
    uint64_t end = block->dirty_end * RASK_SEGMENT_DIRTY_UNIT_BYTES;
    if (begin < offset + RASK_SEGMENT_GRANULE_BYTES)
        begin = offset + RASK_SEGMENT_GRANULE_BYTES;
    if (end > offset + block->block_bytes)
        end = offset + block->block_bytes;
    begin = (begin + page_mask) & ~page_mask;
    end &= ~page_mask;
    /* A refusal (the program has locked its memory) leaves the pages where they are, which is
     * harmless. */
    if (begin < end)
        (void)madvise(segment->base + begin, (size_t)(end - begin),
                      segment->is_shared ? MADV_REMOVE : MADV_DONTNEED);
}

/* Gives dirty blocks back, the oldest first, until no more than `slack_bytes` beyond the hot mark
 * are left. */
static void trim(struct rask_segment *segment, uint64_t slack_bytes)
{
    rask_spin_lock(&segment->lock);
    uint64_t n_left = segment->n_dirty; /* not the ones that others add meanwhile */
    while (n_left > 0 && segment->oldest_dirty != NONE && is_over(segment, slack_bytes)) {
        uint64_t offset = segment->oldest_dirty;
        struct free_header *block = &block_at(segment, offset)->free;
        uint64_t block_bytes = block->block_bytes;
        lists_remove(segment, offset);
        block->kind = KIND_BUSY;
        segment->n_busy++;
        segment->busy_bytes += block_bytes;
        rask_spin_unlock(&segment->lock);
        give_back(segment, offset);
        rask_spin_lock(&segment->lock);
        segment->n_busy--;
        segment->busy_bytes -= block_bytes;
        block->dirty_begin = block->dirty_end = 0;
        release_block(segment, offset);
        n_left--;
    }
    rask_spin_unlock(&segment->lock);
}

/* With the lock held: lets a thread that gives memory back finish, if there is one. */
static int wait_for_busy(struct rask_segment *segment)
{
    if (segment->n_busy == 0)
        return 0;
    rask_spin_unlock(&segment->lock);
    (void)sched_yield();
    rask_spin_lock(&segment->lock);
    return 1;
}

void rask_segment_init(struct rask_segment *segment, void *base, uint64_t arena_bytes,
                       uint64_t page_bytes)
{
    assert(arena_bytes >= page_bytes && arena_bytes % page_bytes == 0);
    assert((uintptr_t)base % page_bytes == 0 && page_bytes % RASK_SEGMENT_GRANULE_BYTES == 0);
    *segment = (struct rask_segment){0};
    memset(segment->heads, 0xff, sizeof segment->heads); /* all none */
    segment->base = base;
    segment->arena_bytes = arena_bytes;
    segment->page_bytes = page_bytes;
    segment->oldest_dirty = segment->newest_dirty = NONE;
    segment->slack_bytes = RASK_SEGMENT_SLACK_BYTES;
    if (segment->slack_bytes > arena_bytes / 8)
        segment->slack_bytes = arena_bytes / 8;
    block_at(segment, 0)->free = (struct free_header){.block_bytes = arena_bytes};
    lists_insert(segment, 0);
}

uint64_t rask_segment_take(struct rask_segment *segment, uint64_t id, uint64_t bytes)
{
    if (bytes > segment->arena_bytes)
        return NONE;
    uint64_t block_bytes = block_bytes_for(bytes);
    rask_spin_lock(&segment->lock);
    uint64_t offset = find(segment, block_bytes);
    while (__builtin_expect(offset == NONE, 0)) {
        if (!wait_for_busy(segment)) {
            rask_spin_unlock(&segment->lock);
            return NONE;
        }
        offset = find(segment, block_bytes);
    }
    carve(segment, offset, block_bytes);
    struct rask_object_header *object = &block_at(segment, offset)->object;
    *object = (struct rask_object_header){
        .magic = RASK_OBJECT_MAGIC,
        .kind = RASK_OBJECT_BYTES,
        .id = id,
        .bytes = bytes,
        .block_bytes = block_bytes,
        .previous_bytes = object->previous_bytes,
    };
    segment->n_objects++;
    segment->used_bytes += block_bytes;
    if (segment->peak_bytes < segment->used_bytes)
        segment->peak_bytes = segment->used_bytes;
    if (segment->hot_bytes < segment->used_bytes)
        segment->hot_bytes = segment->used_bytes;
    rask_spin_unlock(&segment->lock);
    return offset;
}

/* With the lock held: [offset, + block_bytes) is no longer an object's. All of it may be dirty. */
static void free_range(struct rask_segment *segment, uint64_t offset)
{
    struct free_header *block = &block_at(segment, offset)->free;
    uint64_t block_bytes = block->block_bytes;
    block->magic = 0;
    block->is_dirty_listed = 0;
    block->dirty_begin = block->dirty_end = 0;
    dirty_extend(block, offset, offset + block_bytes);
    segment->used_bytes -= block_bytes;
    cool(segment, block_bytes);
    release_block(segment, offset);
}

void rask_segment_give(struct rask_segment *segment, uint64_t offset)
{
    rask_spin_lock(&segment->lock);
    segment->n_objects--;
    free_range(segment, offset);
    int has_surplus = is_over(segment, segment->slack_bytes);
    rask_spin_unlock(&segment->lock);
    if (__builtin_expect(has_surplus, 0))
        trim(segment, segment->slack_bytes / 2);
}

void rask_segment_shrink(struct rask_segment *segment, uint64_t offset, uint64_t bytes)
{
    rask_spin_lock(&segment->lock);
    block_at(segment, offset)->object.bytes = bytes;
    uint64_t rest_offset = split(segment, offset, block_bytes_for(bytes));
    if (rest_offset != NONE)
        free_range(segment, rest_offset);
    int has_surplus = is_over(segment, segment->slack_bytes);
    rask_spin_unlock(&segment->lock);
    if (has_surplus)
        trim(segment, segment->slack_bytes / 2);
}

void rask_segment_trim(struct rask_segment *segment)
{
    rask_spin_lock(&segment->lock);
    segment->hot_bytes = segment->used_bytes;
    rask_spin_unlock(&segment->lock);
    trim(segment, 0);
}

void rask_segment_keep(struct rask_segment *segment)
{
    rask_spin_lock(&segment->lock);
    segment->is_kept = 1;
    while (wait_for_busy(segment))
        continue;
    rask_spin_unlock(&segment->lock);
}

/* The largest free block's size; 0 if there is none. */
static uint64_t largest_free_block(const struct rask_segment *segment)
{
    uint64_t largest_bytes = 0;
    if (segment->row_bits == 0)
        return 0;
    uint32_t row = 63 - (uint32_t)__builtin_clzll(segment->row_bits);
    uint32_t column = 31 - (uint32_t)__builtin_clz(segment->column_bits[row]);
    for (uint64_t offset = segment->heads[row][column]; offset != NONE;) {
        const struct free_header *block = &block_at(segment, offset)->free;
        if (largest_bytes < block->block_bytes)
            largest_bytes = block->block_bytes;
        offset = block->next;
    }
    return largest_bytes;
}

void rask_segment_usage(struct rask_segment *segment, struct rask_store_usage *usage)
{
    rask_spin_lock(&segment->lock);
    uint64_t largest_bytes = largest_free_block(segment);
    *usage = (struct rask_store_usage){
        .arena_bytes = segment->arena_bytes,
        .used_bytes = segment->used_bytes,
        .peak_bytes = segment->peak_bytes,
        .n_objects = segment->n_objects,
        .largest_free_bytes = largest_bytes == 0 ? 0 : largest_bytes - RASK_OBJECT_HEADER_BYTES,
        .kept_bytes = segment->dirty_bytes,
    };
    rask_spin_unlock(&segment->lock);
}

/* What a walk over all blocks adds up. */
struct census {
    uint64_t n_objects, n_free, n_busy, n_dirty;
    uint64_t used_bytes, busy_bytes, dirty_bytes;
};

static rask_status broken(struct rask_error *error, uint64_t offset, const char *invariant)
{
    return rask_error_set(error, RASK_ERR_INTERNAL, "object store: block at offset %" PRIu64 ": %s",
                          offset, invariant);
}

static rask_status check_free(const struct rask_segment *segment, uint64_t offset,
                              struct census *census, struct rask_error *error)
{
    const struct free_header *block = &block_at(segment, offset)->free;
    struct size_class class = class_of(block->block_bytes);
    uint64_t dirty_bytes = dirty_bytes_of(block, offset);
    census->n_free++;
    if (block->magic != 0)
        return broken(error, offset, "a free block has the magic of an object");
    if (block->previous == NONE ? segment->heads[class.row][class.column] != offset
                                : block_at(segment, block->previous)->free.next != offset)
        return broken(error, offset, "a free block is not in the list of its class");
    if (block->next != NONE && block_at(segment, block->next)->free.previous != offset)
        return broken(error, offset, "the next in the list of the class does not point back");
    if (block->is_dirty_listed != is_worth_listing(block, dirty_bytes))
        return broken(error, offset, "wrongly in or out of the list of dirty blocks");
    if (!block->is_dirty_listed)
        return RASK_OK;
    census->n_dirty++;
    census->dirty_bytes += dirty_bytes;
    if (block->older == NONE ? segment->oldest_dirty != offset
                             : block_at(segment, block->older)->free.newer != offset)
        return broken(error, offset,
                      "the older one in the list of dirty blocks does not point here");
    if (block->newer == NONE ? segment->newest_dirty != offset
                             : block_at(segment, block->newer)->free.older != offset)
        return broken(error, offset,
                      "the newer one in the list of dirty blocks does not point here");
    return RASK_OK;
}

static rask_status check_object(const struct rask_object_header *object, uint64_t offset,
                                struct census *census, struct rask_error *error)
{
    census->n_objects++;
    census->used_bytes += object->block_bytes;
    if (object->magic != RASK_OBJECT_MAGIC)
        return broken(error, offset,
                      "an object has lost its magic: something wrote over its header");
    if (object->block_bytes != block_bytes_for(object->bytes))
        return broken(error, offset, "an object's payload and its block differ in size");
    return RASK_OK;
}

/* Walks the region from block to block. */
static rask_status check_blocks(const struct rask_segment *segment, struct census *census,
                                struct rask_error *error)
{
    uint64_t previous_bytes = 0;
    int is_previous_free = 0;
    for (uint64_t offset = 0; offset < segment->arena_bytes; offset += previous_bytes) {
        const union block *block = block_at(segment, offset);
        uint64_t block_bytes = block->object.block_bytes;
        rask_status status = RASK_OK;
        if (block_bytes == 0 || block_bytes % RASK_SEGMENT_GRANULE_BYTES != 0 ||
            block_bytes > segment->arena_bytes - offset)
            return broken(error, offset, "its size is no size: something wrote over its header");
        if (block->object.previous_bytes != previous_bytes)
            return broken(error, offset, "the size of its neighbour before is wrong");
        if (block->free.kind == RASK_OBJECT_FREE && is_previous_free)
            return broken(error, offset, "two free blocks are neighbours");
        if (block->free.kind == KIND_BUSY) {
            census->n_busy++;
            census->busy_bytes += block_bytes;
        } else if (block->free.kind == RASK_OBJECT_FREE) {
            status = check_free(segment, offset, census, error);
        } else {
            status = check_object(&block->object, offset, census, error);
        }
        if (status != RASK_OK)
            return status;
        is_previous_free = block->free.kind == RASK_OBJECT_FREE;
        previous_bytes = block_bytes;
    }
    return RASK_OK;
}

/* Walks the lists of all classes; a block of theirs that check_blocks has not seen shows in the
 * count. */
static rask_status check_lists(const struct rask_segment *segment, uint64_t n_free,
                               struct rask_error *error)
{
    uint64_t n_listed = 0;
    for (uint32_t i = 0; i < RASK_SEGMENT_ROWS * RASK_SEGMENT_COLUMNS; i++) {
        uint32_t row = i / RASK_SEGMENT_COLUMNS;
        uint32_t column = i % RASK_SEGMENT_COLUMNS;
        uint64_t offset = segment->heads[row][column];
        if ((segment->column_bits[row] >> column & 1) != (offset != NONE) ||
            (segment->row_bits >> row & 1) != (segment->column_bits[row] != 0))
            return broken(error, offset,
                          "the bit of its class does not say whether the list is empty");
        for (; offset != NONE && n_listed <= n_free; n_listed++) {
            const struct free_header *block = &block_at(segment, offset)->free;
            struct size_class class = class_of(block->block_bytes);
            if (block->kind != RASK_OBJECT_FREE || class.row != row || class.column != column)
                return broken(error, offset, "in the list of a class that is not its own");
            offset = block->next;
        }
    }
    if (n_listed != n_free)
        return rask_error_set(error, RASK_ERR_INTERNAL,
                              "object store: %" PRIu64 " blocks are free, %" PRIu64 " are in lists",
                              n_free, n_listed);
    return RASK_OK;
}

static rask_status check_sums(const struct rask_segment *segment, const struct census *census,
                              struct rask_error *error)
{
    const struct {
        const char *name;
        uint64_t kept, counted;
    } sums[] = {
        {"objects", segment->n_objects, census->n_objects},
        {"used bytes", segment->used_bytes, census->used_bytes},
        {"blocks being given back", segment->n_busy, census->n_busy},
        {"bytes being given back", segment->busy_bytes, census->busy_bytes},
        {"dirty blocks", segment->n_dirty, census->n_dirty},
        {"dirty bytes", segment->dirty_bytes, census->dirty_bytes},
    };
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++)
        if (sums[i].kept != sums[i].counted)
            return rask_error_set(error, RASK_ERR_INTERNAL,
                                  "object store: %s: %" PRIu64 " kept, %" PRIu64 " counted",
                                  sums[i].name, sums[i].kept, sums[i].counted);
    if (segment->used_bytes > segment->hot_bytes || segment->used_bytes > segment->peak_bytes)
        return rask_error_set(error, RASK_ERR_INTERNAL,
                              "object store: %" PRIu64
                              " bytes are used, above the mark of the most",
                              segment->used_bytes);
    return RASK_OK;
}

rask_status rask_segment_check(struct rask_segment *segment, struct rask_error *error)
{
    struct census census = {0};
    rask_spin_lock(&segment->lock);
    rask_status status = check_blocks(segment, &census, error);
    if (status == RASK_OK)
        status = check_lists(segment, census.n_free, error);
    if (status == RASK_OK)
        status = check_sums(segment, &census, error);
    rask_spin_unlock(&segment->lock);
    return status;
}
