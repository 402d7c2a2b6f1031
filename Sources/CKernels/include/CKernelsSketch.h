#pragma once

#include <stdint.h>

// Sketches (sketch.c): short rows of 8-bit integers whose distances bound those of long rows from below.
//
// A number v of a row is stored as v + 128, without a sign, and a number of a query with its sign. A score is
//
//     start of the row + sum over the stored numbers of the row times those of the query
//
// in 32 bits, which must not overflow. Sketches come in levels, coarse to fine. The first two are halves of one sketch:
// four times the score of the first, whose steps are twice as long, and that of the second make its score. Scores
// are the same on every processor. So is what is found, but for rows that the first half alone would rule out.

/// Numbers of a row of the first two levels, which are laid out in panels.
enum { PC_SKETCH_LENGTH = 64 };
/// Rows of a block.
enum { PC_SKETCH_BLOCK = 256 };
/// Rows of a panel: row r of panel p has its numbers 4 g to 4 g + 3 at panels[(p * 16 + g) * 64 + r * 4].
enum { PC_SKETCH_LANES = 16 };
/// The start of a slot without a row: no score reaches a limit.
enum { PC_SKETCH_NO_ROW = -(1 << 30) };

/// One level of all blocks.
typedef struct {
  /// Numbers of all rows: in panels, or one row after another.
  const uint8_t *values;
  const int32_t *starts;
  /// Per block, how far a sketch times `scale` is from what it rounds, at most.
  const float *losses;
  /// Numbers of a row, a multiple of 64.
  long length;
  double scale;
} pc_sketch_level;

/// What is known of one query at one level.
typedef struct {
  /// How far the integers times the level's scale are from what they round.
  double loss;
  /// Sum of squares of the integers, those of a first half counted four times.
  double squares;
  /// What the 128 added to each number of a row adds to a score.
  int64_t shift;
} pc_sketch_query;

/// All queries at one level.
typedef struct {
  /// `length` numbers for each.
  const int8_t *integers;
  const pc_sketch_query *queries;
} pc_sketch_queries;

/// A row that may be within reach of a query.
typedef struct {
  int32_t query;
  /// Its number within the block.
  int32_t row;
  /// No distance of this row is smaller.
  double bound;
} pc_sketch_found;

/// The rows of a block that no level says to be out of reach, query by query in their order, rows ascending; the
/// first half of a sketch rules out 64 rows together, on some processors only for six queries together.
///
/// Distances of sketches times `scale`, less the losses, are at most those of the rows.
///
/// - levels, queries: 3 or 4 levels, the first two in panels.
/// - reach: for each query the distance within which rows are wanted; may be infinite.
/// - asked: numbers of `count` queries, all different.
/// - found: room for PC_SKETCH_BLOCK of each query asked.
/// - Returns: how many were found.
long pc_sketch_visit(
    const pc_sketch_level *levels, const pc_sketch_queries *queries, int level_count, long block, const double *reach,
    const int32_t *asked, long count, pc_sketch_found *found);

/// Keeps those of `count` rows whose score with a query is not below `least`, in their order; returns how many.
///
/// - values: all rows, `length` numbers each, one row after another; `length` is a multiple of 64.
/// - starts: of all rows.
/// - rows: the numbers of the rows to try; overwritten.
/// - scores: the scores of the rows kept.
long pc_sketch_filter(
    const uint8_t *values, const int32_t *starts, long length, const int8_t *query, int32_t least, int32_t *rows,
    long count, int32_t *scores);

/// Lays out rows of PC_SKETCH_LENGTH numbers, one after another, in panels. `count` is a multiple of 16.
void pc_sketch_panels(const uint8_t *rows, long count, uint8_t *panels);

/// The orthonormal Walsh-Hadamard transform of each of `count` / `length` pieces, in place; `length` is a power of 2,
/// at least 16.
void pc_hadamard(float *values, long count, long length);

/// Rounds finite values / scale to integers from -127 to 127 and returns the root of the sum of squares of what is
/// lost. `count` is a multiple of 16.
double pc_quantise(const float *values, long count, float scale, int8_t *integers);

/// Orders rows so that near ones stand side by side: halves them again and again at the median of the coordinate that
/// varies most, until `leaf` or fewer are left. Equal coordinates go by row number.
///
/// - coordinates: `pitch` numbers from one row to the next; the first `axes` of each count.
/// - rows: row numbers; reordered.
void pc_order_rows(const float *coordinates, long pitch, long axes, int32_t *rows, long count, long leaf);

/// Subtracts one row of `length` numbers from each of `count` rows.
void pc_subtract_rows(const float *rows, const float *subtrahend, long count, long length, float *differences);

/// sums[i] += values[i].
void pc_accumulate(const float *values, long count, double *sums);
