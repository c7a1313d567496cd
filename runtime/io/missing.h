/* SPDX-License-Identifier: BSD-3-Clause */
/* missing.h: the words that stand for a missing value, and the quick answer whether a field is one.
 */
#ifndef RASK_IO_MISSING_H
#define RASK_IO_MISSING_H

#include <rask/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rask_missing {
    char *text; /* the words, separated by commas */
    size_t n_text;
    uint8_t begins[256]; /* 1: a word begins with this byte */
    bool has_number; /* a word is a number: typed columns look here first */
};

/* `words`: separated by commas; NULL: RASK_CSV_MISSING_WORDS. Errors: RASK_ERR_MEMORY. */
rask_status rask_missing_init(struct rask_missing *missing, const char *words,
                              struct rask_error *error) RASK_MUST_USE;
void rask_missing_release(struct rask_missing *missing);

/* Out of line part of rask_missing_has. */
bool rask_missing_search(const struct rask_missing *missing, const char *text, size_t n);

/* Whether text[0 .. n) is one of the words; the empty text is. `text` must be readable if n is 0.
 */
static inline bool rask_missing_has(const struct rask_missing *missing, const char *text, size_t n)
{
    if (n == 0)
        return true;
    return missing->begins[(uint8_t)text[0]] && rask_missing_search(missing, text, n);
}

#endif
