# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/base and their unit tests.
librask_core_la_SOURCES += runtime/base/version.c
