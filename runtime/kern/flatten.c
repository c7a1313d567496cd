/* SPDX-License-Identifier: BSD-3-Clause */
/* flatten.c: writing a group table in its flat form, in the canonical order (hash, key). */
#include "base/alloc.h"
#include "base/error.h"
#include "kern/flat_format.h"
#include "kern/sort.h"
#include "kern/table_body.h"

#include <assert.h>
#include <string.h>

static struct rask_slot_ref slot_ref(struct rask_table *table, struct rask_record *record,
                                     uint32_t i)
{
    return (struct rask_slot_ref){(uint8_t *)record + table->layout.slots[i].offset, record->group,
                                  &table->pool, &table->sets[i]};
}

uint64_t rask_table_flat_bytes(struct rask_table *table)
{
    const struct rask_layout *layout = &table->layout;
    uint64_t heap = 0;
    for (uint64_t g = 0; g < table->n_groups; g++) {
        struct rask_record *record = rask_table_record(table, (uint32_t)g);
        heap += rask_round8(record->key_bytes);
        for (uint32_t i = 0; i < layout->n_slots; i++) {
            struct rask_slot_ref ref = slot_ref(table, record, i);
            if (table->ops[i]->heap_bytes != NULL)
                heap += table->ops[i]->heap_bytes(&ref);
        }
    }
    table->heap_bytes = heap;
    return sizeof(struct rask_flat_header) + layout->n_keys * sizeof(struct rask_flat_key) +
           layout->n_slots * sizeof(struct rask_slot) +
           table->ranges.count * sizeof(struct rask_flat_range) +
           rask_round8(table->error.text_bytes) + table->n_groups * layout->stride + heap;
}

static int compare_keys(const void *context, uint64_t a, uint64_t b)
{
    const struct rask_table *table = context;
    const struct rask_record *x = rask_table_record(table, (uint32_t)a);
    const struct rask_record *y = rask_table_record(table, (uint32_t)b);
    return rask_bytes_compare((const void *)(uintptr_t)x->key, x->key_bytes,
                              (const void *)(uintptr_t)y->key, y->key_bytes);
}

/* All groups by (hash, key). The index is nearly in that order already: what probing has pushed
 * past its end stands at its front and is taken last. */
static struct rask_sort_item *order_groups(const struct rask_table *table)
{
    uint64_t n_slots = UINT64_C(1) << table->index_bits, n = 0;
    struct rask_sort_item *items = rask_alloc(table->n_groups * sizeof *items);
    struct rask_sort_item *scratch = rask_alloc(table->n_groups * sizeof *scratch);
    for (int is_wrapped = 0; items != NULL && scratch != NULL && is_wrapped < 2; is_wrapped++)
        for (uint64_t at = 0; at < n_slots; at++) {
            uint64_t item = table->index[at];
            if (item == 0 || (item >> (64 - table->index_bits) > at) != is_wrapped)
                continue;
            uint32_t group = (uint32_t)item - 1;
            items[n++] = (struct rask_sort_item){rask_table_record(table, group)->hash, group};
        }
    if (items == NULL || scratch == NULL) {
        rask_free(items);
        items = NULL;
    } else {
        rask_sort(items, n, scratch, compare_keys, table);
    }
    rask_free(scratch);
    return items;
}

static void *put(uint8_t **at, const void *data, uint64_t n)
{
    void *here = *at;
    if (n > 0)
        memcpy(here, data, n);
    *at += n;
    return here;
}

static void put_header(const struct rask_table *table, uint64_t n_bytes, uint8_t **at)
{
    const struct rask_layout *layout = &table->layout;
    struct rask_flat_header header = {.magic = RASK_FLAT_MAGIC,
                                      .version = RASK_FLAT_VERSION,
                                      .header_bytes = sizeof header,
                                      .total_bytes = n_bytes,
                                      .n_keys = layout->n_keys,
                                      .n_slots = layout->n_slots,
                                      .stride = layout->stride,
                                      .n_groups = table->n_groups,
                                      .n_ranges = table->ranges.count,
                                      .heap_bytes = table->heap_bytes,
                                      .rows_read = table->counts.rows_read,
                                      .rows_kept = table->counts.rows_kept,
                                      .bytes_read = table->counts.bytes_read,
                                      .error_file = table->error.file,
                                      .error_offset = table->error.offset,
                                      .error_column = table->error.column,
                                      .error_text_bytes = table->error.text_bytes,
                                      .error_code = table->error.code};
    static const uint8_t zeros[8];
    put(at, &header, sizeof header);
    for (uint32_t i = 0; i < layout->n_keys; i++) {
        struct rask_flat_key key = {layout->key_types[i], layout->key_columns[i]};
        put(at, &key, sizeof key);
    }
    put(at, layout->slots, layout->n_slots * sizeof *layout->slots);
    put(at, table->ranges.items, table->ranges.count * sizeof *table->ranges.items);
    put(at, table->error.text, table->error.text_bytes);
    put(at, zeros, rask_round8(table->error.text_bytes) - table->error.text_bytes);
}

static void put_record(struct rask_table *table, struct rask_record *record, uint8_t *to,
                       struct rask_heap_cursor *cursor)
{
    static const uint8_t zeros[8];
    struct rask_record *flat = (struct rask_record *)to;
    memcpy(to, record, table->layout.stride);
    flat->key = cursor->used;
    flat->group = 0;
    uint8_t *at = cursor->heap + cursor->used;
    put(&at, (const void *)(uintptr_t)record->key, record->key_bytes);
    put(&at, zeros, rask_round8(record->key_bytes) - record->key_bytes);
    cursor->used += rask_round8(record->key_bytes);
    for (uint32_t i = 0; i < table->layout.n_slots; i++) {
        struct rask_slot_ref ref = slot_ref(table, record, i);
        if (table->ops[i]->write != NULL)
            table->ops[i]->write(&ref, to + table->layout.slots[i].offset, cursor);
    }
}

static int sort_sets(struct rask_table *table)
{
    for (uint32_t i = 0; i < table->layout.n_slots; i++)
        if (table->layout.slots[i].kind == RASK_SLOT_DISTINCT &&
            rask_distinct_sort(&table->sets[i], table->n_groups) != 0)
            return -1;
    return 0;
}

static void unsort_sets(struct rask_table *table)
{
    for (uint32_t i = 0; i < table->layout.n_slots; i++)
        rask_distinct_unsort(&table->sets[i]);
}

rask_status rask_table_flatten(struct rask_table *table, void *bytes, uint64_t n_bytes,
                               struct rask_error *error)
{
    assert((uintptr_t)bytes % 8 == 0);
    uint8_t *at = bytes;
    struct rask_sort_item *order = order_groups(table);
    if (order == NULL || sort_sets(table) != 0) {
        rask_free(order);
        unsort_sets(table);
        return rask_error_memory(error, table->n_groups * sizeof *order,
                                 "the order of a table's groups");
    }
    put_header(table, n_bytes, &at);
    uint8_t *heap = at + table->n_groups * table->layout.stride;
    struct rask_heap_cursor cursor = {heap, NULL, 0, table->heap_bytes};
    for (uint64_t g = 0; g < table->n_groups; g++, at += table->layout.stride)
        put_record(table, rask_table_record(table, (uint32_t)order[g].ref), at, &cursor);
    assert(cursor.used == table->heap_bytes && heap + cursor.used == (uint8_t *)bytes + n_bytes);
    rask_free(order);
    unsort_sets(table);
    return RASK_OK;
}
