import CKernels
import PatchCore
import TensorFiles

/// Sketches of a bank's rows: short rows of 8-bit integers, coarse to fine, that tell cheaply which rows cannot be among
/// the nearest.
///
/// Rows are taken in an order of their own in which near ones stand side by side, so that blocks of rows are left out
/// together. The bank itself stays as it is: what the sketches do not rule out is measured on its rows.
struct RowSketches: Sendable {
  let basis: SketchBasis
  /// Coarse to fine; the first two are halves of one sketch, in panels.
  let levels: [SketchLevel]
  /// The mean of each block's sketches at the first two levels, `blocks x 128`: tells which blocks are near.
  let centres: Matrix
  /// I32: the row of each slot, -1 where there is none.
  let order: Tensor
  /// Number of rows.
  let count: Int

  /// Fewer rows than this are compared one by one: making sketches would take longer than many searches.
  static let fewestRows = 1024

  /// Blocks of slots.
  var blocks: Int { order.count / Self.blockRows }

  static let blockRows = Int(PC_SKETCH_BLOCK)
}
