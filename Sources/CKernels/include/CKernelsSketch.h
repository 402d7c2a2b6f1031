#pragma once

#include <stdint.h>

// Sketches (sketch.c): short rows of 8-bit integers whose distances bound those of long rows from below.
//
// A number v of a row is stored as v + 128, without a sign, and a number of a query with its sign. A score is
//
//     start of the row + sum over the stored numbers of the row times those of the query
//
// in 32 bits, which must not overflow. All functions give the same integers on every processor.

/// Numbers of a row that is laid out in panels.
enum { PC_SKETCH_LENGTH = 64 };
/// Rows of a block of panels.
enum { PC_SKETCH_BLOCK = 256 };
/// Rows of a panel: row r of panel p has its numbers 4 g to 4 g + 3 at panels[(p * 16 + g) * 64 + r * 4].
enum { PC_SKETCH_LANES = 16 };

/// The largest scores of n queries of PC_SKETCH_LENGTH numbers.
///
/// - block_best: blocks x n, for each block the largest score of a query.
/// - lane_best, lane_block: n x PC_SKETCH_LANES, for each query and lane the largest score of all rows that lie in this
///   lane of their panel, and the first block that holds it.
void pc_sketch_scan(
    const uint8_t *panels, const int32_t *starts, long blocks, const int8_t *queries, long n, int32_t *block_best,
    int32_t *lane_best, int32_t *lane_block);

/// The rows of one block, ascending, whose score with one query is not below `least`; returns how many.
///
/// - panels, starts: those of the block.
/// - scores: the scores of the rows found.
/// - rows: numbers within the block, room for PC_SKETCH_BLOCK.
long pc_sketch_rescan(
    const uint8_t *panels, const int32_t *starts, const int8_t *query, int32_t least, int32_t *rows, int32_t *scores);

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
