#pragma once

#include <stdint.h>

// networks.c: steps of a network for which oneDNN has slow functions or none. All need AVX-512, the first layer BF16.

/// Output channels of the first layer.
enum { PC_FIRST_LAYER_CHANNELS = 64 };
/// Pairs of numbers that make one of its sums: three channels of seven columns, and nothing, by seven rows.
enum { PC_FIRST_LAYER_PAIRS = 77 };
/// The narrowest and the lowest image that it takes.
enum { PC_FIRST_LAYER_LEAST = 11 };

/// The beginning of a ResNet: a 7x7 convolution of three planes with stride 2 and padding 3, the larger of 0 and that,
/// and the maximum of 3x3 with stride 2 and padding 1.
///
/// Image and weights are rounded to bfloat16, which takes denormal numbers for zero; sums are float32.
typedef struct {
  /// Three planes of height x width numbers.
  const float *image;
  long height, width;
  /// What pc_first_layer_weights made, at a multiple of 64 bytes, and PC_FIRST_LAYER_CHANNELS numbers.
  const uint16_t *weights;
  const float *bias;
  /// 8-bit steps in 1; 0 for a result in bfloat16.
  float steps;
} pc_first_layer;

/// Lays out weights of PC_FIRST_LAYER_CHANNELS x 3 x 7 x 7 numbers as PC_FIRST_LAYER_PAIRS x PC_FIRST_LAYER_CHANNELS
/// pairs.
void pc_first_layer_weights(const float *weights, uint16_t *pairs);

/// Bytes of scratch memory, which begins at a multiple of 64 bytes, that each call needs beside other calls.
long pc_first_layer_scratch(const pc_first_layer *layer);

/// Rows `begin` to `end` of the result, which has PC_FIRST_LAYER_CHANNELS numbers side by side for each place.
void pc_first_layer_rows(const pc_first_layer *layer, long begin, long end, void *scratch, void *result);

/// Types of numbers in maps.
typedef enum { PC_FLOAT32, PC_BFLOAT16, PC_UINT8, PC_INT8 } pc_number;

/// Takes a map of `places` x `channels` numbers apart into planes: channels `begin` to `end`, multiples of 16, of
/// `channels` x `places` numbers. 8-bit numbers are multiplied by `step`.
void pc_planes(
    const void *map, pc_number type, float step, long places, long channels, long begin, long end, float *planes);
