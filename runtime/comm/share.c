/* SPDX-License-Identifier: BSD-3-Clause */
/* share.c: the arenas of the ranks of a node, mapped by all of them, so that a consumer reads an
 * object of a rank of its node where it lies.
 *
 * Each rank puts its arena into a file in memory that has no name (memfd), tells the others process
 * and descriptor, and the others open it through /proc. Nothing is left behind by a crash, and
 * /dev/shm, which containers keep small, does not limit it. Others map it read-only: a function
 * that writes into an input ends itself and not somebody's object. What /proc opens is compared by
 * inode, since a process number may mean another process in another container.
 *
 * A descriptor is closed when all have mapped it. If anything fails the whole node goes without,
 * and gets are used as between nodes. */
#include "comm/mpi_comm.h"

#include "base/alloc.h"
#include "base/error.h"
#include "comm/mpi_err.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a rank tells the others of its node. */
struct offer {
    int64_t process;
    uint64_t device, inode, bytes;
    int32_t fd, rank;
};

static rask_status make_offer(const struct rask_mpi *mpi, struct rask_store *store,
                              struct offer *offer, struct rask_error *reason)
{
    struct stat info;
    int fd;
    offer->rank = mpi->base.caps.rank;
    offer->process = (int64_t)getpid();
    rask_status status = rask_store_share(store, &fd, reason);
    offer->fd = fd;
    if (status != RASK_OK)
        return status;
    if (fstat(fd, &info) != 0)
        return rask_error_set(reason, RASK_ERR_SYSTEM, "fstat: %s", strerror(errno));
    offer->device = (uint64_t)info.st_dev;
    offer->inode = (uint64_t)info.st_ino;
    offer->bytes = (uint64_t)info.st_size;
    return RASK_OK;
}

static rask_status map_file(struct rask_mpi *mpi, const struct offer *offer, int fd,
                            struct rask_error *reason)
{
    struct stat info;
    if (fstat(fd, &info) != 0 || (uint64_t)info.st_dev != offer->device ||
        (uint64_t)info.st_ino != offer->inode)
        return rask_error_set(reason, RASK_ERR_SYSTEM,
                              "process %" PRId64 " is not rank %d here (another container?)",
                              offer->process, offer->rank);
    void *base = mmap(NULL, (size_t)offer->bytes, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (base == MAP_FAILED)
        return rask_error_set(reason, RASK_ERR_SYSTEM,
                              "mapping %" PRIu64 " bytes of rank %d: %s (limit `ulimit -v`, or a "
                              "smaller setting arena)",
                              offer->bytes, offer->rank, strerror(errno));
    (void)madvise(base, (size_t)offer->bytes, MADV_DONTDUMP);
    mpi->base.arenas[offer->rank] = (struct rask_comm_arena){base, offer->bytes};
    return RASK_OK;
}

static rask_status take_offer(struct rask_mpi *mpi, const struct offer *offer,
                              struct rask_error *reason)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%" PRId64 "/fd/%" PRId32, offer->process, offer->fd);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return rask_error_set(reason, RASK_ERR_SYSTEM, "rank %d cannot open %s of rank %d: %s",
                              mpi->base.caps.rank, path, offer->rank, strerror(errno));
    rask_status status = map_file(mpi, offer, fd, reason);
    close(fd);
    return status;
}

/* Tells and hears of all ranks of the node, and maps the others' arenas. */
static rask_status exchange(struct rask_mpi *mpi, struct rask_store *store, struct offer *offers,
                            struct rask_error *reason)
{
    struct offer *own = &offers[mpi->base.caps.rank_on_node];
    rask_status status =
        rask_mpi_agree(mpi->node_comm, make_offer(mpi, store, own, reason), reason);
    if (status != RASK_OK)
        return status;
    int code = MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, offers, (int)sizeof *offers,
                             MPI_BYTE, mpi->node_comm);
    status = rask_mpi_check(reason, "MPI_Allgather on the node", code);
    for (int32_t i = 0; status == RASK_OK && i < mpi->base.caps.ranks_on_node; i++)
        if (i != mpi->base.caps.rank_on_node)
            status = take_offer(mpi, &offers[i], reason);
    return rask_mpi_agree(mpi->node_comm, status, reason);
}

static rask_status share(struct rask_mpi *mpi, struct rask_store *store, struct rask_error *reason)
{
    int32_t n = mpi->base.caps.ranks_on_node, n_ranks = mpi->base.caps.n_ranks;
    struct offer *offers = rask_alloc_zeroed((size_t)n, sizeof *offers);
    mpi->base.arenas = rask_alloc_zeroed((size_t)n_ranks, sizeof *mpi->base.arenas);
    rask_status status = RASK_OK;
    if (offers == NULL || mpi->base.arenas == NULL)
        status = rask_error_memory(reason, (uint64_t)n_ranks * sizeof *offers,
                                   "the table of a node's arenas");
    status = rask_mpi_agree(mpi->node_comm, status, reason);
    if (status == RASK_OK) {
        offers[mpi->base.caps.rank_on_node].fd = -1;
        status = exchange(mpi, store, offers, reason);
        if (offers[mpi->base.caps.rank_on_node].fd >= 0)
            close(offers[mpi->base.caps.rank_on_node].fd);
    }
    rask_free(offers);
    return status;
}

static void go_without(struct rask_mpi *mpi, const char *why)
{
    snprintf(mpi->node_text, sizeof mpi->node_text, "fetched (%.256s)", why);
}

rask_status rask_share_open(struct rask_mpi *mpi, struct rask_store *store, int wants,
                            struct rask_error *error)
{
    struct rask_error reason = {.text = ""};
    if (store == NULL || wants == 0 || mpi->base.caps.ranks_on_node == 1) {
        go_without(mpi, mpi->base.caps.ranks_on_node == 1 ? "there is one rank on this node"
                                                          : "the setting node-memory asks for it");
        return RASK_OK;
    }
    if (share(mpi, store, &reason) == RASK_OK) {
        snprintf(mpi->node_text, sizeof mpi->node_text,
                 "read in place: each rank of a node maps the others' arenas");
        return RASK_OK;
    }
    rask_share_release(mpi);
    go_without(mpi, reason.text);
    rask_status status = rask_store_unshare(store, error);
    if (status == RASK_OK && wants == 2)
        return rask_error_set(error, RASK_ERR_SYSTEM,
                              "the ranks of a node were to share memory for objects (setting "
                              "`node-memory`): %.300s; set node-memory to auto or private",
                              reason.text);
    return status;
}

void rask_share_release(struct rask_mpi *mpi)
{
    for (int32_t i = 0; mpi->base.arenas != NULL && i < mpi->base.caps.n_ranks; i++)
        if (mpi->base.arenas[i].base != NULL)
            (void)munmap((void *)(uintptr_t)mpi->base.arenas[i].base,
                         (size_t)mpi->base.arenas[i].bytes);
    rask_free(mpi->base.arenas);
    mpi->base.arenas = NULL;
}
