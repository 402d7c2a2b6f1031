#include <stdlib.h>

#include "check.h"

enum { LENGTH = PC_SKETCH_LENGTH, BLOCK = PC_SKETCH_BLOCK, LANES = PC_SKETCH_LANES };

// A copy of bytes, with a page behind it.
static void *guarded(const void *from, int64_t count, int64_t size) {
  void *bytes = zeroed(count, size);
  memcpy(bytes, from, (size_t)(count * size));
  return bytes;
}

static uint8_t *random_rows(int64_t count) {
  uint8_t *rows = zeroed(count, 1);
  // All 256 values: the largest products too.
  for (int64_t i = 0; i < count; i++) rows[i] = (uint8_t)(random_double() * 256);
  return rows;
}

static int8_t *random_query(int64_t count) {
  int8_t *query = zeroed(count, 1);
  for (int64_t i = 0; i < count; i++) query[i] = (int8_t)(random_double() * 255 - 127);
  return query;
}

static int32_t *random_starts(int64_t count) {
  int32_t *starts = zeroed(count, sizeof(int32_t));
  for (int64_t i = 0; i < count; i++) starts[i] = (int32_t)(random_double() * -400000);
  return starts;
}

static int32_t score(const uint8_t *row, int32_t start, const int8_t *query, int64_t length) {
  int32_t sum = start;
  for (int64_t i = 0; i < length; i++) sum += row[i] * query[i];
  return sum;
}

static void check_panels(void) {
  enum { BLOCKS = 3, QUERIES = 8, ROWS = BLOCKS * BLOCK };
  begin_kernel("pc_sketch_panels");
  const uint8_t *rows = random_rows(ROWS * LENGTH);
  uint8_t *panels = zeroed(ROWS * LENGTH, 1);
  pc_sketch_panels(rows, ROWS, panels);
  for (int64_t row = 0; row < ROWS; row++)
    for (int64_t i = 0; i < LENGTH; i++)
      same(panels[(row / LANES * (LENGTH / 4) + i / 4) * LANES * 4 + row % LANES * 4 + i % 4], rows[row * LENGTH + i]);
  end_kernel();

  begin_kernel("pc_sketch_scan");
  for (int64_t queries = 1; queries <= QUERIES; queries += 7) {
    rows = random_rows(ROWS * LENGTH);
    panels = zeroed(ROWS * LENGTH, 1);
    pc_sketch_panels(rows, ROWS, panels);
    const int32_t *starts = random_starts(ROWS);
    const int8_t *query = random_query(queries * LENGTH);
    int32_t *best = zeroed(BLOCKS * queries, sizeof(int32_t));
    int32_t *lane_best = zeroed(queries * LANES, sizeof(int32_t));
    int32_t *lane_block = zeroed(queries * LANES, sizeof(int32_t));
    pc_sketch_scan(panels, starts, BLOCKS, query, queries, best, lane_best, lane_block);
    for (int64_t q = 0; q < queries; q++) {
      for (int64_t b = 0; b < BLOCKS; b++) {
        int32_t most = INT32_MIN;
        for (int64_t r = b * BLOCK; r < (b + 1) * BLOCK; r++) {
          const int32_t value = score(rows + r * LENGTH, starts[r], query + q * LENGTH, LENGTH);
          most = value > most ? value : most;
        }
        same(best[b * queries + q], most);
      }
      for (int64_t lane = 0; lane < LANES; lane++) {
        int32_t most = INT32_MIN, block = 0;
        for (int64_t r = lane; r < ROWS; r += LANES) {
          const int32_t value = score(rows + r * LENGTH, starts[r], query + q * LENGTH, LENGTH);
          if (value > most) most = value, block = (int32_t)(r / BLOCK);
        }
        same(lane_best[q * LANES + lane], most);
        same(lane_block[q * LANES + lane], block);
      }
    }
  }
  end_kernel();

  begin_kernel("pc_sketch_rescan");
  rows = random_rows(BLOCK * LENGTH);
  panels = zeroed(BLOCK * LENGTH, 1);
  pc_sketch_panels(rows, BLOCK, panels);
  const int32_t *starts = random_starts(BLOCK);
  const int8_t *query = random_query(LENGTH);
  const int32_t limits[] = {INT32_MIN, -300000, -150000, score(rows + 7 * LENGTH, starts[7], query, LENGTH), INT32_MAX};
  for (int n = 0; n < 5; n++) {
    int32_t *found = zeroed(BLOCK, sizeof(int32_t)), *scores = zeroed(BLOCK, sizeof(int32_t));
    const long count = pc_sketch_rescan(panels, starts, query, limits[n], found, scores);
    long expected = 0;
    for (int32_t r = 0; r < BLOCK; r++) {
      const int32_t value = score(rows + r * LENGTH, starts[r], query, LENGTH);
      if (value < limits[n]) continue;
      same(expected < count ? found[expected] : -1, r);
      same(expected < count ? scores[expected] : INT32_MIN, value);
      expected++;
    }
    same((double)count, (double)expected);
  }
  end_kernel();
}

static void check_filter(void) {
  begin_kernel("pc_sketch_filter");
  static const int64_t lengths[] = {64, 256, 1024}, counts[] = {1, 3, 4, 5, 41};
  for (int l = 0; l < 3; l++)
    for (int c = 0; c < 5; c++) {
      const int64_t length = lengths[l], count = counts[c], all = 60;
      const uint8_t *rows = random_rows(all * length);
      const int32_t *starts = random_starts(all);
      const int8_t *query = random_query(length);
      int32_t *tried = zeroed(count, sizeof(int32_t)), *scores = zeroed(count, sizeof(int32_t));
      for (int64_t i = 0; i < count; i++) tried[i] = (int32_t)(random_double() * (double)all);
      const int32_t *asked = guarded(tried, count, sizeof(int32_t));
      const int32_t least = score(rows + asked[count / 2] * length, starts[asked[count / 2]], query, length);
      const long kept = pc_sketch_filter(rows, starts, length, query, least, tried, count, scores);
      long expected = 0;
      for (int64_t i = 0; i < count; i++) {
        const int32_t value = score(rows + asked[i] * length, starts[asked[i]], query, length);
        if (value < least) continue;
        same(expected < kept ? tried[expected] : -1, asked[i]);
        same(expected < kept ? scores[expected] : INT32_MIN, value);
        expected++;
      }
      same((double)kept, (double)expected);
    }
  end_kernel();
}

static void check_rounding(void) {
  begin_kernel("pc_hadamard");
  static const int64_t lengths[] = {16, 64, 512};
  for (int l = 0; l < 3; l++) {
    const int64_t length = lengths[l], count = 2 * length;
    const float *values = random_floats(count);
    float *mixed = copied(values, count);
    pc_hadamard(mixed, count, length);
    for (int64_t piece = 0; piece < count; piece += length) {
      double norm = 0;
      for (int64_t i = 0; i < length; i++) norm += (double)values[piece + i] * values[piece + i];
      // Each of log2(length) steps and the factor round once, by a share of the norm that stays as it is.
      const double allowed = (log2((double)length) + 2) * FLOAT_UNIT * sqrt(norm) * 1.01;
      for (int64_t i = 0; i < length; i++) {
        double sum = 0;
        for (int64_t j = 0; j < length; j++)
          sum += values[piece + j] * (__builtin_popcountll((uint64_t)(i & j)) & 1 ? -1.0 : 1.0);
        near(mixed[piece + i], sum / sqrt((double)length), allowed);
      }
    }
  }
  end_kernel();

  begin_kernel("pc_quantise");
  static const int64_t counts[] = {16, 64, 336};
  for (int c = 0; c < 3; c++) {
    const int64_t count = counts[c];
    const float *values = random_floats(count), scale = 0.006f;
    int8_t *integers = zeroed(count, 1);
    const double lost = pc_quantise(values, count, scale, integers);
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
      // Numbers beyond 127 steps are cut off; halves may go either way, by the rounding of the quotient.
      const double quotient = fmax(-127, fmin(127, (double)values[i] / scale));
      near(integers[i], quotient, 0.5 + 127 * 4 * FLOAT_UNIT);
      const double left = (double)values[i] - (double)scale * integers[i];
      sum += left * left;
    }
    near(lost, sqrt(sum), sum_bound(2 * count, DOUBLE_UNIT) * sqrt(sum));
  }
  end_kernel();
}

static int by_number(const void *a, const void *b) { return *(const int32_t *)a - *(const int32_t *)b; }

static void check_order(void) {
  begin_kernel("pc_order_rows");
  enum { COUNT = 1000, PITCH = 5, AXES = 3, LEAF = 64 };
  float *coordinates = random_floats(COUNT * PITCH);
  // Equal coordinates go by row number.
  for (int64_t i = 0; i < COUNT; i += 3) coordinates[i * PITCH + 1] = 0.25f;
  for (int64_t i = 0; i < COUNT; i++) coordinates[i * PITCH + 1] *= 10;
  int32_t *rows = zeroed(COUNT, sizeof(int32_t));
  for (int32_t i = 0; i < COUNT; i++) rows[i] = i;
  pc_order_rows(coordinates, PITCH, AXES, rows, COUNT, LEAF);
  // The first cut goes through the widest coordinate: no row on the left is behind one on the right.
  const int64_t left = (COUNT / 2 + LEAF - 1) / LEAF * LEAF;
  float last = -INFINITY, first = INFINITY;
  for (int64_t i = 0; i < COUNT; i++) {
    const float value = coordinates[rows[i] * PITCH + 1];
    if (i < left) last = fmaxf(last, value);
    else first = fminf(first, value);
  }
  same(last <= first, 1);
  // The left half is cut again, by some coordinate.
  const int64_t quarter = (left / 2 + LEAF - 1) / LEAF * LEAF;
  int is_cut = 0;
  for (int axis = 0; axis < AXES; axis++) {
    float before = -INFINITY, after = INFINITY;
    for (int64_t i = 0; i < left; i++) {
      const float value = coordinates[rows[i] * PITCH + axis];
      if (i < quarter) before = fmaxf(before, value);
      else after = fminf(after, value);
    }
    is_cut |= before <= after;
  }
  same(is_cut, 1);
  // Cannot fail here: puts the order itself among the bits by which runs on two processors are told to agree.
  for (int64_t i = 0; i < COUNT; i++) same(rows[i], rows[i]);
  qsort(rows, COUNT, sizeof(int32_t), by_number);
  for (int32_t i = 0; i < COUNT; i++) same(rows[i], i);
  end_kernel();
}

static void check_sums(void) {
  begin_kernel("pc_subtract_rows");
  const float *rows = random_floats(3 * 37), *mean = random_floats(37);
  float *differences = zeroed(3 * 37, sizeof(float));
  pc_subtract_rows(rows, mean, 3, 37, differences);
  for (int i = 0; i < 3 * 37; i++) same(differences[i], rows[i] - mean[i % 37]);
  end_kernel();

  begin_kernel("pc_accumulate");
  const float *values = random_floats(101);
  double *sums = zeroed(101, sizeof(double));
  for (int i = 0; i < 101; i++) sums[i] = i;
  pc_accumulate(values, 101, sums);
  for (int i = 0; i < 101; i++) same(sums[i], (double)i + values[i]);
  end_kernel();
}

void check_sketch(void) {
  check_panels();
  check_filter();
  check_rounding();
  check_order();
  check_sums();
}
