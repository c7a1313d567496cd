/* SPDX-License-Identifier: BSD-3-Clause */
/* registry.h: the table of task functions that a runtime works with, made once at its start.
 *
 * The process's functions are a list that constructors fill before main (rask/function.h). At the
 * start it is copied into a registry: sorted by name, so that a function has the same index on
 * every rank, and never changed again. Functions registered later are not in it.
 * Thread: any; a registry is read-only. */
#ifndef RASK_WORKER_REGISTRY_H
#define RASK_WORKER_REGISTRY_H

#include "base/key.h"

#include <assert.h>
#include <rask/function.h>
#include <stddef.h>
#include <stdint.h>

#define RASK_REGISTRY_NONE UINT32_MAX /* an index that is none */

struct rask_registry_slot {
    rask_function_pointer run; /* NULL: empty */
    uint32_t index;
};

struct rask_registry {
    const struct rask_function **functions; /* sorted by name; each name once */
    uint32_t count;
    struct rask_registry_slot *slots; /* by pointer: open addressing, at most half full */
    uint32_t slot_shift; /* there are 2^(64 - slot_shift) slots */
    /* Per function, in the same order: "name" or "name version N", zero-terminated. */
    char *names;
    size_t names_bytes;
    struct rask_key128 digest; /* of `names`: same functions in same versions */
    const struct rask_function_entry *entries; /* newest entry of the list it was made from */
};

/* The process's functions, newest first. */
const struct rask_function_entry *rask_registry_entries(void);

/* Makes a registry of a list of functions. One function that is listed twice counts once.
 * Errors: RASK_ERR_ARGUMENT (two functions of one name, or two versions of one function: names both
 * places; a name that is none), RASK_ERR_MEMORY.
 * Owns: [give] freed by rask_registry_free; borrows the functions. */
rask_status rask_registry_new(const struct rask_function_entry *entries,
                              struct rask_registry **registry, struct rask_error *error);
void rask_registry_free(struct rask_registry *registry);

/* The function of an index, 0 .. count - 1. */
static inline const struct rask_function *rask_registry_at(const struct rask_registry *registry,
                                                           uint32_t index)
{
    assert(index < registry->count);
    return registry->functions[index];
}

static inline uint64_t rask_registry_slot_of(const struct rask_registry *registry,
                                             rask_function_pointer run)
{
    return (uint64_t)(uintptr_t)run * UINT64_C(0x9e3779b97f4a7c15) >> registry->slot_shift;
}

/* The index of a function, or RASK_REGISTRY_NONE. Of several names of one function: the first. */
static inline uint32_t rask_registry_find(const struct rask_registry *registry,
                                          rask_function_pointer run)
{
    uint64_t last = UINT64_MAX >> registry->slot_shift;
    uint64_t place = rask_registry_slot_of(registry, run);
    while (registry->slots[place].run != run && registry->slots[place].run != NULL)
        place = (place + 1) & last;
    return registry->slots[place].run == NULL ? RASK_REGISTRY_NONE : registry->slots[place].index;
}

/* The index of a name, or RASK_REGISTRY_NONE. */
uint32_t rask_registry_find_name(const struct rask_registry *registry, const char *name);

/* The error for a function that was not found, by name, or by pointer if `name` is NULL: says why
 * and what to do. RASK_ERR_STATE if it was registered after the registry was made, else
 * RASK_ERR_UNKNOWN_FUNCTION. */
rask_status rask_registry_unknown(const struct rask_registry *registry, const char *name,
                                  rask_function_pointer run, struct rask_error *error);

#endif
