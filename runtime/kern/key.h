/* SPDX-License-Identifier: BSD-3-Clause */
/* key.h: the key of a group as bytes: equal keys have equal bytes and different keys different
 * ones.
 *
 *   missing bits, (n_keys + 7) / 8 bytes | per column: a rank of 8 bytes, or a text: 4 bytes of
 * length and its bytes; a text in the last column has no length, it ends with the key
 *
 * A missing part is a rank of 0 or an empty text. Ranks are those of bytes.h. A key that is one
 * text column, the usual case, is thus one byte and the text, and lookups use the text where it
 * lies. */
#ifndef RASK_KERN_KEY_H
#define RASK_KERN_KEY_H

#include "base/buf.h"
#include "kern/batch.h"
#include "kern/bytes.h"
#include "kern/layout.h"

/* One column of a key. */
struct rask_key_part {
    uint32_t type;
    int is_missing;
    uint64_t rank; /* but for text */
    struct rask_slice text; /* text only; points into the key */
};

static inline int rask_key_is_one_text(const struct rask_layout *layout)
{
    return layout->n_keys == 1 && layout->key_types[0] == RASK_TYPE_TEXT;
}

static inline uint64_t rask_key_hash(const struct rask_layout *layout, const uint8_t *key, size_t n)
{
    if (rask_key_is_one_text(layout))
        return rask_bytes_hash(key + 1, n - 1, key[0]);
    return rask_bytes_hash(key, n, 0);
}

/* Appends the key of one row to buf; 0 or -1 (memory). */
int rask_key_encode(const struct rask_layout *layout, const struct rask_batch *batch, uint32_t row,
                    struct rask_buf *buf);

/* Reads parts[0 .. n_keys) of a key in order; 0 when the bytes are no key of this layout. */
int rask_key_decode(const struct rask_layout *layout, const uint8_t *key, size_t n,
                    struct rask_key_part *parts);

/* Less, equal or greater than 0: ascending, missing last. */
int rask_key_part_compare(const struct rask_key_part *a, const struct rask_key_part *b);

#endif
