/*
 * Sums of 64 channels in registers, for the instruction set this is compiled for: AVX2, AVX-512BW or NEON.
 *
 * On x86 a register of weights is added twice: as 16-bit words, and as words shifted right by eight, which are the
 * signed upper bytes. Lower bytes are stored with 128 added, so that after n rows, in arithmetic modulo 2^16,
 *     sum of words = 256 * (sum of upper) + (sum of lower) + 128 * n,
 * which gives both sums exactly while they fit in 16 bits, at three operations for two weights and without widening.
 */
#include <stdint.h>

enum { TILE = 64 };

#if defined(__AVX512BW__) && defined(WIDE)
#include <immintrin.h>

typedef struct { __m512i word, upper; } sums;
typedef struct { __m512i lower, upper; } totals;

/* Where the weight of a channel lies within a row of 64 bytes. */
static inline int place_of(int channel) { return channel % 32 * 2 + channel / 32; }
static inline int8_t stored(int channel, int8_t weight) { return (int8_t)(channel < 32 ? weight ^ 0x80 : weight); }

static inline sums nothing(void) {
  const __m512i zero = _mm512_setzero_si512();
  return (sums){zero, zero};
}

static inline sums add_row(sums s, const int8_t *row) {
  const __m512i w = _mm512_loadu_si512(row);
  return (sums){_mm512_add_epi16(s.word, w), _mm512_add_epi16(s.upper, _mm512_srai_epi16(w, 8))};
}

static inline totals total(sums s, int rows) {
  const __m512i lower = _mm512_sub_epi16(s.word, _mm512_slli_epi16(s.upper, 8));
  return (totals){_mm512_sub_epi16(lower, _mm512_set1_epi16((short)(128 * rows))), s.upper};
}

static inline totals larger(totals a, totals b) {
  return (totals){_mm512_max_epi16(a.lower, b.lower), _mm512_max_epi16(a.upper, b.upper)};
}

static inline totals thresholds_from(const int16_t *t) {
  return (totals){_mm512_loadu_si512(t), _mm512_loadu_si512(t + 32)};
}

/* Bit c is set where channel c is at or above its threshold. */
static inline uint64_t at_least(totals s, totals t) {
  return (uint64_t)_mm512_cmpge_epi16_mask(s.upper, t.upper) << 32 | _mm512_cmpge_epi16_mask(s.lower, t.lower);
}

#elif defined(__AVX2__)
#include <immintrin.h>

typedef struct { __m256i word0, upper0, word1, upper1; } sums;
typedef struct { __m256i lower0, upper0, lower1, upper1; } totals;

/* In each half of a register eight lower bytes are followed by eight upper ones: packing gives the channels' order. */
static inline int place_of(int channel) { return channel / 16 * 16 + channel % 8 * 2 + channel / 8 % 2; }
static inline int8_t stored(int channel, int8_t weight) { return (int8_t)(channel / 8 % 2 == 0 ? weight ^ 0x80 : weight); }

static inline sums nothing(void) {
  const __m256i zero = _mm256_setzero_si256();
  return (sums){zero, zero, zero, zero};
}

static inline sums add_row(sums s, const int8_t *row) {
  const __m256i a = _mm256_loadu_si256((const __m256i *)row), b = _mm256_loadu_si256((const __m256i *)(row + 32));
  return (sums){_mm256_add_epi16(s.word0, a), _mm256_add_epi16(s.upper0, _mm256_srai_epi16(a, 8)),
                _mm256_add_epi16(s.word1, b), _mm256_add_epi16(s.upper1, _mm256_srai_epi16(b, 8))};
}

static inline totals total(sums s, int rows) {
  const __m256i bias = _mm256_set1_epi16((short)(128 * rows));
  const __m256i lower0 = _mm256_sub_epi16(s.word0, _mm256_slli_epi16(s.upper0, 8));
  const __m256i lower1 = _mm256_sub_epi16(s.word1, _mm256_slli_epi16(s.upper1, 8));
  return (totals){_mm256_sub_epi16(lower0, bias), s.upper0, _mm256_sub_epi16(lower1, bias), s.upper1};
}

static inline totals larger(totals a, totals b) {
  return (totals){_mm256_max_epi16(a.lower0, b.lower0), _mm256_max_epi16(a.upper0, b.upper0),
                  _mm256_max_epi16(a.lower1, b.lower1), _mm256_max_epi16(a.upper1, b.upper1)};
}

/* Thresholds by channel; registers hold channels 0-7, 16-23 as lower and 8-15, 24-31 as upper ones. */
static inline __m256i eights(const int16_t *first, const int16_t *second) {
  return _mm256_set_m128i(_mm_loadu_si128((const __m128i *)second), _mm_loadu_si128((const __m128i *)first));
}

static inline totals thresholds_from(const int16_t *t) {
  return (totals){eights(t, t + 16), eights(t + 8, t + 24), eights(t + 32, t + 48), eights(t + 40, t + 56)};
}

static inline uint32_t below(__m256i lower, __m256i upper, __m256i t_lower, __m256i t_upper) {
  return (uint32_t)_mm256_movemask_epi8(
      _mm256_packs_epi16(_mm256_cmpgt_epi16(t_lower, lower), _mm256_cmpgt_epi16(t_upper, upper)));
}

/* Bit c is set where channel c is at or above its threshold. */
static inline uint64_t at_least(totals s, totals t) {
  return ~((uint64_t)below(s.lower1, s.upper1, t.lower1, t.upper1) << 32 |
           below(s.lower0, s.upper0, t.lower0, t.upper0));
}

#elif defined(__ARM_NEON)
#include <arm_neon.h>

typedef struct { int16x8_t of[8]; } sums;
typedef sums totals;

static inline int place_of(int channel) { return channel; }
static inline int8_t stored(int channel, int8_t weight) { (void)channel; return weight; }

static inline sums nothing(void) {
  const int16x8_t zero = vdupq_n_s16(0);
  return (sums){{zero, zero, zero, zero, zero, zero, zero, zero}};
}

static inline sums add_row(sums s, const int8_t *row) {
  for (int q = 0; q < 4; q++) {
    const int8x16_t w = vld1q_s8(row + 16 * q);
    s.of[2 * q] = vaddw_s8(s.of[2 * q], vget_low_s8(w));
    s.of[2 * q + 1] = vaddw_high_s8(s.of[2 * q + 1], w);
  }
  return s;
}

static inline totals total(sums s, int rows) { (void)rows; return s; }

static inline totals larger(totals a, totals b) {
  for (int i = 0; i < 8; i++) a.of[i] = vmaxq_s16(a.of[i], b.of[i]);
  return a;
}

static inline totals thresholds_from(const int16_t *t) {
  totals of;
  for (int i = 0; i < 8; i++) of.of[i] = vld1q_s16(t + 8 * i);
  return of;
}

/* Bit c is set where channel c is at or above its threshold. */
static inline uint64_t at_least(totals s, totals t) {
  static const uint8_t powers[8] = {1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x8_t bit = vld1_u8(powers);
  uint64_t bits = 0;
  for (int i = 0; i < 8; i++)
    bits |= (uint64_t)vaddv_u8(vand_u8(vmovn_u16(vcgeq_s16(s.of[i], t.of[i])), bit)) << 8 * i;
  return bits;
}

#else
#error "the floor is written for AVX2, AVX-512BW and NEON"
#endif
