/* SPDX-License-Identifier: BSD-3-Clause */
/* store.c: the region of an arena, and the life of an object in it: taken, pinned, given, freed.
 *
 * The region is private memory, or a file in memory that the other ranks of the node map too; the
 * system commits it page by page as it is touched. An object
 * ends once, by whoever comes last of the give and the unpins: the pins are counted in the header's
 * n_pins, and its top bit says that the object was given; both change in one atomic step, without
 * the segment's lock. */
#include "store/store.h"

#include "base/alloc.h"
#include "base/error.h"
#include "store/segment.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define ARENA_MOST_BYTES \
    (UINT64_C(64) << 40) /* half of what a process can map on today's machines */
#define ARENA_LEAST_BYTES (UINT64_C(16) << 20) /* a fall-back to less is none */
#define HUGE_PAGE_BYTES (UINT64_C(2) << 20)

#define PINS_GIVEN UINT32_C(0x80000000) /* in n_pins */

struct rask_store {
    struct rask_segment *segment; /* [give] */
    uint8_t *base; /* the region, aligned to pages */
    uint64_t mapped_bytes; /* at base, no more and no less */
    uint64_t arena_bytes; /* of them, for objects */
    int is_shared; /* the region is a file in memory */
};

/* Makes the region one free block. */
static void carve(struct rask_store *store)
{
    rask_segment_init(store->segment, store->base, store->arena_bytes,
                      (uint64_t)sysconf(_SC_PAGESIZE));
    store->segment->is_shared = store->is_shared;
}

/* Maps `bytes` of room that is not committed, aligned to `align_bytes`; NULL when the system
 * refuses. */
static uint8_t *map_room(uint64_t bytes, uint64_t align_bytes, uint64_t page_bytes)
{
    uint64_t margin_bytes = align_bytes - page_bytes;
    void *mapped = mmap(NULL, (size_t)(bytes + margin_bytes), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED)
        return NULL;
    uint64_t before_bytes = (align_bytes - (uintptr_t)mapped % align_bytes) % align_bytes;
    uint64_t after_bytes = margin_bytes - before_bytes;
    uint8_t *base = (uint8_t *)mapped + before_bytes;
    if (before_bytes > 0)
        (void)munmap(mapped, (size_t)before_bytes);
    if (after_bytes > 0)
        (void)munmap(base + bytes, (size_t)after_bytes);
    return base;
}

/* Maps *bytes, or as much less as the system allows: the largest half, quarter, ... of them that
 * fits, halved once more, so that the rest of the program has room too. */
static uint8_t *reserve(uint64_t *bytes, uint64_t page_bytes)
{
    uint64_t align_bytes = *bytes < HUGE_PAGE_BYTES ? page_bytes : HUGE_PAGE_BYTES;
    uint8_t *base = map_room(*bytes, align_bytes, page_bytes);
    for (uint64_t try_bytes = *bytes / 2; base == NULL && try_bytes >= ARENA_LEAST_BYTES;
         try_bytes /= 2) {
        uint64_t room_bytes = try_bytes & ~(page_bytes - 1);
        uint8_t *probe = map_room(room_bytes, page_bytes, page_bytes);
        if (probe == NULL)
            continue;
        (void)munmap(probe, (size_t)room_bytes);
        *bytes = (room_bytes / 2 + page_bytes - 1) & ~(page_bytes - 1);
        base = map_room(*bytes, page_bytes, page_bytes);
        break;
    }
    return base;
}

/* The error of a process that may not map even a little. */
static rask_status no_room(struct rask_error *error, uint64_t bytes)
{
    static const struct {
        const char *name;
        unsigned resource;
    } limits[] = {{"ulimit -v", RLIMIT_AS}, {"ulimit -d", RLIMIT_DATA}};
    char limit_text[128] = "";
    size_t n = 0;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct rlimit limit;
        if (getrlimit(limits[i].resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
            n += (size_t)snprintf(limit_text + n, sizeof limit_text - n,
                                  "%s `%s` (now %" PRIu64 " KiB)",
                                  n == 0 ? ": raise the limit of" : " and", limits[i].name,
                                  (uint64_t)limit.rlim_cur / 1024);
    }
    return rask_error_set(error, RASK_ERR_MEMORY,
                          "cannot reserve %" PRIu64
                          " bytes of address room for the object store, nor a part "
                          "of it%s%s ask for a smaller store (setting arena)",
                          bytes, limit_text, n != 0 ? " or" : ":");
}

rask_status rask_store_new(uint64_t arena_bytes, struct rask_store **store,
                           struct rask_error *error)
{
    uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    if (arena_bytes == 0 || arena_bytes > ARENA_MOST_BYTES)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "an object store of %" PRIu64 " bytes: give a size from 1 to %" PRIu64
                              " bytes",
                              arena_bytes, ARENA_MOST_BYTES);
    struct rask_store *made = rask_alloc(sizeof *made);
    if (made == NULL)
        return rask_error_memory(error, sizeof *made, "the object store");
    made->segment = rask_alloc_aligned(_Alignof(struct rask_segment), sizeof *made->segment);
    if (made->segment == NULL) {
        rask_free(made);
        return rask_error_memory(error, sizeof *made->segment, "the object store's lists");
    }
    made->arena_bytes = (arena_bytes + page_bytes - 1) & ~(page_bytes - 1);
    made->base = reserve(&made->arena_bytes, page_bytes);
    if (made->base == NULL) {
        rask_free(made->segment);
        rask_free(made);
        return no_room(error, arena_bytes);
    }
    /* A hint: first touches and gets of large objects are several times faster with huge pages. */
    if (made->arena_bytes >= HUGE_PAGE_BYTES)
        (void)madvise(made->base, (size_t)made->arena_bytes, MADV_HUGEPAGE);
    made->mapped_bytes = made->arena_bytes;
    made->is_shared = 0;
    carve(made);
    *store = made;
    return RASK_OK;
}

/* Maps the arena's room anew: private memory, or the file `fd`. RASK_ERR_MEMORY when the system
 * refuses, which leaves nothing there. */
static rask_status map_again(struct rask_store *store, int fd, struct rask_error *error)
{
    int flags = MAP_FIXED | MAP_NORESERVE | (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);
    void *mapped =
        mmap(store->base, (size_t)store->mapped_bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (mapped == MAP_FAILED)
        return rask_error_memory(error, store->mapped_bytes, "the object store");
    if (store->mapped_bytes >= HUGE_PAGE_BYTES)
        (void)madvise(store->base, (size_t)store->mapped_bytes, MADV_HUGEPAGE);
    store->is_shared = fd >= 0;
    carve(store);
    return RASK_OK;
}

/* Whether the system counts the memory of a file only when a page is touched, and then, when it has
 * promised too much, ends the process that touches it. */
static int is_overcommit_strict(void)
{
    FILE *file = fopen("/proc/sys/vm/overcommit_memory", "re");
    int mode = file == NULL ? EOF : fgetc(file);
    if (file != NULL)
        (void)fclose(file);
    return mode == '2';
}

/* What keeps this process from having a file of that size; NULL: nothing that can be foreseen. */
static const char *find_obstacle(uint64_t bytes)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        limit.rlim_cur < bytes)
        return "the limit of files, `ulimit -f`"; /* ftruncate would raise SIGXFSZ */
    return is_overcommit_strict() ? "strict overcommit, vm.overcommit_memory = 2" : NULL;
}

/* A file in memory, of a length but without memory yet. */
static rask_status make_file(uint64_t bytes, int *fd, struct rask_error *error)
{
    const char *obstacle = find_obstacle(bytes);
    *fd = obstacle != NULL ? -1 : memfd_create("rask-objects", MFD_CLOEXEC);
    if (*fd >= 0 && ftruncate(*fd, (off_t)bytes) == 0)
        return RASK_OK;
    rask_status status = rask_error_set(error, RASK_ERR_SYSTEM,
                                        "no shared memory of %" PRIu64 " bytes for objects: %s",
                                        bytes, obstacle != NULL ? obstacle : strerror(errno));
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return status;
}

rask_status rask_store_share(struct rask_store *store, int *fd, struct rask_error *error)
{
    rask_status status = make_file(store->mapped_bytes, fd, error);
    if (status == RASK_OK)
        status = map_again(store, *fd, error);
    if (status != RASK_OK && *fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    return status;
}

rask_status rask_store_unshare(struct rask_store *store, struct rask_error *error)
{
    return store->is_shared ? map_again(store, -1, error) : RASK_OK;
}

void rask_store_limit(struct rask_store *store, uint64_t bytes)
{
    uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    bytes = (bytes + page_bytes - 1) & ~(page_bytes - 1);
    if (bytes == 0 || bytes >= store->arena_bytes)
        return;
    store->arena_bytes = bytes;
    carve(store);
}

void rask_store_free(struct rask_store *store)
{
    if (store == NULL)
        return;
    (void)munmap(store->base, (size_t)store->mapped_bytes);
    rask_free(store->segment);
    rask_free(store);
}

void *rask_store_base(const struct rask_store *store)
{
    return store->base;
}

uint64_t rask_store_arena_bytes(const struct rask_store *store)
{
    return store->arena_bytes;
}

struct rask_object_header *rask_store_header(const struct rask_store *store, uint64_t offset)
{
    assert(offset < store->arena_bytes && offset % RASK_SEGMENT_GRANULE_BYTES == 0);
    return (struct rask_object_header *)(void *)(store->base + offset);
}

void *rask_store_payload(const struct rask_store *store, uint64_t offset)
{
    return rask_store_header(store, offset) + 1;
}

/* The header of an object that lives. */
static struct rask_object_header *live(const struct rask_store *store, uint64_t offset)
{
    struct rask_object_header *header = rask_store_header(store, offset);
    assert(header->magic == RASK_OBJECT_MAGIC && header->kind != RASK_OBJECT_FREE);
    return header;
}

uint64_t rask_store_take(struct rask_store *store, uint64_t id, uint64_t bytes)
{
    return rask_segment_take(store->segment, id, bytes);
}

void rask_store_shrink(struct rask_store *store, uint64_t offset, uint64_t bytes)
{
    assert(bytes <= live(store, offset)->bytes);
    rask_segment_shrink(store->segment, offset, bytes);
}

void rask_store_give(struct rask_store *store, uint64_t offset)
{
    struct rask_object_header *header = live(store, offset);
    uint32_t pins = __atomic_fetch_or(&header->n_pins, PINS_GIVEN, __ATOMIC_ACQ_REL);
    assert((pins & PINS_GIVEN) == 0);
    if (pins == 0)
        rask_segment_give(store->segment, offset);
}

void rask_store_pin(struct rask_store *store, uint64_t offset)
{
    uint32_t pins = __atomic_fetch_add(&live(store, offset)->n_pins, 1, __ATOMIC_RELAXED);
    assert((pins & ~PINS_GIVEN) != PINS_GIVEN - 1);
    (void)pins;
}

void rask_store_unpin(struct rask_store *store, uint64_t offset)
{
    uint32_t pins = __atomic_fetch_sub(&live(store, offset)->n_pins, 1, __ATOMIC_ACQ_REL);
    assert((pins & ~PINS_GIVEN) != 0);
    if (pins == (PINS_GIVEN | 1))
        rask_segment_give(store->segment, offset);
}

void rask_store_trim(struct rask_store *store)
{
    rask_segment_trim(store->segment);
}

void rask_store_keep(struct rask_store *store)
{
    rask_segment_keep(store->segment);
}

void rask_store_usage(const struct rask_store *store, struct rask_store_usage *usage)
{
    rask_segment_usage(store->segment, usage);
}

rask_status rask_store_check(const struct rask_store *store, struct rask_error *error)
{
    return rask_segment_check(store->segment, error);
}
