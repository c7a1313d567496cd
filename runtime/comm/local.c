/* SPDX-License-Identifier: BSD-3-Clause */
/* local.c: the transport of one process alone. There is no other rank, so nothing is ever sent,
 * fetched or received, and only the bell is of use: the process's threads wake each other with
 * it. */
#include "comm/comm.h"

#include "base/alloc.h"
#include "base/error.h"

#include <assert.h>
#include <stdatomic.h>

struct local {
    struct rask_comm base;
    struct rask_bell bell;
};

static rask_status no_peer_send(struct rask_comm *comm, int32_t rank, const uint8_t *bytes,
                                size_t size)
{
    assert(0 && "one process alone has no rank to send to");
    (void)comm, (void)rank, (void)bytes, (void)size;
    return RASK_ERR_ARGUMENT;
}

static rask_status no_peer_get(struct rask_comm *comm, const struct rask_comm_get *get)
{
    assert(0 && "one process alone has no rank to get from");
    (void)comm, (void)get;
    return RASK_ERR_ARGUMENT;
}

static int nothing_to_poll(struct rask_comm *comm, const struct rask_comm_handler *handler)
{
    (void)comm, (void)handler;
    return 0;
}

static rask_status only_one(struct rask_comm *comm, rask_status status, struct rask_error *error)
{
    (void)comm, (void)error;
    return status;
}

static rask_status own_number(struct rask_comm *comm, uint32_t number, uint32_t *numbers,
                              struct rask_error *error)
{
    (void)comm, (void)error;
    numbers[0] = number;
    return RASK_OK;
}

static rask_status local_stop(struct rask_comm *comm, int is_abort, int exit_code)
{
    (void)is_abort, (void)exit_code;
    rask_free(comm);
    return RASK_OK;
}

static const struct rask_comm_ops local_ops = {
    .send = no_peer_send,
    .poll = nothing_to_poll,
    .get = no_peer_get,
    .agree = only_one,
    .share = own_number,
    .stop = local_stop,
};

rask_status rask_comm_local_new(struct rask_comm **comm, struct rask_error *error)
{
    struct local *local = rask_alloc_aligned(_Alignof(struct local), sizeof *local);
    if (local == NULL)
        return rask_error_memory(error, sizeof *local, "the transport of one process");
    *local = (struct local){
        .base =
            {
                .ops = &local_ops,
                .caps =
                    {
                        .n_ranks = 1,
                        .n_nodes = 1,
                        .ranks_on_node = 1,
                        .transport_text = "none: one process",
                        .window_text = "none: one process",
                        .node_text = "here: one process",
                    },
            },
    };
    local->base.bell = &local->bell;
    *comm = &local->base;
    return RASK_OK;
}
