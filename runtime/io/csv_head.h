/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_head.h: the begin of a CSV file: its delimiter and the names of its columns. */
#ifndef RASK_IO_CSV_HEAD_H
#define RASK_IO_CSV_HEAD_H

#include "io/csv.h"

/* A place of the hash of names. */
struct rask_csv_name_slot {
    const char *name; /* NULL: free */
    uint32_t column;
    unsigned next_copy; /* the number to try for another column of that name */
};

/* Zeroed: no file seen yet. */
struct rask_csv_head {
    char delimiter;
    uint32_t n_columns; /* 0: the file has no record */
    size_t
        n_skip; /* bytes of a byte order mark and of the header with its line end: data follows */
    char **names; /* [n_columns], in one allocation with their text */
    struct rask_csv_name_slot *slots; /* [mask + 1] a hash of the names */
    size_t mask;
    char *seen; /* the bytes that decided all this, */
    size_t n_seen; /* which make any file that begins with them have the same head; 0: not kept */
};

/* The begin of a file. */
struct rask_csv_begin {
    const char *path;
    const char *bytes;
    size_t n_bytes;
    bool is_all; /* the file has no more */
};

/* Finds the head. Returns RASK_PENDING when it needs more bytes. A file that begins as the one
 * before costs a comparison and sets *is_new to false. Errors: RASK_ERR_FORMAT binary, compressed,
 * UTF-16; RASK_ERR_MEMORY. On error the head is unchanged. */
rask_status rask_csv_head_find(struct rask_csv_head *head, const struct rask_csv_dialect *dialect,
                               const struct rask_csv_begin *begin, bool *is_new,
                               struct rask_error *error) RASK_MUST_USE;
/* RASK_ERR_FORMAT when there is a NUL among bytes[0 .. n), which are those at `offset` of the file.
 */
rask_status rask_csv_refuse_nul(const char *path, const char *bytes, size_t n, uint64_t offset,
                                struct rask_error *error) RASK_MUST_USE;
/* The position of the column, or RASK_CSV_ABSENT. Takes the same time for any number of columns. */
#define RASK_CSV_ABSENT UINT32_MAX
uint32_t rask_csv_head_column(const struct rask_csv_head *head, const char *name);
void rask_csv_head_release(struct rask_csv_head *head);

/* The bytes of a field without its quotes, doubled quotes made single: at most n bytes into
 * `decoded`. Returns their number. */
size_t rask_csv_field_decode(const char *field, size_t n, char *decoded);

#endif
