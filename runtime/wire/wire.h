/* SPDX-License-Identifier: BSD-3-Clause */
/* wire.h: messages as bytes.
 *
 * A batch is a sequence of records. A record is
 *
 *     +---------------+--------------+------------------------+----------------+---
 *     | u32 size      | u16 id, u16 0| fixed fields, counts   | array, padded  | ...
 *     +---------------+--------------+------------------------+----------------+---
 *       bytes in all,                  struct rask_wire_<name>  to 8 bytes
 *       multiple of 8                  padded to 8
 *
 * in the byte order of the machine (ranks with another order are refused at start by the digest).
 * Encoders append to a buffer; decoders check every size and limit and give arrays as pointers into
 * the batch, so that nothing is copied and a malformed batch is an error and never a wild read.
 * Both are expanded from messages.def. */
#ifndef RASK_WIRE_WIRE_H
#define RASK_WIRE_WIRE_H

#include "base/buf.h"
#include "wire/id.h"

#include <assert.h>
#include <rask/status.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Raised when a message changes; part of the digest that ranks compare. */
#define RASK_WIRE_VERSION 2u

#define RASK_LIMIT_INPUTS 65536u
#define RASK_LIMIT_CALL_BYTES 65536u
#define RASK_LIMIT_INLINE_BYTES 512u
#define RASK_LIMIT_RUN_DATA_BYTES (RASK_LIMIT_INPUTS * RASK_LIMIT_INLINE_BYTES)
#define RASK_LIMIT_RANKS 65535u
#define RASK_LIMIT_RESOURCES 16u
#define RASK_LIMIT_BATCH 65536u

#define RASK_WIRE_NO_OFFSET UINT64_MAX

/* SUBMIT.flags */
#define RASK_SUBMIT_LOOSE 1u /* `allow` is a wish: any worker if none of them is there */
#define RASK_SUBMIT_PRODUCER 2u /* makes much from little: do not send it ahead of need */
#define RASK_SUBMIT_UNCLAIMED 4u /* the client holds no future on it: run it and forget it */

/* SCATTER.flags */
#define RASK_SCATTER_BROADCAST 1u

#define RASK_RESOURCE_NAME_BYTES 12

/* An abstract resource, such as "gpu": how many a worker has, or a task needs while it runs. */
struct rask_wire_resource {
    char name[RASK_RESOURCE_NAME_BYTES]; /* zero-padded */
    uint32_t amount;
};

struct rask_wire_assignment {
    uint32_t slot, epoch;
};

/* Where an input's bytes are. */
struct rask_wire_input {
    uint64_t object, offset, bytes;
    int32_t holder; /* rank, or -1: in the message */
    uint32_t reserved;
};

struct rask_wire_head {
    uint32_t size;
    uint16_t id, reserved;
};

#include "wire/messages.def"

enum rask_message {
#define RASK_WIRE_ID(NAME, name, id) RASK_MESSAGE_##NAME = (id),
    RASK_MESSAGES(RASK_WIRE_ID)
#undef RASK_WIRE_ID
};

/* The struct that programs use, and the one that travels. */
#define RASK_WIRE_F(type, field) type field;
#define RASK_WIRE_V(type, field, limit) \
    const type *field;                  \
    uint32_t n_##field;
#define RASK_WIRE_COUNT(type, field, limit) uint32_t n_##field;
#define RASK_WIRE_STRUCTS(NAME, name, id)                \
    struct rask_msg_##name {                             \
        RASK_FIELDS_##NAME(RASK_WIRE_F, RASK_WIRE_V)     \
    };                                                   \
    struct rask_wire_##name {                            \
        RASK_FIELDS_##NAME(RASK_WIRE_F, RASK_WIRE_COUNT) \
    };
RASK_MESSAGES(RASK_WIRE_STRUCTS)
#undef RASK_WIRE_STRUCTS
#undef RASK_WIRE_V
#undef RASK_WIRE_COUNT
#undef RASK_WIRE_F

static inline size_t rask_wire_pad(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

/* rask_wire_put_<name>(buf, message): appends one record. 0, or -1 without memory (nothing
 * appended). The counts must keep to the limits; asserted. */
#define RASK_WIRE_SIZE_F(type, field)
#define RASK_WIRE_SIZE_V(type, field, limit) \
    assert(m->n_##field <= (limit));         \
    size += rask_wire_pad(m->n_##field * sizeof(type));
#define RASK_WIRE_COPY_F(type, field) fixed.field = m->field;
#define RASK_WIRE_COPY_V(type, field, limit) fixed.n_##field = m->n_##field;
#define RASK_WIRE_TAIL_F(type, field)
#define RASK_WIRE_TAIL_V(type, field, limit)                               \
    if (m->n_##field != 0) {                                               \
        memset(at + rask_wire_pad(m->n_##field * sizeof(type)) - 8, 0, 8); \
        memcpy(at, m->field, m->n_##field * sizeof(type));                 \
        at += rask_wire_pad(m->n_##field * sizeof(type));                  \
    }
/* clang-format off */
#define RASK_WIRE_PUT(NAME, name, id_)                                                            \
    static inline int rask_wire_put_##name(struct rask_buf *buf, const struct rask_msg_##name *m) \
    {                                                                                             \
        struct rask_wire_##name fixed;                                                            \
        size_t size = sizeof(struct rask_wire_head) + rask_wire_pad(sizeof fixed);                \
        RASK_FIELDS_##NAME(RASK_WIRE_SIZE_F, RASK_WIRE_SIZE_V)                                    \
        uint8_t *at = size > UINT32_MAX ? NULL : rask_buf_room(buf, size);                        \
        if (at == NULL)                                                                           \
            return -1;                                                                            \
        struct rask_wire_head head = {(uint32_t)size, (id_), 0};                                  \
        memset(&fixed, 0, sizeof fixed);                                                          \
        RASK_FIELDS_##NAME(RASK_WIRE_COPY_F, RASK_WIRE_COPY_V)                                    \
        memcpy(at, &head, sizeof head);                                                           \
        at += sizeof head;                                                                        \
        memset(at + rask_wire_pad(sizeof fixed) - 8, 0, 8);                                       \
        memcpy(at, &fixed, sizeof fixed);                                                         \
        at += rask_wire_pad(sizeof fixed);                                                        \
        RASK_FIELDS_##NAME(RASK_WIRE_TAIL_F, RASK_WIRE_TAIL_V)                                    \
        (void)at;                                                                                 \
        return 0;                                                                                 \
    }
/* clang-format on */
RASK_MESSAGES(RASK_WIRE_PUT)
#undef RASK_WIRE_PUT
#undef RASK_WIRE_SIZE_F
#undef RASK_WIRE_SIZE_V
#undef RASK_WIRE_COPY_F
#undef RASK_WIRE_COPY_V
#undef RASK_WIRE_TAIL_F
#undef RASK_WIRE_TAIL_V

/* rask_wire_get_<name>(record, message): decodes one record found by rask_wire_next. 0, or -1 if it
 * is malformed. Arrays of the message point into the record. */
#define RASK_WIRE_READ_F(type, field) m->field = fixed.field;
#define RASK_WIRE_READ_V(type, field, limit)                                \
    if (fixed.n_##field > (limit) || fixed.n_##field * sizeof(type) > left) \
        return -1;                                                          \
    m->field = (const type *)(const void *)at;                              \
    m->n_##field = fixed.n_##field;                                         \
    at += rask_wire_pad(fixed.n_##field * sizeof(type));                    \
    left -= rask_wire_pad(fixed.n_##field * sizeof(type));
/* clang-format off */
#define RASK_WIRE_GET(NAME, name, id_)                                                       \
    static inline int rask_wire_get_##name(const uint8_t *record, struct rask_msg_##name *m) \
    {                                                                                        \
        struct rask_wire_head head;                                                          \
        struct rask_wire_##name fixed;                                                       \
        memcpy(&head, record, sizeof head);                                                  \
        size_t need = sizeof head + rask_wire_pad(sizeof fixed);                             \
        if (head.size < need)                                                                \
            return -1;                                                                       \
        memcpy(&fixed, record + sizeof head, sizeof fixed);                                  \
        const uint8_t *at = record + need;                                                   \
        size_t left = head.size - need;                                                      \
        RASK_FIELDS_##NAME(RASK_WIRE_READ_F, RASK_WIRE_READ_V)                               \
        (void)at;                                                                            \
        return left == 0 ? 0 : -1;                                                           \
    }
/* clang-format on */
RASK_MESSAGES(RASK_WIRE_GET)
#undef RASK_WIRE_GET
#undef RASK_WIRE_READ_F
#undef RASK_WIRE_READ_V

/* Walks a batch. *at starts at 0; returns the next record and moves on; NULL at the end. A record
 * whose size does not fit sets *is_malformed and ends the walk. The batch is 8-byte aligned. */
static inline const uint8_t *rask_wire_next(const uint8_t *batch, size_t size, size_t *at,
                                            int *is_malformed)
{
    struct rask_wire_head head;
    if (*at == size)
        return NULL;
    if (size - *at < sizeof head) {
        *is_malformed = 1;
        return NULL;
    }
    const uint8_t *record = batch + *at;
    memcpy(&head, record, sizeof head);
    if (head.size < sizeof head || head.size % 8 != 0 || head.size > size - *at) {
        *is_malformed = 1;
        return NULL;
    }
    *at += head.size;
    return record;
}

static inline uint16_t rask_wire_id(const uint8_t *record)
{
    struct rask_wire_head head;
    memcpy(&head, record, sizeof head);
    return head.id;
}

/* Which role a message is for; 0 for an id that is none. */
enum rask_role { RASK_ROLE_NONE, RASK_ROLE_SCHEDULER, RASK_ROLE_WORKER, RASK_ROLE_CLIENT };
enum rask_role rask_wire_role(uint16_t id);

/* The name of a message, "SUBMIT"; "?" for an id that is none. */
const char *rask_wire_name(uint16_t id);

/* One line of text for a record, for logs and stories: "RUN task=... slot=3 epoch=17 call=24B". */
void rask_wire_describe(const uint8_t *record, char *text, size_t text_bytes);

#endif
