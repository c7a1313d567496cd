/* SPDX-License-Identifier: BSD-3-Clause */
/* wire_test.c: every message survives its encoding; nothing that is cut, bent or random is read
 * beyond its end. The batches under test lie in blocks of exactly their size, so that a sanitizer
 * sees each wild read. */
#include "unit.h"

#include "base/rng.h"
#include "wire/call.h"
#include "wire/wire.h"

#include <stdio.h>
#include <stdlib.h>

struct gen {
    struct rask_rng rng;
    void *blocks[16];
    size_t n_blocks;
};

/* `bytes` of random memory of its own. */
static void *random_bytes(struct gen *gen, size_t bytes)
{
    uint8_t *block = malloc(bytes == 0 ? 1 : bytes);
    CU_ASSERT_FATAL(block != NULL && gen->n_blocks < 16);
    for (size_t i = 0; i < bytes; i++)
        block[i] = (uint8_t)rask_rng_next64(&gen->rng);
    gen->blocks[gen->n_blocks++] = block;
    return block;
}

static void free_blocks(struct gen *gen)
{
    while (gen->n_blocks > 0)
        free(gen->blocks[--gen->n_blocks]);
}

/* A batch in a block of exactly its size. */
static uint8_t *exact_copy(const struct rask_buf *buf, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    CU_ASSERT_FATAL(copy != NULL);
    memcpy(copy, buf->data, size);
    return copy;
}

#define IS_WELL_FORMED(NAME, name, id)                          \
    case (id): {                                                \
        struct rask_msg_##name m;                               \
        is_well_formed = rask_wire_get_##name(record, &m) == 0; \
        break;                                                  \
    }

/* Whether a batch is whole records of known kinds that can all be decoded. */
static int is_batch(const uint8_t *batch, size_t size)
{
    size_t at = 0;
    int is_malformed = 0, is_well_formed = 1;
    const uint8_t *record;
    while (is_well_formed && (record = rask_wire_next(batch, size, &at, &is_malformed)) != NULL)
        switch (rask_wire_id(record)) {
            RASK_MESSAGES(IS_WELL_FORMED)
        default:
            is_well_formed = 0;
        }
    return is_well_formed && !is_malformed;
}

static void check_truncations(const struct rask_buf *buf)
{
    for (size_t size = 1; size < buf->size; size++) {
        uint8_t *cut = exact_copy(buf, size);
        CU_ASSERT(!is_batch(cut, size));
        if (size >= sizeof(struct rask_wire_head) && size % 8 == 0) {
            uint32_t claimed = (uint32_t)size;
            memcpy(cut, &claimed, sizeof claimed);
            CU_ASSERT(!is_batch(cut, size));
        }
        free(cut);
    }
}

/* Whatever a bent record says, it is judged without reading outside, and described. */
static void check_bits(const struct rask_buf *buf, struct gen *gen)
{
    char text[256];
    for (int i = 0; i < 300; i++) {
        uint8_t *bent = exact_copy(buf, buf->size);
        uint64_t bit = i < 64 ? (uint64_t)i : rask_rng_below(&gen->rng, buf->size * 8);
        bent[bit / 8] = (uint8_t)(bent[bit / 8] ^ 1u << bit % 8);
        size_t at = 0;
        int is_malformed = 0;
        (void)is_batch(bent, buf->size);
        const uint8_t *record = rask_wire_next(bent, buf->size, &at, &is_malformed);
        if (record != NULL)
            rask_wire_describe(record, text, sizeof text);
        free(bent);
    }
}

#define FILL_F(type, field)                          \
    {                                                \
        uint64_t bits_ = rask_rng_next64(&gen->rng); \
        memcpy(&m.field, &bits_, sizeof m.field);    \
    }
#define FILL_V(type, field, limit)                                                      \
    m.n_##field = (uint32_t)rask_rng_below(&gen->rng, (limit) < 20 ? (limit) + 1 : 20); \
    m.field = random_bytes(gen, m.n_##field * sizeof(type));
#define SAME_F(type, field) CU_ASSERT(memcmp(&m.field, &back.field, sizeof m.field) == 0);
#define SAME_V(type, field, limit)                \
    CU_ASSERT_EQUAL(m.n_##field, back.n_##field); \
    CU_ASSERT(m.n_##field == back.n_##field &&    \
              memcmp(m.field, back.field, m.n_##field * sizeof(type)) == 0);
/* clang-format off */
#define ROUND_TRIP(NAME, name, id)                                                      \
    static void check_##name(struct gen *gen)                                           \
    {                                                                                   \
        struct rask_msg_##name m, back;                                                 \
        struct rask_buf buf = {0};                                                      \
        size_t at = 0;                                                                  \
        int is_malformed = 0;                                                           \
        memset(&back, 0, sizeof back);                                                  \
        RASK_FIELDS_##NAME(FILL_F, FILL_V)                                              \
        CU_ASSERT_EQUAL_FATAL(rask_wire_put_##name(&buf, &m), 0);                       \
        CU_ASSERT(is_batch(buf.data, buf.size));                                        \
        const uint8_t *record = rask_wire_next(buf.data, buf.size, &at, &is_malformed); \
        CU_ASSERT_FATAL(record != NULL && rask_wire_get_##name(record, &back) == 0);    \
        CU_ASSERT_EQUAL(rask_wire_id(record), RASK_MESSAGE_##NAME);                     \
        RASK_FIELDS_##NAME(SAME_F, SAME_V)                                              \
        check_truncations(&buf);                                                        \
        check_bits(&buf, gen);                                                          \
        rask_buf_release(&buf);                                                         \
        free_blocks(gen);                                                               \
    }
/* clang-format on */
RASK_MESSAGES(ROUND_TRIP)

static void every_message_survives_and_no_bent_one_is_read_outside(void)
{
    struct gen gen = {.n_blocks = 0};
    rask_rng_seed(&gen.rng, 7);
    for (int round = 0; round < 10; round++) {
#define CHECK_ONE(NAME, name, id) check_##name(&gen);
        RASK_MESSAGES(CHECK_ONE)
    }
}

static void equal_messages_give_equal_bytes(void)
{
    static const uint64_t ids[3] = {1, 2, 3};
    static const char text[] = "odd";
    struct rask_msg_release release = {.task = ids, .n_task = 3};
    struct rask_msg_seceded seceded = {.slot = 1, .epoch = 2, .is_away = 1};
    struct rask_msg_failed failed = {.task = 1, .text = text, .n_text = 3};
    struct rask_buf a = {0}, b = {0};
    /* Memory that held other bytes before shows padding that nobody wrote. */
    memset(rask_buf_room(&a, 4096), 0xaa, 4096);
    memset(rask_buf_room(&b, 4096), 0x55, 4096);
    rask_buf_clear(&a);
    rask_buf_clear(&b);
    for (int i = 0; i < 2; i++) {
        struct rask_buf *buf = i == 0 ? &a : &b;
        CU_ASSERT_EQUAL(rask_wire_put_release(buf, &release), 0);
        CU_ASSERT_EQUAL(rask_wire_put_seceded(buf, &seceded), 0);
        CU_ASSERT_EQUAL(rask_wire_put_failed(buf, &failed), 0);
    }
    CU_ASSERT_EQUAL_FATAL(a.size, b.size);
    CU_ASSERT(memcmp(a.data, b.data, a.size) == 0);
    rask_buf_release(&a);
    rask_buf_release(&b);
}

static void random_bytes_are_no_batch(void)
{
    struct gen gen = {.n_blocks = 0};
    rask_rng_seed(&gen.rng, 11);
    for (int i = 0; i < 2000; i++) {
        size_t size = 1 + rask_rng_below(&gen.rng, 200);
        uint8_t *bytes = random_bytes(&gen, size);
        CU_ASSERT(!is_batch(bytes, size));
        free_blocks(&gen);
    }
}

static void a_batch_that_does_not_fit_leaves_the_buffer_alone(void)
{
    static const uint64_t ids[100] = {0};
    struct rask_msg_release m = {.task = ids, .n_task = 100};
    struct rask_buf buf;
    rask_buf_init(&buf, 64);
    CU_ASSERT_EQUAL(rask_wire_put_release(&buf, &m), -1);
    CU_ASSERT_EQUAL(buf.size, 0);
    m.n_task = 2;
    CU_ASSERT_EQUAL(rask_wire_put_release(&buf, &m), 0);
    rask_buf_release(&buf);
}

static void each_message_has_a_name_and_one_receiver(void)
{
#define CHECK_ROLE(NAME, name, id)                           \
    CU_ASSERT_NOT_EQUAL(rask_wire_role(id), RASK_ROLE_NONE); \
    CU_ASSERT_STRING_EQUAL(rask_wire_name(id), #NAME);
    RASK_MESSAGES(CHECK_ROLE)
    CU_ASSERT_EQUAL(rask_wire_role(0), RASK_ROLE_NONE);
    CU_ASSERT_EQUAL(rask_wire_role(60000), RASK_ROLE_NONE);
    CU_ASSERT_STRING_EQUAL(rask_wire_name(60000), "?");
}

static void a_description_keeps_to_its_room(void)
{
    struct rask_msg_withdraw m = {.slot = 3, .epoch = 17, .is_unwanted = 1};
    struct rask_buf buf = {0};
    CU_ASSERT_EQUAL(rask_wire_put_withdraw(&buf, &m), 0);
    for (size_t size = 1; size < 60; size++) {
        char *text = malloc(size);
        CU_ASSERT_FATAL(text != NULL);
        rask_wire_describe(buf.data, text, size);
        CU_ASSERT(strlen(text) < size);
        if (size > 40)
            CU_ASSERT_STRING_EQUAL(text, "WITHDRAW slot=3 epoch=17 is_unwanted=1");
        free(text);
    }
    rask_buf_release(&buf);
}

static void a_call_must_fit_its_bytes(void)
{
    uint32_t n_results;
    uint32_t call[6] = {3, 4, RASK_CALL_RESULT, RASK_CALL_RESULT, 77, 0};
    CU_ASSERT(rask_call_is_valid((const uint8_t *)call, 24, &n_results));
    CU_ASSERT_EQUAL(n_results, 2);
    CU_ASSERT(!rask_call_is_valid((const uint8_t *)call, 16, &n_results));
    CU_ASSERT(!rask_call_is_valid((const uint8_t *)call, 2, &n_results));
    CU_ASSERT(rask_call_is_valid(NULL, 0, &n_results));
    call[0] = RASK_LIMIT_INPUTS + 1;
    CU_ASSERT(!rask_call_is_valid((const uint8_t *)call, 24, &n_results));
    call[0] = 3;
    call[1] = 0xfffffff0u;
    CU_ASSERT(!rask_call_is_valid((const uint8_t *)call, 24, &n_results));
}

RASK_UNIT_MAIN("wire",
               {"every message survives", every_message_survives_and_no_bent_one_is_read_outside},
               {"equal messages give equal bytes", equal_messages_give_equal_bytes},
               {"random bytes are no batch", random_bytes_are_no_batch},
               {"no room: nothing is appended", a_batch_that_does_not_fit_leaves_the_buffer_alone},
               {"names and receivers", each_message_has_a_name_and_one_receiver},
               {"a description keeps to its room", a_description_keeps_to_its_room},
               {"a call must fit its bytes", a_call_must_fit_its_bytes})
