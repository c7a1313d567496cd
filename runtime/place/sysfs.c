/* SPDX-License-Identifier: BSD-3-Clause */
/* sysfs.c: cores and NUMA nodes from the kernel's files, see sysfs.h. Files read below the root:
 *
 *     cpu/online                              the PUs that run
 *     cpu/cpuN/topology/thread_siblings_list  the PUs of N's core
 *     cpu/cpuN/topology/physical_package_id   its package; numbers may have gaps
 *     node/online, node/nodeN/cpulist         NUMA nodes and their PUs
 *
 * Only the first PU of each core is opened. */
#include "place/sysfs.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "place/cpuset.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_BYTES 4096 /* the kernel gives out at most a page */

/* The whole of a small file as text; RASK_END if it cannot be read or is longer. */
static rask_status read_text(const char *root, const char *name, char text[FILE_BYTES])
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", root, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return RASK_END;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return RASK_END;
    size_t size = 0;
    ssize_t got = 0;
    do {
        got = read(file, text + size, FILE_BYTES - size);
        if (got > 0)
            size += (size_t)got;
    } while ((got > 0 && size < FILE_BYTES) || (got < 0 && errno == EINTR));
    close(file);
    if (got < 0 || size == FILE_BYTES)
        return RASK_END;
    text[size] = '\0';
    return RASK_OK;
}

/* A file that holds a list; RASK_END if it is missing or holds something else. */
static rask_status read_list(const char *root, const char *name, struct rask_idset *set,
                             struct rask_error *error)
{
    char text[FILE_BYTES];
    if (read_text(root, name, text) != RASK_OK)
        return RASK_END;
    rask_status status = rask_cpuset_parse(text, set, error);
    return status == RASK_ERR_ARGUMENT ? RASK_END : status;
}

static rask_status read_package(const char *root, uint32_t pu, int32_t *package)
{
    char name[64];
    char text[FILE_BYTES];
    snprintf(name, sizeof name, "cpu/cpu%u/topology/physical_package_id", pu);
    if (read_text(root, name, text) != RASK_OK)
        return RASK_END;
    char *end = NULL;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (end == text || errno != 0 || value > INT32_MAX)
        return RASK_END;
    *package = value < 0 ? 0 : (int32_t)value;
    return RASK_OK;
}

/* One core, that of `pu`, which is its first; `siblings` gets its running PUs. */
static rask_status read_core(const char *root, uint32_t pu, const struct rask_idset *online,
                             struct rask_idset *siblings, struct rask_core *core)
{
    char name[64];
    snprintf(name, sizeof name, "cpu/cpu%u/topology/thread_siblings_list", pu);
    rask_status status = read_list(root, name, siblings, NULL);
    if (status != RASK_OK)
        return status;
    rask_idset_intersect(siblings, online);
    if (rask_idset_next(siblings, 0) != pu)
        return RASK_END;
    *core = (struct rask_core){.core = (int32_t)pu, .numa = -1};
    core->n_pus = (int32_t)rask_idset_count(siblings);
    return read_package(root, pu, &core->package);
}

static rask_status print_core(const struct rask_idset *siblings, struct rask_core *core,
                              struct rask_error *error)
{
    struct rask_buf text;
    rask_buf_init(&text, 0);
    rask_status status = rask_cpuset_print(siblings, &text, error);
    if (status == RASK_OK && text.size >= sizeof core->cpuset)
        status = rask_error_set(error, RASK_ERR_LIMIT, "core of PU %d has too many PUs: %.100s",
                                core->core, (const char *)text.data);
    if (status == RASK_OK)
        rask_text_copy(core->cpuset, sizeof core->cpuset, (const char *)text.data);
    rask_buf_release(&text);
    return status;
}

/* Reads the cores, in order of their first PUs. `left` holds the running PUs and is emptied. */
static rask_status read_cores(const char *root, struct rask_idset *left, struct rask_sysfs *machine,
                              struct rask_error *error)
{
    struct rask_idset siblings = {0};
    rask_status status = RASK_OK;
    uint32_t pu = rask_idset_next(left, 0);
    while (status == RASK_OK && pu != RASK_IDSET_NONE) {
        struct rask_core *core = &machine->cores[machine->n_cores];
        rask_idset_clear(&siblings);
        status = read_core(root, pu, left, &siblings, core);
        if (status == RASK_ERR_MEMORY)
            status = rask_error_memory(error, pu / 8 + 8, "the PUs of a core");
        if (status == RASK_OK)
            status = print_core(&siblings, core, error);
        if (status != RASK_OK)
            break;
        machine->n_cores++;
        for (uint32_t id = pu; id != RASK_IDSET_NONE; id = rask_idset_next(&siblings, id + 1))
            rask_idset_remove(left, id);
        pu = rask_idset_next(left, pu + 1);
    }
    rask_idset_release(&siblings);
    return status;
}

/* Gives the cores of one NUMA node its number. */
static rask_status read_numa(const char *root, uint32_t numa, struct rask_sysfs *machine,
                             struct rask_error *error)
{
    char name[64];
    struct rask_idset pus = {0};
    snprintf(name, sizeof name, "node/node%u/cpulist", numa);
    rask_status status = read_list(root, name, &pus, error);
    struct rask_topo_numa *entry = &machine->numas[machine->n_numas];
    *entry = (struct rask_topo_numa){.numa = (int32_t)numa};
    for (size_t i = 0; status == RASK_OK && i < machine->n_cores; i++) {
        struct rask_core *core = &machine->cores[i];
        if (core->numa >= 0 || !rask_idset_has(&pus, (uint32_t)core->core))
            continue;
        core->numa = (int32_t)numa;
        entry->n_cores++;
    }
    if (status == RASK_OK)
        machine->n_numas++;
    rask_idset_release(&pus);
    return status == RASK_END ? RASK_OK : status;
}

static rask_status read_numas(const char *root, struct rask_sysfs *machine,
                              struct rask_error *error)
{
    struct rask_idset nodes = {0};
    rask_status status = read_list(root, "node/online", &nodes, error);
    if (status == RASK_OK) {
        size_t n = rask_idset_count(&nodes);
        machine->numas = rask_alloc_zeroed(n, sizeof *machine->numas);
        if (machine->numas == NULL)
            status = rask_error_memory(error, n * sizeof *machine->numas, "NUMA nodes");
    }
    for (uint32_t numa = rask_idset_next(&nodes, 0); status == RASK_OK && numa != RASK_IDSET_NONE;
         numa = rask_idset_next(&nodes, numa + 1))
        status = read_numa(root, numa, machine, error);
    rask_idset_release(&nodes);
    return status == RASK_END ? RASK_OK : status;
}

static int compare_cores(const void *left, const void *right)
{
    const struct rask_core *a = left;
    const struct rask_core *b = right;
    if (a->package != b->package)
        return a->package < b->package ? -1 : 1;
    if (a->numa != b->numa)
        return a->numa < b->numa ? -1 : 1;
    return a->core < b->core ? -1 : 1;
}

/* Puts the cores in order and numbers cores and packages from 0 (until now a core carried the
 * number of its first PU, a package the kernel's). */
static void number_cores(struct rask_sysfs *machine)
{
    qsort(machine->cores, machine->n_cores, sizeof *machine->cores, compare_cores);
    int32_t kernel_package = -1;
    int32_t package = -1;
    for (size_t i = 0; i < machine->n_cores; i++) {
        struct rask_core *core = &machine->cores[i];
        if (core->package != kernel_package) {
            kernel_package = core->package;
            package++;
        }
        core->package = package;
        core->core = (int32_t)i;
    }
}

rask_status rask_sysfs_read(const char *root, struct rask_sysfs *machine, struct rask_error *error)
{
    *machine = (struct rask_sysfs){0};
    struct rask_idset online = {0};
    rask_status status = read_list(root, "cpu/online", &online, error);
    if (status == RASK_OK && !rask_idset_any(&online))
        status = RASK_END;
    if (status == RASK_OK) {
        size_t n = rask_idset_count(&online);
        machine->cores = rask_alloc_zeroed(n, sizeof *machine->cores);
        if (machine->cores == NULL)
            status = rask_error_memory(error, n * sizeof *machine->cores, "cores");
    }
    if (status == RASK_OK)
        status = read_cores(root, &online, machine, error);
    if (status == RASK_OK)
        status = read_numas(root, machine, error);
    if (status == RASK_OK)
        number_cores(machine);
    else
        rask_sysfs_release(machine);
    rask_idset_release(&online);
    return status;
}

void rask_sysfs_release(struct rask_sysfs *machine)
{
    rask_free(machine->cores);
    rask_free(machine->numas);
    *machine = (struct rask_sysfs){0};
}
