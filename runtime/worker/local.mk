# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/worker and their unit tests.
librask_core_la_SOURCES += runtime/worker/worker.c runtime/worker/worker.h runtime/worker/task.h
