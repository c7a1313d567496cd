/* SPDX-License-Identifier: BSD-3-Clause */
/* describe_test.c: a program can print what `rask info` prints, and is told when the stream takes
 * no more. Settings of a command line are shown as such. */
#include <rask/start.h>

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rask *started(void)
{
    static const char *const settings[] = {"--threads=2", "bind=no", NULL};
    const struct rask_options options = {
        .size = sizeof options, .settings = settings, .is_quiet = 1};
    struct rask *rask = NULL;
    CU_ASSERT_EQUAL_FATAL(rask_start(&options, &rask, NULL), RASK_OK);
    return rask;
}

/* The page as text; [give] free. */
static char *page_of(struct rask *rask, enum rask_describe_form form)
{
    char *text = NULL;
    size_t bytes = 0;
    struct rask_error error = {.code = RASK_OK};
    FILE *stream = open_memstream(&text, &bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    CU_ASSERT_EQUAL(rask_describe(rask, form, stream, &error), RASK_OK);
    fclose(stream);
    return text;
}

static void forms(void)
{
    struct rask *rask = started();
    char *text = page_of(rask, RASK_DESCRIBE_TEXT), *json = page_of(rask, RASK_DESCRIBE_JSON);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "1 worker, 2 slots"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "not bound"));
    CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"slots\": 2"));
    CU_ASSERT_PTR_NOT_NULL(strstr(
        json, "{\"name\": \"threads\", \"value\": \"2\", \"source\": \"option --threads\"}"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(json, "{\"name\": \"bind\", \"value\": \"no\", \"source\": \"program\"}"));
    free(text);
    free(json);
    CU_ASSERT_EQUAL(rask_stop(rask), RASK_OK);
}

static void errors(void)
{
    struct rask *rask = started();
    struct rask_error error = {.code = RASK_OK};
    CU_ASSERT_EQUAL(rask_describe(NULL, RASK_DESCRIBE_TEXT, stdout, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_describe(rask, RASK_DESCRIBE_TEXT, NULL, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_describe(rask, (enum rask_describe_form)2, stdout, &error),
                    RASK_ERR_ARGUMENT);
    FILE *full = fopen("/dev/full", "w");
    if (full != NULL) {
        CU_ASSERT_EQUAL(rask_describe(rask, RASK_DESCRIBE_JSON, full, &error), RASK_ERR_IO);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "writing the description"));
        fclose(full);
    }
    CU_ASSERT_EQUAL(rask_stop(rask), RASK_OK);
}

RASK_UNIT_MAIN("describe", {"text and JSON", forms}, {"no stream, a full one", errors})
