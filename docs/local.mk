# SPDX-License-Identifier: BSD-3-Clause
# Man pages and the documents of the release: dist_man_MANS += docs/man/rask.1, EXTRA_DIST += docs/...

EXTRA_DIST += README.md docs/guide/getting-started.md docs/guide/tasks-and-futures.md \
	docs/guide/running-under-mpi-and-slurm.md docs/guide/settings.md docs/guide/troubleshooting.md \
	docs/design/README.md docs/design/api.md docs/design/base.md docs/design/build.md docs/design/coll.md \
	docs/design/comm.md docs/design/io.md docs/design/kern.md docs/design/lazy.md docs/design/order.md \
	docs/design/place.md docs/design/store.md
