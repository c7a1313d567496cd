/* SPDX-License-Identifier: BSD-3-Clause */
/* inputs.c: see inputs.h. */
#include "worker/inputs.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <stdio.h>

/* Inputs begin at multiples of this in their task's block, so that any type can be read in place.
 */
static size_t align_input(size_t bytes)
{
    return (bytes + 15) & ~(size_t)15;
}

int rask_inputs_measure(const struct rask_msg_run *m, uint32_t n_inputs, size_t *bytes)
{
    size_t n_left = m->n_data, n_bytes = 0;
    uint32_t k = 0;
    for (uint32_t i = 0; i < n_inputs; i++) {
        uint32_t entry = rask_call_input(m->call, i);
        if (!rask_call_is_result(entry)) {
            n_bytes += align_input(entry);
            continue;
        }
        const struct rask_wire_input *input = &m->input[k++];
        if (input->holder >= 0)
            continue;
        if (input->bytes > n_left)
            return -1;
        n_left -= rask_wire_pad(input->bytes);
        n_bytes += align_input(input->bytes);
    }
    *bytes = n_bytes;
    return 0;
}

struct rask_view rask_inputs_copy(uint8_t **room, const uint8_t *from, size_t bytes)
{
    struct rask_view view = {*room, bytes};
    if (bytes != 0)
        memcpy(*room, from, bytes);
    *room += align_input(bytes);
    return view;
}

struct rask_call_part rask_inputs_part(uint32_t entry, const uint8_t *value, uint64_t bytes)
{
    struct rask_call_part part = {0, bytes};
    if (entry != RASK_CALL_PART)
        return part;
    memcpy(&part, value, sizeof part);
    if (part.bytes == 0 && part.offset <= bytes)
        part.bytes = bytes - part.offset;
    return part;
}

void rask_inputs_refuse(struct rask_task *task, uint32_t index, const struct rask_call_part *part,
                        uint64_t bytes)
{
    char text[160];
    task->inputs[index] = (struct rask_view){NULL, 0};
    if (task->status != RASK_OK)
        return;
    snprintf(text, sizeof text,
             "input %" PRIu32 " is %" PRIu64 " bytes from byte %" PRIu64
             " on of a result that has %" PRIu64 " bytes",
             index, part->bytes, part->offset, bytes);
    task->status = RASK_ERR_ARGUMENT;
    task->error_text = rask_strdup(text);
}
