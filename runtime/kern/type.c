/* SPDX-License-Identifier: BSD-3-Clause */
/* type.c: names of column types. Entry points: rask_type_name, rask_type_find. */
#include "kern/type.h"

#include <string.h>

static const char *const type_names[RASK_N_TYPES] = {
#define TYPE_NAME(name, number, text) [number] = (text),
    RASK_TYPE_LIST(TYPE_NAME)
#undef TYPE_NAME
};

const char *rask_type_name(uint32_t type)
{
    return type < RASK_N_TYPES ? type_names[type] : "?";
}

int rask_type_find(const char *name, rask_type *type)
{
    for (uint32_t i = 0; i < RASK_N_TYPES; i++)
        if (strcmp(name, type_names[i]) == 0) {
            *type = (rask_type)i;
            return 1;
        }
    return 0;
}
