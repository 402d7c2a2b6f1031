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
    try vectors.withUnsafeBufferPointer { values in
      try norms.withUnsafeMutableBufferPointer { norms in
        nonisolated(unsafe) let values = values, norms = norms
        try parallelLoop((vectors.rows + 1023) / 1024) { piece in
          for row in piece * 1024..<min((piece + 1) * 1024, norms.count) {
            norms[row] = columns == 0 ? 0 : Float(pc_squared_norm(values.baseAddress! + row * columns, columns))
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
