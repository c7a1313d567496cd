/* SPDX-License-Identifier: BSD-3-Clause */
/* wire_fuzz.c: arbitrary bytes as a batch: every record of it can be decoded, described and, where
 * it carries a call, its call's inputs be walked, without a read outside. */
#include "wire/call.h"
#include "wire/wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads every byte of every value of a call, as a worker would. */
static unsigned walk_call(const uint8_t *call, size_t size)
{
    uint32_t n_results;
    unsigned sum = 0;
    if (size == 0 || !rask_call_is_valid(call, size, &n_results))
        return 0;
    uint32_t n = rask_call_count(call, size);
    const uint8_t *value = call + rask_call_table_bytes(n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t entry = rask_call_input(call, i);
        for (size_t k = 0; k < rask_call_value_bytes(entry); k++)
            sum += value[k];
        value += rask_call_value_bytes(entry);
    }
    return sum;
}

static unsigned walk_record(const uint8_t *record)
{
    struct rask_msg_submit submit;
    struct rask_msg_run run;
    char text[300];
    rask_wire_describe(record, text, sizeof text);
    if (rask_wire_id(record) == RASK_MESSAGE_SUBMIT && rask_wire_get_submit(record, &submit) == 0)
        return walk_call(submit.call, submit.n_call);
    if (rask_wire_id(record) == RASK_MESSAGE_RUN && rask_wire_get_run(record, &run) == 0)
        return walk_call(run.call, run.n_call);
    return (unsigned)text[0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t at = 0;
    int is_malformed = 0;
    const uint8_t *record;
    unsigned sum = 0;
    uint8_t *batch = malloc(size == 0 ? 1 : size); /* exactly its size, and aligned */
    if (batch == NULL)
        return 0;
    if (size != 0)
        memcpy(batch, data, size);
    while ((record = rask_wire_next(batch, size, &at, &is_malformed)) != NULL)
        sum += walk_record(record);
    free(batch);
    return sum == 1 && size == 0; /* never 1: the sum keeps the reads alive */
}
