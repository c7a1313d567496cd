# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/api: the calls of include/rask, which join machines, loop and threads.
librask_core_la_SOURCES += runtime/api/runtime.h runtime/api/setup.c runtime/api/start.c
librask_core_la_SOURCES += runtime/api/submit.c runtime/api/wait.c runtime/api/threads.c
librask_core_la_SOURCES += runtime/api/signals.c runtime/api/stall.c
