import PatchCore
import TensorFiles

/// One sketch of every row of a bank, as integers.
///
/// Sketches times `scale` differ from what they round by the row's loss, so that
/// |x - y| >= scale |sketch x - sketch y| - loss x - loss y. Products of sketches are exact.
struct SketchLevel: Sendable {
  let shape: SketchShape
  /// The step of rounding.
  let scale: Float
  /// Subtracted from the norm of the coordinates that the level leaves out.
  let restMean: Float
  /// U8, `slots x length`: integers plus 128; of the first level in panels.
  let values: Tensor
  /// I32, `slots`: minus half the sum of squares of each sketch, rounded towards zero; very low where there is no row.
  let starts: Tensor
  /// F32, one per block: the largest loss of its rows.
  let losses: Tensor

  /// The start of a slot without a row: no score reaches a limit.
  static let noRow: Int32 = -(1 << 30)
  /// Without the query's shift no limit is below this, and no score of a row: products are at most 255 x 127 x 2048.
  static let leastScore = -(1 << 29)

  /// A loss, rounded up.
  static func total(_ lost: Double, _ error: Double) -> Double { (lost + error) * (1 + 0x1p-20) }

  /// The addresses of a level's numbers, and the arithmetic of its bounds.
  ///
  /// Valid as long as the level lives.
  struct View {
    let length: Int
    let scale: Double
    let values: UnsafePointer<UInt8>
    let starts: UnsafePointer<Int32>
    let losses: UnsafePointer<Float>

    /// The least score of a row within a distance of the query, in a block whose largest loss is given.
    ///
    /// For a score s less the shift, |q|^2 - 2 s is at most the squared distance of the sketches.
    func leastScore(within distance: Double, of query: SketchedQueries.Row, loss: Float) -> Int32 {
      let reach = (distance + query.loss + Double(loss)) / scale
      let least = ((query.squares - reach * reach) / 2).rounded(.down) - 1
      guard least > Double(SketchLevel.leastScore) else { return Int32(SketchLevel.leastScore) }
      return Int32(min(least + Double(query.shift), 0x1p30))
    }

    /// A lower bound of the distance of a row with this score, in a block whose largest loss is given.
    func distance(atScore score: Int32, of query: SketchedQueries.Row, loss: Float) -> Double {
      let square = query.squares - 2 * Double(Int(score) - query.shift)
      return max(0, max(0, square).squareRoot() * scale - query.loss - Double(loss))
    }
  }

  /// The view of this level.
  var view: View {
    View(
      length: shape.length, scale: Double(scale), values: values.address.assumingMemoryBound(to: UInt8.self),
      starts: starts.address.assumingMemoryBound(to: Int32.self),
      losses: losses.address.assumingMemoryBound(to: Float.self))
  }
}

extension Tensor {
  /// The address of the first element of a tensor that is not empty; valid as long as the storage lives.
  var address: UnsafeRawPointer { withBytes { $0.baseAddress! } }
}
