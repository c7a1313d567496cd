/* SPDX-License-Identifier: BSD-3-Clause */
/* inputs.h: the inputs of an assignment, from the message RUN to views: what needs nothing of the
 * worker's own state. Private to worker/. */
#ifndef RASK_WORKER_INPUTS_H
#define RASK_WORKER_INPUTS_H

#include "wire/call.h"
#include "worker/task.h"

/* Bytes that the values and inline results of a valid call take in a task's block, each aligned.
 * -1: the message has less data than its inputs say. */
int rask_inputs_measure(const struct rask_msg_run *m, uint32_t n_inputs, size_t *bytes);

/* Copies one input into the task's block, whose free part begins at *room. */
struct rask_view rask_inputs_copy(uint8_t **room, const uint8_t *from, size_t bytes);

/* Which part of a result of `bytes` bytes an input is: all of it, or what its value says. */
struct rask_call_part rask_inputs_part(uint32_t entry, const uint8_t *value, uint64_t bytes);

/* The task is to fail, since its input is a part that a result of `bytes` bytes does not have. */
void rask_inputs_refuse(struct rask_task *task, uint32_t index, const struct rask_call_part *part,
                        uint64_t bytes);

#endif
