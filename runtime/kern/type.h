/* SPDX-License-Identifier: BSD-3-Clause */
/* type.h: the types that a column of a frame can have, and their names.
 *
 * The numbers are part of flat forms (plans, tables) and never change; new types are appended. */
#ifndef RASK_KERN_TYPE_H
#define RASK_KERN_TYPE_H

#include <stddef.h>
#include <stdint.h>

/* X(NAME, number, text): every column type. */
#define RASK_TYPE_LIST(X)      \
    X(INT64, 0, "int64")       \
    X(FLOAT64, 1, "float64")   \
    X(BOOL, 2, "bool")         \
    X(DATE, 3, "date")         \
    X(DATETIME, 4, "datetime") \
    X(TEXT, 5, "text")

typedef enum rask_type {
#define RASK_TYPE_ENUM(name, number, text) RASK_TYPE_##name = (number),
    RASK_TYPE_LIST(RASK_TYPE_ENUM)
#undef RASK_TYPE_ENUM
} rask_type;

#define RASK_N_TYPES 6

/* "int64", "text", ...; "?" for a number that is no type. Owns: static string. */
const char *rask_type_name(uint32_t type);

/* The type of that name in *type and 1, or 0 when there is none. */
int rask_type_find(const char *name, rask_type *type);

/* Whether sums, means and variances of the type mean something: int64, float64, bool. */
static inline int rask_type_is_number(uint32_t type)
{
    return type <= RASK_TYPE_BOOL;
}

#endif
