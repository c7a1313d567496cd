/* SPDX-License-Identifier: BSD-3-Clause */
/* topo.c: the only user of hwloc, see topo.h.
 *
 * Loading copies what Rask asks for (cores, NUMA nodes, sizes) into flat arrays, out of hwloc or,
 * for a light topology, out of the kernel's files; all queries read these arrays, so they are the
 * same for both and need no lock.
 *
 * hwloc is told to leave out what costs time and is not used: I/O devices, misc objects, caches
 * below L2, and its x86 component, which moves the thread over all PUs to ask each its cpuid. */
#include "place/topo.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "place/cpuset.h"
#include "place/sysfs.h"

#include <assert.h>
#include <errno.h>
#include <hwloc.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define XML_FILE_BYTES (UINT64_C(64) << 20) /* largest recorded machine: hwloc writes < 100 kB */
#define MODEL_BYTES 96 /* of a processor's name */

struct rask_topo {
    struct rask_core *cores; /* in order, never none */
    size_t n_cores;
    struct rask_topo_numa *numas; /* by number */
    size_t n_numas;
    char *own_cpuset;
    char *all_cpuset;
    struct rask_topo_caches caches;
    char model[MODEL_BYTES]; /* of the processor; "" if unknown */
    uint8_t is_machine;
};

/* ---- from hwloc to arrays ---- */

static rask_status memory_error(struct rask_error *error, uint64_t bytes)
{
    return rask_error_memory(error, bytes, "the machine's topology");
}

static rask_status copy_bitmap(hwloc_const_bitmap_t bitmap, struct rask_idset *set,
                               struct rask_error *error)
{
    int last = hwloc_bitmap_last(bitmap);
    if (last > RASK_CPUSET_MAX_PU)
        return rask_error_set(error, RASK_ERR_LIMIT, "PU %d has a number above %d", last,
                              RASK_CPUSET_MAX_PU);
    for (int pu = hwloc_bitmap_first(bitmap); pu >= 0; pu = hwloc_bitmap_next(bitmap, pu))
        if (rask_idset_add(set, (uint32_t)pu) != 0)
            return memory_error(error, (uint64_t)last / 8);
    return RASK_OK;
}

/* Prints a set into heap text. */
static rask_status print_set(const struct rask_idset *set, char **text, struct rask_error *error)
{
    struct rask_buf buf;
    rask_buf_init(&buf, 0);
    rask_status status = rask_cpuset_print(set, &buf, error);
    if (status == RASK_OK) {
        *text = rask_strdup((const char *)buf.data);
        if (*text == NULL)
            status = memory_error(error, buf.size + 1);
    }
    rask_buf_release(&buf);
    return status;
}

/* Prints a set into the field of a core. */
static rask_status print_core(const struct rask_idset *set, struct rask_core *core,
                              struct rask_error *error)
{
    char *text = NULL;
    rask_status status = print_set(set, &text, error);
    if (status == RASK_OK && strlen(text) >= sizeof core->cpuset)
        status = rask_error_set(error, RASK_ERR_LIMIT, "core %d has too many PUs: %.100s",
                                core->core, text);
    if (status == RASK_OK) {
        rask_text_copy(core->cpuset, sizeof core->cpuset, text);
        core->n_pus = (int32_t)rask_idset_count(set);
    }
    rask_free(text);
    return status;
}

static rask_status copy_core(hwloc_topology_t hwloc, hwloc_obj_t object, struct rask_core *core,
                             struct rask_error *error)
{
    hwloc_obj_t package = hwloc_get_ancestor_obj_by_type(hwloc, HWLOC_OBJ_PACKAGE, object);
    *core = (struct rask_core){.core = (int32_t)object->logical_index,
                               .package = package != NULL ? (int32_t)package->logical_index : 0,
                               .numa = hwloc_bitmap_first(object->nodeset)};
    struct rask_idset pus = {0};
    rask_status status = copy_bitmap(object->cpuset, &pus, error);
    if (status == RASK_OK)
        status = print_core(&pus, core, error);
    rask_idset_release(&pus);
    return status;
}

static rask_status copy_cores(struct rask_topo *topo, hwloc_topology_t hwloc,
                              struct rask_error *error)
{
    hwloc_obj_type_t type = HWLOC_OBJ_CORE;
    int n = hwloc_get_nbobjs_by_type(hwloc, type);
    if (n <= 0) {
        type = HWLOC_OBJ_PU;
        n = hwloc_get_nbobjs_by_type(hwloc, type);
    }
    if (n <= 0)
        return rask_error_set(error, RASK_ERR_SYSTEM, "hwloc finds no processing unit");
    size_t count = (size_t)n;
    topo->cores = rask_alloc_zeroed(count, sizeof *topo->cores);
    if (topo->cores == NULL)
        return memory_error(error, count * sizeof *topo->cores);
    for (; topo->n_cores < count; topo->n_cores++) {
        hwloc_obj_t object = hwloc_get_obj_by_type(hwloc, type, (unsigned)topo->n_cores);
        rask_status status = copy_core(hwloc, object, &topo->cores[topo->n_cores], error);
        if (status != RASK_OK)
            return status;
    }
    return RASK_OK;
}

static int32_t cores_of_numa(const struct rask_topo *topo, int32_t numa)
{
    int32_t n = 0;
    for (size_t i = 0; i < topo->n_cores; i++)
        n += topo->cores[i].numa == numa;
    return n;
}

static rask_status copy_numas(struct rask_topo *topo, hwloc_topology_t hwloc,
                              struct rask_error *error)
{
    hwloc_const_bitmap_t nodes = hwloc_topology_get_topology_nodeset(hwloc);
    int n = hwloc_bitmap_weight(nodes);
    if (n <= 0)
        return RASK_OK;
    topo->numas = rask_alloc_zeroed((size_t)n, sizeof *topo->numas);
    if (topo->numas == NULL)
        return memory_error(error, (size_t)n * sizeof *topo->numas);
    for (int numa = hwloc_bitmap_first(nodes); numa >= 0; numa = hwloc_bitmap_next(nodes, numa)) {
        hwloc_obj_t object = hwloc_get_numanode_obj_by_os_index(hwloc, (unsigned)numa);
        struct rask_topo_numa *entry = &topo->numas[topo->n_numas++];
        entry->numa = numa;
        entry->n_cores = cores_of_numa(topo, numa);
        entry->memory_bytes = object != NULL ? object->attr->numanode.local_memory : 0;
    }
    return RASK_OK;
}

/* Size of the cache of that type above the first core, and how many cores share it. */
static void copy_cache(hwloc_topology_t hwloc, hwloc_obj_type_t type, uint64_t *bytes,
                       int32_t *n_cores)
{
    hwloc_obj_t pu = hwloc_get_obj_by_type(hwloc, HWLOC_OBJ_PU, 0);
    hwloc_obj_t cache = hwloc_get_ancestor_obj_by_type(hwloc, type, pu);
    if (cache == NULL)
        return;
    *bytes = cache->attr->cache.size;
    int n = hwloc_get_nbobjs_inside_cpuset_by_type(hwloc, cache->cpuset, HWLOC_OBJ_CORE);
    *n_cores = n > 0 ? n : hwloc_bitmap_weight(cache->cpuset);
}

static void copy_model(struct rask_topo *topo, hwloc_topology_t hwloc)
{
    hwloc_obj_t package = hwloc_get_obj_by_type(hwloc, HWLOC_OBJ_PACKAGE, 0);
    hwloc_obj_t root = hwloc_get_root_obj(hwloc);
    const char *model = package != NULL ? hwloc_obj_get_info_by_name(package, "CPUModel") : NULL;
    if (model == NULL)
        model = hwloc_obj_get_info_by_name(root, "CPUModel");
    rask_text_copy(topo->model, sizeof topo->model, model != NULL ? model : "");
}

/* ---- cpusets of the whole and of this process ---- */

static rask_status add_all_pus(const struct rask_topo *topo, struct rask_idset *set,
                               struct rask_error *error)
{
    rask_status status = RASK_OK;
    for (size_t i = 0; status == RASK_OK && i < topo->n_cores; i++)
        status = rask_cpuset_parse(topo->cores[i].cpuset, set, error);
    return status;
}

/* The affinity mask of the process's main thread. The kernel wants a mask as wide as its own, so
 * it is grown until it fits. */
static rask_status read_affinity(struct rask_idset *set, struct rask_error *error)
{
    int n_pus = CPU_SETSIZE;
    cpu_set_t *mask = NULL;
    size_t bytes = 0;
    for (;; n_pus *= 2) {
        bytes = CPU_ALLOC_SIZE((size_t)n_pus);
        mask = rask_alloc_zeroed(1, bytes);
        if (mask == NULL)
            return memory_error(error, bytes);
        if (sched_getaffinity(getpid(), bytes, mask) == 0)
            break;
        int reason = errno;
        rask_free(mask);
        if (reason != EINVAL || n_pus > RASK_CPUSET_MAX_PU)
            return rask_error_set(error, RASK_ERR_SYSTEM, "the process's cpuset cannot be read: %s",
                                  strerror(reason));
    }
    rask_status status = RASK_OK;
    for (int pu = 0; status == RASK_OK && pu < n_pus; pu++)
        if (CPU_ISSET_S((size_t)pu, bytes, mask) && rask_idset_add(set, (uint32_t)pu) != 0)
            status = memory_error(error, bytes);
    rask_free(mask);
    return status;
}

static rask_status make_cpusets(struct rask_topo *topo, struct rask_error *error)
{
    struct rask_idset all = {0};
    struct rask_idset own = {0};
    rask_status status = add_all_pus(topo, &all, error);
    if (status == RASK_OK)
        status = print_set(&all, &topo->all_cpuset, error);
    if (status == RASK_OK && topo->is_machine) {
        status = read_affinity(&own, error);
        rask_idset_intersect(&all, &own);
    }
    if (status == RASK_OK)
        status = print_set(&all, &topo->own_cpuset, error);
    rask_idset_release(&all);
    rask_idset_release(&own);
    return status;
}

/* ---- loading ---- */

/* The whole file, ended by a zero, in heap memory; `bytes` counts the zero. */
static rask_status read_file(const char *path, char **data, size_t *bytes, struct rask_error *error)
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return rask_error_set(error, RASK_ERR_IO, "topology file %s: %s", path, strerror(errno));
    struct rask_buf buf;
    rask_buf_init(&buf, XML_FILE_BYTES);
    char block[8192];
    size_t got = 0;
    rask_status status = RASK_OK;
    while (status == RASK_OK && (got = fread(block, 1, sizeof block, file)) > 0)
        if (rask_buf_append(&buf, block, got) != 0)
            status = rask_error_set(error, RASK_ERR_IO, "topology file %s is too long", path);
    if (status == RASK_OK && ferror(file))
        status = rask_error_set(error, RASK_ERR_IO, "topology file %s: %s", path, strerror(errno));
    if (status == RASK_OK && rask_buf_append(&buf, "", 1) != 0)
        status = memory_error(error, buf.size + 1);
    fclose(file);
    if (status != RASK_OK) {
        rask_buf_release(&buf);
        return status;
    }
    *data = (char *)buf.data;
    *bytes = buf.size;
    return RASK_OK;
}

static rask_status set_xml(hwloc_topology_t hwloc, const char *path, struct rask_error *error)
{
    char *data = NULL;
    size_t bytes = 0;
    rask_status status = read_file(path, &data, &bytes, error);
    if (status != RASK_OK)
        return status;
    if (hwloc_topology_set_xmlbuffer(hwloc, data, (int)bytes) != 0)
        status = rask_error_set(error, RASK_ERR_IO,
                                "%s is not a topology in hwloc's XML; record one with: lstopo %s",
                                path, "file.xml");
    rask_free(data);
    return status;
}

static rask_status set_source(hwloc_topology_t hwloc, enum rask_topo_source source,
                              const char *text, struct rask_error *error)
{
    hwloc_topology_set_io_types_filter(hwloc, HWLOC_TYPE_FILTER_KEEP_NONE);
    hwloc_topology_set_icache_types_filter(hwloc, HWLOC_TYPE_FILTER_KEEP_NONE);
    hwloc_topology_set_type_filter(hwloc, HWLOC_OBJ_MISC, HWLOC_TYPE_FILTER_KEEP_NONE);
    hwloc_topology_set_type_filter(hwloc, HWLOC_OBJ_L1CACHE, HWLOC_TYPE_FILTER_KEEP_NONE);
    if (source == RASK_TOPO_XML_FILE)
        return set_xml(hwloc, text, error);
    if (source == RASK_TOPO_MACHINE) {
        hwloc_topology_set_components(hwloc, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86");
        return RASK_OK;
    }
    if (hwloc_topology_set_synthetic(hwloc, text) != 0)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "\"%.200s\" does not describe a machine; an example that does: "
                              "\"pack:2 numa:4 core:8 pu:2\"",
                              text);
    return RASK_OK;
}

static rask_status load_hwloc(enum rask_topo_source source, const char *text,
                              hwloc_topology_t *hwloc, struct rask_error *error)
{
    if (hwloc_topology_init(hwloc) != 0)
        return memory_error(error, 0);
    rask_status status = set_source(*hwloc, source, text, error);
    if (status == RASK_OK && hwloc_topology_load(*hwloc) != 0) {
        int reason = errno;
        if (source == RASK_TOPO_XML_FILE)
            status = rask_error_set(error, RASK_ERR_IO, "%s is not a topology that hwloc can load",
                                    text);
        else
            status = rask_error_set(error, RASK_ERR_SYSTEM, "hwloc cannot load the machine: %s",
                                    strerror(reason));
    }
    if (status != RASK_OK)
        hwloc_topology_destroy(*hwloc);
    return status;
}

static rask_status fill_from_hwloc(struct rask_topo *topo, hwloc_topology_t hwloc,
                                   struct rask_error *error)
{
    topo->is_machine = hwloc_topology_is_thissystem(hwloc) != 0;
    rask_status status = copy_cores(topo, hwloc, error);
    if (status == RASK_OK)
        status = copy_numas(topo, hwloc, error);
    if (status == RASK_OK)
        status = make_cpusets(topo, error);
    if (status != RASK_OK)
        return status;
    copy_cache(hwloc, HWLOC_OBJ_L2CACHE, &topo->caches.l2_bytes, &topo->caches.l2_cores);
    copy_cache(hwloc, HWLOC_OBJ_L3CACHE, &topo->caches.l3_bytes, &topo->caches.l3_cores);
    copy_model(topo, hwloc);
    return RASK_OK;
}

rask_status rask_topo_load(enum rask_topo_source source, const char *text, struct rask_topo **topo,
                           struct rask_error *error)
{
    if (source != RASK_TOPO_MACHINE && text == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "a topology needs a file or a description");
    hwloc_topology_t hwloc;
    struct rask_topo *made = rask_alloc_zeroed(1, sizeof *made);
    if (made == NULL)
        return memory_error(error, sizeof *made);
    rask_status status = load_hwloc(source, text, &hwloc, error);
    if (status == RASK_OK) {
        status = fill_from_hwloc(made, hwloc, error);
        hwloc_topology_destroy(hwloc);
    }
    if (status != RASK_OK) {
        rask_topo_free(made);
        return status;
    }
    *topo = made;
    return RASK_OK;
}

rask_status rask_topo_load_light(struct rask_topo **topo, struct rask_error *error)
{
    struct rask_sysfs machine;
    rask_status status = rask_sysfs_read("/sys/devices/system", &machine, error);
    if (status == RASK_END)
        return rask_topo_load(RASK_TOPO_MACHINE, NULL, topo, error);
    if (status != RASK_OK)
        return status;
    struct rask_topo *made = rask_alloc_zeroed(1, sizeof *made);
    if (made == NULL) {
        rask_sysfs_release(&machine);
        return memory_error(error, sizeof *made);
    }
    made->cores = machine.cores;
    made->n_cores = machine.n_cores;
    made->numas = machine.numas;
    made->n_numas = machine.n_numas;
    made->is_machine = 1;
    status = make_cpusets(made, error);
    if (status != RASK_OK) {
        rask_topo_free(made);
        return status;
    }
    *topo = made;
    return RASK_OK;
}

void rask_topo_free(struct rask_topo *topo)
{
    if (topo == NULL)
        return;
    rask_free(topo->cores);
    rask_free(topo->numas);
    rask_free(topo->own_cpuset);
    rask_free(topo->all_cpuset);
    rask_free(topo);
}

/* ---- queries ---- */

int rask_topo_is_machine(const struct rask_topo *topo)
{
    return topo->is_machine;
}

const char *rask_topo_own_cpuset(const struct rask_topo *topo)
{
    return topo->own_cpuset;
}

const char *rask_topo_all_cpuset(const struct rask_topo *topo)
{
    return topo->all_cpuset;
}

const struct rask_core *rask_topo_cores(const struct rask_topo *topo, size_t *n_cores)
{
    *n_cores = topo->n_cores;
    return topo->cores;
}

const struct rask_topo_numa *rask_topo_numas(const struct rask_topo *topo, size_t *n_numas)
{
    *n_numas = topo->n_numas;
    return topo->numas;
}

struct rask_topo_caches rask_topo_caches(const struct rask_topo *topo)
{
    return topo->caches;
}

/* Copies `core` with those of its PUs that are in `set`; `scratch` is for the PUs. */
static rask_status cut_core(const struct rask_core *core, const struct rask_idset *set,
                            struct rask_idset *scratch, struct rask_core *cut,
                            struct rask_error *error)
{
    rask_idset_clear(scratch);
    rask_status status = rask_cpuset_parse(core->cpuset, scratch, error);
    if (status != RASK_OK)
        return status;
    rask_idset_intersect(scratch, set);
    *cut = *core;
    return print_core(scratch, cut, error);
}

static rask_status cut_cores(const struct rask_topo *topo, const struct rask_idset *set,
                             struct rask_core *cores, size_t *n_cores, struct rask_error *error)
{
    struct rask_idset scratch = {0};
    rask_status status = RASK_OK;
    size_t n = 0;
    for (size_t i = 0; status == RASK_OK && i < topo->n_cores; i++) {
        status = cut_core(&topo->cores[i], set, &scratch, &cores[n], error);
        if (status == RASK_OK && cores[n].n_pus > 0)
            n++;
    }
    *n_cores = n;
    rask_idset_release(&scratch);
    return status;
}

rask_status rask_topo_cores_in(const struct rask_topo *topo, const char *cpuset,
                               struct rask_core **cores, size_t *n_cores, struct rask_error *error)
{
    struct rask_idset set = {0};
    struct rask_core *made = NULL;
    size_t n = 0;
    rask_status status = rask_cpuset_parse(cpuset, &set, error);
    if (status == RASK_OK) {
        made = rask_alloc_zeroed(topo->n_cores, sizeof *made);
        status = made != NULL ? cut_cores(topo, &set, made, &n, error)
                              : memory_error(error, topo->n_cores * sizeof *made);
    }
    rask_idset_release(&set);
    if (status != RASK_OK || n == 0) {
        rask_free(made);
        made = NULL;
    }
    if (status != RASK_OK)
        return status;
    *cores = made;
    *n_cores = n;
    return RASK_OK;
}

/* Whether one of the first `n` cores of the list has the same package (or NUMA node) as core n. */
static int is_package_seen(const struct rask_core *cores, size_t n)
{
    for (size_t i = n; i-- > 0;)
        if (cores[i].package == cores[n].package)
            return 1;
    return 0;
}

static int is_numa_seen(const struct rask_core *cores, size_t n)
{
    for (size_t i = n; i-- > 0;)
        if (cores[i].numa == cores[n].numa)
            return 1;
    return 0;
}

static struct rask_topo_counts count_cores(const struct rask_core *cores, size_t n)
{
    struct rask_topo_counts counts = {.n_cores = (int32_t)n};
    for (size_t i = 0; i < n; i++) {
        counts.n_pus += cores[i].n_pus;
        counts.n_packages += !is_package_seen(cores, i);
        counts.n_numas += cores[i].numa >= 0 && !is_numa_seen(cores, i);
    }
    return counts;
}

rask_status rask_topo_count(const struct rask_topo *topo, const char *cpuset,
                            struct rask_topo_counts *counts, struct rask_error *error)
{
    if (cpuset == NULL) {
        *counts = count_cores(topo->cores, topo->n_cores);
        counts->n_numas = (int32_t)topo->n_numas;
        return RASK_OK;
    }
    struct rask_core *cores = NULL;
    size_t n = 0;
    rask_status status = rask_topo_cores_in(topo, cpuset, &cores, &n, error);
    if (status != RASK_OK)
        return status;
    *counts = count_cores(cores, n);
    rask_free(cores);
    return RASK_OK;
}

/* ---- text ---- */

/* Appends ", 512 KiB L2" or ", 32 MiB L3 for every 8 cores". */
static rask_status describe_cache(struct rask_buf *buf, const char *name, uint64_t bytes,
                                  int32_t n_cores)
{
    if (bytes == 0)
        return RASK_OK;
    int is_mib = bytes >= UINT64_C(1) << 20 && bytes % (UINT64_C(1) << 20) == 0;
    uint64_t size = is_mib ? bytes >> 20 : bytes >> 10;
    const char *unit = is_mib ? "MiB" : "KiB";
    if (n_cores > 1)
        return rask_buf_printf(buf, ", %" PRIu64 " %s %s for every %d cores", size, unit, name,
                               n_cores);
    return rask_buf_printf(buf, ", %" PRIu64 " %s %s per core", size, unit, name);
}

static rask_status describe_memory(const struct rask_topo *topo, struct rask_buf *buf)
{
    uint64_t total = 0;
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;
    for (size_t i = 0; i < topo->n_numas; i++) {
        uint64_t bytes = topo->numas[i].memory_bytes;
        total += bytes;
        least = bytes < least ? bytes : least;
        most = bytes > most ? bytes : most;
    }
    double gib = (double)(UINT64_C(1) << 30);
    if (total == 0)
        return RASK_OK;
    rask_status status = rask_buf_printf(buf, ", %.1f GiB memory", (double)total / gib);
    if (status != RASK_OK || topo->n_numas < 2)
        return status;
    if (least == most)
        return rask_buf_printf(buf, " (%.1f GiB per NUMA node)", (double)most / gib);
    return rask_buf_printf(buf, " (%.1f to %.1f GiB per NUMA node)", (double)least / gib,
                           (double)most / gib);
}

static rask_status describe_counts(struct rask_buf *buf, const struct rask_topo_counts *counts)
{
    return rask_buf_printf(buf, "%d package%s, %d NUMA node%s, %d core%s, %d hardware thread%s",
                           counts->n_packages, counts->n_packages == 1 ? "" : "s", counts->n_numas,
                           counts->n_numas == 1 ? "" : "s", counts->n_cores,
                           counts->n_cores == 1 ? "" : "s", counts->n_pus,
                           counts->n_pus == 1 ? "" : "s");
}

static rask_status describe(const struct rask_topo *topo, const struct rask_topo_counts *own,
                            struct rask_buf *buf)
{
    assert(topo->n_cores > 0);
    struct rask_topo_counts all = count_cores(topo->cores, topo->n_cores);
    all.n_numas = (int32_t)topo->n_numas;
    rask_status status = RASK_OK;
    if (topo->model[0] != '\0')
        status = rask_buf_printf(buf, "%s: ", topo->model);
    if (status == RASK_OK)
        status = describe_counts(buf, &all);
    if (status == RASK_OK)
        status = describe_cache(buf, "L2", topo->caches.l2_bytes, topo->caches.l2_cores);
    if (status == RASK_OK)
        status = describe_cache(buf, "L3", topo->caches.l3_bytes, topo->caches.l3_cores);
    if (status == RASK_OK)
        status = describe_memory(topo, buf);
    if (status != RASK_OK)
        return status;
    if (!topo->is_machine)
        return rask_buf_printf(buf, ". This is not the machine we run on.");
    if (own->n_pus == all.n_pus)
        return rask_buf_printf(buf, ". This process may use all of it.");
    return rask_buf_printf(buf, ". This process may use %d of the cores (PUs %s).", own->n_cores,
                           topo->own_cpuset);
}

rask_status rask_topo_describe(const struct rask_topo *topo, char **text, struct rask_error *error)
{
    struct rask_topo_counts own;
    rask_status status = rask_topo_count(topo, topo->own_cpuset, &own, error);
    if (status != RASK_OK)
        return status;
    struct rask_buf buf;
    rask_buf_init(&buf, 0);
    if (describe(topo, &own, &buf) != RASK_OK) {
        size_t bytes = buf.size;
        rask_buf_release(&buf);
        return rask_error_memory(error, bytes, "the description of the machine");
    }
    *text = (char *)buf.data;
    return RASK_OK;
}
