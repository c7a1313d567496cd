/* SPDX-License-Identifier: BSD-3-Clause */
/* error.c: filling error records, and the texts and names of the status codes. */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

void rask_text_copy(char *field, uint64_t field_bytes, const char *text)
{
    if (field_bytes == 0)
        return;
    size_t length = strlen(text);
    if (length >= field_bytes) {
        length = (size_t)field_bytes - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--;
    }
    memmove(field, text, length);
    field[length] = '\0';
}

const char *rask_text_show(char shown[RASK_SHOWN_BYTES], const char *text)
{
    rask_text_copy(shown, RASK_SHOWN_BYTES - 3, text);
    if (text[strlen(shown)] != '\0')
        memcpy(shown + strlen(shown), "...", 4);
    return shown;
}

void rask_text_blank(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = ' ';
}

/* Formats before it writes, so that the old text may be among the arguments. */
rask_status rask_error_set_list(struct rask_error *error, rask_status code, const char *format,
                                va_list arguments)
{
    if (error == NULL)
        return code;
    char text[RASK_ERROR_TEXT_BYTES + 4]; /* 4: a last character that is cut shows as too long */
    int length = vsnprintf(text, sizeof text, format, arguments);
    if (length < 0)
        rask_text_copy(text, sizeof text, rask_status_text(code));
    rask_text_blank(text);
    *error = (struct rask_error){.code = code, .rank = -1};
    rask_text_copy(error->text, sizeof error->text, text);
    return code;
}

rask_status rask_error_set(struct rask_error *error, rask_status code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)rask_error_set_list(error, code, format, arguments);
    va_end(arguments);
    return code;
}

rask_status rask_error_memory(struct rask_error *error, uint64_t bytes, const char *what)
{
    return rask_error_set(error, RASK_ERR_MEMORY, "out of memory: %llu bytes for %s",
                          (unsigned long long)bytes, what);
}

const char *rask_status_text(rask_status status)
{
    switch (status) {
#define STATUS_TEXT(name, code, text) \
    case RASK_##name:                 \
        return text;
        RASK_STATUS_LIST(STATUS_TEXT)
#undef STATUS_TEXT
    }
    return "unknown status";
}

const char *rask_status_name(rask_status status)
{
    switch (status) {
#define STATUS_NAME(name, code, text) \
    case RASK_##name:                 \
        return "RASK_" #name;
        RASK_STATUS_LIST(STATUS_NAME)
#undef STATUS_NAME
    }
    return "RASK_UNKNOWN";
}
