/* SPDX-License-Identifier: BSD-3-Clause */
/* file.c: opening, reading and checking input files. Entry points: rask_file_open, rask_file_read,
 * rask_file_check. Lists are in file_list.c. */
#include "io/file.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads of at least this much ask for what follows, this far ahead. */
#define AHEAD_BYTES (1 << 18)
#define AHEAD_SPAN_BYTES (1 << 21)

struct rask_file_identity rask_file_identity_of(const struct stat *status)
{
    return (struct rask_file_identity){
        .n_bytes = (uint64_t)status->st_size,
        .mtime_ns = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec,
        .inode = (uint64_t)status->st_ino,
        .device = (uint64_t)status->st_dev,
    };
}

static bool is_same(const struct rask_file_identity *expected,
                    const struct rask_file_identity *found)
{
    return expected->n_bytes == found->n_bytes && expected->mtime_ns == found->mtime_ns &&
           expected->inode == found->inode &&
           (expected->device == found->device || expected->device == 0);
}

static rask_status changed(const char *path, struct rask_error *error)
{
    return rask_error_set(error, RASK_ERR_CHANGED,
                          "%s: the file changed while it was read; run again when it is complete",
                          path);
}

static rask_status look(struct rask_file *file, const struct rask_file_identity *expected,
                        struct rask_error *error)
{
    struct stat status;
    if (fstat(file->fd, &status) != 0)
        return rask_error_set(error, RASK_ERR_IO, "%s: %s", file->path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return rask_error_set(error, RASK_ERR_IO, "%s: %s", file->path,
                              S_ISDIR(status.st_mode) ? "is a directory and not a file"
                                                      : "is no regular file; copy it to one first");
    file->identity = rask_file_identity_of(&status);
    return expected == NULL || is_same(expected, &file->identity) ? RASK_OK
                                                                  : changed(file->path, error);
}

/* Files of /proc and the like have bytes but no size, so they cannot be cut into blocks. */
static rask_status refuse_sizeless(const struct rask_file *file, struct rask_error *error)
{
    char byte;
    struct stat status;
    if (file->identity.n_bytes > 0 || pread(file->fd, &byte, 1, 0) != 1)
        return RASK_OK;
    if (fstat(file->fd, &status) != 0 || status.st_size != 0)
        return changed(file->path, error);
    return rask_error_set(error, RASK_ERR_IO,
                          "%s: is no regular file with a size; copy it to one first", file->path);
}

rask_status rask_file_open(struct rask_file *file, const char *path,
                           const struct rask_file_identity *expected, struct rask_error *error)
{
    /* Without O_NONBLOCK the open of a named pipe would wait for a writer. */
    *file = (struct rask_file){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), .path = path};
    if (file->fd < 0)
        return rask_error_set(error, RASK_ERR_IO, "%s: %s", path, strerror(errno));
    rask_status status = look(file, expected, error);
    if (status == RASK_OK)
        status = refuse_sizeless(file, error);
    if (status != RASK_OK)
        rask_file_close(file);
    return status;
}

rask_status rask_file_read(struct rask_file *file, uint64_t offset, void *bytes, size_t n_bytes,
                           size_t *n_read)
{
    uint64_t left = offset < file->identity.n_bytes ? file->identity.n_bytes - offset : 0;
    size_t wanted = n_bytes < left ? n_bytes : (size_t)left, n = 0;
    while (n < wanted) {
        ssize_t got = pread(file->fd, (char *)bytes + n, wanted - n, (off_t)(offset + n));
        if (got < 0 && errno != EINTR)
            return RASK_ERR_IO;
        if (got == 0)
            return RASK_ERR_CHANGED;
        n += got > 0 ? (size_t)got : 0;
    }
    if (n_bytes >= AHEAD_BYTES && left > n && (offset & (AHEAD_SPAN_BYTES - 1)) < n)
        (void)posix_fadvise(file->fd, (off_t)(offset + n), AHEAD_SPAN_BYTES, POSIX_FADV_WILLNEED);
    *n_read = n;
    return RASK_OK;
}

rask_status rask_file_read_error(const struct rask_file *file, rask_status status, uint64_t offset,
                                 struct rask_error *error)
{
    if (status == RASK_ERR_CHANGED)
        return changed(file->path, error);
    return rask_error_set(error, status, "%s: reading at byte %llu: %s", file->path,
                          (unsigned long long)offset, strerror(errno));
}

rask_status rask_file_check(const struct rask_file *file, struct rask_error *error)
{
    struct rask_file now = *file;
    return look(&now, &file->identity, error);
}

void rask_file_close(struct rask_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}
