#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "CKernels.h"

// Units of rounding.
#define FLOAT_UNIT 0x1p-24
#define DOUBLE_UNIT 0x1p-53

// What a sum of `terms` products may be off by, as a share of the sum of the magnitudes, in whatever order and with or
// without fused operations it is computed: n u / (1 - n u) (Higham, Accuracy and Stability of Numerical Algorithms
// (2002), section 3.1), with two more roundings for each term's own arithmetic and one for what is added to the sum.
static inline double sum_bound(int64_t terms, double unit) {
  const double n = (double)(terms + 3) * unit;
  return n / (1 - n);
}

// Memory for `count` numbers, all of them random in [-1, 1), with a page behind them that ends the program when it is
// touched. Freed by end_kernel.
float *random_floats(int64_t count);
double random_double(void);

// As random_floats, for any numbers; all bytes 0.
void *zeroed(int64_t count, int64_t size);

// A copy of `count` numbers, with a page behind it as above.
float *copied(const float *from, int64_t count);

// The checks of one kernel stand between these. end_kernel prints the largest error as a share of what is allowed, and
// a number made of all the bits that were compared, by which runs on two processors can be told to agree.
void begin_kernel(const char *name);
void end_kernel(void);

// Fails if `found` is further from `expected` than `allowed`.
void near(double found, double expected, double allowed);

// Fails if the numbers differ.
void same(double found, double expected);

// Checks by file.
void check_aggregation(void);
void check_convolution(void);
void check_distances(void);
void check_greedy(void);
void check_networks(void);
void check_proxies(void);
void check_sketch(void);
