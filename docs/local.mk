# SPDX-License-Identifier: BSD-3-Clause
# Man pages and the documents of the release: dist_man_MANS += docs/man/rask.1, EXTRA_DIST += docs/...

EXTRA_DIST += README.md docs/guide/getting-started.md docs/guide/csv.md docs/guide/tasks-and-futures.md \
	docs/guide/running-under-mpi-and-slurm.md docs/guide/settings.md docs/guide/troubleshooting.md \
	docs/design/README.md docs/design/api.md docs/design/base.md docs/design/build.md docs/design/client.md \
	docs/design/coll.md docs/design/comm.md docs/design/diag.md docs/design/io.md docs/design/kern.md \
	docs/design/lazy.md docs/design/order.md docs/design/place.md docs/design/sched.md docs/design/store.md \
	docs/design/wire.md docs/design/worker.md docs/performance.md

# The settings' page is made from the table of settings, by the command.
dist_man_MANS += docs/man/rask.1 docs/man/rask-bench.1 docs/man/rask-csv.1 docs/man/rask-info.1 docs/man/rask.3
nodist_man_MANS = docs/man/rask.conf.5
EXTRA_DIST += docs/man/rask.conf.5.in
CLEANFILES += docs/man/rask.conf.5 docs/man/settings.roff

docs/man/rask.conf.5: docs/man/rask.conf.5.in rask$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./rask$(EXEEXT) help settings --man >docs/man/settings.roff && \
		sed -e '/^\.\\" SETTINGS$$/{r docs/man/settings.roff' -e 'd;}' \
			$(top_srcdir)/docs/man/rask.conf.5.in >$@.tmp && mv $@.tmp $@
