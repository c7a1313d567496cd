# SPDX-License-Identifier: BSD-3-Clause
# The command rask, built at the top of the build folder; examples; completions for shells.
#
# The command's sources are appended to rask_SOURCES; an example is a program that `make check` builds
# and runs, and a source that `make install` puts beside the documentation:
#   check_PROGRAMS += apps/examples/x
#   apps_examples_x_SOURCES = apps/examples/x.c
#   apps_examples_x_LDADD = librask.la
#   dist_examples_DATA += apps/examples/x.c

bin_PROGRAMS += rask
rask_SOURCES = apps/main.c apps/commands.h apps/options.c apps/options.h
rask_SOURCES += apps/cmd_csv.c apps/cmd_csv_options.c apps/cmd_csv_options.h
rask_SOURCES += apps/cmd_info.c apps/cmd_bench.c
rask_SOURCES += apps/bench/bench.h apps/bench/report.c apps/bench/probe.c apps/bench/load.c apps/bench/noop.c apps/bench/objects.c apps/bench/shuffle.c
rask_SOURCES += apps/bench/latency.c apps/bench/graphs.c apps/bench/transfer.c apps/bench/idle.c
rask_SOURCES += apps/bench/start.c
rask_CPPFLAGS = $(AM_CPPFLAGS) $(RASK_NDEBUG)
rask_LDADD = librask_core.la

examplesdir = $(docdir)/examples
dist_examples_DATA =
include apps/examples/local.mk

dist_bashcompletion_DATA = apps/completion/bash/rask
dist_zshcompletion_DATA = apps/completion/zsh/_rask
