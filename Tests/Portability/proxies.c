#include "check.h"

// A squared distance below this share of the squared norms counts as 0; numbers near it are not used here.
#define LEAST_SHARE 0x1p-20

// Roundings of a distance: its square is off by 4 units of the norms at most, and the root by one of its own.
static double distance_bound(double square, double norms) {
  return 4 * FLOAT_UNIT * norms / (2 * sqrt(square)) + 2 * FLOAT_UNIT * sqrt(square);
}

static void check_weights(void) {
  begin_kernel("pc_proxy_weights");
  for (int64_t n = 1; n < 90; n += 11) {
    const float scale = n % 2 ? 3.0f : -40.0f, norm = 2.5f;
    float *products = random_floats(n), *norms = random_floats(n), *weights = zeroed(n, sizeof(float));
    for (int64_t i = 0; i < n; i++) norms[i] = 2 + norms[i];
    // One that cannot be told from the row itself.
    products[n / 2] = (norms[n / 2] + norm) / 2;
    const float *given = copied(products, n);
    pc_proxy_weights(products, weights, norms, norm, n, scale);
    double sum = 0, top = -INFINITY, most = 0, total = 0;
    for (int64_t i = 0; i < n; i++) {
      const double both = (double)norms[i] + norm, square = both - 2 * (double)given[i];
      if (square <= LEAST_SHARE * both) same(products[i], 0);
      else near(products[i], sqrt(square), distance_bound(square, both));
      top = fmax(top, (double)scale * products[i]);
      most = fmax(most, fabs((double)scale * products[i]));
    }
    for (int64_t i = 0; i < n; i++) sum += exp(scale * (double)products[i] - top);
    for (int64_t i = 0; i < n; i++) {
      const double expected = exp(scale * (double)products[i] - top) / sum;
      // The exponent is off by two roundings of its size, the exponential, the inverse and the product by a few units;
      // e^-64 counts as 0.
      near(weights[i], expected, (4 * most + 16) * FLOAT_UNIT * expected + exp(-64));
      total += weights[i];
    }
    near(total, 1, ((double)n + 16) * FLOAT_UNIT);
  }
  end_kernel();
}

static void check_slopes(void) {
  begin_kernel("pc_proxy_slopes");
  for (int64_t n = 1; n < 90; n += 11) {
    float *products = random_floats(n), *distances = random_floats(n), *weights = random_floats(n);
    for (int64_t i = 0; i < n; i++) distances[i] = i % 7 == 3 ? 0 : 2 + distances[i];
    const float *given = copied(products, n);
    const float offset = 0.3f, factor = -1.7f;
    pc_proxy_slopes(products, distances, weights, offset, factor, n);
    for (int64_t i = 0; i < n; i++) {
      const double difference = (double)given[i] - offset;
      const double expected = distances[i] > 0 ? factor * (double)weights[i] * difference / distances[i] : 0;
      // Four operations, one rounding each.
      near(products[i], expected, sum_bound(4, FLOAT_UNIT) * fabs(expected));
    }
  }
  end_kernel();
}

static void check_transposition(void) {
  begin_kernel("pc_transpose");
  for (int64_t rows = 1; rows < 40; rows += 9)
    for (int64_t columns = 1; columns < 40; columns += 15) {
      const int64_t pitch = columns + 2, target_pitch = rows + 1;
      const float *source = random_floats((rows - 1) * pitch + columns);
      float *target = zeroed(columns * target_pitch, sizeof(float));
      pc_transpose(source, rows, columns, pitch, 0.7f, target, target_pitch);
      for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) {
          const double expected = 0.7f * (double)source[i * pitch + j];
          near(target[j * target_pitch + i], expected, FLOAT_UNIT * fabs(expected));
        }
    }
  end_kernel();
}

static void check_steps(void) {
  begin_kernel("pc_adam");
  for (int64_t count = 1; count < 70; count += 17) {
    const pc_adam_step step = {0.9f, 0.999f, 0.01f, 1.4f, 1e-8f};
    const float pull = 0.2f;
    float *values = random_floats(count), *first = random_floats(count), *second = random_floats(count);
    const float *gradient = random_floats(count);
    for (int64_t i = 0; i < count; i++) second[i] = 0.5f + fabsf(second[i]);
    const float *value = copied(values, count), *mean = copied(first, count), *square = copied(second, count);
    pc_adam(values, gradient, first, second, count, pull, step);
    for (int64_t i = 0; i < count; i++) {
      const double slope = gradient[i] + (double)pull * value[i];
      const double size = fabs((double)gradient[i]) + fabs((double)pull * value[i]);
      const double beta1 = step.beta1, beta2 = step.beta2;
      // Sums of two terms, whose factors are differences and products of four roundings at most.
      const double bound = sum_bound(6, FLOAT_UNIT);
      near(
          first[i], beta1 * mean[i] + (1 - beta1) * slope, bound * (fabs(beta1 * mean[i]) + (1 - beta1) * size));
      near(
          second[i], beta2 * square[i] + (1 - beta2) * slope * slope,
          bound * (beta2 * square[i] + (1 - beta2) * size * size));
      // From the mean and the square as they were found.
      const double change = step.rate * (double)first[i] / (sqrt((double)second[i]) * step.root + step.epsilon);
      near(values[i], value[i] - change, bound * (fabs((double)value[i]) + fabs(change)));
    }
  }
  end_kernel();
}

void check_proxies(void) {
  check_weights();
  check_slopes();
  check_transposition();
  check_steps();
}
