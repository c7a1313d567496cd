/* SPDX-License-Identifier: BSD-3-Clause */
/* expr_text.c: LIKE and contains on one text. */
#include "kern/expr_body.h"

#include "kern/utf8.h"

#include <string.h>

int rask_expr_contains(struct rask_slice text, struct rask_slice part)
{
    return part.length == 0 || memmem(text.data, text.length, part.data, part.length) != NULL;
}

/* Whether the pattern's item at *at takes what stands at text.data[*from]; moves both on. */
static int takes_one(struct rask_slice text, size_t *from, struct rask_slice pattern, size_t *at)
{
    uint32_t character;
    if (*from == text.length || *at == pattern.length)
        return 0;
    if (pattern.data[*at] == '_') {
        *from += rask_utf8_read(text.data + *from, text.length - *from, &character);
        (*at)++;
        return 1;
    }
    size_t escape = pattern.data[*at] == '\\' && *at + 1 < pattern.length;
    if (pattern.data[*at + escape] != text.data[*from])
        return 0;
    (*from)++;
    *at += 1 + escape;
    return 1;
}

/* Greedy with one way back: after a mismatch the last % takes one character more. A % before it
 * never has to be tried again, because the earliest match of what lies between leaves the most
 * room. */
int rask_expr_is_like(struct rask_slice text, struct rask_slice pattern)
{
    size_t from = 0, at = 0, back_at = 0, back_from = 0;
    int has_back = 0;
    uint32_t character;
    while (from < text.length || at < pattern.length) {
        if (at < pattern.length && pattern.data[at] == '%') {
            has_back = 1;
            back_at = ++at;
            back_from = from;
        } else if (!takes_one(text, &from, pattern, &at)) {
            if (!has_back || back_from >= text.length)
                return 0;
            back_from += rask_utf8_read(text.data + back_from, text.length - back_from, &character);
            from = back_from;
            at = back_at;
        }
    }
    return 1;
}
