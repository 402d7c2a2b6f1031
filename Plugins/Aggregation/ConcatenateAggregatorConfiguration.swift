import PatchCore

/// Patch embeddings as anomalib makes them: each layer averaged over the patch, upsampled, and laid end to end.
public struct ConcatenateAggregatorConfiguration: AggregatorConfiguration {
  /// `concatenate`.
  public static let kind = "concatenate"

  /// Height and width of a patch in cells of each layer's map, an odd number.
  ///
  /// Default 3, anomalib's fixed value.
  public var patchSize = 3

  /// The defaults.
  public init() {}

  /// Builds the aggregator.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if the patch size is even or out of range.
  public func makeAggregator(_ context: StageContext) throws -> any Aggregator {
    try requireSetting("patch_size", patchSize, in: 1...1023)
    guard patchSize % 2 == 1 else {
      throw PatchCoreError(
        .invalidConfiguration, stage: "aggregator",
        "patch_size is \(patchSize), but concatenate centres patches on cells; write \(patchSize - 1) or "
          + "\(patchSize + 1)")
    }
    return ConcatenateAggregator(configuration: self)
  }

  private enum CodingKeys: String, CodingKey { case patchSize = "patch_size" }
}
