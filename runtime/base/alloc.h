/* SPDX-License-Identifier: BSD-3-Clause */
/* alloc.h: the only way to heap memory in the library.
 *
 * A test can make the n-th allocation from now fail, so that every out-of-memory path is run.
 * Returned memory belongs to the caller; release it with rask_free. Thread: any. */
#ifndef RASK_BASE_ALLOC_H
#define RASK_BASE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

/* NULL when there is no memory; a size of 0 gives a unique pointer that may be freed. */
void *rask_alloc(size_t bytes);
void *rask_alloc_zeroed(size_t count, size_t bytes_each);
/* As realloc: on failure NULL, and `memory` stays as it was. */
void *rask_realloc(void *memory, size_t bytes);
/* `alignment` is a power of two of at least sizeof(void *). */
void *rask_alloc_aligned(size_t alignment, size_t bytes);
char *rask_strdup(const char *text);
void rask_free(void *memory);

/* Testing: the n-th allocation from now fails (1 = the next one), and all later ones if
 * `is_lasting`. 0 switches it off. rask_alloc_count: how many allocations there have been since the
 * process began. */
void rask_alloc_fail_at(uint64_t n, int is_lasting);
uint64_t rask_alloc_count(void);

#endif
