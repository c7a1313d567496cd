/* SPDX-License-Identifier: BSD-3-Clause */
/* missing.c: the words that stand for a missing value. */
#include "io/missing.h"

#include "base/alloc.h"
#include "base/error.h"
#include "io/csv.h"
#include "io/number.h"

#include <string.h>

static size_t word_length(const char *at, const char *end)
{
    const char *comma = memchr(at, ',', (size_t)(end - at));
    return (size_t)((comma != NULL ? comma : end) - at);
}

rask_status rask_missing_init(struct rask_missing *missing, const char *words,
                              struct rask_error *error)
{
    words = words != NULL ? words : RASK_CSV_MISSING_WORDS;
    *missing = (struct rask_missing){.text = rask_strdup(words), .n_text = strlen(words)};
    if (missing->text == NULL)
        return rask_error_memory(error, strlen(words) + 1, "the words for missing values");
    const char *end = missing->text + missing->n_text;
    for (const char *at = missing->text; at < end;) {
        size_t n = word_length(at, end);
        double number;
        missing->begins[(uint8_t)*at] |= n > 0;
        missing->has_number |= rask_number_float64(at, n, &number);
        at += n + 1;
    }
    return RASK_OK;
}

void rask_missing_release(struct rask_missing *missing)
{
    rask_free(missing->text);
    *missing = (struct rask_missing){0};
}

bool rask_missing_search(const struct rask_missing *missing, const char *text, size_t n)
{
    const char *end = missing->text + missing->n_text;
    for (const char *at = missing->text; at < end;) {
        size_t n_word = word_length(at, end);
        if (n_word == n && memcmp(at, text, n) == 0)
            return true;
        at += n_word + 1;
    }
    return false;
}
