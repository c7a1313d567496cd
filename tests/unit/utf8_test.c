/* SPDX-License-Identifier: BSD-3-Clause */
/* utf8_test.c: every character there and back, what is malformed, width and case. */
#include "kern/utf8.h"
#include "unit.h"

#include <string.h>

static void every_character_there_and_back(void)
{
    uint64_t n_wrong = 0;
    for (uint32_t c = 1; c < 0x110000; c++) {
        char text[4];
        uint32_t read;
        if (c >= 0xd800 && c < 0xe000)
            continue;
        size_t n = rask_utf8_write(c, text);
        n_wrong += rask_utf8_read(text, n, &read) != n || read != c || rask_utf8_is_bad(read, n);
        if (n > 1)
            n_wrong += rask_utf8_read(text, n - 1, &read) != 1 || read != RASK_UTF8_REPLACEMENT;
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

static void malformed_bytes_are_one_replacement_each(void)
{
    static const char *const bad[] = {"\x80",
                                      "\xff",
                                      "\xc0\xaf",
                                      "\xe0\x80\xaf",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf8\x88\x80\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t character;
        CU_ASSERT_EQUAL(rask_utf8_read(bad[i], strlen(bad[i]), &character), 1);
        CU_ASSERT(rask_utf8_is_bad(character, 1));
        CU_ASSERT_EQUAL(rask_utf8_length(bad[i], strlen(bad[i])), strlen(bad[i]));
    }
    CU_ASSERT_EQUAL(rask_utf8_length("na\xc3\xafve", 6), 5);
}

static void widths(void)
{
    CU_ASSERT_EQUAL(rask_utf8_width('a'), 1);
    CU_ASSERT_EQUAL(rask_utf8_width(0xe9), 1);
    CU_ASSERT_EQUAL(rask_utf8_width(0x301), 0);
    CU_ASSERT_EQUAL(rask_utf8_width(0x6f22), 2);
    CU_ASSERT_EQUAL(rask_utf8_width(0xac00), 2);
    CU_ASSERT_EQUAL(rask_utf8_width(0x1f600), 2);
    CU_ASSERT_EQUAL(rask_utf8_width(0x10ffff), 1);
}

/* lower() writes over the bytes of its operand's length, so partners must have the same. */
static void case_keeps_the_number_of_bytes(void)
{
    uint64_t n_wrong = 0, n_letters = 0;
    for (uint32_t c = 1; c < 0x110000; c++) {
        char a[4], b[4];
        uint32_t lower = rask_utf8_lower(c), upper = rask_utf8_upper(c);
        n_wrong += rask_utf8_write(c, a) != rask_utf8_write(lower, b);
        n_wrong += rask_utf8_write(c, a) != rask_utf8_write(upper, b);
        n_wrong += lower != c && rask_utf8_upper(lower) != c;
        n_letters += lower != c;
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
    CU_ASSERT(n_letters > 250);
    CU_ASSERT_EQUAL(rask_utf8_lower(0xc9), 0xe9);
    CU_ASSERT_EQUAL(rask_utf8_upper(0x436), 0x416);
    CU_ASSERT_EQUAL(rask_utf8_lower(0x178), 0xff);
    CU_ASSERT_EQUAL(rask_utf8_upper(0xd7), 0xd7);
    CU_ASSERT_EQUAL(rask_utf8_upper(0xf7), 0xf7);
}

RASK_UNIT_MAIN("utf8", {"every character there and back", every_character_there_and_back},
               {"malformed bytes", malformed_bytes_are_one_replacement_each}, {"widths", widths},
               {"case keeps the number of bytes", case_keeps_the_number_of_bytes})
