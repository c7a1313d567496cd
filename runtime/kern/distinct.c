/* SPDX-License-Identifier: BSD-3-Clause */
/* distinct.c: the sets behind nunique. */
#include "kern/distinct.h"

#include "base/alloc.h"
#include "kern/bytes.h"

#include <string.h>

#define FIRST_INDEX_BITS 6
#define MAX_ENTRIES (UINT64_C(1) << 31)

void rask_distinct_release(struct rask_distinct *set)
{
    rask_distinct_unsort(set);
    rask_free(set->entries);
    rask_free(set->index);
    int is_text = set->is_text;
    *set = (struct rask_distinct){.is_text = is_text};
}

static int grow_index(struct rask_distinct *set)
{
    uint32_t bits = set->index_bits == 0 ? FIRST_INDEX_BITS : set->index_bits + 1;
    uint64_t n = UINT64_C(1) << bits, mask = n - 1;
    uint64_t *index = rask_alloc_zeroed(n, sizeof *index);
    if (index == NULL)
        return -1;
    uint64_t n_old = set->index_bits == 0 ? 0 : UINT64_C(1) << set->index_bits;
    for (uint64_t i = 0; i < n_old; i++) {
        if (set->index[i] == 0)
            continue;
        uint64_t at = set->index[i] >> (64 - bits);
        while (index[at] != 0)
            at = (at + 1) & mask;
        index[at] = set->index[i];
    }
    rask_free(set->index);
    set->index = index;
    set->index_bits = bits;
    return 0;
}

static int make_room(struct rask_distinct *set)
{
    if (set->n_entries >= MAX_ENTRIES)
        return -2;
    uint64_t n_slots = set->index_bits == 0 ? 0 : UINT64_C(1) << set->index_bits;
    if (2 * (set->n_entries + 1) > n_slots && grow_index(set) != 0)
        return -1;
    if (set->n_entries < set->entry_capacity)
        return 0;
    uint64_t capacity = set->entry_capacity == 0 ? 32 : set->entry_capacity * 2;
    struct rask_distinct_entry *entries = rask_realloc(set->entries, capacity * sizeof *entries);
    if (entries == NULL)
        return -1;
    set->entries = entries;
    set->entry_capacity = capacity;
    return 0;
}

static int is_same(const struct rask_distinct *set, const struct rask_distinct_entry *entry,
                   const struct rask_distinct_entry *wanted)
{
    if (entry->group != wanted->group || entry->length != wanted->length)
        return 0;
    if (!set->is_text)
        return entry->value == wanted->value;
    return rask_bytes_equal((const void *)(uintptr_t)entry->value,
                            (const void *)(uintptr_t)wanted->value, entry->length);
}

/* The free place for the entry in *place and 1, or 0 when it is there already. */
static int find_place(const struct rask_distinct *set, const struct rask_distinct_entry *wanted,
                      uint64_t hash, uint64_t *place)
{
    uint64_t mask = (UINT64_C(1) << set->index_bits) - 1;
    uint64_t at = hash >> (64 - set->index_bits);
    for (; set->index[at] != 0; at = (at + 1) & mask) {
        uint64_t item = set->index[at];
        if (item >> 32 == hash >> 32 && is_same(set, &set->entries[(uint32_t)item - 1], wanted))
            return 0;
    }
    *place = at;
    return 1;
}

static void put(struct rask_distinct *set, const struct rask_distinct_entry *entry, uint64_t hash,
                uint64_t place)
{
    set->entries[set->n_entries++] = *entry;
    set->index[place] = (hash >> 32 << 32) | set->n_entries;
}

int rask_distinct_add_rank(struct rask_distinct *set, uint32_t group, uint64_t rank)
{
    struct rask_distinct_entry entry = {group, 0, rank};
    uint64_t hash = rask_int_hash(rank, group), place;
    int outcome = make_room(set);
    if (outcome != 0 || !find_place(set, &entry, hash, &place))
        return outcome;
    put(set, &entry, hash, place);
    return 1;
}

int rask_distinct_add_text(struct rask_distinct *set, uint32_t group, struct rask_slice text,
                           struct rask_pool *pool)
{
    struct rask_distinct_entry entry = {group, (uint32_t)text.length,
                                        (uint64_t)(uintptr_t)text.data};
    uint64_t hash = rask_bytes_hash(text.data, text.length, group), place;
    int outcome = make_room(set);
    if (outcome != 0 || !find_place(set, &entry, hash, &place))
        return outcome;
    char *copy = rask_pool_take(pool, text.length);
    if (copy == NULL)
        return -1;
    if (text.length > 0)
        memcpy(copy, text.data, text.length);
    entry.value = (uint64_t)(uintptr_t)copy;
    put(set, &entry, hash, place);
    return 1;
}

static int compare_texts(const void *context, uint64_t a, uint64_t b)
{
    const struct rask_distinct *set = context;
    const struct rask_distinct_entry *x = &set->entries[a], *y = &set->entries[b];
    return rask_bytes_compare((const void *)(uintptr_t)x->value, x->length,
                              (const void *)(uintptr_t)y->value, y->length);
}

static uint64_t rank_of(const struct rask_distinct *set, const struct rask_distinct_entry *entry)
{
    return set->is_text ? rask_bytes_rank((const void *)(uintptr_t)entry->value, entry->length)
                        : entry->value;
}

int rask_distinct_sort(struct rask_distinct *set, uint64_t n_groups)
{
    struct rask_sort_item *scratch = rask_alloc(set->n_entries * sizeof *scratch);
    set->sorted = rask_alloc(set->n_entries * sizeof *set->sorted);
    set->starts = rask_alloc_zeroed(n_groups + 2, sizeof *set->starts);
    if (scratch == NULL || set->sorted == NULL || set->starts == NULL) {
        rask_free(scratch);
        rask_distinct_unsort(set);
        return -1;
    }
    /* Counting sort by group, one place further along so that filling in leaves the starts. */
    for (uint64_t i = 0; i < set->n_entries; i++)
        set->starts[set->entries[i].group + 2]++;
    for (uint64_t g = 2; g <= n_groups + 1; g++)
        set->starts[g] += set->starts[g - 1];
    for (uint64_t i = 0; i < set->n_entries; i++) {
        uint64_t place = set->starts[set->entries[i].group + 1]++;
        set->sorted[place] = (struct rask_sort_item){rank_of(set, &set->entries[i]), i};
    }
    for (uint64_t g = 0; g < n_groups; g++)
        rask_sort(set->sorted + set->starts[g], set->starts[g + 1] - set->starts[g], scratch,
                  set->is_text ? compare_texts : NULL, set);
    rask_free(scratch);
    return 0;
}

void rask_distinct_unsort(struct rask_distinct *set)
{
    rask_free(set->sorted);
    rask_free(set->starts);
    set->sorted = NULL;
    set->starts = NULL;
}
