/* SPDX-License-Identifier: BSD-3-Clause */
/* store_test.c: the object store as its users see it: objects keep their bytes, room comes back,
 * memory goes back to the system, the checker finds what was overwritten. */
#include "unit.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

static struct rask_store *new_store(uint64_t arena_bytes)
{
    struct rask_store *store = NULL;
    struct rask_error error;
    if (rask_store_new(arena_bytes, &store, &error) != RASK_OK)
        CU_FAIL_FATAL("no store");
    return store;
}

static void check(const struct rask_store *store)
{
    struct rask_error error = {.text = ""};
    if (rask_store_check(store, &error) != RASK_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
        CU_FAIL_FATAL("an invariant is broken");
    }
}

static struct rask_store_usage usage_of(const struct rask_store *store)
{
    struct rask_store_usage usage;
    rask_store_usage(store, &usage);
    return usage;
}

/* Every byte of an object follows from its id, so that overlapping objects are noticed. */
static void fill(struct rask_store *store, uint64_t offset)
{
    const struct rask_object_header *header = rask_store_header(store, offset);
    memset(rask_store_payload(store, offset), (int)(header->id % 251), (size_t)header->bytes);
}

static int is_intact(struct rask_store *store, uint64_t offset, uint64_t id, uint64_t bytes)
{
    const struct rask_object_header *header = rask_store_header(store, offset);
    const uint8_t *payload = rask_store_payload(store, offset);
    int is_same = header->magic == RASK_OBJECT_MAGIC && header->id == id &&
                  header->bytes == bytes && header->kind == RASK_OBJECT_BYTES && header->dtype == 0;
    for (uint64_t i = 0; is_same && i < bytes; i++)
        is_same = payload[i] == (uint8_t)(id % 251);
    return is_same;
}

/* Pages of the arena that have memory behind them, as the system counts them. */
static uint64_t resident_bytes(const struct rask_store *store)
{
    uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t n_pages = rask_store_arena_bytes(store) / page_bytes;
    uint64_t n_resident = 0;
    unsigned char *states = rask_alloc((size_t)n_pages);
    CU_ASSERT_PTR_NOT_NULL_FATAL(states);
    CU_ASSERT_EQUAL_FATAL(
        mincore(rask_store_base(store), (size_t)rask_store_arena_bytes(store), states), 0);
    for (uint64_t i = 0; i < n_pages; i++)
        n_resident += states[i] & 1;
    rask_free(states);
    return n_resident * page_bytes;
}

/* Sizes as they come: many small ones, some large, all alignments. */
static uint64_t random_bytes(struct rask_rng *rng, uint32_t most_log2)
{
    return rask_rng_next64(rng) >> (64 - most_log2 + rask_rng_below(rng, most_log2));
}

struct held {
    uint64_t offset, id, bytes;
};

static void random_sizes_and_lifetimes(void)
{
    enum { N_HELD = 300, N_STEPS = 20000 };
    struct held held[N_HELD];
    struct rask_store *store = new_store(4 * MIB);
    struct rask_rng rng;
    uint64_t n_refused = 0;
    rask_rng_seed(&rng, 11);
    for (size_t i = 0; i < N_HELD; i++)
        held[i].offset = RASK_STORE_NONE;
    for (uint64_t step = 1; step <= N_STEPS; step++) {
        struct held *one = &held[rask_rng_below(&rng, N_HELD)];
        if (one->offset == RASK_STORE_NONE) {
            *one = (struct held){.id = step, .bytes = random_bytes(&rng, 19)};
            one->offset = rask_store_take(store, one->id, one->bytes);
            n_refused += one->offset == RASK_STORE_NONE;
            if (one->offset != RASK_STORE_NONE)
                fill(store, one->offset);
        } else if (rask_rng_below(&rng, 4) == 0) {
            one->bytes = rask_rng_below(&rng, one->bytes + 1);
            rask_store_shrink(store, one->offset, one->bytes);
        } else {
            CU_ASSERT(is_intact(store, one->offset, one->id, one->bytes));
            rask_store_give(store, one->offset);
            one->offset = RASK_STORE_NONE;
        }
        check(store);
    }
    CU_ASSERT(n_refused > 0); /* the arena was full at times */
    for (size_t i = 0; i < N_HELD; i++)
        if (held[i].offset != RASK_STORE_NONE)
            rask_store_give(store, held[i].offset);
    check(store);
    CU_ASSERT_EQUAL(usage_of(store).used_bytes, 0);
    CU_ASSERT_EQUAL(usage_of(store).n_objects, 0);
    CU_ASSERT_EQUAL(usage_of(store).largest_free_bytes, 4 * MIB - RASK_OBJECT_HEADER_BYTES);
    rask_store_free(store);
}

/* Objects of 1 B to 64 KiB come and go in random order; the arena refuses one only when it is
 * nearly full. */
static void fragmentation_is_bounded(void)
{
    enum { N_HELD = 8192 };
    static uint64_t held[N_HELD];
    uint64_t n_held = 0;
    uint64_t least_used_bytes = UINT64_MAX;
    struct rask_store *store = new_store(32 * MIB);
    struct rask_rng rng;
    rask_rng_seed(&rng, 5);
    for (uint64_t step = 0; step < 200000; step++) {
        uint64_t offset = n_held < N_HELD ? rask_store_take(store, step, random_bytes(&rng, 16))
                                          : RASK_STORE_NONE;
        if (offset != RASK_STORE_NONE) {
            held[n_held++] = offset;
            continue;
        }
        if (n_held < N_HELD && usage_of(store).used_bytes < least_used_bytes)
            least_used_bytes = usage_of(store).used_bytes;
        for (uint64_t i = 1 + rask_rng_below(&rng, 8); i > 0; i--) {
            uint64_t place = rask_rng_below(&rng, n_held);
            rask_store_give(store, held[place]);
            held[place] = held[--n_held];
        }
    }
    CU_ASSERT(least_used_bytes != UINT64_MAX);
    CU_ASSERT(least_used_bytes > 32 * MIB * 3 / 4);
    check(store);
    rask_store_free(store);
}

static void a_full_arena_refuses_and_recovers(void)
{
    struct rask_store *store = new_store(64 * KIB);
    uint64_t whole_bytes = 64 * KIB - RASK_OBJECT_HEADER_BYTES;
    uint64_t all = rask_store_take(store, 1, whole_bytes);
    CU_ASSERT_EQUAL_FATAL(all, 0);
    CU_ASSERT_EQUAL(usage_of(store).largest_free_bytes, 0);
    CU_ASSERT_EQUAL(rask_store_take(store, 2, 0), RASK_STORE_NONE);
    check(store);
    rask_store_give(store, all);
    CU_ASSERT_EQUAL(rask_store_take(store, 3, whole_bytes + 1), RASK_STORE_NONE);
    CU_ASSERT_EQUAL(rask_store_take(store, 3, UINT64_MAX), RASK_STORE_NONE);
    CU_ASSERT_EQUAL(rask_store_take(store, 3, UINT64_MAX - 63), RASK_STORE_NONE);
    uint64_t n_taken = 0;
    while (rask_store_take(store, n_taken, 64) != RASK_STORE_NONE)
        n_taken++;
    CU_ASSERT_EQUAL(n_taken, 64 * KIB / 128);
    for (uint64_t i = 0; i < n_taken; i += 2) /* every other block: room, but nowhere for two */
        rask_store_give(store, i * 128);
    check(store);
    CU_ASSERT_EQUAL(usage_of(store).largest_free_bytes, 64);
    CU_ASSERT_EQUAL(rask_store_take(store, 4, 65), RASK_STORE_NONE);
    for (uint64_t i = 1; i < n_taken; i += 2)
        rask_store_give(store, i * 128);
    check(store);
    CU_ASSERT_EQUAL(rask_store_take(store, 5, whole_bytes), 0);
    rask_store_free(store);
}

/* A block is found even when it is the last that fits in a class full of smaller ones. */
static void the_last_fitting_block_is_found(void)
{
    enum { N_SMALL = 8, SMALL = 4096 - 64, LARGE = 4096 }; /* blocks of one class */
    struct rask_store *store = new_store(64 * KIB);
    uint64_t large = rask_store_take(store, 0, LARGE);
    uint64_t small[N_SMALL];
    CU_ASSERT_NOT_EQUAL(rask_store_take(store, 0, 0), RASK_STORE_NONE);
    for (size_t i = 0; i < N_SMALL; i++) {
        small[i] = rask_store_take(store, 1, SMALL);
        CU_ASSERT_NOT_EQUAL_FATAL(rask_store_take(store, 2, 0),
                                  RASK_STORE_NONE); /* keeps them apart */
    }
    CU_ASSERT_NOT_EQUAL(rask_store_take(store, 3, usage_of(store).largest_free_bytes),
                        RASK_STORE_NONE);
    rask_store_give(store, large);
    for (size_t i = 0; i < N_SMALL; i++)
        rask_store_give(store, small[i]);
    check(store);
    CU_ASSERT_EQUAL(rask_store_take(store, 4, LARGE), large);
    rask_store_free(store);
}

static void objects_of_zero_bytes(void)
{
    struct rask_store *store = new_store(64 * KIB);
    uint64_t first = rask_store_take(store, 7, 0);
    uint64_t second = rask_store_take(store, 8, 0);
    CU_ASSERT_NOT_EQUAL(first, second);
    CU_ASSERT(is_intact(store, first, 7, 0));
    CU_ASSERT(is_intact(store, second, 8, 0));
    CU_ASSERT_EQUAL(usage_of(store).used_bytes, 2 * RASK_OBJECT_HEADER_BYTES);
    rask_store_give(store, first);
    rask_store_give(store, second);
    check(store);
    CU_ASSERT_EQUAL(usage_of(store).n_objects, 0);
    rask_store_free(store);
}

static void payloads_are_aligned(void)
{
    struct rask_store *store = new_store(MIB);
    for (uint64_t bytes = 0; bytes < 300; bytes += 7) {
        uint64_t offset = rask_store_take(store, bytes, bytes);
        CU_ASSERT_EQUAL(offset % 64, 0);
        CU_ASSERT_EQUAL((uintptr_t)rask_store_payload(store, offset) % 64, 0);
        CU_ASSERT_PTR_EQUAL(rask_store_payload(store, offset),
                            (uint8_t *)rask_store_base(store) + offset + 64);
    }
    rask_store_free(store);
}

static void pins_outlive_the_give(void)
{
    struct rask_store *store = new_store(64 * KIB);
    uint64_t offset = rask_store_take(store, 42, 1000);
    fill(store, offset);
    rask_store_pin(store, offset);
    rask_store_pin(store, offset);
    rask_store_give(store, offset);
    CU_ASSERT_EQUAL(usage_of(store).n_objects, 1);
    rask_store_unpin(store, offset);
    CU_ASSERT_EQUAL(usage_of(store).n_objects, 1);
    CU_ASSERT(is_intact(store, offset, 42, 1000));
    rask_store_unpin(store, offset);
    CU_ASSERT_EQUAL(usage_of(store).n_objects, 0);

    offset =
        rask_store_take(store, 43, 1000); /* pins that end before the give do not end the object */
    rask_store_pin(store, offset);
    rask_store_unpin(store, offset);
    CU_ASSERT_EQUAL(usage_of(store).n_objects, 1);
    rask_store_give(store, offset);
    CU_ASSERT_EQUAL(usage_of(store).n_objects, 0);
    check(store);
    rask_store_free(store);
}

static void shrinking_gives_the_rest_back(void)
{
    struct rask_store *store = new_store(64 * KIB);
    uint64_t offset = rask_store_take(store, 9, 64 * KIB - RASK_OBJECT_HEADER_BYTES);
    fill(store, offset);
    rask_store_shrink(store, offset, 100);
    check(store);
    CU_ASSERT(is_intact(store, offset, 9, 100));
    CU_ASSERT_EQUAL(usage_of(store).used_bytes, 64 + 128);
    uint64_t other = rask_store_take(store, 10, 1000);
    CU_ASSERT_NOT_EQUAL_FATAL(other, RASK_STORE_NONE);
    fill(store, other);
    CU_ASSERT(is_intact(store, offset, 9, 100));
    rask_store_shrink(store, offset, 100);
    CU_ASSERT_EQUAL(usage_of(store).used_bytes, 64 + 128 + 64 + 1024);
    rask_store_shrink(store, offset, 0);
    CU_ASSERT(is_intact(store, offset, 9, 0));
    CU_ASSERT_EQUAL(usage_of(store).used_bytes, 64 + 64 + 1024);
    check(store);
    rask_store_give(store, offset);
    rask_store_give(store, other);
    CU_ASSERT_EQUAL(usage_of(store).used_bytes, 0);
    rask_store_free(store);
}

/* Magic and id tell a reader that comes late that the object is gone, whatever its place has
 * become. */
static void a_stale_offset_is_noticed(void)
{
    struct rask_store *store = new_store(64 * KIB);
    uint64_t before = rask_store_take(store, 1, 100);
    uint64_t offset = rask_store_take(store, 2, 100);
    uint64_t after = rask_store_take(store, 3, 100);
    rask_store_give(store, offset);
    CU_ASSERT_NOT_EQUAL(rask_store_header(store, offset)->magic, RASK_OBJECT_MAGIC);
    CU_ASSERT_EQUAL(rask_store_take(store, 4, 100), offset);
    CU_ASSERT_NOT_EQUAL(rask_store_header(store, offset)->id, 2);
    rask_store_give(store, before);
    rask_store_give(store, offset); /* swallowed by the free block before it */
    rask_store_give(store, after);
    CU_ASSERT_NOT_EQUAL(rask_store_header(store, offset)->magic, RASK_OBJECT_MAGIC);
    CU_ASSERT_NOT_EQUAL(rask_store_header(store, after)->magic, RASK_OBJECT_MAGIC);
    rask_store_free(store);
}

static void the_size_just_given_is_reused(void)
{
    struct rask_store *store = new_store(64 * MIB);
    const uint64_t sizes[] = {8, 512, 5000, 100 * KIB + 1, MIB, 3 * MIB + 17};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t offset = rask_store_take(store, i, sizes[i]);
        CU_ASSERT_NOT_EQUAL(rask_store_take(store, 100, 64),
                            RASK_STORE_NONE); /* keeps it apart from the rest */
        rask_store_give(store, offset);
        CU_ASSERT_EQUAL(rask_store_take(store, i, sizes[i]), offset);
    }
    rask_store_free(store);
}

static void usage_counts(void)
{
    struct rask_store *store = new_store(MIB);
    uint64_t first = rask_store_take(store, 1, 1000);
    uint64_t second = rask_store_take(store, 2, 2000);
    rask_store_give(store, first);
    struct rask_store_usage usage = usage_of(store);
    CU_ASSERT_EQUAL(usage.arena_bytes, MIB);
    CU_ASSERT_EQUAL(usage.used_bytes, 64 + 2048);
    CU_ASSERT_EQUAL(usage.peak_bytes, 64 + 1024 + 64 + 2048);
    CU_ASSERT_EQUAL(usage.n_objects, 1);
    rask_store_give(store, second);
    rask_store_free(store);
}

static uint64_t take_filled(struct rask_store *store, uint64_t bytes)
{
    uint64_t offset = rask_store_take(store, 1, bytes);
    CU_ASSERT_NOT_EQUAL_FATAL(offset, RASK_STORE_NONE);
    fill(store, offset);
    return offset;
}

static void room_costs_nothing_until_touched(void)
{
    struct rask_store *store = new_store(64 * GIB);
    CU_ASSERT_EQUAL(rask_store_arena_bytes(store), 64 * GIB);
    CU_ASSERT_NOT_EQUAL(rask_store_take(store, 1, 32 * GIB), RASK_STORE_NONE);
    CU_ASSERT_NOT_EQUAL(rask_store_take(store, 2, 31 * GIB), RASK_STORE_NONE);
    CU_ASSERT(resident_bytes(store) <= 8 * MIB);
    check(store);
    rask_store_free(store);
}

static void idle_memory_goes_back(void)
{
    struct rask_store *store = new_store(GIB);
    uint64_t offsets[64];
    for (size_t i = 0; i < 64; i++)
        offsets[i] = take_filled(store, MIB);
    for (size_t i = 0; i < 64; i += 2)
        rask_store_give(store, offsets[i]);
    rask_store_trim(store);
    check(store);
    CU_ASSERT_EQUAL(usage_of(store).kept_bytes, 0);
    CU_ASSERT(resident_bytes(store) < 40 * MIB);
    for (size_t i = 1; i < 64; i += 2) {
        CU_ASSERT(is_intact(store, offsets[i], 1, MIB));
        rask_store_give(store, offsets[i]);
    }
    rask_store_trim(store);
    check(store);
    CU_ASSERT(resident_bytes(store) <= 4 * MIB);
    rask_store_free(store);
}

/* Memory behind a block that joins one without memory goes back too. */
static void neighbours_go_back(void)
{
    struct rask_store *store = new_store(GIB);
    uint64_t first = take_filled(store, 4 * MIB);
    uint64_t second = take_filled(store, 4 * MIB);
    rask_store_give(store, first);
    rask_store_trim(store);
    rask_store_give(store, second);
    rask_store_trim(store);
    check(store);
    CU_ASSERT(resident_bytes(store) <= 3 * MIB); /* the huge page behind them */
    rask_store_free(store);
}

/* The same amounts over and over keep their memory; after a peak it goes back by itself. */
static void hot_memory_stays_and_cold_memory_goes(void)
{
    struct rask_store *store = new_store(GIB);
    for (int round = 0; round < 10; round++) {
        uint64_t offset = take_filled(store, 160 * MIB);
        rask_store_give(store, offset);
        CU_ASSERT(resident_bytes(store) >= 160 * MIB);
        CU_ASSERT(usage_of(store).kept_bytes >= 160 * MIB);
    }
    for (int round = 0; round < 1000; round++)
        rask_store_give(store, rask_store_take(store, 1, MIB));
    check(store);
    CU_ASSERT(usage_of(store).kept_bytes <= 64 * MIB);
    CU_ASSERT(resident_bytes(store) <= 70 * MIB);
    rask_store_free(store);
}

static void kept_memory_never_goes_back(void)
{
    struct rask_store *store = new_store(GIB);
    uint8_t *bytes = rask_store_base(store);
    rask_store_keep(store);
    uint64_t offset = take_filled(store, 160 * MIB);
    rask_store_give(store, offset);
    for (int round = 0; round < 1000; round++)
        rask_store_give(store, rask_store_take(store, 1, MIB));
    rask_store_trim(store);
    check(store);
    CU_ASSERT(resident_bytes(store) >= 160 * MIB);
    CU_ASSERT_EQUAL(bytes[offset + 100 * MIB], 1);
    rask_store_free(store);
}

enum { N_THREADS = 4, N_SLOTS = 64, N_THREAD_STEPS = 20000 };

struct shared {
    struct rask_store *store;
    _Atomic uint64_t
        slots[N_SLOTS]; /* offsets of objects, or none: whoever takes one out owns it */
    _Atomic uint64_t n_wrong;
};

struct torturer {
    struct shared *shared;
    uint64_t seed;
};

/* Puts new objects into slots and ends those found there, which another thread may have made and
 * pinned. */
static void *torture(void *argument)
{
    const struct torturer *torturer = argument;
    struct shared *shared = torturer->shared;
    struct rask_rng rng;
    rask_rng_seed(&rng, torturer->seed);
    for (uint64_t step = 0; step < N_THREAD_STEPS; step++) {
        uint64_t bytes = random_bytes(&rng, step % 64 == 0 ? 22 : 10);
        uint64_t made =
            rask_store_take(shared->store, torturer->seed << 32 | bytes, bytes + step % 3 * 100);
        if (made != RASK_STORE_NONE) {
            rask_store_shrink(shared->store, made, bytes);
            fill(shared->store, made);
            rask_store_pin(shared->store, made);
        }
        uint64_t found = atomic_exchange(&shared->slots[rask_rng_below(&rng, N_SLOTS)], made);
        if (found != RASK_STORE_NONE)
            rask_store_give(shared->store, found);
        if (made != RASK_STORE_NONE) { /* perhaps given by another thread by now, but pinned */
            if (!is_intact(shared->store, made, torturer->seed << 32 | bytes, bytes))
                atomic_fetch_add(&shared->n_wrong, 1);
            rask_store_unpin(shared->store, made);
        }
        if (step % 1024 == 0)
            rask_store_trim(shared->store);
        if (step % 512 == 0 && rask_store_check(shared->store, NULL) != RASK_OK)
            atomic_fetch_add(&shared->n_wrong, 1);
    }
    return NULL;
}

static void many_threads(void)
{
    pthread_t threads[N_THREADS];
    struct torturer torturers[N_THREADS];
    struct shared shared = {.store = new_store(64 * MIB)};
    for (size_t i = 0; i < N_SLOTS; i++)
        atomic_init(&shared.slots[i], RASK_STORE_NONE);
    for (size_t i = 0; i < N_THREADS; i++) {
        torturers[i] = (struct torturer){&shared, i + 1};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, torture, &torturers[i]), 0);
    }
    for (size_t i = 0; i < N_THREADS; i++)
        CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
    CU_ASSERT_EQUAL(shared.n_wrong, 0);
    check(shared.store);
    for (size_t i = 0; i < N_SLOTS; i++)
        if (shared.slots[i] != RASK_STORE_NONE)
            rask_store_give(shared.store, shared.slots[i]);
    check(shared.store);
    CU_ASSERT_EQUAL(usage_of(shared.store).n_objects, 0);
    CU_ASSERT_EQUAL(usage_of(shared.store).used_bytes, 0);
    rask_store_free(shared.store);
}

/* One thread takes and gives almost all of the arena while another makes memory go back: it is
 * never refused. */
static void *trim_again_and_again(void *argument)
{
    struct shared *shared = argument;
    while (atomic_load(&shared->slots[0]) == 0)
        rask_store_trim(shared->store);
    return NULL;
}

static void memory_on_its_way_back_is_not_missing(void)
{
    pthread_t thread;
    uint64_t n_refused = 0;
    struct shared shared = {.store = new_store(16 * MIB)};
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, trim_again_and_again, &shared), 0);
    for (int i = 0; i < 3000; i++) {
        uint64_t offset = rask_store_take(shared.store, 1, 12 * MIB);
        n_refused += offset == RASK_STORE_NONE;
        if (offset != RASK_STORE_NONE) {
            memset(rask_store_payload(shared.store, offset), 1, 64 * KIB);
            rask_store_give(shared.store, offset);
        }
    }
    atomic_store(&shared.slots[0], 1);
    CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
    CU_ASSERT_EQUAL(n_refused, 0);
    check(shared.store);
    rask_store_free(shared.store);
}

static void the_checker_names_what_is_broken(void)
{
    struct rask_store *store = new_store(64 * KIB);
    struct rask_error error;
    (void)rask_store_take(store, 1, 100);
    uint64_t offset = rask_store_take(store, 2, 100);
    struct rask_object_header *header = rask_store_header(store, offset);
    struct rask_object_header intact = *header;
    header->magic = 0;
    CU_ASSERT_EQUAL(rask_store_check(store, &error), RASK_ERR_INTERNAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "offset 192"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "magic"));
    *header = intact;
    header->block_bytes += 64;
    CU_ASSERT_EQUAL(rask_store_check(store, &error), RASK_ERR_INTERNAL);
    header->block_bytes = 0;
    CU_ASSERT_EQUAL(rask_store_check(store, &error), RASK_ERR_INTERNAL);
    *header = intact;
    header->previous_bytes = 64;
    CU_ASSERT_EQUAL(rask_store_check(store, &error), RASK_ERR_INTERNAL);
    *header = intact;
    header->kind = RASK_OBJECT_FREE;
    CU_ASSERT_EQUAL(rask_store_check(store, &error), RASK_ERR_INTERNAL);
    *header = intact;
    check(store);
    rask_store_free(store);
}

static void bad_sizes_are_errors(void)
{
    struct rask_store *store = NULL;
    struct rask_error error;
    CU_ASSERT_EQUAL(rask_store_new(0, &store, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_store_new(UINT64_MAX, &store, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NULL(store);
    rask_store_free(NULL);
    store = new_store(1);
    CU_ASSERT_EQUAL(rask_store_arena_bytes(store), (uint64_t)sysconf(_SC_PAGESIZE));
    CU_ASSERT_NOT_EQUAL(rask_store_take(store, 1, 1), RASK_STORE_NONE);
    rask_store_free(store);
}

static void no_memory_is_an_error(void)
{
    struct rask_store *store = NULL;
    struct rask_error error;
    for (uint64_t n = 1; n <= 2; n++) {
        rask_alloc_fail_at(n, 0);
        CU_ASSERT_EQUAL(rask_store_new(MIB, &store, &error), RASK_ERR_MEMORY);
        CU_ASSERT_PTR_NULL(store);
    }
    rask_alloc_fail_at(0, 0);
}

enum { STATM_ROOM = 0, STATM_DATA = 5 }; /* columns of /proc/self/statm, in pages */

/* From now on the process may have `bytes` more of what that column counts. 0, or -1. */
static int limit_to_more(unsigned resource, int column, uint64_t bytes)
{
    unsigned long n_pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    int n = statm == NULL ? 0 : 1;
    for (int i = 0; i <= column && n == 1; i++)
        n = fscanf(statm, "%lu", &n_pages);
    if (statm != NULL)
        (void)fclose(statm);
    rask_free(rask_alloc(64 * KIB)); /* so that the heap does not need to grow under the limit */
    rlim_t limit = n_pages * (rlim_t)sysconf(_SC_PAGESIZE) + bytes;
    return n == 1 ? setrlimit(resource, &(struct rlimit){limit, limit}) : -1;
}

/* Runs in a child whose room is limited to `bytes` more than it has; true when the store is as
 * expected. */
static int is_right_under_limit(uint64_t bytes, int is_enough)
{
    struct rask_store *store = NULL;
    struct rask_error error = {.text = ""};
    if (limit_to_more(RLIMIT_AS, STATM_ROOM, bytes) != 0)
        return 0;
    rask_status status = rask_store_new(64 * GIB, &store, &error);
    if (!is_enough)
        return status == RASK_ERR_MEMORY && strstr(error.text, "68719476736 bytes") != NULL &&
               strstr(error.text, "ulimit -v") != NULL;
    if (status != RASK_OK)
        return 0;
    uint64_t arena_bytes = rask_store_arena_bytes(store);
    int is_right = arena_bytes >= bytes / 8 && arena_bytes <= bytes / 2 &&
                   rask_store_take(store, 1, arena_bytes - RASK_OBJECT_HEADER_BYTES) == 0 &&
                   rask_store_check(store, &error) == RASK_OK;
    rask_store_free(store);
    return is_right;
}

static int ends_well(pid_t child)
{
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

static int in_child(uint64_t bytes, int is_enough)
{
    pid_t child = fork();
    if (child == 0)
        _exit(is_right_under_limit(bytes, is_enough) ? 0 : 1);
    return ends_well(child);
}

/* Runs in a child that may have little more data than it has; true when the error names that limit
 * alone. */
static int names_the_limit_of_data(void)
{
    struct rask_store *store = NULL;
    struct rask_error error = {.text = ""};
    if (limit_to_more(RLIMIT_DATA, STATM_DATA, 8 * MIB) != 0)
        return 0;
    return rask_store_new(64 * GIB, &store, &error) == RASK_ERR_MEMORY &&
           strstr(error.text, "`ulimit -d`") != NULL && strstr(error.text, "ulimit -v") == NULL;
}

static void the_limit_in_force_is_named(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(names_the_limit_of_data() ? 0 : 1);
    CU_ASSERT(ends_well(child));
}

static void limited_room_makes_a_smaller_store(void)
{
    CU_ASSERT(in_child(GIB, 1));
    CU_ASSERT(in_child(100 * MIB, 1));
    CU_ASSERT(in_child(8 * MIB, 0));
}

/* Another mapping of the store's file, as another process has it. */
static const uint8_t *other_side(const struct rask_store *store, int fd)
{
    void *seen = mmap(NULL, (size_t)rask_store_arena_bytes(store), PROT_READ, MAP_SHARED, fd, 0);
    CU_ASSERT_FATAL(seen != MAP_FAILED);
    return seen;
}

static uint64_t file_bytes(int fd)
{
    struct stat info = {0};
    CU_ASSERT_EQUAL(fstat(fd, &info), 0);
    return (uint64_t)info.st_blocks * 512;
}

static void shared_objects_are_seen_and_their_memory_goes_back(void)
{
    int fd = -1;
    struct rask_error error;
    struct rask_store *store = new_store(GIB);
    CU_ASSERT_EQUAL_FATAL(rask_store_share(store, &fd, &error), RASK_OK);
    const uint8_t *seen = other_side(store, fd);
    rask_store_limit(store, 512 * MIB);
    uint64_t offset = rask_store_take(store, 77, 100 * MIB);
    CU_ASSERT_NOT_EQUAL_FATAL(offset, RASK_STORE_NONE);
    memset(rask_store_payload(store, offset), 5, 100 * MIB);
    const struct rask_object_header *header = (const void *)(seen + offset);
    CU_ASSERT_EQUAL(header->magic, RASK_OBJECT_MAGIC);
    CU_ASSERT_EQUAL(header->id, 77);
    CU_ASSERT_EQUAL(((const uint8_t *)(header + 1))[100 * MIB - 1], 5);
    CU_ASSERT(file_bytes(fd) >= 100 * MIB);
    rask_store_give(store, offset);
    rask_store_trim(store);
    CU_ASSERT(file_bytes(fd) < 4 * MIB);
    check(store);
    (void)munmap((void *)(uintptr_t)seen, GIB);
    close(fd);
    rask_store_free(store);
}

static void unshared_objects_are_private_again(void)
{
    int fd = -1;
    struct rask_error error;
    struct rask_store *store = new_store(64 * MIB);
    CU_ASSERT_EQUAL(rask_store_unshare(store, &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_store_share(store, &fd, &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_store_unshare(store, &error), RASK_OK);
    uint64_t offset = rask_store_take(store, 1, MIB);
    CU_ASSERT_NOT_EQUAL_FATAL(offset, RASK_STORE_NONE);
    memset(rask_store_payload(store, offset), 5, MIB);
    CU_ASSERT(file_bytes(fd) < MIB);
    check(store);
    close(fd);
    rask_store_free(store);
}

static int refuses_to_share(void)
{
    int fd;
    struct rask_error error;
    struct rlimit limit = {MIB, MIB};
    struct rask_store *store = new_store(64 * MIB);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0 ||
        rask_store_share(store, &fd, &error) != RASK_ERR_SYSTEM ||
        strstr(error.text, "`ulimit -f`") == NULL)
        return 0;
    uint64_t offset = rask_store_take(store, 1, 2 * MIB);
    if (offset == RASK_STORE_NONE)
        return 0;
    memset(rask_store_payload(store, offset), 5, 2 * MIB);
    return 1;
}

static void a_limit_of_files_leaves_the_store_private(void)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(refuses_to_share() ? 0 : 1);
    CU_ASSERT(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
              WEXITSTATUS(status) == 0);
}

RASK_UNIT_MAIN("store", {"random sizes and lifetimes", random_sizes_and_lifetimes},
               {"fragmentation is bounded", fragmentation_is_bounded},
               {"a full arena refuses and recovers", a_full_arena_refuses_and_recovers},
               {"the last fitting block is found", the_last_fitting_block_is_found},
               {"objects of zero bytes", objects_of_zero_bytes},
               {"payloads are aligned", payloads_are_aligned},
               {"pins outlive the give", pins_outlive_the_give},
               {"shrinking gives the rest back", shrinking_gives_the_rest_back},
               {"a stale offset is noticed", a_stale_offset_is_noticed},
               {"the size just given is reused", the_size_just_given_is_reused},
               {"usage counts", usage_counts},
               {"room costs nothing until touched", room_costs_nothing_until_touched},
               {"idle memory goes back", idle_memory_goes_back},
               {"neighbours go back", neighbours_go_back},
               {"hot memory stays and cold memory goes", hot_memory_stays_and_cold_memory_goes},
               {"kept memory never goes back", kept_memory_never_goes_back},
               {"many threads", many_threads},
               {"memory on its way back is not missing", memory_on_its_way_back_is_not_missing},
               {"the checker names what is broken", the_checker_names_what_is_broken},
               {"bad sizes are errors", bad_sizes_are_errors},
               {"no memory is an error", no_memory_is_an_error},
               {"limited room makes a smaller store", limited_room_makes_a_smaller_store},
               {"the limit in force is named", the_limit_in_force_is_named},
               {"shared objects are seen", shared_objects_are_seen_and_their_memory_goes_back},
               {"unshared objects are private", unshared_objects_are_private_again},
               {"a limit of files keeps it private", a_limit_of_files_leaves_the_store_private})
