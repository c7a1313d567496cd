/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_spec.c: a spec as bytes and back.
 *
 * The bytes: struct packed, struct packed_want for each column, the missing words, the names, each
 * text with its terminating zero. Lengths are checked against what is there, so broken bytes are an
 * error. */
#include "io/csv.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

#define PACKED_MAGIC UINT32_C(0x43535632)

struct packed {
    uint32_t magic;
    uint32_t n_wants;
    uint64_t max_record_bytes;
    uint32_t n_missing_words; /* with the terminating zero; 0: the default words */
    uint8_t delimiter;
    uint8_t has_no_header;
    uint8_t fills_short;
    uint8_t reserved;
};

struct packed_want {
    uint32_t n_name; /* with the terminating zero */
    uint16_t type;
    uint8_t is_declared, is_unknown;
};

size_t rask_csv_spec_pack(const struct rask_csv_spec *spec, void *bytes, size_t n_bytes)
{
    const struct rask_csv_dialect *dialect = &spec->dialect;
    const char *words = dialect->missing_words;
    struct packed packed = {.magic = PACKED_MAGIC,
                            .n_wants = (uint32_t)spec->n_wants,
                            .max_record_bytes = dialect->max_record_bytes,
                            .n_missing_words = words != NULL ? (uint32_t)strlen(words) + 1 : 0,
                            .delimiter = (uint8_t)dialect->delimiter,
                            .has_no_header = dialect->has_no_header,
                            .fills_short = dialect->fills_short};
    size_t needed =
        sizeof packed + spec->n_wants * sizeof(struct packed_want) + packed.n_missing_words;
    for (size_t i = 0; i < spec->n_wants; i++)
        needed += strlen(spec->wants[i].name) + 1;
    if (n_bytes < needed)
        return needed;
    char *at = bytes;
    memcpy(at, &packed, sizeof packed);
    at += sizeof packed;
    for (size_t i = 0; i < spec->n_wants; i++) {
        struct packed_want want = {.n_name = (uint32_t)strlen(spec->wants[i].name) + 1,
                                   .type = (uint16_t)spec->wants[i].type,
                                   .is_declared = spec->wants[i].is_declared,
                                   .is_unknown = spec->wants[i].is_unknown};
        memcpy(at, &want, sizeof want);
        at += sizeof want;
    }
    if (words != NULL)
        memcpy(at, words, packed.n_missing_words);
    at += packed.n_missing_words;
    for (size_t i = 0; i < spec->n_wants; i++) {
        size_t n_name = strlen(spec->wants[i].name) + 1;
        memcpy(at, spec->wants[i].name, n_name);
        at += n_name;
    }
    return needed;
}

/* Whether the bytes hold what their lengths say and each text ends with its only zero. */
static bool is_sound(const struct packed *packed, const char *bytes, size_t n_bytes)
{
    size_t left = n_bytes - sizeof *packed;
    if (packed->magic != PACKED_MAGIC || packed->n_wants > left / sizeof(struct packed_want))
        return false;
    const char *wants = bytes + sizeof *packed;
    const char *text = wants + packed->n_wants * sizeof(struct packed_want);
    left -= packed->n_wants * sizeof(struct packed_want);
    for (uint64_t i = 0; i <= packed->n_wants; i++) {
        struct packed_want want = {.n_name = packed->n_missing_words};
        if (i > 0)
            memcpy(&want, wants + (i - 1) * sizeof want, sizeof want);
        if (i == 0 && want.n_name == 0)
            continue;
        if (want.n_name == 0 || want.n_name > left || want.type >= RASK_N_TYPES ||
            memchr(text, 0, want.n_name) != text + want.n_name - 1)
            return false;
        text += want.n_name;
        left -= want.n_name;
    }
    return left == 0;
}

static void unpack(const struct packed *packed, const char *bytes, size_t n_bytes,
                   struct rask_csv_spec *spec)
{
    struct rask_csv_want *wants = (struct rask_csv_want *)(spec + 1);
    char *text = (char *)(wants + packed->n_wants);
    size_t n_fixed = sizeof *packed + packed->n_wants * sizeof(struct packed_want);
    memcpy(text, bytes + n_fixed, n_bytes - n_fixed);
    *spec = (struct rask_csv_spec){
        .dialect = {.size = sizeof spec->dialect,
                    .delimiter = (char)packed->delimiter,
                    .has_no_header = packed->has_no_header != 0,
                    .fills_short = packed->fills_short != 0,
                    .missing_words = packed->n_missing_words != 0 ? text : NULL,
                    .max_record_bytes = packed->max_record_bytes},
        .wants = wants,
        .n_wants = packed->n_wants};
    text += packed->n_missing_words;
    for (uint32_t i = 0; i < packed->n_wants; i++) {
        struct packed_want want;
        memcpy(&want, bytes + sizeof *packed + i * sizeof want, sizeof want);
        wants[i] = (struct rask_csv_want){text, (rask_type)want.type, want.is_declared != 0,
                                          want.is_unknown != 0};
        text += want.n_name;
    }
}

rask_status rask_csv_spec_unpack(const void *bytes, size_t n_bytes, struct rask_csv_spec **spec,
                                 struct rask_error *error)
{
    struct packed packed = {0};
    if (n_bytes >= sizeof packed)
        memcpy(&packed, bytes, sizeof packed);
    if (n_bytes < sizeof packed || !is_sound(&packed, bytes, n_bytes))
        return rask_error_set(error, RASK_ERR_FORMAT, "these %zu bytes are no packed CSV spec",
                              n_bytes);
    size_t needed = sizeof **spec + packed.n_wants * sizeof(struct rask_csv_want) + n_bytes;
    struct rask_csv_spec *made = rask_alloc(needed);
    if (made == NULL)
        return rask_error_memory(error, needed, "a CSV spec");
    unpack(&packed, bytes, n_bytes, made);
    *spec = made;
    return RASK_OK;
}
