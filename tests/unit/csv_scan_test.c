/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_scan_test.c: every way of scanning gives the marks that looking at one byte after the other
 * gives, from any state, and leaves the same state. */
#include "unit.h"

#include "base/rng.h"
#include "io/csv_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_TEXT 1000
#define N_ARRAY 2048

struct result {
    uint32_t marks[N_ARRAY], ends[N_ARRAY];
    uint32_t n_marks, n_ends;
    struct rask_csv_scan_state state;
    bool has_nul;
};

static void scan_bytes(struct result *result, const char *text, size_t n, char delimiter)
{
    struct rask_csv_scan_state *state = &result->state;
    for (size_t i = 0; i < n; i++) {
        bool is_line_end = text[i] == '\n' || text[i] == '\r';
        bool is_separator = is_line_end || text[i] == delimiter;
        bool is_second = text[i] == '\n' && state->carriage != 0;
        result->has_nul |= text[i] == '\0';
        if (state->inside != 0) {
            state->inside = text[i] == '"' ? 0 : UINT64_MAX;
            state->boundary = text[i] == '"';
            state->carriage = 0;
            continue;
        }
        if (is_separator && !is_second) {
            if (is_line_end)
                result->ends[result->n_ends++] = result->n_marks;
            result->marks[result->n_marks++] = (uint32_t)i;
        }
        state->inside = text[i] == '"' && state->boundary ? UINT64_MAX : 0;
        state->boundary = is_separator;
        state->carriage = text[i] == '\r';
    }
}

/* In pieces, into small arrays, as the reader does. */
static void scan_pieces(struct result *result, rask_csv_scan_fn scan_fn, const char *text, size_t n,
                        struct rask_rng *rng)
{
    struct rask_csv_scan scan = {.delimiter = ',', .state = result->state};
    scan.marks = malloc(256 * sizeof *scan.marks);
    scan.ends = malloc(128 * sizeof *scan.ends);
    scan.max_marks = 256;
    scan.max_ends = 128;
    size_t at = 0, to = 0;
    while (at < n) {
        to = to < at + 64 ? at + 64 : to;
        to += (size_t)rask_rng_below(rng, 300);
        to = to < n ? to : n;
        at = scan_fn(&scan, text, at, to, to == n);
        for (uint32_t i = 0; i < scan.n_ends; i++)
            result->ends[result->n_ends++] = scan.ends[i] + result->n_marks;
        for (uint32_t i = 0; i < scan.n_marks; i++)
            result->marks[result->n_marks++] = scan.marks[i];
        scan.n_marks = scan.n_ends = 0;
    }
    result->state = scan.state;
    result->has_nul = scan.has_nul;
    free(scan.marks);
    free(scan.ends);
}

static bool is_same(const struct result *a, const struct result *b)
{
    return a->n_marks == b->n_marks && a->n_ends == b->n_ends && a->has_nul == b->has_nul &&
           memcmp(a->marks, b->marks, a->n_marks * sizeof a->marks[0]) == 0 &&
           memcmp(a->ends, b->ends, a->n_ends * sizeof a->ends[0]) == 0 &&
           a->state.inside == b->state.inside && a->state.carriage == b->state.carriage &&
           (a->state.inside != 0 || a->state.boundary == b->state.boundary);
}

static void all_ways_agree(void)
{
    static const char *const alphabets[] = {"abcdefghijkl,\n", "ab,\"\n", "\"\",\r\n", "x\"",
                                            "abcdefgh,\r\n\"", "\n\r",    ",,,,,,,,\n"};
    static const struct rask_csv_scan_state states[] = {
        {0, 1, 0}, {0, 0, 0}, {UINT64_MAX, 0, 0}, {0, 1, 1}};
    struct rask_rng rng;
    struct result *plain = malloc(sizeof *plain), *fast = malloc(sizeof *fast);
    int n_ways = 0;
    rask_rng_seed(&rng, 3);
    for (int round = 0; round < 8000; round++) {
        const char *alphabet = alphabets[round % 7];
        size_t n = (size_t)rask_rng_below(&rng, N_TEXT + 1);
        char *text = malloc(n + RASK_CSV_SCAN_SLACK);
        memset(text + n, ',', RASK_CSV_SCAN_SLACK);
        for (size_t i = 0; i < n; i++)
            text[i] = alphabet[rask_rng_below(&rng, strlen(alphabet))];
        if (n > 0 && round % 50 == 0)
            text[rask_rng_below(&rng, n)] = '\0';
        memset(plain, 0, sizeof *plain);
        plain->state = states[round / 7 % 4];
        scan_bytes(plain, text, n, ',');
        for (int path = 0; path < RASK_CSV_SCAN_N_PATHS; path++) {
            rask_csv_scan_fn scan_fn = rask_csv_scan_find((enum rask_csv_scan_path)path);
            if (scan_fn == NULL)
                continue;
            n_ways++;
            memset(fast, 0, sizeof *fast);
            fast->state = states[round / 7 % 4];
            scan_pieces(fast, scan_fn, text, n, &rng);
            CU_ASSERT(is_same(plain, fast));
        }
        free(text);
    }
    printf("%d ways ", n_ways / 8000);
    free(plain);
    free(fast);
}

static void the_best_is_there(void)
{
    CU_ASSERT_PTR_NOT_NULL(rask_csv_scan_best());
}

RASK_UNIT_MAIN("csv_scan", {"all ways agree", all_ways_agree},
               {"the best is there", the_best_is_there})
