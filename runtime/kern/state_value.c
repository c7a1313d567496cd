/* SPDX-License-Identifier: BSD-3-Clause */
/* state_value.c: slots that keep values: first and last of everything, min and max of texts, and
 * the sets behind nunique.
 *
 * The room of a text in a slot grows by doubling and is used again, so that a text that is replaced
 * many times wastes at most as much as it holds. */
#include "kern/bytes.h"
#include "kern/state.h"

#include <string.h>

#define NOWHERE UINT64_MAX /* position.file of a slot that has seen nothing */

static inline void *slot_of(const struct rask_update *u, uint32_t i)
{
    return u->slots[i] + u->offset;
}

static inline int is_missing(const struct rask_update *u, uint32_t row)
{
    return u->column->missing != NULL && u->column->missing[row];
}

static uint64_t rank_at(const struct rask_column *column, uint32_t row)
{
    return column->type == RASK_TYPE_FLOAT64 ? rask_double_rank(column->values.doubles[row])
                                             : rask_int_rank(column->values.ints[row]);
}

/* texts in slots */

static int text_set(struct rask_text_slot *slot, const void *data, uint64_t n,
                    struct rask_pool *pool)
{
    if (n > slot->capacity || slot->capacity == 0) {
        uint64_t capacity = 16;
        while (capacity < n)
            capacity *= 2;
        capacity = capacity > UINT32_MAX ? UINT32_MAX : capacity;
        void *room = rask_pool_take(pool, capacity);
        if (room == NULL)
            return -1;
        rask_pool_give(pool, (void *)(uintptr_t)slot->data, slot->capacity);
        slot->data = (uint64_t)(uintptr_t)room;
        slot->capacity = (uint32_t)capacity;
    }
    if (n > 0)
        memcpy((void *)(uintptr_t)slot->data, data, n);
    slot->length = (uint32_t)n;
    return 0;
}

static uint64_t text_heap_bytes(const struct rask_text_slot *slot)
{
    return rask_round8(slot->length);
}

/* Appends bytes to the heap and fills up to a multiple of 8 with zeros. */
static void heap_put(struct rask_heap_cursor *cursor, const void *data, uint64_t n)
{
    if (n > 0)
        memcpy(cursor->heap + cursor->used, data, n);
    memset(cursor->heap + cursor->used + n, 0, rask_round8(n) - n);
    cursor->used += rask_round8(n);
}

static int is_zero(const uint8_t *bytes, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        if (bytes[i] != 0)
            return 0;
    return 1;
}

/* Moves over n bytes of the heap and the zeros that fill them up; 0 when they are not there. */
static int heap_skip(struct rask_heap_cursor *cursor, uint64_t n)
{
    uint64_t left = cursor->bytes - cursor->used;
    if (n > left || rask_round8(n) > left)
        return 0;
    if (!is_zero(cursor->read_heap + cursor->used + n, rask_round8(n) - n))
        return 0;
    cursor->used += rask_round8(n);
    return 1;
}

static void text_write(const struct rask_text_slot *slot, struct rask_text_slot *flat,
                       struct rask_heap_cursor *cursor)
{
    *flat = (struct rask_text_slot){0, 0, 0};
    if (slot->capacity == 0)
        return;
    *flat = (struct rask_text_slot){cursor->used, slot->length, 1};
    heap_put(cursor, (const void *)(uintptr_t)slot->data, slot->length);
}

static int text_check(const struct rask_text_slot *flat, struct rask_heap_cursor *cursor)
{
    if (flat->capacity == 0)
        return flat->data == 0 && flat->length == 0;
    return flat->capacity == 1 && flat->data == cursor->used && heap_skip(cursor, flat->length);
}

/* min and max of texts */

static void text_init(void *slot)
{
    *(struct rask_text_slot *)slot = (struct rask_text_slot){0, 0, 0};
}

static int text_offer(struct rask_text_slot *slot, const void *data, uint64_t n, int is_max,
                      struct rask_pool *pool)
{
    if (slot->capacity != 0) {
        int order = rask_bytes_compare(data, n, (const void *)(uintptr_t)slot->data, slot->length);
        if (is_max ? order <= 0 : order >= 0)
            return 0;
    }
    return text_set(slot, data, n, pool);
}

static int text_extreme_update(const struct rask_update *u, int is_max)
{
    int outcome = 0;
    for (uint32_t i = 0; i < u->n; i++) {
        uint32_t row = u->rows[i];
        struct rask_slice text = u->column->values.texts[row];
        if (!is_missing(u, row))
            outcome |= text_offer(slot_of(u, i), text.data, text.length, is_max, u->pool);
    }
    return outcome;
}

static int text_min_update(const struct rask_update *u)
{
    return text_extreme_update(u, 0);
}

static int text_max_update(const struct rask_update *u)
{
    return text_extreme_update(u, 1);
}

static int text_min_merge(const struct rask_slot_ref *ref, const void *flat_slot,
                          const uint8_t *heap)
{
    const struct rask_text_slot *from = flat_slot;
    return from->capacity == 0
               ? 0
               : text_offer(ref->slot, heap + from->data, from->length, 0, ref->pool);
}

static int text_max_merge(const struct rask_slot_ref *ref, const void *flat_slot,
                          const uint8_t *heap)
{
    const struct rask_text_slot *from = flat_slot;
    return from->capacity == 0
               ? 0
               : text_offer(ref->slot, heap + from->data, from->length, 1, ref->pool);
}

static uint64_t text_extreme_heap_bytes(const struct rask_slot_ref *ref)
{
    return text_heap_bytes(ref->slot);
}

static void text_extreme_write(const struct rask_slot_ref *ref, void *flat_slot,
                               struct rask_heap_cursor *cursor)
{
    text_write(ref->slot, flat_slot, cursor);
}

static int text_extreme_check(const void *flat_slot, struct rask_heap_cursor *cursor)
{
    return text_check(flat_slot, cursor);
}

/* first and last */

static int is_nearer(const struct rask_position *a, const struct rask_position *b, int is_last)
{
    if (b->file == NOWHERE)
        return 1;
    int is_below = a->file != b->file ? a->file < b->file : a->offset < b->offset;
    int is_same = a->file == b->file && a->offset == b->offset;
    return is_last ? !is_below && !is_same : is_below;
}

static struct rask_position position_of(const struct rask_update *u, uint32_t row)
{
    return (struct rask_position){u->batch->file, u->batch->offsets[row]};
}

static int is_position_in_order(const struct rask_position *position)
{
    return position->file <= UINT32_MAX ||
           (position->file == NOWHERE && position->offset == NOWHERE);
}

static void place_init(void *slot)
{
    *(struct rask_place_slot *)slot = (struct rask_place_slot){{NOWHERE, NOWHERE}, 0};
}

static int place_update(const struct rask_update *u, int is_last)
{
    for (uint32_t i = 0; i < u->n; i++) {
        uint32_t row = u->rows[i];
        struct rask_place_slot *slot = slot_of(u, i);
        struct rask_position position = position_of(u, row);
        if (!is_missing(u, row) && is_nearer(&position, &slot->position, is_last))
            *slot = (struct rask_place_slot){position, rank_at(u->column, row)};
    }
    return 0;
}

static int first_update(const struct rask_update *u)
{
    return place_update(u, 0);
}

static int last_update(const struct rask_update *u)
{
    return place_update(u, 1);
}

static int place_merge(const struct rask_slot_ref *ref, const struct rask_place_slot *from,
                       int is_last)
{
    struct rask_place_slot *slot = ref->slot;
    if (from->position.file != NOWHERE && is_nearer(&from->position, &slot->position, is_last))
        *slot = *from;
    return 0;
}

static int first_merge(const struct rask_slot_ref *ref, const void *flat_slot, const uint8_t *heap)
{
    (void)heap;
    return place_merge(ref, flat_slot, 0);
}

static int last_merge(const struct rask_slot_ref *ref, const void *flat_slot, const uint8_t *heap)
{
    (void)heap;
    return place_merge(ref, flat_slot, 1);
}

static int place_check(const void *flat_slot, struct rask_heap_cursor *cursor)
{
    (void)cursor;
    const struct rask_place_slot *slot = flat_slot;
    return is_position_in_order(&slot->position) &&
           (slot->position.file != NOWHERE || slot->rank == 0);
}

static void place_text_init(void *slot)
{
    *(struct rask_place_text_slot *)slot =
        (struct rask_place_text_slot){{NOWHERE, NOWHERE}, {0, 0, 0}};
}

static int place_text_offer(struct rask_place_text_slot *slot, const struct rask_position *position,
                            struct rask_slice text, int is_last, struct rask_pool *pool)
{
    if (!is_nearer(position, &slot->position, is_last))
        return 0;
    slot->position = *position;
    return text_set(&slot->text, text.data, text.length, pool);
}

static int place_text_update(const struct rask_update *u, int is_last)
{
    int outcome = 0;
    for (uint32_t i = 0; i < u->n; i++) {
        uint32_t row = u->rows[i];
        struct rask_position position = position_of(u, row);
        if (!is_missing(u, row))
            outcome |= place_text_offer(slot_of(u, i), &position, u->column->values.texts[row],
                                        is_last, u->pool);
    }
    return outcome;
}

static int first_text_update(const struct rask_update *u)
{
    return place_text_update(u, 0);
}

static int last_text_update(const struct rask_update *u)
{
    return place_text_update(u, 1);
}

static int place_text_merge(const struct rask_slot_ref *ref,
                            const struct rask_place_text_slot *from, const uint8_t *heap,
                            int is_last)
{
    struct rask_slice text = {(const char *)heap + from->text.data, from->text.length};
    return from->position.file == NOWHERE
               ? 0
               : place_text_offer(ref->slot, &from->position, text, is_last, ref->pool);
}

static int first_text_merge(const struct rask_slot_ref *ref, const void *flat_slot,
                            const uint8_t *heap)
{
    return place_text_merge(ref, flat_slot, heap, 0);
}

static int last_text_merge(const struct rask_slot_ref *ref, const void *flat_slot,
                           const uint8_t *heap)
{
    return place_text_merge(ref, flat_slot, heap, 1);
}

static uint64_t place_text_heap_bytes(const struct rask_slot_ref *ref)
{
    return text_heap_bytes(&((struct rask_place_text_slot *)ref->slot)->text);
}

static void place_text_write(const struct rask_slot_ref *ref, void *flat_slot,
                             struct rask_heap_cursor *cursor)
{
    const struct rask_place_text_slot *slot = ref->slot;
    text_write(&slot->text, &((struct rask_place_text_slot *)flat_slot)->text, cursor);
}

static int place_text_check(const void *flat_slot, struct rask_heap_cursor *cursor)
{
    const struct rask_place_text_slot *slot = flat_slot;
    int is_seen = slot->position.file != NOWHERE;
    return is_position_in_order(&slot->position) && slot->text.capacity == (uint32_t)is_seen &&
           text_check(&slot->text, cursor);
}

/* distinct values: in the heap, ranks ascending; or texts ascending, each a length and its bytes */

static void distinct_init(void *slot)
{
    *(struct rask_distinct_slot *)slot = (struct rask_distinct_slot){0, 0};
}

static int rank_insert(const struct rask_slot_ref *ref, uint64_t rank)
{
    struct rask_distinct_slot *slot = ref->slot;
    int outcome = rask_distinct_add_rank(ref->set, ref->group, rank);
    if (outcome <= 0)
        return outcome;
    slot->n++;
    slot->bytes += sizeof rank;
    return 0;
}

static int text_insert(const struct rask_slot_ref *ref, struct rask_slice text)
{
    struct rask_distinct_slot *slot = ref->slot;
    int outcome = rask_distinct_add_text(ref->set, ref->group, text, ref->pool);
    if (outcome <= 0)
        return outcome;
    slot->n++;
    slot->bytes += sizeof(uint32_t) + text.length;
    return 0;
}

static int distinct_update(const struct rask_update *u)
{
    int outcome = 0, is_text = u->column->type == RASK_TYPE_TEXT;
    for (uint32_t i = 0; i < u->n && outcome == 0; i++) {
        uint32_t row = u->rows[i];
        const struct rask_record *record = (const struct rask_record *)u->slots[i];
        struct rask_slot_ref ref = {slot_of(u, i), record->group, u->pool, u->set};
        if (is_missing(u, row))
            continue;
        outcome = is_text ? text_insert(&ref, u->column->values.texts[row])
                          : rank_insert(&ref, rank_at(u->column, row));
    }
    return outcome;
}

static int ranks_merge(const struct rask_slot_ref *ref, const void *flat_slot, const uint8_t *heap)
{
    const struct rask_distinct_slot *from = flat_slot;
    int outcome = 0;
    for (uint64_t i = 0; i < from->n && outcome == 0; i++)
        outcome = rank_insert(ref, rask_load8(heap + from->bytes + 8 * i));
    return outcome;
}

static int texts_merge(const struct rask_slot_ref *ref, const void *flat_slot, const uint8_t *heap)
{
    const struct rask_distinct_slot *from = flat_slot;
    const uint8_t *at = heap + from->bytes;
    int outcome = 0;
    for (uint64_t i = 0; i < from->n && outcome == 0; i++) {
        struct rask_slice text = {(const char *)at + sizeof(uint32_t), rask_load4(at)};
        outcome = text_insert(ref, text);
        at += sizeof(uint32_t) + text.length;
    }
    return outcome;
}

static uint64_t distinct_heap_bytes(const struct rask_slot_ref *ref)
{
    return rask_round8(((struct rask_distinct_slot *)ref->slot)->bytes);
}

static void distinct_write(const struct rask_slot_ref *ref, void *flat_slot,
                           struct rask_heap_cursor *cursor)
{
    const struct rask_distinct_slot *slot = ref->slot;
    struct rask_distinct_slot *flat = flat_slot;
    uint64_t start = cursor->used, first = slot->n == 0 ? 0 : ref->set->starts[ref->group];
    *flat = (struct rask_distinct_slot){slot->n, slot->n == 0 ? 0 : start};
    for (uint64_t i = 0; i < slot->n; i++) {
        const struct rask_distinct_entry *entry = rask_distinct_at(ref->set, first + i);
        uint8_t *at = cursor->heap + cursor->used;
        if (!ref->set->is_text) {
            memcpy(at, &entry->value, sizeof entry->value);
            cursor->used += sizeof entry->value;
            continue;
        }
        memcpy(at, &entry->length, sizeof entry->length);
        if (entry->length > 0)
            memcpy(at + sizeof entry->length, (const void *)(uintptr_t)entry->value, entry->length);
        cursor->used += sizeof entry->length + entry->length;
    }
    uint64_t n = cursor->used - start;
    memset(cursor->heap + cursor->used, 0, rask_round8(n) - n);
    cursor->used = start + rask_round8(n);
}

static int ranks_check(const void *flat_slot, struct rask_heap_cursor *cursor)
{
    const struct rask_distinct_slot *slot = flat_slot;
    if (slot->n == 0)
        return slot->bytes == 0;
    if (slot->bytes != cursor->used || slot->n > (cursor->bytes - cursor->used) / 8)
        return 0;
    const uint8_t *at = cursor->read_heap + cursor->used;
    for (uint64_t i = 1; i < slot->n; i++)
        if (rask_load8(at + 8 * i - 8) >= rask_load8(at + 8 * i))
            return 0;
    cursor->used += 8 * slot->n;
    return 1;
}

static int texts_check(const void *flat_slot, struct rask_heap_cursor *cursor)
{
    const struct rask_distinct_slot *slot = flat_slot;
    if (slot->n == 0)
        return slot->bytes == 0;
    if (slot->bytes != cursor->used)
        return 0;
    uint64_t at = cursor->used, last = 0;
    for (uint64_t i = 0; i < slot->n; i++) {
        const uint8_t *heap = cursor->read_heap;
        if (cursor->bytes - at < sizeof(uint32_t))
            return 0;
        uint32_t length = rask_load4(heap + at);
        if (cursor->bytes - at - sizeof(uint32_t) < length)
            return 0;
        if (i > 0 && rask_bytes_compare(heap + last + 4, rask_load4(heap + last), heap + at + 4,
                                        length) >= 0)
            return 0;
        last = at;
        at += sizeof(uint32_t) + length;
    }
    return heap_skip(cursor, at - cursor->used);
}

static const struct rask_slot_ops text_min_ops = {
    sizeof(struct rask_text_slot), text_init,          text_min_update,   text_min_merge,
    text_extreme_heap_bytes,       text_extreme_write, text_extreme_check};
static const struct rask_slot_ops text_max_ops = {
    sizeof(struct rask_text_slot), text_init,          text_max_update,   text_max_merge,
    text_extreme_heap_bytes,       text_extreme_write, text_extreme_check};
static const struct rask_slot_ops first_ops = {
    sizeof(struct rask_place_slot), place_init, first_update, first_merge, NULL, NULL, place_check};
static const struct rask_slot_ops last_ops = {
    sizeof(struct rask_place_slot), place_init, last_update, last_merge, NULL, NULL, place_check};
static const struct rask_slot_ops first_text_ops = {sizeof(struct rask_place_text_slot),
                                                    place_text_init,
                                                    first_text_update,
                                                    first_text_merge,
                                                    place_text_heap_bytes,
                                                    place_text_write,
                                                    place_text_check};
static const struct rask_slot_ops last_text_ops = {sizeof(struct rask_place_text_slot),
                                                   place_text_init,
                                                   last_text_update,
                                                   last_text_merge,
                                                   place_text_heap_bytes,
                                                   place_text_write,
                                                   place_text_check};
static const struct rask_slot_ops ranks_ops = {sizeof(struct rask_distinct_slot),
                                               distinct_init,
                                               distinct_update,
                                               ranks_merge,
                                               distinct_heap_bytes,
                                               distinct_write,
                                               ranks_check};
static const struct rask_slot_ops texts_ops = {sizeof(struct rask_distinct_slot),
                                               distinct_init,
                                               distinct_update,
                                               texts_merge,
                                               distinct_heap_bytes,
                                               distinct_write,
                                               texts_check};

const struct rask_slot_ops *rask_value_slot_ops(uint32_t kind, uint32_t type)
{
    int is_text = type == RASK_TYPE_TEXT;
    switch (kind) {
    case RASK_SLOT_MIN:
        return is_text ? &text_min_ops : NULL;
    case RASK_SLOT_MAX:
        return is_text ? &text_max_ops : NULL;
    case RASK_SLOT_FIRST:
        return is_text ? &first_text_ops : &first_ops;
    case RASK_SLOT_LAST:
        return is_text ? &last_text_ops : &last_ops;
    case RASK_SLOT_DISTINCT:
        return is_text ? &texts_ops : &ranks_ops;
    default:
        return NULL;
    }
}
