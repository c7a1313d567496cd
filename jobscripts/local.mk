# SPDX-License-Identifier: BSD-3-Clause
# Batch scripts, installed beside the documentation.

jobscriptsdir = $(docdir)/jobscripts
dist_jobscripts_DATA =
dist_jobscripts_DATA += jobscripts/one_node.sh jobscripts/several_nodes.sh
