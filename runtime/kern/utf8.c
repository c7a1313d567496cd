/* SPDX-License-Identifier: BSD-3-Clause */
/* utf8.c: characters of UTF-8 texts. */
#include "kern/utf8.h"

size_t rask_utf8_read(const char *text, size_t n, uint32_t *character)
{
    const uint8_t *p = (const uint8_t *)text;
    static const uint32_t lowest[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = p[0] < 0x80                   ? 1
                    : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
                    : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
                    : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
                                                  : 0;
    *character = RASK_UTF8_REPLACEMENT;
    if (length == 0 || length > n)
        return 1;
    uint32_t value = length == 1 ? p[0] : p[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 1;
        value = value << 6 | (p[i] & 0x3f);
    }
    if (value < lowest[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return 1;
    *character = value;
    return length;
}

size_t rask_utf8_write(uint32_t character, char *text)
{
    if (character < 0x80) {
        text[0] = (char)character;
        return 1;
    }
    size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        text[i] = (char)(0x80 | (character & 0x3f));
        character >>= 6;
    }
    static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    text[0] = (char)(lead[length] | character);
    return length;
}

struct range {
    uint32_t first, last;
};

static const struct range combining[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f},
    {0x06d6, 0x06dc}, {0x0900, 0x0902}, {0x093c, 0x093c}, {0x0941, 0x0948}, {0x094d, 0x094d},
    {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
    {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2064}, {0x20d0, 0x20f0}, {0x302a, 0x302d},
    {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef},
};
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23ec},   {0x2614, 0x2615},
    {0x267f, 0x267f},   {0x26a1, 0x26a1},   {0x26bd, 0x26be},   {0x2705, 0x2705},
    {0x2728, 0x2728},   {0x274c, 0x274c},   {0x2753, 0x2755},   {0x2795, 0x2797},
    {0x2b50, 0x2b50},   {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},
    {0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},
    {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},   {0xffe0, 0xffe6},
    {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f335},
    {0x1f337, 0x1f37c}, {0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca}, {0x1f3e0, 0x1f3f0},
    {0x1f3f8, 0x1f43e}, {0x1f440, 0x1f4fc}, {0x1f4ff, 0x1f53d}, {0x1f550, 0x1f567},
    {0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6c5}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};

static int is_in(uint32_t character, const struct range *ranges, size_t n)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ranges[middle].last < character)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && ranges[low].first <= character;
}

int rask_utf8_width(uint32_t character)
{
    if (character < 0x300)
        return 1;
    if (is_in(character, combining, sizeof combining / sizeof *combining))
        return 0;
    return is_in(character, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

/* Runs of upper case letters and the way to their lower case: `by` is added; or by = 1 with step 2:
 * upper and lower case alternate, upper case first. */
struct case_run {
    uint16_t first, last;
    int16_t by;
    uint16_t step;
};

static const struct case_run case_runs[] = {
    {0x0041, 0x005a, 32, 1}, {0x00c0, 0x00d6, 32, 1},   {0x00d8, 0x00de, 32, 1},
    {0x0100, 0x012e, 1, 2},  {0x0132, 0x0136, 1, 2},    {0x0139, 0x0147, 1, 2},
    {0x014a, 0x0176, 1, 2},  {0x0178, 0x0178, -121, 1}, {0x0179, 0x017d, 1, 2},
    {0x0386, 0x0386, 38, 1}, {0x0388, 0x038a, 37, 1},   {0x038c, 0x038c, 64, 1},
    {0x038e, 0x038f, 63, 1}, {0x0391, 0x03a1, 32, 1},   {0x03a3, 0x03ab, 32, 1},
    {0x0400, 0x040f, 80, 1}, {0x0410, 0x042f, 32, 1},   {0x0460, 0x0480, 1, 2},
    {0x048a, 0x04be, 1, 2},  {0x04d0, 0x052e, 1, 2},
};
#define N_CASE_RUNS (sizeof case_runs / sizeof *case_runs)

uint32_t rask_utf8_lower(uint32_t character)
{
    for (size_t i = 0; i < N_CASE_RUNS && character >= case_runs[i].first; i++) {
        const struct case_run *run = &case_runs[i];
        if (character <= run->last && (character - run->first) % run->step == 0)
            return (uint32_t)((int32_t)character + run->by);
    }
    return character;
}

uint32_t rask_utf8_upper(uint32_t character)
{
    for (size_t i = 0; i < N_CASE_RUNS; i++) {
        const struct case_run *run = &case_runs[i];
        int32_t upper = (int32_t)character - run->by;
        if (upper >= run->first && upper <= run->last && (upper - run->first) % run->step == 0)
            return (uint32_t)upper;
    }
    return character;
}

size_t rask_utf8_length(const char *text, size_t n)
{
    size_t count = 0;
    uint32_t character;
    for (size_t at = 0; at < n; count++)
        at += rask_utf8_read(text + at, n - at, &character);
    return count;
}
