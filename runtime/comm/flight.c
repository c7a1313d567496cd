/* SPDX-License-Identifier: BSD-3-Clause */
/* flight.c: the MPI requests under way, tested together: one MPI_Testsome makes one round of
 * progress however many there are.
 *
 * What a request's end leads to may put new requests in, so the ended ones are taken out of the
 * arrays first and called then. */
#include "comm/mpi_comm.h"

#include "base/alloc.h"

#include <assert.h>
#include <limits.h>

/* Requests to ranks of this node that do not get on need that rank's help: its bell is rung
 * again once in this many polls. */
#define POLLS_PER_NUDGE 16

int rask_flight_reserve(struct rask_mpi *mpi, int n_places)
{
    struct rask_flight *flight = &mpi->flight;
    if (flight->capacity - flight->n >= n_places)
        return 0;
    assert(n_places <= RASK_FLIGHT_AT_ONCE);
    if (flight->capacity > INT_MAX / 2)
        return -1;
    int capacity = flight->capacity == 0 ? RASK_FLIGHT_AT_ONCE : flight->capacity * 2;
    MPI_Request *requests = rask_realloc(flight->requests, (size_t)capacity * sizeof *requests);
    if (requests == NULL)
        return -1;
    flight->requests = requests;
    struct rask_flight_entry *entries =
        rask_realloc(flight->entries, (size_t)capacity * sizeof *entries);
    if (entries == NULL)
        return -1;
    flight->entries = entries;
    flight->capacity = capacity;
    return 0;
}

void rask_flight_add(struct rask_mpi *mpi, MPI_Request request,
                     const struct rask_flight_entry *entry)
{
    struct rask_flight *flight = &mpi->flight;
    assert(flight->n < flight->capacity);
    flight->requests[flight->n] = request;
    flight->entries[flight->n] = *entry;
    flight->n++;
}

/* MPI_Testsome gives its indices in no order; from the highest down, the entry moved into a gap
 * is one that stays. */
static void sort_descending(int *indices, int *codes, int n)
{
    for (int i = 1; i < n; i++) {
        int index = indices[i], code = codes[i], j = i;
        for (; j > 0 && indices[j - 1] < index; j--) {
            indices[j] = indices[j - 1];
            codes[j] = codes[j - 1];
        }
        indices[j] = index;
        codes[j] = code;
    }
}

static void take_out(struct rask_flight *flight, int first, int n_ended)
{
    sort_descending(flight->indices, flight->codes, n_ended);
    for (int i = 0; i < n_ended; i++) {
        int gap = first + flight->indices[i];
        flight->ended[i] = flight->entries[gap];
        flight->n_abandoned -= flight->entries[gap].is_abandoned;
        flight->n--;
        flight->requests[gap] = flight->requests[flight->n];
        flight->entries[gap] = flight->entries[flight->n];
    }
}

/* Tests up to RASK_FLIGHT_AT_ONCE requests from `first` on; how many had ended. */
static int test_some(struct rask_mpi *mpi, int first)
{
    struct rask_flight *flight = &mpi->flight;
    int n_tested =
        flight->n - first < RASK_FLIGHT_AT_ONCE ? flight->n - first : RASK_FLIGHT_AT_ONCE;
    int n_ended = 0;
    int code = MPI_Testsome(n_tested, flight->requests + first, &n_ended, flight->indices,
                            flight->statuses);
    if (n_ended == MPI_UNDEFINED || n_ended <= 0)
        return 0;
    for (int i = 0; i < n_ended; i++)
        flight->codes[i] = code == MPI_ERR_IN_STATUS ? flight->statuses[i].MPI_ERROR : code;
    take_out(flight, first, n_ended);
    for (int i = 0; i < n_ended; i++)
        if (flight->ended[i].done != NULL)
            flight->ended[i].done(mpi, flight->ended[i].item, flight->codes[i]);
    return n_ended;
}

static void nudge(struct rask_mpi *mpi)
{
    struct rask_flight *flight = &mpi->flight;
    if (++flight->n_idle_polls % POLLS_PER_NUDGE != 0)
        return;
    for (int i = 0; i < flight->n && i < RASK_FLIGHT_AT_ONCE; i++)
        rask_node_ring(mpi, flight->entries[i].rank);
}

/* From the end, so that an entry moved into a gap has been tested already. */
int rask_flight_poll(struct rask_mpi *mpi)
{
    int n_ended = 0;
    int end = mpi->flight.n;
    while (end > 0) {
        int first = end > RASK_FLIGHT_AT_ONCE ? end - RASK_FLIGHT_AT_ONCE : 0;
        n_ended += test_some(mpi, first);
        end = first;
    }
    if (mpi->flight.n != 0 && n_ended == 0)
        nudge(mpi);
    return n_ended;
}

void rask_flight_abandon(struct rask_mpi *mpi, int32_t rank, rask_flight_done *unwanted)
{
    struct rask_flight *flight = &mpi->flight;
    for (int i = 0; i < flight->n; i++) {
        struct rask_flight_entry *entry = &flight->entries[i];
        if (entry->rank != rank || entry->is_abandoned)
            continue;
        entry->is_abandoned = 1;
        flight->n_abandoned++;
        if (entry->done == unwanted)
            entry->done = NULL;
    }
}

void rask_flight_release(struct rask_mpi *mpi)
{
    rask_free(mpi->flight.requests);
    rask_free(mpi->flight.entries);
    mpi->flight.requests = NULL;
    mpi->flight.entries = NULL;
    mpi->flight.n = mpi->flight.capacity = 0;
}
