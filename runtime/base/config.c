/* SPDX-License-Identifier: BSD-3-Clause */
/* config.c: the table of settings, reading a value from text, and values as text. Where values come
 * from (environment, file) is in config_load.c; help and man page text in config_text.c. */
#include "base/config.h"

#include "base/config_table.h"
#include "base/error.h"
#include "base/fmt.h"

#include <inttypes.h>
#include <string.h>

const struct rask_config_setting rask_config_table[RASK_CONFIG_COUNT] = {
#define AT(member) offsetof(struct rask_config, member)
#define INT(field, name, standard, low, high, help) \
    {name, help, RASK_CONFIG_INT, AT(field), {.i = standard}, {.i = low}, {.i = high}, NULL},
#define DECIMAL(field, name, standard, low, high, help) \
    {name, help, RASK_CONFIG_DECIMAL, AT(field), {.d = standard}, {.d = low}, {.d = high}, NULL},
#define BYTES(field, name, standard, low, high, help) \
    {name, help, RASK_CONFIG_BYTES, AT(field), {.u = standard}, {.u = low}, {.u = high}, NULL},
#define TIME RASK_CONFIG_DURATION
#define DURATION(field, name, standard, low, high, help) \
    {name, help, TIME, AT(field##_ns), {.u = standard}, {.u = low}, {.u = high}, NULL},
#define BOOL(field, name, standard, help) \
    {name, help, RASK_CONFIG_BOOL, AT(field), {.i = standard}, {.i = 0}, {.i = 1}, NULL},
#define CHOICE(field, name, standard, words, help) \
    {name, help, RASK_CONFIG_CHOICE, AT(field), {.i = standard}, {.i = 0}, {.i = 0}, words},
#define TEXT(field, name, help) \
    {name, help, RASK_CONFIG_TEXT, AT(field), {.i = 0}, {.i = 0}, {.i = 0}, NULL},
#include "base/config.def"
#undef AT
#undef TIME
#undef INT
#undef DECIMAL
#undef BYTES
#undef DURATION
#undef BOOL
#undef CHOICE
#undef TEXT
};

static void store(struct rask_config *config, const struct rask_config_setting *setting,
                  union rask_config_number number)
{
    char *field = (char *)config + setting->offset;
    int as_int = (int)number.i;
    switch (setting->type) {
    case RASK_CONFIG_BOOL:
    case RASK_CONFIG_CHOICE:
        memcpy(field, &as_int, sizeof as_int);
        break;
    case RASK_CONFIG_INT:
    case RASK_CONFIG_DECIMAL:
    case RASK_CONFIG_BYTES:
    case RASK_CONFIG_DURATION:
        memcpy(field, &number, sizeof number);
        break;
    case RASK_CONFIG_TEXT:
        *field = '\0';
        break;
    }
}

static union rask_config_number load(const struct rask_config *config,
                                     const struct rask_config_setting *setting)
{
    const char *field = (const char *)config + setting->offset;
    union rask_config_number number = {.i = 0};
    int as_int;
    if (setting->type == RASK_CONFIG_BOOL || setting->type == RASK_CONFIG_CHOICE) {
        memcpy(&as_int, field, sizeof as_int);
        number.i = as_int;
    } else if (setting->type != RASK_CONFIG_TEXT) {
        memcpy(&number, field, sizeof number);
    }
    return number;
}

void rask_config_init(struct rask_config *config)
{
    memset(config, 0, sizeof *config);
    for (size_t i = 0; i < RASK_CONFIG_COUNT; i++) {
        store(config, &rask_config_table[i], rask_config_table[i].standard);
        rask_text_copy(config->origins[i].text, RASK_CONFIG_SOURCE_BYTES, "default");
    }
}

/* The index-th word of "a|b|c", its length in *length; NULL beyond the last. */
static const char *choice_word(const char *words, int64_t index, size_t *length)
{
    for (; index > 0; index--) {
        words = strchr(words, '|');
        if (words == NULL)
            return NULL;
        words++;
    }
    *length = strcspn(words, "|");
    return words;
}

static rask_status parse_choice(const char *words, const char *text, int64_t *index)
{
    size_t length;
    const char *word;
    for (int64_t i = 0; (word = choice_word(words, i, &length)) != NULL; i++)
        if (strlen(text) == length && strncasecmp(text, word, length) == 0) {
            *index = i;
            return RASK_OK;
        }
    return RASK_ERR_SYNTAX;
}

static rask_status parse_text(const char *text)
{
    if (strlen(text) >= RASK_CONFIG_TEXT_BYTES)
        return RASK_ERR_LIMIT;
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return RASK_ERR_SYNTAX;
    return RASK_OK;
}

/* Reads any type but stores nothing; a text needs no number. */
static rask_status parse(const struct rask_config_setting *setting, const char *text,
                         union rask_config_number *number)
{
    rask_status status = RASK_ERR_SYNTAX;
    int as_int = 0;
    switch (setting->type) {
    case RASK_CONFIG_INT:
        return rask_parse_int64(text, setting->low.i, setting->high.i, &number->i);
    case RASK_CONFIG_DECIMAL:
        return rask_parse_double(text, setting->low.d, setting->high.d, &number->d);
    case RASK_CONFIG_BYTES:
        status = rask_parse_bytes(text, &number->u);
        break;
    case RASK_CONFIG_DURATION:
        status = rask_parse_duration(text, &number->u);
        break;
    case RASK_CONFIG_BOOL:
        status = rask_parse_bool(text, &as_int);
        number->i = as_int;
        return status;
    case RASK_CONFIG_CHOICE:
        return parse_choice(setting->words, text, &number->i);
    case RASK_CONFIG_TEXT:
        return parse_text(text);
    }
    if (status == RASK_OK && (number->u < setting->low.u || number->u > setting->high.u))
        return RASK_ERR_LIMIT;
    return status;
}

/* "auto|yes|no" as "auto, yes or no". */
static void describe_choice(const char *words, char *text, size_t text_bytes)
{
    size_t length, size = 0;
    const char *word;
    text[0] = '\0';
    for (int64_t i = 0; (word = choice_word(words, i, &length)) != NULL; i++) {
        const char *joint = i == 0 ? "" : word[length] == '|' ? ", " : " or ";
        int added = snprintf(text + size, text_bytes - size, "%s%.*s", joint, (int)length, word);
        if (added < 0 || (size_t)added >= text_bytes - size)
            return;
        size += (size_t)added;
    }
}

static void format_number(const struct rask_config_setting *setting,
                          union rask_config_number number, char *text, size_t text_bytes)
{
    size_t length = 0;
    const char *word;
    switch (setting->type) {
    case RASK_CONFIG_INT:
        snprintf(text, text_bytes, "%" PRId64, number.i);
        break;
    case RASK_CONFIG_DECIMAL:
        rask_format_double(text, text_bytes, number.d);
        break;
    case RASK_CONFIG_BYTES:
        rask_format_bytes_exact(text, text_bytes, number.u);
        break;
    case RASK_CONFIG_DURATION:
        rask_format_duration_exact(text, text_bytes, number.u);
        break;
    case RASK_CONFIG_BOOL:
        rask_text_copy(text, text_bytes, number.i != 0 ? "yes" : "no");
        break;
    case RASK_CONFIG_CHOICE:
        word = choice_word(setting->words, number.i, &length);
        snprintf(text, text_bytes, "%.*s", (int)length, word == NULL ? "" : word);
        break;
    case RASK_CONFIG_TEXT:
        text[0] = '\0';
        break;
    }
}

static void describe(const struct rask_config_setting *setting, char *text, size_t text_bytes)
{
    static const char *const nouns[] = {"an integer", "a number", "a size", "a time"};
    char low[RASK_FORMAT_BYTES], high[RASK_FORMAT_BYTES];
    if (setting->type == RASK_CONFIG_BOOL) {
        rask_text_copy(text, text_bytes, "yes or no");
    } else if (setting->type == RASK_CONFIG_CHOICE) {
        describe_choice(setting->words, text, text_bytes);
    } else if (setting->type == RASK_CONFIG_TEXT) {
        snprintf(text, text_bytes, "a text of at most %d bytes without control characters",
                 RASK_CONFIG_TEXT_BYTES - 1);
    } else {
        format_number(setting, setting->low, low, sizeof low);
        format_number(setting, setting->high, high, sizeof high);
        const char *example = setting->type == RASK_CONFIG_BYTES      ? ", like 64 MiB"
                              : setting->type == RASK_CONFIG_DURATION ? ", like 20us or 1.5s"
                                                                      : "";
        snprintf(text, text_bytes, "%s, %s to %s%s", nouns[setting->type], low, high, example);
    }
}

rask_status rask_config_apply(struct rask_config *config, int index, const char *value,
                              const struct rask_config_origin *origin, struct rask_error *error)
{
    const struct rask_config_setting *setting = &rask_config_table[index];
    union rask_config_number number = {.i = 0};
    if (parse(setting, value, &number) != RASK_OK) {
        char allowed[sizeof(((struct rask_config_entry *)0)->allowed)];
        describe(setting, allowed, sizeof allowed);
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "%s = \"%.80s\" (%s) is not allowed: use %s", setting->name, value,
                              origin->text, allowed);
    }
    if (config->origins[index].strength > origin->strength)
        return RASK_OK;
    store(config, setting, number);
    if (setting->type == RASK_CONFIG_TEXT)
        rask_text_copy((char *)config + setting->offset, RASK_CONFIG_TEXT_BYTES, value);
    config->origins[index] = *origin;
    return RASK_OK;
}

int rask_config_find(const char *name)
{
    for (int i = 0; i < RASK_CONFIG_COUNT; i++)
        if (strcmp(rask_config_table[i].name, name) == 0)
            return i;
    return -1;
}

rask_status rask_config_set(struct rask_config *config, const char *name, const char *value,
                            const char *source, struct rask_error *error)
{
    int index = rask_config_find(name);
    if (index < 0)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "there is no setting \"%.64s\" (%s); the nearest is \"%s\"", name,
                              source, rask_config_table[rask_config_nearest(name)].name);
    struct rask_config_origin origin = {.strength = RASK_CONFIG_PROGRAM};
    rask_text_copy(origin.text, sizeof origin.text, source);
    return rask_config_apply(config, index, value, &origin, error);
}

void rask_config_variable(int index, char *text, size_t text_bytes)
{
    snprintf(text, text_bytes, "RASK_%s", rask_config_table[index].name);
    for (char *c = text; *c != '\0'; c++)
        *c = *c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
}

int rask_config_at(const struct rask_config *config, size_t index, struct rask_config_entry *entry)
{
    if (index >= RASK_CONFIG_COUNT)
        return 0;
    const struct rask_config_setting *setting = &rask_config_table[index];
    entry->name = setting->name;
    entry->help = setting->help;
    entry->source = config->origins[index].text;
    entry->is_bool = setting->type == RASK_CONFIG_BOOL;
    rask_config_variable((int)index, entry->variable, sizeof entry->variable);
    describe(setting, entry->allowed, sizeof entry->allowed);
    format_number(setting, setting->standard, entry->standard, sizeof entry->standard);
    if (setting->type == RASK_CONFIG_TEXT)
        rask_text_copy(entry->value, sizeof entry->value, (const char *)config + setting->offset);
    else
        format_number(setting, load(config, setting), entry->value, sizeof entry->value);
    return 1;
}
