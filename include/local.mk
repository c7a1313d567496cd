# SPDX-License-Identifier: BSD-3-Clause
# The public headers. rask/mpi.h needs mpi.h, so a build without MPI does not install it.
include_HEADERS = include/rask.h
raskincludedir = $(includedir)/rask
raskinclude_HEADERS = \
	include/rask/function.h \
	include/rask/future.h \
	include/rask/graph.h \
	include/rask/start.h \
	include/rask/status.h \
	include/rask/task.h
nodist_raskinclude_HEADERS = include/rask/version.h
if HAVE_MPI
raskinclude_HEADERS += include/rask/mpi.h
endif
EXTRA_DIST += include/rask/mpi.h
