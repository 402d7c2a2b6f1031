// The loops of convolutional networks on maps in CHW order that are no matrix product.

#include "CKernels.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#define MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MULTIVERSION
#endif

static inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

// The outputs o with 0 <= o * stride + shift < size, as [first, last).
static inline void reach(int64_t shift, int64_t size, int64_t stride, int64_t outputs, int64_t *first, int64_t *last) {
  *first = shift >= 0 ? 0 : smaller(outputs, (-shift + stride - 1) / stride);
  *last = shift >= size ? 0 : smaller(outputs, (size - 1 - shift) / stride + 1);
  *last = larger(*last, *first);
}

void pc_unfold(
    const float *input, pc_window window, int64_t channels, int64_t first, int64_t count, float *columns) {
  const int64_t stride = window.stride;
  for (int64_t channel = 0; channel < channels; channel++) {
    const float *plane = input + channel * window.height * window.width;
    for (int64_t ky = 0; ky < window.kernel; ky++) {
      for (int64_t kx = 0; kx < window.kernel; kx++, columns += count) {
        int64_t lower, upper;
        reach(kx - window.padding, window.width, stride, window.out_width, &lower, &upper);
        for (int64_t done = 0; done < count;) {
          const int64_t oy = (first + done) / window.out_width, ox = (first + done) % window.out_width;
          const int64_t end = smaller(window.out_width, ox + count - done);
          float *target = columns + done - ox;
          const int64_t y = oy * stride + ky - window.padding;
          int64_t low = smaller(larger(lower, ox), end), high = larger(smaller(upper, end), low);
          if (y < 0 || y >= window.height) low = high = end;
          const float *row = plane + y * window.width + kx - window.padding;
          for (int64_t x = ox; x < low; x++) target[x] = 0;
          if (stride == 1) {
            if (high > low) memcpy(target + low, row + low, (size_t)(high - low) * sizeof(float));
          } else {
            for (int64_t x = low; x < high; x++) target[x] = row[x * stride];
          }
          for (int64_t x = high; x < end; x++) target[x] = 0;
          done += end - ox;
        }
      }
    }
  }
}

// One row of outputs takes one element of the window from one row of inputs.
static inline __attribute__((always_inline)) void accumulate(
    float *restrict target, const float *restrict row, int64_t low, int64_t high, int64_t stride, float weight) {
  if (stride == 1) {
    for (int64_t x = low; x < high; x++) target[x] += weight * row[x];
  } else if (stride == 2) {
    for (int64_t x = low; x < high; x++) target[x] += weight * row[2 * x];
  } else {
    for (int64_t x = low; x < high; x++) target[x] += weight * row[stride * x];
  }
}

static inline __attribute__((always_inline)) void take_maximum(
    float *restrict target, const float *restrict row, int64_t low, int64_t high, int64_t stride) {
  if (stride == 1) {
    for (int64_t x = low; x < high; x++) target[x] = target[x] >= row[x] ? target[x] : row[x];
  } else if (stride == 2) {
    for (int64_t x = low; x < high; x++) target[x] = target[x] >= row[2 * x] ? target[x] : row[2 * x];
  } else {
    for (int64_t x = low; x < high; x++) target[x] = target[x] >= row[stride * x] ? target[x] : row[stride * x];
  }
}

MULTIVERSION void pc_convolve_channel(
    const float *input, pc_window window, int64_t channels, const float *weight, float bias,
    const float *addend, int relu, float *output) {
  for (int64_t oy = 0; oy < window.out_height; oy++) {
    float *target = output + oy * window.out_width;
    for (int64_t x = 0; x < window.out_width; x++) target[x] = bias;
    const float *factor = weight;
    for (int64_t channel = 0; channel < channels; channel++) {
      const float *plane = input + channel * window.height * window.width;
      for (int64_t ky = 0; ky < window.kernel; ky++) {
        const int64_t y = oy * window.stride + ky - window.padding;
        for (int64_t kx = 0; kx < window.kernel; kx++, factor++) {
          if (y < 0 || y >= window.height) continue;
          int64_t low, high;
          reach(kx - window.padding, window.width, window.stride, window.out_width, &low, &high);
          const float *row = plane + y * window.width + kx - window.padding;
          accumulate(target, row, low, high, window.stride, *factor);
        }
      }
    }
    if (addend) {
      const float *other = addend + oy * window.out_width;
      for (int64_t x = 0; x < window.out_width; x++) target[x] += other[x];
    }
    // Written so that a NaN stays a NaN.
    if (relu) for (int64_t x = 0; x < window.out_width; x++) target[x] = target[x] < 0 ? 0 : target[x];
  }
}

MULTIVERSION void pc_max_pool_channel(const float *input, pc_window window, float *output) {
  for (int64_t oy = 0; oy < window.out_height; oy++) {
    float *target = output + oy * window.out_width;
    for (int64_t x = 0; x < window.out_width; x++) target[x] = -INFINITY;
    for (int64_t ky = 0; ky < window.kernel; ky++) {
      const int64_t y = oy * window.stride + ky - window.padding;
      if (y < 0 || y >= window.height) continue;
      for (int64_t kx = 0; kx < window.kernel; kx++) {
        int64_t low, high;
        reach(kx - window.padding, window.width, window.stride, window.out_width, &low, &high);
        take_maximum(target, input + y * window.width + kx - window.padding, low, high, window.stride);
      }
    }
  }
}

MULTIVERSION void pc_average_pool_channel(const float *input, pc_window window, float *output) {
  const float area = (float)(window.kernel * window.kernel);
  for (int64_t oy = 0; oy < window.out_height; oy++) {
    float *target = output + oy * window.out_width;
    memset(target, 0, (size_t)window.out_width * sizeof(float));
    for (int64_t ky = 0; ky < window.kernel; ky++) {
      const int64_t y = oy * window.stride + ky - window.padding;
      if (y < 0 || y >= window.height) continue;
      for (int64_t kx = 0; kx < window.kernel; kx++) {
        int64_t low, high;
        reach(kx - window.padding, window.width, window.stride, window.out_width, &low, &high);
        accumulate(target, input + y * window.width + kx - window.padding, low, high, window.stride, 1.0f);
      }
    }
    for (int64_t x = 0; x < window.out_width; x++) target[x] /= area;
  }
}

MULTIVERSION void pc_scale_channel(
    const float *input, float factor, float offset, const float *addend, int relu, int64_t count, float *output) {
  if (addend) {
    for (int64_t i = 0; i < count; i++) output[i] = input[i] * factor + offset + addend[i];
  } else {
    for (int64_t i = 0; i < count; i++) output[i] = input[i] * factor + offset;
  }
  if (relu) for (int64_t i = 0; i < count; i++) output[i] = output[i] < 0 ? 0 : output[i];
}
