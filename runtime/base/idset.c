/* SPDX-License-Identifier: BSD-3-Clause */
/* idset.c: growth, walk and intersection of sets of bits. */
#include "base/idset.h"

#include "base/alloc.h"

#include <string.h>

static int grow(struct rask_idset *set, size_t n_wanted)
{
    size_t n_words = set->n_words * 2 < n_wanted ? n_wanted : set->n_words * 2;
    uint64_t *words = rask_realloc(set->words, n_words * sizeof *words);
    if (words == NULL)
        return -1;
    memset(words + set->n_words, 0, (n_words - set->n_words) * sizeof *words);
    set->words = words;
    set->n_words = n_words;
    return 0;
}

int rask_idset_add(struct rask_idset *set, uint32_t id)
{
    if (id == RASK_IDSET_NONE)
        return -1;
    if (id / 64 >= set->n_words && grow(set, (size_t)id / 64 + 1) != 0)
        return -1;
    uint64_t bit = UINT64_C(1) << (id % 64);
    set->count += (set->words[id / 64] & bit) == 0;
    set->words[id / 64] |= bit;
    return 0;
}

uint32_t rask_idset_next(const struct rask_idset *set, uint32_t from)
{
    size_t i = from / 64;
    if (i >= set->n_words)
        return RASK_IDSET_NONE;
    uint64_t word = set->words[i] & UINT64_MAX << (from % 64);
    while (word == 0) {
        if (++i >= set->n_words)
            return RASK_IDSET_NONE;
        word = set->words[i];
    }
    return (uint32_t)(i * 64) + (uint32_t)__builtin_ctzll(word);
}

void rask_idset_intersect(struct rask_idset *set, const struct rask_idset *other)
{
    set->count = 0;
    for (size_t i = 0; i < set->n_words; i++) {
        set->words[i] &= i < other->n_words ? other->words[i] : 0;
        set->count += (size_t)__builtin_popcountll(set->words[i]);
    }
}

void rask_idset_clear(struct rask_idset *set)
{
    if (set->n_words != 0)
        memset(set->words, 0, set->n_words * sizeof *set->words);
    set->count = 0;
}

void rask_idset_release(struct rask_idset *set)
{
    rask_free(set->words);
    *set = (struct rask_idset){0};
}
