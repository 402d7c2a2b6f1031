#include "check.h"

static const int64_t lengths[] = {1, 2, 15, 16, 17, 64, 100, 257};
enum { LENGTHS = sizeof lengths / sizeof *lengths };

static double squared_distance(const float *a, const float *b, int64_t d) {
  double sum = 0;
  for (int64_t i = 0; i < d; i++) sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
  return sum;
}

static void check_squares(void) {
  begin_kernel("pc_squared_distance");
  for (int n = 0; n < LENGTHS; n++) {
    const int64_t d = lengths[n];
    const float *a = random_floats(d), *b = random_floats(d);
    const double expected = squared_distance(a, b, d);
    near(pc_squared_distance(a, b, d), expected, sum_bound(2 * d, DOUBLE_UNIT) * expected);
    same(pc_squared_distance(a, a, d), 0);
  }
  end_kernel();

  begin_kernel("pc_squared_norm");
  for (int n = 0; n < LENGTHS; n++) {
    const int64_t d = lengths[n];
    const float *a = random_floats(d), *zero = zeroed(d, sizeof(float));
    const double expected = squared_distance(a, zero, d);
    near(pc_squared_norm(a, d), expected, sum_bound(2 * d, DOUBLE_UNIT) * expected);
  }
  end_kernel();

  begin_kernel("pc_triangle_squared_norm");
  for (int n = 0; n < LENGTHS; n++) {
    const int64_t d = lengths[n];
    const float *triangle = random_floats(d * (d + 1) / 2), *x = random_floats(d), *row = triangle;
    double expected = 0, allowed = 0;
    for (int64_t i = 0; i < d; i++, row += i) {
      double value = 0, magnitude = 0;
      for (int64_t j = 0; j <= i; j++) {
        value += (double)row[j] * x[j];
        magnitude += fabs((double)row[j] * x[j]);
      }
      const double error = sum_bound(i + 1, FLOAT_UNIT) * magnitude;
      expected += value * value;
      allowed += (2 * fabs(value) + error) * error + sum_bound(2 * d, DOUBLE_UNIT) * value * value;
    }
    near(pc_triangle_squared_norm(triangle, x, d), expected, allowed);
  }
  end_kernel();
}

// How many of n numbers are below one.
static int64_t below(const float *values, int64_t n, float value) {
  int64_t count = 0;
  for (int64_t i = 0; i < n; i++) count += values[i] < value;
  return count;
}

static void check_choices(void) {
  static const int64_t counts[] = {1, 2, 63, 64, 65, 200, 333};
  enum { COUNTS = sizeof counts / sizeof *counts };

  begin_kernel("pc_near_rows");
  for (int c = 0; c < COUNTS; c++) {
    const int64_t n = counts[c];
    // One on the short list, one beyond it, and all.
    const int64_t choices[] = {1, n / 2 + 1, n};
    for (int choice = 0; choice < 3; choice++) {
      const int64_t k = choices[choice];
      for (int rounded = 0; rounded < 2; rounded++) {
        float *products = random_floats(n), *norms = random_floats(n), *scratch = zeroed(n, sizeof(float));
        int32_t *rows = zeroed(n, sizeof(int32_t));
        // Few distinct numbers, for ties.
        for (int64_t i = 0; rounded && i < n; i++) norms[i] = 0, products[i] = roundf(3 * products[i]);
        float *values = zeroed(n, sizeof(float));
        for (int64_t i = 0; i < n; i++) values[i] = (float)((double)norms[i] - 2 * (double)products[i]);
        float kth = -INFINITY;
        for (int64_t i = 0; i < n; i++)
          if (below(values, n, values[i]) < k && values[i] > kth) kth = values[i];
        const double slack = 0.125 * choice, limit = kth + slack;
        const long found = pc_near_rows(products, norms, n, k, slack, rows, scratch);
        long place = 0;
        for (int64_t i = 0; i < n; i++) {
          same(products[i], values[i]);
          const int is_found = place < found && rows[place] == i;
          place += is_found;
          // The limit may be rounded up to a float.
          if (values[i] <= limit || values[i] > limit + 2 * FLOAT_UNIT * fabs(limit)) same(is_found, values[i] <= limit);
        }
        same((double)place, (double)found);
      }
    }
  }
  end_kernel();

  begin_kernel("pc_far_rows");
  for (int c = 0; c < COUNTS; c++) {
    const int64_t n = counts[c];
    for (int64_t count = 1; count <= n; count += 1 + n / 3) {
      float *values = random_floats(n), *scratch = zeroed(n, sizeof(float));
      int32_t *rows = zeroed(count, sizeof(int32_t));
      for (int64_t i = 0; i < n; i++) values[i] = roundf(20 * values[i]);
      long expected = 0;
      same((double)pc_far_rows(values, n, count, rows, scratch), (double)count);
      for (int64_t i = 0; i < n; i++) {
        int64_t before = 0;
        for (int64_t j = 0; j < n; j++) before += values[j] > values[i] || (values[j] == values[i] && j < i);
        if (before < count) same(rows[expected++], (double)i);
      }
    }
  }
  end_kernel();
}

void check_distances(void) {
  check_squares();
  check_choices();
}
