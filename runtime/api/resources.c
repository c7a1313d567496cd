/* SPDX-License-Identifier: BSD-3-Clause */
/* resources.c: the setting `resources`: what the tasks of this rank may take, as "gpu=2,licence=1".
 * Names have 1 to 12 bytes without blanks, each occurs once; spaces around the parts and an empty
 * text are fine. */
#include "api/runtime.h"

#include "base/error.h"
#include "base/fmt.h"

#include <string.h>

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

static int is_listed(const struct rask_wire_resource *list, uint32_t n,
                     const struct rask_wire_resource *resource)
{
    for (uint32_t i = 0; i < n; i++)
        if (memcmp(list[i].name, resource->name, sizeof resource->name) == 0)
            return 1;
    return 0;
}

/* One part, "name=amount", of `length` bytes. */
static rask_status parse_part(const char *part, size_t length, struct rask_wire_resource *resource,
                              struct rask_error *error)
{
    char number[32];
    uint64_t amount;
    size_t name_bytes = strcspn(part, "= \t,");
    const char *equals = skip_blanks(part + name_bytes);
    size_t number_bytes = *equals == '=' ? length - (size_t)(equals + 1 - part) : 0;
    if (*equals != '=' || name_bytes == 0 || number_bytes >= sizeof number)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "'%.*s' is not name=amount; write for example gpu=2,licence=1",
                              (int)(length > 80 ? 80 : length), part);
    if (name_bytes > RASK_RESOURCE_NAME_BYTES)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "the name '%.*s' has more than %d bytes",
                              (int)(name_bytes > 80 ? 80 : name_bytes), part,
                              RASK_RESOURCE_NAME_BYTES);
    memcpy(number, equals + 1, number_bytes);
    number[number_bytes] = '\0';
    if (rask_parse_uint64(number, 0, UINT32_MAX, &amount) != RASK_OK)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "'%s' is no amount of %.*s; it is a whole number up to %u", number,
                              (int)name_bytes, part, UINT32_MAX);
    memset(resource, 0, sizeof *resource);
    memcpy(resource->name, part, name_bytes);
    resource->amount = (uint32_t)amount;
    return RASK_OK;
}

rask_status rask_resources_parse(const char *text, struct rask_wire_resource *list, uint32_t *n,
                                 struct rask_error *error)
{
    uint32_t n_parsed = 0;
    const char *part = skip_blanks(text);
    *n = 0;
    while (*part != '\0') {
        struct rask_wire_resource resource;
        size_t length = strcspn(part, ",");
        rask_status status = parse_part(part, length, &resource, error);
        if (status != RASK_OK)
            return status;
        if (is_listed(list, n_parsed, &resource))
            return rask_error_set(error, RASK_ERR_ARGUMENT, "%.*s occurs twice",
                                  RASK_RESOURCE_NAME_BYTES, resource.name);
        if (n_parsed == RASK_LIMIT_RESOURCES)
            return rask_error_set(error, RASK_ERR_ARGUMENT, "more than %u of them",
                                  RASK_LIMIT_RESOURCES);
        list[n_parsed++] = resource;
        part += length;
        if (*part == ',' && *(part = skip_blanks(part + 1)) == '\0')
            return rask_error_set(error, RASK_ERR_ARGUMENT,
                                  "nothing follows the last comma of '%s'", text);
    }
    *n = n_parsed;
    return RASK_OK;
}
