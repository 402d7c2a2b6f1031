#pragma once

#include <stdint.h>

// winograd.c: 3x3 convolutions of stride 1 and padding 1 in bfloat16 by Winograd's algorithm with tiles of 2x2 results.
// Needs AVX-512 with BF16.
//
// Lavin and Gray, *Fast Algorithms for Convolutional Neural Networks* (2016), section 4.1: 16 products for each channel
// of a tile instead of 36. Transformed numbers and weights are rounded to bfloat16, which takes denormal numbers for
// zero; sums are float32. Each tile is computed by itself, so that no division of the work changes a number.

typedef struct {
  /// height x width x inputs; inputs is a multiple of 16.
  const uint16_t *map;
  long height, width, inputs;
  /// A multiple of 64.
  long outputs;
  /// What pc_winograd_weights made, at a multiple of 64 bytes, and `outputs` numbers.
  const uint16_t *weights;
  const float *bias;
  /// Whether what stands in the result is added, and whether then the larger of 0 and the sum is taken.
  int adds, has_relu;
} pc_winograd;

/// Transforms weights of outputs x inputs x 3 x 3 numbers into 16 x inputs x outputs numbers.
void pc_winograd_weights(const float *weights, long inputs, long outputs, uint16_t *transformed);

/// How many pieces the work has.
long pc_winograd_pieces(const pc_winograd *layer);

/// Bytes of scratch memory, which begins at a multiple of 64 bytes, that each call needs beside other calls.
long pc_winograd_scratch(const pc_winograd *layer);

/// Pieces `begin` to `end` of the result, height x width x outputs.
void pc_winograd_run(const pc_winograd *layer, long begin, long end, void *scratch, uint16_t *result);
