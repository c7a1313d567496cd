/* SPDX-License-Identifier: BSD-3-Clause */
/* options.c: see options.h. */
#include "api/options.h"

#include "base/error.h"

#include <string.h>

rask_status rask_options_read(const void *given, void *own, size_t bytes, const char *name,
                              struct rask_error *error)
{
    size_t size = bytes;
    memset(own, 0, bytes);
    if (given != NULL)
        memcpy(&size, given, sizeof size);
    if (size < sizeof size)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "struct %s with size %zu: set its member size to sizeof(struct %s)",
                              name, size, name);
    for (size_t i = bytes; i < size; i++)
        if (((const char *)given)[i] != 0)
            return rask_error_set(error, RASK_ERR_ARGUMENT,
                                  "struct %s has %zu bytes and sets an option in byte %zu; this "
                                  "library knows %zu: link the program with a newer one",
                                  name, size, i, bytes);
    if (given != NULL)
        memcpy(own, given, size < bytes ? size : bytes);
    memcpy(own, &bytes, sizeof bytes);
    return RASK_OK;
}
