/* SPDX-License-Identifier: BSD-3-Clause */
/* slab.h: a paged array of records of one size, named by dense uint32_t ids.
 *
 *     id        page = id >> page_shift, place in the page = id & page_mask
 *     pages     [0] -> | - | 1 | 2 | 3 |   [1] -> | 4 | 5 | ...      id 0 is never given out
 *     free      free_head -> id -> id -> 0, linked through the first four bytes of free records
 *     live      one bit per id
 *
 * Addresses of records never change while they live. A freed id is the next one given out (last in,
 * first out), so the same calls give the same ids. Take and give do not search.
 * Thread: one at a time; the page table moves when the slab grows, so also for reading. */
#ifndef RASK_BASE_SLAB_H
#define RASK_BASE_SLAB_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rask_slab {
    uint8_t **pages;
    uint64_t *live; /* bit id of the array: the record is taken */
    uint32_t record_bytes; /* >= 4 */
    uint32_t page_shift, page_mask;
    uint32_t free_head; /* 0 = none */
    uint32_t next_fresh; /* ids from here on were never given out */
    uint32_t limit; /* ids below this have a page; at most UINT32_MAX */
    uint32_t n_pages, page_capacity; /* pages there are, room in `pages` and `live` */
    uint32_t count; /* live records */
};

/* Prepares an empty slab; allocates nothing. record_bytes >= 4 and a multiple of the record's
 * alignment (at most 64); records_per_page a power of two. 0, or -1 for other values. */
int rask_slab_init(struct rask_slab *slab, uint32_t record_bytes, uint32_t records_per_page);

/* Frees all records and pages; the slab is as after init. Works on a zeroed struct. */
void rask_slab_release(struct rask_slab *slab);

/* The slow path of rask_slab_take: one more page. 0, or -1 for want of memory or ids. */
int rask_slab_grow(struct rask_slab *slab);

/* Address of a record. Undefined for an id that never was given out. */
static inline void *rask_slab_at(const struct rask_slab *slab, uint32_t id)
{
    assert(id != 0 && id < slab->next_fresh);
    return slab->pages[id >> slab->page_shift] +
           (size_t)(id & slab->page_mask) * slab->record_bytes;
}

/* 1 when `id` is taken; any value may be asked, 0 and ids never given out too. */
static inline int rask_slab_is_live(const struct rask_slab *slab, uint32_t id)
{
    return id < slab->next_fresh && (slab->live[id >> 6] >> (id & 63) & 1) != 0;
}

/* A zeroed record and its id; NULL for want of memory, and then *id is untouched. */
static inline void *rask_slab_take(struct rask_slab *slab, uint32_t *id)
{
    uint32_t taken = slab->free_head;
    if (taken == 0) {
        if (__builtin_expect(slab->next_fresh >= slab->limit, 0) && rask_slab_grow(slab) != 0)
            return NULL;
        taken = slab->next_fresh++;
    }
    uint8_t *record = (uint8_t *)rask_slab_at(slab, taken);
    if (taken == slab->free_head)
        memcpy(&slab->free_head, record, sizeof slab->free_head);
    memset(record, 0, slab->record_bytes);
    slab->live[taken >> 6] |= UINT64_C(1) << (taken & 63);
    slab->count++;
    *id = taken;
    return record;
}

/* Returns a live record; its id is given out again. */
static inline void rask_slab_give(struct rask_slab *slab, uint32_t id)
{
    assert(rask_slab_is_live(slab, id));
    memcpy(rask_slab_at(slab, id), &slab->free_head, sizeof slab->free_head);
    slab->free_head = id;
    slab->live[id >> 6] &= ~(UINT64_C(1) << (id & 63));
    slab->count--;
}

/* The smallest live id >= `from`, or 0: for walking over all records in id order. */
uint32_t rask_slab_next(const struct rask_slab *slab, uint32_t from);

#endif
