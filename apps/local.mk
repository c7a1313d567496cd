# SPDX-License-Identifier: BSD-3-Clause
# The command rask, built at the top of the build folder; examples; completions for shells.
#
# The command's sources are appended to rask_SOURCES; an example is a program that `make check` builds
# and runs, and a source that `make install` puts beside the documentation:
#   check_PROGRAMS += apps/examples/x
#   apps_examples_x_SOURCES = apps/examples/x.c
#   apps_examples_x_LDADD = librask.la
#   dist_examples_DATA += apps/examples/x.c

rask_SOURCES = apps/cmd_csv.c apps/cmd_csv_options.c apps/cmd_csv_options.h
rask_CPPFLAGS = $(AM_CPPFLAGS) $(RASK_NDEBUG)
rask_LDADD = librask_core.la

examplesdir = $(docdir)/examples
dist_examples_DATA =

dist_bashcompletion_DATA = apps/completion/bash/rask
dist_zshcompletion_DATA = apps/completion/zsh/_rask
