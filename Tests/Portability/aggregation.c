#include "check.h"

static void check_sums(void) {
  begin_kernel("pc_weighted_sum");
  for (int64_t length = 1; length < 300; length += 63)
    for (int64_t terms = 1; terms < 12; terms += 5) {
      const int64_t blocks = (length + PC_WEIGHTED_SUM_BLOCK - 1) / PC_WEIGHTED_SUM_BLOCK * PC_WEIGHTED_SUM_BLOCK;
      const float *source = random_floats(blocks + 3 * (terms - 1)), *weights = random_floats(terms);
      int64_t *offsets = zeroed(terms, sizeof(int64_t));
      for (int64_t t = 0; t < terms; t++) offsets[t] = 3 * t;
      float *target = random_floats(blocks);
      pc_weighted_sum(source, offsets, weights, terms, target, length);
      for (int64_t i = 0; i < length; i++) {
        double sum = 0, magnitude = 0;
        for (int64_t t = 0; t < terms; t++) {
          sum += (double)weights[t] * source[offsets[t] + i];
          magnitude += fabs((double)weights[t] * source[offsets[t] + i]);
        }
        near(target[i], sum, sum_bound(terms, FLOAT_UNIT) * magnitude);
      }
    }
  end_kernel();

  begin_kernel("pc_squared_distances");
  for (int64_t d = 1; d < 300; d += 41) {
    const int64_t count = 5;
    const float *query = random_floats(d), *rows = random_floats(count * d);
    float *found = zeroed(count, sizeof(float));
    pc_squared_distances(query, rows, count, d, found);
    for (int64_t row = 0; row < count; row++) {
      double sum = 0;
      for (int64_t i = 0; i < d; i++) {
        const double difference = (double)query[i] - rows[row * d + i];
        sum += difference * difference;
      }
      near(found[row], sum, sum_bound(2 * d, FLOAT_UNIT) * sum);
    }
  }
  end_kernel();
}

static void check_layouts(void) {
  begin_kernel("pc_planes_to_rows");
  for (int64_t step = 1; step <= 2; step++)
    for (int64_t count = 1; count < 12; count += 3)
      for (int64_t width = 1; width < 14; width += 4) {
        const int64_t height = 3, pitch = width * step + 1, plane = height * pitch + 2, stride = count + 2;
        const float *planes = random_floats(count * plane);
        float *target = zeroed(height * width * stride, sizeof(float));
        pc_planes_to_rows(planes, plane, count, height, width, pitch, step, target, stride);
        for (int64_t y = 0; y < height; y++)
          for (int64_t x = 0; x < width; x++)
            for (int64_t t = 0; t < stride; t++) {
              // Numbers between the rows stay as they were.
              const float expected = t < count ? planes[t * plane + y * pitch + x * step] : 0;
              same(target[(y * width + x) * stride + t], expected);
            }
      }
  end_kernel();

  begin_kernel("pc_add_interpolated");
  for (int64_t count = 1; count < 40; count += 13) {
    enum { HEIGHT = 3, WIDTH = 4, ROWS = 7, COLUMNS = 9 };
    static const int32_t row_lower[ROWS] = {0, 0, 0, 1, 1, 2, 2}, row_upper[ROWS] = {0, 1, 1, 2, 2, 2, 2};
    static const float row_part[ROWS] = {0, 0.25f, 0.7f, 0.1f, 0.9f, 0, 0.3f};
    static const int32_t column_lower[COLUMNS] = {0, 0, 1, 1, 2, 2, 2, 3, 3};
    static const int32_t column_upper[COLUMNS] = {1, 1, 2, 2, 3, 3, 3, 3, 3};
    static const float column_part[COLUMNS] = {0, 0.4f, 0.1f, 0.6f, 0.2f, 0.5f, 0.8f, 0, 0.7f};
    const int64_t stride = count + 1;
    const float *source = random_floats(HEIGHT * WIDTH * count), *before = random_floats(ROWS * COLUMNS * stride);
    float *target = copied(before, ROWS * COLUMNS * stride), *scratch = zeroed(WIDTH * count, sizeof(float));
    pc_add_interpolated(
        source, WIDTH, count, (pc_axis){row_lower, row_upper, row_part, ROWS},
        (pc_axis){column_lower, column_upper, column_part, COLUMNS}, scratch, target, stride);
    for (int64_t y = 0; y < ROWS; y++)
      for (int64_t x = 0; x < COLUMNS; x++) {
        const int64_t place = (y * COLUMNS + x) * stride;
        for (int64_t t = 0; t < count; t++) {
          double sum = before[place + t], magnitude = fabs(sum);
          for (int corner = 0; corner < 4; corner++) {
            const int64_t row = corner < 2 ? row_lower[y] : row_upper[y];
            const int64_t column = corner % 2 ? column_upper[x] : column_lower[x];
            const double down = corner < 2 ? 1 - (double)row_part[y] : row_part[y];
            const double right = corner % 2 ? column_part[x] : 1 - (double)column_part[x];
            const double term = down * right * source[(row * WIDTH + column) * count + t];
            sum += term;
            magnitude += fabs(term);
          }
          // Each term goes through two products and two differences.
          near(target[place + t], sum, sum_bound(8, FLOAT_UNIT) * magnitude);
        }
        same(target[place + count], before[place + count]);
      }
  }
  end_kernel();
}

void check_aggregation(void) {
  check_sums();
  check_layouts();
}
