/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_test.c: frames of every size come out once, in order and unharmed, in one thread, between
 * two threads and between two processes over shared memory; a full ring refuses, a damaged one
 * is noticed. */
#include "comm/ring.h"

#include "base/alloc.h"
#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SMALL_CAPACITY 1024u
#define SMALL_LIMIT 248u

/* Odd sizes around lines and limits, the same sequence on both sides. */
static uint32_t size_of(uint32_t index, uint32_t limit)
{
    uint32_t hashed = index * 2654435761u;
    switch (hashed >> 29) {
    case 0: return 0;
    case 1: return limit;
    case 2: return 56 + (hashed >> 10) % 3 - 1;
    case 3: return 1;
    default: return (hashed >> 7) % (limit + 1);
    }
}

static void fill(uint8_t *bytes, uint32_t size, uint32_t index)
{
    for (uint32_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(index * 31 + i * 7 + 1);
}

static int is_right(const struct rask_ring_frame *frame, uint32_t index, uint32_t limit)
{
    if (frame->size != size_of(index, limit) || frame->has_more != (index % 5 == 0))
        return 0;
    for (uint32_t i = 0; i < frame->size; i++)
        if (frame->bytes[i] != (uint8_t)(index * 31 + i * 7 + 1))
            return 0;
    return 1;
}

static struct rask_ring *ring_new(uint64_t capacity)
{
    void *memory = mmap(NULL, rask_ring_bytes(capacity), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static void ring_free(struct rask_ring *ring, uint64_t capacity)
{
    munmap(ring, rask_ring_bytes(capacity));
}

struct stream {
    struct rask_ring *ring;
    uint64_t capacity;
    uint32_t n_frames;
};

static void *write_stream(void *argument)
{
    const struct stream *stream = argument;
    struct rask_ring_writer writer;
    rask_ring_writer_init(&writer, stream->ring, stream->capacity);
    uint32_t limit = rask_ring_frame_limit(stream->capacity);
    uint8_t *bytes = rask_alloc(limit);
    for (uint32_t i = 0; i < stream->n_frames && bytes != NULL; i++) {
        uint32_t size = size_of(i, limit);
        fill(bytes, size, i);
        while (!rask_ring_write(&writer, bytes, size, i % 5 == 0))
            sched_yield();
    }
    rask_free(bytes);
    return NULL;
}

/* How many frames were right; stops at the first that is not. */
static uint32_t read_stream(const struct stream *stream)
{
    struct rask_ring_reader reader;
    rask_ring_reader_init(&reader, stream->ring, stream->capacity);
    uint32_t limit = rask_ring_frame_limit(stream->capacity);
    uint32_t n_right = 0;
    while (n_right < stream->n_frames) {
        struct rask_ring_frame frame;
        int found = rask_ring_peek(&reader, &frame);
        if (found == 0) {
            rask_ring_publish(&reader);
            sched_yield();
            continue;
        }
        if (found < 0 || !is_right(&frame, n_right, limit))
            break;
        rask_ring_pop(&reader, &frame);
        if (++n_right % 3 == 0)
            rask_ring_publish(&reader);
    }
    return n_right;
}

static void between_threads(void)
{
    static const uint64_t capacities[] = {1024, 4096, 262144};
    for (size_t i = 0; i < sizeof capacities / sizeof capacities[0]; i++) {
        struct stream stream = {.capacity = capacities[i], .n_frames = i == 2 ? 3000 : 60000};
        stream.ring = ring_new(stream.capacity);
        CU_ASSERT_PTR_NOT_NULL_FATAL(stream.ring);
        pthread_t writer;
        CU_ASSERT_FATAL(pthread_create(&writer, NULL, write_stream, &stream) == 0);
        uint32_t n_right = read_stream(&stream);
        CU_ASSERT_EQUAL_FATAL(n_right, stream.n_frames);
        pthread_join(writer, NULL);
        ring_free(stream.ring, stream.capacity);
    }
}

static void between_processes(void)
{
    struct stream stream = {.capacity = 2048, .n_frames = 60000};
    stream.ring = ring_new(stream.capacity);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream.ring);
    pid_t child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        write_stream(&stream);
        _exit(0);
    }
    CU_ASSERT_EQUAL_FATAL(read_stream(&stream), stream.n_frames);
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    ring_free(stream.ring, stream.capacity);
}

struct small {
    struct rask_ring *ring;
    struct rask_ring_writer writer;
    struct rask_ring_reader reader;
};

static void small_init(struct small *small)
{
    small->ring = ring_new(SMALL_CAPACITY);
    CU_ASSERT_PTR_NOT_NULL_FATAL(small->ring);
    rask_ring_writer_init(&small->writer, small->ring, SMALL_CAPACITY);
    rask_ring_reader_init(&small->reader, small->ring, SMALL_CAPACITY);
}

static void full_and_empty(void)
{
    struct small small;
    uint8_t bytes[SMALL_LIMIT];
    struct rask_ring_frame frame;
    small_init(&small);
    CU_ASSERT_EQUAL(rask_ring_frame_limit(SMALL_CAPACITY), SMALL_LIMIT);
    CU_ASSERT_EQUAL(rask_ring_peek(&small.reader, &frame), 0);
    for (uint32_t i = 0; i < 4; i++) {
        fill(bytes, SMALL_LIMIT, i);
        CU_ASSERT_EQUAL(rask_ring_write(&small.writer, bytes, SMALL_LIMIT, 0), 1);
    }
    CU_ASSERT_EQUAL(rask_ring_write(&small.writer, bytes, 0, 0), 0);
    for (uint32_t i = 0; i < 4; i++) {
        fill(bytes, SMALL_LIMIT, i);
        CU_ASSERT_EQUAL_FATAL(rask_ring_peek(&small.reader, &frame), 1);
        CU_ASSERT_EQUAL(frame.size, SMALL_LIMIT);
        CU_ASSERT_EQUAL((uintptr_t)frame.bytes % 8, 0);
        CU_ASSERT_EQUAL(memcmp(frame.bytes, bytes, SMALL_LIMIT), 0);
        rask_ring_pop(&small.reader, &frame);
        CU_ASSERT_EQUAL(rask_ring_write(&small.writer, bytes, 0, 0), 0);
    }
    CU_ASSERT_EQUAL(rask_ring_peek(&small.reader, &frame), 0);
    rask_ring_publish(&small.reader);
    CU_ASSERT_EQUAL(rask_ring_write(&small.writer, bytes, 0, 0), 1);
    ring_free(small.ring, SMALL_CAPACITY);
}

/* Old payload must never be taken for a head word: all bytes of the ring are set by payload,
 * many times over. */
static void old_bytes_are_no_frames(void)
{
    struct small small;
    uint8_t bytes[SMALL_LIMIT];
    memset(bytes, 0xff, sizeof bytes);
    small_init(&small);
    for (uint32_t i = 0; i < 5000; i++) {
        struct rask_ring_frame frame;
        uint32_t size = size_of(i, SMALL_LIMIT);
        CU_ASSERT_EQUAL_FATAL(rask_ring_write(&small.writer, bytes, size, 0), 1);
        CU_ASSERT_EQUAL_FATAL(rask_ring_peek(&small.reader, &frame), 1);
        CU_ASSERT_EQUAL_FATAL(frame.size, size);
        rask_ring_pop(&small.reader, &frame);
        rask_ring_publish(&small.reader);
        CU_ASSERT_EQUAL_FATAL(rask_ring_peek(&small.reader, &frame), 0);
    }
    ring_free(small.ring, SMALL_CAPACITY);
}

static void damage_is_noticed(void)
{
    static const uint64_t bad_heads[] = {1, UINT64_C(1) << 40, (UINT64_C(1) << 32) | 0xffffffff,
                                         UINT64_MAX >> 30};
    for (size_t i = 0; i < sizeof bad_heads / sizeof bad_heads[0]; i++) {
        struct small small;
        struct rask_ring_frame frame;
        small_init(&small);
        memcpy(small.ring->bytes, &bad_heads[i], sizeof bad_heads[i]);
        CU_ASSERT_EQUAL(rask_ring_peek(&small.reader, &frame), -1);
        ring_free(small.ring, SMALL_CAPACITY);
    }
}

RASK_UNIT_MAIN("ring", {"a full ring refuses, an empty one has nothing", full_and_empty},
               {"old bytes are no frames", old_bytes_are_no_frames},
               {"damage is noticed", damage_is_noticed}, {"between threads", between_threads},
               {"between processes", between_processes})
