/* SPDX-License-Identifier: BSD-3-Clause */
/* flat.c: opening a flat table: every check that its readers rely on.
 *
 * The parts follow each other without gaps, and the heap's items follow the records in order, so
 * one cursor runs through each: an offset that is not where the cursor stands is an error. */
#include "kern/flat.h"

#include "base/alloc.h"
#include "base/error.h"
#include "kern/flat_format.h"
#include "kern/key.h"
#include "kern/state.h"

#include <string.h>

static rask_status malformed(struct rask_error *error, const char *what)
{
    return rask_error_set(error, RASK_ERR_FORMAT, "malformed group table: %s", what);
}

/* Takes n * each bytes from the front of *at; NULL when fewer are left. */
static const uint8_t *take(const uint8_t **at, uint64_t *left, uint64_t n, uint64_t each)
{
    if (each != 0 && n > *left / each)
        return NULL;
    const uint8_t *taken = *at;
    uint64_t bytes = n * each;
    *at += bytes;
    *left -= bytes;
    return taken;
}

static rask_status read_layout(const struct rask_flat_header *header, const uint8_t *keys,
                               const uint8_t *slots, struct rask_layout *layout,
                               struct rask_error *error)
{
    layout->key_types = rask_alloc_zeroed(header->n_keys, sizeof *layout->key_types);
    layout->key_columns = rask_alloc_zeroed(header->n_keys, sizeof *layout->key_columns);
    layout->slots = rask_alloc_zeroed(header->n_slots, sizeof *layout->slots);
    if (layout->key_types == NULL || layout->key_columns == NULL || layout->slots == NULL)
        return rask_error_memory(error, (uint64_t)header->n_slots * sizeof *layout->slots,
                                 "the layout of a table");
    layout->n_keys = header->n_keys;
    layout->n_slots = header->n_slots;
    for (uint32_t i = 0; i < layout->n_keys; i++) {
        struct rask_flat_key key;
        memcpy(&key, keys + i * sizeof key, sizeof key);
        layout->key_types[i] = key.type;
        layout->key_columns[i] = key.column;
        if (key.type >= RASK_N_TYPES)
            return malformed(error, "unknown key type");
    }
    if (layout->n_slots > 0)
        memcpy(layout->slots, slots, layout->n_slots * sizeof *layout->slots);
    if (!rask_layout_place(layout) || layout->stride != header->stride)
        return malformed(error, "unknown component");
    /* Places are computed from kinds and types, and must be what the table says. */
    if (layout->n_slots > 0 &&
        memcmp(layout->slots, slots, layout->n_slots * sizeof *layout->slots) != 0)
        return malformed(error, "wrong places of components");
    return RASK_OK;
}

static rask_status check_ranges(const struct rask_flat *flat, struct rask_error *error)
{
    for (uint64_t i = 0; i < flat->n_ranges; i++)
        if (flat->ranges[i].first_start >= flat->ranges[i].next_start)
            return malformed(error, "a range ends before it begins");
    return RASK_OK;
}

/* The key of a record, moving the cursor over it; NULL when it is not where it has to be. */
static const uint8_t *check_key(const struct rask_flat *flat, const struct rask_record *record,
                                struct rask_key_part *parts, struct rask_heap_cursor *cursor)
{
    const uint8_t *key = flat->heap + cursor->used;
    uint64_t left = cursor->bytes - cursor->used, padded = rask_round8(record->key_bytes);
    if (record->key != cursor->used || record->group != 0 || padded > left)
        return NULL;
    for (uint64_t i = record->key_bytes; i < padded; i++)
        if (key[i] != 0)
            return NULL;
    if (!rask_key_decode(&flat->layout, key, record->key_bytes, parts))
        return NULL;
    if (rask_key_hash(&flat->layout, key, record->key_bytes) != record->hash)
        return NULL;
    cursor->used += padded;
    return key;
}

static int is_in_order(const struct rask_flat *flat, const struct rask_record *last,
                       const struct rask_record *record)
{
    if (last->hash != record->hash)
        return last->hash < record->hash;
    return rask_bytes_compare(flat->heap + last->key, last->key_bytes, flat->heap + record->key,
                              record->key_bytes) < 0;
}

static rask_status check_records(const struct rask_flat *flat, struct rask_key_part *parts,
                                 struct rask_error *error)
{
    struct rask_heap_cursor cursor = {NULL, flat->heap, 0, flat->heap_bytes};
    const struct rask_record *last = NULL;
    for (uint64_t g = 0; g < flat->n_groups; g++) {
        const uint8_t *at = flat->records + g * flat->layout.stride;
        const struct rask_record *record = (const struct rask_record *)at;
        if (check_key(flat, record, parts, &cursor) == NULL)
            return malformed(error, "a group's key");
        if (last != NULL && !is_in_order(flat, last, record))
            return malformed(error, "groups out of order");
        for (uint32_t i = 0; i < flat->layout.n_slots; i++) {
            const struct rask_slot *slot = &flat->layout.slots[i];
            if (!rask_slot_ops(slot->kind, slot->type)->check(at + slot->offset, &cursor))
                return malformed(error, "a group's state");
        }
        last = record;
    }
    return cursor.used == flat->heap_bytes ? RASK_OK
                                           : malformed(error, "bytes after the last group");
}

/* Cuts the bytes behind the header into parts. */
static rask_status read_parts(const struct rask_flat_header *header, const uint8_t *at,
                              uint64_t left, struct rask_flat *flat, struct rask_error *error)
{
    if (header->n_keys > RASK_GROUPBY_MAX_COLUMNS || header->n_slots > 3 * RASK_GROUPBY_MAX_COLUMNS)
        return malformed(error, "too many keys or components");
    const uint8_t *keys = take(&at, &left, header->n_keys, sizeof(struct rask_flat_key));
    const uint8_t *slots =
        keys == NULL ? NULL : take(&at, &left, header->n_slots, sizeof(struct rask_slot));
    if (slots == NULL)
        return malformed(error, "too short for its layout");
    rask_status status = read_layout(header, keys, slots, &flat->layout, error);
    if (status != RASK_OK)
        return status;
    flat->n_ranges = header->n_ranges;
    flat->ranges =
        (const struct rask_flat_range *)take(&at, &left, flat->n_ranges, sizeof *flat->ranges);
    if (flat->ranges == NULL || header->error_text_bytes > left)
        return malformed(error, "too short for its ranges");
    flat->error =
        (struct rask_flat_error){header->error_file, header->error_offset,     header->error_column,
                                 (const char *)at,   header->error_text_bytes, header->error_code};
    if (take(&at, &left, rask_round8(header->error_text_bytes), 1) == NULL)
        return malformed(error, "too short for its error");
    flat->n_groups = header->n_groups;
    flat->records = take(&at, &left, flat->n_groups, flat->layout.stride);
    if (flat->records == NULL || left != header->heap_bytes)
        return malformed(error, "its size is not that of its parts");
    if (flat->n_groups > UINT32_MAX || (flat->layout.n_keys == 0 && flat->n_groups != 1))
        return malformed(error, "impossible number of groups");
    flat->heap = at;
    flat->heap_bytes = left;
    return check_ranges(flat, error);
}

rask_status rask_flat_open(const void *bytes, size_t n_bytes, struct rask_flat *flat,
                           struct rask_error *error)
{
    const struct rask_flat_header *header = bytes;
    if ((uintptr_t)bytes % 8 != 0)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "a group table must lie at a multiple of 8 bytes");
    if (n_bytes < sizeof *header || header->magic != RASK_FLAT_MAGIC)
        return malformed(error, "no header");
    if (header->version != RASK_FLAT_VERSION)
        return rask_error_set(error, RASK_ERR_VERSION,
                              "group table of version %u, this program reads %d", header->version,
                              RASK_FLAT_VERSION);
    if (header->header_bytes != sizeof *header || header->total_bytes != n_bytes ||
        header->reserved != 0)
        return malformed(error, "its header does not fit its size");
    struct rask_flat opened = {
        .counts = {header->rows_read, header->rows_kept, header->bytes_read}};
    rask_status status =
        read_parts(header, (const uint8_t *)(header + 1), n_bytes - sizeof *header, &opened, error);
    if (status == RASK_OK) {
        struct rask_key_part *parts = rask_alloc((opened.layout.n_keys + 1) * sizeof *parts);
        status = parts == NULL ? rask_error_memory(error, sizeof *parts, "the parts of a key")
                               : check_records(&opened, parts, error);
        rask_free(parts);
    }
    if (status != RASK_OK)
        rask_layout_release(&opened.layout);
    else
        *flat = opened;
    return status;
}

void rask_flat_close(struct rask_flat *flat)
{
    rask_layout_release(&flat->layout);
    *flat = (struct rask_flat){0};
}

rask_status rask_flat_check_chain(const struct rask_flat *flat, struct rask_flat_range *gap,
                                  struct rask_error *error)
{
    for (uint64_t i = 0; i + 1 < flat->n_ranges; i++) {
        const struct rask_flat_range *left = &flat->ranges[i], *right = left + 1;
        if (left->file != right->file)
            continue;
        if (gap != NULL)
            *gap = *left;
        return rask_error_set(
            error, RASK_ERR_CHANGED,
            "file %llu: rows were read up to byte %llu, the next block begins at byte %llu",
            (unsigned long long)left->file, (unsigned long long)left->next_start,
            (unsigned long long)right->first_start);
    }
    return RASK_OK;
}
