# SPDX-License-Identifier: BSD-3-Clause
# The command rask: apps/*.c; it is built at the top of the build folder.

rask_SOURCES =
rask_CPPFLAGS = $(AM_CPPFLAGS) $(RASK_NDEBUG)
rask_LDADD = librask_core.la
