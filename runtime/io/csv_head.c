/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_head.c: the begin of a CSV file.
 *
 * The delimiter is the candidate under which the first record has most fields; the first of equals.
 * Only the first record decides, so that every block of a file, whoever reads it, finds the same.
 * Entry point: rask_csv_head_find. */
#include "io/csv_head.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"

#include <stdio.h>
#include <string.h>

/* As much is read of any file at first, however it is cut: a NUL in it is found with its head. */
#define SURE_BYTES ((size_t)4096)

static const char candidates[] = {',', '\t', ';', '|'};

struct first_record {
    uint32_t n_fields; /* 0: there is no record */
    size_t start, end; /* of its text; the line end is at end unless the file ends there */
    bool is_open; /* more bytes are needed to find its end */
};

/* What the candidates' first records say together. */
struct choice {
    struct first_record record; /* of the chosen delimiter */
    char delimiter;
    bool is_open;
    size_t n_looked_at;
    size_t n_mark; /* bytes of the byte order mark */
};

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

/* The end of the field at `at`: the offset of its delimiter or line end, or n when there is none.
 */
static size_t field_end(const char *bytes, size_t at, size_t n, char delimiter)
{
    while (at < n &&
           bytes[at] == '"') { /* each turn is one quoted part; a doubled quote begins a new one */
        const char *closing = memchr(bytes + at + 1, '"', n - at - 1);
        if (closing == NULL)
            return n;
        at = (size_t)(closing - bytes) + 1;
    }
    while (at < n && bytes[at] != delimiter && !is_line_end(bytes[at]))
        at++;
    return at;
}

static struct first_record find_first(const struct rask_csv_begin *begin, size_t from,
                                      char delimiter)
{
    const char *bytes = begin->bytes;
    size_t n = begin->n_bytes, at = from;
    while (at < n && is_line_end(bytes[at]))
        at++;
    struct first_record record = {.start = at, .is_open = at == n};
    if (at == n)
        return record;
    for (;;) {
        at = field_end(bytes, at, n, delimiter);
        record.n_fields++;
        if (at == n || is_line_end(bytes[at]))
            break;
        at++;
    }
    record.end = at;
    record.is_open = at == n;
    return record;
}

size_t rask_csv_field_decode(const char *field, size_t n, char *decoded)
{
    size_t at = 0, length = 0;
    while (at < n && field[at] == '"') {
        const char *closing = memchr(field + at + 1, '"', n - at - 1);
        size_t end = closing != NULL ? (size_t)(closing - field) : n;
        memmove(decoded + length, field + at + 1, end - at - 1);
        length += end - at - 1;
        at = end + 1;
        if (at < n && field[at] == '"')
            decoded[length++] = '"';
    }
    if (at < n) {
        memmove(decoded + length, field + at, n - at);
        length += n - at;
    }
    return length;
}

static size_t trim(char *text, size_t n)
{
    size_t begin = 0;
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
        n--;
    while (begin < n && (text[begin] == ' ' || text[begin] == '\t'))
        begin++;
    memmove(text, text + begin, n - begin);
    return n - begin;
}

/* Room for "c4294967295_4294967295" beside the name itself. */
#define NAME_EXTRA_BYTES 24

/* The names so far, by hash. */
struct taken {
    struct rask_csv_name_slot *slots;
    size_t mask;
};

static size_t slot_of(const struct taken *taken, const char *name)
{
    size_t at = (size_t)rask_hash64(name, strlen(name)) & taken->mask;
    while (taken->slots[at].name != NULL && strcmp(taken->slots[at].name, name) != 0)
        at = (at + 1) & taken->mask;
    return at;
}

/* Gives the column in position i, whose name is empty or that of a column before it, a name that no
 * other has. */
static void invent_name(struct taken *taken, char *name, uint32_t i)
{
    size_t length = strlen(name);
    if (length == 0)
        length = (size_t)snprintf(name, NAME_EXTRA_BYTES, "c%u", i + 1);
    size_t first = slot_of(taken, name), slot = first;
    while (taken->slots[slot].name != NULL) {
        snprintf(name + length, NAME_EXTRA_BYTES, "_%u", taken->slots[first].next_copy++);
        slot = slot_of(taken, name);
    }
    taken->slots[slot] = (struct rask_csv_name_slot){name, i, 2};
}

/* The names that stand in the record, each with room behind it; empty without a header. */
static void write_names(const char *bytes, const struct choice *choice, bool has_no_header,
                        char **names)
{
    const struct first_record *record = &choice->record;
    char *text = (char *)(names + record->n_fields);
    size_t at = record->start;
    for (uint32_t i = 0; i < record->n_fields; i++) {
        size_t end = field_end(bytes, at, record->end, choice->delimiter), length = 0;
        names[i] = text;
        if (!has_no_header)
            length = rask_csv_field_decode(bytes + at, end - at, text);
        if (length > 0 && bytes[at] != '"')
            length = trim(text, length);
        text[length] = '\0';
        text += length + NAME_EXTRA_BYTES;
        at = end + 1;
    }
}

/* What stands in the record keeps its name, so that no invented name can be taken for it. */
static void settle_names(struct taken *taken, char **names, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct rask_csv_name_slot *slot = &taken->slots[slot_of(taken, names[i])];
        if (names[i][0] != '\0' && slot->name == NULL)
            *slot = (struct rask_csv_name_slot){names[i], i, 2};
    }
    for (uint32_t i = 0; i < n; i++)
        if (names[i][0] == '\0' || taken->slots[slot_of(taken, names[i])].column != i)
            invent_name(taken, names[i], i);
}

/* The names of a header record, in one allocation: [give] to rask_free, as the slots of `taken`.
 * NULL: no memory. */
static char **read_names(const char *bytes, const struct choice *choice, bool has_no_header,
                         struct taken *taken)
{
    const struct first_record *record = &choice->record;
    size_t n_text = record->end - record->start + (size_t)record->n_fields * NAME_EXTRA_BYTES;
    *taken = (struct taken){.mask = 15};
    while (taken->mask < 2 * (size_t)record->n_fields)
        taken->mask = 2 * taken->mask + 1;
    taken->slots = rask_alloc_zeroed(taken->mask + 1, sizeof *taken->slots);
    char **names = rask_alloc(record->n_fields * sizeof *names + n_text + NAME_EXTRA_BYTES);
    if (names != NULL && taken->slots != NULL) {
        write_names(bytes, choice, has_no_header, names);
        settle_names(taken, names, record->n_fields);
        return names;
    }
    rask_free(names);
    rask_free(taken->slots);
    taken->slots = NULL;
    return NULL;
}

static rask_status refuse_binary(const struct rask_csv_begin *begin, struct rask_error *error)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *what;
    } kinds[] = {
        {"\x1f\x8b", 2, "is compressed by gzip; unpack it first"},
        {"\x28\xb5\x2f\xfd", 4, "is compressed by zstd; unpack it first"},
        {"\xfd"
         "7zXZ",
         5, "is compressed by xz; unpack it first"},
        {"BZh", 3, "is compressed by bzip2; unpack it first"},
        {"PK\x03\x04", 4, "is a zip archive (a spreadsheet?); save it as CSV first"},
        {"\xff\xfe", 2, "is UTF-16 text; convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)"},
        {"\xfe\xff", 2, "is UTF-16 text; convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (begin->n_bytes >= kinds[i].n && memcmp(begin->bytes, kinds[i].bytes, kinds[i].n) == 0 &&
            (kinds[i].bytes[0] != 'B' || memchr(begin->bytes, 0, begin->n_bytes) != NULL))
            return rask_error_set(error, RASK_ERR_FORMAT, "%s: %s", begin->path, kinds[i].what);
    return RASK_OK;
}

rask_status rask_csv_refuse_nul(const char *path, const char *bytes, size_t n, uint64_t offset,
                                struct rask_error *error)
{
    const char *nul = memchr(bytes, 0, n);
    if (nul == NULL)
        return RASK_OK;
    return rask_error_set(
        error, RASK_ERR_FORMAT,
        "%s: a NUL byte at offset %llu: a binary file, or text in UTF-16 or UTF-32 "
        "(convert it to UTF-8 first)",
        path, (unsigned long long)(offset + (uint64_t)(nul - bytes)));
}

static struct choice choose(const struct rask_csv_begin *begin, char given)
{
    size_t n_mark = 0;
    while (begin->n_bytes - n_mark >= 3 && memcmp(begin->bytes + n_mark, "\xef\xbb\xbf", 3) == 0)
        n_mark += 3; /* files that were put together by programs that each write one have two */
    struct choice choice = {.n_mark = n_mark, .delimiter = given != 0 ? given : candidates[0]};
    size_t n_candidates = given != 0 ? 1 : sizeof candidates;
    for (size_t i = 0; i < n_candidates; i++) {
        char delimiter = given != 0 ? given : candidates[i];
        struct first_record record = find_first(begin, choice.n_mark, delimiter);
        choice.is_open |= record.is_open;
        if (record.end + 1 > choice.n_looked_at)
            choice.n_looked_at = record.end + 1;
        if (record.n_fields > choice.record.n_fields) {
            choice.record = record;
            choice.delimiter = delimiter;
        }
    }
    return choice;
}

static rask_status keep(struct rask_csv_head *head, const struct rask_csv_dialect *dialect,
                        const struct rask_csv_begin *begin, const struct choice *choice,
                        struct rask_error *error)
{
    const struct first_record *record = &choice->record;
    size_t n_seen = choice->is_open ? 0 : choice->n_looked_at;
    struct taken taken;
    char **names = read_names(begin->bytes, choice, dialect->has_no_header, &taken);
    char *seen = rask_alloc(n_seen);
    if (names == NULL || seen == NULL) {
        rask_free(names);
        rask_free(taken.slots);
        rask_free(seen);
        return rask_error_memory(error, record->end - record->start, "the header of a file");
    }
    memcpy(seen, begin->bytes, n_seen);
    rask_csv_head_release(head);
    size_t behind = record->end < begin->n_bytes ? record->end + 1 : record->end;
    *head = (struct rask_csv_head){.delimiter = choice->delimiter,
                                   .n_columns = record->n_fields,
                                   .n_skip = dialect->has_no_header ? choice->n_mark : behind,
                                   .names = names,
                                   .slots = taken.slots,
                                   .mask = taken.mask,
                                   .seen = seen,
                                   .n_seen = n_seen};
    return RASK_OK;
}

rask_status rask_csv_head_find(struct rask_csv_head *head, const struct rask_csv_dialect *dialect,
                               const struct rask_csv_begin *begin, bool *is_new,
                               struct rask_error *error)
{
    if (head->n_seen > 0 && begin->n_bytes >= head->n_seen &&
        memcmp(begin->bytes, head->seen, head->n_seen) == 0) {
        *is_new = false;
        return RASK_OK;
    }
    rask_status status = refuse_binary(begin, error);
    if (status != RASK_OK)
        return status;
    struct choice choice = choose(begin, dialect->delimiter);
    bool is_pending = choice.is_open && !begin->is_all;
    size_t n_sure = begin->n_bytes < SURE_BYTES ? begin->n_bytes : SURE_BYTES;
    if (is_pending)
        n_sure = begin->n_bytes;
    else if (choice.record.end > n_sure)
        n_sure = choice.record.end;
    status = rask_csv_refuse_nul(begin->path, begin->bytes, n_sure, 0, error);
    if (status != RASK_OK || is_pending)
        return status == RASK_OK ? RASK_PENDING : status;
    *is_new = true;
    return keep(head, dialect, begin, &choice, error);
}

uint32_t rask_csv_head_column(const struct rask_csv_head *head, const char *name)
{
    struct taken taken = {head->slots, head->mask};
    if (head->slots == NULL)
        return RASK_CSV_ABSENT;
    const struct rask_csv_name_slot *slot = &head->slots[slot_of(&taken, name)];
    return slot->name != NULL ? slot->column : RASK_CSV_ABSENT;
}

void rask_csv_head_release(struct rask_csv_head *head)
{
    rask_free(head->names);
    rask_free(head->slots);
    rask_free(head->seen);
    *head = (struct rask_csv_head){0};
}
