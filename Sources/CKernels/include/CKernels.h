#pragma once

#include <stdint.h>

// Convolutional networks (convolution.c). Maps are float32 in CHW order.

/// A square window that slides over maps of height x width, and the size of what comes out.
typedef struct {
  int64_t height, width;
  int64_t kernel, stride, padding;
  int64_t out_height, out_width;
} patchcore_window;

/// Lays out the inputs of the output pixels [first, first + count) as columns:
/// (channels * kernel * kernel) x count, zeros for padding.
void patchcore_unfold(
    const float *input, patchcore_window window, int64_t channels, int64_t first, int64_t count, float *columns);

/// One output channel of a convolution over `channels` input channels: bias, addend (may be NULL) and relu included.
void patchcore_convolve_channel(
    const float *input, patchcore_window window, int64_t channels, const float *weight, float bias,
    const float *addend, int relu, float *output);

/// The maximum of each window; padding never wins.
void patchcore_max_pool_channel(const float *input, patchcore_window window, float *output);

/// The mean of each window; padding counts as zeros.
void patchcore_average_pool_channel(const float *input, patchcore_window window, float *output);

/// input * factor + offset + addend (may be NULL), negative numbers set to 0 if relu. `output` may be `input`.
void patchcore_scale_channel(
    const float *input, float factor, float offset, const float *addend, int relu, int64_t count, float *output);
