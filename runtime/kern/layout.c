/* SPDX-License-Identifier: BSD-3-Clause */
/* layout.c: from a plan to the slots of a record. */
#include "kern/layout.h"

#include "base/alloc.h"
#include "base/error.h"
#include "kern/state.h"

#include <string.h>

/* The components that each aggregate is made of; ends with RASK_N_SLOT_KINDS. */
static const uint8_t components[RASK_N_AGGREGATES][4] = {
    [RASK_AGGREGATE_COUNT] = {RASK_SLOT_COUNT, RASK_N_SLOT_KINDS},
    [RASK_AGGREGATE_SUM] = {RASK_SLOT_SUM, RASK_N_SLOT_KINDS},
    [RASK_AGGREGATE_MEAN] = {RASK_SLOT_SUM, RASK_SLOT_COUNT, RASK_N_SLOT_KINDS},
    [RASK_AGGREGATE_MIN] = {RASK_SLOT_MIN, RASK_N_SLOT_KINDS},
    [RASK_AGGREGATE_MAX] = {RASK_SLOT_MAX, RASK_N_SLOT_KINDS},
    [RASK_AGGREGATE_VAR] = {RASK_SLOT_SUM, RASK_SLOT_SQUARES, RASK_SLOT_COUNT, RASK_N_SLOT_KINDS},
    [RASK_AGGREGATE_STD] = {RASK_SLOT_SUM, RASK_SLOT_SQUARES, RASK_SLOT_COUNT, RASK_N_SLOT_KINDS},
    [RASK_AGGREGATE_FIRST] = {RASK_SLOT_FIRST, RASK_N_SLOT_KINDS},
    [RASK_AGGREGATE_LAST] = {RASK_SLOT_LAST, RASK_N_SLOT_KINDS},
    [RASK_AGGREGATE_NUNIQUE] = {RASK_SLOT_DISTINCT, RASK_N_SLOT_KINDS},
};

static rask_status make_room(struct rask_layout *layout, uint32_t n_keys, uint32_t n_slots,
                             struct rask_error *error)
{
    *layout = (struct rask_layout){0};
    layout->key_types = rask_alloc_zeroed(n_keys, sizeof *layout->key_types);
    layout->key_columns = rask_alloc_zeroed(n_keys, sizeof *layout->key_columns);
    layout->slots = rask_alloc_zeroed(n_slots, sizeof *layout->slots);
    if (layout->key_types != NULL && layout->key_columns != NULL && layout->slots != NULL)
        return RASK_OK;
    rask_layout_release(layout);
    return rask_error_memory(error, (uint64_t)n_slots * sizeof *layout->slots,
                             "the layout of a table");
}

static void add_slot(struct rask_layout *layout, rask_slot_kind kind, uint32_t type,
                     uint32_t column)
{
    if (rask_layout_find(layout, kind, column) != NULL)
        return;
    layout->slots[layout->n_slots++] = (struct rask_slot){kind, type, column, 0};
}

rask_status rask_layout_init(struct rask_layout *layout, const struct rask_groupby *plan,
                             struct rask_error *error)
{
    rask_status status = make_room(layout, plan->n_keys, 3 * plan->n_aggregates + 1, error);
    if (status != RASK_OK)
        return status;
    layout->n_keys = plan->n_keys;
    for (uint32_t i = 0; i < plan->n_keys; i++) {
        layout->key_columns[i] = plan->keys[i];
        layout->key_types[i] = plan->columns[plan->keys[i]].type;
    }
    for (uint32_t i = 0; i < plan->n_aggregates; i++) {
        const struct rask_groupby_aggregate *aggregate = &plan->aggregates[i];
        if (aggregate->column == RASK_GROUPBY_ALL_ROWS) {
            add_slot(layout, RASK_SLOT_ROWS, 0, RASK_GROUPBY_ALL_ROWS);
            continue;
        }
        uint32_t type = plan->columns[aggregate->column].type;
        for (const uint8_t *kind = components[aggregate->fn]; *kind != RASK_N_SLOT_KINDS; kind++)
            add_slot(layout, (rask_slot_kind)*kind, type, aggregate->column);
    }
    if (rask_layout_place(layout))
        return RASK_OK;
    rask_layout_release(layout);
    return rask_error_set(error, RASK_ERR_TYPE,
                          "an aggregate does not exist for its column's type");
}

rask_status rask_layout_copy(struct rask_layout *layout, const struct rask_layout *from,
                             struct rask_error *error)
{
    rask_status status = make_room(layout, from->n_keys, from->n_slots, error);
    if (status != RASK_OK)
        return status;
    layout->n_keys = from->n_keys;
    layout->n_slots = from->n_slots;
    layout->stride = from->stride;
    if (from->n_keys > 0) {
        memcpy(layout->key_types, from->key_types, from->n_keys * sizeof *from->key_types);
        memcpy(layout->key_columns, from->key_columns, from->n_keys * sizeof *from->key_columns);
    }
    if (from->n_slots > 0)
        memcpy(layout->slots, from->slots, from->n_slots * sizeof *from->slots);
    return RASK_OK;
}

void rask_layout_release(struct rask_layout *layout)
{
    rask_free(layout->key_types);
    rask_free(layout->key_columns);
    rask_free(layout->slots);
    *layout = (struct rask_layout){0};
}

int rask_layout_is_same(const struct rask_layout *a, const struct rask_layout *b)
{
    if (a->n_keys != b->n_keys || a->n_slots != b->n_slots || a->stride != b->stride)
        return 0;
    for (uint32_t i = 0; i < a->n_keys; i++)
        if (a->key_types[i] != b->key_types[i] || a->key_columns[i] != b->key_columns[i])
            return 0;
    for (uint32_t i = 0; i < a->n_slots; i++) {
        const struct rask_slot *x = &a->slots[i], *y = &b->slots[i];
        if (x->kind != y->kind || x->type != y->type || x->column != y->column ||
            x->offset != y->offset)
            return 0;
    }
    return 1;
}

const struct rask_slot *rask_layout_find(const struct rask_layout *layout, rask_slot_kind kind,
                                         uint32_t column)
{
    for (uint32_t i = 0; i < layout->n_slots; i++)
        if (layout->slots[i].kind == kind && layout->slots[i].column == column)
            return &layout->slots[i];
    return NULL;
}

int rask_layout_place(struct rask_layout *layout)
{
    uint32_t at = sizeof(struct rask_record);
    for (uint32_t i = 0; i < layout->n_slots; i++) {
        const struct rask_slot_ops *ops =
            rask_slot_ops(layout->slots[i].kind, layout->slots[i].type);
        if (ops == NULL)
            return 0;
        layout->slots[i].offset = at;
        at += ops->bytes;
    }
    layout->stride = at;
    return 1;
}
