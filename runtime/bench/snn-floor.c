/*
 * The floor that `axond bench snn` holds the engine against: the same event-driven sums in C, for the shapes of the
 * bench, with nothing general about it. Everything that the engine does in a step is done here too: planes are packed,
 * events listed, sums compared with their thresholds, maxima taken, logits summed.
 *
 * A layer is a convolution over [height][width] positions of channels; a dense layer is one whose kernel covers its
 * whole input. Weights lie axonally: for each tile of 64 outputs, tap and input channel a row of 64 bytes. The events
 * of a plane are listed once, in the order of positions, so that the taps of a kernel row are one stretch of the list.
 */
#include "snn-floor-lanes.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SPIKES = 0, CODES = 1, LOGITS = 2, MOST_LAYERS = 8, LOGIT_LANES = 16 };

typedef struct {
  int kind;
  int channels, height, width;
  int outputs, out_height, out_width;
  int kernel_height, kernel_width, stride, pad_y, pad_x, pool;
  int8_t *weights;      /* SPIKES [tile][ky][kx][channel][64]; LOGITS [ky][kx][channel][16] */
  int16_t *pairs;       /* CODES [ky][pair of (kx, channel)][output][2] */
  int16_t *thresholds;  /* SPIKES */
  int32_t *wide;        /* CODES, thresholds */
} layer;

typedef struct {
  layer layers[MOST_LAYERS];
  int count;
  uint8_t *bits;        /* of the plane last made: [position][channel], a bit each */
  uint16_t *events;     /* position * channels + channel, ascending */
  uint16_t *starts;     /* of each position, and the end */
  int16_t *image;       /* CODES: [y][x][channel] with its border of zeros */
} network;

static uint8_t places_of_bits[256][8];

static void *room(size_t bytes) {
  void *at = aligned_alloc(64, (bytes + 127) / 64 * 64);
  if (at == NULL) abort();
  return memset(at, 0, (bytes + 127) / 64 * 64);
}

/* ---- Making a network ---- */

network *floor_new(void) {
  for (int byte = 0; byte < 256; byte++)
    for (int bit = 0, n = 0; bit < 8; bit++)
      if (byte >> bit & 1) places_of_bits[byte][n++] = (uint8_t)bit;
  network *net = room(sizeof *net);
  net->bits = room(1 << 14);
  net->events = room((1 << 17) + 64);
  net->starts = room(1 << 14);
  return net;
}

/*
 * shape: kind, channels, height, width, outputs, out_height, out_width, kernel_height, kernel_width, stride, pad_y,
 * pad_x, pool. weights [output][channel][ky][kx]. thresholds [output]: a spike is a sum at or above.
 */
void floor_layer(network *net, const int32_t *shape, const int8_t *weights, const int32_t *thresholds) {
  layer *l = &net->layers[net->count++];
  memcpy(l, shape, 13 * sizeof(int32_t));
  const int taps = l->kernel_height * l->kernel_width, rows = taps * l->channels;
#define WEIGHT(o, c, tap) weights[((o) * l->channels + (c)) * taps + (tap)]
  if (l->kind == SPIKES) {
    const int tiles = l->outputs / TILE;
    l->weights = room((size_t)tiles * rows * TILE);
    l->thresholds = room((size_t)l->outputs * sizeof(int16_t));
    for (int o = 0; o < l->outputs; o++) {
      l->thresholds[o] = (int16_t)thresholds[o];
      for (int tap = 0; tap < taps; tap++)
        for (int c = 0; c < l->channels; c++)
          l->weights[((o / TILE * taps + tap) * l->channels + c) * TILE + place_of(o % TILE)] =
              stored(o % TILE, WEIGHT(o, c, tap));
    }
  } else if (l->kind == LOGITS) {
    l->weights = room((size_t)rows * LOGIT_LANES);
    for (int o = 0; o < l->outputs; o++)
      for (int tap = 0; tap < taps; tap++)
        for (int c = 0; c < l->channels; c++) l->weights[(tap * l->channels + c) * LOGIT_LANES + o] = WEIGHT(o, c, tap);
  } else {
    const int across = l->kernel_width * l->channels, pairs = (across + 1) / 2;
    l->pairs = room((size_t)l->kernel_height * pairs * l->outputs * 2 * sizeof(int16_t));
    l->wide = room((size_t)l->outputs * sizeof(int32_t));
    memcpy(l->wide, thresholds, (size_t)l->outputs * sizeof(int32_t));
    for (int o = 0; o < l->outputs; o++)
      for (int ky = 0; ky < l->kernel_height; ky++)
        for (int i = 0; i < across; i++)
          l->pairs[((ky * pairs + i / 2) * l->outputs + o) * 2 + i % 2] =
              WEIGHT(o, i % l->channels, ky * l->kernel_width + i / l->channels);
    net->image = room((size_t)(l->height + 2 * l->pad_y) * (l->width + 2 * l->pad_x) * l->channels * 2);
  }
#undef WEIGHT
}

/* ---- Planes and events ---- */

/* One byte an element, [channel][position], to bits [position][channel]. */
static void pack_plane(network *net, const uint8_t *plane, int channels, int positions) {
  if (positions == 1) {
    for (int c = 0; c < channels; c += 8) {
      uint64_t eight;
      memcpy(&eight, plane + c, 8);
      net->bits[c / 8] = (uint8_t)(eight * 0x0102040810204080ULL >> 56);
    }
    return;
  }
  /* Eight channels: the loop over positions is one of bytes, which compilers turn into vectors. */
  for (int first = 0; first < channels; first += 8)
    for (int p = 0; p < positions; p++) {
      uint8_t byte = 0;
      for (int c = 0; c < 8; c++) byte |= (uint8_t)(plane[(first + c) * positions + p] << c);
      net->bits[(p * channels + first) / 8] = byte;
    }
}

static void list_events(network *net, int positions, int channels) {
  uint16_t *events = net->events;
  int n = 0;
  for (int p = 0; p < positions; p++) {
    net->starts[p] = (uint16_t)n;
    for (int c = p * channels; c < (p + 1) * channels; c += 8) {
      const uint8_t byte = net->bits[c / 8];
      const uint8_t *places = places_of_bits[byte];
#if defined(__AVX2__)
      const __m128i eight = _mm_cvtepu8_epi16(_mm_loadl_epi64((const __m128i *)places));
      _mm_storeu_si128((__m128i *)(events + n), _mm_add_epi16(eight, _mm_set1_epi16((short)c)));
#else
      vst1q_u16(events + n, vaddw_u8(vdupq_n_u16((uint16_t)c), vld1_u8(places)));
#endif
      n += __builtin_popcount(byte);
    }
  }
  net->starts[positions] = (uint16_t)n;
}

/* ---- Layers ---- */

static inline totals sums_at(const network *net, const layer *l, const int8_t *weights, int oy, int ox) {
  const int top = oy * l->stride - l->pad_y, left = ox * l->stride - l->pad_x;
  const int from_x = left < 0 ? 0 : left;
  const int to_x = left + l->kernel_width > l->width ? l->width : left + l->kernel_width;
  sums s = nothing();
  int rows = 0;
  for (int ky = 0; ky < l->kernel_height; ky++) {
    const int y = top + ky;
    if (y < 0 || y >= l->height) continue;
    const int to = net->starts[y * l->width + to_x];
    int i = net->starts[y * l->width + from_x];
    const intptr_t shift = (intptr_t)(ky * l->kernel_width - y * l->width - left) * l->channels;
    rows += to - i;
    for (; i + 1 < to; i += 2) {
      s = add_row(s, weights + (net->events[i] + shift) * TILE);
      s = add_row(s, weights + (net->events[i + 1] + shift) * TILE);
    }
    if (i < to) s = add_row(s, weights + (net->events[i] + shift) * TILE);
  }
  return total(s, rows);
}

/* From the listed events to the next plane; `pool`: the largest of four neighbours before the threshold. */
static void spike_layer(network *net, const layer *l) {
  const int tiles = l->outputs / TILE, pool = l->pool ? 2 : 1;
  const size_t tile_bytes = (size_t)l->kernel_height * l->kernel_width * l->channels * TILE;
  uint64_t *bits = (uint64_t *)net->bits;
  for (int tile = 0; tile < tiles; tile++) {
    const int8_t *weights = l->weights + tile * tile_bytes;
    const totals thresholds = thresholds_from(l->thresholds + tile * TILE);
    int position = 0;
    for (int oy = 0; oy < l->out_height; oy += pool)
      for (int ox = 0; ox < l->out_width; ox += pool, position++) {
        totals t = sums_at(net, l, weights, oy, ox);
        if (pool == 2) {
          t = larger(t, sums_at(net, l, weights, oy, ox + 1));
          t = larger(t, larger(sums_at(net, l, weights, oy + 1, ox), sums_at(net, l, weights, oy + 1, ox + 1)));
        }
        bits[position * tiles + tile] = at_least(t, thresholds);
      }
  }
}

/* [channel][y][x] bytes to [y][x][channel] words within a border of zeros. */
static void interleave(const network *net, const layer *l, const uint8_t *codes) {
  const int pitch = (l->width + 2 * l->pad_x) * l->channels;
  for (int c = 0; c < l->channels; c++)
    for (int y = 0; y < l->height; y++) {
      int16_t *out = net->image + (y + l->pad_y) * pitch + l->pad_x * l->channels + c;
      const uint8_t *in = codes + (c * l->height + y) * l->width;
      for (int x = 0; x < l->width; x++) out[x * l->channels] = in[x];
    }
}

#if defined(__AVX2__)
static inline __m256i two_codes(const int16_t *at) {
  int32_t pair;
  memcpy(&pair, at, 4);
  return _mm256_set1_epi32(pair);
}

/* Dense 8-bit input, stride 1, 32 outputs, 2x2 maximum: all multiplications of the network. */
static void code_layer(network *net, const layer *l, const uint8_t *codes) {
  interleave(net, l, codes);
  const int pitch = (l->width + 2 * l->pad_x) * l->channels, pairs = (l->kernel_width * l->channels + 1) / 2;
  uint32_t *bits = (uint32_t *)net->bits;
  for (int oy = 0; oy < l->out_height; oy += 2)
    for (int ox = 0; ox < l->out_width; ox += 2) {
      __m256i best[4];
      for (int q = 0; q < 4; q++) best[q] = _mm256_set1_epi32(INT32_MIN);
      for (int dy = 0; dy < 2; dy++) {
        __m256i a[4], b[4];
        for (int q = 0; q < 4; q++) a[q] = b[q] = _mm256_setzero_si256();
        const int16_t *w = l->pairs;
        for (int ky = 0; ky < l->kernel_height; ky++) {
          const int16_t *row = net->image + (oy + dy + ky) * pitch + ox * l->channels;
          for (int pair = 0; pair < pairs; pair++, row += 2, w += 64) {
            const __m256i x = two_codes(row), next = two_codes(row + l->channels);
            for (int q = 0; q < 4; q++) {
              const __m256i weight = _mm256_load_si256((const __m256i *)(w + 16 * q));
              a[q] = _mm256_add_epi32(a[q], _mm256_madd_epi16(x, weight));
              b[q] = _mm256_add_epi32(b[q], _mm256_madd_epi16(next, weight));
            }
          }
        }
        for (int q = 0; q < 4; q++) best[q] = _mm256_max_epi32(best[q], _mm256_max_epi32(a[q], b[q]));
      }
      uint32_t below_threshold = 0;
      for (int q = 0; q < 4; q++) {
        const __m256i t = _mm256_load_si256((const __m256i *)(l->wide + 8 * q));
        below_threshold |= (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(t, best[q]))) << 8 * q;
      }
      *bits++ = ~below_threshold;
    }
}

static void logit_layer(const network *net, const layer *l, int events, int32_t *logits) {
  __m256i low = _mm256_setzero_si256(), high = low;
  for (int i = 0; i < events;) {
    const int stop = i + 256 < events ? i + 256 : events; /* 256 rows fit in 16 bits */
    __m256i s = _mm256_setzero_si256();
    for (; i < stop; i++) {
      const int8_t *row = l->weights + net->events[i] * LOGIT_LANES;
      s = _mm256_add_epi16(s, _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)row)));
    }
    low = _mm256_add_epi32(low, _mm256_cvtepi16_epi32(_mm256_castsi256_si128(s)));
    high = _mm256_add_epi32(high, _mm256_cvtepi16_epi32(_mm256_extracti128_si256(s, 1)));
  }
  int32_t lanes[LOGIT_LANES];
  _mm256_storeu_si256((__m256i *)lanes, low);
  _mm256_storeu_si256((__m256i *)(lanes + 8), high);
  memcpy(logits, lanes, (size_t)l->outputs * sizeof(int32_t));
}
#else
/* Dense 8-bit input, stride 1, 32 outputs, 2x2 maximum: all multiplications of the network. */
static void code_layer(network *net, const layer *l, const uint8_t *codes) {
  interleave(net, l, codes);
  const int pitch = (l->width + 2 * l->pad_x) * l->channels, across = l->kernel_width * l->channels;
  uint32_t *bits = (uint32_t *)net->bits;
  for (int oy = 0; oy < l->out_height; oy += 2)
    for (int ox = 0; ox < l->out_width; ox += 2) {
      int32x4_t best[8];
      for (int q = 0; q < 8; q++) best[q] = vdupq_n_s32(INT32_MIN);
      for (int at = 0; at < 4; at++) {
        int32x4_t s[8];
        for (int q = 0; q < 8; q++) s[q] = vdupq_n_s32(0);
        const int16_t *w = l->pairs;
        for (int ky = 0; ky < l->kernel_height; ky++, w += (across & 1) * 64) {
          const int16_t *row = net->image + (oy + at / 2 + ky) * pitch + (ox + at % 2) * l->channels;
          for (int i = 0; i < across; i++) {
            for (int q = 0; q < 8; q++) {
              const int16x4x2_t two = vld2_s16(w + 8 * q);
              s[q] = vmlal_n_s16(s[q], two.val[i & 1], row[i]);
            }
            w += (i & 1) * 64;
          }
        }
        for (int q = 0; q < 8; q++) best[q] = vmaxq_s32(best[q], s[q]);
      }
      uint32_t spikes = 0;
      for (int q = 0; q < 8; q++) {
        static const uint32_t powers[4] = {1, 2, 4, 8};
        const uint32x4_t above = vcgeq_s32(best[q], vld1q_s32(l->wide + 4 * q));
        spikes |= vaddvq_u32(vandq_u32(above, vld1q_u32(powers))) << 4 * q;
      }
      *bits++ = spikes;
    }
}

static void logit_layer(const network *net, const layer *l, int events, int32_t *logits) {
  int32x4_t wide[4] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
  for (int i = 0; i < events;) {
    const int stop = i + 256 < events ? i + 256 : events; /* 256 rows fit in 16 bits */
    int16x8_t low = vdupq_n_s16(0), high = low;
    for (; i < stop; i++) {
      const int8x16_t row = vld1q_s8(l->weights + net->events[i] * LOGIT_LANES);
      low = vaddw_s8(low, vget_low_s8(row));
      high = vaddw_high_s8(high, row);
    }
    wide[0] = vaddw_s16(wide[0], vget_low_s16(low));
    wide[1] = vaddw_high_s16(wide[1], low);
    wide[2] = vaddw_s16(wide[2], vget_low_s16(high));
    wide[3] = vaddw_high_s16(wide[3], high);
  }
  int32_t lanes[LOGIT_LANES];
  for (int q = 0; q < 4; q++) vst1q_s32(lanes + 4 * q, wide[q]);
  memcpy(logits, lanes, (size_t)l->outputs * sizeof(int32_t));
}
#endif

static void step(network *net, const uint8_t *input, int32_t *logits) {
  const layer *first = net->layers;
  if (first->kind == SPIKES) {
    pack_plane(net, input, first->channels, first->height * first->width);
    list_events(net, first->height * first->width, first->channels);
  }
  for (int i = 0; i < net->count; i++) {
    const layer *l = &net->layers[i];
    const int pool = l->pool ? 2 : 1, positions = l->out_height / pool * (l->out_width / pool);
    if (l->kind == LOGITS) {
      logit_layer(net, l, net->starts[l->height * l->width], logits);
    } else {
      if (l->kind == CODES) code_layer(net, l, input);
      else spike_layer(net, l);
      list_events(net, positions, l->outputs);
    }
  }
}

/* `times` steps over the inputs in turn, each of `bytes`; returns the nanoseconds of all. */
int64_t floor_run(network *net, const uint8_t *inputs, int count, int bytes, int times, int32_t *logits) {
  const int outputs = net->layers[net->count - 1].outputs;
  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  for (int i = 0; i < times; i++) step(net, inputs + (size_t)(i % count) * bytes, logits + (i % count) * outputs);
  clock_gettime(CLOCK_MONOTONIC, &to);
  return (to.tv_sec - from.tv_sec) * 1000000000LL + to.tv_nsec - from.tv_nsec;
}

/* Whether this processor has what this file was compiled for. */
int floor_runs_here(void) {
#if defined(__AVX512BW__) && defined(WIDE)
  return __builtin_cpu_supports("avx512bw");
#elif defined(__AVX2__)
  return __builtin_cpu_supports("avx2");
#else
  return 1;
#endif
}
