// The loops of convolutional networks on maps in CHW order that are no matrix product.

#include "CKernels.h"

#include <math.h>
#include <string.h>

// Results are computed this many at a time.
enum { LANES = 16 };
typedef float floats __attribute__((vector_size(4 * LANES), aligned(4)));
typedef int32_t masks __attribute__((vector_size(4 * LANES), aligned(4)));

static inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

// The outputs o with 0 <= o * stride + shift < size, as [first, last).
static inline void reach(int64_t shift, int64_t size, int64_t stride, int64_t outputs, int64_t *first, int64_t *last) {
  *first = shift >= 0 ? 0 : smaller(outputs, (-shift + stride - 1) / stride);
  *last = shift >= size ? 0 : smaller(outputs, (size - 1 - shift) / stride + 1);
  *last = larger(*last, *first);
}

// Every `stride`-th number of a row.
static inline __attribute__((always_inline)) void take_columns(
    float *restrict target, const float *restrict row, int64_t low, int64_t high, int64_t stride) {
  if (stride == 1) {
    memcpy(target + low, row + low, (size_t)(high - low) * sizeof(float));
  } else if (stride == 2 && high - low >= LANES) {
    for (int64_t start = low; start < high; start += LANES) {
      // The last vector starts early enough to be whole; nothing is read beyond the last number wanted.
      const int64_t i = smaller(start, high - LANES);
      const floats near = *(const floats *)(row + 2 * i), far = *(const floats *)(row + 2 * i + LANES - 1);
      *(floats *)(target + i) =
          __builtin_shufflevector(near, far, 0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31);
    }
  } else {
    for (int64_t i = low; i < high; i++) target[i] = row[i * stride];
  }
}

PC_CLONES void pc_unfold(
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
          take_columns(target, row, low, high, stride);
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

// Copies at most LANES numbers; a call of memcpy takes longer than the rest of a narrow map's row.
static inline __attribute__((always_inline)) void copy_few(float *target, const float *source, int64_t count) {
  enum { HALF = LANES / 2 };
  if (count >= HALF) {
    memcpy(target, source, HALF * sizeof(float));
    memmove(target + count - HALF, source + count - HALF, HALF * sizeof(float));
  } else {
    for (int64_t i = 0; i < count; i++) target[i] = source[i];
  }
}

// Writes the first `count` of `sums`, at most LANES, after addend (may be NULL, may be `target`) and relu.
static inline __attribute__((always_inline)) void finish(
    const floats *sums, const float *addend, int relu, int64_t count, float *target) {
  floats result = *sums, other = {0};
  if (addend && count >= LANES) other = *(const floats *)addend;
  if (addend && count < LANES) copy_few((float *)&other, addend, count);
  result += other;
  // Written so that a NaN stays a NaN.
  if (relu) result = (floats)((masks)result & ~(result < 0));
  if (count >= LANES) *(floats *)target = result;
  if (count < LANES) copy_few(target, (const float *)&result, count);
}

// A tile of a product: `tall` rows, of which `rows` are wanted, times `wide` vectors, of which `count` columns are
// wanted. Each sum runs over k in order, so that it does not depend on the tile.
static inline __attribute__((always_inline)) void multiply_tile(
    const float *weight, int64_t pitch, const float *panel, int64_t depth, int64_t rows, int64_t count,
    const float *bias, const float *addend, int relu, float *output, int64_t plane, const int tall, const int wide) {
  floats sums[8][2];
  const float *line[8];
  for (int r = 0; r < tall; r++) {
    line[r] = weight + smaller(r, rows - 1) * pitch;
    for (int v = 0; v < wide; v++) sums[r][v] = (floats){0};
  }
  for (int64_t k = 0; k < depth; k++) {
    for (int r = 0; r < tall; r++) {
      for (int v = 0; v < wide; v++) sums[r][v] += line[r][k] * ((const floats *)panel)[k * wide + v];
    }
  }
  for (int r = 0; r < tall; r++) {
    if (r >= rows) break;
    for (int v = 0; v < wide; v++) {
      const int64_t at = r * plane + v * LANES;
      if (bias) sums[r][v] += bias[r];
      finish(&sums[r][v], addend ? addend + at : 0, relu, count - v * LANES, output + at);
    }
  }
}

PC_CLONES void pc_multiply(
    const float *weight, int64_t rows, int64_t depth, const float *columns, int64_t pitch, int64_t count,
    const float *bias, const float *addend, int relu, float *output, int64_t plane) {
  // Terms of the sums taken at a time: their panel fits the first cache, their weights the second.
  enum { TERMS = 256 };
  float panel[TERMS * 2 * LANES] __attribute__((aligned(64)));
  // Tiles as large as the registers hold: 32 of LANES numbers, or as many as 32 of a quarter or 16 of half of that.
#if defined(__x86_64__)
  const int large = __builtin_cpu_supports("x86-64-v4");
#else
  const int large = 0;
#endif
  for (int64_t first = 0; first < depth; first += TERMS) {
    const int64_t terms = smaller(TERMS, depth - first);
    const int ends = first + terms == depth;
    for (int64_t x = 0; x < count;) {
      const int64_t wide = large && count - x > LANES ? 2 : 1;
      const int64_t taken = smaller(count - x, wide * LANES);
      for (int64_t k = 0; k < terms; k++) {
        const float *source = columns + (first + k) * pitch + x;
        floats *target = (floats *)panel + k * wide;
        if (taken == wide * LANES) {
          for (int64_t v = 0; v < wide; v++) target[v] = ((const floats *)source)[v];
        } else {
          for (int64_t v = 0; v < wide; v++) target[v] = (floats){0};
          memcpy(target, source, (size_t)taken * sizeof(float));
        }
      }
      // Later terms are added to what stands there.
      for (int64_t row = 0; row < rows; row += large ? 8 : 6) {
        const float *factors = weight + row * depth + first;
        float *target = output + row * plane + x;
        const float *other = first > 0 ? target : addend ? addend + row * plane + x : 0;
        const float *start = first > 0 ? 0 : bias + row;
        const int64_t left = rows - row;
        const int cut = relu && ends;
        if (wide == 2) {
          multiply_tile(factors, depth, panel, terms, left, taken, start, other, cut, target, plane, 8, 2);
        } else if (large) {
          multiply_tile(factors, depth, panel, terms, left, taken, start, other, cut, target, plane, 8, 1);
        } else {
          multiply_tile(factors, depth, panel, terms, left, taken, start, other, cut, target, plane, 6, 1);
        }
      }
      x += taken;
    }
  }
}

// Rows of outputs computed together.
enum { TALL = 4 };

// One channel with its padding, its columns sorted by their number modulo stride, so that outputs side by side read
// inputs side by side: number i of the columns that leave r is number r * `length` + i of a row. Long enough for whole
// vectors and blocks of rows.
typedef struct { int64_t rows, length; } padded_plane;

static inline padded_plane padded(pc_window window) {
  const int64_t rows = (window.out_height + TALL - 1) / TALL * TALL;
  const int64_t columns = (window.out_width + LANES - 1) / LANES * LANES;
  return (padded_plane){(rows - 1) * window.stride + window.kernel, columns + (window.kernel - 1) / window.stride};
}

int64_t pc_convolve_scratch(pc_window window) {
  const padded_plane plane = padded(window);
  return plane.rows * plane.length * window.stride;
}

// Copies a channel into its padded plane.
static inline __attribute__((always_inline)) void pad(const float *input, pc_window window, float *scratch) {
  const padded_plane plane = padded(window);
  memset(scratch, 0, (size_t)(plane.rows * plane.length * window.stride) * sizeof(float));
  const int64_t rows = smaller(window.height, plane.rows - window.padding);
  for (int64_t phase = 0; phase < window.stride; phase++) {
    int64_t low, high;
    reach(phase - window.padding, window.width, window.stride, plane.length, &low, &high);
    for (int64_t y = 0; y < rows; y++) {
      const float *row = input + y * window.width + phase - window.padding;
      float *target = scratch + ((y + window.padding) * window.stride + phase) * plane.length;
      take_columns(target, row, low, high, window.stride);
    }
  }
}

// Each row of inputs is read once for all the outputs of a block that take it in.
static inline __attribute__((always_inline)) void convolve_padded(
    pc_window window, int64_t channels, const float *weight, float bias, const float *addend, int relu, float *output,
    const float *scratch, const int64_t kernel, const int64_t stride) {
  const padded_plane plane = padded(window);
  const int64_t pitch = plane.length * stride;
  for (int64_t oy = 0; oy < window.out_height; oy += TALL) {
    for (int64_t start = 0; start < window.out_width; start += LANES) {
      // The last vector of a row starts early enough to be whole.
      const int64_t x = smaller(start, larger(0, window.out_width - LANES));
      floats sums[TALL];
      for (int r = 0; r < TALL; r++) sums[r] = (floats){0} + bias;
      for (int64_t channel = 0; channel < channels; channel++) {
        const float *first = scratch + (channel * plane.rows + oy * stride) * pitch + x;
        const float *factors = weight + channel * kernel * kernel;
        for (int64_t kx = 0; kx < kernel; kx++) {
          const float *source = first + kx % stride * plane.length + kx / stride;
          for (int64_t y = 0; y < (TALL - 1) * stride + kernel; y++) {
            const floats values = *(const floats *)(source + y * pitch);
            for (int r = 0; r < TALL; r++) {
              const int64_t ky = y - r * stride;
              if (ky >= 0 && ky < kernel) sums[r] += factors[ky * kernel + kx] * values;
            }
          }
        }
      }
      for (int r = 0; r < TALL && oy + r < window.out_height; r++) {
        const int64_t at = (oy + r) * window.out_width + x;
        // Processors do not foresee writes to so many rows in turn.
        __builtin_prefetch(output + at + TALL * window.out_width, 1);
        finish(&sums[r], addend ? addend + at : 0, relu, window.out_width - x, output + at);
      }
    }
  }
}

PC_CLONES void pc_convolve_channel(
    const float *input, pc_window window, int64_t channels, const float *weight, float bias,
    const float *addend, int relu, float *output, float *scratch) {
  for (int64_t channel = 0; channel < channels; channel++) {
    pad(input + channel * window.height * window.width, window, scratch + channel * pc_convolve_scratch(window));
  }
  // The forms that networks are full of are compiled with their loops unrolled.
#define CONVOLVE(kernel, stride) \
  convolve_padded(window, channels, weight, bias, addend, relu, output, scratch, kernel, stride)
  if (window.kernel == 3 && window.stride == 1) {
    CONVOLVE(3, 1);
  } else if (window.kernel == 3 && window.stride == 2) {
    CONVOLVE(3, 2);
  } else if (window.kernel == 5 && window.stride == 1) {
    CONVOLVE(5, 1);
  } else {
    CONVOLVE(window.kernel, window.stride);
  }
#undef CONVOLVE
}

PC_CLONES void pc_max_pool_channel(const float *input, pc_window window, float *output) {
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

PC_CLONES void pc_average_pool_channel(const float *input, pc_window window, float *output) {
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

PC_CLONES void pc_scale_channel(
    const float *input, float factor, float offset, const float *addend, int relu, int64_t count, float *output) {
  if (addend) {
    for (int64_t i = 0; i < count; i++) output[i] = input[i] * factor + offset + addend[i];
  } else {
    for (int64_t i = 0; i < count; i++) output[i] = input[i] * factor + offset;
  }
  if (relu) for (int64_t i = 0; i < count; i++) output[i] = output[i] < 0 ? 0 : output[i];
}
