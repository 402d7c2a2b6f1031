import PatchCore

/// `reranked`: takes candidates from another index and orders them by their exact distances.
///
/// An index with rough distances, such as `faiss_ivfpq`, then costs a few exact distances more and finds most of the true
/// neighbours among its best guesses. With as many candidates as the bank has rows it is an exact search.
public struct RerankedIndexConfiguration: NeighbourIndexConfiguration {
  /// The name in a description.
  public static let kind = "reranked"

  /// The index that finds the candidates.
  ///
  /// Default `exact`, which re-ranking leaves as it is; name an approximate one.
  public var index = StageDescription<NeighbourIndexRole>(ExactIndexConfiguration())
  /// Rows that the inner index is asked for per query, at least 1; more if more neighbours are needed, at most the bank.
  ///
  /// Default 50.
  public var candidates = 50

  /// The default settings.
  public init() {}

  /// Creates settings.
  ///
  /// - Parameters:
  ///   - index: the index that finds the candidates.
  ///   - candidates: rows that it is asked for per query.
  public init(index: any NeighbourIndexConfiguration, candidates: Int = 50) {
    self.index = StageDescription(index)
    self.candidates = candidates
  }

  /// Whether the inner index is exact.
  public var isExact: Bool { index.configuration.isExact }

  /// Checks the number of candidates, and the inner index against the bank.
  ///
  /// - Parameters:
  ///   - rows: rows of the bank.
  ///   - dimension: dimension of a row.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` naming the key, that of the inner index within `index`.
  public func check(rows: Int, dimension: Int) throws {
    guard candidates >= 1 else {
      throw PatchCoreError(
        .invalidConfiguration, stage: NeighbourIndexRole.name,
        "\(NeighbourIndexRole.name).candidates is \(candidates); give at least 1")
    }
    try namingInner { try index.configuration.check(rows: rows, dimension: dimension) }
  }

  /// What the inner index holds.
  public func workingBytes(rows: Int, dimension: Int, format: NumberFormat) -> Int {
    index.configuration.workingBytes(rows: rows, dimension: dimension, format: format)
  }

  /// Builds the inner index over the bank, with this stage's seed.
  ///
  /// - Parameters:
  ///   - bank: as the inner index demands.
  ///   - context: passed on.
  /// - Returns: the index, which shares the bank's memory.
  /// - Throws: `PatchCoreError` as `check` and the inner index.
  public func makeIndex(over bank: Matrix, _ context: StageContext) throws -> any NeighbourIndex {
    try check(rows: bank.rows, dimension: bank.columns)
    let inner = try namingInner { try index.configuration.makeIndex(over: bank, context) }
    return RerankedIndex(inner: inner, bank: bank, candidates: candidates)
  }

  /// Restores the inner index.
  ///
  /// - Parameters:
  ///   - archive: what the inner index keeps, each name behind `index.`.
  ///   - bank: the bank it was built over.
  ///   - context: passed on.
  /// - Returns: an index that gives the same results as the one archived.
  /// - Throws: `PatchCoreError` as `check` and the inner index.
  public func restoreIndex(
    from archive: StageArchive, over bank: Matrix, _ context: StageContext
  ) throws -> any NeighbourIndex {
    try check(rows: bank.rows, dimension: bank.columns)
    let inner = try namingInner {
      try index.configuration.restoreIndex(from: RerankedIndex.innerArchive(of: archive), over: bank, context)
    }
    return RerankedIndex(inner: inner, bank: bank, candidates: candidates)
  }

  /// Whether the inner indexes are the same; `candidates` is a matter of searching alone.
  public func buildsSameIndex(as other: any NeighbourIndexConfiguration) -> Bool {
    guard let other = other as? Self else { return false }
    return index.configuration.buildsSameIndex(as: other.index.configuration)
  }

  /// Names a key of the inner index by where it stands in the description.
  private func namingInner<R>(_ work: () throws -> R) throws -> R {
    do {
      return try work()
    } catch var error as PatchCoreError where error.message.hasPrefix(NeighbourIndexRole.name + ".") {
      error.message = NeighbourIndexRole.name + ".index" + error.message.dropFirst(NeighbourIndexRole.name.count)
      throw error
    }
  }
}
