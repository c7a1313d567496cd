/* SPDX-License-Identifier: BSD-3-Clause */
/* layout.h: what one group's record holds: a header, then one slot of state per component.
 *
 * Aggregates are made of components, and each component is kept once however many aggregates need
 * it: mean = sum + count, var and std = sum + squares + count. A component is (kind, column, its
 * type), and (kind, type) decides the slot's size and the functions on it (state.h). Records in
 * memory and records of the flat form have the same layout; a pointer there is an offset into the
 * heap here. */
#ifndef RASK_KERN_LAYOUT_H
#define RASK_KERN_LAYOUT_H

#include "kern/groupby.h"

/* X(NAME, number): the kinds of components. Numbers are part of the flat form. */
#define RASK_SLOT_LIST(X)                          \
    X(ROWS, 0) /* rows of the group */             \
    X(COUNT, 1) /* values that are not missing */  \
    X(SUM, 2) /* exact sum */                      \
    X(SQUARES, 3) /* exact sum of squares */       \
    X(MIN, 4)                                      \
    X(MAX, 5)                                      \
    X(FIRST, 6) /* value of the lowest position */ \
    X(LAST, 7)                                     \
    X(DISTINCT, 8) /* the set of values */

typedef enum rask_slot_kind {
#define RASK_SLOT_ENUM(name, number) RASK_SLOT_##name = (number),
    RASK_SLOT_LIST(RASK_SLOT_ENUM)
#undef RASK_SLOT_ENUM
} rask_slot_kind;

#define RASK_N_SLOT_KINDS 9

/* The head of a record. In memory `key` is an address, in the flat form an offset into the heap. */
struct rask_record {
    uint64_t hash;
    uint64_t key;
    uint32_t key_bytes;
    uint32_t group; /* number of the group in memory, 0 in the flat form */
};

struct rask_slot {
    uint32_t kind; /* rask_slot_kind */
    uint32_t type; /* rask_type; 0 for ROWS */
    uint32_t column; /* index into the batch's columns; RASK_GROUPBY_ALL_ROWS for ROWS */
    uint32_t offset; /* of the slot in the record, bytes, a multiple of 8 */
};

struct rask_layout {
    uint32_t *key_types; /* [n_keys] rask_type */
    uint32_t *key_columns; /* [n_keys] index into the batch's columns */
    struct rask_slot *slots;
    uint32_t n_keys, n_slots;
    uint32_t stride; /* bytes of a record, a multiple of 8 */
};

/* The layout that a plan needs. RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_layout_init(struct rask_layout *layout,
                                           const struct rask_groupby *plan,
                                           struct rask_error *error);
/* A copy. RASK_ERR_MEMORY. */
RASK_MUST_USE rask_status rask_layout_copy(struct rask_layout *layout,
                                           const struct rask_layout *from,
                                           struct rask_error *error);
void rask_layout_release(struct rask_layout *layout);

/* Whether two tables can be merged: the same keys and slots. */
int rask_layout_is_same(const struct rask_layout *a, const struct rask_layout *b);

/* The slot of that kind on that column, or NULL. */
const struct rask_slot *rask_layout_find(const struct rask_layout *layout, rask_slot_kind kind,
                                         uint32_t column);

/* Sets offsets and stride from kinds and types; 0 when a kind does not exist for a type. */
int rask_layout_place(struct rask_layout *layout);

#endif
