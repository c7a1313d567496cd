/* SPDX-License-Identifier: BSD-3-Clause */
/* state_number.c: slots that are plain numbers or exact sums: rows, count, sum, squares, and min
 * and max of everything but texts. */
#include "kern/bytes.h"
#include "kern/state.h"

#include <string.h>

static inline void *slot_of(const struct rask_update *u, uint32_t i)
{
    return u->slots[i] + u->offset;
}

static void zero_words(void *slot, uint32_t n)
{
    memset(slot, 0, n * sizeof(uint64_t));
}

static int any_bytes_are_fine(const void *flat_slot, struct rask_heap_cursor *cursor)
{
    (void)flat_slot;
    (void)cursor;
    return 1;
}

/* rows, count */

static void count_init(void *slot)
{
    zero_words(slot, 1);
}

static int rows_update(const struct rask_update *u)
{
    for (uint32_t i = 0; i < u->n; i++)
        ((struct rask_count_slot *)slot_of(u, i))->n++;
    return 0;
}

static int count_update(const struct rask_update *u)
{
    const uint8_t *missing = u->column->missing;
    if (missing == NULL)
        return rows_update(u);
    for (uint32_t i = 0; i < u->n; i++)
        ((struct rask_count_slot *)slot_of(u, i))->n += missing[u->rows[i]] == 0;
    return 0;
}

static int count_merge(const struct rask_slot_ref *ref, const void *flat_slot, const uint8_t *heap)
{
    (void)heap;
    ((struct rask_count_slot *)ref->slot)->n += ((const struct rask_count_slot *)flat_slot)->n;
    return 0;
}

/* sums of whole numbers */

static void int_sum_init(void *slot)
{
    zero_words(slot, 2);
}

/* Inlined with a constant, so that each of the two loops has its own addition. */
static inline int int_update(const struct rask_update *u,
                             void (*add)(uint64_t *limb, int64_t value))
{
    const int64_t *values = u->column->values.ints;
    const uint8_t *missing = u->column->missing;
    for (uint32_t i = 0; i < u->n; i++) {
        uint32_t row = u->rows[i];
        if (missing == NULL || !missing[row])
            add(slot_of(u, i), values[row]);
    }
    return 0;
}

static int int_sum_update(const struct rask_update *u)
{
    return int_update(u, rask_int_sum_add);
}

static int int_sum_merge(const struct rask_slot_ref *ref, const void *flat_slot,
                         const uint8_t *heap)
{
    (void)heap;
    uint64_t *limb = ((struct rask_int_sum_slot *)ref->slot)->limb;
    const uint64_t *from = ((const struct rask_int_sum_slot *)flat_slot)->limb;
    uint64_t carry = __builtin_add_overflow(limb[0], from[0], &limb[0]);
    limb[1] += from[1] + carry;
    return 0;
}

static void int_squares_init(void *slot)
{
    zero_words(slot, 3);
}

static int int_squares_update(const struct rask_update *u)
{
    return int_update(u, rask_int_squares_add);
}

static int int_squares_merge(const struct rask_slot_ref *ref, const void *flat_slot,
                             const uint8_t *heap)
{
    (void)heap;
    uint64_t *limb = ((struct rask_int_squares_slot *)ref->slot)->limb;
    const uint64_t *from = ((const struct rask_int_squares_slot *)flat_slot)->limb;
    uint64_t carry = 0;
    for (int i = 0; i < 3; i++) {
        rask_u128 t = (rask_u128)limb[i] + from[i] + carry;
        limb[i] = (uint64_t)t;
        carry = (uint64_t)(t >> 64);
    }
    return 0;
}

/* exact sums of float64 */

static void sum_init(void *slot)
{
    rask_sum_init(slot);
}

static int sum_update(const struct rask_update *u)
{
    const double *values = u->column->values.doubles;
    const uint8_t *missing = u->column->missing;
    int outcome = 0;
    for (uint32_t i = 0; i < u->n; i++) {
        uint32_t row = u->rows[i];
        if (missing == NULL || !missing[row])
            outcome |= rask_sum_add(slot_of(u, i), values[row], u->pool);
    }
    return outcome;
}

static void squares_init(void *slot)
{
    rask_squares_init(slot);
}

static int squares_update(const struct rask_update *u)
{
    const double *values = u->column->values.doubles;
    const uint8_t *missing = u->column->missing;
    int outcome = 0;
    for (uint32_t i = 0; i < u->n; i++) {
        uint32_t row = u->rows[i];
        if (missing == NULL || !missing[row])
            outcome |= rask_squares_add(slot_of(u, i), values[row], u->pool);
    }
    return outcome;
}

/* Both shapes begin with the same two fields and limb[0]. */
static uint32_t flags_of(const void *window)
{
    return ((const struct rask_sum *)window)->flags;
}

static const void *flat_wide(const void *flat_slot, const uint8_t *heap)
{
    return flags_of(flat_slot) & RASK_EXACT_IS_WIDE
               ? heap + rask_load8((const uint8_t *)flat_slot + offsetof(struct rask_sum, limb))
               : NULL;
}

static int sum_merge(const struct rask_slot_ref *ref, const void *flat_slot, const uint8_t *heap)
{
    return rask_exact_merge(&rask_sum_shape, ref->slot, flat_slot, flat_wide(flat_slot, heap),
                            ref->pool);
}

static int squares_merge(const struct rask_slot_ref *ref, const void *flat_slot,
                         const uint8_t *heap)
{
    return rask_exact_merge(&rask_squares_shape, ref->slot, flat_slot, flat_wide(flat_slot, heap),
                            ref->pool);
}

static uint64_t settled_bytes(const struct rask_exact_shape *shape, const struct rask_slot_ref *ref)
{
    rask_exact_settle(shape, ref->slot, ref->pool);
    return flags_of(ref->slot) & RASK_EXACT_IS_WIDE ? shape->wide_limbs * sizeof(uint64_t) : 0;
}

static uint64_t sum_heap_bytes(const struct rask_slot_ref *ref)
{
    return settled_bytes(&rask_sum_shape, ref);
}

static uint64_t squares_heap_bytes(const struct rask_slot_ref *ref)
{
    return settled_bytes(&rask_squares_shape, ref);
}

/* The flat slot is already a copy of the slot. */
static void write_wide(const struct rask_exact_shape *shape, const struct rask_slot_ref *ref,
                       void *flat_slot, struct rask_heap_cursor *cursor)
{
    if (!(flags_of(ref->slot) & RASK_EXACT_IS_WIDE))
        return;
    const struct rask_sum *window = ref->slot;
    uint64_t bytes = shape->wide_limbs * sizeof(uint64_t);
    memcpy(cursor->heap + cursor->used, (const void *)(uintptr_t)window->limb[0], bytes);
    memcpy((uint8_t *)flat_slot + offsetof(struct rask_sum, limb), &cursor->used,
           sizeof cursor->used);
    cursor->used += bytes;
}

static void sum_write(const struct rask_slot_ref *ref, void *flat_slot,
                      struct rask_heap_cursor *cursor)
{
    write_wide(&rask_sum_shape, ref, flat_slot, cursor);
}

static void squares_write(const struct rask_slot_ref *ref, void *flat_slot,
                          struct rask_heap_cursor *cursor)
{
    write_wide(&rask_squares_shape, ref, flat_slot, cursor);
}

static int check_window(const struct rask_exact_shape *shape, const void *flat_slot,
                        struct rask_heap_cursor *cursor)
{
    const uint8_t *limbs = (const uint8_t *)flat_slot + offsetof(struct rask_sum, limb);
    const void *wide = NULL;
    if (flags_of(flat_slot) & RASK_EXACT_IS_WIDE) {
        uint64_t bytes = shape->wide_limbs * sizeof(uint64_t);
        if (rask_load8(limbs) != cursor->used || cursor->bytes - cursor->used < bytes)
            return 0;
        for (uint32_t i = 1; i < shape->limbs; i++)
            if (rask_load8(limbs + 8 * i) != 0)
                return 0;
        wide = cursor->read_heap + cursor->used;
        cursor->used += bytes;
    }
    return rask_exact_is_settled(shape, flat_slot, wide);
}

static int sum_check(const void *flat_slot, struct rask_heap_cursor *cursor)
{
    return check_window(&rask_sum_shape, flat_slot, cursor);
}

static int squares_check(const void *flat_slot, struct rask_heap_cursor *cursor)
{
    return check_window(&rask_squares_shape, flat_slot, cursor);
}

/* min and max by rank */

static void min_init(void *slot)
{
    *(struct rask_extreme_slot *)slot = (struct rask_extreme_slot){UINT64_MAX, 0};
}

static void max_init(void *slot)
{
    *(struct rask_extreme_slot *)slot = (struct rask_extreme_slot){0, 0};
}

static inline uint64_t rank_at(const struct rask_column *column, uint32_t row, int is_max)
{
    if (column->type != RASK_TYPE_FLOAT64)
        return rask_int_rank(column->values.ints[row]);
    double value = column->values.doubles[row];
    return is_max && value != value ? 0 : rask_double_rank(value);
}

/* Inlined with constants, so that each of the four loops has no test but for missing. */
static inline int extreme_update(const struct rask_update *u, int is_max)
{
    const struct rask_column column = *u->column;
    for (uint32_t i = 0; i < u->n; i++) {
        uint32_t row = u->rows[i];
        if (column.missing != NULL && column.missing[row])
            continue;
        struct rask_extreme_slot *slot = slot_of(u, i);
        uint64_t rank = rank_at(&column, row, is_max);
        int is_better = is_max ? rank > slot->rank : rank < slot->rank;
        slot->rank = is_better ? rank : slot->rank;
        slot->is_seen = 1;
    }
    return 0;
}

static int min_update(const struct rask_update *u)
{
    return extreme_update(u, 0);
}

static int max_update(const struct rask_update *u)
{
    return extreme_update(u, 1);
}

static int min_merge(const struct rask_slot_ref *ref, const void *flat_slot, const uint8_t *heap)
{
    (void)heap;
    struct rask_extreme_slot *slot = ref->slot;
    const struct rask_extreme_slot *from = flat_slot;
    slot->rank = from->rank < slot->rank ? from->rank : slot->rank;
    slot->is_seen |= from->is_seen;
    return 0;
}

static int max_merge(const struct rask_slot_ref *ref, const void *flat_slot, const uint8_t *heap)
{
    (void)heap;
    struct rask_extreme_slot *slot = ref->slot;
    const struct rask_extreme_slot *from = flat_slot;
    slot->rank = from->rank > slot->rank ? from->rank : slot->rank;
    slot->is_seen |= from->is_seen;
    return 0;
}

static int extreme_check(const struct rask_extreme_slot *slot, uint64_t unseen_rank)
{
    return slot->is_seen == 1 || (slot->is_seen == 0 && slot->rank == unseen_rank);
}

static int min_check(const void *flat_slot, struct rask_heap_cursor *cursor)
{
    (void)cursor;
    return extreme_check(flat_slot, UINT64_MAX);
}

static int max_check(const void *flat_slot, struct rask_heap_cursor *cursor)
{
    (void)cursor;
    return extreme_check(flat_slot, 0);
}

static const struct rask_slot_ops rows_ops = {sizeof(struct rask_count_slot),
                                              count_init,
                                              rows_update,
                                              count_merge,
                                              NULL,
                                              NULL,
                                              any_bytes_are_fine};
static const struct rask_slot_ops count_ops = {sizeof(struct rask_count_slot),
                                               count_init,
                                               count_update,
                                               count_merge,
                                               NULL,
                                               NULL,
                                               any_bytes_are_fine};
static const struct rask_slot_ops int_sum_ops = {sizeof(struct rask_int_sum_slot),
                                                 int_sum_init,
                                                 int_sum_update,
                                                 int_sum_merge,
                                                 NULL,
                                                 NULL,
                                                 any_bytes_are_fine};
static const struct rask_slot_ops int_squares_ops = {sizeof(struct rask_int_squares_slot),
                                                     int_squares_init,
                                                     int_squares_update,
                                                     int_squares_merge,
                                                     NULL,
                                                     NULL,
                                                     any_bytes_are_fine};
static const struct rask_slot_ops sum_ops = {
    sizeof(struct rask_sum), sum_init, sum_update, sum_merge, sum_heap_bytes, sum_write, sum_check};
static const struct rask_slot_ops squares_ops = {
    sizeof(struct rask_squares), squares_init,  squares_update, squares_merge,
    squares_heap_bytes,          squares_write, squares_check};
static const struct rask_slot_ops min_ops = {
    sizeof(struct rask_extreme_slot), min_init, min_update, min_merge, NULL, NULL, min_check};
static const struct rask_slot_ops max_ops = {
    sizeof(struct rask_extreme_slot), max_init, max_update, max_merge, NULL, NULL, max_check};

const struct rask_slot_ops *rask_number_slot_ops(uint32_t kind, uint32_t type)
{
    int is_float = type == RASK_TYPE_FLOAT64;
    switch (kind) {
    case RASK_SLOT_ROWS:
        return &rows_ops;
    case RASK_SLOT_COUNT:
        return &count_ops;
    case RASK_SLOT_SUM:
        return !rask_type_is_number(type) ? NULL : is_float ? &sum_ops : &int_sum_ops;
    case RASK_SLOT_SQUARES:
        return !rask_type_is_number(type) ? NULL : is_float ? &squares_ops : &int_squares_ops;
    case RASK_SLOT_MIN:
        return type == RASK_TYPE_TEXT ? NULL : &min_ops;
    case RASK_SLOT_MAX:
        return type == RASK_TYPE_TEXT ? NULL : &max_ops;
    default:
        return NULL;
    }
}
