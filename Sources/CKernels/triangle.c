#include "CKernels.h"

#include <string.h>

typedef float v16 __attribute__((vector_size(64), aligned(4), may_alias));

// Sums of 16 lanes in single precision, row by row, whose squares are added in double precision. The triangle is read
// once, so memory decides the speed.
PC_CLONES double pc_triangle_squared_norm(const float *triangle, const float *x, long d) {
  double total = 0;
  for (long row = 0; row < d; row++) {
    long length = row + 1, i = 0;
    v16 sum = {0};
    for (; i + 16 <= length; i += 16) sum += *(const v16 *)(triangle + i) * *(const v16 *)(x + i);
    float lanes[16];
    memcpy(lanes, &sum, sizeof lanes);
    for (int width = 8; width > 0; width /= 2)
      for (int lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];
    float value = lanes[0];
    for (; i < length; i++) value += triangle[i] * x[i];
    total += (double)value * (double)value;
    triangle += length;
  }
  return total;
}
