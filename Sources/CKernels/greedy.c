#include "CKernels.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef float v16 __attribute__((vector_size(64), aligned(4), may_alias));

// The squared distances of 16 * PANELS rows to PICKS picks. Each distance is summed in one lane, dimension after
// dimension, so it is the same number whatever the shape of the tile it is computed in.
#define DISTANCES(PANELS, PICKS, panel, dimension, pick, sum)                               \
  v16 sum[PANELS][PICKS] = {0};                                                             \
  for (long i = 0; i < (dimension); i++) {                                                  \
    v16 row[PANELS];                                                                        \
    for (int r = 0; r < PANELS; r++) row[r] = *(const v16 *)((panel) + (r * (dimension) + i) * 16); \
    for (int c = 0; c < PICKS; c++)                                                         \
      for (int r = 0; r < PANELS; r++) {                                                    \
        v16 difference = row[r] - pick(c)[i];                                               \
        sum[r][c] += difference * difference;                                               \
      }                                                                                     \
  }

// Brings the distances of 16 * PANELS rows down to those to picks `from` up to `to`.
#define NEARER(PANELS, PICKS)                                                               \
  for (; from + PICKS <= to; from += PICKS) {                                               \
    DISTANCES(PANELS, PICKS, panel, dimension, PICK, sum)                                   \
    for (int c = 0; c < PICKS; c++)                                                         \
      for (int r = 0; r < PANELS; r++) least[r] = __builtin_elementwise_min(least[r], sum[r][c]); \
  }

#define NEARER_PANELS(PANELS)                                                               \
  {                                                                                         \
    const float *panel = panels + p * 16 * dimension;                                       \
    v16 least[PANELS];                                                                      \
    for (int r = 0; r < PANELS; r++) least[r] = (v16){0} + INFINITY;                        \
    long from = 0, to = count;                                                              \
    NEARER(PANELS, 8)                                                                       \
    NEARER(PANELS, 1)                                                                       \
    for (int r = 0; r < PANELS; r++) {                                                      \
      v16 *held = (v16 *)(distances + (p + r) * 16);                                        \
      *held = __builtin_elementwise_min(*held, __builtin_elementwise_sqrt(least[r]));       \
    }                                                                                       \
  }

#define PICK(c) (picks + (from + (c)) * dimension)

PC_CLONES void pc_nearer(
    const float *panels, long panel_count, long dimension, const float *picks, long count, float *distances) {
  long p = 0;
  for (; p + 2 <= panel_count; p += 2) NEARER_PANELS(2)
  for (; p < panel_count; p++) NEARER_PANELS(1)
}

#undef PICK
#define PICK(c) pick

PC_CLONES long pc_nearer_and_farthest(
    const float *panels, long panel_count, long dimension, const float *pick, float *distances) {
  long p = 0;
  v16 most = (v16){0} - INFINITY;
  for (; p + 4 <= panel_count; p += 4) {
    DISTANCES(4, 1, panels + p * 16 * dimension, dimension, PICK, sum)
    for (int r = 0; r < 4; r++) {
      v16 root, held = *(v16 *)(distances + (p + r) * 16);
      root = __builtin_elementwise_sqrt(sum[r][0]);
      held = __builtin_elementwise_min(held, root);
      *(v16 *)(distances + (p + r) * 16) = held;
      most = __builtin_elementwise_max(most, held);
    }
  }
  for (; p < panel_count; p++) {
    DISTANCES(1, 1, panels + p * 16 * dimension, dimension, PICK, sum)
    v16 root, held = *(v16 *)(distances + p * 16);
    root = __builtin_elementwise_sqrt(sum[0][0]);
    held = __builtin_elementwise_min(held, root);
    *(v16 *)(distances + p * 16) = held;
    most = __builtin_elementwise_max(most, held);
  }
  float farthest = -INFINITY;
  for (int lane = 0; lane < 16; lane++) farthest = most[lane] > farthest ? most[lane] : farthest;
  for (long i = 0; i < panel_count * 16; i += 16) {
    v16 held = *(v16 *)(distances + i);
    int any = 0;
    for (int lane = 0; lane < 16; lane++) any |= held[lane] == farthest;
    if (!any) continue;
    for (int lane = 0; lane < 16; lane++)
      if (held[lane] == farthest) return i + lane;
  }
  return 0;
}

void pc_pack_panels(const float *rows, long dimension, const int32_t *numbers, long count, float *panels) {
  for (long first = 0; first < count; first += 16, panels += 16 * dimension) {
    if (count - first < 16) memset(panels, 0, (size_t)(16 * dimension) * sizeof(float));
    for (long lane = 0; lane < 16 && first + lane < count; lane++) {
      const float *row = rows + (numbers ? numbers[first + lane] : first + lane) * dimension;
      for (long i = 0; i < dimension; i++) panels[i * 16 + lane] = row[i];
    }
  }
}

long pc_group_rows(
    const int32_t *rows, long count, const int32_t *groups, const float *distances, int32_t newest, int32_t *places,
    int32_t *sorted) {
  memset(places, 0, (size_t)(newest + 1) * sizeof *places);
  for (long i = 0; i < count; i++)
    if (distances[rows[i]] > 0) places[groups[rows[i]]]++;
  int32_t total = 0;
  for (int32_t group = 0; group < newest; group++) {
    const int32_t size = places[group];
    places[group] = total;
    total += size;
  }
  for (long i = 0; i < count; i++)
    if (distances[rows[i]] > 0 && groups[rows[i]] < newest) sorted[places[groups[rows[i]]]++] = rows[i];
  return total;
}

// Sketches: rows less a centre, rounded to bfloat16.
//
// With b the sketch of x, |b - (x - c)| <= 2^-8 |x - c|, a little more with the rounding of the subtraction, and denormal
// numbers count as 0. So the distance of two rows is at least |b - b'| less the errors of both.

enum { chunk = 128 };

// The upper 16 bits of the nearest float32 whose other bits are 0; halves go to the even one.
static inline uint32_t to_bfloat16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

static inline float from_bfloat16(uint32_t bits) {
  float value;
  bits <<= 16;
  memcpy(&value, &bits, sizeof value);
  return value;
}

void pc_sketch_rows(
    const float *rows, long count, long dimension, const float *centre, uint32_t *sketches, float *halves) {
  const long pairs = (dimension + 1) / 2;
  for (long row = 0; row < count; row++, rows += dimension, sketches += pairs) {
    double sum = 0;
    for (long i = 0; i < dimension; i += 2) {
      const uint32_t low = to_bfloat16(rows[i] - centre[i]);
      const uint32_t high = i + 1 < dimension ? to_bfloat16(rows[i + 1] - centre[i + 1]) : 0;
      sum += (double)from_bfloat16(low) * from_bfloat16(low) + (double)from_bfloat16(high) * from_bfloat16(high);
      sketches[i / 2] = low | high << 16;
    }
    halves[row] = (float)(sum / 2);
  }
}

#if defined(__x86_64__)

static const float rounding = 0x1.02p-8f, least_norm = 0x1p-100f;

#define PC_BF16 __attribute__((target("arch=x86-64-v4,avx512bf16")))

// The product of sketches above which a row with a distance may be nearer to some pick; see pc_nearer_sketched.
PC_BF16 static inline v16 limits(v16 distances, v16 halves, float most, long dimension) {
  const float slack = (float)(dimension + 8) * 0x1p-23f;
  v16 norm = __builtin_elementwise_sqrt(2 * halves) + least_norm;
  v16 reach = distances * (1 + slack) + rounding * (norm + sqrtf(2 * most) + least_norm);
  v16 limit = halves - reach * reach * (0.5f * (1 + slack)) - slack * (halves + most + least_norm);
  // No distance is less than 0.
  return (v16)_mm512_mask_blend_ps(
      _mm512_cmp_ps_mask((__m512)distances, _mm512_setzero_ps(), _CMP_GT_OQ), _mm512_set1_ps(INFINITY), (__m512)limit);
}

#define PRODUCTS(PANELS, PICKS)                                                                          \
  for (; from + PICKS <= to; from += PICKS) {                                                            \
    __m512 sum[PANELS][PICKS];                                                                           \
    for (int c = 0; c < PICKS; c++)                                                                      \
      for (int r = 0; r < PANELS; r++) sum[r][c] = _mm512_set1_ps(-halves[from + c]);                     \
    const uint32_t *pick = sketches + from * pairs;                                                      \
    for (long i = 0; i < pairs; i++) {                                                                   \
      __m512bh row[PANELS];                                                                              \
      for (int r = 0; r < PANELS; r++) row[r] = (__m512bh)_mm512_loadu_si512(sketch + (r * pairs + i) * 16); \
      for (int c = 0; c < PICKS; c++) {                                                                  \
        const __m512bh value = (__m512bh)_mm512_set1_epi32((int)pick[c * pairs + i]);                    \
        for (int r = 0; r < PANELS; r++) sum[r][c] = _mm512_dpbf16_ps(sum[r][c], row[r], value);         \
      }                                                                                                  \
    }                                                                                                    \
    for (int r = 0; r < PANELS; r++)                                                                     \
      for (int c = 0; c < PICKS; c++) {                                                                  \
        near[r][nears[r]] = (int32_t)(from + c);                                                         \
        nears[r] += _mm512_cmp_ps_mask(sum[r][c], (__m512)limit[r], _CMP_NLE_UQ) != 0;                   \
      }                                                                                                  \
  }

#undef PICK
#define PICK(c) (picks + near[one][k + (c)] * dimension)

// One panel or two against picks, in chunks: products of sketches tell which picks may be nearer, distances decide.
#define SKETCHED_PANELS(PANELS)                                                                          \
  {                                                                                                      \
    const float *panel = panels + p * 16 * dimension;                                                    \
    v16 half[PANELS], limit[PANELS];                                                                     \
    for (int r = 0; r < PANELS; r++)                                                                     \
      half[r] = sketch_panel(panel + r * 16 * dimension, dimension, centre, sketch + r * pairs * 16);    \
    for (long first = 0; first < count; first += chunk) {                                                \
      long from = first;                                                                                 \
      const long to = first + chunk < count ? first + chunk : count;                                     \
      for (int r = 0; r < PANELS; r++)                                                                   \
        limit[r] = limits(*(v16 *)(distances + (p + r) * 16), half[r], most, dimension);                 \
      int nears[PANELS] = {0};                                                                           \
      PRODUCTS(PANELS, 8)                                                                                \
      PRODUCTS(PANELS, 1)                                                                                \
      for (int one = 0; one < PANELS; one++) {                                                           \
        v16 least = (v16){0} + INFINITY;                                                                 \
        long k = 0;                                                                                      \
        for (; k + 4 <= nears[one]; k += 4) {                                                              \
          DISTANCES(1, 4, panel + one * 16 * dimension, dimension, PICK, sums)                             \
          for (int c = 0; c < 4; c++) least = __builtin_elementwise_min(least, sums[0][c]);              \
        }                                                                                                \
        for (; k < nears[one]; k++) {                                                                      \
          DISTANCES(1, 1, panel + one * 16 * dimension, dimension, PICK, sums)                             \
          least = __builtin_elementwise_min(least, sums[0][0]);                                          \
        }                                                                                                \
        v16 *held = (v16 *)(distances + (p + one) * 16);                                                   \
        *held = __builtin_elementwise_min(*held, __builtin_elementwise_sqrt(least));                     \
      }                                                                                                  \
    }                                                                                                    \
  }

// The sketches of a panel, and half their squared norms.
PC_BF16 static v16 sketch_panel(const float *panel, long dimension, const float *centre, uint32_t *sketch) {
  __m512 half = _mm512_setzero_ps();
  for (long i = 0; i < dimension; i += 2) {
    const __m512 low = _mm512_sub_ps(_mm512_loadu_ps(panel + i * 16), _mm512_set1_ps(centre[i]));
    const __m512 high = i + 1 < dimension
        ? _mm512_sub_ps(_mm512_loadu_ps(panel + (i + 1) * 16), _mm512_set1_ps(centre[i + 1])) : _mm512_setzero_ps();
    const __m512i lows = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(low));
    const __m512i highs = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(high));
    const __m512i both = _mm512_or_si512(lows, _mm512_slli_epi32(highs, 16));
    _mm512_storeu_si512(sketch + i / 2 * 16, both);
    half = _mm512_dpbf16_ps(half, (__m512bh)both, (__m512bh)both);
  }
  return (v16)_mm512_mul_ps(half, _mm512_set1_ps(0.5f));
}

PC_BF16 static void nearer_sketched(
    const float *panels, long panel_count, long dimension, const float *centre, const float *picks,
    const uint32_t *sketches, const float *halves, long count, float *distances, uint32_t *sketch) {
  const long pairs = (dimension + 1) / 2;
  int32_t near[2][chunk + 1];
  float most = 0;
  for (long i = 0; i < count; i++) most = halves[i] > most ? halves[i] : most;
  long p = 0;
  for (; p + 2 <= panel_count; p += 2) SKETCHED_PANELS(2)
  for (; p < panel_count; p++) SKETCHED_PANELS(1)
}

// Whether no product of a pick with a row of finite norm can overflow.
static int finite_products(const float *halves, long count) {
  for (long i = 0; i < count; i++)
    if (!(halves[i] < 1e37f)) return 0;
  return 1;
}

#endif

void pc_nearer_sketched(
    const float *panels, long panel_count, long dimension, const float *centre, const float *picks,
    const uint32_t *sketches, const float *halves, long count, float *distances, uint32_t *scratch) {
#if defined(__x86_64__)
  if (pc_has_avx512_bf16() && finite_products(halves, count)) {
    nearer_sketched(
        panels, panel_count, dimension, centre, picks, sketches, halves, count, distances, scratch);
    return;
  }
#else
  (void)centre, (void)sketches, (void)halves, (void)scratch;
#endif
  pc_nearer(panels, panel_count, dimension, picks, count, distances);
}
