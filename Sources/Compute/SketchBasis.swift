import CKernels
import COpenBLAS
import PatchCore

/// The map from rows to what their sketches round: an isometry or a contraction, up to a stated error.
///
/// With z the row minus the mean and P the projection on the first a axes, a projected level maps z to P z or to
/// (P z, |z - P z|), and the whole level to z itself. No two images are farther apart than their rows, because
/// ||z - P z| - |y - P y|| <= |(z - y) - P (z - y)|. An orthonormal Walsh-Hadamard transform then evens out the sizes of
/// the coordinates, so that one step serves to round them all.
///
/// What is computed is the image of some exact orthonormal axes plus an error, whose norm is bounded for every row
/// (by `fill`) under these assumptions: products of engines obey the bound of Higham (2002), section 3.1, in any
/// order of summation; axes differ from orthonormal ones by at most the Frobenius norm of their Gram matrix minus 1,
/// which is computed; additions of double precision are exact beside those of single precision.
struct SketchBasis: Sendable {
  /// Dimension of a row, d.
  let dimension: Int
  /// d numbers.
  let mean: [Float]
  /// `count x d`, rows nearly orthonormal.
  let axes: [Float]
  /// Number of axes.
  let count: Int
  /// How far the axes are from orthonormal ones, in the spectral norm.
  let skew: Double
  /// The axes in pieces of `piece` dimensions, one `count x piece` matrix after another.
  private let pieces: [Float]
  /// +1 or -1 for each coordinate of the whole level, so that no direction that features like is one of the transform's.
  private let signs: [Float]

  /// Dimensions per product: short sums have small errors; their total is kept in double precision.
  private static let piece = 128
  private static let unit = 0x1p-24

  init(mean: [Float], axes: [Float]) {
    let d = mean.count, count = axes.count / d
    (dimension, self.mean, self.axes, self.count) = (d, mean, axes, count)
    var pieces: [Float] = []
    pieces.reserveCapacity(axes.count)
    for first in stride(from: 0, to: d, by: Self.piece) {
      for axis in 0..<count { pieces += axes[axis * d + first..<axis * d + min(first + Self.piece, d)] }
    }
    self.pieces = pieces
    // Bits of the multiples of the golden ratio, which show no pattern that features could have.
    signs = (0..<UInt32(d)).map { ($0 &* 2_654_435_761) >> 13 & 1 == 0 ? 1 : -1 }

    let wide = axes.map { Double($0) }
    var gram = [Double](repeating: 0, count: count * count)
    OpenBLASEngine.onThisThread {
      cblas_dsyrk(
        CblasRowMajor, CblasLower, CblasNoTrans, blasint(count), blasint(d), 1, wide, blasint(d), 0, &gram,
        blasint(count))
    }
    var sum = 0.0
    for row in 0..<count {
      for column in 0...row {
        let difference = gram[row * count + column] - (row == column ? 1 : 0)
        sum += difference * difference * (row == column ? 1 : 2)
      }
    }
    skew = sum.squareRoot() + 0x1p-40
  }

  /// Bytes of axes, mean and signs.
  var byteCount: Int { (axes.count + pieces.count + mean.count + signs.count) * MemoryLayout<Float>.stride }

  /// Rows less the mean, and their principal coordinates.
  struct Image {
    /// `n x d`.
    var centred: [Float]
    /// `n x count`.
    var coordinates: [Double]
    /// The norm of each row less the mean.
    var norms: [Double]
  }

  /// The image of n rows of d numbers.
  func image(of rows: UnsafePointer<Float>, count n: Int, _ engine: any ComputeEngine) -> Image {
    let d = dimension
    var image = Image(
      centred: [Float](repeating: 0, count: n * d), coordinates: [Double](repeating: 0, count: n * count),
      norms: [Double](repeating: 0, count: n))
    image.centred.withUnsafeMutableBufferPointer { centred in
      pc_subtract_rows(rows, mean, n, d, centred.baseAddress!)
      for row in 0..<n { image.norms[row] = pc_squared_norm(centred.baseAddress! + row * d, d).squareRoot() }
      let most = n * max(count, Self.piece)
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * most) { memory in
        let part = memory.baseAddress!, products = part + most
        for first in stride(from: 0, to: d, by: Self.piece) {
          let width = min(Self.piece, d - first)
          for row in 0..<n { (part + row * width).update(from: centred.baseAddress! + row * d + first, count: width) }
          pieces.withUnsafeBufferPointer {
            engine.multiply(part, $0.baseAddress! + first * count, into: products, m: n, n: count, k: width)
          }
          image.coordinates.withUnsafeMutableBufferPointer { pc_accumulate(products, n * count, $0.baseAddress!) }
        }
      }
    }
    return image
  }

  /// What a level's sketch of one row rounds.
  ///
  /// - Parameters:
  ///   - target: is given `shape.length` numbers.
  ///   - row: which row of the image.
  ///   - image: the rows less the mean and their coordinates.
  ///   - shape: the level.
  ///   - restMean: subtracted from the norm of the other coordinates, the same for all rows, to need fewer steps.
  /// - Returns: a bound for the error of the numbers, as the norm of their difference from an exact image, those of the
  ///   level that this one continues included; infinite, with zeros written, if the row is too large for single precision.
  func fill(
    _ target: UnsafeMutablePointer<Float>, row: Int, of image: borrowing Image, _ shape: SketchShape, restMean: Float
  ) -> Double {
    let unit = Self.unit, norm = image.norms[row]
    guard norm < 0x1p60 else {
      target.update(repeating: 0, count: shape.length)
      return .infinity
    }
    target.update(repeating: 0, count: shape.length)
    // The subtraction of the mean, rounded in every coordinate, and the smallest numbers, of which a half may be lost.
    var error = 2 * unit * norm + 0x1p-110
    if let axes = shape.axes {
      let growth = Double(Self.piece + 2) * unit / (1 - Double(Self.piece + 2) * unit)
      let relative = skew + 1.01 * Double(axes.upperBound).squareRoot() * growth + 4 * unit
      for axis in axes { target[axis - axes.lowerBound] = Float(image.coordinates[row * count + axis]) }
      error += relative * norm
      if shape.holdsRest {
        let rest = rest(row: row, of: image, shape)
        // |r - s| = |r^2 - s^2| / (r + s), where s is the true norm of the rest.
        let squareError = (2 * relative + relative * relative + 8 * unit) * norm * norm
        error += min(squareError.squareRoot(), rest > 0 ? squareError / rest : .infinity)
        target[axes.count] = Float(rest) - restMean
        error += unit * (norm + Double(abs(restMean)))
      }
    } else {
      for column in 0..<dimension { target[column] = image.centred[row * dimension + column] * signs[column] }
    }
    pc_hadamard(target, shape.length, shape.mixed)
    let steps = Double(shape.mixed.trailingZeroBitCount + 2)
    return error + 1.01 * steps * unit * (norm + Double(abs(restMean)))
  }

  /// The norm of what the axes up to the last of a level leave of a row; 0 for a level without it.
  func rest(row: Int, of image: borrowing Image, _ shape: SketchShape) -> Double {
    guard shape.holdsRest, let axes = shape.axes else { return 0 }
    let kept = image.coordinates[row * count..<row * count + axes.upperBound].reduce(0) { $0 + $1 * $1 }
    return max(0, image.norms[row] * image.norms[row] - kept).squareRoot()
  }
}
