/* SPDX-License-Identifier: BSD-3-Clause */
/* rma.c: the window over every rank's arena. The epoch policy is here and nowhere else:
 *
 *   - one window per job, made by MPI_Win_create over the whole arena of each rank, displacement in
 * bytes;
 *   - one passive epoch, MPI_Win_lock_all(MPI_MODE_NOCHECK) at start to MPI_Win_unlock_all at stop;
 *   - MPI_Rget only, completed by MPI_Test: never a flush (it would block), never a put or an
 * atomic;
 *   - the memory model must be MPI_WIN_UNIFIED: a holder writes an object with plain stores before
 * the message with its address leaves, and nobody writes it until every reader is done (the
 * scheduler sees to that), so reads and stores of the same bytes never meet in time.
 *
 * Whether a window works is not known before it is tried: over TCP, Open MPI 4 refuses to make
 * one or needs the holder inside MPI. So every rank reads a pattern from a neighbour on its node
 * and from one on another node, of short, odd and long sizes and at the far end of the arena,
 * while all ranks keep calling MPI. If one rank does not get the right bytes in time, all go
 * without a window. A window that has failed its test is never used again, and never freed
 * either, because transfers may still be under way in it. */
#include "comm/mpi_comm.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "comm/mpi_err.h"

#include <stdio.h>
#include <string.h>

#define TEST_BYTES ((size_t)65536)
#define TEST_END_BYTES ((size_t)64)
#define TEST_SECONDS 10
#define N_TEST_READS 4

struct test_read {
    int32_t rank;
    uint64_t offset;
    size_t bytes;
    uint8_t *local;
    MPI_Request request;
};

struct window_test {
    uint8_t *saved; /* the arena's own bytes at its two ends */
    uint8_t *local; /* where the test reads go */
    size_t head_bytes, tail_bytes;
    struct test_read reads[2 * N_TEST_READS];
    int n_reads;
};

int rask_window_get(struct rask_mpi *mpi, int32_t rank, const struct rask_read_notice *what,
                    void *local, MPI_Request *request)
{
    int n = (int)what->bytes;
    return MPI_Rget(local, n, MPI_BYTE, rank, (MPI_Aint)what->offset, n, MPI_BYTE, mpi->window,
                    request);
}

static uint8_t pattern(int32_t rank, uint64_t offset)
{
    uint64_t mixed =
        (offset + 1) * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)rank * UINT64_C(0xc2b2ae3d27d4eb4f);
    return (uint8_t)(mixed >> 48);
}

/* The pattern covers the first TEST_BYTES of an arena and, when it is longer, its last
 * TEST_END_BYTES. */
static size_t head_bytes(uint64_t arena_bytes)
{
    return arena_bytes < TEST_BYTES + TEST_END_BYTES ? (size_t)arena_bytes : TEST_BYTES;
}

static size_t tail_bytes(uint64_t arena_bytes)
{
    return arena_bytes < TEST_BYTES + TEST_END_BYTES ? 0 : TEST_END_BYTES;
}

static void put_pattern(struct rask_mpi *mpi, struct window_test *test)
{
    uint64_t tail = mpi->arena_bytes - test->tail_bytes;
    memcpy(test->saved, mpi->arena, test->head_bytes);
    memcpy(test->saved + test->head_bytes, mpi->arena + tail, test->tail_bytes);
    for (size_t i = 0; i < test->head_bytes; i++)
        mpi->arena[i] = pattern(mpi->base.caps.rank, i);
    for (size_t i = 0; i < test->tail_bytes; i++)
        mpi->arena[tail + i] = pattern(mpi->base.caps.rank, tail + i);
}

static void take_pattern_back(struct rask_mpi *mpi, const struct window_test *test)
{
    memcpy(mpi->arena, test->saved, test->head_bytes);
    memcpy(mpi->arena + mpi->arena_bytes - test->tail_bytes, test->saved + test->head_bytes,
           test->tail_bytes);
}

static void plan_reads(struct rask_mpi *mpi, struct window_test *test, int32_t rank)
{
    uint64_t arena_bytes = mpi->peers[rank].arena_bytes;
    size_t head = head_bytes(arena_bytes), tail = tail_bytes(arena_bytes);
    const struct test_read wanted[N_TEST_READS] = {
        {.offset = 0, .bytes = head < 8 ? head : 8},
        {.offset = head < 256 ? 0 : 3, .bytes = head < 256 ? head : 185},
        {.offset = 0, .bytes = head},
        {.offset = arena_bytes - tail, .bytes = tail},
    };
    for (int i = 0; i < N_TEST_READS; i++) {
        if (wanted[i].bytes == 0)
            continue;
        struct test_read *read = &test->reads[test->n_reads];
        *read = wanted[i];
        read->rank = rank;
        read->local = test->local + (size_t)test->n_reads * (TEST_BYTES + TEST_END_BYTES);
        read->request = MPI_REQUEST_NULL;
        test->n_reads++;
    }
}

/* The next rank on this node, and the next one that is on another node; -1 if there is none. */
static int32_t next_rank(const struct rask_mpi *mpi, const int32_t *nodes, int is_same_node)
{
    const struct rask_comm_caps *caps = &mpi->base.caps;
    for (int32_t i = 1; i < caps->n_ranks; i++) {
        int32_t rank = (caps->rank + i) % caps->n_ranks;
        if ((nodes[rank] == caps->node) == is_same_node)
            return rank;
    }
    return -1;
}

static int all_ended(struct window_test *test, int *has_failed)
{
    int n_open = 0;
    for (int i = 0; i < test->n_reads; i++) {
        int is_done = 0;
        if (MPI_Test(&test->reads[i].request, &is_done, MPI_STATUS_IGNORE) != MPI_SUCCESS)
            *has_failed = 1;
        n_open += !is_done;
    }
    return n_open == 0;
}

static int are_bytes_right(const struct window_test *test)
{
    for (int i = 0; i < test->n_reads; i++) {
        const struct test_read *read = &test->reads[i];
        for (size_t b = 0; b < read->bytes; b++)
            if (read->local[b] != pattern(read->rank, read->offset + b))
                return 0;
    }
    return 1;
}

/* Why the test has failed, or NULL; ends when every rank has its bytes or has given up. */
static const char *run_test(struct rask_mpi *mpi, struct window_test *test)
{
    int has_failed = 0, is_over = 0, has_all = 0;
    uint64_t deadline = rask_now_ns() + UINT64_C(1000000000) * TEST_SECONDS;
    for (int i = 0; i < test->n_reads; i++) {
        struct test_read *read = &test->reads[i];
        memset(read->local, 0, read->bytes);
        const struct rask_read_notice what = {.offset = read->offset, .bytes = read->bytes};
        if (rask_window_get(mpi, read->rank, &what, read->local, &read->request) != MPI_SUCCESS)
            has_failed = 1;
    }
    for (uint32_t n = 0; !has_all && !has_failed && rask_now_ns() < deadline; n++) {
        has_all = all_ended(test, &has_failed);
        rask_mpi_wait(mpi, has_all ? 0 : n);
    }
    MPI_Request barrier;
    if (MPI_Ibarrier(mpi->control, &barrier) != MPI_SUCCESS)
        return "MPI_Ibarrier failed";
    for (uint32_t n = 0; !is_over; n++) {
        if (MPI_Test(&barrier, &is_over, MPI_STATUS_IGNORE) != MPI_SUCCESS)
            return "MPI_Ibarrier failed";
        rask_mpi_wait(mpi, n);
    }
    if (has_failed)
        return "MPI_Rget failed";
    if (!has_all)
        return "a test read did not end in time";
    return are_bytes_right(test) ? NULL : "a test read gave wrong bytes";
}

/* Collective. RASK_OK when every rank's test was good; RASK_PENDING when not, and `reason` tells
 * the lowest rank's story; an error when the test could not be made. */
static rask_status test_window(struct rask_mpi *mpi, const int32_t *nodes,
                               struct rask_error *reason, struct rask_error *error)
{
    struct window_test test = {.head_bytes = head_bytes(mpi->arena_bytes),
                               .tail_bytes = tail_bytes(mpi->arena_bytes)};
    size_t bytes = (size_t)(1 + 2 * N_TEST_READS) * (TEST_BYTES + TEST_END_BYTES);
    test.saved = rask_alloc(bytes);
    rask_status status =
        test.saved == NULL ? rask_error_memory(error, bytes, "the window's test") : RASK_OK;
    status = rask_mpi_agree(mpi->control, status, error);
    if (status != RASK_OK) {
        rask_free(test.saved);
        return status;
    }
    test.local = test.saved + TEST_BYTES + TEST_END_BYTES;
    for (int is_same_node = 0; is_same_node <= 1; is_same_node++) {
        int32_t rank = next_rank(mpi, nodes, is_same_node);
        if (rank >= 0)
            plan_reads(mpi, &test, rank);
    }
    put_pattern(mpi, &test);
    MPI_Barrier(mpi->control);
    const char *failure = run_test(mpi, &test);
    take_pattern_back(mpi, &test);
    status = RASK_OK;
    if (failure != NULL)
        status = rask_error_set(reason, RASK_ERR_MPI, "its test failed: on rank %d %s",
                                mpi->base.caps.rank, failure);
    status = rask_mpi_agree(mpi->control, status, reason);
    /* After a failure MPI may still write into the test's memory, which is therefore left to it. */
    if (status != RASK_OK)
        return RASK_PENDING;
    rask_free(test.saved);
    return RASK_OK;
}

static int is_unified(MPI_Win window)
{
    int *model = NULL, is_set = 0;
    return MPI_Win_get_attr(window, MPI_WIN_MODEL, &model, &is_set) == MPI_SUCCESS && is_set &&
           *model == MPI_WIN_UNIFIED;
}

/* Collective: makes the window and begins its epoch on every rank, or leaves none and tells why. */
static rask_status make_window(struct rask_mpi *mpi, struct rask_error *reason)
{
    MPI_Win window = MPI_WIN_NULL;
    int code = MPI_Win_create(mpi->arena, (MPI_Aint)mpi->arena_bytes, 1, MPI_INFO_NULL,
                              mpi->control, &window);
    rask_status status = rask_mpi_check(reason, "MPI_Win_create", code);
    if (status == RASK_OK) {
        MPI_Win_set_errhandler(window, MPI_ERRORS_RETURN);
        if (!is_unified(window))
            status =
                rask_error_set(reason, RASK_ERR_MPI, "its memory model is not MPI_WIN_UNIFIED");
    }
    int has_made = code == MPI_SUCCESS;
    rask_status agreed = rask_mpi_agree(mpi->control, status, reason);
    int n_made = 0;
    MPI_Allreduce(&has_made, &n_made, 1, MPI_INT, MPI_SUM, mpi->control);
    if (agreed == RASK_OK) {
        code = MPI_Win_lock_all(MPI_MODE_NOCHECK, window);
        mpi->window = window;
        return rask_mpi_agree(mpi->control, rask_mpi_check(reason, "MPI_Win_lock_all", code),
                              reason);
    }
    if (n_made == mpi->base.caps.n_ranks)
        MPI_Win_free(&window);
    return agreed;
}

/* Gives the window up without freeing it. */
static void abandon(struct rask_mpi *mpi)
{
    mpi->is_window_abandoned = mpi->window != MPI_WIN_NULL;
    mpi->window = MPI_WIN_NULL;
}

static rask_status go_without(struct rask_mpi *mpi, int wants, const char *why,
                              struct rask_error *error)
{
    abandon(mpi);
    snprintf(mpi->window_text, sizeof mpi->window_text,
             "two-sided, answered by the holder's loop (%.256s)", why);
    if (wants == 2)
        return rask_error_set(
            error, RASK_ERR_MPI,
            "one-sided gets were asked for (setting `window`), but this MPI has no "
            "usable window: %.300s; "
            "set window to auto or two-sided",
            why);
    return RASK_OK;
}

rask_status rask_window_open(struct rask_mpi *mpi, int wants, const int32_t *nodes,
                             struct rask_error *error)
{
    struct rask_error reason = {.text = ""};
    mpi->window = MPI_WIN_NULL;
    if (wants == 0)
        return go_without(mpi, wants, "the setting window asks for it", error);
    if (mpi->base.caps.n_ranks == 1)
        return go_without(mpi, 0, "there is one rank", error);
    if (make_window(mpi, &reason) != RASK_OK)
        return go_without(mpi, wants, reason.text, error);
    rask_status status = test_window(mpi, nodes, &reason, error);
    if (status == RASK_PENDING)
        return go_without(mpi, wants, reason.text, error);
    if (status == RASK_OK)
        snprintf(
            mpi->window_text, sizeof mpi->window_text,
            "one-sided: MPI_Win_create over each rank's arena, passive epoch, tested at start");
    return status;
}

/* Collective, when no get is under way on any rank. */
void rask_window_close(struct rask_mpi *mpi)
{
    if (mpi->window == MPI_WIN_NULL)
        return;
    MPI_Win_unlock_all(mpi->window);
    MPI_Win_free(&mpi->window);
}
