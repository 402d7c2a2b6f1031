#pragma once

#include <stdint.h>

#include "CKernelsAggregation.h"
#include "CKernelsNetworks.h"
#include "CKernelsProcessor.h"
#include "CKernelsProxies.h"
#include "CKernelsSketch.h"
#include "CKernelsWinograd.h"

// distance.c: squared Euclidean distances, and the choice of near and far rows.

// The squared distance of two rows of d numbers: differences, squares and sum in double precision, in a fixed order.
double pc_squared_distance(const float *a, const float *b, long d);

// The sum of squares of a row of d numbers, in double precision.
double pc_squared_norm(const float *a, long d);

// Rows that may be among the k with the smallest values of norms[j] - 2 * products[j].
//
// Overwrites `products` with those values. Writes to `rows` the numbers of all rows whose value is not above the k-th
// smallest plus `slack`, ascending, and returns how many there are. `scratch` has room for n numbers. 1 <= k <= n.
long pc_near_rows(float *products, const float *norms, long n, long k, double slack, int32_t *rows, float *scratch);

// The `count` rows with the largest distances, equal ones by row number; written to `rows`, ascending. `scratch` has
// room for n numbers. 1 <= count <= n.
long pc_far_rows(const float *distances, long n, long count, int32_t *rows, float *scratch);

// triangle.c: |W x|^2 for a lower triangular W of d x d numbers, its rows of 1, 2, ... numbers one after another.
double pc_triangle_squared_norm(const float *triangle, const float *x, long d);

// greedy.c: distances for the greedy coreset. Rows lie in panels of 16: number i of the rows 16 p to 16 p + 15 stands
// at panels[(p * dimension + i) * 16]. A distance is the square root of a sum of squared differences in single
// precision, summed dimension after dimension, and so the same number whichever function computes it.

// Lowers each row's distance to that to the nearest of `count` picks, each `dimension` numbers, if that is less.
void pc_nearer(
    const float *panels, long panel_count, long dimension, const float *picks, long count, float *distances);

// Lowers each row's distance to that to one pick, and returns the row whose distance is then largest, the lowest such.
long pc_nearer_and_farthest(
    const float *panels, long panel_count, long dimension, const float *pick, float *distances);

// Writes the rows with the given numbers (NULL: the first ones) as panels; what the last has no row for is filled up
// with zeros.
void pc_pack_panels(const float *rows, long dimension, const int32_t *numbers, long count, float *panels);

// Of some rows, those with a distance above 0 and a group below `newest`, ordered by group and among equals as they
// came. Returns how many there are; `places` has room for newest + 1 numbers.
long pc_group_rows(
    const int32_t *rows, long count, const int32_t *groups, const float *distances, int32_t newest, int32_t *places,
    int32_t *sorted);

// The rows less a centre, rounded to bfloat16, two numbers in 32 bits (a last odd one beside 0); and half the squared
// norms of what was rounded.
void pc_sketch_rows(
    const float *rows, long count, long dimension, const float *centre, uint32_t *sketches, float *halves);

// The same as pc_nearer, sooner on processors with products of bfloat16: these give lower bounds of the distances, and
// the distance itself is computed where the bound is below the present one. `sketches` and `halves` are those of the
// picks; `scratch` has room for 16 * (dimension + 1) numbers.
void pc_nearer_sketched(
    const float *panels, long panel_count, long dimension, const float *centre, const float *picks,
    const uint32_t *sketches, const float *halves, long count, float *distances, uint32_t *scratch);

// Convolutional networks (convolution.c). Maps are float32 in CHW order.

/// A square window that slides over maps of height x width, and the size of what comes out.
typedef struct {
  int64_t height, width;
  int64_t kernel, stride, padding;
  int64_t out_height, out_width;
} pc_window;

/// Lays out the inputs of the output pixels [first, first + count) as columns:
/// (channels * kernel * kernel) x count, zeros for padding.
void pc_unfold(
    const float *input, pc_window window, int64_t channels, int64_t first, int64_t count, float *columns);

/// weight (rows x depth) * columns (depth x count, rows `pitch` apart) + bias of each row + addend (may be NULL),
/// negative numbers set to 0 if relu. Rows of output and addend are `plane` apart.
///
/// Each sum runs over `depth` in order: parts of the columns may be computed apart with the same results.
void pc_multiply(
    const float *weight, int64_t rows, int64_t depth, const float *columns, int64_t pitch, int64_t count,
    const float *bias, const float *addend, int relu, float *output, int64_t plane);

/// Numbers of scratch that pc_convolve_channel needs for each input channel.
int64_t pc_convolve_scratch(pc_window window);

/// One output channel of a convolution over `channels` input channels: bias, addend (may be NULL) and relu included.
void pc_convolve_channel(
    const float *input, pc_window window, int64_t channels, const float *weight, float bias,
    const float *addend, int relu, float *output, float *scratch);

/// The maximum of each window; padding never wins.
void pc_max_pool_channel(const float *input, pc_window window, float *output);

/// The mean of each window; padding counts as zeros.
void pc_average_pool_channel(const float *input, pc_window window, float *output);

/// input * factor + offset + addend (may be NULL), negative numbers set to 0 if relu. `output` may be `input`.
void pc_scale_channel(
    const float *input, float factor, float offset, const float *addend, int relu, int64_t count, float *output);
