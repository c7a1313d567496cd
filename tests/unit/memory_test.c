/* SPDX-License-Identifier: BSD-3-Clause */
/* memory_test.c: the memory of a machine and of control groups, from made-up files. */
#include "place/memory.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define GIB (UINT64_C(1) << 30)

static char root[64];

static void make(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    if (text == NULL) {
        CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
        return;
    }
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT(fputs(text, file) >= 0);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

static const char *const names[] = {"proc",
                                    "proc/self",
                                    "sys",
                                    "sys/fs",
                                    "sys/fs/cgroup",
                                    "sys/fs/cgroup/job",
                                    "sys/fs/cgroup/job/step",
                                    "proc/meminfo",
                                    "proc/self/cgroup",
                                    "sys/fs/cgroup/job/memory.max",
                                    "sys/fs/cgroup/job/step/memory.max"};
#define N_NAMES (sizeof names / sizeof names[0])

static void begin(void)
{
    snprintf(root, sizeof root, "/tmp/rask_memory_XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(root));
    for (size_t i = 0; i < 7; i++)
        make(names[i], NULL);
}

static void end(void)
{
    for (size_t i = N_NAMES; i-- > 0;) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", root, names[i]);
        (void)remove(path);
    }
    CU_ASSERT_EQUAL(rmdir(root), 0);
}

static void takes_the_least_of_what_limits(void)
{
    struct rask_memory memory;
    begin();
    rask_memory_read(&memory, root);
    CU_ASSERT_EQUAL(rask_memory_for_objects(&memory), 0);
    make("proc/meminfo", "MemTotal:  16777216 kB\nMemFree: 7 kB\nMemAvailable: 16777216 kB\n");
    rask_memory_read(&memory, root);
    CU_ASSERT_EQUAL(rask_memory_for_objects(&memory), 12 * GIB);
    make("proc/self/cgroup", "0::/job/step\n");
    make("sys/fs/cgroup/job/step/memory.max", "max\n");
    make("sys/fs/cgroup/job/memory.max", "4294967296\n");
    rask_memory_read(&memory, root);
    CU_ASSERT_EQUAL(memory.group_bytes, 4 * GIB);
    CU_ASSERT_EQUAL(rask_memory_for_objects(&memory), 3 * GIB);
    make("proc/meminfo", "MemTotal:  16777216 kB\nMemAvailable: 1048576 kB\n");
    rask_memory_read(&memory, root);
    CU_ASSERT(rask_memory_for_objects(&memory) < GIB);
    end();
}

RASK_UNIT_MAIN("memory", {"takes the least of what limits", takes_the_least_of_what_limits})
