#include "CKernelsSketch.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "CKernelsProcessor.h"

// The same bounds on every processor, with fused operations or without.
#pragma STDC FP_CONTRACT OFF

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
  // Rows that are left out together after the first half: four panels, in whose order near rows stand side by side.
  TILE_PANELS = 4,
  TILE = TILE_PANELS * LANES,
  // Queries that are compared together: with four panels they fill 24 of the 32 registers with sums.
  TILE_QUERIES = 6,
  // Without the query's shift no limit is below this, and no score of a row.
  LEAST = -(1 << 29),
};

// Some queries with one block at the first two levels.
typedef struct {
  const int8_t *integers[2][TILE_QUERIES];
  int32_t least[2][TILE_QUERIES];
  // What is found: rows within the block. Vectors are stored whole: no count is above the rows gone through.
  int32_t rows[TILE_QUERIES][BLOCK];
  long counts[TILE_QUERIES];
} group;

// The least score of a row within a distance. For a score s less the shift, |q|^2 - 2 s is at most the squared distance
// of the sketches.
static inline int32_t least_score(
    const pc_sketch_level *level, double loss, const pc_sketch_query *query, double reach) {
  const double span = (reach + query->loss + loss) / level->scale;
  const double least = floor((query->squares - span * span) / 2) - 1;
  if (!(least > LEAST)) return LEAST;
  return (int32_t)fmin(least + (double)query->shift, 0x1p30);
}

// A lower bound of the distance of a row with this score.
static inline double bound(const pc_sketch_level *level, double loss, const pc_sketch_query *query, int32_t score) {
  const double square = query->squares - 2 * (double)(score - query->shift);
  return fmax(0, sqrt(fmax(0, square)) * level->scale - query->loss - loss);
}

// What the widest functions do in registers, for processors without 8-bit products: SCORES fills the scores of one
// panel, DOT the product of a row and a query.
#define SKETCH_FUNCTIONS(NAME, TARGET, SCORES, DOT)                                                             \
  TARGET static void scan_##NAME(                                                                               \
      const uint8_t *first, const int32_t *first_starts, const uint8_t *second, const int32_t *second_starts,   \
      group *g) {                                                                                               \
    for (int q = 0; q < TILE_QUERIES; q++) {                                                                    \
      g->counts[q] = 0;                                                                                         \
      if (g->least[0][q] == INT32_MAX) continue;                                                                \
      for (int row = 0; row < BLOCK; row += TILE) {                                                             \
        int32_t scores[TILE], more[LANES], most = INT32_MIN;                                                    \
        for (int p = 0; p < TILE; p += LANES)                                                                   \
          SCORES(first + (row + p) * LENGTH, first_starts + row + p, g->integers[0][q], scores + p);            \
        for (int i = 0; i < TILE; i++) most = scores[i] > most ? scores[i] : most;                              \
        if (most < g->least[0][q]) continue;                                                                    \
        for (int p = 0; p < TILE; p += LANES) {                                                                 \
          SCORES(second + (row + p) * LENGTH, second_starts + row + p, g->integers[1][q], more);                \
          for (int lane = 0; lane < LANES; lane++) {                                                            \
            /* Slots without a row overflow and keep their second start. */                                     \
            const int32_t score = (int32_t)(((uint32_t)scores[p + lane] << 2) + (uint32_t)more[lane]);          \
            if (score >= g->least[1][q]) g->rows[q][g->counts[q]++] = row + p + lane;                           \
          }                                                                                                     \
        }                                                                                                       \
      }                                                                                                         \
    }                                                                                                           \
  }                                                                                                             \
                                                                                                                \
  TARGET static long filter_##NAME(                                                                             \
      const uint8_t *values, const int32_t *starts, long length, const int8_t *query, int32_t least,            \
      int32_t *rows, long count, int32_t *scores) {                                                             \
    long kept = 0;                                                                                              \
    for (long i = 0; i < count; i++) {                                                                          \
      const int32_t row = rows[i];                                                                              \
      const int32_t score = starts[row] + DOT(values + row * length, query, length);                            \
      if (score < least) continue;                                                                              \
      rows[kept] = row;                                                                                         \
      scores[kept++] = score;                                                                                   \
    }                                                                                                           \
    return kept;                                                                                                \
  }                                                                                                             \
  VISIT(NAME, TARGET)

// A block, with the functions above.
#define VISIT(NAME, TARGET)                                                                                     \
  TARGET static long visit_##NAME(                                                                              \
      const pc_sketch_level *levels, const pc_sketch_queries *queries, int level_count, long block,             \
      const double *reach, const int32_t *asked, long count, pc_sketch_found *found) {                          \
    const pc_sketch_level *third = levels + 2, *last = levels + level_count - 1;                                \
    int32_t scores[BLOCK + LANES];                                                                              \
    group g;                                                                                                    \
    long total = 0, lines = 0;                                                                                  \
    for (long first = 0; first < count; first += TILE_QUERIES) {                                                \
      lines = prefetch_block(levels, block + 1, lines, TILE_QUERIES, count - first);                            \
      for (int i = 0; i < TILE_QUERIES; i++) {                                                                  \
        const int is_there = first + i < count;                                                                 \
        const int32_t q = asked[is_there ? first + i : count - 1];                                              \
        for (int l = 0; l < 2; l++) {                                                                           \
          g.integers[l][i] = queries[l].integers + q * LENGTH;                                                  \
          g.least[l][i] = is_there ? least_score(                                                               \
              levels + l, levels[l].losses[block], queries[l].queries + q, reach[q]) : INT32_MAX;               \
        }                                                                                                       \
      }                                                                                                         \
      scan_##NAME(                                                                                              \
          levels[0].values + block * BLOCK * LENGTH, levels[0].starts + block * BLOCK,                          \
          levels[1].values + block * BLOCK * LENGTH, levels[1].starts + block * BLOCK, &g);                     \
      for (int i = 0; i < TILE_QUERIES; i++) {                                                                  \
        if (!g.counts[i]) continue;                                                                             \
        const int32_t q = asked[first + i];                                                                     \
        const int32_t least = least_score(third, third->losses[block], queries[2].queries + q, reach[q]);       \
        const long left = filter_##NAME(                                                                        \
            third->values + block * BLOCK * third->length, third->starts + block * BLOCK, third->length,        \
            queries[2].integers + q * third->length, least, g.rows[i], g.counts[i], scores);                    \
        for (long k = 0; k < left; k++) {                                                                       \
          const int32_t row = g.rows[i][k];                                                                     \
          found[total++] = (pc_sketch_found){                                                                   \
              q, row, bound(third, third->losses[block], queries[2].queries + q, scores[k])};                   \
          /* The last level is gone through when the block is done; until then its rows are on their way. */    \
          if (last == third) continue;                                                                          \
          for (long j = 0; j < last->length; j += 64)                                                           \
            __builtin_prefetch(last->values + (block * BLOCK + row) * last->length + j, 0, 2);                  \
        }                                                                                                       \
      }                                                                                                         \
    }                                                                                                           \
    if (last == third) return total;                                                                            \
                                                                                                                \
    long kept = 0;                                                                                              \
    for (long next = 0; next < total;) {                                                                        \
      const int32_t q = found[next].query;                                                                      \
      long rows = 0;                                                                                            \
      while (next < total && found[next].query == q) g.rows[0][rows++] = found[next++].row;                     \
      const pc_sketch_query *query = queries[level_count - 1].queries + q;                                      \
      const double loss = last->losses[block];                                                                  \
      rows = filter_##NAME(                                                                                     \
          last->values + block * BLOCK * last->length, last->starts + block * BLOCK, last->length,              \
          queries[level_count - 1].integers + q * last->length, least_score(last, loss, query, reach[q]),       \
          g.rows[0], rows, scores);                                                                             \
      for (long k = 0; k < rows; k++)                                                                           \
        found[kept++] = (pc_sketch_found){q, g.rows[0][k], bound(last, loss, query, scores[k])};                \
    }                                                                                                           \
    return kept;                                                                                                \
  }

// Has some of the first three levels of a block read ahead, from a line on, a share for each of the queries that are
// left; returns the line to go on with. The next block of a last one is never touched, only named.
static inline long prefetch_block(
    const pc_sketch_level *levels, long block, long line, long queries, long queries_left) {
  const long half = BLOCK * LENGTH / 64, all = 2 * half + BLOCK * levels[2].length / 64;
  const long share = queries_left > queries ? (all - line) * queries / queries_left + 1 : all - line;
  const long end = line + share < all ? line + share : all;
  for (; line < end; line++) {
    const int level = line < half ? 0 : line < 2 * half ? 1 : 2;
    const uintptr_t start = (uintptr_t)levels[level].values + (uintptr_t)(block * BLOCK * levels[level].length);
    __builtin_prefetch((const void *)(start + (uintptr_t)(line - level * half) * 64), 0, 2);
  }
  return line;
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

// Unrolled, so that sums stay in registers.
#define EACH(i, count) _Pragma("clang loop unroll(full)") for (int i = 0; i < (count); i++)

PC_VNNI_TARGET static void scan_vnni(
    const uint8_t *first, const int32_t *first_starts, const uint8_t *second, const int32_t *second_starts, group *g) {
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (int q = 0; q < TILE_QUERIES; q++) g->counts[q] = 0;
  for (int row = 0; row < BLOCK; row += TILE) {
    __m512i sum[TILE_QUERIES][TILE_PANELS];
#define ADD_PRODUCTS(VALUES, HALF)                                                                              \
  for (int k = 0; k < LENGTH / 4; k++) {                                                                        \
    __m512i rows[TILE_PANELS];                                                                                  \
    EACH(i, TILE_PANELS) rows[i] = _mm512_loadu_si512(VALUES + row * LENGTH + i * PANEL + k * 64);              \
    EACH(q, TILE_QUERIES) {                                                                                     \
      int32_t four;                                                                                             \
      memcpy(&four, g->integers[HALF][q] + k * 4, sizeof four);                                                 \
      const __m512i numbers = _mm512_set1_epi32(four);                                                          \
      EACH(i, TILE_PANELS) sum[q][i] = _mm512_dpbusd_epi32(sum[q][i], rows[i], numbers);                        \
    }                                                                                                           \
  }
    EACH(i, TILE_PANELS) {
      const __m512i start = _mm512_loadu_si512(first_starts + row + i * LANES);
      EACH(q, TILE_QUERIES) sum[q][i] = start;
    }
    ADD_PRODUCTS(first, 0)
    unsigned near = 0;
    EACH(q, TILE_QUERIES) {
      const __m512i a = _mm512_max_epi32(sum[q][0], sum[q][1]), b = _mm512_max_epi32(sum[q][2], sum[q][3]);
      near |= _mm512_cmpge_epi32_mask(_mm512_max_epi32(a, b), _mm512_set1_epi32(g->least[0][q]));
    }
    if (!near) continue;

    EACH(i, TILE_PANELS) {
      // Slots without a row overflow and keep their second start.
      const __m512i start = _mm512_loadu_si512(second_starts + row + i * LANES);
      EACH(q, TILE_QUERIES) sum[q][i] = _mm512_add_epi32(_mm512_slli_epi32(sum[q][i], 2), start);
    }
    ADD_PRODUCTS(second, 1)
#undef ADD_PRODUCTS
    EACH(q, TILE_QUERIES) EACH(i, TILE_PANELS) {
      const __mmask16 within = _mm512_cmpge_epi32_mask(sum[q][i], _mm512_set1_epi32(g->least[1][q]));
      if (!within) continue;
      // Packed in a register: storing lanes apart is slow on some processors.
      const __m512i packed = _mm512_maskz_compress_epi32(
          within, _mm512_add_epi32(lanes, _mm512_set1_epi32(row + i * LANES)));
      _mm512_storeu_si512(g->rows[q] + g->counts[q], packed);
      g->counts[q] += __builtin_popcount(within);
    }
  }
}

// The sums of the lanes of four vectors.
PC_VNNI_TARGET static inline __m128i sums4(const __m512i *v) {
  const __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(v[0], v[1]), _mm512_unpackhi_epi32(v[0], v[1]));
  const __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(v[2], v[3]), _mm512_unpackhi_epi32(v[2], v[3]));
  const __m512i all = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
  const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
  return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

PC_VNNI_TARGET static inline long filter_rows(
    const uint8_t *values, const int32_t *starts, long length, const int8_t *query, int32_t least, int32_t *rows,
    long count, int32_t *scores) {
  const __m128i limit = _mm_set1_epi32(least);
  long kept = 0;
  for (long first = 0; first < count; first += 4) {
    const __mmask8 there = count - first < 4 ? (__mmask8)((1 << (count - first)) - 1) : 15;
    // The last four may be fewer: the first of them stands for those that are not there.
    const __m128i four = _mm_mask_loadu_epi32(_mm_set1_epi32(rows[first]), there, rows + first);
    int32_t row[4];
    _mm_storeu_si128((__m128i *)row, four);
    __m512i sum[4];
    EACH(i, 4) sum[i] = _mm512_setzero_si512();
    for (long k = 0; k < length; k += 64) {
      const __m512i numbers = _mm512_loadu_si512(query + k);
      EACH(i, 4)
        sum[i] = _mm512_dpbusd_epi32(sum[i], _mm512_loadu_si512(values + row[i] * length + k), numbers);
    }
    const __m128i score = _mm_add_epi32(sums4(sum), _mm_i32gather_epi32(starts, four, 4));
    const __mmask8 near = _mm_mask_cmpge_epi32_mask(there, score, limit);
    const int found = __builtin_popcount(near);
    const __mmask8 front = (__mmask8)((1 << found) - 1);
    _mm_mask_storeu_epi32(rows + kept, front, _mm_maskz_compress_epi32(near, four));
    _mm_mask_storeu_epi32(scores + kept, front, _mm_maskz_compress_epi32(near, score));
    kept += found;
  }
  return kept;
}

PC_VNNI_TARGET static long filter_vnni(
    const uint8_t *values, const int32_t *starts, long length, const int8_t *query, int32_t least, int32_t *rows,
    long count, int32_t *scores) {
  return length == 256 ? filter_rows(values, starts, 256, query, least, rows, count, scores)
                       : filter_rows(values, starts, length, query, least, rows, count, scores);
}

VISIT(vnni, PC_VNNI_TARGET)

#define SKETCH_CALL(NAME, ...)                                                      \
  (pc_has_avx512_vnni() ? NAME##_vnni(__VA_ARGS__)                                  \
                        : pc_has_avx2() ? NAME##_avx2(__VA_ARGS__) : NAME##_portable(__VA_ARGS__))
#else
#define SKETCH_CALL(NAME, ...) NAME##_portable(__VA_ARGS__)
#endif

long pc_sketch_visit(
    const pc_sketch_level *levels, const pc_sketch_queries *queries, int level_count, long block, const double *reach,
    const int32_t *asked, long count, pc_sketch_found *found) {
  return SKETCH_CALL(visit, levels, queries, level_count, block, reach, asked, count, found);
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
