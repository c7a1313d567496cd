/* SPDX-License-Identifier: BSD-3-Clause */
/* table_fuzz.c: any bytes as a flat group table: they are refused, or they can be merged, written
 * again and read as a result without a crash; and writing what was read settles: a table that is
 * merged into an empty one and written gives bytes that open again and are written the same the
 * next time. */
#include "base/alloc.h"
#include "kern/flat.h"
#include "kern/table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

/* The opened table merged into an empty one and written; its size in *n_bytes. */
static void *rewrite(const struct rask_flat *flat, size_t *n_bytes)
{
    struct rask_table *table;
    REQUIRE(rask_table_new(&flat->layout, &table, NULL) == RASK_OK);
    REQUIRE(rask_table_merge(table, flat, NULL) == RASK_OK);
    *n_bytes = rask_table_flat_bytes(table);
    void *bytes = rask_alloc(*n_bytes);
    REQUIRE(bytes != NULL && rask_table_flatten(table, bytes, *n_bytes, NULL) == RASK_OK);
    rask_table_free(table);
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rask_flat flat, again;
    struct rask_error error;
    size_t n, n_again;
    void *copy = rask_alloc(size);
    REQUIRE(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    if (rask_flat_open(copy, size, &flat, &error) == RASK_OK) {
        void *first = rewrite(&flat, &n);
        REQUIRE(rask_flat_open(first, n, &again, NULL) == RASK_OK);
        void *second = rewrite(&again, &n_again);
        REQUIRE(n == n_again && memcmp(first, second, n) == 0);
        rask_flat_close(&again);
        rask_flat_close(&flat);
        rask_free(second);
        rask_free(first);
    }
    rask_free(copy);
    return 0;
}
