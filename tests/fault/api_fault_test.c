/* SPDX-License-Identifier: BSD-3-Clause */
/* api_fault_test.c: a small program in the embedded form, run once for each n with its n-th
 * allocation failing, and once with all from the n-th on: it ends with a right result or with an
 * error that says something. That nothing leaks is the sanitizer's to say, that nothing hangs the
 * timeout's. */
#include "base/alloc.h"

#include <rask/future.h>
#include <rask/graph.h>
#include <rask/start.h>
#include <rask/task.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../unit/unit.h"

#define N_ITEMS 6
#define N_FUTURES (N_ITEMS + 6)
#define N_MOST 5000

struct program {
    struct rask *rask;
    struct rask_error error;
    struct rask_future futures[N_FUTURES];
    size_t n_futures;
};

static int sum(struct rask_task *task)
{
    int64_t result = 0;
    for (size_t i = 0; i < rask_task_input_count(task); i++) {
        struct rask_view view = rask_task_input(task, i);
        if (view.bytes == 8)
            result += *(const int64_t *)view.data;
        else
            result += (int64_t)view.bytes;
    }
    return rask_task_return(task, &result, sizeof result);
}
RASK_TASK(sum)

static int large(struct rask_task *task)
{
    void *room = rask_task_result(task, 3000);
    if (room == NULL)
        return 1;
    memset(room, 1, 3000);
    return 0;
}
RASK_TASK(large)

static int with_child(struct rask_task *task)
{
    int64_t one = 1;
    struct rask_future future;
    struct rask_error error;
    struct rask_view view;
    struct rask *own = rask_task_runtime(task);
    rask_status status = rask_submit(own, RASK_CALL(sum, RASK_VALUE(one)), &future, &error);
    if (status != RASK_OK)
        return rask_task_fail(task, status, "%s", error.text);
    status = rask_result(own, future, RASK_FOREVER, &view, &error);
    int code = status == RASK_OK ? rask_task_return(task, view.data, view.bytes)
                                 : rask_task_fail(task, status, "%s", error.text);
    rask_release(own, &future, 1);
    return code;
}
RASK_TASK(with_child)

static rask_status submit_graph(struct program *p)
{
    int64_t two = 2;
    struct rask_graph *graph = NULL;
    struct rask_node a, b, constant;
    rask_status status = rask_graph_new(p->rask, &graph, &p->error);
    if (status == RASK_OK)
        status =
            rask_graph_constant(graph, (struct rask_view){&two, sizeof two}, &constant, &p->error);
    if (status == RASK_OK)
        status = rask_graph_add(graph, RASK_CALL(large, RASK_NODE(constant)), &a, &p->error);
    if (status == RASK_OK)
        status =
            rask_graph_add(graph, RASK_CALL(sum, RASK_NODE(a), RASK_VALUE(two)), &b, &p->error);
    if (status == RASK_OK)
        status = rask_graph_want(graph, b, &p->error);
    if (status == RASK_OK)
        status = rask_graph_submit(graph, NULL, &p->futures[p->n_futures], &p->error);
    p->n_futures += status == RASK_OK;
    rask_graph_free(graph);
    return status;
}

static rask_status submit(struct program *p, const struct rask_call *call)
{
    rask_status status = rask_submit(p->rask, call, &p->futures[p->n_futures], &p->error);
    p->n_futures += status == RASK_OK;
    return status;
}

static rask_status submit_all(struct program *p)
{
    static char buffer[70000];
    static const int64_t items[N_ITEMS] = {1, 2, 3, 4, 5, 6};
    struct rask_items all = {items, sizeof items[0], N_ITEMS};
    struct rask_call_options pure = {.size = sizeof pure, .is_pure = 1};
    struct rask_call plain = {.function = sum}, parent = {.function = with_child};
    rask_status status = rask_map(p->rask, &plain, &all, p->futures, &p->error);
    if (status == RASK_OK)
        p->n_futures = N_ITEMS;
    if (status == RASK_OK)
        status = submit(p, RASK_CALL_WITH(&pure, sum, RASK_BUFFER(buffer, sizeof buffer)));
    if (status == RASK_OK) {
        struct rask_view view = {buffer, 2000};
        status = rask_scatter(p->rask, view, NULL, &p->futures[p->n_futures], &p->error);
        p->n_futures += status == RASK_OK;
    }
    if (status == RASK_OK)
        status = submit(
            p, RASK_CALL(sum, RASK_RESULT(p->futures[N_ITEMS + 1]), RASK_RESULT(p->futures[0])));
    if (status == RASK_OK)
        status = submit(p, &parent);
    return status == RASK_OK ? submit_graph(p) : status;
}

static rask_status take_completed(struct program *p)
{
    struct rask_completed *completed = NULL;
    struct rask_future future;
    rask_status status = rask_completed_new(p->rask, &completed, &p->error);
    if (status != RASK_OK)
        return status;
    status = rask_completed_add(completed, p->futures, p->n_futures, &p->error);
    while (status == RASK_OK)
        status = rask_completed_next(completed, RASK_FOREVER, &future);
    rask_completed_free(completed);
    return status == RASK_END ? RASK_OK : status;
}

/* The right results, or an error. */
static rask_status check_results(struct program *p)
{
    static const int64_t expected[] = {1, 2, 3, 4, 5, 6, 70000, 2000, 2001, 1, 3002};
    struct rask_view views[N_FUTURES];
    rask_status status = rask_gather(p->rask, p->futures, p->n_futures, views, &p->error);
    for (size_t i = 0; status == RASK_OK && i < p->n_futures; i++)
        if (views[i].bytes == 8 ? *(const int64_t *)views[i].data != expected[i]
                                : views[i].bytes != 2000)
            CU_FAIL("a wrong result");
    return status;
}

static void run(uint64_t n, int is_lasting)
{
    static const char *const settings[] = {"arena=64MiB", NULL};
    struct rask_options options = {
        .size = sizeof options, .n_threads = 1, .settings = settings, .is_quiet = 1};
    struct program p = {.n_futures = 0};
    rask_alloc_fail_at(n, is_lasting);
    rask_status status = rask_start(&options, &p.rask, &p.error);
    int has_started = status == RASK_OK;
    if (status == RASK_OK)
        status = submit_all(&p);
    if (status == RASK_OK)
        status = take_completed(&p);
    if (status == RASK_OK)
        status = check_results(&p);
    if (status != RASK_OK && status != RASK_ERR_STATE && p.error.text[0] == '\0') {
        printf("\n    allocation %llu: %s without a text\n", (unsigned long long)n,
               rask_status_name(status));
        CU_FAIL("an error without a text");
    }
    if (has_started) {
        rask_release(p.rask, p.futures, p.n_futures);
        (void)rask_stop(p.rask);
    }
    rask_alloc_fail_at(0, 0);
}

static void run_for_all(int is_lasting)
{
    uint64_t n = 1, n_before;
    uint64_t n_made;
    do {
        n_before = rask_alloc_count();
        run(n, is_lasting);
        n_made = rask_alloc_count() - n_before;
        CU_ASSERT_FATAL(n < N_MOST);
    } while (n_made >= n++);
    CU_ASSERT(n > 50);
}

/* What has been written to standard error since `file` took its place. */
static void end_capture(FILE *file, int stderr_fd, char *text, size_t text_bytes)
{
    fflush(stderr);
    (void)dup2(stderr_fd, STDERR_FILENO);
    close(stderr_fd);
    rewind(file);
    size_t n = fread(text, 1, text_bytes - 1, file);
    text[n] = '\0';
    fclose(file);
}

/* A start of three threads whose n-th allocation fails: for want of memory and nothing else, which
 * is printed in one line, or not at all. */
static void start_and_listen(uint64_t n, int is_quiet)
{
    static const char *const settings[] = {"arena=64MiB", NULL};
    struct rask_options options = {
        .size = sizeof options, .n_threads = 3, .settings = settings, .is_quiet = is_quiet};
    struct rask *rask;
    struct rask_error error = {.text = ""};
    char text[4096];
    FILE *file = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    int stderr_fd = dup(STDERR_FILENO);
    (void)dup2(fileno(file), STDERR_FILENO);
    rask_alloc_fail_at(n, 0);
    rask_status status = rask_start(&options, &rask, &error);
    rask_alloc_fail_at(0, 0);
    end_capture(file, stderr_fd, text, sizeof text);
    if (status == RASK_OK)
        (void)rask_stop(rask);
    CU_ASSERT(status == RASK_OK || status == RASK_ERR_MEMORY);
    const char *line_end = strchr(text, '\n');
    int is_told = line_end != NULL && line_end[1] == '\0' && strstr(text, error.text) != NULL;
    if (status == RASK_OK || is_quiet)
        CU_ASSERT_STRING_EQUAL(text, "");
    CU_ASSERT(status == RASK_OK || is_quiet || is_told);
}

/* From the second allocation on: the first one is the runtime itself. */
static void a_start_that_fails_tells_it_once(void)
{
    for (int is_quiet = 0; is_quiet <= 1; is_quiet++) {
        uint64_t n = 2, n_before;
        do {
            n_before = rask_alloc_count();
            start_and_listen(n, is_quiet);
            CU_ASSERT_FATAL(n < N_MOST);
        } while (rask_alloc_count() - n_before >= n++);
        CU_ASSERT(n > 20);
    }
}

static void a_cancel_without_memory_says_so(void)
{
    static struct rask_future futures[200000];
    struct rask_options options = {.size = sizeof options, .n_threads = 1, .is_quiet = 1};
    struct rask *rask;
    struct rask_future none = {0};
    size_t n = sizeof futures / sizeof futures[0];
    CU_ASSERT_EQUAL_FATAL(rask_start(&options, &rask, NULL), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(
        rask_submit(rask, &(struct rask_call){.function = sum}, &futures[0], NULL), RASK_OK);
    for (size_t i = 1; i < n; i++)
        futures[i] = futures[0];
    CU_ASSERT_EQUAL(rask_cancel(rask, &none, 1), RASK_OK);
    CU_ASSERT_EQUAL(rask_cancel(NULL, &none, 1), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_cancel(rask, NULL, 1), RASK_ERR_ARGUMENT);
    rask_alloc_fail_at(1, 1);
    CU_ASSERT_EQUAL(rask_cancel(rask, futures, n), RASK_ERR_MEMORY);
    rask_alloc_fail_at(0, 0);
    rask_release(rask, futures, 1);
    (void)rask_stop(rask);
}

static void one_allocation_fails(void)
{
    run_for_all(0);
}

static void all_later_allocations_fail(void)
{
    run_for_all(1);
}

RASK_UNIT_MAIN("api_fault", {"a start that fails tells it once", a_start_that_fails_tells_it_once},
               {"a cancel without memory says so", a_cancel_without_memory_says_so},
               {"one allocation fails", one_allocation_fails},
               {"all later allocations fail", all_later_allocations_fail})
