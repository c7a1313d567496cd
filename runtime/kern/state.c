/* SPDX-License-Identifier: BSD-3-Clause */
/* state.c: which functions serve which slot. Entry point: rask_slot_ops. */
#include "kern/state.h"

const struct rask_slot_ops *rask_slot_ops(uint32_t kind, uint32_t type)
{
    if (type >= RASK_N_TYPES)
        return NULL;
    const struct rask_slot_ops *ops = rask_number_slot_ops(kind, type);
    return ops != NULL ? ops : rask_value_slot_ops(kind, type);
}
