/* SPDX-License-Identifier: BSD-3-Clause */
/* call.h: the inputs of a call as bytes: what SUBMIT and RUN carry in `call`.
 *
 *     +-----------+-------------------------------+--------------------------------+
 *     | u32 count | u32 per input: bytes of value | values, each padded to 8 bytes |
 *     +-----------+-------------------------------+--------------------------------+
 *                   or RASK_CALL_RESULT             (table padded to 8)
 *
 * The k-th RASK_CALL_RESULT is the k-th dependency of the task. Nobody but client and worker looks
 * inside. */
#ifndef RASK_WIRE_CALL_H
#define RASK_WIRE_CALL_H

#include "wire/wire.h"

#define RASK_CALL_RESULT UINT32_MAX

/* Inputs of a call: as many as its table has room for. */
#define RASK_CALL_INPUTS_MOST (RASK_LIMIT_CALL_BYTES / 4 - 1)

static inline size_t rask_call_table_bytes(uint32_t n_inputs)
{
    return rask_wire_pad(((size_t)n_inputs + 1) * sizeof(uint32_t));
}

static inline uint32_t rask_call_count(const uint8_t *call, size_t size)
{
    uint32_t n = 0;
    if (size >= sizeof n)
        memcpy(&n, call, sizeof n);
    return n;
}

static inline uint32_t rask_call_input(const uint8_t *call, uint32_t index)
{
    uint32_t entry;
    memcpy(&entry, call + ((size_t)index + 1) * sizeof entry, sizeof entry);
    return entry;
}

/* Whether table and values fit `size` exactly; *n_results is how many inputs are results. */
static inline int rask_call_is_valid(const uint8_t *call, size_t size, uint32_t *n_results)
{
    uint32_t n = rask_call_count(call, size);
    *n_results = 0;
    if (size == 0)
        return 1;
    if (size < sizeof n || n > RASK_LIMIT_INPUTS || rask_call_table_bytes(n) > size)
        return 0;
    size_t need = rask_call_table_bytes(n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t entry = rask_call_input(call, i);
        if (entry == RASK_CALL_RESULT)
            ++*n_results;
        else
            need += rask_wire_pad(entry);
    }
    return need == size;
}

#endif
