import CKernels
import PatchCore

/// A memory bank with what every search over it needs: the squared norms of its rows.
public struct PreparedBank: Sendable {
  /// `m x d`, one row per patch.
  public let vectors: Matrix
  /// Squared Euclidean norm of each row, summed in double precision, then rounded.
  let squaredNorms: [Float]

  /// Computes the norms, in O(m d).
  public init(_ vectors: Matrix) throws {
    let columns = vectors.columns
    var norms = [Float](repeating: 0, count: vectors.rows)
    let pieces = vectors.pieces()
    try norms.withUnsafeMutableBufferPointer { norms in
      nonisolated(unsafe) let norms = norms
      try parallelLoop(columns == 0 ? 0 : pieces.count) { piece in
        vectors.slice(pieces[piece]).withUnsafeBufferPointer { values in
          for (position, row) in pieces[piece].enumerated() {
            norms[row] = Float(pc_squared_norm(values.baseAddress! + position * columns, columns))
          }
        }
      }
    }
    self.vectors = vectors
    squaredNorms = norms
  }

  /// Number of rows, m.
  public var count: Int { vectors.rows }
  /// Dimension of a row, d.
  public var dimension: Int { vectors.columns }
}
