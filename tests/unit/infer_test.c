/* SPDX-License-Identifier: BSD-3-Clause */
/* infer_test.c: types and names over files that differ. */
#include "unit.h"

#include "io/infer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const paths[] = {"infer_test.1.tmp", "infer_test.2.tmp", "infer_test.3.tmp"};

static struct rask_file_list *make_list(const char *const *texts, size_t n)
{
    struct rask_file_list *list;
    CU_ASSERT_EQUAL_FATAL(rask_file_list_new(&list, NULL), RASK_OK);
    for (size_t i = 0; i < n; i++) {
        FILE *file = fopen(paths[i], "w");
        if (file == NULL || fputs(texts[i], file) < 0 || fclose(file) != 0)
            abort();
        CU_ASSERT_EQUAL_FATAL(rask_file_list_add(list, paths[i], NULL), RASK_OK);
    }
    return list;
}

static void drop_list(struct rask_file_list *list)
{
    for (size_t i = 0; i < rask_file_list_count(list); i++)
        unlink(paths[i]);
    rask_file_list_free(list);
}

static const struct rask_csv_dialect plain = {0};

/* The answer as "name:type name:type! ...", ! where no value was seen. */
static rask_status ask(struct rask_infer_question *question, char *text, size_t n,
                       struct rask_error *error)
{
    struct rask_infer_answer answer;
    size_t at = 0;
    question->dialect = question->dialect != NULL ? question->dialect : &plain;
    rask_status status = rask_infer_answer_init(&answer, question, error);
    if (status != RASK_OK)
        return status;
    for (size_t i = 0; i < answer.n_columns; i++)
        at += (size_t)snprintf(text + at, n - at, "%s%s:%s%s", i > 0 ? " " : "",
                               answer.columns[i].name,
                               rask_type_name((uint32_t)answer.columns[i].type),
                               answer.columns[i].n_values == 0 ? "!" : "");
    rask_infer_answer_release(&answer);
    return status;
}

/* The answer about one file of these bytes. */
static void has_types(const char *bytes, const char *expected)
{
    struct rask_file_list *list = make_list(&bytes, 1);
    struct rask_infer_question question = {.files = list};
    char text[400];
    CU_ASSERT_EQUAL(ask(&question, text, sizeof text, NULL), RASK_OK);
    CU_ASSERT_STRING_EQUAL(text, expected);
    drop_list(list);
}

static void types(void)
{
    has_types("i,f,b,d,t,m,z,big,q,x,e,c\n"
              "1,1,true,2020-01-01,2020-01-01,NA,007,9223372036854775808,\"5\",1,,1\n"
              " -2 ,2.5,FALSE,NA,2020-01-01T10:00,,08501,1,\"\",a,,True\n",
              "i:int64 f:float64 b:bool d:date t:datetime m:text! z:text big:text q:int64 "
              "x:text e:text! c:text");
}

static void files_with_other_columns(void)
{
    static const char *const texts[] = {"a,b\n1,\n", "b;c\n2;x\n", "a\n1.5\n"};
    struct rask_file_list *list = make_list(texts, 3);
    struct rask_infer_question question = {.files = list};
    char text[400];
    CU_ASSERT_EQUAL(ask(&question, text, sizeof text, NULL), RASK_OK);
    CU_ASSERT_STRING_EQUAL(text, "a:float64 b:int64 c:text");
    static const char *const names[] = {"c", "a", "c"};
    question.names = names;
    question.n_names = 3;
    CU_ASSERT_EQUAL(ask(&question, text, sizeof text, NULL), RASK_OK);
    CU_ASSERT_STRING_EQUAL(text, "c:text a:float64 c:text");
    struct rask_infer_declared declared = {"a", RASK_TYPE_TEXT};
    question.declared = &declared;
    question.n_declared = 1;
    CU_ASSERT_EQUAL(ask(&question, text, sizeof text, NULL), RASK_OK);
    CU_ASSERT_STRING_EQUAL(text, "c:text a:text c:text");
    drop_list(list);
}

static void unknown_columns(void)
{
    static const char *const texts[] = {"country,population\n1,2\n"};
    struct rask_file_list *list = make_list(texts, 1);
    static const char *const names[] = {"Contry"};
    struct rask_infer_question question = {.files = list, .names = names, .n_names = 1};
    struct rask_error error;
    char text[400];
    CU_ASSERT_EQUAL(ask(&question, text, sizeof text, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "'Contry'"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "did you mean 'country'"));
    static const char *const others[] = {"zzzz"};
    question.names = others;
    CU_ASSERT_EQUAL(ask(&question, text, sizeof text, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "country, population"));
    struct rask_infer_declared declared = {"popluation", RASK_TYPE_TEXT};
    question.n_names = 0;
    question.declared = &declared;
    question.n_declared = 1;
    CU_ASSERT_EQUAL(ask(&question, text, sizeof text, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "'population'"));
    drop_list(list);
}

static void nothing_to_read(void)
{
    static const char *const texts[] = {"", "\n"};
    struct rask_file_list *list = make_list(texts, 2);
    struct rask_infer_question question = {.files = list};
    struct rask_error error;
    char text[400];
    CU_ASSERT_EQUAL(ask(&question, text, sizeof text, &error), RASK_ERR_FORMAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, paths[0]));
    drop_list(list);
}

/* A value that shows only in the middle of a large file. */
static void large_files_are_looked_into(void)
{
    enum { N_LINES = 1200000 };
    char *lines = malloc(N_LINES * 8 + 64);
    size_t at = (size_t)snprintf(lines, 64, "a,b\n");
    for (int i = 0; i < N_LINES; i++)
        at += (size_t)snprintf(lines + at, 16, i > 598000 && i < 602000 ? "%d,2.5\n" : "%d,2\n",
                               i % 10);
    has_types(lines, "a:int64 b:float64");
    free(lines);
}

/* A small file is read whole, and a large one in more places when a column had no value. */
static void late_values_are_found(void)
{
    enum { N_LINES = 900000, FIRST = 480000 };
    for (int n_lines = 60000; n_lines <= N_LINES; n_lines *= 15) {
        int first = n_lines == N_LINES ? FIRST : n_lines - 2;
        char *lines = malloc((size_t)n_lines * 16 + 64);
        size_t at = (size_t)snprintf(lines, 64, "a,b\n");
        for (int i = 0; i < n_lines; i++)
            at += (size_t)snprintf(lines + at, 16,
                                   i >= first && i < first + 30000 ? "%07d,9\n" : "%07d,\n", i);
        has_types(lines, "a:text b:int64");
        free(lines);
    }
}

/* A header longer than a place of the sample, and more columns than are read at once. */
static void wide_files_have_types(void)
{
    enum { N = 20000 };
    char *lines = malloc(N * 32);
    size_t at = 0;
    for (int i = 0; i < N; i++)
        at += (size_t)snprintf(lines + at, 16, "column%d%c", i, i + 1 < N ? ',' : '\n');
    for (int i = 0; i < N; i++)
        at += (size_t)snprintf(lines + at, 16, "%d%c", i, i + 1 < N ? ',' : '\n');
    const char *const texts[] = {lines};
    struct rask_file_list *list = make_list(texts, 1);
    struct rask_infer_question question = {.files = list, .dialect = &plain};
    struct rask_infer_answer answer;
    CU_ASSERT_EQUAL_FATAL(rask_infer_answer_init(&answer, &question, NULL), RASK_OK);
    CU_ASSERT_EQUAL(answer.n_columns, N);
    size_t n_ints = 0;
    for (size_t i = 0; i < answer.n_columns; i++)
        n_ints += answer.columns[i].type == RASK_TYPE_INT64 && answer.columns[i].n_values == 1;
    CU_ASSERT_EQUAL(n_ints, N);
    rask_infer_answer_release(&answer);
    drop_list(list);
    free(lines);
}

/* A column with values in few files only, none of them in the sample's first round. */
static void rare_values_are_looked_for(void)
{
    enum { N = 200 };
    struct rask_file_list *list;
    char path[64];
    CU_ASSERT_EQUAL_FATAL(rask_file_list_new(&list, NULL), RASK_OK);
    for (int i = 0; i < N; i++) {
        snprintf(path, sizeof path, "infer_test.%03d.tmp", i);
        FILE *file = fopen(path, "w");
        fprintf(file, i == 101 ? "a,b,rare\n1,3.5,x\n" : "a,b\n1,\n");
        fclose(file);
    }
    CU_ASSERT_EQUAL(rask_file_list_add(list, "infer_test.*.tmp", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_file_list_count(list), N);
    static const char *const names[] = {"b", "rare"};
    struct rask_infer_question question = {.files = list, .names = names, .n_names = 2};
    char text[400];
    CU_ASSERT_EQUAL(ask(&question, text, sizeof text, NULL), RASK_OK);
    CU_ASSERT_STRING_EQUAL(text, "b:float64 rare:text");
    for (size_t i = 0; i < N; i++)
        unlink(rask_file_list_path(list, i));
    rask_file_list_free(list);
}

RASK_UNIT_MAIN("infer", {"types", types}, {"files with other columns", files_with_other_columns},
               {"unknown columns", unknown_columns}, {"nothing to read", nothing_to_read},
               {"large files are looked into", large_files_are_looked_into},
               {"late values are found", late_values_are_found},
               {"wide files have types", wide_files_have_types},
               {"rare values are looked for", rare_values_are_looked_for})
