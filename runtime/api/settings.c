/* SPDX-License-Identifier: BSD-3-Clause */
/* settings.c: see settings.h. */
#include "api/settings.h"

#include "api/runtime.h"
#include "base/error.h"

#define LEAST_ARENA_BYTES (UINT64_C(1) << 20)

rask_status rask_settings_check(const struct rask_config *config, struct rask_error *error)
{
    struct rask_wire_resource resources[RASK_LIMIT_RESOURCES];
    struct rask_error found;
    uint32_t n;
    if (rask_resources_parse(config->resources, resources, &n, &found) != RASK_OK)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "resources = \"%.80s\" (%s) is not allowed: %s", config->resources,
                              config->origins[RASK_CONFIG_INDEX_resources].text, found.text);
    if (config->arena != 0 && config->arena < LEAST_ARENA_BYTES)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "arena = \"%llu\" (%s) is not allowed: use 1 MiB or more, or 0 for "
                              "automatic",
                              (unsigned long long)config->arena,
                              config->origins[RASK_CONFIG_INDEX_arena].text);
    return RASK_OK;
}
