/* SPDX-License-Identifier: BSD-3-Clause */
/* alloc.c: heap memory from the C library, with the switch that makes the n-th allocation fail.
 *
 * The two atomics below are mutable state of file scope (rule 4 of docs/design/README.md names all
 * that there is). They cannot be arguments: an allocation deep in any module has to count, in any
 * thread, or a test could not reach every out-of-memory path. They decide nothing but which call
 * fails.
 *
 *     fail_switch = 0: off, else (number of the failing allocation) * 2 + (1 if all later ones fail
 * too)
 *
 * Both parts of the switch are one word, so a thread never sees half a setting. */
#include "base/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Atomic uint64_t n_allocations;
static _Atomic uint64_t fail_switch;

/* Counts one allocation; 1 when it has to fail, because of the switch or because no object can be
 * so large (which is decided here, the same with every C library and under the sanitizers). */
static int is_failing(size_t bytes)
{
    uint64_t number = atomic_fetch_add_explicit(&n_allocations, 1, memory_order_relaxed) + 1;
    uint64_t setting = atomic_load_explicit(&fail_switch, memory_order_relaxed);
    if (__builtin_expect(setting != 0, 0) &&
        (number == setting >> 1 || ((setting & 1) != 0 && number > setting >> 1)))
        return 1;
    return bytes > PTRDIFF_MAX;
}

void *rask_alloc(size_t bytes)
{
    return is_failing(bytes) ? NULL : malloc(bytes == 0 ? 1 : bytes);
}

void *rask_alloc_zeroed(size_t count, size_t bytes_each)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, bytes_each, &bytes))
        bytes = SIZE_MAX;
    return is_failing(bytes) ? NULL : calloc(bytes == 0 ? 1 : bytes, 1);
}

void *rask_realloc(void *memory, size_t bytes)
{
    return is_failing(bytes) ? NULL : realloc(memory, bytes == 0 ? 1 : bytes);
}

void *rask_alloc_aligned(size_t alignment, size_t bytes)
{
    void *memory = NULL;
    if (is_failing(bytes) || posix_memalign(&memory, alignment, bytes == 0 ? 1 : bytes) != 0)
        return NULL;
    return memory;
}

char *rask_strdup(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = rask_alloc(bytes);
    if (copy != NULL)
        memcpy(copy, text, bytes);
    return copy;
}

void rask_free(void *memory)
{
    free(memory);
}

void rask_alloc_fail_at(uint64_t n, int is_lasting)
{
    uint64_t setting = n == 0 ? 0 : (rask_alloc_count() + n) << 1 | (is_lasting != 0);
    atomic_store_explicit(&fail_switch, setting, memory_order_relaxed);
}

uint64_t rask_alloc_count(void)
{
    return atomic_load_explicit(&n_allocations, memory_order_relaxed);
}
