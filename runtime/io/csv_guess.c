/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_guess.c: where the first record at or after an offset begins, without knowing what is before.
 *
 * The offset is inside quotes or it is not. Both are tried over a look-ahead, and the one under
 * which more of the following records have as many fields as the header is taken; not inside, if
 * they tell nothing. Entry point: rask_csv_window_guess. */
#include "io/csv_window.h"

#define LOOK_AHEAD_BYTES (UINT64_C(64) << 10)
#define MAX_LOOK_AHEAD_BYTES (UINT64_C(1) << 20)
/* A range inside a record that is longer than this, or than so many ranges, leaves it to the range
 * in which it begins: else the time for a record grew with the square of its length. */
#define MOST_PATIENCE_BYTES (UINT64_C(4) << 20)
#define PATIENCE_RANGES 16

/* What one assumption leads to. */
struct trial {
    uint64_t n_good, n_bad; /* complete records with the right and the wrong number of fields */
    bool has_first;
    size_t first; /* behind the first line end */
    size_t start; /* of the record being looked at */
    uint32_t n_fields; /* of it, so far */
};

static void tally(struct trial *trial, uint32_t n_columns, size_t end)
{
    bool is_empty = trial->n_fields == 1 && trial->start == end;
    if (!trial->has_first) {
        trial->has_first = true;
        trial->first = end + 1;
    } else if (!is_empty) {
        trial->n_good += trial->n_fields == n_columns;
        trial->n_bad += trial->n_fields != n_columns;
    }
}

static void tally_scan(struct trial *trial, const struct rask_csv_window *window,
                       const struct rask_csv_scan *scan, uint32_t n_columns)
{
    uint32_t done = 0;
    for (uint32_t i = 0; i < scan->n_ends; i++) {
        size_t end = scan->marks[scan->ends[i]];
        trial->n_fields += scan->ends[i] + 1 - done;
        tally(trial, n_columns, end);
        bool is_pair = window->bytes[end] == '\r' && window->bytes[end + 1] == '\n';
        trial->start = end + 1 + is_pair;
        trial->n_fields = 0;
        done = scan->ends[i] + 1;
    }
    trial->n_fields += scan->n_marks - done;
}

/* Scans the window from `from` on in a state that may be the right one. */
static struct trial try_state(struct rask_csv_window *window, size_t from, uint32_t n_columns,
                              struct rask_csv_scan_state state)
{
    struct trial trial = {.start = from};
    struct rask_csv_scan scan = window->scan;
    bool is_all = rask_csv_window_is_all(window);
    size_t at = from, before;
    scan.state = state;
    do {
        before = at;
        scan.n_marks = scan.n_ends = 0;
        at = window->scan_fn(&scan, window->bytes, at, window->n_bytes, is_all);
        tally_scan(&trial, window, &scan, n_columns);
    } while (at != before);
    if (!is_all || trial.start == window->n_bytes)
        return trial;
    trial.n_fields += 1;
    if (scan.state.inside != 0)
        trial.n_bad++;
    else if (trial.has_first)
        tally(&trial, n_columns, window->n_bytes);
    return trial;
}

static bool is_inside_better(const struct trial *outside, const struct trial *inside)
{
    uint64_t n_outside = outside->n_good + outside->n_bad,
             n_inside = inside->n_good + inside->n_bad;
    if (n_outside == 0)
        return inside->n_good > inside->n_bad;
    return inside->n_good * n_outside > outside->n_good * n_inside;
}

static struct trial try_both(struct rask_csv_window *window, size_t from, bool is_begin,
                             uint32_t n_columns)
{
    char before = from > 0 ? window->bytes[from - 1] : '\0';
    bool may_open = is_begin || before == window->scan.delimiter || before == '\n' ||
                    before == '\r' || before == '"';
    struct rask_csv_scan_state state = {.boundary = may_open};
    struct trial outside = try_state(window, from, n_columns, state);
    if (is_begin)
        return outside;
    state = (struct rask_csv_scan_state){.inside = UINT64_MAX};
    struct trial inside = try_state(window, from, n_columns, state);
    return is_inside_better(&outside, &inside) ? inside : outside;
}

static rask_status fill_up_to(struct rask_csv_window *window, uint64_t end,
                              struct rask_error *error)
{
    uint64_t wanted_end = window->wanted_end;
    window->wanted_end = end;
    rask_status status = RASK_OK;
    while (status == RASK_OK && !rask_csv_window_is_all(window) &&
           window->base + window->n_bytes < end)
        status = rask_csv_window_fill(window, error);
    window->wanted_end = wanted_end;
    return status;
}

/* How far to look for the end of a record. */
static uint64_t patience_bytes(const struct rask_csv_window *window, uint64_t start)
{
    uint64_t n_wanted = window->wanted_end > start ? window->wanted_end - start : 0;
    if (n_wanted > MOST_PATIENCE_BYTES / PATIENCE_RANGES)
        return MOST_PATIENCE_BYTES;
    n_wanted *= PATIENCE_RANGES;
    return n_wanted > LOOK_AHEAD_BYTES ? n_wanted : LOOK_AHEAD_BYTES;
}

rask_status rask_csv_window_guess(struct rask_csv_window *window, uint64_t data, uint64_t start,
                                  uint32_t n_columns, struct rask_error *error)
{
    /* Scanning begins with the byte before start, so that a record that begins at start is seen. */
    bool is_begin = start - 1 == data;
    size_t from = is_begin ? 0 : 1;
    rask_csv_window_seek(window, start - 1 - from);
    struct trial best = {0};
    uint64_t n_ahead = LOOK_AHEAD_BYTES, patience = patience_bytes(window, start);
    for (;;) {
        rask_status status = fill_up_to(window, start + n_ahead, error);
        if (status != RASK_OK)
            return status;
        best = try_both(window, from, is_begin, n_columns);
        bool is_decided =
            best.n_good + best.n_bad > 0 || (best.has_first && n_ahead >= MAX_LOOK_AHEAD_BYTES);
        if (is_decided || rask_csv_window_is_all(window))
            break;
        if (!best.has_first && n_ahead >= patience)
            return RASK_END;
        n_ahead *= 4;
    }
    window->start = best.has_first ? best.first : window->n_bytes;
    return rask_csv_window_skip_empty(window, error);
}
