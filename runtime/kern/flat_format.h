/* SPDX-License-Identifier: BSD-3-Clause */
/* flat_format.h: the header of a flat table as it lies in memory; for table.c and flat.c only. */
#ifndef RASK_KERN_FLAT_FORMAT_H
#define RASK_KERN_FLAT_FORMAT_H

#include <stdint.h>

#define RASK_FLAT_MAGIC UINT64_C(0x454c42414b534152) /* "RASKABLE" in little-endian order */
#define RASK_FLAT_VERSION 1

/* Followed by n_keys x {type, column}, n_slots x struct rask_slot, n_ranges x struct
 * rask_flat_range, the error's text filled up to 8 bytes, n_groups records, the heap. */
struct rask_flat_header {
    uint64_t magic;
    uint32_t version;
    uint32_t header_bytes;
    uint64_t total_bytes;
    uint32_t n_keys, n_slots;
    uint32_t stride;
    uint32_t reserved; /* 0 */
    uint64_t n_groups, n_ranges, heap_bytes;
    uint64_t rows_read, rows_kept, bytes_read;
    uint64_t error_file, error_offset, error_column, error_text_bytes;
    int64_t error_code;
};

struct rask_flat_key {
    uint32_t type, column;
};

#endif
