#include "CKernelsSketch.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "CKernelsProcessor.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define PC_AVX2_TARGET __attribute__((target("avx2,fma")))
#define PC_VNNI_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#endif

enum {
  LENGTH = PC_SKETCH_LENGTH,
  BLOCK = PC_SKETCH_BLOCK,
  LANES = PC_SKETCH_LANES,
  PANEL = LENGTH * LANES,
  PANELS = BLOCK / LANES,
};

// What the widest functions do in registers, for processors without 8-bit products: SCORES fills the scores of one
// panel, DOT the product of a row and a query.
#define SKETCH_FUNCTIONS(NAME, TARGET, SCORES, DOT)                                                              \
  TARGET static void scan_##NAME(                                                                                \
      const uint8_t *panels, const int32_t *starts, long blocks, const int8_t *queries, long n,                  \
      int32_t *block_best, int32_t *lane_best, int32_t *lane_block) {                                            \
    for (long b = 0; b < blocks; b++)                                                                            \
      for (long q = 0; q < n; q++) {                                                                             \
        int32_t most = INT32_MIN;                                                                                \
        for (long p = b * PANELS; p < (b + 1) * PANELS; p++) {                                                   \
          int32_t scores[LANES];                                                                                 \
          SCORES(panels + p * PANEL, starts + p * LANES, queries + q * LENGTH, scores);                          \
          for (int lane = 0; lane < LANES; lane++) {                                                             \
            if (scores[lane] > most) most = scores[lane];                                                        \
            if (scores[lane] <= lane_best[q * LANES + lane]) continue;                                           \
            lane_best[q * LANES + lane] = scores[lane];                                                          \
            lane_block[q * LANES + lane] = (int32_t)b;                                                           \
          }                                                                                                      \
        }                                                                                                        \
        block_best[b * n + q] = most;                                                                            \
      }                                                                                                          \
  }                                                                                                              \
                                                                                                                 \
  TARGET static long rescan_##NAME(                                                                              \
      const uint8_t *panels, const int32_t *starts, const int8_t *query, int32_t least, int32_t *rows,           \
      int32_t *scores) {                                                                                         \
    long found = 0;                                                                                              \
    for (int p = 0; p < PANELS; p++) {                                                                           \
      int32_t values[LANES];                                                                                     \
      SCORES(panels + p * PANEL, starts + p * LANES, query, values);                                             \
      for (int lane = 0; lane < LANES; lane++)                                                                   \
        if (values[lane] >= least) {                                                                             \
          rows[found] = p * LANES + lane;                                                                        \
          scores[found++] = values[lane];                                                                        \
        }                                                                                                        \
    }                                                                                                            \
    return found;                                                                                                \
  }                                                                                                              \
                                                                                                                 \
  TARGET static long filter_##NAME(                                                                              \
      const uint8_t *values, const int32_t *starts, long length, const int8_t *query, int32_t least,             \
      int32_t *rows, long count, int32_t *scores) {                                                              \
    long kept = 0;                                                                                               \
    for (long i = 0; i < count; i++) {                                                                           \
      const int32_t row = rows[i];                                                                               \
      const int32_t score = starts[row] + DOT(values + row * length, query, length);                             \
      if (score < least) continue;                                                                               \
      rows[kept] = row;                                                                                          \
      scores[kept++] = score;                                                                                    \
    }                                                                                                            \
    return kept;                                                                                                 \
  }

static void scores_portable(const uint8_t *panel, const int32_t *starts, const int8_t *query, int32_t *scores) {
  memcpy(scores, starts, LANES * sizeof(int32_t));
  for (int g = 0; g < LENGTH / 4; g++)
    for (int lane = 0; lane < LANES; lane++) {
      const uint8_t *row = panel + (g * LANES + lane) * 4;
      const int8_t *numbers = query + g * 4;
      scores[lane] += row[0] * numbers[0] + row[1] * numbers[1] + row[2] * numbers[2] + row[3] * numbers[3];
    }
}

static int32_t dot_portable(const uint8_t *row, const int8_t *query, long length) {
  int32_t sum = 0;
  for (long i = 0; i < length; i++) sum += row[i] * query[i];
  return sum;
}

SKETCH_FUNCTIONS(portable, , scores_portable, dot_portable)

#if defined(__x86_64__)

// Products of 16-bit numbers, two of which are added in 32 bits: half the sum of a row stands in each of two lanes.
PC_AVX2_TARGET static inline void scores_avx2(
    const uint8_t *panel, const int32_t *starts, const int8_t *query, int32_t *scores) {
  __m256i sums[4] = {0};
  for (int g = 0; g < LENGTH / 4; g++) {
    int32_t four;
    memcpy(&four, query + g * 4, sizeof four);
    const __m256i numbers = _mm256_cvtepi8_epi16(_mm_set1_epi32(four));
    for (int i = 0; i < 4; i++) {
      const __m256i rows = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(panel + g * 64 + i * 16)));
      sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(rows, numbers));
    }
  }
  for (int i = 0; i < 4; i++) {
    int32_t halves[8];
    _mm256_storeu_si256((__m256i *)halves, sums[i]);
    for (int r = 0; r < 4; r++) scores[i * 4 + r] = starts[i * 4 + r] + halves[2 * r] + halves[2 * r + 1];
  }
}

PC_AVX2_TARGET static inline int32_t dot_avx2(const uint8_t *row, const int8_t *query, long length) {
  __m256i sum = _mm256_setzero_si256();
  for (long i = 0; i < length; i += 16) {
    const __m256i a = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(row + i)));
    const __m256i b = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(query + i)));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
  }
  int32_t parts[8];
  _mm256_storeu_si256((__m256i *)parts, sum);
  return parts[0] + parts[1] + parts[2] + parts[3] + parts[4] + parts[5] + parts[6] + parts[7];
}

SKETCH_FUNCTIONS(avx2, PC_AVX2_TARGET, scores_avx2, dot_avx2)

// 6 queries with 4 panels: 24 of the 32 registers hold sums.
enum { TILE_QUERIES = 6, TILE_PANELS = 4 };

PC_VNNI_TARGET static void scan_vnni(
    const uint8_t *panels, const int32_t *starts, long blocks, const int8_t *queries, long n, int32_t *block_best,
    int32_t *lane_best, int32_t *lane_block) {
  for (long b = 0; b < blocks; b++)
    for (long first = 0; first < n; first += TILE_QUERIES) {
      const int8_t *query[TILE_QUERIES];
      __m512i best[TILE_QUERIES];
      for (int q = 0; q < TILE_QUERIES; q++) {
        // The last tile computes its last query several times.
        query[q] = queries + (first + q < n ? first + q : n - 1) * LENGTH;
        best[q] = _mm512_set1_epi32(INT32_MIN);
      }
      for (int p = 0; p < PANELS; p += TILE_PANELS) {
        const uint8_t *rows = panels + (b * PANELS + p) * PANEL;
        const int32_t *start = starts + (b * PANELS + p) * LANES;
        __m512i sum[TILE_QUERIES][TILE_PANELS];
        for (int i = 0; i < TILE_PANELS; i++)
          for (int q = 0; q < TILE_QUERIES; q++) sum[q][i] = _mm512_loadu_si512(start + i * LANES);
        for (int g = 0; g < LENGTH / 4; g++) {
          __m512i row[TILE_PANELS];
          for (int i = 0; i < TILE_PANELS; i++) row[i] = _mm512_loadu_si512(rows + i * PANEL + g * 64);
          for (int q = 0; q < TILE_QUERIES; q++) {
            int32_t four;
            memcpy(&four, query[q] + g * 4, sizeof four);
            const __m512i numbers = _mm512_set1_epi32(four);
            for (int i = 0; i < TILE_PANELS; i++) sum[q][i] = _mm512_dpbusd_epi32(sum[q][i], row[i], numbers);
          }
        }
        for (int q = 0; q < TILE_QUERIES; q++)
          for (int i = 0; i < TILE_PANELS; i++) best[q] = _mm512_max_epi32(best[q], sum[q][i]);
      }
      for (int q = 0; q < TILE_QUERIES && first + q < n; q++) {
        int32_t *held = lane_best + (first + q) * LANES, *where = lane_block + (first + q) * LANES;
        const __mmask16 larger = _mm512_cmpgt_epi32_mask(best[q], _mm512_loadu_si512(held));
        _mm512_mask_storeu_epi32(held, larger, best[q]);
        _mm512_mask_storeu_epi32(where, larger, _mm512_set1_epi32((int)b));
        block_best[b * n + first + q] = _mm512_reduce_max_epi32(best[q]);
      }
    }
}

PC_VNNI_TARGET static long rescan_vnni(
    const uint8_t *panels, const int32_t *starts, const int8_t *query, int32_t least, int32_t *rows,
    int32_t *scores) {
  // As many sums at once as the products take cycles.
  enum { TOGETHER = 8 };
  const __m512i limit = _mm512_set1_epi32(least);
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  long found = 0;
  for (int p = 0; p < PANELS; p += TOGETHER) {
    __m512i sum[TOGETHER];
    for (int i = 0; i < TOGETHER; i++) sum[i] = _mm512_loadu_si512(starts + (p + i) * LANES);
    for (int g = 0; g < LENGTH / 4; g++) {
      int32_t four;
      memcpy(&four, query + g * 4, sizeof four);
      const __m512i numbers = _mm512_set1_epi32(four);
      for (int i = 0; i < TOGETHER; i++)
        sum[i] = _mm512_dpbusd_epi32(sum[i], _mm512_loadu_si512(panels + (p + i) * PANEL + g * 64), numbers);
    }
    for (int i = 0; i < TOGETHER; i++) {
      const __mmask16 near = _mm512_cmpge_epi32_mask(sum[i], limit);
      if (!near) continue;
      _mm512_mask_compressstoreu_epi32(rows + found, near, _mm512_add_epi32(lanes, _mm512_set1_epi32((p + i) * LANES)));
      _mm512_mask_compressstoreu_epi32(scores + found, near, sum[i]);
      found += __builtin_popcount(near);
    }
  }
  return found;
}

// The sums of the lanes of four vectors.
PC_VNNI_TARGET static inline __m128i sums4(const __m512i *v) {
  __m128i quarter[4];
  for (int i = 0; i < 4; i++) {
    const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(v[i]), _mm512_extracti64x4_epi64(v[i], 1));
    quarter[i] = _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  }
  return _mm_hadd_epi32(_mm_hadd_epi32(quarter[0], quarter[1]), _mm_hadd_epi32(quarter[2], quarter[3]));
}

PC_VNNI_TARGET static long filter_vnni(
    const uint8_t *values, const int32_t *starts, long length, const int8_t *query, int32_t least, int32_t *rows,
    long count, int32_t *scores) {
  long kept = 0;
  for (long first = 0; first < count; first += 4) {
    // The next rows are on their way while these are computed: they lie anywhere.
    for (long i = first + 4; i < first + 8 && i < count; i++)
      for (long k = 0; k < length; k += 64) _mm_prefetch((const char *)(values + rows[i] * length + k), _MM_HINT_T0);
    int32_t row[4];
    const uint8_t *line[4];
    __m512i sum[4];
    for (int i = 0; i < 4; i++) {
      row[i] = rows[first + i < count ? first + i : count - 1];
      line[i] = values + row[i] * length;
      sum[i] = _mm512_setzero_si512();
    }
    for (long k = 0; k < length; k += 64) {
      const __m512i numbers = _mm512_loadu_si512(query + k);
      for (int i = 0; i < 4; i++) sum[i] = _mm512_dpbusd_epi32(sum[i], _mm512_loadu_si512(line[i] + k), numbers);
    }
    int32_t score[4];
    _mm_storeu_si128((__m128i *)score, sums4(sum));
    for (int i = 0; i < 4 && first + i < count; i++) {
      score[i] += starts[row[i]];
      rows[kept] = row[i];
      scores[kept] = score[i];
      kept += score[i] >= least;
    }
  }
  return kept;
}

#define SKETCH_CALL(NAME, ...)                                                      \
  (pc_has_avx512_vnni() ? NAME##_vnni(__VA_ARGS__)                                  \
                        : pc_has_avx2() ? NAME##_avx2(__VA_ARGS__) : NAME##_portable(__VA_ARGS__))
#else
#define SKETCH_CALL(NAME, ...) NAME##_portable(__VA_ARGS__)
#endif

void pc_sketch_scan(
    const uint8_t *panels, const int32_t *starts, long blocks, const int8_t *queries, long n, int32_t *block_best,
    int32_t *lane_best, int32_t *lane_block) {
  for (long i = 0; i < n * LANES; i++) {
    lane_best[i] = INT32_MIN;
    lane_block[i] = 0;
  }
  SKETCH_CALL(scan, panels, starts, blocks, queries, n, block_best, lane_best, lane_block);
}

long pc_sketch_rescan(
    const uint8_t *panels, const int32_t *starts, const int8_t *query, int32_t least, int32_t *rows,
    int32_t *scores) {
  return SKETCH_CALL(rescan, panels, starts, query, least, rows, scores);
}

long pc_sketch_filter(
    const uint8_t *values, const int32_t *starts, long length, const int8_t *query, int32_t least, int32_t *rows,
    long count, int32_t *scores) {
  return SKETCH_CALL(filter, values, starts, length, query, least, rows, count, scores);
}

void pc_sketch_panels(const uint8_t *rows, long count, uint8_t *panels) {
  for (long row = 0; row < count; row++) {
    uint8_t *panel = panels + row / LANES * PANEL + row % LANES * 4;
    for (int g = 0; g < LENGTH / 4; g++) memcpy(panel + g * LANES * 4, rows + row * LENGTH + g * 4, 4);
  }
}

typedef float v16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef double d16 __attribute__((vector_size(128)));

// One step within vectors: numbers `HALF` apart become their sum and their difference.
#define BUTTERFLY(HALF)                                                                                               \
  {                                                                                                                   \
    const v16 v = *vector;                                                                                            \
    const v16 swapped = __builtin_shufflevector(                                                                      \
        v, v, 0 ^ HALF, 1 ^ HALF, 2 ^ HALF, 3 ^ HALF, 4 ^ HALF, 5 ^ HALF, 6 ^ HALF, 7 ^ HALF, 8 ^ HALF, 9 ^ HALF,     \
        10 ^ HALF, 11 ^ HALF, 12 ^ HALF, 13 ^ HALF, 14 ^ HALF, 15 ^ HALF);                                            \
    v16 sign;                                                                                                         \
    for (int lane = 0; lane < 16; lane++) sign[lane] = lane & HALF ? -1.0f : 1.0f;                                    \
    *vector = swapped + sign * v;                                                                                     \
  }

PC_CLONES void pc_hadamard(float *values, long count, long length) {
  const float factor = (float)(1 / sqrt((double)length));
  for (float *piece = values; piece < values + count; piece += length) {
    for (v16 *vector = (v16 *)piece; vector < (v16 *)(piece + length); vector++) {
      BUTTERFLY(1)
      BUTTERFLY(2)
      BUTTERFLY(4)
      BUTTERFLY(8)
      *vector *= factor;
    }
    for (long half = 16; half < length; half *= 2)
      for (long i = 0; i < length; i += 2 * half)
        for (long j = i; j < i + half; j += 16) {
          const v16 a = *(v16 *)(piece + j), b = *(v16 *)(piece + j + half);
          *(v16 *)(piece + j) = a + b;
          *(v16 *)(piece + j + half) = a - b;
        }
  }
}

PC_CLONES double pc_quantise(const float *values, long count, float scale, int8_t *integers) {
  const float inverse = 1 / scale;
  const d16 step = (d16){0} + (double)scale;
  d16 sums = {0};
  for (long i = 0; i < count; i += 16) {
    const v16 value = *(const v16 *)(values + i);
    v16 rounded = __builtin_elementwise_roundeven(value * inverse);
    rounded = __builtin_elementwise_min(__builtin_elementwise_max(rounded, (v16){0} - 127), (v16){0} + 127);
    for (int lane = 0; lane < 16; lane++) integers[i + lane] = (int8_t)rounded[lane];
    const d16 lost = __builtin_convertvector(value, d16) - step * __builtin_convertvector(rounded, d16);
    sums += lost * lost;
  }
  double sum = 0;
  for (int lane = 0; lane < 16; lane++) sum += sums[lane];
  return sqrt(sum);
}

PC_CLONES void pc_subtract_rows(
    const float *rows, const float *subtrahend, long count, long length, float *differences) {
  for (long row = 0; row < count; row++)
    for (long i = 0; i < length; i++) differences[row * length + i] = rows[row * length + i] - subtrahend[i];
}

PC_CLONES void pc_accumulate(const float *values, long count, double *sums) {
  for (long i = 0; i < count; i++) sums[i] += (double)values[i];
}

// Coordinates of a few hundred rows are enough to see which varies most.
static long widest(const float *coordinates, long pitch, long axes, const int32_t *rows, long count) {
  const long step = count > 512 ? count / 512 : 1;
  long best = 0;
  double most = -1;
  for (long axis = 0; axis < axes; axis++) {
    double sum = 0, squares = 0, seen = 0;
    for (long i = 0; i < count; i += step, seen++) {
      const double value = coordinates[rows[i] * pitch + axis];
      sum += value;
      squares += value * value;
    }
    const double spread = squares - sum * sum / seen;
    if (spread > most) {
      most = spread;
      best = axis;
    }
  }
  return best;
}

// Moves the `wanted` first rows to the front, by Hoare's selection.
static void select_rows(const float *values, long pitch, int32_t *rows, long count, long wanted) {
  long low = 0, high = count - 1;
  while (low < high) {
    const int32_t middle = rows[low + (high - low) / 2];
    const float pivot = values[middle * pitch];
#define BEFORE(a, b, x, y) ((x) < (y) || ((x) == (y) && (a) < (b)))
    long i = low, j = high;
    while (i <= j) {
      while (BEFORE(rows[i], middle, values[rows[i] * pitch], pivot)) i++;
      while (BEFORE(middle, rows[j], pivot, values[rows[j] * pitch])) j--;
      if (i > j) break;
      const int32_t swap = rows[i];
      rows[i++] = rows[j];
      rows[j--] = swap;
    }
#undef BEFORE
    if (wanted <= j) high = j;
    else if (wanted >= i) low = i;
    else break;
  }
}

void pc_order_rows(const float *coordinates, long pitch, long axes, int32_t *rows, long count, long leaf) {
  while (count > leaf) {
    const long axis = widest(coordinates, pitch, axes, rows, count);
    // Whole leaves on the left, so that blocks hold leaves.
    const long left = (count / 2 + leaf - 1) / leaf * leaf;
    select_rows(coordinates + axis, pitch, rows, count, left);
    pc_order_rows(coordinates, pitch, axes, rows, left, leaf);
    rows += left;
    count -= left;
  }
}
