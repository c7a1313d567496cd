/* SPDX-License-Identifier: BSD-3-Clause */
/* missing_test.c: which fields stand for a missing value. */
#include "unit.h"

#include "io/missing.h"

#include <string.h>

static bool has(const struct rask_missing *missing, const char *text)
{
    return rask_missing_has(missing, text, strlen(text));
}

static void words_of_the_default(void)
{
    static const char *const words[] = {"",     "NA",  "N/A", "NULL", "null",
                                        "None", "NaN", "nan", "\\N"};
    static const char *const others[] = {"N", "NAN", "na", "NA ", " NA", "NULLS", "\\", "0", ","};
    struct rask_missing missing;
    CU_ASSERT_EQUAL_FATAL(rask_missing_init(&missing, NULL, NULL), RASK_OK);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        CU_ASSERT(has(&missing, words[i]));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        CU_ASSERT(!has(&missing, others[i]));
    rask_missing_release(&missing);
}

static void words_of_the_user(void)
{
    struct rask_missing missing;
    CU_ASSERT_EQUAL_FATAL(rask_missing_init(&missing, "-,unknown,,n\xc3\xa9", NULL), RASK_OK);
    CU_ASSERT(has(&missing, "") && has(&missing, "-") && has(&missing, "unknown"));
    CU_ASSERT(has(&missing, "n\xc3\xa9"));
    CU_ASSERT(!has(&missing, "NA") && !has(&missing, "unknow") && !has(&missing, "--"));
    CU_ASSERT(!missing.has_number);
    rask_missing_release(&missing);
}

/* No words: the empty field alone. */
static void no_words(void)
{
    struct rask_missing missing;
    CU_ASSERT_EQUAL_FATAL(rask_missing_init(&missing, "", NULL), RASK_OK);
    CU_ASSERT(has(&missing, ""));
    CU_ASSERT(!has(&missing, "NA") && !has(&missing, ","));
    rask_missing_release(&missing);
}

/* Typed columns must look for words before they read numbers when a word is one. */
static void numbers_as_words(void)
{
    static const struct {
        const char *words;
        bool has_number;
    } cases[] = {{"-999", true}, {"x,1e3", true}, {"x,y", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rask_missing missing;
        CU_ASSERT_EQUAL_FATAL(rask_missing_init(&missing, cases[i].words, NULL), RASK_OK);
        CU_ASSERT_EQUAL(missing.has_number, cases[i].has_number);
        rask_missing_release(&missing);
    }
}

RASK_UNIT_MAIN("missing", {"words of the default", words_of_the_default},
               {"words of the user", words_of_the_user}, {"no words", no_words},
               {"numbers as words", numbers_as_words})
