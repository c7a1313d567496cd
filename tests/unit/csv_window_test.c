/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_window_test.c: csv_window.c and csv_guess.c: complete records come out of a window whatever
 * their length, errors name the line, and the first record behind an offset is found. */
#include "unit.h"

#include "io/csv_window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIMIT_BYTES (UINT64_C(1) << 20)

static char path[] = "csv_window_test.XXXXXX";
static struct rask_csv_window window;
static struct rask_error error;

static void begin(const char *text, size_t n)
{
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0 && write(fd, text, n) == (ssize_t)n && close(fd) == 0);
    CU_ASSERT_EQUAL_FATAL(rask_csv_window_init(&window, LIMIT_BYTES, &error), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_file_open(&window.file, path, NULL, &error), RASK_OK);
    window.scan.delimiter = ',';
    window.wanted_end = n;
    rask_csv_window_seek(&window, 0);
}

static void end(void)
{
    rask_csv_window_release(&window);
    unlink(path);
}

/* Takes the records that are complete out of the window; how many. */
static uint64_t take(void)
{
    uint64_t n = window.scan.n_ends;
    size_t mark = window.scan.marks[window.scan.ends[n - 1]];
    window.start = mark + (mark < window.n_bytes);
    rask_csv_window_consume(&window);
    return n;
}

static uint64_t count_records(rask_status *status)
{
    uint64_t n = 0;
    while ((*status = rask_csv_window_scan(&window, &error)) == RASK_OK)
        n += take();
    return n;
}

static void gives_records_of_every_length(void)
{
    enum { N = 700000 };
    char *text = malloc(N + 100);
    rask_status status;
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    /* Short ones, one larger than the window at first, and a last one without its line end. */
    size_t n = 0;
    for (int i = 0; i < 1000; i++)
        n += (size_t)snprintf(text + n, 32, "%d,\"q,\",%d\n", i, i * i);
    memset(text + n, 'x', 500000);
    n += 500000;
    memcpy(text + n, "\nlast,\"a\nb\"", 11);
    n += 11;
    begin(text, n);
    CU_ASSERT_EQUAL(count_records(&status), 1002);
    CU_ASSERT_EQUAL(status, RASK_END);
    CU_ASSERT(rask_csv_window_is_all(&window));
    end();
    free(text);
}

static void an_error_names_the_line(void)
{
    static const char open_quote[] = "a,b\n1,2\n3,\"4\n5,6\n";
    rask_status status;
    begin(open_quote, sizeof open_quote - 1);
    (void)count_records(&status);
    CU_ASSERT_EQUAL(status, RASK_ERR_FORMAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "line 3"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path));
    CU_ASSERT_EQUAL(rask_csv_window_line(&window, 0), 1);
    CU_ASSERT_EQUAL(rask_csv_window_line(&window, 4), 2);
    CU_ASSERT_EQUAL(rask_csv_window_line(&window, 13), 4);
    end();
}

static void a_record_may_not_be_endless(void)
{
    size_t n = 3 * LIMIT_BYTES;
    char *text = malloc(n);
    rask_status status;
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memset(text, 'x', n);
    memcpy(text, "a\n\"", 3);
    begin(text, n);
    (void)count_records(&status);
    CU_ASSERT_EQUAL(status, RASK_ERR_LIMIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "line 2"));
    end();
    free(text);
}

static void empty_lines_are_skipped(void)
{
    static const char text[] = "\n\r\n\n\nx,y\n";
    rask_status status;
    begin(text, sizeof text - 1);
    CU_ASSERT_EQUAL(rask_csv_window_skip_empty(&window, &error), RASK_OK);
    CU_ASSERT_EQUAL(window.base + window.start, 5);
    CU_ASSERT_EQUAL(count_records(&status), 1);
    end();
}

/* From each offset the guess finds the begin of the next record, inside quotes or not, as long as
 * records follow that tell which. */
static void the_first_record_behind_an_offset_is_found(void)
{
    enum { N_RECORDS = 400 };
    static char text[N_RECORDS * 64];
    static uint64_t starts[N_RECORDS + 1];
    size_t n = 0;
    uint64_t n_wrong = 0, next = 1;
    for (uint64_t i = 0; i < N_RECORDS; i++) {
        starts[i] = n;
        n += (size_t)snprintf(text + n, 64, "%d,\"two\nlines, and, a comma\",%d\n", (int)i,
                              (int)(i * i));
    }
    starts[N_RECORDS] = n;
    begin(text, n);
    for (uint64_t at = 1; at < starts[N_RECORDS - 2]; at += 3) {
        while (starts[next] < at)
            next++;
        rask_csv_window_seek(&window, at);
        CU_ASSERT_EQUAL_FATAL(rask_csv_window_guess(&window, 0, at, 3, &error), RASK_OK);
        n_wrong += window.base + window.start != starts[next];
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
    end();
}

/* The offset is in a field far longer than the first look-ahead, and than a record may be: what is
 * behind it is found all the same. */
static void a_guess_looks_as_far_ahead_as_it_must(void)
{
    enum { N_LONG = 300000, N_SHORT = 20 };
    static char text[N_LONG + N_SHORT * 16];
    size_t n = 0;
    memcpy(text, "1,\"", 3);
    memset(text + 3, 'x', N_LONG);
    n = 3 + N_LONG;
    memcpy(text + n, "\",2\n", 4);
    n += 4;
    uint64_t second = n;
    for (int i = 0; i < N_SHORT; i++)
        n += (size_t)snprintf(text + n, 16, "%d,\"y\",%d\n", i, i);
    begin(text, n);
    window.max_record_bytes = 1000;
    rask_csv_window_seek(&window, 1000);
    CU_ASSERT_EQUAL(rask_csv_window_guess(&window, 0, 1000, 3, &error), RASK_OK);
    CU_ASSERT_EQUAL(window.base + window.start, second);
    CU_ASSERT_EQUAL(window.max_record_bytes, 1000);
    end();
}

/* Taken as outside, the text behind the offset has no line end at all, because each quote that
 * closes looks like one that opens; taken as inside it has records. It is not read to its end. */
static void a_guess_is_made_from_what_is_near(void)
{
    enum { N_RECORDS = 300000, N_LINE = 16 };
    char *text = malloc(N_RECORDS * N_LINE + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (size_t i = 0; i < N_RECORDS; i++)
        snprintf(text + i * N_LINE, N_LINE + 1, "%06d,\"q,\",567\n", (int)i);
    begin(text, (size_t)N_RECORDS * N_LINE);
    uint64_t at = 10 * N_LINE + 9;
    rask_csv_window_seek(&window, at);
    CU_ASSERT_EQUAL(rask_csv_window_guess(&window, 0, at, 3, &error), RASK_OK);
    CU_ASSERT_EQUAL(window.base + window.start, UINT64_C(11) * N_LINE);
    CU_ASSERT(window.n_bytes < UINT64_C(1) << 20);
    end();
    free(text);
}

RASK_UNIT_MAIN("csv_window", {"gives records of every length", gives_records_of_every_length},
               {"an error names the line", an_error_names_the_line},
               {"a record may not be endless", a_record_may_not_be_endless},
               {"empty lines are skipped", empty_lines_are_skipped},
               {"the first record behind an offset is found",
                the_first_record_behind_an_offset_is_found},
               {"a guess looks as far as it must", a_guess_looks_as_far_ahead_as_it_must},
               {"a guess is made from what is near", a_guess_is_made_from_what_is_near})
