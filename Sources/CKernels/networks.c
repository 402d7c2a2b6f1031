#include "CKernelsNetworks.h"

#include <stddef.h>
#include <string.h>

enum {
  CHANNELS = PC_FIRST_LAYER_CHANNELS,
  KERNEL = 7,
  COLUMNS = 11,  // pairs of one row of the kernel
  ROOM = 8,      // rows of the image that are kept in bfloat16
  PLACES = 6,    // sums of so many places are kept in registers
};

static long half(long size) { return (size - 1) / 2 + 1; }

// Numbers of a row of the image in bfloat16, with its padding, room for the last store of 16 places, and whole cache
// lines.
static long row_room(long width) { return (3 * (width + 6) + 48 + 31) / 32 * 32; }

static long number_size(const pc_first_layer *layer) { return layer->steps == 0 ? 2 : 1; }

// Bytes of a row of sums, with one place of padding on either side.
static long sums_size(const pc_first_layer *layer) { return (half(layer->width) + 2) * CHANNELS * number_size(layer); }

long pc_first_layer_scratch(const pc_first_layer *layer) {
  return ROOM * row_room(layer->width) * 2 + 3 * sums_size(layer);
}

#if defined(__x86_64__)
#include <immintrin.h>

#define PC_WIDE __attribute__((target("arch=x86-64-v4,prfchw")))
// Not "arch=x86-64-v4": the compiler then orders the products so that it runs out of registers.
#define PC_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#define UNROLL _Pragma("clang loop unroll(full)")

PC_BF16 void pc_first_layer_weights(const float *weights, uint16_t *pairs) {
  memset(pairs, 0, sizeof(uint16_t) * PC_FIRST_LAYER_PAIRS * CHANNELS * 2);
  for (long output = 0; output < CHANNELS; output++)
    for (long input = 0; input < 3; input++)
      for (long y = 0; y < KERNEL; y++)
        for (long x = 0; x < KERNEL; x++) {
          const __m128 value = _mm_set_ss(weights[((output * 3 + input) * KERNEL + y) * KERNEL + x]);
          const long at = x * 3 + input;
          pairs[((y * COLUMNS + at / 2) * CHANNELS + output) * 2 + at % 2] =
              (uint16_t)_mm_extract_epi16((__m128i)_mm_cvtneps_pbh(value), 0);
        }
}

// A row of the image in bfloat16, its three channels side by side, between zeros; all zeros beyond the image.
PC_BF16 static void take_row(const pc_first_layer *layer, long row, uint16_t *numbers) {
  static const uint16_t first[32] = {0, 16, 32, 1,  17, 33, 2, 18, 34, 3, 19, 35, 4, 20, 36, 5,
                                     21, 37, 6, 22, 38, 7,  23, 39, 8, 24, 40, 9, 25, 41, 10, 26};
  static const uint16_t second[16] = {42, 11, 27, 43, 12, 28, 44, 13, 29, 45, 14, 30, 46, 15, 31, 47};
  const long room = row_room(layer->width), padding = 3 * 3;
  if (row < 0 || row >= layer->height) {
    memset(numbers, 0, (size_t)room * sizeof *numbers);
    return;
  }
  const float *red = layer->image + row * layer->width;
  const float *green = red + layer->height * layer->width, *blue = green + layer->height * layer->width;
  const __m512i front = _mm512_loadu_si512(first);
  const __m512i back = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)second));
  memset(numbers, 0, (size_t)padding * sizeof *numbers);
  uint16_t *target = numbers + padding;
  for (long x = 0; x < layer->width; x += 16, target += 48) {
    const long left = layer->width - x;
    const __mmask16 mask = left >= 16 ? 0xffff : (__mmask16)((1u << left) - 1);
    const __m512i two = (__m512i)_mm512_cvtne2ps_pbh(
        _mm512_maskz_loadu_ps(mask, green + x), _mm512_maskz_loadu_ps(mask, red + x));
    const __m512i one = _mm512_castsi256_si512((__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, blue + x)));
    _mm512_storeu_si512(target, _mm512_permutex2var_epi16(two, front, one));
    _mm256_storeu_si256(
        (__m256i *)(target + 32), _mm512_castsi512_si256(_mm512_permutex2var_epi16(two, back, one)));
  }
  const long end = padding + 3 * layer->width;
  memset(numbers + end, 0, (size_t)(room - end) * sizeof *numbers);
}

// The sums of PLACES places from x on. Apart from what is done with them, so that they stay in registers.
PC_BF16 static inline void sum_up(
    const pc_first_layer *layer, const uint16_t *const *rows, long x, __m512 sums[PLACES][4]) {
  UNROLL for (int j = 0; j < 4; j++) {
    const __m512 bias = _mm512_loadu_ps(layer->bias + 16 * j);
    UNROLL for (int i = 0; i < PLACES; i++) sums[i][j] = bias;
  }
  for (int y = 0; y < KERNEL; y++) {
    const uint16_t *numbers = rows[y] + 6 * x, *weights = layer->weights + y * COLUMNS * CHANNELS * 2;
    UNROLL for (int k = 0; k < COLUMNS; k++) {
      __m512bh weight[4];
      UNROLL for (int j = 0; j < 4; j++) weight[j] = (__m512bh)_mm512_load_si512(weights + (k * 4 + j) * 32);
      UNROLL for (int i = 0; i < PLACES; i++) {
        int32_t pair;
        memcpy(&pair, numbers + 6 * i + 2 * k, sizeof pair);
        const __m512bh value = (__m512bh)_mm512_set1_epi32(pair);
        UNROLL for (int j = 0; j < 4; j++) sums[i][j] = _mm512_dpbf16_ps(sums[i][j], weight[j], value);
      }
      // Nothing is loaded ahead, for which there are no registers.
      __asm__ volatile("" ::: "memory");
    }
  }
}

// A row of the convolution, as numbers of the result behind one place of padding.
PC_BF16 static void convolve(const pc_first_layer *layer, const uint16_t *const *rows, void *result) {
  const long width = half(layer->width);
  const __m512 zero = _mm512_setzero_ps(), steps = _mm512_set1_ps(layer->steps), most = _mm512_set1_ps(255);
  for (long x = 0; x < width; x += PLACES) {
    // The last sums may be made twice.
    if (x + PLACES > width) x = width - PLACES;
    __m512 sums[PLACES][4];
    sum_up(layer, rows, x, sums);
    UNROLL for (int i = 0; i < PLACES; i++) {
      const long place = (x + i + 1) * CHANNELS;
      // In this order of arguments the maximum of 0 and a number that is none is 0, as in oneDNN.
      UNROLL for (int j = 0; j < 4; j++) sums[i][j] = _mm512_max_ps(sums[i][j], zero);
      if (layer->steps == 0) {
        uint16_t *target = (uint16_t *)result + place;
        UNROLL for (int j = 0; j < 2; j++)
          _mm512_store_si512(target + 32 * j, (__m512i)_mm512_cvtne2ps_pbh(sums[i][2 * j + 1], sums[i][2 * j]));
      } else {
        uint8_t *target = (uint8_t *)result + place;
        UNROLL for (int j = 0; j < 4; j++) {
          const __m512 value = _mm512_min_ps(_mm512_mul_ps(sums[i][j], steps), most);
          _mm_store_si128((__m128i *)(target + 16 * j), _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(value)));
        }
      }
    }
  }
}

// A row of maxima of up to three rows. No number is negative: bfloat16 is in the order of its bits, and the padding's
// zeros never win.
PC_WIDE static void maxima(const uint8_t *const *rows, int count, long width, long size, uint8_t *result) {
  const long place = CHANNELS * size;
  for (long x = 0; x < width; x++)
    for (long part = 0; part < place; part += 64) {
      __m512i most = _mm512_setzero_si512();
      for (int row = 0; row < count; row++)
        for (long column = 0; column < 3; column++) {
          const __m512i value = _mm512_load_si512(rows[row] + (2 * x + column) * place + part);
          most = size == 2 ? _mm512_max_epu16(most, value) : _mm512_max_epu8(most, value);
        }
      _mm512_storeu_si512(result + x * place + part, most);
    }
}

void pc_first_layer_rows(const pc_first_layer *layer, long begin, long end, void *scratch, void *result) {
  const long height = half(layer->height), width = half(half(layer->width)), size = number_size(layer);
  const long room = row_room(layer->width), sums = sums_size(layer), place = CHANNELS * size;
  uint16_t *taken = scratch;
  uint8_t *convolved = (uint8_t *)scratch + ROOM * room * 2;
  for (int i = 0; i < 3; i++) {
    memset(convolved + i * sums, 0, (size_t)place);
    memset(convolved + (i + 1) * sums - place, 0, (size_t)place);
  }
  long row = begin ? 2 * begin - 1 : 0, source = 2 * row - 3;
  for (long target = begin; target < end; target++) {
    for (; row <= 2 * target + 1 && row < height; row++) {
      for (; source <= 2 * row + 3; source++) take_row(layer, source, taken + (source + ROOM) % ROOM * room);
      const uint16_t *window[KERNEL];
      for (int y = 0; y < KERNEL; y++) window[y] = taken + (2 * row - 3 + y + ROOM) % ROOM * room;
      convolve(layer, window, convolved + row % 3 * sums);
    }
    const uint8_t *window[3];
    int count = 0;
    for (long y = 2 * target - 1; y <= 2 * target + 1; y++)
      if (y >= 0 && y < height) window[count++] = convolved + y % 3 * sums;
    maxima(window, count, width, size, (uint8_t *)result + target * width * place);
  }
}

// Swaps rows and columns of 16 x 16 numbers.
PC_WIDE static inline void transpose(__m512 rows[16]) {
  __m512 other[16];
  for (int i = 0; i < 16; i += 2) {
    other[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
    other[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    const __m512d a = (__m512d)other[i], b = (__m512d)other[i + 1];
    const __m512d c = (__m512d)other[i + 2], d = (__m512d)other[i + 3];
    rows[i] = (__m512)_mm512_unpacklo_pd(a, c);
    rows[i + 1] = (__m512)_mm512_unpackhi_pd(a, c);
    rows[i + 2] = (__m512)_mm512_unpacklo_pd(b, d);
    rows[i + 3] = (__m512)_mm512_unpackhi_pd(b, d);
  }
  for (int i = 0; i < 4; i++)
    for (int part = 0; part < 16; part += 8) {
      other[part + i] = _mm512_shuffle_f32x4(rows[part + i], rows[part + 4 + i], 0x88);
      other[part + 4 + i] = _mm512_shuffle_f32x4(rows[part + i], rows[part + 4 + i], 0xdd);
    }
  for (int i = 0; i < 8; i++) {
    rows[i] = _mm512_shuffle_f32x4(other[i], other[8 + i], 0x88);
    rows[8 + i] = _mm512_shuffle_f32x4(other[i], other[8 + i], 0xdd);
  }
}

// A function for each type, so that the type is no question inside.
#define PLANES(NAME, TYPE, LOAD)                                                                                 \
  PC_WIDE static void planes_##NAME(                                                                             \
      const TYPE *map, __m512 step, long places, long channels, long begin, long end, float *planes) {           \
    (void)step;                                                                                                  \
    for (long channel = begin; channel < end; channel += 16)                                                     \
      for (long place = 0; place < places; place += 16) {                                                        \
        const long count = places - place < 16 ? places - place : 16;                                            \
        __m512 rows[16];                                                                                         \
        /* To write a line of memory it must be there: ask before the work. */                                   \
        for (int i = 0; i < 16; i++) __builtin_prefetch(planes + (channel + i) * places + place, 1);              \
        for (int i = 0; i < 16; i++) {                                                                           \
          const TYPE *from = map + (place + (i < count ? i : 0)) * channels + channel;                           \
          rows[i] = LOAD;                                                                                        \
        }                                                                                                        \
        transpose(rows);                                                                                         \
        const __mmask16 mask = (__mmask16)((1u << count) - 1);                                                   \
        for (int i = 0; i < 16; i++)                                                                             \
          _mm512_mask_storeu_ps(planes + (channel + i) * places + place, mask, rows[i]);                         \
      }                                                                                                          \
  }

PLANES(float32, float, _mm512_loadu_ps(from))
PLANES(
    bfloat16, uint16_t,
    (__m512)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)from)), 16))
PLANES(
    uint8, uint8_t,
    _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)from))), step))
PLANES(
    int8, int8_t,
    _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)from))), step))

PC_WIDE void pc_planes(
    const void *map, pc_number type, float step, long places, long channels, long begin, long end, float *planes) {
  const __m512 steps = _mm512_set1_ps(step);
  switch (type) {
    case PC_FLOAT32: planes_float32(map, steps, places, channels, begin, end, planes); break;
    case PC_BFLOAT16: planes_bfloat16(map, steps, places, channels, begin, end, planes); break;
    case PC_UINT8: planes_uint8(map, steps, places, channels, begin, end, planes); break;
    case PC_INT8: planes_int8(map, steps, places, channels, begin, end, planes); break;
  }
}

#else

// Never called: no other processor has the level that callers ask for.
#pragma clang diagnostic ignored "-Wunused-parameter"
void pc_first_layer_weights(const float *weights, uint16_t *pairs) { __builtin_trap(); }
void pc_first_layer_rows(const pc_first_layer *layer, long begin, long end, void *scratch, void *result) {
  __builtin_trap();
}
void pc_planes(
    const void *map, pc_number type, float step, long places, long channels, long begin, long end, float *planes) {
  __builtin_trap();
}

#endif
