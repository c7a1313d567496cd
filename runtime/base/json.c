/* SPDX-License-Identifier: BSD-3-Clause */
/* json.c: see json.h. UTF-8 is checked as the Unicode standard's table 3-7 has it: no overlong
 * forms, no surrogates, nothing above U+10FFFF. */
#include "base/json.h"

#include "base/fmt.h"

#include <math.h>

/* Bytes of the character at `text`, or 0 if it is not UTF-8. The text ends with a zero, which is
 * no continuation byte. */
static size_t character_bytes(const uint8_t *text)
{
    uint8_t low = 0x80, high = 0xBF;
    size_t n = text[0] < 0x80   ? 1
               : text[0] < 0xC2 ? 0
               : text[0] < 0xE0 ? 2
               : text[0] < 0xF0 ? 3
               : text[0] < 0xF5 ? 4
                                : 0;
    if (n < 2)
        return n;
    if (text[0] == 0xE0)
        low = 0xA0;
    else if (text[0] == 0xED)
        high = 0x9F;
    else if (text[0] == 0xF0)
        low = 0x90;
    else if (text[0] == 0xF4)
        high = 0x8F;
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

static rask_status put_character(struct rask_buf *out, const uint8_t *text, size_t n)
{
    if (n == 0)
        return rask_buf_printf(out, "\\ufffd");
    if (*text == '"' || *text == '\\')
        return rask_buf_printf(out, "\\%c", *text);
    if (*text < 0x20 || *text == 0x7F)
        return rask_buf_printf(out, "\\u%04x", *text);
    return rask_buf_printf(out, "%.*s", (int)n, (const char *)text);
}

rask_status rask_json_string(struct rask_buf *out, const char *text)
{
    if (text == NULL)
        return rask_buf_printf(out, "null");
    rask_status status = rask_buf_printf(out, "\"");
    for (const uint8_t *at = (const uint8_t *)text; status == RASK_OK && *at != '\0';) {
        size_t n = character_bytes(at);
        status = put_character(out, at, n);
        at += n == 0 ? 1 : n;
    }
    return status == RASK_OK ? rask_buf_printf(out, "\"") : status;
}

rask_status rask_json_number(struct rask_buf *out, double value)
{
    char text[RASK_FORMAT_BYTES];
    if (!isfinite(value))
        return rask_buf_printf(out, "null");
    return rask_buf_printf(out, "%s", rask_format_double(text, sizeof text, value));
}
