/* SPDX-License-Identifier: BSD-3-Clause */
/* key.c: group keys as bytes. */
#include "kern/key.h"

static int put_text(struct rask_buf *buf, struct rask_slice text, int is_last)
{
    uint32_t length = (uint32_t)text.length;
    if (!is_last && rask_buf_append(buf, &length, sizeof length) != 0)
        return -1;
    return rask_buf_append(buf, text.data, text.length);
}

int rask_key_encode(const struct rask_layout *layout, const struct rask_batch *batch, uint32_t row,
                    struct rask_buf *buf)
{
    size_t start = buf->size, n_bits = (layout->n_keys + 7) / 8;
    uint8_t *bits = rask_buf_room(buf, n_bits);
    if (bits == NULL)
        return -1;
    memset(bits, 0, n_bits);
    for (uint32_t i = 0; i < layout->n_keys; i++) {
        const struct rask_column *column = &batch->columns[layout->key_columns[i]];
        int is_missing = column->missing != NULL && column->missing[row];
        if (is_missing)
            buf->data[start + i / 8] |= (uint8_t)(1u << (i % 8));
        if (column->type == RASK_TYPE_TEXT) {
            struct rask_slice text = {"", 0};
            if (!is_missing)
                text = column->values.texts[row];
            if (put_text(buf, text, i + 1 == layout->n_keys) != 0)
                return -1;
            continue;
        }
        uint64_t rank = 0;
        if (!is_missing)
            rank = column->type == RASK_TYPE_FLOAT64 ? rask_double_rank(column->values.doubles[row])
                                                     : rask_int_rank(column->values.ints[row]);
        if (rask_buf_append(buf, &rank, sizeof rank) != 0)
            return -1;
    }
    return 0;
}

/* Reads the part at *at; 0 when it is not there. */
static int decode_part(struct rask_key_part *part, const uint8_t **at, const uint8_t *end,
                       int is_last)
{
    size_t left = (size_t)(end - *at), length = left;
    part->text = (struct rask_slice){(const char *)*at, 0};
    if (part->type != RASK_TYPE_TEXT) {
        if (left < sizeof part->rank)
            return 0;
        part->rank = rask_load8(*at);
        *at += sizeof part->rank;
        return !part->is_missing || part->rank == 0;
    }
    if (!is_last) {
        if (left < sizeof(uint32_t) || left - sizeof(uint32_t) < rask_load4(*at))
            return 0;
        length = rask_load4(*at);
        *at += sizeof(uint32_t);
    }
    part->text = (struct rask_slice){(const char *)*at, length};
    *at += length;
    return !part->is_missing || length == 0;
}

int rask_key_decode(const struct rask_layout *layout, const uint8_t *key, size_t n,
                    struct rask_key_part *parts)
{
    size_t n_bits = (layout->n_keys + 7) / 8;
    if (n < n_bits)
        return 0;
    if (layout->n_keys % 8 != 0 && key[n_bits - 1] >> (layout->n_keys % 8) != 0)
        return 0;
    const uint8_t *at = key + n_bits, *end = key + n;
    for (uint32_t i = 0; i < layout->n_keys; i++) {
        struct rask_key_part *part = &parts[i];
        *part = (struct rask_key_part){.type = layout->key_types[i]};
        part->is_missing = key[i / 8] >> (i % 8) & 1;
        if (!decode_part(part, &at, end, i + 1 == layout->n_keys))
            return 0;
    }
    return at == end;
}

int rask_key_part_compare(const struct rask_key_part *a, const struct rask_key_part *b)
{
    if (a->is_missing || b->is_missing)
        return a->is_missing - b->is_missing;
    if (a->type == RASK_TYPE_TEXT)
        return rask_bytes_compare(a->text.data, a->text.length, b->text.data, b->text.length);
    return (a->rank > b->rank) - (a->rank < b->rank);
}
