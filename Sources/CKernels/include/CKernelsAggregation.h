#pragma once
#include <stdint.h>

// Kernels of the patch aggregators and scorers. All run on the calling thread; every element is computed in one order
// whatever its place, so that results do not depend on how the caller cuts the work.

/// Floats that may be read or written behind `length` by pc_weighted_sum, which works in blocks of this size.
enum { PC_WEIGHTED_SUM_BLOCK = 64 };

/// target[i] = sum over t of weights[t] * source[offsets[t] + i], for i below length, rounded up to whole blocks.
void pc_weighted_sum(const float *source, const int64_t *offsets, const float *weights, int64_t terms, float *target,
                     int64_t length);

/// target[(y * width + x) * targetStride + t] = planes[t * planeStride + y * pitch + x * step], for t below count.
void pc_planes_to_rows(const float *planes, int64_t planeStride, int64_t count, int64_t height, int64_t width,
                       int64_t pitch, int64_t step, float *target, int64_t targetStride);

/// Where the samples of an axis come from in linear interpolation: target i takes
/// (1 - fraction[i]) * source[lower[i]] + fraction[i] * source[upper[i]].
typedef struct {
  const int32_t *lower;
  const int32_t *upper;
  const float *fraction;
  int64_t count;
} pc_axis;

/// Adds the bilinear interpolation of a grid of vectors (source: rows x sourceWidth x count) to a larger grid of vectors
/// whose places are targetStride apart. scratch holds sourceWidth * count floats.
void pc_add_interpolated(const float *source, int64_t sourceWidth, int64_t count, pc_axis rows, pc_axis columns,
                         float *scratch, float *target, int64_t targetStride);

/// distances[i] = squared Euclidean distance of query to row i, summed in 32-bit floats over 64 partial sums.
void pc_squared_distances(const float *query, const float *rows, int64_t count, int64_t dimension, float *distances);
