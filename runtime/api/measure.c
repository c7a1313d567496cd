/* SPDX-License-Identifier: BSD-3-Clause */
/* measure.c: see measure.h. The future keeps the object where it is while it is read. */
#include "api/measure.h"

#include "api/runtime.h"

rask_status rask_measure_raw_get(struct rask *rask, struct rask_future future, void *local,
                                 uint64_t *duration_ns)
{
    struct rask_loop *loop = &rask_runtime_of(rask)->loop;
    rask_status status = RASK_ERR_UNSUPPORTED;
    struct rask_comm_get get = {.local = local};
    rask_loop_take(loop);
    rask_spin_lock(&loop->client_lock);
    const struct rask_claim *claim = rask_client_find(&loop->client, future.id);
    if (claim != NULL && rask_client_where(claim) == RASK_PLACE_ELSEWHERE &&
        claim->holder != loop->comm->caps.rank) {
        get.rank = claim->holder;
        get.offset = claim->offset + RASK_OBJECT_HEADER_BYTES;
        get.bytes = (size_t)claim->bytes;
        status = RASK_OK;
    }
    rask_spin_unlock(&loop->client_lock);
    if (status == RASK_OK)
        status = rask_comm_raw_get(loop->comm, &get, duration_ns);
    rask_loop_give(loop);
    return status;
}
