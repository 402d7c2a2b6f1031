import Compute
import PatchCore

/// Finds the nearest rows of the whole bank.
///
/// Distances and the order of rows are those of `ComputeEngine.nearest(queries:bank:k:)`, whatever the engine.
public struct ExactIndex: NeighbourIndex {
  private let bank: PreparedBank
  private let engine: any ComputeEngine

  /// An index over a bank, whose memory it shares.
  ///
  /// - Parameters:
  ///   - bank: `m x d`, m and d at least 1, all finite.
  ///   - engine: computes the products.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` for an empty bank, `.notFinite` for one with a NaN or an
  ///   infinity.
  public init(over bank: Matrix, engine: any ComputeEngine) throws {
    try self.init(over: bank, restoring: StageArchive(), engine: engine)
  }

  /// An index over a bank, with what was kept of it; an empty archive builds it anew.
  init(over bank: Matrix, restoring archive: StageArchive, engine: any ComputeEngine) throws {
    guard bank.rows >= 1, bank.columns >= 1 else {
      throw PatchCoreError(
        .shapeMismatch, stage: "neighbour_index",
        "a bank of \(bank.rows) rows of \(bank.columns) dimensions; give at least 1 of each")
    }
    if let row = bank.firstRowNotFinite() {
      throw PatchCoreError(
        .notFinite, stage: "neighbour_index",
        "row \(row) of the bank holds a NaN or an infinity; check the images and weights it was made from")
    }
    self.bank = try PreparedBank(restoring: archive, of: bank, engine: engine)
    self.engine = engine
  }

  /// The sketches that rule out rows, where the bank has them.
  public func archive() -> StageArchive { bank.archive }

  /// Number of rows of the bank, m.
  public var count: Int { bank.count }
  /// Dimension of a row, d.
  public var dimension: Int { bank.dimension }

  /// The nearest rows of the bank for each query, with squared Euclidean distances.
  ///
  /// - Parameters:
  ///   - queries: `n x d`, all finite.
  ///   - k: at least 1.
  /// - Returns: `min(k, m)` rows per query, ascending by squared distance, equal distances by row number.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the dimensions differ, `.invalidConfiguration` if k is
  ///   less than 1, `.notFinite` for a query with a NaN or an infinity.
  public func search(_ queries: Matrix, k: Int) throws -> Neighbours {
    if queries.columns == dimension, let row = queries.firstRowNotFinite() {
      throw PatchCoreError(
        .notFinite, stage: "neighbour_index",
        "row \(row) of the queries holds a NaN or an infinity; check the image and the weights it was made from")
    }
    return try engine.nearest(queries: queries, bank: bank, k: k)
  }
}
