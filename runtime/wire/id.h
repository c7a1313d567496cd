/* SPDX-License-Identifier: BSD-3-Clause */
/* id.h: the id of a task, which its result has too.
 *
 *      63          48 47                                             0
 *     +--------------+------------------------------------------------+
 *     | client, rank |  number in that client's sequence, from 1 on   |
 *     +--------------+------------------------------------------------+
 *
 * Each client numbers its tasks itself, so that it need not ask; 0 is no task. */
#ifndef RASK_WIRE_ID_H
#define RASK_WIRE_ID_H

#include <stdint.h>

#define RASK_ID_SEQUENCE_BITS 48

static inline uint64_t rask_id_make(int32_t client, uint64_t sequence)
{
    return (uint64_t)client << RASK_ID_SEQUENCE_BITS | sequence;
}

/* The rank of the client that gave the id. */
static inline int32_t rask_id_client(uint64_t id)
{
    return (int32_t)(id >> RASK_ID_SEQUENCE_BITS);
}

static inline uint64_t rask_id_sequence(uint64_t id)
{
    return id & ((UINT64_C(1) << RASK_ID_SEQUENCE_BITS) - 1);
}

#endif
