/* SPDX-License-Identifier: BSD-3-Clause */
/* apply.c: binding calls, see apply.h. Straight to the kernel and not through hwloc, so that the
 * light topology is enough and binding costs one system call. */
#include "place/apply.h"

#include "base/alloc.h"
#include "base/error.h"
#include "place/cpuset.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WORD_BITS (8 * sizeof(unsigned long))

/* ---- threads ---- */

/* Binds the calling thread to a set that is not empty. */
static rask_status bind_to_set(const struct rask_idset *set, const char *cpuset,
                               struct rask_error *error)
{
    assert(rask_idset_any(set));
    size_t n_bits = set->n_words * 64;
    size_t bytes = CPU_ALLOC_SIZE(n_bits);
    cpu_set_t *mask = rask_alloc_zeroed(1, bytes);
    if (mask == NULL)
        return rask_error_memory(error, bytes, "a set of processing units");
    for (uint32_t pu = rask_idset_next(set, 0); pu != RASK_IDSET_NONE;
         pu = rask_idset_next(set, pu + 1))
        CPU_SET_S((size_t)pu, bytes, mask);
    int result = sched_setaffinity(0, bytes, mask);
    int reason = errno;
    rask_free(mask);
    if (result != 0)
        return rask_error_set(error, RASK_ERR_SYSTEM,
                              "a thread could not be bound to PUs %.100s and runs where the system "
                              "puts it: %s",
                              cpuset, strerror(reason));
    return RASK_OK;
}

rask_status rask_place_bind_cpuset(const struct rask_topo *topo, const char *cpuset,
                                   struct rask_error *error)
{
    struct rask_idset set = {0};
    rask_status status = rask_cpuset_parse(cpuset, &set, error);
    if (status == RASK_OK && !rask_idset_any(&set))
        status = rask_error_set(error, RASK_ERR_ARGUMENT, "a thread cannot be bound to no PU");
    if (status == RASK_OK && rask_topo_is_machine(topo))
        status = bind_to_set(&set, cpuset, error);
    rask_idset_release(&set);
    return status;
}

rask_status rask_place_bind_thread(const struct rask_topo *topo, const struct rask_place *place,
                                   struct rask_error *error)
{
    if (place->cpuset[0] == '\0')
        return RASK_OK;
    return rask_place_bind_cpuset(topo, place->cpuset, error);
}

/* ---- memory ---- */

static int has_numa(const struct rask_topo_numa *numas, size_t n, int32_t numa)
{
    for (size_t i = 0; i < n; i++)
        if (numas[i].numa == numa)
            return 1;
    return 0;
}

/* mbind(2) of the pages of an area; 0 or the reason. */
static int bind_pages(void *address, size_t bytes, int32_t numa)
{
    assert(numa >= 0 && numa <= RASK_CPUSET_MAX_PU);
    unsigned long nodes[(RASK_CPUSET_MAX_PU + 1) / WORD_BITS] = {0};
    nodes[(size_t)numa / WORD_BITS] = 1UL << ((size_t)numa % WORD_BITS);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = (uintptr_t)address & ~(uintptr_t)(page - 1);
    uintptr_t end = ((uintptr_t)address + bytes + page - 1) & ~(uintptr_t)(page - 1);
    /* The kernel reads one bit less than it is told and refuses more words than a page holds. */
    unsigned long n_bits = (unsigned long)numa + 2;
    long result =
        syscall(SYS_mbind, first, end - first, MPOL_PREFERRED, nodes, n_bits, MPOL_MF_MOVE);
    return result == 0 ? 0 : errno;
}

rask_status rask_place_bind_memory(const struct rask_topo *topo, void *address, size_t bytes,
                                   int32_t numa, struct rask_error *error)
{
    size_t n = 0;
    const struct rask_topo_numa *numas = rask_topo_numas(topo, &n);
    if (numa < 0)
        return RASK_OK;
    if (numa > RASK_CPUSET_MAX_PU || !has_numa(numas, n, numa))
        return rask_error_set(error, RASK_ERR_ARGUMENT, "the machine has no NUMA node %d", numa);
    if (n < 2 || bytes == 0 || !rask_topo_is_machine(topo))
        return RASK_OK;
    int reason = bind_pages(address, bytes, numa);
    if (reason != 0)
        return rask_error_set(error, RASK_ERR_SYSTEM,
                              "%zu bytes of memory could not be put on NUMA node %d and are where "
                              "the system puts them: %s",
                              bytes, numa, strerror(reason));
    return RASK_OK;
}

/* ---- libraries with threads of their own ---- */

static int is_set(char *const *environment, const char *name)
{
    size_t length = strlen(name);
    for (char *const *entry = environment; entry != NULL && *entry != NULL; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return 1;
    return 0;
}

/* The function `name` of a library that is in the process, or NULL, also when the user has set
 * `variable`. */
static void *find(char *const *environment, const char *variable, const char *name)
{
    return is_set(environment, variable) ? NULL : dlsym(RTLD_DEFAULT, name);
}

void rask_libraries_find(struct rask_libraries *libraries, char *const *environment)
{
    static const char omp[] = "OMP_NUM_THREADS", mkl[] = "MKL_NUM_THREADS",
                      blas[] = "OPENBLAS_NUM_THREADS";
    struct {
        void *address, *function;
    } const wanted[] = {
        {find(environment, omp, "omp_get_max_threads"), &libraries->omp_get},
        {find(environment, omp, "omp_set_num_threads"), &libraries->omp_set},
        {find(environment, mkl, "MKL_Set_Num_Threads_Local"), &libraries->mkl_set},
        {find(environment, blas, "openblas_get_num_threads"), &libraries->blas_get},
        {find(environment, blas, "openblas_set_num_threads"), &libraries->blas_set},
    };
    memset(libraries, 0, sizeof *libraries);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        memcpy(wanted[i].function, &wanted[i].address, sizeof wanted[i].address);
    if (libraries->blas_get != NULL && libraries->blas_set != NULL) {
        libraries->n_blas = libraries->blas_get();
        libraries->blas_set(1);
    }
}

void rask_libraries_release(const struct rask_libraries *libraries)
{
    if (libraries->n_blas > 0)
        libraries->blas_set(libraries->n_blas);
}

void rask_libraries_limit(const struct rask_libraries *libraries, struct rask_library_threads *own)
{
    *own = (struct rask_library_threads){0, 0};
    if (libraries->omp_get != NULL && libraries->omp_set != NULL) {
        own->n_omp = libraries->omp_get();
        libraries->omp_set(1);
    }
    if (libraries->mkl_set != NULL)
        own->n_mkl = libraries->mkl_set(1);
}

void rask_libraries_restore(const struct rask_libraries *libraries,
                            const struct rask_library_threads *own)
{
    if (own->n_omp > 0)
        libraries->omp_set(own->n_omp);
    if (libraries->mkl_set != NULL)
        (void)libraries->mkl_set(own->n_mkl);
}
