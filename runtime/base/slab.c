/* SPDX-License-Identifier: BSD-3-Clause */
/* slab.c: the pages of a slab: adding, freeing, and the walk over live records. */
#include "base/slab.h"

#include "base/alloc.h"

#define PAGE_ALIGNMENT 64
#define FIRST_PAGE_CAPACITY 8

int rask_slab_init(struct rask_slab *slab, uint32_t record_bytes, uint32_t records_per_page)
{
    *slab = (struct rask_slab){0};
    if (record_bytes < sizeof slab->free_head || records_per_page == 0 ||
        (records_per_page & (records_per_page - 1)) != 0)
        return -1;
    slab->record_bytes = record_bytes;
    slab->page_shift = (uint32_t)__builtin_ctz(records_per_page);
    slab->page_mask = records_per_page - 1;
    return 0;
}

void rask_slab_release(struct rask_slab *slab)
{
    for (uint32_t i = 0; i < slab->n_pages; i++)
        rask_free(slab->pages[i]);
    rask_free(slab->pages);
    rask_free(slab->live);
    uint32_t record_bytes = slab->record_bytes;
    if (record_bytes != 0)
        (void)rask_slab_init(slab, record_bytes, slab->page_mask + 1);
}

static size_t live_words(const struct rask_slab *slab, uint32_t n_pages)
{
    return (size_t)((((uint64_t)n_pages << slab->page_shift) + 63) / 64);
}

/* Doubles the page table and the live bits. */
static int grow_tables(struct rask_slab *slab)
{
    uint32_t old_capacity = slab->page_capacity;
    uint32_t capacity = old_capacity == 0 ? FIRST_PAGE_CAPACITY : old_capacity * 2;
    uint8_t **pages = rask_realloc(slab->pages, capacity * sizeof *pages);
    if (pages == NULL)
        return -1;
    slab->pages = pages;
    size_t old_words = live_words(slab, old_capacity), words = live_words(slab, capacity);
    uint64_t *live = rask_realloc(slab->live, words * sizeof *live);
    if (live == NULL)
        return -1;
    memset(live + old_words, 0, (words - old_words) * sizeof *live);
    slab->live = live;
    slab->page_capacity = capacity;
    return 0;
}

static int add_page(struct rask_slab *slab)
{
    if (slab->limit == UINT32_MAX)
        return -1;
    if (slab->n_pages == slab->page_capacity && grow_tables(slab) != 0)
        return -1;
    uint8_t *page =
        rask_alloc_aligned(PAGE_ALIGNMENT, (size_t)slab->record_bytes << slab->page_shift);
    if (page == NULL)
        return -1;
    slab->pages[slab->n_pages++] = page;
    uint64_t limit = (uint64_t)slab->n_pages << slab->page_shift;
    slab->limit = limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit;
    return 0;
}

/* next_fresh leaves 0 with the first page, past id 0; with pages of one record that takes two
 * pages. */
int rask_slab_grow(struct rask_slab *slab)
{
    do {
        if (add_page(slab) != 0)
            return -1;
        if (slab->next_fresh == 0)
            slab->next_fresh = 1;
    } while (slab->next_fresh >= slab->limit && slab->limit != UINT32_MAX);
    return slab->next_fresh < slab->limit ? 0 : -1;
}

uint32_t rask_slab_next(const struct rask_slab *slab, uint32_t from)
{
    for (uint32_t id = from; id < slab->next_fresh;) {
        uint64_t rest = slab->live[id >> 6] >> (id & 63);
        if (rest != 0)
            return id + (uint32_t)__builtin_ctzll(rest);
        if (id > UINT32_MAX - 64)
            return 0;
        id = (id | 63) + 1;
    }
    return 0;
}
