/* SPDX-License-Identifier: BSD-3-Clause */
/* sysfs_test.c: cores read from the kernel's files, in made-up trees of files. */
#include "base/alloc.h"
#include "base/error.h"
#include "place/sysfs.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 512
#define MAX_FILES 64

/* A tree under construction, and what to remove again, in order. */
struct tree {
    char root[PATH_BYTES];
    char made[MAX_FILES][PATH_BYTES];
    size_t n_made;
};

static void remember(struct tree *tree, const char *path)
{
    CU_ASSERT_FATAL(tree->n_made < MAX_FILES);
    CU_ASSERT_FATAL(strlen(path) < PATH_BYTES);
    rask_text_copy(tree->made[tree->n_made++], PATH_BYTES, path);
}

/* Writes root/name with its directories. */
static void put(struct tree *tree, const char *name, const char *text)
{
    char path[2 * PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", tree->root, name);
    char *slash = path + strlen(tree->root) + 1;
    for (; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        if (mkdir(path, 0700) == 0)
            remember(tree, path);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT(fputs(text, file) >= 0);
    CU_ASSERT_EQUAL(fclose(file), 0);
    remember(tree, path);
}

static void put_pu(struct tree *tree, int pu, const char *siblings, const char *package)
{
    char name[PATH_BYTES];
    snprintf(name, sizeof name, "cpu/cpu%d/topology/thread_siblings_list", pu);
    put(tree, name, siblings);
    snprintf(name, sizeof name, "cpu/cpu%d/topology/physical_package_id", pu);
    put(tree, name, package);
}

static void start_tree(struct tree *tree)
{
    *tree = (struct tree){0};
    const char *directory = getenv("TMPDIR");
    snprintf(tree->root, sizeof tree->root, "%s/rask_sysfs_XXXXXX",
             directory != NULL ? directory : "/tmp");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(tree->root));
}

static void end_tree(struct tree *tree)
{
    while (tree->n_made > 0)
        CU_ASSERT_EQUAL(remove(tree->made[--tree->n_made]), 0);
    CU_ASSERT_EQUAL(rmdir(tree->root), 0);
}

/* Two packages whose PUs alternate, hyperthreads 4 apart, PU 7 switched off, package numbers with
 * a gap. */
static void put_two_packages(struct tree *tree)
{
    put(tree, "cpu/online", "0-6\n");
    put_pu(tree, 0, "0,4\n", "0\n");
    put_pu(tree, 1, "1,5\n", "3\n");
    put_pu(tree, 2, "2,6\n", "0\n");
    put_pu(tree, 3, "3,7\n", "3\n");
    put(tree, "node/online", "0,2\n");
    put(tree, "node/node0/cpulist", "0,2,4,6\n");
    put(tree, "node/node2/cpulist", "1,3,5,7\n");
}

static void cores_come_in_the_order_of_the_machine(void)
{
    struct tree tree;
    start_tree(&tree);
    put_two_packages(&tree);
    struct rask_sysfs machine;
    CU_ASSERT_EQUAL_FATAL(rask_sysfs_read(tree.root, &machine, NULL), RASK_OK);
    const char *const cpusets[] = {"0,4", "2,6", "1,5", "3"};
    CU_ASSERT_EQUAL_FATAL(machine.n_cores, 4);
    for (int32_t i = 0; i < 4; i++) {
        CU_ASSERT_STRING_EQUAL(machine.cores[i].cpuset, cpusets[i]);
        CU_ASSERT_EQUAL(machine.cores[i].core, i);
        CU_ASSERT_EQUAL(machine.cores[i].package, i / 2);
        CU_ASSERT_EQUAL(machine.cores[i].numa, i < 2 ? 0 : 2);
        CU_ASSERT_EQUAL(machine.cores[i].n_pus, i == 3 ? 1 : 2);
    }
    CU_ASSERT_EQUAL_FATAL(machine.n_numas, 2);
    CU_ASSERT_EQUAL(machine.numas[1].numa, 2);
    CU_ASSERT_EQUAL(machine.numas[1].n_cores, 2);
    rask_sysfs_release(&machine);
    end_tree(&tree);
}

static void numa_nodes_may_be_missing(void)
{
    struct tree tree;
    start_tree(&tree);
    put(&tree, "cpu/online", "0\n");
    put_pu(&tree, 0, "0\n", "-1\n");
    struct rask_sysfs machine;
    CU_ASSERT_EQUAL_FATAL(rask_sysfs_read(tree.root, &machine, NULL), RASK_OK);
    CU_ASSERT_EQUAL(machine.n_cores, 1);
    CU_ASSERT_EQUAL(machine.cores[0].numa, -1);
    CU_ASSERT_EQUAL(machine.cores[0].package, 0);
    CU_ASSERT_EQUAL(machine.n_numas, 0);
    rask_sysfs_release(&machine);
    end_tree(&tree);
}

static void an_incomplete_tree_is_said_to_be_one(void)
{
    struct tree tree;
    struct rask_sysfs machine;
    start_tree(&tree);
    CU_ASSERT_EQUAL(rask_sysfs_read(tree.root, &machine, NULL), RASK_END);
    put(&tree, "cpu/online", "0-1\n");
    CU_ASSERT_EQUAL(rask_sysfs_read(tree.root, &machine, NULL), RASK_END);
    put_pu(&tree, 0, "0\n", "0\n");
    CU_ASSERT_EQUAL(rask_sysfs_read(tree.root, &machine, NULL), RASK_END);
    put_pu(&tree, 1, "rubbish\n", "0\n");
    CU_ASSERT_EQUAL(rask_sysfs_read(tree.root, &machine, NULL), RASK_END);
    end_tree(&tree);
}

static void each_allocation_may_fail(void)
{
    struct tree tree;
    start_tree(&tree);
    put_two_packages(&tree);
    rask_status status = RASK_ERR_MEMORY;
    uint64_t n = 0;
    while (status == RASK_ERR_MEMORY && n < 1000) {
        struct rask_sysfs machine;
        rask_alloc_fail_at(++n, 0);
        status = rask_sysfs_read(tree.root, &machine, NULL);
        rask_alloc_fail_at(0, 0);
        if (status == RASK_OK)
            rask_sysfs_release(&machine);
    }
    CU_ASSERT_EQUAL(status, RASK_OK);
    CU_ASSERT(n > 4);
    end_tree(&tree);
}

RASK_UNIT_MAIN("sysfs",
               {"cores come in the order of the machine", cores_come_in_the_order_of_the_machine},
               {"NUMA nodes may be missing", numa_nodes_may_be_missing},
               {"an incomplete tree is said to be one", an_incomplete_tree_is_said_to_be_one},
               {"each allocation may fail", each_allocation_may_fail})
