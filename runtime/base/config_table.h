/* SPDX-License-Identifier: BSD-3-Clause */
/* config_table.h: what the files config*.c share: the table made from config.def, and setting a
 * value with its origin. Nobody else includes it. */
#ifndef RASK_BASE_CONFIG_TABLE_H
#define RASK_BASE_CONFIG_TABLE_H

#include "base/config.h"

enum rask_config_type { /* the numbers first, in this order: config.c names them */
                        RASK_CONFIG_INT,
                        RASK_CONFIG_DECIMAL,
                        RASK_CONFIG_BYTES,
                        RASK_CONFIG_DURATION,
                        RASK_CONFIG_BOOL,
                        RASK_CONFIG_CHOICE,
                        RASK_CONFIG_TEXT
};

/* .i for int, bool and choice, .u for bytes and duration, .d for decimal. */
union rask_config_number {
    int64_t i;
    uint64_t u;
    double d;
};

struct rask_config_setting {
    const char *name, *help;
    enum rask_config_type type;
    size_t offset; /* of its field in struct rask_config */
    union rask_config_number standard, low, high;
    const char *words; /* of a choice, "a|b|c" */
};

extern const struct rask_config_setting rask_config_table[RASK_CONFIG_COUNT];

/* Reads `value` and stores it unless a stronger source has; a wrong value is an error in either
 * case. */
RASK_MUST_USE rask_status rask_config_apply(struct rask_config *config, int index,
                                            const char *value,
                                            const struct rask_config_origin *origin,
                                            struct rask_error *error);

/* The setting whose name takes the fewest edits to get from `name`; the first of several. */
int rask_config_nearest(const char *name);

/* "RASK_RANK0_WORKS" of a setting. */
void rask_config_variable(int index, char *text, size_t text_bytes);

#endif
