/* SPDX-License-Identifier: BSD-3-Clause */
/* error_test.c: error records say what they were given, in one line, and every code has a text. */
#include "base/error.h"
#include "unit.h"

#include <string.h>

static void fills_and_clears(void)
{
    struct rask_error error;
    memset(&error, 'x', sizeof error);
    CU_ASSERT_EQUAL(rask_error_set(&error, RASK_ERR_IO, "%s: line %d", "a.csv", 7), RASK_ERR_IO);
    CU_ASSERT_EQUAL(error.code, RASK_ERR_IO);
    CU_ASSERT_EQUAL(error.rank, -1);
    CU_ASSERT_STRING_EQUAL(error.text, "a.csv: line 7");
    CU_ASSERT_STRING_EQUAL(error.key, "");
    CU_ASSERT_STRING_EQUAL(error.function, "");
    CU_ASSERT_STRING_EQUAL(error.host, "");
    CU_ASSERT_EQUAL(rask_error_set(NULL, RASK_ERR_LIMIT, "nobody reads this"), RASK_ERR_LIMIT);
}

static void may_quote_its_own_text(void)
{
    struct rask_error error;
    rask_error_set(&error, RASK_ERR_IO, "disk full");
    rask_error_set(&error, error.code, "spilling: %s", error.text);
    CU_ASSERT_STRING_EQUAL(error.text, "spilling: disk full");
}

static void stays_one_line(void)
{
    struct rask_error error;
    rask_error_set(&error, RASK_ERR_IO, "a\nb\tc\x7f");
    CU_ASSERT_STRING_EQUAL(error.text, "a b c ");
}

static void shows_the_begin_of_long_names(void)
{
    char shown[RASK_SHOWN_BYTES], name[200];
    CU_ASSERT_STRING_EQUAL(rask_text_show(shown, "price"), "price");
    memset(name, 'x', sizeof name);
    name[RASK_SHOWN_BYTES - 4] = '\0';
    CU_ASSERT_STRING_EQUAL(rask_text_show(shown, name), name);
    name[RASK_SHOWN_BYTES - 4] = 'x';
    name[sizeof name - 1] = '\0';
    (void)rask_text_show(shown, name);
    CU_ASSERT_EQUAL(strlen(shown), RASK_SHOWN_BYTES - 1);
    CU_ASSERT_STRING_EQUAL(shown + RASK_SHOWN_BYTES - 5, "x...");
}

static void cuts_between_characters(void)
{
    char long_text[2 * RASK_ERROR_TEXT_BYTES + 2];
    for (size_t i = 0; i + 1 < sizeof long_text; i += 2)
        memcpy(long_text + i, "é", 2);
    long_text[sizeof long_text - 1] = '\0';
    struct rask_error error;
    rask_error_set(&error, RASK_ERR_IO, "%s", long_text);
    CU_ASSERT_EQUAL(strlen(error.text), RASK_ERROR_TEXT_BYTES - 2);
    rask_error_set(&error, RASK_ERR_IO, "x%s", long_text);
    CU_ASSERT_EQUAL(strlen(error.text), RASK_ERROR_TEXT_BYTES - 1);

    char field[4] = "zzz";
    rask_text_copy(field, sizeof field, "aé€");
    CU_ASSERT_STRING_EQUAL(field, "aé");
    rask_text_copy(field, sizeof field, "€x");
    CU_ASSERT_STRING_EQUAL(field, "€");
    rask_text_copy(field, 3, "€");
    CU_ASSERT_STRING_EQUAL(field, "");
    rask_text_copy(field, sizeof field, "abc");
    CU_ASSERT_STRING_EQUAL(field, "abc");
    rask_text_copy(field, 0, "q");
    CU_ASSERT_STRING_EQUAL(field, "abc");
}

static void tells_how_much_memory_was_missing(void)
{
    struct rask_error error;
    CU_ASSERT_EQUAL(rask_error_memory(&error, 4096, "the task table"), RASK_ERR_MEMORY);
    CU_ASSERT_STRING_EQUAL(error.text, "out of memory: 4096 bytes for the task table");
}

static void names_every_code(void)
{
#define CHECK(name, code, text)                                  \
    CU_ASSERT_STRING_EQUAL(rask_status_text(RASK_##name), text); \
    CU_ASSERT_STRING_EQUAL(rask_status_name(RASK_##name), "RASK_" #name);
    RASK_STATUS_LIST(CHECK)
#undef CHECK
    CU_ASSERT_STRING_EQUAL(rask_status_text((rask_status)-99), "unknown status");
    CU_ASSERT_STRING_EQUAL(rask_status_name((rask_status)-99), "RASK_UNKNOWN");
}

RASK_UNIT_MAIN("error", {"fills and clears", fills_and_clears},
               {"may quote its own text", may_quote_its_own_text},
               {"stays one line", stays_one_line},
               {"cuts between characters", cuts_between_characters},
               {"shows the begin of long names", shows_the_begin_of_long_names},
               {"tells how much memory was missing", tells_how_much_memory_was_missing},
               {"names every code", names_every_code})
