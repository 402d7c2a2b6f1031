/// Finds the nearest rows of a memory bank.
///
/// It exists only once built; there is no empty or untrained index. Safe to call from many tasks at once.
public protocol NeighbourIndex: Sendable {
  /// Number of rows of the bank, m.
  var count: Int { get }
  /// Dimension of a row, d.
  var dimension: Int { get }

  /// The nearest rows of the bank for each query.
  ///
  /// Returns exactly `min(k, count)` valid, distinct rows per query with **squared** Euclidean distances, ascending,
  /// equal distances by row number. An approximate index may miss a nearer row, and its distances may be those it
  /// approximates, but it fills missing slots by exact search. A query's result does not depend on the other queries.
  ///
  /// - Parameters:
  ///   - queries: `n x d`, all finite.
  ///   - k: at least 1.
  /// - Returns: `min(k, count)` rows for each of the n queries.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the dimensions differ.
  func search(_ queries: Matrix, k: Int) throws -> Neighbours

  /// What must be kept in the artifact to restore this index without building it again.
  func archive() throws -> StageArchive
}

extension NeighbourIndex {
  /// An index that is made from the bank alone.
  public func archive() throws -> StageArchive { StageArchive() }
}

/// Plain data that builds a neighbour index.
public protocol NeighbourIndexConfiguration: StageConfiguration {
  /// Whether every index it builds returns the true nearest neighbours.
  var isExact: Bool { get }

  /// Checks the settings against the size of the bank to come, before hours go into making it; by default accepts.
  ///
  /// - Parameters:
  ///   - rows: rows of the bank, m.
  ///   - dimension: dimension of a row, d.
  /// - Throws: `PatchCoreError` naming the setting that does not suit.
  func check(rows: Int, dimension: Int) throws

  /// The most memory that building the index holds beside the bank, for the plan of a fit; by default 0.
  ///
  /// - Parameters:
  ///   - rows: rows of the bank, m.
  ///   - dimension: dimension of a row, d.
  ///   - format: how the bank is kept.
  /// - Returns: bytes.
  func workingBytes(rows: Int, dimension: Int, format: NumberFormat) -> Int

  /// Builds the index over a bank.
  ///
  /// Same bank, settings and seed give the same index at any thread count.
  ///
  /// - Parameters:
  ///   - bank: `m x d`, `m >= 1`, all finite.
  ///   - context: seed, engine and logger.
  /// - Returns: an index over all rows of the bank.
  /// - Throws: `PatchCoreError` if the settings do not suit the bank's size or dimension.
  func makeIndex(over bank: Matrix, _ context: StageContext) throws -> any NeighbourIndex

  /// Restores the index from what `archive()` kept and the bank it was built over; by default builds it anew.
  func restoreIndex(
    from archive: StageArchive, over bank: Matrix, _ context: StageContext
  ) throws -> any NeighbourIndex

  /// Whether what `archive()` keeps is the same as for another configuration over the same bank, so that two that
  /// differ only in how they search need one build; by default `false`.
  ///
  /// - Parameter other: a configuration of any kind.
  /// - Returns: `true` only if this configuration can restore what the other archived.
  func buildsSameIndex(as other: any NeighbourIndexConfiguration) -> Bool
}

extension NeighbourIndexConfiguration {
  /// Accepts every bank.
  public func check(rows: Int, dimension: Int) throws {}

  /// Nothing.
  public func workingBytes(rows: Int, dimension: Int, format: NumberFormat) -> Int { 0 }

  /// Never.
  public func buildsSameIndex(as other: any NeighbourIndexConfiguration) -> Bool { false }

  /// Builds the index anew.
  public func restoreIndex(
    from archive: StageArchive, over bank: Matrix, _ context: StageContext
  ) throws -> any NeighbourIndex {
    try makeIndex(over: bank, context)
  }
}
