/// Chooses the memory bank among the nominal patch embeddings.
///
/// Roth et al. (2022), section 3.2, algorithm 1.
public protocol Subsampler: Sendable {
  /// The size of the bank for n candidates, without choosing it.
  ///
  /// - Parameter n: number of candidates.
  /// - Returns: the number of rows that `subsample` returns.
  /// - Throws: `PatchCoreError` if a setting is out of range.
  func bankSize(forCandidates n: Int) throws -> Int

  /// The most memory that `subsample` holds beside the candidates and the bank, for the plan of a fit; by default 0.
  ///
  /// - Parameters:
  ///   - n: number of candidates.
  ///   - dimension: dimension of a candidate, d.
  /// - Returns: bytes.
  func workingBytes(forCandidates n: Int, dimension: Int) -> Int

  /// The memory bank.
  ///
  /// Same candidates, settings and seed give the same bank at any thread count.
  ///
  /// - Parameters:
  ///   - candidates: `n x d`, `n >= 1`, all finite.
  ///   - progress: told how far the work is; throws when it should stop.
  /// - Returns: `bankSize(forCandidates: n)` rows of dimension d.
  /// - Throws: `PatchCoreError` if a setting does not suit the candidates, or what `progress` throws.
  func subsample(_ candidates: PatchEmbeddings, progress: ProgressReporter) throws -> MemoryBank
}

extension Subsampler {
  /// Nothing.
  public func workingBytes(forCandidates n: Int, dimension: Int) -> Int { 0 }
}

/// Plain data that builds a subsampler.
public protocol SubsamplerConfiguration: StageConfiguration {
  /// Builds the subsampler; random choices come from `context.seed` alone.
  func makeSubsampler(_ context: StageContext) throws -> any Subsampler
}
