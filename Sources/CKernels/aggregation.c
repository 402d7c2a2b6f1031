#include "CKernelsAggregation.h"
#include "CKernelsProcessor.h"

enum { BLOCK = PC_WEIGHTED_SUM_BLOCK };

PC_CLONES
void pc_weighted_sum(const float *source, const int64_t *offsets, const float *weights, int64_t terms,
                     float *restrict target, int64_t length) {
  for (int64_t i = 0; i < length; i += BLOCK) {
    float sums[BLOCK] = {0};
    for (int64_t t = 0; t < terms; ++t) {
      const float *from = source + offsets[t] + i;
      const float weight = weights[t];
      for (int j = 0; j < BLOCK; ++j) sums[j] += weight * from[j];
    }
    for (int j = 0; j < BLOCK; ++j) target[i + j] = sums[j];
  }
}

// Four floats at any address; may_alias and aligned(4) allow plain loads and stores through it.
typedef float float4 __attribute__((vector_size(16)));
typedef float float4_unaligned __attribute__((vector_size(16), aligned(4), may_alias));

static inline void transpose_4x4(const float *from, int64_t fromStride, float *to, int64_t toStride) {
  const float4 a = *(const float4_unaligned *)from;
  const float4 b = *(const float4_unaligned *)(from + fromStride);
  const float4 c = *(const float4_unaligned *)(from + 2 * fromStride);
  const float4 d = *(const float4_unaligned *)(from + 3 * fromStride);
  const float4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const float4 ef = __builtin_shufflevector(a, b, 2, 6, 3, 7), gh = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(float4_unaligned *)to = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  *(float4_unaligned *)(to + toStride) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  *(float4_unaligned *)(to + 2 * toStride) = __builtin_shufflevector(ef, gh, 0, 1, 4, 5);
  *(float4_unaligned *)(to + 3 * toStride) = __builtin_shufflevector(ef, gh, 2, 3, 6, 7);
}

void pc_planes_to_rows(const float *planes, int64_t planeStride, int64_t count, int64_t height, int64_t width,
                       int64_t pitch, int64_t step, float *target, int64_t targetStride) {
  const int64_t quads = step == 1 ? width / 4 * 4 : 0;
  for (int64_t y = 0; y < height; ++y) {
    const float *row = planes + y * pitch;
    float *to = target + y * width * targetStride;
    for (int64_t x = 0; x < quads; x += 4) {
      int64_t t = 0;
      for (; t + 4 <= count; t += 4)
        transpose_4x4(row + t * planeStride + x, planeStride, to + x * targetStride + t, targetStride);
      for (; t < count; ++t)
        for (int64_t j = 0; j < 4; ++j) to[(x + j) * targetStride + t] = row[t * planeStride + x + j];
    }
    for (int64_t x = quads; x < width; ++x)
      for (int64_t t = 0; t < count; ++t) to[x * targetStride + t] = row[t * planeStride + x * step];
  }
}

PC_CLONES
void pc_add_interpolated(const float *source, int64_t sourceWidth, int64_t count, pc_axis rows, pc_axis columns,
                         float *restrict scratch, float *restrict target, int64_t targetStride) {
  const int64_t length = sourceWidth * count;
  for (int64_t y = 0; y < rows.count; ++y) {
    const float *above = source + rows.lower[y] * length, *below = source + rows.upper[y] * length;
    const float down = rows.fraction[y], up = 1 - down;
    for (int64_t i = 0; i < length; ++i) scratch[i] = up * above[i] + down * below[i];
    for (int64_t x = 0; x < columns.count; ++x) {
      const float *left = scratch + columns.lower[x] * count, *right = scratch + columns.upper[x] * count;
      const float toRight = columns.fraction[x], toLeft = 1 - toRight;
      float *to = target + (y * columns.count + x) * targetStride;
      for (int64_t t = 0; t < count; ++t) to[t] += toLeft * left[t] + toRight * right[t];
    }
  }
}

PC_CLONES
void pc_squared_distances(const float *query, const float *rows, int64_t count, int64_t dimension,
                          float *restrict distances) {
  for (int64_t row = 0; row < count; ++row) {
    const float *values = rows + row * dimension;
    float sums[BLOCK] = {0};
    int64_t i = 0;
    for (; i + BLOCK <= dimension; i += BLOCK)
      for (int j = 0; j < BLOCK; ++j) {
        const float difference = query[i + j] - values[i + j];
        sums[j] += difference * difference;
      }
    float sum = 0;
    for (; i < dimension; ++i) {
      const float difference = query[i] - values[i];
      sum += difference * difference;
    }
    for (int half = BLOCK / 2; half >= 1; half /= 2)
      for (int j = 0; j < half; ++j) sums[j] += sums[j + half];
    distances[row] = sum + sums[0];
  }
}
