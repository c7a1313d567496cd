/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_scan_core.h: what all ways of scanning share: from the masks of 64 bytes to marks.
 *
 * Included only by the files that scan. Each function is inlined into a caller that is compiled for
 * its machine. */
#ifndef RASK_IO_CSV_SCAN_CORE_H
#define RASK_IO_CSV_SCAN_CORE_H

#include "io/csv_scan.h"

#define CSV_SCAN_INLINE static inline __attribute__((always_inline))

/* One bit per byte, the lowest for the first. */
struct csv_masks {
    uint64_t delimiters, feeds, returns, quotes, nuls;
};

/* The marks among 64 bytes, and those of them that end a record. */
struct csv_found {
    uint64_t marks, ends;
};

typedef uint64_t (*csv_prefix_xor_fn)(uint64_t bits);

/* Bit i of the result: the exclusive-or of bits 0 .. i. */
CSV_SCAN_INLINE uint64_t csv_prefix_xor_shift(uint64_t bits)
{
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    return bits ^ bits << 32;
}

/* The bytes from an opening quote up to the byte before its closing quote; leaves in *quotes those
 * that open or close. A quote opens only after a separator or after a quote that closed. */
CSV_SCAN_INLINE uint64_t csv_quoted(const struct rask_csv_scan_state *state, uint64_t separators,
                                    uint64_t *quotes, csv_prefix_xor_fn prefix_xor)
{
    if (*quotes == 0)
        return state->inside;
    for (;;) {
        uint64_t quoted = prefix_xor(*quotes) ^ state->inside;
        uint64_t may_open = (separators & ~quoted) << 1 | *quotes << 1 | state->boundary;
        uint64_t ordinary = *quotes & quoted & ~may_open;
        if (__builtin_expect(ordinary == 0, 1))
            return quoted;
        *quotes &= ~(ordinary & (0 - ordinary)); /* all before it are settled, so it is no quote */
    }
}

/* The state moves on behind the 64 bytes. Scanning works on a copy of the struct that lives in
 * registers, so that no store into an array makes it be read again. */
CSV_SCAN_INLINE struct csv_found csv_find(struct rask_csv_scan_state *state, struct csv_masks masks,
                                          csv_prefix_xor_fn prefix_xor)
{
    uint64_t line_ends = masks.feeds | masks.returns;
    uint64_t separators = masks.delimiters | line_ends;
    if ((masks.quotes | masks.returns | state->inside | state->carriage) == 0) {
        state->boundary = separators >> 63;
        return (struct csv_found){.marks = separators, .ends = line_ends};
    }
    uint64_t quoted = csv_quoted(state, separators, &masks.quotes, prefix_xor);
    uint64_t returns = masks.returns & ~quoted;
    uint64_t second_of_pair = masks.feeds & (returns << 1 | state->carriage);
    state->boundary = ((separators | masks.quotes) & ~quoted) >> 63;
    state->inside = 0 - (quoted >> 63);
    state->carriage = returns >> 63;
    struct csv_found found = {.marks = separators & ~quoted & ~second_of_pair,
                              .ends = line_ends & ~quoted & ~second_of_pair};
    return found;
}

CSV_SCAN_INLINE bool csv_scan_has_room(const struct rask_csv_scan *scan)
{
    return scan->n_marks + RASK_CSV_SCAN_SLACK <= scan->max_marks &&
           scan->n_ends + RASK_CSV_SCAN_SLACK <= scan->max_ends;
}

/* Before the marks of the same 64 bytes are appended. Two ends are written whether there are or
 * not: a branch on their number would be a coin toss. */
CSV_SCAN_INLINE void csv_append_ends(struct rask_csv_scan *scan, struct csv_found found)
{
    uint32_t *ends = scan->ends + scan->n_ends;
    uint64_t left = found.ends;
    scan->n_ends += (uint32_t)__builtin_popcountll(left);
    do {
        for (int i = 0; i < 2; i++) {
            uint64_t below = (left & (0 - left)) - 1;
            *ends++ = scan->n_marks + (uint32_t)__builtin_popcountll(found.marks & below);
            left &= left - 1;
        }
    } while (__builtin_expect(left != 0, 0));
}

/* Writes four at a time, up to three too many. */
CSV_SCAN_INLINE void csv_append_marks(struct rask_csv_scan *scan, uint64_t bits, uint32_t position)
{
    uint32_t *marks = scan->marks + scan->n_marks;
    scan->n_marks += (uint32_t)__builtin_popcountll(bits);
    while (bits != 0)
        for (int i = 0; i < 4; i++) {
            *marks++ = position + (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << 63);
            bits &= bits - 1;
        }
}

/* The bits of the first n bytes, n <= 64. */
CSV_SCAN_INLINE uint64_t csv_first_bits(size_t n)
{
    return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

CSV_SCAN_INLINE struct csv_masks csv_cut(struct csv_masks masks, size_t n)
{
    uint64_t kept = csv_first_bits(n);
    masks.delimiters &= kept;
    masks.feeds &= kept;
    masks.returns &= kept;
    masks.quotes &= kept;
    masks.nuls &= kept;
    return masks;
}

/* After a last block of n < 64 bytes the state is that after byte n - 1: for what is scanned next.
 */
CSV_SCAN_INLINE void csv_state_after_cut(struct rask_csv_scan *scan, struct csv_masks masks,
                                         struct rask_csv_scan_state before, size_t n)
{
    uint64_t separators = masks.delimiters | masks.feeds | masks.returns;
    uint64_t quoted = csv_quoted(&before, separators, &masks.quotes, csv_prefix_xor_shift);
    scan->state.boundary = ((separators | masks.quotes) & ~quoted) >> (n - 1) & 1;
    scan->state.carriage = (masks.returns & ~quoted) >> (n - 1) & 1;
}

#endif
