/* SPDX-License-Identifier: BSD-3-Clause */
/* vec.h: a typed growing array, made by a macro.
 *
 *     RASK_VEC_DEFINE(ids, uint32_t)       struct ids { uint32_t *items; size_t count, capacity; };
 *     struct ids v = {0};                  a zeroed struct is an empty valid vector
 *     ids_push(&v, 7);                     0, or -1 for want of memory: the vector is unchanged
 *     ids_reserve(&v, 100);                room for 100 items in all; 0 or -1
 *     uint32_t last = ids_pop(&v);         Undefined on an empty vector (asserted)
 *     ids_clear(&v);  ids_release(&v);     keeps, frees the memory
 *
 * Addresses of items are valid until the next growth. Thread: one at a time. */
#ifndef RASK_BASE_VEC_H
#define RASK_BASE_VEC_H

#include "base/alloc.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* The items moved to room for at least `wanted` of them, doubling; sets *capacity. NULL for want of
 * memory, and then `items` and *capacity are as they were. */
static inline void *rask_vec_grown(void *items, size_t *capacity, size_t wanted, size_t item_bytes)
{
    size_t new_capacity = *capacity < 4 ? 8 : *capacity * 2;
    if (new_capacity < wanted)
        new_capacity = wanted;
    if (new_capacity > PTRDIFF_MAX / item_bytes)
        return NULL;
    void *grown = rask_realloc(items, new_capacity * item_bytes);
    if (grown != NULL)
        *capacity = new_capacity;
    return grown;
}

#define RASK_VEC_DEFINE(name, type)                                                               \
    struct name {                                                                                 \
        type *items;                                                                              \
        size_t count, capacity;                                                                   \
    };                                                                                            \
    __attribute__((unused)) static inline int name##_reserve(struct name *v, size_t wanted)       \
    {                                                                                             \
        if (wanted <= v->capacity)                                                                \
            return 0;                                                                             \
        type *grown = (type *)rask_vec_grown(v->items, &v->capacity, wanted, sizeof(type));       \
        if (grown == NULL)                                                                        \
            return -1;                                                                            \
        v->items = grown;                                                                         \
        return 0;                                                                                 \
    }                                                                                             \
    __attribute__((unused)) static inline int name##_push(struct name *v, type item)              \
    {                                                                                             \
        if (__builtin_expect(v->count == v->capacity, 0) && name##_reserve(v, v->count + 1) != 0) \
            return -1;                                                                            \
        v->items[v->count++] = item;                                                              \
        return 0;                                                                                 \
    }                                                                                             \
    __attribute__((unused)) static inline type name##_pop(struct name *v)                         \
    {                                                                                             \
        assert(v->count > 0);                                                                     \
        return v->items[--v->count];                                                              \
    }                                                                                             \
    __attribute__((unused)) static inline void name##_clear(struct name *v)                       \
    {                                                                                             \
        v->count = 0;                                                                             \
    }                                                                                             \
    __attribute__((unused)) static inline void name##_release(struct name *v)                     \
    {                                                                                             \
        rask_free(v->items);                                                                      \
        v->items = NULL;                                                                          \
        v->count = v->capacity = 0;                                                               \
    }                                                                                             \
    struct name

#endif
