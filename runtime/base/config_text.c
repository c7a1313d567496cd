/* SPDX-License-Identifier: BSD-3-Clause */
/* config_text.c: the settings as help text and as a section of a man page. */
#include "base/config.h"

#include <string.h>

#define HELP_COLUMNS 80
#define HELP_INDENT 6

/* Appends `text` in lines of at most HELP_COLUMNS, indented. */
static rask_status wrap(const char *text, struct rask_buf *out)
{
    size_t column = 0;
    rask_status status = RASK_OK;
    while (status == RASK_OK && *text != '\0') {
        size_t length = strcspn(text, " ");
        if (column != 0 && column + 1 + length > HELP_COLUMNS) {
            status = rask_buf_printf(out, "\n");
            column = 0;
        }
        int indent = column == 0 ? HELP_INDENT : 1;
        if (status == RASK_OK)
            status = rask_buf_printf(out, "%*s%.*s", indent, "", (int)length, text);
        column += (size_t)indent + length;
        text += length;
        text += strspn(text, " ");
    }
    return status == RASK_OK ? rask_buf_printf(out, "\n") : status;
}

rask_status rask_config_help(struct rask_buf *out)
{
    struct rask_config config;
    struct rask_config_entry entry;
    struct rask_buf line = {0};
    rask_status status = RASK_OK;
    rask_config_init(&config);
    for (size_t i = 0; status == RASK_OK && rask_config_at(&config, i, &entry); i++) {
        rask_buf_clear(&line);
        status = rask_buf_printf(&line, "%s. Use %s; default %s; variable %s.", entry.help,
                                 entry.allowed, entry.standard[0] == '\0' ? "none" : entry.standard,
                                 entry.variable);
        if (status == RASK_OK)
            status = rask_buf_printf(out, "  --%s%s\n", entry.name,
                                     entry.is_bool ? "[=yes|no]" : " VALUE");
        if (status == RASK_OK)
            status = wrap((const char *)line.data, out);
    }
    rask_buf_release(&line);
    return status;
}

/* Appends text with what roff would take for its own made plain: backslashes, and hyphens that are
 * minus. */
static rask_status escape(const char *text, struct rask_buf *out)
{
    rask_status status = RASK_OK;
    for (; status == RASK_OK && *text != '\0'; text++) {
        if (*text == '-')
            status = rask_buf_printf(out, "\\-");
        else if (*text == '\\')
            status = rask_buf_printf(out, "\\e");
        else
            status = rask_buf_printf(out, "%c", *text);
    }
    return status;
}

/* Macro (".B --"), escaped text, end of line. */
static rask_status escape_line(const char *before, const char *text, const char *after,
                               struct rask_buf *out)
{
    rask_status status = rask_buf_printf(out, "%s", before);
    if (status == RASK_OK)
        status = escape(text, out);
    return status == RASK_OK ? rask_buf_printf(out, "%s\n", after) : status;
}

static rask_status man_entry(const struct rask_config_entry *entry, struct rask_buf *out)
{
    rask_status status = escape_line(".TP\n\\fB\\-\\-", entry->name,
                                     entry->is_bool ? "\\fR[=yes|no]" : "\\fR \\fIVALUE\\fR", out);
    if (status == RASK_OK)
        status = escape_line("", entry->help, ".", out);
    if (status == RASK_OK)
        status = escape_line("Use ", entry->allowed, ";", out);
    if (status == RASK_OK)
        status = escape_line("default ", entry->standard[0] == '\0' ? "none" : entry->standard, ";",
                             out);
    if (status == RASK_OK)
        status = escape_line("variable \\fB", entry->variable, "\\fR.", out);
    return status;
}

rask_status rask_config_man(struct rask_buf *out)
{
    struct rask_config config;
    struct rask_config_entry entry;
    rask_status status = RASK_OK;
    rask_config_init(&config);
    for (size_t i = 0; status == RASK_OK && rask_config_at(&config, i, &entry); i++)
        status = man_entry(&entry, out);
    return status;
}
