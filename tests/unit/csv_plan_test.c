/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_plan_test.c: a question about files becomes a plan: which columns, which types, which errors.
 */
#include "coll/csv_plan.h"

#include "base/alloc.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct rask_file_list *make_files(char path[64])
{
    struct rask_file_list *files = NULL;
    struct rask_error error;
    snprintf(path, 64, "csv_plan_test.XXXXXX");
    int fd = mkstemp(path);
    FILE *stream = fdopen(fd, "w");
    fputs("city,price,day,note,unused\nOslo,3,2020-01-01,,x\nBergen,4.5,2020-01-02,,y\n", stream);
    fclose(stream);
    CU_ASSERT_EQUAL_FATAL(rask_file_list_new(&files, &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_file_list_add(files, path, &error), RASK_OK);
    return files;
}

static void drop_files(struct rask_file_list *files, const char *path)
{
    rask_file_list_free(files);
    unlink(path);
}

static struct rask_csv_query by_city(const struct rask_file_list *files,
                                     const char *const *aggregates, size_t n_aggregates,
                                     const char *where)
{
    static const char *const keys[] = {"city"};
    return (struct rask_csv_query){.files = files,
                                   .keys = keys,
                                   .n_keys = 1,
                                   .aggregates = aggregates,
                                   .n_aggregates = n_aggregates,
                                   .where = where};
}

static void reads_what_is_named_and_nothing_else(void)
{
    char path[64];
    const char *aggregates[] = {"max:price", "min:price", "first:day"};
    struct rask_csv_query query =
        by_city(make_files(path), aggregates, 3, "city <> 'Bergen' and day > date '2019-01-01'");
    struct rask_csv_plan plan;
    CU_ASSERT_EQUAL_FATAL(rask_csv_plan_init(&plan, &query, NULL), RASK_OK);
    CU_ASSERT_EQUAL(plan.groupby.n_columns, 3);
    CU_ASSERT_STRING_EQUAL(plan.groupby.columns[0].name, "city");
    CU_ASSERT_EQUAL(plan.groupby.columns[0].type, RASK_TYPE_TEXT);
    CU_ASSERT_EQUAL(plan.groupby.columns[1].type, RASK_TYPE_FLOAT64);
    CU_ASSERT_EQUAL(plan.groupby.columns[2].type, RASK_TYPE_DATE);
    CU_ASSERT(plan.job.size > 0);
    rask_csv_plan_release(&plan);
    drop_files((struct rask_file_list *)query.files, path);
}

static void counts_when_nothing_is_asked(void)
{
    char path[64];
    struct rask_csv_query query = {.files = make_files(path)};
    struct rask_csv_plan plan;
    CU_ASSERT_EQUAL_FATAL(rask_csv_plan_init(&plan, &query, NULL), RASK_OK);
    CU_ASSERT_EQUAL(plan.groupby.n_columns, 0);
    CU_ASSERT_EQUAL(plan.groupby.n_aggregates, 1);
    CU_ASSERT_STRING_EQUAL(plan.groupby.aggregates[0].label, "count");
    rask_csv_plan_release(&plan);
    drop_files((struct rask_file_list *)query.files, path);
}

/* The status and text that a question with one aggregate and a condition gives. */
static rask_status refusal(const char *aggregate, const char *where, struct rask_error *error)
{
    char path[64];
    struct rask_csv_query query = {.files = make_files(path),
                                   .aggregates = &aggregate,
                                   .n_aggregates = aggregate != NULL,
                                   .where = where};
    struct rask_csv_plan plan;
    rask_status status = rask_csv_plan_init(&plan, &query, error);
    if (status == RASK_OK)
        rask_csv_plan_release(&plan);
    drop_files((struct rask_file_list *)query.files, path);
    return status;
}

static void refuses_with_a_remedy(void)
{
    struct rask_error error;
    CU_ASSERT_EQUAL(refusal("sum:prise", NULL, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "did you mean 'price'?"));
    CU_ASSERT_EQUAL(refusal("median:price", NULL, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(refusal("sum:city", NULL, &error), RASK_ERR_TYPE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "--types city=TYPE"));
    CU_ASSERT_EQUAL(refusal("sum:note", NULL, &error), RASK_ERR_TYPE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "no value of it was found in the sample"));
    CU_ASSERT_EQUAL(refusal(NULL, "price >", &error), RASK_ERR_SYNTAX);
    CU_ASSERT_EQUAL(refusal(NULL, "price > 'x'", &error), RASK_ERR_TYPE);
    CU_ASSERT_EQUAL(refusal(NULL, "prise > 3", &error), RASK_ERR_ARGUMENT);
}

static void survives_every_failing_allocation(void)
{
    char path[64];
    const char *aggregates[] = {"sum:price"};
    struct rask_csv_query query =
        by_city(make_files(path), aggregates, 1, "price > 3 and day is not missing");
    struct rask_csv_plan plan;
    struct rask_error error;
    rask_status status = RASK_ERR_MEMORY;
    uint64_t n = 0;
    while (status != RASK_OK && n < 2000) {
        rask_alloc_fail_at(++n, 0);
        status = rask_csv_plan_init(&plan, &query, &error);
        rask_alloc_fail_at(0, 0);
        CU_ASSERT(status == RASK_OK || status == RASK_ERR_MEMORY);
    }
    CU_ASSERT(n > 20 && n < 2000);
    rask_csv_plan_release(&plan);
    drop_files((struct rask_file_list *)query.files, path);
}

RASK_UNIT_MAIN("csv_plan",
               {"reads what is named and nothing else", reads_what_is_named_and_nothing_else},
               {"counts when nothing is asked", counts_when_nothing_is_asked},
               {"refuses with a remedy", refuses_with_a_remedy},
               {"survives every failing allocation", survives_every_failing_allocation})
