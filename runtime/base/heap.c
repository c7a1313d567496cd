/* SPDX-License-Identifier: BSD-3-Clause */
/* heap.c: sifting in a 4-ary heap. Four children per node make the tree half as deep as a binary
 * one, and the children of a node lie side by side. */
#include "base/heap.h"

#include "base/alloc.h"

#define FIRST_CAPACITY 32

static int grow(struct rask_heap *heap)
{
    size_t capacity = heap->capacity == 0 ? FIRST_CAPACITY : heap->capacity * 2;
    if (capacity > PTRDIFF_MAX / sizeof *heap->entries)
        return -1;
    struct rask_heap_entry *entries = rask_realloc(heap->entries, capacity * sizeof *entries);
    if (entries == NULL)
        return -1;
    heap->entries = entries;
    heap->capacity = capacity;
    return 0;
}

int rask_heap_push(struct rask_heap *heap, struct rask_heap_entry entry)
{
    if (heap->count == heap->capacity && grow(heap) != 0)
        return -1;
    size_t i = heap->count++;
    while (i > 0 && rask_heap_is_before(&entry, &heap->entries[(i - 1) / 4])) {
        heap->entries[i] = heap->entries[(i - 1) / 4];
        i = (i - 1) / 4;
    }
    heap->entries[i] = entry;
    return 0;
}

/* The smallest child of `i`, or `count` when it has none. */
static size_t smallest_child(const struct rask_heap *heap, size_t i)
{
    size_t first = 4 * i + 1;
    if (first >= heap->count)
        return heap->count;
    size_t end = first + 4 < heap->count ? first + 4 : heap->count;
    size_t smallest = first;
    for (size_t child = first + 1; child < end; child++)
        if (rask_heap_is_before(&heap->entries[child], &heap->entries[smallest]))
            smallest = child;
    return smallest;
}

struct rask_heap_entry rask_heap_pop(struct rask_heap *heap)
{
    assert(heap->count > 0);
    struct rask_heap_entry top = heap->entries[0];
    struct rask_heap_entry last = heap->entries[--heap->count];
    size_t i = 0;
    for (;;) {
        size_t child = smallest_child(heap, i);
        if (child == heap->count || !rask_heap_is_before(&heap->entries[child], &last))
            break;
        heap->entries[i] = heap->entries[child];
        i = child;
    }
    heap->entries[i] = last;
    return top;
}

void rask_heap_release(struct rask_heap *heap)
{
    rask_free(heap->entries);
    *heap = (struct rask_heap){0};
}
