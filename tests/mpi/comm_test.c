/* SPDX-License-Identifier: BSD-3-Clause */
/* comm_test.c: the MPI transport on any number of ranks. Every rank sends random batches to
 * every other and checks order and content of what it gets; reads out of busy ranks' arenas;
 * sleeps without a timeout and is woken.
 *
 *     comm_test           MPI is the test's; the transport is started and stopped on it once in
 *                         every form
 *     comm_test boot      the start brings MPI up and the stop takes it down, in the form that is
 *                         chosen by itself
 *
 * TAP comes from rank 0, whose verdict covers all ranks. */
#include "base/alloc.h"
#include "base/clock.h"
#include "comm/boot.h"

#include <mpi.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "tap.h"

#define ARENA_BYTES ((size_t)68 << 20)
#define LONGEST_RECORD ((size_t)1 << 20)
#define N_BATCHES 150
#define N_SMALL_READS 3000
#define N_ROUNDS 300

struct options {
    const char *name;
    int wants_rings, wants_window, is_without_shm;
};

static const struct options forms[] = {
    {"as found", 1, 1, 0},
    {"gets answered by the holder", 1, 0, 0},
    {"no rings", 0, 1, 0},
    {"no shared memory", 1, 0, 1},
};

struct sequence {
    uint64_t state;
    uint32_t n_records;
};

struct world {
    struct rask_comm *comm;
    uint8_t *arena;
    struct sequence *in, *out; /* per peer: what comes next from it, what goes next to it */
    uint64_t n_received; /* records */
    uint64_t n_got, n_open; /* reads ended, under way */
    uint32_t n_turns; /* records of the ping-pong */
    uint32_t n_lacks; /* batches without room */
    int n_failures; /* of the test under way, on this rank */
    struct tap tap;
    int is_playing;
    const char *form;
};

static void expect(struct world *world, int is_true, const char *what)
{
    if (is_true)
        return;
    if (world->n_failures++ < 10)
        fprintf(stderr, "rank %d: %s\n", world->comm->caps.rank, what);
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t pair_seed(int32_t from, int32_t to)
{
    return (uint64_t)from * 1000003 + (uint64_t)to;
}

/* Mostly short records, now and then one around a limit of the transport or a long one. */
static uint32_t record_size(uint64_t random)
{
    static const uint32_t special[] = {8,     16,    4024,  4032,  4040,  8064,
                                       16128, 65520, 65528, 65536, 262144};
    uint32_t choice = (uint32_t)(random % 1000);
    if (choice < 40)
        return special[(random >> 20) % (sizeof special / sizeof special[0])];
    if (choice == 41)
        return (uint32_t)(8 + (random >> 20) % LONGEST_RECORD) & ~7u;
    return (uint32_t)(8 + (random >> 20) % 250) & ~7u;
}

struct record {
    uint32_t size, number;
};

static uint8_t content(uint64_t random, size_t i)
{
    return (uint8_t)(random + i * 37);
}

static size_t make_record(struct sequence *sequence, uint8_t *bytes, size_t room)
{
    struct sequence ahead = *sequence;
    uint64_t random = next_random(&ahead.state);
    struct record record = {.size = record_size(random), .number = ahead.n_records++};
    if (record.size > room)
        return 0;
    memcpy(bytes, &record, sizeof record);
    for (size_t i = sizeof record; i < record.size; i++)
        bytes[i] = content(random, i);
    *sequence = ahead;
    return record.size;
}

static int is_record_right(struct sequence *sequence, const uint8_t *bytes, size_t left)
{
    struct record record;
    uint64_t random = next_random(&sequence->state);
    if (left < sizeof record)
        return 0;
    memcpy(&record, bytes, sizeof record);
    if (record.size != record_size(random) || record.number != sequence->n_records++ ||
        record.size > left)
        return 0;
    for (size_t i = sizeof record; i < record.size; i++)
        if (bytes[i] != content(random, i))
            return 0;
    return 1;
}

static void on_batch(void *context, int32_t source_rank, const uint8_t *bytes, size_t size)
{
    struct world *world = context;
    if (world->is_playing) {
        world->n_turns++;
        return;
    }
    expect(world, (uintptr_t)bytes % 8 == 0, "a batch is not aligned");
    for (size_t at = 0; at < size;) {
        struct record record;
        if (!is_record_right(&world->in[source_rank], bytes + at, size - at)) {
            expect(world, 0, "a record is lost, out of order or damaged");
            return;
        }
        memcpy(&record, bytes + at, sizeof record);
        world->n_received++;
        at += record.size;
    }
}

static void on_got(void *context, uint64_t request, rask_status status)
{
    struct world *world = context;
    (void)request;
    expect(world, status == RASK_OK, "a get failed");
    world->n_got++;
    world->n_open--;
}

static void on_lost(void *context, int32_t rank)
{
    (void)rank;
    expect(context, 0, "a peer was lost");
}

static void on_failed(void *context, const struct rask_error *error)
{
    struct world *world = context;
    expect(world, error->code == RASK_ERR_MEMORY && strstr(error->text, "rank 1") != NULL,
           "want of memory is told as something else");
    world->n_lacks++;
}

/* One poll; lets other ranks run when it brings nothing, since tests have more ranks than cores. */
static int turn(struct world *world)
{
    const struct rask_comm_handler handler = {.context = world,
                                              .on_batch = on_batch,
                                              .on_got = on_got,
                                              .on_lost = on_lost,
                                              .on_failed = on_failed};
    int n_events = world->comm->ops->poll(world->comm, &handler);
    if (n_events == 0)
        sched_yield();
    return n_events;
}

/* As the loop does it: look, announce the sleep, look again, sleep. Without a timeout where
 * every peer can ring. */
static void rest(struct world *world)
{
    struct rask_comm *comm = world->comm;
    uint32_t ticket = rask_bell_begin(comm->bell);
    if (turn(world) == 0)
        rask_bell_sleep(comm->bell, ticket,
                        comm->n_pending != 0          ? 100000
                        : comm->caps.has_remote_nodes ? 1000000
                                                      : INT64_MAX);
    rask_bell_end(comm->bell);
}

/* All ranks' failures; every rank goes on polling until all are here. */
static int all_failures(const struct world *own)
{
    struct world *world = (struct world *)(uintptr_t)own;
    int n_all = 0, is_done = 0, mine = world->n_failures;
    MPI_Request request;
    MPI_Iallreduce(&mine, &n_all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD, &request);
    while (!is_done) {
        turn(world);
        MPI_Test(&request, &is_done, MPI_STATUS_IGNORE);
    }
    return n_all;
}

static void report(struct world *world, const char *name)
{
    char text[200];
    snprintf(text, sizeof text, "%s: %s", world->form, name);
    world->tap.is_silent = world->comm->caps.rank != 0;
    tap_check(&world->tap, all_failures(world) == 0, text);
    world->n_failures = 0;
}

static void send_batch(struct world *world, int32_t rank, uint8_t *bytes, size_t limit)
{
    size_t size = 0, more;
    while ((more = make_record(&world->out[rank], bytes + size, limit - size)) != 0)
        size += more;
    if (size == 0)
        size = make_record(&world->out[rank], bytes, LONGEST_RECORD);
    expect(world, world->comm->ops->send(world->comm, rank, bytes, size) == RASK_OK,
           "a send failed");
}

/* Each sends N_BATCHES to each other, of a few bytes to a few hundred thousand, polling only now
 * and then. */
static void test_storm(struct world *world)
{
    const struct rask_comm_caps *caps = &world->comm->caps;
    uint64_t random = (uint64_t)caps->rank;
    uint8_t *bytes = rask_alloc(LONGEST_RECORD);
    uint64_t n_sent = 0, n_all = 0, sums[2];
    for (int i = 0; i < N_BATCHES && bytes != NULL; i++) {
        for (int32_t step = 1; step < caps->n_ranks; step++) {
            uint64_t kind = next_random(&random) % 100;
            size_t limit = kind < 70 ? 512 : kind < 90 ? 4032 : kind < 98 ? 20000 : 300000;
            send_batch(world, (caps->rank + step) % caps->n_ranks, bytes, limit);
            if (next_random(&random) % 4 == 0)
                turn(world);
        }
    }
    rask_free(bytes);
    for (int32_t rank = 0; rank < caps->n_ranks; rank++)
        n_sent += world->out[rank].n_records;
    do {
        turn(world);
        sums[0] = n_sent;
        sums[1] = world->n_received;
        uint64_t totals[2] = {0, 0};
        MPI_Request request;
        int is_done = 0;
        MPI_Iallreduce(sums, totals, 2, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD, &request);
        while (!is_done) {
            turn(world);
            MPI_Test(&request, &is_done, MPI_STATUS_IGNORE);
        }
        n_all = totals[0] - totals[1];
    } while (n_all != 0 && all_failures(world) == 0);
    while (world->comm->n_pending != 0)
        turn(world);
    report(world, "every record arrives once, in order, unharmed");
}

/* Without a period: a piece from another place of the arena has other bytes. */
static uint8_t arena_byte(int32_t rank, uint64_t offset)
{
    return (uint8_t)((offset * UINT64_C(0x9e3779b97f4a7c15) >> 56) + (uint64_t)rank * 101);
}

static void start_read(struct world *world, const struct rask_comm_get *get)
{
    memset(get->local, 0xee, get->bytes);
    world->n_open++;
    expect(world, world->comm->ops->get(world->comm, get) == RASK_OK, "a get was refused");
}

static void check_read(struct world *world, const struct rask_comm_get *get)
{
    const uint8_t *bytes = get->local;
    for (size_t i = 0; i < get->bytes; i++) {
        if (bytes[i] == arena_byte(get->rank, get->offset + i))
            continue;
        expect(world, 0, "a get brought wrong bytes");
        return;
    }
}

/* Between its polls a rank is busy with its own arithmetic, so answers come late where the
 * holder must answer. */
static void busy_turns(struct world *world)
{
    volatile uint64_t sink = 0;
    while (world->n_open != 0) {
        uint64_t until = rask_now_ns() + 200000;
        while (rask_now_ns() < until)
            sink += until;
        turn(world);
    }
    (void)sink;
}

static void test_reads(struct world *world)
{
    static const size_t sizes[] = {0, 1, 64, 1 << 20, (64 << 20) + 1};
    const struct rask_comm_caps *caps = &world->comm->caps;
    uint8_t *local = rask_alloc(ARENA_BYTES);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && caps->n_ranks > 1; i++) {
        struct rask_comm_get get = {
            .rank = (caps->rank + 1) % caps->n_ranks,
            .offset = 12345,
            .local = local,
            .bytes = sizes[i],
            .request = i,
        };
        uint64_t n_before = world->n_got;
        start_read(world, &get);
        expect(world, world->n_got == n_before, "a get was reported outside of a poll");
        busy_turns(world);
        check_read(world, &get);
    }
    rask_free(local);
    report(world, "gets of 0 B to 64 MiB + 1 out of a busy rank's arena");
}

/* Thousands of short reads from all ranks at once, to the last byte of the arena. */
static void test_many_reads(struct world *world)
{
    const struct rask_comm_caps *caps = &world->comm->caps;
    uint64_t random = (uint64_t)caps->rank + 77;
    struct rask_comm_get *gets = rask_alloc_zeroed(N_SMALL_READS, sizeof *gets);
    uint8_t *local = rask_alloc(N_SMALL_READS * 64);
    for (int i = 0; i < N_SMALL_READS && caps->n_ranks > 1; i++) {
        size_t bytes = 1 + next_random(&random) % 64;
        gets[i] = (struct rask_comm_get){
            .rank = (int32_t)((uint64_t)caps->rank + 1 +
                              next_random(&random) % (uint64_t)(caps->n_ranks - 1)) %
                    caps->n_ranks,
            .offset = i % 50 == 0 ? ARENA_BYTES - bytes : next_random(&random) % (ARENA_BYTES - 64),
            .local = local + (size_t)i * 64,
            .bytes = bytes,
        };
        start_read(world, &gets[i]);
        if (i % 100 == 0)
            turn(world);
    }
    while (world->n_open != 0)
        turn(world);
    for (int i = 0; i < N_SMALL_READS && caps->n_ranks > 1; i++)
        check_read(world, &gets[i]);
    rask_free(gets);
    rask_free(local);
    report(world, "thousands of short gets from all ranks");
}

static void test_bad_calls(struct world *world)
{
    struct rask_comm *comm = world->comm;
    uint8_t bytes[64] = {0};
    if (comm->caps.n_ranks > 1) {
        int32_t rank = (comm->caps.rank + 1) % comm->caps.n_ranks;
        struct rask_comm_get get = {
            .rank = rank, .offset = ARENA_BYTES - 8, .local = bytes, .bytes = 9};
        expect(world, comm->ops->get(comm, &get) == RASK_ERR_ARGUMENT,
               "a get beyond the arena was accepted");
        get.offset = UINT64_MAX - 3;
        expect(world, comm->ops->get(comm, &get) == RASK_ERR_ARGUMENT,
               "a get from nowhere was accepted");
        expect(world, comm->ops->send(comm, rank, bytes, 0) == RASK_OK,
               "an empty batch was refused");
    }
    report(world, "bad gets are refused, empty batches are nothing");
}

/* A token goes round the ranks; who does not have it sleeps until it is woken. A lost ring hangs
 * the test. */
static void test_wakeups(struct world *world)
{
    struct rask_comm *comm = world->comm;
    const uint32_t token[2] = {8, 0};
    int32_t next = (comm->caps.rank + 1) % comm->caps.n_ranks;
    uint32_t n_seen = 0;
    world->is_playing = 1;
    all_failures(world);
    for (int round = 0; round < N_ROUNDS && comm->caps.n_ranks > 1; round++) {
        if (comm->caps.rank == 0)
            expect(world, comm->ops->send(comm, next, (const uint8_t *)token, 8) == RASK_OK,
                   "a send failed");
        while (world->n_turns == n_seen)
            rest(world);
        n_seen++;
        if (comm->caps.rank != 0)
            expect(world, comm->ops->send(comm, next, (const uint8_t *)token, 8) == RASK_OK,
                   "a send failed");
    }
    while (comm->n_pending != 0)
        turn(world);
    all_failures(world);
    world->is_playing = 0;
    report(world, "who sleeps is woken");
}

/* Batches that rank 0 has no memory for are nobody's fault: it is told so, and nobody is lost. */
static void test_batches_without_memory(struct world *world)
{
    struct rask_comm *comm = world->comm;
    const uint32_t token[2] = {8, 0}, size = LONGEST_RECORD;
    uint8_t *record = rask_alloc_zeroed(1, LONGEST_RECORD);
    memcpy(record, &size, sizeof size);
    world->n_turns = 0;
    world->is_playing = 1;
    all_failures(world);
    if (comm->caps.rank == 1)
        for (int i = 0; i < 3; i++)
            expect(world, comm->ops->send(comm, 0, record, LONGEST_RECORD) == RASK_OK,
                   "a send failed");
    if (comm->caps.rank == 0 && comm->caps.n_ranks > 1) {
        rask_alloc_fail_at(1, 1);
        while (world->n_lacks < 3)
            turn(world);
        rask_alloc_fail_at(0, 0);
    }
    while (comm->n_pending != 0)
        turn(world);
    all_failures(world);
    if (comm->caps.rank == 1)
        expect(world, comm->ops->send(comm, 0, (const uint8_t *)token, 8) == RASK_OK,
               "a send failed");
    while (comm->caps.rank == 0 && comm->caps.n_ranks > 1 && world->n_turns == 0)
        turn(world);
    all_failures(world);
    world->is_playing = 0;
    rask_free(record);
    report(world, "want of memory for a batch loses nobody");
}

/* Rank 0 answers without memory too. */
static void test_reads_without_memory(struct world *world)
{
    struct rask_comm *comm = world->comm;
    uint8_t *local = rask_alloc(16 << 20);
    struct rask_comm_get gets[16];
    all_failures(world);
    if (comm->caps.rank == 0)
        rask_alloc_fail_at(1, 1);
    for (size_t i = 0; i < 16 && comm->caps.rank == 1; i++) {
        gets[i] = (struct rask_comm_get){
            .rank = 0, .offset = i * 4099, .local = local + (i << 20), .bytes = 1 << 20};
        start_read(world, &gets[i]);
    }
    while (world->n_open != 0)
        turn(world);
    for (size_t i = 0; i < 16 && comm->caps.rank == 1; i++)
        check_read(world, &gets[i]);
    all_failures(world);
    rask_alloc_fail_at(0, 0);
    rask_free(local);
    report(world, "gets are answered without memory");
}

static void test_counters(struct world *world, const struct options *options)
{
    const struct rask_comm_counters *counters = &world->comm->counters;
    const struct rask_comm_caps *caps = &world->comm->caps;
    int has_rings = options->wants_rings && !options->is_without_shm && caps->ranks_on_node > 1;
    if (caps->rank == 0 && caps->n_ranks > 1)
        expect(world, (counters->ring_batches_sent != 0) == has_rings,
               "rings and messages are not as asked for");
    if (caps->n_ranks > 1) {
        expect(world, counters->gets >= N_SMALL_READS, "gets are not counted");
        expect(world, (counters->served_gets == 0) == caps->has_window,
               "served gets are not counted");
        expect(world, options->wants_window != 0 || !caps->has_window,
               "there is a window against the option");
        expect(world, strstr(caps->window_text, "wrong bytes") == NULL,
               "the window was given up because it gave wrong bytes");
    }
    if (caps->rank == 0)
        printf("# %s\n# %s\n", caps->transport_text, caps->window_text);
    report(world, "counters and capabilities tell what was done");
}

/* A limit on file sizes makes the shared segment impossible, as a small /dev/shm does. Without a
 * window MPI makes no file at this point. */
static void forbid_shared_memory(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0)
        return;
    limit.rlim_cur = 128;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void allow_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static rask_status boot(struct world *world, const struct options *options)
{
    struct rask_error error;
    struct rask_boot_result result;
    const struct rask_boot_request request = {
        .wants_rings = options->wants_rings,
        .wants_window = options->wants_window,
        .function_names = "alpha\0beta",
        .n_functions = 2,
        .cpuset = "0-1",
        .n_node_cores = 2,
        .arena = world->arena,
        .arena_bytes = ARENA_BYTES,
    };
    if (options->is_without_shm)
        forbid_shared_memory();
    rask_status status = rask_boot_mpi(&request, &result, &error);
    if (options->is_without_shm)
        allow_files();
    if (status != RASK_OK) {
        printf("Bail out! %s: %s\n", rask_status_name(status), error.text);
        return status;
    }
    world->comm = result.comm;
    rask_boot_result_release(&result);
    return RASK_OK;
}

static void run_tests(struct world *world, const struct options *options)
{
    const struct rask_comm_caps *caps = &world->comm->caps;
    int is_arena_kept = 1;
    for (int32_t rank = 0; rank < caps->n_ranks; rank++) {
        world->in[rank] = (struct sequence){.state = pair_seed(rank, caps->rank)};
        world->out[rank] = (struct sequence){.state = pair_seed(caps->rank, rank)};
    }
    for (size_t i = 0; i < ARENA_BYTES; i++)
        is_arena_kept &= world->arena[i] == arena_byte(caps->rank, i);
    expect(world, is_arena_kept, "the start has changed the arena");
    report(world, "the start leaves the arena as it was");
    test_storm(world);
    test_reads(world);
    test_many_reads(world);
    test_bad_calls(world);
    test_wakeups(world);
    test_storm(world);
    test_batches_without_memory(world);
    test_reads_without_memory(world);
    test_counters(world, options);
}

/* Start, tests, stop; what was counted stays in `world`. */
static int run_form(struct world *world, const struct options *options)
{
    world->form = options->name;
    world->n_received = 0;
    world->n_turns = 0;
    world->n_lacks = 0;
    if (boot(world, options) != RASK_OK)
        return -1;
    size_t n = (size_t)world->comm->caps.n_ranks;
    world->in = rask_alloc_zeroed(n, sizeof *world->in);
    world->out = rask_alloc_zeroed(n, sizeof *world->out);
    if (world->in == NULL || world->out == NULL)
        world->comm->ops->stop(world->comm, 1, 1);
    run_tests(world, options);
    world->comm->ops->stop(world->comm, 0, 0);
    rask_free(world->in);
    rask_free(world->out);
    return 0;
}

static int run_all_forms(struct world *world)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (run_form(world, &forms[i]) != 0)
            return -1;
    return 0;
}

/* This process's rank before MPI is up, for the arena's pattern. */
static int32_t rank_told(void)
{
    static const char *const variables[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        if (getenv(variables[i]) != NULL)
            return (int32_t)strtol(getenv(variables[i]), NULL, 10);
    return 0;
}

int main(int n_arguments, char **arguments)
{
    struct world world = {0};
    int is_boot = n_arguments == 2 && strcmp(arguments[1], "boot") == 0;
    if (n_arguments != 1 && !is_boot) {
        fprintf(stderr, "usage: comm_test [boot]\n");
        return 2;
    }
    int32_t rank = rank_told(), provided = 0;
    world.arena =
        mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (world.arena == MAP_FAILED)
        return 1;
    for (size_t i = 0; i < ARENA_BYTES; i++)
        world.arena[i] = arena_byte(rank, i);
    if (!is_boot)
        MPI_Init_thread(&n_arguments, &arguments, MPI_THREAD_SERIALIZED, &provided);
    int outcome = is_boot ? run_form(&world, &forms[0]) : run_all_forms(&world);
    if (!is_boot)
        MPI_Finalize();
    munmap(world.arena, ARENA_BYTES);
    return outcome != 0 || tap_end(&world.tap) != 0;
}
