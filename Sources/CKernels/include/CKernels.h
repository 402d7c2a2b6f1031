#pragma once

#include <stdint.h>

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

// greedy.c: distances for the greedy coreset. Rows lie in panels of 16: number i of the rows 16 p to 16 p + 15 stands
// at panels[(p * dimension + i) * 16]. A distance is the square root of a sum of squared differences in single
// precision, summed dimension after dimension, and so the same number whichever function computes it.

// Lowers each row's distance to that to the nearest of `count` picks, each `dimension` numbers, if that is less.
void pc_nearer(
    const float *panels, long panel_count, long dimension, const float *picks, long count, float *distances);

// Lowers each row's distance to that to one pick, and returns the row whose distance is then largest, the lowest such.
long pc_nearer_and_farthest(
    const float *panels, long panel_count, long dimension, const float *pick, float *distances);
