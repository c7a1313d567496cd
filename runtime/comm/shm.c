/* SPDX-License-Identifier: BSD-3-Clause */
/* shm.c: see shm.h. posix_fallocate and not ftruncate: a file of the right length without room
 * behind it kills the process that touches it with SIGBUS. The limit of `ulimit -f` is looked at
 * first, because passing it raises SIGXFSZ. */
#include "comm/shm.h"

#include "base/clock.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static rask_status fail(struct rask_error *error, const char *what, int reason, size_t bytes)
{
    return rask_error_set(error, RASK_ERR_SYSTEM,
                          "shared memory of %zu bytes: %s: %s (see df /dev/shm)", bytes, what,
                          strerror(reason));
}

static int reserve(int fd, size_t bytes)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        limit.rlim_cur < bytes)
        return EFBIG;
    int reason;
    do {
        reason = posix_fallocate(fd, 0, (off_t)bytes);
    } while (reason == EINTR);
    return reason;
}

static rask_status map(struct rask_shm *shm, int fd, size_t bytes, struct rask_error *error)
{
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED)
        return fail(error, "mmap", errno, bytes);
    *shm = (struct rask_shm){.base = base, .bytes = bytes};
    return RASK_OK;
}

/* A new name: the process id and the clock make a clash all but impossible, O_EXCL makes it
 * harmless. */
static int open_new(char *name)
{
    for (int attempt = 0; attempt < 16; attempt++) {
        snprintf(name, RASK_SHM_NAME_BYTES, "/rask.%ld.%" PRIx64 ".%d", (long)getpid(),
                 rask_now_ns(), attempt);
        int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

rask_status rask_shm_make(struct rask_shm *shm, size_t bytes, char *name, struct rask_error *error)
{
    int fd = open_new(name);
    if (fd < 0)
        return fail(error, "shm_open", errno, bytes);
    int reason = reserve(fd, bytes);
    rask_status status =
        reason == 0 ? map(shm, fd, bytes, error) : fail(error, "reserving room", reason, bytes);
    close(fd);
    if (status != RASK_OK)
        shm_unlink(name);
    return status;
}

rask_status rask_shm_join(struct rask_shm *shm, size_t bytes, const char *name,
                          struct rask_error *error)
{
    int fd = shm_open(name, O_RDWR, 0);
    if (fd < 0)
        return fail(error, "shm_open", errno, bytes);
    struct stat info;
    rask_status status;
    if (fstat(fd, &info) != 0)
        status = fail(error, "fstat", errno, bytes);
    else if ((uint64_t)info.st_size != bytes)
        status = fail(error, "another size", EINVAL, bytes);
    else
        status = map(shm, fd, bytes, error);
    close(fd);
    return status;
}

void rask_shm_unlink(const char *name)
{
    shm_unlink(name);
}

void rask_shm_release(struct rask_shm *shm)
{
    if (shm->base != NULL)
        munmap(shm->base, shm->bytes);
    *shm = (struct rask_shm){0};
}
