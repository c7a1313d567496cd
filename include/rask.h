/* SPDX-License-Identifier: BSD-3-Clause */
/* rask.h: all of the public interface but mpi.h. */
#ifndef RASK_H
#define RASK_H

#include <rask/function.h>
#include <rask/future.h>
#include <rask/graph.h>
#include <rask/start.h>
#include <rask/status.h>
#include <rask/task.h>
#include <rask/version.h>

#endif
