/* SPDX-License-Identifier: BSD-3-Clause */
/* topo_test.c: topologies of recorded machines, descriptions and the machine the test runs on. */
#include "base/alloc.h"
#include "place/topo.h"
#include "unit.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct rask_topo *load_golden(const char *name)
{
    const char *source = getenv("srcdir");
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/golden/machines/%s", source != NULL ? source : ".", name);
    struct rask_topo *topo = NULL;
    struct rask_error error = {0};
    rask_status status = rask_topo_load(RASK_TOPO_XML_FILE, path, &topo, &error);
    if (status != RASK_OK)
        fprintf(stderr, "%s\n", error.text);
    CU_ASSERT_EQUAL_FATAL(status, RASK_OK);
    return topo;
}

static struct rask_topo *load_described(const char *text)
{
    struct rask_topo *topo = NULL;
    CU_ASSERT_EQUAL_FATAL(rask_topo_load(RASK_TOPO_SYNTHETIC, text, &topo, NULL), RASK_OK);
    return topo;
}

static void expect_counts(const struct rask_topo *topo, const char *cpuset,
                          struct rask_topo_counts expected)
{
    struct rask_topo_counts counts = {0};
    CU_ASSERT_EQUAL(rask_topo_count(topo, cpuset, &counts, NULL), RASK_OK);
    CU_ASSERT_EQUAL(counts.n_packages, expected.n_packages);
    CU_ASSERT_EQUAL(counts.n_numas, expected.n_numas);
    CU_ASSERT_EQUAL(counts.n_cores, expected.n_cores);
    CU_ASSERT_EQUAL(counts.n_pus, expected.n_pus);
}

static void a_cluster_node_is_counted(void)
{
    struct rask_topo *topo = load_golden("cluster_node.xml");
    expect_counts(topo, NULL, (struct rask_topo_counts){2, 8, 64, 128});
    expect_counts(topo, "0-15", (struct rask_topo_counts){1, 1, 8, 16});
    expect_counts(topo, "14,16,127", (struct rask_topo_counts){2, 3, 3, 3});
    expect_counts(topo, "", (struct rask_topo_counts){0, 0, 0, 0});
    expect_counts(topo, "128-200", (struct rask_topo_counts){0, 0, 0, 0});
    CU_ASSERT_STRING_EQUAL(rask_topo_own_cpuset(topo), "0-127");
    CU_ASSERT_FALSE(rask_topo_is_machine(topo));
    size_t n = 0;
    const struct rask_topo_numa *numas = rask_topo_numas(topo, &n);
    CU_ASSERT_EQUAL_FATAL(n, 8);
    CU_ASSERT_EQUAL(numas[7].numa, 7);
    CU_ASSERT_EQUAL(numas[7].n_cores, 8);
    CU_ASSERT_EQUAL(numas[7].memory_bytes, UINT64_C(1) << 30);
    rask_topo_free(topo);
}

static void a_laptop_has_caches_and_hyperthreads(void)
{
    struct rask_topo *topo = load_golden("laptop.xml");
    expect_counts(topo, NULL, (struct rask_topo_counts){1, 1, 4, 8});
    struct rask_topo_caches caches = rask_topo_caches(topo);
    CU_ASSERT_EQUAL(caches.l2_bytes, 512 * 1024);
    CU_ASSERT_EQUAL(caches.l2_cores, 1);
    CU_ASSERT_EQUAL(caches.l3_bytes, 8 * 1024 * 1024);
    CU_ASSERT_EQUAL(caches.l3_cores, 4);
    size_t n = 0;
    const struct rask_core *cores = rask_topo_cores(topo, &n);
    CU_ASSERT_EQUAL_FATAL(n, 4);
    CU_ASSERT_STRING_EQUAL(cores[3].cpuset, "6-7");
    rask_topo_free(topo);
}

static void one_core_is_a_machine_too(void)
{
    struct rask_topo *topo = load_golden("single.xml");
    expect_counts(topo, NULL, (struct rask_topo_counts){1, 1, 1, 1});
    CU_ASSERT_EQUAL(rask_topo_caches(topo).l3_bytes, 0);
    rask_topo_free(topo);
}

/* PUs 4-7 are taken away: the second NUMA node has memory and no cores. */
static void a_restricted_machine_keeps_its_numbers(void)
{
    struct rask_topo *topo = load_golden("restricted.xml");
    expect_counts(topo, NULL, (struct rask_topo_counts){2, 4, 12, 12});
    CU_ASSERT_STRING_EQUAL(rask_topo_all_cpuset(topo), "0-3,8-15");
    size_t n = 0;
    const struct rask_topo_numa *numas = rask_topo_numas(topo, &n);
    CU_ASSERT_EQUAL_FATAL(n, 4);
    CU_ASSERT_EQUAL(numas[1].n_cores, 0);
    CU_ASSERT_EQUAL(numas[2].n_cores, 4);
    const struct rask_core *cores = rask_topo_cores(topo, &n);
    CU_ASSERT_EQUAL(cores[4].numa, 2);
    CU_ASSERT_STRING_EQUAL(cores[4].cpuset, "8");
    rask_topo_free(topo);
}

static void kernel_numbers_may_be_in_any_order(void)
{
    struct rask_topo *topo = load_described("pack:2 core:2 pu:2(indexes=0,4,2,6,1,5,3,7)");
    struct rask_core *cores = NULL;
    size_t n = 0;
    CU_ASSERT_EQUAL_FATAL(rask_topo_cores_in(topo, "1-6", &cores, &n, NULL), RASK_OK);
    const char *const cpusets[] = {"4", "2,6", "1,5", "3"};
    CU_ASSERT_EQUAL_FATAL(n, 4);
    for (size_t i = 0; i < n; i++)
        CU_ASSERT_STRING_EQUAL(cores[i].cpuset, cpusets[i]);
    CU_ASSERT_EQUAL(cores[1].package, 0);
    CU_ASSERT_EQUAL(cores[2].package, 1);
    rask_free(cores);
    CU_ASSERT_EQUAL(rask_topo_cores_in(topo, "all", &cores, &n, NULL), RASK_ERR_ARGUMENT);
    rask_topo_free(topo);
}

static void the_description_reads_well(void)
{
    struct rask_topo *topo = load_golden("laptop.xml");
    char *text = NULL;
    CU_ASSERT_EQUAL_FATAL(rask_topo_describe(topo, &text, NULL), RASK_OK);
    CU_ASSERT_STRING_EQUAL(text, "1 package, 1 NUMA node, 4 cores, 8 hardware threads, 512 KiB L2 "
                                 "per core, 8 MiB L3 for every 4 cores, 1.0 GiB memory. This is "
                                 "not the machine we run on.");
    rask_free(text);
    rask_topo_free(topo);
}

static void expect_failure(enum rask_topo_source source, const char *text, rask_status expected,
                           const char *named)
{
    struct rask_topo *topo = NULL;
    struct rask_error error = {0};
    CU_ASSERT_EQUAL(rask_topo_load(source, text, &topo, &error), expected);
    CU_ASSERT_PTR_NULL(topo);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, named));
}

static void bad_sources_are_named(void)
{
    expect_failure(RASK_TOPO_XML_FILE, "/nowhere/machine.xml", RASK_ERR_IO, "/nowhere/machine.xml");
    expect_failure(RASK_TOPO_XML_FILE, "/", RASK_ERR_IO, "topology file /");
    expect_failure(RASK_TOPO_XML_FILE, "/dev/null", RASK_ERR_IO, "/dev/null");
    expect_failure(RASK_TOPO_XML_FILE, "/proc/self/cmdline", RASK_ERR_IO, "/proc/self/cmdline");
    expect_failure(RASK_TOPO_SYNTHETIC, "four cores", RASK_ERR_ARGUMENT, "four cores");
    expect_failure(RASK_TOPO_SYNTHETIC, "pack:2 core:0 pu:1", RASK_ERR_ARGUMENT, "core:0");
    expect_failure(RASK_TOPO_SYNTHETIC, NULL, RASK_ERR_ARGUMENT, "description");
}

/* The list the kernel shows for the main thread, without the line's end. */
static void read_allowed(char text[4096])
{
    FILE *file = fopen("/proc/self/status", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    text[0] = '\0';
    char line[4096];
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "Cpus_allowed_list: %4095s", text) == 1)
            break;
    fclose(file);
}

static void this_machine_gives_the_own_cpuset(void)
{
    char allowed[4096];
    read_allowed(allowed);
    struct rask_topo *full = NULL;
    struct rask_topo *light = NULL;
    CU_ASSERT_EQUAL_FATAL(rask_topo_load(RASK_TOPO_MACHINE, NULL, &full, NULL), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_topo_load_light(&light, NULL), RASK_OK);
    CU_ASSERT_STRING_EQUAL(rask_topo_own_cpuset(full), allowed);
    CU_ASSERT_STRING_EQUAL(rask_topo_own_cpuset(light), allowed);
    CU_ASSERT(rask_topo_is_machine(full) && rask_topo_is_machine(light));
    struct rask_topo_counts counts = {0};
    CU_ASSERT_EQUAL(rask_topo_count(full, rask_topo_own_cpuset(full), &counts, NULL), RASK_OK);
    expect_counts(light, rask_topo_own_cpuset(light), counts);
    rask_topo_free(light);
    rask_topo_free(full);
}

/* Bound to one PU by hand, as a launcher would have done it before the program began. */
static void a_binding_limits_the_own_cpuset(void)
{
    cpu_set_t all;
    cpu_set_t one;
    char expected[32];
    int pu = sched_getcpu();
    CU_ASSERT_EQUAL_FATAL(sched_getaffinity(0, sizeof all, &all), 0);
    CPU_ZERO(&one);
    CPU_SET((size_t)pu, &one);
    CU_ASSERT_EQUAL_FATAL(sched_setaffinity(0, sizeof one, &one), 0);
    snprintf(expected, sizeof expected, "%d", pu);
    struct rask_topo *full = NULL;
    struct rask_topo *light = NULL;
    CU_ASSERT_EQUAL_FATAL(rask_topo_load(RASK_TOPO_MACHINE, NULL, &full, NULL), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_topo_load_light(&light, NULL), RASK_OK);
    CU_ASSERT_STRING_EQUAL(rask_topo_own_cpuset(full), expected);
    CU_ASSERT_STRING_EQUAL(rask_topo_own_cpuset(light), expected);
    CU_ASSERT_EQUAL(sched_setaffinity(0, sizeof all, &all), 0);
    rask_topo_free(light);
    rask_topo_free(full);
}

static void each_allocation_may_fail(void)
{
    rask_status status = RASK_ERR_MEMORY;
    uint64_t n = 0;
    while (status == RASK_ERR_MEMORY && n < 10000) {
        struct rask_topo *topo = NULL;
        char *text = NULL;
        rask_alloc_fail_at(++n, 0);
        status = rask_topo_load(RASK_TOPO_SYNTHETIC, "numa:2 core:2 pu:2", &topo, NULL);
        if (status == RASK_OK)
            status = rask_topo_describe(topo, &text, NULL);
        rask_alloc_fail_at(0, 0);
        rask_free(text);
        rask_topo_free(topo);
    }
    CU_ASSERT_EQUAL(status, RASK_OK);
    CU_ASSERT(n > 10);
}

RASK_UNIT_MAIN("topo", {"a cluster node is counted", a_cluster_node_is_counted},
               {"a laptop has caches and hyperthreads", a_laptop_has_caches_and_hyperthreads},
               {"one core is a machine too", one_core_is_a_machine_too},
               {"a restricted machine keeps its numbers", a_restricted_machine_keeps_its_numbers},
               {"kernel numbers may be in any order", kernel_numbers_may_be_in_any_order},
               {"the description reads well", the_description_reads_well},
               {"bad sources are named", bad_sources_are_named},
               {"this machine gives the own cpuset", this_machine_gives_the_own_cpuset},
               {"a binding limits the own cpuset", a_binding_limits_the_own_cpuset},
               {"each allocation may fail", each_allocation_may_fail})
