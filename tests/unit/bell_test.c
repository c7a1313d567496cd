/* SPDX-License-Identifier: BSD-3-Clause */
/* bell_test.c: a ring is never lost, between threads and between processes, and the transport of
 * one process is made and ended. Sleeps have no timeout here, so a lost ring is a test that
 * never ends. */
#include "comm/comm.h"

#include "base/alloc.h"
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_TURNS 20000
#define FOR_EVER_NS INT64_MAX

/* Two sides that hand a turn to each other; each sleeps until it is its turn. */
struct table {
    struct rask_bell bells[2];
    _Atomic uint32_t turn;
};

static void await_turn(struct table *table, uint32_t turn, uint32_t side)
{
    for (;;) {
        if (atomic_load(&table->turn) == turn)
            return;
        uint32_t ticket = rask_bell_begin(&table->bells[side]);
        if (atomic_load(&table->turn) != turn)
            rask_bell_sleep(&table->bells[side], ticket, FOR_EVER_NS);
        rask_bell_end(&table->bells[side]);
    }
}

static void play(struct table *table, uint32_t side)
{
    for (uint32_t turn = side; turn < N_TURNS; turn += 2) {
        await_turn(table, turn, side);
        atomic_store(&table->turn, turn + 1);
        rask_bell_ring(&table->bells[1 - side], 1);
    }
}

static void *play_second(void *table)
{
    play(table, 1);
    return NULL;
}

static void threads_hand_over(void)
{
    struct table table = {0};
    pthread_t second;
    CU_ASSERT_FATAL(pthread_create(&second, NULL, play_second, &table) == 0);
    play(&table, 0);
    pthread_join(second, NULL);
    CU_ASSERT_EQUAL(atomic_load(&table.turn), N_TURNS);
    CU_ASSERT_EQUAL(atomic_load(&table.bells[0].n_sleepers), 0);
}

static void processes_hand_over(void)
{
    struct table *table =
        mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_FATAL(table != MAP_FAILED);
    pid_t child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        play(table, 1);
        _exit(0);
    }
    play(table, 0);
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_EQUAL(atomic_load(&table->turn), N_TURNS);
    munmap(table, sizeof *table);
}

/* A ring between the ticket and the sleep makes the sleep return at once. */
static void ring_before_sleep(void)
{
    struct rask_bell bell = {0};
    uint32_t ticket = rask_bell_begin(&bell);
    CU_ASSERT_EQUAL(rask_bell_ring(&bell, 1), 0);
    rask_bell_sleep(&bell, ticket, FOR_EVER_NS);
    rask_bell_end(&bell);
    CU_ASSERT_EQUAL(atomic_load(&bell.n_sleepers), 0);
}

static void nobody_to_wake(void)
{
    struct rask_bell bell = {0};
    CU_ASSERT_EQUAL(rask_bell_ring(&bell, INT32_MAX), 0);
    CU_ASSERT_EQUAL(atomic_load(&bell.sequence), 0);
}

static void sleep_ends_by_timeout(void)
{
    struct rask_bell bell = {0};
    uint32_t ticket = rask_bell_begin(&bell);
    rask_bell_sleep(&bell, ticket, 1000);
    rask_bell_sleep(&bell, ticket, 0);
    rask_bell_sleep(&bell, ticket, -5);
    rask_bell_end(&bell);
    CU_PASS("came back");
}

struct crowd {
    struct rask_bell bell;
    _Atomic int is_open, n_through;
};

static void *pass_gate(void *argument)
{
    struct crowd *crowd = argument;
    while (!atomic_load(&crowd->is_open)) {
        uint32_t ticket = rask_bell_begin(&crowd->bell);
        if (!atomic_load(&crowd->is_open))
            rask_bell_sleep(&crowd->bell, ticket, FOR_EVER_NS);
        rask_bell_end(&crowd->bell);
    }
    atomic_fetch_add(&crowd->n_through, 1);
    return NULL;
}

static void one_ring_wakes_all(void)
{
    enum { N_THREADS = 6 };
    for (int round = 0; round < 200; round++) {
        struct crowd crowd = {0};
        pthread_t threads[N_THREADS];
        for (int i = 0; i < N_THREADS; i++)
            CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, pass_gate, &crowd) == 0);
        atomic_store(&crowd.is_open, 1);
        rask_bell_ring(&crowd.bell, INT32_MAX);
        for (int i = 0; i < N_THREADS; i++)
            pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(atomic_load(&crowd.n_through), N_THREADS);
    }
}

static void ignore_batch(void *context, int32_t source_rank, const uint8_t *bytes, size_t size)
{
    (void)context, (void)source_rank, (void)bytes, (void)size;
    CU_FAIL("one process alone receives nothing");
}

static void one_process_alone(void)
{
    struct rask_comm *comm = NULL;
    CU_ASSERT_EQUAL_FATAL(rask_comm_local_new(&comm, NULL), RASK_OK);
    CU_ASSERT_EQUAL(comm->caps.n_ranks, 1);
    CU_ASSERT_EQUAL(comm->caps.rank, 0);
    CU_ASSERT_EQUAL(comm->caps.has_remote_nodes, 0);
    CU_ASSERT_EQUAL(comm->n_pending, 0);
    const struct rask_comm_handler handler = {.on_batch = ignore_batch};
    CU_ASSERT_EQUAL(comm->ops->poll(comm, &handler), 0);
    CU_ASSERT_EQUAL(rask_bell_ring(comm->bell, 1), 0);
    comm->ops->stop(comm, 0, 0);
}

static void no_memory_for_one_process(void)
{
    struct rask_comm *comm = NULL;
    struct rask_error error;
    rask_alloc_fail_at(1, 0);
    CU_ASSERT_EQUAL(rask_comm_local_new(&comm, &error), RASK_ERR_MEMORY);
    rask_alloc_fail_at(0, 0);
    CU_ASSERT_PTR_NULL(comm);
    CU_ASSERT_EQUAL(error.code, RASK_ERR_MEMORY);
}

RASK_UNIT_MAIN("bell", {"threads hand over without a lost ring", threads_hand_over},
               {"processes hand over without a lost ring", processes_hand_over},
               {"a ring before the sleep", ring_before_sleep}, {"nobody to wake", nobody_to_wake},
               {"a sleep ends by its timeout", sleep_ends_by_timeout},
               {"one ring wakes all", one_ring_wakes_all},
               {"the transport of one process", one_process_alone},
               {"no memory for the transport", no_memory_for_one_process})
