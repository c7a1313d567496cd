/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_scan_x86.c: scanning with the vector instructions of x86-64: SSE2, AVX2, AVX-512.
 *
 * Each way is compiled for its instructions alone and chosen at run time. The last bytes of a text,
 * fewer than 64, are left to the portable way. Entry point: rask_csv_scan_find_x86. */
#include "io/csv_scan_core.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET_SSE2 __attribute__((target("sse2")))
#define TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt,pclmul")))
#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx2,bmi,bmi2,popcnt,pclmul")))

TARGET_AVX2 static inline uint64_t prefix_xor_clmul(uint64_t bits)
{
    __m128i product =
        _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)bits), _mm_set1_epi8(-1), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

TARGET_SSE2 static inline uint64_t equal_sse2(const __m128i v[4], char byte)
{
    __m128i wanted = _mm_set1_epi8(byte);
    uint64_t bits = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t part = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v[i], wanted));
        bits |= (uint64_t)part << 16 * i;
    }
    return bits;
}

TARGET_SSE2 static size_t scan_sse2(struct rask_csv_scan *scan, const char *text, size_t from,
                                    size_t to, bool is_last)
{
    struct rask_csv_scan s = *scan;
    size_t at = from;
    for (; to - at >= 64 && csv_scan_has_room(&s); at += 64) {
        __m128i v[4];
        for (int i = 0; i < 4; i++)
            v[i] = _mm_loadu_si128((const __m128i *)(const void *)(text + at + 16 * i));
        struct csv_masks masks = {.delimiters = equal_sse2(v, s.delimiter),
                                  .feeds = equal_sse2(v, '\n'),
                                  .returns = equal_sse2(v, '\r'),
                                  .quotes = equal_sse2(v, '"'),
                                  .nuls = equal_sse2(v, 0)};
        struct csv_found found = csv_find(&s.state, masks, csv_prefix_xor_shift);
        s.has_nul |= masks.nuls != 0;
        csv_append_ends(&s, found);
        csv_append_marks(&s, found.marks, (uint32_t)at);
    }
    *scan = s;
    return to - at < 64 ? rask_csv_scan_portable(scan, text, at, to, is_last) : at;
}

TARGET_AVX2 static inline uint64_t equal_avx2(__m256i low, __m256i high, char byte)
{
    __m256i wanted = _mm256_set1_epi8(byte);
    uint32_t first = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
    uint32_t second = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));
    return first | (uint64_t)second << 32;
}

TARGET_AVX2 static size_t scan_avx2(struct rask_csv_scan *scan, const char *text, size_t from,
                                    size_t to, bool is_last)
{
    struct rask_csv_scan s = *scan;
    size_t at = from;
    for (; to - at >= 64 && csv_scan_has_room(&s); at += 64) {
        __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)(text + at));
        __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(text + at + 32));
        struct csv_masks masks = {.delimiters = equal_avx2(low, high, s.delimiter),
                                  .feeds = equal_avx2(low, high, '\n'),
                                  .returns = equal_avx2(low, high, '\r'),
                                  .quotes = equal_avx2(low, high, '"'),
                                  .nuls = equal_avx2(low, high, 0)};
        struct csv_found found = csv_find(&s.state, masks, prefix_xor_clmul);
        s.has_nul |= masks.nuls != 0;
        csv_append_ends(&s, found);
        csv_append_marks(&s, found.marks, (uint32_t)at);
    }
    *scan = s;
    return to - at < 64 ? rask_csv_scan_portable(scan, text, at, to, is_last) : at;
}

/* Of sixteen positions those whose bit is set move to the front and are stored. */
TARGET_AVX512 CSV_SCAN_INLINE uint32_t *append_sixteen(uint32_t *marks, uint64_t bits,
                                                       __m512i positions)
{
    _mm512_storeu_si512(marks, _mm512_maskz_compress_epi32((__mmask16)bits, positions));
    return marks + __builtin_popcountll(bits & 0xffff);
}

TARGET_AVX512 static size_t scan_avx512(struct rask_csv_scan *scan, const char *text, size_t from,
                                        size_t to, bool is_last)
{
    const __m512i delimiter = _mm512_set1_epi8(scan->delimiter), feed = _mm512_set1_epi8('\n');
    const __m512i carriage = _mm512_set1_epi8('\r'), quote = _mm512_set1_epi8('"');
    const __m512i ascending =
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m512i positions = _mm512_add_epi32(ascending, _mm512_set1_epi32((int)from));
    __m512i lowest = _mm512_set1_epi8(-1);
    struct rask_csv_scan s = *scan;
    size_t at = from;
    for (; to - at >= 64 && csv_scan_has_room(&s); at += 64) {
        __m512i v = _mm512_loadu_si512(text + at);
        struct csv_masks masks = {.delimiters = _mm512_cmpeq_epi8_mask(v, delimiter),
                                  .feeds = _mm512_cmpeq_epi8_mask(v, feed),
                                  .returns = _mm512_cmpeq_epi8_mask(v, carriage),
                                  .quotes = _mm512_cmpeq_epi8_mask(v, quote)};
        struct csv_found found = csv_find(&s.state, masks, prefix_xor_clmul);
        lowest = _mm512_min_epu8(lowest, v);
        csv_append_ends(&s, found);
        uint32_t *marks = s.marks + s.n_marks;
        s.n_marks += (uint32_t)__builtin_popcountll(found.marks);
        for (unsigned i = 0; i < 4; i++) {
            marks = append_sixteen(marks, found.marks >> 16 * i, positions);
            positions = _mm512_add_epi32(positions, _mm512_set1_epi32(16));
        }
    }
    s.has_nul |= _mm512_testn_epi8_mask(lowest, lowest) != 0;
    *scan = s;
    return to - at < 64 ? rask_csv_scan_portable(scan, text, at, to, is_last) : at;
}

rask_csv_scan_fn rask_csv_scan_find_x86(enum rask_csv_scan_path path)
{
    bool has_bits = __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                    __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("pclmul") &&
                    __builtin_cpu_supports("avx2");
    if (path == RASK_CSV_SCAN_SSE2)
        return scan_sse2;
    if (path == RASK_CSV_SCAN_AVX2 && has_bits)
        return scan_avx2;
    if (path == RASK_CSV_SCAN_AVX512 && has_bits && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512bw"))
        return scan_avx512;
    return NULL;
}

#else

rask_csv_scan_fn rask_csv_scan_find_x86(enum rask_csv_scan_path path)
{
    (void)path;
    return NULL;
}

#endif
