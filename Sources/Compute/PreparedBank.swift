import CKernels
import PatchCore

/// A memory bank with what every search over it needs: the squared norms of its rows.
public struct PreparedBank: Sendable {
  /// `m x d`, one row per patch.
  public let vectors: Matrix
  /// Squared Euclidean norm of each row, summed in double precision, then rounded.
  let squaredNorms: [Float]
  /// What rules out most rows at a small part of the cost; `nil` if every row is compared with every query.
  let sketches: RowSketches?

  /// A bank for many searches: also makes what speeds them up.
  ///
  /// Searches find the same rows and distances as without.
  ///
  /// - Parameters:
  ///   - vectors: `m x d`, all finite.
  ///   - engine: computes products.
  /// - Throws: nothing of its own.
  /// - Complexity: O(m d + d^3) time, up to d + 480 bytes per row, and 2 KB per dimension, beside the
  ///   bank's own.
  public init(_ vectors: Matrix, sketchedBy engine: any ComputeEngine) throws {
    try self.init(vectors, sketches: RowSketches(of: vectors, engine: engine))
  }

  /// Bytes that preparing a bank for many searches takes, those it goes on holding included.
  public static func workingBytes(rows: Int, dimension: Int) -> Int {
    rows * MemoryLayout<Float>.stride + RowSketches.workingBytes(rows: rows, dimension: dimension)
  }

  /// Restores a bank from what `archive` kept; without it makes anew what speeds searches up.
  ///
  /// - Parameters:
  ///   - archive: what was kept, or nothing.
  ///   - vectors: `m x d`, the same as then.
  ///   - engine: computes products.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if the archive does not suit the vectors.
  public init(restoring archive: StageArchive, of vectors: Matrix, engine: any ComputeEngine) throws {
    try self.init(
      vectors,
      sketches: archive.isEmpty
        ? RowSketches(of: vectors, engine: engine) : RowSketches(restoring: archive, of: vectors, engine: engine))
  }

  /// What restores this bank without computing it again, besides its rows; empty if there is nothing to keep.
  public var archive: StageArchive { sketches?.archive ?? StageArchive() }

  /// Computes the norms, in O(m d).
  public init(_ vectors: Matrix) throws { try self.init(vectors, sketches: nil) }

  init(_ vectors: Matrix, sketches: RowSketches?) throws {
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
    self.sketches = sketches
    squaredNorms = norms
  }

  /// Number of rows, m.
  public var count: Int { vectors.rows }
  /// Dimension of a row, d.
  public var dimension: Int { vectors.columns }
}

extension PreparedBank {
  /// Bytes held beside the bank's own.
  public var byteCount: Int {
    let sketches = sketches.map { sketches in
      sketches.levels.reduce(
        sketches.order.byteCount + sketches.basis.byteCount + sketches.centres.byteCount
      ) {
        $0 + $1.values.byteCount + $1.starts.byteCount + $1.losses.byteCount
      }
    }
    return squaredNorms.count * MemoryLayout<Float>.stride + (sketches ?? 0)
  }
}
