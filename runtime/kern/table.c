/* SPDX-License-Identifier: BSD-3-Clause */
/* table.c: the group table: lookup by batches, merging, what travels with the groups.
 *
 * Lookup takes a batch of rows through three steps, so that the misses of a large table overlap:
 * hash and prefetch the index, read the index and prefetch record and key, find or insert. A small
 * table, whose index lies in the first-level cache, goes straight to the third. The index is
 * ordered by the hash's top bits, and so is a flat table: merging one runs through both from front
 * to back. */
#include "kern/table_body.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

#define FIRST_INDEX_BITS 8
#define MAX_INDEX_BITS 32
#define PAGE_BYTES 65536
#define PREFETCH_FROM_BITS 12 /* 32 KiB of index */

static rask_status no_memory(struct rask_error *error, uint64_t bytes)
{
    return rask_error_memory(error, bytes, "the groups of a table");
}

/* making and freeing */

static int make_index(struct rask_table *table, uint32_t bits)
{
    uint64_t n = UINT64_C(1) << bits;
    uint64_t *index = rask_alloc_zeroed(n, sizeof *index);
    if (index == NULL)
        return -1;
    uint64_t n_old = table->index == NULL ? 0 : UINT64_C(1) << table->index_bits;
    for (uint64_t i = 0; i < n_old; i++) {
        if (table->index[i] == 0)
            continue;
        uint64_t at = table->index[i] >> (64 - bits);
        while (index[at] != 0)
            at = (at + 1) & (n - 1);
        index[at] = table->index[i];
    }
    rask_free(table->index);
    table->index = index;
    table->index_bits = bits;
    return 0;
}

/* Makes the index large enough for n groups more; 0 or -1 (memory). */
static int reserve(struct rask_table *table, uint64_t n)
{
    uint32_t bits = table->index_bits;
    while (bits < MAX_INDEX_BITS && 2 * (table->n_groups + n) > UINT64_C(1) << bits)
        bits++;
    return bits == table->index_bits ? 0 : make_index(table, bits);
}

static int make_template(struct rask_table *table)
{
    const struct rask_layout *layout = &table->layout;
    table->blank = rask_alloc_zeroed(1, layout->stride);
    table->ops = rask_alloc_zeroed(layout->n_slots, sizeof *table->ops);
    table->sets = rask_alloc_zeroed(layout->n_slots, sizeof *table->sets);
    if (table->blank == NULL || table->ops == NULL || table->sets == NULL)
        return -1;
    for (uint32_t i = 0; i < layout->n_slots; i++) {
        const struct rask_slot *slot = &layout->slots[i];
        table->ops[i] = rask_slot_ops(slot->kind, slot->type);
        table->ops[i]->init(table->blank + slot->offset);
        table->sets[i].is_text = slot->type == RASK_TYPE_TEXT;
    }
    return 0;
}

/* A page holds a power of two of records, about PAGE_BYTES and at least 16. */
static uint32_t page_shift_for(uint32_t stride)
{
    uint32_t shift = 4;
    while ((UINT64_C(2) << shift) * stride <= PAGE_BYTES)
        shift++;
    return shift;
}

rask_status rask_table_new(const struct rask_layout *layout, struct rask_table **table,
                           struct rask_error *error)
{
    struct rask_table *made = rask_alloc_zeroed(1, sizeof *made);
    if (made == NULL)
        return no_memory(error, sizeof *made);
    rask_status status = rask_layout_copy(&made->layout, layout, error);
    if (status != RASK_OK) {
        rask_free(made);
        return status;
    }
    made->page_shift = page_shift_for(layout->stride);
    made->is_one_text = rask_key_is_one_text(layout);
    struct rask_slice nothing = {"", 0};
    if (make_template(made) != 0 || make_index(made, FIRST_INDEX_BITS) != 0)
        status = no_memory(error, layout->stride);
    else if (layout->n_keys == 0 &&
             rask_table_find(made, rask_bytes_hash("", 0, 0), nothing, 0) == NULL)
        status = no_memory(error, layout->stride);
    if (status != RASK_OK)
        rask_table_free(made);
    else
        *table = made;
    return status;
}

void rask_table_free(struct rask_table *table)
{
    if (table == NULL)
        return;
    for (uint32_t i = 0; table->sets != NULL && i < table->layout.n_slots; i++)
        rask_distinct_release(&table->sets[i]);
    for (size_t i = 0; i < table->pages.count; i++)
        rask_free(table->pages.items[i]);
    rask_pages_release(&table->pages);
    rask_ranges_release(&table->ranges);
    rask_buf_release(&table->scratch);
    rask_pool_release(&table->pool);
    rask_layout_release(&table->layout);
    rask_free(table->error_text);
    rask_free(table->blank);
    rask_free(table->ops);
    rask_free(table->sets);
    rask_free(table->index);
    rask_free(table);
}

/* lookup */

/* The bytes of a key without the missing bits of a table of one text. */
static inline int is_key(const struct rask_table *table, const struct rask_record *record,
                         struct rask_slice key, uint8_t bits)
{
    const uint8_t *stored = (const uint8_t *)(uintptr_t)record->key;
    if (!table->is_one_text)
        return record->key_bytes == key.length && rask_bytes_equal(stored, key.data, key.length);
    return record->key_bytes == key.length + 1 && stored[0] == bits &&
           rask_bytes_equal(stored + 1, key.data, key.length);
}

static struct rask_record *new_record(struct rask_table *table)
{
    if (table->n_groups >> table->page_shift == table->pages.count) {
        uint8_t *page = rask_alloc((size_t)table->layout.stride << table->page_shift);
        if (page == NULL)
            return NULL;
        if (rask_pages_push(&table->pages, page) != 0) {
            rask_free(page);
            return NULL;
        }
    }
    struct rask_record *record = rask_table_record(table, (uint32_t)table->n_groups);
    memcpy(record, table->blank, table->layout.stride);
    record->group = (uint32_t)table->n_groups;
    return record;
}

static struct rask_record *insert(struct rask_table *table, uint64_t hash, struct rask_slice key,
                                  uint8_t bits)
{
    if (2 * (table->n_groups + 1) > UINT64_C(1) << table->index_bits) {
        if (table->index_bits == MAX_INDEX_BITS)
            table->is_full = 1;
        if (table->is_full || make_index(table, table->index_bits + 1) != 0)
            return NULL;
    }
    struct rask_record *record = new_record(table);
    uint64_t n_bytes = key.length + (uint64_t)table->is_one_text;
    uint8_t *copy = record == NULL ? NULL : rask_pool_take(&table->pool, n_bytes);
    if (copy == NULL)
        return NULL;
    if (table->is_one_text)
        copy[0] = bits;
    if (key.length > 0)
        memcpy(copy + table->is_one_text, key.data, key.length);
    record->hash = hash;
    record->key = (uint64_t)(uintptr_t)copy;
    record->key_bytes = (uint32_t)n_bytes;
    uint64_t mask = (UINT64_C(1) << table->index_bits) - 1, at = hash >> (64 - table->index_bits);
    while (table->index[at] != 0)
        at = (at + 1) & mask;
    table->n_groups++;
    table->index[at] = (hash >> 32 << 32) | table->n_groups;
    return record;
}

struct rask_record *rask_table_find(struct rask_table *table, uint64_t hash, struct rask_slice key,
                                    uint8_t bits)
{
    uint64_t mask = (UINT64_C(1) << table->index_bits) - 1, at = hash >> (64 - table->index_bits);
    for (; table->index[at] != 0; at = (at + 1) & mask) {
        uint64_t item = table->index[at];
        if ((item ^ hash) >> 32 != 0)
            continue;
        struct rask_record *record = rask_table_record(table, (uint32_t)item - 1);
        if (record->hash == hash && is_key(table, record, key, bits))
            return record;
    }
    return insert(table, hash, key, bits);
}

/* The usual case inline: the first place probed holds the group. */
static inline struct rask_record *find(struct rask_table *table, uint64_t hash,
                                       struct rask_slice key, uint8_t bits)
{
    uint64_t item = table->index[hash >> (64 - table->index_bits)];
    if (__builtin_expect(item != 0 && (item ^ hash) >> 32 == 0, 1)) {
        struct rask_record *record = rask_table_record(table, (uint32_t)item - 1);
        if (__builtin_expect(record->hash == hash && is_key(table, record, key, bits), 1))
            return record;
    }
    return rask_table_find(table, hash, key, bits);
}

/* Keys and hashes of the rows of a batch. */
struct lookup {
    struct rask_slice keys[RASK_BATCH_ROWS];
    uint64_t hashes[RASK_BATCH_ROWS];
    uint8_t bits[RASK_BATCH_ROWS];
};

static void hash_texts(const struct rask_column *column, const uint32_t *rows, uint32_t n,
                       struct lookup *lookup)
{
    for (uint32_t i = 0; i < n; i++) {
        struct rask_slice key = column->values.texts[rows[i]];
        uint8_t is_missing = column->missing != NULL && column->missing[rows[i]];
        if (is_missing)
            key.length = 0;
        lookup->keys[i] = key;
        lookup->bits[i] = is_missing;
        lookup->hashes[i] = rask_bytes_hash(key.data, key.length, is_missing);
    }
}

static int hash_keys(struct rask_table *table, const struct rask_batch *batch, const uint32_t *rows,
                     uint32_t n, struct lookup *lookup)
{
    struct rask_buf *buf = &table->scratch;
    rask_buf_clear(buf);
    for (uint32_t i = 0; i < n; i++) {
        size_t start = buf->size;
        if (rask_key_encode(&table->layout, batch, rows[i], buf) != 0)
            return -1;
        lookup->keys[i].length = buf->size - start;
        lookup->bits[i] = 0;
    }
    const char *at = (const char *)buf->data;
    for (uint32_t i = 0; i < n; i++) {
        lookup->keys[i].data = at;
        lookup->hashes[i] = rask_bytes_hash(at, lookup->keys[i].length, 0);
        at += lookup->keys[i].length;
    }
    return 0;
}

static void prefetch(const struct rask_table *table, const struct lookup *lookup, uint32_t n)
{
    uint32_t shift = 64 - table->index_bits;
    struct rask_record *records[RASK_BATCH_ROWS];
    for (uint32_t i = 0; i < n; i++)
        __builtin_prefetch(&table->index[lookup->hashes[i] >> shift]);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t entry = (uint32_t)table->index[lookup->hashes[i] >> shift];
        records[i] = entry == 0 ? NULL : rask_table_record(table, entry - 1);
        for (uint32_t at = 0; entry != 0 && at < table->layout.stride; at += 64)
            __builtin_prefetch((const uint8_t *)records[i] + at, 1);
    }
    for (uint32_t i = 0; i < n; i++)
        if (records[i] != NULL)
            __builtin_prefetch((const void *)(uintptr_t)records[i]->key);
}

static int find_all(struct rask_table *table, const struct rask_batch *batch, const uint32_t *rows,
                    uint32_t n, uint8_t **records)
{
    struct lookup lookup;
    if (table->layout.n_keys == 0) {
        for (uint32_t i = 0; i < n; i++)
            records[i] = (uint8_t *)rask_table_record(table, 0);
        return 0;
    }
    if (table->is_one_text)
        hash_texts(&batch->columns[table->layout.key_columns[0]], rows, n, &lookup);
    else if (hash_keys(table, batch, rows, n, &lookup) != 0)
        return -1;
    if (table->index_bits >= PREFETCH_FROM_BITS)
        prefetch(table, &lookup, n);
    for (uint32_t i = 0; i < n; i++) {
        records[i] = (uint8_t *)find(table, lookup.hashes[i], lookup.keys[i], lookup.bits[i]);
        if (records[i] == NULL)
            return -1;
    }
    return 0;
}

/* filling */

static rask_status failed(const struct rask_table *table, int outcome, struct rask_error *error)
{
    if (table->is_full)
        return rask_error_set(error, RASK_ERR_LIMIT, "more than 2^31 groups in one table");
    if (outcome == -2)
        return rask_error_set(error, RASK_ERR_LIMIT, "more than 2^31 distinct values in one table");
    return no_memory(error, table->layout.stride);
}

rask_status rask_table_add(struct rask_table *table, const struct rask_batch *batch,
                           const uint32_t *rows, uint32_t n_rows, struct rask_error *error)
{
    uint8_t *records[RASK_BATCH_ROWS];
    if (find_all(table, batch, rows, n_rows, records) != 0)
        return failed(table, -1, error);
    for (uint32_t i = 0; i < table->layout.n_slots; i++) {
        const struct rask_slot *slot = &table->layout.slots[i];
        struct rask_update update = {batch,        NULL,   rows,         records,
                                     slot->offset, n_rows, &table->pool, &table->sets[i]};
        if (slot->column != RASK_GROUPBY_ALL_ROWS)
            update.column = &batch->columns[slot->column];
        int outcome = table->ops[i]->update(&update);
        if (outcome != 0)
            return failed(table, outcome, error);
    }
    return RASK_OK;
}

static rask_status merge_record(struct rask_table *table, const struct rask_flat *flat,
                                const uint8_t *from, struct rask_error *error)
{
    const struct rask_record *record = (const struct rask_record *)from;
    struct rask_slice key = {(const char *)flat->heap + record->key, record->key_bytes};
    uint8_t bits = 0;
    if (table->is_one_text) {
        bits = (uint8_t)key.data[0];
        key.data++;
        key.length--;
    }
    struct rask_record *into = rask_table_find(table, record->hash, key, bits);
    if (into == NULL)
        return failed(table, -1, error);
    for (uint32_t i = 0; i < table->layout.n_slots; i++) {
        uint32_t offset = table->layout.slots[i].offset;
        struct rask_slot_ref ref = {(uint8_t *)into + offset, into->group, &table->pool,
                                    &table->sets[i]};
        int outcome = table->ops[i]->merge(&ref, from + offset, flat->heap);
        if (outcome != 0)
            return failed(table, outcome, error);
    }
    return RASK_OK;
}

rask_status rask_table_merge(struct rask_table *table, const struct rask_flat *flat,
                             struct rask_error *error)
{
    if (!rask_layout_is_same(&table->layout, &flat->layout))
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "group tables of different plans cannot be merged");
    /* The records come in the index's own order: without room for all of them at the start, those
     * so far would crowd at its front and probing would run through them again and again. */
    if (reserve(table, flat->n_groups) != 0)
        return no_memory(error, flat->n_groups * sizeof *table->index);
    rask_status status = RASK_OK;
    for (uint64_t g = 0; g < flat->n_groups && status == RASK_OK; g++)
        status = merge_record(table, flat, flat->records + g * table->layout.stride, error);
    for (uint64_t i = 0; i < flat->n_ranges && status == RASK_OK; i++)
        status = rask_table_add_range(table, &flat->ranges[i], error);
    if (status == RASK_OK && flat->error.text_bytes > 0)
        status = rask_table_add_error(table, &flat->error, error);
    if (status == RASK_OK)
        rask_table_count(table, &flat->counts);
    return status;
}

/* what travels with the groups */

void rask_table_count(struct rask_table *table, const struct rask_flat_counts *counts)
{
    table->counts.rows_read += counts->rows_read;
    table->counts.rows_kept += counts->rows_kept;
    table->counts.bytes_read += counts->bytes_read;
}

rask_status rask_table_add_range(struct rask_table *table, const struct rask_flat_range *range,
                                 struct rask_error *error)
{
    return rask_ranges_add(&table->ranges, range) == 0 ? RASK_OK : no_memory(error, sizeof *range);
}

static int is_earlier(const struct rask_flat_error *a, const struct rask_flat_error *b)
{
    if (a->file != b->file)
        return a->file < b->file;
    if (a->offset != b->offset)
        return a->offset < b->offset;
    if (a->column != b->column)
        return a->column < b->column;
    int order = rask_bytes_compare(a->text, a->text_bytes, b->text, b->text_bytes);
    return order != 0 ? order < 0 : a->code < b->code;
}

rask_status rask_table_add_error(struct rask_table *table, const struct rask_flat_error *found,
                                 struct rask_error *error)
{
    if (table->error.text_bytes > 0 && !is_earlier(found, &table->error))
        return RASK_OK;
    char *text = rask_alloc(found->text_bytes);
    if (text == NULL)
        return rask_error_memory(error, found->text_bytes, "an error's text");
    memcpy(text, found->text, found->text_bytes);
    rask_free(table->error_text);
    table->error_text = text;
    table->error = *found;
    table->error.text = text;
    return RASK_OK;
}

int rask_table_has_error(const struct rask_table *table)
{
    return table->error.text_bytes > 0;
}

const struct rask_flat_error *rask_table_error(const struct rask_table *table)
{
    return &table->error;
}
