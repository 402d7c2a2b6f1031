import PatchCore

/// `random`: a share of the nominal patches, drawn without replacement, each set of rows equally likely.
public struct RandomSubsamplerConfiguration: SubsamplerConfiguration {
  /// The name in a description.
  public static let kind = "random"

  /// The share of the patches to keep, above 0 and at most 1; default 0.1.
  public var fraction = 0.1

  /// The default settings.
  public init() {}

  /// Builds the subsampler.
  ///
  /// - Parameter context: its seed decides the rows.
  /// - Returns: a subsampler that keeps rows in ascending order.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for a fraction out of range.
  public func makeSubsampler(_ context: StageContext) throws -> any Subsampler {
    RandomSubsampler(fraction: try BankFraction(fraction), seed: context.seed)
  }
}

/// Keeps rows that `SeededGenerator.sample` draws, in ascending order.
struct RandomSubsampler: Subsampler {
  let fraction: BankFraction
  let seed: UInt64

  func bankSize(forCandidates n: Int) throws -> Int { try fraction.bankSize(forCandidates: n) }

  func subsample(_ candidates: PatchEmbeddings, progress: ProgressReporter) throws -> MemoryBank {
    let count = try bankSize(forCandidates: candidates.vectors.rows)
    try progress.report("subsampling", 0, of: 1)
    var generator = SeededGenerator(seed: seed)
    return MemoryBank(selecting: generator.sample(count, below: candidates.vectors.rows).sorted(), from: candidates)
  }
}
