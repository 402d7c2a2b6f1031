import Compute
import PatchCore

/// `coreset`: the patches that best cover the others, by greedy k-centre.
///
/// Roth et al., *Towards Total Recall in Industrial Anomaly Detection* (2022), section 3.2, equation 5 and algorithm 1.
public struct CoresetConfiguration: SubsamplerConfiguration {
  /// The name in a description.
  public static let kind = "coreset"

  /// The share of the patches to keep, above 0 and at most 1; default 0.1.
  public var fraction = 0.1
  /// How patches are projected before they are compared (psi in the paper); default `uniform`.
  public var projection: CoresetProjection = .uniform(UniformProjection())
  /// What the first pick is far from; default `mean_of_random`.
  public var start: CoresetStart = .meanOfRandom(MeanOfRandomStart())

  /// The default settings.
  public init() {}

  /// Builds the subsampler.
  ///
  /// - Parameter context: its seed decides the projection and the start, its engine computes the projection.
  /// - Returns: a `CoresetSubsampler`.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for a value out of range.
  public func makeSubsampler(_ context: StageContext) throws -> any Subsampler {
    try CoresetSubsampler(self, seed: context.seed, engine: context.makeEngine())
  }
}
