/* SPDX-License-Identifier: BSD-3-Clause */
/* file.h: input files: which ones, are they still the same, and their bytes.
 *
 * A list is made of paths, globs and directories; a file is opened, read at offsets into the
 * caller's buffer, checked and closed. Files are never mapped: a file that shrinks while it is read
 * is a clear error and not a signal. Nothing here knows what the bytes mean.
 *
 * What a directory stands for: every regular file below it, at any depth, whose name ends in .csv
 * or .tsv (letters of either case) and does not begin with a dot, sorted by the bytes of the whole
 * path. Links to files are followed, links to directories below it are not (so there are no loops).
 * Other names (.dat, .txt) often hold other formats: name such files, or use a glob. A glob takes
 * what it matches, files of any name, and directories as above. */
#ifndef RASK_IO_FILE_H
#define RASK_IO_FILE_H

#include <rask/status.h>

#include <stddef.h>
#include <stdint.h>

/* What tells one state of a file from another. All zero: unknown. A device of 0 fits any: hosts
 * that share a file system number it each in its own way. */
struct rask_file_identity {
    uint64_t n_bytes;
    int64_t mtime_ns;
    uint64_t inode;
    uint64_t device;
};

struct stat;
struct rask_file_identity rask_file_identity_of(const struct stat *status);

/* An open file, in the caller's memory. Fields are read-only for the caller. */
struct rask_file {
    int fd; /* -1 when closed */
    const char *path; /* [borrow] until closed */
    struct rask_file_identity identity; /* when it was opened */
};

/* Opens a regular file for reading.
 * `expected`: what an earlier look at the file found, or NULL. Thread: any.
 * Errors: RASK_ERR_IO it cannot be opened, is no regular file, or has bytes but no size as files
 * of /proc; RASK_ERR_CHANGED it is not what was expected. On error `file` is closed. */
rask_status rask_file_open(struct rask_file *file, const char *path,
                           const struct rask_file_identity *expected,
                           struct rask_error *error) RASK_MUST_USE;

/* Reads `n_bytes` at `offset`, fewer only at the end of the file; `n_read` tells how many. A large
 * sequential read also asks the system to fetch what follows.
 * Errors: RASK_ERR_IO; RASK_ERR_CHANGED the file ends before the size it had when it was opened. */
rask_status rask_file_read(struct rask_file *file, uint64_t offset, void *bytes, size_t n_bytes,
                           size_t *n_read) RASK_MUST_USE;

/* The error of the last rask_file_read that failed, in words. `status` is what it returned,
 * `offset` where. Returns `status`. */
rask_status rask_file_read_error(const struct rask_file *file, rask_status status, uint64_t offset,
                                 struct rask_error *error);

/* Errors: RASK_ERR_CHANGED the file is not what it was when it was opened; RASK_ERR_IO. */
rask_status rask_file_check(const struct rask_file *file, struct rask_error *error) RASK_MUST_USE;

/* Closes; a file that is closed already stays so. */
void rask_file_close(struct rask_file *file);

/* A list of files in a fixed order: arguments in the order given, each argument's files sorted by
 * the bytes of their paths. A file that was there before is not taken twice, however its path is
 * written: device, inode, size and time tell which it is, so links are the files they lead to. */
struct rask_file_list;

/* What a user should know of the paths; [borrow] until the next add. */
struct rask_file_remarks {
    size_t n_repeats; /* files that were named again and are taken once */
    const char *repeat, *original; /* the first of them, and what it was named before; or NULL */
    size_t n_skipped; /* names in directories that look like files of the list but are pipes, links
                         to directories and the like */
    const char *skipped; /* the first of them, or NULL */
};

rask_status rask_file_list_new(struct rask_file_list **list,
                               struct rask_error *error) RASK_MUST_USE;
void rask_file_list_free(struct rask_file_list *list);

/* Adds a file, what a directory holds, or what a glob matches (*, ?, [...]; a path that exists is
 * never taken as a glob). Sizes and times are looked up here, once. What is left out is in the
 * remarks.
 * Errors: RASK_ERR_IO there is no such file, it cannot be read, a directory cannot be opened, a
 * glob or a directory yields nothing; RASK_ERR_MEMORY. On error the list is unchanged. */
rask_status rask_file_list_add(struct rask_file_list *list, const char *path,
                               struct rask_error *error) RASK_MUST_USE;

size_t rask_file_list_count(const struct rask_file_list *list);
/* [borrow] until the next add. `i` < count. */
const char *rask_file_list_path(const struct rask_file_list *list, size_t i);
const struct rask_file_identity *rask_file_list_identity(const struct rask_file_list *list,
                                                         size_t i);
uint64_t rask_file_list_bytes(const struct rask_file_list *list);
struct rask_file_remarks rask_file_list_remarks(const struct rask_file_list *list);

#endif
