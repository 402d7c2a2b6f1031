import PatchCore

/// `none`: the bank is every nominal patch ("PatchCore-100%").
///
/// It has no settings.
public struct NoSubsamplerConfiguration: SubsamplerConfiguration {
  /// The name in a description.
  public static let kind = "none"

  /// A bank of every patch.
  public init() {}

  /// Builds the subsampler; the context plays no part.
  public func makeSubsampler(_ context: StageContext) throws -> any Subsampler { NoSubsampler() }
}

/// Keeps every candidate, in order.
struct NoSubsampler: Subsampler {
  func bankSize(forCandidates n: Int) throws -> Int { n }

  func subsample(_ candidates: PatchEmbeddings, progress: ProgressReporter) throws -> MemoryBank {
    try progress.report("subsampling", 0, of: 1)
    let rows = Array(0..<candidates.vectors.rows)
    return MemoryBank(
      vectors: candidates.vectors, origin: .rows(rows), locations: rows.map(candidates.grid.location(ofRow:)))
  }
}
