/* SPDX-License-Identifier: BSD-3-Clause */
/* log_test.c: the form of a log line, and what is left out. */
#include "base/error.h"
#include "base/log.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

struct capture {
    struct rask_log log;
    char *text;
    size_t bytes;
};

static void begin(struct capture *capture, int32_t rank, enum rask_log_level level)
{
    FILE *stream = open_memstream(&capture->text, &capture->bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    rask_log_init(&capture->log, stream, rank, level);
}

static void end(struct capture *capture)
{
    fclose(capture->log.stream);
    free(capture->text);
}

static void writes_one_form_of_line(void)
{
    struct capture capture;
    begin(&capture, 3, RASK_LOG_WARNING);
    rask_log_write(&capture.log, RASK_LOG_WARNING, "disk %s is %d %% full", "sda", 90);
    CU_ASSERT_STRING_EQUAL(capture.text, "rask: [rank 3] warning: disk sda is 90 % full\n");
    end(&capture);
    begin(&capture, -1, RASK_LOG_DEBUG);
    rask_log_write(&capture.log, RASK_LOG_DEBUG, "é\n\tx");
    CU_ASSERT_STRING_EQUAL(capture.text, "rask: debug: é  x\n");
    end(&capture);
}

static void drops_what_is_above_its_level(void)
{
    struct capture capture;
    begin(&capture, -1, RASK_LOG_WARNING);
    rask_log_write(&capture.log, RASK_LOG_INFO, "no");
    CU_ASSERT(!rask_log_is_on(&capture.log, RASK_LOG_INFO));
    rask_log_write(&capture.log, RASK_LOG_ERROR, "yes");
    CU_ASSERT_STRING_EQUAL(capture.text, "rask: error: yes\n");
    end(&capture);
    rask_log_write(NULL, RASK_LOG_ERROR, "nowhere");
    struct rask_log silent;
    rask_log_init(&silent, NULL, 0, RASK_LOG_DEBUG);
    rask_log_write(&silent, RASK_LOG_ERROR, "nowhere");
}

static void cuts_long_lines(void)
{
    struct capture capture;
    static char text[3 * RASK_LOG_LINE_BYTES];
    memset(text, 'a', sizeof text - 1);
    begin(&capture, -1, RASK_LOG_ERROR);
    rask_log_write(&capture.log, RASK_LOG_ERROR, "%s", text);
    CU_ASSERT(capture.bytes <= RASK_LOG_LINE_BYTES);
    CU_ASSERT_STRING_EQUAL(capture.text + capture.bytes - 5, "a...\n");
    end(&capture);
}

static void tells_the_story_of_an_error(void)
{
    struct capture capture;
    struct rask_error error;
    begin(&capture, 0, RASK_LOG_ERROR);
    rask_error_set(&error, RASK_ERR_TASK, "division by zero");
    rask_log_failure(&capture.log, &error);
    CU_ASSERT_STRING_EQUAL(capture.text, "rask: [rank 0] error: division by zero\n");
    end(&capture);
    begin(&capture, 0, RASK_LOG_ERROR);
    rask_text_copy(error.text, sizeof error.text, "");
    rask_text_copy(error.function, sizeof error.function, "mean");
    rask_text_copy(error.key, sizeof error.key, "mean-7");
    rask_text_copy(error.host, sizeof error.host, "n01");
    error.rank = 4;
    rask_log_failure(&capture.log, &error);
    CU_ASSERT_STRING_EQUAL(
        capture.text, "rask: [rank 0] error: the task function reported an error, function mean, "
                      "task mean-7, rank 4, host n01\n");
    end(&capture);
}

static void names_its_levels(void)
{
    CU_ASSERT_STRING_EQUAL(rask_log_level_name(RASK_LOG_INFO), "info");
    CU_ASSERT_STRING_EQUAL(rask_log_level_name((enum rask_log_level)9), "unknown");
}

RASK_UNIT_MAIN("log", {"writes one form of line", writes_one_form_of_line},
               {"drops what is above its level", drops_what_is_above_its_level},
               {"cuts long lines", cuts_long_lines},
               {"tells the story of an error", tells_the_story_of_an_error},
               {"names its levels", names_its_levels})
