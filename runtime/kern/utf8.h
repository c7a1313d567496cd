/* SPDX-License-Identifier: BSD-3-Clause */
/* utf8.h: characters of UTF-8 texts: reading them, their width on a terminal, their case.
 *
 * No locale. A byte that begins no valid character is read as U+FFFD of one byte. Widths are those
 * of Unicode's East Asian Width (wide and fullwidth: 2) and of combining characters (0), by ranges.
 * Case covers Latin, Greek and Cyrillic letters whose partner has the same number of bytes. */
#ifndef RASK_KERN_UTF8_H
#define RASK_KERN_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define RASK_UTF8_REPLACEMENT 0xfffd

/* Reads the character at text[0 .. n), n > 0; returns its number of bytes. */
size_t rask_utf8_read(const char *text, size_t n, uint32_t *character);
/* Whether the bytes read as U+FFFD stood for something that is no character. */
static inline int rask_utf8_is_bad(uint32_t character, size_t n_bytes)
{
    return character == RASK_UTF8_REPLACEMENT && n_bytes == 1;
}

/* Writes a character of up to 4 bytes; returns how many. */
size_t rask_utf8_write(uint32_t character, char *text);

/* Columns on a terminal: 0, 1 or 2. */
int rask_utf8_width(uint32_t character);

uint32_t rask_utf8_lower(uint32_t character);
uint32_t rask_utf8_upper(uint32_t character);

/* The number of characters in a text. */
size_t rask_utf8_length(const char *text, size_t n);

#endif
