/* SPDX-License-Identifier: BSD-3-Clause */
/* hash_test.c: hashes are XXH3, however the bytes are cut, and keys print as hexadecimal. */
#include "base/hash.h"
#include "unit.h"

#include <string.h>

/* Hash of no bytes, as the algorithm's specification gives it. */
static void is_xxh3(void)
{
    struct rask_key128 empty = rask_hash128(NULL, 0);
    CU_ASSERT_EQUAL(empty.hi, UINT64_C(0x99aa06d3014798d8));
    CU_ASSERT_EQUAL(empty.lo, UINT64_C(0x6001c324468d497f));
    CU_ASSERT_EQUAL(rask_hash64("", 0), UINT64_C(0x2d06800538d394c2));
}

static void does_not_depend_on_the_cuts(void)
{
    static const size_t sizes[] = {0, 1, 3, 16, 100, 240, 241, 1000, 5000};
    static unsigned char data[5000];
    struct rask_hash hash;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 7 + i / 256);
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        for (size_t step = 1; step < 600; step += 37) {
            rask_hash_init(&hash);
            rask_hash_update(&hash, NULL, 0);
            for (size_t at = 0; at < sizes[k]; at += step)
                rask_hash_update(&hash, data + at, at + step < sizes[k] ? step : sizes[k] - at);
            CU_ASSERT(rask_key128_equal(rask_hash_final(&hash), rask_hash128(data, sizes[k])));
        }
    }
}

static void goes_on_after_final(void)
{
    struct rask_hash hash;
    rask_hash_init(&hash);
    rask_hash_update(&hash, "ab", 2);
    CU_ASSERT(rask_key128_equal(rask_hash_final(&hash), rask_hash128("ab", 2)));
    rask_hash_update(&hash, "cd", 2);
    CU_ASSERT(rask_key128_equal(rask_hash_final(&hash), rask_hash128("abcd", 4)));
}

static void one_bit_changes_both_halves(void)
{
    unsigned char data[64] = {0};
    struct rask_key128 before = rask_hash128(data, sizeof data);
    for (int bit = 0; bit < 512; bit++) {
        data[bit / 8] ^= (unsigned char)(1 << bit % 8);
        struct rask_key128 after = rask_hash128(data, sizeof data);
        CU_ASSERT(after.lo != before.lo && after.hi != before.hi);
        data[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

static void keys_print_as_hexadecimal(void)
{
    char text[RASK_KEY128_TEXT_BYTES];
    struct rask_key128 key = {.lo = 0x0123456789abcdef, .hi = 0xfedcba9876543210}, none = {0, 0};
    CU_ASSERT_STRING_EQUAL(rask_key128_text(key, text), "fedcba98765432100123456789abcdef");
    CU_ASSERT(!rask_key128_is_none(key));
    CU_ASSERT(rask_key128_is_none(none));
    CU_ASSERT(!rask_key128_equal(key, none));
}

RASK_UNIT_MAIN("hash", {"is XXH3", is_xxh3},
               {"does not depend on the cuts", does_not_depend_on_the_cuts},
               {"goes on after final", goes_on_after_final},
               {"one bit changes both halves", one_bit_changes_both_halves},
               {"keys print as hexadecimal", keys_print_as_hexadecimal})
