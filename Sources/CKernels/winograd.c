#include "CKernelsWinograd.h"

#include <stddef.h>
#include <string.h>

enum {
  POSITIONS = 16,  // transformed numbers of a tile
  BLOCK = 64,      // outputs whose sums are kept in registers
  // Tiles of a chunk, whose transformed numbers stay in the second cache. Large weights come from memory anew for every
  // chunk, so that chunks are larger then.
  TILES = 32,
  MANY_TILES = 64,
};

static long tiles(long size) { return (size + 1) / 2; }

// Rows of tiles in a chunk.
static long chunk_rows(const pc_winograd *layer) {
  const long across = tiles(layer->width), rows = tiles(layer->height);
  const long most = POSITIONS * layer->inputs * layer->outputs > 2 << 20 ? MANY_TILES : TILES;
  const long fitting = most / across > 1 ? most / across : 1;
  return fitting < rows ? fitting : rows;
}

// A piece is a block of outputs of a chunk.
long pc_winograd_pieces(const pc_winograd *layer) {
  const long rows = chunk_rows(layer);
  return (tiles(layer->height) + rows - 1) / rows * (layer->outputs / BLOCK);
}

long pc_winograd_scratch(const pc_winograd *layer) {
  const long count = chunk_rows(layer) * tiles(layer->width);
  return POSITIONS * count * (layer->inputs * (long)sizeof(uint16_t) + BLOCK * (long)sizeof(float));
}

#if defined(__x86_64__)
#include <immintrin.h>

// Not "arch=x86-64-v4": the compiler then orders the products so that it runs out of registers.
#define PC_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#define UNROLL _Pragma("clang loop unroll(full)")

// G g and g transpose(G) for three numbers.
static void stretch(float a, float b, float c, float result[4]) {
  result[0] = a;
  result[1] = (a + b + c) * 0.5f;
  result[2] = (a - b + c) * 0.5f;
  result[3] = c;
}

PC_BF16 void pc_winograd_weights(const float *weights, long inputs, long outputs, uint16_t *transformed) {
  for (long output = 0; output < outputs; output++)
    for (long input = 0; input < inputs; input++) {
      const float *kernel = weights + (output * inputs + input) * 9;
      float columns[3][4], rows[4];
      for (int x = 0; x < 3; x++) stretch(kernel[x], kernel[3 + x], kernel[6 + x], columns[x]);
      for (int y = 0; y < 4; y++) {
        stretch(columns[0][y], columns[1][y], columns[2][y], rows);
        for (int x = 0; x < 4; x++) {
          const long panel = output / BLOCK * POSITIONS + 4 * y + x;
          transformed[((panel * (inputs / 2) + input / 2) * BLOCK + output % BLOCK) * 2 + input % 2] =
              (uint16_t)_mm_extract_epi16((__m128i)_mm_cvtneps_pbh(_mm_set_ss(rows[x])), 0);
        }
      }
    }
}

PC_BF16 static inline __m512 widened(const uint16_t *numbers) {
  return (__m512)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)numbers)), 16);
}

// transpose(B) d B of a tile's 4x4 places, for all channels; from one position to the next `stride` numbers.
PC_BF16 static void take_tile(const pc_winograd *layer, long row, long column, uint16_t *target, long stride) {
  static const uint16_t zeros[16];
  const uint16_t *places[16];
  for (long y = 0; y < 4; y++)
    for (long x = 0; x < 4; x++) {
      const long above = 2 * row - 1 + y, left = 2 * column - 1 + x;
      const int is_outside = above < 0 || left < 0 || above >= layer->height || left >= layer->width;
      places[4 * y + x] = is_outside ? NULL : layer->map + (above * layer->width + left) * layer->inputs;
    }
  for (long channel = 0; channel < layer->inputs; channel += 16) {
    __m512 from[16], half[16];
    UNROLL for (int i = 0; i < 16; i++) from[i] = widened(places[i] ? places[i] + channel : zeros);
    UNROLL for (int x = 0; x < 4; x++) {
      half[x] = from[x] - from[8 + x];
      half[4 + x] = from[4 + x] + from[8 + x];
      half[8 + x] = from[8 + x] - from[4 + x];
      half[12 + x] = from[4 + x] - from[12 + x];
    }
    UNROLL for (int y = 0; y < 16; y += 4) {
      const __m512 whole[4] = {
          half[y] - half[y + 2], half[y + 1] + half[y + 2], half[y + 2] - half[y + 1], half[y + 1] - half[y + 3]};
      UNROLL for (int x = 0; x < 4; x++)
        _mm256_storeu_si256((__m256i *)(target + (y + x) * stride + channel), (__m256i)_mm512_cvtneps_pbh(whole[x]));
    }
  }
}

// The sums of COUNT tiles and a block of outputs at one position.
#define SUM_UP(COUNT)                                                                                        \
  PC_BF16 static void sum_up_##COUNT(const uint16_t *numbers, long inputs, const uint16_t *weights, float *sums) { \
    __m512 sum[COUNT][4];                                                                                    \
    UNROLL for (int i = 0; i < COUNT; i++)                                                                   \
      UNROLL for (int j = 0; j < 4; j++) sum[i][j] = _mm512_setzero_ps();                                    \
    for (long k = 0; k < inputs; k += 8) {                                                                   \
      UNROLL for (int pair = 0; pair < 8; pair += 2, weights += 2 * BLOCK) {                                 \
        __m512bh weight[4];                                                                                  \
        UNROLL for (int j = 0; j < 4; j++) weight[j] = (__m512bh)_mm512_load_si512(weights + 32 * j);        \
        UNROLL for (int i = 0; i < COUNT; i++) {                                                             \
          int32_t two;                                                                                       \
          memcpy(&two, numbers + i * inputs + k + pair, sizeof two);                                         \
          const __m512bh value = (__m512bh)_mm512_set1_epi32(two);                                           \
          UNROLL for (int j = 0; j < 4; j++) sum[i][j] = _mm512_dpbf16_ps(sum[i][j], weight[j], value);      \
        }                                                                                                    \
        /* Nothing is loaded ahead, for which there are no registers. */                                     \
        __asm__ volatile("" ::: "memory");                                                                   \
      }                                                                                                      \
    }                                                                                                        \
    UNROLL for (int i = 0; i < COUNT; i++)                                                                   \
      UNROLL for (int j = 0; j < 4; j++) _mm512_store_ps(sums + i * BLOCK + 16 * j, sum[i][j]);              \
  }

SUM_UP(6)
SUM_UP(4)
SUM_UP(2)
SUM_UP(1)

// All tiles of a chunk at one position; the order of additions is the same in all four functions.
static void sum_up(const uint16_t *numbers, long count, long inputs, const uint16_t *weights, float *sums) {
  long tile = 0;
#define WHILE(COUNT)                           \
  for (; tile + COUNT <= count; tile += COUNT) \
    sum_up_##COUNT(numbers + tile * inputs, inputs, weights, sums + tile * BLOCK);
  WHILE(6) WHILE(4) WHILE(2) WHILE(1)
#undef WHILE
}

// transpose(A) m A of a tile's sums, and what is done to the result.
PC_BF16 static void give_tile(
    const pc_winograd *layer, const float *sums, long stride, long row, long column, long block, uint16_t *result) {
  const __m512 zero = _mm512_setzero_ps();
  for (long channel = block * BLOCK; channel < (block + 1) * BLOCK; channel += 16, sums += 16) {
    const __m512 bias = _mm512_loadu_ps(layer->bias + channel);
    __m512 from[16], half[8];
    UNROLL for (int i = 0; i < 16; i++) from[i] = _mm512_load_ps(sums + i * stride);
    UNROLL for (int x = 0; x < 4; x++) {
      half[x] = from[x] + from[4 + x] + from[8 + x];
      half[4 + x] = from[4 + x] - from[8 + x] - from[12 + x];
    }
    UNROLL for (int y = 0; y < 2; y++) {
      const __m512 *h = half + 4 * y;
      const __m512 whole[2] = {h[0] + h[1] + h[2] + bias, h[1] - h[2] - h[3] + bias};
      UNROLL for (int x = 0; x < 2; x++) {
        if (2 * row + y >= layer->height || 2 * column + x >= layer->width) continue;
        uint16_t *target = result + ((2 * row + y) * layer->width + 2 * column + x) * layer->outputs + channel;
        __m512 value = whole[x];
        if (layer->adds) value += widened(target);
        // In this order of arguments the maximum of 0 and a number that is none is 0, as in oneDNN.
        if (layer->has_relu) value = _mm512_max_ps(value, zero);
        _mm256_storeu_si256((__m256i *)target, (__m256i)_mm512_cvtneps_pbh(value));
      }
    }
  }
}

void pc_winograd_run(const pc_winograd *layer, long begin, long end, void *scratch, uint16_t *result) {
  const long across = tiles(layer->width), rows = tiles(layer->height), most = chunk_rows(layer);
  const long blocks = layer->outputs / BLOCK, inputs = layer->inputs;
  while (begin < end) {
    const long first = begin / blocks * most, last = first + most < rows ? first + most : rows;
    const long count = (last - first) * across;
    uint16_t *numbers = scratch;
    float *sums = (float *)(numbers + POSITIONS * count * inputs);
    for (long tile = 0; tile < count; tile++)
      take_tile(layer, first + tile / across, tile % across, numbers + tile * inputs, count * inputs);
    do {
      const long block = begin % blocks;
      for (long position = 0; position < POSITIONS; position++)
        sum_up(
            numbers + position * count * inputs, count, inputs,
            layer->weights + (block * POSITIONS + position) * inputs * BLOCK, sums + position * count * BLOCK);
      for (long tile = 0; tile < count; tile++)
        give_tile(
            layer, sums + tile * BLOCK, count * BLOCK, first + tile / across, tile % across, block, result);
      begin++;
    } while (begin < end && begin % blocks);
  }
}

#else

// Never called: no other processor has the level that callers ask for.
#pragma clang diagnostic ignored "-Wunused-parameter"
void pc_winograd_weights(const float *weights, long inputs, long outputs, uint16_t *transformed) { __builtin_trap(); }
void pc_winograd_run(const pc_winograd *layer, long begin, long end, void *scratch, uint16_t *result) {
  __builtin_trap();
}

#endif
