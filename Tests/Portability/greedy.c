#include "check.h"

// Numbers of row `row` in panels of 16.
static float at(const float *panels, int64_t dimension, int64_t row, int64_t i) {
  return panels[(row / 16 * dimension + i) * 16 + row % 16];
}

static double distance(const float *panels, int64_t dimension, int64_t row, const float *pick) {
  double sum = 0;
  for (int64_t i = 0; i < dimension; i++) {
    const double difference = (double)at(panels, dimension, row, i) - pick[i];
    sum += difference * difference;
  }
  return sqrt(sum);
}

void check_greedy(void) {
  static const int64_t dimensions[] = {1, 7, 32, 129};
  // Whole and broken blocks of panels and of picks.
  static const int64_t panel_counts[] = {1, 4, 7}, pick_counts[] = {1, 8, 11};

  begin_kernel("pc_nearer");
  for (int n = 0; n < 4; n++)
    for (int p = 0; p < 3; p++)
      for (int c = 0; c < 3; c++) {
        const int64_t d = dimensions[n], panel_count = panel_counts[p], picks_count = pick_counts[c];
        const float *panels = random_floats(panel_count * 16 * d), *picks = random_floats(picks_count * d);
        float *distances = random_floats(panel_count * 16);
        // Some distances are already less than any to the picks.
        for (int64_t row = 0; row < panel_count * 16; row++) distances[row] = row % 5 ? INFINITY : 0.01f;
        pc_nearer(panels, panel_count, d, picks, picks_count, distances);
        for (int64_t row = 0; row < panel_count * 16; row++) {
          double least = row % 5 ? INFINITY : 0.01f;
          for (int64_t pick = 0; pick < picks_count; pick++)
            least = fmin(least, distance(panels, d, row, picks + pick * d));
          near(distances[row], least, sum_bound(2 * d, FLOAT_UNIT) * least);
        }
      }
  end_kernel();

  begin_kernel("pc_nearer_and_farthest");
  for (int n = 0; n < 4; n++)
    for (int p = 0; p < 3; p++) {
      const int64_t d = dimensions[n], panel_count = panel_counts[p], rows = panel_count * 16;
      const float *panels = random_floats(rows * d), *pick = random_floats(d);
      float *distances = zeroed(rows, sizeof(float)), *others = zeroed(rows, sizeof(float));
      for (int64_t row = 0; row < rows; row++) distances[row] = others[row] = row % 5 ? INFINITY : 0.01f;
      const long farthest = pc_nearer_and_farthest(panels, panel_count, d, pick, distances);
      pc_nearer(panels, panel_count, d, pick, 1, others);
      int64_t expected = 0;
      for (int64_t row = 0; row < rows; row++) {
        const double least = fmin(distance(panels, d, row, pick), row % 5 ? INFINITY : 0.01f);
        near(distances[row], least, sum_bound(2 * d, FLOAT_UNIT) * least);
        // The same number, whichever function computes it.
        same(others[row], distances[row]);
        if (distances[row] > distances[expected]) expected = row;
      }
      same((double)farthest, (double)expected);
    }
  end_kernel();
}
