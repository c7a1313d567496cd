/* SPDX-License-Identifier: BSD-3-Clause */
/* buf.h: a growing run of bytes with an optional ceiling, for messages and for text.
 *
 * A zeroed struct is an empty valid buffer without ceiling. Growth doubles and happens out of line;
 * appending into room that is there is a compare and an add. Addresses into the buffer are valid
 * until the next growth. The ceiling bounds `size`: what would pass it is refused and the buffer is
 * unchanged. Thread: one at a time. Owns: its bytes, until rask_buf_release. */
#ifndef RASK_BASE_BUF_H
#define RASK_BASE_BUF_H

#include <rask/status.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rask_buf {
    uint8_t *data;
    size_t size, capacity; /* bytes; size <= capacity */
    size_t ceiling; /* largest `size`, bytes; 0 = none */
};

/* Makes `buf` empty, without memory. It must hold none (new, or released). */
void rask_buf_init(struct rask_buf *buf, size_t ceiling);

/* Frees the bytes; the buffer is empty and usable again, its ceiling stays. */
void rask_buf_release(struct rask_buf *buf);

/* The slow path of rask_buf_room and the way to reserve: makes room for `bytes` beyond `size`
 * without taking it. 0, or -1 for want of memory or because of the ceiling; then nothing has
 * changed. */
int rask_buf_reserve(struct rask_buf *buf, size_t bytes);

/* Appends formatted text. The buffer is terminated by a zero that `size` does not count, so `data`
 * reads as a C string until the next change. RASK_ERR_MEMORY, RASK_ERR_LIMIT (the ceiling),
 * RASK_ERR_ARGUMENT (a format that the C library refuses); on error nothing has changed. */
RASK_MUST_USE rask_status rask_buf_printf(struct rask_buf *buf, const char *format, ...)
    RASK_PRINTF(2, 3);

/* Appends `bytes` of uninitialised room and returns its address, or NULL (memory, ceiling;
 * unchanged). Never NULL on success, for 0 bytes too. */
static inline void *rask_buf_room(struct rask_buf *buf, size_t bytes)
{
    if (__builtin_expect(bytes > buf->capacity - buf->size || buf->data == NULL, 0) &&
        rask_buf_reserve(buf, bytes) != 0)
        return NULL;
    void *room = buf->data + buf->size;
    buf->size += bytes;
    return room;
}

/* 0, or -1 as above. `data` may be NULL for 0 bytes and must not lie inside the buffer. */
static inline int rask_buf_append(struct rask_buf *buf, const void *data, size_t bytes)
{
    void *room = rask_buf_room(buf, bytes);
    if (room == NULL)
        return -1;
    if (bytes != 0)
        memcpy(room, data, bytes);
    return 0;
}

/* Forgets the bytes and keeps the memory. */
static inline void rask_buf_clear(struct rask_buf *buf)
{
    buf->size = 0;
}

/* Exchanges everything, ceilings included. */
static inline void rask_buf_swap(struct rask_buf *a, struct rask_buf *b)
{
    struct rask_buf kept = *a;
    *a = *b;
    *b = kept;
}

#endif
