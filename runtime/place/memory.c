/* SPDX-License-Identifier: BSD-3-Clause */
/* memory.c: see memory.h. Limits of control groups: version 2 has memory.max in the group and in
 * each one above it, version 1 memory.limit_in_bytes below sys/fs/cgroup/memory; inside of a
 * container the group's own directory is often the root. What cannot be read limits nothing. */
#include "place/memory.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 512

static FILE *open_below(const char *root, const char *name)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", root, name);
    return n < 0 || (size_t)n >= sizeof path ? NULL : fopen(path, "re");
}

/* "MemTotal:   32617 kB" */
static void read_meminfo(struct rask_memory *memory, const char *root)
{
    FILE *file = open_below(root, "proc/meminfo");
    char line[LINE_BYTES];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        unsigned long long kib;
        if (sscanf(line, "MemTotal: %llu kB", &kib) == 1)
            memory->machine_bytes = (uint64_t)kib * 1024;
        else if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
            memory->available_bytes = (uint64_t)kib * 1024;
    }
    if (file != NULL)
        fclose(file);
}

/* A file with one number; "max" and no file at all are no limit. */
static void take_limit(struct rask_memory *memory, const char *root, const char *name)
{
    FILE *file = open_below(root, name);
    unsigned long long bytes;
    if (file == NULL)
        return;
    if (fscanf(file, "%llu", &bytes) == 1 && bytes < memory->group_bytes)
        memory->group_bytes = bytes;
    fclose(file);
}

/* The limits of a group and of all above it; `path` begins with a slash, and is cut. */
static void take_limits(struct rask_memory *memory, const char *root, const char *name[2],
                        char *path)
{
    char file[2 * LINE_BYTES];
    for (;;) {
        char *last = strrchr(path, '/');
        int n = snprintf(file, sizeof file, "%s%s/%s", name[0], path, name[1]);
        if (n > 0 && (size_t)n < sizeof file)
            take_limit(memory, root, file);
        if (last == NULL)
            return;
        *last = '\0';
    }
}

/* "0::/path" is the group of version 2, "7:cpu,memory:/path" of version 1. */
static void read_groups(struct rask_memory *memory, const char *root)
{
    static const char *names[2][2] = {{"sys/fs/cgroup", "memory.max"},
                                      {"sys/fs/cgroup/memory", "memory.limit_in_bytes"}};
    FILE *file = open_below(root, "proc/self/cgroup");
    char line[LINE_BYTES];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *kinds = strchr(line, ':');
        char *path = kinds == NULL ? NULL : strchr(kinds + 1, ':');
        if (path == NULL)
            continue;
        *path++ = '\0';
        path[strcspn(path, "\n")] = '\0';
        if (kinds[1] == '\0')
            take_limits(memory, root, names[0], path);
        else if (strstr(kinds, "memory") != NULL)
            take_limits(memory, root, names[1], path);
    }
    if (file != NULL)
        fclose(file);
}

void rask_memory_read(struct rask_memory *memory, const char *root)
{
    *memory = (struct rask_memory){UINT64_MAX, UINT64_MAX, UINT64_MAX};
    read_meminfo(memory, root);
    read_groups(memory, root);
}

uint64_t rask_memory_for_objects(const struct rask_memory *memory)
{
    uint64_t all =
        memory->machine_bytes < memory->group_bytes ? memory->machine_bytes : memory->group_bytes;
    uint64_t now = memory->available_bytes;
    uint64_t most = all == UINT64_MAX ? UINT64_MAX : all - all / 4;
    if (now != UINT64_MAX && now - now / 10 < most)
        most = now - now / 10;
    return most == UINT64_MAX ? 0 : most;
}
