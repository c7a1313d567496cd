/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_scan.c: the portable way of scanning, and the choice of a way.
 *
 * Masks are made eight bytes at a time in an ordinary register. Entry points: rask_csv_scan_find,
 * rask_csv_scan_best, rask_csv_scan_portable. */
#include "io/csv_scan_core.h"

#include <endian.h>
#include <string.h>

#define EACH_BYTE UINT64_C(0x0101010101010101)
#define LOW_BITS (0x7f * EACH_BYTE)

/* Bit k: byte k of `word` is that of `pattern`, a byte repeated eight times. */
static inline uint64_t equal_bytes(uint64_t word, uint64_t pattern)
{
    uint64_t difference = word ^ pattern;
    uint64_t high_when_zero = ~(((difference & LOW_BITS) + LOW_BITS) | difference | LOW_BITS);
    return ((high_when_zero >> 7) * UINT64_C(0x0102040810204080)) >> 56;
}

static struct csv_masks masks_of(const char *text, char delimiter)
{
    struct csv_masks masks = {0};
    for (int i = 0; i < 8; i++) {
        uint64_t word;
        memcpy(&word, text + 8 * i, sizeof word);
        word = le64toh(word);
        masks.delimiters |= equal_bytes(word, (uint8_t)delimiter * EACH_BYTE) << 8 * i;
        masks.feeds |= equal_bytes(word, '\n' * EACH_BYTE) << 8 * i;
        masks.returns |= equal_bytes(word, '\r' * EACH_BYTE) << 8 * i;
        masks.quotes |= equal_bytes(word, '"' * EACH_BYTE) << 8 * i;
        masks.nuls |= equal_bytes(word, 0) << 8 * i;
    }
    return masks;
}

size_t rask_csv_scan_portable(struct rask_csv_scan *scan, const char *text, size_t from, size_t to,
                              bool is_last)
{
    struct rask_csv_scan s = *scan;
    size_t at = from;
    for (; to - at >= 64 && csv_scan_has_room(&s); at += 64) {
        struct csv_masks masks = masks_of(text + at, s.delimiter);
        struct csv_found found = csv_find(&s.state, masks, csv_prefix_xor_shift);
        s.has_nul |= masks.nuls != 0;
        csv_append_ends(&s, found);
        csv_append_marks(&s, found.marks, (uint32_t)at);
    }
    *scan = s;
    if (!is_last || at == to || to - at >= 64 || !csv_scan_has_room(scan))
        return at;
    struct rask_csv_scan_state before = scan->state;
    struct csv_masks masks = csv_cut(masks_of(text + at, scan->delimiter), to - at);
    struct csv_found found = csv_find(&scan->state, masks, csv_prefix_xor_shift);
    scan->has_nul |= masks.nuls != 0;
    csv_append_ends(scan, found);
    csv_append_marks(scan, found.marks, (uint32_t)at);
    csv_state_after_cut(scan, masks, before, to - at);
    return to;
}

rask_csv_scan_fn rask_csv_scan_find(enum rask_csv_scan_path path)
{
    return path == RASK_CSV_SCAN_PORTABLE ? rask_csv_scan_portable : rask_csv_scan_find_x86(path);
}

rask_csv_scan_fn rask_csv_scan_best(void)
{
    rask_csv_scan_fn best = rask_csv_scan_portable;
    for (int path = 0; path < RASK_CSV_SCAN_N_PATHS; path++) {
        rask_csv_scan_fn found = rask_csv_scan_find((enum rask_csv_scan_path)path);
        best = found != NULL ? found : best;
    }
    return best;
}
