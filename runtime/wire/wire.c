/* SPDX-License-Identifier: BSD-3-Clause */
/* wire.c: what is not on the hot path: names, roles, describing a record. */
#include "wire/wire.h"

#include <inttypes.h>
#include <stdio.h>

/* Alignment of every array inside a record rests on this. */
#define RASK_WIRE_ALIGNED(NAME, name, id) \
    _Static_assert(_Alignof(struct rask_wire_##name) <= 8, "a record is 8-byte aligned");
RASK_MESSAGES(RASK_WIRE_ALIGNED)

enum rask_role rask_wire_role(uint16_t id)
{
    if (id >= RASK_MESSAGE_SUBMIT && id <= RASK_MESSAGE_LOST)
        return RASK_ROLE_SCHEDULER;
    if (id >= RASK_MESSAGE_STATE && id <= RASK_MESSAGE_FAILED)
        return RASK_ROLE_CLIENT;
    if (id >= RASK_MESSAGE_HELLO && id <= RASK_MESSAGE_BROKEN)
        return RASK_ROLE_SCHEDULER;
    if (id >= RASK_MESSAGE_RUN && id <= RASK_MESSAGE_STOP)
        return RASK_ROLE_WORKER;
    return RASK_ROLE_NONE;
}

const char *rask_wire_name(uint16_t id)
{
    switch (id) {
#define RASK_WIRE_NAME(NAME, name, id_) \
    case (id_):                         \
        return #NAME;
        RASK_MESSAGES(RASK_WIRE_NAME)
    default:
        return "?";
    }
}

/* A text that grows to its end and stops there. */
struct line {
    char *text;
    size_t size, used;
};

static void line_add(struct line *line, const char *field, int64_t value, const char *unit)
{
    int n = snprintf(line->text + line->used, line->size - line->used, " %s=%" PRId64 "%s", field,
                     value, unit);
    if (n > 0)
        line->used += (size_t)n;
    if (line->used >= line->size)
        line->used = line->size - 1;
}

#define RASK_WIRE_TELL_F(type, field) line_add(&line, #field, (int64_t)m.field, "");
#define RASK_WIRE_TELL_V(type, field, limit) \
    if (m.n_##field != 0)                    \
        line_add(&line, #field, (int64_t)m.n_##field, "x");
/* clang-format off */
#define RASK_WIRE_TELL(NAME, name, id_)                        \
    case (id_): {                                              \
        struct rask_msg_##name m;                              \
        if (rask_wire_get_##name(record, &m) != 0)             \
            break;                                             \
        RASK_FIELDS_##NAME(RASK_WIRE_TELL_F, RASK_WIRE_TELL_V) \
        return;                                                \
    }
/* clang-format on */

void rask_wire_describe(const uint8_t *record, char *text, size_t text_bytes)
{
    if (text_bytes == 0)
        return;
    struct line line = {text, text_bytes, 0};
    int n = snprintf(text, text_bytes, "%s", rask_wire_name(rask_wire_id(record)));
    line.used = n > 0 && (size_t)n < text_bytes ? (size_t)n : text_bytes - 1;
    switch (rask_wire_id(record)) {
        RASK_MESSAGES(RASK_WIRE_TELL)
    default:
        break;
    }
    snprintf(line.text + line.used, line.size - line.used, " (malformed)");
}
