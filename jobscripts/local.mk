# SPDX-License-Identifier: BSD-3-Clause
# Batch scripts, installed beside the documentation.

jobscriptsdir = $(docdir)/jobscripts
dist_jobscripts_DATA =
