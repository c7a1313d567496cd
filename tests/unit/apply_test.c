/* SPDX-License-Identifier: BSD-3-Clause */
/* apply_test.c: binding on the machine the test runs on, and limits for libraries with threads. */
#include "openmp.h"
#include "place/apply.h"
#include "unit.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rask_topo *load_machine(void)
{
    struct rask_topo *topo = NULL;
    CU_ASSERT_EQUAL_FATAL(rask_topo_load_light(&topo, NULL), RASK_OK);
    return topo;
}

static int count_allowed(void)
{
    cpu_set_t set;
    CU_ASSERT_EQUAL_FATAL(sched_getaffinity(0, sizeof set, &set), 0);
    return CPU_COUNT(&set);
}

static void a_thread_is_bound_and_freed_again(void)
{
    struct rask_topo *topo = load_machine();
    int before = count_allowed();
    struct rask_place place = {.core = 0};
    snprintf(place.cpuset, sizeof place.cpuset, "%d", sched_getcpu());
    CU_ASSERT_EQUAL(rask_place_bind_thread(topo, &place, NULL), RASK_OK);
    CU_ASSERT_EQUAL(count_allowed(), 1);
    place.cpuset[0] = '\0';
    CU_ASSERT_EQUAL(rask_place_bind_thread(topo, &place, NULL), RASK_OK);
    CU_ASSERT_EQUAL(count_allowed(), 1);
    CU_ASSERT_EQUAL(rask_place_bind_cpuset(topo, rask_topo_own_cpuset(topo), NULL), RASK_OK);
    CU_ASSERT_EQUAL(count_allowed(), before);
    rask_topo_free(topo);
}

static void a_refusal_is_a_warning_that_names_the_pus(void)
{
    struct rask_topo *topo = load_machine();
    int before = count_allowed();
    struct rask_error error = {0};
    CU_ASSERT_EQUAL(rask_place_bind_cpuset(topo, "60001", &error), RASK_ERR_SYSTEM);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "60001"));
    CU_ASSERT_EQUAL(rask_place_bind_cpuset(topo, "", &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_place_bind_cpuset(topo, "none", &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(count_allowed(), before);
    rask_topo_free(topo);
}

static void another_machine_is_not_bound_to(void)
{
    struct rask_topo *topo = NULL;
    CU_ASSERT_EQUAL_FATAL(rask_topo_load(RASK_TOPO_SYNTHETIC, "numa:2 core:1 pu:1", &topo, NULL),
                          RASK_OK);
    int before = count_allowed();
    char bytes[64];
    CU_ASSERT_EQUAL(rask_place_bind_cpuset(topo, "0", NULL), RASK_OK);
    CU_ASSERT_EQUAL(count_allowed(), before);
    CU_ASSERT_EQUAL(rask_place_bind_memory(topo, bytes, sizeof bytes, 1, NULL), RASK_OK);
    rask_topo_free(topo);
}

static void memory_goes_to_a_numa_node_that_exists(void)
{
    struct rask_topo *topo = load_machine();
    size_t n = 0;
    const struct rask_topo_numa *numas = rask_topo_numas(topo, &n);
    size_t bytes = 1 << 20;
    char *area = malloc(bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(area);
    struct rask_error error = {0};
    CU_ASSERT_EQUAL(rask_place_bind_memory(topo, area, bytes, -1, NULL), RASK_OK);
    for (size_t i = 0; i < n; i++) {
        rask_status status = rask_place_bind_memory(topo, area, bytes, numas[i].numa, &error);
        CU_ASSERT(status == RASK_OK || status == RASK_ERR_SYSTEM);
    }
    memset(area, 1, bytes);
    CU_ASSERT_EQUAL(rask_place_bind_memory(topo, area, bytes, 999, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "999"));
    free(area);
    rask_topo_free(topo);
}

static void a_thread_is_limited_and_gets_its_number_back(void)
{
    struct rask_libraries libraries;
    struct rask_library_threads own;
    n_openmp = 6;
    rask_libraries_find(&libraries, NULL);
    CU_ASSERT_EQUAL(n_openmp, 6);
    rask_libraries_limit(&libraries, &own);
    CU_ASSERT_EQUAL(n_openmp, 1);
    rask_libraries_restore(&libraries, &own);
    CU_ASSERT_EQUAL(n_openmp, 6);
    rask_libraries_release(&libraries);
}

static void what_the_user_has_set_stays(void)
{
    char set[] = "OMP_NUM_THREADS=4";
    char *environment[] = {set, NULL};
    struct rask_libraries libraries;
    struct rask_library_threads own;
    n_openmp = 4;
    rask_libraries_find(&libraries, environment);
    rask_libraries_limit(&libraries, &own);
    CU_ASSERT_EQUAL(n_openmp, 4);
    rask_libraries_restore(&libraries, &own);
    CU_ASSERT_EQUAL(n_openmp, 4);
}

RASK_UNIT_MAIN("apply", {"a thread is bound and freed again", a_thread_is_bound_and_freed_again},
               {"a refusal is a warning that names the PUs",
                a_refusal_is_a_warning_that_names_the_pus},
               {"another machine is not bound to", another_machine_is_not_bound_to},
               {"memory goes to a NUMA node that exists", memory_goes_to_a_numa_node_that_exists},
               {"what the user has set stays", what_the_user_has_set_stays},
               {"a thread is limited and gets its number back",
                a_thread_is_limited_and_gets_its_number_back})
