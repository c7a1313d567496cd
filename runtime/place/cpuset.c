/* SPDX-License-Identifier: BSD-3-Clause */
/* cpuset.c: list text to set and back, see cpuset.h. The grammar is
 *
 *     list = [ item { "," item } ] ;  item = number [ "-" number ] ;  with blanks around items.
 */
#include "place/cpuset.h"

#include "base/error.h"

#include <ctype.h>

static const char *skip_blanks(const char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

/* Reads a number of at most RASK_CPUSET_MAX_PU; NULL if there is none. */
static const char *read_number(const char *text, uint32_t *number)
{
    if (!isdigit((unsigned char)*text))
        return NULL;
    uint32_t value = 0;
    for (; isdigit((unsigned char)*text); text++) {
        value = value * 10 + (uint32_t)(*text - '0');
        if (value > RASK_CPUSET_MAX_PU)
            return NULL;
    }
    *number = value;
    return text;
}

/* Reads "3" or "3-5"; NULL if it is neither. */
static const char *read_item(const char *text, uint32_t *first, uint32_t *last)
{
    text = read_number(text, first);
    if (text == NULL)
        return NULL;
    *last = *first;
    if (*text == '-')
        text = read_number(text + 1, last);
    return text != NULL && *first <= *last ? text : NULL;
}

static rask_status reject(const char *text, struct rask_error *error)
{
    return rask_error_set(error, RASK_ERR_ARGUMENT,
                          "\"%.100s\" is not a list of numbers from 0 to %d such as \"0-3,8\"",
                          text, RASK_CPUSET_MAX_PU);
}

rask_status rask_cpuset_parse(const char *text, struct rask_idset *set, struct rask_error *error)
{
    const char *at = skip_blanks(text);
    while (*at != '\0') {
        uint32_t first = 0;
        uint32_t last = 0;
        at = read_item(at, &first, &last);
        if (at == NULL)
            return reject(text, error);
        for (uint32_t id = first; id <= last; id++)
            if (rask_idset_add(set, id) != 0)
                return rask_error_memory(error, last / 8, "a set of processing units");
        at = skip_blanks(at);
        if (*at == '\0')
            break;
        if (*at != ',')
            return reject(text, error);
        at = skip_blanks(at + 1);
        if (*at == '\0')
            return reject(text, error);
    }
    return RASK_OK;
}

rask_status rask_cpuset_print(const struct rask_idset *set, struct rask_buf *buf,
                              struct rask_error *error)
{
    rask_status status = rask_buf_printf(buf, "%s", "");
    const char *separator = "";
    uint32_t id = rask_idset_next(set, 0);
    while (status == RASK_OK && id != RASK_IDSET_NONE) {
        uint32_t last = id;
        while (rask_idset_has(set, last + 1))
            last++;
        status = last == id ? rask_buf_printf(buf, "%s%u", separator, id)
                            : rask_buf_printf(buf, "%s%u-%u", separator, id, last);
        separator = ",";
        id = rask_idset_next(set, last + 1);
    }
    if (status == RASK_ERR_MEMORY)
        return rask_error_memory(error, buf->size, "a list of processing units");
    if (status != RASK_OK)
        return rask_error_set(error, RASK_ERR_LIMIT,
                              "a list of %zu processing units is longer than %zu bytes",
                              rask_idset_count(set), buf->ceiling);
    return RASK_OK;
}
