#include "CKernels.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define PC_INLINE static inline __attribute__((always_inline))

typedef float v16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t i16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef double d16 __attribute__((vector_size(128)));

// A squared distance below this share of the two squared norms is all rounding, and counts as 0.
static const float least_share = 0x1p-20f;

// e^x for x not above 0, within 2 units in the last place; 0 below -64, which no sum of such numbers notices and which
// keeps denormal numbers out of the products. Vectors go by pointer: how they are passed depends on the processor.
PC_INLINE void exp16(v16 *x) {
  const v16 shift = (v16){0} + 0x1.8p23f;
  v16 shifted = *x * 0x1.715476p0f + shift;
  v16 power = shifted - shift;
  v16 rest = *x - power * 0x1.62e4p-1f;
  rest -= power * 0x1.7f7d1cp-20f;
  v16 value = rest * 1.3888889e-3f + 8.3333333e-3f;
  value = value * rest + 4.1666667e-2f;
  value = value * rest + 1.6666667e-1f;
  value = value * rest + 0.5f;
  value = value * rest + 1.0f;
  value = value * rest + 1.0f;
  i16 bits;
  memcpy(&bits, &shifted, sizeof bits);
  i16 scaled;
  memcpy(&scaled, &value, sizeof scaled);
  scaled += bits << 23;
  scaled &= (i16)(*x > -64.0f);
  memcpy(x, &scaled, sizeof scaled);
}

// The distances of 16 proxies to a row whose products with them stand at `products`.
PC_INLINE void distances16(v16 *products, const v16 *norms, float norm) {
  v16 both = *norms + norm;
  v16 square = both - 2.0f * *products;
  i16 bits;
  memcpy(&bits, &square, sizeof bits);
  bits &= (i16)(square > both * least_share);
  memcpy(&square, &bits, sizeof bits);
  *products = __builtin_elementwise_sqrt(square);
}

PC_INLINE void slopes16(
    v16 *products, const v16 *distances, const v16 *weights, float offset, float factor) {
  v16 slope = factor * *weights * (*products - offset) / *distances;
  i16 bits;
  memcpy(&bits, &slope, sizeof bits);
  bits &= (i16)(*distances > 0.0f);
  memcpy(products, &bits, sizeof bits);
}

PC_CLONES void pc_proxy_weights(
    float *products, float *weights, const float *norms, float norm, long n, float scale) {
  long whole = n & ~15L, rest = n - whole;
  v16 tail_products = {0}, tail_norms = {0}, most = (v16){0} - INFINITY;
  for (long k = 0; k < whole; k += 16) {
    distances16((v16 *)(products + k), (const v16 *)(norms + k), norm);
    most = __builtin_elementwise_max(most, scale * *(v16 *)(products + k));
  }
  float top = -INFINITY;
  for (int lane = 0; lane < 16; lane++) top = most[lane] > top ? most[lane] : top;
  if (rest) {
    memcpy(&tail_products, products + whole, (size_t)rest * sizeof(float));
    memcpy(&tail_norms, norms + whole, (size_t)rest * sizeof(float));
    distances16(&tail_products, &tail_norms, norm);
    memcpy(products + whole, &tail_products, (size_t)rest * sizeof(float));
    for (long lane = 0; lane < rest; lane++) {
      float exponent = scale * products[whole + lane];
      top = exponent > top ? exponent : top;
    }
  }
  d16 sums = {0};
  for (long k = 0; k < whole; k += 16) {
    v16 weight = scale * *(v16 *)(products + k) - top;
    exp16(&weight);
    *(v16 *)(weights + k) = weight;
    sums += __builtin_convertvector(weight, d16);
  }
  double sum = 0;
  for (int lane = 0; lane < 16; lane++) sum += sums[lane];
  if (rest) {
    v16 weight = scale * tail_products - top;
    exp16(&weight);
    memcpy(weights + whole, &weight, (size_t)rest * sizeof(float));
    for (long lane = 0; lane < rest; lane++) sum += weights[whole + lane];
  }
  float inverse = (float)(1 / sum);
  for (long k = 0; k < n; k++) weights[k] *= inverse;
}

PC_CLONES void pc_proxy_slopes(
    float *products, const float *distances, const float *weights, float offset, float factor, long n) {
  long whole = n & ~15L, rest = n - whole;
  for (long k = 0; k < whole; k += 16)
    slopes16((v16 *)(products + k), (const v16 *)(distances + k), (const v16 *)(weights + k), offset, factor);
  if (!rest) return;
  v16 product = {0}, distance = {0}, weight = {0};
  memcpy(&product, products + whole, (size_t)rest * sizeof(float));
  memcpy(&distance, distances + whole, (size_t)rest * sizeof(float));
  memcpy(&weight, weights + whole, (size_t)rest * sizeof(float));
  slopes16(&product, &distance, &weight, offset, factor);
  memcpy(products + whole, &product, (size_t)rest * sizeof(float));
}

PC_CLONES void pc_transpose(
    const float *source, long rows, long columns, long pitch, float factor, float *target, long target_pitch) {
  for (long first_row = 0; first_row < rows; first_row += 16)
    for (long first = 0; first < columns; first += 16) {
      long last_row = first_row + 16 < rows ? first_row + 16 : rows;
      long last = first + 16 < columns ? first + 16 : columns;
      for (long column = first; column < last; column++)
        for (long row = first_row; row < last_row; row++)
          target[column * target_pitch + row] = factor * source[row * pitch + column];
    }
}

PC_CLONES void pc_adam(
    float *values, const float *gradient, float *first, float *second, long count, float pull, pc_adam_step step) {
  long whole = count & ~15L;
  for (long i = 0; i < whole; i += 16) {
    v16 *value = (v16 *)(values + i), *mean = (v16 *)(first + i), *square = (v16 *)(second + i);
    v16 slope = *(const v16 *)(gradient + i) + pull * *value;
    *mean = step.beta1 * *mean + (1 - step.beta1) * slope;
    *square = step.beta2 * *square + (1 - step.beta2) * slope * slope;
    *value -= step.rate * *mean / (__builtin_elementwise_sqrt(*square) * step.root + step.epsilon);
  }
  for (long i = whole; i < count; i++) {
    float slope = gradient[i] + pull * values[i];
    first[i] = step.beta1 * first[i] + (1 - step.beta1) * slope;
    second[i] = step.beta2 * second[i] + (1 - step.beta2) * slope * slope;
    values[i] -= step.rate * first[i] / (sqrtf(second[i]) * step.root + step.epsilon);
  }
}
