/* SPDX-License-Identifier: BSD-3-Clause */
/* registry.c: the process's list of task functions, and the tables made of it.
 *
 * The list's head is the one variable of the library that changes and belongs to no runtime:
 * constructors run before there is anything to hand them. Entries are only ever put in front, so a
 * list that somebody has the head of never changes, and what lies between a newer head and an older
 * one came later. */
#include "worker/registry.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Atomic(struct rask_function_entry *) newest_entry = NULL;

void rask_function_register(struct rask_function_entry *entry)
{
    if (entry == NULL)
        return;
    entry->next = atomic_load_explicit(&newest_entry, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&newest_entry, &entry->next, entry,
                                                  memory_order_release, memory_order_relaxed))
        continue;
}

const struct rask_function_entry *rask_registry_entries(void)
{
    return atomic_load_explicit(&newest_entry, memory_order_acquire);
}

static int is_name(const char *name)
{
    size_t length = name == NULL ? 0 : strlen(name);
    for (size_t i = 0; i < length; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return 0;
    return length >= 1 && length <= RASK_FUNCTION_NAME_MOST;
}

static int compare_entries(const void *a, const void *b)
{
    const struct rask_function_entry *const *left = a;
    const struct rask_function_entry *const *right = b;
    return strcmp((*left)->function->name, (*right)->function->name);
}

/* The list as an array sorted by name; checks each entry by itself. [give] *sorted. */
static rask_status sort_entries(const struct rask_function_entry *entries,
                                const struct rask_function_entry ***sorted, size_t *count,
                                struct rask_error *error)
{
    size_t n = 0;
    for (const struct rask_function_entry *entry = entries; entry != NULL; entry = entry->next) {
        if (!is_name(entry->function->name) || entry->function->run == NULL)
            return rask_error_set(
                error, RASK_ERR_ARGUMENT,
                "the task function registered at %s:%d has no function, or a name that is not 1 "
                "to %d printable characters without blanks: register it with RASK_TASK",
                entry->file, entry->line, RASK_FUNCTION_NAME_MOST);
        n++;
    }
    *sorted = rask_alloc(n * sizeof **sorted);
    if (*sorted == NULL)
        return rask_error_memory(error, n * sizeof **sorted, "the table of task functions");
    *count = 0;
    for (const struct rask_function_entry *entry = entries; entry != NULL; entry = entry->next)
        (*sorted)[(*count)++] = entry;
    if (n > 1)
        qsort(*sorted, n, sizeof **sorted, compare_entries);
    return RASK_OK;
}

/* Fills functions and count from sorted entries; `functions` has room for all of them. */
static rask_status collect(struct rask_registry *registry,
                           const struct rask_function_entry *const *sorted, size_t n,
                           struct rask_error *error)
{
    for (size_t i = 0; i < n; i++) {
        const struct rask_function *function = sorted[i]->function;
        const struct rask_function *last = i == 0 ? NULL : sorted[i - 1]->function;
        if (last == NULL || strcmp(last->name, function->name) != 0) {
            registry->functions[registry->count++] = function;
            continue;
        }
        if (last->run != function->run || last->version != function->version)
            return rask_error_set(
                error, RASK_ERR_ARGUMENT,
                "two task functions are named \"%s\": version %" PRIu32 " at %s:%d and version "
                "%" PRIu32 " at %s:%d: rename one of them",
                function->name, last->version, sorted[i - 1]->file, sorted[i - 1]->line,
                function->version, sorted[i]->file, sorted[i]->line);
    }
    return RASK_OK;
}

/* The names with their versions, and their digest. */
static rask_status describe(struct rask_registry *registry, struct rask_error *error)
{
    struct rask_buf names = {0};
    int has_room = 1;
    for (uint32_t i = 0; i < registry->count && has_room; i++) {
        const struct rask_function *function = registry->functions[i];
        rask_status status =
            function->version == 0
                ? rask_buf_printf(&names, "%s", function->name)
                : rask_buf_printf(&names, "%s version %" PRIu32, function->name, function->version);
        has_room = status == RASK_OK && rask_buf_append(&names, "", 1) == 0;
    }
    registry->names = (char *)names.data;
    registry->names_bytes = names.size;
    if (!has_room)
        return rask_error_memory(error, names.size + RASK_FUNCTION_NAME_MOST,
                                 "the names of task functions");
    registry->digest = rask_hash128(names.data, names.size);
    return RASK_OK;
}

/* The table by pointer. In order of the names, so that the first name of a function is the one
 * found. */
static rask_status index_pointers(struct rask_registry *registry, struct rask_error *error)
{
    registry->slot_shift = 63;
    while (UINT64_MAX >> registry->slot_shift < (uint64_t)registry->count * 2)
        registry->slot_shift--;
    uint64_t last = UINT64_MAX >> registry->slot_shift;
    registry->slots = rask_alloc_zeroed((size_t)last + 1, sizeof *registry->slots);
    if (registry->slots == NULL)
        return rask_error_memory(error, (last + 1) * sizeof *registry->slots,
                                 "the table of task functions");
    for (uint32_t i = 0; i < registry->count; i++) {
        rask_function_pointer run = registry->functions[i]->run;
        uint64_t place = rask_registry_slot_of(registry, run);
        while (registry->slots[place].run != NULL && registry->slots[place].run != run)
            place = (place + 1) & last;
        if (registry->slots[place].run == NULL)
            registry->slots[place] = (struct rask_registry_slot){run, i};
    }
    return RASK_OK;
}

/* Fills a zeroed registry; what it has allocated when it fails is the registry's all the same. */
static rask_status fill(struct rask_registry *registry, const struct rask_function_entry *entries,
                        struct rask_error *error)
{
    const struct rask_function_entry **sorted = NULL;
    size_t n = 0;
    rask_status status = sort_entries(entries, &sorted, &n, error);
    if (status != RASK_OK)
        return status;
    registry->entries = entries;
    registry->functions = rask_alloc(n * sizeof *registry->functions);
    if (registry->functions == NULL)
        status = rask_error_memory(error, n * sizeof *registry->functions,
                                   "the table of task functions");
    if (status == RASK_OK)
        status = collect(registry, sorted, n, error);
    if (status == RASK_OK)
        status = describe(registry, error);
    if (status == RASK_OK)
        status = index_pointers(registry, error);
    rask_free(sorted);
    return status;
}

rask_status rask_registry_new(const struct rask_function_entry *entries,
                              struct rask_registry **registry, struct rask_error *error)
{
    struct rask_registry *made = rask_alloc_zeroed(1, sizeof *made);
    if (made == NULL)
        return rask_error_memory(error, sizeof *made, "the table of task functions");
    rask_status status = fill(made, entries, error);
    if (status != RASK_OK) {
        rask_registry_free(made);
        return status;
    }
    *registry = made;
    return RASK_OK;
}

void rask_registry_free(struct rask_registry *registry)
{
    if (registry == NULL)
        return;
    rask_free(registry->functions);
    rask_free(registry->slots);
    rask_free(registry->names);
    rask_free(registry);
}

uint32_t rask_registry_find_name(const struct rask_registry *registry, const char *name)
{
    uint32_t begin = 0;
    uint32_t end = registry->count;
    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;
        int order = strcmp(name, registry->functions[middle]->name);
        if (order == 0)
            return middle;
        if (order < 0)
            end = middle;
        else
            begin = middle + 1;
    }
    return RASK_REGISTRY_NONE;
}

/* The entry of a function that was registered after the registry was made, or NULL. */
static const struct rask_function_entry *late_entry(const struct rask_registry *registry,
                                                    const char *name, rask_function_pointer run)
{
    const struct rask_function_entry *entry = rask_registry_entries();
    for (; entry != NULL && entry != registry->entries; entry = entry->next) {
        const struct rask_function *function = entry->function;
        if (name == NULL ? function->run == run
                         : function->name != NULL && strcmp(function->name, name) == 0)
            return entry;
    }
    return NULL;
}

/* The name of a function as the dynamic linker knows it, NULL for static ones. */
static const char *symbol_of(rask_function_pointer run)
{
    Dl_info info;
    void *address = NULL;
    _Static_assert(sizeof address == sizeof run, "POSIX: a function's address fits a pointer");
    memcpy(&address, &run, sizeof address);
    if (dladdr(address, &info) == 0 || info.dli_saddr != address)
        return NULL;
    return info.dli_sname;
}

rask_status rask_registry_unknown(const struct rask_registry *registry, const char *name,
                                  rask_function_pointer run, struct rask_error *error)
{
    const struct rask_function_entry *late = late_entry(registry, name, run);
    if (late != NULL)
        return rask_error_set(
            error, RASK_ERR_STATE,
            "task function \"%s\" (%s:%d) was registered after the start: load plug-ins "
            "before it",
            late->function->name, late->file, late->line);
    if (name != NULL)
        return rask_error_set(
            error, RASK_ERR_UNKNOWN_FUNCTION,
            "no task function is named \"%s\": write RASK_TASK(%s) after its definition, and "
            "load plug-ins before the start",
            name, name);
    if (run == NULL)
        return rask_error_set(error, RASK_ERR_UNKNOWN_FUNCTION,
                              "the call names no task function: give a function or a name");
    const char *symbol = symbol_of(run);
    if (symbol != NULL)
        return rask_error_set(error, RASK_ERR_UNKNOWN_FUNCTION,
                              "%s is not a task function: write RASK_TASK(%s) after its definition",
                              symbol, symbol);
    return rask_error_set(error, RASK_ERR_UNKNOWN_FUNCTION,
                          "the function at address 0x%" PRIxPTR " is not a task function: write "
                          "RASK_TASK(function) after its definition",
                          (uintptr_t)run);
}
