# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/diag and their unit tests.
librask_core_la_SOURCES += runtime/diag/progress.c runtime/diag/progress.h
