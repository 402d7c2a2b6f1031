import CKernels
import PatchCore
import TensorFiles

/// One sketch of every row of a bank, as integers.
///
/// Sketches times `scale` differ from what they round by the row's loss, so that
/// |x - y| >= scale |sketch x - sketch y| - loss x - loss y. Products of sketches are exact. The loss of a level that
/// continues another is that of both halves; the steps of the first are `SketchShape.coarseness` as long.
struct SketchLevel: Sendable {
  let shape: SketchShape
  /// The step of rounding.
  let scale: Float
  /// Subtracted from the norm of the coordinates that the level leaves out.
  let restMean: Float
  /// U8, `slots x length`: integers plus 128; of the first two levels in panels.
  let values: Tensor
  /// I32, `slots`: see `start`.
  let starts: Tensor
  /// F32, one per block: the largest loss of its rows.
  let losses: Tensor

  /// The start of a slot without a row: no score reaches a limit.
  static let noRow = Int32(PC_SKETCH_NO_ROW)

  /// A loss, rounded up.
  static func total(_ lost: Double, _ error: Double) -> Double { (lost + error) * (1 + 0x1p-20) }

  /// Minus half the sum of squares of a sketch, rounded towards zero, less four times that of a first half that it
  /// continues, which counts four times in both.
  static func start(squares: Int, firstHalf: Int = 0) -> Int32 {
    Int32(-((4 * firstHalf + squares) / 2) + 4 * (firstHalf / 2))
  }

  /// The least start of a row.
  static func leastStart(length: Int) -> Int32 { start(squares: length * 128 * 128) - 2 }

  /// What kernels read; valid as long as the level lives.
  var view: pc_sketch_level {
    pc_sketch_level(
      values: values.address.assumingMemoryBound(to: UInt8.self),
      starts: starts.address.assumingMemoryBound(to: Int32.self),
      losses: losses.address.assumingMemoryBound(to: Float.self), length: shape.length, scale: Double(scale))
  }
}

extension Tensor {
  /// The address of the first element of a tensor that is not empty; valid as long as the storage lives.
  var address: UnsafeRawPointer { withBytes { $0.baseAddress! } }
}
