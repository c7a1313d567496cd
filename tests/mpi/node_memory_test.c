/* SPDX-License-Identifier: BSD-3-Clause */
/* node_memory_test.c: objects of the ranks of one node are read where they lie, by tasks and by the
 * program, and go when they are released; with node-memory=private they are fetched, with the same
 * answers. The first argument is the setting's value. Rank 0, which does not work, prints TAP. */
#include <rask.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int n_test, n_failed;

static void check(int is_ok, const char *what)
{
    n_test++;
    n_failed += !is_ok;
    printf("%sok %d - %s\n", is_ok ? "" : "not ", n_test, what);
    fflush(stdout);
}

static uint8_t byte_at(uint64_t i)
{
    return (uint8_t)((i * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

static int is_right(struct rask_view view, uint64_t bytes)
{
    const uint8_t *data = view.data;
    int is_ok = view.bytes == bytes;
    for (uint64_t i = 0; is_ok && i < bytes; i++)
        is_ok = data[i] == byte_at(i);
    return is_ok;
}

static int make(struct rask_task *task)
{
    const uint64_t *bytes = RASK_INPUT(task, 0, uint64_t);
    uint8_t *data = bytes == NULL ? NULL : rask_task_result(task, *bytes);
    for (uint64_t i = 0; data != NULL && i < *bytes; i++)
        data[i] = byte_at(i);
    return data == NULL;
}
RASK_TASK(make)

/* What a rank has seen of an object of another one. */
struct seen {
    uint64_t is_right, got_bytes, in_place_bytes;
};

static int look(struct rask_task *task)
{
    const uint64_t *bytes = RASK_INPUT(task, 0, uint64_t);
    const struct rask *rask = rask_task_runtime(task);
    if (bytes == NULL)
        return 1;
    struct seen seen = {.is_right = (uint64_t)is_right(rask_task_input(task, 1), *bytes),
                        .got_bytes = rask_counter(rask, "get_bytes"),
                        .in_place_bytes = rask_counter(rask, "in_place_bytes")};
    return rask_task_return(task, &seen, sizeof seen);
}
RASK_TASK(look)

static struct rask *rask;
static int is_shared;

static struct rask_future make_on(int32_t rank, uint64_t bytes)
{
    const struct rask_call_options there = {.size = sizeof there, .ranks = &rank, .n_ranks = 1};
    struct rask_future object = {0};
    if (rask_submit(rask, RASK_CALL_WITH(&there, make, RASK_VALUE(bytes)), &object, NULL) !=
        RASK_OK)
        check(0, "a task is submitted");
    return object;
}

static void the_program_reads(uint64_t bytes, const char *what)
{
    struct rask_view view = {NULL, 0};
    struct rask_future object = make_on(1, bytes);
    uint64_t got = rask_counter(rask, "get_bytes"), in_place = rask_counter(rask, "in_place_bytes");
    int is_ok =
        rask_result(rask, object, RASK_FOREVER, &view, NULL) == RASK_OK && is_right(view, bytes);
    got = rask_counter(rask, "get_bytes") - got;
    in_place = rask_counter(rask, "in_place_bytes") - in_place;
    check(is_ok, what);
    check(is_shared ? got == 0 && in_place == bytes : got >= bytes && in_place == 0,
          is_shared ? "and nothing was fetched" : "and it was fetched");
    rask_release(rask, &object, 1);
}

static void a_task_reads(uint64_t bytes)
{
    int32_t there = 2;
    const struct rask_call_options on = {.size = sizeof on, .ranks = &there, .n_ranks = 1};
    struct rask_future futures[2] = {make_on(1, bytes), {0}};
    struct rask_view view = {NULL, 0};
    struct seen seen = {0};
    if (rask_rank_count(rask) < 3)
        return;
    if (rask_submit(rask, RASK_CALL_WITH(&on, look, RASK_VALUE(bytes), RASK_RESULT(futures[0])),
                    &futures[1], NULL) == RASK_OK &&
        rask_result(rask, futures[1], RASK_FOREVER, &view, NULL) == RASK_OK)
        memcpy(&seen, view.data, sizeof seen);
    check(seen.is_right != 0, "a task reads an object of another rank");
    check(is_shared ? seen.got_bytes == 0 && seen.in_place_bytes >= bytes
                    : seen.got_bytes >= bytes && seen.in_place_bytes == 0,
          is_shared ? "and nothing was fetched" : "and it was fetched");
    rask_release(rask, futures, 2);
}

/* Together they are ten times the arena. */
static void what_is_released_makes_room(void)
{
    int is_ok = 1;
    for (int i = 0; is_ok && i < 160; i++) {
        const uint64_t bytes = UINT64_C(4) << 20;
        struct rask_view view = {NULL, 0};
        struct rask_error error;
        struct rask_future object = make_on(1, bytes);
        is_ok = rask_result(rask, object, RASK_FOREVER, &view, &error) == RASK_OK &&
                view.bytes == bytes &&
                ((const uint8_t *)view.data)[bytes - 1] == byte_at(bytes - 1);
        if (!is_ok)
            printf("# object %d: %s\n", i, error.text);
        rask_release(rask, &object, 1);
    }
    check(is_ok, "what is released makes room");
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "auto";
    char setting[64];
    snprintf(setting, sizeof setting, "node-memory=%s", how);
    const char *const settings[] = {"rank0-works=no", "arena=64MiB", setting, NULL};
    struct rask_options options = {.size = sizeof options, .n_threads = 1, .settings = settings};
    rask_status status = rask_start(&options, &rask, NULL);
    if (status != RASK_OK)
        return status != RASK_SERVED;
    is_shared = strcmp(how, "private") != 0;
    the_program_reads(513, "the program reads a small object of a worker");
    the_program_reads((UINT64_C(3) << 20) + 1, "the program reads a large object of a worker");
    a_task_reads((UINT64_C(2) << 20) + 5);
    what_is_released_makes_room();
    printf("1..%d\n", n_test);
    fflush(stdout);
    return rask_stop(rask) != 0 || n_failed != 0;
}
