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

static void check_panels(void) {
  begin_kernel("pc_pack_panels");
  static const int64_t counts[] = {1, 16, 37};
  for (int c = 0; c < 3; c++)
    for (int named = 0; named < 2; named++) {
      const int64_t count = counts[c], d = 9, all = 50, panels_count = (count + 15) / 16;
      const float *rows = random_floats(all * d);
      int32_t *numbers = zeroed(count, sizeof(int32_t));
      for (int64_t i = 0; i < count; i++) numbers[i] = named ? (int32_t)((i * 7 + 3) % all) : (int32_t)i;
      float *panels = random_floats(panels_count * 16 * d);
      pc_pack_panels(rows, d, named ? numbers : 0, count, panels);
      for (int64_t row = 0; row < panels_count * 16; row++)
        for (int64_t i = 0; i < d; i++)
          same(at(panels, d, row, i), row < count ? rows[numbers[row] * d + i] : 0);
    }
  end_kernel();

  begin_kernel("pc_group_rows");
  enum { COUNT = 200, NEWEST = 6 };
  int32_t *rows = zeroed(COUNT, sizeof(int32_t)), *groups = zeroed(2 * COUNT, sizeof(int32_t));
  int32_t *places = zeroed(NEWEST + 1, sizeof(int32_t)), *sorted = zeroed(COUNT, sizeof(int32_t));
  float *distances = zeroed(2 * COUNT, sizeof(float));
  for (int32_t i = 0; i < COUNT; i++) {
    rows[i] = 2 * i;
    groups[2 * i] = (int32_t)(random_double() * (NEWEST + 1));
    distances[2 * i] = i % 9 ? 1 : i % 2 ? 0 : -1;
  }
  const long found = pc_group_rows(rows, COUNT, groups, distances, NEWEST, places, sorted);
  long expected = 0;
  for (int32_t group = 0; group < NEWEST; group++)
    for (int32_t i = 0; i < COUNT; i++)
      if (groups[2 * i] == group && distances[2 * i] > 0) {
        same(expected < found ? sorted[expected] : -1, 2 * i);
        expected++;
      }
  same((double)found, (double)expected);
  end_kernel();
}

static float bfloat16(uint32_t bits) {
  float value;
  bits <<= 16;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static void check_sketches(void) {
  begin_kernel("pc_sketch_rows");
  static const int64_t lengths[] = {1, 2, 33};
  for (int l = 0; l < 3; l++) {
    const int64_t d = lengths[l], pairs = (d + 1) / 2, count = 5;
    const float *rows = random_floats(count * d), *centre = random_floats(d);
    uint32_t *sketches = zeroed(count * pairs, sizeof(uint32_t));
    float *halves = zeroed(count, sizeof(float));
    pc_sketch_rows(rows, count, d, centre, sketches, halves);
    for (int64_t row = 0; row < count; row++) {
      double sum = 0;
      for (int64_t i = 0; i < 2 * pairs; i++) {
        const float value = bfloat16(sketches[row * pairs + i / 2] >> (i % 2 ? 16 : 0) & 0xffff);
        const double exact = i < d ? (double)rows[row * d + i] - centre[i] : 0;
        // 8 significant bits, and the rounding of the difference before.
        near(value, exact, fabs(exact) * (0x1p-8 + FLOAT_UNIT));
        sum += (double)value * value;
      }
      near(halves[row], sum / 2, sum * FLOAT_UNIT);
    }
  }
  end_kernel();

  begin_kernel("pc_nearer_sketched");
  static const int64_t dimensions[] = {1, 7, 64}, panel_counts[] = {1, 3, 4}, pick_counts[] = {1, 8, 140};
  for (int n = 0; n < 3; n++)
    for (int p = 0; p < 3; p++)
      for (int c = 0; c < 3; c++) {
        const int64_t d = dimensions[n], panel_count = panel_counts[p], count = pick_counts[c];
        const int64_t pairs = (d + 1) / 2, rows = panel_count * 16;
        const float *panels = random_floats(rows * d), *picks = random_floats(count * d), *centre = random_floats(d);
        uint32_t *sketches = zeroed(count * pairs, sizeof(uint32_t)), *scratch = zeroed(16 * (d + 1), sizeof(uint32_t));
        float *halves = zeroed(count, sizeof(float));
        pc_sketch_rows(picks, count, d, centre, sketches, halves);
        float *distances = zeroed(rows, sizeof(float)), *others = zeroed(rows, sizeof(float));
        // Rows without a distance, with one that few picks are within, and with one that is hard to tell from theirs.
        for (int64_t row = 0; row < rows; row++)
          distances[row] = others[row] =
              row % 3 == 0 ? INFINITY : row % 3 == 1 ? 0.3f * sqrtf((float)d) : (float)distance(panels, d, row, picks);
        pc_nearer(panels, panel_count, d, picks, count, others);
        pc_nearer_sketched(
            panels, panel_count, d, centre, picks, sketches, halves, count, distances, scratch);
        // The same number. Where this file stands for an older processor than the one at hand, the functions for
        // that one alone are fused.
#ifdef target_clones
        const double share = sum_bound(2 * d, FLOAT_UNIT);
#else
        const double share = 0;
#endif
        for (int64_t row = 0; row < rows; row++) near(distances[row], others[row], share * others[row]);
      }
  end_kernel();
}

void check_greedy(void) {
  check_panels();
  check_sketches();

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
