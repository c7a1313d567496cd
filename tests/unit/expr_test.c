/* SPDX-License-Identifier: BSD-3-Clause */
/* expr_test.c: conditions: what they select over rows with every type and missing values, what is
 * refused and where the message points. */
#include "base/alloc.h"
#include "kern/expr.h"
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define N_ROWS 6

/* row      0       1        2       3            4     5
 * i        1       -5       7       missing      0     2^62
 * f        0.5     -1e300   NaN     7            0     missing
 * b        true    false    missing true         false true
 * d        2020-01-01 2020-01-02 2019-12-31 missing 1970-01-01 2021-06-01
 * t        midnight of d, but noon in row 1
 * s        apple   Banana   ''      missing      50%_  éclair        */
static const int64_t ints[] = {1, -5, 7, 99, 0, INT64_C(1) << 62};
static const double reals[] = {0.5, -1e300, NAN, 7, 0, 99};
static const int64_t bools[] = {1, 0, 1, 1, 0, 1};
static const int64_t dates[] = {18262, 18263, 18261, 0, 0, 18779};
static const int64_t times[] = {18262 * INT64_C(86400000000),
                                18263 * INT64_C(86400000000) + 43200000000,
                                18261 * INT64_C(86400000000),
                                0,
                                0,
                                18779 * INT64_C(86400000000)};
static const struct rask_slice texts[] = {{"apple", 5},
                                          {"Banana", 6},
                                          {"", 0},
                                          {"?", 1},
                                          {"50%_", 4},
                                          {"\xc3\xa9"
                                           "clair",
                                           7}};
static const uint8_t missing_3[] = {0, 0, 0, 1, 0, 0}, missing_5[] = {0, 0, 0, 0, 0, 1};
static const uint8_t missing_2[] = {0, 0, 1, 0, 0, 0};
static const uint64_t offsets[N_ROWS] = {0, 1, 2, 3, 4, 5};
static const char *const names[] = {"i", "f", "b", "d", "t", "s", "odd name", "price"};
static const uint32_t types[] = {RASK_TYPE_INT64, RASK_TYPE_FLOAT64,  RASK_TYPE_BOOL,
                                 RASK_TYPE_DATE,  RASK_TYPE_DATETIME, RASK_TYPE_TEXT,
                                 RASK_TYPE_INT64, RASK_TYPE_FLOAT64};
static const struct rask_expr_scope scope = {names, types, 8};

static struct rask_batch make_batch(struct rask_column *columns)
{
    columns[0] = (struct rask_column){RASK_TYPE_INT64, 0, missing_3, {.ints = ints}};
    columns[1] = (struct rask_column){RASK_TYPE_FLOAT64, 0, missing_5, {.doubles = reals}};
    columns[2] = (struct rask_column){RASK_TYPE_BOOL, 0, missing_2, {.ints = bools}};
    columns[3] = (struct rask_column){RASK_TYPE_DATE, 0, missing_3, {.ints = dates}};
    columns[4] = (struct rask_column){RASK_TYPE_DATETIME, 0, missing_3, {.ints = times}};
    columns[5] = (struct rask_column){RASK_TYPE_TEXT, 0, missing_3, {.texts = texts}};
    columns[6] = (struct rask_column){RASK_TYPE_INT64, 0, NULL, {.ints = ints}};
    columns[7] = (struct rask_column){RASK_TYPE_FLOAT64, 0, NULL, {.doubles = reals}};
    return (struct rask_batch){N_ROWS, 8, 0, 0, offsets, columns};
}

/* The selected rows as digits, "024"; or the name of the status. */
static const char *selected(const char *text, char *out)
{
    struct rask_expr *expr = NULL;
    struct rask_error error;
    struct rask_column columns[8];
    struct rask_batch batch = make_batch(columns);
    uint32_t rows[RASK_BATCH_ROWS], n = 0;
    rask_status status = rask_expr_new(text, &expr, &error);
    if (status == RASK_OK)
        status = rask_expr_bind(expr, &scope, &error);
    for (int twice = 0; twice < 2 && status == RASK_OK; twice++)
        status = rask_expr_select(expr, &batch, rows, &n, &error);
    for (uint32_t i = 0; i < n && status == RASK_OK; i++)
        out[i] = (char)('0' + rows[i]);
    out[n] = '\0';
    if (status != RASK_OK)
        snprintf(out, 60, "%d at %u", (int)status, n);
    rask_expr_free(expr);
    return out;
}

struct story {
    const char *condition, *rows;
};

static void check(const struct story *stories, size_t n)
{
    char out[64];
    for (size_t i = 0; i < n; i++) {
        const char *rows = selected(stories[i].condition, out);
        if (strcmp(rows, stories[i].rows) != 0)
            printf("\n    %s: %s, not %s", stories[i].condition, rows, stories[i].rows);
        CU_ASSERT_STRING_EQUAL(rows, stories[i].rows);
    }
}
#define CHECK(...)                                           \
    do {                                                     \
        static const struct story stories[] = {__VA_ARGS__}; \
        check(stories, sizeof stories / sizeof *stories);    \
    } while (0)

static void comparing(void)
{
    CHECK({"i > 0", "025"}, {"i >= 0", "0245"}, {"i = 7", "2"}, {"i == 7", "2"}, {"i <> 7", "0145"},
          {"i != 7", "0145"}, {"0 < i", "025"}, {"i < 0.5", "14"}, {"f > 0", "03"},
          {"f != 7", "0124"}, {"f = f", "0134"}, {"i = f", "4"}, {"i > f", "01"},
          {"s < 'b'", "0124"}, {"s = ''", "2"}, {"s = 'it''s'", ""}, {"b", "035"},
          {"b = true", "035"}, {"not b", "14"}, {"b = false", "14"}, {"d >= '2020-01-01'", "015"},
          {"d = date '2020-01-02'", "1"}, {"t > '2020-01-02'", "15"}, {"t = d", "0245"},
          {"t > d", "1"}, {"d < datetime '2020-01-01T00:00:01'", "024"}, {"'2020-01-01' = d", "0"},
          {"\"odd name\" > `odd name` - 1", "01234"
                                            "5"},
          {"i = 4611686018427387904", "5"}, {"i = 4611686018427387904.0", "5"},
          {"i < 4611686018427387905.0", "0124"}, {"i > 9e18", ""}, {"i > -9e300", "01245"},
          {"1 < 2", "012345"}, {"2 < 1", ""}, {"i\n=\t7", "2"});
}

static void logic_with_missing_values(void)
{
    CHECK({"i > 0 and f > 0", "0"}, {"i > 0 or f > 0", "0235"}, {"not (i > 0)", "14"},
          {"i is null", "3"}, {"i is missing", "3"}, {"i is not null", "01245"},
          {"i IS NOT MISSING", "01245"}, {"b or i = 7", "0235"}, {"b and i = 7", ""},
          {"b or not b", "01345"}, {"not (b and i > 0)", "14"}, {"i + 1 is null", "3"},
          {"i / 0 is null", "012345"}, {"(i > 0) is null", "3"}, {"i > 0 or 1 = 1", "012345"},
          {"i > 0 and 1 = 2", ""}, {"not not b", "035"}, {"i = 1 or i = 7 and i = 8", "0"},
          {"(i = 1 or i = 7) and i = 7", "2"}, {"not i = 1 and not i = 7", "145"},
          {"i = 1 or (b and (f > 5 or (s = 'x' and d is null)))", "03"},
          {"s is null or s = ''", "23"}, {"b = (i > 0)", "0145"});
}

static void predicates(void)
{
    CHECK({"i in (1, 7, 9)", "02"}, {"i not in (1, 7, 9)", "145"}, {"i in (1.0, 7.5)", "0"},
          {"f in (7, 0)", "34"}, {"s in ('apple', '')", "02"}, {"s not in ('apple')", "1245"},
          {"d in ('2020-01-01', date '2021-06-01')", "05"}, {"t in (date '2020-01-01')", "0"},
          {"d in (datetime '2020-01-02T12:00')", ""}, {"i in (-5)", "1"}, {"b in (true)", "035"},
          {"i between 0 and 7", "024"}, {"i not between 0 and 7", "15"}, {"i between 7 and 0", ""},
          {"i between 0 and 7 and b", "0"}, {"i between 0 and f", "4"},
          {"f between -1 and 1 or i = 7", "024"}, {"i between 1 + 0 and 3 + 4", "02"},
          {"s between 'a' and 'b'", "0"}, {"s like 'a%'", "0"}, {"s like '%an%'", "1"},
          {"s like '%a'", "1"}, {"s like '_pple'", "0"}, {"s like '_clair'", "5"},
          {"s like '%'", "01245"}, {"s like ''", "2"}, {"s not like '%a%'", "24"},
          {"s like '50\\%\\_'", "4"}, {"s like '__%\\_'", "4"}, {"s like '%a%a%a%'", "1"},
          {"s like '%a%a%a%a%'", ""}, {"i in (9)", ""});
}

static void arithmetic(void)
{
    CHECK({"i + 1 = 2", "0"}, {"i * 1 = 7", "2"}, {"i - 1 < -5", "1"}, {"-i = 5", "1"},
          {"- -i = 7", "2"}, {"i / 2 = 0.5", "0"}, {"i % 3 = 1", "025"}, {"i % 3 = -2", "1"},
          {"i % -1 = 0", "01245"}, {"2 + 3 * 4 = 14", "012345"}, {"(2 + 3) * 4 = 20", "012345"},
          {"10 - 4 - 3 = 3", "012345"}, {"7 % 4 * 2 = 6", "012345"}, {"f * 2 = 1", "0"},
          {"i + f = 1.5", "0"}, {"d + 1 = '2020-01-02'", "0"}, {"d - date '2020-01-01' = 1", "1"},
          {"1 + d > d", "01245"}, {"-2 * -3 = 6", "012345"}, {"1.5e1 = 15", "012345"},
          {".5 + 5. = 5.5", "012345"}, {"5.5 % 2 = 1.5", "012345"});
}

static void overflow_is_an_error_of_the_row(void)
{
    CHECK({"i * 2 > 0", "-3 at 5"}, {"i + i > 0", "-3 at 5"}, {"i < 1000 and i * 2 > 0", "02"},
          {"i > 1000 or i * 2 > 0", "025"}, {"9223372036854775807 + 1 > 0", "-3 at 0"},
          {"1.0 * i * 2 > 0", "025"}, {"b and i * i * i > 0", "-3 at 5"});
}

static void functions_of_texts(void)
{
    CHECK({"contains(s, 'an')", "1"}, {"not contains(s, 'a')", "24"},
          {"starts_with(s, 'Ban')", "1"}, {"ends_with(s, 'le')", "0"}, {"lower(s) = 'banana'", "1"},
          {"upper(s) = 'APPLE'", "0"},
          {"upper(s) = '\xc3\x89"
           "CLAIR'",
           "5"},
          {"length(s) = 6", "15"}, {"length(s)", "-104 at 0"},
          {"upper(lower(upper(s))) like 'B%'", "1"}, {"contains(lower(s), lower('ANA'))", "1"},
          {"contains(s, '')", "01245"}, {"LENGTH(s) > 5", "15"},
          {"length(lower(s)) = length(s)", "01245"}, {"starts_with(s, s)", "01245"},
          {"contains('pineapple', s)", "02"}, {"lower('X') = 'x'", "012345"});
}

/* The condition, the place of its fault (counted from 0), and words of the message. */
static void refused(const char *text, rask_status wanted, unsigned place, const char *words)
{
    struct rask_expr *expr = NULL;
    struct rask_error error = {0};
    char begin[128];
    snprintf(begin, sizeof begin, "'%s' at character %u: ", text, place + 1);
    rask_status status = rask_expr_new(text, &expr, &error);
    if (status == RASK_OK)
        status = rask_expr_bind(expr, &scope, &error);
    int is_told =
        strncmp(error.text, begin, strlen(begin)) == 0 && strstr(error.text, words) != NULL;
    if (status != wanted || !is_told)
        printf("\n    %s: %d %s", text, (int)status, error.text);
    CU_ASSERT_EQUAL(status, wanted);
    CU_ASSERT(is_told);
    rask_expr_free(expr);
}

static void messages_name_the_place(void)
{
    refused("", RASK_ERR_SYNTAX, 0, "missing here");
    refused("i >", RASK_ERR_SYNTAX, 3, "missing here");
    refused("i > 1 )", RASK_ERR_SYNTAX, 6, "closes nothing");
    refused("(i > 1", RASK_ERR_SYNTAX, 0, "not closed");
    refused("i > 1 2", RASK_ERR_SYNTAX, 6, "operator");
    refused("i ? 1", RASK_ERR_SYNTAX, 2, "character");
    refused("s = 'abc", RASK_ERR_SYNTAX, 4, "no end");
    refused("\xc3\xa9 = 12abc", RASK_ERR_SYNTAX, 4, "no number");
    refused("1 < i < 3", RASK_ERR_SYNTAX, 6, "chained");
    refused("i between 1", RASK_ERR_SYNTAX, 2, "BETWEEN");
    refused("i = null", RASK_ERR_SYNTAX, 4, "is null");
    refused("i in ()", RASK_ERR_SYNTAX, 6, "literals");
    refused("i in (1, i)", RASK_ERR_SYNTAX, 9, "literals");
    refused("i in (1 2)", RASK_ERR_SYNTAX, 8, "comma");
    refused("s like s", RASK_ERR_SYNTAX, 7, "LIKE");
    refused("i is 3", RASK_ERR_SYNTAX, 5, "IS");
    refused("trim(s) = 'a'", RASK_ERR_SYNTAX, 0, "unknown function");
    refused("contains(s) ", RASK_ERR_SYNTAX, 0, "2 arguments");
    refused("lower(s, s) = 'a'", RASK_ERR_SYNTAX, 0, "1 argument");
    refused("lower() = 'a'", RASK_ERR_SYNTAX, 6, "missing here");
    refused("d = date 'x'", RASK_ERR_SYNTAX, 9, "a date is written");
    refused("i + not b", RASK_ERR_SYNTAX, 4, "parentheses");
    refused("prise > 3", RASK_ERR_ARGUMENT, 0, "did you mean 'price'");
    refused("PRICE > 3", RASK_ERR_ARGUMENT, 0, "did you mean 'price'");
    refused("b and quantity > 3", RASK_ERR_ARGUMENT, 6, "no column 'quantity'");
    refused("i = 'x'", RASK_ERR_TYPE, 2, "int64 and text");
    refused("d > 'yesterday'", RASK_ERR_TYPE, 4, "no date");
    refused("i", RASK_ERR_TYPE, 0, "int64");
    refused("i and b", RASK_ERR_TYPE, 2, "true or false");
    refused("s + 1 = 2", RASK_ERR_TYPE, 2, "text and int64");
    refused("i like '1%'", RASK_ERR_TYPE, 2, "needs text");
    refused("-s = 'a'", RASK_ERR_TYPE, 0, "a number");
    refused("i in ('a')", RASK_ERR_TYPE, 2, "in cannot");
}

static void long_and_deep_conditions(void)
{
    enum { N = 9000 };
    char *text = rask_alloc(N * 12), out[64];
    size_t n = 0;
    for (int i = 0; i < N; i++)
        n += (size_t)snprintf(text + n, 12, "%si = %d", i == 0 ? "" : " or ", i % 2 == 0 ? 7 : 3);
    CU_ASSERT_STRING_EQUAL(selected(text, out), "2");
    memset(text, '(', 200);
    snprintf(text + 200, 20, "i = 7");
    memset(text + 205, ')', 200);
    text[405] = '\0';
    CU_ASSERT_STRING_EQUAL(selected(text, out), "2");
    memset(text, '(', N);
    text[N] = '\0';
    CU_ASSERT_STRING_EQUAL(selected(text, out), "-3 at 0");
    for (int i = 0; i < N; i++)
        memcpy(text + 4 * i, "not ", 5);
    CU_ASSERT_STRING_EQUAL(selected(text, out), "-3 at 0");
    rask_free(text);
}

static void columns_are_listed_once(void)
{
    struct rask_expr *expr;
    CU_ASSERT_EQUAL_FATAL(rask_expr_new("b > a and `a` = lower(\"x y\") or b", &expr, NULL),
                          RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_expr_n_columns(expr), 3);
    CU_ASSERT_STRING_EQUAL(rask_expr_column(expr, 0), "b");
    CU_ASSERT_STRING_EQUAL(rask_expr_column(expr, 1), "a");
    CU_ASSERT_STRING_EQUAL(rask_expr_column(expr, 2), "x y");
    rask_expr_free(expr);
}

static void want_of_memory_is_an_error(void)
{
    char out[64];
    int is_done = 0;
    for (uint64_t n = 1; !is_done && n < 500; n++) {
        rask_alloc_fail_at(n, 0);
        selected("upper(s) in ('APPLE', 'x') and i between 0 and 7 or contains(lower(s), 'q')",
                 out);
        rask_alloc_fail_at(0, 0);
        is_done = strcmp(out, "0") == 0;
        CU_ASSERT(is_done || strcmp(out, "-2 at 0") == 0);
    }
    CU_ASSERT(is_done);
}

RASK_UNIT_MAIN("expr", {"comparing", comparing},
               {"logic with missing values", logic_with_missing_values},
               {"in, between, like", predicates}, {"arithmetic", arithmetic},
               {"overflow is an error of the row", overflow_is_an_error_of_the_row},
               {"functions of texts", functions_of_texts},
               {"messages name the place", messages_name_the_place},
               {"long and deep conditions", long_and_deep_conditions},
               {"columns are listed once", columns_are_listed_once},
               {"want of memory is an error", want_of_memory_is_an_error})
