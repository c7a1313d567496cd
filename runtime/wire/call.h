/* SPDX-License-Identifier: BSD-3-Clause */
/* call.h: the inputs of a call as bytes: what SUBMIT and RUN carry in `call`.
 *
 *     +-----------+-------------------------------+--------------------------------+
 *     | u32 count | u32 per input: bytes of value | values, each padded to 8 bytes |
 *     +-----------+-------------------------------+--------------------------------+
 *                   or RASK_CALL_RESULT,            (table padded to 8)
 *                   or RASK_CALL_PART, whose value is a struct rask_call_part
 *
 * The k-th of these two is the k-th dependency of the task. Nobody but client and worker looks
 * inside. */
#ifndef RASK_WIRE_CALL_H
#define RASK_WIRE_CALL_H

#include "wire/wire.h"

#define RASK_CALL_RESULT UINT32_MAX
#define RASK_CALL_PART (UINT32_MAX - 1)

struct rask_call_part {
    uint64_t offset, bytes; /* bytes 0: up to the result's end */
};

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

static inline int rask_call_is_result(uint32_t entry)
{
    return entry >= RASK_CALL_PART;
}

/* Bytes of an entry's value, padded. */
static inline size_t rask_call_value_bytes(uint32_t entry)
{
    return entry == RASK_CALL_RESULT ? 0
           : entry == RASK_CALL_PART ? sizeof(struct rask_call_part)
                                     : rask_wire_pad(entry);
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
        *n_results += rask_call_is_result(entry) != 0;
        need += rask_call_value_bytes(entry);
    }
    return need == size;
}

#endif
