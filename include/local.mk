# SPDX-License-Identifier: BSD-3-Clause
# The public headers.
raskincludedir = $(includedir)/rask
raskinclude_HEADERS = include/rask/status.h
nodist_raskinclude_HEADERS = include/rask/version.h
