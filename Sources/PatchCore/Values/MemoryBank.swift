/// The nominal patch embeddings that test patches are compared with (M in the paper).
///
/// Roth et al., *Towards Total Recall in Industrial Anomaly Detection* (2022), section 3.2.
public struct MemoryBank: Sendable {
  /// Where the vectors come from.
  public enum Origin: Sendable, Equatable {
    /// Row i of the bank is row `rows[i]` of the embeddings given to the subsampler.
    case rows([Int])
    /// The vectors were computed and equal no embedding, as learned proxies are.
    case synthesised
  }

  /// `m x d`, one nominal patch per row.
  public let vectors: Matrix
  /// Where the vectors come from.
  public let origin: Origin
  /// For each row the training patch it is, or the one nearest to it if it was synthesised.
  public let locations: [PatchLocation]

  /// The bank that consists of the given rows of the candidates, in the given order.
  ///
  /// - Precondition: each row lies within the candidates.
  public init(selecting rows: [Int], from candidates: PatchEmbeddings) {
    vectors = candidates.vectors.selecting(rows: rows)
    origin = .rows(rows)
    locations = rows.map(candidates.grid.location(ofRow:))
  }

  /// A bank of given vectors.
  ///
  /// - Precondition: one location per row, and one source row each if the origin has rows.
  public init(vectors: Matrix, origin: Origin, locations: [PatchLocation]) {
    precondition(locations.count == vectors.rows, "\(locations.count) locations for \(vectors.rows) rows")
    if case .rows(let rows) = origin { precondition(rows.count == vectors.rows, "one source row per bank row") }
    self.vectors = vectors
    self.origin = origin
    self.locations = locations
  }

  /// The same bank with its numbers kept in a format, rounded where it is narrower.
  ///
  /// - Parameter format: the format; the bank's own leaves it as it is.
  /// - Returns: a bank of the same rows, on the heap if numbers were converted.
  /// - Throws: `PatchCoreError` with code `.notFinite` if a row cannot be kept so.
  public func keeping(_ format: NumberFormat) throws -> MemoryBank {
    MemoryBank(vectors: try vectors.converted(to: format), origin: origin, locations: locations)
  }

  /// Number of vectors, m.
  public var count: Int { vectors.rows }
  /// Dimension of a patch embedding, d.
  public var dimension: Int { vectors.columns }
}
