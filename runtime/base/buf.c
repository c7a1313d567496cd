/* SPDX-License-Identifier: BSD-3-Clause */
/* buf.c: the growth of a buffer, and formatted text into it. */
#include "base/buf.h"

#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>

#define FIRST_CAPACITY 256

void rask_buf_init(struct rask_buf *buf, size_t ceiling)
{
    *buf = (struct rask_buf){.ceiling = ceiling};
}

void rask_buf_release(struct rask_buf *buf)
{
    rask_free(buf->data);
    rask_buf_init(buf, buf->ceiling);
}

static int is_above_ceiling(const struct rask_buf *buf, size_t bytes)
{
    size_t ceiling = buf->ceiling == 0 ? PTRDIFF_MAX : buf->ceiling;
    return buf->size > ceiling || bytes > ceiling - buf->size;
}

/* The capacity never passes the ceiling, which is how the inline fast path keeps to it. */
int rask_buf_reserve(struct rask_buf *buf, size_t bytes)
{
    if (buf->data != NULL && bytes <= buf->capacity - buf->size)
        return 0;
    if (is_above_ceiling(buf, bytes))
        return -1;
    size_t needed = buf->size + bytes;
    size_t capacity = buf->capacity == 0 ? FIRST_CAPACITY : buf->capacity * 2;
    if (capacity < needed)
        capacity = needed;
    if (buf->ceiling != 0 && capacity > buf->ceiling)
        capacity = buf->ceiling;
    uint8_t *data = rask_realloc(buf->data, capacity);
    if (data == NULL)
        return -1;
    buf->data = data;
    buf->capacity = capacity;
    return 0;
}

/* The terminating zero is written into reserved room and not counted, so at the ceiling it needs a
 * byte below it: text fills a buffer to ceiling - 1. */
rask_status rask_buf_printf(struct rask_buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return RASK_ERR_ARGUMENT;
    size_t bytes = (size_t)length + 1;
    if (is_above_ceiling(buf, bytes))
        return RASK_ERR_LIMIT;
    if (rask_buf_reserve(buf, bytes) != 0)
        return RASK_ERR_MEMORY;
    va_start(arguments, format);
    vsnprintf((char *)buf->data + buf->size, bytes, format, arguments);
    va_end(arguments);
    buf->size += (size_t)length;
    return RASK_OK;
}
