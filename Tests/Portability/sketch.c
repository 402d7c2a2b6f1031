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
  enum { ROWS = 3 * BLOCK };
  begin_kernel("pc_sketch_panels");
  const uint8_t *rows = random_rows(ROWS * LENGTH);
  uint8_t *panels = zeroed(ROWS * LENGTH, 1);
  pc_sketch_panels(rows, ROWS, panels);
  for (int64_t row = 0; row < ROWS; row++)
    for (int64_t i = 0; i < LENGTH; i++)
      same(panels[(row / LANES * (LENGTH / 4) + i / 4) * LANES * 4 + row % LANES * 4 + i % 4], rows[row * LENGTH + i]);
  end_kernel();
}

// The sketches of some rows at one level: as the library lays them out, and one row after another.
typedef struct {
  pc_sketch_level level;
  const uint8_t *rows;
} sketched_rows;

enum { BLOCKS = 2, ROWS = BLOCKS * BLOCK, EMPTY = 3 };

static sketched_rows random_level(int64_t length, int is_in_panels, double scale) {
  const uint8_t *rows = random_rows(ROWS * length);
  int32_t *starts = random_starts(ROWS);
  for (int64_t row = ROWS - EMPTY; row < ROWS; row++) starts[row] = PC_SKETCH_NO_ROW;
  float *losses = zeroed(BLOCKS, sizeof(float));
  for (int64_t b = 0; b < BLOCKS; b++) losses[b] = (float)random_double();
  uint8_t *panels = zeroed(ROWS * length, 1);
  if (is_in_panels) pc_sketch_panels(rows, ROWS, panels);
  return (sketched_rows){{is_in_panels ? panels : rows, starts, losses, length, scale}, rows};
}

static pc_sketch_queries random_queries(int64_t count, int64_t length) {
  pc_sketch_query *queries = zeroed(count, sizeof(pc_sketch_query));
  const int8_t *integers = random_query(count * length);
  for (int64_t q = 0; q < count; q++) {
    queries[q].loss = random_double();
    for (int64_t i = 0; i < length; i++) {
      queries[q].squares += integers[q * length + i] * integers[q * length + i];
      queries[q].shift += 128 * integers[q * length + i];
    }
  }
  return (pc_sketch_queries){integers, queries};
}

// The lower bound of a distance, as the header states it, in the order of operations of the library.
static double lower_bound(const pc_sketch_level *level, double loss, const pc_sketch_query *query, double score) {
  const double square = query->squares - 2 * (score - (double)query->shift);
  return fmax(0, sqrt(fmax(0, square)) * level->scale - query->loss - loss);
}

static void check_visit(int level_count, int64_t third_length, int64_t fourth_length) {
  enum { QUERIES = 17 };
  const int64_t lengths[] = {LENGTH, LENGTH, third_length, fourth_length};
  sketched_rows all[4];
  pc_sketch_level levels[4];
  pc_sketch_queries queries[4];
  for (int l = 0; l < level_count; l++) {
    all[l] = random_level(lengths[l], l < 2, l == 0 ? 0.02 : 0.01);
    levels[l] = all[l].level;
    queries[l] = random_queries(QUERIES, lengths[l]);
  }
  // The sums of a second half are those of both.
  pc_sketch_query *second = zeroed(QUERIES, sizeof(pc_sketch_query));
  for (int q = 0; q < QUERIES; q++) {
    second[q] = queries[1].queries[q];
    second[q].squares += 4 * queries[0].queries[q].squares;
    second[q].shift += 4 * queries[0].queries[q].shift;
  }
  queries[1].queries = second;

  // Bounds of all rows; each query's reach is that of a middling row, of none and of all.
  double (*bounds)[ROWS] = zeroed(QUERIES * ROWS, sizeof(double)), *reach = zeroed(QUERIES, sizeof(double));
  double (*last)[ROWS] = zeroed(QUERIES * ROWS, sizeof(double));
  double (*later)[ROWS] = zeroed(QUERIES * ROWS, sizeof(double));
  for (int q = 0; q < QUERIES; q++) {
    for (int64_t row = 0; row < ROWS; row++) {
      double half = 0;
      for (int l = 0; l < level_count; l++) {
        const int64_t length = lengths[l];
        double value = score(
            all[l].rows + row * length, levels[l].starts[row], queries[l].integers + q * length, length);
        if (l == 0) half = value;
        if (l == 1) value += 4 * half;
        last[q][row] = lower_bound(levels + l, levels[l].losses[row / BLOCK], queries[l].queries + q, value);
        if (row >= ROWS - EMPTY) last[q][row] = INFINITY;
        bounds[q][row] = fmax(bounds[q][row], last[q][row]);
        // A first half rules rows out together with their neighbours or not at all.
        if (l > 0) later[q][row] = fmax(later[q][row], last[q][row]);
      }
    }
    reach[q] = q % 4 == 3 ? 0 : q % 4 == 2 ? INFINITY : bounds[q][q * 13];
  }

  int32_t *asked = zeroed(QUERIES - 1, sizeof(int32_t));
  for (int i = 0; i < QUERIES - 1; i++) asked[i] = (i * 5 + 2) % QUERIES;
  pc_sketch_found *found = zeroed((QUERIES - 1) * BLOCK, sizeof(pc_sketch_found));
  for (int64_t block = 0; block < BLOCKS; block++) {
    const long count = pc_sketch_visit(levels, queries, level_count, block, reach, asked, QUERIES - 1, found);
    long next = 0;
    for (int i = 0; i < QUERIES - 1; i++) {
      const int32_t q = asked[i];
      for (int32_t row = 0; row < BLOCK; row++) {
        const int is_found = next < count && found[next].query == q && found[next].row == row;
        const double least = bounds[q][block * BLOCK + row];
        // Limits are scores, whole numbers, and one lower for safety: a bound that is hardly larger may pass.
        if (least <= reach[q] && least < INFINITY) same(is_found, 1);
        if (later[q][block * BLOCK + row] > reach[q] + 0.1) same(is_found, 0);
        if (!is_found) continue;
        near(found[next].bound, last[q][block * BLOCK + row], 1e-12 * (1 + last[q][block * BLOCK + row]));
        next++;
      }
    }
    same((double)next, (double)count);
  }
}

static void check_visits(void) {
  begin_kernel("pc_sketch_visit");
  check_visit(3, 256, 0);
  check_visit(3, 128, 0);
  check_visit(4, 256, 384);
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
  check_visits();
  check_filter();
  check_rounding();
  check_order();
  check_sums();
}
